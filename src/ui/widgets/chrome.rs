//! What panels are made of: fills, rules, headers, and rows of a label and its value.

use super::paint::{Align, elided, paint_text};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, STROKE, Tokens};
use egui::{
    Align2, Color32, Frame, Layout, Margin, Rect, Response, Role, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

/// A panel's frame: filled, without margin or border of its own.
pub fn filled_panel(fill: Color32) -> Frame {
    Frame::new().fill(fill).inner_margin(Margin::ZERO)
}

/// A rule across the whole width at the current place.
pub fn hairline(ui: &mut Ui) {
    let t = Tokens::of(ui.ctx());
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), STROKE), Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.center().y, Stroke::new(STROKE, t.line));
}

/// A panel's header: title, a quieter remark beside it, and controls at the right (added from right to left).
/// `height` is 36 for the first row of a place and 32 elsewhere.
pub fn panel_header<R>(
    ui: &mut Ui,
    height: f32,
    title: &str,
    aside: &str,
    right: impl FnOnce(&mut Ui) -> R,
) -> R {
    let t = Tokens::of(ui.ctx());
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, title));
    let painter = ui.painter();
    painter.hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    let inner = rect.shrink2(vec2(GAP_3, 0.0));
    let mut controls = ui.new_child(
        UiBuilder::new()
            .max_rect(inner)
            .layout(Layout::right_to_left(egui::Align::Center))
            .id_salt(("panel header", title)),
    );
    controls.spacing_mut().item_spacing.x = GAP_2;
    let result = right(&mut controls);
    let left_of_controls = controls.min_rect().left() - GAP_2;
    let title_rect = paint_text(
        ui.painter(),
        inner.left_center(),
        Align2::LEFT_CENTER,
        title,
        Type::Panel,
        t.t1,
    );
    let place = Rect::from_min_max(
        pos2(title_rect.right() + GAP_2, rect.top()),
        pos2(
            left_of_controls.max(title_rect.right() + GAP_2),
            rect.bottom(),
        ),
    );
    if !aside.is_empty() && place.width() > 24.0 {
        elided(ui.painter(), place, Align::Left, aside, Type::Small, t.t3);
    }
    result
}

/// A heading within a panel, with a quieter remark at the right.
pub fn section_header(ui: &mut Ui, title: &str, aside: &str) {
    let t = Tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, title));
    let painter = ui.painter();
    elided(painter, rect, Align::Left, title, Type::Panel, t.t1);
    elided(painter, rect, Align::Right, aside, Type::Small, t.t3);
}

fn label_and_value(ui: &mut Ui, label: &str, value: &str, kind: Type, colour: Color32) -> Response {
    let t = Tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {value}")));
    let split = rect.left() + (rect.width() * 0.36).clamp(80.0, 120.0);
    let left = Rect::from_min_max(rect.min, pos2(split - GAP, rect.bottom()));
    let right = Rect::from_min_max(pos2(split, rect.top()), rect.max);
    elided(ui.painter(), left, Align::Left, label, Type::Small, t.t3);
    elided(ui.painter(), right, Align::Left, value, kind, colour);
    response
}

/// A label and its value in words.
pub fn key_value(ui: &mut Ui, label: &str, value: &str) -> Response {
    let t = Tokens::of(ui.ctx());
    label_and_value(ui, label, value, Type::Small, t.t1)
}

/// A label and its value in code: an address, a check value. `None` is drawn as not known.
pub fn key_value_code(ui: &mut Ui, label: &str, value: Option<&str>) -> Response {
    let t = Tokens::of(ui.ctx());
    match value {
        Some(value) => label_and_value(ui, label, value, Type::Code, t.t1),
        None => label_and_value(
            ui,
            label,
            crate::words::text("shell.not_known"),
            Type::Small,
            t.unknown,
        ),
    }
}
