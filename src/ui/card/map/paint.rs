//! The cells of the map: runs of user blocks, system blocks, the free sea, and the selection.
//!
//! Only what is on screen is painted, all cells as one mesh; the words on them are in [`super::labels`].

use super::colouring::{Class, Colouring};
use super::grid::Grid;
use super::ink::Ink;
use super::look::{Look, look};
use super::zoom::CELLS;
use crate::model::card::map::{BlockMap, Cell, CellKind};
use crate::ui::card::facts::{Facts, NodeBlocks, Run, owner_of};
use crate::ui::tokens::{RADIUS_CELL, STROKE, STROKE_SELECTION, Tokens};
use crate::workbench::view::{CardView, View};
use egui::{Color32, CornerRadius, Painter, Rect, Shape, Stroke, StrokeKind, vec2};
use std::ops::Range;

/// How much of a block there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// A few pixels: the overview is one picture.
    Picture,
    /// A cell of its own.
    Cells,
    /// A code of four digits.
    Codes,
    /// Its 16 bytes.
    Bytes,
}

/// Narrowest cell that a code of four digits fits in, in points.
const CODE: f32 = 28.0;
/// Lowest cell that a line of code fits in.
const CODE_HEIGHT: f32 = 13.0;
/// Most cells that are painted one by one.
const MOST_CELLS: u32 = 8_192;

/// Everything that painting reads.
pub struct Scene<'a> {
    pub t: &'a Tokens,
    pub p: &'a Painter,
    pub grid: Grid,
    pub view: &'a View,
    pub card: &'a CardView,
    pub map: &'a BlockMap,
    pub facts: &'a Facts,
    pub colouring: &'a Colouring,
    /// How a user block of each class is drawn, and a system block.
    pub looks: Vec<[Look; 2]>,
    /// The class that is pointed out; the others are dimmed.
    pub pointed: Option<usize>,
    pub selected: &'a NodeBlocks,
    pub block: Option<u32>,
    /// The picked blocks, from that one on: the first, and how many.
    pub picked: Option<(u32, u32)>,
    /// Where blocks are drawn.
    pub window: Rect,
    /// Rows on screen.
    pub rows: Range<u32>,
    /// Columns on screen.
    pub columns: Range<u32>,
    /// How strongly what changed just now glows, if it does.
    pub glow: Option<f32>,
}

/// How each class of `colouring` is drawn, as a user block and as a system block.
pub fn looks(t: &Tokens, colouring: &Colouring) -> Vec<[Look; 2]> {
    let entries = colouring.entries.iter();
    entries
        .map(|entry| [false, true].map(|system| look(t, entry, system, false)))
        .collect()
}

impl Scene<'_> {
    /// How much of each block is drawn.
    pub fn detail(&self) -> Detail {
        let pitch = self.grid.pitch;
        let inner = pitch.x - self.grid.gap;
        let cells = self.rows.len() as u32 * self.columns.len() as u32;
        match () {
            () if pitch.min_elem() < CELLS || cells > MOST_CELLS => Detail::Picture,
            () if inner >= 170.0 && pitch.y >= 50.0 => Detail::Bytes,
            () if inner >= CODE && pitch.y >= CODE_HEIGHT => Detail::Codes,
            () => Detail::Cells,
        }
    }

    /// Whether cells are wide enough for words.
    pub(super) fn labelled(&self) -> bool {
        self.detail() >= Detail::Codes
    }

    pub(super) fn owner(&self, system: u8) -> usize {
        owner_of(self.card, system)
    }

    pub(super) fn is_selected(&self, block: u32) -> bool {
        self.selected.has(block)
    }

    /// From the first block on screen to behind the last; blocks in columns beyond the sides are among them.
    pub(super) fn on_screen(&self) -> Range<u32> {
        let columns = self.grid.columns;
        self.rows.start * columns..(self.rows.end * columns).min(self.grid.blocks)
    }

    /// The blocks on screen, row by row.
    pub(super) fn visible(&self) -> impl Iterator<Item = (u32, &Cell)> {
        self.rows.clone().flat_map(move |row| {
            self.columns.clone().filter_map(move |column| {
                let block = row * self.grid.columns + column;
                Some((block, self.map.cells.get(block as usize)?))
            })
        })
    }

    /// The runs that have a block in the rows on screen.
    pub(super) fn runs<'r>(&self, runs: &'r [Run]) -> &'r [Run] {
        let seen = self.on_screen();
        let first = runs.partition_point(|run| run.first + run.blocks <= seen.start);
        let end = runs.partition_point(|run| run.first < seen.end);
        runs.get(first..end).unwrap_or_default()
    }

    /// How a block is drawn, and whether it is dimmed.
    pub(super) fn look(&self, block: u32, cell: &Cell) -> (Look, bool) {
        let class = self.colouring.at(block);
        let system = usize::from(matches!(cell.kind, CellKind::System(_)));
        let dimmed = self.pointed.is_some_and(|pointed| pointed != class);
        (self.looks[class][system], dimmed)
    }

    /// The colours of a block's ground and of the words on it.
    pub(super) fn colours(&self, block: u32, cell: &Cell) -> (Color32, Color32) {
        let (look, dimmed) = self.look(block, cell);
        match (self.is_selected(block), dimmed) {
            (true, _) => (look.full, look.full_ink),
            (false, true) => (self.t.dimmed(look.fill), self.t.t3),
            (false, false) => (look.fill, look.ink),
        }
    }

    /// Paints all cells on screen.
    pub fn cells(&self) {
        let mut ink = Ink::default();
        let dots = self.dots();
        for (block, cell) in self.visible() {
            match cell.kind {
                CellKind::User { index, blocks, .. } => {
                    self.user_cell(&mut ink, block, cell, (index, blocks));
                }
                CellKind::System(_) => self.system_cell(&mut ink, block, cell),
                CellKind::Free => self.free_cell(&mut ink, block, cell, dots),
                CellKind::Unknown => ink.dashes(self.grid.cell(block), self.t.unknown),
            }
            if cell.pending {
                let colour = self.t.owner(self.owner(cell.system)).fill;
                let place = self.grid.cell(block);
                ink.hatch(place, colour.gamma_multiply(0.55));
                ink.dashes(place, colour);
            }
        }
        if let Some(strength) = self.glow {
            for block in self.card.changed.range(self.on_screen()) {
                ink.rect(self.grid.cell(*block), self.t.glow(strength));
            }
        }
        self.p.add(ink.shape());
    }

    /// A block of a service: the service is one bar with seams, and an edge at its start.
    fn user_cell(&self, ink: &mut Ink, block: u32, cell: &Cell, (index, blocks): (u16, u16)) {
        let place = self.grid.cell(block);
        let column = block % self.grid.columns;
        let starts = index == 0 || column == 0;
        let ends = u32::from(index) + 1 == u32::from(blocks) || column + 1 == self.grid.columns;
        let (fill, _) = self.colours(block, cell);
        ink.plate(place, (starts, ends), fill);
        let (look, dimmed) = self.look(block, cell);
        if index == 0 && !dimmed {
            let width = 3.0_f32.min((self.grid.pitch.x / 3.0).round());
            let edge = Rect::from_min_size(place.min, vec2(width, place.height()));
            ink.rect(edge, look.full);
        }
    }

    fn system_cell(&self, ink: &mut Ink, block: u32, cell: &Cell) {
        let place = self.grid.cell(block);
        let (look, dimmed) = self.look(block, cell);
        let (fill, _) = self.colours(block, cell);
        let line = if self.is_selected(block) || self.selected.related.contains(&block) {
            look.full
        } else if dimmed {
            self.t.dimmed(look.line)
        } else {
            look.line
        };
        ink.outlined(place, line, fill);
    }

    /// The sea, tinted inside a division, with a dot a block where there is room.
    fn free_cell(&self, ink: &mut Ink, block: u32, cell: &Cell, dots: Option<(u32, f32)>) {
        let place = self.grid.cell(block);
        let whole = Rect::from_min_size(place.min, self.grid.pitch);
        let (look, dimmed) = self.look(block, cell);
        let never = self.colouring.entries[self.colouring.at(block)].class == Class::NEVER;
        let sea = match (cell.system, never || look.fill == self.t.sea) {
            (0, true) => self.t.sea,
            (system, true) => self.t.sea_tint(self.owner(system)),
            (_, false) if dimmed => self.t.dimmed(look.fill),
            (_, false) => look.fill,
        };
        ink.rect(whole, sea);
        let Some((every, side)) = dots else { return };
        let (row, column) = (block / self.grid.columns, block % self.grid.columns);
        if row.is_multiple_of(every) && column.is_multiple_of(every) {
            ink.dot(place.center(), side, self.t.line3);
        }
    }

    /// The sea's dots: each how many blocks, and how big; none where bytes stand there.
    fn dots(&self) -> Option<(u32, f32)> {
        let apart = (10.0 / self.grid.pitch.min_elem()).ceil().max(1.0) as u32;
        let side = if self.grid.pitch.y >= 16.0 { 3.0 } else { 1.5 };
        (self.detail() < Detail::Bytes).then_some((apart.next_power_of_two(), side))
    }

    /// A thin line around the whole card, where its sea is as dark as what is around it.
    pub fn shore(&self) {
        let stroke = Stroke::new(STROKE, self.t.line2);
        for line in self.grid.outline(0, self.grid.blocks, 0.5) {
            self.p.add(Shape::line(line, stroke));
        }
    }

    /// Whether a block is sea: free, and with nothing to say of it in this mode.
    pub(super) fn is_sea(&self, block: u32) -> bool {
        let cell = self.map.cells.get(block as usize);
        let class = self.colouring.entries.get(self.colouring.at(block));
        let quiet = class.is_some_and(|entry| matches!(entry.class, Class::Free | Class::NEVER));
        quiet && cell.is_some_and(|cell| cell.kind == CellKind::Free)
    }

    /// An outline around the blocks that the picked bytes are in.
    fn reach(&self, (first, blocks): (u32, u32)) {
        let blocks = blocks.min(self.grid.blocks.saturating_sub(first));
        let own = self.selected.user.is_some_and(|(start, count)| {
            start <= first && first + blocks <= start.saturating_add(count)
        });
        let cell = self.map.cells.get(first as usize);
        // Within the picked node, which is filled and outlined, it is as its words are.
        let (away, ink) = match cell.filter(|_| own) {
            Some(cell) => (-1.5, self.colours(first, cell).1),
            None => (1.0, self.t.marker),
        };
        for line in self.grid.outline(first, blocks, away) {
            let stroke = Stroke::new(STROKE_SELECTION, ink);
            self.p.add(Shape::line(line, stroke));
        }
    }

    /// Outlines around what is picked.
    pub fn selection(&self) {
        let stroke = Stroke::new(STROKE_SELECTION, self.t.marker);
        let away = if self.grid.gap >= 2.0 { 2.0 } else { 1.0 };
        let runs = [
            self.selected.user,
            self.selected.definition.map(|block| (block, 1)),
        ];
        for (first, blocks) in runs.into_iter().flatten() {
            for line in self.grid.outline(first, blocks, away) {
                self.p.add(Shape::line(line, stroke));
            }
        }
        if let Some(picked) = self.picked.filter(|(_, blocks)| *blocks > 1) {
            return self.reach(picked);
        }
        let own = self
            .block
            .filter(|block| !self.is_selected(*block) || self.selected.user.is_some());
        let Some((block, cell)) =
            own.and_then(|block| Some((block, self.map.cells.get(block as usize)?)))
        else {
            return;
        };
        let selected = self.is_selected(block);
        let place = self.grid.cell(block);
        let place = if selected {
            place.shrink(1.5)
        } else {
            place.expand(away)
        };
        let ink = if selected {
            self.colours(block, cell).1
        } else {
            self.t.marker
        };
        self.p.rect_stroke(
            place,
            CornerRadius::same(RADIUS_CELL),
            Stroke::new(STROKE_SELECTION, ink),
            StrokeKind::Middle,
        );
    }
}
