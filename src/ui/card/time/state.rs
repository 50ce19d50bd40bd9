//! What the time line keeps between frames, and going to a moment of it.

use super::drawn::{Drawn, Pick};
use super::forks::Branches;
use super::line::Line;
use super::play::Player;
use super::scale::Window;
use super::shown::Shown;
use crate::model::card::journal::{EventId, Journal, Moment};
use crate::ui::action::Action;
use crate::ui::card::facts::{NodeBlocks, blocks_of};
use crate::workbench::Command;
use crate::workbench::view::{CardView, History};
use std::sync::Arc;

/// What the time line keeps between frames.
#[derive(Default)]
pub struct TimeState {
    pub(super) line: Line,
    pub(super) branches: Branches,
    /// The end of the branch that a person looks at, if it is not the one that is followed.
    pub(super) looked_at: Option<EventId>,
    /// What part is in sight, if not the whole.
    pub(super) window: Option<Window>,
    pub(super) player: Player,
    /// The moment that was asked for and is not shown yet.
    pub(super) asked: Option<Moment>,
    /// The playhead is held.
    pub(super) held: bool,
    pub(super) drawn: Option<Drawn>,
    pub(super) picked: (Pick, NodeBlocks),
}

impl TimeState {
    /// Takes in a new view of the card.
    pub fn update(&mut self, card: &CardView) {
        let Some(history) = &card.history else {
            *self = TimeState {
                player: self.player,
                ..TimeState::default()
            };
            return self.player.stop();
        };
        self.follow(history);
        self.line.tell_owners(card, self.shown(history));
        self.branches.update(&history.journal);
        if self.asked == Some(history.shown) || !(self.held || self.player.plays()) {
            self.asked = None;
        }
        if let Some(window) = self.window.filter(|_| !self.held) {
            self.window = window.showing(self.place(history), self.line.len());
        }
    }

    /// Lets the line be the way to the end of the branch that is shown.
    pub(super) fn follow(&mut self, history: &History) {
        let journal = &history.journal;
        if history.live {
            self.looked_at = None;
        }
        let is_kept = |tip: &EventId| journal.branches().any(|branch| branch.tip == *tip);
        self.looked_at = self.looked_at.filter(is_kept);
        for end in [self.looked_at, journal.line_end()].into_iter().flatten() {
            self.line.follow(journal, Some(end));
            if self.line.place(journal, history.shown).is_some() {
                return;
            }
        }
        // A moment that neither leads through: the newest branch that does, or the way to it.
        let through = |tip: &EventId| journal.common(Some(*tip), history.shown) == history.shown;
        let mut tips = journal.branches().map(|branch| branch.tip);
        self.looked_at = history
            .shown
            .and_then(|_| tips.by_ref().filter(through).last());
        self.line.follow(journal, self.looked_at.or(history.shown));
    }

    /// The place that is shown.
    pub(super) fn shown(&self, history: &History) -> usize {
        self.line
            .place(&history.journal, history.shown)
            .unwrap_or(0)
    }

    /// The place that is shown or asked for.
    pub fn place(&self, history: &History) -> usize {
        let asked = self
            .asked
            .and_then(|asked| self.line.place(&history.journal, asked));
        asked.unwrap_or_else(|| self.shown(history))
    }

    /// Goes to a place of the line: asks for it, if it is another.
    pub(super) fn go(&mut self, history: &History, place: usize) -> Option<Command> {
        let moment = self.line.moment(place);
        if self.place(history) == place.min(self.line.len()) {
            return None;
        }
        self.asked = Some(moment);
        Some(show(&history.journal, moment))
    }

    /// Looks at the end of a branch.
    pub(super) fn look_at(&mut self, history: &History, tip: EventId) -> Command {
        self.looked_at = Some(tip);
        self.window = None;
        self.player.stop();
        show(&history.journal, Some(tip))
    }

    /// Does what was asked for from anywhere; gives what the workbench is to do.
    pub fn act(&mut self, action: Action, card: &CardView) -> Option<Command> {
        let history = card.history.as_ref()?;
        let place = self.place(history);
        let unit = self.player.unit;
        if action != Action::PlayPause {
            self.player.stop();
        }
        match action {
            Action::FirstEvent => self.go(history, 0),
            Action::PreviousEvent => self.go(history, self.line.previous(unit, place)),
            Action::NextEvent => self.go(history, self.line.next(unit, place)),
            Action::LastEvent => self.go(history, self.line.len()),
            Action::PlayPause => self.play_or_pause(history, place),
            Action::BackToNow => {
                self.asked = None;
                Some(Command::ShowNow)
            }
            Action::ContinueFromHere => Some(Command::GoTo(history.shown)),
            Action::NameBranch => {
                self.branches.name(&history.journal, self.line.end());
                None
            }
            Action::SwitchBranch | Action::DiscardBranch => {
                self.branches.open();
                None
            }
            _ => None,
        }
    }

    /// From the end it is played from the beginning.
    pub(super) fn play_or_pause(&mut self, history: &History, place: usize) -> Option<Command> {
        if self.player.plays() {
            self.player.stop();
            return None;
        }
        self.player.start();
        (place >= self.line.len())
            .then(|| self.go(history, 0))
            .flatten()
    }

    /// Whether it plays.
    pub fn plays(&self) -> bool {
        self.player.plays()
    }

    /// Keeps which blocks are picked, for the marks of what wrote them.
    pub(super) fn pick(&mut self, shown: Shown<'_>) -> Pick {
        let pick = Pick {
            block: shown.selection.block,
            node: shown.selection.node,
            tree: Arc::as_ptr(&shown.card.tree) as usize,
        };
        if self.picked.0 != pick {
            let node = pick.node.filter(|_| pick.block.is_none());
            let blocks = node.map(|node| blocks_of(&shown.card.tree, node));
            self.picked = (pick, blocks.unwrap_or_default());
        }
        pick
    }
}

/// Shows a moment; where the card stands, it is shown as it goes on.
fn show(journal: &Journal, moment: Moment) -> Command {
    if moment == journal.head() {
        Command::ShowNow
    } else {
        Command::ShowMoment(moment)
    }
}
