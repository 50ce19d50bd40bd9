//! What the wizard's parts have in common: the view, the flow, and which step is looked at.

use crate::model::flow::table::{LaneId, LaneKind, Step};
use crate::ui::tokens::Tokens;
use crate::words;
use crate::workbench::view::{FlowView, MessageView, StepState, View};
use egui::Color32;
use std::borrow::Cow;

/// One frame's worth of what is shown.
pub struct Scene<'a> {
    pub view: &'a View,
    pub flow: &'a FlowView,
    pub t: &'static Tokens,
    /// The steps of the table in order.
    pub steps: Vec<&'a Step>,
    /// The step that the person picked, if any.
    pub selected: Option<usize>,
}

impl<'a> Scene<'a> {
    /// The scene of a view and its flow; a selection past the table's end is none.
    pub fn new(
        view: &'a View,
        flow: &'a FlowView,
        t: &'static Tokens,
        selected: Option<usize>,
    ) -> Scene<'a> {
        let steps: Vec<_> = flow.table.steps().collect();
        let selected = selected.filter(|&at| at < steps.len());
        Scene {
            view,
            flow,
            t,
            steps,
            selected,
        }
    }

    /// State of a step.
    pub fn state(&self, step: usize) -> StepState {
        self.flow
            .steps
            .get(step)
            .copied()
            .unwrap_or(StepState::Idle)
    }

    /// Whether the flow is over. One that was refused, or whose outcome is not known, can go on.
    pub fn is_over(&self) -> bool {
        self.flow.next.is_none()
    }

    /// Steps that are done.
    pub fn done(&self) -> usize {
        self.flow
            .steps
            .iter()
            .filter(|state| **state == StepState::Done)
            .count()
    }

    /// The newest step that is done.
    pub fn last_done(&self) -> Option<usize> {
        let last = self
            .flow
            .steps
            .iter()
            .rposition(|state| *state == StepState::Done);
        last.filter(|&at| at < self.steps.len())
    }

    /// Where the flow stands: at the next step, at the one that ended it, or at the last.
    pub fn here(&self) -> Option<usize> {
        let ended_at = || {
            self.flow
                .steps
                .iter()
                .position(|state| matches!(state, StepState::Refused | StepState::Unknown))
        };
        self.flow
            .next
            .or_else(ended_at)
            .or_else(|| self.last_done())
            .filter(|&at| at < self.steps.len())
    }

    /// The step whose why is shown.
    pub fn looked_at(&self) -> Option<usize> {
        self.selected.or_else(|| self.here())
    }

    /// What a lane is called on the chart: `Card issuer`.
    pub fn role(&self, lane: LaneId) -> &'a str {
        let known = self.flow.table.lane(lane);
        known.map_or(lane.0, |lane| &lane.role)
    }

    /// The same where room is short: `Issuer`.
    pub fn short(&self, lane: LaneId) -> &'a str {
        let known = self.flow.table.lane(lane);
        known.map_or(lane.0, |lane| &lane.short)
    }

    /// Whether a card stands in a lane.
    pub fn is_card(&self, lane: LaneId) -> bool {
        let known = self.flow.table.lane(lane);
        known.is_some_and(|lane| lane.kind == LaneKind::Card)
    }

    /// Who takes part in a step: `Terminal, Card`.
    pub fn parties(&self, step: &Step) -> Cow<'a, str> {
        match step.with {
            None => Cow::Borrowed(self.short(step.lane)),
            Some(with) => Cow::Owned(format!("{}, {}", self.short(step.lane), self.short(with))),
        }
    }

    /// An owner's capital letter.
    pub fn letter(&self, owner: usize) -> char {
        self.view
            .owners
            .get(owner)
            .map_or('?', |owner| owner.letter)
    }

    /// Colour and word of a step's state.
    pub fn tone(&self, state: StepState) -> Color32 {
        match state {
            StepState::Idle => self.t.line3,
            StepState::Next => self.t.accent,
            StepState::Done => self.t.ok,
            StepState::Refused => self.t.danger,
            StepState::Unknown => self.t.unknown,
        }
    }

    /// Messages of a step, with their places in the flow's list.
    pub fn messages(&self, step: usize) -> impl Iterator<Item = &'a MessageView> {
        let id = self.steps.get(step).map(|step| &step.id);
        self.flow
            .messages
            .iter()
            .filter(move |message| Some(&message.step) == id)
    }
}

/// A state's word, as it ends a step's accessible name.
pub fn state_word(state: StepState) -> &'static str {
    words::text(match state {
        StepState::Idle => "wizard.state.idle",
        StepState::Next => "wizard.state.next",
        StepState::Done => "wizard.state.done",
        StepState::Refused => "wizard.state.refused",
        StepState::Unknown => "wizard.state.unknown",
    })
}
