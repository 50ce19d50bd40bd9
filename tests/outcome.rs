//! What became of a write: for every writing command, every way in which its frame or its answer can get lost, and
//! every block write at which the power can go, what the reader finds out is what the card's memory holds.

use crate::support::{SeededRng, card_of, demo_card, free_card, key_name, ring_of};
use cardwright::device::emulated::{EmulatedCard, LinkFault};
use cardwright::device::memory::{PowerCut, Torn};
use cardwright::model::card::{Block, Idi, NodeCode, Pmi, ServiceCode, SystemCode};
use cardwright::model::cipher::{
    AreaPackage, DesKey, IssueIdPackage, ServicePackage, key_change_package,
};
use cardwright::model::command::{Frame, Sf2, Status, code};
use cardwright::model::demo::Demo;
use cardwright::model::party::{KeyNode, KeyRing, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, LinkError, SamError, Touch};
use cardwright::model::reader::{
    BlockAccess, CardError, Change, KeyChange, Outcome, Reader, WritePlan,
};
use proptest::prelude::*;
use std::cell::RefCell;

const SYSTEM: SystemCode = SystemCode(0x0003);

/// One writing command, as a terminal sends it and asks after it.
struct Job<'a> {
    /// Code of the command that writes.
    command: u8,
    ready: &'a dyn Fn() -> EmulatedCard,
    act: &'a dyn Fn(&mut Reader) -> Outcome,
    ask: &'a dyn Fn(&mut Reader) -> Result<bool, CardError>,
    /// Whether the same command may be sent again.
    repeats: bool,
}

/// Memory without what the redo log still has to do.
fn settled_data(card: &EmulatedCard) -> Vec<Block> {
    card_of(card.memory().clone()).memory().data().to_vec()
}

impl Job<'_> {
    /// Runs the command undisturbed, and then with every fault; counts the faults.
    fn tells_the_truth(&self) -> usize {
        let before = settled_data(&(self.ready)());
        let mut card = (self.ready)();
        assert_eq!((self.act)(&mut Reader::new(&mut card)), Outcome::Done);
        let after = settled_data(&card);
        assert!(before != after, "the command writes");
        assert_eq!(self.asked(&mut card), Ok(true));
        assert_eq!(self.asked(&mut (self.ready)()), Ok(false));

        let mut cases = 0;
        for fault in [LinkFault::Before, LinkFault::AnswerLost] {
            let disturb = |card: &mut EmulatedCard| card.disturb(self.command, fault);
            assert!(self.one(&disturb, &before, &after), "{fault:?} strikes");
            cases += 1;
        }
        for at_write in 0.. {
            let mut struck = 0;
            for leaves in Torn::ALL {
                let cut = PowerCut { at_write, leaves };
                struck += usize::from(self.one(&|card| card.cut_power(cut), &before, &after));
            }
            if struck == 0 {
                return cases;
            }
            assert_eq!(struck, 4, "write {at_write}");
            cases += struck;
        }
        unreachable!("a command makes a finite number of writes")
    }

    /// One fault. Whether it struck.
    fn one(&self, disturb: &dyn Fn(&mut EmulatedCard), before: &[Block], after: &[Block]) -> bool {
        let mut card = (self.ready)();
        disturb(&mut card);
        let outcome = (self.act)(&mut Reader::new(&mut card));
        if outcome == Outcome::Done {
            return false;
        }
        let gone = CardError::Link(LinkError::CardGone);
        assert_eq!(outcome, Outcome::Unknown(gone.clone()));
        let settled = outcome.settled(|| self.asked(&mut card));
        let truth = settled_data(&card);
        match settled {
            Outcome::Done => assert!(truth == after),
            Outcome::NotDone(why) => {
                assert_eq!(why, gone);
                assert!(truth == before);
            }
            Outcome::Unknown(why) => panic!("asked, and still unknown: {why}"),
        }
        if truth == before || self.repeats {
            let again = (self.act)(&mut Reader::new(&mut card));
            assert_eq!(again, Outcome::Done);
        }
        assert!(settled_data(&card) == after);
        true
    }

    fn asked(&self, card: &mut EmulatedCard) -> Result<bool, CardError> {
        let mut reader = Reader::new(card);
        reader.field_off();
        (self.ask)(&mut reader)
    }
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

fn set(code: u16, number: u16, byte: u8) -> Change {
    Change::Set {
        service: service(code),
        number,
        block: Block([byte; 16]),
    }
}

fn push(code: u16, byte: u8) -> Change {
    Change::Push {
        service: service(code),
        block: Block([byte; 16]),
    }
}

fn take(code: u16, amount: u32, execution_id: u32) -> Change {
    Change::Take {
        service: service(code),
        number: 0,
        amount,
        execution_id,
    }
}

fn give_back(code: u16, amount: u32, execution_id: u32) -> Change {
    Change::GiveBack {
        service: service(code),
        number: 0,
        amount,
        execution_id,
    }
}

/// A card of free services, its ring and its purse filled: 100 with a cashback of 7, execution ID 9.
fn filled() -> EmulatedCard {
    let mut card = free_card();
    let mut purse = Block::ZERO;
    purse
        .put(0, &107_u32.to_le_bytes())
        .put(8, b"KEPT")
        .put(12, &8_u32.to_le_bytes());
    let purse = Change::Set {
        service: service(0x2051),
        number: 0,
        block: purse,
    };
    for changes in [
        &[purse, push(0x200D, 2), push(0x200D, 1)][..],
        &[take(0x2055, 7, 9)],
    ] {
        let mut reader = Reader::new(&mut card);
        let mut plain = reader.plain(Demo::new().idm);
        let plan = plain.plan(changes).expect("planned");
        assert_eq!(plain.write(&plan), Outcome::Done);
    }
    card
}

/// Sends the plan that was made first, or makes it.
fn write(
    access: &mut dyn BlockAccess,
    plan: &RefCell<Option<WritePlan>>,
    changes: &[Change],
) -> Outcome {
    let made = plan.borrow().clone();
    let made = match made {
        Some(made) => made,
        None => access.plan(changes).expect("planned"),
    };
    *plan.borrow_mut() = Some(made.clone());
    access.write(&made)
}

#[test]
fn plain_writes() {
    let idm = Demo::new().idm;
    let cases: &[&[Change]] = &[
        &[set(0x2089, 0, 0xA1), set(0x2089, 2, 0xA2)],
        &[push(0x200D, 5), push(0x200D, 4)],
        &[set(0x2051, 1, 0xB1)],
        &[take(0x2055, 30, 10)],
        &[take(0x2053, 30, 10)],
        &[give_back(0x2053, 7, 10)],
        // A payment with its record, as one command.
        &[take(0x2055, 30, 10), push(0x200D, 6), set(0x2089, 1, 3)],
    ];
    for changes in cases {
        let plan = RefCell::new(None);
        let job = Job {
            command: code::WRITE_PLAIN,
            ready: &filled,
            act: &|reader| write(&mut reader.plain(idm), &plan, changes),
            ask: &|reader| {
                let plan = plan.borrow().clone().expect("planned");
                reader.plain(idm).holds(&plan)
            },
            repeats: true,
        };
        let faults = job.tells_the_truth();
        assert!(faults >= 2 + 4 * 5, "{changes:?}: {faults}");
    }
}

/// The card would remember the second execution ID only, and take the first amount again.
#[test]
fn one_write_takes_from_a_purse_once() {
    let mut card = filled();
    let before = card.memory().clone();
    let mut reader = Reader::new(&mut card);
    let mut plain = reader.plain(Demo::new().idm);
    for second in [
        take(0x2053, 5, 11),
        give_back(0x2053, 1, 11),
        set(0x2051, 0, 1),
    ] {
        let twice = plain.plan(&[take(0x2055, 30, 10), second]);
        assert_eq!(twice, Err(CardError::TwiceInOne(service(0x2055))));
    }
    assert_eq!(card.memory(), &before);
}

fn issuer() -> KeySam {
    KeySam::new(Demo::new().issuer.ring, Policy::Owner)
}

fn target(areas: &[u16], services: &[u16]) -> AuthTarget {
    let nodes = |codes: &[u16]| codes.iter().map(|code| NodeCode(*code)).collect();
    AuthTarget {
        idm: Demo::new().idm,
        system: SYSTEM,
        areas: nodes(areas),
        services: nodes(services),
    }
}

#[test]
fn writes_in_a_session() {
    let six: Vec<Change> = (0..6).map(|n| set(0x1008, n, 0xC0 + n as u8)).collect();
    let cases: &[(&[u16], &[u16], &[Change])] = &[
        (&[0, 0x1000], &[0x1008], &six),
        (&[0, 0x1000], &[0x108C], &[push(0x108C, 9), push(0x108C, 8)]),
        (&[0, 0x0800], &[0x0812], &[take(0x0812, 250, 77)]),
        (
            &[0, 0x0800],
            &[0x0812, 0x090C],
            &[take(0x0812, 250, 77), push(0x090C, 1)],
        ),
    ];
    for (areas, services, changes) in cases {
        let target = target(areas, services);
        let plan = RefCell::new(None);
        let job = Job {
            command: code::WRITE,
            ready: &demo_card,
            act: &|reader| {
                let mut sam = issuer();
                let mut session = reader
                    .open(&mut sam, &target, &mut SeededRng(3))
                    .expect("genuine");
                write(&mut session, &plan, changes)
            },
            ask: &|reader| {
                let plan = plan.borrow().clone().expect("planned");
                let mut sam = issuer();
                reader
                    .open(&mut sam, &target, &mut SeededRng(4))?
                    .holds(&plan)
            },
            repeats: true,
        };
        job.tells_the_truth();
    }
}

fn key(node: u16) -> DesKey {
    let ring = Demo::new().issuer.ring;
    let found = ring.newest(SYSTEM, KeyNode::Node(NodeCode(node)));
    found.expect("a key").1.clone()
}

/// The issuer's ring with new keys of version 9 for these nodes.
fn with_new_keys(nodes: &[(u16, DesKey)]) -> KeyRing {
    let mut ring = Demo::new().issuer.ring;
    for (node, key) in nodes {
        let mut name = key_name(SYSTEM, *node);
        name.version = 9;
        ring.insert(name, key.clone());
    }
    ring
}

#[test]
fn key_changes_of_one_node_and_of_several() {
    let new = |letter: u8| DesKey::new([b'D', b'E', b'M', b'O', b'N', b'E', b'W', letter]);
    let parent_of = |node: u16| match node {
        0xFFFF => 0xFFFF,
        0x0000 => 0xFFFF,
        0x1000 => 0x0000,
        _ => 0x1000,
    };
    let cases: &[&[u16]] = &[
        &[0x1008],
        &[0x1000],
        &[0xFFFF],
        &[0x1008, 0x1048, 0x108C],
        &[0x0000, 0x1000, 0x1008],
    ];
    for nodes in cases {
        let keys: Vec<(u16, DesKey)> = nodes.iter().copied().zip((b'A'..).map(new)).collect();
        let change = |(node, new): &(u16, DesKey)| KeyChange {
            node: NodeCode(*node),
            version: 9,
            package: key_change_package(&key(parent_of(*node)), &key(*node), new, 9),
        };
        let changes: Vec<KeyChange> = keys.iter().map(change).collect();
        let target = target(&[0, 0x1000], nodes);
        let versions: Vec<_> = nodes.iter().map(|node| (NodeCode(*node), 9)).collect();
        let ask = |reader: &mut Reader| {
            let mut after = KeySam::new(with_new_keys(&keys), Policy::Owner);
            reader.keys_are(
                &target,
                &versions,
                &mut after,
                &mut issuer(),
                &mut SeededRng(5),
            )
        };
        let job = Job {
            command: code::WRITE,
            ready: &demo_card,
            act: &|reader| {
                let mut before = issuer();
                let session = reader.open(&mut before, &target, &mut SeededRng(6));
                let sent = session.expect("genuine").change_keys(&changes);
                sent.confirmed(|| ask(reader))
            },
            ask: &ask,
            repeats: false,
        };
        job.tells_the_truth();
    }
}

#[test]
fn a_key_that_is_neither_the_new_nor_the_old_one_is_said_so() {
    let target = target(&[0, 0x1000], &[0x1008]);
    let wrong = || {
        let keys = with_new_keys(&[(0x1008, DesKey::new(*b"DEMOFAKE"))]);
        KeySam::new(keys, Policy::Owner)
    };
    let mut card = demo_card();
    // Version 1 is there; the key behind it is not the one that is asked for.
    let versions = [(NodeCode(0x1008), 1)];
    let told = Reader::new(&mut card).keys_are(
        &target,
        &versions,
        &mut wrong(),
        &mut wrong(),
        &mut SeededRng(7),
    );
    assert_eq!(told, Err(CardError::ReadBack));
    let told = Reader::new(&mut card).keys_are(
        &target,
        &versions,
        &mut wrong(),
        &mut issuer(),
        &mut SeededRng(7),
    );
    assert_eq!(told, Ok(false));
    // The keys are the ones that are asked for, under another version.
    let told = Reader::new(&mut card).keys_are(
        &target,
        &[(NodeCode(0x1008), 2)],
        &mut issuer(),
        &mut wrong(),
        &mut SeededRng(7),
    );
    assert_eq!(told, Err(CardError::ReadBack));
}

#[test]
fn a_node_under_another_key_is_said_so() {
    let idm = Demo::new().idm;
    let has = |key: DesKey, version| {
        let mut sam = KeySam::new(with_new_keys(&[(0x1008, key)]), Policy::Owner);
        Reader::new(&mut demo_card()).has_nodes(
            idm,
            &[(NodeCode(0x1008), version)],
            &[target(&[0, 0x1000], &[0x1008])],
            &mut sam,
            &mut SeededRng(7),
        )
    };
    assert_eq!(has(key(0x1008), 1), Ok(true));
    assert_eq!(has(key(0x1008), 2), Ok(false));
    let other = DesKey::new(*b"DEMOFAKE");
    assert_eq!(has(other, 1), Err(CardError::ReadBack));
}

/// A key is only changed of a node that the session was opened for; nothing is sent.
#[test]
fn a_key_change_of_a_node_that_is_not_open_is_not_done() {
    let mut card = demo_card();
    let before = card.memory().clone();
    let mut reader = Reader::new(&mut card);
    let mut sam = issuer();
    let target = target(&[0, 0x1000], &[0x1008]);
    let session = reader.open(&mut sam, &target, &mut SeededRng(1));
    let mut session = session.expect("genuine");
    let change = KeyChange {
        node: NodeCode(0x1048),
        version: 9,
        package: [0; 16],
    };
    let not_sent = CardError::Unsendable(code::WRITE);
    assert_eq!(session.change_keys(&[change]), Outcome::NotDone(not_sent));
    assert_eq!(card.memory(), &before);
    let last = card.last_exchange().expect("one");
    assert_ne!(last.code, code::WRITE);
}

#[test]
fn registrations() {
    let area_key = DesKey::new(*b"DEMOAREA");
    let service_key = DesKey::new(*b"DEMOSERV");
    let area = AreaPackage {
        code: NodeCode(0x3000),
        end: NodeCode(0x30FF),
        blocks: 20,
        key_version: 1,
        key: area_key.clone(),
    };
    let area = area.seal(&key(0));
    let of_area = |code: u16, blocks| {
        let package = ServicePackage {
            code: service(code),
            blocks,
            key_version: 1,
            key: service_key.clone(),
        };
        package.seal(&area_key)
    };
    let (random, ring) = (of_area(0x3008, 4), of_area(0x304C, 6));
    let sam = || {
        let mut ring = Demo::new().issuer.ring;
        ring.insert(key_name(SYSTEM, 0x3000), area_key.clone());
        for node in [0x3008, 0x304C] {
            ring.insert(key_name(SYSTEM, node), service_key.clone());
        }
        KeySam::new(ring, Policy::Owner)
    };
    let idm = Demo::new().idm;

    // An area; on a card that has it, two services at once.
    let register_area = |reader: &mut Reader| {
        let mut sam = sam();
        let target = target(&[0], &[0]);
        let session = reader.open(&mut sam, &target, &mut SeededRng(8));
        let mut session = session.expect("genuine");
        session
            .register_area(NodeCode(0x3000), area)
            .expect("prepared");
        session.change_system_block()
    };
    let has_area = |reader: &mut Reader| {
        let proof = [target(&[0, 0x3000], &[0x3000])];
        let nodes = [(NodeCode(0x3000), 1)];
        reader.has_nodes(idm, &nodes, &proof, &mut sam(), &mut SeededRng(9))
    };
    let with_area = || {
        let mut card = demo_card();
        assert_eq!(register_area(&mut Reader::new(&mut card)), Outcome::Done);
        card.field_off();
        card
    };
    let register_services = |reader: &mut Reader| {
        let mut sam = sam();
        let target = target(&[0, 0x3000], &[0x3000]);
        let session = reader.open(&mut sam, &target, &mut SeededRng(8));
        let mut session = session.expect("genuine");
        let left = [(0x3008, random), (0x304C, ring)]
            .map(|(code, package)| session.register_service(NodeCode(code), package));
        assert_eq!(left, [Ok(20 - 5), Ok(20 - 5 - 7)]);
        session.change_system_block()
    };
    let has_services = |reader: &mut Reader| {
        let proof = [target(&[0, 0x3000], &[0x3008, 0x304C])];
        let nodes = [(NodeCode(0x3008), 1), (NodeCode(0x304C), 1)];
        reader.has_nodes(idm, &nodes, &proof, &mut sam(), &mut SeededRng(9))
    };
    let areas = Job {
        command: code::CHANGE_SYSTEM_BLOCK,
        ready: &demo_card,
        act: &|reader| register_area(reader).confirmed(|| has_area(reader)),
        ask: &has_area,
        repeats: false,
    };
    assert!(areas.tells_the_truth() > 2);
    let services = Job {
        command: code::CHANGE_SYSTEM_BLOCK,
        ready: &with_area,
        act: &|reader| register_services(reader).confirmed(|| has_services(reader)),
        ask: &has_services,
        repeats: false,
    };
    assert!(services.tells_the_truth() > areas.tells_the_truth());
}

#[test]
fn a_first_issuance() {
    let demo = Demo::new();
    let ready = || card_of(crate::support::blank_memory(demo.idm, &demo.division_key));
    let transport = &demo.transport_key;
    let area_0 = DesKey::new(*b"DEMOROOT");
    let package = IssueIdPackage {
        system_code: SYSTEM,
        area0_key_version: 1,
        area0_key: area_0.clone(),
    };
    let package = package.seal(transport);
    let ids = (Idi([7; 8]), Pmi([8; 8]));
    let sam = || {
        let ring = ring_of(&[
            (0xFFFF, 0xFFFF, transport.clone()),
            (0xFFFF, 0, transport.clone()),
            (SYSTEM.0, 0xFFFF, transport.clone()),
            (SYSTEM.0, 0, area_0.clone()),
        ]);
        KeySam::new(ring, Policy::Owner)
    };
    let of = |system| AuthTarget {
        system,
        ..target(&[0], &[0])
    };
    let ask =
        |reader: &mut Reader| reader.is_issued(&of(SYSTEM), ids, &mut sam(), &mut SeededRng(1));
    let job = Job {
        command: code::CHANGE_SYSTEM_BLOCK,
        ready: &ready,
        act: &|reader| {
            let mut sam = sam();
            let blank = of(SystemCode::ANY);
            let session = reader.open(&mut sam, &blank, &mut SeededRng(2));
            let mut session = session.expect("genuine");
            let left = session.register_issue_id(ids.0, ids.1, package);
            assert_eq!(left, Ok(251));
            session.change_system_block().confirmed(|| ask(reader))
        },
        ask: &ask,
        repeats: false,
    };
    assert!(job.tells_the_truth() > 2);
}

/// Without 8E an issuance command's loss is no question: the field goes off, and nothing was written.
#[test]
fn what_was_only_prepared_is_not_done() {
    let area = AreaPackage {
        code: NodeCode(0x3000),
        end: NodeCode(0x30FF),
        blocks: 20,
        key_version: 1,
        key: DesKey::new(*b"DEMOAREA"),
    };
    let area = area.seal(&key(0));
    for fault in [LinkFault::Before, LinkFault::AnswerLost] {
        let mut card = demo_card();
        let before = card.memory().clone();
        card.disturb(code::REGISTER_AREA, fault);
        let mut reader = Reader::new(&mut card);
        let mut sam = issuer();
        let mut session = reader
            .open(&mut sam, &target(&[0], &[0]), &mut SeededRng(1))
            .expect("genuine");
        session
            .register_area(NodeCode(0x3000), area)
            .expect_err("lost");
        // Whatever is sent now is sent to a card in mode 0.
        assert_eq!(
            session.change_system_block(),
            Outcome::Unknown(CardError::Silent(code::CHANGE_SYSTEM_BLOCK))
        );
        reader.field_off();
        assert_eq!(card.memory(), &before, "{fault:?}");
    }
}

#[test]
fn which_error_leaves_what() {
    let status = |what| CardError::Status {
        command: code::WRITE,
        status: Status::whole(what),
    };
    for not_done in [
        status(Sf2::Access),
        status(Sf2::KeyChange),
        status(Sf2::PurseRange),
        CardError::Unsendable(code::WRITE),
        CardError::NotNamed(service(0x1008)),
        CardError::Link(LinkError::CannotSend(code::WRITE)),
        CardError::Sam(SamError::NoKey(String::new())),
        CardError::Sam(SamError::Policy),
        CardError::Sam(SamError::NoSession),
    ] {
        let outcome = not_done.clone().after_write();
        assert_eq!(outcome, Outcome::NotDone(not_done));
    }
    for unknown in [
        status(Sf2::Memory),
        status(Sf2::IssuanceWrite),
        CardError::Silent(code::WRITE),
        CardError::Answer(code::WRITE),
        CardError::ReadBack,
        CardError::Link(LinkError::CardGone),
        CardError::Link(LinkError::Reader("unplugged".into())),
        CardError::Sam(SamError::BadAnswer),
        CardError::Sam(SamError::NotGenuine),
    ] {
        let outcome = unknown.clone().after_write();
        assert_eq!(outcome, Outcome::Unknown(unknown));
    }
}

/// A link on which one answer is changed on its way.
struct Turned<'a> {
    card: &'a mut EmulatedCard,
    command: u8,
    turn: fn(&mut Vec<u8>),
}

impl CardLink for Turned<'_> {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let answer = self.card.transceive(frame)?;
        Ok(answer.map(|answer| {
            if frame.code() != self.command {
                return answer;
            }
            let mut body = answer.body().to_vec();
            (self.turn)(&mut body);
            Frame::build(answer.code(), &body).expect("it fits")
        }))
    }
    fn field_off(&mut self) {
        self.card.field_off();
    }
    fn touch(&self) -> Touch {
        self.card.touch()
    }
}

/// What cannot be read leaves the outcome open, and asking the card closes it.
#[test]
fn an_answer_that_cannot_be_read_is_unknown() {
    let turns: [fn(&mut Vec<u8>); 3] = [
        |body| body[3] ^= 0x10,
        |body| {
            body.pop();
        },
        |body| body.push(0),
    ];
    for turn in turns {
        let mut card = filled();
        let mut link = Turned {
            card: &mut card,
            command: code::WRITE_PLAIN,
            turn,
        };
        let mut reader = Reader::new(&mut link);
        let mut plain = reader.plain(Demo::new().idm);
        let plan = plain.plan(&[take(0x2055, 30, 10)]).expect("planned");
        let outcome = plain.write(&plan);
        let unread = CardError::Answer(code::WRITE_PLAIN);
        assert_eq!(outcome, Outcome::Unknown(unread));
        assert_eq!(outcome.settled(|| plain.holds(&plan)), Outcome::Done);
    }
}

#[test]
fn a_write_that_does_not_read_back_is_not_called_done() {
    // The card says that it was written, and shows other blocks.
    let mut card = filled();
    let mut link = Turned {
        card: &mut card,
        command: code::READ_PLAIN,
        turn: |body| {
            if let Some(last) = body.last_mut() {
                *last ^= 1;
            }
        },
    };
    let mut reader = Reader::new(&mut link);
    let mut plain = reader.plain(Demo::new().idm);
    let plan = plain.plan(&[set(0x2089, 0, 1)]).expect("planned");
    assert_eq!(plain.write(&plan), Outcome::Unknown(CardError::ReadBack));
}

/// A purse whose block was torn holds neither what it held nor what it should. On a chip that does not write as one
/// that happens, and then nothing may be taken from it again.
#[test]
fn a_torn_purse_is_not_taken_from_again() {
    let mut card = filled();
    let idm = Demo::new().idm;
    let mut reader = Reader::new(&mut card);
    let mut plain = reader.plain(idm);
    let plan = plain.plan(&[take(0x2055, 30, 10)]).expect("planned");
    // As it stands after its first half was written: 70 is left, and the execution ID is the old one.
    let mut torn = Block::ZERO;
    torn.put(0, &70_u32.to_le_bytes())
        .put(4, &30_u32.to_le_bytes())
        .put(8, b"KEPT")
        .put(12, &9_u32.to_le_bytes());
    let tear = Change::Set {
        service: service(0x2051),
        number: 0,
        block: torn,
    };
    let tear = plain.plan(&[tear]).expect("planned");
    assert_eq!(plain.write(&tear), Outcome::Done);
    assert_eq!(plain.holds(&plan), Err(CardError::ReadBack));
}

/// A change to the card of free services: what it names is there, amounts and execution IDs come close to those held.
fn any_change() -> impl Strategy<Value = Change> {
    let purse = || (0..2_u16, 0..130_u32, 8..12_u32);
    prop_oneof![
        (
            prop_oneof![Just(0x2089_u16), Just(0x2051)],
            0..3_u16,
            any::<u8>()
        )
            .prop_map(|(code, number, byte)| set(
                code,
                if code == 0x2051 { number % 2 } else { number },
                byte
            )),
        any::<u8>().prop_map(|byte| push(0x200D, byte)),
        (prop_oneof![Just(0x2053_u16), Just(0x2055)], purse()).prop_map(
            |(code, (number, amount, execution_id))| Change::Take {
                service: service(code),
                number,
                amount,
                execution_id,
            }
        ),
        purse().prop_map(|(number, amount, execution_id)| Change::GiveBack {
            service: service(0x2053),
            number,
            amount,
            execution_id,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::support::times(256, 20_000) as u32))]

    /// What a plan says is what the card then holds; where the card refuses it is as it was; and sending the same plan
    /// again changes nothing.
    #[test]
    fn a_plan_foretells_what_the_card_holds(
        writes in proptest::collection::vec(proptest::collection::vec(any_change(), 1..7), 1..6)
    ) {
        let idm = Demo::new().idm;
        let mut card = filled();
        for changes in writes {
            let before = card.memory().data().to_vec();
            let mut reader = Reader::new(&mut card);
            let mut plain = reader.plain(idm);
            let plan = match plain.plan(&changes) {
                Ok(plan) => plan,
                Err(error) => {
                    prop_assert!(matches!(error, CardError::TwiceInOne(_)), "{error}");
                    continue;
                }
            };
            let outcome = plain.write(&plan);
            match outcome {
                Outcome::Done => {
                    let after = card.memory().data().to_vec();
                    let mut reader = Reader::new(&mut card);
                    prop_assert_eq!(reader.plain(idm).write(&plan), Outcome::Done);
                    prop_assert!(card.memory().data() == after);
                }
                Outcome::NotDone(CardError::Status { .. }) => {
                    prop_assert!(card.memory().data() == before);
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
