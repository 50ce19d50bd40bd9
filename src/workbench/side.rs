//! What can be compared.

use crate::model::card::journal::Moment;
use std::path::PathBuf;

/// What one side of a comparison is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// The card in the emulator as it is now.
    Live,
    /// The card in the emulator after that event, or before all.
    Moment(Moment),
    /// A card file or dump. It is not opened: what is in the emulator stays there.
    File(PathBuf),
    /// The card on the chosen reader, as far as it was read.
    OnReader,
    /// The card in the emulator as the division would leave it, tried on a copy of it.
    Planned,
}
