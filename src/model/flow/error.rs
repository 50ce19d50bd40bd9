//! Why a flow did not go on.

use super::table::StepId;
use crate::model::card::{Idm, SystemCode};
use crate::model::port::LogError;
use crate::model::reader::CardError;
use thiserror::Error;

/// What went wrong in a step.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FlowError {
    #[error(transparent)]
    Card(#[from] CardError),
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
    #[error("the flow's log does not fit the flow at step {0}")]
    BadLog(StepId),
}

/// Why a run of a flow came to a halt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// As many steps were done as were asked for.
    Paused,
    /// A step was refused; nothing that it was to change has changed.
    Refused { step: StepId, error: FlowError },
    /// A write was sent and its answer was lost. The card must be asked; running the flow again asks it.
    Unknown { step: StepId, error: FlowError },
}
