//! Cards in windows of their own, for looking at two side by side.
//!
//! Each window is a Card place with a selection, a zoom and a moment of its own, and with the shortcuts and the palette
//! for what is about the card that it shows. Where the platform has no further windows they float over the main one,
//! and keys go to the one that was pressed last.

use super::action::Action;
use super::card::time::{earlier, moment_words};
use super::card::{CardPlace, source_words};
use super::files::Asker;
use super::palette::{Asked, Palette};
use super::place::Place;
use super::shortcuts::Refusal;
use super::theme::switch_theme;
use super::tokens::Tokens;
use super::widgets::{self, filled_panel};
use super::{files, shell, shortcuts};
use crate::model::card::difference::Sides;
use crate::words;
use crate::workbench::Command;
use crate::workbench::compare::Side;
use crate::workbench::view::{TornView, View};
use egui::{
    CentralPanel, Context, Id, LayerId, Order, Ui, ViewportBuilder, ViewportClass, ViewportCommand,
    ViewportId, vec2,
};
use std::collections::BTreeMap;

/// A window's size when it is opened, in points, and the smallest that it can be made.
const SIZE: egui::Vec2 = vec2(1280.0, 800.0);
const SMALLEST: egui::Vec2 = vec2(960.0, 600.0);

/// What the windows keep between frames, by the workbench's number for each.
#[derive(Default)]
pub struct TornWindows {
    windows: BTreeMap<u64, OwnWindow>,
    /// The one that keys go to, where they float over the main one.
    in_front: Option<u64>,
}

#[derive(Default)]
struct OwnWindow {
    place: CardPlace,
    palette: Option<Palette>,
    refusal: Refusal,
}

impl TornWindows {
    /// Takes in a new view: windows come and go with it. The newest is in front.
    pub fn update(&mut self, view: &View, now: f64) {
        let is_open = |id: &u64| view.torn.iter().any(|torn| torn.id == *id);
        self.windows.retain(|id, _| is_open(id));
        self.in_front = self.in_front.filter(is_open);
        for torn in &view.torn {
            let window = self.windows.entry(torn.id).or_insert_with(|| {
                self.in_front = Some(torn.id);
                OwnWindow::default()
            });
            window.place.update(&torn.view, now);
        }
    }

    /// Notes which window was pressed, where they float over the main one.
    pub fn note_press(&mut self, ctx: &Context) {
        let pressed = ctx.input(|input| {
            let pressed = input.pointer.any_pressed();
            input.pointer.interact_pos().filter(|_| pressed)
        });
        let Some(layer) = pressed.and_then(|at| ctx.layer_id_at(at)) else {
            return;
        };
        let floats = |id: &&u64| layer == LayerId::new(Order::Middle, Id::unique(viewport(**id)));
        match self.windows.keys().find(floats) {
            Some(id) => self.in_front = Some(*id),
            // Menus and the palette stand over the window that opened them.
            None if layer.order < Order::Foreground => self.in_front = None,
            None => {}
        }
    }

    /// Whether keys go to one of these windows and not to the main one, which the platform otherwise sees to.
    pub fn has_keys(&self, ctx: &Context) -> bool {
        ctx.embed_viewports() && self.in_front.is_some()
    }

    /// Draws every window. Files are asked for with `asker`.
    pub fn show(&mut self, ctx: &Context, view: &View, asker: &Asker, commands: &mut Vec<Command>) {
        for torn in &view.torn {
            let window = self.windows.entry(torn.id).or_default();
            let builder = ViewportBuilder::default()
                .with_app_id("cardwright")
                .with_title(title(torn))
                .with_inner_size(SIZE)
                .with_min_inner_size(SMALLEST);
            // The dialog for a passphrase stands before them all, and what is typed is for it alone.
            let asks = view.passphrase.is_some();
            let in_front = self.in_front == Some(torn.id) && !asks;
            window.palette.take_if(|_| asks);
            // A frame may be drawn in several passes, and only the first has what was pressed.
            let mut asked = Vec::new();
            ctx.show_viewport_immediate(viewport(torn.id), builder, |ui, class| {
                let has_keys = in_front || class != ViewportClass::EmbeddedWindow;
                ui.push_id(("a card", torn.id), |ui| {
                    window.show(ui, &torn.view, has_keys, asker, &mut asked);
                });
            });
            for command in asked {
                commands.push(match command {
                    // It is looked at in the main window.
                    Command::Compare(_) | Command::OpenFiles(_) => {
                        ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Focus);
                        self.in_front = None;
                        command
                    }
                    Command::CloseWindow(_) => command,
                    command => Command::InWindow(torn.id, Box::new(command)),
                });
            }
        }
    }
}

impl OwnWindow {
    /// Draws the window. What is asked of the workbench is added to `commands`.
    fn show(
        &mut self,
        ui: &mut Ui,
        view: &View,
        has_keys: bool,
        asker: &Asker,
        commands: &mut Vec<Command>,
    ) {
        let ctx = ui.ctx().clone();
        widgets::note_keyboard(&ctx);
        let refused = self.refusal.told(&ctx);
        let mut asked = Vec::new();
        if has_keys && self.palette.is_none() {
            asked = shortcuts::pressed(&ctx, view, |_| true);
        }
        let room = ui.max_rect();
        let t = Tokens::of(&ctx);
        shell::status_bar(ui, view, &self.place, Place::Card, refused);
        CentralPanel::no_frame()
            .frame(filled_panel(t.panel))
            .show(ui, |ui| self.place.show(ui, view, &mut asked, commands));
        shell::notices(&ctx, view, shell::above_time(view, room), commands);
        self.show_palette(&ctx, view, &mut asked);
        if !ctx.embed_viewports() {
            self.platform(&ctx, &mut asked, commands);
        }
        for action in asked {
            self.run(&ctx, view, action, asker, commands);
            ctx.request_repaint();
        }
    }

    /// What the platform asks for of a window: to close it, and to open what was dropped on it.
    fn platform(&self, ctx: &Context, asked: &mut Vec<Action>, commands: &mut Vec<Command>) {
        if ctx.input(|input| input.viewport().close_requested()) {
            asked.push(Action::CloseWindow);
        }
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        if !dropped.is_empty() {
            let paths = dropped.iter().map(|file| file.path().to_owned());
            commands.push(Command::OpenFiles(paths.collect()));
        }
    }

    fn show_palette(&mut self, ctx: &Context, view: &View, asked: &mut Vec<Action>) {
        let Some(mut palette) = self.palette.take() else {
            return;
        };
        let (chosen, stays) = palette.show(ctx, view);
        match chosen {
            Some(Asked::Run(action)) => asked.push(action),
            Some(Asked::GoTo(node)) => self.place.pick(node),
            // Files are opened in the main window.
            Some(Asked::Open(_)) | None => {}
        }
        if stays {
            self.palette = Some(palette);
        } else {
            // What was asked for is drawn in the next frame.
            ctx.request_repaint();
        }
    }

    /// Does what was asked for in this window.
    fn run(
        &mut self,
        ctx: &Context,
        view: &View,
        action: Action,
        asker: &Asker,
        commands: &mut Vec<Command>,
    ) {
        if self.refusal.note(action, view) {
            return;
        }
        match action {
            Action::CloseWindow => commands.extend(view.window.map(Command::CloseWindow)),
            Action::FindOrRun => self.palette = Some(Palette::default()),
            Action::SwitchTheme => switch_theme(ctx),
            Action::Undo => commands.push(Command::Undo),
            Action::Redo => commands.push(Command::Redo),
            Action::Compare => {
                let (a, b) = (Side::Moment(earlier(view)), Side::Live);
                commands.push(Command::Compare(Sides { a, b }));
            }
            Action::SaveCard
            | Action::ExportProxmark3
            | Action::ExportFlipper
            | Action::ExportText
            | Action::ExportTree
            | Action::ExportTraceText
            | Action::ExportTraceJson => {
                files::write(ctx, asker, view, action, self.place.trace());
            }
            action => commands.extend(self.place.act(view, action)),
        }
    }
}

/// What egui calls a window.
fn viewport(id: u64) -> ViewportId {
    ViewportId::from_hash_of(("a card", id))
}

/// The window's number, its card, and the moment that it shows.
fn title(torn: &TornView) -> String {
    let Some(card) = &torn.view.card else {
        return words::text("shell.no_card").to_owned();
    };
    let (_, source) = source_words(&card.source);
    let idm = card.idm.map_or_else(String::new, |idm| idm.to_string());
    let past = card.history.as_ref().and_then(moment_words);
    let moment = past.unwrap_or_else(|| {
        let key = match &card.history {
            Some(history) if history.left => "shell.torn.left",
            Some(_) => "shell.torn.live",
            None => "shell.torn.still",
        };
        words::text(key).to_owned()
    });
    let parts: [(&str, &dyn std::fmt::Display); 4] = [
        ("number", &torn.id),
        ("source", &source),
        ("idm", &idm),
        ("moment", &moment),
    ];
    words::format("shell.torn.title", &parts)
}
