//! What the parties of a division tell each other.

use super::packages::{INF_1, PF, PJ, sealed};
use crate::model::card::SystemCode;
use crate::model::flow::error::FlowError;
use crate::model::flow::stage::Sent;
use crate::model::hex::HexBytes;
use crate::model::message::Part;
use serde::{Deserialize, Serialize};

/// ST23, operator to issuer: the package Pf.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offer(pub HexBytes<32>);

/// ST26, issuer to operator: on whose cards, on which condition, and with whom not.
#[derive(Serialize, Deserialize)]
pub struct Consent {
    /// SYSC_(i).
    pub system: SystemCode,
    pub pj: HexBytes<48>,
    /// RI_(i): area users, by slug, that may not be on its cards.
    pub rejects: Vec<String>,
}

/// ST35, operator to terminal: what a card of that system is to be given.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Lent {
    /// SYSC_(i).
    pub system: SystemCode,
    pub pj: HexBytes<48>,
    pub inf_1: HexBytes<24>,
}

/// ST46, operator to terminal: RPSL, the systems that may be registered on.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Registerable(pub Vec<SystemCode>);

impl Sent for Offer {
    fn parts(&self) -> Vec<Part> {
        vec![sealed(&PF, &self.0.0)]
    }
}

impl Sent for Consent {
    fn parts(&self) -> Vec<Part> {
        vec![
            code_part(self.system),
            sealed(&PJ, &self.pj.0),
            list_part("RI_(i)", &self.rejects),
        ]
    }
}

impl Sent for Lent {
    fn parts(&self) -> Vec<Part> {
        let [pj, inf_1] = self.packages();
        vec![code_part(self.system), pj, inf_1]
    }
}

impl Lent {
    /// What the card gets of it (ST63).
    pub fn packages(&self) -> [Part; 2] {
        [sealed(&PJ, &self.pj.0), sealed(&INF_1, &self.inf_1.0)]
    }
}

impl Sent for Registerable {
    fn parts(&self) -> Vec<Part> {
        vec![list_part("RPSL", &self.0)]
    }
}

impl Registerable {
    /// Whether a system is on the list (ST62, ST70).
    pub(super) fn judge(&self, system: SystemCode) -> Result<(), FlowError> {
        match self.0.contains(&system) {
            true => Ok(()),
            false => Err(FlowError::NotRegisterable(system)),
        }
    }
}

/// SYSC_(i).
pub fn code_part(system: SystemCode) -> Part {
    Part::Clear {
        name: "SYSC_(i)",
        value: system.to_string(),
        bytes: 2,
    }
}

fn list_part<T: ToString>(name: &'static str, entries: &[T]) -> Part {
    let entries: Vec<String> = entries.iter().map(T::to_string).collect();
    let value = entries.join(", ");
    let bytes = value.len();
    Part::Clear { name, value, bytes }
}
