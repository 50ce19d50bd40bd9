//! What pointer and keyboard do on the map: zoom and pan, pick blocks, and name the one that is pointed at.

use super::paint::Scene;
use super::shown::Shown;
use super::state::Ask;
use super::state::MapState;
use super::tip;
use super::zoom::Sizes;
use crate::ui::card::facts::{NodeBlocks, Selection, node_at};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, RADIUS_BOX, RADIUS_CELL, STROKE, Tokens};
use crate::ui::{numbers, widgets};
use crate::words;
use egui::{
    CornerRadius, CursorIcon, EventFilter, Frame, Key, Margin, Modifiers, PointerButton,
    PopupAnchor, Pos2, Response, Role, Stroke, StrokeKind, Tooltip, Ui, Vec2, WidgetInfo, vec2,
};

/// How far a press of Ctrl and an arrow key moves the map, as a part of what is in sight.
const PAN: f32 = 0.25;

/// Zooms and pans, as was asked for since the last frame.
pub fn zoom(
    ui: &Ui,
    response: &Response,
    sizes: &Sizes,
    state: &mut MapState,
    block: Option<u32>,
    picked: &NodeBlocks,
) {
    let window = sizes.window();
    state.zoom.hold(sizes);
    if let Some(block) = state.reveal.take() {
        state.zoom.reveal(sizes, block);
    }
    let about = held(state, sizes, block, picked);
    let level = state.zoom.level();
    match state.ask.take() {
        Some(Ask::Level(to)) => state.zoom.go_to_level(sizes, to, about),
        Some(Ask::Steps(by)) => state
            .zoom
            .go_to_level(sizes, level + by * sizes.step(), about),
        None => {}
    }
    if response.has_focus() {
        keys(ui, sizes, state, about);
    }
    if response.contains_pointer() {
        let (scale, scroll, pointer) = ui.input(|input| {
            (
                input.zoom_delta(),
                input.smooth_scroll_delta(),
                input.pointer.hover_pos(),
            )
        });
        if scale != 1.0 {
            let about = pointer.unwrap_or(window.center());
            state.zoom.scale(sizes, scale, about);
        }
        if scroll != Vec2::ZERO {
            state.zoom.pan(sizes, -scroll);
        }
    }
    if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        state.zoom.pan(sizes, -response.drag_delta());
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
}

/// What stays where it is when zooming without a pointer: the selection if it is in sight, else the middle.
fn held(state: &MapState, sizes: &Sizes, block: Option<u32>, picked: &NodeBlocks) -> Pos2 {
    let window = sizes.window();
    let block = block
        .or(picked.user.map(|(first, _)| first))
        .or(picked.definition);
    let at = block.map(|block| state.zoom.grid(sizes).cell(block).center());
    at.filter(|at| window.contains(*at))
        .unwrap_or(window.center())
}

/// Plus, minus and 0 zoom; Ctrl and an arrow pans.
fn keys(ui: &Ui, sizes: &Sizes, state: &mut MapState, about: Pos2) {
    let level = state.zoom.level();
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Plus) || pressed(Key::Equals) {
        state.zoom.go_to_level(sizes, level + sizes.step(), about);
    }
    if pressed(Key::Minus) {
        state.zoom.go_to_level(sizes, level - sizes.step(), about);
    }
    if pressed(Key::Num0) {
        state.zoom.go_to_level(sizes, 0.0, about);
    }
    let pans = [
        (Key::ArrowLeft, vec2(-1.0, 0.0)),
        (Key::ArrowRight, vec2(1.0, 0.0)),
        (Key::ArrowUp, vec2(0.0, -1.0)),
        (Key::ArrowDown, vec2(0.0, 1.0)),
    ];
    for (key, by) in pans {
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, key)) {
            let by = by * sizes.window().size() * PAN;
            state.zoom.pan(sizes, by);
        }
    }
}

/// What is picked by a click or by keys, if something is.
pub fn select(
    ui: &Ui,
    response: &Response,
    scene: &Scene<'_>,
    selection: Selection,
) -> Option<Selection> {
    let mut target = None;
    if response.clicked() {
        response.request_focus();
        target = response
            .interact_pointer_pos()
            .filter(|at| scene.window.expand(2.0).contains(*at))
            .and_then(|at| scene.grid.block_at(at));
    }
    if response.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        target = keyed(ui, scene, selection).or(target);
    }
    let block = target?;
    // A service that shares the block stays picked.
    let keep = selection.node.filter(|_| scene.selected.has(block));
    Some(Selection::block(
        block,
        keep.or_else(|| node_at(scene.map, block)),
    ))
}

/// The block that a key goes to.
fn keyed(ui: &Ui, scene: &Scene<'_>, selection: Selection) -> Option<u32> {
    let columns = i64::from(scene.grid.columns);
    let page = columns * i64::try_from(scene.rows.len()).unwrap_or(1).max(2) - columns;
    let last = i64::from(scene.grid.blocks) - 1;
    let moves = [
        (Key::ArrowLeft, -1),
        (Key::ArrowRight, 1),
        (Key::ArrowUp, -columns),
        (Key::ArrowDown, columns),
        (Key::PageUp, -page),
        (Key::PageDown, page),
        (Key::Home, -last - 1),
        (Key::End, last + 1),
    ];
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (key, by) = moves.into_iter().find(|(key, _)| pressed(*key))?;
    let from = selection
        .block
        .or(scene.selected.user.map(|(first, _)| first))
        .or(scene.selected.definition);
    let to = match (key, from) {
        (Key::Home, _) => 0,
        (Key::End, _) => last,
        (_, None) => 0,
        // A page moves as far as it can within its column; an arrow does not leave the card.
        (Key::PageUp, Some(from)) => within(i64::from(from), by, columns, last),
        (Key::PageDown, Some(from)) => within(i64::from(from), by, columns, last),
        (_, Some(from)) => i64::from(from) + by,
    };
    u32::try_from(to).ok().filter(|to| *to < scene.grid.blocks)
}

/// As many whole rows from `from` towards `by` as stay on the card.
fn within(from: i64, by: i64, columns: i64, last: i64) -> i64 {
    let rows = by / columns;
    let most = (last - from) / columns;
    let least = -(from / columns);
    from + rows.clamp(least, most) * columns
}

/// Gives the map its name, says which block is picked and which is pointed at.
pub fn say(ui: &Ui, response: &Response, scene: &Scene<'_>, shown: Shown<'_>) {
    let blocks = scene.grid.blocks;
    let name = words::format("card.map_name", &[("count", &numbers::grouped(blocks))]);
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &name));
    if let Some(block) = scene.block {
        ui.ctx().accesskit_node_builder(response.id, |node| {
            let mut lines = tip::lines(shown, scene.map, block);
            if let Some((first, blocks)) = scene.picked.filter(|(_, blocks)| *blocks > 1) {
                lines.insert(0, shown.facts.addresses.range(first, blocks));
            }
            node.set_value(lines.join(". "));
        });
    }
    let under = response
        .hover_pos()
        .filter(|at| scene.window.contains(*at) && !response.dragged())
        .and_then(|at| scene.grid.block_at(at));
    if let Some(block) = under {
        let corner = CornerRadius::same(RADIUS_CELL);
        let stroke = Stroke::new(STROKE, scene.t.line3);
        let cell = scene.grid.cell(block);
        scene
            .p
            .rect_stroke(cell, corner, stroke, StrokeKind::Outside);
        let lines = tip::lines(shown, scene.map, block);
        tooltip(ui, response, &lines);
    }
    let frame = response.rect.shrink(2.0);
    widgets::focus_ring(scene.p, scene.t, response, frame, RADIUS_BOX);
}

/// The words at the pointer, at once: who looks for a block moves over many.
fn tooltip(ui: &Ui, response: &Response, lines: &[String]) {
    let t = Tokens::of(ui.ctx());
    let id = response.id.with("block");
    let tip = Tooltip::always_open(
        ui.ctx().clone(),
        response.layer_id,
        id,
        PopupAnchor::Pointer,
    );
    tip.gap(14.0).show(|ui| {
        let margin = Margin::symmetric(GAP as i8, 2);
        Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (at, line) in lines.iter().enumerate() {
                let text = if at == 0 {
                    Type::SmallMedium.text(line, t.t1)
                } else {
                    Type::Small.text(line, t.t2)
                };
                ui.label(text);
            }
        });
    });
}
