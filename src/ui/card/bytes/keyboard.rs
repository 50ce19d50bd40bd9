//! The keyboard in the listing: arrows move from byte to byte, with Shift they take more, over neighbouring blocks as
//! well, Ctrl+A takes all of these, Enter and typed digits change what is picked.

use super::copy::copy;
use super::edit::{self, Editing, What};
use super::listing;
use super::picked::{At, Picked};
use super::rows::{Place, Row};
use super::shown::Shown;
use super::state::{ByteState, Tab};
use super::words::{WHOLE, field_of, known, span_of, value};
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
        Key::A if modifiers.command => take_all(state, shown, selection),
        Key::Enter | Key::F2 => begin(state, shown, selection, None),
        _ => moved(state, shown, selection, key, modifiers, page),
    }
}

/// Moves to another byte or block; with Shift it takes what is between as well.
fn moved(
    state: &mut ByteState,
    shown: &Shown,
    selection: &mut Selection,
    key: Key,
    modifiers: Modifiers,
    page: usize,
) {
    let here = state.here();
    let row = here.and_then(|(place, _)| state.rows.position(place));
    let (Some((place, byte)), Some(row)) = (here, row) else {
        let arrow = matches!(key, Key::ArrowDown | Key::ArrowRight | Key::Home);
        if let Some(first) = state.rows.nearest(0, true).filter(|_| arrow) {
            let first = At::new(first, 0);
            state.choose(shown.card, selection, first, first);
        }
        return;
    };
    let extends = modifiers.shift;
    let Some((to_row, to_byte)) = target(state, row, byte, key, modifiers, page) else {
        return;
    };
    // Rows of words are passed over; at the end of the list it stays where it is. What is taken with Shift ends with
    // the neighbours of where it began.
    let to = match state.rows.neighbours(place).filter(|_| extends) {
        Some(rows) => rows.contains(&to_row).then_some(to_row),
        None => Some(to_row),
    };
    let forward = to_row >= row;
    let to = to.and_then(|to| {
        let place = state.rows.nearest(to, forward);
        place.or_else(|| state.rows.nearest(to, !forward))
    });
    let to = to.filter(|to| *to != place || to_row == row);
    match (to, to_byte, extends) {
        (Some(to), Some(byte), false) => {
            let to = At::new(to, byte);
            state.choose(shown.card, selection, to, to);
        }
        (Some(to), None, false) => state.choose_block(shown.card, selection, to),
        (Some(to), byte, true) => {
            // Of a whole block, all is taken.
            let (first, last) = if forward { (0, 15) } else { (15, 0) };
            let from = state.ends.map_or(At::new(place, first), |(from, _)| from);
            let to = At::new(to, byte.unwrap_or(last));
            state.choose(shown.card, selection, from, to);
        }
        (None, ..) => {}
    }
}

/// The row and the byte that a key leads to from those; no byte for a whole block. `None` when it leads nowhere.
fn target(
    state: &ByteState,
    row: usize,
    byte: Option<u8>,
    key: Key,
    modifiers: Modifiers,
    page: usize,
) -> Option<(usize, Option<u8>)> {
    let last = state.rows.len().saturating_sub(1);
    let rows = state.rows.get(row).and_then(|row| match row {
        Row::Bytes(place) => state.rows.neighbours(place),
        Row::Gap(_) => None,
    });
    // With Shift, the ends are those of the neighbours.
    let ends = match rows.filter(|_| modifiers.shift) {
        Some(rows) => (rows.start, rows.end.saturating_sub(1)),
        None => (0, last),
    };
    let side = |edge: u8| {
        if modifiers.shift { Some(edge) } else { byte }
    };
    Some(match (key, byte) {
        (Key::ArrowUp, _) => (row.checked_sub(1)?, byte),
        (Key::ArrowDown, _) => (Some(row + 1).filter(|row| *row <= last)?, byte),
        (Key::PageUp, _) => (row.saturating_sub(page).max(ends.0), byte),
        (Key::PageDown, _) => ((row + page).min(ends.1), byte),
        (Key::Home, _) if modifiers.command => (ends.0, side(0)),
        (Key::End, _) if modifiers.command => (ends.1, side(15)),
        (Key::ArrowLeft | Key::ArrowRight | Key::Home, None) => (row, Some(0)),
        (Key::ArrowLeft, Some(0)) => (row.checked_sub(1)?, Some(15)),
        (Key::ArrowLeft, Some(byte)) => (row, Some(byte - 1)),
        (Key::ArrowRight, Some(15)) => (Some(row + 1).filter(|row| *row <= last)?, Some(0)),
        (Key::ArrowRight, Some(byte)) => (row, Some(byte.saturating_add(1).min(15))),
        (Key::Home, Some(_)) => (row, Some(0)),
        (Key::End, _) => (row, Some(15)),
        _ => return None,
    })
}

/// Takes all bytes of the neighbours that the keyboard stands among: those of a service, or of the whole card.
fn take_all(state: &mut ByteState, shown: &Shown, selection: &mut Selection) {
    let here = state.here().map(|(place, _)| place);
    let here = here.or_else(|| state.rows.nearest(0, true));
    let rows = here.and_then(|place| state.rows.neighbours(place));
    let ends = rows.and_then(|rows| {
        let first = state.rows.nearest(rows.start, true)?;
        let last = state.rows.nearest(rows.end.checked_sub(1)?, false)?;
        Some((At::new(first, 0), At::new(last, 15)))
    });
    if let Some((from, to)) = ends {
        state.choose(shown.card, selection, from, to);
    }
}

/// A hexadecimal digit begins the typing of new bytes.
fn typed(state: &mut ByteState, shown: &Shown, selection: &mut Selection, text: &str) {
    let digit = !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit());
    if digit && state.editing.now.is_none() {
        begin(state, shown, selection, Some(text));
    }
}

/// Begins to change what is picked: its field, or its bytes where it is none or a digit was typed. Of a block, its
/// first field, or all of it.
pub fn begin(state: &mut ByteState, shown: &Shown, selection: &mut Selection, typed: Option<&str>) {
    if let Some(Picked { place, span: None }) = state.picked() {
        let first = fields_of(place.kind(shown.card)).first().map(span_of);
        let span = Some(first.unwrap_or(WHOLE));
        let (from, to) = Picked { place, span }.ends();
        state.choose(shown.card, selection, from, to);
    }
    let Some(picked) = state.picked() else {
        return;
    };
    if edit::locked(shown, picked).is_some() || !matches!(picked.place, Place::Block(_)) {
        return;
    }
    let mut editing = beginning(shown, picked, typed);
    editing.from_listing = state.tab == Tab::Listing;
    state.editing.now = Some(editing);
    state.tab = Tab::Inspector;
}

fn beginning(shown: &Shown, picked: Picked, typed: Option<&str>) -> Editing {
    let field = field_of(shown.card, picked.place, picked.chosen());
    let bytes: Vec<_> = picked.rows(shown.card, u32::MAX).flatten().collect();
    let bytes = known(&bytes).unwrap_or_default();
    let hex = Reading::Hex.read(&bytes).unwrap_or_default();
    let row = picked.place.bytes(shown.card);
    match (typed, field.zip(row)) {
        (Some(typed), Some((field, _))) if field.reading() == Reading::Hex => {
            Editing::typed(picked, What::Field(field), &hex, typed)
        }
        (Some(typed), _) => Editing::typed(picked, What::Reading(Reading::Hex), &hex, typed),
        (None, Some((field, row))) => {
            Editing::of(picked, What::Field(field), value(field, &row).text())
        }
        (None, None) => Editing::of(picked, What::Reading(Reading::Hex), &hex),
    }
}
