//! The keyboard in the listing: arrows move from byte to byte, with Shift they take more of a block, Enter and typed
//! digits change what is picked.

use super::edit::{self, Editing, What};
use super::rows::Place;
use super::words::{ByteRow, WHOLE, field_of, known, range, span_of, value};
use super::{ByteState, Picked, Shown, Tab, copy, listing};
use crate::model::card::fields::fields_of;
use crate::model::inspect::Reading;
use crate::ui::card::facts::Selection;
use egui::{Event, EventFilter, Key, Modifiers, Response, Ui};

/// Does what keys ask for while `list` has them.
pub fn follow(
    ui: &Ui,
    list: &Response,
    state: &mut ByteState,
    shown: &Shown,
    selection: &mut Selection,
) {
    let filter = EventFilter {
        vertical_arrows: true,
        horizontal_arrows: true,
        escape: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
    let page = ((list.rect.height() / listing::ROW) as usize).max(3) - 2;
    for event in ui.input(|input| input.events.clone()) {
        match event {
            Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } => pressed(state, shown, selection, key, modifiers, page),
            Event::Text(text) if !is_shortcut(ui, &text) => typed(state, shown, selection, &text),
            Event::Copy => copy(ui, state, shown, false),
            _ => {}
        }
    }
}

/// Letters with Shift are shortcuts of the place; digits may need Shift to be typed.
fn is_shortcut(ui: &Ui, text: &str) -> bool {
    let shift = ui.input(|input| input.modifiers.shift);
    shift && text.chars().any(char::is_alphabetic)
}

fn pressed(
    state: &mut ByteState,
    shown: &Shown,
    selection: &mut Selection,
    key: Key,
    modifiers: Modifiers,
    page: usize,
) {
    match key {
        Key::Escape if state.picked().is_some_and(|picked| picked.span.is_some()) => {
            selection.bytes = None;
            state.seen = Some(*selection);
            state.pick(*selection);
        }
        Key::Enter | Key::F2 => begin(state, shown, selection, None),
        _ => moved(state, shown, selection, key, modifiers, page),
    }
}

/// Where the keyboard stands: a row and a byte of it, before anything is picked the first.
fn moved(
    state: &mut ByteState,
    shown: &Shown,
    selection: &mut Selection,
    key: Key,
    modifiers: Modifiers,
    page: usize,
) {
    let picked = state.picked();
    let row = picked.and_then(|picked| state.rows.position(picked.place));
    let (Some(picked), Some(row)) = (picked, row) else {
        let arrow = matches!(key, Key::ArrowDown | Key::ArrowRight | Key::Home);
        if let Some(first) = state.rows.nearest(0, true).filter(|_| arrow) {
            state.choose(shown.card, selection, first, Some((0, 0)));
        }
        return;
    };
    let last = state.rows.len().saturating_sub(1);
    let to_row = match key {
        Key::ArrowUp => Some((row.saturating_sub(1), false)),
        Key::ArrowDown => Some((row + 1, true)),
        Key::PageUp => Some((row.saturating_sub(page), false)),
        Key::PageDown => Some((row + page, true)),
        Key::Home if modifiers.command => Some((0, true)),
        Key::End if modifiers.command => Some((last, false)),
        _ => None,
    };
    if let Some((to, forward)) = to_row {
        // Rows of words are passed over; at the end of the list it stays where it is.
        let to = state.rows.nearest(to.min(last), forward);
        if let Some(place) = to {
            let byte = picked.span.map(|_| (state.ends.1, state.ends.1));
            state.choose(shown.card, selection, place, byte);
        }
        return;
    }
    let at = state.ends.1;
    let byte = match (key, picked.span) {
        (Key::ArrowLeft | Key::Home, None) => 0,
        (Key::ArrowRight, None) => 0,
        (Key::ArrowLeft, Some(_)) => at.saturating_sub(1),
        (Key::ArrowRight, Some(_)) => (at + 1).min(15),
        (Key::Home, _) => 0,
        (Key::End, _) => 15,
        _ => return,
    };
    let from = if modifiers.shift && picked.span.is_some() {
        state.ends.0
    } else {
        byte
    };
    state.choose(shown.card, selection, picked.place, Some((from, byte)));
}

/// A hexadecimal digit begins the typing of new bytes.
fn typed(state: &mut ByteState, shown: &Shown, selection: &mut Selection, text: &str) {
    let digit = !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit());
    if digit && state.editing.is_none() {
        begin(state, shown, selection, Some(text));
    }
}

/// Begins to change what is picked: its field, or its bytes where it is none or a digit was typed. Of a block, its
/// first field, or all of it.
pub fn begin(state: &mut ByteState, shown: &Shown, selection: &mut Selection, typed: Option<&str>) {
    if let Some(Picked { place, span: None }) = state.picked() {
        let first = fields_of(place.kind(shown.card)).first().map(span_of);
        let span = first.unwrap_or(WHOLE);
        state.choose(shown.card, selection, place, Some((span.first, span.last)));
    }
    let Some(picked) = state.picked() else {
        return;
    };
    let Some(row) = picked.place.bytes(shown.card) else {
        return;
    };
    if edit::locked(shown, picked).is_some() || !matches!(picked.place, Place::Block(_)) {
        return;
    }
    let mut editing = beginning(shown, picked, &row, typed);
    editing.from_listing = state.tab == Tab::Listing;
    state.editing = Some(editing);
    state.tab = Tab::Inspector;
}

fn beginning(shown: &Shown, picked: Picked, row: &ByteRow, typed: Option<&str>) -> Editing {
    let field = field_of(shown.card, picked.place, picked.chosen());
    let bytes = known(row, range(picked.chosen())).unwrap_or_default();
    let hex = Reading::Hex.read(&bytes).unwrap_or_default();
    match (typed, field) {
        (Some(typed), Some(field)) if field.reading() == Reading::Hex => {
            Editing::typed(picked, What::Field(field), &hex, typed)
        }
        (Some(typed), _) => Editing::typed(picked, What::Reading(Reading::Hex), &hex, typed),
        (None, Some(field)) => Editing::of(picked, What::Field(field), value(field, row).text()),
        (None, None) => Editing::of(picked, What::Reading(Reading::Hex), &hex),
    }
}
