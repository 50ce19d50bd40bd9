//! Why a flow did not go on.

use super::log::LogError;
use super::table::{LaneId, StepId};
use super::way::NotSent;
use crate::model::card::{Idm, NodeCode, SystemCode};
use crate::model::reader::{CardError, Outcome};
use thiserror::Error;

/// What went wrong in a step.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FlowError {
    #[error(transparent)]
    Card(#[from] CardError),
    /// A write that was not made.
    #[error("nothing was written: {0}")]
    NotDone(CardError),
    /// A write that was sent, and the card could not be asked what became of it.
    #[error("the card must be asked whether it was written: {0}")]
    Unsettled(CardError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("nothing was lent for system {0}")]
    NothingLent(SystemCode),
    #[error("system {0} is not on the list of registerable system codes")]
    NotRegisterable(SystemCode),
    #[error("the card on the reader is {found}, the flow's card is {expected}")]
    WrongCard { expected: Idm, found: Idm },
    #[error("the key ring has no key {0}")]
    NoKey(String),
    #[error("what was read back is not what was written")]
    ReadBack,
    #[error("the card was issued already, as system {0}")]
    Personalized(SystemCode),
    #[error("the card has {free} free blocks, the plan needs {needed}")]
    TooSmall { needed: u32, free: u32 },
    #[error("the plan gives area {0} fewer blocks than its services take")]
    Crowded(NodeCode),
    /// It was done once, and the card does not hold it: another card, or an older copy of it.
    #[error("what step {0} wrote is not on the card")]
    Gone(StepId),
    #[error("the flow's log does not fit the flow at step {0}")]
    BadLog(StepId),
    #[error("what came from {0} cannot be read as what this step waits for")]
    BadLetter(LaneId),
    #[error(transparent)]
    NotSent(NotSent),
}

impl FlowError {
    /// A write's outcome as what a step returns.
    pub fn from_outcome(outcome: Outcome) -> Result<(), FlowError> {
        match outcome {
            Outcome::Done => Ok(()),
            Outcome::NotDone(error) => Err(FlowError::NotDone(error)),
            Outcome::Unknown(error) => Err(FlowError::Unsettled(error)),
        }
    }

    /// Whether it tells, of a step that writes, that the card is as it was. A key is looked up before anything is sent.
    pub fn left_the_card_as_it_was(&self) -> bool {
        match self {
            FlowError::NotDone(_) | FlowError::NoKey(_) => true,
            FlowError::Card(error) => matches!(error.clone().after_write(), Outcome::NotDone(_)),
            _ => false,
        }
    }
}

/// Why a run of a flow came to a halt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// As many steps were done as were asked for.
    Paused,
    /// A step was refused; nothing that it was to change has changed.
    Refused { step: StepId, error: FlowError },
    /// A message of a lane that is elsewhere has not come yet.
    Waiting { step: StepId, from: LaneId },
    /// What is left of the flow is done elsewhere.
    Elsewhere,
    /// A write was sent and its answer was lost. The card must be asked; running the flow again asks it.
    Unknown { step: StepId, error: FlowError },
}

impl Halt {
    /// What went wrong; `None` where nothing did.
    pub fn into_error(self) -> Option<FlowError> {
        match self {
            Halt::Paused | Halt::Waiting { .. } | Halt::Elsewhere => None,
            Halt::Refused { error, .. } | Halt::Unknown { error, .. } => Some(error),
        }
    }
}
