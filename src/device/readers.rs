//! Readers for cards, wherever they come from: what is seen of them, and the trait by which the workbench gets them.
//!
//! [`pcsc`](super::pcsc) has the real ones. A test has its own source.

use crate::model::apdu::Family;
use crate::model::port::{CardLink, LinkError};
use thiserror::Error;

/// A reader that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcscReader {
    /// The name the service gives it. Readers of one model differ in the number at its end.
    pub name: String,
    /// Whether a card lies on it, readable or not.
    pub card_present: bool,
    /// Changes whenever a card came or left, so that a card is told from the one before it.
    pub changes: u32,
}

/// Why there are no readers to show.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PcscError {
    #[error("the PC/SC service is not running")]
    NoService,
    #[error("no reader is plugged in")]
    NoReader,
    #[error("this build has no PC/SC")]
    NotBuilt,
    #[error("the PC/SC service: {0}")]
    Other(String),
}

/// The readers that are plugged in, at least one, in the order of the service; or why there is none.
pub type Seen = Result<Vec<PcscReader>, PcscError>;

/// Watches readers until it is dropped.
pub trait Watch: Send + Sync {}

/// A way to a card on a reader.
pub trait ReaderLink: CardLink + Send {
    /// What the reader calls the card, whatever kind it is of: the IDm of a FeliCa card, 4 to 10 bytes of another.
    fn card_id(&mut self) -> Result<Vec<u8>, LinkError>;
}

/// Where readers come from.
pub trait ReaderSource: Send + Sync {
    /// What is there now.
    fn list(&self) -> Seen;
    /// Tells what is there, at once and after every change, from a thread of its own.
    fn watch(&self, tell: Box<dyn FnMut(Seen) + Send>) -> Box<dyn Watch>;
    /// A link to whatever card lies on the reader of that name, taken to be of that family.
    fn link(&self, reader: &str, family: Family) -> Result<Box<dyn ReaderLink>, LinkError>;
}

/// No readers at all: for a build without PC/SC.
pub struct NoReaders;

struct Nothing;

impl Watch for Nothing {}

impl ReaderSource for NoReaders {
    fn list(&self) -> Seen {
        Err(PcscError::NotBuilt)
    }

    fn watch(&self, _tell: Box<dyn FnMut(Seen) + Send>) -> Box<dyn Watch> {
        Box::new(Nothing)
    }

    fn link(&self, reader: &str, _family: Family) -> Result<Box<dyn ReaderLink>, LinkError> {
        Err(LinkError::Reader(format!("there is no reader {reader}")))
    }
}
