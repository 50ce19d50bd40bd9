//! A part of a message, and what seals one: a name, a key, who seals it, and how it opens.
//!
//! Each flow's page lists the kinds of package that it sends ([`SealKind`]), so that peeling a message and working out
//! who knows what need to know none of them by name.

use crate::model::card::Idm;
use crate::model::cipher::DesKey;
use crate::model::flow::table::LaneId;
use std::fmt;

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

/// A kind of sealed package.
pub struct SealKind {
    /// Its name, as the seed has it: `Pf`.
    pub name: &'static str,
    /// The key that seals it, as the seed names it: `K_D`.
    pub key: &'static str,
    /// Who seals it.
    pub by: LaneId,
    /// The step in which a card checks it; `None` for one that no card checks.
    pub opened_at: Option<&'static str>,
    /// What is inside, if the key is the one that seals it and the package is whole.
    pub open: fn(&DesKey, &[u8]) -> Option<Inside>,
}

/// What lies in an opened package, beside deeper ones.
pub struct Inside {
    /// By the names that the seed gives them.
    pub fields: Vec<(&'static str, Content)>,
    /// Packages inside it.
    pub inner: Vec<Part>,
}

/// One thing in an opened package.
pub enum Content {
    Text(String),
    Key(DesKey),
}

/// Kinds are told apart by their names.
impl PartialEq for SealKind {
    fn eq(&self, other: &SealKind) -> bool {
        self.name == other.name
    }
}

impl Eq for SealKind {}

impl fmt::Debug for SealKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
