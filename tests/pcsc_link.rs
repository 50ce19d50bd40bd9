//! The link to a card on a reader over ports that answer, that block and that break: deadlines, and what is left
//! behind.

use crate::support::demo_card;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::guard::{Guard, LeftBehind, MOST_LEFT, Overrun};
use cardwright::device::pcsc::link::{Allowance, PcscLink, Port};
use cardwright::device::readers::ReaderLink as _;
use cardwright::model::apdu::adapter::Ask;
use cardwright::model::apdu::{Family, StorageCard};
use cardwright::model::card::{Idm, NodeCode, SystemCode};
use cardwright::model::command::{BlockElement, Frame, PollingRequest, Request, TimeSlots};
use cardwright::model::demo::Demo;
use cardwright::model::hex;
use cardwright::model::port::{CardLink, LinkError};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Long enough for anything that does not block.
const SOON: Duration = Duration::from_secs(20);
const AT_ONCE: Duration = Duration::ZERO;

/// A bound that no other test has a part in.
fn new_bound() -> &'static LeftBehind {
    Box::leak(Box::new(LeftBehind::new()))
}

/// A call that returns when it is let go.
fn blocking(left: &'static LeftBehind) -> (Guard<u32, u32>, Sender<()>) {
    let (let_go, wait) = channel::<()>();
    let guard = Guard::start(left, move |order| {
        let _ = wait.recv();
        order
    });
    (guard.expect("a thread"), let_go)
}

/// Until a thread that was let go is past its call, the guard may still say that it is busy.
fn until_free(guard: &mut Guard<u32, u32>, order: u32) -> u32 {
    for _ in 0..2_000 {
        match guard.call(order, SOON) {
            Ok(answer) => return answer,
            Err(Overrun::Busy) => std::thread::sleep(Duration::from_millis(5)),
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("it stays busy");
}

#[test]
fn a_call_that_runs_over_is_left_and_its_answer_is_not_taken_for_another() {
    static LEFT: LeftBehind = LeftBehind::new();
    let (mut guard, let_go) = blocking(&LEFT);
    assert_eq!(guard.call(1, AT_ONCE), Err(Overrun::Late));
    for _ in 0..100 {
        assert_eq!(guard.call(2, AT_ONCE), Err(Overrun::Busy));
    }
    // The first returns, then the third may begin and end.
    let_go.send(()).expect("it waits");
    let_go.send(()).expect("it waits");
    assert_eq!(until_free(&mut guard, 3), 3, "neither 1 nor 2");
}

#[test]
fn threads_left_behind_are_bounded_and_given_back() {
    static LEFT: LeftBehind = LeftBehind::new();
    let mut waiting = Vec::new();
    for _ in 0..MOST_LEFT {
        let (mut guard, let_go) = blocking(&LEFT);
        assert_eq!(guard.call(0, AT_ONCE), Err(Overrun::Late));
        waiting.push(let_go);
    }
    for _ in 0..100 {
        assert!(matches!(
            Guard::start(&LEFT, |order: u32| order),
            Err(Overrun::TooMany)
        ));
    }
    drop(waiting);
    let freed = (0..2_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(5));
        Guard::start(&LEFT, |order: u32| order).ok()
    });
    assert_eq!(freed.expect("they ended").call(7, SOON), Ok(7));
}

#[test]
fn a_call_that_panics_ends_the_guard_and_nothing_else() {
    static LEFT: LeftBehind = LeftBehind::new();
    let mut guard = Guard::start(&LEFT, |order: u32| {
        assert_ne!(order, 1, "on purpose");
        order
    })
    .expect("a thread");
    assert_eq!(guard.call(0, SOON), Ok(0));
    assert_eq!(guard.call(1, SOON), Err(Overrun::Ended));
    assert_eq!(guard.call(0, SOON), Err(Overrun::Ended));
}

/// What a port does with the next thing that is asked of it.
enum Act {
    Block,
    Take(Duration),
    Fail(LinkError),
}

/// A card behind our own reader's half; what was done is written down, and what is to go wrong comes from `acts`.
struct FakePort {
    card: EmulatedCard,
    reader: StorageCard,
    done: Arc<Mutex<Vec<&'static str>>>,
    acts: Arc<Mutex<VecDeque<(&'static str, Act)>>>,
    gate: Receiver<()>,
}

/// The test's end of it.
struct Hand {
    done: Arc<Mutex<Vec<&'static str>>>,
    acts: Arc<Mutex<VecDeque<(&'static str, Act)>>>,
    gate: Sender<()>,
}

impl Hand {
    fn done(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.done.lock().expect("not poisoned"))
    }

    fn next(&self, what: &'static str, act: Act) {
        self.acts
            .lock()
            .expect("not poisoned")
            .push_back((what, act));
    }
}

impl FakePort {
    fn new() -> (FakePort, Hand) {
        let (done, acts) = (Arc::default(), Arc::default());
        let (open, gate) = channel();
        let hand = Hand {
            done: Arc::clone(&done),
            acts: Arc::clone(&acts),
            gate: open,
        };
        let port = FakePort {
            card: demo_card(),
            reader: StorageCard::default(),
            done,
            acts,
            gate,
        };
        (port, hand)
    }

    fn act(&mut self, what: &'static str) -> Result<(), LinkError> {
        self.done.lock().expect("not poisoned").push(what);
        let mut acts = self.acts.lock().expect("not poisoned");
        let act = acts.pop_front_if(|(at, _)| *at == what);
        drop(acts);
        match act {
            None => Ok(()),
            Some((_, Act::Fail(error))) => Err(error),
            Some((_, Act::Block)) => {
                let _ = self.gate.recv();
                Ok(())
            }
            Some((_, Act::Take(time))) => {
                std::thread::sleep(time);
                Ok(())
            }
        }
    }
}

impl Port for FakePort {
    fn connect(&mut self, _direct: bool) -> Result<(), LinkError> {
        self.act("connect")
    }

    fn ask(&mut self, ask: &Ask) -> Result<Vec<u8>, LinkError> {
        self.act("ask")?;
        let Ask::Apdu(apdu) = ask else {
            return Err(LinkError::Reader("no such call".into()));
        };
        let card = &mut self.card;
        let mut carry = |frame: &Frame| card.transceive(frame).ok().flatten();
        Ok(self.reader.answer(apdu, &mut carry).encode())
    }

    fn disconnect(&mut self) -> Result<(), LinkError> {
        CardLink::field_off(&mut self.card);
        self.act("disconnect")
    }
}

const QUICK: Allowance = Allowance {
    connect: Duration::from_millis(20),
    transport: Duration::from_millis(20),
    card: Duration::from_millis(20),
};

fn poll() -> Frame {
    let request = Request::Polling {
        system_code: SystemCode::ANY,
        request: PollingRequest::None,
        time_slots: TimeSlots::One,
    };
    request.encode().expect("it fits")
}

fn is_reader_error(answer: Result<Option<Frame>, LinkError>, part: &str) {
    match answer {
        Err(LinkError::Reader(why)) => assert!(why.contains(part), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_card_is_connected_once_and_given_free_at_the_end() {
    static LEFT: LeftBehind = LeftBehind::new();
    let (port, hand) = FakePort::new();
    let mut link = PcscLink::over(port, Family::Acs, Allowance::default(), &LEFT);
    assert_eq!(hand.done(), [""; 0], "nothing before the first frame");
    let touch = link.touch();
    for _ in 0..3 {
        assert!(link.transceive(&poll()).expect("there").is_some());
    }
    assert_eq!(hand.done(), ["connect", "ask", "ask", "ask"]);
    assert_eq!(link.touch(), touch);
    assert_eq!(link.card_id(), Ok(Demo::new().idm.0.to_vec()));
    drop(link);
    assert_eq!(hand.done()[..2], ["ask", "disconnect"]);
    let (port, hand) = FakePort::new();
    drop(PcscLink::over(
        port,
        Family::Acs,
        Allowance::default(),
        new_bound(),
    ));
    assert_eq!(hand.done(), [""; 0], "what was not connected is left alone");
}

/// Connecting may take longer than a frame, the first time and whenever the card was gone.
#[test]
fn a_connection_has_its_own_time() {
    let slow_to_connect = Allowance {
        connect: SOON,
        transport: Duration::from_millis(20),
        card: Duration::from_millis(20),
    };
    let (port, hand) = FakePort::new();
    let mut link = PcscLink::over(port, Family::Acs, slow_to_connect, new_bound());
    for _ in 0..2 {
        hand.next("connect", Act::Take(Duration::from_millis(200)));
        assert!(link.transceive(&poll()).expect("there").is_some());
        link.field_off();
    }
}

#[test]
fn a_card_that_does_not_connect_is_asked_nothing() {
    let (port, hand) = FakePort::new();
    let mut link = PcscLink::over(port, Family::Acs, Allowance::default(), new_bound());
    hand.next("connect", Act::Fail(LinkError::CardGone));
    assert_eq!(link.transceive(&poll()), Err(LinkError::CardGone));
    assert_eq!(hand.done(), ["connect", "disconnect"]);
}

/// A link that is dropped while its call hangs gives the reader free when the call returns.
#[test]
fn a_call_that_returns_to_nobody_gives_the_reader_free() {
    let (port, hand) = FakePort::new();
    let mut link = PcscLink::over(port, Family::Acs, QUICK, new_bound());
    hand.next("ask", Act::Block);
    is_reader_error(link.transceive(&poll()), "did not answer in time");
    drop(link);
    assert_eq!(hand.done(), ["connect", "ask"]);
    hand.gate.send(()).expect("it waits");
    let given_free = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        hand.done().contains(&"disconnect")
    });
    assert!(given_free);
}

#[test]
fn every_error_ends_the_connection_and_the_touch() {
    static LEFT: LeftBehind = LeftBehind::new();
    let (port, hand) = FakePort::new();
    let mut link = PcscLink::over(port, Family::Acs, Allowance::default(), &LEFT);
    for error in [LinkError::CardGone, LinkError::Reader("broken".into())] {
        link.transceive(&poll()).expect("there");
        hand.done();
        let touch = link.touch();
        hand.next("ask", Act::Fail(error.clone()));
        assert_eq!(link.transceive(&poll()), Err(error));
        assert_ne!(link.touch(), touch);
        assert_eq!(hand.done(), ["ask", "disconnect"]);
        link.transceive(&poll()).expect("there");
        assert_eq!(hand.done(), ["connect", "ask"]);
    }
    // What a reader cannot send leaves the card as it is.
    drop(link);
    let (port, hand) = FakePort::new();
    let mut link = PcscLink::over(port, Family::Basic, Allowance::default(), &LEFT);
    link.transceive(&poll()).expect("there");
    hand.done();
    let touch = link.touch();
    let systems = Request::RequestSystemCode {
        idm: Demo::new().idm,
    };
    let answer = link.transceive(&systems.encode().expect("it fits"));
    assert_eq!(answer, Err(LinkError::CannotSend(0x0C)));
    assert_eq!((link.touch(), hand.done()), (touch, Vec::new()));
}

#[test]
fn a_service_that_hangs_is_said_and_the_next_use_says_so_too() {
    static LEFT: LeftBehind = LeftBehind::new();
    for at in ["connect", "ask"] {
        let (port, hand) = FakePort::new();
        let mut link = PcscLink::over(port, Family::Acs, QUICK, &LEFT);
        hand.next(at, Act::Block);
        let touch = link.touch();
        is_reader_error(link.transceive(&poll()), "did not answer in time");
        assert_ne!(link.touch(), touch, "what the card did is not known");
        for _ in 0..20 {
            is_reader_error(link.transceive(&poll()), "an earlier call");
        }
        link.field_off();
        // Once the call returns the card is connected anew, so that nothing of before is left.
        hand.done();
        hand.gate.send(()).expect("it waits");
        let answer = (0..2_000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(5));
            link.transceive(&poll()).ok()
        });
        assert!(answer.flatten().is_some(), "{at}");
        let done = hand.done();
        let fresh = ["disconnect", "connect", "ask"];
        assert!(done.ends_with(&fresh), "{at}: {done:?}");
        // And stays so.
        link.transceive(&poll()).expect("there");
        assert_eq!(hand.done(), ["ask"], "{at}");
    }
}

#[test]
fn readers_that_hang_do_not_leave_more_threads_than_a_few() {
    static LEFT: LeftBehind = LeftBehind::new();
    let mut gates = Vec::new();
    for _ in 0..MOST_LEFT {
        let (port, hand) = FakePort::new();
        let mut link = PcscLink::over(port, Family::Acs, QUICK, &LEFT);
        hand.next("connect", Act::Block);
        is_reader_error(link.transceive(&poll()), "did not answer in time");
        gates.push(hand.gate);
    }
    let (port, hand) = FakePort::new();
    let mut link = PcscLink::over(port, Family::Acs, QUICK, &LEFT);
    is_reader_error(link.transceive(&poll()), "several earlier calls");
    assert!(hand.done().is_empty());
}

/// An RC-S300 with a card on it. Its exchanges carry the time that the card is given, in microseconds.
struct TimedPort(Arc<Mutex<Vec<u32>>>);

/// PMm of the card: reads take 3 units and 3 for each block.
const POLLED: &str = "12 01 0101060199999999 012009024B12D4FF";

impl Port for TimedPort {
    fn connect(&mut self, direct: bool) -> Result<(), LinkError> {
        assert!(direct, "the reader itself is spoken to");
        Ok(())
    }

    fn ask(&mut self, ask: &Ask) -> Result<Vec<u8>, LinkError> {
        let done = vec![0xC0, 3, 0, 0x90, 0, 0x90, 0];
        let Ask::Escape(command) = ask else {
            return Ok(Vec::new());
        };
        // Only an exchange has a time in it, behind its flags.
        let Some([0x5F, 0x46, 4, time @ ..]) = command.get(11..18) else {
            return Ok(done);
        };
        let micros = u32::from_le_bytes(time.try_into().expect("four bytes"));
        self.0.lock().expect("not poisoned").push(micros);
        let frame = hex::parse(&POLLED.replace(' ', "")).expect("hexadecimal");
        let answer = [&done[..5], &[0x97, frame.len() as u8], &frame, &[0x90, 0]];
        Ok(answer.concat())
    }

    fn disconnect(&mut self) -> Result<(), LinkError> {
        Ok(())
    }
}

#[test]
fn a_card_is_given_the_time_that_its_pmm_says() {
    static LEFT: LeftBehind = LeftBehind::new();
    let times: Arc<Mutex<Vec<u32>>> = Arc::default();
    let mut link = PcscLink::over(
        TimedPort(Arc::clone(&times)),
        Family::SonyS300,
        QUICK,
        &LEFT,
    );
    let read = Request::ReadPlain {
        idm: Idm([1; 8]),
        services: vec![NodeCode(0x100B)],
        blocks: (0..4).map(|n| BlockElement::normal(0, n)).collect(),
    };
    let read = read.encode().expect("it fits");
    for frame in [&poll(), &read, &poll()] {
        link.transceive(frame).expect("there");
    }
    link.field_off();
    link.transceive(&read).expect("there");
    // What is allowed before the PMm is known; 15 units for the read, 12 for the Polling; and another card.
    let unit = 302_065;
    let expected = [20_000, 15 * unit / 1000, 12 * unit / 1000, 20_000];
    assert_eq!(*times.lock().expect("not poisoned"), expected);
}
