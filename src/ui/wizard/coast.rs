//! Geometry of a run of blocks on a grid: its stepped outline and the rectangles it fills.

use egui::{Pos2, Rect, vec2};

/// A grid of cells, `columns` wide, with a fixed pitch.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Left top corner of the first cell.
    pub origin: Pos2,
    pub columns: u32,
    /// From one cell to the next, in points.
    pub pitch: egui::Vec2,
}

impl Grid {
    /// Columns that show `blocks` at a glance: 16 for a small chip, 256 for the largest.
    pub fn columns_for(blocks: u32) -> u32 {
        match blocks {
            0..=256 => 16,
            257..=1024 => 32,
            1025..=4096 => 64,
            4097..=16384 => 128,
            _ => 256,
        }
    }

    fn corner(&self, column: u32, row: u32) -> Pos2 {
        self.origin + vec2(column as f32 * self.pitch.x, row as f32 * self.pitch.y)
    }

    /// The whole row that `block` is in, with the gaps between its cells.
    pub fn span(&self, first: u32, last: u32) -> Rect {
        let row = first / self.columns;
        Rect::from_min_max(
            self.corner(first % self.columns, row),
            self.corner(last % self.columns + 1, last / self.columns + 1),
        )
    }

    /// At most three rectangles that together are the run: what is left of its first row, the whole rows
    /// between, and the beginning of its last row.
    pub fn pieces(&self, first: u32, blocks: u32) -> Vec<Rect> {
        let Some(last) = blocks.checked_sub(1).map(|more| first + more) else {
            return Vec::new();
        };
        let (first_row, last_row) = (first / self.columns, last / self.columns);
        if first_row == last_row {
            return vec![self.span(first, last)];
        }
        let mut pieces = vec![self.span(first, first_row * self.columns + self.columns - 1)];
        if last_row > first_row + 1 {
            pieces.push(self.span((first_row + 1) * self.columns, last_row * self.columns - 1));
        }
        pieces.push(self.span(last_row * self.columns, last));
        pieces
    }

    /// The outlines of the run, each closed. There are two when its two rows do not touch.
    pub fn outlines(&self, first: u32, blocks: u32) -> Vec<Vec<Pos2>> {
        let Some(last) = blocks.checked_sub(1).map(|more| first + more) else {
            return Vec::new();
        };
        let (top, bottom) = (first / self.columns, last / self.columns);
        let (left, right) = (first % self.columns, last % self.columns + 1);
        if top == bottom || (bottom == top + 1 && right <= left) {
            let around = |r: Rect| {
                vec![
                    r.left_top(),
                    r.right_top(),
                    r.right_bottom(),
                    r.left_bottom(),
                ]
            };
            return self.pieces(first, blocks).into_iter().map(around).collect();
        }
        let mut outline = vec![
            self.corner(left, top),
            self.corner(self.columns, top),
            self.corner(self.columns, bottom),
            self.corner(right, bottom),
            self.corner(right, bottom + 1),
            self.corner(0, bottom + 1),
            self.corner(0, top + 1),
            self.corner(left, top + 1),
        ];
        outline.dedup();
        vec![outline]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    const GRID: Grid = Grid {
        origin: Pos2::ZERO,
        columns: 16,
        pitch: egui::Vec2::splat(10.0),
    };

    fn area(pieces: &[Rect]) -> f32 {
        pieces.iter().map(Rect::area).sum()
    }

    #[test]
    fn pieces_cover_every_block_once() {
        for (first, blocks) in [(0, 1), (5, 3), (0, 16), (8, 96), (15, 2), (3, 29), (0, 256)] {
            assert_eq!(
                area(&GRID.pieces(first, blocks)),
                blocks as f32 * 100.0,
                "{first}+{blocks}"
            );
        }
        assert!(GRID.pieces(7, 0).is_empty());
        assert!(GRID.outlines(7, 0).is_empty());
    }

    #[test]
    fn the_outline_steps_where_the_run_starts_and_ends() {
        let outline = &GRID.outlines(8, 96)[0];
        assert_eq!(outline[0], pos2(80.0, 0.0));
        assert!(outline.contains(&pos2(80.0, 60.0)), "{outline:?}");
        assert!(outline.contains(&pos2(0.0, 70.0)), "{outline:?}");
        assert_eq!(GRID.outlines(14, 4).len(), 2, "two rows that do not touch");
        assert_eq!(GRID.outlines(2, 5).len(), 1);
    }
}
