//! What will change on the card, why a step is there, and what was learned at it: a panel at the right, or
//! side by side under the chart of a narrow window.

use super::ink;
use super::map::{self, Coast, Sign};
use super::scene::Scene;
use crate::model::flow::table::{LaneId, Step};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, GAP_4, STROKE};
use crate::ui::widgets::{self, Align, Tone};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{CardView, FlowEnd};
use egui::{
    Align2, Frame, Margin, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

const LEGEND_ROW: f32 = 20.0;

/// Draws the panel at the right.
pub fn show(ui: &mut Ui, scene: &Scene<'_>) {
    let edge = ui.max_rect();
    ui.painter().vline(
        edge.left() + STROKE / 2.0,
        edge.y_range(),
        Stroke::new(STROKE, scene.t.line),
    );
    ScrollArea::vertical()
        .id_salt("aside")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            widgets::panel_header(ui, 36.0, plan_title(scene), "", |ui| plan_tag(ui, scene));
            padded(ui, |ui| plan(ui, scene, 210.0));
            reasons(ui, scene);
        });
}

/// Draws the same under the chart: the plan at the left, the reasons at the right.
pub fn show_wide(ui: &mut Ui, scene: &Scene<'_>, controls: impl FnOnce(&mut Ui)) {
    let edge = ui.max_rect();
    ui.painter().hline(
        edge.x_range(),
        edge.top() + STROKE / 2.0,
        Stroke::new(STROKE, scene.t.line),
    );
    ui.spacing_mut().item_spacing.y = 0.0;
    widgets::panel_header(ui, 36.0, plan_title(scene), "", |ui| {
        controls(ui);
        plan_tag(ui, scene);
    });
    let rest = ui.available_rect_before_wrap();
    let (left, right) = rest.split_left_right_at_fraction(0.5);
    ui.painter().vline(
        right.left(),
        right.y_range(),
        Stroke::new(STROKE, scene.t.line),
    );
    for (at, place) in [left, right].into_iter().enumerate() {
        ui.scope_builder(
            UiBuilder::new().max_rect(place).id_salt(("aside half", at)),
            |ui| {
                ScrollArea::vertical()
                    .id_salt("half")
                    .auto_shrink(false)
                    .show(ui, |ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        if at == 0 {
                            padded(ui, |ui| plan(ui, scene, 144.0));
                        } else {
                            reasons(ui, scene);
                        }
                    });
            },
        );
    }
}

fn padded<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    Frame::new()
        .inner_margin(Margin::same(GAP_3 as i8))
        .show(ui, add)
        .inner
}

/// `What will change`, or what has or would have changed.
fn plan_title(scene: &Scene<'_>) -> &'static str {
    words::text(match (scene.is_over(), map::coast(scene)) {
        (_, Coast::Committed) => "wizard.plan_after",
        (false, _) => "wizard.plan",
        (true, _) => "wizard.plan_given_up",
    })
}

/// `Not yet written`, `Prepared`, `Written`.
fn plan_tag(ui: &mut Ui, scene: &Scene<'_>) {
    let (tone, icon, key) = match (&scene.flow.ended, map::coast(scene)) {
        (_, Coast::Committed) => (Tone::Ok, icons::CHECK, "wizard.plan_committed"),
        (Some(FlowEnd::Unknown(_)), _) => (Tone::Unknown, icons::QUESTION, "wizard.plan_unknown"),
        _ if scene.is_over() => (Tone::Neutral, icons::CLOSE, "wizard.plan_not_written"),
        (_, Coast::Planned) => (Tone::Neutral, icons::CLOCK, "wizard.plan_planned"),
        (_, Coast::Pending) => (Tone::Neutral, icons::CIRCLE_HALF, "wizard.plan_pending"),
    };
    widgets::tag(ui, tone, icon, words::text(key));
}

/// Map and legend.
fn plan(ui: &mut Ui, scene: &Scene<'_>, height: f32) {
    let card = scene.view.card.as_deref();
    match card.and_then(|card| card.map.as_ref()) {
        Some(map) if !map.cells.is_empty() => map::show(ui, scene, map, height),
        _ => {
            let text = words::text("wizard.no_map");
            ui.add(egui::Label::new(Type::Small.paragraph(text, scene.t.t2)).wrap());
        }
    }
    ui.add_space(GAP_3);
    for line in legend(scene, card) {
        if line.sum {
            widgets::hairline(ui);
        }
        legend_row(ui, scene, &line);
    }
}

/// One line of the legend.
struct Line {
    sign: Sign,
    what: String,
    /// Addresses, or what it was before.
    note: String,
    count: Option<u32>,
    /// A part of the line above it.
    part: bool,
    /// The sum of the lines above it.
    sum: bool,
}

/// Counts that add up to the chip's blocks: the run, what stays, what is free afterwards, and the rest.
fn legend(scene: &Scene<'_>, card: Option<&CardView>) -> Vec<Line> {
    let plan = &scene.flow.plan;
    let parent = &plan.parent;
    let owner = owner_of(card, scene);
    let line = |sign, what: String, note: String, count| Line {
        sign,
        what,
        note,
        count,
        part: false,
        sum: false,
    };
    let mut lines = vec![
        line(
            Sign::Run,
            words::format("wizard.legend_new", &[("code", &plan.code)]),
            plan.run
                .map(|(first, blocks)| numbers::range(first, blocks))
                .unwrap_or_default(),
            plan.run.map(|(_, blocks)| blocks),
        ),
        Line {
            part: true,
            ..line(
                Sign::Own,
                words::text("wizard.legend_own").into(),
                String::new(),
                Some(plan.own_blocks),
            )
        },
        line(
            Sign::Kept(owner),
            words::format("wizard.legend_kept", &[("code", parent)]),
            String::new(),
            plan.kept,
        ),
        line(
            Sign::Free,
            words::format("wizard.legend_free", &[("code", parent)]),
            plan.free
                .map(|(before, _)| {
                    words::format(
                        "wizard.legend_free_before",
                        &[("n", &numbers::grouped(before))],
                    )
                })
                .unwrap_or_default(),
            plan.free.map(|(_, after)| after),
        ),
    ];
    if let (Some((_, run)), Some((before, after)), Some(kept)) = (plan.run, plan.free, plan.kept) {
        let record = before.saturating_sub(after).saturating_sub(run);
        if record > 0 {
            let what = words::format("wizard.legend_record", &[("code", parent)]);
            lines.push(line(Sign::Kept(owner), what, String::new(), Some(record)));
        }
        let all = card.and_then(|card| card.chip_blocks);
        if let Some(all) = all {
            let others = all.saturating_sub(run + kept + after + record);
            if others > 0 {
                let what = words::text("wizard.legend_others").into();
                lines.push(line(Sign::None, what, String::new(), Some(others)));
            }
            let sum = line(
                Sign::None,
                words::text("wizard.legend_all").into(),
                String::new(),
                Some(all),
            );
            lines.push(Line { sum: true, ..sum });
        }
    }
    lines
}

/// Owner of the system that lends.
fn owner_of(card: Option<&CardView>, scene: &Scene<'_>) -> usize {
    let Some(card) = card else { return 0 };
    let system = card
        .tree
        .system(scene.flow.plan.parent)
        .map_or(0, |system| system.number);
    card.system_owners
        .get(usize::from(system))
        .copied()
        .unwrap_or_default()
}

fn legend_row(ui: &mut Ui, scene: &Scene<'_>, line: &Line) {
    let t = scene.t;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), LEGEND_ROW), Sense::hover());
    let painter = ui.painter();
    let indent = if line.part { GAP_4 } else { 0.0 };
    map::sign(
        painter,
        scene,
        line.sign,
        pos2(rect.left() + 7.0 + indent, rect.center().y),
    );
    let count = line.count.map(numbers::grouped);
    let wide = if line.count.is_some() { 44.0 } else { 80.0 };
    let count_place = Rect::from_min_max(pos2(rect.right() - wide, rect.top()), rect.max);
    let (count, ink_of_count) = match &count {
        Some(count) => (count.as_str(), t.t1),
        None => (words::text("wizard.not_read_yet"), t.t3),
    };
    let kind = if line.count.is_some() {
        Type::Code
    } else {
        Type::Small
    };
    let count_at = widgets::elided(
        painter,
        count_place,
        Align::Right,
        count,
        kind,
        ink_of_count,
    );
    let note_right = count_place.left().min(count_at.left()) - GAP_2;
    let note = [(Type::CodeSmall, t.t3, line.note.as_str())];
    let note_at = ink::write(
        painter,
        &note,
        130.0,
        Align2::RIGHT_CENTER,
        pos2(note_right, rect.center().y),
    );
    let what = Rect::from_min_max(
        pos2(rect.left() + 22.0 + indent, rect.top()),
        pos2(note_at.left() - GAP_2, rect.bottom()),
    );
    widgets::elided(painter, what, Align::Left, &line.what, Type::Small, t.t2);
    let name = format!("{} {} {count}", line.what, line.note);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
}

/// Why, and what was learned.
fn reasons(ui: &mut Ui, scene: &Scene<'_>) {
    if let Some(step) = scene.looked_at().and_then(|at| scene.steps.get(at)) {
        why(ui, scene, step);
    }
    let learned_at = scene.selected.or_else(|| scene.last_done());
    if let Some(step) = learned_at.and_then(|at| scene.steps.get(at)) {
        learned(ui, scene, step);
    }
}

/// A heading with rules above and below it, and the step's id in mono.
fn section(ui: &mut Ui, scene: &Scene<'_>, key: &'static str, step: &Step) {
    let t = scene.t;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let name = format!("{} {}", words::text(key), step.id);
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &name));
    let painter = ui.painter();
    for y in [rect.top() + STROKE / 2.0, rect.bottom() - STROKE / 2.0] {
        painter.hline(rect.x_range(), y, Stroke::new(STROKE, t.line));
    }
    let runs = [
        (Type::Panel, t.t1, words::text(key)),
        (Type::Panel, t.t1, "  "),
        (Type::CodeMedium, t.t1, step.id.0.as_str()),
    ];
    let at = pos2(rect.left() + GAP_3, rect.center().y);
    ink::write(
        painter,
        &runs,
        rect.width() - 2.0 * GAP_3,
        Align2::LEFT_CENTER,
        at,
    );
}

/// A step's why: the first sentence in the foreground, the rest behind it.
fn why(ui: &mut Ui, scene: &Scene<'_>, step: &Step) {
    let t = scene.t;
    section(ui, scene, "wizard.why", step);
    padded(ui, |ui| {
        ui.add_space(GAP);
        let (first, rest) = ink::first_sentence(&step.why);
        for (text, colour) in [(first, t.t1), (rest, t.t2)] {
            if text.is_empty() {
                continue;
            }
            let width = ui.available_width() - GAP_2;
            let galley = ui
                .painter()
                .layout_job(ink::prose(text, Type::Body, colour, t.t1, width));
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
            ui.painter()
                .galley(rect.min + vec2(GAP, 0.0), galley, colour);
            ui.add_space(GAP_2);
        }
    });
}

/// Who came to know what at a step; who took part and learned nothing is said too.
fn learned(ui: &mut Ui, scene: &Scene<'_>, step: &Step) {
    let t = scene.t;
    section(ui, scene, "wizard.learned", step);
    let here: Vec<_> = scene
        .flow
        .learned
        .iter()
        .filter(|learned| learned.step == step.id)
        .collect();
    padded(ui, |ui| {
        for learned in &here {
            // What has no check value is no key but a word.
            let (kind, colour, kcv) = match learned.kcv {
                Some(kcv) => (Type::CodeMedium, t.t1, kcv.to_string()),
                None => (Type::Small, t.t3, String::new()),
            };
            learned_row(ui, scene, learned.who, (&learned.what, kind, colour), &kcv);
        }
        let parties = [Some(step.lane), step.with].into_iter().flatten();
        for who in parties.filter(|who| here.iter().all(|learned| learned.who != *who)) {
            learned_row(
                ui,
                scene,
                who,
                (words::text("wizard.learned_nothing"), Type::Small, t.t3),
                "",
            );
        }
    });
    ui.add_space(GAP_4);
}

fn learned_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    who: LaneId,
    what: (&str, Type, egui::Color32),
    kcv: &str,
) {
    let t = scene.t;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), LEGEND_ROW), Sense::hover());
    let name = format!("{}: {} {kcv}", scene.role(who), what.0);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name.trim_end()));
    let painter = ui.painter();
    let inner = rect.shrink2(vec2(GAP, 0.0));
    let kcv_at = widgets::elided(painter, inner, Align::Right, kcv, Type::Code, t.t3);
    let split = inner.left() + inner.width() * 0.4;
    let left = Rect::from_min_max(inner.min, pos2(split - GAP_2, inner.bottom()));
    let middle = Rect::from_min_max(
        pos2(split, inner.top()),
        pos2(kcv_at.left() - GAP_2, inner.bottom()),
    );
    widgets::elided(
        painter,
        left,
        Align::Left,
        scene.role(who),
        Type::Small,
        t.t2,
    );
    widgets::elided(painter, middle, Align::Left, what.0, what.1, what.2);
}
