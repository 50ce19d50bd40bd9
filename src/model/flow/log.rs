//! A flow's durable log, and what can be read back from it.
//!
//! Each step that was done stands in it with what it returned, and each write to a card stands in it before
//! it is made. That is all that a flow needs to go on after a person, a crash or a torn card stopped it. No key
//! is ever a step's result, so the log holds none in the clear.

use super::table::StepId;
use crate::model::port::Touch;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogEntry {
    /// A step was done. `value` is what it returned, as JSON; `touch` the stretch of power in which it was done,
    /// if it left something in a card's volatile memory.
    Step {
        step: StepId,
        touch: Option<Touch>,
        value: String,
        time_ms: u64,
    },
    /// A step is about to change a card's memory.
    Intent { step: StepId, time_ms: u64 },
    /// The card was asked, and what was about to be written was not.
    NotDone { step: StepId },
    /// The card was asked, and what that step had written is not on it.
    Gone { step: StepId },
    /// All but the first `keep` steps were taken back.
    Rewind { keep: usize },
    /// The flow ended, by itself or by a person.
    End { how: Ending },
}

/// How a flow came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    Done,
    Stopped,
    Refused,
}

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    pub step: StepId,
    pub touch: Option<Touch>,
    /// JSON.
    pub value: String,
    pub time_ms: u64,
}

/// What a log says: the steps that stand, in order, and whether a write was begun of which nothing more is
/// known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    pub steps: Vec<StepRecord>,
    /// The step whose write may or may not have been made.
    pub open_intent: Option<StepId>,
    /// The step that was written once, and whose write the card does not hold. Neither it nor what came after it
    /// stands any more, and nobody has asked for it anew.
    pub gone: Option<StepId>,
    pub ended: Option<Ending>,
}

impl Recording {
    /// Reads a log from its beginning.
    pub fn read(entries: &[LogEntry]) -> Recording {
        let mut recording = Recording::default();
        entries.iter().for_each(|entry| recording.apply(entry));
        recording
    }

    /// Takes one more entry in.
    pub fn apply(&mut self, entry: &LogEntry) {
        match entry {
            LogEntry::Step {
                step,
                touch,
                value,
                time_ms,
            } => {
                let record = StepRecord {
                    step: step.clone(),
                    touch: *touch,
                    value: value.clone(),
                    time_ms: *time_ms,
                };
                match self.steps.iter_mut().find(|done| done.step == *step) {
                    Some(done) => *done = record,
                    None => self.steps.push(record),
                }
                if self.open_intent.as_ref() == Some(step) {
                    self.open_intent = None;
                }
            }
            LogEntry::Intent { step, .. } => {
                // What is about to be written anew does not stand meanwhile.
                self.drop_from(step);
                self.open_intent = Some(step.clone());
                self.gone = None;
            }
            LogEntry::NotDone { .. } => self.open_intent = None,
            LogEntry::Gone { step } => {
                self.drop_from(step);
                self.gone = Some(step.clone());
            }
            LogEntry::Rewind { keep } => {
                self.steps.truncate(*keep);
                self.open_intent = None;
                self.gone = None;
                self.ended = None;
            }
            LogEntry::End { how } => self.ended = Some(*how),
        }
    }

    /// A step and what came after it do not stand any more.
    fn drop_from(&mut self, step: &StepId) {
        let stands = self.steps.iter().take_while(|done| done.step != *step);
        self.steps.truncate(stands.count());
    }
}

/// The log could not be written; what was to follow has not been done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the log of the flow cannot be written: {0}")]
pub struct LogError(pub String);

/// A flow's durable log: what it has done, and before each write to a card, what it is about to do. When
/// `append` returns, the entry survives the program. It survives the machine, too, with all entries before it, unless
/// it only says that a step was done: a flow that lost such entries, and then only the last ones, does those steps
/// anew, or asks the card whether a write was made.
pub trait Intents {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError>;
}

/// A log in memory: for the command line's demo and for tests, where nothing has to survive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryLog(pub Vec<LogEntry>);

impl Intents for MemoryLog {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError> {
        self.0.push(entry.clone());
        Ok(())
    }
}
