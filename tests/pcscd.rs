//! A card on a virtual reader, seen by other people's software through the machine's own PC/SC service. `make test`
//! installs the service, the reader's driver and the client.
//!
//! There is one service on a machine: these tests go one after the other, and one that runs already is used.

use crate::cli::{Folder, done, refused};
use crate::materialise::as_far_as;
use crate::support::{demo_card, key_name, signal};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::card_tree;
use cardwright::device::pcsc::link::PcscLink;
use cardwright::device::system::SystemRng;
use cardwright::device::vpcd::VpcdCard;
use cardwright::model::apdu::ATR;
use cardwright::model::card::{Block, NodeCode, ServiceCode, SystemCode};
use cardwright::model::cipher::{AreaPackage, DesKey, ServicePackage};
use cardwright::model::command::{
    BlockElement, PollingRequest, Request, SecureRequest, SecureResponse, TimeSlots,
};
use cardwright::model::demo::Demo;
use cardwright::model::hex;
use cardwright::model::party::{KeyNode, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, LinkError};
use cardwright::model::reader::{BlockAccess, CardError, Change, Outcome, Reader, observe};
use rustix::process::Signal;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where the service listens for programs, and the driver for cards.
const SERVICE: &str = "/run/pcscd/pcscd.comm";
const DRIVERS: [&str; 2] = ["127.0.0.1:35963", "127.0.0.1:35964"];
/// Names of the driver's readers.
const READERS: [&str; 2] = ["Virtual PCD 00 00", "Virtual PCD 00 01"];
pub const READER: &str = READERS[0];
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
        if signal(&child, Signal::TERM).is_err() {
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

/// Lets `card` lie on the first reader while `look` runs.
pub fn on_the_reader<R>(service: &Service, card: &mut EmulatedCard, look: impl FnOnce() -> R) -> R {
    on_reader(service, 0, card, look)
}

/// Lets `card` lie on one of the two readers while `look` runs.
fn on_reader<R>(_: &Service, slot: usize, card: &mut EmulatedCard, look: impl FnOnce() -> R) -> R {
    let (driver, reader) = (DRIVERS[slot], READERS[slot]);
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let started = Instant::now();
    let mut link = loop {
        match VpcdCard::connect(driver) {
            Ok(link) => break link,
            Err(error) => assert!(
                started.elapsed() < PATIENCE,
                "no virtual reader at {driver} ({error}): `make test` installs vsmartcard-vpcd"
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
                .any(|line| line.contains(reader) && line.contains("Yes"))
            {
                assert!(
                    started.elapsed() < PATIENCE,
                    "no card seen on {reader}: {}",
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

#[test]
fn a_second_card_is_told_at_once_that_a_reader_is_taken() {
    let service = Service::get();
    let folder = Folder::new();
    let file = folder.name("demo.card");
    done(&["demo", "--out", &file]);
    let present = ["card", "present", &file, "--vpcd", DRIVERS[0]];
    let mut card = demo_card();
    let own = format!("{}9000", hex::plain(&Demo::new().idm.0));
    on_the_reader(&service, &mut card, || {
        let said = refused(&present, 1);
        assert!(said.contains("another one lies on it"), "{said}");
        assert_eq!(
            send(&[0xFF, 0xCA, 0, 0, 0]),
            own,
            "the first lies there still"
        );
    });
    // Sooner, the service takes it for the one that vanished.
    std::thread::sleep(Duration::from_secs(2));
    let mut child = Command::new(env!("CARGO_BIN_EXE_cardwright"))
        .args(present)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut line).expect("a line");
    let noticed = send(&[0xFF, 0xCA, 0, 0, 0]);
    let _ = child.kill();
    let _ = child.wait();
    assert!(line.contains("Presenting"), "{line}");
    assert_eq!(noticed, own, "once it is said to be presented, it is");
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

/// The demo issuer's desk, with keys for what is registered here: area 3000 and its services.
fn desk() -> (KeySam, DesKey) {
    let mut ring = Demo::new().issuer.ring;
    let key = DesKey::new(*b"DEMOPCSC");
    for node in [0x3000, 0x3008] {
        ring.insert(key_name(SystemCode(0x0003), node), key.clone());
    }
    (KeySam::new(ring, Policy::Owner), key)
}

/// Opens sessions with the card and changes it: writes to a random service, a ring and a purse, and registers an area
/// with two services, the second of which is then written to without a session.
fn use_the_card(reader: &mut Reader) {
    let (mut sam, key) = desk();
    let demo = Demo::new();
    let system = SystemCode(0x0003);
    let root = demo.issuer.ring.newest(system, KeyNode::Node(NodeCode(0)));
    let root = root.expect("a key").1.clone();
    let target = |areas: &[u16], services: &[u16]| AuthTarget {
        idm: demo.idm,
        system,
        areas: areas.iter().map(|code| NodeCode(*code)).collect(),
        services: services.iter().map(|code| NodeCode(*code)).collect(),
    };
    let service = |code| ServiceCode::new(code).expect("a service code");

    // A payment with its record, and a block of a pass.
    let pay = target(&[0, 0x0800], &[0x0812, 0x090C]);
    let mut session = reader
        .open(&mut sam, &pay, &mut SystemRng)
        .expect("genuine");
    let changes = [
        Change::Take {
            service: service(0x0812),
            number: 0,
            amount: 230,
            execution_id: 2,
        },
        Change::Push {
            service: service(0x090C),
            block: Block(*b"NOV 20 MINATO\0\0\0"),
        },
    ];
    let plan = session.plan(&changes).expect("planned");
    assert_eq!(session.write(&plan), Outcome::Done);

    let area = AreaPackage {
        code: NodeCode(0x3000),
        end: NodeCode(0x30FF),
        blocks: 20,
        key_version: 1,
        key: key.clone(),
    };
    let root_only = target(&[0], &[0]);
    let mut session = reader
        .open(&mut sam, &root_only, &mut SystemRng)
        .expect("genuine");
    session
        .register_area(area.code, area.seal(&root))
        .expect("prepared");
    assert_eq!(session.change_system_block(), Outcome::Done);

    let in_area = target(&[0, 0x3000], &[0x3000]);
    let mut session = reader
        .open(&mut sam, &in_area, &mut SystemRng)
        .expect("genuine");
    for (code, blocks, version, key, left) in [
        (0x3008, 4, 1, key.clone(), 15),
        (0x3049, 3, 0, DesKey::new([0; 8]), 11),
    ] {
        let package = ServicePackage {
            code: service(code),
            blocks,
            key_version: version,
            key: key.clone(),
        };
        let package = package.seal(&desk().1);
        let told = session.register_service(NodeCode(code), package);
        assert_eq!(told, Ok(left));
    }
    assert_eq!(session.change_system_block(), Outcome::Done);
    let nodes = [
        (NodeCode(0x3000), 1),
        (NodeCode(0x3008), 1),
        (NodeCode(0x3049), 0),
    ];
    let proofs = [target(&[0, 0x3000], &[0x3008])];
    let there = reader.has_nodes(demo.idm, &nodes, &proofs, &mut sam, &mut SystemRng);
    assert_eq!(there, Ok(true));

    let own = target(&[0, 0x3000], &[0x3008]);
    let mut session = reader
        .open(&mut sam, &own, &mut SystemRng)
        .expect("genuine");
    let fill = |code| {
        let set = |number| Change::Set {
            service: service(code),
            number,
            block: Block([number as u8 + 1; 16]),
        };
        (0..3).map(set).collect::<Vec<_>>()
    };
    let plan = session.plan(&fill(0x3008)).expect("planned");
    assert_eq!(session.write(&plan), Outcome::Done);
    reader.field_off();
    let mut plain = reader.plain(demo.idm);
    let plan = plain.plan(&fill(0x3049)).expect("planned");
    assert_eq!(plain.write(&plan), Outcome::Done);
}

#[test]
fn our_own_reader_writes_and_registers_and_sees_what_the_memory_holds() {
    let service = Service::get();
    let mut card = demo_card();
    let mut link = PcscLink::new(READER).expect("a name");
    let seen = on_the_reader(&service, &mut card, || {
        let mut reader = Reader::new(&mut link);
        use_the_card(&mut reader);
        reader.field_off();
        let mut seen = observe(&mut reader).expect("observed");
        // What needs a key is read in sessions and added to what was seen.
        reader.learned.clear();
        for (area, code, blocks) in [(0x3000, 0x3008, 3), (0x0800, 0x090C, 20)] {
            let (mut sam, _) = desk();
            let target = AuthTarget {
                idm: Demo::new().idm,
                system: SystemCode(0x0003),
                areas: vec![NodeCode(0), NodeCode(area)],
                services: vec![NodeCode(code)],
            };
            let session = reader.open(&mut sam, &target, &mut SystemRng);
            let numbers: Vec<u16> = (0..blocks).collect();
            let service = ServiceCode::new(code).expect("a service code");
            let read = session.expect("genuine").read(service, &numbers);
            assert_eq!(read.map(|blocks| blocks.len()), Ok(numbers.len()));
        }
        seen.learn(&reader.learned);
        seen
    });
    let (seen, full) = (seen.tree(), card_tree(&card));
    assert_eq!(seen.counts(), (1, 5, 17));
    assert_eq!(as_far_as(&seen, &full), seen);
    let shown = |code: u16| {
        let services = &seen.systems[0].services;
        let found = services.iter().find(|service| service.code.value() == code);
        &found.expect("on the card").data
    };
    assert_eq!(shown(0x3008).len(), 3);
    assert_eq!(shown(0x3049).len(), 3);
    assert_eq!(shown(0x090C).len(), 20);
    assert_eq!(&shown(0x090F)[&0].0, b"NOV 20 MINATO\0\0\0");
    assert_eq!(shown(0x0817)[&0].u16_le(0), 3000 - 230);
}

/// Two cards on two readers of the one service, each used by a thread of its own.
#[test]
fn two_readers_at_once_through_the_service() {
    let service = Service::get();
    let of = |number: u8| {
        let mut demo = Demo::new();
        demo.idm.0[7] = number;
        (
            crate::support::issued(demo.idm, &demo.division_key),
            demo.idm,
        )
    };
    let ((mut first, first_idm), (mut second, second_idm)) = (of(1), of(2));
    let visit = |reader: &str, idm, number: u8| {
        let mut link = PcscLink::new(reader).expect("a name");
        let (mut sam, _) = desk();
        let target = AuthTarget {
            idm,
            system: SystemCode(0x0003),
            areas: vec![NodeCode(0), NodeCode(0x0800)],
            services: vec![NodeCode(0x0812)],
        };
        let mut reader = Reader::new(&mut link);
        for execution_id in 10..30 {
            let mut session = reader
                .open(&mut sam, &target, &mut SystemRng)
                .expect("genuine");
            let pay = Change::Take {
                service: ServiceCode::new(0x0812).expect("a service code"),
                number: 0,
                amount: u32::from(number),
                execution_id,
            };
            let plan = session.plan(&[pay]).expect("planned");
            assert_eq!(session.write(&plan), Outcome::Done);
        }
    };
    on_reader(&service, 0, &mut first, || {
        on_reader(&service, 1, &mut second, || {
            std::thread::scope(|scope| {
                scope.spawn(|| visit(READERS[0], first_idm, 1));
                scope.spawn(|| visit(READERS[1], second_idm, 2));
            });
        });
    });
    for (card, paid) in [(&first, 20), (&second, 40)] {
        let tree = card_tree(card);
        let services = &tree.systems[0].services;
        let purse = services
            .iter()
            .find(|service| service.code.value() == 0x0817);
        assert_eq!(purse.expect("there").data[&0].u16_le(0), 3000 - paid);
    }
}

#[test]
fn a_reader_that_is_not_there_is_said_so() {
    let _service = Service::get();
    let mut link = PcscLink::new("No Such Reader 00 00").expect("a name");
    let answer = link.transceive(&frame(0xFFFF));
    assert!(matches!(answer, Err(LinkError::Reader(_))), "{answer:?}");
    assert!(PcscLink::new("a\0b").is_err());
}
