//! What is known of the branches: where they part, what they are called, and what is asked about one.

use crate::model::card::journal::{EventId, Fork, Journal, Moment, Start};
use crate::ui::numbers;
use crate::words;

/// What is asked about one branch of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// What it is to be called.
    Name(EventId, String),
    /// Whether to give it up.
    Discard(EventId),
}

/// What is known of the branches.
#[derive(Default)]
pub struct Branches {
    pub(super) forks: Vec<Fork>,
    /// The ends of the branches that are not followed; while they stay, no branch came or went.
    pub(super) others: Option<Vec<EventId>>,
    pub(super) asking: Option<Asking>,
    /// The list is to be opened.
    pub(super) open: bool,
    /// What is asked has yet to get the keyboard.
    pub(super) focus: bool,
}

impl Branches {
    /// Takes in what came and went.
    pub fn update(&mut self, journal: &Journal) {
        let followed = journal.line_end();
        let tips = journal.branches().map(|branch| branch.tip);
        let others = tips.filter(|tip| Some(*tip) != followed).collect();
        let grown = self.others.as_ref() == Some(&others);
        match self
            .forks
            .iter_mut()
            .find(|fork| !others.contains(&fork.tip))
        {
            Some(fork) if grown && followed.is_some() => {
                fork.tip = followed.unwrap_or(fork.tip);
            }
            _ => self.forks = journal.forks(),
        }
        self.others = Some(others);
    }

    /// Opens the list, and asks for the name of a branch.
    pub fn name(&mut self, journal: &Journal, tip: Moment) {
        self.open = true;
        let branch = journal.branches().find(|branch| Some(branch.tip) == tip);
        self.ask(branch.map(|branch| Asking::Name(branch.tip, branch.name)));
    }

    /// Opens the list.
    pub fn open(&mut self) {
        self.open = true;
        self.asking = None;
    }

    pub(super) fn ask(&mut self, asking: Option<Asking>) {
        self.focus = asking.is_some();
        self.asking = asking;
    }

    pub(super) fn fork(&self, tip: EventId) -> Option<&Fork> {
        self.forks.iter().find(|fork| fork.tip == tip)
    }

    /// What the branch with that end is called.
    pub fn title(&self, journal: &Journal, tip: EventId) -> String {
        let branch = journal.branches().find(|branch| branch.tip == tip);
        let name = branch.map(|branch| branch.name).unwrap_or_default();
        if !name.is_empty() {
            return name;
        }
        match self.fork(tip).map(|fork| fork.start) {
            Some(Start::After(Some(event))) => {
                let event = numbers::event(event.number().into());
                words::format("card.branch.of", &[("event", &event)])
            }
            Some(Start::After(None)) => words::text("card.branch.of_beginning").to_owned(),
            Some(Start::Beginning) | None => words::text("card.branch.first").to_owned(),
        }
    }

    /// How many events a branch has, from where, and when the last was.
    pub(super) fn facts(&self, journal: &Journal, fork: &Fork) -> String {
        let last = journal.event(fork.tip);
        let all = last.map_or(0, |event| u64::from(event.depth) + 1);
        let before = match fork.start {
            Start::After(Some(event)) => journal.event(event).map_or(0, |event| event.depth + 1),
            Start::After(None) | Start::Beginning => 0,
        };
        let time = last.map_or_else(String::new, |event| numbers::time(event.time_ms));
        let events = numbers::grouped(all.saturating_sub(before.into()));
        let last = numbers::event(fork.tip.number().into());
        let facts = [
            ("events", &events as &dyn std::fmt::Display),
            ("last", &last),
            ("time", &time),
        ];
        words::format("card.branch.facts", &facts)
    }
}
