//! What part of the card is on screen, and how big its blocks are: from the whole card down to the bytes of a few
//! blocks.
//!
//! The number of columns belongs to the card, so that its shape stays the same; zooming makes cells bigger.

use super::grid::{Grid, columns_for};
use egui::{Pos2, Rect, Vec2, vec2};

/// From one block to the next where blocks are biggest, in points: room for 16 bytes in two lines.
const NEAREST: Vec2 = vec2(188.0, 60.0);

/// Smallest blocks that are cells of their own, in points.
pub const CELLS: f32 = 6.0;

/// How big the cells of a card can be in the room that there is.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    columns: u32,
    blocks: u32,
    /// From one block to the next, with the whole card in sight.
    whole: Vec2,
    /// The same at the nearest.
    nearest: Vec2,
    pixels_per_point: f32,
    /// Where blocks are drawn.
    window: Rect,
}

impl Sizes {
    /// Sizes for a card of `blocks` blocks in `window`.
    pub fn new(blocks: u32, window: Rect, pixels_per_point: f32) -> Sizes {
        let columns = columns_for(blocks);
        let rows = blocks.div_ceil(columns).max(1) as f32;
        let snap = |points: f32| snapped(points, pixels_per_point, f32::floor);
        let x = snap((window.width() / columns as f32).min(96.0));
        let highest = match columns {
            16 => 36.0,
            32 => 22.0,
            64 => 14.0,
            _ => x,
        };
        let y = snap((window.height() / rows).min(highest));
        let whole = vec2(x, y);
        Sizes {
            columns,
            blocks,
            whole,
            nearest: NEAREST.max(whole),
            pixels_per_point,
            window,
        }
    }

    /// From one block to the next at a level, on whole pixels.
    fn pitch(&self, level: f32) -> Vec2 {
        let between = |from: f32, to: f32| {
            let points = from * (to / from).powf(level);
            snapped(points, self.pixels_per_point, f32::round)
        };
        vec2(
            between(self.whole.x, self.nearest.x),
            between(self.whole.y, self.nearest.y),
        )
    }

    /// Where blocks are drawn.
    pub fn window(&self) -> Rect {
        self.window
    }

    /// How much of the way from the whole card to the nearest one step is: about twice as big.
    pub fn step(&self) -> f32 {
        1.0 / (self.nearest.x / self.whole.x).log2().round().max(2.0)
    }

    /// Blocks that are in sight at a level, in columns and rows; more than there are when there is room to spare.
    fn in_sight(&self, level: f32) -> Vec2 {
        self.window.size() / self.pitch(level)
    }

    /// All columns and rows.
    fn all(&self) -> Vec2 {
        let rows = self.blocks.div_ceil(self.columns);
        vec2(self.columns as f32, rows as f32)
    }
}

/// A size on whole pixels; one of a few pixels is left as it is, so that as much of the card as can be is in sight.
/// No block is less than a pixel.
fn snapped(points: f32, pixels_per_point: f32, to_pixel: fn(f32) -> f32) -> f32 {
    let pixels = points * pixels_per_point;
    let pixels = if pixels < 6.0 {
        pixels
    } else {
        to_pixel(pixels)
    };
    pixels.max(1.0) / pixels_per_point
}

/// Where a person is on the map.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zoom {
    /// 0 is the whole card, 1 the nearest.
    level: f32,
    /// What is at the top left of the window, in columns and rows.
    at: Vec2,
}

impl Zoom {
    /// How near: from 0, the whole card, to 1.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// The places of the blocks.
    pub fn grid(&self, sizes: &Sizes) -> Grid {
        let pitch = sizes.pitch(self.level);
        let snap = |points: f32| (points * sizes.pixels_per_point).round() / sizes.pixels_per_point;
        let offset = self.at * pitch;
        Grid {
            origin: sizes.window.min - vec2(snap(offset.x), snap(offset.y)),
            columns: sizes.columns,
            blocks: sizes.blocks,
            pitch,
            gap: match pitch.min_elem() {
                side if side >= 20.0 => 2.0,
                side if side >= CELLS => 1.0,
                _ => 0.0,
            },
        }
    }

    /// The part of the card that is in sight, as a part of 1 in each direction.
    pub fn part(&self, sizes: &Sizes) -> Rect {
        let all = sizes.all();
        let size = (sizes.in_sight(self.level) / all).min(Vec2::splat(1.0));
        Rect::from_min_size((self.at / all).to_pos2(), size)
    }

    /// Whether the whole card is in sight.
    pub fn all_in_sight(&self, sizes: &Sizes) -> bool {
        let (seen, all) = (sizes.in_sight(self.level), sizes.all());
        seen.x >= all.x && seen.y >= all.y
    }

    /// Goes to a level; what is under `about` stays there.
    pub fn go_to_level(&mut self, sizes: &Sizes, level: f32, about: Pos2) {
        let from_corner = about - sizes.window.min;
        let held = self.at + from_corner / sizes.pitch(self.level);
        self.level = level.clamp(0.0, 1.0);
        self.at = held - from_corner / sizes.pitch(self.level);
        self.hold(sizes);
    }

    /// Goes to `scale` times the size; what is under `about` stays there.
    pub fn scale(&mut self, sizes: &Sizes, scale: f32, about: Pos2) {
        let whole_way = (sizes.nearest.x / sizes.whole.x).ln().max(0.1);
        let level = self.level + scale.max(0.01).ln() / whole_way;
        self.go_to_level(sizes, level, about);
    }

    /// Moves the window over the card, in points.
    pub fn pan(&mut self, sizes: &Sizes, by: Vec2) {
        self.at += by / sizes.pitch(self.level);
        self.hold(sizes);
    }

    /// Moves the window so that its middle is at a part of the card, given as parts of 1.
    pub fn centre_on(&mut self, sizes: &Sizes, part: Pos2) {
        self.at = part.to_vec2() * sizes.all() - sizes.in_sight(self.level) / 2.0;
        self.hold(sizes);
    }

    /// Moves just far enough that a block is in sight.
    pub fn reveal(&mut self, sizes: &Sizes, block: u32) {
        let place = vec2(
            (block % sizes.columns) as f32,
            (block / sizes.columns) as f32,
        );
        let seen = sizes.in_sight(self.level);
        let margin = vec2(0.25, 0.25);
        let lowest = place + Vec2::splat(1.0) + margin - seen;
        self.at = self.at.max(lowest).min(place - margin);
        self.hold(sizes);
    }

    /// Keeps the window on the card.
    pub fn hold(&mut self, sizes: &Sizes) {
        let most = (sizes.all() - sizes.in_sight(self.level)).max(Vec2::ZERO);
        self.at = self.at.clamp(Vec2::ZERO, most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    fn sizes(blocks: u32) -> Sizes {
        let window = Rect::from_min_size(pos2(60.0, 30.0), vec2(780.0, 540.0));
        Sizes::new(blocks, window, 1.0)
    }

    #[test]
    fn the_whole_card_is_in_sight_and_the_nearest_has_room_for_bytes() {
        for blocks in [64, 256, 300, 1_024, 2_048, 4_096, 16_384, 65_536] {
            let sizes = sizes(blocks);
            let mut zoom = Zoom::default();
            assert!(zoom.all_in_sight(&sizes), "{blocks}");
            assert_eq!(zoom.part(&sizes).min, Pos2::ZERO);
            zoom.go_to_level(&sizes, 1.0, pos2(60.0, 30.0));
            assert_eq!(zoom.grid(&sizes).pitch, NEAREST, "{blocks}");
            assert!(!zoom.all_in_sight(&sizes));
        }
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let sizes = sizes(65_536);
        let mut zoom = Zoom::default();
        let about = pos2(400.5, 300.5);
        let block = zoom.grid(&sizes).block_at(about);
        for level in [0.2, 0.5, 0.77, 1.0, 0.4] {
            zoom.go_to_level(&sizes, level, about);
            assert_eq!(zoom.grid(&sizes).block_at(about), block, "at {level}");
        }
        zoom.go_to_level(&sizes, 0.0, about);
        assert_eq!(zoom, Zoom::default(), "the whole card has one place");
    }

    #[test]
    fn a_block_is_brought_into_sight_and_the_window_stays_on_the_card() {
        for blocks in [64, 300, 65_536] {
            let sizes = sizes(blocks);
            let mut zoom = Zoom::default();
            zoom.go_to_level(&sizes, 1.0, sizes.window.center());
            for block in [0, blocks - 1, blocks / 2, 17, blocks / 3] {
                zoom.reveal(&sizes, block);
                let cell = zoom.grid(&sizes).cell(block);
                assert!(
                    sizes.window.expand(0.5).contains_rect(cell),
                    "{block} of {blocks}"
                );
            }
            zoom.pan(&sizes, vec2(-1e9, -1e9));
            assert_eq!(zoom.at, Vec2::ZERO);
            zoom.pan(&sizes, vec2(1e9, 1e9));
            let part = zoom.part(&sizes);
            assert!((part.max - pos2(1.0, 1.0)).length() < 1e-4, "{part:?}");
            zoom.centre_on(&sizes, pos2(0.5, 0.5));
            assert!((zoom.part(&sizes).center() - pos2(0.5, 0.5)).length() < 0.02);
        }
    }

    #[test]
    fn a_step_is_about_twice_as_big() {
        for blocks in [64, 4_096, 65_536] {
            let sizes = sizes(blocks);
            let steps = 1.0 / sizes.step();
            assert!((steps - steps.round()).abs() < 1e-4);
            let factor = sizes.pitch(sizes.step()).x / sizes.pitch(0.0).x;
            assert!((1.5..2.5).contains(&factor), "{blocks}: {factor}");
        }
    }
}
