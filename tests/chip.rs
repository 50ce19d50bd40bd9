//! The chip, frame by frame: known answers, silence, modes, status flags, limits, key change and registration.

use crate::support::{ALL, Division, SeededRng, card_of, demo_card, off_by_one_bit};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::definition;
use cardwright::model::card::profile::{ErrorPosition, Profile};
use cardwright::model::card::{Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode};
use cardwright::model::chip::Chip;
use cardwright::model::cipher::{
    AreaPackage, DesKey, IssueIdPackage, ServicePackage, key_change_package,
};
use cardwright::model::command::{
    AccessMode, BlockElement, Frame, PollingRequest, Request, Response, SearchResult,
    SecureRequest, SecureResponse, Sf2, Status, TimeSlots, code,
};
use cardwright::model::demo::Demo;
use cardwright::model::hex;
use cardwright::model::party::{KeyNode, KeyRing, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, Rng};
use cardwright::model::reader::{CardError, Reader};

const SYSTEM: SystemCode = SystemCode(0x0003);

struct FixedRng([u8; 8]);

impl Rng for FixedRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0[..bytes.len()]);
    }
}

fn frame(digits: &str) -> Frame {
    Frame::parse(&hex::parse(digits).expect("digits")).expect("a frame")
}

fn run<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|index| first + index as u8)
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

/// A card of one keyed service with these keys.
fn known_card() -> Memory {
    let profile = Profile::demo();
    let mut data = vec![Block::ERASED; 256];
    let key = |first| DesKey::new(run(first));
    data[255] = definition::manufacture(Idm(run(1)), profile.pmm);
    data[254] = definition::issuance(Idi(run(0xB0)), Pmi(run(0xC0)));
    data[253] = definition::system(SYSTEM, 1, &key(0), 256);
    data[252] = definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 252, 1, &key(0x10));
    data[251] = definition::service(service(0x1008), 0, 4, 1, &key(0x20));
    data[0] = Block(run(0));
    Memory::new(data, &profile)
}

#[test]
fn known_answers_byte_for_byte() {
    let mut memory = known_card();
    let mut chip = Chip::power_on(Profile::demo(), &mut memory).expect("a card");
    let mut rng = FixedRng(run(0xA0));
    let exchanges = [
        (
            "18100102030405060708010000010810c08cb45006b6e7bd",
            "1a11010203040506070810bedfbac62697a9ae4710710d76028a",
        ),
        (
            "12120102030405060708b55fd8a176ea38fc",
            "22135727b5062e9b74d26286d1a65c66109462792e1d7d4fb404f3cca1226d7626a4",
        ),
        (
            "1a14a20d46c77d919a939d0ca37757f51a97c7b27785b9870874",
            "2a15cd3c3af06c767ec8f91685dc5d2a1649fb32e74c99b45b51adc70da9fa00a8a3f91c52a95a6e66d5",
        ),
    ];
    for (sent, expected) in exchanges {
        let answer = chip
            .answer(&mut memory, &mut rng, &frame(sent))
            .expect("power");
        let answer = answer.expect("an answer");
        assert_eq!(hex::plain(answer.as_bytes()).to_lowercase(), expected);
    }
    // The same read again: its transaction number is used up.
    let again = frame(exchanges[2].0);
    assert_eq!(chip.answer(&mut memory, &mut rng, &again), Ok(None));
}

/// The card that the tests below ask, and how.
struct Desk {
    card: EmulatedCard,
    demo: Demo,
    sam: KeySam,
    rng: SeededRng,
}

impl Desk {
    fn new() -> Desk {
        Desk::with(demo_card())
    }

    fn with(card: EmulatedCard) -> Desk {
        let demo = Demo::new();
        let sam = KeySam::new(demo.issuer.ring.clone(), Policy::Owner);
        Desk {
            card,
            demo,
            sam,
            rng: SeededRng(11),
        }
    }

    fn ask(&mut self, request: &Request) -> Option<Response> {
        let frame = request.encode().expect("fits a frame");
        let answer = self.card.transceive(&frame).expect("the card is there")?;
        Some(Response::decode(request.code(), &answer).expect("an answer to it"))
    }

    fn raw(&mut self, digits: &str) -> Option<Frame> {
        self.card
            .transceive(&frame(digits))
            .expect("the card is there")
    }

    fn target(&self, areas: &[u16], services: &[u16]) -> AuthTarget {
        let codes = |codes: &[u16]| codes.iter().map(|code| NodeCode(*code)).collect();
        AuthTarget {
            idm: self.demo.idm,
            system: SYSTEM,
            areas: codes(areas),
            services: codes(services),
        }
    }

    fn open(&mut self, areas: &[u16], services: &[u16]) -> Result<(Idi, Pmi), CardError> {
        let target = self.target(areas, services);
        Reader::new(&mut self.card).authenticate(&mut self.sam, &target, &mut self.rng)
    }

    fn secure(&mut self, request: &SecureRequest) -> Result<SecureResponse, CardError> {
        Reader::new(&mut self.card).secure(&mut self.sam, request)
    }

    /// The status of a refused command in a session.
    fn refused(&mut self, request: &SecureRequest) -> Status {
        match self.secure(request) {
            Err(CardError::Status { command, status }) if command == request.code() => status,
            other => panic!("{other:?}"),
        }
    }

    fn mode(&mut self) -> u8 {
        let idm = self.demo.idm;
        match self.ask(&Request::RequestResponse { idm }) {
            Some(Response::RequestResponse { mode, .. }) => mode,
            other => panic!("{other:?}"),
        }
    }

    fn read(&mut self, services: &[u16], blocks: Vec<BlockElement>) -> (Status, Vec<Block>) {
        let request = Request::ReadPlain {
            idm: self.demo.idm,
            services: services.iter().map(|code| NodeCode(*code)).collect(),
            blocks,
        };
        match self.ask(&request) {
            Some(Response::ReadPlain { status, data, .. }) => (status, data),
            other => panic!("{other:?}"),
        }
    }

    fn write(&mut self, services: &[u16], blocks: Vec<BlockElement>) -> Status {
        let request = Request::WritePlain {
            idm: self.demo.idm,
            services: services.iter().map(|code| NodeCode(*code)).collect(),
            data: vec![Block([0x5A; 16]); blocks.len()],
            blocks,
        };
        match self.ask(&request) {
            Some(Response::WritePlain { status, .. }) => status,
            other => panic!("{other:?}"),
        }
    }

    fn poll(
        &mut self,
        system_code: u16,
        request: PollingRequest,
    ) -> Option<(Idm, Option<[u8; 2]>)> {
        let request = Request::Polling {
            system_code: SystemCode(system_code),
            request,
            time_slots: TimeSlots::One,
        };
        match self.ask(&request) {
            Some(Response::Polling { idm, data, .. }) => Some((idm, data)),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    fn versions(&mut self, nodes: &[u16]) -> Vec<u16> {
        let request = Request::RequestService {
            idm: self.demo.idm,
            nodes: nodes.iter().map(|code| NodeCode(*code)).collect(),
        };
        match self.ask(&request) {
            Some(Response::RequestService { versions, .. }) => versions,
            other => panic!("{other:?}"),
        }
    }

    fn key(&self, node: u16) -> DesKey {
        let node = KeyNode::Node(NodeCode(node));
        self.demo
            .issuer
            .ring
            .newest(SYSTEM, node)
            .expect("a key")
            .1
            .clone()
    }
}

fn normal(numbers: std::ops::Range<u16>) -> Vec<BlockElement> {
    numbers
        .map(|number| BlockElement::normal(0, number))
        .collect()
}

const IDM: &str = "01120A1B2C3D4E5F";

#[test]
fn what_the_card_cannot_take_gets_no_answer() {
    let mut desk = Desk::new();
    let silent = [
        // Unknown codes, among them an answer's.
        format!("0A7E{IDM}"),
        format!("0AFE{IDM}"),
        format!("0A05{IDM}"),
        // Another card's IDm, and a system that this card has not.
        "0A0401120A1B2C3D4E60".into(),
        "0A0411120A1B2C3D4E5F".into(),
        // Too short and too long.
        "0204".into(),
        format!("0B04{IDM}00"),
        "0500000301".into(),
        "060000030104".into(),
        format!("0B02{IDM}00"),
        // A system that is not there, an unknown request code, an impossible time slot.
        "060012340000".into(),
        "060000030300".into(),
        "060000030002".into(),
        // Authentication2 and protected frames without a session.
        format!("1212{IDM}0000000000000000"),
        "1A14000000000000000000000000000000000000000000000000".into(),
        "128E00000000000000000000000000000000".into(),
    ];
    for digits in &silent {
        let frame = frame(digits);
        assert_eq!(desk.card.transceive(&frame), Ok(None), "{digits}");
        assert_eq!(desk.mode(), 0, "{digits}");
    }
}

#[test]
fn what_newer_readers_ask_is_answered_in_every_mode() {
    let mut desk = Desk::new();
    for mode in [0, 2] {
        assert_eq!(desk.mode(), mode);
        let mut answer = |digits: &str| {
            let answer = desk.raw(digits).expect("an answer");
            hex::plain(&answer.as_bytes()[10..])
        };
        // The area Fare may spend 32 blocks, whatever of them is left. No node 4008; the system.
        let asked = format!("130E{IDM}04000810080840FFFF");
        assert_eq!(answer(&asked), "0420000100FFFFFFFF");
        let asked = format!("1132{IDM}03000810080840");
        assert_eq!(answer(&asked), "00002F0301000100FFFF");
        assert_eq!(answer(&format!("0B32{IDM}00")), "FFA1");
        assert_eq!(answer(&format!("4D32{IDM}21{}", "0008".repeat(33))), "FFA1");
        assert_eq!(answer(&format!("0C38{IDM}0000")), "00000000");
        assert_eq!(answer(&format!("0C3C{IDM}0000")), "000000008000");
        assert_eq!(desk.mode(), mode, "none of them changes it");
        if mode == 0 {
            desk.open(&[0], &[0]).expect("genuine");
        }
    }
    let idm = desk.demo.idm;
    assert_eq!(
        desk.ask(&Request::ResetMode { idm }),
        Some(Response::ResetMode {
            idm,
            status: Status::OK
        })
    );
    assert_eq!(desk.mode(), 0);
    assert!(desk.secure(&SecureRequest::ChangeSystemBlock).is_err());
}

#[test]
fn a_wrong_node_list_or_challenge_gets_no_answer() {
    let mut desk = Desk::new();
    let lists: [(&[u16], &[u16]); 8] = [
        // No real area first; no such area; no such service; nothing with a key; a free one before a keyed one;
        // the system as the first area; a free service that does not exist; a service among the areas.
        (&[0x1008], &[0x1008]),
        (&[0x0000, 0x4000], &[0x1008]),
        (&[0x0000], &[0x4008]),
        (&[0x0000], &[0x100B]),
        (&[0x0000], &[0x100B, 0x1008]),
        (&[0xFFFF], &[0x1008]),
        (&[0x0000], &[0x1008, 0x400B]),
        (&[0x0000, 0x1008], &[0x1008]),
    ];
    for (areas, services) in lists {
        let target = desk.target(areas, services);
        let request = Request::Authentication1 {
            idm: target.idm,
            areas: target.areas,
            services: target.services,
            c1a: [0; 8],
        };
        assert_eq!(desk.ask(&request), None, "{areas:04X?} {services:04X?}");
        assert_eq!(desk.mode(), 0);
    }
    // A wrong answer to the card's challenge ends the attempt.
    let target = desk.target(&[0], &[0x1008]);
    let first = Request::Authentication1 {
        idm: target.idm,
        areas: target.areas,
        services: target.services,
        c1a: [7; 8],
    };
    assert!(desk.ask(&first).is_some());
    assert_eq!(desk.mode(), 1);
    let second = Request::Authentication2 {
        idm: target.idm,
        c2b: [7; 8],
    };
    assert_eq!(desk.ask(&second), None);
    assert_eq!(desk.mode(), 0);
    // A free service last is fine.
    desk.open(&[0, 0x1000], &[0x1008, 0x100B]).expect("genuine");
}

#[test]
fn modes_go_up_by_authentication_and_down_by_power() {
    let mut desk = Desk::new();
    assert_eq!(desk.mode(), 0);
    assert!(desk.poll(0x0003, PollingRequest::None).is_some());
    assert_eq!(
        desk.open(&[0], &[0]),
        Ok((desk.demo.plan.idi, desk.demo.plan.pmi))
    );
    assert_eq!(desk.mode(), 2);
    // Plain access and Polling of the current system are for mode 0.
    assert_eq!(desk.poll(0x0003, PollingRequest::None), None);
    assert_eq!(desk.raw(&format!("1006{IDM}010B10018000")), None);
    assert_eq!(
        desk.raw(&format!("2008{IDM}010B10018000{}", "00".repeat(16))),
        None
    );
    // Nothing to commit in mode 2.
    let commit = SecureRequest::ChangeSystemBlock;
    assert_eq!(
        desk.secure(&commit),
        Err(CardError::Silent(code::CHANGE_SYSTEM_BLOCK))
    );
    let area = area_package(0x3000, 0x30FF, 4).register(&desk.key(0));
    desk.secure(&area).expect("prepared");
    assert_eq!(desk.mode(), 3);
    // Data is out of reach in mode 3.
    let read = SecureRequest::Read {
        blocks: normal(0..1),
    };
    assert_eq!(desk.secure(&read), Err(CardError::Silent(code::READ)));
    desk.card.field_off();
    assert_eq!(desk.mode(), 0);
    assert_eq!(desk.versions(&[0x3000]), [0xFFFF]);
}

#[test]
fn another_system_resets() {
    let mut card = demo_card();
    Division::new().run(&mut card, ALL).expect("divided");
    let mut desk = Desk::with(card);
    desk.card.field_off();
    desk.open(&[0], &[0]).expect("genuine");
    let second = desk.demo.idm.of_system(1);
    assert_eq!(
        desk.poll(0xFE42, PollingRequest::SystemCode),
        Some((second, Some([0xFE, 0x42])))
    );
    assert_eq!(desk.mode(), 0);
    // A frame with another system's IDm does the same.
    desk.open(&[0], &[0]).expect("genuine");
    assert_eq!(
        desk.ask(&Request::RequestResponse { idm: second }),
        Some(Response::RequestResponse {
            idm: second,
            mode: 0
        })
    );
    assert_eq!(desk.mode(), 0);
    let codes = desk.ask(&Request::RequestSystemCode { idm: second });
    let expected = vec![SYSTEM, SystemCode(0xFE42)];
    assert_eq!(
        codes,
        Some(Response::RequestSystemCode {
            idm: second,
            codes: expected
        })
    );
}

#[test]
fn polling_takes_ff_for_any_byte() {
    let mut card = demo_card();
    Division::new().run(&mut card, ALL).expect("divided");
    let mut desk = Desk::with(card);
    let (first, second) = (desk.demo.idm, desk.demo.idm.of_system(1));
    let polls = [
        (0xFFFF, Some(first)),
        (0x0003, Some(first)),
        (0x00FF, Some(first)),
        (0xFF03, Some(first)),
        (0xFE42, Some(second)),
        (0xFEFF, Some(second)),
        (0xFF42, Some(second)),
        (0x0042, None),
        (0xFE03, None),
        (0x0000, None),
    ];
    for (code, expected) in polls {
        desk.card.field_off();
        let found = desk.poll(code, PollingRequest::None);
        assert_eq!(found, expected.map(|idm| (idm, None)), "{code:04X}");
    }
    desk.card.field_off();
    let performance = desk.poll(0xFFFF, PollingRequest::Performance);
    assert_eq!(performance, Some((first, Some([0x00, 0x83]))));
}

#[test]
fn request_service_and_search_tell_the_nodes() {
    let mut desk = Desk::new();
    let versions = desk.versions(&[
        0xFFFF, 0x0000, 0x1000, 0x1008, 0x100B, 0x4000, 0x1009, 0x1001,
    ]);
    assert_eq!(versions, [2, 1, 1, 1, 0, 0xFFFF, 0xFFFF, 0xFFFF]);
    let idm = desk.demo.idm;
    let nodes = Reader::new(&mut desk.card).nodes(idm).expect("a walk");
    let codes: Vec<(u16, u16)> = nodes
        .iter()
        .map(|node| match node {
            SearchResult::Area { code, end } => (code.0, end.0),
            SearchResult::Service(code) => (code.value(), 0),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (0x0000, 0xFFFE),
        (0x0800, 0x0FFF),
        (0x0810, 0),
        (0x0812, 0),
        (0x0817, 0),
        (0x090C, 0),
        (0x090F, 0),
        (0x1000, 0x17FF),
        (0x1008, 0),
        (0x100B, 0),
        (0x1048, 0),
        (0x104A, 0),
        (0x108C, 0),
        (0x108F, 0),
        (0x2300, 0x23FF),
        (0x2308, 0),
        (0x230B, 0),
        (0x234C, 0),
        (0x234F, 0),
    ];
    assert_eq!(codes, expected);
}

/// The demo card with an open service 1109 of 16 blocks.
fn with_open_service(position: ErrorPosition) -> Desk {
    let mut desk = Desk::new();
    let system = desk.card.image().expect("a card").systems[0].clone();
    let at = system.next_system_block().expect("room") as usize;
    let first = system.user_end() as u16;
    let mut data = desk.card.memory().data().to_vec();
    data[at] = definition::service(service(0x1109), first, 16, 0, &DesKey::new([0; 8]));
    let profile = Profile {
        error_position: position,
        ..Profile::demo()
    };
    let memory = Memory::new(data, &profile);
    desk.card = EmulatedCard::new(profile, memory).expect("a card");
    desk
}

#[test]
fn status_flags_of_plain_access() {
    let mut desk = with_open_service(ErrorPosition::Ordinal);
    let whole = Status::whole;
    let at = Status::at;
    let element = |service, number| vec![BlockElement::normal(service, number)];
    let cashback = vec![BlockElement {
        access: AccessMode::CASHBACK,
        ..BlockElement::normal(0, 0)
    }];
    let cases: [(&[u16], Vec<BlockElement>, Status); 10] = [
        (&[], element(0, 0), whole(Sf2::ServiceCount)),
        (&[0x1109; 17], element(0, 0), whole(Sf2::ServiceCount)),
        (&[0x1109], vec![], whole(Sf2::BlockCount)),
        (&[0x1109], normal(0..16), whole(Sf2::BlockCount)),
        (&[0x1109], element(1, 0), at(1, Sf2::ServiceIndex)),
        (&[0x1109, 0x1000], element(0, 0), at(2, Sf2::NodeAttribute)),
        (&[0x1109, 0x100B, 0x1008], element(0, 0), at(3, Sf2::Access)),
        (&[0x1109, 0x4009], element(0, 0), at(2, Sf2::NoSuchNode)),
        (&[0x1109], cashback, at(1, Sf2::AccessMode)),
        (&[0x1109], element(0, 16), at(1, Sf2::BlockNumber)),
    ];
    for (services, blocks, status) in cases {
        assert_eq!(
            desk.read(services, blocks.clone()),
            (status, vec![]),
            "{services:04X?}"
        );
        if blocks.len() < 14 {
            assert_eq!(desk.write(services, blocks), status, "{services:04X?}");
        }
    }
    // What may be read only is not written.
    assert_eq!(desk.write(&[0x100B], element(0, 0)), at(1, Sf2::Access));
    assert_eq!(desk.write(&[0x090F], element(0, 0)), at(1, Sf2::Access));
}

#[test]
fn the_tenth_element_in_both_forms() {
    for (position, sf1) in [
        (ErrorPosition::Ordinal, 0x0A),
        (ErrorPosition::Bitmap, 0x02),
    ] {
        let mut desk = with_open_service(position);
        let mut blocks = normal(0..12);
        blocks[9].number = 99;
        let (status, _) = desk.read(&[0x1109], blocks);
        assert_eq!(status, Status::at(sf1, Sf2::BlockNumber));
    }
}

#[test]
fn as_many_blocks_as_a_frame_holds() {
    let mut desk = with_open_service(ErrorPosition::Ordinal);
    assert_eq!(desk.write(&[0x1109], normal(0..13)), Status::OK);
    let (status, data) = desk.read(&[0x1109], normal(0..15));
    assert_eq!((status, data.len()), (Status::OK, 15));
    assert!(data[..13].iter().all(|block| block.0 == [0x5A; 16]) && data[13].is_erased());

    desk.open(&[0, 0x1000], &[0x1008, 0x1109]).expect("genuine");
    let elements = |n: u16| {
        (0..n)
            .map(|number| BlockElement::normal(1, number))
            .collect::<Vec<_>>()
    };
    let write = |n: u16| SecureRequest::Write {
        blocks: elements(n),
        data: vec![Block([n as u8; 16]); usize::from(n)],
    };
    desk.secure(&write(12)).expect("written");
    let Ok(SecureResponse::Read { data, .. }) = desk.secure(&SecureRequest::Read {
        blocks: elements(14),
    }) else {
        panic!("14 blocks are read");
    };
    assert_eq!(data.len(), 14);
    assert!(data[..12].iter().all(|block| block.0 == [12; 16]) && data[12].0 == [0x5A; 16]);
    let status = desk.refused(&SecureRequest::Read {
        blocks: elements(15),
    });
    assert_eq!(status, Status::whole(Sf2::BlockCount));
    // A key-changing element among others, a place without blocks, and a service that is read only.
    assert_eq!(
        desk.refused(&SecureRequest::Read {
            blocks: vec![BlockElement::normal(2, 0)]
        }),
        Status::at(1, Sf2::ServiceIndex)
    );
    desk.card.field_off();
    desk.open(&[0, 0x1000], &[0x1000, 0x104A]).expect("genuine");
    assert_eq!(
        desk.refused(&SecureRequest::Read {
            blocks: vec![BlockElement::normal(0, 0)]
        }),
        Status::at(1, Sf2::NodeAttribute)
    );
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::normal(1, 0)],
        data: vec![Block::ZERO],
    };
    assert_eq!(desk.refused(&write), Status::at(1, Sf2::Access));
}

fn key_change(
    index: u8,
    version: u16,
    parent: &DesKey,
    old: &DesKey,
    new: &DesKey,
) -> (BlockElement, Block) {
    let package = key_change_package(parent, old, new, version);
    (BlockElement::key_change(index, version), Block(package))
}

fn change(changes: Vec<(BlockElement, Block)>) -> SecureRequest {
    let (blocks, data) = changes.into_iter().unzip();
    SecureRequest::Write { blocks, data }
}

#[test]
fn keys_change_and_are_read_back_by_authenticating() {
    let mut desk = Desk::new();
    let (area, old) = (desk.key(0x1000), desk.key(0x1008));
    let other = desk.key(0x1048);
    let (new, newer) = (DesKey::new(*b"DEMONEWA"), DesKey::new(*b"DEMONEWB"));
    let before = desk.card.memory().clone();
    desk.open(&[0, 0x1000], &[0x1008, 0x1048]).expect("genuine");

    let wrong_old = change(vec![key_change(0, 2, &area, &off_by_one_bit(&old), &new)]);
    assert_eq!(desk.refused(&wrong_old), Status::at(1, Sf2::KeyChange));
    let wrong_parent = change(vec![key_change(0, 2, &off_by_one_bit(&area), &old, &new)]);
    assert_eq!(desk.refused(&wrong_parent), Status::at(1, Sf2::KeyChange));
    let (mut element, package) = key_change(0, 2, &area, &old, &new);
    element.number = 3;
    assert_eq!(
        desk.refused(&change(vec![(element, package)])),
        Status::at(1, Sf2::KeyChange)
    );
    let one_wrong = change(vec![
        key_change(0, 2, &area, &old, &new),
        key_change(1, 2, &area, &off_by_one_bit(&other), &newer),
    ]);
    assert_eq!(desk.refused(&one_wrong), Status::at(2, Sf2::KeyChange));
    let mixed = SecureRequest::Write {
        blocks: vec![
            key_change(0, 2, &area, &old, &new).0,
            BlockElement::normal(1, 0),
        ],
        data: vec![key_change(0, 2, &area, &old, &new).1, Block::ZERO],
    };
    assert_eq!(desk.refused(&mixed), Status::at(2, Sf2::AccessMode));
    assert!(
        *desk.card.memory() == before,
        "a refused change changes nothing"
    );

    let both = change(vec![
        key_change(0, 2, &area, &old, &new),
        key_change(1, 7, &area, &other, &newer),
    ]);
    desk.secure(&both).expect("changed");
    assert_eq!(
        desk.refused(&both),
        Status::at(1, Sf2::KeyChange),
        "not replayable"
    );
    assert_eq!(desk.versions(&[0x1008, 0x1048, 0x104A]), [2, 7, 1]);

    desk.card.field_off();
    assert_eq!(
        desk.open(&[0, 0x1000], &[0x1008]),
        Err(CardError::Sam(
            cardwright::model::port::SamError::NotGenuine
        ))
    );
    let mut ring = desk.demo.issuer.ring.clone();
    for (node, key) in [(0x1008, new), (0x1048, newer)] {
        let name = ring
            .newest(SYSTEM, KeyNode::Node(NodeCode(node)))
            .expect("a key")
            .0
            .clone();
        ring.insert(name, key);
    }
    desk.sam = KeySam::new(ring, Policy::Owner);
    desk.open(&[0, 0x1000], &[0x1008, 0x1048])
        .expect("the new keys");
}

#[test]
fn the_systems_key_is_its_own_parent() {
    let mut desk = Desk::new();
    let (old, new) = (desk.key(0xFFFF), DesKey::new(*b"DEMOSYSN"));
    let package = || change(vec![key_change(0, 3, &old, &old, &new)]);
    desk.open(&[0], &[0x0000]).expect("genuine");
    // The system is not in this session's list.
    assert_eq!(desk.refused(&package()), Status::at(1, Sf2::KeyChange));
    desk.card.field_off();
    desk.open(&[0], &[0xFFFF]).expect("genuine");
    desk.secure(&package()).expect("changed");
    assert_eq!(desk.versions(&[0xFFFF]), [3]);
}

/// Packages of a registration.
struct Area(AreaPackage);
struct Service(ServicePackage);

fn area_package(code: u16, end: u16, blocks: u16) -> Area {
    Area(AreaPackage {
        code: NodeCode(code),
        end: NodeCode(end),
        blocks,
        key_version: 1,
        key: DesKey::new(*b"DEMOAREA"),
    })
}

fn service_package(code: u16, blocks: u16) -> Service {
    Service(ServicePackage {
        code: service(code),
        blocks,
        key_version: 1,
        key: DesKey::new(*b"DEMOSERV"),
    })
}

impl Area {
    fn register(&self, parent: &DesKey) -> SecureRequest {
        SecureRequest::RegisterArea {
            code: self.0.code,
            package: self.0.seal(parent),
        }
    }
}

impl Service {
    fn register(&self, parent: &DesKey) -> SecureRequest {
        SecureRequest::RegisterService {
            code: self.0.code.node(),
            package: self.0.seal(parent),
        }
    }
}

#[test]
fn registration_of_areas_is_refused_where_it_must_be() {
    let mut desk = Desk::new();
    let before = desk.card.memory().clone();
    let root = desk.key(0);
    desk.open(&[0], &[0]).expect("genuine");
    let whole = Status::whole;
    let mut mismatched = area_package(0x3000, 0x30FF, 4).register(&root);
    if let SecureRequest::RegisterArea { code, .. } = &mut mismatched {
        *code = NodeCode(0x3100);
    }
    let cases = [
        (
            area_package(0x3000, 0x30FF, 4).register(&off_by_one_bit(&root)),
            Sf2::PackageMac,
        ),
        (mismatched, Sf2::PackageMismatch),
        (
            area_package(0x1000, 0x17FF, 4).register(&root),
            Sf2::ServiceExists,
        ),
        (
            area_package(0x3008, 0x30FF, 4).register(&root),
            Sf2::IssuanceAttribute,
        ),
        // Ends before it begins, laps over another, encloses another, ends outside its parent, is too large.
        (
            area_package(0x3000, 0x2FFF, 4).register(&root),
            Sf2::IssuanceParameter,
        ),
        (
            area_package(0x1800, 0x23FF, 4).register(&root),
            Sf2::IssuanceParameter,
        ),
        (
            area_package(0x2000, 0x2FFF, 4).register(&root),
            Sf2::IssuanceParameter,
        ),
        (
            area_package(0x3000, 0xFFFF, 4).register(&root),
            Sf2::IssuanceParameter,
        ),
        (
            area_package(0x3000, 0x30FF, 164).register(&root),
            Sf2::IssuanceParameter,
        ),
        (
            area_package(0x3000, 0x30FF, 0xFFFF).register(&root),
            Sf2::IssuanceParameter,
        ),
        // Under an area that the session was not opened for.
        (
            area_package(0x1100, 0x11FF, 4).register(&desk.key(0x1000)),
            Sf2::Access,
        ),
    ];
    for (index, (request, expected)) in cases.into_iter().enumerate() {
        assert_eq!(desk.refused(&request), whole(expected), "case {index}");
    }
    assert!(desk.card.prepared().is_empty());
    // What just fits.
    desk.secure(&area_package(0x3000, 0x30FF, 163).register(&root))
        .expect("prepared");
    assert!(
        *desk.card.memory() == before,
        "nothing is written before 8Eh"
    );
    assert_eq!(desk.versions(&[0x3000]), [0xFFFF]);
    desk.open(&[0], &[0]).expect("genuine");
    desk.secure(&area_package(0x3000, 0x30FF, 163).register(&root))
        .expect("prepared anew");
    desk.secure(&SecureRequest::ChangeSystemBlock)
        .expect("written");
    assert_eq!(desk.versions(&[0x3000]), [1]);
}

#[test]
fn registration_of_services_is_refused_where_it_must_be() {
    let mut desk = Desk::new();
    let before = desk.card.memory().clone();
    let area = desk.key(0x1000);
    desk.open(&[0, 0x1000], &[0x1000]).expect("genuine");
    let mut mismatched = service_package(0x1108, 1).register(&area);
    if let SecureRequest::RegisterService { code, .. } = &mut mismatched {
        *code = NodeCode(0x1148);
    }
    // A package whose service code is none.
    let shapeless = AreaPackage {
        code: NodeCode(0x1130),
        ..area_package(0x1130, 0, 1).0
    };
    let shapeless = SecureRequest::RegisterService {
        code: NodeCode(0x1130),
        package: shapeless.seal(&area),
    };
    let cases = [
        (
            service_package(0x1108, 1).register(&off_by_one_bit(&area)),
            Sf2::PackageMac,
        ),
        (mismatched, Sf2::PackageMismatch),
        (shapeless, Sf2::PackageIdentifier),
        (
            service_package(0x1008, 6).register(&area),
            Sf2::ServiceExists,
        ),
        // Another length than the service whose blocks it shares, no block at all, more than the area has left.
        (
            service_package(0x100A, 5).register(&area),
            Sf2::IssuanceParameter,
        ),
        (
            service_package(0x1108, 0).register(&area),
            Sf2::IssuanceParameter,
        ),
        (
            service_package(0x1108, 4).register(&area),
            Sf2::IssuanceParameter,
        ),
        (
            service_package(0x1108, 0xFFFF).register(&area),
            Sf2::IssuanceParameter,
        ),
        (
            service_package(0x0848, 1).register(&desk.key(0x0800)),
            Sf2::Access,
        ),
    ];
    for (index, (request, expected)) in cases.into_iter().enumerate() {
        assert_eq!(
            desk.refused(&request),
            Status::whole(expected),
            "case {index}"
        );
    }
    // 28 allotted, 24 taken.
    let shared = desk
        .secure(&service_package(0x100A, 6).register(&area))
        .expect("shares");
    assert_eq!(
        shared,
        SecureResponse::Status {
            status: Status::OK,
            remaining: Some(3)
        }
    );
    let last = desk
        .secure(&service_package(0x1108, 2).register(&area))
        .expect("fits");
    assert_eq!(
        last,
        SecureResponse::Status {
            status: Status::OK,
            remaining: Some(0)
        }
    );
    assert!(*desk.card.memory() == before);
    desk.secure(&SecureRequest::ChangeSystemBlock)
        .expect("written");
    assert_eq!(desk.versions(&[0x100A, 0x1108]), [1, 1]);
}

#[test]
fn a_card_is_issued_once() {
    let mut desk = Desk::new();
    let before = desk.card.memory().clone();
    let package = |system_code: u16, key: &DesKey| SecureRequest::RegisterIssueId {
        idi: Idi([1; 8]),
        pmi: Pmi([2; 8]),
        package: IssueIdPackage {
            system_code: SystemCode(system_code),
            area0_key_version: 1,
            area0_key: DesKey::new(*b"DEMOROOT"),
        }
        .seal(key),
    };
    desk.open(&[0], &[0xFFFF]).expect("genuine");
    let again = package(0x0004, &desk.key(0xFFFF));
    assert_eq!(desk.refused(&again), Status::whole(Sf2::IssuanceDisabled));
    assert!(*desk.card.memory() == before);

    let transport = desk.demo.transport_key.clone();
    let blank = crate::support::blank_memory(desk.demo.idm, &desk.demo.division_key);
    let mut desk = Desk::with(card_of(blank));
    let target = AuthTarget {
        system: SystemCode::ANY,
        ..desk.target(&[0], &[0xFFFF])
    };
    let ids = Reader::new(&mut desk.card).authenticate(&mut desk.sam, &target, &mut desk.rng);
    assert_eq!(ids, Ok((Idi([0xFF; 8]), Pmi([0xFF; 8]))));
    let wrong = package(0x0003, &off_by_one_bit(&transport));
    assert_eq!(desk.refused(&wrong), Status::whole(Sf2::PackageMac));
    let any = package(0xFFFF, &transport);
    assert_eq!(desk.refused(&any), Status::whole(Sf2::SystemCode));
    desk.secure(&package(0x0003, &transport)).expect("prepared");
    assert_eq!(
        desk.refused(&package(0x0003, &transport)),
        Status::whole(Sf2::IssuanceDisabled)
    );
}

/// The key of area 0 seals the issue package, as it seals whatever is registered under area 0. On a blank card it is
/// the system's as well, until one of the two is changed.
#[test]
fn area_0s_key_seals_the_issue_package() {
    let demo = Demo::new();
    let blank = crate::support::blank_memory(demo.idm, &demo.division_key);
    let mut desk = Desk::with(card_of(blank));
    let (transport, new) = (demo.transport_key, DesKey::new(*b"DEMONEWS"));
    let target = AuthTarget {
        system: SystemCode::ANY,
        ..desk.target(&[0], &[0xFFFF])
    };
    Reader::new(&mut desk.card)
        .authenticate(&mut desk.sam, &target, &mut desk.rng)
        .expect("genuine");
    let package = key_change_package(&transport, &transport, &new, 1);
    let change = SecureRequest::Write {
        blocks: vec![BlockElement::key_change(0, 1)],
        data: vec![Block(package)],
    };
    desk.secure(&change).expect("changed");
    let register = |key: &DesKey| SecureRequest::RegisterIssueId {
        idi: Idi([1; 8]),
        pmi: Pmi([2; 8]),
        package: IssueIdPackage {
            system_code: SYSTEM,
            area0_key_version: 1,
            area0_key: DesKey::new(*b"DEMOROOT"),
        }
        .seal(key),
    };
    let refused = desk.refused(&register(&new));
    assert_eq!(refused, Status::whole(Sf2::PackageMac));
    desk.secure(&register(&transport)).expect("prepared");
}

#[test]
fn a_session_needs_every_key_of_its_list() {
    let mut desk = Desk::new();
    let mut ring = KeyRing::default();
    for (name, key) in desk.demo.issuer.ring.iter() {
        let node = KeyNode::Node(NodeCode(0x1000));
        let key = if name.node == node {
            off_by_one_bit(key)
        } else {
            key.clone()
        };
        ring.insert(name.clone(), key);
    }
    desk.sam = KeySam::new(ring, Policy::Owner);
    let error = CardError::Sam(cardwright::model::port::SamError::NotGenuine);
    assert_eq!(desk.open(&[0, 0x1000], &[0x1008]), Err(error));
    desk.card.field_off();
    desk.open(&[0], &[0x2308])
        .expect("a list without that area");
}

/// A full system: user blocks and definitions touch. What is written into the highest user block looks like the
/// definition of an area, and is none.
#[test]
fn a_user_block_is_never_read_as_a_definition() {
    let keys = [
        (SYSTEM.0, 0xFFFF, DesKey::new(run(0))),
        (SYSTEM.0, 0x0000, DesKey::new(run(0x10))),
        (SYSTEM.0, 0x1008, DesKey::new(run(0x20))),
    ];
    let mut data = known_card().data().to_vec();
    // Without the service, and with all 252 blocks for area 0.
    data[251] = Block::ERASED;
    data[0] = Block::ERASED;
    let mut desk = Desk::with(card_of(Memory::new(data, &Profile::demo())));
    desk.demo.idm = Idm(run(1));
    desk.sam = KeySam::new(crate::support::ring_of(&keys), Policy::Owner);
    let package = ServicePackage {
        code: service(0x1008),
        blocks: 251,
        key_version: 1,
        key: keys[2].2.clone(),
    };
    desk.open(&[0], &[0]).expect("genuine");
    let register = SecureRequest::RegisterService {
        code: NodeCode(0x1008),
        package: package.seal(&keys[1].2),
    };
    let remaining = desk.secure(&register).expect("it just fits");
    assert_eq!(
        remaining,
        SecureResponse::Status {
            status: Status::OK,
            remaining: Some(0)
        }
    );
    desk.secure(&SecureRequest::ChangeSystemBlock)
        .expect("written");
    desk.card.field_off();
    desk.open(&[0], &[0x1008]).expect("genuine");
    let forged = definition::area(
        NodeCode(0x2000),
        NodeCode(0x2FFF),
        9,
        1,
        &DesKey::new(*b"DEMOEVIL"),
    );
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::normal(0, 250)],
        data: vec![forged],
    };
    desk.secure(&write).expect("written");
    desk.card.field_off();
    assert_eq!(desk.versions(&[0x2000, 0x1008]), [0xFFFF, 1]);
    let image = desk.card.image().expect("a card");
    let system = &image.systems[0];
    assert_eq!(
        (
            system.areas.len(),
            system.user_blocks(),
            system.free_blocks()
        ),
        (1, 251, 0)
    );
    assert_eq!(system.system_blocks.len(), 5);
}
