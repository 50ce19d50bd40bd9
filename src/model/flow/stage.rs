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

use super::at::{At, Has, Here, Lane};
use super::error::{FlowError, Halt};
use super::log::{Intents, LogEntry, LogError, Recording, StepRecord};
use super::table::{FlowTable, LaneId, StepId};
use super::way::{Letter, Way};
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

/// A stall at which a card lies.
pub trait HasCard {
    /// The card.
    fn card(&mut self) -> &mut dyn CardLink;
}

/// What one lane tells another.
pub trait Sent: Serialize + DeserializeOwned {
    /// What everybody sees of it.
    fn parts(&self) -> Vec<Part>;
}

/// A run of one flow.
pub struct Stage<'a> {
    table: &'a FlowTable,
    recording: &'a mut Recording,
    log: &'a mut dyn Intents,
    clock: &'a mut dyn Clock,
    /// To the lanes that are elsewhere, if any are.
    way: Option<&'a mut dyn Way>,
    /// New steps that may still be done.
    budget: usize,
    /// Steps of the table that were entered in this run.
    entered: usize,
    /// Records that were passed in this run: of the steps that are done here.
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
            way: None,
            budget,
            entered: 0,
            passed: 0,
            messages: Vec::new(),
        }
    }

    /// The same with a way to the lanes that are elsewhere.
    pub fn with_way(mut self, way: &'a mut dyn Way) -> Stage<'a> {
        self.way = Some(way);
        self
    }

    /// The messages that passed in this run, replayed ones included.
    pub fn into_messages(self) -> Vec<Message> {
        self.messages
    }

    /// A step of one lane that touches no card.
    pub fn at<L, T, C>(
        &mut self,
        cast: &mut C,
        lane: L,
        id: &str,
        act: impl FnOnce(&mut Here<'_, L, C::Stall>) -> Result<T, FlowError>,
    ) -> Result<At<L, T>, Halt>
    where
        L: Lane,
        C: Has<L>,
        T: Serialize + DeserializeOwned,
    {
        let id = self.enter(id)?;
        match cast.stall(lane) {
            Some(stall) => Ok(At::here(self.done_here(id, || act(&mut Here::new(stall)))?)),
            None => Ok(At::elsewhere()),
        }
    }

    /// A step in which one lane tells another something: what `what` makes in lane `from` is there in lane `to` from
    /// then on. Where `from` is elsewhere, the flow waits here for the letter.
    pub fn send<F, L, T, C>(
        &mut self,
        cast: &mut C,
        id: &str,
        from: F,
        to: L,
        what: impl FnOnce(&mut Here<'_, F, <C as Has<F>>::Stall>) -> Result<T, FlowError>,
    ) -> Result<At<L, T>, Halt>
    where
        F: Lane,
        L: Lane,
        C: Has<F> + Has<L>,
        T: Sent,
    {
        let id = self.enter(id)?;
        let to_is_here = Has::<L>::stall(cast, to).is_some();
        let value = match Has::<F>::stall(cast, from) {
            Some(stall) => {
                let value = self.done_here(id.clone(), || what(&mut Here::new(stall)))?;
                if !to_is_here {
                    self.post(&id, F::ID, L::ID, &value)?;
                }
                value
            }
            None if to_is_here => self.received(&id, F::ID, L::ID)?,
            None => return Ok(At::elsewhere()),
        };
        self.show(&id.0, F::ID, L::ID, value.parts());
        Ok(if to_is_here {
            At::here(value)
        } else {
            At::elsewhere()
        })
    }

    /// A value for the flow itself, so that it may go on by it. What then follows is done in that lane's end alone: at
    /// any other there is nothing left to do.
    pub fn only_here<'v, L: Lane, T>(&self, at: &'v At<L, T>) -> Result<&'v T, Halt> {
        at.value().ok_or(Halt::Elsewhere)
    }

    /// What was recorded of a step, or else what it returns now.
    fn done_here<T>(
        &mut self,
        id: StepId,
        act: impl FnOnce() -> Result<T, FlowError>,
    ) -> Result<T, Halt>
    where
        T: Serialize + DeserializeOwned,
    {
        if let Some(record) = self.record_of(&id)? {
            let value = read_value(&id, &record)?;
            self.passed += 1;
            return Ok(value);
        }
        self.spend(&id)?;
        let value = act().map_err(|error| refused(&id, error))?;
        self.record(id, None, &value)?;
        Ok(value)
    }

    /// What came from a lane that is elsewhere.
    fn received<T: Sent>(&mut self, id: &StepId, from: LaneId, to: LaneId) -> Result<T, Halt> {
        if let Some(record) = self.record_of(id)? {
            let value = read_value(id, &record)?;
            self.passed += 1;
            return Ok(value);
        }
        let arrived = self.way.as_mut().and_then(|way| way.arrived(id));
        let Some(letter) = arrived else {
            let step = id.clone();
            return Err(Halt::Waiting { step, from });
        };
        let fits = (letter.from, letter.to) == (from, to);
        let value = serde_json::from_str(&letter.body).ok().filter(|_| fits);
        let value = value.ok_or_else(|| refused(id, FlowError::BadLetter(from)))?;
        self.spend(id)?;
        self.record(id.clone(), None, &value)?;
        Ok(value)
    }

    /// Sends a letter. It is in the log by then: what a crash keeps from being sent goes out in the next run.
    fn post<T: Serialize>(
        &mut self,
        id: &StepId,
        from: LaneId,
        to: LaneId,
        value: &T,
    ) -> Result<(), Halt> {
        let step = id.clone();
        let body = serde_json::to_string(value);
        let body = body.map_err(|_| refused(id, FlowError::BadLog(step.clone())))?;
        let Some(way) = &mut self.way else {
            return Ok(());
        };
        let letter = Letter {
            step,
            from,
            to,
            body,
        };
        way.post(letter)
            .map_err(|error| refused(id, FlowError::NotSent(error)))
    }

    /// A step of a lane with its card. `already` asks the card whether the step was done in an earlier touch, and gives
    /// its result if so; `act` does it.
    pub fn on_card<L, T, C>(
        &mut self,
        cast: &mut C,
        lane: L,
        id: &str,
        effect: Effect,
        already: impl FnOnce(&mut Here<'_, L, C::Stall>) -> Result<Option<T>, FlowError>,
        act: impl FnOnce(&mut Here<'_, L, C::Stall>) -> Result<T, FlowError>,
    ) -> Result<At<L, T>, Halt>
    where
        L: Lane,
        C: Has<L>,
        C::Stall: HasCard,
        T: Serialize + DeserializeOwned,
    {
        let id = self.enter(id)?;
        match cast.stall(lane) {
            Some(stall) => {
                let mut here = Here::new(stall);
                let value = self.on_card_here(id, effect, &mut here, already, act);
                Ok(At::here(value?))
            }
            None => Ok(At::elsewhere()),
        }
    }

    fn on_card_here<S: HasCard, L, T>(
        &mut self,
        id: StepId,
        effect: Effect,
        here: &mut Here<'_, L, S>,
        already: impl FnOnce(&mut Here<'_, L, S>) -> Result<Option<T>, FlowError>,
        act: impl FnOnce(&mut Here<'_, L, S>) -> Result<T, FlowError>,
    ) -> Result<T, Halt>
    where
        T: Serialize + DeserializeOwned,
    {
        let touch = here.card().touch();
        let recorded = self.recorded_next(&id)?;
        if let Some(record) = recorded.filter(|record| record.touch == Some(touch)) {
            let value = read_value(&id, &record.value)?;
            self.passed += 1;
            return Ok(value);
        }
        let redone = recorded.is_some();
        let begun = self.recording.open_intent.as_ref() == Some(&id);
        here.card().at_step(Some(&id));
        if redone || begun {
            match already(here) {
                Ok(Some(value)) => {
                    self.record(id, Some(here.card().touch()), &value)?;
                    return Ok(value);
                }
                Ok(None) if begun => self.append(&id, LogEntry::NotDone { step: id.clone() })?,
                Ok(None) if effect == Effect::Writes => return Err(self.gone(id)),
                Ok(None) => {}
                Err(FlowError::Gone(step)) => return Err(self.gone(step)),
                Err(error) if begun => return Err(unknown(&id, error)),
                Err(error) => return Err(refused(&id, error)),
            }
        }
        // What only the card's volatile memory held is made anew; a write is a new step.
        if !redone {
            self.spend(&id)?;
        }
        match effect {
            Effect::Volatile => {
                let value = act(here).map_err(|error| refused(&id, error))?;
                self.record(id, Some(here.card().touch()), &value)?;
                Ok(value)
            }
            Effect::Writes => self.write(id, here, act),
        }
    }

    /// Writes: the intent is in the log before anything is sent, and what came of it after.
    fn write<S: HasCard, L, T: Serialize>(
        &mut self,
        id: StepId,
        here: &mut Here<'_, L, S>,
        act: impl FnOnce(&mut Here<'_, L, S>) -> Result<T, FlowError>,
    ) -> Result<T, Halt> {
        let entry = LogEntry::Intent {
            step: id.clone(),
            time_ms: self.clock.now_ms(),
        };
        self.append(&id, entry)?;
        match act(here) {
            Ok(value) => {
                let recorded = self.record(id, Some(here.card().touch()), &value);
                recorded.map_err(|halt| match halt {
                    // The card was written, and the log does not say so.
                    Halt::Refused { step, error } => Halt::Unknown { step, error },
                    halt => halt,
                })?;
                Ok(value)
            }
            Err(error) if error.left_the_card_as_it_was() => {
                self.append(&id, LogEntry::NotDone { step: id.clone() })?;
                Err(refused(&id, error))
            }
            Err(error) => Err(unknown(&id, error)),
        }
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
    pub fn show(&mut self, step: &str, from: LaneId, to: LaneId, parts: Vec<Part>) {
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
        let expected = self.table.steps().nth(self.entered).map(|step| &step.id);
        if expected != Some(&id) {
            return Err(refused(&id, FlowError::BadLog(id.clone())));
        }
        self.entered += 1;
        Ok(id)
    }

    /// What the log holds of a step that is done here: the next record is of it, or there is none.
    fn recorded_next(&self, id: &StepId) -> Result<Option<&StepRecord>, Halt> {
        let record = self.recording.steps.get(self.passed);
        match record.is_none_or(|record| record.step == *id) {
            true => Ok(record),
            false => Err(refused(id, FlowError::BadLog(id.clone()))),
        }
    }

    /// The value in that record.
    fn record_of(&self, id: &StepId) -> Result<Option<String>, Halt> {
        let record = self.recorded_next(id)?;
        Ok(record.map(|record| record.value.clone()))
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
        let bad = |_| refused(&id, FlowError::BadLog(id.clone()));
        let value = serde_json::to_string(value).map_err(bad)?;
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
        let refused = |error: LogError| refused(id, error.into());
        self.log.append(&entry).map_err(refused)?;
        self.recording.apply(&entry);
        Ok(())
    }
}

fn read_value<T: DeserializeOwned>(id: &StepId, value: &str) -> Result<T, Halt> {
    let bad = |_| refused(id, FlowError::BadLog(id.clone()));
    serde_json::from_str(value).map_err(bad)
}

fn refused(step: &StepId, error: FlowError) -> Halt {
    let step = step.clone();
    Halt::Refused { step, error }
}

fn unknown(step: &StepId, error: FlowError) -> Halt {
    let step = step.clone();
    Halt::Unknown { step, error }
}
