//! Who owns the systems of a card.

use crate::model::card::SystemCode;
use crate::model::card::known::system_name;
use crate::model::demo::{ISSUER_SYSTEM, OPERATOR_SYSTEM};
use crate::words;
use crate::workbench::view::OwnerView;

/// One owner a system, of a card of which no more is known.
pub fn owners_of(systems: impl Iterator<Item = SystemCode>) -> Vec<OwnerView> {
    systems
        .zip('A'..='Z')
        .map(|(code, letter)| OwnerView {
            name: match system_name(code) {
                Some(name) => name.to_string(),
                None => words::format("flow.owner.system", &[("code", &code)]),
            },
            letter,
        })
        .collect()
}

/// Index of the owner of a system of the DEMO workspace; of a system that is nobody's here, such as that of a blank card,
/// one after the last.
pub fn owner_of(code: SystemCode) -> usize {
    match code {
        ISSUER_SYSTEM => 0,
        OPERATOR_SYSTEM => 1,
        _ => 2,
    }
}
