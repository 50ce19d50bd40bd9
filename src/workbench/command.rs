//! What the faces may ask of the workbench. Every one is applied by the worker; the answer is a new view.

use super::arrangement::Arrangement;
use super::side::Side;
use crate::device::seal::Passphrase;
use crate::model::apdu::Family;
use crate::model::card::BLOCK_BYTES;
use crate::model::card::difference::Sides;
use crate::model::card::journal::{EventId, Moment};
use crate::model::dump::export::Format;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

pub use crate::device::emulated::LinkFault;
pub use crate::device::memory::{PowerCut, Torn};

/// Something that goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power goes at a block write to come, counted from the next.
    Power(PowerCut),
    /// The next frame, or its answer, meets an accident.
    Link(LinkFault),
    /// The card leaves the field until it is put back.
    TakeAway,
}

/// Bytes as a person typed them, from the first of a block on, over as many blocks as there are bytes for; `None`
/// leaves a byte as it is. They may be a key's, so `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct EditedBytes(pub Vec<Option<u8>>);

impl From<[Option<u8>; BLOCK_BYTES]> for EditedBytes {
    fn from(bytes: [Option<u8>; BLOCK_BYTES]) -> EditedBytes {
        EditedBytes(bytes.to_vec())
    }
}

impl fmt::Debug for EditedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EditedBytes({})", self.0.iter().flatten().count())
    }
}

/// A passphrase as a person typed it. It is wiped when dropped, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedPassphrase(pub Passphrase);

impl fmt::Debug for TypedPassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedPassphrase(…)")
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Look again at the card on the chosen reader. Readers come and go by themselves.
    LookAgain,
    /// Look at the card on this reader (index into [`super::view::View::readers`]).
    ChooseReader(usize),
    /// Take the PC/SC reader at that index to be of this family; of the one that its name says with `None`.
    ChooseFamily(usize, Option<Family>),
    /// Take the keys of this list for the card on the chosen reader.
    ChooseKeyList(PathBuf),
    /// Forget the keys that were taken for that card.
    ForgetKeyList,
    /// Scan that card with every key there is for it.
    Scan,
    /// Stop the scan; what was learned stays.
    StopScan,
    /// Open a dump or card file and show it.
    OpenFile(PathBuf),
    /// Open these files. The last that can be shown is shown.
    OpenFiles(Vec<PathBuf>),
    /// Try this passphrase on the sealed file of the question with that number
    /// ([`PassphraseView`](super::view::PassphraseView)).
    TryPassphrase(u64, TypedPassphrase),
    /// Leave that file closed.
    LeaveSealed(u64),
    /// Write the shown card in another form.
    Export(Format, PathBuf),
    /// Make an emulated card of what is known of the shown dump or card, on the built-in chip of that name or else on one
    /// that it fits.
    MakeCard(Option<String>),
    /// Forget which files were opened.
    ClearRecent,
    /// A new issued, divisible demo card in the emulator.
    NewDemoCard,
    /// Show the card as it was after that event, or before all; its memory stays as it is.
    ShowMoment(Moment),
    /// Show the card as it is, from now on.
    ShowNow,
    /// Put the emulated card's memory to that moment. What is done from then on is a branch.
    GoTo(Moment),
    /// Write the emulated card by hand, as one edit: the physical address of the first block and what is to stand there
    /// and in those that follow. What the card refuses, the view says.
    Edit { address: u32, bytes: EditedBytes },
    /// Take the newest edit back.
    Undo,
    /// Do an edit again that was taken back.
    Redo,
    /// Name the branch that ends with that event.
    NameBranch(EventId, String),
    /// Give the branch up that ends with that event.
    DiscardBranch(EventId),
    /// Show the card in a window of its own as well.
    TearOff,
    /// A window of its own was closed.
    CloseWindow(u64),
    /// What was asked for in a window of its own.
    InWindow(u64, Box<Command>),
    /// Keep how the window was left.
    KeepArrangement(Box<Arrangement>),
    /// Let something go wrong with the emulated card.
    Fault(Fault),
    /// Take back what was to go wrong, and put the card into the field.
    ClearFaults,
    /// Compare these two, in place of what was compared before. Nothing is saved or opened for it.
    Compare(Sides<Side>),
    /// Exchange the sides of the comparison.
    SwapSides,
    /// End the comparison.
    CloseComparison,
    /// Write exchanges of the trace to a file.
    ExportTrace(TraceExport),
    /// Let all exchanges go that were noted.
    ClearTrace,
    /// Save the emulated card.
    SaveCard(PathBuf),
    /// Show or mask key bytes; refused outside a DEMO workspace.
    ShowKeys(bool),
    /// Set the divide flow up for the card; nothing runs yet.
    StartDivide,
    /// Do the next step of the flow.
    Next,
    /// Undo the last step of the flow.
    Back,
    /// Do all that is left.
    RunAll,
    /// Stop the flow; before the commit the card is left as it was.
    Stop,
    /// Leave the wizard.
    CloseFlow,
    /// The desktop could not show a file dialog; the person is told another way.
    DialogMissing,
    /// The environment names no home to keep a workspace in; the person is told.
    HomeMissing,
    /// A notice was read.
    Dismiss(u64),
    /// Take the card off the emulator's field and put it back: its volatile memory is lost.
    PullCard,
}

/// Which exchanges to write, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceExport {
    pub path: PathBuf,
    pub form: TraceForm,
    /// Write names in place of IDm, PMm, IDi and PMi.
    pub mask_ids: bool,
    /// Numbers of the exchanges; `None` for all.
    pub numbers: Option<Arc<[u32]>>,
}

/// The form of an exported trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceForm {
    /// For people.
    Text,
    /// `cardwright.trace/1`.
    Json,
}
