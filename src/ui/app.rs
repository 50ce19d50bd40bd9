//! The window: the bars around the four places, and the way from what a person does to the workbench.
//!
//! [`App::logic`] takes in what the worker published; [`App::ui`](eframe::App::ui) draws it. Everything that
//! is asked for, by button, shortcut or palette, is an [`Action`] and goes through [`App::run`]. Frames are
//! drawn when the worker published a view, when a person did something, and while a change fades; never
//! else.

mod run;

use super::action::Action;
use super::card::CardPlace;
use super::card::map::colouring::Mode;
use super::faults::FaultsBox;
use super::files::{Asker, Dialogs, Platform};
use super::palette::{Asked, Palette};
use super::passphrase::{self, PassphraseBox};
use super::shortcuts::Refusal;
use super::tokens::Tokens;
use super::torn::TornWindows;
use super::widgets::filled_panel;
use super::{desk, faces, parties, shell, shortcuts, theme, top_bar, widgets};
use crate::workbench::command::Command;
use crate::workbench::view::View;
use crate::workbench::{Arrangement, Workbench};
use egui::{CentralPanel, Context, Theme, Ui};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

pub use super::place::Place;

/// The workbench as the window needs it.
pub trait Bench {
    /// Asks for something; the answer is a new view.
    fn send(&self, command: Command);
    /// The newest view.
    fn view(&self) -> Arc<View>;
}

impl Bench for Workbench {
    fn send(&self, command: Command) {
        Workbench::send(self, command);
    }

    fn view(&self) -> Arc<View> {
        Workbench::view(self)
    }
}

/// What a person chose, as the arrangement names it.
const PLACE: &str = "place";
const THEME: &str = "theme";
const COLOURING: &str = "colouring";
const DARK: &str = "dark";
const LIGHT: &str = "light";

/// The window's own state; what is true of cards is in the view.
pub struct App {
    bench: Box<dyn Bench>,
    view: Arc<View>,
    place: Place,
    /// Width and height in points, while it is not maximized.
    window: Option<(u16, u16)>,
    maximized: bool,
    dark: bool,
    card: CardPlace,
    /// Windows of their own.
    torn: TornWindows,
    palette: Option<Palette>,
    refusal: Refusal,
    faults: Option<FaultsBox>,
    passphrase: Option<PassphraseBox>,
    logo: Option<egui::TextureHandle>,
    answers: Receiver<Command>,
    answer_to: Asker,
    frames: u64,
}

impl App {
    /// A window onto `bench`. Installs fonts and style.
    pub fn new(cc: &eframe::CreationContext<'_>, bench: Box<dyn Bench>) -> App {
        App::arranged(cc, bench, Arrangement::default())
    }

    /// The same, left like that before.
    pub fn arranged(
        cc: &eframe::CreationContext<'_>,
        bench: Box<dyn Bench>,
        arrangement: Arrangement,
    ) -> App {
        theme::install(&cc.egui_ctx);
        cc.egui_ctx
            .options_mut(|options| options.fallback_theme = Theme::Dark);
        let (answer_to, answers) = channel();
        let view = bench.view();
        let chosen = |name: &str| arrangement.choices.get(name).map(String::as_str);
        match chosen(THEME) {
            Some(DARK) => cc.egui_ctx.set_theme(Theme::Dark),
            Some(LIGHT) => cc.egui_ctx.set_theme(Theme::Light),
            _ => {}
        }
        let place = chosen(PLACE).and_then(Place::named).unwrap_or_default();
        let mut card = CardPlace::default();
        card.panels.clone_from(&arrangement.panels);
        let mode = chosen(COLOURING).and_then(Mode::named);
        card.map_mut().colour_by(mode.unwrap_or_default());
        card.update(&view, 0.0);
        App {
            bench,
            view,
            place,
            window: arrangement.window,
            maximized: arrangement.maximized,
            dark: cc.egui_ctx.theme() == Theme::Dark,
            card,
            torn: TornWindows::default(),
            palette: None,
            refusal: Refusal::default(),
            faults: None,
            passphrase: None,
            logo: top_bar::logo(&cc.egui_ctx),
            answers,
            answer_to: Asker {
                dialogs: Box::new(Platform),
                answers: answer_to,
            },
            frames: 0,
        }
    }

    /// The same, with dialogs that somebody else answers.
    pub fn with_dialogs(mut self, dialogs: Box<dyn Dialogs>) -> App {
        self.answer_to.dialogs = dialogs;
        self
    }

    /// Opens files and goes to the Card place, where they are shown.
    pub fn open_files(&mut self, mut files: Vec<PathBuf>) {
        match files.len() {
            0 => return,
            1 => self.bench.send(Command::OpenFile(files.remove(0))),
            _ => self.bench.send(Command::OpenFiles(files)),
        }
        self.place = Place::Card;
    }

    /// How the window is left.
    pub fn arrangement(&self) -> Arrangement {
        let choices = [
            (PLACE, self.place.name()),
            (THEME, if self.dark { DARK } else { LIGHT }),
            (COLOURING, self.card.map().settled_mode().name()),
        ];
        Arrangement {
            window: self.window,
            maximized: self.maximized,
            panels: self.card.panels.clone(),
            choices: choices
                .map(|(name, chosen)| (name.to_owned(), chosen.to_owned()))
                .into(),
        }
    }

    fn note_window(&mut self, ctx: &Context) {
        self.dark = ctx.theme() == Theme::Dark;
        let (inner, maximized) = ctx.input(|input| {
            let viewport = input.viewport();
            (viewport.inner_rect, viewport.maximized.unwrap_or(false))
        });
        self.maximized = maximized;
        if let Some(rect) = inner.filter(|_| !maximized) {
            self.window = Some((rect.width() as u16, rect.height() as u16));
        }
    }

    /// The place that is shown.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The Card place, for what is picked there.
    pub fn card(&self) -> &CardPlace {
        &self.card
    }

    /// Frames drawn so far: an idle window draws none.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Sends a command; what is opened, unsealed or compared is looked at in the Card place.
    fn send(&mut self, command: Command) {
        use Command::{Compare, OpenFile, OpenFiles, TryPassphrase};
        let shown = matches!(
            command,
            Compare(_) | OpenFile(_) | OpenFiles(_) | TryPassphrase(..)
        );
        if shown {
            self.place = Place::Card;
        }
        self.bench.send(command);
    }

    /// The actions whose keys were pressed. While the palette or a dialog is open only its own keys count, and on the
    /// desk the wizard takes the keys of its flow itself.
    fn shortcuts(&self, ctx: &Context) -> Vec<Action> {
        let elsewhere = self.view.passphrase.is_some() || self.torn.has_keys(ctx);
        if self.palette.is_some() || elsewhere {
            return Vec::new();
        }
        let wizard_shown = self.place == Place::Desk && self.view.flow.is_some();
        let flows = [Action::FlowNext, Action::FlowBack, Action::FlowRunAll];
        shortcuts::pressed(ctx, &self.view, |action| {
            !(wizard_shown && flows.contains(&action))
        })
    }

    fn dropped_files(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        self.open_files(dropped.iter().map(|file| file.path().to_owned()).collect());
    }

    fn show_palette(&mut self, ctx: &Context) {
        let Some(mut palette) = self.palette.take() else {
            return;
        };
        let (asked, stays) = palette.show(ctx, &self.view);
        match asked {
            Some(Asked::Run(action)) => self.run(ctx, action),
            Some(Asked::GoTo(node)) => {
                self.place = Place::Card;
                self.card.pick(node);
            }
            Some(Asked::Open(path)) => self.send(Command::OpenFile(path)),
            None => {}
        }
        if stays {
            self.palette = Some(palette);
        } else {
            // What was asked for is drawn in the next frame.
            ctx.request_repaint();
        }
    }

    fn notices(&self, ctx: &Context, commands: &mut Vec<Command>) {
        let room = match self.place {
            Place::Card => shell::above_time(&self.view, ctx.content_rect()),
            _ => ctx.content_rect(),
        };
        shell::notices(ctx, &self.view, room, commands);
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        while let Ok(command) = self.answers.try_recv() {
            self.send(command);
        }
        let view = self.bench.view();
        if !Arc::ptr_eq(&view, &self.view) {
            self.view = view;
            let now = ctx.input(|input| input.time);
            self.card.update(&self.view, now);
            self.torn.update(&self.view, now);
        }
    }

    fn on_exit(&mut self) {
        let arrangement = self.arrangement();
        self.bench
            .send(Command::KeepArrangement(Box::new(arrangement)));
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.frames += 1;
        let ctx = ui.ctx().clone();
        self.note_window(&ctx);
        widgets::note_keyboard(&ctx);
        self.torn.note_press(&ctx);
        let refused = self.refusal.told(&ctx);
        let mut asked = self.shortcuts(&ctx);
        self.dropped_files(&ctx);
        let t = Tokens::of(&ctx);
        let view = self.view.clone();
        let mut commands = Vec::new();
        top_bar::show(ui, &view, self.logo.as_ref(), &mut asked, &mut commands);
        shell::status_bar(ui, &view, &self.card, self.place, refused);
        shell::rail(ui, self.place, &mut asked);
        CentralPanel::no_frame()
            .frame(filled_panel(t.panel))
            .show(ui, |ui| match self.place {
                Place::Desk => desk::show(ui, &view, &mut asked, &mut commands),
                Place::Card => self.card.show(ui, &view, &mut asked, &mut commands),
                Place::Parties => parties::show(ui, &view, &mut asked),
                Place::Faces => faces::show(ui, &mut asked),
            });
        self.notices(&ctx, &mut commands);
        // They would go wrong with a card that is not shown.
        self.faults
            .take_if(|_| Action::Faults.refused(&view).is_some());
        if let Some(mut faults) = self.faults.take()
            && faults.show(&ctx, &view, &mut asked, &mut commands)
        {
            self.faults = Some(faults);
        }
        self.torn.show(&ctx, &view, &self.answer_to, &mut commands);
        // A passphrase is typed into its dialog alone.
        self.palette.take_if(|_| view.passphrase.is_some());
        self.show_palette(&ctx);
        let asked_for = view.passphrase.as_ref();
        passphrase::show(&mut self.passphrase, &ctx, asked_for, &mut commands);
        for command in commands {
            self.send(command);
        }
        if let Some(asked) = self.card.take_file_question() {
            self.compare_file(&ctx, asked);
        }
        for action in asked {
            self.run(&ctx, action);
            ctx.request_repaint();
        }
    }
}
