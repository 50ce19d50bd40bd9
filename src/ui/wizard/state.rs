//! What the wizard keeps between frames.

use super::scene::Scene;
use std::collections::BTreeMap;

/// What the person has picked and unfolded; it lives as long as the window.
#[derive(Clone, Default)]
pub struct State {
    /// Index of the step that was picked.
    pub selected: Option<usize>,
    /// Phases that were folded or unfolded by hand, by index.
    pub folded: BTreeMap<usize, bool>,
    /// Whether "What happened" is open.
    pub details: bool,
    /// What is under the chart in a narrow window.
    pub under: Under,
    /// Where the flow stood when it was drawn last: steps done, and the next.
    pub seen: Option<(usize, Option<usize>)>,
    /// The flow has moved on: bring the next step into sight in this frame.
    pub follow: bool,
}

/// What is under the chart in a narrow window.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Under {
    #[default]
    Envelope,
    Plan,
}

impl State {
    /// When the flow has moved, what was picked is let go and the next step is followed.
    pub fn keep_up(&mut self, scene: &Scene<'_>) {
        let stands = Some((scene.done(), scene.here()));
        self.follow = self.seen != stands;
        if self.follow {
            *self = State {
                under: self.under,
                seen: stands,
                follow: true,
                ..State::default()
            };
        }
    }
}
