//! The wizard's first row: back to the card, what is being done, and how far it has come.

use super::ink;
use super::scene::Scene;
use crate::model::flow::at::Lane;
use crate::model::flow::divide::{ISSUER, OPERATOR};
use crate::model::flow::table::LaneId;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, GAP_3, RADIUS_CELL, STROKE};
use crate::ui::widgets::{self, Align, Button};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::command::Command;
use crate::workbench::view::StepState;
use egui::{
    Align2, CornerRadius, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

/// In points.
pub const HEIGHT: f32 = 52.0;
const SEGMENT_GAP: f32 = 2.0;
const SEGMENTS_WIDTH: f32 = 240.0;

/// Draws the header.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, send: &mut impl FnMut(Command)) {
    let t = scene.t;
    let rect = ui.max_rect();
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    let inner = rect.shrink2(vec2(GAP_3, 0.0));

    let place = Rect::from_center_size(
        pos2(inner.left() + 14.0, inner.center().y),
        vec2(28.0, 28.0),
    );
    let back = words::text("wizard.leave");
    let tip = words::text(if scene.is_over() {
        "wizard.leave"
    } else {
        "wizard.leave_stops"
    });
    let button = Button::ghost("").icon(icons::ARROW_LEFT).named(back);
    let leave = ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
        ui.add(button).on_hover_text(tip)
    });
    if leave.inner.clicked() {
        send(Command::CloseFlow);
    }

    let left = progress(ui, scene, inner);
    let at = pos2(place.right() + GAP_2, inner.center().y);
    let painter = ui.painter();
    let title = widgets::paint_text(
        painter,
        at,
        Align2::LEFT_CENTER,
        &scene.flow.table.title,
        Type::Heading,
        t.t1,
    );
    let room = Rect::from_x_y_ranges((title.right() + GAP_3)..=(left - GAP_3), inner.y_range());
    let summary = summary(scene);
    if room.width() > 40.0 {
        widgets::elided(painter, room, Align::Left, &summary, Type::Body, t.t2);
    }
    let name = format!("{}. {summary}", scene.flow.table.title);
    let words = title.union(room.intersect(inner));
    let heading = ui.interact(words, ui.scope_id().with("title"), Sense::hover());
    heading.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &name));
}

/// `Lend 96 blocks to Common Area Operator, on a card of Aoba Transit`.
fn summary(scene: &Scene<'_>) -> String {
    let name = |lane: LaneId| {
        scene
            .flow
            .lanes
            .iter()
            .find(|view| view.lane.id == lane)
            .map_or("", |view| &view.name)
    };
    let (issuer, operator) = (name(ISSUER.id()), name(OPERATOR.id()));
    match scene.flow.plan.run {
        Some((_, blocks)) => words::format(
            "wizard.summary",
            &[
                ("n", &numbers::grouped(blocks)),
                ("operator", &operator),
                ("issuer", &issuer),
            ],
        ),
        None => words::format(
            "wizard.summary_before",
            &[("operator", &operator), ("issuer", &issuer)],
        ),
    }
}

/// The count and one segment a step, at the right. Gives the left edge of what was drawn.
fn progress(ui: &mut Ui, scene: &Scene<'_>, inner: Rect) -> f32 {
    let t = scene.t;
    let count = scene.steps.len();
    let text = words::format(
        "wizard.progress",
        &[("done", &scene.done()), ("all", &count)],
    );
    let segments = Rect::from_min_max(
        pos2(inner.right() - SEGMENTS_WIDTH, inner.center().y - 2.5),
        pos2(inner.right(), inner.center().y + 2.5),
    );
    if count > 0 {
        let pitch = (segments.width() + SEGMENT_GAP) / count as f32;
        for step in 0..count {
            let x = segments.left() + step as f32 * pitch;
            let segment = Rect::from_min_size(
                pos2(x, segments.top()),
                vec2(pitch - SEGMENT_GAP, segments.height()),
            );
            let colour = match scene.state(step) {
                StepState::Idle => t.press,
                state => scene.tone(state),
            };
            ui.painter()
                .rect_filled(segment, CornerRadius::same(RADIUS_CELL), colour);
        }
    }
    let at = pos2(segments.left() - GAP_3, inner.center().y);
    let drawn = ink::write(
        ui.painter(),
        &[(Type::Body, t.t2, &text)],
        200.0,
        Align2::RIGHT_CENTER,
        at,
    );
    let whole = drawn.union(segments);
    let response = ui.interact(whole, ui.scope_id().with("progress"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &text));
    drawn.left()
}
