//! The block map: the whole card at a glance.
//!
//! User blocks grow from one end, system blocks from the other, the free sea is between them, and a division
//! is a coast around a run of its own. [`zoom`] says what part is on screen and how big, from the whole card down to
//! the bytes of a few blocks; [`grid`] knows the places, [`paint`] fills them and [`labels`] writes on them. What
//! colours mean is in [`colouring`], worked out once for a card and a mode; of a card too big for cells, [`overview`]
//! makes one picture; [`state`] keeps both until something changes. [`navigate`] is what pointer and keyboard do.

mod coast;
pub mod colouring;
mod controls;
pub mod grid;
pub mod guard;
mod ink;
mod labels;
mod legend;
mod lens;
mod look;
mod minimap;
mod navigate;
mod overview;
mod paint;
mod shown;
mod state;
mod tip;
mod zoom;

pub use controls::header;
pub use shown::Shown;
pub use state::MapState;

use super::facts::{NodeBlocks, Selection, blocks_of};
use crate::model::card::map::BlockMap;
use crate::ui::numbers;
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, Tokens};
use crate::ui::widgets;
use crate::workbench::view::CardView;
use egui::{Align2, Painter, Pos2, Rect, Sense, Ui, pos2, vec2};
use legend::Legend;
use paint::{Detail, Scene, looks};
use std::sync::Arc;
use zoom::Sizes;

/// Height of the row of column digits.
const HEADS: f32 = 20.0;
/// Width of the addresses at the left.
const GUTTER: f32 = 54.0;

/// Height that the map of a card of so many blocks keeps in a low window, with heads and legend, in points: no block of
/// the biggest is less than a point high.
pub fn least_height(blocks: u32) -> f32 {
    let cells = if blocks > 16_384 { 256.0 } else { 192.0 };
    HEADS + 2.0 * GAP + cells + LEGEND
}

/// Height of a legend of two rows.
const LEGEND: f32 = 56.0;

/// Draws map and legend into the room that is left, and moves the selection.
pub fn show(
    ui: &mut Ui,
    shown: Shown<'_>,
    map: &Arc<BlockMap>,
    state: &mut MapState,
    selection: &mut Selection,
    glow: Option<f32>,
) {
    let blocks = map.cells.len() as u32;
    if blocks == 0 {
        return;
    }
    let colouring = state.colouring(shown.view, shown.card, map);
    let legend = Legend::new(ui.painter(), ui.available_width(), shown, &colouring);
    let (heads, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEADS), Sense::hover());
    let height = (ui.available_height() - legend.height()).max(40.0);
    let size = vec2(ui.available_width(), height);
    let (canvas, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let window = Rect::from_min_max(
        canvas.min + vec2(GUTTER, GAP),
        canvas.max - vec2(GAP_2, GAP),
    );
    let sizes = Sizes::new(blocks, window, ui.pixels_per_point());
    let picked = state.blocks_of(shown.card, selection.node);
    navigate::zoom(ui, &response, &sizes, state, selection.block, &picked);
    let grid = state.zoom.grid(&sizes);
    let picture = state.picture(ui, map, &colouring, grid.columns);
    let t = Tokens::of(ui.ctx());
    let p = ui
        .painter()
        .with_clip_rect(canvas.intersect(ui.clip_rect()));
    let (rows, columns) = grid.visible(window);
    let scene = Scene {
        t,
        p: &p,
        grid,
        view: shown.view,
        card: shown.card,
        map,
        facts: shown.facts,
        looks: looks(t, &colouring),
        pointed: state.pointed(&colouring),
        colouring: &colouring,
        selected: &picked,
        block: selection.block,
        picked: selection.blocks(),
        window,
        rows,
        columns,
        glow,
    };
    draw(&scene, picture);
    column_heads(&scene, ui.painter(), heads);
    gutter(&scene);
    let went = navigate::select(ui, &response, &scene, *selection);
    navigate::say(ui, &response, &scene, shown);
    let looked = (scene.detail() == Detail::Picture).then(|| scene.lens(ui));
    let clear = selection.block.map(|block| grid.cell(block));
    let seen = seen_words(&scene);
    if let Some(selected) = looked.flatten().or(went) {
        *selection = selected;
    }
    if !state.zoom.all_in_sight(&sizes) {
        let cells = vec2(grid.columns as f32, grid.rows() as f32);
        minimap::show(ui, &mut state.zoom, &sizes, (picture, cells), clear, &seen);
    }
    legend.show(ui, state, &colouring);
}

/// Cells or the picture of them, coasts, words and the selection.
fn draw(scene: &Scene<'_>, picture: egui::TextureId) {
    let beside = scene.window.expand(2.0).intersect(scene.p.clip_rect());
    let inner = scene.p.with_clip_rect(beside);
    let scene = &Scene {
        p: &inner,
        looks: scene.looks.clone(),
        rows: scene.rows.clone(),
        columns: scene.columns.clone(),
        ..*scene
    };
    if scene.detail() == Detail::Picture {
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        let place = Rect::from_min_size(scene.grid.origin, scene.grid.size());
        // White leaves the picture's own colours as they are.
        scene.p.image(picture, place, whole, egui::Color32::WHITE);
        scene.shore();
    } else {
        scene.cells();
        scene.labels();
    }
    let tabs = scene.tabs();
    if scene.detail() < Detail::Bytes {
        scene.words_on_the_sea(&tabs);
    }
    scene.divisions(&tabs);
    scene.selection();
}

/// The addresses in sight, in words.
fn seen_words(scene: &Scene<'_>) -> String {
    let seen = scene.on_screen();
    let addresses = scene.facts.addresses;
    addresses.range(seen.start, seen.end.saturating_sub(seen.start))
}

/// The hexadecimal digits of a column within its row, over as many columns as there is room for.
fn column_heads(scene: &Scene<'_>, p: &Painter, heads: Rect) {
    let grid = &scene.grid;
    let every = round_every(28.0, grid.pitch.x);
    for column in scene.columns.clone() {
        let cell = grid.cell(column);
        let x = cell.center().x;
        let outside = x < scene.window.left() || x > scene.window.right();
        if !column.is_multiple_of(every) || outside {
            continue;
        }
        let text = if grid.columns == 16 {
            format!("{column:X}")
        } else {
            format!("{column:02X}")
        };
        let at = pos2(x, heads.center().y + 2.0);
        widgets::paint_text(
            p,
            at,
            Align2::CENTER_CENTER,
            &text,
            Type::CodeSmall,
            scene.t.t3,
        );
    }
}

/// Of how many rows or columns of a size one has room for a label of `room`: a power of two, so that the labels are
/// round.
fn round_every(room: f32, pitch: f32) -> u32 {
    ((room / pitch).ceil().max(1.0) as u32).next_power_of_two()
}

/// Addresses at the left, as many as there is height for.
fn gutter(scene: &Scene<'_>) {
    let columns = scene.grid.columns;
    let every = round_every(16.0, scene.grid.pitch.y);
    for row in scene.rows.clone().filter(|row| row.is_multiple_of(every)) {
        let first = row * columns;
        let address = scene.facts.addresses.counted(first);
        let text = if columns == 16 {
            numbers::address(address)
        } else {
            format!("{address:04X}")
        };
        let cell = scene.grid.cell(first);
        let y = if every == 1 {
            cell.center().y
        } else {
            cell.top() + 5.0
        };
        if !scene.window.y_range().shrink(4.0).contains(y) {
            continue;
        }
        let at = pos2(scene.window.left() - 8.0, y);
        widgets::paint_text(
            scene.p,
            at,
            Align2::RIGHT_CENTER,
            &text,
            Type::CodeSmall,
            scene.t.t3,
        );
    }
}

/// Blocks of the node that is picked, for the status bar.
pub fn picked(card: &CardView, selection: Selection) -> NodeBlocks {
    selection
        .node
        .map(|node| blocks_of(&card.tree, node))
        .unwrap_or_default()
}
