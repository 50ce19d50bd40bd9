//! What the details are of, and what is asked for in them.

use crate::model::card::journal::EventId;
use crate::ui::card::addresses::Addresses;
use crate::ui::card::facts::Selection;
use crate::workbench::view::{CardView, View};
use std::cell::Cell;

/// The card and what is picked on it.
#[derive(Clone, Copy)]
pub struct Picked<'a> {
    pub(super) view: &'a View,
    pub(super) card: &'a CardView,
    pub(super) addresses: Addresses,
    pub(super) selection: Selection,
    pub(super) asked: &'a Cell<Option<Asked>>,
}

/// What a person asks for here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Pick an event.
    Pick(EventId),
    /// Show the card as it was after it.
    GoTo(EventId),
}
