//! The bytes of what is picked, a block a row, and beside them the inspector, which reads the picked ones and on an
//! emulated card changes them.
//!
//! [`rows`] says which blocks are listed, [`listing`] draws them, [`keyboard`] moves through them, [`picked`] is what is
//! picked of them, [`inspector`] the pane beside them and [`readings`] a part of it, [`edit`] the typing of a new value
//! and [`words`] what all of it is called. A byte of a key is two dots and an unknown byte two question marks in the
//! colour of the unknown. Rows are virtual, so that a whole card may be listed.

mod copy;
mod edit;
mod inspector;
mod keyboard;
mod listing;
mod pane;
mod picked;
mod readings;
mod rows;
mod shown;
mod state;
mod words;

pub use shown::Shown;
pub use state::ByteState;

use super::facts::Selection;
use crate::ui::action::Action;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_3, STROKE, Tokens};
use crate::ui::widgets::{self, Button, Size, Tone};
use crate::ui::{icons, numbers};
use crate::words::{format, text};
use crate::workbench::Command;
use crate::workbench::view::CardSource;
use copy::{copy, copy_menu};
use egui::{CornerRadius, Id, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use listing::Done;
use picked::{At, Picked};
use state::Tab;

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
