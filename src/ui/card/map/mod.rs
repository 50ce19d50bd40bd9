//! The block map: the whole card at a glance.
//!
//! User blocks grow from one end, system blocks from the other, the free sea is between them, and a division
//! is a coast around a run of its own. The number of columns is the zoom: a whole card first, and from there
//! down to 16 columns, where each block has a place for its code. [`grid`] knows the places, [`paint`] fills
//! them; cards too big for that are one picture made by [`overview`].

mod coast;
pub mod grid;
mod overview;
mod paint;

use super::facts::{Facts, NodeBlocks, Selection, blocks_of, node_at};
use crate::model::card::map::{BlockMap, CellKind};
use crate::ui::theme::Type;
use crate::ui::tokens::{GAP, GAP_2, GAP_3, GAP_4, RADIUS_BOX, STROKE, Tokens};
use crate::ui::widgets::{self, Button, Size};
use crate::ui::{icons, numbers};
use crate::words;
use crate::workbench::view::{CardView, View};
use egui::{
    Align2, EventFilter, Key, Rect, Response, Role, ScrollArea, Sense, Stroke, TextureHandle,
    TextureOptions, Theme, Ui, WidgetInfo, pos2, vec2,
};
use grid::{Grid, columns_for};
use paint::Scene;

/// What the map keeps between frames.
#[derive(Default)]
pub struct MapState {
    /// How often the number of columns was halved.
    zoom: u32,
    picture: Option<Picture>,
    /// A block to bring into sight in the next frame.
    reveal: Option<u32>,
}

/// The overview's texture, and what it was made for.
struct Picture {
    texture: TextureHandle,
    revision: u64,
    theme: Theme,
    columns: u32,
}

impl MapState {
    /// Brings a block into sight.
    pub fn reveal(&mut self, block: u32) {
        self.reveal = Some(block);
    }

    /// Forgets the picture: another card is shown.
    pub fn forget(&mut self) {
        *self = MapState::default();
    }
}

/// The card and what was worked out of it.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub view: &'a View,
    pub card: &'a CardView,
    pub facts: &'a Facts,
}

/// The buttons that change the number of columns, right to left.
pub fn zoom_controls(ui: &mut Ui, state: &mut MapState, blocks: u32) {
    let whole = columns_for(blocks);
    let nearest = (whole >> state.zoom) <= 16;
    let small = |icon, name, refused| {
        Button::ghost("")
            .icon(icon)
            .size(Size::Small)
            .named(name)
            .refused(refused)
    };
    let at_whole = (state.zoom == 0).then(|| words::text("card.zoom.whole_shown"));
    if ui
        .add(small(icons::FIT, words::text("card.zoom.fit"), at_whole))
        .clicked()
    {
        state.zoom = 0;
    }
    let at_nearest = nearest.then(|| words::text("card.zoom.nearest_shown"));
    if ui
        .add(small(icons::PLUS, words::text("card.zoom.in"), at_nearest))
        .clicked()
    {
        state.zoom += 1;
    }
    if ui
        .add(small(icons::MINUS, words::text("card.zoom.out"), at_whole))
        .clicked()
    {
        state.zoom -= 1;
    }
}

/// Height of the row of column digits.
const HEADS: f32 = 20.0;
/// Height of the legend.
const LEGEND: f32 = 32.0;

/// Draws map and legend into the room that is left, and moves the selection.
pub fn show(
    ui: &mut Ui,
    shown: Shown<'_>,
    map: &BlockMap,
    state: &mut MapState,
    selection: &mut Selection,
    glow: Option<f32>,
) {
    let t = Tokens::of(ui.ctx());
    let blocks = map.cells.len() as u32;
    if blocks == 0 {
        return;
    }
    let columns = (columns_for(blocks) >> state.zoom).max(16);
    let head = if columns == 16 { HEADS } else { GAP_2 };
    let left = GAP + grid::gutter(columns);
    let room = ui.available_size() - vec2(left + GAP, head + LEGEND + GAP_2);
    let mut grid = Grid::fitting(columns, blocks, room, ui.pixels_per_point());
    let (heads, _) = ui.allocate_exact_size(vec2(ui.available_width(), head), Sense::hover());
    if columns == 16 {
        column_heads(ui, t, heads, &grid, left);
    }
    let height = (ui.available_height() - LEGEND).max(40.0);
    let mut scroll = ScrollArea::vertical()
        .id_salt("map")
        .auto_shrink(false)
        .max_height(height);
    if let Some(block) = state.reveal.take().filter(|b| *b < blocks) {
        let top = (block / columns) as f32 * grid.pitch.y;
        let span = (top, top + grid.pitch.y + GAP_2);
        scroll = widgets::scrolled_to(ui, scroll, "map", span, height);
    }
    let picked = selection
        .node
        .map(|node| blocks_of(&shown.card.tree, node))
        .unwrap_or_default();
    scroll.show_viewport(ui, |ui, viewport| {
        let size = vec2(ui.available_width(), grid.size().y + GAP_2);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        grid.origin = rect.min + vec2(left, 4.0);
        let visible = grid.visible(viewport.top() - 4.0, viewport.bottom());
        let p = ui.painter().clone();
        let scene = Scene {
            t,
            p: &p,
            grid,
            view: shown.view,
            card: shown.card,
            map,
            facts: shown.facts,
            selected: &picked,
            block: selection.block,
            visible,
            glow,
        };
        if Scene::has_cells(&grid) {
            scene.cells();
        } else {
            let picture = picture(ui, t, shown.card, map, state, columns);
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let place = Rect::from_min_size(grid.origin, grid.size());
            // White leaves the picture's own colours as they are.
            p.image(picture, place, uv, egui::Color32::WHITE);
        }
        gutter(&scene);
        let tabs = scene.tabs();
        scene.words_on_the_sea(&tabs);
        scene.divisions(&tabs);
        scene.selection();
        interact(ui, &response, &scene, selection);
    });
    legend(ui, shown, blocks);
}

/// One hexadecimal digit over each of 16 columns.
fn column_heads(ui: &Ui, t: &Tokens, heads: Rect, grid: &Grid, left: f32) {
    for column in 0..16 {
        let x = heads.left() + left + (column as f32 + 0.5) * grid.pitch.x - grid.gap / 2.0;
        let at = pos2(x, heads.center().y + 2.0);
        let digit = format!("{column:X}");
        widgets::paint_text(
            ui.painter(),
            at,
            Align2::CENTER_CENTER,
            &digit,
            Type::CodeSmall,
            t.t3,
        );
    }
}

/// The overview, made anew only when the card, the theme or the zoom changed.
fn picture(
    ui: &Ui,
    t: &Tokens,
    card: &CardView,
    map: &BlockMap,
    state: &mut MapState,
    columns: u32,
) -> egui::TextureId {
    let theme = ui.ctx().theme();
    let current = state
        .picture
        .as_ref()
        .is_some_and(|p| p.revision == card.revision && p.theme == theme && p.columns == columns);
    if !current {
        let image = overview::image(t, card, map, columns as usize);
        let texture = ui
            .ctx()
            .load_texture("block map", image, TextureOptions::NEAREST);
        state.picture = Some(Picture {
            texture,
            revision: card.revision,
            theme,
            columns,
        });
    }
    state
        .picture
        .as_ref()
        .map_or(egui::TextureId::default(), |p| p.texture.id())
}

/// Addresses at the left, as many as there is height for.
fn gutter(scene: &Scene<'_>) {
    let every = (16.0 / scene.grid.pitch.y).ceil().max(1.0) as u32;
    // Round numbers of rows keep the addresses round.
    let every = every.next_power_of_two();
    let columns = scene.grid.columns;
    let mut row = scene.visible.start / columns;
    row -= row % every;
    while row * columns < scene.visible.end {
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
        let at = pos2(scene.grid.origin.x - 8.0, y);
        widgets::paint_text(
            scene.p,
            at,
            Align2::RIGHT_CENTER,
            &text,
            Type::CodeSmall,
            scene.t.t3,
        );
        row += every;
    }
}

fn interact(ui: &Ui, response: &Response, scene: &Scene<'_>, selection: &mut Selection) {
    let blocks = scene.grid.blocks;
    let name = words::format("card.map_name", &[("count", &numbers::grouped(blocks))]);
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &name));
    let mut target = None;
    if response.clicked() {
        response.request_focus();
        target = response
            .interact_pointer_pos()
            .and_then(|pos| scene.grid.block_at(pos));
    }
    if response.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let columns = i64::from(scene.grid.columns);
        let moves = [
            (Key::ArrowLeft, -1),
            (Key::ArrowRight, 1),
            (Key::ArrowUp, -columns),
            (Key::ArrowDown, columns),
        ];
        for (key, by) in moves {
            if ui.input(|input| input.key_pressed(key)) {
                let from = selection
                    .block
                    .or(scene.selected.user.map(|(first, _)| first));
                let to = from
                    .or(scene.selected.definition)
                    .map_or(0, |from| i64::from(from) + by);
                target = u32::try_from(to).ok().filter(|to| *to < blocks).or(target);
            }
        }
    }
    if let Some(block) = target {
        *selection = Selection::block(block, node_at(scene.map, block));
    }
    let under = response
        .hover_pos()
        .and_then(|pos| scene.grid.block_at(pos));
    if let Some(block) = under {
        let corner = egui::CornerRadius::same(crate::ui::tokens::RADIUS_CELL);
        let stroke = Stroke::new(STROKE, scene.t.line3);
        scene.p.rect_stroke(
            scene.grid.cell(block),
            corner,
            stroke,
            egui::StrokeKind::Outside,
        );
        response.clone().on_hover_text_at_pointer(tip(scene, block));
    }
    widgets::focus_ring(
        scene.p,
        scene.t,
        response,
        ui.clip_rect().shrink(1.0),
        RADIUS_BOX,
    );
}

/// What is under the pointer, in words.
fn tip(scene: &Scene<'_>, block: u32) -> String {
    let address = scene.facts.addresses.label(block);
    match scene.map.cells[block as usize].kind {
        CellKind::User {
            service,
            index,
            blocks,
        } => words::format(
            "card.tip.block",
            &[
                ("address", &address),
                ("node", &service),
                ("index", &(index + 1)),
                ("blocks", &blocks),
            ],
        ),
        CellKind::System(kind) => words::format(
            "card.tip.other",
            &[("address", &address), ("node", &kind.label())],
        ),
        CellKind::Free => words::format("card.tip.free", &[("address", &address)]),
        CellKind::Unknown => words::format("card.tip.unknown", &[("address", &address)]),
    }
}

/// Blocks by owner, and their sum; it adds up to the card.
fn legend(ui: &mut Ui, shown: Shown<'_>, blocks: u32) {
    let t = Tokens::of(ui.ctx());
    let legend = &shown.facts.legend;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), LEGEND), Sense::hover());
    let used = numbers::grouped(legend.used());
    let free = numbers::grouped(legend.free);
    let all = numbers::grouped(blocks);
    let unknown = numbers::grouped(legend.unknown);
    let sum = if legend.unknown == 0 {
        words::format(
            "card.legend_sum",
            &[("used", &used), ("free", &free), ("all", &all)],
        )
    } else {
        words::format(
            "card.legend_sum_unknown",
            &[
                ("used", &used),
                ("free", &free),
                ("unknown", &unknown),
                ("all", &all),
            ],
        )
    };
    let p = ui.painter();
    let mid = rect.center().y;
    let at = pos2(rect.right() - GAP_3, mid);
    let sum_rect = widgets::paint_text(p, at, Align2::RIGHT_CENTER, &sum, Type::Small, t.t2);
    let mut spoken = sum.clone();
    let mut x = rect.left() + GAP_4;
    for (owner, count) in &legend.owners {
        let Some(known) = shown.view.owners.get(*owner) else {
            continue;
        };
        let count = numbers::grouped(*count);
        spoken.push_str(&format!(", {} {count}", known.name));
        let width = 22.0
            + widgets::width_of(p, &known.name, Type::Small)
            + widgets::width_of(p, &count, Type::Small)
            + 6.0;
        if x + width > sum_rect.left() - GAP_3 {
            break;
        }
        widgets::paint_owner_tag(p, t, pos2(x, mid - 8.0), *owner, known.letter);
        let at = pos2(x + 22.0, mid);
        let name = widgets::paint_text(p, at, Align2::LEFT_CENTER, &known.name, Type::Small, t.t1);
        let at = pos2(name.right() + 6.0, mid);
        widgets::paint_text(p, at, Align2::LEFT_CENTER, &count, Type::Small, t.t3);
        x += width + GAP_4;
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
}

/// Blocks of the node that is picked, for the status bar.
pub fn picked(card: &CardView, selection: Selection) -> NodeBlocks {
    selection
        .node
        .map(|node| blocks_of(&card.tree, node))
        .unwrap_or_default()
}
