//! Files that hold a card: other programs' dumps, read into an [`Observation`], and the forms in which a
//! [`Tree`](crate::model::card::tree::Tree) is written out.
//!
//! [`open`] tells by the content what a file is; its name counts for nothing. [`flipper`] and [`proxmark3`] read and
//! write those programs' dumps; [`felicatool`], [`felica_rs`], [`metrodroid`], [`felica_tools`] and [`felica_emu`] read
//! others, and [`form`] tells apart which JSON is whose. [`json`] writes for other programs and [`text`] for people.
//! [`export`] knows what each form loses, and [`keys`] reads the lists of keys that no dump has. `docs/formats.md` fixes
//! every field.

pub mod decode;
pub mod export;
pub mod felica_emu;
pub mod felica_rs;
pub mod felica_tools;
pub mod felicatool;
pub mod flipper;
pub mod form;
pub mod json;
pub mod json_read;
mod json_systems;
pub mod keys;
mod limit;
pub mod metrodroid;
pub mod proxmark3;
pub mod text;

pub use limit::MAX_FILE_BYTES;

use crate::model::card::lite;
use crate::model::card::observation::Observation;
use form::{JsonForm, NoCard, Told};
use json_read::JsonError;

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
    /// A JSON dump that is not as its program writes it; whose it is, is not known where the file ends too soon.
    #[error("{1}")]
    Json(Option<JsonForm>, JsonError),
    /// A dump without any system, which the program of that form would not write or not take.
    #[error("the dump tells of no system")]
    NoSystem(JsonForm),
    /// A file of a known kind that holds no card.
    #[error("a known kind of file, which holds no card")]
    NoCard(NoCard),
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
    if decode::head(bytes).trim_start().starts_with(['{', '[']) {
        return open_json(bytes).map(Opened::Observation);
    }
    Err(OpenError::Unknown)
}

/// Reads a file that begins as JSON does.
fn open_json(bytes: &[u8]) -> Result<Observation, OpenError> {
    let failed = |form| move |error| OpenError::Json(form, error);
    let text = decode::decode(bytes).map_err(|error| failed(None)(error.into()))?;
    let form = match form::told(&text) {
        Some(Told::Form(form)) => form,
        told => {
            // Of a file that ends too soon it is not known what was to follow.
            let read = json_read::read::<serde::de::IgnoredAny>(bytes);
            return Err(match (told, read) {
                (_, Err(error @ JsonError::Cut { .. })) => failed(None)(error),
                (Some(Told::NoCard(kind)), _) => OpenError::NoCard(kind),
                (_, Err(error)) => failed(None)(error),
                (_, Ok(_)) => OpenError::Unknown,
            });
        }
    };
    let parse = match form {
        JsonForm::Proxmark3 => proxmark3::parse,
        JsonForm::FelicaTool => felicatool::parse,
        JsonForm::FelicaRs => felica_rs::parse,
        JsonForm::Metrodroid => metrodroid::parse,
        JsonForm::FelicaTools => felica_tools::parse,
        JsonForm::FelicaEmu => felica_emu::parse,
    };
    let seen = parse(bytes).map_err(failed(Some(form)))?;
    let seen = lite::as_lite(seen);
    match seen.systems.is_empty() {
        true => Err(OpenError::NoSystem(form)),
        false => Ok(seen),
    }
}
