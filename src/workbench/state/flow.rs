//! What commands do to the flow, and what is shown of writes that no running flow settles.
//!
//! A flow belongs to the card that it was begun on. Its log is in the registry, so whenever that card is in the emulator
//! again, after a restart or from a file, its flow is taken up where it ended, and a write of which nothing was known is
//! settled by asking the card.

use super::{Shown, State};
use crate::device::registry::{RegistryError, RunId, SeenCard, Unsettled};
use crate::model::flow::divide::table;
use crate::workbench::flow_run::FlowRun;
use crate::workbench::says::{registry_words, said, unsettled_words};
use crate::workbench::view::{Notice, Severity, UnsettledView, View};
use std::time::{Duration, Instant};

/// Steps that follow each other faster than a screen draws are not shown one by one.
const BETWEEN_VIEWS: Duration = Duration::from_millis(15);

/// The flow that cards are divided by, as its table names it.
const DIVIDE: &str = "divide";

impl State {
    pub(super) fn start_divide(&mut self) {
        if !matches!(self.shown, Shown::Emulated) || self.flow.is_some() {
            return;
        }
        self.picture.show_now();
        // A flow that this card was left in goes on; it is not begun a second time.
        self.take_up_flow();
        let (None, Some(seen)) = (&self.flow, self.seen_card()) else {
            return;
        };
        match self.workspace.registry.begin(DIVIDE, seen.idm) {
            Ok(run) => self.flow = Some(FlowRun::new(run)),
            Err(error) => self.say(Severity::Refused, registry_words(&error)),
        }
    }

    /// Takes up the flow that the emulator's card was left in, if there is one.
    pub(super) fn take_up_flow(&mut self) {
        let Some(seen) = self.seen_card() else { return };
        match self.unfinished(&seen) {
            Ok(Some(flow)) => self.go_on_with(flow),
            Ok(None) => {}
            Err(error) => self.say(Severity::Refused, registry_words(&error)),
        }
    }

    fn unfinished(&mut self, card: &SeenCard) -> Result<Option<FlowRun>, RegistryError> {
        let registry = &mut self.workspace.registry;
        let Some(run) = registry.unfinished(DIVIDE, card.idm)? else {
            return Ok(None);
        };
        Ok(Some(FlowRun::resume(run, &registry.entries(run)?)))
    }

    fn go_on_with(&mut self, mut flow: FlowRun) {
        let Some(card) = &mut self.card else { return };
        let registry = &mut self.workspace.registry;
        if flow.recording.steps.is_empty() {
            flow.stop(registry, card);
            return flow.forget(registry);
        }
        self.flow = Some(flow);
        self.look_at_card();
    }

    /// Runs the flow without a new step: it asks the card where it stands, and writes nothing to it.
    fn look_at_card(&mut self) {
        self.run_flow(0);
    }

    /// Runs the flow with at most `budget` new steps, and keeps the card if it changed. Whether a next step can be done.
    fn run_flow(&mut self, budget: usize) -> bool {
        let (Some(flow), Some(card)) = (&mut self.flow, &mut self.card) else {
            return false;
        };
        let before = card.journal().head();
        let goes_on = flow.run(&mut self.workspace.registry, card, &mut self.demo, budget);
        if card.journal().head() != before {
            self.keep_card();
        }
        goes_on
    }

    /// Does steps one by one, showing each. The card is asked about a write of which nothing is known, and that is a step
    /// of its own.
    pub(super) fn run_steps(&mut self, most: usize, publish: &dyn Fn(View)) {
        let mut published = Instant::now();
        for done in 0..most {
            if done > 0 && published.elapsed() >= BETWEEN_VIEWS {
                publish(self.view());
                published = Instant::now();
            }
            let Some(flow) = self.flow.as_ref().filter(|flow| !flow.is_over()) else {
                return;
            };
            let budget = if flow.is_unknown() { 0 } else { 1 };
            let went_on = self.run_flow(budget);
            self.revision += 1;
            if !went_on {
                return;
            }
        }
    }

    pub(super) fn step_back(&mut self) {
        let (Some(flow), Some(card)) = (&mut self.flow, &mut self.card) else {
            return;
        };
        flow.step_back(&mut self.workspace.registry, card, &mut self.demo);
        self.keep_card();
    }

    pub(super) fn stop(&mut self) {
        self.settle();
        let (Some(flow), Some(card)) = (&mut self.flow, &mut self.card) else {
            return;
        };
        if !flow.is_unknown() {
            flow.stop(&mut self.workspace.registry, card);
        }
    }

    /// Asks the card about a write of the flow of which nothing is known.
    fn settle(&mut self) {
        if self.flow.as_ref().is_some_and(FlowRun::is_unknown) {
            self.look_at_card();
        }
    }

    /// Leaves the flow. A write of which nothing is known is settled first; while the card cannot be asked, it stays
    /// unsettled in the registry, and the flow is taken up again with its card.
    pub(super) fn close_flow(&mut self) {
        self.stop();
        if let Some(flow) = self.flow.take()
            && flow.is_over()
        {
            flow.forget(&mut self.workspace.registry);
        }
    }

    /// Leaves the flow, so that the emulator can take another card. `false`, and it is said, while a write to this card
    /// is not settled: the emulator holds the only one there is.
    pub(super) fn give_card_away(&mut self) -> bool {
        self.stop();
        let here = self.seen_card().map(|seen| seen.idm);
        let unsettled = match self.workspace.registry.unsettled() {
            Ok(unsettled) => unsettled,
            Err(error) => {
                self.say(Severity::Refused, registry_words(&error));
                return false;
            }
        };
        if unsettled.iter().any(|write| Some(write.card) == here) {
            let words = said("kept.unsettled.here.what", "kept.unsettled.here.next", "");
            self.say(Severity::Refused, words);
            return false;
        }
        self.close_flow();
        true
    }

    /// Writes that are not settled, and the notices of those that the flow on the desk does not tell of.
    pub(super) fn unsettled(&mut self) -> (Vec<UnsettledView>, Vec<Notice>) {
        let unsettled = match self.workspace.registry.unsettled() {
            Ok(unsettled) => unsettled,
            Err(error) => {
                let notice = Notice {
                    id: None,
                    severity: Severity::Refused,
                    words: registry_words(&error),
                };
                return (Vec::new(), vec![notice]);
            }
        };
        let on_the_desk: Option<RunId> = self.flow.as_ref().map(|flow| flow.run);
        let mut views = Vec::new();
        let mut notices = Vec::new();
        for write in unsettled {
            let elsewhere = Some(write.run) != on_the_desk;
            let view = unsettled_view(write);
            if elsewhere {
                notices.push(Notice {
                    id: None,
                    severity: Severity::Unknown,
                    words: unsettled_words(&view),
                });
            }
            views.push(view);
        }
        (views, notices)
    }
}

fn unsettled_view(write: Unsettled) -> UnsettledView {
    let table = table();
    let title = table.step(&write.step).map(|step| step.title.clone());
    UnsettledView {
        card: write.card,
        flow: table.title.clone(),
        title: title.unwrap_or_default(),
        step: write.step,
        since_ms: write.at_ms,
    }
}
