//! What passes with a card on a reader is told while it passes: the trace grows during a scan, keeps what was seen when the
//! scan is stopped or the card leaves, and can be cleared meanwhile.

use crate::readers::{DESK, Hand, wait};
use crate::ui_scan::with_card;
use cardwright::model::trace::{Exchange, Trace};
use cardwright::workbench::view::{OnReader, View};
use cardwright::workbench::{Command, Workbench};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than a scan passes on without telling anything.
const SOON: Duration = Duration::from_millis(120);

/// Frames that pass between two halts.
const STRETCH: usize = 10;

/// A scan that halts after every stretch of frames.
struct Halting {
    bench: Workbench,
    hand: Hand,
    gate: Arc<Mutex<()>>,
}

impl Halting {
    /// Begins a scan and halts it after its first frames.
    fn begin() -> Halting {
        let (bench, hand) = with_card(None);
        let gate = hand.pause_after(STRETCH);
        Halting { bench, hand, gate }
    }

    /// Does `meanwhile` during a scan, of which two stretches have passed and at least one was told, and lets it go.
    fn with_two_stretches(&self, meanwhile: impl FnOnce(&View, &View)) {
        let before = self.bench.view();
        let first = self.gate.lock().expect("not poisoned");
        let sent = self.hand.frames();
        self.bench.send(Command::Scan);
        wait(&self.bench, "the first halt", |_| {
            self.hand.frames() > sent + STRETCH
        });
        std::thread::sleep(SOON);
        let gate = self.hand.pause_after(STRETCH);
        let second = gate.lock().expect("not poisoned");
        drop(first);
        let view = wait(&self.bench, "what passed", |view| {
            view.trace.len() >= before.trace.len() + STRETCH
        });
        wait(&self.bench, "the second halt", |_| {
            self.hand.frames() > sent + 2 * STRETCH + 1
        });
        meanwhile(&before, &view);
        drop(second);
    }
}

fn same(a: &Trace, b: &Trace) -> bool {
    let (short, long) = (a.iter(), b.iter());
    a.len() <= b.len() && short.zip(long).all(|(a, b)| a == b)
}

#[test]
fn the_trace_grows_during_a_scan_and_keeps_what_was_seen_when_it_is_stopped() {
    let halting = Halting::begin();
    let mut seen = Trace::default();
    halting.with_two_stretches(|before, view| {
        assert!(view.trace.continues(&before.trace), "only the end is new");
        let progress = view.scanning.expect("the scan has not ended");
        assert_eq!(progress.systems, 1, "and says how far it has come");
        seen = view.trace.clone();
        halting.bench.send(Command::StopScan);
        halting.bench.send(Command::ShowKeys(true));
        wait(&halting.bench, "both heard", |view| {
            view.workspace.keys_shown
        });
    });
    let view = wait(&halting.bench, "its end", |view| view.scanning.is_none());
    let scan = view.card.as_ref().and_then(|card| card.scan.clone());
    assert!(scan.is_some_and(|scan| !scan.whole), "it was stopped");
    assert!(same(&seen, &view.trace) && view.trace.len() > seen.len());
    let numbers = view.trace.iter().map(|exchange| exchange.number);
    assert!(numbers.eq(1..=view.trace.len() as u32));
}

#[test]
fn a_card_that_leaves_takes_nothing_of_the_trace_with_it() {
    let halting = Halting::begin();
    let mut seen = Trace::default();
    halting.with_two_stretches(|_, view| {
        seen = view.trace.clone();
        halting.hand.card(DESK, None);
        wait(&halting.bench, "no card", |view| {
            view.on_reader == Some(OnReader::Empty)
        });
    });
    let view = wait(&halting.bench, "the last command", |view| {
        view.trace.last().is_some_and(Exchange::has_failed)
    });
    assert!(same(&seen, &view.trace) && view.card.is_none());
}

#[test]
fn a_trace_that_is_cleared_during_a_scan_goes_on_from_there() {
    let halting = Halting::begin();
    let mut seen = 0;
    halting.with_two_stretches(|_, view| {
        seen = view.trace.len();
        halting.bench.send(Command::ClearTrace);
        wait(&halting.bench, "an empty trace", |view| {
            view.trace.is_empty()
        });
    });
    let view = wait(&halting.bench, "its end", |view| view.scanning.is_none());
    let first = view.trace.get(0).expect("the scan went on").number;
    assert!(first as usize > seen, "the numbers go on");
}
