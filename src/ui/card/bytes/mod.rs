//! The bytes of what is picked, a block a row, and beside them the inspector, which reads the picked ones and on an
//! emulated card changes them.
//!
//! [`rows`] says which blocks are listed, [`listing`] draws them, [`keyboard`] moves through them, [`picked`] is what is
//! picked of them, [`inspector`] the pane beside them and [`readings`] a part of it, [`edit`] the typing of a new value
//! and [`words`] what all of it is called. A byte of a key is two dots and an unknown byte two question marks in the
//! colour of the unknown. Rows are virtual, so that a whole card may be listed.

mod edit;
mod inspector;
mod keyboard;
mod listing;
mod picked;
mod readings;
mod rows;
mod words;

use super::facts::{self, Facts, NodeRef, Selection, blocks_of, node_at};
use crate::model::card::journal::{EventId, Moment};
use crate::ui::action::Action;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_3, STROKE, Tokens};
use crate::ui::widgets::{self, Button, Row as MenuRow, Size, Tone};
use crate::ui::{icons, numbers};
use crate::words::{format, text};
use crate::workbench::Command;
use crate::workbench::view::{CardSource, CardView, View};
use edit::Typing;
use egui::{
    CornerRadius, Frame, Id, Margin, Popup, PopupCloseBehavior, Rect, Role, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};
use listing::Done;
use picked::{At, Picked};
use rows::{Place, Rows};

/// What the panel shows.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub view: &'a View,
    pub card: &'a CardView,
    pub facts: &'a Facts,
    /// How strongly the newest change glows, if it does.
    pub glow: Option<f32>,
}

/// What a narrow panel shows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Listing,
    Inspector,
}

/// What the panel keeps between frames.
#[derive(Default)]
pub struct ByteState {
    rows: Rows,
    /// The rows are of this card.
    fresh: bool,
    /// What the header says is listed, and of what it says so.
    title: String,
    titled: Option<Selection>,
    /// The selection as it was left here.
    seen: Option<Selection>,
    /// The picked block of a card that does not tell where its blocks stand.
    loose: Option<Place>,
    picked: Option<Picked>,
    /// Where the picked bytes began, and where they go on.
    ends: Option<(At, At)>,
    /// Where the pointer was put down, while bytes are dragged over.
    dragged: Option<At>,
    /// The picked row is to be brought into sight.
    reveal: bool,
    /// The definition of a picked system or area is to be brought into sight, once its rows have been drawn.
    definition: Option<u32>,
    editing: Typing,
    tab: Tab,
    changed_by: ChangedBy,
    /// What was asked for from anywhere, to be done when the panel is drawn.
    asked: Option<Action>,
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

    fn picked(&self) -> Option<Picked> {
        self.picked
    }

    /// Takes in what was picked elsewhere, and lists what belongs to it. What is picked here leaves the listing as it
    /// is, so that one can walk on through it.
    fn follow(&mut self, card: &CardView, facts: &Facts, selection: Selection) {
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
    fn pick(&mut self, selection: Selection) {
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
    fn here(&self) -> Option<(Place, Option<u8>)> {
        let byte = self.ends.map(|(_, to)| (to.place, Some(to.byte)));
        byte.or(self.picked.map(|picked| (picked.place, None)))
    }

    /// Picks the bytes from one to another.
    fn choose(&mut self, card: &CardView, selection: &mut Selection, from: At, to: At) {
        self.reveal |= self.here().is_some_and(|(place, _)| place != to.place);
        self.ends = Some((from, to));
        self.put(card, selection, Picked::between(from, to));
    }

    /// Picks a whole block.
    fn choose_block(&mut self, card: &CardView, selection: &mut Selection, place: Place) {
        self.ends = None;
        self.put(card, selection, Picked { place, span: None });
    }

    fn put(&mut self, card: &CardView, selection: &mut Selection, picked: Picked) {
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

/// Draws the panel, its header included. What is picked is written to `selection`.
pub fn show(
    ui: &mut Ui,
    state: &mut ByteState,
    shown: &Shown,
    selection: &mut Selection,
    asked: &mut Vec<Action>,
    commands: &mut Vec<Command>,
) {
    let t = Tokens::of(ui.ctx());
    state.follow(shown.card, shown.facts, *selection);
    if let Some(picked) = state.editing.take_up(shown) {
        state.put(shown.card, selection, picked);
        state.tab = Tab::Inspector;
    }
    if let Some(action) = state.asked.take() {
        act(ui, state, shown, selection, action);
    }
    let beside = ui.available_width() - listing::width(ui);
    let narrow = beside < inspector::WIDTH.min;
    header(ui, state, shown, narrow, asked);
    if state.rows.len() == 0 {
        ui.add_space(GAP_3);
        ui.horizontal(|ui| {
            ui.add_space(GAP_3);
            ui.label(Type::Small.text(text("card.bytes.none"), t.t3));
        });
        ui.take_available_space();
        return;
    }
    let room = ui.available_rect_before_wrap();
    let split = if narrow {
        room.right()
    } else {
        room.right() - inspector::WIDTH.clamp(beside)
    };
    let left = Rect::from_min_max(room.min, pos2(split, room.bottom()));
    let right = if narrow {
        room
    } else {
        Rect::from_min_max(pos2(split, room.top()), room.max)
    };
    // The listing, to give it the keyboard.
    let home = ui.scope_id().with("the list of bytes");
    let part = |ui: &mut Ui, rect: Rect, salt: &str| {
        let mut part = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(salt));
        part.spacing_mut().item_spacing.y = 0.0;
        part.set_clip_rect(rect.intersect(ui.clip_rect()));
        part
    };
    if !narrow || state.tab == Tab::Listing {
        let mut part = part(ui, left, "listing");
        list(&mut part, home, state, shown, selection);
    }
    if !narrow || state.tab == Tab::Inspector {
        let mut pane = part(ui, right, "inspector");
        pane.painter()
            .rect_filled(right, CornerRadius::ZERO, t.panel);
        let line = Stroke::new(STROKE, t.line);
        pane.painter().vline(right.left(), right.y_range(), line);
        let from_listing = state.editing.now.as_ref().map(|edit| edit.from_listing);
        inspector::show(&mut pane, state, shown, selection, commands);
        if let (Some(from_listing), None) = (from_listing, &state.editing.now) {
            ui.memory_mut(|memory| memory.request_focus(home));
            if from_listing {
                state.tab = Tab::Listing;
            }
        }
    }
    ui.take_available_space();
    state.seen = Some(*selection);
    state.pick(*selection);
}

/// Does what was asked for from anywhere.
fn act(ui: &Ui, state: &mut ByteState, shown: &Shown, selection: &mut Selection, action: Action) {
    if state.picked().is_none()
        && let Some(first) = state.rows.nearest(0, true)
    {
        state.choose_block(shown.card, selection, first);
    }
    match action {
        Action::CopyHex => copy(ui, state, shown, false),
        Action::CopyText => copy(ui, state, shown, true),
        _ => keyboard::begin(state, shown, selection, None),
    }
}

/// The listing with keyboard and pointer.
fn list(ui: &mut Ui, home: Id, state: &mut ByteState, shown: &Shown, selection: &mut Selection) {
    let t = Tokens::of(ui.ctx());
    let area = ui.available_rect_before_wrap();
    let whole = ui.interact(area, home, Sense::focusable_noninteractive());
    whole.widget_info(|| WidgetInfo::labeled(Role::List, true, text("bytes.list")));
    if whole.has_focus() {
        keyboard::follow(ui, &whole, state, shown, selection);
    }
    let picked = state.picked();
    match listing::show(ui, state, shown, &whole) {
        Some(Done::Click {
            place,
            byte,
            extend,
        }) => {
            let rows = state.rows.neighbours(place);
            let began = state.ends.map(|(from, _)| from).filter(|from| {
                extend && rows.is_some() && state.rows.neighbours(from.place) == rows
            });
            match (byte, began) {
                (None, _) => state.choose_block(shown.card, selection, place),
                (Some(byte), Some(from)) => {
                    state.choose(shown.card, selection, from, At::new(place, byte));
                }
                (Some(byte), None) => {
                    let here = picked.filter(|picked| picked.place == place);
                    let now = here.and_then(|picked| picked.span);
                    let span = Some(listing::clicked(shown, place, byte, now));
                    let (from, to) = Picked { place, span }.ends();
                    state.choose(shown.card, selection, from, to);
                }
            }
            ui.memory_mut(|memory| memory.request_focus(home));
        }
        Some(Done::Drag { from, to }) => {
            state.choose(shown.card, selection, from, to);
            ui.memory_mut(|memory| memory.request_focus(home));
        }
        None => {}
    }
    widgets::focus_ring(ui.painter(), t, &whole, area.shrink(1.0), 0);
}

/// What is listed, and what can be done with it.
fn header(
    ui: &mut Ui,
    state: &mut ByteState,
    shown: &Shown,
    narrow: bool,
    asked: &mut Vec<Action>,
) {
    let t = Tokens::of(ui.ctx());
    let rect = ui.available_rect_before_wrap();
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 32.0));
    ui.painter().rect_filled(bar, CornerRadius::ZERO, t.panel);
    let blocks = numbers::grouped(state.rows.blocks());
    let blocks = format("card.blocks", &[("count", &blocks)]);
    let aside = std::format!("{}  {blocks}", state.title);
    widgets::panel_header(ui, 32.0, text("card.bytes"), aside.trim(), |ui| {
        let sealed = matches!(shown.card.source, CardSource::Sealed { .. });
        let (icon, word) = if shown.view.workspace.keys_shown && !sealed {
            (icons::EYE, text("card.keys_shown"))
        } else {
            (icons::EYE_SLASH, text("card.keys_hidden"))
        };
        let button = Button::ghost(word).icon(icon).size(Size::Small);
        let refused = Action::ShowKeys.refused(shown.view);
        if ui.add(button.refused(refused)).clicked() {
            asked.push(Action::ShowKeys);
        }
        copy_menu(ui, state, shown);
        if let Some(because) = state.picked().and_then(|it| edit::locked(shown, it)) {
            let word = text("bytes.locked");
            widgets::tag(ui, Tone::Neutral, icons::LOCK, word).on_hover_text(because);
        }
        if narrow {
            let choices = [
                (text("bytes.tab"), Tab::Listing),
                (text("bytes.inspector"), Tab::Inspector),
            ];
            widgets::segmented(ui, &choices, &mut state.tab);
        }
    });
}

/// A button that opens the ways to copy what is picked.
fn copy_menu(ui: &mut Ui, state: &ByteState, shown: &Shown) {
    let refused = state.picked().is_none().then(|| text("bytes.copy_none"));
    let button = Button::ghost(text("bytes.copy"))
        .icon(icons::COPY)
        .size(Size::Small)
        .refused(refused);
    let response = ui.add(button);
    Popup::menu(&response)
        .frame(Frame::menu(ui.style()).inner_margin(Margin::same(GAP as i8)))
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| {
            ui.set_width(160.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            for (action, as_text) in [(Action::CopyHex, false), (Action::CopyText, true)] {
                let name = action.name();
                let row = MenuRow {
                    id: ui.scope_id().with(name),
                    name,
                    height: 28.0,
                    selected: false,
                    role: Role::MenuItem,
                };
                let (rect, response) = widgets::row(ui, row);
                let t = Tokens::of(ui.ctx());
                let place = rect.shrink2(vec2(GAP_3, 0.0));
                let p = ui.painter();
                widgets::elided(p, place, widgets::Align::Left, name, Type::Body, t.t1);
                if response.clicked() {
                    copy(ui, state, shown, as_text);
                }
            }
        });
}

/// Puts what is picked on the clipboard as it is shown, bytes of keys as dots: digits a line a block, text in one.
fn copy(ui: &Ui, state: &ByteState, shown: &Shown, as_text: bool) {
    if let Some(picked) = state.picked() {
        let rows = picked.rows(shown.card, u32::MAX);
        let text: String = if as_text {
            rows.map(|row| listing::letters(&row)).collect()
        } else {
            let rows: Vec<String> = rows.map(|row| listing::digits(&row)).collect();
            rows.join("\n")
        };
        ui.copy_text(text);
    }
}

/// Which event changed some bytes last, kept while nothing moves.
#[derive(Default)]
struct ChangedBy(Option<(Picked, Moment, Option<EventId>)>);

/// How many writes of a block are looked at for the one that changed a byte.
const LOOKED_BACK: usize = 1_000;

impl ChangedBy {
    fn of(&mut self, shown: &Shown, picked: Picked) -> Option<EventId> {
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
