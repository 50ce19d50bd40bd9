//! The reader's side on its own: sessions over a link, as many commands as a card wants, what it learns on the way,
//! and several readers at once.

use crate::support::{SeededRng, demo_card, free_card};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::card_tree;
use cardwright::model::card::observation::Fact;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, Idm, NodeCode, ServiceCode, SystemCode};
use cardwright::model::command::{NodeVersions, SecureRequest, Sf2, Status, code};
use cardwright::model::demo::Demo;
use cardwright::model::party::{KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, SamError};
use cardwright::model::reader::{BlockAccess, CardError, Change, Outcome, Reader, observe};
use cardwright::workbench::headless::new_card;

const SYSTEM: SystemCode = SystemCode(0x0003);

fn issuer() -> KeySam {
    KeySam::new(Demo::new().issuer.ring, Policy::Owner)
}

fn target(idm: Idm, areas: &[u16], services: &[u16]) -> AuthTarget {
    let nodes = |codes: &[u16]| codes.iter().map(|code| NodeCode(*code)).collect();
    AuthTarget {
        idm,
        system: SYSTEM,
        areas: nodes(areas),
        services: nodes(services),
    }
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

fn record(card: usize, number: usize) -> Block {
    let mut block = Block::ZERO;
    block.put(0, format!("CARD {card} NO {number}").as_bytes());
    block
}

#[test]
fn a_session_reads_in_as_many_commands_as_the_card_wants() {
    for secure_read_blocks in [1, 2, 5, 10, 12, 13, 14] {
        let profile = Profile {
            secure_read_blocks,
            ..Profile::demo()
        };
        let mut card = new_card(&Demo::new(), profile).expect("issued");
        let expected: Vec<Block> = {
            let tree = card_tree(&card);
            let services = &tree.systems[0].services;
            let journeys = services.iter().find(|s| s.code == service(0x090C));
            journeys.expect("there").data.values().copied().collect()
        };
        let idm = Demo::new().idm;
        let mut sam = issuer();
        let mut reader = Reader::new(&mut card);
        let mut session = reader
            .open(
                &mut sam,
                &target(idm, &[0, 0x0800], &[0x090C]),
                &mut SeededRng(1),
            )
            .expect("genuine");
        let numbers: Vec<u16> = (0..20).collect();
        let read = session.read(service(0x090C), &numbers);
        assert_eq!(read, Ok(expected), "{secure_read_blocks} at once");
        assert_eq!(session.read(service(0x090C), &[]), Ok(Vec::new()));
        let beyond = session.read(service(0x090C), &[20]);
        let refused = Status::at(1, Sf2::BlockNumber);
        assert_eq!(
            beyond,
            Err(CardError::Status {
                command: code::READ,
                status: refused
            })
        );
    }
}

#[test]
fn free_blocks_are_read_in_as_many_commands_as_the_card_wants() {
    let mut card = free_card();
    let numbers: Vec<u16> = (0..60).rev().collect();
    let mut reader = Reader::new(&mut card);
    let read = reader
        .plain(Demo::new().idm)
        .read(service(0x20CD), &numbers);
    assert_eq!(read, Ok(vec![Block::ERASED; 60]));
    // Four of 15, and no other.
    assert_eq!(reader.frames.len(), 2 * 4);
}

#[test]
fn what_a_session_was_not_opened_for_is_not_sent() {
    let mut card = demo_card();
    let idm = Demo::new().idm;
    let mut sam = issuer();
    let mut reader = Reader::new(&mut card);
    let mut session = reader
        .open(
            &mut sam,
            &target(idm, &[0, 0x1000], &[0x1008]),
            &mut SeededRng(1),
        )
        .expect("genuine");
    let other = service(0x1048);
    assert_eq!(session.read(other, &[0]), Err(CardError::NotNamed(other)));
    let change = Change::Set {
        service: other,
        number: 0,
        block: Block::ZERO,
    };
    let plan = session
        .plan(&[change])
        .expect("a random block needs no reading");
    let not_named = CardError::NotNamed(other);
    assert_eq!(session.write(&plan), Outcome::NotDone(not_named));
    // Thirteen blocks do not fit a frame.
    let changes = (0..13).map(|number| Change::Set {
        service: service(0x1008),
        number,
        block: Block::ZERO,
    });
    let plan = session.plan(&changes.collect::<Vec<_>>()).expect("planned");
    let too_long = CardError::Sam(SamError::NoSession);
    assert_eq!(session.write(&plan), Outcome::NotDone(too_long));
    assert_eq!(
        reader.frames.len(),
        4,
        "the authentication and nothing else"
    );
    let mut plain = reader.plain(idm);
    let plan = plain
        .plan(&[change; 14])
        .expect("a random block needs no reading");
    let too_long = CardError::Unsendable(code::WRITE_PLAIN);
    assert_eq!(plain.write(&plan), Outcome::NotDone(too_long));
}

#[test]
fn what_is_learnt_in_sessions_completes_what_was_seen() {
    let mut card = demo_card();
    let idm = Demo::new().idm;
    let mut reader = Reader::new(&mut card);
    let mut seen = observe(&mut reader).expect("observed");
    let services: Vec<ServiceCode> = {
        let nodes = seen.systems[0].nodes();
        nodes.filter_map(|node| node.code().service()).collect()
    };
    let mut sam = issuer();
    let mut rng = SeededRng(1);
    let nodes: Vec<NodeCode> = services.iter().map(|service| service.node()).collect();
    let counts = reader.block_counts(idm, &nodes).expect("told");
    for (service, count) in services.iter().zip(&counts) {
        if !service.needs_authentication() {
            continue;
        }
        let area = service.value() & 0xF800;
        let area = if area == 0x2000 { 0x2300 } else { area };
        let target = target(idm, &[0, area], &[service.value()]);
        let mut session = reader.open(&mut sam, &target, &mut rng).expect("genuine");
        let numbers: Vec<u16> = (0..*count).collect();
        session.read(*service, &numbers).expect("read");
    }
    seen.learn(&reader.learned);
    let plan = Demo::new().plan;
    assert_eq!(seen.systems[0].issuance, Some((plan.idi, plan.pmi)));
    // Now every service is known as the memory has it: blocks, key version and data.
    let (seen, full) = (seen.tree(), card_tree(&card));
    for (seen, full) in seen.systems[0]
        .services
        .iter()
        .zip(&full.systems[0].services)
    {
        assert_eq!(
            (seen.code, seen.blocks, seen.key.version, &seen.data),
            (full.code, full.blocks, full.key.version, &full.data)
        );
    }
}

/// What was read before a write is forgotten, under every code of the service's number, but for what is read back.
#[test]
fn what_a_write_made_untrue_is_forgotten() {
    let mut card = free_card();
    let idm = Demo::new().idm;
    let mut reader = Reader::new(&mut card);
    let mut seen = observe(&mut reader).expect("observed");
    assert_eq!(seen.systems[0].data[&service(0x200F)].len(), 5);
    let mut plain = reader.plain(idm);
    let push = Change::Push {
        service: service(0x200D),
        block: Block([7; 16]),
    };
    let plan = plain.plan(&[push]).expect("planned");
    assert_eq!(plain.write(&plan), Outcome::Done);
    seen.learn(&reader.learned);
    let data = &seen.systems[0].data;
    assert!(!data.contains_key(&service(0x200F)));
    assert_eq!(
        data[&service(0x200D)].iter().collect::<Vec<_>>(),
        [(&0, &Block([7; 16]))]
    );
    assert_eq!(data[&service(0x208B)].len(), 3, "others stay");
    let other = reader.learned.iter().filter(|(system, _)| *system != idm);
    assert_eq!(other.count(), 0);
    let stranger = [(idm.of_system(5), Fact::Written(service(0x208B)))];
    seen.learn(&stranger);
    assert_eq!(seen.systems[0].data[&service(0x208B)].len(), 3);
}

#[test]
fn what_a_card_tells_of_itself() {
    let mut card = demo_card();
    let idm = Demo::new().idm;
    let mut sam = issuer();
    let mut reader = Reader::new(&mut card);
    assert_eq!(reader.mode(idm), Ok(0));
    let nodes = [
        NodeCode::AREA_0,
        NodeCode(0x1008),
        NodeCode(0x3008),
        NodeCode::SYSTEM,
    ];
    let counts = reader.block_counts(idm, &nodes);
    assert_eq!(counts, Ok(vec![251, 6, 0xFFFF, 0xFFFF]));
    let versions = NodeVersions {
        encryption: NodeVersions::DES,
        first: vec![1, 1, 0xFFFF, 2],
        second: Vec::new(),
    };
    assert_eq!(reader.key_versions_v2(idm, &nodes), Ok(versions));
    assert_eq!(
        reader.key_versions_v2(idm, &[]),
        Err(CardError::Status {
            command: code::REQUEST_SERVICE_V2,
            status: Status::whole(Sf2::ServiceCount)
        })
    );
    assert_eq!(reader.system_status(idm).map(|told| told.flag), Ok(0));
    assert_eq!(reader.specification(idm).map(|told| told.basic), Ok(0x8000));
    reader
        .open(&mut sam, &target(idm, &[0], &[0]), &mut SeededRng(1))
        .expect("genuine");
    assert_eq!(reader.mode(idm), Ok(2));
    reader.reset_mode(idm).expect("taken");
    assert_eq!(reader.mode(idm), Ok(0));
    assert_eq!(
        reader.mode(idm.of_system(1)),
        Err(CardError::Silent(code::REQUEST_RESPONSE))
    );
}

/// The demo's card with that number, and what its holder's purse and gate log come to.
fn numbered(card: usize) -> (EmulatedCard, Idm) {
    let mut demo = Demo::new();
    demo.idm.0[7] = card as u8;
    let made = new_card(&demo, Profile::demo()).expect("issued");
    (made, demo.idm)
}

/// One visit of a card to a reader: its gate log gets a record, and its purse pays for it.
fn visit(link: &mut dyn CardLink, sam: &mut KeySam, idm: Idm, card: usize, number: usize) {
    let mut reader = Reader::new(link);
    let target = target(idm, &[0, 0x0800], &[0x0812, 0x090C]);
    let mut session = reader
        .open(sam, &target, &mut SeededRng((card * 1000 + number) as u64))
        .expect("genuine");
    let changes = [
        Change::Take {
            service: service(0x0812),
            number: 0,
            amount: card as u32,
            execution_id: 100 + number as u32,
        },
        Change::Push {
            service: service(0x090C),
            block: record(card, number),
        },
    ];
    let plan = session.plan(&changes).expect("planned");
    assert_eq!(session.write(&plan), Outcome::Done);
}

fn paid(card: &mut EmulatedCard, idm: Idm) -> (u32, Block) {
    let mut reader = Reader::new(card);
    reader.field_off();
    let mut plain = reader.plain(idm);
    let purse = plain.read(service(0x0817), &[0]).expect("read")[0];
    let newest = plain.read(service(0x090F), &[0]).expect("read")[0];
    (3000 - u32::from(purse.u16_le(0)), newest)
}

#[test]
fn two_readers_at_once_do_not_mix() {
    let (mut first, first_idm) = numbered(1);
    let (mut second, second_idm) = numbered(2);
    let (mut first_sam, mut second_sam) = (issuer(), issuer());
    {
        let (mut left, mut right) = (Reader::new(&mut first), Reader::new(&mut second));
        let open = |idm| target(idm, &[0, 0x0800], &[0x0812, 0x090C]);
        let mut rng = SeededRng(1);
        let mut left = left
            .open(&mut first_sam, &open(first_idm), &mut rng)
            .expect("genuine");
        let mut right = right
            .open(&mut second_sam, &open(second_idm), &mut rng)
            .expect("genuine");
        // Both sessions stay open while their commands alternate.
        for number in 0..20 {
            for (card, session) in [(1, &mut left), (2, &mut right)] {
                let changes = [Change::Push {
                    service: service(0x090C),
                    block: record(card, number),
                }];
                let plan = session.plan(&changes).expect("planned");
                assert_eq!(session.write(&plan), Outcome::Done);
            }
        }
    }
    assert_eq!(paid(&mut first, first_idm), (0, record(1, 19)));
    assert_eq!(paid(&mut second, second_idm), (0, record(2, 19)));
    // What one key holder sealed, the other's card does not take.
    let mut reader = Reader::new(&mut second);
    let open = target(second_idm, &[0], &[0]);
    reader
        .open(&mut second_sam, &open, &mut SeededRng(1))
        .expect("genuine");
    let strange = reader.secure(&mut first_sam, &SecureRequest::Read { blocks: Vec::new() });
    assert_eq!(strange, Err(CardError::Silent(code::READ)));
}

#[test]
fn readers_in_threads_of_their_own_do_not_mix() {
    let cards = std::thread::scope(|scope| {
        let desks: Vec<_> = (1..=4)
            .map(|number| {
                scope.spawn(move || {
                    let (mut card, idm) = numbered(number);
                    let mut sam = issuer();
                    for visits in 0..25 {
                        visit(&mut card, &mut sam, idm, number, visits);
                        card.field_off();
                    }
                    (number, card, idm)
                })
            })
            .collect();
        let ended = desks.into_iter().map(|desk| desk.join().expect("no panic"));
        ended.collect::<Vec<_>>()
    });
    for (number, mut card, idm) in cards {
        let expected = (25 * number as u32, record(number, 24));
        assert_eq!(paid(&mut card, idm), expected);
    }
}
