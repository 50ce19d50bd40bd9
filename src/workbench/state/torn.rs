//! Cards that are shown in windows of their own, beside the one in the main window.
//!
//! A window on the emulator's card follows it, or looks at a moment of its own. When the card leaves the emulator, the
//! window goes on looking at a copy. One on a dump or on a card that was read keeps what was known of it when it was
//! torn off. What is asked for in a window is done to what that window shows, and told there.

use super::owners::owner_of;
use super::trace::emulator_words;
use super::windows::{Left, Shows, Torn};
use super::{Shown, State};
use crate::device::emulated::EmulatedCard;
use crate::device::files::memory_tree;
use crate::model::card::journal::Moment;
use crate::model::card::tree::Tree;
use crate::model::trace::Trace;
use crate::workbench::card_view::{Lookup, Picture};
use crate::workbench::command::Command;
use crate::workbench::says::said;
use crate::workbench::view::{CardSource, CardView, MOST_WINDOWS, Severity, TornView, View};
use std::path::Path;
use std::sync::Arc;

impl State {
    /// Shows the card of the main window in a window of its own as well.
    pub(super) fn tear_off(&mut self) {
        if self.torn.open.len() >= MOST_WINDOWS {
            return;
        }
        let shows = match &self.shown {
            Shown::Emulated if self.card.is_some() => Shows::Emulated(Picture::default()),
            _ => {
                let owners = self.owners();
                let (Some(card), Some(tree)) = (self.card_view(&owners), self.shown_tree()) else {
                    return;
                };
                Shows::Still {
                    card: Arc::new(card),
                    tree: Box::new(tree),
                    owners,
                    trace: self.trace(),
                }
            }
        };
        self.torn.last += 1;
        self.torn.open.push(Torn {
            id: self.torn.last,
            shows,
            refused_edit: None,
            notices: Vec::new(),
        });
    }

    /// Closes a window. What was told there and not read yet is told in the main one.
    pub(super) fn close_window(&mut self, id: u64) {
        let closed = self.torn.open.extract_if(.., |torn| torn.id == id);
        self.notices.extend(closed.flat_map(|torn| torn.notices));
    }

    /// Does something; what it tells is told in that window, or in the main one when that is not open.
    pub(super) fn saying_in(&mut self, window: Option<u64>, act: impl FnOnce(&mut State)) {
        let before = self.notices.len();
        act(self);
        if let Some(torn) = window.and_then(|id| self.torn.find(id)) {
            let said = self.notices.split_off(before.min(self.notices.len()));
            torn.notices.extend(said);
        }
    }

    /// Does what was asked for in a window.
    pub(super) fn in_window(&mut self, id: u64, command: Command, publish: &dyn Fn(View)) {
        match command {
            Command::Dismiss(notice) => {
                if let Some(torn) = self.torn.find(id) {
                    torn.notices.retain(|told| told.id != Some(notice));
                }
            }
            command => self.saying_in(Some(id), |state| state.act_in(id, command, publish)),
        }
    }

    fn act_in(&mut self, id: u64, command: Command, publish: &dyn Fn(View)) {
        let is_open = self.torn.find(id).is_some();
        match command {
            Command::Export(..) | Command::SaveCard(_) | Command::ExportTrace(_) if !is_open => {
                // It was closed before its file dialog was answered.
                let words = said("flow.window_closed.what", "flow.window_closed.next", "");
                self.say(Severity::Refused, words);
            }
            Command::ShowMoment(moment) => self.look_at(id, Some(moment)),
            Command::ShowNow => self.look_at(id, None),
            Command::Export(form, path) => {
                if let Some(tree) = self.torn_tree(id) {
                    self.export_tree(tree, form, &path);
                }
            }
            Command::SaveCard(path) => self.save_torn(id, &path),
            Command::ExportTrace(asked) => {
                if let Some(noted) = self.torn_trace(id) {
                    self.export_noted(noted, asked, Some(id));
                }
            }
            Command::DialogMissing => self.carry_out(command, publish),
            Command::Edit { .. }
            | Command::Undo
            | Command::Redo
            | Command::GoTo(_)
            | Command::NameBranch(..)
            | Command::DiscardBranch(_) => self.change_in(id, command, publish),
            // Everything else is about the main window, and asked for there.
            _ => {}
        }
    }

    /// Changes the card in the emulator, if the window shows it. The window then shows what came of it.
    fn change_in(&mut self, id: u64, command: Command, publish: &dyn Fn(View)) {
        let shows = self.torn.find(id).map(|torn| &torn.shows);
        if !matches!(shows, Some(Shows::Emulated(_))) {
            return;
        }
        let head = |state: &State| state.card.as_ref().map(|card| card.journal().head());
        let before = head(self);
        let is_edit = matches!(command, Command::Edit { .. });
        self.carry_out(command, publish);
        // It is said where it was typed, and nowhere else.
        if is_edit && let Some(torn) = self.torn.find(id) {
            torn.refused_edit = self.refused_edit.take();
        }
        if head(self) != before {
            self.look_at(id, None);
        }
    }

    /// Shows a moment in a window; `None` is the present. The moment at which the card stands is the present, too.
    fn look_at(&mut self, id: u64, moment: Option<Moment>) {
        let Some(torn) = self.torn.find(id) else {
            return;
        };
        match (&mut torn.shows, &self.card) {
            (Shows::Emulated(picture), Some(card)) => show(picture, card, moment),
            (Shows::Left(left), _) => {
                left.seen = None;
                show(&mut left.picture, &left.card, moment);
            }
            (Shows::Emulated(_), None) | (Shows::Still { .. }, _) => {}
        }
    }

    /// The emulated card that a window shows, at the moment that it looks at.
    fn torn_card(&self, id: u64) -> Option<(&EmulatedCard, &Picture)> {
        let torn = self.torn.open.iter().find(|torn| torn.id == id)?;
        match &torn.shows {
            Shows::Emulated(picture) => Some((self.card.as_ref()?, picture)),
            Shows::Left(left) => Some((&left.card, &left.picture)),
            Shows::Still { .. } => None,
        }
    }

    /// All that is known of the card in a window, at the moment that it looks at.
    fn torn_tree(&self, id: u64) -> Option<Tree> {
        if let Some((card, picture)) = self.torn_card(id) {
            let mut tree = memory_tree(picture.written(card));
            self.demo.plan.name_nodes(&mut tree);
            return Some(tree);
        }
        let torn = self.torn.open.iter().find(|torn| torn.id == id)?;
        match &torn.shows {
            Shows::Still { tree, .. } => Some((**tree).clone()),
            Shows::Emulated(_) | Shows::Left(_) => None,
        }
    }

    /// Saves the emulated card of a window as it was at the moment that the window looks at, with its whole journal.
    fn save_torn(&mut self, id: u64, path: &Path) {
        let Some((card, picture)) = self.torn_card(id) else {
            return;
        };
        let saved = match picture.moment().map(|moment| card.copy_at(moment)) {
            None => self.workspace.save_copy(card, path),
            Some(Some(copy)) => self.workspace.save_copy(&copy, path),
            // A moment that is shown is one of the journal.
            Some(None) => return,
        };
        self.say_saved(path, saved);
    }

    /// What passed with the card in a window, and where that was noted.
    fn torn_trace(&self, id: u64) -> Option<(Trace, String)> {
        let torn = self.torn.open.iter().find(|torn| torn.id == id)?;
        let source = match (&torn.shows, self.torn_card(id)) {
            (_, Some((card, _))) => emulator_words(card),
            (Shows::Still { card, .. }, None) => match &card.source {
                CardSource::Reader { name }
                | CardSource::File { name }
                | CardSource::Sealed { name } => name.clone(),
                CardSource::Emulated { profile } => profile.clone(),
            },
            (Shows::Emulated(_) | Shows::Left(_), None) => return None,
        };
        Some((self.trace_of(torn), source))
    }

    fn trace_of(&self, torn: &Torn) -> Trace {
        match &torn.shows {
            Shows::Emulated(_) => self.emulated_trace(),
            Shows::Left(left) => left.card.trace().cloned().unwrap_or_default(),
            Shows::Still { trace, .. } => trace.clone(),
        }
    }

    /// The emulator's card is about to leave it: windows on it go on looking at it.
    pub(super) fn keep_torn(&mut self) {
        let Some(card) = &self.card else { return };
        for torn in &mut self.torn.open {
            if let Shows::Emulated(picture) = &mut torn.shows
                && let Some(copy) = card.copy_at(card.journal().head())
            {
                torn.shows = Shows::Left(Box::new(Left {
                    card: copy,
                    picture: std::mem::take(picture),
                    seen: None,
                }));
            }
        }
    }

    /// The windows, each with a view of its own.
    pub(super) fn torn_views(&mut self, main: &View) -> Vec<TornView> {
        if self.torn.open.is_empty() {
            return Vec::new();
        }
        let emulated = self.emulated_owners();
        let lookup = Lookup {
            owners: &emulated,
            owner_of: &owner_of,
            name_nodes: &|tree| self.demo.plan.name_nodes(tree),
            keys_shown: self.keys_shown,
        };
        let (card, revision) = (self.card.as_ref(), self.revision);
        let views = self.torn.open.iter_mut().map(|torn| {
            let id = torn.id;
            let (card, owners) = match &mut torn.shows {
                Shows::Emulated(picture) => {
                    let view = card.and_then(|card| picture.view(card, &lookup));
                    let view = view.map(|view| Arc::new(CardView { revision, ..view }));
                    (view, emulated.clone())
                }
                Shows::Left(left) => (left.view(&lookup, revision), emulated.clone()),
                Shows::Still { card, owners, .. } => (Some(Arc::clone(card)), owners.clone()),
            };
            (id, card, owners)
        });
        let views: Vec<_> = views.collect();
        let beside = self.torn.open.iter();
        let view = |(torn, (id, card, owners)): (&Torn, (u64, _, _))| {
            let view = View {
                window: Some(id),
                card,
                owners,
                trace: self.trace_of(torn),
                notices: torn.notices.clone(),
                refused_edit: torn.refused_edit.clone(),
                flow: None,
                comparison: None,
                passphrase: None,
                on_reader: None,
                scanning: None,
                keys_at_hand: None,
                torn: Vec::new(),
                ..main.clone()
            };
            TornView {
                id,
                view: Arc::new(view),
            }
        };
        beside.zip(views).map(view).collect()
    }
}

/// Shows a moment of a card, or its present.
fn show(picture: &mut Picture, card: &EmulatedCard, moment: Option<Moment>) {
    match moment.filter(|moment| *moment != card.journal().head()) {
        Some(moment) => picture.show_moment(card, moment),
        None => picture.show_now(),
    }
}
