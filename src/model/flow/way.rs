//! The way to the lanes of a flow that are elsewhere: letters out, letters in.
//!
//! What carries them is no business of a flow's: another end in the same program, a file, a wire. Each letter has an
//! identity, the step that it is of, so that sending it again is no second letter.

use super::table::{LaneId, StepId};
use thiserror::Error;

/// What one lane sends another, to be read at another end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The step in which it is sent: one letter a step.
    pub step: StepId,
    pub from: LaneId,
    pub to: LaneId,
    /// What is sent, as JSON.
    pub body: String,
}

/// A letter could not be sent. It is in the log, and goes out when the flow is run again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the message to {to} could not be sent: {why}")]
pub struct NotSent {
    pub to: LaneId,
    pub why: String,
}

/// Carries letters between the ends of one flow.
pub trait Way {
    /// Takes a letter to its lane. One of the same step is the same letter and is not sent twice.
    fn post(&mut self, letter: Letter) -> Result<(), NotSent>;
    /// The letter of that step, if it has come.
    fn arrived(&mut self, step: &StepId) -> Option<Letter>;
}

/// Letters between ends in one program: what is posted has arrived.
#[derive(Clone, Debug, Default)]
pub struct Post(Vec<Letter>);

impl Post {
    /// Every letter that was posted, in order.
    pub fn letters(&self) -> &[Letter] {
        &self.0
    }
}

impl Way for Post {
    fn post(&mut self, letter: Letter) -> Result<(), NotSent> {
        if self.arrived(&letter.step).is_none() {
            self.0.push(letter);
        }
        Ok(())
    }

    fn arrived(&mut self, step: &StepId) -> Option<Letter> {
        let letter = self.0.iter().find(|letter| letter.step == *step);
        letter.cloned()
    }
}
