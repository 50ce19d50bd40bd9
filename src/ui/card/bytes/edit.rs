//! Typing a new value in place: a field, any reading, or the bytes themselves.
//!
//! A [`Slot`] shows one value. A click or Enter makes it a field to type in; what is typed is read at each key, and
//! what cannot be written is said under it. Enter writes, Esc leaves all as it was.

use super::picked::{MOST_READ, Picked};
use super::rows::Place;
use super::shown::Shown;
use super::words::refusal;
use crate::model::card::BLOCK_BYTES;
use crate::model::card::fields::Field;
use crate::model::card::map::Cell;
use crate::model::inspect::{ParseError, Reading};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, RADIUS_CONTROL, RADIUS_TAG, STROKE, Tokens};
use crate::ui::widgets::{self, Align};
use crate::words;
use crate::workbench::Command;
use crate::workbench::command::EditedBytes;
use crate::workbench::view::{ByteView, CardSource};
use egui::text::{CCursor, CCursorRange, LayoutJob};
use egui::text_edit::TextEditState;
use egui::{
    Color32, CornerRadius, Frame, Galley, Id, Key, Painter, Rect, Response, Role, Sense, Stroke,
    StrokeKind, TextEdit, Ui, WidgetInfo, pos2, vec2,
};
use std::fmt::Display;
use std::sync::Arc;

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A field of the block, in its own way of writing.
    Field(&'static Field),
    /// The picked bytes in a reading.
    Reading(Reading),
}

/// A value that is being typed.
#[derive(Clone)]
pub struct Editing {
    /// The bytes that were picked when it began.
    pub picked: Picked,
    pub what: What,
    pub text: String,
    /// What stood there.
    before: String,
    /// Why the card refused what was typed, while it is as it was then.
    answer: Option<String>,
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
            answer: None,
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
                let chosen = self.picked.chosen().bytes();
                reading.parse(&self.text, chosen as usize)
            }
        }
    }

    /// Why it cannot be written as it is.
    fn refusal(&self) -> Option<String> {
        let changed = self.text != self.before;
        let error = self.bytes().err().filter(|_| changed);
        error.as_ref().map(refusal).or(self.answer.clone())
    }

    /// What to ask of the workbench; nothing when nothing was changed.
    fn command(&self) -> Result<Option<Command>, ParseError> {
        let Place::Block(address) = self.picked.place else {
            return Ok(None);
        };
        if self.text == self.before {
            return Ok(None);
        }
        let mut bytes = vec![None; self.picked.chosen().first.into()];
        bytes.extend(self.bytes()?.into_iter().map(Some));
        bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), None);
        let bytes = EditedBytes(bytes);
        Ok(Some(Command::Edit { address, bytes }))
    }
}

/// What is typed, and what was sent of it.
#[derive(Default)]
pub struct Typing {
    pub now: Option<Editing>,
    /// The revision of the card that is shown.
    revision: u64,
    /// What was sent last, and at which revision.
    sent: Option<(Editing, u64)>,
}

impl Typing {
    /// Takes what was sent up again when the card has refused it, with the reason. Gives what was picked then.
    pub fn take_up(&mut self, shown: &Shown) -> Option<Picked> {
        self.revision = shown.card.revision;
        let refused = shown.view.refused_edit.as_ref()?;
        let is_it = |(sent, revision): &mut (Editing, u64)| {
            sent.picked.place == Place::Block(refused.address) && refused.revision > *revision
        };
        let (sent, _) = self.sent.take_if(is_it)?;
        let answer = format!("{} {}", refused.words.what, refused.words.next);
        let picked = sent.picked;
        self.now = Some(Editing {
            answer: Some(answer),
            fresh: true,
            ..sent
        });
        Some(picked)
    }
}

/// Why the picked bytes cannot be changed, in words; `None` when they can.
pub fn locked(shown: &Shown, picked: Picked) -> Option<String> {
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
        _ if picked.blocks() > MOST_READ => {
            let most = [("blocks", &MOST_READ as &dyn Display)];
            return Some(words::format("bytes.locked.many", &most));
        }
        _ if picked.places().any(|place| is_pending(shown, place)) => "bytes.locked.pending",
        _ => {
            let bytes: Vec<ByteView> = picked.rows(shown.card, MOST_READ).flatten().collect();
            if bytes.contains(&ByteView::Secret) {
                "bytes.locked.secret"
            } else if bytes.contains(&ByteView::Unknown) || bytes.is_empty() {
                "bytes.locked.unknown"
            } else {
                return None;
            }
        }
    };
    Some(words::text(key).to_owned())
}

fn is_pending(shown: &Shown, place: Place) -> bool {
    let Place::Block(address) = place else {
        return false;
    };
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
    /// Width of its lines, if it has several and is as high as all of them.
    pub lines: Option<f32>,
}

/// Text over the lines that it needs, as far as there is room for so many.
pub fn lines(p: &Painter, text: &str, kind: Type, ink: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple(text.to_owned(), kind.font(), ink, width);
    job.wrap.max_rows = MOST_LINES;
    // Groups of digits stay whole; text with no place to break in a line breaks anywhere.
    job.wrap.break_anywhere = text.split(' ').any(|word| word.chars().count() > LONG_WORD);
    p.layout_job(job)
}

/// Letters from which a word is broken.
const LONG_WORD: usize = 16;
/// Lines that are shown of a long value.
const MOST_LINES: usize = 8;

/// Draws a value; where it can be changed, a click on it begins that.
pub fn slot(
    ui: &mut Ui,
    typing: &mut Typing,
    picked: Picked,
    what: What,
    locked: Option<&str>,
    slot: &Slot,
) -> Option<Command> {
    let mine = |edit: &Editing| edit.what == what && edit.picked == picked;
    if let Some(edit) = typing.now.take_if(|edit| mine(edit)) {
        return type_in(ui, edit, slot, typing);
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
        None if response.clicked() => typing.now = Some(Editing::of(picked, what, slot.text)),
        None => {}
    }
    None
}

fn paint_box(ui: &Ui, t: &Tokens, slot: &Slot, fill: Option<Color32>) {
    let (corner, p) = (CornerRadius::same(RADIUS_CONTROL), ui.painter());
    if let Some(fill) = fill {
        p.rect_filled(slot.rect, corner, fill);
    }
    if slot.boxed {
        let stroke = Stroke::new(STROKE, t.line2);
        p.rect_stroke(slot.rect, corner, stroke, StrokeKind::Inside);
    }
}

/// The value in its place, over several lines where it is too long for one.
fn paint_value(ui: &Ui, slot: &Slot, place: Rect, ink: Color32) {
    let text = if slot.text.is_empty() {
        "–"
    } else {
        slot.text
    };
    let p = ui.painter();
    let Some(width) = slot.lines else {
        widgets::elided(p, place, slot.align, text, slot.kind, ink);
        return;
    };
    let galley = lines(p, text, slot.kind, ink, width);
    let at = pos2(place.left(), place.center().y - galley.size().y / 2.0);
    p.galley(at, galley, ink);
}

/// The field to type in. Puts it back unless typing has ended; gives what is to be asked of the workbench.
fn type_in(ui: &mut Ui, mut edit: Editing, slot: &Slot, typing: &mut Typing) -> Option<Command> {
    let t = Tokens::of(ui.ctx());
    widgets::control_box(ui.painter(), t, slot.rect, t.ground);
    let id = ui.scope_id().with("a value is typed");
    let side = if slot.boxed { GAP_2 } else { GAP };
    let place = slot.rect.shrink2(vec2(side, 1.0));
    let field = TextEdit::singleline(&mut edit.text)
        .id(id)
        .frame(Frame::NONE)
        .font(slot.kind.font())
        .char_limit(4 * MOST_READ as usize * BLOCK_BYTES)
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
        typing.now = Some(edit);
        return None;
    }
    if response.changed() {
        edit.answer = None;
    }
    ended(ui, &response, edit, typing)
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
fn ended(ui: &Ui, response: &Response, edit: Editing, typing: &mut Typing) -> Option<Command> {
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let left = response.lost_focus();
    if left && pressed(Key::Escape) {
        return None;
    }
    if !left || !pressed(Key::Enter) {
        typing.now = Some(edit);
        return None;
    }
    match edit.command() {
        Ok(command) => {
            if command.is_some() {
                typing.sent = Some((edit, typing.revision));
            }
            command
        }
        Err(_) => {
            response.request_focus();
            typing.now = Some(edit);
            None
        }
    }
}

/// Says under a value why it cannot be written, while it is typed.
pub fn refused(ui: &mut Ui, typing: &Typing, whose: &[What]) {
    let edit = typing
        .now
        .as_ref()
        .filter(|edit| whose.contains(&edit.what));
    let Some(why) = edit.and_then(Editing::refusal) else {
        return;
    };
    let t = Tokens::of(ui.ctx());
    ui.add_space(GAP);
    ui.add(egui::Label::new(Type::Small.text(why, t.danger)).wrap());
    ui.add_space(GAP);
}
