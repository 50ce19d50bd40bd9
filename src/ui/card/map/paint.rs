//! What stands on the map: runs of user blocks, system blocks, the free sea, coasts, and the selection.

use super::grid::Grid;
use crate::model::card::ServiceCode;
use crate::model::card::map::{BlockMap, CellKind};
use crate::ui::card::facts::{Facts, NodeBlocks, Run, owner_of};
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{RADIUS_CELL, STROKE, STROKE_SELECTION, Tokens};
use crate::ui::widgets::{self, Align};
use crate::ui::{icons, numbers};
use crate::workbench::view::{CardView, View};
use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2,
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

/// Narrowest cell that a code of four digits fits in.
const LABELLED: f32 = 28.0;

impl Scene<'_> {
    /// Whether cells are wide enough for words.
    pub(super) fn labelled(&self) -> bool {
        self.grid.pitch.x - self.grid.gap >= LABELLED
    }

    /// Whether cells are big enough to be drawn one by one.
    pub fn has_cells(grid: &Grid) -> bool {
        grid.pitch.x >= 6.0 && grid.pitch.y >= 6.0
    }

    pub(super) fn owner(&self, system: u8) -> usize {
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
        let pad = if self.grid.pitch.x >= 40.0 { 8.0 } else { 3.5 };
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
            let (_, kind) = crate::ui::card::tree::kind_words(service.kind());
            let name = self.service_name(run.system, service).unwrap_or(kind);
            if widgets::width_of(self.p, name, Type::Caption) <= room {
                let at = pos2(drawn.right() + 8.0, mid);
                widgets::paint_text(self.p, at, Align2::LEFT_CENTER, name, Type::Caption, ink);
            }
        }
    }

    fn service_name(&self, number: u8, code: ServiceCode) -> Option<&str> {
        let mut systems = self.card.tree.systems.iter();
        let system = systems.find(|system| system.number == number)?;
        system.service(code)?.name.as_deref()
    }

    fn system_cell(&self, block: u32, pending: bool, label: &str) {
        let owner = self.owner(self.map.cells[block as usize].system);
        let rect = self.grid.cell(block);
        let corner = CornerRadius::same(RADIUS_CELL);
        let lit = self.is_selected(block);
        let related = self.selected.related.contains(&block);
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
