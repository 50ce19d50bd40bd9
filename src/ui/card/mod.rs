//! The Card place: look into a card.
//!
//! At the left the [`tree`] of nodes, in the middle the block [`map`] with the [`bytes`] under it, at the right
//! the [`details`] or the [`trace`], below the [`time`] line. What is picked in one is picked in all. [`facts`] is what
//! is worked out once per card.

mod act;
pub mod addresses;
mod aside;
mod below;
mod bytes;
mod centre;
mod changes;
mod details;
pub mod facts;
mod left;
pub mod map;
mod no_card;
mod tabs;
pub mod time;
pub mod trace;
pub mod tree;
mod unmapped;

use crate::model::card::journal::EventId;
use crate::ui::action::Action;
use crate::ui::tokens::Tokens;
use crate::ui::widgets::filled_panel;
use crate::workbench::Command;
use crate::workbench::view::{CardView, OnReader, OwnerView, View};
use addresses::Addresses;
use egui::{CentralPanel, Ui};
use facts::{Facts, NodeRef, Selection};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use changes::FileFor;
pub use details::source_words;

/// Window width from which the details stand beside the map, in points.
const WIDE: f32 = 1280.0;
/// How long a change glows at full strength, and then how long it fades, in seconds.
const HOLD: f64 = 0.6;
const FADE: f64 = 0.6;

/// How this frame is drawn.
#[derive(Clone, Copy)]
struct Look {
    /// The details stand beside the map.
    wide: bool,
    /// How strongly the newest change glows, if it does.
    glow: Option<f32>,
}

/// What the Card place keeps between frames.
#[derive(Default)]
pub struct CardPlace {
    /// The card that everything below was worked out of.
    shown: Option<Arc<CardView>>,
    facts: Facts,
    /// The owners whose names are in the rows of the tree.
    owners: Vec<OwnerView>,
    tree: tree::TreeState,
    map: map::MapState,
    bytes: bytes::ByteState,
    time: time::TimeState,
    changes: changes::Changes,
    selection: Selection,
    /// What was picked before its node went, and what was left of it: it is picked again when the node comes back.
    gone: Option<(Selection, Selection)>,
    /// Width or height of each panel, in points, as a person left it.
    pub panels: BTreeMap<String, u16>,
    centre: tabs::Centre,
    tab: tabs::Tab,
    trace: trace::TraceState,
    /// When the newest change was first drawn.
    changed_at: Option<f64>,
}

impl CardPlace {
    /// What is picked.
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// How addresses of the shown card are written.
    pub fn addresses(&self) -> Addresses {
        self.facts.addresses
    }

    /// The map, for its mode and zoom.
    pub fn map(&self) -> &map::MapState {
        &self.map
    }

    /// The map, to change its mode and zoom.
    pub fn map_mut(&mut self) -> &mut map::MapState {
        &mut self.map
    }

    /// Picks a node and brings it into sight.
    pub fn pick(&mut self, node: NodeRef) {
        self.selection = Selection::node(node);
        self.bring_into_sight();
    }

    /// Unfolds the whole tree, or folds it.
    fn fold_all(&mut self, view: &View, fold: bool) {
        if let Some(card) = self.shown.clone() {
            self.tree.fold_all(&card, fold);
            self.tree.rebuild(view, &card, self.facts.addresses);
        }
    }

    fn bring_into_sight(&mut self) {
        let Some(card) = self.shown.clone() else {
            return;
        };
        if let Some(node) = self.selection.node {
            self.tree.reveal(&card, node);
        }
        let picked = map::picked(&card, self.selection);
        let block = self
            .selection
            .block
            .or(picked.user.map(|(first, _)| first))
            .or(picked.definition);
        if let Some(block) = block {
            self.map.reveal(block);
        }
    }

    /// Works out what changed since the last view. Called whenever a view arrived, drawn or not.
    pub fn update(&mut self, view: &View, now: f64) {
        self.trace.update(&view.trace);
        let opened = self.changes.update(view);
        self.take_in(view, now);
        let compared = self.changes.comparison();
        if opened && compared.is_some_and(|compared| !compared.difference.blocks.is_empty()) {
            self.map.colour_by(map::colouring::Mode::Difference);
        }
    }

    fn take_in(&mut self, view: &View, now: f64) {
        let Some(card) = changes::shown_card(view) else {
            self.map.forget();
            *self = CardPlace {
                panels: std::mem::take(&mut self.panels),
                map: std::mem::take(&mut self.map),
                trace: std::mem::take(&mut self.trace),
                // Only what passed is left to be picked.
                selection: Selection {
                    exchange: self.selection.exchange,
                    ..Selection::default()
                },
                ..CardPlace::default()
            };
            return;
        };
        if self
            .shown
            .as_ref()
            .is_some_and(|shown| Arc::ptr_eq(shown, card))
        {
            return;
        }
        let same_card = self
            .shown
            .as_ref()
            .is_some_and(|shown| shown.source == card.source && shown.idm == card.idm);
        // A view comes after every command; only what differs from the last one glows.
        let changed = same_card
            && !card.changed.is_empty()
            && self.shown.as_ref().is_some_and(|shown| {
                shown.revision != card.revision
                    && (shown.bytes != card.bytes || shown.changed != card.changed)
            });
        if changed {
            self.changed_at = Some(now);
        }
        let before = self.shown.replace(card.clone());
        self.time.update(card);
        let same_nodes = same_card
            && self.owners == view.owners
            && before
                .as_ref()
                .is_some_and(|before| same_nodes(before, card));
        if same_nodes {
            return;
        }
        self.bytes.forget();
        self.owners.clone_from(&view.owners);
        self.facts = Facts::of(card);
        if !same_card {
            self.selection = Selection::default();
            self.gone = None;
            self.changed_at = None;
            self.map.forget();
            self.tree = tree::TreeState::default();
        }
        self.tree
            .fold_new_groups(before.as_deref().filter(|_| same_card), card);
        let found = self.keep_picked(card);
        if found {
            self.bring_into_sight();
        }
        self.tree.rebuild(view, card, self.facts.addresses);
    }

    /// Lets go of a node that the card does not have at this moment, and picks it again as soon as the card has it,
    /// unless something else was picked meanwhile. Gives whether it did.
    fn keep_picked(&mut self, card: &CardView) -> bool {
        let there = |selection: Selection| {
            selection
                .node
                .is_none_or(|node| facts::exists(&card.tree, node))
        };
        let before = self.gone.take().filter(|(_, left)| *left == self.selection);
        let picked = before.map_or(self.selection, |(picked, _)| picked);
        if there(picked) {
            self.selection = picked;
            return before.is_some();
        }
        if !there(self.selection) {
            self.selection = self.without_node(card);
        }
        self.gone = Some((picked, self.selection));
        false
    }

    /// What stays picked when the picked node is gone: the block and its bytes, if the card still uses it.
    fn without_node(&self, card: &CardView) -> Selection {
        let map = card.map.as_ref();
        let node = |block| map.and_then(|map| facts::node_at(map, block));
        let block = self.selection.block;
        let there = block.and_then(|block| Some((block, node(block)?)));
        there.map_or_else(Selection::default, |(block, node)| Selection {
            bytes: self.selection.bytes,
            ..Selection::block(block, Some(node))
        })
    }

    /// How strongly the newest change glows now, from 1 to 0; asks for the frames that the fading needs and
    /// for no others.
    fn glow(&mut self, ui: &Ui) -> Option<f32> {
        let age = ui.input(|input| input.time) - self.changed_at?;
        if age < HOLD {
            ui.ctx()
                .request_repaint_after(Duration::from_secs_f64(HOLD - age));
            return Some(1.0);
        }
        let faded = (age - HOLD) / FADE;
        if faded >= 1.0 {
            self.changed_at = None;
            return None;
        }
        ui.ctx().request_repaint_after(Duration::from_millis(33));
        Some(1.0 - faded as f32)
    }

    /// Draws the place. What a person asks for is added to `asked` and `commands`.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View,
        asked: &mut Vec<Action>,
        commands: &mut Vec<Command>,
    ) {
        // Keys may have picked an event since the last frame.
        self.trace.follow_pick(&mut self.selection);
        let Some(card) = self.shown.clone() else {
            let told = matches!(
                view.on_reader,
                Some(OnReader::Failed(_) | OnReader::Number { .. })
            );
            if told && !view.trace.is_empty() {
                self.trace_alone(ui, view, asked, commands);
            }
            no_card::show(ui, view, asked);
            return;
        };
        let t = Tokens::of(ui.ctx());
        let look = Look {
            glow: self.glow(ui),
            wide: ui.ctx().content_rect().width() >= WIDE,
        };
        let before = self.selection;
        self.time(ui, &card, asked, commands);
        self.left(ui, view, &card, look, asked, commands);
        if look.wide {
            self.right(ui, view, &card, asked, commands);
        }
        CentralPanel::no_frame()
            .frame(filled_panel(t.ground))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                self.centre(ui, view, &card, look, asked, commands);
            });
        self.trace.follow_pick(&mut self.selection);
        let place = |selection: Selection| (selection.node, selection.block);
        if place(self.selection) != place(before) {
            self.changes.follow(self.selection);
            self.bring_into_sight();
            // The rows may have been unfolded for it.
            self.tree.rebuild(view, &card, self.facts.addresses);
        }
        if self.selection != before {
            // What was drawn before the pick shows it in the next frame.
            ui.ctx().request_repaint();
        }
    }

    /// How wide or high a panel was left.
    fn panel_size(&self, name: &str, first: f32) -> f32 {
        self.panels.get(name).copied().map_or(first, f32::from)
    }

    fn note_panel(&mut self, name: &str, size: f32) {
        // Rounded, so that what is kept stays what it is.
        let size = size.round() as u16;
        match self.panels.get_mut(name) {
            Some(noted) => *noted = size,
            None => {
                self.panels.insert(name.to_owned(), size);
            }
        }
    }

    fn details(&mut self, ui: &mut Ui, view: &View, card: &CardView, commands: &mut Vec<Command>) {
        if self.changes.has_details() {
            return self.change(ui, view, commands);
        }
        let asked = details::show(ui, view, card, &self.facts, self.selection);
        match asked {
            Some(details::Asked::Pick(event)) => self.pick_event(card, event),
            Some(details::Asked::GoTo(event)) => commands.push(Command::ShowMoment(Some(event))),
            None => {}
        }
    }

    /// Changes or copies the picked bytes.
    fn act_on_bytes(&mut self, action: Action) {
        self.bytes.ask(action);
    }

    /// The file that a person asks for as a side of the comparison, once.
    pub fn take_file_question(&mut self) -> Option<FileFor> {
        self.changes.take_file_question()
    }

    /// Picks an event of the journal, the block that it wrote, and what it changed of it.
    pub fn pick_event(&mut self, card: &CardView, id: EventId) {
        let event = card.history.as_ref().and_then(|h| h.journal.event(id));
        let Some(event) = event else { return };
        let node = card
            .map
            .as_ref()
            .and_then(|map| facts::node_at(map, event.address));
        // A node that shares the block stays picked.
        let keep = self
            .selection
            .node
            .filter(|node| facts::blocks_of(&card.tree, *node).has(event.address));
        self.selection = Selection {
            event: Some(id),
            bytes: facts::changed_bytes(event),
            ..Selection::block(event.address, keep.or(node))
        };
    }

    fn changed_node(&self, card: &CardView) -> Option<NodeRef> {
        let map = card.map.as_ref()?;
        card.changed
            .iter()
            .find_map(|block| facts::node_at(map, *block))
    }
}

/// Whether two pictures differ in nothing but bytes, so that what was worked out of one serves the other.
fn same_nodes(before: &CardView, after: &CardView) -> bool {
    let same_map = match (&before.map, &after.map) {
        (Some(before), Some(after)) => Arc::ptr_eq(before, after),
        (None, None) => true,
        _ => false,
    };
    same_map
        && before.system_owners == after.system_owners
        && (Arc::ptr_eq(&before.tree, &after.tree) || before.tree == after.tree)
}
