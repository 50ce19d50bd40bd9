//! The sequence chart: a lane for each party, and for each step of the table a row with the message that
//! passed or will pass, or a box for what one party does alone.

use super::ink;
use super::scene::Scene;
use super::state::State;
use crate::model::flow::table::{LaneId, LaneKind};
use crate::ui::icons;
use crate::ui::theme::{self, Type};
use crate::ui::tokens::{
    GAP, GAP_2, GAP_3, GAP_4, RADIUS_CONTROL, STROKE, STROKE_COAST, STROKE_SELECTION,
};
use crate::ui::widgets::{self, Align};
use crate::words;
use crate::workbench::view::{LaneView, StepState};
use egui::{
    Align2, Color32, CornerRadius, Painter, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

const LANES_HEIGHT: f32 = 48.0;
const ROW_HEIGHT: f32 = 40.0;
const BOX_HEIGHT: f32 = 24.0;
/// Room for the word "Next" at the left of the band.
const GUTTER: f32 = 64.0;
/// Between a lane and the head of an arrow.
const CLEAR: f32 = 5.0;

/// Draws the chart.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut State) {
    ui.spacing_mut().item_spacing.y = 0.0;
    lanes(ui, scene);
    ScrollArea::vertical()
        .id_salt("sequence")
        .auto_shrink(false)
        .show(ui, |ui| {
            let above = ui.available_rect_before_wrap();
            let whole = ui.painter().add(Shape::Noop);
            ui.add_space(GAP_2);
            for (at, row) in rows(scene).iter().enumerate() {
                if draw_row(ui, scene, row, at, state.follow).clicked() {
                    state.selected =
                        (scene.here() != Some(row.step) || row.happened).then_some(row.step);
                }
            }
            ui.add_space(GAP_3);
            let bottom = ui.min_rect().bottom().max(above.bottom());
            let lines = scene.flow.lanes.iter().map(|lane| {
                let x = lane_x(scene, above, lane.lane.id);
                Shape::line_segment(
                    [pos2(x, above.top()), pos2(x, bottom)],
                    Stroke::new(STROKE, scene.t.line2),
                )
            });
            ui.painter().set(whole, Shape::Vec(lines.collect()));
        });
}

/// One row: what passed, or what will.
struct ChartRow<'a> {
    step: usize,
    from: LaneId,
    to: LaneId,
    both_ways: bool,
    label: &'a str,
    /// It is a message of the flow, not only a step of the table.
    happened: bool,
    /// It is the first of its step.
    first: bool,
    state: StepState,
}

/// A row for every message, and for what a party does alone; a step that has neither yet has a row made of
/// its title.
fn rows<'a>(scene: &Scene<'a>) -> Vec<ChartRow<'a>> {
    let mut rows = Vec::new();
    for (index, step) in scene.steps.iter().enumerate() {
        let before = rows.len();
        let state = scene.state(index);
        let mut alone = step.with.is_none();
        rows.extend(
            scene
                .messages(index)
                .enumerate()
                .map(|(at, message)| ChartRow {
                    step: index,
                    from: message.from,
                    to: message.to,
                    both_ways: message.both_ways,
                    label: &message.label,
                    happened: true,
                    first: at == 0,
                    state,
                }),
        );
        let stands = |row: &ChartRow<'_>| row.from == row.to || row.label == step.title;
        alone &= !rows[before..].iter().any(stands);
        if rows.len() == before || alone {
            let to = step.with.unwrap_or(step.lane);
            // A card only ever answers, so what passes between it and another goes both ways.
            let both_ways = to != step.lane && (scene.is_card(to) || scene.is_card(step.lane));
            let (from, label) = (step.lane, step.title.as_str());
            let first = rows.len() == before;
            rows.push(ChartRow {
                step: index,
                from,
                to,
                both_ways,
                label,
                happened: false,
                first,
                state,
            });
        }
    }
    rows
}

/// Middle of a lane; what has none stands at the right edge.
fn lane_x(scene: &Scene<'_>, rect: Rect, lane: LaneId) -> f32 {
    let lanes = &scene.flow.lanes;
    let at = lanes
        .iter()
        .position(|view| view.lane.id == lane)
        .unwrap_or(lanes.len());
    let width = (rect.width() - GUTTER - GAP_4) / lanes.len().max(1) as f32;
    (rect.left() + GUTTER + (at as f32 + 0.5) * width)
        .min(rect.right())
        .round()
        + 0.5
}

/// Who stands on the chart: icon, role and name over each lane.
fn lanes(ui: &mut Ui, scene: &Scene<'_>) {
    let t = scene.t;
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), LANES_HEIGHT), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, t.panel);
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - STROKE / 2.0,
        Stroke::new(STROKE, t.line),
    );
    let width = (rect.width() - GUTTER - GAP_4) / scene.flow.lanes.len().max(1) as f32;
    for lane in &scene.flow.lanes {
        let x = lane_x(scene, rect, lane.lane.id);
        let place =
            Rect::from_center_size(pos2(x, rect.center().y), vec2(width - GAP_2, LANES_HEIGHT));
        lane_head(ui, scene, lane, place);
    }
}

fn lane_head(ui: &Ui, scene: &Scene<'_>, lane: &LaneView, place: Rect) {
    let t = scene.t;
    let painter = ui.painter();
    let icon = icons::of_lane(&lane.lane.icon);
    let mark = 16.0 + GAP_2;
    let role = ink::line(
        painter,
        &[(Type::Panel, t.t1, &lane.lane.role)],
        place.width() - mark,
    );
    let left = place.center().x - (role.size().x + mark) / 2.0;
    let y = place.top() + 15.0;
    match lane.owner {
        Some(owner) => {
            widgets::paint_owner_tag(painter, t, pos2(left, y - 8.0), owner, scene.letter(owner));
        }
        None => ink::glyph(painter, icon, theme::icon(16.0), t.t2, pos2(left + 8.0, y)),
    }
    ink::put(painter, role, Align2::LEFT_CENTER, pos2(left + mark, y));
    let name = Rect::from_center_size(
        pos2(place.center().x, place.top() + 34.0),
        vec2(place.width(), 16.0),
    );
    let kind = if lane.lane.kind == LaneKind::Card {
        Type::CodeSmall
    } else {
        Type::Small
    };
    widgets::elided(painter, name, Align::Centre, &lane.name, kind, t.t3);
    let response = ui.interact(
        place,
        ui.scope_id().with(("lane", &lane.lane.role)),
        Sense::hover(),
    );
    let name = format!("{}, {}", lane.lane.role, lane.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    response.on_hover_text(name);
}

/// How a row is drawn.
struct Look {
    line: Color32,
    id: Color32,
    label: Color32,
    dashed: bool,
    /// What is under it, and the bar at its left where it is a band.
    ground: Color32,
    bar: Option<Color32>,
}

fn look(scene: &Scene<'_>, row: &ChartRow<'_>, hovered: bool) -> Look {
    let t = scene.t;
    let rest = if hovered { t.hover } else { t.ground };
    let plain = |line, label, dashed| Look {
        line,
        id: t.t3,
        label,
        dashed,
        ground: rest,
        bar: None,
    };
    let band = |line, id, dashed, ground| Look {
        line,
        id,
        label: t.t1,
        dashed,
        ground,
        bar: Some(line),
    };
    match row.state {
        StepState::Next => band(t.accent, t.accent_text, false, t.accent_wash),
        StepState::Refused => band(t.danger, t.danger, false, t.danger_wash),
        StepState::Unknown => band(t.unknown, t.unknown, true, t.unknown_wash),
        StepState::Done => plain(t.t2, t.t1, false),
        StepState::Idle => plain(t.line3, t.t3, true),
    }
}

fn draw_row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    row: &ChartRow<'_>,
    at: usize,
    follow: bool,
) -> Response {
    let t = scene.t;
    let step = scene.steps[row.step];
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT));
    let response = ui.interact(rect, ui.scope_id().with(("chart row", at)), Sense::click());
    let picked = scene.selected == Some(row.step);
    let key = match (row.from == row.to, row.happened) {
        (true, _) => "wizard.chart_row_alone",
        (false, true) => "wizard.chart_row",
        (false, false) => "wizard.chart_row_coming",
    };
    let name = words::format(
        key,
        &[
            ("step", &step.id),
            ("label", &row.label),
            ("from", &scene.role(row.from)),
            ("to", &scene.role(row.to)),
        ],
    );
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, picked, &name));
    let band = Rect::from_x_y_ranges(
        (rect.left() + GAP_3)..=(rect.right() - GAP_3),
        rect.y_range(),
    );
    let painter = ui.painter();
    let look = look(scene, row, response.hovered());
    if look.ground != t.ground {
        ground(painter, scene, &look, band);
    }
    if row.state == StepState::Next && row.first {
        widgets::paint_text(
            painter,
            pos2(band.left() + GAP_3, band.center().y),
            Align2::LEFT_CENTER,
            words::text("wizard.band_next"),
            Type::Panel,
            t.accent_text,
        );
    }
    if row.from == row.to {
        boxed(painter, scene, row, &look, rect, picked);
    } else {
        arrow(painter, scene, row, &look, rect, picked);
    }
    widgets::focus_ring(painter, t, &response, band.shrink(1.0), RADIUS_CONTROL);
    if follow && scene.here() == Some(row.step) {
        ui.scroll_to_rect(rect.expand2(vec2(0.0, 2.0 * ROW_HEIGHT)), None);
    }
    response
}

/// The band of the next step, or of the one that ended the flow; or what is under the pointer.
fn ground(painter: &Painter, scene: &Scene<'_>, look: &Look, band: Rect) {
    painter.rect_filled(band, 0.0, look.ground);
    redraw_lanes(painter, scene, band);
    if let Some(colour) = look.bar {
        let bar = Rect::from_min_size(band.min, vec2(STROKE_COAST, band.height()));
        painter.rect_filled(bar, 0.0, colour);
    }
}

/// The lanes run on over a band. The chart's own rectangle is the band's with its margins.
fn redraw_lanes(painter: &Painter, scene: &Scene<'_>, band: Rect) {
    let whole = band.expand2(vec2(GAP_3, 0.0));
    for lane in &scene.flow.lanes {
        let x = lane_x(scene, whole, lane.lane.id);
        painter.vline(x, band.y_range(), Stroke::new(STROKE, scene.t.line3));
    }
}

/// Step and label as one line of text.
fn words_of(
    painter: &Painter,
    scene: &Scene<'_>,
    row: &ChartRow<'_>,
    look: &Look,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let id = &scene.steps[row.step].id.0;
    let runs = [
        (Type::Code, look.id, id.as_str()),
        (Type::Small, look.label, "  "),
        (Type::Small, look.label, row.label),
    ];
    ink::line(painter, &runs, width)
}

/// What one party does alone: a box on its lane.
fn boxed(
    painter: &Painter,
    scene: &Scene<'_>,
    row: &ChartRow<'_>,
    look: &Look,
    rect: Rect,
    picked: bool,
) {
    let t = scene.t;
    let x = lane_x(scene, rect, row.from);
    let lane = (rect.width() - GUTTER - GAP_4) / scene.flow.lanes.len().max(1) as f32;
    let galley = words_of(painter, scene, row, look, lane * 1.5 - 2.0 * GAP_2);
    let size = vec2(galley.size().x + 2.0 * GAP_2, BOX_HEIGHT);
    let mut place = Rect::from_center_size(pos2(x, rect.center().y), size);
    let beyond = (place.right() - (rect.right() - GAP_3)).max(0.0);
    place = place.translate(Vec2::new(-beyond, 0.0));
    let newest = scene.last_done() == Some(row.step) && row.state == StepState::Done;
    let fill = match row.state {
        StepState::Idle => t.ground,
        StepState::Done if newest => t.ok_wash,
        _ => t.raised,
    };
    let corner = CornerRadius::same(RADIUS_CONTROL);
    painter.rect_filled(place, corner, fill);
    let edge = match row.state {
        StepState::Done if newest => t.ok,
        StepState::Done => t.line2,
        _ => look.line,
    };
    if look.dashed {
        widgets::dashed_rect(painter, place, Stroke::new(STROKE, edge));
    } else {
        painter.rect_stroke(place, corner, Stroke::new(STROKE, edge), StrokeKind::Inside);
    }
    if picked {
        marked(painter, scene, place);
    }
    ink::put(painter, galley, Align2::CENTER_CENTER, place.center());
}

fn marked(painter: &Painter, scene: &Scene<'_>, place: Rect) {
    let stroke = Stroke::new(STROKE_SELECTION, scene.t.marker);
    painter.rect_stroke(
        place,
        CornerRadius::same(RADIUS_CONTROL),
        stroke,
        StrokeKind::Middle,
    );
}

/// A message from lane to lane: its label over its arrow.
fn arrow(
    painter: &Painter,
    scene: &Scene<'_>,
    row: &ChartRow<'_>,
    look: &Look,
    rect: Rect,
    picked: bool,
) {
    let (from, to) = (lane_x(scene, rect, row.from), lane_x(scene, rect, row.to));
    let toward = (to - from).signum();
    let y = (rect.bottom() - 10.0).round() + 0.5;
    let (start, end) = (pos2(from + toward * CLEAR, y), pos2(to - toward * CLEAR, y));
    let line = if picked { scene.t.marker } else { look.line };
    let stroke = Stroke::new(1.25, line);
    if look.dashed {
        painter.extend(Shape::dashed_line(&[start, end], stroke, 5.0, 3.0));
    } else {
        painter.line_segment([start, end], stroke);
    }
    head(painter, end, toward, line);
    if row.both_ways {
        head(painter, start, -toward, line);
    }
    // A label that is wider than its arrow covers a little of the lanes at its sides.
    let span = (to - from).abs();
    let galley = words_of(painter, scene, row, look, span + GUTTER);
    let place = Rect::from_center_size(pos2((from + to) / 2.0, y - 13.0), galley.size());
    if place.width() > span - 2.0 * GAP {
        painter.rect_filled(place.expand2(vec2(GAP, 0.0)), 0.0, look.ground);
    }
    if picked {
        let around = place.expand2(vec2(GAP_2, 0.0));
        painter.rect_filled(around, CornerRadius::same(RADIUS_CONTROL), scene.t.ground);
        marked(painter, scene, around);
    }
    ink::put(painter, galley, Align2::CENTER_CENTER, place.center());
}

/// The head of an arrow with its point at `at`.
fn head(painter: &Painter, at: egui::Pos2, toward: f32, colour: Color32) {
    let back = at - vec2(toward * 7.0, 0.0);
    let points = vec![at, back + vec2(0.0, 3.5), back - vec2(0.0, 3.5)];
    painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
}
