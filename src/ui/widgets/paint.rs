//! Painting that several controls share: one line of text at a place, dashed outlines, the focus ring.

use crate::ui::theme::Type;
use crate::ui::tokens::{RADIUS_CONTROL, STROKE, Tokens};
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align2, Color32, Context, CornerRadius, Event, Galley, Id, Painter, Pos2, Rect, Response,
    Shape, Stroke, StrokeKind, Vec2,
};
use std::sync::Arc;

/// Where a line of text stands within its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
    Right,
}

fn line(painter: &Painter, text: &str, kind: Type, colour: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob {
        wrap: TextWrapping {
            max_width: width,
            max_rows: 1,
            break_anywhere: true,
            ..TextWrapping::default()
        },
        break_on_newline: false,
        ..LayoutJob::default()
    };
    job.append(text, 0.0, TextFormat::simple(kind.font(), colour));
    painter.layout_job(job)
}

/// Draws one line of text, its `anchor` at `at`, and says where it stands.
pub fn paint_text(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    kind: Type,
    colour: Color32,
) -> Rect {
    let galley = line(painter, text, kind, colour, f32::INFINITY);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, colour);
    rect
}

/// Draws one line of text in the middle of `rect`'s height, cut with an ellipsis where it does not fit, and
/// says where it stands.
pub fn elided(
    painter: &Painter,
    rect: Rect,
    align: Align,
    text: &str,
    kind: Type,
    colour: Color32,
) -> Rect {
    let galley = line(painter, text, kind, colour, rect.width().max(0.0));
    let x = match align {
        Align::Left => rect.left(),
        Align::Centre => rect.center().x - galley.size().x / 2.0,
        Align::Right => rect.right() - galley.size().x,
    };
    let at = Pos2::new(x, rect.center().y - galley.size().y / 2.0);
    let drawn = Rect::from_min_size(at, galley.size());
    painter.galley(at, galley, colour);
    drawn
}

/// The box of a control that is typed into, or that opens something.
pub fn control_box(painter: &Painter, t: &Tokens, rect: Rect, fill: Color32) {
    let (corner, line) = (
        CornerRadius::same(RADIUS_CONTROL),
        Stroke::new(STROKE, t.line2),
    );
    painter.rect(rect, corner, fill, line, StrokeKind::Inside);
}

/// The text, or its beginning and its end around an ellipsis: as much of it as fits. For names that differ at their
/// ends, as those of readers do.
pub fn without_middle(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    let keeping = |kept: &usize| -> String {
        let (head, tail) = (kept / 2, kept - kept / 2);
        let tail = &letters[letters.len() - tail..];
        letters[..head]
            .iter()
            .chain(['…'].iter())
            .chain(tail)
            .collect()
    };
    let counts: Vec<usize> = (0..letters.len()).collect();
    let fitting = counts.partition_point(|kept| fits(&keeping(kept)));
    keeping(&fitting.saturating_sub(1))
}

/// Width of a line of text in points.
pub fn width_of(painter: &Painter, text: &str, kind: Type) -> f32 {
    line(painter, text, kind, Color32::PLACEHOLDER, f32::INFINITY)
        .size()
        .x
}

/// A dashed outline, 5 on and 3 off.
pub fn dashed_rect(painter: &Painter, rect: Rect, stroke: Stroke) {
    let corners = [
        rect.left_top(),
        rect.right_top(),
        rect.right_bottom(),
        rect.left_bottom(),
        rect.left_top(),
    ];
    painter.extend(Shape::dashed_line(&corners, stroke, 5.0, 3.0));
}

fn keyboard_used() -> Id {
    Id::unique("the keyboard was used last")
}

/// Notes whether the person went on by keyboard or by pointer; called once a frame. The ring is drawn for the
/// keyboard only, and for fields that are typed into always.
pub fn note_keyboard(ctx: &Context) {
    let (key, press) = ctx.input(|input| {
        let key = |event: &Event| matches!(event, Event::Key { pressed: true, .. });
        (input.events.iter().any(key), input.pointer.any_pressed())
    });
    if key || press {
        ctx.data_mut(|data| data.insert_temp(keyboard_used(), key));
    }
}

/// The ring around what has the keyboard: a border, and a soft ring outside it.
pub fn focus_ring(painter: &Painter, t: &Tokens, response: &Response, rect: Rect, radius: u8) {
    let by_keyboard = || {
        let used = response
            .ctx
            .data(|data| data.get_temp::<bool>(keyboard_used()));
        used.unwrap_or(true) || response.ctx.text_edit_focused()
    };
    if response.has_focus() && by_keyboard() {
        let corner = CornerRadius::same(radius);
        painter.rect_stroke(
            rect,
            corner,
            Stroke::new(STROKE, t.accent),
            StrokeKind::Inside,
        );
        let outer = CornerRadius::same(radius + 1);
        painter.rect_stroke(
            rect,
            outer,
            Stroke::new(2.0, t.focus_ring()),
            StrokeKind::Outside,
        );
    }
}

/// Size of one icon or letter place of `side` points.
pub(super) fn square(at: Pos2, side: f32) -> Rect {
    Rect::from_min_size(at, Vec2::splat(side))
}

#[cfg(test)]
mod tests {
    use super::without_middle;

    #[test]
    fn what_is_too_long_keeps_its_beginning_and_its_end() {
        let most = |letters: usize| move |text: &str| text.chars().count() <= letters;
        let name = "ACR1252 [PICC] 01 00";
        assert_eq!(without_middle(name, most(20)), name);
        assert_eq!(without_middle(name, most(19)), "ACR1252 […CC] 01 00");
        assert_eq!(without_middle(name, most(6)), "AC… 00");
        assert_eq!(without_middle(name, most(0)), "…");
        assert_eq!(without_middle("読み取り機", most(4)), "読…り機");
        assert_eq!(without_middle("", most(0)), "");
    }
}
