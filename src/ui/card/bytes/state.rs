//! What the panel of bytes keeps between frames: which blocks are listed, what is picked of them, and what is typed.

use super::edit::Typing;
use super::picked::{At, Picked};
use super::rows::{self, Place, Rows};
use super::shown::Shown;
use super::words;
use crate::model::card::journal::{EventId, Moment};
use crate::ui::action::Action;
use crate::ui::card::facts::{self, Facts, NodeRef, Selection, blocks_of, node_at};
use crate::workbench::view::CardView;

/// What a narrow panel shows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Tab {
    #[default]
    Listing,
    Inspector,
}

/// What the panel keeps between frames.
#[derive(Default)]
pub struct ByteState {
    pub(super) rows: Rows,
    /// The rows are of this card.
    pub(super) fresh: bool,
    /// What the header says is listed, and of what it says so.
    pub(super) title: String,
    pub(super) titled: Option<Selection>,
    /// The selection as it was left here.
    pub(super) seen: Option<Selection>,
    /// The picked block of a card that does not tell where its blocks stand.
    pub(super) loose: Option<Place>,
    pub(super) picked: Option<Picked>,
    /// Where the picked bytes began, and where they go on.
    pub(super) ends: Option<(At, At)>,
    /// Where the pointer was put down, while bytes are dragged over.
    pub(super) dragged: Option<At>,
    /// The picked row is to be brought into sight.
    pub(super) reveal: bool,
    /// The definition of a picked system or area is to be brought into sight, once its rows have been drawn.
    pub(super) definition: Option<u32>,
    pub(super) editing: Typing,
    pub(super) tab: Tab,
    pub(super) changed_by: ChangedBy,
    /// What was asked for from anywhere, to be done when the panel is drawn.
    pub(super) asked: Option<Action>,
}

impl ByteState {
    /// The card has other nodes now: list anew, at the same place.
    pub fn forget(&mut self) {
        self.fresh = false;
    }

    /// Changes or copies what is picked, or else the first block, as soon as the panel is drawn.
    pub fn ask(&mut self, action: Action) {
        self.asked = Some(action);
    }

    pub(super) fn picked(&self) -> Option<Picked> {
        self.picked
    }

    /// Takes in what was picked elsewhere, and lists what belongs to it. What is picked here leaves the listing as it
    /// is, so that one can walk on through it.
    pub(super) fn follow(&mut self, card: &CardView, facts: &Facts, selection: Selection) {
        let before = self.seen.replace(selection);
        let elsewhere = before != Some(selection);
        let node = |selection: Selection| (selection.node, selection.block);
        let moved = elsewhere && before.map(node) != Some(node(selection));
        let kept = self.rows.node();
        let other = moved && kept != selection.node;
        if !self.fresh || other {
            let is_there = |node: &NodeRef| facts::exists(&card.tree, *node);
            let keeps = !other && kept.is_none_or(|node| is_there(&node));
            let of = if keeps { kept } else { selection.node };
            self.rows = Rows::of(card, facts.addresses, of);
        }
        if !self.fresh || self.titled != Some(selection) {
            self.title = rows::title(card, facts.addresses, selection);
            self.titled = Some(selection);
        }
        self.fresh = true;
        if moved {
            self.reveal = true;
            let node = selection.node.filter(|_| selection.block.is_none());
            let blocks = node.map(|node| blocks_of(&card.tree, node));
            self.definition = blocks
                .filter(|of| of.user.is_none())
                .and_then(|of| of.definition);
        }
        self.pick(selection);
    }

    /// Works out what is picked here.
    pub(super) fn pick(&mut self, selection: Selection) {
        let node_of = |place: &Place| match place {
            Place::Loose {
                system, service, ..
            } => Some(NodeRef::Service(*system, *service)),
            Place::Block(_) => None,
        };
        self.loose = self
            .loose
            .filter(|place| node_of(place) == selection.node && selection.block.is_none());
        let place = selection.block.map(Place::Block).or(self.loose);
        self.picked = place.map(|place| Picked {
            place,
            span: selection.bytes,
        });
        let known = self.ends.map(|(from, to)| Picked::between(from, to));
        if known != self.picked {
            let bytes = self.picked.filter(|picked| picked.span.is_some());
            self.ends = bytes.map(Picked::ends);
        }
        if self
            .editing
            .now
            .as_ref()
            .is_some_and(|editing| Some(editing.picked) != self.picked)
        {
            self.editing.now = None;
        }
    }

    /// Where the keyboard stands: the block, and the byte that was picked last.
    pub(super) fn here(&self) -> Option<(Place, Option<u8>)> {
        let byte = self.ends.map(|(_, to)| (to.place, Some(to.byte)));
        byte.or(self.picked.map(|picked| (picked.place, None)))
    }

    /// Picks the bytes from one to another.
    pub(super) fn choose(&mut self, card: &CardView, selection: &mut Selection, from: At, to: At) {
        self.reveal |= self.here().is_some_and(|(place, _)| place != to.place);
        self.ends = Some((from, to));
        self.put(card, selection, Picked::between(from, to));
    }

    /// Picks a whole block.
    pub(super) fn choose_block(
        &mut self,
        card: &CardView,
        selection: &mut Selection,
        place: Place,
    ) {
        self.ends = None;
        self.put(card, selection, Picked { place, span: None });
    }

    pub(super) fn put(&mut self, card: &CardView, selection: &mut Selection, picked: Picked) {
        let place = picked.place;
        if self.picked.is_none_or(|before| before.place != place) {
            let other = match place {
                Place::Block(block) => Selection::block(block, node_of(card, *selection, block)),
                Place::Loose {
                    system, service, ..
                } => {
                    self.loose = Some(place);
                    Selection::node(NodeRef::Service(system, service))
                }
            };
            *selection = other;
            self.reveal = true;
        }
        selection.bytes = picked.span;
        self.seen = Some(*selection);
        self.pick(*selection);
    }
}

/// The node that a picked block is shown as part of: a service that shares the block stays picked.
fn node_of(card: &CardView, selection: Selection, block: u32) -> Option<NodeRef> {
    let node = card.map.as_ref().and_then(|map| node_at(map, block));
    let has = |node: &NodeRef| blocks_of(&card.tree, *node).has(block);
    selection.node.filter(has).or(node)
}

/// Which event changed some bytes last, kept while nothing moves.
#[derive(Default)]
pub(super) struct ChangedBy(Option<(Picked, Moment, Option<EventId>)>);

/// How many writes of a block are looked at for the one that changed a byte.
const LOOKED_BACK: usize = 1_000;

impl ChangedBy {
    pub(super) fn of(&mut self, shown: &Shown, picked: Picked) -> Option<EventId> {
        let (Some(history), Place::Block(address)) = (&shown.card.history, picked.place) else {
            return None;
        };
        if picked.blocks() > 1 {
            return None;
        }
        let newest = history.writer(address).map(|(id, _)| id);
        if let Some((known, at, changed)) = self.0
            && (known, at) == (picked, newest)
        {
            return changed;
        }
        let range = words::range(picked.chosen());
        let mut writers = history.writers(address).take(LOOKED_BACK);
        let changed = writers.find(|(_, event)| {
            event.before.0.get(range.clone()) != event.after.0.get(range.clone())
        });
        let changed = changed.map(|(id, _)| id);
        self.0 = Some((picked, newest, changed));
        changed
    }
}
