//! The small map of "What will change": the whole card as cells, the lent run on it dashed while it is
//! planned, hatched while the card has only prepared it, and a coast of its own once it is written.

use super::coast::Grid;
use super::ink;
use super::scene::Scene;
use crate::model::card::map::{BlockMap, Cell, CellKind};
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP_2, RADIUS_CELL, STROKE, STROKE_COAST};
use crate::words;
use egui::{
    Align2, Color32, CornerRadius, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

/// Room for a row's address at the left.
const GUTTER: f32 = 40.0;
/// Cells narrower than this are drawn as runs, without gaps or dots.
const FINE: f32 = 7.0;

/// How far the division has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coast {
    /// Only intended: the card knows nothing of it.
    Planned,
    /// In the card's volatile memory.
    Pending,
    /// Written.
    Committed,
}

/// Where the division stands, by what the card shows of it.
pub fn coast(scene: &Scene<'_>) -> Coast {
    let plan = &scene.flow.plan;
    let map = scene.view.card.as_ref().and_then(|card| card.map.as_ref());
    let division = map.and_then(|map| {
        map.divisions
            .iter()
            .find(|division| division.code == plan.code)
    });
    match division {
        Some(division) if division.pending => Coast::Pending,
        Some(_) => Coast::Committed,
        None if scene.flow.committed => Coast::Committed,
        None => Coast::Planned,
    }
}

/// The run of the new system as far as the chip has it, at least one block long.
fn run(scene: &Scene<'_>, map: &BlockMap) -> Option<(u32, u32)> {
    let (first, blocks) = scene.flow.plan.run?;
    let left = (map.cells.len() as u32).checked_sub(first)?;
    Some((first, blocks.min(left))).filter(|(_, blocks)| *blocks > 0)
}

/// Draws the map over the width that there is, at most `height` high.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, map: &BlockMap, height: f32) {
    let blocks = map.cells.len() as u32;
    let columns = Grid::columns_for(blocks);
    let rows = blocks.div_ceil(columns).max(1);
    let width = (ui.available_width() - GUTTER).max(1.0);
    let pitch_x = width / columns as f32;
    let pitch_y = (pitch_x * 0.75).min(height / rows as f32);
    let size = vec2(ui.available_width(), rows as f32 * pitch_y);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let name = words::format("wizard.map_name", &[("n", &numbers::grouped(blocks))]);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let grid = Grid {
        origin: pos2(rect.left() + GUTTER, rect.top()),
        columns,
        pitch: vec2(pitch_x, pitch_y),
    };
    let painter = ui.painter();
    let run = run(scene, map);
    gutter(painter, scene, &grid, rows, run);
    for row in 0..rows {
        let end = blocks.min((row + 1) * columns);
        cells(painter, scene, map, &grid, row * columns..end, run);
    }
    if let Some((first, blocks)) = run {
        shore(painter, scene, &grid, first, blocks);
    }
}

/// Physical addresses beside the first row, the last, and those where the run starts and ends.
fn gutter(painter: &Painter, scene: &Scene<'_>, grid: &Grid, rows: u32, run: Option<(u32, u32)>) {
    let mut marked = vec![0, rows - 1];
    if let Some((first, blocks)) = run {
        marked.extend([first / grid.columns, (first + blocks - 1) / grid.columns]);
    }
    let mut drawn: Vec<Rect> = Vec::new();
    for row in marked {
        let centre = grid.origin.y + (row as f32 + 0.5) * grid.pitch.y;
        let at = pos2(grid.origin.x - GAP_2, centre);
        let text = format!("{:04X}", row * grid.columns);
        let galley = ink::line(painter, &[(Type::CodeSmall, scene.t.t3, &text)], GUTTER);
        let place = Align2::RIGHT_CENTER.anchor_size(at, galley.size());
        if drawn.iter().all(|other| !other.intersects(place)) {
            drawn.push(ink::put(painter, galley, Align2::RIGHT_CENTER, at));
        }
    }
}

/// How a cell is filled and outlined; a free one has neither.
#[derive(Clone, Copy, PartialEq)]
struct Paint {
    fill: Color32,
    line: Option<Color32>,
}

fn paint_of(scene: &Scene<'_>, at: u32, cell: &Cell, run: Option<(u32, u32)>) -> Option<Paint> {
    let t = scene.t;
    let plan = &scene.flow.plan;
    let in_run = run.is_some_and(|(first, blocks)| (first..first + blocks).contains(&at));
    if in_run {
        // The card tells what is used once it has the new system. Until then its own system blocks are known
        // to come at the upper end of the run, as in every system.
        let used = match coast(scene) {
            Coast::Planned => run
                .is_some_and(|(first, blocks)| at >= first + blocks - plan.own_blocks.min(blocks)),
            _ => !matches!(cell.kind, CellKind::Free | CellKind::Unknown),
        };
        let fill = if used {
            t.owner(plan.owner).fill
        } else {
            t.sea_tint(plan.owner)
        };
        return Some(Paint { fill, line: None });
    }
    let owners = scene
        .view
        .card
        .as_ref()
        .map(|card| card.system_owners.as_slice())
        .unwrap_or_default();
    let owner = owners
        .get(usize::from(cell.system))
        .copied()
        .unwrap_or_default();
    match cell.kind {
        CellKind::Free => None,
        CellKind::Unknown => Some(Paint {
            fill: t.unknown_wash,
            line: None,
        }),
        CellKind::User { .. } => Some(Paint {
            fill: t.user_tint(owner),
            line: None,
        }),
        CellKind::System(_) => Some(Paint {
            fill: t.system_tint(owner),
            line: Some(t.system_line(owner)),
        }),
    }
}

/// One row of cells. Where cells are too small for gaps, runs that look the same are one rectangle.
fn cells(
    painter: &Painter,
    scene: &Scene<'_>,
    map: &BlockMap,
    grid: &Grid,
    range: std::ops::Range<u32>,
    run: Option<(u32, u32)>,
) {
    let fine = grid.pitch.x < FINE;
    let look = |at: u32| {
        map.cells
            .get(at as usize)
            .and_then(|cell| paint_of(scene, at, cell, run))
    };
    let mut at = range.start;
    while at < range.end {
        let paint = look(at);
        let mut last = at;
        while fine && last + 1 < range.end && look(last + 1) == paint {
            last += 1;
        }
        let span = grid.span(at, last);
        match paint {
            None if fine => {
                painter.rect_filled(span, 0.0, scene.t.sea);
            }
            None => {
                painter.circle_filled(span.center(), 1.0, scene.t.line3);
            }
            Some(paint) if fine => {
                painter.rect_filled(span, 0.0, paint.line.unwrap_or(paint.fill));
            }
            Some(paint) => {
                let place = span.shrink2(Vec2::splat(1.0));
                let corner = CornerRadius::same(RADIUS_CELL);
                painter.rect_filled(place, corner, paint.fill);
                if let Some(line) = paint.line {
                    painter.rect_stroke(
                        place,
                        corner,
                        Stroke::new(STROKE, line),
                        StrokeKind::Inside,
                    );
                }
            }
        }
        at = last + 1;
    }
}

/// The outline of the run, and the hatch while it is only prepared.
fn shore(painter: &Painter, scene: &Scene<'_>, grid: &Grid, first: u32, blocks: u32) {
    let colour = scene.t.owner(scene.flow.plan.owner).fill;
    let coast = coast(scene);
    if coast == Coast::Pending {
        for piece in grid.pieces(first, blocks) {
            hatch(
                painter,
                piece,
                Stroke::new(STROKE, colour.gamma_multiply(0.55)),
            );
        }
    }
    for mut outline in grid.outlines(first, blocks) {
        match coast {
            Coast::Committed => {
                painter.add(Shape::closed_line(
                    outline,
                    Stroke::new(STROKE_COAST, colour),
                ));
            }
            Coast::Planned | Coast::Pending => {
                outline.extend(outline.first().copied());
                painter.extend(Shape::dashed_line(
                    &outline,
                    Stroke::new(1.5, colour),
                    5.0,
                    3.0,
                ));
            }
        }
    }
}

/// Slanted lines over a rectangle, on one grid for all pieces of a run.
fn hatch(painter: &Painter, place: Rect, stroke: Stroke) {
    const STEP: f32 = 6.0;
    let painter = painter.with_clip_rect(place.intersect(painter.clip_rect()));
    let first = ((place.left() + place.top()) / STEP).ceil() as i32;
    let last = ((place.right() + place.bottom()) / STEP).floor() as i32;
    for sum in first..=last {
        let sum = sum as f32 * STEP;
        let ends = [
            pos2(sum - place.top(), place.top()),
            pos2(sum - place.bottom(), place.bottom()),
        ];
        painter.line_segment(ends, stroke);
    }
}

/// The sign of a legend line, 12 points square about `centre`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The new system's outline as it is drawn now.
    Run,
    /// Its own system blocks.
    Own,
    /// Used blocks of an owner.
    Kept(usize),
    Free,
    None,
}

/// Draws a legend's sign.
pub fn sign(painter: &Painter, scene: &Scene<'_>, sign: Sign, centre: egui::Pos2) {
    let t = scene.t;
    let place = Rect::from_center_size(centre, Vec2::splat(11.0));
    let corner = CornerRadius::same(RADIUS_CELL);
    let new = t.owner(scene.flow.plan.owner).fill;
    match sign {
        Sign::Run => {
            let stroke = Stroke::new(1.5, new);
            match coast(scene) {
                Coast::Committed => {
                    painter.rect(
                        place,
                        corner,
                        t.sea_tint(scene.flow.plan.owner),
                        stroke,
                        StrokeKind::Inside,
                    );
                }
                Coast::Pending => {
                    hatch(painter, place, Stroke::new(STROKE, new));
                    crate::ui::widgets::dashed_rect(painter, place, Stroke::new(STROKE, new));
                }
                Coast::Planned => {
                    let corners = [
                        place.left_top(),
                        place.right_top(),
                        place.right_bottom(),
                        place.left_bottom(),
                        place.left_top(),
                    ];
                    painter.extend(Shape::dashed_line(&corners, stroke, 3.0, 2.0));
                }
            }
        }
        Sign::Own => {
            painter.rect_filled(place, corner, new);
        }
        Sign::Kept(owner) => {
            painter.rect_filled(place, corner, t.user_tint(owner));
        }
        Sign::Free => {
            painter.circle_filled(centre, 1.5, t.line3);
        }
        Sign::None => {}
    }
}
