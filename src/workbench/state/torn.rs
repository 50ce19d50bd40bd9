//! Cards that are shown in windows of their own, beside the one in the main window.
//!
//! A window on the emulator's card follows it, or looks at a moment of its own. One on a dump or on a card that was
//! read keeps what was known of it when it was torn off, and so does one whose card has left the emulator.

use super::{Shown, State, owner_of};
use crate::model::trace::Trace;
use crate::workbench::card_view::{Lookup, Picture};
use crate::workbench::command::Command;
use crate::workbench::view::{CardView, OwnerView, TornView, View};
use std::sync::Arc;

/// Windows that may be open at once; more cannot be told apart.
const MOST: usize = 8;

/// One window.
pub(super) struct Torn {
    id: u64,
    shows: Shows,
}

enum Shows {
    /// The card in the emulator.
    Emulated(Picture),
    /// What was known of a card.
    Still {
        card: Arc<CardView>,
        owners: Vec<OwnerView>,
    },
}

impl State {
    /// Shows the card of the main window in a window of its own as well.
    pub(super) fn tear_off(&mut self) {
        if self.torn.len() >= MOST {
            return;
        }
        let shows = match &self.shown {
            Shown::Emulated if self.card.is_some() => Shows::Emulated(Picture::default()),
            _ => {
                let owners = self.owners();
                let Some(card) = self.card_view(&owners) else {
                    return;
                };
                Shows::Still {
                    card: Arc::new(card),
                    owners,
                }
            }
        };
        let id = self.torn.last().map_or(1, |last| last.id + 1);
        self.torn.push(Torn { id, shows });
    }

    pub(super) fn close_window(&mut self, id: u64) {
        self.torn.retain(|torn| torn.id != id);
    }

    /// Does what was asked for in a window. What changes the card is done to the one in the emulator, if the window
    /// shows it.
    pub(super) fn in_window(&mut self, id: u64, command: Command, publish: &dyn Fn(View)) {
        let Some(torn) = self.torn.iter_mut().find(|torn| torn.id == id) else {
            return;
        };
        let Shows::Emulated(picture) = &mut torn.shows else {
            return;
        };
        match command {
            Command::ShowMoment(moment) => {
                if let Some(card) = &self.card {
                    picture.show_moment(card, moment);
                }
            }
            Command::ShowNow => picture.show_now(),
            command => self.apply(command, publish),
        }
    }

    /// The emulator's card is about to leave it: windows on it keep what they show.
    pub(super) fn keep_torn(&mut self) {
        let owners = self.emulated_owners();
        for at in 0..self.torn.len() {
            if let Some(mut card) = self.torn_card(at, &owners) {
                if let Some(history) = &mut card.history {
                    history.live = false;
                }
                self.torn[at].shows = Shows::Still {
                    card: Arc::new(card),
                    owners: owners.clone(),
                };
            }
        }
    }

    /// The card in the window of that place, if it is the one in the emulator.
    fn torn_card(&mut self, at: usize, owners: &[OwnerView]) -> Option<CardView> {
        let Shows::Emulated(picture) = &mut self.torn.get_mut(at)?.shows else {
            return None;
        };
        let card = self.card.as_ref()?;
        let lookup = Lookup {
            owners,
            owner_of: &owner_of,
            name_nodes: &|tree| self.demo.plan.name_nodes(tree),
            keys_shown: self.keys_shown,
        };
        let mut view = picture.view(card, &lookup)?;
        view.revision = self.revision;
        Some(view)
    }

    /// The windows, each with a view of its own.
    pub(super) fn torn_views(&mut self, main: &View) -> Vec<TornView> {
        let emulated = self.emulated_owners();
        let mut views = Vec::new();
        for at in 0..self.torn.len() {
            let (card, owners) = match self.torn_card(at, &emulated) {
                Some(card) => (Some(Arc::new(card)), emulated.clone()),
                None => match &self.torn[at].shows {
                    Shows::Still { card, owners } => (Some(Arc::clone(card)), owners.clone()),
                    Shows::Emulated(_) => (None, emulated.clone()),
                },
            };
            let trace = match &self.torn[at].shows {
                Shows::Emulated(_) => self.emulated_trace(),
                Shows::Still { .. } => Trace::default(),
            };
            let view = View {
                card,
                owners,
                trace,
                flow: None,
                comparison: None,
                notices: Vec::new(),
                torn: Vec::new(),
                ..main.clone()
            };
            views.push(TornView {
                id: self.torn[at].id,
                view: Arc::new(view),
            });
        }
        views
    }
}
