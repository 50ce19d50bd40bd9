//! The passphrase of a sealed card file: a small dialog over any place.
//!
//! It is open while the view asks, and what is typed goes to the workbench, which tries it. egui is never given what is
//! typed: [`Typed`] shows it as many dots as there are letters, so none of it gets into the toolkit's history of edits,
//! its cache of laid out text, the clipboard or the accessibility tree. Where a person wants to see it, its letters are
//! painted one by one in place of the dots. It is wiped when the dialog goes.

use super::icons;
use super::theme::{self, Type};
use super::tokens::{
    GAP, GAP_2, GAP_3, GAP_4, GAP_6, RADIUS_CONTROL, RADIUS_PALETTE, STROKE, Tokens,
};
use super::widgets::{self, Align, Button};
use crate::words;
use crate::workbench::command::{Command, TypedPassphrase};
use crate::workbench::view::{PassphraseState, PassphraseView};
use egui::text::{CCursor, CCursorRange, CharIndex};
use egui::text_edit::TextEditOutput;
use egui::{
    Align2, Color32, Context, CornerRadius, Frame, Id, Key, Layout, Margin, Modal, Modifiers, Rect,
    Role, Sense, Stroke, TextBuffer, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use std::ops::Range;
use zeroize::Zeroizing;

const WIDTH: f32 = 420.0;
/// Height of the field, in points.
const FIELD: f32 = 32.0;
/// Room under the field for what is said of it: two lines.
const SAID: f32 = 40.0;
/// Longest passphrase, in bytes. There is room for so many from the start: text that grew would leave what it held
/// before.
const LONGEST: usize = 4096;
/// What stands for a letter.
const DOT: char = '•';

/// A passphrase as it is typed.
struct Typed {
    text: Zeroizing<String>,
    dots: String,
}

impl Typed {
    fn new() -> Typed {
        Typed {
            text: Zeroizing::new(String::with_capacity(LONGEST)),
            dots: String::new(),
        }
    }

    fn byte_at(&self, letter: CharIndex) -> usize {
        let letters = self.text.char_indices();
        letters
            .map(|(at, _)| at)
            .nth(letter.0)
            .unwrap_or(self.text.len())
    }

    fn count_dots(&mut self) {
        self.dots = DOT.to_string().repeat(self.text.chars().count());
    }
}

impl TextBuffer for Typed {
    fn is_mutable(&self) -> bool {
        true
    }

    fn as_str(&self) -> &str {
        &self.dots
    }

    fn insert_text(&mut self, text: &str, letter: CharIndex) -> usize {
        let mut at = self.byte_at(letter);
        let mut count = 0;
        for new in text.chars() {
            if self.text.len() + new.len_utf8() > LONGEST {
                break;
            }
            self.text.insert(at, new);
            at += new.len_utf8();
            count += 1;
        }
        self.count_dots();
        count
    }

    fn delete_char_range(&mut self, letters: Range<CharIndex>) {
        let (from, to) = (self.byte_at(letters.start), self.byte_at(letters.end));
        if from < to {
            self.text.replace_range(from..to, "");
        }
        self.count_dots();
    }

    /// Only what takes an edit back asks for this, and it knows nothing but dots.
    fn replace_with(&mut self, _: &str) {}

    fn type_id(&self) -> std::any::TypeId {
        std::any::TypeId::of::<Typed>()
    }
}

/// What the dialog keeps between frames, for one question.
pub struct PassphraseBox {
    number: u64,
    typed: Typed,
    /// The letters are shown.
    shown: bool,
    /// How far the question had come in the frame before; `None` before the first.
    before: Option<PassphraseState>,
}

/// Draws the dialog while the view asks for a passphrase, and forgets what was typed when it does not.
pub fn show(
    open: &mut Option<PassphraseBox>,
    ctx: &Context,
    asked: Option<&PassphraseView>,
    commands: &mut Vec<Command>,
) {
    let Some(asked) = asked else {
        *open = None;
        return;
    };
    let same = open.take().filter(|dialog| dialog.number == asked.number);
    let dialog = open.insert(same.unwrap_or_else(|| PassphraseBox::new(asked.number)));
    commands.extend(dialog.show(ctx, asked));
}

impl PassphraseBox {
    fn new(number: u64) -> PassphraseBox {
        PassphraseBox {
            number,
            typed: Typed::new(),
            shown: false,
            before: None,
        }
    }

    fn show(&mut self, ctx: &Context, asked: &PassphraseView) -> Option<Command> {
        let t = Tokens::of(ctx);
        let frame = Frame::new()
            .fill(t.raised)
            .stroke(Stroke::new(STROKE, t.line2))
            .corner_radius(CornerRadius::same(RADIUS_PALETTE))
            .shadow(t.shadow())
            .inner_margin(Margin::same(GAP_6 as i8));
        let modal = Modal::new(Id::unique("passphrase"))
            .frame(frame)
            .backdrop_color(t.scrim());
        let shown = modal.show(ctx, |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing = vec2(GAP_2, 0.0);
            title(ui, t, asked);
            ui.add_space(GAP_4);
            let typed = self.enter(ui, t, asked);
            ui.add_space(GAP_2);
            said(ui, t, asked.state);
            let left = leave(ui, asked.state);
            (typed, left)
        });
        let (typed, left) = shown.inner;
        self.before = Some(asked.state);
        // A click beside it is not meant to lose what was typed.
        if left {
            return Some(Command::LeaveSealed(self.number));
        }
        let passphrase = TypedPassphrase(self.typed.text.clone());
        typed.then_some(Command::TryPassphrase(self.number, passphrase))
    }

    /// The field and its button; whether what was typed is to be tried.
    fn enter(&mut self, ui: &mut Ui, t: &Tokens, asked: &PassphraseView) -> bool {
        let trying = asked.state == PassphraseState::Trying;
        let empty = self.typed.text.is_empty();
        let row = vec2(ui.available_width(), FIELD);
        let layout = Layout::right_to_left(egui::Align::Center);
        let mut typed = false;
        ui.allocate_ui_with_layout(row, layout, |ui| {
            let refused = match (trying, empty) {
                (true, _) => Some(words::text("shell.sealed.is_tried")),
                (false, true) => Some(words::text("shell.sealed.empty")),
                (false, false) => None,
            };
            let button = Button::primary(words::text("shell.sealed.open"));
            let pressed = ui.add(button.refused(refused)).clicked();
            let entered = self.field(ui, t, asked);
            typed = (pressed || entered) && refused.is_none();
        });
        typed
    }

    /// The field with its eye; whether Enter was pressed in it.
    fn field(&mut self, ui: &mut Ui, t: &Tokens, asked: &PassphraseView) -> bool {
        let size = vec2(ui.available_width(), FIELD);
        let (field, _) = ui.allocate_exact_size(size, Sense::hover());
        widgets::control_box(ui.painter(), t, field, t.ground);
        let inner = Rect::from_min_max(
            field.min + vec2(GAP_3, (FIELD - Type::Code.line()) / 2.0),
            field.max - vec2(FIELD, (FIELD - Type::Code.line()) / 2.0),
        );
        let output = self.edit(ui, t, inner, asked);
        let response = &output.response;
        if self.shown {
            self.paint_letters(ui, t, &output);
        }
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_label(words::text("shell.sealed.field"));
        });
        widgets::focus_ring(ui.painter(), t, response, field, RADIUS_CONTROL);
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        // After a passphrase that was wrong the next one is typed over it.
        if self.before != Some(asked.state) {
            let all = CCursorRange::two(CCursor::default(), output.galley.end());
            let mut state = output.state.clone();
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), response.id);
        }
        // Enter and a click beside it take the keyboard away; there is nothing else to type into.
        if ui.memory(|memory| memory.focused().is_none()) {
            response.request_focus();
        }
        // Dots cannot be taken back.
        output.state.clone().clear_undoer();
        let eye = Rect::from_min_max(pos2(field.right() - FIELD, field.top()), field.max);
        self.eye(ui, eye);
        entered
    }

    fn edit(
        &mut self,
        ui: &mut Ui,
        t: &Tokens,
        place: Rect,
        asked: &PassphraseView,
    ) -> TextEditOutput {
        let ink = if self.shown {
            Color32::TRANSPARENT
        } else {
            t.t1
        };
        let edit = TextEdit::singleline(&mut self.typed)
            .id(Id::unique(("passphrase of", self.number)))
            .password(true)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .font(Type::Code.font())
            .text_color(ink)
            .interactive(asked.state != PassphraseState::Trying)
            .desired_width(f32::INFINITY);
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("typed"));
        edit.show(&mut child)
    }

    /// Each letter in the place of its dot; all are as wide as that.
    fn paint_letters(&self, ui: &Ui, t: &Tokens, output: &TextEditOutput) {
        let Some(row) = output.galley.rows.first() else {
            return;
        };
        let painter = ui.painter().with_clip_rect(output.text_clip_rect);
        for (glyph, letter) in row.glyphs.iter().zip(self.typed.text.chars()) {
            let from = output.galley_pos + row.pos.to_vec2();
            let at = from + vec2(glyph.pos.x, row.rect().height() / 2.0);
            let font = Type::Code.font();
            painter.text(at, Align2::LEFT_CENTER, letter, font, t.t1);
        }
    }

    fn eye(&mut self, ui: &mut Ui, place: Rect) {
        let (icon, name) = match self.shown {
            true => (icons::EYE_SLASH, "shell.sealed.hide"),
            false => (icons::EYE, "shell.sealed.show"),
        };
        let name = words::text(name);
        let button = Button::ghost("").icon(icon).named(name);
        let button = button.size(widgets::Size::Small);
        let place = Rect::from_center_size(place.center(), vec2(28.0, 24.0));
        if ui.place(place, button).on_hover_text(name).clicked() {
            self.shown = !self.shown;
        }
    }
}

/// What is asked for, and what will become of the file.
fn title(ui: &mut Ui, t: &Tokens, asked: &PassphraseView) {
    let size = vec2(ui.available_width(), 24.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let what = words::format("shell.sealed.title", &[("file", &asked.file)]);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &what));
    let at = pos2(rect.left() + 10.0, rect.center().y);
    let (p, icon) = (ui.painter(), theme::icon(20.0));
    p.text(at, Align2::CENTER_CENTER, icons::LOCK, icon, t.t2);
    let place = Rect::from_min_max(pos2(rect.left() + 32.0, rect.top()), rect.max);
    widgets::elided(p, place, Align::Left, &what, Type::Heading, t.t1);
    ui.add_space(GAP);
    let how = words::text("shell.sealed.how");
    ui.add(egui::Label::new(Type::Small.paragraph(how, t.t2)).wrap());
}

/// What came of the last try, or what will become of the passphrase.
fn said(ui: &mut Ui, t: &Tokens, state: PassphraseState) {
    let (text, ink) = match state {
        PassphraseState::Asked => ("shell.sealed.kept", t.t3),
        PassphraseState::Trying => ("shell.sealed.trying", t.t2),
        PassphraseState::Wrong => ("shell.sealed.wrong", t.danger),
    };
    let room = vec2(ui.available_width(), SAID);
    ui.allocate_ui_with_layout(room, Layout::left_to_right(egui::Align::Min), |ui| {
        ui.set_min_size(room);
        if state == PassphraseState::Wrong {
            let (place, _) = ui.allocate_exact_size(vec2(16.0, 18.0), Sense::hover());
            let (p, icon) = (ui.painter(), theme::icon_fill(14.0));
            p.text(
                place.center(),
                Align2::CENTER_CENTER,
                icons::X_CIRCLE,
                icon,
                ink,
            );
        }
        let text = Type::Small.paragraph(words::text(text), ink);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// The way out; whether it was taken.
fn leave(ui: &mut Ui, state: PassphraseState) -> bool {
    // What is being tried ends by itself in a moment, and cannot be stopped.
    let trying = (state == PassphraseState::Trying).then(|| words::text("shell.sealed.is_tried"));
    let row = vec2(ui.available_width(), 28.0);
    let layout = Layout::right_to_left(egui::Align::Center);
    let clicked = ui
        .allocate_ui_with_layout(row, layout, |ui| {
            let button = Button::secondary(words::text("shell.sealed.leave")).key("Esc");
            ui.add(button.refused(trying)).clicked()
        })
        .inner;
    let escaped = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    (clicked || escaped) && trying.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Letters of one to four bytes, at a place; or a range that is deleted.
    fn edits() -> impl Strategy<Value = Vec<(String, usize, usize)>> {
        let text = proptest::string::string_regex("[a-z é見𠮷]{0,12}").expect("an expression");
        proptest::collection::vec((text, 0_usize..40, 0_usize..6), 0..30)
    }

    proptest! {
        #[test]
        fn what_is_typed_is_held_and_only_dots_are_seen(edits in edits()) {
            let (mut typed, mut plain) = (Typed::new(), Vec::new());
            for (text, at, deleted) in edits {
                let at = at.min(plain.len());
                let count = typed.insert_text(&text, CharIndex(at));
                prop_assert_eq!(count, text.chars().count());
                plain.splice(at..at, text.chars());
                let end = (at + deleted).min(plain.len());
                typed.delete_char_range(CharIndex(at)..CharIndex(end));
                plain.drain(at..end);
                prop_assert_eq!(&*typed.text, &plain.iter().collect::<String>());
                prop_assert_eq!(typed.as_str(), DOT.to_string().repeat(plain.len()));
            }
        }
    }

    #[test]
    fn it_is_never_longer_than_its_room() {
        let mut typed = Typed::new();
        let (room, place) = (typed.text.capacity(), typed.text.as_ptr());
        let count = typed.insert_text(&"見".repeat(LONGEST), CharIndex(0));
        assert_eq!(count, LONGEST / 3);
        assert_eq!(typed.insert_text("見", CharIndex(1)), 0);
        assert_eq!(typed.insert_text("x", CharIndex(1)), 1);
        assert_eq!((typed.text.capacity(), typed.text.as_ptr()), (room, place));
        // Places beyond the end, and what takes an edit back, do no harm.
        typed.delete_char_range(CharIndex(2)..CharIndex(usize::MAX));
        typed.delete_char_range(CharIndex(9)..CharIndex(12));
        typed.replace_with("•••");
        assert_eq!(&*typed.text, "見x");
    }
}
