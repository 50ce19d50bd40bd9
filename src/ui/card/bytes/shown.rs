//! What the panel of bytes shows.

use crate::ui::card::facts::Facts;
use crate::workbench::view::{CardView, View};

/// What the panel shows.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub view: &'a View,
    pub card: &'a CardView,
    pub facts: &'a Facts,
    /// How strongly the newest change glows, if it does.
    pub glow: Option<f32>,
}
