//! What is known of a write that was sent to a card, and the one place that says which error leaves what open.
//!
//! A card that refused a command by its status is as it was, and so is one that the command was never sent to. An
//! answer that was lost, or that cannot be read, tells nothing: the write is *unknown* until the card is asked. It is
//! never settled by sending it again blindly.

use super::CardError;
use crate::model::command::Sf2;
use crate::model::port::{LinkError, SamError};

/// What became of a writing command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It was made, and read back.
    Done,
    /// The card is as it was; why.
    NotDone(CardError),
    /// It may have been made; why that is not known. The card has to be asked.
    Unknown(CardError),
}

impl CardError {
    /// What a writing command came to that ended with this error.
    pub fn after_write(self) -> Outcome {
        match &self {
            // The card began to write and could not end.
            CardError::Status { status, .. }
                if matches!(status.what(), Some(Sf2::Memory | Sf2::IssuanceWrite)) =>
            {
                Outcome::Unknown(self)
            }
            CardError::Status { .. }
            | CardError::Unsendable(_)
            | CardError::NotNamed(_)
            | CardError::TwiceInOne(_)
            | CardError::Stopped(_)
            | CardError::Link(LinkError::CannotSend(_))
            | CardError::Sam(SamError::NoKey(_) | SamError::Policy | SamError::NoSession) => {
                Outcome::NotDone(self)
            }
            CardError::Silent(_)
            | CardError::Answer(_)
            | CardError::ReadBack
            | CardError::Link(LinkError::CardGone | LinkError::Reader(_))
            | CardError::Sam(SamError::NotGenuine | SamError::BadAnswer) => Outcome::Unknown(self),
        }
    }
}

impl Outcome {
    /// The outcome of a write that the card has answered.
    pub fn answered(answer: Result<(), CardError>) -> Outcome {
        match answer {
            Ok(()) => Outcome::Done,
            Err(error) => error.after_write(),
        }
    }

    /// The outcome of what was done before anything was sent that writes.
    pub(super) fn before_write(error: CardError) -> Outcome {
        Outcome::NotDone(error)
    }

    /// Reads back what is said to be done. `holds` asks the card whether it is; an error there leaves it unknown.
    pub fn confirmed(self, holds: impl FnOnce() -> Result<bool, CardError>) -> Outcome {
        match self {
            Outcome::Done => match holds() {
                Ok(true) => Outcome::Done,
                Ok(false) => Outcome::Unknown(CardError::ReadBack),
                Err(error) => Outcome::Unknown(error),
            },
            known => known,
        }
    }

    /// Settles what is unknown. `holds` asks the card, in a new touch, whether it was written.
    pub fn settled(self, holds: impl FnOnce() -> Result<bool, CardError>) -> Outcome {
        match self {
            Outcome::Unknown(why) => match holds() {
                Ok(true) => Outcome::Done,
                Ok(false) => Outcome::NotDone(why),
                Err(error) => Outcome::Unknown(error),
            },
            known => known,
        }
    }
}
