//! What of a trace may be given away, and what stands for the rest.

use crate::model::trace::exchange::{Exchange, Part};
use crate::model::trace::field::TraceField;
use crate::model::trace::mask::Masks;
use std::fmt::Write;

/// Stands for a byte that is left out.
pub const LEFT_OUT: &str = "--";

/// What is exported, and how.
pub struct Export<'a> {
    /// Where the exchanges were noted, for example `Emulated card, std-4k`.
    pub source: &'a str,
    pub exchanges: Vec<&'a Exchange>,
    /// `None`: IDs are written as they are.
    masks: Option<Masks>,
}

impl<'a> Export<'a> {
    /// These exchanges, in order.
    pub fn new(source: &'a str, exchanges: Vec<&'a Exchange>, mask_ids: bool) -> Export<'a> {
        let masks = mask_ids.then(|| Masks::of(exchanges.iter().copied()));
        Export {
            source,
            exchanges,
            masks,
        }
    }

    /// Whether IDs are masked.
    pub fn masks_ids(&self) -> bool {
        self.masks.is_some()
    }

    /// The name that stands for an ID.
    pub(super) fn mask(&self, part: &Part, field: &TraceField) -> Option<String> {
        let masks = self.masks.as_ref()?;
        let bytes = part.bytes.get(field.at.clone())?;
        masks.name(field.name, bytes).filter(|_| field.name.is_id())
    }

    /// A part's bytes that may be shared; `None` for one that is left out.
    pub(super) fn shared(&self, part: &Part) -> Vec<Option<u8>> {
        let mut shown = vec![None; part.bytes.len()];
        for field in &part.fields {
            let masked = self.masks.is_some() && field.name.is_id();
            if field.name.may_be_shared() && !masked {
                let bytes = &part.bytes[field.at.clone()];
                let places = &mut shown[field.at.clone()];
                places
                    .iter_mut()
                    .zip(bytes)
                    .for_each(|(s, b)| *s = Some(*b));
            }
        }
        if let Some(masks) = &self.masks {
            let hidden = masks.hidden_in(part.bytes);
            let hide = |(shown, hidden): (&mut Option<u8>, bool)| {
                if hidden {
                    *shown = None;
                }
            };
            shown.iter_mut().zip(hidden).for_each(hide);
        }
        shown
    }
}

/// Bytes as hexadecimal, with `between` between two.
pub(super) fn hex(bytes: &[Option<u8>], between: &str) -> String {
    let mut out = String::with_capacity(bytes.len() * (2 + between.len()));
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            out.push_str(between);
        }
        // Writing to a string does not fail.
        let _ = match byte {
            Some(byte) => write!(out, "{byte:02X}"),
            None => write!(out, "{LEFT_OUT}"),
        };
    }
    out
}
