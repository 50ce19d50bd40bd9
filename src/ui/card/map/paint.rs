//! What stands on the map: runs of user blocks, system blocks, the free sea, coasts, and the selection.

use super::grid::Grid;
use crate::model::card::map::{BlockMap, CellKind, Division};
use crate::ui::card::facts::{Facts, NodeBlocks, Run, owner_of};
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{RADIUS_CELL, STROKE, STROKE_COAST, STROKE_SELECTION, Tokens};
use crate::ui::widgets::{self, Align};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{CardView, View};
use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2,
};
use std::ops::Range;

/// Everything that painting reads.
pub struct Scene<'a> {
    pub t: &'a Tokens,
    pub p: &'a Painter,
    pub grid: Grid,
    pub view: &'a View,
    pub card: &'a CardView,
    pub map: &'a BlockMap,
    pub facts: &'a Facts,
    pub selected: &'a NodeBlocks,
    pub block: Option<u32>,
    /// Blocks on screen.
    pub visible: Range<u32>,
    /// How strongly what changed just now glows, if it does.
    pub glow: Option<f32>,
}

/// The filled tab of a division: code, owner, and how many blocks were lent.
pub struct Tab {
    owner: usize,
    rect: Rect,
    /// Text, type and width of each part.
    texts: [(String, Type, f32); 3],
}

/// Between the parts of a tab, in points.
const TAB_GAP: f32 = 8.0;

/// Narrowest cell that a code of four digits fits in.
const LABELLED: f32 = 28.0;

impl Scene<'_> {
    /// Whether cells are wide enough for words.
    fn labelled(&self) -> bool {
        self.grid.pitch.x - self.grid.gap >= LABELLED
    }

    /// Whether cells are big enough to be drawn one by one.
    pub fn has_cells(grid: &Grid) -> bool {
        grid.pitch.x >= 6.0 && grid.pitch.y >= 6.0
    }

    fn owner(&self, system: u8) -> usize {
        owner_of(self.card, system)
    }

    fn is_selected(&self, block: u32) -> bool {
        self.selected.has(block)
    }

    fn on_screen(&self, run: &Run) -> Range<u32> {
        run.first.max(self.visible.start)..(run.first + run.blocks).min(self.visible.end)
    }

    /// Paints all cells on screen.
    pub fn cells(&self) {
        self.sea();
        for run in &self.facts.services {
            self.service(run);
        }
        for block in self.visible.clone() {
            let cell = &self.map.cells[block as usize];
            match cell.kind {
                CellKind::System(kind) => self.system_cell(block, cell.pending, &kind.label()),
                CellKind::Unknown => self.unknown_cell(block),
                CellKind::User { .. } | CellKind::Free => {}
            }
            if cell.pending && !matches!(cell.kind, CellKind::System(_)) {
                self.hatch(block, self.owner(cell.system));
            }
        }
        if let Some(strength) = self.glow {
            for block in self.card.changed.range(self.visible.clone()) {
                let corner = CornerRadius::same(RADIUS_CELL);
                self.p
                    .rect_filled(self.grid.cell(*block), corner, self.t.glow(strength));
            }
        }
    }

    /// Free blocks: the sea, tinted inside a division, with a dot a block.
    fn sea(&self) {
        for part in self.grid.segments(self.visible.clone()) {
            self.p
                .rect_filled(self.grid.bar(part), CornerRadius::ZERO, self.t.sea);
        }
        for division in &self.map.divisions {
            let end = (division.first + division.blocks).min(self.visible.end);
            let tint = self.t.sea_tint(self.owner(division.system));
            for part in self
                .grid
                .segments(division.first.max(self.visible.start)..end)
            {
                self.p.rect_filled(
                    self.grid.bar(part).expand(self.grid.gap / 2.0),
                    CornerRadius::ZERO,
                    tint,
                );
            }
        }
        let side = if self.grid.pitch.y >= 16.0 { 3.0 } else { 1.5 };
        let mut dots = Mesh::default();
        for run in &self.facts.free {
            for block in self.on_screen(run) {
                dot(
                    &mut dots,
                    self.grid.cell(block).center(),
                    side,
                    self.t.line3,
                );
            }
        }
        self.p.add(Shape::mesh(dots));
    }

    /// One bar with seams, an edge in the owner's colour, its code and its count.
    fn service(&self, run: &Run) {
        let on_screen = self.on_screen(run);
        let Some(code) = run.service.filter(|_| !on_screen.is_empty()) else {
            return;
        };
        let owner = self.owner(run.system);
        let lit = self.is_selected(run.first);
        let fill = if lit {
            self.t.owner(owner).fill
        } else {
            self.t.user_tint(owner)
        };
        let ink = if lit {
            self.t.owner(owner).ink
        } else {
            self.t.t1
        };
        let seams = self.grid.pitch.x >= 8.0;
        for (first, blocks) in self.grid.segments(on_screen) {
            let bar = self.grid.bar((first, blocks));
            self.p
                .rect_filled(bar, CornerRadius::same(RADIUS_CELL), fill);
            for block in first + 1..first + blocks {
                if seams {
                    let x = self.grid.cell(block).left() - self.grid.gap / 2.0;
                    self.p
                        .vline(x, bar.y_range(), Stroke::new(self.grid.gap, self.t.ground));
                }
            }
            if first == run.first {
                self.service_label(run, code.value(), bar, owner, ink);
            }
            if first + blocks == run.first + run.blocks && blocks > 1 && self.labelled() {
                let last = self.grid.cell(first + blocks - 1).shrink2(vec2(4.0, 0.0));
                let count = format!("×{}", numbers::grouped(run.blocks));
                widgets::elided(self.p, last, Align::Right, &count, Type::Caption, ink);
            }
        }
    }

    fn service_label(&self, run: &Run, code: u16, bar: Rect, owner: usize, ink: Color32) {
        let edge = Rect::from_min_size(
            bar.min,
            vec2(3.0_f32.min(self.grid.pitch.x / 3.0), bar.height()),
        );
        self.p
            .rect_filled(edge, CornerRadius::ZERO, self.t.owner(owner).fill);
        if !self.labelled() {
            return;
        }
        let mid = bar.center().y;
        let pad = if self.grid.pitch.x >= 40.0 { 8.0 } else { 4.5 };
        let text = format!("{code:04X}");
        let at = pos2(bar.left() + pad, mid);
        let drawn = widgets::paint_text(
            self.p,
            at,
            Align2::LEFT_CENTER,
            &text,
            Type::CodeSmallMedium,
            ink,
        );
        let row = self
            .grid
            .segments(run.first..run.first + run.blocks)
            .next()
            .map_or(1, |(_, n)| n);
        let count_here = if row == run.blocks {
            self.grid.pitch.x
        } else {
            0.0
        };
        let room = bar.right() - count_here - drawn.right() - 8.0;
        if let Some(service) = run.service {
            let (_, name) = crate::ui::card::tree::kind_words(service.kind());
            if widgets::width_of(self.p, name, Type::Caption) <= room {
                let at = pos2(drawn.right() + 8.0, mid);
                widgets::paint_text(self.p, at, Align2::LEFT_CENTER, name, Type::Caption, ink);
            }
        }
    }

    fn system_cell(&self, block: u32, pending: bool, label: &str) {
        let owner = self.owner(self.map.cells[block as usize].system);
        let rect = self.grid.cell(block);
        let corner = CornerRadius::same(RADIUS_CELL);
        let lit = self.is_selected(block);
        let related = self.selected.overlapping.contains(&block);
        let (fill, line) = if lit {
            (self.t.owner(owner).fill, self.t.owner(owner).fill)
        } else if related {
            (self.t.related_tint(owner), self.t.owner(owner).fill)
        } else {
            (self.t.system_tint(owner), self.t.system_line(owner))
        };
        self.p.rect(
            rect,
            corner,
            fill,
            Stroke::new(STROKE, line),
            StrokeKind::Inside,
        );
        if pending {
            self.hatch(block, owner);
        }
        if self.labelled() {
            let ink = if lit {
                self.t.owner(owner).ink
            } else {
                self.t.t1
            };
            if pending {
                self.p
                    .rect_filled(rect.shrink2(vec2(3.0, 4.0)), corner, fill);
            }
            // In a narrow cell the code alone says which node it is.
            let narrow = rect.width() < 38.0 && label.len() == 5;
            let text = if narrow { &label[1..] } else { label };
            let kind = if lit {
                Type::CodeSmallMedium
            } else {
                Type::CodeSmall
            };
            widgets::elided(
                self.p,
                rect.shrink2(vec2(1.0, 0.0)),
                Align::Centre,
                text,
                kind,
                ink,
            );
        }
    }

    fn unknown_cell(&self, block: u32) {
        let rect = self.grid.cell(block);
        widgets::dashed_rect(
            self.p,
            rect.shrink(0.5),
            Stroke::new(STROKE, self.t.unknown),
        );
        if self.labelled() {
            self.p.text(
                rect.center(),
                Align2::CENTER_CENTER,
                icons::QUESTION,
                theme::icon(12.0),
                self.t.unknown,
            );
        }
    }

    /// Prepared, not yet written: strokes across the cell and a broken outline.
    fn hatch(&self, block: u32, owner: usize) {
        let rect = self.grid.cell(block);
        let p = self.p.with_clip_rect(rect.intersect(self.p.clip_rect()));
        let colour = self.t.owner(owner).fill.gamma_multiply(0.55);
        let mut x = rect.left() - rect.height();
        while x < rect.right() {
            p.line_segment(
                [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())],
                Stroke::new(STROKE, colour),
            );
            x += 7.0;
        }
        widgets::dashed_rect(
            self.p,
            rect.shrink(0.5),
            Stroke::new(STROKE, self.t.owner(owner).fill),
        );
    }

    /// The coasts of divisions, with their tabs.
    pub fn divisions(&self, tabs: &[Tab]) {
        for division in &self.map.divisions {
            let owner = self.owner(division.system);
            let stroke = Stroke::new(STROKE_COAST, self.t.owner(owner).fill);
            for line in self
                .grid
                .outline(division.first, division.blocks, self.grid.gap.max(1.0))
            {
                if division.pending {
                    self.p.extend(Shape::dashed_line(&line, stroke, 5.0, 3.0));
                } else {
                    self.p.add(Shape::line(line, stroke));
                }
            }
        }
        for tab in tabs {
            self.tab(tab);
        }
    }

    fn tab(&self, tab: &Tab) {
        let colour = self.t.owner(tab.owner);
        let corner = CornerRadius {
            nw: 3,
            ne: 3,
            sw: 0,
            se: 0,
        };
        self.p.rect_filled(tab.rect, corner, colour.fill);
        let mut x = tab.rect.left() + TAB_GAP;
        for (text, kind, width) in &tab.texts {
            let at = pos2(x, tab.rect.center().y);
            widgets::paint_text(self.p, at, Align2::LEFT_CENTER, text, *kind, colour.ink);
            x += width + TAB_GAP;
        }
    }

    /// The tabs of all divisions: what they say, and where they stand.
    pub fn tabs(&self) -> Vec<Tab> {
        let tab = |division: &Division| {
            let owner = self.owner(division.system);
            let name = self.view.owners.get(owner).map_or("", |o| o.name.as_str());
            let count = numbers::grouped(division.blocks);
            let lent = words::format("card.blocks_lent", &[("count", &count)]);
            let texts = [
                (division.code.to_string(), Type::CodeSmallMedium),
                (name.to_owned(), Type::CaptionMedium),
                (lent, Type::Caption),
            ]
            .map(|(text, kind)| {
                let width = widgets::width_of(self.p, &text, kind);
                (text, kind, width)
            });
            let width = texts
                .iter()
                .map(|(_, _, width)| width + TAB_GAP)
                .sum::<f32>()
                + TAB_GAP;
            Tab {
                owner,
                rect: self.tab_place(division, vec2(width, 20.0)),
                texts,
            }
        };
        self.map.divisions.iter().map(tab).collect()
    }

    /// Above the coast's first row where only the sea is under it, else over the division's own sea.
    fn tab_place(&self, division: &Division, size: Vec2) -> Rect {
        let first = self.grid.cell(division.first);
        let right = self.grid.origin.x + self.grid.size().x;
        let x = first.left().min(right - size.x).max(self.grid.origin.x);
        let above = Rect::from_min_size(pos2(x - 1.0, first.top() - size.y - 1.0), size);
        if !Self::has_cells(&self.grid) || self.only_sea(above) {
            return above;
        }
        let inside = self
            .facts
            .free
            .iter()
            .filter(|run| run.system == division.system);
        let parts = inside.flat_map(|run| self.grid.segments(run.first..run.first + run.blocks));
        let widest = parts.max_by_key(|(_, blocks)| *blocks);
        widest.map_or(above, |part| {
            let bar = self.grid.bar(part);
            let width = size.x.min(bar.width());
            Rect::from_min_size(
                pos2(bar.left(), bar.center().y - size.y / 2.0),
                vec2(width, size.y),
            )
        })
    }

    /// Whether every block under `rect` is free.
    fn only_sea(&self, rect: Rect) -> bool {
        let (Some(first), Some(last)) = (
            self.grid.block_at(rect.left_center() + vec2(2.0, 0.0)),
            self.grid.block_at(rect.right_center() - vec2(2.0, 0.0)),
        ) else {
            return false;
        };
        (first..=last).all(|block| self.map.cells[block as usize].kind == CellKind::Free)
    }

    /// How much is free, written on the longest stretch of each free run; and where the chip's addresses jump.
    pub fn words_on_the_sea(&self, tabs: &[Tab]) {
        let tear = self
            .facts
            .addresses
            .missing()
            .filter(|_| self.facts.addresses.tear > 0);
        let tear_row = (self.facts.addresses.tear.saturating_sub(1)) / self.grid.columns;
        let mut tear_drawn = false;
        if let Some((from, to)) = tear {
            let row = (
                tear_row * self.grid.columns,
                self.grid.columns.min(self.grid.blocks),
            );
            let all_free = (row.0..row.0 + row.1).all(|b| {
                self.map
                    .cells
                    .get(b as usize)
                    .is_some_and(|c| c.kind == CellKind::Free)
            });
            if all_free && self.labelled() {
                let words = words::format(
                    "card.not_on_chip",
                    &[
                        ("from", &numbers::address(from)),
                        ("to", &numbers::address(to)),
                    ],
                );
                let bar = self.grid.bar(row);
                let drawn = self.on_ground(bar.center(), &words, self.t.t3, self.t.sea);
                tear_line(
                    self.p,
                    pos2(drawn.left() - 28.0, bar.center().y),
                    bar.height(),
                    self.t.t3,
                );
                tear_drawn = true;
            }
        }
        for run in self.facts.free.iter().filter(|run| run.blocks >= 6) {
            let parts = self.grid.segments(run.first..run.first + run.blocks);
            let taken = |first: u32| tear_drawn && first / self.grid.columns == tear_row;
            let longest =
                parts
                    .filter(|(first, _)| !taken(*first))
                    .max_by_key(|(first, blocks)| {
                        // Of equal stretches the middle one of the run reads best.
                        let middle = run.first + run.blocks / 2;
                        (*blocks, u32::MAX - (first + blocks / 2).abs_diff(middle))
                    });
            let Some(part) = longest else { continue };
            let code = self
                .card
                .tree
                .systems
                .iter()
                .find(|s| s.number == run.system)
                .map(|s| s.code);
            let Some(code) = code else { continue };
            let words = words::format(
                "card.free_in",
                &[("code", &code), ("count", &numbers::grouped(run.blocks))],
            );
            let mut bar = self.grid.bar(part);
            for tab in tabs {
                if !tab.rect.intersects(bar) {
                    continue;
                }
                // The wider side of the tab is left to write on.
                if tab.rect.left() - bar.left() >= bar.right() - tab.rect.right() {
                    bar.max.x = tab.rect.left() - 4.0;
                } else {
                    bar.min.x = tab.rect.right() + 4.0;
                }
            }
            // In low rows the words take their neighbours' place, which must be sea as well.
            let tall = bar.height() >= 14.0 || run.blocks > 5 * self.grid.columns;
            if !tall || bar.width() < widgets::width_of(self.p, &words, Type::Caption) + 12.0 {
                continue;
            }
            let (ink, ground) = if run.system == 0 {
                (self.t.t3, self.t.sea)
            } else {
                (self.t.t2, self.t.sea_tint(self.owner(run.system)))
            };
            self.on_ground(bar.center(), &words, ink, ground);
        }
    }

    /// Words over the dots of the sea, on a patch of it.
    fn on_ground(&self, at: Pos2, text: &str, ink: Color32, ground: Color32) -> Rect {
        let width = widgets::width_of(self.p, text, Type::Caption);
        let patch = Rect::from_center_size(at, vec2(width + 12.0, 16.0));
        self.p.rect_filled(patch, CornerRadius::ZERO, ground);
        widgets::paint_text(self.p, at, Align2::CENTER_CENTER, text, Type::Caption, ink)
    }

    /// Outlines around what is picked.
    pub fn selection(&self) {
        let stroke = Stroke::new(STROKE_SELECTION, self.t.marker);
        let away = if Self::has_cells(&self.grid) {
            2.0
        } else {
            1.0
        };
        let runs = [
            self.selected.user,
            self.selected.definition.map(|block| (block, 1)),
        ];
        for (first, blocks) in runs.into_iter().flatten() {
            for line in self.grid.outline(first, blocks, away) {
                self.p.add(Shape::line(line, stroke));
            }
        }
        let own = self
            .block
            .filter(|block| !self.is_selected(*block) || self.selected.user.is_some());
        if let Some(block) = own {
            let rect = self.grid.cell(block);
            let rect = if self.is_selected(block) {
                rect.shrink(1.5)
            } else {
                rect.expand(away)
            };
            let ink = match self.map.cells.get(block as usize) {
                Some(cell) if self.is_selected(block) => self.t.owner(self.owner(cell.system)).ink,
                _ => self.t.marker,
            };
            let corner = CornerRadius::same(RADIUS_CELL);
            self.p.rect_stroke(
                rect,
                corner,
                Stroke::new(STROKE_SELECTION, ink),
                StrokeKind::Middle,
            );
        }
    }
}

fn dot(mesh: &mut Mesh, at: Pos2, side: f32, colour: Color32) {
    let start = mesh.vertices.len() as u32;
    let half = side / 2.0;
    for (dx, dy) in [(0.0, -half), (half, 0.0), (0.0, half), (-half, 0.0)] {
        mesh.vertices.push(Vertex {
            pos: pos2(at.x + dx, at.y + dy),
            uv: WHITE_UV,
            color: colour,
        });
    }
    mesh.indices.extend([0, 1, 2, 0, 2, 3].map(|i| start + i));
}

/// A jagged line: addresses are missing here.
fn tear_line(p: &Painter, at: Pos2, height: f32, colour: Color32) {
    for dx in [0.0, 8.0] {
        let points = (0..5)
            .map(|i| {
                let x = at.x + dx + if i % 2 == 0 { 0.0 } else { 6.0 };
                pos2(x, at.y - height / 2.0 + height * i as f32 / 4.0)
            })
            .collect();
        p.add(Shape::line(points, Stroke::new(STROKE, colour)));
    }
}
