//! APDUs, and the link to a virtual PC/SC reader, whose driver is played here. `pcscd` meets the real one.

use crate::dump::{V4, read};
use crate::fake_card::FakeCard;
use crate::support::demo_card;
use cardwright::device::files;
use cardwright::device::udp::Present;
use cardwright::device::vpcd::VpcdCard;
use cardwright::model::apdu::{ATR, Command, Reply, StorageCard};
use cardwright::model::card::image::CardImage;
use cardwright::model::command::Frame;
use cardwright::model::hex;
use proptest::prelude::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The driver's end: length and data are written by themselves and not pushed, as the driver does it.
struct Driver(TcpStream);

impl Driver {
    fn order(&mut self, message: &[u8]) {
        let length = u16::try_from(message.len()).expect("short");
        self.0.write_all(&length.to_be_bytes()).expect("loopback");
        self.0.write_all(message).expect("loopback");
    }

    fn ask(&mut self, message: &[u8]) -> Vec<u8> {
        self.order(message);
        let mut length = [0; 2];
        self.0.read_exact(&mut length).expect("an answer");
        let mut answer = vec![0; u16::from_be_bytes(length).into()];
        self.0.read_exact(&mut answer).expect("an answer");
        answer
    }
}

fn on_a_reader<R>(card: &mut (dyn Present + Send), talk: impl FnOnce(&mut Driver) -> R) -> R {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut link = VpcdCard::connect(listener.local_addr().expect("bound")).expect("connected");
    let mut driver = Driver(listener.accept().expect("a card").0);
    let limit = Some(Duration::from_secs(10));
    driver.0.set_read_timeout(limit).expect("a timeout");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| link.serve(card, &stop));
        let result = talk(&mut driver);
        stop.store(true, Ordering::Relaxed);
        let served = serving.join().expect("the link does not panic");
        served.expect("the reader is there");
        result
    })
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::parse(&digits.replace(' ', "")).expect("hexadecimal")
}

#[test]
fn orders_are_followed_and_only_the_atr_is_answered() {
    let mut card = FakeCard::new(read(V4));
    on_a_reader(&mut card, |driver| {
        driver.order(&[1]);
        assert_eq!(driver.ask(&[4]), ATR);
        driver.order(&[2]);
        driver.order(&[]);
        driver.order(&[0]);
        assert_eq!(
            driver.ask(&bytes("FF CA 00 00 00")),
            bytes("01 12 C4 5A 77 01 9E 30 90 00")
        );
        assert_eq!(driver.ask(&[9]), bytes("6E 00"));
    });
    // Before and after, at the reset and at power off.
    assert_eq!(card.field_off, 4);
}

#[test]
fn a_command_does_not_wait_for_a_delayed_acknowledgement() {
    const COMMANDS: u32 = 100;
    let mut card = FakeCard::new(read(V4));
    let took = on_a_reader(&mut card, |driver| {
        let started = Instant::now();
        for _ in 0..COMMANDS {
            driver.ask(&bytes("FF CA 00 00 00"));
        }
        started.elapsed()
    });
    eprintln!("{COMMANDS} commands in {took:?}");
    // A delayed acknowledgement costs 40 ms each.
    assert!(took < COMMANDS * Duration::from_millis(20), "{took:?}");
}

#[test]
fn a_reader_that_goes_away_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut link = VpcdCard::connect(listener.local_addr().expect("bound")).expect("connected");
    drop(listener.accept().expect("a card"));
    let mut card = FakeCard::new(read(V4));
    let served = link.serve(&mut card, &AtomicBool::new(false));
    served.expect_err("nobody there");
    assert_eq!(card.field_off, 2);
}

/// What a card answers to each APDU of a list, in hexadecimal.
fn answers(card: &mut impl Present, apdus: &[&str]) -> Vec<String> {
    let mut storage = StorageCard::default();
    let mut exchange = |frame: &Frame| Frame::parse(&card.answer(frame.as_bytes())?).ok();
    apdus
        .iter()
        .map(|apdu| hex::plain(&storage.answer(&bytes(apdu), &mut exchange).encode()))
        .collect()
}

#[test]
fn ids_and_frames() {
    let mut card = FakeCard::new(read(V4));
    let frames = [
        "FF CA 00 00 00",
        "FF CA 01 00 08",
        "FF 00 00 00 06 06 00 FF FF 01 00",
        "FF 00 00 00 06 06 00 FF FF 01 00 00",
        // No such system: silence.
        "FF 00 00 00 06 06 00 12 34 01 00",
    ];
    assert_eq!(
        answers(&mut card, &frames),
        [
            "0112C45A77019E309000",
            "0320FFFFFFFFFFFF9000",
            "14010112C45A77019E300320FFFFFFFFFFFF90019000",
            "14010112C45A77019E300320FFFFFFFFFFFF90019000",
            "6300",
        ]
    );
}

#[test]
fn what_is_no_command_is_refused_by_its_reason() {
    let wrong = [
        ("", "6700"),
        ("FF", "6700"),
        ("FF CA 00", "6700"),
        ("00 A4 04 00 00", "6E00"),
        ("FF 82 00 00 06", "6D00"),
        ("FF CA 02 00 00", "6A86"),
        ("FF CA 00 00 04", "6700"),
        ("FF CA 00 00", "6700"),
        ("FF B0 80 00 00", "6A86"),
        ("FF B0 00 00 00", "6986"),
        ("FF A4 00 01 03 09 10 00", "6700"),
        ("FF A4 00 01 02 09", "6700"),
        ("FF A4 00 01 02 FF FF", "6A82"),
        ("FF 00 00 00 06 07 00 FF FF 01 00", "6A80"),
        ("FF 00 00 00 00", "6700"),
        ("FF D6 00 00 0F 00", "6700"),
    ];
    let mut card = FakeCard::new(read(V4));
    let (apdus, expected): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
    assert_eq!(answers(&mut card, &apdus), expected);
}

#[test]
fn a_block_without_a_key_is_written_and_read_back() {
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/flipper-v2.nfc");
    let card = files::open(&dump, None).expect("opened").into_card();
    let mut card = card.expect("a card");
    let block = "A5".repeat(16);
    let write = format!("FF D6 00 00 10 {block}");
    // 3009h may be written.
    let apdus = ["FF A4 00 01 02 09 30", &write, "FF B0 00 00 00"];
    let read_back = format!("{block}9000");
    assert_eq!(answers(&mut card, &apdus), ["9000", "9000", &read_back]);
}

#[test]
fn blocks_without_a_key_are_read_and_others_not() {
    let mut card = demo_card();
    let image: CardImage = card.image().expect("a card's memory");
    let services: Vec<_> = image
        .systems
        .iter()
        .take(1)
        .flat_map(|s| &s.services)
        .collect();
    let code = |keyed: bool| {
        let of = services.iter().map(|service| service.code);
        let found = of
            .into_iter()
            .find(|code| code.needs_authentication() == keyed);
        let [low, high] = found.expect("a service").value().to_le_bytes();
        format!("FF A4 00 01 02 {low:02X} {high:02X}")
    };
    let (keyed, open) = (code(true), code(false));
    let absent = "FF A4 00 01 02 08 70";
    let got = answers(
        &mut card,
        &[
            absent,
            "FF B0 00 00 00",
            &keyed,
            "FF B0 00 00 00",
            &open,
            "FF B0 00 00 10",
            "FF B0 00 FF 00",
        ],
    );
    assert_eq!(got[..5], ["6A82", "6986", "9000", "6982", "9000"]);
    assert!(got[5].len() == 36 && got[5].ends_with("9000"), "{}", got[5]);
    assert_eq!(got[6], "6300");
}

proptest! {
    #[test]
    fn any_bytes_are_answered(apdu in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut card = demo_card();
        let mut exchange = |frame: &Frame| Frame::parse(&card.answer(frame.as_bytes())?).ok();
        let reply = StorageCard::default().answer(&apdu, &mut exchange);
        prop_assert_eq!(Reply::parse(&reply.encode()), Some(reply));
    }

    #[test]
    fn a_frame_comes_out_of_its_apdu(code: u8, body in prop::collection::vec(any::<u8>(), 0..=253)) {
        let command = Command::PassThrough(Frame::build(code, &body).expect("it fits"));
        prop_assert_eq!(Command::parse(&command.encode()), Ok(command));
    }
}
