//! What the command line needs beside the commands and views of a window: files, readers and presenting, as the
//! device room gives them, and a division told step by step.

use crate::device::emulated::EmulatedCard;
use crate::device::system::{SystemClock, SystemRng};
use crate::device::udp::UdpServer;
use crate::device::vpcd::VpcdCard;
use crate::model::apdu::Family;
use crate::model::command::Frame;
use crate::model::demo::Demo;
use crate::model::flow::divide::{Cast, divide};
use crate::model::flow::log::MemoryLog;
use crate::model::flow::log::Recording;
use crate::model::flow::table::{FlowTable, Step, StepId};
use crate::model::flow::{FlowError, Halt, Stage};
use crate::model::message::Message;
use crate::model::port::{CardLink, LinkError, Touch};
use crate::workbench::readers::identify;
use crate::workbench::says::card_error_words;
use crate::workbench::view::Words;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;

pub use crate::device::card_file::{CardFileError, Passphrase};
pub use crate::device::disk::create;
pub use crate::device::files::{
    FileTrouble, Opened, card_tree, convert, open, read_keys, save, save_new,
};
pub use crate::device::kept_card::{KeptCard, KeptIn, Told};
pub use crate::device::key_store::{Algorithm, KeyStore, KeyStoreError, StoredKey, of_list};
pub use crate::device::readers::PcscError;
pub use crate::device::registry::RegistryError;
pub use crate::device::udp::Present;
pub use crate::workbench::readers::Identity;
pub use crate::workbench::workspace::{
    Workspace, WorkspaceError, blank_card, demo_card, issue_card, new_card,
};

/// Presents a card on nfcpy's UDP link until `stop` is set; port 0 takes any free port. `listening` is told where,
/// once.
pub fn present(
    card: &mut dyn Present,
    place: (&str, u16),
    stop: &AtomicBool,
    listening: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let mut server = UdpServer::bind(place)?;
    listening(server.local_addr()?);
    server.serve(card, stop)
}

/// Puts a card on a virtual PC/SC reader until `stop` is set. `connected` is told where, once the reader has noticed
/// it.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`] where another card lies on it.
pub fn present_vpcd(
    card: &mut dyn Present,
    place: (&str, u16),
    stop: &AtomicBool,
    connected: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let Some(mut link) = VpcdCard::connect_until(place, stop)? else {
        return Ok(());
    };
    if !link.is_noticed(stop)? {
        return Ok(());
    }
    connected(link.peer_addr()?);
    link.serve(card, stop)
}

/// A reader that is plugged in, and what lies on it.
pub struct ListedReader {
    pub name: String,
    /// What it is taken to be of.
    pub family: Family,
    /// `None` without a card; else who it is, or why it did not say.
    pub card: Option<Result<Identity, Words>>,
}

/// The readers that are plugged in, in the order of the service; each card is asked who it is. `family` overrules
/// what the readers' names say.
pub fn readers(family: Option<Family>) -> Result<Vec<ListedReader>, PcscError> {
    let source = super::real_readers();
    let listed = source.list()?.into_iter().map(|reader| {
        let family = family.unwrap_or_else(|| Family::of(&reader.name));
        let identity = || identify(&mut *source.link(&reader.name, family)?);
        let card = reader
            .card_present
            .then(|| identity().map_err(|error| card_error_words(&error)));
        ListedReader {
            name: reader.name,
            family,
            card,
        }
    });
    Ok(listed.collect())
}

/// A step that has passed.
pub struct Passed<'a> {
    /// The step.
    pub step: &'a Step,
    /// What passed between parties.
    pub messages: Vec<Message>,
    /// Codes of the commands that the card was sent.
    pub commands: Vec<u8>,
    /// Blocks of card memory that were written.
    pub written: usize,
}

/// A division that did not go on.
#[derive(Debug)]
pub struct Halted {
    /// Whether a write was sent of which nothing more is known.
    pub unknown: bool,
    pub error: FlowError,
}

/// Divides the card one step a run: what is recorded is replayed, one new step is done and told.
pub fn divide_by_steps<'a>(
    table: &'a FlowTable,
    demo: &mut Demo,
    card: &mut EmulatedCard,
    mut tell: impl FnMut(&Passed),
) -> Result<Vec<Passed<'a>>, Halted> {
    let (mut recording, mut log) = (Recording::default(), MemoryLog::default());
    let mut passed = Vec::new();
    for step in table.steps() {
        let events = card.journal().newest();
        let mut link = Counting {
            card,
            commands: Vec::new(),
        };
        let mut clock = SystemClock;
        let mut stage = Stage::new(table, &mut recording, &mut log, &mut clock, 1);
        let mut rng = SystemRng;
        let mut cast = Cast::whole(
            &demo.issuer,
            &mut demo.operator,
            &demo.user,
            &mut link,
            &mut rng,
        );
        let result = divide(&mut stage, &mut cast);
        let messages = stage.into_messages();
        let commands = link.commands;
        let (unknown, error) = match &result {
            // Everybody is here, so it waits for nobody.
            Ok(_) | Err(Halt::Paused | Halt::Waiting { .. } | Halt::Elsewhere) => (false, None),
            Err(Halt::Refused { error, .. }) => (false, Some(error)),
            Err(Halt::Unknown { error, .. }) => (true, Some(error)),
        };
        if let Some(error) = error.cloned() {
            return Err(Halted { unknown, error });
        }
        let now = Passed {
            step,
            messages: messages
                .into_iter()
                .filter(|message| message.step == step.id)
                .collect(),
            commands,
            written: card.journal().newest() - events,
        };
        tell(&now);
        passed.push(now);
        if result.is_ok() {
            break;
        }
    }
    Ok(passed)
}

/// A link that notes which commands pass.
struct Counting<'a> {
    card: &'a mut EmulatedCard,
    commands: Vec<u8>,
}

impl CardLink for Counting<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        self.commands.push(frame.code());
        self.card.transceive(frame)
    }

    fn field_off(&mut self) {
        CardLink::field_off(self.card);
    }

    fn touch(&self) -> Touch {
        self.card.touch()
    }

    fn at_step(&mut self, step: Option<&StepId>) {
        self.card.at_step(step);
    }
}
