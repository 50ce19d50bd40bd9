//! Why a Flipper's file cannot be read.

use crate::model::card::NodeCode;
use crate::model::card::observation::Misplaced;
use crate::model::dump::decode::NotText;
use crate::model::dump::limit::MAX_FILE_BYTES;

/// The newest form of the data that is known.
pub(super) const NEWEST: u32 = 4;

/// Why a dump cannot be read. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlipperError {
    #[error("the dump has more than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    #[error(transparent)]
    NotText(#[from] NotText),
    #[error("not a Flipper NFC file")]
    NotFlipper,
    #[error("line {line}: the dump is of a {found:?} card, not of a FeliCa card")]
    WrongDevice { line: usize, found: String },
    #[error(
        "line {line}: data format version {found} is newer than {NEWEST}, the newest that is known"
    )]
    Newer { line: usize, found: u32 },
    #[error("line {line}: expected {wanted}")]
    Line { line: usize, wanted: &'static str },
    #[error("the dump ends after line {line}; {wanted} should follow")]
    Cut { line: usize, wanted: &'static str },
    #[error("line {line}: node {code}: {why}")]
    Node {
        line: usize,
        code: NodeCode,
        why: Misplaced,
    },
}
