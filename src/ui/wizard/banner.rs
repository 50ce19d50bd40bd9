//! How a flow ended, said once under the header: the words, what to do next, and what happened in detail when
//! asked for.

use super::ink;
use super::scene::Scene;
use super::state::State;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP_2, GAP_3, GAP_6, STROKE};
use crate::ui::widgets::{self, Align, Button, Tone};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{FlowEnd, Words};
use egui::{Color32, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// Height without details.
const HEIGHT: f32 = 56.0;
/// Left edge of the words: after the state's icon.
const INDENT: f32 = 46.0;

/// Icon, colours and words of an end.
fn said(scene: &Scene<'_>, end: &FlowEnd) -> (&'static str, Tone, Words) {
    let plain = |what: String, next: &'static str| Words {
        what,
        next: words::text(next).into(),
        details: String::new(),
    };
    match end {
        FlowEnd::Done => {
            let plan = &scene.flow.plan;
            let what = match plan.run {
                Some((_, blocks)) => words::format(
                    "wizard.end.done",
                    &[("code", &plan.code), ("n", &numbers::grouped(blocks))],
                ),
                None => words::text("wizard.end.done_plain").into(),
            };
            (
                icons::CHECK_CIRCLE,
                Tone::Ok,
                plain(what, "wizard.end.done_next"),
            )
        }
        FlowEnd::Stopped {
            card_untouched: true,
        } => {
            let what = words::text("wizard.end.stopped").into();
            (
                icons::INFO,
                Tone::Info,
                plain(what, "wizard.end.stopped_next"),
            )
        }
        FlowEnd::Stopped {
            card_untouched: false,
        } => {
            let what = words::text("wizard.end.stopped_after").into();
            (
                icons::WARNING,
                Tone::Warn,
                plain(what, "wizard.end.stopped_after_next"),
            )
        }
        FlowEnd::Refused(words) => (icons::X_CIRCLE, Tone::Danger, words.clone()),
        FlowEnd::Unknown(words) => (icons::QUESTION, Tone::Unknown, words.clone()),
    }
}

fn details(ui: &Ui, scene: &Scene<'_>, words: &Words) -> std::sync::Arc<egui::Galley> {
    let width = ui.available_width() - INDENT - GAP_6;
    ui.painter().layout_job(ink::prose(
        &words.details,
        Type::Small,
        scene.t.t2,
        scene.t.t1,
        width,
    ))
}

/// Height of the banner in points, with its details when they are open.
pub(super) fn height(ui: &Ui, scene: &Scene<'_>, end: &FlowEnd, state: &State) -> f32 {
    let (_, _, words) = said(scene, end);
    if state.details && !words.details.is_empty() {
        HEIGHT + details(ui, scene, &words).size().y + GAP_3
    } else {
        HEIGHT
    }
}

/// Draws the banner.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, end: &FlowEnd, state: &mut State) {
    let t = scene.t;
    let (icon, tone, said) = said(scene, end);
    let (colour, wash) = tone.colours(t);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, wash);
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    ink::glyph(
        ui.painter(),
        icon,
        theme::icon_fill(20.0),
        colour,
        pos2(rect.left() + 26.0, rect.top() + HEIGHT / 2.0),
    );
    let right = if said.details.is_empty() {
        rect.right() - GAP_3
    } else {
        unfold(ui, rect, state) - GAP_3
    };
    let left = rect.left() + INDENT;
    let row = |top: f32, height: f32| {
        Rect::from_min_max(
            pos2(left, rect.top() + top),
            pos2(right, rect.top() + top + height),
        )
    };
    line(ui, row(8.0, 20.0), &said.what, Type::Panel, t.t1);
    line(ui, row(29.0, 18.0), &said.next, Type::Small, t.t1);
    if state.details && !said.details.is_empty() {
        let galley = details(ui, scene, &said);
        let place = Rect::from_min_size(pos2(left, rect.top() + HEIGHT), galley.size());
        ui.painter().galley(place.min, galley, t.t2);
        let response = ui.interact(place, ui.scope_id().with("details"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said.details));
    }
}

/// One line that a test and a screen reader can find.
fn line(ui: &Ui, place: Rect, text: &str, kind: Type, colour: Color32) {
    widgets::elided(ui.painter(), place, Align::Left, text, kind, colour);
    let response = ui.interact(
        place,
        ui.scope_id().with(("banner line", text)),
        Sense::hover(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response.on_hover_text(text);
}

/// "What happened", which unfolds the details. Gives its left edge.
fn unfold(ui: &mut Ui, rect: Rect, state: &mut State) -> f32 {
    let caret = if state.details {
        icons::CARET_DOWN
    } else {
        icons::CARET_RIGHT
    };
    let button = Button::secondary(words::text("wizard.what_happened")).icon(caret);
    let place = Rect::from_min_size(rect.min, vec2(rect.width() - GAP_3, HEIGHT));
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let shown = ui.scope_builder(UiBuilder::new().max_rect(place).layout(layout), |ui| {
        ui.add(button)
    });
    if shown.inner.clicked() {
        state.details = !state.details;
    }
    shown.inner.rect.left() - GAP_2
}
