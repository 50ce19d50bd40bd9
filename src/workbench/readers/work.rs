//! What is done at a reader: looking at the card on it, or scanning that card with keys.
//!
//! [`AtReader::start`] does it on a thread of its own, one at a time, for the reader takes one connection. The thread
//! tells what passes as it goes, so that the trace fills meanwhile and keeps what a stop or a card that left has cut
//! short; at the end it tells what was found.

use super::identity::{Identity, identify};
use crate::device::readers::{ReaderLink, ReaderSource};
use crate::device::recorded::Recorded;
use crate::device::system::SystemRng;
use crate::model::apdu::Family;
use crate::model::card::observation::Observation;
use crate::model::card::{Idm, SystemCode};
use crate::model::party::KeyRing;
use crate::model::port::LinkError;
use crate::model::reader::scan::{Progress, Scan, scan};
use crate::model::reader::{CardError, Reader, observe};
use crate::model::trace::{Passed, Recorder, Trace};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Least time between two reports of what passed.
const BETWEEN_REPORTS: Duration = Duration::from_millis(70);

/// What a look at a card gave.
pub enum Found {
    /// All that it tells without a key.
    Card(Observation),
    /// What its keys opened besides.
    Scanned(Box<Scan>),
    /// Its number: it is no FeliCa card, or the reader cannot ask for more.
    Number(Identity),
}

/// What a thread at a reader tells.
pub struct Looked {
    pub(super) ticket: u64,
    pub(super) reader: String,
    /// What passed since the thread last told something.
    pub(super) passed: Trace,
    pub(super) told: Told,
}

pub(super) enum Told {
    /// A scan has come so far; a look tells nothing of that.
    Progress(Progress),
    /// The look or the scan has ended.
    Ended(Result<Found, CardError>),
}

/// Where looks report to; called from threads of their own.
pub type Report = Arc<dyn Fn(Looked) + Send + Sync>;

/// What is to be done.
pub(super) enum Work {
    /// A look with plain commands.
    Look,
    /// A scan of that card with these keys, until it is to stop.
    Scan {
        card: Idm,
        ring: KeyRing,
        stop: Arc<AtomicBool>,
    },
}

/// The reader at which it is done, and who is told of it under which number.
pub(super) struct AtReader {
    pub source: Arc<dyn ReaderSource>,
    pub report: Report,
    pub reader: String,
    pub family: Family,
    pub ticket: u64,
}

impl AtReader {
    /// Does it on a thread of its own.
    pub fn start(self, work: Work) {
        std::thread::spawn(move || self.run(&work));
    }

    fn run(&self, work: &Work) {
        let mut recorder = Recorder::default();
        // A link may be handed from thread to thread, so what listens on it is, too.
        let progress = Mutex::new(Progress::default());
        let so_far = || progress.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = match self.source.link(&self.reader, self.family) {
            Ok(mut link) => {
                let mut last = Instant::now();
                let mut note = |passed: Passed| {
                    recorder.note(passed);
                    if last.elapsed() >= BETWEEN_REPORTS {
                        last = Instant::now();
                        self.tell(recorder.take(), Told::Progress(*so_far()));
                    }
                };
                let mut link = Recorded::new(&mut *link, &mut note);
                match work {
                    Work::Look => look(&mut link, self.family),
                    Work::Scan { card, ring, stop } => {
                        let goes_on = || !stop.load(Ordering::Relaxed);
                        let mut far = |now: &Progress| *so_far() = *now;
                        scan_card(&mut link, *card, ring, &goes_on, &mut far)
                    }
                }
            }
            Err(error) => Err(error.into()),
        };
        self.tell(recorder.take(), Told::Ended(ended));
    }

    fn tell(&self, passed: Trace, told: Told) {
        (self.report)(Looked {
            ticket: self.ticket,
            reader: self.reader.clone(),
            passed,
            told,
        });
    }
}

/// Looks at the card on a reader, with plain commands and without writing anything.
fn look(link: &mut dyn ReaderLink, family: Family) -> Result<Found, CardError> {
    let identity = identify(link)?;
    if identity.polled.is_none() || identity.systems.is_none() || !family.is_whole() {
        return Ok(Found::Number(identity));
    }
    observe(&mut Reader::new(link)).map(Found::Card)
}

/// Scans the card on a reader, if it is that card.
fn scan_card(
    link: &mut dyn ReaderLink,
    card: Idm,
    ring: &KeyRing,
    goes_on: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&Progress),
) -> Result<Found, CardError> {
    let mut reader = Reader::stoppable(link, goes_on);
    if reader.poll(SystemCode::ANY)?.idm != card {
        return Err(LinkError::CardGone.into());
    }
    let done = scan(&mut reader, ring, &mut SystemRng, tell);
    Ok(Found::Scanned(Box::new(done)))
}
