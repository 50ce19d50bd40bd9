//! The windows of their own that are open, and what each shows.

use crate::device::emulated::EmulatedCard;
use crate::model::card::tree::Tree;
use crate::model::trace::Trace;
use crate::workbench::card_view::{Lookup, Picture};
use crate::workbench::view::{CardView, Notice, OwnerView, RefusedEdit};
use std::sync::Arc;

/// The windows that are open, oldest first.
#[derive(Default)]
pub(super) struct Windows {
    pub(super) open: Vec<Torn>,
    /// The number of the newest.
    pub(super) last: u64,
}

/// One window.
pub(super) struct Torn {
    pub(super) id: u64,
    pub(super) shows: Shows,
    /// The last edit that was asked for in this window, if the card refused it.
    pub(super) refused_edit: Option<Arc<RefusedEdit>>,
    /// What was asked for in this window is told there.
    pub(super) notices: Vec<Notice>,
}

pub(super) enum Shows {
    /// The card in the emulator.
    Emulated(Picture),
    /// A card that has left the emulator.
    Left(Box<Left>),
    /// What was known of a card that is no emulated one.
    Still {
        card: Arc<CardView>,
        /// All of it, for a file in another form.
        tree: Box<Tree>,
        owners: Vec<OwnerView>,
        trace: Trace,
    },
}

/// A copy of a card that has left the emulator, and the moment of it that is looked at.
pub(super) struct Left {
    pub(super) card: EmulatedCard,
    pub(super) picture: Picture,
    /// The newest view of it, and whether keys were shown then. It lasts until another moment is looked at.
    pub(super) seen: Option<(bool, Arc<CardView>)>,
}

impl Windows {
    pub(super) fn find(&mut self, id: u64) -> Option<&mut Torn> {
        self.open.iter_mut().find(|torn| torn.id == id)
    }

    /// What those look at that show the card in the emulator.
    pub fn pictures(&mut self) -> impl Iterator<Item = &mut Picture> {
        let shown = self.open.iter_mut().map(|torn| &mut torn.shows);
        shown.filter_map(|shows| match shows {
            Shows::Emulated(picture) => Some(picture),
            Shows::Left(_) | Shows::Still { .. } => None,
        })
    }
}

impl Left {
    pub(super) fn view(&mut self, lookup: &Lookup, revision: u64) -> Option<Arc<CardView>> {
        if let Some((keys_shown, seen)) = &self.seen
            && *keys_shown == lookup.keys_shown
        {
            return Some(Arc::clone(seen));
        }
        let mut view = self.picture.view(&self.card, lookup)?;
        view.revision = revision;
        view.divide_refused_because = Some("flow.refused.left");
        if let Some(history) = &mut view.history {
            history.left = true;
        }
        let view = Arc::new(view);
        self.seen = Some((lookup.keys_shown, Arc::clone(&view)));
        Some(view)
    }
}
