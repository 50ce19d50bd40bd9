//! The window: the bars around the four places, and the way from what a person does to the workbench.
//!
//! [`App::logic`] takes in what the worker published; [`App::ui`](eframe::App::ui) draws it. Everything that
//! is asked for, by button, shortcut or palette, is an [`Action`] and goes through [`App::run`]. Frames are
//! drawn when the worker published a view, when a person did something, and while a change fades; never
//! else.

use super::action::Action;
use super::card::map::MapState;
use super::card::map::colouring::Mode;
use super::card::{CardPlace, FileFor, time};
use super::faults::FaultsBox;
use super::palette::{Asked, Palette};
use super::tokens::Tokens;
use super::torn::TornWindows;
use super::widgets::filled_panel;
use super::{desk, faces, files, parties, shell, theme, top_bar, widgets};
use crate::model::card::difference::Sides;
use crate::model::card::journal::Moment;
use crate::model::dump::export::Format;
use crate::words;
use crate::workbench::command::{Command, Fault, TraceForm};
use crate::workbench::compare::Side;
use crate::workbench::view::View;
use crate::workbench::{Arrangement, Workbench};
use egui::{Align2, Area, CentralPanel, Context, Id, Order, Theme, Ui, vec2};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

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

/// The four places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Desk,
    Card,
    Parties,
    Faces,
}

/// What a person chose, as the arrangement names it.
const PLACE: &str = "place";
const THEME: &str = "theme";
const COLOURING: &str = "colouring";
const DARK: &str = "dark";
const LIGHT: &str = "light";

impl Place {
    const ALL: [Place; 4] = [Place::Desk, Place::Card, Place::Parties, Place::Faces];

    /// What the arrangement calls it.
    fn name(self) -> &'static str {
        match self {
            Place::Desk => "desk",
            Place::Card => "card",
            Place::Parties => "parties",
            Place::Faces => "faces",
        }
    }

    fn named(name: &str) -> Option<Place> {
        Place::ALL.into_iter().find(|place| place.name() == name)
    }
}

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
    faults: Option<FaultsBox>,
    logo: Option<egui::TextureHandle>,
    answers: Receiver<Command>,
    answer_to: Sender<Command>,
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
            faults: None,
            logo: top_bar::logo(&cc.egui_ctx),
            answers,
            answer_to,
            frames: 0,
        }
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

    /// Does what was asked for.
    pub fn run(&mut self, ctx: &Context, action: Action) {
        if action.refused(&self.view).is_some() {
            return;
        }
        match action {
            Action::StartDivide => {
                self.place = Place::Desk;
                self.bench.send(Command::StartDivide);
            }
            Action::FlowNext => self.bench.send(Command::Next),
            Action::FlowBack => self.bench.send(Command::Back),
            Action::FlowRunAll => self.bench.send(Command::RunAll),
            Action::FlowStop => self.bench.send(Command::Stop),
            Action::NewCard => self.bench.send(Command::NewDemoCard),
            Action::OpenFile => files::open(ctx, &self.answer_to),
            Action::SaveCard => files::save(ctx, &self.answer_to),
            Action::ExportProxmark3 => files::export_card(ctx, &self.answer_to, Format::Proxmark3),
            Action::ExportFlipper => files::export_card(ctx, &self.answer_to, Format::Flipper),
            Action::ExportText => files::export_card(ctx, &self.answer_to, Format::Text),
            Action::ExportTree => files::export_card(ctx, &self.answer_to, Format::Tree),
            Action::MakeCard => self.bench.send(Command::MakeCard(None)),
            Action::ClearRecent => self.bench.send(Command::ClearRecent),
            Action::PullCard => self.bench.send(Command::PullCard),
            Action::TearOff => self.bench.send(Command::TearOff),
            Action::TakeCardAway => {
                let away = self.view.card.as_ref().is_some_and(|card| card.faults.away);
                self.bench.send(match away {
                    true => Command::ClearFaults,
                    false => Command::Fault(Fault::TakeAway),
                });
            }
            Action::Faults => {
                self.faults = match self.faults.take() {
                    Some(_) => None,
                    None => Some(FaultsBox::default()),
                };
            }
            Action::Compare => self.compare(Side::Moment(self.earlier())),
            Action::CompareFile => {
                let b = Side::Live;
                self.compare_file(ctx, FileFor::A { b });
            }
            Action::CompareReader => self.compare(Side::OnReader),
            Action::ShowPlanned => {
                let (a, b) = (Side::Live, Side::Planned);
                self.send(Command::Compare(Sides { a, b }));
            }
            Action::SwapSides => self.bench.send(Command::SwapSides),
            Action::CloseComparison => self.bench.send(Command::CloseComparison),
            Action::NextChange | Action::PreviousChange => {
                self.place = Place::Card;
                let next = action == Action::NextChange;
                self.card.step_change(if next { 1 } else { -1 });
            }
            Action::ShowKeys => self
                .bench
                .send(Command::ShowKeys(!self.view.workspace.keys_shown)),
            Action::ShowTrace | Action::FilterTrace => {
                self.place = Place::Card;
                self.card.show_trace(action == Action::FilterTrace);
            }
            Action::ExportTraceText | Action::ExportTraceJson => self.export_trace(ctx, action),
            Action::ClearTrace => self.bench.send(Command::ClearTrace),
            Action::EditBytes | Action::CopyHex | Action::CopyText => {
                self.place = Place::Card;
                self.card.act_on_bytes(action);
            }
            Action::LookAgain => self.bench.send(Command::LookAgain),
            Action::Undo => self.bench.send(Command::Undo),
            Action::Redo => self.bench.send(Command::Redo),
            Action::FirstEvent
            | Action::PreviousEvent
            | Action::NextEvent
            | Action::LastEvent
            | Action::PlayPause
            | Action::BackToNow
            | Action::ContinueFromHere
            | Action::SwitchBranch
            | Action::NameBranch
            | Action::DiscardBranch => {
                self.place = Place::Card;
                if let Some(command) = self.card.act_in_time(action) {
                    self.bench.send(command);
                }
            }
            Action::Scan => self.bench.send(Command::Scan),
            Action::StopScan => self.bench.send(Command::StopScan),
            Action::ChooseKeys => files::choose_keys(ctx, &self.answer_to),
            Action::ForgetKeys => self.bench.send(Command::ForgetKeyList),
            Action::GoDesk => self.place = Place::Desk,
            Action::GoCard => self.place = Place::Card,
            Action::GoParties => self.place = Place::Parties,
            Action::GoFaces => self.place = Place::Faces,
            Action::FindOrRun => self.palette = Some(Palette::default()),
            Action::ExpandAll | Action::CollapseAll => {
                self.place = Place::Card;
                self.card
                    .fold_all(&self.view, action == Action::CollapseAll);
            }
            Action::ColourByOwner => self.colour_by(Mode::Owner),
            Action::ColourByKind => self.colour_by(Mode::Kind),
            Action::ColourByKey => self.colour_by(Mode::Key),
            Action::ColourByHeat => self.colour_by(Mode::Heat),
            Action::ColourByDifference => self.colour_by(Mode::Difference),
            Action::ZoomIn => self.zoom(|map| map.zoom_by(1.0)),
            Action::ZoomOut => self.zoom(|map| map.zoom_by(-1.0)),
            Action::ZoomWhole => self.zoom(MapState::zoom_whole),
            Action::SwitchTheme => ctx.set_theme(match ctx.theme() {
                Theme::Dark => Theme::Light,
                Theme::Light => Theme::Dark,
            }),
        }
    }

    fn colour_by(&mut self, mode: Mode) {
        self.place = Place::Card;
        self.card.map_mut().colour_by(mode);
    }

    fn zoom(&mut self, change: fn(&mut MapState)) {
        self.place = Place::Card;
        change(self.card.map_mut());
    }

    fn export_trace(&self, ctx: &Context, action: Action) {
        let (form, name) = match action {
            Action::ExportTraceJson => (TraceForm::Json, "shell.dialog.trace_json"),
            _ => (TraceForm::Text, "shell.dialog.trace_text"),
        };
        let command = self.card.trace().export(form);
        files::export(ctx, &self.answer_to, words::text(name), command);
    }

    /// Compares side A with the card in the emulator as it is now.
    fn compare(&mut self, a: Side) {
        let b = Side::Live;
        self.send(Command::Compare(Sides { a, b }));
    }

    /// The moment to compare with the present: the one that is shown, or the one before all.
    fn earlier(&self) -> Moment {
        let card = self.view.card.as_ref();
        let history = card.and_then(|card| card.history.as_ref());
        history.filter(|history| !history.live)?.shown
    }

    /// Asks for a file to compare with.
    fn compare_file(&self, ctx: &Context, asked: FileFor) {
        files::compare(ctx, &self.answer_to, move |path| {
            let file = Side::File(path);
            Command::Compare(match asked {
                FileFor::A { b } => Sides { a: file, b },
                FileFor::B { a } => Sides { a, b: file },
            })
        });
    }

    /// Sends a command; what is compared is looked at in the Card place.
    fn send(&mut self, command: Command) {
        if matches!(command, Command::Compare(_)) {
            self.place = Place::Card;
        }
        self.bench.send(command);
    }

    /// The actions whose keys were pressed. While the palette is open only its own keys count, and on the
    /// desk the wizard takes the keys of its flow itself.
    fn shortcuts(&self, ctx: &Context) -> Vec<Action> {
        if self.palette.is_some() {
            return Vec::new();
        }
        let with_keys = |action: Action| {
            let keys = [action.shortcut(), action.other_shortcut()];
            keys.into_iter().flatten().map(move |keys| (action, keys))
        };
        let mut keyed: Vec<_> = Action::ALL.into_iter().flat_map(with_keys).collect();
        // egui lets a plain key match with Shift held, so what needs Shift is looked for first.
        keyed.sort_by_key(|(_, keys)| !keys.modifiers.shift);
        let wizard_shown = self.place == Place::Desk && self.view.flow.is_some();
        let flows = [Action::FlowNext, Action::FlowBack, Action::FlowRunAll];
        // A field that is typed into takes back its own typing.
        let typing = ctx.text_edit_focused();
        let of_typing = [Action::Undo, Action::Redo];
        keyed
            .into_iter()
            .filter(|(action, _)| !(wizard_shown && flows.contains(action)))
            .filter(|(action, _)| !(typing && of_typing.contains(action)))
            .filter(|(_, keys)| ctx.input_mut(|input| input.consume_shortcut(keys)))
            .map(|(action, _)| action)
            .collect()
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
            Some(Asked::Open(path)) => self.bench.send(Command::OpenFile(path)),
            None => {}
        }
        if stays {
            self.palette = Some(palette);
        } else {
            // What was asked for is drawn in the next frame.
            ctx.request_repaint();
        }
    }

    fn notices(&self, ctx: &Context) {
        if self.view.notices.is_empty() {
            return;
        }
        // They leave the time line free.
        let has_time = self
            .view
            .card
            .as_ref()
            .is_some_and(|card| card.history.is_some());
        let below = match self.place {
            Place::Card if has_time => time::HEIGHT,
            _ => 0.0,
        };
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -40.0 - below))
            .show(ctx, |ui| {
                for notice in &self.view.notices {
                    if let Some(id) = widgets::notice(ui, notice) {
                        self.bench.send(Command::Dismiss(id));
                    }
                }
            });
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
        let mut asked = self.shortcuts(&ctx);
        self.dropped_files(&ctx);
        let t = Tokens::of(&ctx);
        let view = self.view.clone();
        let mut commands = Vec::new();
        top_bar::show(ui, &view, self.logo.as_ref(), &mut asked, &mut commands);
        shell::status_bar(ui, &view, &self.card, self.place);
        shell::rail(ui, self.place, &mut asked);
        CentralPanel::no_frame()
            .frame(filled_panel(t.panel))
            .show(ui, |ui| match self.place {
                Place::Desk => desk::show(ui, &view, &mut asked, &mut commands),
                Place::Card => self.card.show(ui, &view, &mut asked, &mut commands),
                Place::Parties => parties::show(ui, &view, &mut asked),
                Place::Faces => faces::show(ui, &mut asked),
            });
        self.notices(&ctx);
        if let Some(mut faults) = self.faults.take()
            && faults.show(&ctx, &view, &mut asked, &mut commands)
        {
            self.faults = Some(faults);
        }
        self.torn.show(&ctx, &view, &mut commands);
        self.show_palette(&ctx);
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
