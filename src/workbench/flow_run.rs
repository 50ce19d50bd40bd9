//! The division that runs on the emulator's card.

use super::says::{words_of, words_on};
use super::view::FlowEnd;
use crate::device::emulated::EmulatedCard;
use crate::device::registry::{Registry, RunId, SeenCard};
use crate::device::system::{SystemClock, SystemRng};
use crate::model::card::journal::Moment;
use crate::model::demo::Demo;
use crate::model::flow::divide::{Cast, Divided, divide, table};
use crate::model::flow::log::{Ending, Intents, LogEntry, Recording};
use crate::model::flow::table::{FlowTable, LaneId};
use crate::model::flow::{Halt, Stage};
use crate::model::message::Message;
use crate::model::party::knowledge::Knowledge;
use crate::model::port::CardLink;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A running or ended flow.
pub struct FlowRun {
    pub table: Arc<FlowTable>,
    pub recording: Recording,
    /// Names it in the registry, which holds its log.
    pub run: RunId,
    pub messages: Vec<Message>,
    /// What each party knows by these messages.
    /// Worked out when it is first asked for: many steps may be done between two looks.
    pub known: OnceCell<BTreeMap<LaneId, Knowledge>>,
    pub outcome: Option<Divided>,
    pub end: Option<FlowEnd>,
    /// The step that was refused or whose outcome is unknown.
    pub stuck: Option<(String, bool)>,
    /// Where the journal stood before the flow; `None` when that was before this program was started.
    start: Option<Moment>,
    /// Physical addresses that the last step changed or prepared a change of.
    pub changed: BTreeSet<u32>,
}

impl FlowRun {
    /// A flow that has not begun.
    pub fn new(run: RunId) -> FlowRun {
        FlowRun {
            table: Arc::new(table()),
            recording: Recording::default(),
            run,
            messages: Vec::new(),
            known: OnceCell::new(),
            outcome: None,
            end: None,
            stuck: None,
            start: None,
            changed: BTreeSet::new(),
        }
    }

    /// A flow whose log was found.
    pub fn resume(run: RunId, entries: &[LogEntry]) -> FlowRun {
        FlowRun {
            recording: Recording::read(entries),
            ..FlowRun::new(run)
        }
    }

    /// Whether nothing more will happen without the person's doing.
    pub fn is_over(&self) -> bool {
        matches!(self.end, Some(FlowEnd::Done | FlowEnd::Stopped { .. }))
    }

    /// Whether a write was begun of which nothing more is known.
    pub fn is_unknown(&self) -> bool {
        self.recording.open_intent.is_some()
    }

    /// Whether the card's memory was changed.
    pub fn is_committed(&self) -> bool {
        self.recording
            .steps
            .iter()
            .any(|record| record.step.0 == COMMIT)
    }

    /// Runs the flow from its beginning, with at most `budget` new steps. Whether a next step can be done.
    pub fn run(
        &mut self,
        registry: &mut Registry,
        card: &mut EmulatedCard,
        demo: &mut Demo,
        budget: usize,
    ) -> bool {
        if self.recording.steps.is_empty() {
            self.start = Some(card.journal().head());
        }
        let before = card.prepared();
        let head = card.journal().head();
        let (mut log, mut clock) = (registry.log(self.run), SystemClock);
        let table = Arc::clone(&self.table);
        let mut stage = Stage::new(&table, &mut self.recording, &mut log, &mut clock, budget);
        let mut rng = SystemRng;
        let mut cast = Cast::whole(&demo.issuer, &mut demo.operator, &demo.user, card, &mut rng);
        let result = divide(&mut stage, &mut cast);
        self.messages = stage.into_messages();
        self.known = OnceCell::new();
        card.at_step(None);
        self.changed = changed_since(card, &before, head);
        (self.end, self.stuck) = (None, None);
        match result {
            Ok(divided) => {
                self.outcome = Some(divided);
                self.end = Some(FlowEnd::Done);
                self.finish(registry, Ending::Done);
                false
            }
            Err(Halt::Paused) => true,
            // Everybody is here, so it waits for nobody.
            Err(Halt::Waiting { .. } | Halt::Elsewhere) => false,
            Err(Halt::Refused { step, error }) if !self.is_unknown() => {
                let seen = SeenCard::emulated(card).map(|seen| seen.idm);
                self.end = Some(FlowEnd::Refused(words_on(seen, &error)));
                self.stuck = Some((step.0, false));
                false
            }
            // While a write is open, whatever went wrong leaves it so.
            Err(Halt::Refused { step, error } | Halt::Unknown { step, error }) => {
                // Open or unknown, it is unsettled; at the next start the registry calls it unknown by itself.
                let _ = registry.answer_lost(self.run);
                self.end = Some(FlowEnd::Unknown(words_of(&error)));
                let open = self.recording.open_intent.clone().unwrap_or(step);
                self.stuck = Some((open.0, true));
                false
            }
        }
    }

    /// Whether the last step can be taken back: before the commit always, the commit itself only while the journal
    /// reaches back to before it, and nothing while a write is unsettled.
    pub fn can_step_back(&self) -> bool {
        let stopped = matches!(self.end, Some(FlowEnd::Stopped { .. }));
        let free = !stopped && !self.is_unknown();
        let last = self.recording.steps.last().filter(|_| free);
        last.is_some_and(|record| record.step.0 != COMMIT || self.start.is_some())
    }

    /// Takes the last step back. Before the commit the card only loses its power; after it, the lesson's card is
    /// put back to where it was.
    pub fn step_back(&mut self, registry: &mut Registry, card: &mut EmulatedCard, demo: &mut Demo) {
        if !self.can_step_back() {
            return;
        }
        let Some(last) = self
            .recording
            .steps
            .last()
            .map(|record| record.step.clone())
        else {
            return;
        };
        let keep = self.recording.steps.len() - 1;
        if !self.append(registry, LogEntry::Rewind { keep }) {
            return;
        }
        match self.start {
            Some(start) if last.0 == COMMIT => {
                card.go_to(start);
            }
            _ => card.field_off(),
        }
        self.outcome = None;
        self.run(registry, card, demo, 0);
    }

    /// Ends the flow. Before the commit the card is as it was.
    pub fn stop(&mut self, registry: &mut Registry, card: &mut EmulatedCard) {
        if self.is_over() {
            return;
        }
        card.field_off();
        self.changed.clear();
        self.end = Some(FlowEnd::Stopped {
            card_untouched: !self.is_committed(),
        });
        self.finish(registry, Ending::Stopped);
    }

    /// Removes the log of a flow that is over.
    pub fn forget(self, registry: &mut Registry) {
        // A log that stays behind takes up room and nothing else: its run has ended.
        let _ = registry.forget(self.run);
    }

    fn finish(&mut self, registry: &mut Registry, how: Ending) {
        if self.recording.ended.is_none() {
            self.append(registry, LogEntry::End { how });
        }
    }

    fn append(&mut self, registry: &mut Registry, entry: LogEntry) -> bool {
        let written = registry.log(self.run).append(&entry);
        if let Err(error) = written {
            self.end = Some(FlowEnd::Refused(words_of(&error.into())));
            return false;
        }
        self.recording.apply(&entry);
        true
    }
}

/// The step that commits.
const COMMIT: &str = "ST69";

fn changed_since(
    card: &EmulatedCard,
    before: &BTreeMap<u32, crate::model::card::Block>,
    head: Moment,
) -> BTreeSet<u32> {
    let now = card.prepared();
    let prepared = now
        .iter()
        .filter(|(at, block)| before.get(at) != Some(block))
        .map(|(at, _)| *at);
    let journal = card.journal();
    let written = journal
        .path(journal.head())
        .take_while(|(id, _)| Some(*id) != head);
    prepared
        .chain(written.map(|(_, event)| event.address))
        .collect()
}
