//! Geometry of the block map: which place a block has, and the stepped outline of a run of blocks.

use egui::{Pos2, Rect, Vec2, pos2, vec2};
use std::ops::Range;

/// Columns with which a whole card is shown.
pub fn columns_for(blocks: u32) -> u32 {
    match blocks {
        0..=256 => 16,
        257..=1024 => 32,
        1025..=4096 => 64,
        4097..=16_384 => 128,
        _ => 256,
    }
}

/// The places of a card's blocks, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Top left of block 0.
    pub origin: Pos2,
    pub columns: u32,
    pub blocks: u32,
    /// From one block to the next, in points.
    pub pitch: Vec2,
    /// Between two blocks, in points.
    pub gap: f32,
}

impl Grid {
    /// Rows, the last perhaps not full.
    pub fn rows(&self) -> u32 {
        self.blocks.div_ceil(self.columns)
    }

    /// Size of all rows.
    pub fn size(&self) -> Vec2 {
        vec2(
            self.columns as f32 * self.pitch.x,
            self.rows() as f32 * self.pitch.y,
        )
    }

    /// Place of a block.
    pub fn cell(&self, block: u32) -> Rect {
        let (row, column) = (block / self.columns, block % self.columns);
        let min = self.origin + vec2(column as f32 * self.pitch.x, row as f32 * self.pitch.y);
        Rect::from_min_size(min, self.pitch - Vec2::splat(self.gap))
    }

    /// The block at `at`, if there is one.
    pub fn block_at(&self, at: Pos2) -> Option<u32> {
        let offset = at - self.origin;
        if offset.x < 0.0 || offset.y < 0.0 {
            return None;
        }
        let (column, row) = (
            (offset.x / self.pitch.x) as u32,
            (offset.y / self.pitch.y) as u32,
        );
        let block = row.checked_mul(self.columns)?.checked_add(column)?;
        (column < self.columns && block < self.blocks).then_some(block)
    }

    /// The rows and columns that have a part within `window`.
    pub fn visible(&self, window: Rect) -> (Range<u32>, Range<u32>) {
        let span = |from: f32, to: f32, pitch: f32, count: u32| {
            let first = (from / pitch).floor().max(0.0) as u32;
            let end = (to / pitch).ceil().max(0.0) as u32;
            first.min(count)..end.min(count)
        };
        let (min, max) = (window.min - self.origin, window.max - self.origin);
        (
            span(min.y, max.y, self.pitch.y, self.rows()),
            span(min.x, max.x, self.pitch.x, self.columns),
        )
    }

    /// The parts of a run that stand in one row each, as (first block, blocks).
    pub fn segments(&self, run: Range<u32>) -> impl Iterator<Item = (u32, u32)> + use<> {
        let columns = self.columns;
        let mut at = run.start;
        std::iter::from_fn(move || {
            (at < run.end).then(|| {
                let end = ((at / columns + 1) * columns).min(run.end);
                let part = (at, end - at);
                at = end;
                part
            })
        })
    }

    /// One rectangle over a part of a row.
    pub fn bar(&self, (first, blocks): (u32, u32)) -> Rect {
        self.cell(first).union(self.cell(first + blocks.max(1) - 1))
    }

    /// The outline of a run of blocks, `away` from its cells: one closed line, or two when the run's two rows
    /// do not touch.
    pub fn outline(&self, first: u32, blocks: u32, away: f32) -> Vec<Vec<Pos2>> {
        let Some(last) = (first + blocks).checked_sub(1).filter(|_| blocks > 0) else {
            return Vec::new();
        };
        let (top, bottom) = (self.cell(first).expand(away), self.cell(last).expand(away));
        let (first_row, last_row) = (first / self.columns, last / self.columns);
        let rectangle = |r: Rect| {
            vec![
                r.left_top(),
                r.right_top(),
                r.right_bottom(),
                r.left_bottom(),
                r.left_top(),
            ]
        };
        if first_row == last_row {
            return vec![rectangle(top.union(bottom))];
        }
        let row = |row: u32| self.bar((row * self.columns, self.columns)).expand(away);
        let (left, right) = (row(first_row).left(), row(first_row).right());
        if last_row == first_row + 1 && last % self.columns < first % self.columns {
            let upper = Rect::from_min_max(top.min, pos2(right, top.bottom()));
            let lower = Rect::from_min_max(pos2(left, bottom.top()), bottom.max);
            return vec![rectangle(upper), rectangle(lower)];
        }
        let second_top = row(first_row + 1).top();
        let before_last_bottom = row(last_row - 1).bottom();
        vec![vec![
            top.left_top(),
            pos2(right, top.top()),
            pos2(right, before_last_bottom),
            pos2(bottom.right(), before_last_bottom),
            bottom.right_bottom(),
            pos2(left, bottom.bottom()),
            pos2(left, second_top),
            pos2(top.left(), second_top),
            top.left_top(),
        ]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            origin: pos2(10.0, 20.0),
            columns: 16,
            blocks: 250,
            pitch: vec2(40.0, 24.0),
            gap: 2.0,
        }
    }

    #[test]
    fn a_place_and_its_block_agree() {
        let grid = grid();
        for block in 0..grid.blocks {
            assert_eq!(grid.block_at(grid.cell(block).center()), Some(block));
        }
        assert_eq!(grid.block_at(pos2(9.0, 30.0)), None);
        assert_eq!(
            grid.block_at(grid.cell(249).center() + vec2(40.0, 0.0)),
            None,
            "the last row is short"
        );
        assert_eq!(
            grid.block_at(pos2(10.0 + 16.5 * 40.0, 30.0)),
            None,
            "right of the last column"
        );
    }

    #[test]
    fn segments_cover_a_run_once() {
        let grid = grid();
        let parts: Vec<_> = grid.segments(10..40).collect();
        assert_eq!(parts, [(10, 6), (16, 16), (32, 8)]);
        assert_eq!(grid.segments(5..5).count(), 0);
    }

    #[test]
    fn an_outline_is_one_line_unless_its_rows_do_not_touch() {
        let grid = grid();
        assert_eq!(grid.outline(3, 0, 2.0), Vec::<Vec<Pos2>>::new());
        assert_eq!(grid.outline(3, 4, 2.0).len(), 1);
        assert_eq!(grid.outline(14, 4, 2.0).len(), 2);
        let stepped = grid.outline(14, 40, 2.0);
        assert_eq!((stepped.len(), stepped[0].len()), (1, 9));
        assert_eq!(stepped[0].first(), stepped[0].last());
    }

    #[test]
    fn what_is_visible_is_what_the_window_touches() {
        let grid = grid();
        let window = Rect::from_min_size(pos2(90.0, 44.0), vec2(80.0, 24.0));
        assert_eq!(grid.visible(window), (1..2, 2..4));
        assert_eq!(grid.visible(window.expand(1.0)), (0..3, 1..5));
        assert_eq!(grid.visible(Rect::EVERYTHING), (0..16, 0..16));
        let above = window.translate(vec2(0.0, -500.0));
        assert!(grid.visible(above).0.is_empty());
    }

    #[test]
    fn columns_grow_with_the_card() {
        let columns = [64, 256, 257, 4096, 65_536].map(columns_for);
        assert_eq!(columns, [16, 16, 32, 64, 256]);
    }
}
