//! Many small shapes as one mesh: thousands of cells cost less than a few dozen of egui's own rectangles.

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{Color32, Pos2, Rect, Shape, pos2};

/// A mesh that is being filled. Edges are not smoothed: places are on whole pixels.
#[derive(Default)]
pub struct Ink {
    mesh: Mesh,
}

/// How much is cut off a corner, in points.
const CUT: f32 = 1.0;

impl Ink {
    /// What was drawn, as one shape.
    pub fn shape(self) -> Shape {
        Shape::mesh(self.mesh)
    }

    /// A convex outline, filled.
    fn fan(&mut self, points: &[Pos2], color: Color32) {
        let start = self.mesh.vertices.len() as u32;
        self.mesh.vertices.extend(points.iter().map(|pos| Vertex {
            pos: *pos,
            uv: WHITE_UV,
            color,
        }));
        for at in 2..points.len() as u32 {
            self.mesh
                .indices
                .extend([start, start + at - 1, start + at]);
        }
    }

    /// A filled rectangle.
    pub fn rect(&mut self, rect: Rect, colour: Color32) {
        let corners = [
            rect.left_top(),
            rect.right_top(),
            rect.right_bottom(),
            rect.left_bottom(),
        ];
        self.fan(&corners, colour);
    }

    /// A filled rectangle whose corners at the left and at the right are cut off where it says so.
    pub fn plate(&mut self, rect: Rect, (left, right): (bool, bool), colour: Color32) {
        if rect.width() < 8.0 || !(left || right) {
            return self.rect(rect, colour);
        }
        let (l, r) = (if left { CUT } else { 0.0 }, if right { CUT } else { 0.0 });
        self.fan(
            &[
                pos2(rect.left() + l, rect.top()),
                pos2(rect.right() - r, rect.top()),
                pos2(rect.right(), rect.top() + r),
                pos2(rect.right(), rect.bottom() - r),
                pos2(rect.right() - r, rect.bottom()),
                pos2(rect.left() + l, rect.bottom()),
                pos2(rect.left(), rect.bottom() - l),
                pos2(rect.left(), rect.top() + l),
            ],
            colour,
        );
    }

    /// A filled rectangle with an outline of one point within it.
    pub fn outlined(&mut self, rect: Rect, line: Color32, fill: Color32) {
        self.plate(rect, (true, true), line);
        self.plate(rect.shrink(1.0), (true, true), fill);
    }

    /// A small diamond.
    pub fn dot(&mut self, at: Pos2, side: f32, colour: Color32) {
        let half = side / 2.0;
        self.fan(
            &[
                pos2(at.x, at.y - half),
                pos2(at.x + half, at.y),
                pos2(at.x, at.y + half),
                pos2(at.x - half, at.y),
            ],
            colour,
        );
    }

    /// A broken outline within `rect`, 5 on and 3 off.
    pub fn dashes(&mut self, rect: Rect, colour: Color32) {
        let mut x = rect.left();
        while x < rect.right() {
            let end = (x + 5.0).min(rect.right());
            for y in [rect.top(), rect.bottom() - 1.0] {
                self.rect(Rect::from_min_max(pos2(x, y), pos2(end, y + 1.0)), colour);
            }
            x += 8.0;
        }
        let mut y = rect.top();
        while y < rect.bottom() {
            let end = (y + 5.0).min(rect.bottom());
            for x in [rect.left(), rect.right() - 1.0] {
                self.rect(Rect::from_min_max(pos2(x, y), pos2(x + 1.0, end)), colour);
            }
            y += 8.0;
        }
    }

    /// Strokes across `rect` from lower left to upper right, 7 apart.
    pub fn hatch(&mut self, rect: Rect, colour: Color32) {
        const WIDE: f32 = 1.4;
        let height = rect.height();
        let mut foot = rect.left() - height;
        while foot < rect.right() {
            // The stroke goes from (foot, bottom) to (foot + height, top); what is beyond the sides is cut.
            let from = (rect.left() - foot).max(0.0);
            let to = (rect.right() - WIDE - foot).min(height);
            if from < to {
                let at = |along: f32| pos2(foot + along, rect.bottom() - along);
                let (low, high) = (at(from), at(to));
                self.fan(
                    &[
                        low,
                        high,
                        pos2(high.x + WIDE, high.y),
                        pos2(low.x + WIDE, low.y),
                    ],
                    colour,
                );
            }
            foot += 7.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    #[test]
    fn nothing_is_drawn_outside_its_place() {
        let place = Rect::from_min_size(pos2(10.0, 20.0), vec2(44.0, 22.0));
        for size in [vec2(44.0, 22.0), vec2(5.0, 5.0), vec2(3.0, 40.0)] {
            let place = Rect::from_min_size(place.min, size);
            let mut ink = Ink::default();
            ink.rect(place, Color32::WHITE);
            ink.plate(place, (true, false), Color32::WHITE);
            ink.outlined(place, Color32::WHITE, Color32::BLACK);
            ink.dashes(place, Color32::WHITE);
            ink.hatch(place, Color32::WHITE);
            assert!(ink.mesh.is_valid());
            assert!(place.expand(0.001).contains_rect(ink.mesh.calc_bounds()));
        }
    }
}
