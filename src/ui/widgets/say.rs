//! What is said to a person: empty states, notices, progress.

use super::button::Button;
use super::paint::{Align, elided};
use crate::ui::icons;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP, GAP_2, GAP_3, RADIUS_BOX, RADIUS_CELL, STROKE, Tokens};
use crate::words;
use crate::workbench::view::{Notice, Severity};
use egui::{
    Align2, CornerRadius, Frame, Label, Margin, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};

/// What a place shows while it has nothing: a title, what to do, and the controls for it.
pub fn empty_state<R>(
    ui: &mut Ui,
    title: &str,
    text: &str,
    controls: impl FnOnce(&mut Ui) -> R,
) -> R {
    let t = Tokens::of(ui.ctx());
    ui.vertical_centered(|ui| {
        ui.set_max_width(420.0);
        ui.spacing_mut().item_spacing.y = GAP_2;
        ui.label(Type::Title.text(title, t.t1));
        ui.add(Label::new(Type::Body.text(text, t.t2)).wrap());
        ui.add_space(GAP_2);
        controls(ui)
    })
    .inner
}

/// A notice at the edge of the window. Gives its id when it was dismissed.
pub fn notice(ui: &mut Ui, notice: &Notice) -> Option<u64> {
    let t = Tokens::of(ui.ctx());
    let (icon, colour) = match notice.severity {
        Severity::Done => (icons::CHECK_CIRCLE, t.ok),
        Severity::Attention => (icons::WARNING, t.warn),
        Severity::Refused => (icons::X_CIRCLE, t.danger),
        Severity::Unknown => (icons::QUESTION, t.unknown),
    };
    let frame = Frame::new()
        .fill(t.raised)
        .stroke(Stroke::new(STROKE, t.line2))
        .corner_radius(CornerRadius::same(RADIUS_BOX))
        .shadow(t.shadow())
        .inner_margin(Margin::same(GAP_3 as i8));
    let shown = frame.show(ui, |ui| {
        ui.set_width(328.0);
        ui.spacing_mut().item_spacing = vec2(GAP_2, GAP);
        let mut dismissed = None;
        ui.horizontal_top(|ui| {
            let (place, _) = ui.allocate_exact_size(vec2(18.0, 20.0), Sense::hover());
            ui.painter().text(
                place.center(),
                Align2::CENTER_CENTER,
                icon,
                theme::icon_fill(16.0),
                colour,
            );
            ui.vertical(|ui| {
                ui.set_width(266.0);
                ui.add(Label::new(Type::BodyMedium.text(&notice.words.what, t.t1)).wrap());
                if !notice.words.next.is_empty() {
                    ui.add(Label::new(Type::Small.paragraph(&notice.words.next, t.t2)).wrap());
                }
                if !notice.words.details.is_empty() {
                    what_happened(ui, notice, t);
                }
            });
            let Some(id) = notice.id else { return };
            let close = Button::ghost("")
                .icon(icons::CLOSE)
                .size(super::Size::Small)
                .named(words::text("shell.dismiss"));
            dismissed = ui.add(close).clicked().then_some(id);
        });
        dismissed
    });
    shown.inner
}

/// The details of a notice, folded until asked for.
fn what_happened(ui: &mut Ui, notice: &Notice, t: &Tokens) {
    let id = ui
        .scope_id()
        .with(("what happened", notice.id, &notice.words.what));
    let open = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    let caret = if open {
        icons::CARET_DOWN
    } else {
        icons::CARET_RIGHT
    };
    let name = words::text("shell.what_happened");
    if ui
        .add(Button::ghost(name).icon(caret).size(super::Size::Small))
        .clicked()
    {
        ui.data_mut(|data| data.insert_temp(id, !open));
    }
    if open {
        ui.add(Label::new(Type::Small.paragraph(&notice.words.details, t.t2)).wrap());
    }
}

/// A bar with a number: `done` is from 0 to 1, `number` is what stands beside it (`42%`, `14 of 21 s`).
pub fn progress(ui: &mut Ui, done: f32, number: &str) {
    let t = Tokens::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, number));
    let text = elided(ui.painter(), rect, Align::Right, number, Type::Small, t.t2);
    let track = Rect::from_min_max(
        pos2(rect.left(), rect.center().y - 3.0),
        pos2(
            (text.left() - GAP_2).max(rect.left()),
            rect.center().y + 3.0,
        ),
    );
    let corner = CornerRadius::same(RADIUS_CELL);
    ui.painter().rect_filled(track, corner, t.press);
    let filled = track.width() * done.clamp(0.0, 1.0);
    ui.painter().rect_filled(
        Rect::from_min_size(track.min, vec2(filled, track.height())),
        corner,
        t.accent,
    );
}
