//! Cards in windows of their own, for looking at two side by side.
//!
//! Each window is a Card place with a selection, a zoom and a moment of its own. Where the platform has no further
//! windows they float over the main one.

use super::action::Action;
use super::card::map::colouring::Mode;
use super::card::{CardPlace, source_words};
use super::tokens::Tokens;
use super::widgets::filled_panel;
use crate::words;
use crate::workbench::Command;
use crate::workbench::view::{TornView, View};
use egui::{CentralPanel, Context, ViewportBuilder, ViewportId, vec2};
use std::collections::BTreeMap;

/// A window's size when it is opened, in points, and the smallest that it can be made.
const SIZE: egui::Vec2 = vec2(1280.0, 800.0);
const SMALLEST: egui::Vec2 = vec2(960.0, 600.0);

/// What the windows keep between frames, by the workbench's number for each.
#[derive(Default)]
pub struct TornWindows(BTreeMap<u64, CardPlace>);

impl TornWindows {
    /// Takes in a new view: windows come and go with it.
    pub fn update(&mut self, view: &View, now: f64) {
        self.0
            .retain(|id, _| view.torn.iter().any(|torn| torn.id == *id));
        for torn in &view.torn {
            self.0.entry(torn.id).or_default().update(&torn.view, now);
        }
    }

    /// Draws every window.
    pub fn show(&mut self, ctx: &Context, view: &View, commands: &mut Vec<Command>) {
        for torn in &view.torn {
            let place = self.0.entry(torn.id).or_default();
            let mut here = Vec::new();
            if !window(ctx, torn, place, &mut here) {
                commands.push(Command::CloseWindow(torn.id));
            }
            commands.extend(
                here.into_iter()
                    .map(|command| Command::InWindow(torn.id, Box::new(command))),
            );
        }
    }
}

/// Draws one window; whether it stays open.
fn window(
    ctx: &Context,
    torn: &TornView,
    place: &mut CardPlace,
    commands: &mut Vec<Command>,
) -> bool {
    let builder = ViewportBuilder::default()
        .with_app_id("cardwright")
        .with_title(title(&torn.view))
        .with_inner_size(SIZE)
        .with_min_inner_size(SMALLEST);
    let id = ViewportId::from_hash_of(("a card", torn.id));
    ctx.show_viewport_immediate(id, builder, |ui, _| {
        let t = Tokens::of(ui.ctx());
        let mut asked = Vec::new();
        ui.push_id(("a card", torn.id), |ui| {
            CentralPanel::no_frame()
                .frame(filled_panel(t.panel))
                .show(ui, |ui| place.show(ui, &torn.view, &mut asked, commands));
        });
        for action in asked {
            act(place, &torn.view, action, commands);
            ui.ctx().request_repaint();
        }
        !ui.ctx().input(|input| input.viewport().close_requested())
    })
}

/// Does what was asked for within one window. What is done to cards and files, the main window does.
fn act(place: &mut CardPlace, view: &View, action: Action, commands: &mut Vec<Command>) {
    match action {
        Action::ExpandAll | Action::CollapseAll => {
            place.fold_all(view, action == Action::CollapseAll);
        }
        Action::ColourByOwner => place.map_mut().colour_by(Mode::Owner),
        Action::ColourByKind => place.map_mut().colour_by(Mode::Kind),
        Action::ColourByKey => place.map_mut().colour_by(Mode::Key),
        Action::ColourByHeat => place.map_mut().colour_by(Mode::Heat),
        Action::Undo => commands.push(Command::Undo),
        Action::Redo => commands.push(Command::Redo),
        action if action.is_of_time() => commands.extend(place.act_in_time(action)),
        _ => {}
    }
}

/// What the card came from, and its number.
fn title(view: &View) -> String {
    let Some(card) = &view.card else {
        return words::text("shell.no_card").to_owned();
    };
    let (_, source) = source_words(&card.source);
    let idm = card.idm.map_or_else(String::new, |idm| idm.to_string());
    words::format("shell.torn.title", &[("source", &source), ("idm", &idm)])
}
