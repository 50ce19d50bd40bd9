//! The wizard's last row: stop, back, run all and the next step, with their keys.

use super::scene::Scene;
use crate::model::card::difference::Sides;
use crate::ui::icons;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, GAP_3, STROKE};
use crate::ui::widgets::{self, Align, Button, Size};
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::compare::Side;
use crate::workbench::view::{FlowEnd, StepState};
use egui::{
    Event, Key, Layout, Modifiers, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, vec2,
};

/// In points.
pub const HEIGHT: f32 = 56.0;

/// Whether `key` was pressed with just these modifiers. Every such event is taken; a key that is held down
/// counts once, so that a forgotten finger does not run through a division.
fn pressed(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    let mut fresh = false;
    ui.input_mut(|input| {
        input.events.retain(|event| match event {
            Event::Key {
                key: k,
                pressed: true,
                repeat,
                modifiers: m,
                ..
            } if *k == key && m.matches_exact(modifiers) => {
                fresh |= !repeat;
                false
            }
            _ => true,
        });
    });
    fresh
}

/// F10 next, Shift-F10 back, F9 run all; not while a dialog is open.
pub fn shortcuts(ui: &Ui, scene: &Scene<'_>, send: &mut impl FnMut(Command)) {
    if ui.memory(|memory| memory.top_modal_layer().is_some()) {
        return;
    }
    let flow = scene.flow;
    if pressed(ui, Modifiers::NONE, Key::F10) && flow.next.is_some() {
        send(Command::Next);
    }
    if pressed(ui, Modifiers::SHIFT, Key::F10) && flow.can_step_back {
        send(Command::Back);
    }
    if pressed(ui, Modifiers::NONE, Key::F9) && flow.next.is_some() {
        send(Command::RunAll);
    }
}

/// Draws the footer.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, send: &mut impl FnMut(Command)) {
    let t = scene.t;
    let rect = ui.max_rect();
    ui.painter().hline(
        rect.x_range(),
        rect.top() + STROKE / 2.0,
        Stroke::new(STROKE, t.line2),
    );
    let inner = rect.shrink2(vec2(GAP_3 + GAP_2 / 2.0, 0.0));
    let layout = Layout::right_to_left(egui::Align::Center);
    let right = ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = GAP_3;
        forward(ui, scene, send);
        ui.min_rect().left()
    });
    let layout = Layout::left_to_right(egui::Align::Center);
    let left = ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout), |ui| {
        let over = scene.is_over().then(|| words::text("wizard.stop_ended"));
        let stop = Button::danger(words::text("wizard.stop"))
            .icon(icons::STOP)
            .refused(over);
        let response = ui.add(stop);
        if response.clicked() {
            send(Command::Stop);
        }
        let mut end = response.rect.right();
        if !scene.is_over() && !scene.flow.committed {
            let planned = Button::ghost(words::text("wizard.planned")).icon(icons::DIFFERENCE);
            let response = ui.add(planned);
            end = response.rect.right();
            if response.clicked() {
                let (a, b) = (Side::Live, Side::Planned);
                send(Command::Compare(Sides { a, b }));
            }
        }
        end
    });
    let room = Rect::from_x_y_ranges(
        (left.inner + GAP_3)..=(right.inner - GAP_3),
        inner.y_range(),
    );
    let words = stopping(scene);
    widgets::elided(ui.painter(), room, Align::Left, words, Type::Small, t.t2);
    let response = ui.interact(room, ui.scope_id().with("stopping"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
}

/// What stopping now would mean, or what is true at the end.
fn stopping(scene: &Scene<'_>) -> &'static str {
    let unknown = matches!(scene.flow.ended, Some(FlowEnd::Unknown(_)));
    words::text(match (unknown, scene.is_over(), scene.flow.committed) {
        (true, ..) => "wizard.stopping_unknown",
        (_, false, false) => "wizard.stopping_before",
        (_, false, true) => "wizard.stopping_after",
        (_, true, false) => "wizard.ended_untouched",
        (_, true, true) => "wizard.ended_divided",
    })
}

/// Next, run all and back, from right to left; at the end Close instead of the first two.
fn forward(ui: &mut Ui, scene: &Scene<'_>, send: &mut impl FnMut(Command)) {
    let flow = scene.flow;
    let next = flow.next.and_then(|at| Some((at, scene.steps.get(at)?)));
    match next {
        Some((at, step)) => {
            let title = match scene.state(at) {
                // After a write without an answer the next thing is never that write again.
                StepState::Unknown => words::text("wizard.next_asks"),
                StepState::Refused => words::text("wizard.next_again"),
                _ => step.title.as_str(),
            };
            let name = words::format("wizard.next", &[("step", &step.id), ("title", &title)]);
            let button = Button::primary(&name)
                .after(icons::ARROW_RIGHT)
                .key("F10")
                .size(Size::Wizard);
            if ui.add(button).clicked() {
                send(Command::Next);
            }
            let all = Button::secondary(words::text("wizard.run_all"))
                .icon(icons::FAST_FORWARD)
                .key("F9");
            if ui.add(all).clicked() {
                send(Command::RunAll);
            }
        }
        None => {
            let close = Button::primary(words::text("wizard.close")).size(Size::Wizard);
            if ui.add(close).clicked() {
                send(Command::CloseFlow);
            }
        }
    }
    let nothing = (!flow.can_step_back).then(|| words::text("wizard.back_nothing"));
    let back = Button::secondary(words::text("wizard.back"))
        .icon(icons::UNDO)
        .key("Shift F10")
        .refused(nothing);
    if ui.add(back).clicked() {
        send(Command::Back);
    }
}
