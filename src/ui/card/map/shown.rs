//! What the map is drawn from.

use crate::ui::card::facts::Facts;
use crate::workbench::view::{CardView, View};

/// The card and what was worked out of it.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub view: &'a View,
    pub card: &'a CardView,
    pub facts: &'a Facts,
}
