//! What the faces of the workbench draw.
//!
//! A [`View`] is one immutable picture of the whole workbench, published by the worker after every change.
//! The window and the command line only read it; nothing in it is a handle on anything. Key bytes never get
//! into it, except in a DEMO workspace whose person asked to see them.

pub use super::bytes::{ByteView, Bytes, RefusedEdit};
pub(super) mod said;
mod scan;
mod source;

pub use said::{Notice, Severity, Words};
pub use scan::{KeysAtHand, RecentFile, ScanView};
pub use source::{CardSource, PassphraseState, PassphraseView};

use crate::model::apdu::Family;
use crate::model::card::difference::{Difference, Sides};
use crate::model::card::journal::{By, Event, EventId, Journal, Moment};
use crate::model::card::map::BlockMap;
use crate::model::card::tree::Tree;
use crate::model::card::{Idm, SystemCode};
use crate::model::cipher::Kcv;
use crate::model::command::command_name;
use crate::model::flow::table::{FlowTable, LaneId, StepId, TableLane};
use crate::model::reader::scan::Progress;
use crate::model::trace::Trace;
use crate::words;
use crate::workbench::command::{LinkFault, PowerCut};
use crate::workbench::side::Side;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything, at one moment.
#[derive(Clone, Debug)]
pub struct View {
    /// The number of the window of its own that this is shown in; `None` for the main one.
    pub window: Option<u64>,
    pub workspace: WorkspaceView,
    /// The first is the built-in emulator; then PC/SC readers by name.
    pub readers: Vec<ReaderView>,
    /// Index into `readers`.
    pub reader: usize,
    /// Whether the service that PC/SC readers come from is there.
    pub service: ServiceState,
    /// What is known of the card on the chosen reader, if that is a PC/SC reader.
    pub on_reader: Option<OnReader>,
    /// How far a scan of that card has come, while one is under way.
    pub scanning: Option<Progress>,
    /// The keys that there are for that card, while it is shown.
    pub keys_at_hand: Option<KeysAtHand>,
    /// Who owns what, in the order in which colours were given out.
    pub owners: Vec<OwnerView>,
    /// The card that is looked at, if one is open.
    pub card: Option<Arc<CardView>>,
    /// Two pictures of cards beside each other, if that was asked for.
    pub comparison: Option<Arc<ComparisonView>>,
    /// What passed between reader and that card. A copy that shares what is noted.
    pub trace: Trace,
    /// The flow that runs or ran last on this card.
    pub flow: Option<Arc<FlowView>>,
    /// Files that were opened last, newest first.
    pub recent: Arc<Vec<RecentFile>>,
    /// The sealed file whose passphrase is asked for, if one was opened.
    pub passphrase: Option<PassphraseView>,
    /// Writes to cards of which it is not known whether they were made, oldest first. They outlive the program.
    pub unsettled: Vec<UnsettledView>,
    /// The last change by hand that was asked for in this window, if it was an edit that the card refused.
    pub refused_edit: Option<Arc<RefusedEdit>>,
    /// Things said once to the person, newest last. They stay until dismissed.
    pub notices: Vec<Notice>,
    /// Windows of their own, oldest first.
    pub torn: Vec<TornView>,
}

/// Windows that may be open at once; more cannot be told apart.
pub const MOST_WINDOWS: usize = 8;

/// A card in a window of its own.
#[derive(Clone, Debug)]
pub struct TornView {
    /// Stays while the window is open, and no later window has it.
    pub id: u64,
    /// As for the main window, with that card, its owners and its trace, what is said in that window, and nothing of
    /// flows, comparisons and readers.
    pub view: Arc<View>,
}

/// The opened workspace.
#[derive(Clone, Debug)]
pub struct WorkspaceView {
    pub name: String,
    /// Invented cards and throw-away keys; wears the ribbon.
    pub demo: bool,
    /// Only ever true in a DEMO workspace: key bytes are in the view.
    pub keys_shown: bool,
}

/// A reader that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderView {
    pub name: String,
    pub kind: ReaderKind,
}

impl ReaderView {
    /// Whether it is a PC/SC reader with a card on it.
    pub fn has_card(&self) -> bool {
        matches!(
            self.kind,
            ReaderKind::Pcsc {
                state: ReaderState::Card,
                ..
            }
        )
    }
}

/// What stands behind a reader's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderKind {
    /// The built-in emulated card.
    Emulator,
    /// A PC/SC reader, and the family that it is taken to be of: by its name, or as a person chose.
    Pcsc {
        state: ReaderState,
        family: Family,
        by_name: bool,
    },
}

/// What is on a PC/SC reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderState {
    Empty,
    Card,
    /// It was chosen and is gone.
    Unplugged,
}

/// The PC/SC service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    Running,
    NotRunning,
    /// It is there and does not work.
    Failing,
}

/// What is known of the card on a PC/SC reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnReader {
    /// The reader itself is gone.
    Unplugged,
    Empty,
    /// It is being looked at.
    Looking,
    /// Nothing but its number, in hexadecimal. `whole` says that the reader could tell more of a FeliCa card: this
    /// is another card, or one of a single system.
    Number {
        id: String,
        whole: bool,
    },
    /// Looking at it did not work.
    Failed(Words),
    /// It is the card that is shown.
    Shown,
}

/// An owner of systems; index in [`View::owners`] is its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerView {
    /// `Aoba Transit`.
    pub name: String,
    /// One capital letter, for where colour alone must not speak.
    pub letter: char,
}

/// A card as it is now.
#[derive(Clone, Debug)]
pub struct CardView {
    pub source: CardSource,
    /// As the card is; with the pending system, marked so, when there is one. The contents of services are in it only
    /// where nothing is known of where blocks stand. The same as in the view before, by pointer, while nothing but
    /// user blocks changed; so is `map`.
    pub tree: Arc<Tree>,
    /// `None` when nothing is known of where blocks stand on the chip (a dump).
    pub map: Option<Arc<BlockMap>>,
    /// The bytes of each physical block, in the order of `map.cells`. Empty when `map` is `None`.
    pub bytes: Bytes,
    /// What a scan with keys came to, of a card on a reader that was scanned.
    pub scan: Option<Arc<ScanView>>,
    /// What was written and when, of a card that keeps it.
    pub history: Option<History>,
    /// Owner of each system, by system number: index into [`View::owners`].
    pub system_owners: Vec<usize>,
    /// IDm of system 0.
    pub idm: Option<Idm>,
    /// What is to go wrong, of a card in the emulator.
    pub faults: FaultsView,
    /// 0 to 3; `None` when the card was not asked.
    pub mode: Option<u8>,
    /// The newest command, as `06 Read Without Encryption` and what came of it.
    pub last_command: Option<LastCommand>,
    /// Physical addresses that the last step changed, or prepared a change of.
    pub changed: BTreeSet<u32>,
    /// Goes up by one with every change, so that a "changed just now" glow starts once.
    pub revision: u64,
    /// Blocks on the chip, of 16 bytes; `None` when not known.
    pub chip_blocks: Option<u32>,
    /// Whether the divide flow may be started on it; if not, why (a key of the string table).
    pub divide_refused_because: Option<&'static str>,
}

/// What a person lets go wrong with an emulated card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultsView {
    /// The card is off the field.
    pub away: bool,
    /// The power goes at that write, counted from now.
    pub power: Option<PowerCut>,
    /// The next frame meets that.
    pub link: Option<LinkFault>,
}

impl FaultsView {
    /// Whether nothing goes wrong on purpose.
    pub fn is_none(&self) -> bool {
        *self == FaultsView::default()
    }
}

/// Two pictures of cards, and what differs between them.
#[derive(Clone, Debug)]
pub struct ComparisonView {
    pub sides: Sides<SideView>,
    /// The same as in the view before, by pointer, while neither side changed.
    pub difference: Arc<Difference>,
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct SideView {
    pub side: Side,
    pub card: Arc<CardView>,
}

/// The newest command to a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCommand {
    /// Command code, e.g. 06h.
    pub code: u8,
    /// `Read Without Encryption`.
    pub name: &'static str,
    pub answered: bool,
}

/// The journal of a card, and the moment at which the card is shown.
#[derive(Clone, Debug)]
pub struct History {
    /// A copy that shares its events with the card's.
    pub journal: Arc<Journal>,
    /// What is shown: tree, map and bytes are as after this event.
    pub shown: Moment,
    /// Whether the card is shown as it is, and goes on being. Otherwise it is a past moment, or one of another branch.
    pub live: bool,
    /// Whether the card has left the emulator since: it is looked at, and not changed.
    pub left: bool,
    /// The event that last wrote each address before the moment that is shown; shorter than the card where nothing
    /// was written beyond.
    pub written_by: Arc<Vec<Moment>>,
}

impl History {
    /// The event that last wrote a block, before the moment that is shown.
    pub fn writer(&self, address: u32) -> Option<(EventId, &Event)> {
        self.writers(address).next()
    }

    /// The events that wrote a block before the moment that is shown, newest first.
    pub fn writers(&self, address: u32) -> impl Iterator<Item = (EventId, &Event)> {
        let newest = self.written_by.get(address as usize).copied().flatten();
        newest
            .into_iter()
            .flat_map(|newest| self.journal.writes_before(newest))
    }

    /// How often a block was written before the moment that is shown.
    pub fn writes(&self, address: u32) -> u32 {
        self.writer(address).map_or(0, |(_, event)| event.nth)
    }
}

/// What an event was caused by, in words: `Change System Block`.
pub fn event_words(journal: &Journal, event: &Event) -> &'static str {
    match journal.cause(event).map(|cause| cause.by) {
        Some(By::Command(code)) => command_name(code).unwrap_or(""),
        Some(By::Edit | By::EditMore) => words::text("card.event.edit"),
        Some(By::PowerOn) | None => words::text("card.event.power_on"),
    }
}

/// A flow as the wizard draws it.
#[derive(Clone, Debug)]
pub struct FlowView {
    pub table: Arc<FlowTable>,
    /// State of each step, in the order of [`FlowTable::steps`].
    pub steps: Vec<StepState>,
    /// Index of the step that Next would do; `None` when the flow has ended.
    pub next: Option<usize>,
    pub ended: Option<FlowEnd>,
    /// Messages so far, in order.
    pub messages: Vec<MessageView>,
    /// Who stands on the sequence chart, left to right.
    pub lanes: Vec<LaneView>,
    pub plan: DivisionPlanView,
    /// What parties came to know, by step.
    pub learned: Vec<LearnedView>,
    /// The keys that somebody must not know, and who knows them by now.
    pub keys: Vec<KeyKnownView>,
    /// Whether Back would do something.
    pub can_step_back: bool,
    /// From the commit on, stopping no longer leaves the card as it was.
    pub committed: bool,
}

impl FlowView {
    /// Whether nothing is left to do: it was done, or a person stopped it. One that was refused or whose outcome is
    /// unknown still holds the card.
    pub fn is_over(&self) -> bool {
        matches!(self.ended, Some(FlowEnd::Done | FlowEnd::Stopped { .. }))
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Idle,
    Next,
    Done,
    Refused,
    /// A write was sent and no answer came; the card must be asked.
    Unknown,
}

/// How a flow ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowEnd {
    Done,
    /// Stopped by the person; says whether the card was left as it was.
    Stopped {
        card_untouched: bool,
    },
    Refused(Words),
    Unknown(Words),
}

/// One lane of the sequence chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneView {
    /// As the flow's table has it.
    pub lane: TableLane,
    /// `Aoba Transit`.
    pub name: String,
    /// Index into [`View::owners`], where the party is one.
    pub owner: Option<usize>,
}

/// Something that passed between two, or that one did.
#[derive(Clone, Debug)]
pub struct MessageView {
    pub step: StepId,
    pub from: LaneId,
    /// The same as `from` for what a party does alone (drawn as a box on its lane).
    pub to: LaneId,
    /// Drawn with two heads: a dialogue of several frames.
    pub both_ways: bool,
    /// `SYSC_(i), Pj, RI_(i)`.
    pub label: String,
    /// What is inside, outermost first; empty for what is no envelope.
    pub layers: Vec<LayerView>,
    /// Bytes of the whole message.
    pub bytes: usize,
}

/// One sealed layer of a message, or a clear part of it.
#[derive(Clone, Debug)]
pub struct LayerView {
    /// `Pj`.
    pub name: String,
    /// How deep it is nested; 0 is outermost.
    pub depth: usize,
    /// Key that seals it, as the seed names it (`K_J`); `None` for what is not sealed.
    pub sealed_with: Option<String>,
    pub sealed_by: Option<LaneId>,
    pub kcv: Option<Kcv>,
    /// Index into [`View::owners`] of who sealed it.
    pub owner: Option<usize>,
    /// Who can open it and who cannot, worked out from what each holds.
    pub can_open: Vec<LaneId>,
    pub cannot_open: Vec<LaneId>,
    /// Set once the card has checked it.
    pub opened_at: Option<StepId>,
    pub fields: Vec<FieldView>,
    /// Sealed length in bytes.
    pub bytes: usize,
}

/// One field inside a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldView {
    /// `SYSC_F, new system code`.
    pub label: String,
    pub value: FieldValue,
}

/// A field's value, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// Shown as it is.
    Plain(String),
    /// Shown masked, with its check value.
    Key(Kcv),
}

/// What a division will change, for the small map beside the wizard.
#[derive(Clone, Debug)]
pub struct DivisionPlanView {
    /// System (i).
    pub parent: SystemCode,
    /// SYSC_F.
    pub code: SystemCode,
    /// Owner of the new system: index into [`View::owners`].
    pub owner: usize,
    /// First physical block of the new system and its length. `None` until a card was read.
    pub run: Option<(u32, u32)>,
    /// Free blocks of the parent before and after.
    pub free: Option<(u32, u32)>,
    /// System blocks that the new system starts with.
    pub own_blocks: u32,
    /// Used blocks of the parent, which stay as they are.
    pub kept: Option<u32>,
}

/// Something that a party came to know at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedView {
    pub step: StepId,
    pub who: LaneId,
    /// `SYS_K_F`.
    pub what: String,
    pub kcv: Option<Kcv>,
}

/// A key, and who knows it: worked out from what each party holds, received and can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyKnownView {
    /// `K_J`.
    pub name: &'static str,
    pub kcv: Kcv,
    pub known_to: Vec<LaneId>,
}

/// A write of which it is not known whether it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsettledView {
    /// IDm of the card's system 0.
    pub card: Idm,
    /// Title of the flow.
    pub flow: String,
    pub step: StepId,
    /// The step's title.
    pub title: String,
    /// When it was about to be made: UTC, milliseconds since 1970-01-01.
    pub since_ms: u64,
}
