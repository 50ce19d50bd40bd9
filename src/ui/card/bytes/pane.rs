//! What is drawn of one pick, beside the listing.

use super::edit::Typing;
use super::picked::Picked;
use super::shown::Shown;
use super::words::ByteRow;
use crate::model::card::journal::EventId;
use crate::workbench::Command;
use crate::workbench::view::ByteView;

/// Height of a row in points.
pub const ROW: f32 = 20.0;

/// What is drawn of one pick.
pub struct Pane<'a> {
    pub shown: &'a Shown<'a>,
    pub picked: Picked,
    /// The first block.
    pub row: &'a ByteRow,
    /// The picked bytes, as far as they are read.
    pub chosen: &'a [ByteView],
    pub locked: Option<String>,
    /// The event that changed these bytes last.
    pub changed: Option<EventId>,
    pub editing: &'a mut Typing,
    pub commands: &'a mut Vec<Command>,
}
