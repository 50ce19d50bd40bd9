//! Files that hold a card: other programs' dumps, read into an [`Observation`], and the forms in which a
//! [`Tree`](crate::model::card::tree::Tree) is written out.
//!
//! [`open`] tells by the content what a file is; its name counts for nothing. [`flipper`] and [`proxmark3`] read
//! and write those programs' dumps, [`json`] writes for other programs and [`text`] for people. [`export`] knows
//! what each form loses, and [`keys`] reads the lists of keys that no dump has. `docs/formats.md` fixes every field.

pub mod decode;
pub mod export;
pub mod flipper;
pub mod json;
pub mod keys;
mod limit;
pub mod proxmark3;
pub mod text;

pub use limit::MAX_FILE_BYTES;

use crate::model::card::observation::Observation;

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// Another program's dump.
    Observation(Observation),
}

/// Why a file cannot be shown as a card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the file has more than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    #[error("the file is empty")]
    Empty,
    #[error("not a kind of file that is known")]
    Unknown,
    #[error(transparent)]
    Flipper(#[from] flipper::FlipperError),
    #[error(transparent)]
    Proxmark3(#[from] proxmark3::Pm3Error),
}

/// Reads a file's content as whatever it is. To read a file for this, read [`MAX_FILE_BYTES`] and one more.
pub fn open(bytes: &[u8]) -> Result<Opened, OpenError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(OpenError::TooLarge);
    }
    if bytes.is_empty() {
        return Err(OpenError::Empty);
    }
    // Kinds with a magic number of their own are told apart here, before the text formats.
    if flipper::is_flipper(bytes) {
        return Ok(Opened::Observation(flipper::parse(bytes)?));
    }
    if proxmark3::is_json_object(bytes) {
        return match proxmark3::parse(bytes) {
            Ok(seen) => Ok(Opened::Observation(seen)),
            Err(proxmark3::Pm3Error::NotProxmark3) => Err(OpenError::Unknown),
            Err(error) => Err(error.into()),
        };
    }
    Err(OpenError::Unknown)
}
