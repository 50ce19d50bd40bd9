//! What each [`Action`] does: a command to the workbench, or something in the window itself.

use super::{App, Place};
use crate::model::card::difference::Sides;
use crate::model::card::journal::Moment;
use crate::model::dump::export::Format;
use crate::ui::action::Action;
use crate::ui::card::FileFor;
use crate::ui::card::map::MapState;
use crate::ui::card::map::colouring::Mode;
use crate::ui::faults::FaultsBox;
use crate::ui::files;
use crate::ui::palette::Palette;
use crate::words;
use crate::workbench::command::{Command, Fault, TraceForm};
use crate::workbench::compare::Side;
use egui::{Context, Theme};

impl App {
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
    pub(super) fn compare_file(&self, ctx: &Context, asked: FileFor) {
        files::compare(ctx, &self.answer_to, move |path| {
            let file = Side::File(path);
            Command::Compare(match asked {
                FileFor::A { b } => Sides { a: file, b },
                FileFor::B { a } => Sides { a, b: file },
            })
        });
    }
}
