//! A trace as a file that may be given away.
//!
//! What is shown is chosen field by field: only bytes whose meaning is known, and whose meaning is neither a key nor
//! anything made with one ([`FieldName::may_be_shared`](super::FieldName::may_be_shared)). All others are left out and written as `--`, so that their places stay.
//! With IDs masked, those go as well, and [`Masks`] gives each a name. `docs/formats.md` fixes both forms.

mod json;
mod shared;
mod text;

pub use json::{SCHEMA, json};
pub use shared::{Export, LEFT_OUT};
pub use text::{TraceWords, duration, text};

use super::exchange::{Exchange, Part};
use shared::hex;

/// One exchange as text, as [`text`] writes it; for the clipboard.
pub fn one(exchange: &Exchange, mask_ids: bool, words: &dyn TraceWords) -> String {
    let export = Export::new("", vec![exchange], mask_ids);
    text::exchange(&export, exchange, words)
}

/// A part's bytes as hexadecimal, as they may be shared; for the clipboard.
pub fn shared_hex(part: &Part) -> String {
    let export = Export::new("", Vec::new(), false);
    hex(&export.shared(part), " ")
}
