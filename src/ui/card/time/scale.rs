//! Where places of the line stand on the ruler: which of them are in sight, and how many points one takes.

use egui::{Rangef, Rect};

/// Fewest places in sight.
const NEAREST: f64 = 12.0;

/// The places in sight, from one to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub from: f64,
    pub to: f64,
}

impl Window {
    /// The whole of a line with that many events.
    pub fn whole(len: usize) -> Window {
        Window {
            from: 0.0,
            to: len.max(1) as f64,
        }
    }

    /// As many places, moved so that they are of a line with that many events. `None` when that is the whole line.
    fn within(self, len: usize) -> Option<Window> {
        let (all, span) = (len.max(1) as f64, self.to - self.from);
        if span >= all {
            return None;
        }
        let from = self.from.clamp(0.0, all - span);
        Some(Window {
            from,
            to: from + span,
        })
    }

    /// `times` as many points a place, with `at` staying where it is. `None` when the whole line is in sight.
    pub fn zoomed(self, times: f64, at: f64, len: usize) -> Option<Window> {
        let most = len.max(1) as f64;
        let span = ((self.to - self.from) / times).max(NEAREST.min(most));
        let part = ((at - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        let from = at - part * span;
        Window {
            from,
            to: from + span,
        }
        .within(len)
    }

    /// Moved by so many places.
    pub fn moved(self, by: f64, len: usize) -> Option<Window> {
        Window {
            from: self.from + by,
            to: self.to + by,
        }
        .within(len)
    }

    /// Moved, if it must be, so that a place is in sight.
    pub fn showing(self, place: usize, len: usize) -> Option<Window> {
        let (place, span) = (place as f64, self.to - self.from);
        let from = if place < self.from {
            place - span * 0.1
        } else if place > self.to {
            place - span * 0.9
        } else {
            self.from
        };
        Window {
            from,
            to: from + span,
        }
        .within(len)
    }
}

/// A window laid over points from left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub window: Window,
    /// Points from left to right.
    pub points: Rangef,
}

impl Scale {
    /// The window over the width of a rectangle.
    pub fn new(window: Window, rect: Rect) -> Scale {
        Scale {
            window,
            points: rect.x_range(),
        }
    }

    /// Points that one place takes.
    pub fn points_each(&self) -> f32 {
        (f64::from(self.points.span()) / (self.window.to - self.window.from)) as f32
    }

    /// Where a place stands.
    pub fn x(&self, place: f64) -> f32 {
        let part = (place - self.window.from) / (self.window.to - self.window.from);
        self.points.min + (part * f64::from(self.points.span())) as f32
    }

    /// Whether what stands there, rounded to a whole point or not, is in sight.
    pub fn shows(&self, x: f32) -> bool {
        self.points.expand(0.5).contains(x)
    }

    /// What stands there, with the part of a place; outside the window, as if it went on.
    pub fn place(&self, x: f32) -> f64 {
        let part = f64::from(x - self.points.min) / f64::from(self.points.span().max(1.0));
        self.window.from + part * (self.window.to - self.window.from)
    }

    /// The whole places in sight, of a line with that many events.
    pub fn places(&self, len: usize) -> std::ops::Range<usize> {
        let from = self.window.from.floor().max(0.0) as usize;
        let to = (self.window.to.ceil().max(0.0) as usize).min(len);
        from.min(to)..to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let near = Window::whole(1_000)
            .zoomed(4.0, 600.0, 1_000)
            .expect("a part");
        assert_eq!((near.from, near.to), (450.0, 700.0));
        let scale = Scale {
            window: near,
            points: Rangef::new(100.0, 600.0),
        };
        assert_eq!(scale.x(600.0), 400.0, "where it was in the whole");
        assert_eq!(scale.place(400.0), 600.0);
        assert_eq!(scale.points_each(), 2.0);
        assert_eq!(scale.places(640), 450..640);
        assert_eq!(near.zoomed(0.1, 600.0, 1_000), None, "the whole again");
        let nearest = near.zoomed(1e9, 450.0, 1_000).expect("a part");
        assert_eq!(nearest.to - nearest.from, NEAREST);
        assert_eq!(Window::whole(5).zoomed(9.0, 2.0, 5), None);
    }

    #[test]
    fn the_end_is_in_sight_however_the_window_is_scaled() {
        for right in [600.0, 600.33, 600.5, 600.67] {
            let scale = Scale {
                window: Window::whole(1_000),
                points: Rangef::new(100.33, right),
            };
            for place in [0.0, 1_000.0] {
                let x = scale.x(place);
                assert!(scale.shows(x) && scale.shows(x.round()), "{x}");
            }
            assert!(!scale.shows(right + 1.0) && !scale.shows(99.0));
        }
    }

    #[test]
    fn a_window_stays_on_the_line_and_shows_what_it_must() {
        let window = Window {
            from: 10.0,
            to: 30.0,
        };
        assert_eq!(
            window.moved(-50.0, 100),
            Some(Window {
                from: 0.0,
                to: 20.0
            })
        );
        assert_eq!(
            window.moved(500.0, 100),
            Some(Window {
                from: 80.0,
                to: 100.0
            })
        );
        assert_eq!(window.showing(20, 100), Some(window));
        let later = window.showing(60, 100).expect("a part");
        assert!(later.from <= 60.0 && 60.0 <= later.to);
        let earlier = window.showing(3, 100).expect("a part");
        assert!(earlier.from <= 3.0 && 3.0 <= earlier.to);
        assert_eq!(
            window.showing(3, 15),
            None,
            "a shorter line is all in sight"
        );
    }
}
