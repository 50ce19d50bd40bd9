//! Typing a new value in place: a field, any reading, or the bytes themselves.
//!
//! A [`Slot`] shows one value. A click or Enter makes it a field to type in; what is typed is read at each key, and
//! what cannot be written is said under it. Enter writes, Esc leaves all as it was.

use super::rows::Place;
use super::words::{range, refusal};
use super::{Picked, Shown};
use crate::model::card::BLOCK_BYTES;
use crate::model::card::fields::Field;
use crate::model::card::map::Cell;
use crate::model::inspect::{ParseError, Reading};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, RADIUS_CONTROL, RADIUS_TAG, STROKE, Tokens};
use crate::ui::widgets::{self, Align};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{ByteView, CardSource};
use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{
    CornerRadius, Frame, Id, Key, Rect, Response, Role, Sense, Stroke, StrokeKind, TextEdit, Ui,
    WidgetInfo, vec2,
};

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A field of the block, in its own way of writing.
    Field(&'static Field),
    /// The picked bytes in a reading.
    Reading(Reading),
}

/// A value that is being typed.
pub struct Editing {
    /// The bytes that were picked when it began.
    pub picked: Picked,
    pub what: What,
    pub text: String,
    /// What stood there.
    before: String,
    /// Nothing was drawn of it yet; it takes the keyboard when it is.
    fresh: bool,
    /// It began with a key in the listing, which is to be shown again when it has ended.
    pub from_listing: bool,
}

impl Editing {
    /// Begins with what stands there, all of it marked.
    pub fn of(picked: Picked, what: What, text: &str) -> Editing {
        Editing {
            picked,
            what,
            text: text.to_owned(),
            before: text.to_owned(),
            fresh: true,
            from_listing: false,
        }
    }

    /// Begins with what was typed instead of `before`.
    pub fn typed(picked: Picked, what: What, before: &str, text: &str) -> Editing {
        Editing {
            text: text.to_owned(),
            ..Editing::of(picked, what, before)
        }
    }

    /// The bytes that would be written, from the first picked one on.
    fn bytes(&self) -> Result<Vec<u8>, ParseError> {
        match self.what {
            What::Field(field) => field.parse(&self.text),
            What::Reading(reading) => {
                let chosen = range(self.picked.chosen()).len();
                reading.parse(&self.text, chosen)
            }
        }
    }

    /// Why it cannot be written as it is.
    fn refusal(&self) -> Option<String> {
        let changed = self.text != self.before;
        let error = self.bytes().err().filter(|_| changed)?;
        Some(refusal(&error))
    }

    /// What to ask of the workbench; nothing when nothing was changed.
    fn command(&self) -> Result<Option<Command>, ParseError> {
        let Place::Block(address) = self.picked.place else {
            return Ok(None);
        };
        if self.text == self.before {
            return Ok(None);
        }
        let mut bytes = [None; BLOCK_BYTES];
        let places = bytes.iter_mut().skip(self.picked.chosen().first.into());
        for (place, byte) in places.zip(self.bytes()?) {
            *place = Some(byte);
        }
        let bytes = bytes.into();
        Ok(Some(Command::Edit { address, bytes }))
    }
}

/// Why the picked bytes cannot be changed, in words; `None` when they can.
pub fn locked(shown: &Shown, picked: Picked) -> Option<&'static str> {
    let flow = shown.view.flow.as_ref();
    let history = shown.card.history.as_ref();
    let live = history.map(|history| history.live);
    let key = match (&shown.card.source, picked.place) {
        (CardSource::Reader { .. }, _) => "bytes.locked.reader",
        (CardSource::Sealed { .. }, _) => "bytes.locked.sealed",
        (CardSource::File { .. }, _) | (_, Place::Loose { .. }) => "bytes.locked.dump",
        _ if history.is_some_and(|history| history.left) => "bytes.locked.left",
        _ if live == Some(false) => "bytes.locked.past",
        _ if flow.is_some_and(|flow| !flow.is_over()) => "bytes.locked.flow",
        (_, Place::Block(address)) if is_pending(shown, address) => "bytes.locked.pending",
        _ => {
            let row = picked.place.bytes(shown.card);
            let row = row.unwrap_or([ByteView::Unknown; BLOCK_BYTES]);
            let bytes = row.get(range(picked.chosen())).unwrap_or(&[]);
            if bytes.contains(&ByteView::Secret) {
                "bytes.locked.secret"
            } else if bytes.contains(&ByteView::Unknown) {
                "bytes.locked.unknown"
            } else {
                return None;
            }
        }
    };
    Some(words::text(key))
}

fn is_pending(shown: &Shown, address: u32) -> bool {
    let map = shown.card.map.as_ref();
    let cell: Option<&Cell> = map.and_then(|map| map.cells.get(address as usize));
    cell.is_some_and(|cell| cell.pending)
}

/// One value, and how it is drawn.
pub struct Slot<'a> {
    /// Accessible name, which the value follows.
    pub name: &'a str,
    pub text: &'a str,
    pub kind: Type,
    pub align: Align,
    pub rect: Rect,
    /// A border is drawn around it.
    pub boxed: bool,
}

/// Draws a value; where it can be changed, a click on it begins that.
pub fn slot(
    ui: &mut Ui,
    editing: &mut Option<Editing>,
    picked: Picked,
    what: What,
    locked: Option<&str>,
    slot: &Slot,
    commands: &mut Vec<Command>,
) {
    let mine = |edit: &Editing| edit.what == what && edit.picked == picked;
    if let Some(edit) = editing.take_if(|edit| mine(edit)) {
        *editing = type_in(ui, edit, slot, commands);
        return;
    }
    let t = Tokens::of(ui.ctx());
    let id = ui.scope_id().with(("slot", slot.name));
    let sense = if locked.is_none() {
        Sense::click()
    } else {
        Sense::hover()
    };
    let response = ui.interact(slot.rect, id, sense);
    let role = if locked.is_none() {
        Role::Button
    } else {
        Role::Label
    };
    let name = format!("{}: {}", slot.name, slot.text);
    response.widget_info(|| WidgetInfo::labeled(role, true, &name));
    let fill = match (locked.is_none() && response.hovered(), slot.boxed) {
        (true, _) => Some(t.hover),
        (false, true) if locked.is_none() => Some(t.raised),
        _ => None,
    };
    paint_box(ui, t, slot, fill);
    let ink = if slot.boxed { t.t1 } else { t.t2 };
    let inner = if slot.boxed {
        slot.rect.shrink2(vec2(GAP_2, 0.0))
    } else {
        slot.rect
    };
    paint_value(ui, slot, inner, ink);
    widgets::focus_ring(ui.painter(), t, &response, slot.rect, RADIUS_TAG);
    let cut =
        !slot.boxed && widgets::width_of(ui.painter(), slot.text, slot.kind) > slot.rect.width();
    let response = if cut {
        response.on_hover_text(slot.text)
    } else {
        response
    };
    match locked {
        Some(because) => {
            response.on_hover_text(because);
        }
        None if response.clicked() => *editing = Some(Editing::of(picked, what, slot.text)),
        None => {}
    }
}

fn paint_box(ui: &Ui, t: &Tokens, slot: &Slot, fill: Option<egui::Color32>) {
    let (corner, p) = (CornerRadius::same(RADIUS_CONTROL), ui.painter());
    if let Some(fill) = fill {
        p.rect_filled(slot.rect, corner, fill);
    }
    if slot.boxed {
        let stroke = Stroke::new(STROKE, t.line2);
        p.rect_stroke(slot.rect, corner, stroke, StrokeKind::Inside);
    }
}

/// The value in its place; what is too long for a box takes a second line.
fn paint_value(ui: &Ui, slot: &Slot, place: Rect, ink: egui::Color32) {
    let text = if slot.text.is_empty() {
        "–"
    } else {
        slot.text
    };
    let p = ui.painter();
    if !slot.boxed || widgets::width_of(p, text, slot.kind) <= place.width() {
        widgets::elided(p, place, slot.align, text, slot.kind, ink);
        return;
    }
    let mut letters = text.char_indices();
    let middle = letters.nth(text.chars().count() / 2);
    let (first, second) = text.split_at(middle.map_or(0, |(at, _)| at));
    let (upper, lower) = place
        .shrink2(vec2(0.0, GAP))
        .split_top_bottom_at_fraction(0.5);
    for (line, place) in [(first, upper), (second, lower)] {
        widgets::elided(p, place, slot.align, line.trim(), slot.kind, ink);
    }
}

/// The field to type in; gives it back unless typing has ended.
fn type_in(
    ui: &mut Ui,
    mut edit: Editing,
    slot: &Slot,
    commands: &mut Vec<Command>,
) -> Option<Editing> {
    let t = Tokens::of(ui.ctx());
    let (corner, p) = (CornerRadius::same(RADIUS_CONTROL), ui.painter());
    p.rect_filled(slot.rect, corner, t.ground);
    let stroke = Stroke::new(STROKE, t.line2);
    p.rect_stroke(slot.rect, corner, stroke, StrokeKind::Inside);
    let id = ui.scope_id().with("a value is typed");
    let side = if slot.boxed { GAP_2 } else { GAP };
    let place = slot.rect.shrink2(vec2(side, 1.0));
    let field = TextEdit::singleline(&mut edit.text)
        .id(id)
        .frame(Frame::NONE)
        .font(slot.kind.font())
        .char_limit(200)
        .align(egui::Align2::LEFT_CENTER)
        .min_size(place.size())
        .margin(egui::Margin::ZERO)
        .desired_width(f32::INFINITY);
    let response = ui.place(place, field);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_label(slot.name);
        if let Some(why) = edit.refusal() {
            node.set_description(why);
        }
    });
    widgets::focus_ring(ui.painter(), t, &response, slot.rect, RADIUS_CONTROL);
    if std::mem::take(&mut edit.fresh) {
        response.request_focus();
        mark(ui, id, &edit);
        return Some(edit);
    }
    ended(ui, &response, edit, commands)
}

/// Marks all that stood there; behind what was typed instead, the cursor goes.
fn mark(ui: &Ui, id: Id, edit: &Editing) {
    let end = CCursor::new(edit.text.chars().count());
    let start = if edit.text == edit.before {
        CCursor::new(0)
    } else {
        end
    };
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    state
        .cursor
        .set_char_range(Some(CCursorRange::two(start, end)));
    state.store(ui.ctx(), id);
    ui.ctx().request_repaint();
}

/// Enter writes what can be written and Esc leaves. Anything else goes on.
fn ended(
    ui: &Ui,
    response: &Response,
    edit: Editing,
    commands: &mut Vec<Command>,
) -> Option<Editing> {
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    if !response.lost_focus() {
        return Some(edit);
    }
    if pressed(Key::Escape) {
        return None;
    }
    if !pressed(Key::Enter) {
        return Some(edit);
    }
    match edit.command() {
        Ok(command) => {
            commands.extend(command);
            None
        }
        Err(_) => {
            response.request_focus();
            Some(edit)
        }
    }
}

/// Says under a value why it cannot be written, while it is typed.
pub fn refused(ui: &mut Ui, editing: Option<&Editing>, whose: &[What]) {
    let edit = editing.filter(|edit| whose.contains(&edit.what));
    let Some(why) = edit.and_then(Editing::refusal) else {
        return;
    };
    let t = Tokens::of(ui.ctx());
    ui.add_space(GAP);
    ui.add(egui::Label::new(Type::Small.text(why, t.danger)).wrap());
    ui.add_space(GAP);
}
