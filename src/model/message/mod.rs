//! What passes between parties, part by part.
//!
//! A message's parts are the real bytes. Sealed packages nest: [`layers`] peels them, and says of each layer which
//! key seals it. Who can open which is worked out from what each party holds, in
//! [`knowledge`](crate::model::party::knowledge).

pub mod layers;
mod part;

use crate::model::flow::table::{LaneId, StepId};

pub use part::{Content, Inside, Part, SealKind};

/// One message, from one party to another; `from` equal to `to` is what a party does alone.
#[derive(Clone, Debug)]
pub struct Message {
    pub step: StepId,
    pub from: LaneId,
    pub to: LaneId,
    pub parts: Vec<Part>,
}

impl Message {
    /// Its length in bytes.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(Part::bytes).sum()
    }

    /// Its parts by name: `SYSC_(i), Pj, RI_(i)`.
    pub fn label(&self) -> String {
        self.parts
            .iter()
            .map(Part::name)
            .collect::<Vec<_>>()
            .join(", ")
    }
}
