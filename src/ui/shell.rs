//! The frame around the places: the rail at the left and the status bar below.

use super::action::Action;
use super::card::CardPlace;
use super::card::facts::NodeBlocks;
use super::card::map::picked;
use super::card::time::{self, moment_words};
use super::place::Place;
use super::theme::{self, Type};
use super::tokens::{GAP, GAP_2, GAP_3, GAP_4, STROKE_COAST, Tokens};
use super::widgets::{self, Align, filled_panel};
use super::{faults, icons, numbers};
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{CardSource, View};
use egui::{
    Align2, Area, Context, CornerRadius, Id, Order, Panel, Rect, Response, Role, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

/// Draws the rail of places.
pub fn rail(ui: &mut Ui, place: Place, asked: &mut Vec<Action>) {
    let t = Tokens::of(ui.ctx());
    Panel::left("rail")
        .exact_size(56.0)
        .frame(filled_panel(t.chrome))
        .resizable(false)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = GAP;
            ui.add_space(GAP_2);
            let items = [
                (
                    Place::Desk,
                    Action::GoDesk,
                    icons::DESK,
                    words::text("shell.place.desk"),
                ),
                (
                    Place::Card,
                    Action::GoCard,
                    icons::CARD,
                    words::text("shell.place.card"),
                ),
                (
                    Place::Parties,
                    Action::GoParties,
                    icons::PARTIES,
                    words::text("shell.place.parties"),
                ),
                (
                    Place::Faces,
                    Action::GoFaces,
                    icons::FACES,
                    words::text("shell.place.faces"),
                ),
            ];
            for (this, action, icon, name) in items {
                if rail_item(ui, t, icon, name, this == place).clicked() {
                    asked.push(action);
                }
            }
        });
}

fn rail_item(ui: &mut Ui, t: &Tokens, icon: &str, name: &str, on: bool) -> Response {
    let (whole, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), 52.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, name));
    let rect = Rect::from_center_size(whole.center(), vec2(48.0, 52.0));
    let p = ui.painter();
    let corner = CornerRadius::same(super::tokens::RADIUS_BOX);
    if on {
        p.rect_filled(rect, corner, t.sel);
        let bar = Rect::from_min_size(
            pos2(whole.left(), rect.top() + 8.0),
            vec2(STROKE_COAST, 36.0),
        );
        p.rect_filled(bar, CornerRadius::same(1), t.accent);
    } else if response.hovered() {
        p.rect_filled(rect, corner, t.hover);
    }
    let ink = if on { t.t1 } else { t.t2 };
    p.text(
        rect.center_top() + vec2(0.0, 19.0),
        Align2::CENTER_CENTER,
        icon,
        theme::icon(20.0),
        ink,
    );
    let at = rect.center_bottom() - vec2(0.0, 13.0);
    widgets::paint_text(p, at, Align2::CENTER_CENTER, name, Type::Caption, ink);
    widgets::focus_ring(p, t, &response, rect, super::tokens::RADIUS_BOX);
    response
}

/// Draws the status bar: the card at the left, what is picked at the right, or why what was asked for cannot be done.
pub fn status_bar(
    ui: &mut Ui,
    view: &View,
    card: &CardPlace,
    place: Place,
    refused: Option<&'static str>,
) {
    let t = Tokens::of(ui.ctx());
    Panel::bottom("status bar")
        .exact_size(24.0)
        .resizable(false)
        .frame(filled_panel(t.chrome))
        .show(ui, |ui| {
            let rect = ui.available_rect_before_wrap().shrink2(vec2(GAP_3, 0.0));
            let picked = (place == Place::Card).then(|| picked_words(view, card));
            let told = refused.map(|why| (why.to_owned(), String::new()));
            let ink = if told.is_some() { t.warn } else { t.t2 };
            let right = told.or(picked.flatten());
            let mut end = rect.right();
            if let Some((words, address)) = right {
                let p = ui.painter();
                let at = pos2(rect.right(), rect.center().y);
                let drawn = widgets::paint_text(
                    p,
                    at,
                    Align2::RIGHT_CENTER,
                    &address,
                    Type::CodeSmall,
                    t.t2,
                );
                let at = pos2(drawn.left() - GAP_3, rect.center().y);
                let words_rect =
                    widgets::paint_text(p, at, Align2::RIGHT_CENTER, &words, Type::Small, ink);
                end = words_rect.left() - GAP_4;
                let spoken = format!("{words} {address}");
                ui.interact(
                    words_rect.union(drawn),
                    ui.scope_id().with("picked"),
                    Sense::hover(),
                )
                .widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken.trim()));
            }
            card_words(
                ui,
                t,
                Rect::from_min_max(rect.min, pos2(end, rect.bottom())),
                view,
            );
        });
}

/// Draws what is told the person in this window, at the bottom right of `room`.
pub fn notices(ctx: &Context, view: &View, room: Rect, commands: &mut Vec<Command>) {
    if view.notices.is_empty() {
        return;
    }
    Area::new(Id::unique(("notices", view.window)))
        .order(Order::Foreground)
        .pivot(Align2::RIGHT_BOTTOM)
        .fixed_pos(room.right_bottom() - vec2(GAP_4, 40.0))
        .show(ctx, |ui| {
            for notice in &view.notices {
                if let Some(id) = widgets::notice(ui, notice) {
                    commands.push(Command::Dismiss(id));
                }
            }
        });
}

/// `room` without the time line under the Card place, which notices leave free.
pub fn above_time(view: &View, room: Rect) -> Rect {
    let card = view.card.as_ref();
    let has_time = card.is_some_and(|card| card.history.is_some());
    let below = if has_time { time::HEIGHT } else { 0.0 };
    Rect::from_min_max(room.min, room.max - vec2(0.0, below))
}

/// Card in the field, its IDm, the last command.
fn card_words(ui: &Ui, t: &Tokens, rect: Rect, view: &View) {
    let p = ui.painter();
    // The readers are the main window's.
    let reader = view
        .readers
        .get(view.reader)
        .filter(|_| view.window.is_none());
    let on_reader = reader.is_some_and(|reader| reader.has_card());
    let in_field = on_reader || view.card.as_ref().is_some_and(|card| card.mode.is_some());
    let light = if in_field { t.ok } else { t.line3 };
    p.circle_filled(pos2(rect.left() + 4.0, rect.center().y), 4.0, light);
    let mut x = rect.left() + 16.0;
    let mut spoken = String::new();
    let mut put = |text: &str, kind: Type, colour| {
        let place = Rect::from_min_max(pos2(x, rect.top()), rect.max);
        if place.width() > 40.0 {
            x = widgets::elided(p, place, Align::Left, text, kind, colour).right();
        }
        spoken.push_str(text);
        spoken.push(' ');
        x
    };
    match view.card.as_deref() {
        None => {
            let what = if on_reader {
                "shell.card_on_reader"
            } else {
                "shell.no_card"
            };
            put(words::text(what), Type::Small, t.t2);
        }
        Some(card) => {
            let state = match card.mode {
                Some(mode) => words::format("shell.card_mode", &[("mode", &mode)]),
                None if matches!(card.source, CardSource::Reader { .. }) => {
                    let scanned = card.scan.is_some();
                    words::text(if scanned {
                        "shell.card_scanned"
                    } else {
                        "shell.card_observed"
                    })
                    .to_owned()
                }
                None if card.faults.away => words::text("shell.no_card").to_owned(),
                None if card.history.as_ref().is_some_and(|history| history.left) => {
                    words::text("shell.card_left").to_owned()
                }
                None if matches!(card.source, CardSource::Sealed { .. }) => {
                    words::text("shell.card_sealed").to_owned()
                }
                None => words::text("shell.card_not_asked").to_owned(),
            };
            put(&state, Type::Small, t.t2);
            if let Some(fault) = faults::words_of(card.faults) {
                put("    ", Type::Small, t.t2);
                put(&fault, Type::Small, t.warn);
            }
            if let Some(idm) = card.idm {
                put("    IDm ", Type::Small, t.t2);
                put(&idm.to_string(), Type::CodeSmall, t.t2);
            }
            if let Some(moment) = card.history.as_ref().and_then(moment_words) {
                put("    ", Type::Small, t.t2);
                put(&moment, Type::Small, t.accent_text);
            }
            if let Some(last) = &card.last_command {
                let command = format!("{:02X} {}", last.code, last.name);
                let key = if last.answered {
                    "shell.last_command"
                } else {
                    "shell.last_unanswered"
                };
                put("    ", Type::Small, t.t2);
                put(
                    &words::format(key, &[("command", &command)]),
                    Type::Small,
                    t.t2,
                );
            }
        }
    }
    let response = ui.interact(rect, ui.scope_id().with("card state"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, spoken.trim()));
}

/// What is picked in the Card place: in words, and its address.
fn picked_words(view: &View, place: &CardPlace) -> Option<(String, String)> {
    let card = view.card.as_deref()?;
    let selection = place.selection();
    let addresses = place.addresses();
    if let Some((block, blocks)) = selection.blocks() {
        // What goes with the node of a picked block is lit beside it.
        let chosen = block..block.saturating_add(blocks);
        let node = picked(card, selection);
        let lit = definitions(&node).filter(|at| !chosen.contains(at));
        let words = selection
            .node
            .map_or_else(String::new, |_| selected_words(blocks, lit.count()));
        let label = |after: u32| addresses.label(block.saturating_add(after));
        let bytes = selection.bytes.map(|span| span.offsets(label));
        let address = match bytes {
            Some(bytes) if selection.spans_blocks() => bytes,
            Some(bytes) => format!("{}  {bytes}", label(0)),
            None => label(0),
        };
        return Some((words, address));
    }
    selection.node?;
    let blocks = picked(card, selection);
    let user = blocks.user.map_or(0, |(_, count)| count);
    let words = selected_words(user, definitions(&blocks).count());
    let first = blocks.user.map(|(first, _)| first).or(blocks.definition);
    let address = first
        .filter(|_| card.map.is_some())
        .map_or_else(String::new, |at| addresses.label(at));
    Some((words, address))
}

/// The blocks that say what a node is, or go with those that do.
fn definitions(blocks: &NodeBlocks) -> impl Iterator<Item = u32> {
    blocks
        .definition
        .into_iter()
        .chain(blocks.related.iter().copied())
}

/// How much is picked; nothing of a node whose blocks are not known.
fn selected_words(blocks: u32, definitions: usize) -> String {
    if blocks == 0 && definitions == 0 {
        return String::new();
    }
    words::format(
        "card.picked",
        &[
            ("blocks", &numbers::grouped(blocks)),
            ("definitions", &numbers::grouped(definitions as u64)),
        ],
    )
}
