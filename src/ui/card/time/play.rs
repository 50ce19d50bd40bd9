//! Playing: the window goes from place to place by itself, and asks for the frames that this needs and no others.

use super::line::{Line, Unit};
use egui::Ui;
use std::time::Duration;

/// Units a second at the slowest speed.
const UNITS_A_SECOND: f64 = 2.0;
/// How many times as fast it can be.
pub const SPEEDS: [u32; 7] = [1, 2, 5, 10, 20, 50, 100];
/// Seconds between two frames beyond which nothing is made up for: the window was elsewhere.
const LONGEST_PAUSE: f64 = 0.5;

/// How it is played.
#[derive(Clone, Copy, Debug)]
pub struct Player {
    /// How far one goes at a time.
    pub unit: Unit,
    /// One of [`SPEEDS`].
    pub speed: u32,
    /// When the last step was made, in egui's seconds, while it plays.
    since: Option<f64>,
}

impl Default for Player {
    fn default() -> Player {
        Player {
            unit: Unit::default(),
            speed: SPEEDS[0],
            since: None,
        }
    }
}

impl Player {
    /// Whether it plays.
    pub fn plays(&self) -> bool {
        self.since.is_some()
    }

    /// Begins to play, the first step at once.
    pub fn start(&mut self) {
        self.since = Some(f64::MIN);
    }

    /// Stops.
    pub fn stop(&mut self) {
        self.since = None;
    }

    /// The place to go to now, if it is time; stops at the end of the line.
    pub fn tick(&mut self, ui: &Ui, line: &Line, place: usize) -> Option<usize> {
        let since = self.since?;
        let now = ui.input(|input| input.time);
        let each = 1.0 / (UNITS_A_SECOND * f64::from(self.speed.max(1)));
        if place >= line.len() {
            self.stop();
            return None;
        }
        let elapsed = now - since;
        let first = elapsed > LONGEST_PAUSE.max(each);
        let due = if first { 1 } else { (elapsed / each) as usize };
        let next = (0..due).fold(place, |place, _| line.next(self.unit, place));
        let since = if first {
            now
        } else {
            since + due as f64 * each
        };
        self.since = (next < line.len()).then_some(since);
        if self.plays() {
            let wait = (since + each - now).max(0.0);
            ui.ctx()
                .request_repaint_after(Duration::from_secs_f64(wait));
        }
        (due > 0).then_some(next)
    }
}
