//! Names in place of the IDs that tell one card from all others: IDm, PMm, IDi and PMi.
//!
//! The same ID has the same name throughout, so that a masked trace still says which frames went to one card and to
//! which of its systems: `IDm-1.0` and `IDm-1.2` are two systems of one card.

use super::exchange::Exchange;
use super::field::FieldName;
use crate::model::card::Idm;
use std::collections::HashMap;

/// The names of all IDs of some exchanges.
#[derive(Clone, Default)]
pub struct Masks {
    /// Number by what it is and its bytes; an IDm as that of system 0.
    numbers: HashMap<(FieldName, [u8; 8]), usize>,
    /// How many there are of each kind.
    counts: HashMap<FieldName, usize>,
}

impl Masks {
    /// Names for every ID in these, in the order in which they appear.
    pub fn of<'a>(exchanges: impl IntoIterator<Item = &'a Exchange>) -> Masks {
        let mut masks = Masks::default();
        for exchange in exchanges {
            if let Some(session) = exchange.session() {
                masks.add(FieldName::Idm, &session.idm.0);
            }
            for part in exchange.parts() {
                for field in part.fields.iter().filter(|field| field.name.is_id()) {
                    masks.add(field.name, &part.bytes[field.at.clone()]);
                }
            }
        }
        masks
    }

    fn add(&mut self, name: FieldName, bytes: &[u8]) {
        let Some(key) = key(name, bytes) else { return };
        if !self.numbers.contains_key(&key) {
            let count = self.counts.entry(name).or_default();
            *count += 1;
            self.numbers.insert(key, *count);
        }
    }

    /// The name of an ID; `None` for bytes that are none of these.
    pub fn name(&self, name: FieldName, bytes: &[u8]) -> Option<String> {
        let number = self.numbers.get(&key(name, bytes)?)?;
        let system = bytes.first().map_or(0, |first| first >> 4);
        Some(match name {
            FieldName::Idm => format!("IDm-{number}.{system}"),
            FieldName::Pmm => format!("PMm-{number}"),
            FieldName::Idi => format!("IDi-{number}"),
            _ => format!("PMi-{number}"),
        })
    }

    /// Which of these bytes are an ID that stands where no ID is expected: in a block that was read, for example. An
    /// ID of eight equal bytes stands for none and is not looked for.
    pub fn hidden_in(&self, bytes: &[u8]) -> Vec<bool> {
        let mut hidden = vec![false; bytes.len()];
        for (at, window) in bytes.windows(8).enumerate() {
            let kinds = [
                FieldName::Idm,
                FieldName::Pmm,
                FieldName::Idi,
                FieldName::Pmi,
            ];
            let is_id = |name| key(name, window).is_some_and(|key| self.numbers.contains_key(&key));
            if window.iter().any(|byte| *byte != window[0]) && kinds.into_iter().any(is_id) {
                hidden[at..at + 8].fill(true);
            }
        }
        hidden
    }
}

/// What an ID is known by: an IDm is of one card whatever its system.
fn key(name: FieldName, bytes: &[u8]) -> Option<(FieldName, [u8; 8])> {
    let bytes: [u8; 8] = bytes.try_into().ok()?;
    Some(match name {
        FieldName::Idm => (name, Idm(bytes).of_system(0).0),
        _ => (name, bytes),
    })
}
