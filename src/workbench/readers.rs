//! The readers of an opened workspace: which there are, which one is chosen, and what is known of the card on it.
//!
//! [`Readers`] belongs to the worker and never waits. Its source tells of readers and cards, a thread of its own
//! looks at the card on the chosen reader, and both report to the worker's inbox.

use super::says::card_error_words;
use super::view::{OnReader, ReaderKind, ReaderState, ReaderView, ServiceState};
use crate::device::readers::{PcscError, PcscReader, ReaderLink, ReaderSource, Seen};
use crate::device::recorded::Recorded;
use crate::model::apdu::Family;
use crate::model::card::SystemCode;
use crate::model::card::observation::Observation;
use crate::model::card::tree::Tree;
use crate::model::hex;
use crate::model::port::LinkError;
use crate::model::reader::{CardError, Polled, Reader, observe};
use crate::model::trace::{Recorder, Trace};
use crate::words;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a card on a reader told at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the reader calls it: the IDm of a FeliCa card, another number of another card.
    pub id: Vec<u8>,
    /// Its answer to Polling, if it is a FeliCa card and the reader gave both IDs.
    pub polled: Option<Polled>,
    /// Its systems, where the reader can ask for them.
    pub systems: Option<Vec<SystemCode>>,
}

/// Asks a card on a reader who it is. Where it does not answer Polling, or the reader cannot send one, the reader's own
/// word for it is taken.
pub fn identify(link: &mut dyn ReaderLink) -> Result<Identity, CardError> {
    let mut reader = Reader::new(link);
    match reader.poll(SystemCode::ANY) {
        Ok(polled) => {
            let systems = match reader.system_codes(polled.idm) {
                Ok(systems) => Some(systems),
                // Chips of one system need not have the command.
                Err(CardError::Silent(_) | CardError::Link(LinkError::CannotSend(_))) => None,
                Err(error) => return Err(error),
            };
            Ok(Identity {
                id: polled.idm.0.to_vec(),
                polled: Some(polled),
                systems,
            })
        }
        Err(error @ (CardError::Silent(_) | CardError::Link(LinkError::CannotSend(_)))) => {
            match link.card_id() {
                Ok(id) => Ok(Identity {
                    id,
                    polled: None,
                    systems: None,
                }),
                Err(LinkError::CannotSend(_)) => Err(error),
                Err(error) => Err(error.into()),
            }
        }
        Err(error) => Err(error),
    }
}

/// What a look at a card gave.
pub enum Found {
    /// All that it tells without a key.
    Card(Observation),
    /// Its number: it is no FeliCa card, or the reader cannot ask for more.
    Number(Identity),
}

/// Looks at the card on a reader, with plain commands and without writing anything.
fn look(link: &mut dyn ReaderLink, family: Family) -> Result<Found, CardError> {
    let identity = identify(link)?;
    if identity.polled.is_none() || identity.systems.is_none() || !family.is_whole() {
        return Ok(Found::Number(identity));
    }
    observe(&mut Reader::new(link)).map(Found::Card)
}

/// A look that has ended.
pub struct Looked {
    ticket: u64,
    /// The reader, and what passed with it until now.
    reader: String,
    trace: Trace,
    found: Result<Found, CardError>,
}

/// Where looks report to; called from threads of their own.
pub type Report = Arc<dyn Fn(Looked) + Send + Sync>;

/// What is known of the card on the chosen reader.
enum On {
    Nothing,
    Looking,
    Card(Tree),
    Number(String),
    Failed(CardError),
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
        self.under_way = true;
        let (source, report) = (Arc::clone(&self.source), Arc::clone(&self.report));
        let (family, ticket) = (self.family(&name), self.ticket);
        let mut recorder = Recorder::behind(self.trace.clone());
        std::thread::spawn(move || {
            let found = match source.link(&name, family) {
                Ok(mut link) => look(&mut Recorded::new(&mut *link, &mut recorder), family),
                Err(error) => Err(error.into()),
            };
            report(Looked {
                ticket,
                reader: name,
                trace: recorder.trace().clone(),
                found,
            });
        });
    }

    /// Takes in what a look gave. Gives whether it changed what is known.
    pub fn looked(&mut self, looked: Looked) -> bool {
        self.under_way = false;
        if self.chosen.as_ref() == Some(&looked.reader) {
            self.trace = looked.trace;
        }
        if self.due {
            self.look_again();
            return false;
        }
        if looked.ticket != self.ticket {
            return false;
        }
        self.on = match looked.found {
            Ok(Found::Card(seen)) => On::Card(seen.tree()),
            Ok(Found::Number(identity)) => On::Number(hex::grouped(&identity.id)),
            Err(error) => On::Failed(error),
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
    pub fn tree(&self) -> Option<&Tree> {
        match &self.on {
            On::Card(tree) => Some(tree),
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
