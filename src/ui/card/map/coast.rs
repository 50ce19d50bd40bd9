//! Divisions as coasts with their tabs, and the words that stand on the free sea.

use super::paint::{Detail, Scene};
use crate::model::card::map::{CellKind, Division};
use crate::ui::card::facts::Run;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{STROKE, STROKE_COAST};
use crate::ui::widgets;
use crate::words;
use egui::{Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

/// The filled tab of a division: code, owner, and how many blocks were lent.
pub struct Tab {
    owner: usize,
    rect: Rect,
    /// Text, type and width of each part.
    texts: [(String, Type, f32); 3],
}

/// Between the parts of a tab, in points.
const TAB_GAP: f32 = 8.0;

impl Scene<'_> {
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
        let x = first.left().min(right.min(self.window.right()) - size.x);
        let x = x.max(self.grid.origin.x.max(self.window.left()));
        let above = Rect::from_min_size(pos2(x - 1.0, first.top() - size.y - 1.0), size);
        if self.detail() == Detail::Picture || self.only_sea(above) {
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
        (first..=last).all(|block| self.is_sea(block))
    }

    /// How much is free, written on the longest stretch of each free run; and where the chip's addresses jump.
    pub fn words_on_the_sea(&self, tabs: &[Tab]) {
        let tear = self.tear();
        let runs = self.runs(&self.facts.free).iter();
        for run in runs.filter(|run| run.blocks >= 6) {
            self.free_words(run, tear, tabs);
        }
    }

    /// Says which addresses the chip lacks, where they are missing; gives the row that is taken by it.
    fn tear(&self) -> Option<u32> {
        let addresses = self.facts.addresses;
        let (from, to) = addresses
            .missing()
            .filter(|_| addresses.tear > 0 && self.labelled())?;
        let row = (addresses.tear - 1) / self.grid.columns;
        let first = row * self.grid.columns;
        let cells = self
            .map
            .cells
            .get(first as usize..(first + self.grid.columns) as usize)?;
        if cells.iter().any(|cell| cell.kind != CellKind::Free) {
            return None;
        }
        let (from, to) = (numbers::address(from), numbers::address(to));
        let words = words::format("card.not_on_chip", &[("from", &from), ("to", &to)]);
        let bar = self.in_sight(self.grid.bar((first, self.grid.columns)))?;
        let drawn = self.on_ground(bar.center(), &words, self.t.t3, self.t.sea);
        let at = pos2(drawn.left() - 28.0, bar.center().y);
        tear_line(self.p, at, bar.height(), self.t.t3);
        Some(row)
    }

    fn free_words(&self, run: &Run, tear: Option<u32>, tabs: &[Tab]) {
        let parts = self.grid.segments(run.first..run.first + run.blocks);
        let row = |block: u32| block / self.grid.columns;
        let clear = parts
            .filter(|(first, _)| tear != Some(row(*first)) && self.rows.contains(&row(*first)));
        // Of equal stretches the middle one of the run on screen reads best.
        let seen = self.on_screen();
        let end = (run.first + run.blocks).min(seen.end);
        let middle = run.first.max(seen.start).midpoint(end);
        let longest = clear.max_by_key(|(first, blocks)| {
            (*blocks, u32::MAX - (first + blocks / 2).abs_diff(middle))
        });
        let system = self
            .card
            .tree
            .systems
            .iter()
            .find(|system| system.number == run.system);
        let (Some(part), Some(system)) = (longest, system) else {
            return;
        };
        let count = numbers::grouped(run.blocks);
        let words = words::format("card.free_in", &[("code", &system.code), ("count", &count)]);
        let Some(mut bar) = self.in_sight(self.grid.bar(part)) else {
            return;
        };
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
            return;
        }
        let patch = patch(
            bar.center(),
            widgets::width_of(self.p, &words, Type::Caption),
        );
        let (rows, columns) = self.grid.visible(patch);
        let mut under = rows.flat_map(|row| {
            let first = row * self.grid.columns;
            first + columns.start..first + columns.end
        });
        if !under.all(|block| self.is_sea(block)) {
            return;
        }
        let (ink, ground) = if run.system == 0 {
            (self.t.t3, self.t.sea)
        } else {
            (self.t.t2, self.t.sea_tint(self.owner(run.system)))
        };
        self.on_ground(bar.center(), &words, ink, ground);
    }

    /// The part of a bar that is on screen.
    fn in_sight(&self, bar: Rect) -> Option<Rect> {
        let part = bar.intersect(self.window);
        part.is_positive().then_some(part)
    }

    /// Words over the dots of the sea, on a patch of it.
    fn on_ground(&self, at: Pos2, text: &str, ink: Color32, ground: Color32) -> Rect {
        let patch = patch(at, widgets::width_of(self.p, text, Type::Caption));
        self.p.rect_filled(patch, CornerRadius::ZERO, ground);
        widgets::paint_text(self.p, at, Align2::CENTER_CENTER, text, Type::Caption, ink)
    }
}

/// What words of a width stand on.
fn patch(at: Pos2, width: f32) -> Rect {
    Rect::from_center_size(at, vec2(width + 12.0, 16.0))
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
