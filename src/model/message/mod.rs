//! What passes between parties, part by part.
//!
//! A message's parts are the real bytes. Sealed packages nest: [`layers`] peels them, and says of each layer which
//! key seals it. Who can open which is worked out from what each party holds, in
//! [`knowledge`](crate::model::party::knowledge).

pub mod layers;
pub mod seal;

use crate::model::card::Idm;
use crate::model::flow::table::{LaneId, StepId};
use seal::SealKind;

/// One message, from one party to another; `from` equal to `to` is what a party does alone.
#[derive(Clone, Debug)]
pub struct Message {
    pub step: StepId,
    pub from: LaneId,
    pub to: LaneId,
    pub parts: Vec<Part>,
}

/// One part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Not sealed and not secret: its name as in the seed (`SYSC_(i)`), its value for people, its length in bytes.
    Clear {
        name: &'static str,
        value: String,
        bytes: usize,
    },
    /// A sealed package.
    Sealed {
        kind: &'static SealKind,
        package: Vec<u8>,
    },
    /// The four values of a mutual authentication, and the card's closing answer, as whoever relays sees them.
    Authentication {
        idm: Idm,
        /// Whose SAM proves itself to the card.
        sam: LaneId,
        frames: Vec<Vec<u8>>,
    },
    /// A frame that the session of that party's SAM protects.
    Secure { sam: LaneId, frame: Vec<u8> },
}

impl Part {
    /// Its name, as the seed has it.
    pub fn name(&self) -> &'static str {
        match self {
            Part::Clear { name, .. } => name,
            Part::Sealed { kind, .. } => kind.name,
            Part::Authentication { .. } => "K_A1, K_A2",
            Part::Secure { .. } => "secure frame",
        }
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Part::Clear { bytes, .. } => *bytes,
            Part::Sealed { package, .. } => package.len(),
            Part::Authentication { frames, .. } => frames.iter().map(Vec::len).sum(),
            Part::Secure { frame, .. } => frame.len(),
        }
    }
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
