//! The list of steps at the left, by phase: what is done is folded to a line, the phase at hand is open, and
//! the step looked at says in one sentence why it is there.

use super::ink;
use super::scene::{self, Scene};
use super::state::State;
use crate::model::flow::table::{Phase, Step};
use crate::ui::icons;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{GAP_2, GAP_3, STROKE};
use crate::ui::widgets::{self, Align, Row};
use crate::words;
use crate::workbench::view::StepState;
use egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, Ui, pos2, vec2};
use std::ops::Range;

const PHASE_HEIGHT: f32 = 28.0;
const STEP_HEIGHT: f32 = 36.0;
const ICON_X: f32 = 20.0;
const ID_X: f32 = 40.0;
const TITLE_X: f32 = 86.0;

/// Draws the list.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut State) {
    let edge = ui.max_rect();
    ScrollArea::vertical()
        .id_salt("steps")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut first = 0;
            for (at, phase) in scene.flow.table.phases.iter().enumerate() {
                let range = first..first + phase.steps.len();
                first = range.end;
                let by_itself = scene.here().is_some_and(|here| range.contains(&here));
                let open = state.folded.get(&at).map_or(by_itself, |folded| !folded);
                if phase_row(ui, scene, phase, &range, open) {
                    state.folded.insert(at, open);
                }
                if open {
                    for step in range {
                        step_row(ui, scene, step, state);
                    }
                }
            }
            remark(ui, scene);
        });
    ui.painter().vline(
        edge.right() - STROKE / 2.0,
        edge.y_range(),
        Stroke::new(STROKE, scene.t.line),
    );
}

/// One phase's heading. Says whether it was clicked.
fn phase_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    phase: &Phase,
    range: &Range<usize>,
    open: bool,
) -> bool {
    let t = scene.t;
    let done = range
        .clone()
        .filter(|&step| scene.state(step) == StepState::Done)
        .count();
    let all_done = done == range.len();
    let span = match (phase.steps.first(), phase.steps.last()) {
        (Some(first), Some(last)) => words::format(
            "wizard.phase_span",
            &[("first", &first.id), ("last", &last.id)],
        ),
        _ => String::new(),
    };
    let aside = match (open, all_done) {
        (true, _) => words::format(
            "wizard.phase_count",
            &[("done", &done), ("all", &range.len())],
        ),
        (false, true) => words::format("wizard.phase_done", &[("span", &span)]),
        (false, false) => span,
    };
    let name = words::format(
        "wizard.phase_name",
        &[
            ("id", &phase.id),
            ("title", &phase.title),
            ("aside", &aside),
        ],
    );
    let id = ui.scope_id().with(("phase", range.start));
    let row = Row {
        id,
        name: &name,
        height: PHASE_HEIGHT,
        selected: false,
        role: Role::Button,
    };
    let (rect, response) = widgets::row(ui, row);
    if !response.hovered() {
        ui.painter().rect_filled(rect, 0.0, t.chrome);
    }
    let painter = ui.painter();
    widgets::focus_ring(painter, t, &response, rect.shrink(1.0), 0);
    painter.hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    let (icon, colour) = match (open, all_done) {
        (true, _) => (icons::CARET_DOWN, t.t2),
        (false, true) => (icons::CHECK, t.ok),
        (false, false) => (icons::CARET_RIGHT, t.t2),
    };
    ink::glyph(
        painter,
        icon,
        theme::icon(14.0),
        colour,
        pos2(rect.left() + ICON_X, rect.center().y),
    );
    let inner = Rect::from_min_max(
        pos2(rect.left() + ID_X, rect.top()),
        pos2(rect.right() - GAP_3, rect.bottom()),
    );
    let aside = widgets::elided(painter, inner, Align::Right, &aside, Type::Small, t.t3);
    let title = [
        (Type::CodeMedium, t.t2, phase.id.as_str()),
        (Type::Panel, t.t2, "  "),
        (Type::Panel, t.t1, &phase.title),
    ];
    let room = aside.left() - inner.left() - GAP_2;
    ink::write(
        painter,
        &title,
        room,
        Align2::LEFT_CENTER,
        inner.left_center(),
    );
    response.clicked()
}

/// One step. Clicking shows its why and runs nothing.
fn step_row(ui: &mut Ui, scene: &Scene<'_>, index: usize, state: &mut State) {
    let t = scene.t;
    let step = scene.steps[index];
    let here = scene.here() == Some(index);
    let is = scene.state(index);
    let looked_at = scene.looked_at() == Some(index);
    let why = looked_at.then(|| short_why(ui, scene, step));
    let height = STEP_HEIGHT + why.as_ref().map_or(0.0, |why| why.size().y + GAP_2);
    let name = format!("{} {}, {}", step.id, step.title, scene::state_word(is));
    let id = ui.scope_id().with(("step", index));
    let (rect, response) = widgets::row(
        ui,
        Row {
            id,
            name: &name,
            height,
            selected: looked_at,
            role: Role::ListItem,
        },
    );
    let painter = ui.painter();
    if !looked_at
        && !response.hovered()
        && scene.last_done() == Some(index)
        && scene.flow.ended.is_none()
    {
        painter.rect_filled(rect, 0.0, t.glow(1.0));
    }
    let mid = rect.top() + STEP_HEIGHT / 2.0;
    state_mark(ui, scene, is, pos2(rect.left() + ICON_X, mid));
    let strong = here || looked_at;
    let id_ink = if strong { t.t1 } else { t.t3 };
    let id_type = if strong { Type::CodeMedium } else { Type::Code };
    widgets::paint_text(
        painter,
        pos2(rect.left() + ID_X, mid),
        Align2::LEFT_CENTER,
        &step.id.0,
        id_type,
        id_ink,
    );
    let line = Rect::from_min_max(
        pos2(rect.left() + TITLE_X, rect.top()),
        pos2(rect.right() - GAP_3, rect.top() + STEP_HEIGHT),
    );
    let title_ink = if is == StepState::Idle && !looked_at {
        t.t2
    } else {
        t.t1
    };
    let title_type = if strong { Type::Panel } else { Type::Body };
    let title = widgets::elided(
        painter,
        line,
        Align::Left,
        &step.title,
        title_type,
        title_ink,
    );
    let parties = scene.parties(step);
    let room = line.right() - title.right() - GAP_2;
    let fits = |text: &str| widgets::width_of(painter, text, Type::Small) <= room;
    let who = if fits(&parties) {
        &parties
    } else {
        scene.short(step.lane)
    };
    if fits(who) {
        widgets::elided(painter, line, Align::Right, who, Type::Small, t.t3);
    }
    if let Some(why) = why {
        painter.galley(
            pos2(rect.left() + TITLE_X, rect.top() + STEP_HEIGHT - 6.0),
            why,
            t.t2,
        );
    }
    if response.clicked() {
        state.selected = (!here).then_some(index);
    }
    if state.follow && here {
        ui.scroll_to_rect(rect, None);
    }
}

/// The first sentence of a step's why, laid out under its title.
fn short_why(ui: &Ui, scene: &Scene<'_>, step: &Step) -> std::sync::Arc<egui::Galley> {
    let (first, _) = ink::first_sentence(&step.why);
    let width = ui.available_width() - TITLE_X - GAP_3;
    ui.painter().layout_job(ink::prose(
        first,
        Type::Small,
        scene.t.t2,
        scene.t.t1,
        width,
    ))
}

/// The mark of a step's state: a filled icon, or an empty circle for what has not come yet.
fn state_mark(ui: &Ui, scene: &Scene<'_>, state: StepState, centre: egui::Pos2) {
    let icon = match state {
        StepState::Idle => {
            let stroke = Stroke::new(1.25, scene.t.line3);
            ui.painter().circle_stroke(centre, 6.0, stroke);
            return;
        }
        StepState::Next => icons::ARROW_CIRCLE_RIGHT,
        StepState::Done => icons::CHECK_CIRCLE,
        StepState::Refused => icons::X_CIRCLE,
        StepState::Unknown => icons::QUESTION,
    };
    ink::glyph(
        ui.painter(),
        icon,
        theme::icon_fill(16.0),
        scene.tone(state),
        centre,
    );
}

/// Under the list: until when the card is as it was.
fn remark(ui: &mut Ui, scene: &Scene<'_>) {
    let t = scene.t;
    let text = words::text(if scene.flow.committed {
        "wizard.whole_after"
    } else {
        "wizard.whole_before"
    });
    let width = ui.available_width() - ID_X - GAP_3;
    let galley = ui
        .painter()
        .layout_job(ink::prose(text, Type::Small, t.t3, t.t2, width));
    let size = vec2(ui.available_width(), galley.size().y + 2.0 * GAP_3);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, text));
    let painter = ui.painter();
    let top = rect.top() + GAP_3;
    ink::glyph(
        painter,
        icons::SHIELD_CHECK,
        theme::icon(16.0),
        t.t3,
        pos2(rect.left() + ICON_X, top + 9.0),
    );
    painter.galley(pos2(rect.left() + ID_X, top), galley, t.t3);
}
