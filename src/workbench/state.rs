//! What the worker owns, and what each command does to it. What commands do to a flow is in [`flow`].

mod compare;
pub mod exports;
mod files;
mod flow;
mod history;
mod owners;
mod questions;
mod scan;
mod sealed;
mod sealed_card;
mod torn;
mod trace;
mod windows;

use super::card_view::{Lookup, Picture, observed_view};
use super::command::Command;
use super::compare::Comparing;
use super::export;
use super::flow_run::FlowRun;
use super::readers::{Looked, Readers, Report};
use super::says::{doubt_words, file_words, registry_words, said, words_of, workspace_words};
use super::view::{
    CardSource, CardView, Notice, OwnerView, RecentFile, RefusedEdit, Severity, View, Words,
    WorkspaceView,
};
use super::workspace::{Workspace, demo_card};
use crate::device::emulated::EmulatedCard;
use crate::device::files::FileTrouble;
use crate::device::readers::{ReaderSource, Seen};
use crate::device::registry::{RegistryError, SeenCard};
use crate::model::card::Idm;
use crate::model::card::observation::Observation;
use crate::model::card::tree::Tree;
use crate::model::demo::Demo;
use crate::model::port::CardLink;
use crate::model::trace::Trace;
use crate::words;
use owners::{owner_of, owners_of};
use std::sync::Arc;

/// What the Card place shows.
enum Shown {
    /// The card in the emulator.
    Emulated,
    /// A dump that was opened.
    Dump {
        name: String,
        seen: Box<Observation>,
        tree: Arc<Tree>,
    },
    /// The card of a sealed file.
    Sealed(Box<sealed_card::SealedCard>),
    /// A PC/SC reader that was chosen.
    Reader,
}

/// One opened workspace.
pub struct State {
    workspace: Workspace,
    demo: Demo,
    card: Option<EmulatedCard>,
    shown: Shown,
    /// Of the card in the emulator.
    picture: Picture,
    /// Windows of their own.
    torn: windows::Windows,
    comparing: Option<Comparing>,
    exports: exports::Exports,
    readers: Readers,
    flow: Option<FlowRun>,
    refused_edit: Option<Arc<RefusedEdit>>,
    /// Events of the card's history of which is said that they are forgotten.
    forgotten: u32,
    notices: Vec<Notice>,
    next_notice: u64,
    keys_shown: bool,
    /// Sealed files whose passphrases are asked for.
    questions: questions::Questions,
    recent: Arc<Vec<RecentFile>>,
    revision: u64,
}

impl State {
    /// Opens a workspace. A flow that was interrupted is taken up where its log ends.
    pub fn open(
        folder: Option<std::path::PathBuf>,
        source: Arc<dyn ReaderSource>,
        report: Report,
    ) -> State {
        let opened = folder.map(|folder| {
            let name = folder.display().to_string();
            Workspace::open(folder).map_err(|error| workspace_words(&name, &error))
        });
        let (workspace, trouble) = match opened {
            Some(Ok(workspace)) => (workspace, None),
            Some(Err(words)) => (Workspace::without_folder(), Some(words)),
            None => (Workspace::without_folder(), None),
        };
        let families = workspace.reader_families().clone();
        let mut state = State {
            workspace,
            demo: Demo::new(),
            card: None,
            shown: Shown::Emulated,
            picture: Picture::default(),
            torn: windows::Windows::default(),
            comparing: None,
            exports: exports::Exports::default(),
            readers: Readers::new(source, report, families),
            flow: None,
            refused_edit: None,
            forgotten: 0,
            notices: Vec::new(),
            next_notice: 1,
            keys_shown: false,
            questions: questions::Questions::default(),
            recent: Arc::default(),
            revision: 1,
        };
        trouble
            .into_iter()
            .for_each(|words| state.say(Severity::Attention, words));
        state.say_doubt();
        match state.workspace.load_card() {
            Ok(Some(card)) => {
                state.put_in(card);
                state.note_card();
            }
            Ok(None) => state.make_card(),
            Err(error) => {
                let next = words::text("kept.own_card.next").to_string();
                let words = file_words("emulated.card", &error);
                state.say(Severity::Refused, Words { next, ..words });
            }
        }
        state.take_up_flow();
        state.sync_registry();
        state.look_for_recent();
        state
    }

    /// Applies one command. `publish` shows what is true in between, for a command of several steps. When it returns,
    /// what the command had to keep is on the disk.
    pub fn apply(&mut self, command: Command, publish: &dyn Fn(View)) {
        self.carry_out(command, publish);
        self.sync_registry();
    }

    fn carry_out(&mut self, command: Command, publish: &dyn Fn(View)) {
        self.revision += 1;
        match command {
            Command::LookAgain => self.readers.look_again(),
            Command::ChooseReader(index) => self.choose_reader(index),
            Command::ChooseFamily(index, family) => {
                if let Some(reader) = self.readers.choose_family(index, family)
                    && let Err(error) = self.workspace.keep_reader_family(&reader, family)
                {
                    let words = file_words("workspace.ron", &FileTrouble::Io(error));
                    self.say(Severity::Attention, words);
                }
            }
            Command::ChooseKeyList(path) => self.choose_key_list(&path),
            Command::ForgetKeyList => self.forget_key_list(),
            Command::Scan => self.scan(),
            Command::StopScan => self.readers.stop_scan(),
            Command::OpenFile(path) => self.open_files(&[path]),
            Command::OpenFiles(paths) => self.open_files(&paths),
            Command::TryPassphrase(number, typed) => self.try_passphrase(number, &typed, publish),
            Command::LeaveSealed(number) => self.leave_sealed(number),
            Command::Export(form, path) => self.export(form, &path),
            Command::MakeCard(profile) => self.make_card_of_it(profile.as_deref()),
            Command::ClearRecent => self.clear_recent(),
            Command::NewDemoCard => {
                if self.give_card_away() && self.keep_before() {
                    self.make_card();
                    self.show_emulated();
                }
            }
            Command::ShowMoment(moment) => self.show_moment(moment),
            Command::ShowNow => self.picture.show_now(),
            Command::GoTo(moment) => self.go_to(moment),
            Command::Edit { address, bytes } => self.edit(address, &bytes.0),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::NameBranch(tip, name) => self.name_branch(tip, &name),
            Command::DiscardBranch(tip) => self.discard_branch(tip),
            Command::TearOff => self.tear_off(),
            Command::CloseWindow(id) => self.close_window(id),
            Command::InWindow(id, command) => self.in_window(id, *command, publish),
            Command::KeepArrangement(arrangement) => {
                // A window that opens as it first did is no trouble worth words when it is being closed.
                let _ = self.workspace.keep_arrangement(&arrangement);
            }
            Command::Fault(fault) => self.fault(Some(fault)),
            Command::ClearFaults => self.fault(None),
            Command::Compare(sides) => self.compare(sides, Vec::new()),
            Command::SwapSides => self.swap_sides(),
            Command::CloseComparison => self.comparing = None,
            Command::ExportTrace(asked) => self.export_trace(asked),
            Command::ClearTrace => self.clear_trace(),
            Command::SaveCard(path) => self.save_card(&path),
            Command::ShowKeys(shown) => self.keys_shown = shown && self.workspace.is_demo(),
            Command::StartDivide => self.start_divide(),
            Command::Next => self.run_steps(1, publish),
            Command::RunAll => self.run_steps(usize::MAX, publish),
            Command::Back => self.step_back(),
            Command::Stop => self.stop(),
            Command::CloseFlow => self.close_flow(),
            Command::DialogMissing => {
                let what = words::text("flow.dialog.what").to_string();
                let next = words::text("flow.dialog.next").to_string();
                let details = String::new();
                self.say(
                    Severity::Attention,
                    Words {
                        what,
                        next,
                        details,
                    },
                );
            }
            Command::HomeMissing => {
                let words = said("kept.no_home.what", "kept.no_home.next", "");
                self.say(Severity::Attention, words);
            }
            Command::Dismiss(id) => self.notices.retain(|notice| notice.id != Some(id)),
            Command::PullCard => {
                if let Some(card) = &mut self.card {
                    card.field_off();
                }
            }
        }
    }

    /// The picture of all this.
    pub fn view(&mut self) -> View {
        let owners = self.owners();
        let card = self.card_view(&owners).map(Arc::new);
        let comparison = self.comparison(card.as_ref(), &owners);
        let flow = match (&self.flow, &self.card) {
            (Some(flow), Some(shown)) => Some(Arc::new(flow.view(shown, &self.demo, &owners))),
            _ => None,
        };
        let (unsettled, mut notices) = self.unsettled();
        notices.extend(self.notices.iter().cloned());
        let mut view = View {
            window: None,
            workspace: WorkspaceView {
                name: self.workspace.name().to_string(),
                demo: self.workspace.is_demo(),
                keys_shown: self.keys_shown,
            },
            readers: self.readers.views(),
            reader: self.readers.index(),
            service: self.readers.service(),
            on_reader: self.readers.on_reader(),
            scanning: self.readers.progress(),
            keys_at_hand: self.keys_at_hand(),
            owners,
            card,
            comparison,
            trace: self.trace(),
            flow,
            recent: Arc::clone(&self.recent),
            passphrase: self.questions.view(),
            unsettled,
            refused_edit: self.refused_edit.clone(),
            notices,
            torn: Vec::new(),
        };
        view.torn = self.torn_views(&view);
        view
    }

    fn card_view(&mut self, owners: &[OwnerView]) -> Option<CardView> {
        match &mut self.shown {
            Shown::Emulated => {
                let card = self.card.as_ref()?;
                let changed = self
                    .flow
                    .as_ref()
                    .map(|flow| flow.changed.clone())
                    .unwrap_or_default();
                let lookup = Lookup {
                    owners,
                    owner_of: &owner_of,
                    name_nodes: &|tree| self.demo.plan.name_nodes(tree),
                    keys_shown: self.keys_shown,
                };
                let mut view = self.picture.view(card, &lookup)?;
                view.changed = changed;
                view.revision = self.revision;
                Some(view)
            }
            Shown::Dump { name, tree, .. } => {
                let source = CardSource::File { name: name.clone() };
                Some(CardView {
                    revision: self.revision,
                    ..observed_view(source, Arc::clone(tree))
                })
            }
            Shown::Sealed(card) => card.view(owners, self.revision),
            Shown::Reader => {
                let name = self.readers.chosen()?.to_string();
                Some(CardView {
                    revision: self.revision,
                    divide_refused_because: Some("flow.refused.reader"),
                    scan: self.readers.scanned(),
                    ..observed_view(
                        CardSource::Reader { name },
                        Arc::clone(self.readers.tree()?),
                    )
                })
            }
        }
    }

    /// What the readers' source sees now.
    pub fn heard(&mut self, seen: Seen) {
        self.revision += 1;
        self.readers.heard(seen);
    }

    /// What a look at the card on a reader gave. Gives whether there is something new to show.
    pub fn looked(&mut self, looked: Looked) -> bool {
        self.revision += 1;
        let changed = self.readers.looked(looked);
        if changed && self.readers.progress().is_none() {
            self.note_met_card();
        }
        changed
    }

    /// Owners in the order in which their colours were given out: those of the workspace, or of a dump one a
    /// system.
    fn owners(&self) -> Vec<OwnerView> {
        let observed = match &self.shown {
            Shown::Dump { tree, .. } => Some(&**tree),
            Shown::Reader => self.readers.tree().map(|tree| &**tree),
            Shown::Sealed(card) => return card.owners(),
            Shown::Emulated => None,
        };
        match observed {
            Some(tree) => owners_of(tree.systems.iter().map(|system| system.code)),
            None => self.emulated_owners(),
        }
    }

    /// Owners of the systems of the card in the emulator.
    fn emulated_owners(&self) -> Vec<OwnerView> {
        let named = |key: &'static str, letter| OwnerView {
            name: words::text(key).to_string(),
            letter,
        };
        vec![
            named("flow.owner.issuer", 'A'),
            named("flow.owner.operator", 'C'),
        ]
    }

    fn say(&mut self, severity: Severity, words: Words) {
        self.notices.push(Notice {
            id: Some(self.next_notice),
            severity,
            words,
        });
        self.next_notice += 1;
    }

    fn make_card(&mut self) {
        if let Err(error) = self.number_new_card() {
            return self.say(Severity::Refused, registry_words(&error));
        }
        match demo_card(&self.demo) {
            Ok(card) => {
                self.put_in(card);
                self.keep_card();
            }
            Err(error) => self.say(Severity::Refused, words_of(&error)),
        }
    }

    /// Puts another card into the emulator. What passes with it is noted from now on.
    fn put_in(&mut self, mut card: EmulatedCard) {
        self.keep_torn();
        card.record(Trace::default());
        self.forgotten = card.journal().forgotten();
        self.card = Some(card);
        self.new_picture();
        self.say_lost_history();
    }

    /// Saves the card in the workspace after a change.
    fn keep_card(&mut self) {
        let Some(card) = &self.card else { return };
        match self.workspace.save_card(card) {
            Ok(None) => {}
            Ok(Some(aside)) => {
                let name = export::file_name(&aside);
                let what = words::format("kept.card_aside.what", &[("file", &name)]);
                let words = said("kept.card_aside.what", "kept.card_aside.next", "");
                self.say(Severity::Attention, Words { what, ..words });
            }
            Err(error) => self.say(Severity::Attention, file_words("emulated.card", &error)),
        }
        self.say_forgotten();
        self.note_card();
    }

    /// Notes in the registry that the emulator's card was seen.
    fn note_card(&mut self) {
        if let Some(seen) = self.seen_card()
            && let Err(error) = self.workspace.registry.see(&seen)
        {
            self.say(Severity::Attention, registry_words(&error));
        }
    }

    /// Says that the registry may have lost an entry, once: now that it is open, it is whole again.
    fn say_doubt(&mut self) {
        if let Some(words) = doubt_words(&mut self.workspace.registry) {
            self.say(Severity::Unknown, words);
        }
    }

    fn sync_registry(&mut self) {
        if let Err(error) = self.workspace.registry.sync() {
            self.say(Severity::Attention, registry_words(&error));
        }
    }

    fn seen_card(&self) -> Option<SeenCard> {
        SeenCard::emulated(self.card.as_ref()?)
    }

    /// Gives the next demo card an IDm of its own, if a card of the last one's has a write that is not settled: the
    /// two must be told apart.
    fn number_new_card(&mut self) -> Result<(), RegistryError> {
        let unsettled = self.workspace.registry.unsettled()?;
        while unsettled.iter().any(|write| write.card == self.demo.idm) {
            let number = u64::from_be_bytes(self.demo.idm.0);
            self.demo.idm = Idm((number + 1).to_be_bytes()).of_system(0);
        }
        Ok(())
    }

    fn choose_reader(&mut self, index: usize) {
        self.close_flow();
        if self.readers.choose(index) {
            self.shown = match self.readers.chosen() {
                None => Shown::Emulated,
                Some(_) => Shown::Reader,
            };
        }
    }

    fn show_emulated(&mut self) {
        self.shown = Shown::Emulated;
        self.readers.choose(0);
    }
}
