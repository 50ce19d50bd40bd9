//! The registry: the database of a workspace, in which everything stands that must survive a restart beside the cards
//! themselves.
//!
//! It knows each card that was seen, each flow that was run on one, and each write that was about to be made, with what
//! came of it. It is the flows' durable log ([`Intents`]). What is written is on the disk when the call returns; the
//! entry of a step that was done is there after [`Registry::sync`], or with whatever else is written next. It holds no
//! key. What opening it promises: a file that is no registry, that is damaged or that a newer version made is told apart
//! by [`RegistryError`] and left as it is. `docs/kept.md` says what is kept and how; all queries are in [`queries`].

mod open;
mod queries;
mod schema;
mod wal;

use super::emulated::EmulatedCard;
use crate::model::card::{Idi, Idm, Pmi, Pmm, SystemCode};
use crate::model::flow::log::{Intents, LogEntry, LogError};
use crate::model::flow::table::StepId;
use diesel::sqlite::SqliteConnection;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// An opened registry.
pub struct Registry {
    db: SqliteConnection,
    /// SQLite's write-ahead log, in which a commit stands before it stands in the file itself. `None` in memory.
    wal: Option<PathBuf>,
    /// Whether the last commit may not be on the disk yet.
    behind: bool,
    /// Its log ended in an entry that was not whole when it was opened.
    is_in_doubt: bool,
}

/// Why a registry was not opened, or did not do what it was asked for.
#[derive(Debug, Error)]
pub enum RegistryError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the file is not a registry")]
    Foreign,
    #[error("a newer version of the program made the registry")]
    Newer,
    #[error("the registry is damaged: {0}")]
    Damaged(String),
    #[error("the registry cannot be used: {0}")]
    Database(String),
    #[error("card {0} was never seen")]
    UnknownCard(Idm),
    #[error("the write of step {0} is not settled")]
    Unsettled(StepId),
}

impl From<diesel::result::Error> for RegistryError {
    fn from(error: diesel::result::Error) -> RegistryError {
        let said = error.to_string();
        // Diesel passes on SQLite's words and not its number; these are those of a damaged file.
        let damaged = ["malformed", "not a database", "unsupported file format"];
        if damaged.iter().any(|words| said.contains(words)) {
            RegistryError::Damaged(said)
        } else {
            RegistryError::Database(said)
        }
    }
}

/// Names one run of a flow on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunId(i64);

/// Where a card was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the emulator, with the name of its profile.
    Emulator(String),
    /// On the reader of that name.
    Reader(String),
}

/// Whether a card has been issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardState {
    /// As its maker delivers it: no system, or one without a code of its own.
    Blank,
    Issued,
}

/// What is seen of a card when it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCard {
    /// IDm of system 0: by this it is known again.
    pub idm: Idm,
    pub pmm: Pmm,
    /// A card on a reader gives these only to who can authenticate with it.
    pub issuance: Option<(Idi, Pmi)>,
    pub place: Place,
    /// From system 0 on.
    pub systems: Vec<SystemCode>,
}

/// A card in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCard {
    /// As it was seen last; IDi and PMi as they were last known.
    pub seen: SeenCard,
    /// The card code that is printed on it, or what people call it.
    pub label: Option<String>,
    pub first_seen_ms: u64,
    pub last_seen_ms: u64,
    pub state: CardState,
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on its way: its answer has not been heard yet.
    Open,
    Done,
    NotDone,
    /// Its answer was lost, or the program ended before it came.
    Unknown,
}

/// A write of which it is not known whether it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    pub run: RunId,
    /// IDm of the card's system 0.
    pub card: Idm,
    /// Name of the flow, as in its table.
    pub flow: String,
    pub step: StepId,
    /// When it was about to be made: UTC, milliseconds since 1970-01-01.
    pub at_ms: u64,
    /// [`Outcome::Open`] or [`Outcome::Unknown`].
    pub outcome: Outcome,
}

impl SeenCard {
    /// The card in the emulator. `None` for a memory that is no card's, which a chip cannot make.
    pub fn emulated(card: &EmulatedCard) -> Option<SeenCard> {
        let image = card.image()?;
        let first = image.systems.first()?;
        Some(SeenCard {
            idm: first.idm,
            pmm: first.pmm,
            issuance: first.issuance,
            place: Place::Emulator(card.profile().name.clone()),
            systems: image.systems.iter().map(|system| system.code).collect(),
        })
    }

    /// Whether it has been issued, by its systems.
    pub fn state(&self) -> CardState {
        let issued = self.systems.iter().any(|code| *code != SystemCode::ANY);
        if issued {
            CardState::Issued
        } else {
            CardState::Blank
        }
    }
}

/// The log of one run, as durable as [`Intents`] asks for.
pub struct FlowLog<'a> {
    registry: &'a mut Registry,
    run: RunId,
}

impl Registry {
    /// Whether the entry that was written last may have been lost when it was opened: it was cut off or damaged, and
    /// nothing tells whether it was acknowledged.
    pub fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    /// The log of a run.
    pub fn log(&mut self, run: RunId) -> FlowLog<'_> {
        FlowLog {
            registry: self,
            run,
        }
    }
}

impl Intents for FlowLog<'_> {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError> {
        let appended = self.registry.append(self.run, entry);
        appended.map_err(|error| LogError(error.to_string()))
    }
}
