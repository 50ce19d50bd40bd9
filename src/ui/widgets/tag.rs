//! Small marks: tags of state, key caps, and the letter of an owner.

use super::paint::{paint_text, square, width_of};
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{RADIUS_TAG, STROKE, Tokens};
use egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, Vec2, WidgetInfo, pos2, vec2,
};

/// What a tag says by its colour, besides its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Info,
    Ok,
    Warn,
    Danger,
    Unknown,
}

impl Tone {
    /// Colours of the words and of the ground under them.
    pub fn colours(self, t: &Tokens) -> (Color32, Color32) {
        match self {
            Tone::Neutral => (t.t2, t.hover),
            Tone::Info => (t.accent_text, t.accent_wash),
            Tone::Ok => (t.ok, t.ok_wash),
            Tone::Warn => (t.warn, t.warn_wash),
            Tone::Danger => (t.danger, t.danger_wash),
            Tone::Unknown => (t.unknown, t.unknown_wash),
        }
    }
}

const TAG: f32 = 18.0;

/// A tag of one or two words, with an icon if it has one (`""` for none).
pub fn tag(ui: &mut Ui, tone: Tone, icon: &str, text: &str) -> Response {
    let t = Tokens::of(ui.ctx());
    let (ink, fill) = tone.colours(t);
    let icon_width = if icon.is_empty() { 0.0 } else { 16.0 };
    let width = width_of(ui.painter(), text, Type::CaptionMedium) + icon_width + 12.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, TAG), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(RADIUS_TAG), fill);
    if !icon.is_empty() {
        let at = pos2(rect.left() + 6.0 + 6.0, rect.center().y);
        painter.text(at, Align2::CENTER_CENTER, icon, theme::icon(12.0), ink);
    }
    let at = pos2(rect.left() + 6.0 + icon_width, rect.center().y);
    paint_text(
        painter,
        at,
        Align2::LEFT_CENTER,
        text,
        Type::CaptionMedium,
        ink,
    );
    response
}

/// Width of a key cap in points.
pub fn key_cap_width(painter: &Painter, key: &str) -> f32 {
    width_of(painter, key, Type::CodeSmall) + 10.0
}

/// Draws a key cap, its left edge and middle at `at`.
pub fn paint_key_cap(painter: &Painter, t: &Tokens, at: Pos2, key: &str, ink: Color32) {
    let size = vec2(key_cap_width(painter, key), TAG);
    let rect = Rect::from_min_size(pos2(at.x, at.y - TAG / 2.0), size);
    let border = if ink == t.accent_ink {
        ink.gamma_multiply(0.45)
    } else {
        t.line2
    };
    let corner = CornerRadius::same(RADIUS_TAG);
    painter.rect_stroke(
        rect,
        corner,
        Stroke::new(STROKE, border),
        StrokeKind::Inside,
    );
    paint_text(
        painter,
        rect.center(),
        Align2::CENTER_CENTER,
        key,
        Type::CodeSmall,
        ink,
    );
}

/// A key cap in the flow of controls.
pub fn key_cap(ui: &mut Ui, key: &str) -> Response {
    let t = Tokens::of(ui.ctx());
    let width = key_cap_width(ui.painter(), key);
    let (rect, response) = ui.allocate_exact_size(vec2(width, TAG), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, key));
    paint_key_cap(ui.painter(), t, rect.left_center(), key, t.t2);
    response
}

/// Draws an owner's letter on its colour, 16 points square, top left at `at`.
pub fn paint_owner_tag(painter: &Painter, t: &Tokens, at: Pos2, owner: usize, letter: char) {
    let rect = square(at, 16.0);
    let colour = t.owner(owner);
    painter.rect_filled(rect, CornerRadius::same(RADIUS_TAG), colour.fill);
    let mut text = [0u8; 4];
    let text = letter.encode_utf8(&mut text);
    paint_text(
        painter,
        rect.center(),
        Align2::CENTER_CENTER,
        text,
        Type::Letter,
        colour.ink,
    );
}

/// An owner's letter in the flow of controls; `name` is the owner's.
pub fn owner_tag(ui: &mut Ui, owner: usize, letter: char, name: &str) -> Response {
    let t = Tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    paint_owner_tag(ui.painter(), t, rect.min, owner, letter);
    response.on_hover_text(name)
}
