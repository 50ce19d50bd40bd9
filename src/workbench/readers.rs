//! The readers of an opened workspace: which there are, which one is chosen, and what is known of the card on it.
//!
//! [`Readers`] belongs to the worker and never waits. Its source tells of readers and cards, a thread of its own
//! looks at the card on the chosen reader or scans it with keys ([`work`]), and both report to the worker's inbox.

mod identity;
mod known;
mod work;

pub use identity::{Identity, identify};
pub use work::{Looked, Report};

use super::says::card_error_words;
use super::view::{OnReader, ReaderKind, ReaderState, ReaderView, ScanView, ServiceState};
use crate::device::readers::{PcscError, PcscReader, ReaderSource, Seen};
use crate::device::registry;
use crate::model::apdu::Family;
use crate::model::card::observation::Observation;
use crate::model::card::tree::Tree;
use crate::model::card::{Idm, SystemCode};
use crate::model::hex;
use crate::model::party::KeyRing;
use crate::model::reader::CardError;
use crate::model::reader::scan::Progress;
use crate::model::trace::Trace;
use crate::words;
use known::Known;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use work::{AtReader, Found, Told, Work};

/// What is known of the card on the chosen reader.
enum On {
    Nothing,
    Looking,
    Card(Box<Known>),
    Number(String),
    Failed(CardError),
}

/// A scan under way.
struct Scanning {
    stop: Arc<AtomicBool>,
    progress: Progress,
}

/// See the module.
pub struct Readers {
    source: Arc<dyn ReaderSource>,
    report: Report,
    seen: Seen,
    /// The chosen PC/SC reader by name; `None` is the emulator. It stays chosen while it is unplugged.
    chosen: Option<String>,
    /// Families that a person chose, by reader.
    families: BTreeMap<String, Family>,
    on: On,
    /// Number of the newest look; what an older one reports is out of date.
    ticket: u64,
    /// A look is under way, and another is due after it.
    under_way: bool,
    due: bool,
    /// What passed with cards on the chosen reader.
    trace: Trace,
    scanning: Option<Scanning>,
}

impl Readers {
    pub fn new(
        source: Arc<dyn ReaderSource>,
        report: Report,
        families: BTreeMap<String, Family>,
    ) -> Readers {
        Readers {
            source,
            report,
            seen: Err(PcscError::NoReader),
            chosen: None,
            families,
            on: On::Nothing,
            ticket: 0,
            under_way: false,
            due: false,
            trace: Trace::default(),
            scanning: None,
        }
    }

    /// What the source sees now. A card that came to the chosen reader, or another than before, is looked at.
    pub fn heard(&mut self, seen: Seen) {
        let before = self.chosen_reader().cloned();
        self.seen = seen;
        if self.chosen_reader() != before.as_ref() {
            self.look_again();
        }
    }

    /// Chooses by position in [`views`](Readers::views), 0 being the emulator. Gives whether there is one.
    pub fn choose(&mut self, index: usize) -> bool {
        let views = self.views();
        let Some(view) = views.get(index) else {
            return false;
        };
        let chosen = (view.kind != ReaderKind::Emulator).then(|| view.name.clone());
        if self.chosen != chosen {
            self.trace = Trace::default();
        }
        self.chosen = chosen;
        self.look_again();
        true
    }

    /// Takes the reader at that position to be of that family; of that of its name with `None`. Gives its name.
    pub fn choose_family(&mut self, index: usize, family: Option<Family>) -> Option<String> {
        let view = self.views().into_iter().nth(index)?;
        if view.kind == ReaderKind::Emulator {
            return None;
        }
        match family {
            Some(family) => self.families.insert(view.name.clone(), family),
            None => self.families.remove(&view.name),
        };
        if self.chosen.as_ref() == Some(&view.name) {
            self.look_again();
        }
        Some(view.name)
    }

    /// Looks at the card on the chosen reader once more.
    pub fn look_again(&mut self) {
        self.ticket += 1;
        self.on = On::Nothing;
        self.due = false;
        self.stop_scan();
        self.scanning = None;
        let Some(reader) = self.chosen_reader().filter(|reader| reader.card_present) else {
            return;
        };
        let name = reader.name.clone();
        self.on = On::Looking;
        if self.under_way {
            // One thread at a time: the reader takes one connection.
            self.due = true;
            return;
        }
        self.begin(name, Work::Look);
    }

    /// Does something at a reader. Nothing else is done there until it has ended.
    fn begin(&mut self, reader: String, work: Work) {
        self.under_way = true;
        let place = AtReader {
            source: Arc::clone(&self.source),
            report: Arc::clone(&self.report),
            family: self.family(&reader),
            ticket: self.ticket,
            reader,
        };
        place.start(work);
    }

    /// Scans the card that is shown, with these keys. Gives whether it begins: one thing at a time is done at a reader.
    pub fn scan(&mut self, ring: KeyRing) -> bool {
        let (Some(card), Some(reader)) = (self.card(), self.chosen.clone()) else {
            return false;
        };
        if self.under_way {
            return false;
        }
        self.ticket += 1;
        let stop = Arc::new(AtomicBool::new(false));
        self.scanning = Some(Scanning {
            stop: Arc::clone(&stop),
            progress: Progress::default(),
        });
        self.begin(reader, Work::Scan { card, ring, stop });
        true
    }

    /// Lets a scan end before its next command.
    pub fn stop_scan(&mut self) {
        if let Some(scanning) = &self.scanning {
            scanning.stop.store(true, Ordering::Relaxed);
        }
    }

    /// How far a scan has come, if one is under way.
    pub fn progress(&self) -> Option<Progress> {
        self.scanning.as_ref().map(|scanning| scanning.progress)
    }

    /// Takes in what a thread at a reader tells. Gives whether it changed what is known.
    pub fn looked(&mut self, looked: Looked) -> bool {
        let noted = self.chosen.as_ref() == Some(&looked.reader) && !looked.passed.is_empty();
        if noted {
            self.trace.extend(&looked.passed);
        }
        let is_newest = looked.ticket == self.ticket;
        let found = match looked.told {
            Told::Progress(progress) => {
                let scanning = self.scanning.as_mut().filter(|_| is_newest);
                let told = scanning.map(|scanning| scanning.progress = progress);
                return noted || told.is_some();
            }
            Told::Ended(found) => found,
        };
        self.under_way = false;
        if self.due {
            self.look_again();
            return noted;
        }
        if !is_newest {
            return noted;
        }
        let scanned = self.scanning.take().is_some();
        let on = std::mem::replace(&mut self.on, On::Nothing);
        self.on = match (found, on) {
            (Ok(Found::Card(seen)), _) => On::Card(Box::new(Known::new(seen, None))),
            (Ok(Found::Number(identity)), _) => On::Number(hex::grouped(&identity.id)),
            (Ok(Found::Scanned(scan)), On::Card(before)) => {
                On::Card(Box::new(before.scanned(*scan)))
            }
            // What was seen before the scan is not untrue because it could not begin.
            (Err(error), On::Card(before)) if scanned => {
                On::Card(Box::new(before.not_scanned(error)))
            }
            (Err(error), _) => On::Failed(error),
            (Ok(Found::Scanned(_)), _) => On::Nothing,
        };
        true
    }

    /// What passed with cards on the chosen reader.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Lets go of what was noted.
    pub fn clear_trace(&mut self) {
        self.trace.clear();
    }

    /// The chosen reader's name, if it is a PC/SC reader.
    pub fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    /// The card on it, once it was looked at.
    pub fn tree(&self) -> Option<&Arc<Tree>> {
        match &self.on {
            On::Card(card) => Some(&card.tree),
            _ => None,
        }
    }

    /// What is known of it.
    pub fn seen(&self) -> Option<&Observation> {
        match &self.on {
            On::Card(card) => Some(&card.seen),
            _ => None,
        }
    }

    /// What a scan of it came to.
    pub fn scanned(&self) -> Option<Arc<ScanView>> {
        match &self.on {
            On::Card(card) => card.scan.clone(),
            _ => None,
        }
    }

    /// IDm of system 0 of the card that is shown.
    pub fn card(&self) -> Option<Idm> {
        self.tree()?.systems.first()?.idm
    }

    /// Codes of its systems.
    pub fn systems(&self) -> Vec<SystemCode> {
        let systems = self.tree().map_or(&[][..], |tree| &tree.systems);
        systems.iter().map(|system| system.code).collect()
    }

    /// The card as the registry takes note of it, once it told all that is kept there.
    pub fn met(&self) -> Option<registry::SeenCard> {
        match &self.on {
            On::Card(card) => card.met(self.chosen.as_deref()?),
            _ => None,
        }
    }

    /// What is known of the card on the chosen PC/SC reader.
    pub fn on_reader(&self) -> Option<OnReader> {
        let name = self.chosen.as_deref()?;
        if self.chosen_reader().is_none() {
            return Some(OnReader::Unplugged);
        }
        Some(match &self.on {
            On::Nothing => OnReader::Empty,
            On::Looking => OnReader::Looking,
            On::Card(_) => OnReader::Shown,
            On::Number(id) => OnReader::Number {
                id: id.clone(),
                whole: self.family(name).is_whole(),
            },
            On::Failed(error) => OnReader::Failed(card_error_words(error)),
        })
    }

    /// The emulator, then the readers that are there; the chosen one also when it is not.
    pub fn views(&self) -> Vec<ReaderView> {
        let emulator = ReaderView {
            name: words::text("flow.emulator").to_string(),
            kind: ReaderKind::Emulator,
        };
        let view = |name: &str, state| ReaderView {
            name: name.to_string(),
            kind: ReaderKind::Pcsc {
                state,
                family: self.family(name),
                by_name: !self.families.contains_key(name),
            },
        };
        let there = self.readers().iter().map(|reader| {
            let state = if reader.card_present {
                ReaderState::Card
            } else {
                ReaderState::Empty
            };
            view(&reader.name, state)
        });
        let gone = self
            .chosen
            .as_deref()
            .filter(|_| self.chosen_reader().is_none());
        let gone = gone.map(|name| view(name, ReaderState::Unplugged));
        [emulator].into_iter().chain(there).chain(gone).collect()
    }

    /// Position of the chosen one among [`views`](Readers::views).
    pub fn index(&self) -> usize {
        let views = self.views();
        let is_chosen = |view: &ReaderView| {
            view.kind != ReaderKind::Emulator && Some(&view.name) == self.chosen.as_ref()
        };
        views.iter().position(is_chosen).unwrap_or(0)
    }

    /// How the PC/SC service is.
    pub fn service(&self) -> ServiceState {
        match &self.seen {
            Ok(_) | Err(PcscError::NoReader | PcscError::NotBuilt) => ServiceState::Running,
            Err(PcscError::NoService) => ServiceState::NotRunning,
            Err(PcscError::Other(_)) => ServiceState::Failing,
        }
    }

    fn readers(&self) -> &[PcscReader] {
        self.seen.as_deref().unwrap_or_default()
    }

    fn chosen_reader(&self) -> Option<&PcscReader> {
        let name = self.chosen.as_ref()?;
        self.readers().iter().find(|reader| reader.name == *name)
    }

    fn family(&self, reader: &str) -> Family {
        let chosen = self.families.get(reader).copied();
        chosen.unwrap_or_else(|| Family::of(reader))
    }
}

impl Drop for Readers {
    /// A scan does not go on for nobody.
    fn drop(&mut self) {
        self.stop_scan();
    }
}
