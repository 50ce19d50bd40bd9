//! What a flow runs on.
//!
//! A flow is a straight-line function that calls [`Stage::step`] once for each step of its seed document. The
//! stage decides what a call does. A step that the log holds gives back what it gave then; the next one is
//! carried out and recorded; after as many new steps as were asked for, the run halts. So doing one more step,
//! going on after a crash, and taking a step back are all the same thing: running the function again from its
//! beginning.
//!
//! What a step leaves in a card's volatile memory is only true while the card keeps its power. Such a step is
//! recorded with the [`Touch`] it was done in. In another touch the stage asks the card whether the step is
//! already true, and does it anew if not. A write is never done anew by itself: when the card does not hold what was
//! recorded as written, the run halts and says so ([`FlowError::Gone`]), and the write is a new step again, for which
//! somebody has to ask.

use super::error::{FlowError, Halt};
use super::log::{Intents, LogEntry, Recording};
use super::table::{Actor, FlowTable, StepId};
use crate::model::message::{Message, Part};
use crate::model::port::{CardLink, Clock, Touch};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Whether a step on a card changes its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Reads, or changes only what the card forgets without power.
    Volatile,
    /// Writes. The intent is on the disk first, and a lost answer leaves the outcome unknown.
    Writes,
}

/// A cast that has a card.
pub trait HasCard {
    /// The card of the flow.
    fn card(&mut self) -> &mut dyn CardLink;
}

/// A run of one flow.
pub struct Stage<'a> {
    table: &'a FlowTable,
    recording: &'a mut Recording,
    log: &'a mut dyn Intents,
    clock: &'a mut dyn Clock,
    /// New steps that may still be done.
    budget: usize,
    /// Steps passed in this run.
    passed: usize,
    messages: Vec<Message>,
}

impl<'a> Stage<'a> {
    /// A run that does at most `budget` steps beyond those recorded.
    pub fn new(
        table: &'a FlowTable,
        recording: &'a mut Recording,
        log: &'a mut dyn Intents,
        clock: &'a mut dyn Clock,
        budget: usize,
    ) -> Stage<'a> {
        Stage {
            table,
            recording,
            log,
            clock,
            budget,
            passed: 0,
            messages: Vec::new(),
        }
    }

    /// The messages that passed in this run, replayed ones included.
    pub fn into_messages(self) -> Vec<Message> {
        self.messages
    }

    /// A step that touches no card.
    pub fn step<T>(
        &mut self,
        id: &str,
        act: impl FnOnce() -> Result<T, FlowError>,
    ) -> Result<T, Halt>
    where
        T: Serialize + DeserializeOwned,
    {
        let id = self.enter(id)?;
        if let Some(record) = self.recording.steps.get(self.passed) {
            let value = read_value(&id, &record.value)?;
            self.passed += 1;
            return Ok(value);
        }
        self.spend(&id)?;
        let value = act().map_err(|error| Halt::Refused {
            step: id.clone(),
            error,
        })?;
        self.record(id, None, &value)?;
        Ok(value)
    }

    /// A step on a card. `already` asks the card whether the step was done in an earlier touch, and gives its
    /// result if so; `act` does it.
    pub fn card_step<T, C: HasCard>(
        &mut self,
        id: &str,
        effect: Effect,
        cast: &mut C,
        already: impl FnOnce(&mut C) -> Result<Option<T>, FlowError>,
        act: impl FnOnce(&mut C) -> Result<T, FlowError>,
    ) -> Result<T, Halt>
    where
        T: Serialize + DeserializeOwned,
    {
        let id = self.enter(id)?;
        let refused = |error| Halt::Refused {
            step: id.clone(),
            error,
        };
        let recorded = self.recording.steps.get(self.passed);
        if let Some(record) = recorded.filter(|record| record.touch == Some(cast.card().touch())) {
            let value = read_value(&id, &record.value)?;
            self.passed += 1;
            return Ok(value);
        }
        let (redone, begun) = (
            recorded.is_some(),
            self.recording.open_intent.as_ref() == Some(&id),
        );
        cast.card().at_step(Some(&id));
        if redone || begun {
            match already(cast) {
                Ok(Some(value)) => {
                    self.record(id, Some(cast.card().touch()), &value)?;
                    return Ok(value);
                }
                Ok(None) if begun => self.append(&id, LogEntry::NotDone { step: id.clone() })?,
                Ok(None) if effect == Effect::Writes => return Err(self.gone(id)),
                Ok(None) => {}
                Err(FlowError::Gone(step)) => return Err(self.gone(step)),
                Err(error) if begun => return Err(Halt::Unknown { step: id, error }),
                Err(error) => return Err(refused(error)),
            }
        }
        // What only the card's volatile memory held is made anew; a write is a new step.
        if !redone {
            self.spend(&id)?;
        }
        if effect == Effect::Writes {
            let entry = LogEntry::Intent {
                step: id.clone(),
                time_ms: self.clock.now_ms(),
            };
            self.append(&id, entry)?;
        }
        match act(cast) {
            Ok(value) => {
                let recorded = self.record(id, Some(cast.card().touch()), &value);
                recorded.map_err(|halt| match (halt, effect) {
                    // The card was written, and the log does not say so.
                    (Halt::Refused { step, error }, Effect::Writes) => {
                        Halt::Unknown { step, error }
                    }
                    (halt, _) => halt,
                })?;
                Ok(value)
            }
            Err(error) if effect == Effect::Writes && !error.left_the_card_as_it_was() => {
                Err(Halt::Unknown { step: id, error })
            }
            Err(error) => {
                if effect == Effect::Writes {
                    self.append(&id, LogEntry::NotDone { step: id.clone() })?;
                }
                Err(refused(error))
            }
        }
    }

    /// A step that is one party telling another something.
    pub fn message(
        &mut self,
        id: &str,
        from: Actor,
        to: Actor,
        parts: impl FnOnce() -> Vec<Part>,
    ) -> Result<(), Halt> {
        self.step(id, || Ok(()))?;
        self.send(id, from, to, parts());
        Ok(())
    }

    /// What a step returned when it was last done.
    pub fn recorded<T: DeserializeOwned>(&self, id: &str) -> Option<T> {
        let record = self
            .recording
            .steps
            .iter()
            .find(|record| record.step.0 == id)?;
        serde_json::from_str(&record.value).ok()
    }

    /// Whether this run takes it that a step's write is on the card: it stands in the record, or it stood there, is
    /// [gone](FlowError::Gone), and this run is not asked to do it anew.
    pub fn counts_on(&self, id: &str) -> bool {
        let is_it = |step: &StepId| step.0 == id;
        let recorded = self.recording.steps.iter().any(|done| is_it(&done.step));
        recorded || (self.budget == 0 && self.recording.gone.as_ref().is_some_and(is_it))
    }

    /// Whether a write was begun of which nothing more is known.
    pub fn write_is_open(&self) -> bool {
        self.recording.open_intent.is_some()
    }

    /// Says that a message passed. Called again when a flow is replayed, with the same content.
    pub fn send(&mut self, step: &str, from: Actor, to: Actor, parts: Vec<Part>) {
        self.messages.push(Message {
            step: StepId(step.into()),
            from,
            to,
            parts,
        });
    }

    /// The step that a flow enters must be the next one of its table.
    fn enter(&mut self, id: &str) -> Result<StepId, Halt> {
        let id = StepId(id.into());
        let expected = self.table.steps().nth(self.passed).map(|step| &step.id);
        let recorded = self
            .recording
            .steps
            .get(self.passed)
            .map(|record| &record.step);
        if expected != Some(&id) || recorded.is_some_and(|recorded| *recorded != id) {
            return Err(Halt::Refused {
                step: id.clone(),
                error: FlowError::BadLog(id),
            });
        }
        Ok(id)
    }

    /// Takes the step out of the budget. One that was written and is gone is told of again until it is asked for.
    fn spend(&mut self, id: &StepId) -> Result<(), Halt> {
        match self.budget.checked_sub(1) {
            Some(left) => self.budget = left,
            None if self.recording.gone.as_ref() == Some(id) => return Err(self.gone(id.clone())),
            None => return Err(Halt::Paused),
        }
        Ok(())
    }

    /// The card does not hold what that step wrote: it stands no longer, and neither does what came after it.
    fn gone(&mut self, step: StepId) -> Halt {
        if self.recording.gone.as_ref() != Some(&step) {
            let entry = LogEntry::Gone { step: step.clone() };
            if let Err(halt) = self.append(&step, entry) {
                return halt;
            }
        }
        let error = FlowError::Gone(step.clone());
        Halt::Refused { step, error }
    }

    fn record<T: Serialize>(
        &mut self,
        id: StepId,
        touch: Option<Touch>,
        value: &T,
    ) -> Result<(), Halt> {
        let bad = || Halt::Refused {
            step: id.clone(),
            error: FlowError::BadLog(id.clone()),
        };
        let value = serde_json::to_string(value).map_err(|_| bad())?;
        let time_ms = self.clock.now_ms();
        self.append(
            &id,
            LogEntry::Step {
                step: id.clone(),
                touch,
                value,
                time_ms,
            },
        )?;
        self.passed += 1;
        Ok(())
    }

    fn append(&mut self, id: &StepId, entry: LogEntry) -> Result<(), Halt> {
        self.log.append(&entry).map_err(|error| Halt::Refused {
            step: id.clone(),
            error: error.into(),
        })?;
        self.recording.apply(&entry);
        Ok(())
    }
}

fn read_value<T: DeserializeOwned>(id: &StepId, value: &str) -> Result<T, Halt> {
    let bad = |_| Halt::Refused {
        step: id.clone(),
        error: FlowError::BadLog(id.clone()),
    };
    serde_json::from_str(value).map_err(bad)
}
