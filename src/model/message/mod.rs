//! What passes between parties, part by part.
//!
//! A message's parts are the real bytes. Sealed packages nest: [`layers`] peels them, and says of each layer which
//! key seals it. Who can open which is worked out from what each party holds, in
//! [`knowledge`](crate::model::party::knowledge).

pub mod layers;

use crate::model::card::Idm;
use crate::model::cipher::{SealedInf1, SealedPf, SealedPj};
use crate::model::flow::table::{Actor, StepId};

/// One message, from one party to another; `from` equal to `to` is what a party does alone.
#[derive(Clone, Debug)]
pub struct Message {
    pub step: StepId,
    pub from: Actor,
    pub to: Actor,
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
    Pf(SealedPf),
    Pj(SealedPj),
    Inf1(SealedInf1),
    /// The four values of a mutual authentication, and the card's closing answer, as whoever relays sees them.
    Authentication {
        idm: Idm,
        frames: Vec<Vec<u8>>,
    },
    /// A frame that a session protects.
    Secure {
        frame: Vec<u8>,
    },
}

impl Part {
    /// Its name, as the seed has it.
    pub fn name(&self) -> &'static str {
        match self {
            Part::Clear { name, .. } => name,
            Part::Pf(_) => "Pf",
            Part::Pj(_) => "Pj",
            Part::Inf1(_) => "INF_1",
            Part::Authentication { .. } => "K_A1, K_A2",
            Part::Secure { .. } => "secure frame",
        }
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Part::Clear { bytes, .. } => *bytes,
            Part::Pf(package) => package.len(),
            Part::Pj(package) => package.len(),
            Part::Inf1(package) => package.len(),
            Part::Authentication { frames, .. } => frames.iter().map(Vec::len).sum(),
            Part::Secure { frame } => frame.len(),
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
