//! A card on a virtual reader, seen by other people's software through the machine's own PC/SC service. `make test`
//! installs the service, the reader's driver and the client.
//!
//! There is one service on a machine: these tests go one after the other, and one that runs already is used.

use crate::support::demo_card;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::pcsc::link::PcscLink;
use cardwright::device::system::SystemRng;
use cardwright::device::vpcd::VpcdCard;
use cardwright::model::apdu::ATR;
use cardwright::model::card::{Block, NodeCode, SystemCode};
use cardwright::model::command::{
    BlockElement, PollingRequest, Request, SecureRequest, SecureResponse, TimeSlots,
};
use cardwright::model::demo::Demo;
use cardwright::model::hex;
use cardwright::model::party::{KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, LinkError};
use cardwright::model::reader::{CardError, Reader};
use std::fs::File;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where the service listens for programs, and the driver for cards.
const SERVICE: &str = "/run/pcscd/pcscd.comm";
const DRIVER: &str = "127.0.0.1:35963";
/// Name of the driver's first reader.
pub const READER: &str = "Virtual PCD 00 00";
/// Long enough for a service to start and to see a card on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The PC/SC service; ended when dropped if it was started here.
pub struct Service {
    child: Option<Child>,
    /// Held until the end: no other test process uses the service.
    _lock: File,
}

/// Waits until no other test uses the machine's service; until the file is dropped none does.
pub fn alone() -> File {
    let path = std::env::temp_dir().join("cardwright-test-pcscd.lock");
    let lock = File::create(path).expect("a lock file");
    lock.lock().expect("a lock");
    lock
}

impl Service {
    pub fn get() -> Service {
        let mut service = Service {
            child: None,
            _lock: alone(),
        };
        service.start();
        service
    }

    /// Starts it if it does not run.
    pub fn start(&mut self) {
        if UnixStream::connect(SERVICE).is_ok() {
            return;
        }
        let child = Command::new("pcscd")
            .arg("--foreground")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.unwrap_or_else(|error| {
            panic!("pcscd does not start ({error}): `make test` installs it")
        });
        let child = self.child.insert(child);
        let started = Instant::now();
        while UnixStream::connect(SERVICE).is_err() {
            if let Some(status) = child.try_wait().expect("our child") {
                panic!(
                    "pcscd ended with {status}; it runs as root, or as the system's own service"
                );
            }
            assert!(
                started.elapsed() < PATIENCE,
                "pcscd does not listen at {SERVICE}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it if it was started here, and says whether it was.
    pub fn stop(&mut self) -> bool {
        let Some(mut child) = self.child.take() else {
            return false;
        };
        // Asked to end, so that it takes its socket with it.
        let pid = child.id().to_string();
        let asked = Command::new("kill").args(["-s", "TERM", &pid]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = child.kill();
        }
        let _ = child.wait();
        true
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Lets `card` lie on the reader while `look` runs.
pub fn on_the_reader<R>(_: &Service, card: &mut EmulatedCard, look: impl FnOnce() -> R) -> R {
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let started = Instant::now();
    let mut link = loop {
        match VpcdCard::connect(DRIVER) {
            Ok(link) => break link,
            Err(error) => assert!(
                started.elapsed() < PATIENCE,
                "no virtual reader at {DRIVER} ({error}): `make test` installs vsmartcard-vpcd"
            ),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| link.serve(card, &stop));
        let result = {
            let _stop = Stop(&stop);
            while !opensc(&["-l"])
                .lines()
                .any(|line| line.contains(READER) && line.contains("Yes"))
            {
                assert!(
                    started.elapsed() < PATIENCE,
                    "no card seen on {READER}: {}",
                    opensc(&["-l"])
                );
                std::thread::sleep(Duration::from_millis(50));
            }
            look()
        };
        let served = serving.join().expect("the link does not panic");
        served.expect("the reader is there");
        result
    })
}

/// What `opensc-tool` says.
fn opensc(arguments: &[&str]) -> String {
    let output = Command::new("opensc-tool").args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("opensc-tool does not start ({error}): `make test` installs it")
    });
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// Sends an APDU, gives the bytes and the status that came back, without blanks.
fn send(apdu: &[u8]) -> String {
    let said = opensc(&["-r", READER, "-s", &hex::plain(apdu)]);
    let (_, answer) = said
        .split_once("Received")
        .unwrap_or_else(|| panic!("no answer: {said}"));
    let (status, dump) = answer.split_once('\n').unwrap_or((answer, ""));
    // `(SW1=0x90, SW2=0x00):`, then lines of up to sixteen bytes with the same as letters behind.
    let status: String = status.split("0x").skip(1).map(|rest| &rest[..2]).collect();
    let bytes: String = dump
        .lines()
        .map(|line| line.get(..48).unwrap_or(line))
        .collect();
    let digits = bytes
        .split_whitespace()
        .filter(|word| word.len() == 2 && hex::parse(word).is_some());
    digits.collect::<String>() + &status
}

fn frame(code: u16) -> cardwright::model::command::Frame {
    let request = Request::Polling {
        system_code: SystemCode(code),
        request: PollingRequest::SystemCode,
        time_slots: TimeSlots::One,
    };
    request.encode().expect("it fits")
}

#[test]
fn opensc_sees_reader_atr_and_idm_and_passes_frames_through() {
    let mut card = demo_card();
    let own = card
        .transceive(&frame(0xFFFF))
        .expect("there")
        .expect("answers");
    let own = hex::plain(own.as_bytes());
    let poll = [&[0xFF, 0, 0, 0, 6][..], frame(0xFFFF).as_bytes()].concat();
    let nobody = [&[0xFF, 0, 0, 0, 6][..], frame(0x1234).as_bytes()].concat();
    let (atr, idm, polled, silence) = on_the_reader(&Service::get(), &mut card, || {
        let atr = opensc(&["-r", READER, "-a"]);
        let idm = send(&[0xFF, 0xCA, 0, 0, 0]);
        (atr, idm, send(&poll), send(&nobody))
    });
    let atr: String = atr.trim().replace(':', "").to_uppercase();
    assert!(atr.ends_with(&hex::plain(&ATR)), "{atr}");
    assert_eq!(idm, format!("{}9000", &own[4..20]));
    assert_eq!(polled, format!("{own}9000"));
    assert_eq!(silence, "6300");
}

/// Reads the first block of the demo card's service 1008h, which needs a key, by way of the link.
fn read_the_pass(link: &mut PcscLink) -> Result<Vec<Block>, CardError> {
    let demo = Demo::new();
    let mut sam = KeySam::new(demo.issuer.ring.clone(), Policy::Owner);
    let mut reader = Reader::new(link);
    let polled = reader.poll(SystemCode(0x0003))?;
    assert_eq!(polled.idm, demo.idm);
    assert_eq!(reader.system_codes(polled.idm)?, [SystemCode(0x0003)]);
    let target = AuthTarget {
        idm: polled.idm,
        system: SystemCode(0x0003),
        areas: vec![NodeCode(0), NodeCode(0x1000)],
        services: vec![NodeCode(0x1008)],
    };
    reader.authenticate(&mut sam, &target, &mut SystemRng)?;
    let blocks = vec![BlockElement::normal(0, 0)];
    match reader.secure(&mut sam, &SecureRequest::Read { blocks })? {
        SecureResponse::Read { data, .. } => Ok(data),
        other => panic!("{other:?}"),
    }
}

#[test]
fn our_own_reader_authenticates_and_reads_through_the_service() {
    let pass = Block(*b"AOBA PASS 2026\0\0");
    let service = Service::get();
    let mut card = demo_card();
    let mut link = PcscLink::new(READER).expect("a name");
    let mode = Request::RequestResponse {
        idm: Demo::new().idm,
    };
    let mode = mode.encode().expect("it fits");
    on_the_reader(&service, &mut card, || {
        let touch = link.touch();
        assert_eq!(read_the_pass(&mut link), Ok(vec![pass]));
        assert_eq!(link.touch(), touch, "the card kept its power");
        // In the session it is in mode 2, without power before in mode 0.
        let answer = link.transceive(&mode).expect("there").expect("answers");
        assert_eq!(answer.body().last(), Some(&2));
        link.field_off();
        assert_ne!(link.touch(), touch, "the card lost its power");
        let answer = link.transceive(&mode).expect("there").expect("answers");
        assert_eq!(answer.body().last(), Some(&0));
    });
    // The card was taken away; then another lies there.
    let touch = link.touch();
    assert_eq!(link.transceive(&mode), Err(LinkError::CardGone));
    assert_ne!(link.touch(), touch);
    // The service looks whether a card is there every 0.4 s. One that was put there sooner than that it takes
    // for the one that vanished, and shows none.
    std::thread::sleep(Duration::from_secs(2));
    on_the_reader(&service, &mut card, || {
        assert_eq!(read_the_pass(&mut link), Ok(vec![pass]));
    });
}

#[test]
fn a_reader_that_is_not_there_is_said_so() {
    let _service = Service::get();
    let mut link = PcscLink::new("No Such Reader 00 00").expect("a name");
    let answer = link.transceive(&frame(0xFFFF));
    assert!(matches!(answer, Err(LinkError::Reader(_))), "{answer:?}");
    assert!(PcscLink::new("a\0b").is_err());
}
