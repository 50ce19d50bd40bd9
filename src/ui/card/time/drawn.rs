//! What of the line is drawn: worked out once for a window, a size and a pick, and then only painted.

use super::line::{Line, Span};
use super::scale::Scale;
use crate::ui::card::facts::NodeRef;
use crate::ui::numbers;
use crate::ui::tokens::{GAP_3, Tokens};
use egui::{Mesh, Rect, Shape, pos2, vec2};

/// Heights on the ruler, in points from its top.
pub const TITLES: f32 = 25.0;
pub const LANES: (f32, f32) = (36.0, 60.0);
const STEPS: f32 = 69.0;
pub const BARS: (f32, f32) = (78.0, 100.0);
pub const PICKED: (f32, f32) = (101.0, 106.0);
const NUMBERS: f32 = 114.0;

/// Points from one bar to the next at least, the part of them that a bar takes, and a bar's points at most.
const PITCH: f32 = 5.0;
const BAR: f32 = 0.7;
const WIDEST_BAR: f32 = 8.0;
/// Points of a lane at least, and of a lane whose steps are named.
const LEAST_LANE: f32 = 6.0;
const NAMED_LANE: f32 = 30.0;
/// Points between two marks, and between two numbers.
const MARKS_APART: f32 = 3.0;
const NUMBERS_APART: f32 = 72.0;
/// Points that a letter of code takes, for placing labels.
const LETTER: f32 = 6.6;

/// A label of the ruler.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Its middle, but for a flow's title, of which it is the left end.
    pub x: f32,
    pub y: f32,
    pub text: String,
    pub kind: LabelKind,
}

/// What a label names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelKind {
    Flow,
    Step,
    Number,
}

/// What is picked of which nodes: the same while nothing else can be marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pick {
    pub(super) block: Option<u32>,
    pub(super) node: Option<NodeRef>,
    /// Where the tree stands in memory.
    pub(super) tree: usize,
}

/// What follows from line, window, size and pick.
pub struct Drawn {
    /// What it was worked out for.
    key: Key,
    /// Lanes, marks, bars and ticks.
    pub shapes: Vec<Shape>,
    pub labels: Vec<Label>,
    /// Events of the whole line that wrote what is picked.
    pub picked: usize,
}

/// Everything that what is drawn follows from.
#[derive(Clone, PartialEq)]
pub struct Key {
    pub version: u64,
    pub scale: Scale,
    pub rect: Rect,
    pub dark: bool,
    /// Says whether the same is picked.
    pub picked: Pick,
}

impl Drawn {
    /// Whether it still holds.
    pub fn is_for(&self, key: &Key) -> bool {
        self.key == *key
    }

    /// Works out what is drawn of a line.
    pub fn of(line: &Line, key: Key, t: &Tokens, wrote: impl Fn(u32) -> bool) -> Drawn {
        let mut drawn = Drawn {
            key,
            shapes: Vec::new(),
            labels: Vec::new(),
            picked: line.writes(0..line.len(), &wrote).count(),
        };
        drawn.bars(line, t);
        drawn.lanes(line, t);
        drawn.ticks(line, t, wrote);
        drawn.numbers(line);
        drawn
    }

    /// One bar for so many events that it can be told from the next; as high as an event of them changed bytes.
    fn bars(&mut self, line: &Line, t: &Tokens) {
        let Key { scale, rect, .. } = self.key;
        let each = scale.points_each();
        let events = (PITCH / each).ceil().max(1.0) as usize;
        let width = (each * events as f32 * BAR).clamp(1.0, WIDEST_BAR);
        let places = scale.places(line.len());
        let first = places.start / events * events;
        let bars: Vec<(usize, f32)> = (first..places.end)
            .step_by(events)
            .map(|from| {
                let to = (from + events).min(line.len());
                let changed = line.bytes_changed(from, to) as f32;
                (from, changed / (to - from).max(1) as f32)
            })
            .collect();
        let most = bars
            .iter()
            .fold(1.0_f32, |most, (_, height)| most.max(*height));
        let mut mesh = Mesh::default();
        for (from, height) in bars {
            let middle = scale.x(from as f64 + events as f64 / 2.0);
            let left = (middle - width / 2.0).max(rect.left());
            let right = (middle + width / 2.0).min(rect.right());
            let height = 2.0 + (BARS.1 - BARS.0 - 2.0) * height / most;
            let bottom = rect.top() + BARS.1;
            if right > left {
                let bar = Rect::from_min_max(pos2(left, bottom - height), pos2(right, bottom));
                mesh.add_colored_rect(bar, t.line3);
            }
        }
        self.shapes.push(Shape::mesh(mesh));
    }

    /// What each flow wrote, with a mark where a step begins to write.
    fn lanes(&mut self, line: &Line, t: &Tokens) {
        let places = self.key.scale.places(line.len());
        let (mut titled, mut named, mut filled) = (f32::MIN, f32::MIN, f32::MIN);
        for span in line.spans() {
            if (span.to as usize) < places.start || span.from as usize > places.end {
                continue;
            }
            let lane = self.lane(span);
            // Of flows that fall on one point, one is seen.
            if lane.right() - filled < 1.0 {
                continue;
            }
            filled = lane.right();
            self.shapes
                .push(Shape::rect_filled(lane, 2.0, t.lane_tint(span.owner)));
            let text = span.title.to_owned();
            let width = text.chars().count() as f32 * LETTER;
            let left = lane.left().min(self.key.rect.right() - width);
            if left > titled {
                titled = left + width + 8.0;
                self.label(left, TITLES, text, LabelKind::Flow);
            }
            self.marks(line, span, lane, t, &mut named);
        }
    }

    /// Where a flow's lane stands, as far as it is in sight.
    fn lane(&self, span: &Span) -> Rect {
        let Key { scale, rect, .. } = self.key;
        let left = scale.x(span.from.into()).max(rect.left());
        let right = scale.x(span.to.into()).min(rect.right());
        let right = right.max((left + LEAST_LANE).min(rect.right()));
        let left = left.min(right - LEAST_LANE);
        let y = |y: f32| rect.top() + y;
        Rect::from_min_max(pos2(left, y(LANES.0)), pos2(right, y(LANES.1)))
    }

    fn marks(&mut self, line: &Line, span: &Span, lane: Rect, t: &Tokens, named: &mut f32) {
        let (scale, colour) = (self.key.scale, t.owner(span.owner).fill);
        let mut marked = f32::MIN;
        for run in line.runs(span.from, span.to) {
            let x = scale.x(f64::from(run.from) + 0.5).round();
            let in_lane = x >= lane.left() && x <= lane.right();
            if !in_lane || x - marked < MARKS_APART {
                continue;
            }
            marked = x;
            let mark = Rect::from_center_size(pos2(x, lane.center().y), vec2(2.0, 16.0));
            self.shapes.push(Shape::rect_filled(mark, 0.0, colour));
            let Some(step) = &run.step else { continue };
            let half = step.0.chars().count() as f32 * LETTER / 2.0;
            if lane.width() >= NAMED_LANE && x - half > *named {
                *named = x + half + 4.0;
                self.label(x, STEPS, step.0.clone(), LabelKind::Step);
            }
        }
    }

    /// Where what is picked was written.
    fn ticks(&mut self, line: &Line, t: &Tokens, wrote: impl Fn(u32) -> bool) {
        let Key { scale, rect, .. } = self.key;
        let mut mesh = Mesh::default();
        let mut ticked = f32::MIN;
        for place in line.writes(scale.places(line.len()), wrote) {
            let x = scale.x(place as f64 + 0.5).round();
            if x - ticked >= MARKS_APART && rect.x_range().contains(x) {
                ticked = x;
                let y = |y: f32| rect.top() + y;
                let tick =
                    Rect::from_min_max(pos2(x - 1.0, y(PICKED.0)), pos2(x + 1.0, y(PICKED.1)));
                mesh.add_colored_rect(tick, t.accent);
            }
        }
        self.shapes.push(Shape::mesh(mesh));
    }

    /// The numbers of events, at round places.
    fn numbers(&mut self, line: &Line) {
        let scale = self.key.scale;
        let least = f64::from(NUMBERS_APART / scale.points_each());
        let step = round_step(least);
        let places = scale.places(line.len());
        let first = places.start.div_ceil(step) * step;
        for place in (first..=places.end).step_by(step) {
            let x = scale.x(place as f64);
            let number = line.moment(place).map_or(0, |id| u64::from(id.number()));
            if scale.shows(x) {
                let text = numbers::grouped(number);
                let half = text.len() as f32 * LETTER / 2.0;
                // The last one stays on the ruler, which is a gap wider than the line.
                let x = x.min(self.key.rect.right() + GAP_3 - half);
                self.label(x, NUMBERS, text, LabelKind::Number);
            }
        }
    }

    fn label(&mut self, x: f32, y: f32, text: String, kind: LabelKind) {
        let y = self.key.rect.top() + y;
        self.labels.push(Label { x, y, text, kind });
    }
}

/// The least of 1, 2, 5, 10, 20, 50 and so on that is not below.
fn round_step(least: f64) -> usize {
    let mut power = 1_usize;
    loop {
        for digit in [1, 2, 5] {
            let step = power.saturating_mul(digit);
            if step as f64 >= least || power >= usize::MAX / 10 {
                return step;
            }
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::round_step;

    #[test]
    fn numbers_stand_at_round_places() {
        let steps = [0.0, 1.0, 1.1, 2.5, 7.0, 11.0, 450.0, 7_000.0].map(round_step);
        assert_eq!(steps, [1, 1, 2, 5, 10, 20, 500, 10_000]);
        assert!(round_step(f64::INFINITY) > 0);
    }
}
