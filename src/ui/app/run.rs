//! What each [`Action`] does: a command to the workbench, or something in the window itself.

use super::App;
use crate::model::card::difference::Sides;
use crate::ui::action::Action;
use crate::ui::card::FileFor;
use crate::ui::card::time::earlier;
use crate::ui::faults::FaultsBox;
use crate::ui::files;
use crate::ui::palette::Palette;
use crate::ui::place::Place;
use crate::ui::theme::switch_theme;
use crate::workbench::command::{Command, Fault};
use crate::workbench::compare::Side;
use egui::Context;

impl App {
    /// Does what was asked for.
    pub fn run(&mut self, ctx: &Context, action: Action) {
        if self.refusal.note(action, &self.view) {
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
            Action::SaveCard
            | Action::ExportProxmark3
            | Action::ExportFlipper
            | Action::ExportText
            | Action::ExportTree
            | Action::ExportTraceText
            | Action::ExportTraceJson => {
                files::write(ctx, &self.answer_to, &self.view, action, self.card.trace());
            }
            Action::MakeCard => self.bench.send(Command::MakeCard(None)),
            Action::ClearRecent => self.bench.send(Command::ClearRecent),
            Action::PullCard => self.bench.send(Command::PullCard),
            Action::TearOff => self.bench.send(Command::TearOff),
            // Refused above: it is for windows of their own.
            Action::CloseWindow => {}
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
            Action::Compare => self.compare(Side::Moment(earlier(&self.view))),
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
            Action::ShowKeys => self
                .bench
                .send(Command::ShowKeys(!self.view.workspace.keys_shown)),
            Action::ClearTrace => self.bench.send(Command::ClearTrace),
            Action::LookAgain => self.bench.send(Command::LookAgain),
            Action::Undo => self.bench.send(Command::Undo),
            Action::Redo => self.bench.send(Command::Redo),
            Action::NextChange
            | Action::PreviousChange
            | Action::ShowTrace
            | Action::FilterTrace
            | Action::EditBytes
            | Action::CopyHex
            | Action::CopyText
            | Action::ExpandAll
            | Action::CollapseAll
            | Action::ColourByOwner
            | Action::ColourByKind
            | Action::ColourByKey
            | Action::ColourByHeat
            | Action::ColourByDifference
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::ZoomWhole
            | Action::FirstEvent
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
                if let Some(command) = self.card.act(&self.view, action) {
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
            Action::SwitchTheme => switch_theme(ctx),
        }
    }

    /// Compares side A with the card in the emulator as it is now.
    fn compare(&mut self, a: Side) {
        let b = Side::Live;
        self.send(Command::Compare(Sides { a, b }));
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
