//! Power cuts: at every block write of a command, in every torn way, and at every write of the recovery after it.
//! The card is then wholly before or wholly after.

use crate::support::{
    ALL, Division, SeededRng, card_of, demo_card, divided_data, free_card, off_by_one_bit,
};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::model::card::{Block, NodeCode, ServiceCode, SystemCode};
use cardwright::model::cipher::{AreaPackage, DesKey, ServicePackage, key_change_package};
use cardwright::model::command::{BlockElement, Request, SecureRequest};
use cardwright::model::demo::Demo;
use cardwright::model::flow::Halt;
use cardwright::model::party::{KeyNode, KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, LinkError, Nvm, NvmAddress};
use cardwright::model::reader::{CardError, Reader};

const SYSTEM: SystemCode = SystemCode(0x0003);

/// What is done to a card once it stands ready. An error is a cut.
type Act = dyn Fn(&mut Prepared) -> Result<(), CardError>;

/// A card in the middle of something, and the key holder that has the session.
struct Prepared {
    card: EmulatedCard,
    sam: KeySam,
}

/// Cuts the power at every write of `act` and of the recovery after it, and counts the cases.
fn cut_everywhere(ready: &dyn Fn() -> Prepared, act: &Act) -> usize {
    let before = ready().card.memory().data().to_vec();
    let mut whole = ready();
    act(&mut whole).expect("undisturbed");
    let after = whole.card.memory().data().to_vec();
    assert!(before != after, "the command writes");
    let mut cases = 0;
    for at_write in 0.. {
        let mut struck = false;
        for leaves in Torn::ALL {
            let mut once = ready();
            once.card.cut_power(PowerCut { at_write, leaves });
            if act(&mut once).is_ok() {
                assert!(once.card.memory().is_cut_ahead(), "the cut was not reached");
                break;
            }
            struck = true;
            cases += 1;
            let torn = once.card.memory().clone();
            let settled = recovered(&torn);
            assert!(
                settled == before || settled == after,
                "cut {at_write} {leaves:?}"
            );
            cases += cut_recovery(&torn, &settled);
        }
        if !struck {
            return cases;
        }
    }
    unreachable!("a command makes a finite number of writes")
}

/// The data after the card got its power back.
fn recovered(torn: &Memory) -> Vec<Block> {
    let card = card_of(torn.clone());
    assert!(log_is_settled(card.memory()));
    card.memory().data().to_vec()
}

fn log_is_settled(memory: &Memory) -> bool {
    memory.read_block(NvmAddress::Log(0)).is_erased()
}

/// Cuts the recovery of a torn card at each of its writes.
fn cut_recovery(torn: &Memory, settled: &[Block]) -> usize {
    let mut cases = 0;
    for at_write in 0.. {
        for leaves in Torn::ALL {
            let mut memory = torn.clone();
            memory.cut_at(Some(PowerCut { at_write, leaves }));
            let profile = cardwright::model::card::profile::Profile::demo();
            if cardwright::model::chip::Chip::power_on(profile, &mut memory).is_ok() {
                assert!(memory.is_cut_ahead());
                return cases;
            }
            cases += 1;
            assert!(
                recovered(&memory) == settled,
                "second cut {at_write} {leaves:?}"
            );
        }
    }
    unreachable!("a recovery makes a finite number of writes")
}

fn key(node: u16) -> DesKey {
    let ring = Demo::new().issuer.ring;
    ring.newest(SYSTEM, KeyNode::Node(NodeCode(node)))
        .expect("a key")
        .1
        .clone()
}

/// The demo card in a session of the issuer's.
fn in_session(areas: &[u16], services: &[u16], first: &[SecureRequest]) -> Prepared {
    let demo = Demo::new();
    let mut prepared = Prepared {
        card: demo_card(),
        sam: KeySam::new(demo.issuer.ring, Policy::Owner),
    };
    let codes = |codes: &[u16]| codes.iter().map(|code| NodeCode(*code)).collect();
    let target = AuthTarget {
        idm: demo.idm,
        system: SYSTEM,
        areas: codes(areas),
        services: codes(services),
    };
    let mut reader = Reader::new(&mut prepared.card);
    reader
        .authenticate(&mut prepared.sam, &target, &mut SeededRng(2))
        .expect("genuine");
    for command in first {
        reader.secure(&mut prepared.sam, command).expect("prepared");
    }
    prepared
}

fn secure(prepared: &mut Prepared, request: &SecureRequest) -> Result<(), CardError> {
    Reader::new(&mut prepared.card)
        .secure(&mut prepared.sam, request)
        .map(|_| ())
}

#[test]
fn one_write_of_several_blocks_is_whole() {
    let blocks = |range: std::ops::Range<u16>| {
        range
            .map(|n| BlockElement::normal(0, n))
            .collect::<Vec<_>>()
    };
    let ready = || in_session(&[0, 0x1000], &[0x1008], &[]);
    let write = SecureRequest::Write {
        blocks: blocks(0..6),
        data: (0..6).map(|n| Block([n; 16])).collect(),
    };
    let cases = cut_everywhere(&ready, &move |prepared| secure(prepared, &write));
    // 6 blocks, their addresses, the header and its erasure: 15 writes in 4 ways.
    assert!(cases > 15 * 4, "{cases}");
    println!("secure write of 6 blocks: {cases} cases");
}

#[test]
fn a_plain_write_is_whole() {
    // A service that is free to write has to be registered first; the demo card has none.
    let package = ServicePackage {
        code: ServiceCode::new(0x1109).expect("a service"),
        blocks: 3,
        key_version: 0,
        key: DesKey::new([0; 8]),
    };
    let register = SecureRequest::RegisterService {
        code: NodeCode(0x1109),
        package: package.seal(&key(0x1000)),
    };
    let commands = [register, SecureRequest::ChangeSystemBlock];
    let ready = || {
        let mut prepared = in_session(&[0, 0x1000], &[0x1000], &commands);
        prepared.card.field_off();
        prepared
    };
    let write = Request::WritePlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(0x1109)],
        blocks: (0..3).map(|n| BlockElement::normal(0, n)).collect(),
        data: vec![Block([0xAA; 16]), Block([0xBB; 16]), Block([0xCC; 16])],
    };
    let cases = cut_everywhere(&ready, &move |prepared| {
        let answer = prepared.card.transceive(&write.encode().expect("fits"))?;
        let answer = answer.expect("no silence");
        assert_eq!(answer.body()[8..10], [0, 0]);
        Ok(())
    });
    println!("plain write of 3 blocks: {cases} cases");
}

/// A write to free services, and the card has to take it.
fn plain_write(prepared: &mut Prepared, write: &Request) -> Result<(), CardError> {
    let answer = prepared.card.transceive(&write.encode().expect("fits"))?;
    assert_eq!(answer.expect("no silence").body()[8..10], [0, 0]);
    Ok(())
}

/// A card of free services with something in its ring and its purse.
fn filled() -> Prepared {
    let mut prepared = Prepared {
        card: free_card(),
        sam: KeySam::new(Demo::new().issuer.ring, Policy::Owner),
    };
    let fill = Request::WritePlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(0x200D), NodeCode(0x2051)],
        blocks: [0, 0, 0, 1].map(|s| BlockElement::normal(s, 0)).to_vec(),
        data: [3, 2, 1, 100].map(|n| Block([n; 16])).to_vec(),
    };
    plain_write(&mut prepared, &fill).expect("written");
    prepared
}

#[test]
fn a_push_is_whole() {
    let push = Request::WritePlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(0x200D)],
        blocks: vec![BlockElement::normal(0, 0); 2],
        data: vec![Block([5; 16]), Block([4; 16])],
    };
    let cases = cut_everywhere(&filled, &move |prepared| plain_write(prepared, &push));
    // The ring of 5, its addresses, the header and its erasure: 13 writes in 4 ways.
    assert!(cases > 13 * 4, "{cases}");
    println!("push of 2 into a ring of 5: {cases} cases");
}

#[test]
fn a_payment_with_its_record_is_whole() {
    let mut amount = Block::ZERO;
    amount.put(0, &7_u32.to_le_bytes()).put(12, &[1, 2, 3, 4]);
    let pay = Request::WritePlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(0x2055), NodeCode(0x200D)],
        blocks: vec![BlockElement::normal(0, 0), BlockElement::normal(1, 0)],
        data: vec![amount, Block([4; 16])],
    };
    let cases = cut_everywhere(&filled, &move |prepared| plain_write(prepared, &pay));
    println!("decrement and push: {cases} cases");
}

#[test]
fn a_registration_is_whole() {
    let area = AreaPackage {
        code: NodeCode(0x3000),
        end: NodeCode(0x30FF),
        blocks: 20,
        key_version: 1,
        key: DesKey::new(*b"DEMOAREA"),
    };
    let register = SecureRequest::RegisterArea {
        code: NodeCode(0x3000),
        package: area.seal(&key(0x0000)),
    };
    let second = AreaPackage {
        code: NodeCode(0x3100),
        end: NodeCode(0x31FF),
        ..area
    };
    let second = SecureRequest::RegisterArea {
        code: NodeCode(0x3100),
        package: second.seal(&key(0x0000)),
    };
    let commands = [register, second];
    let ready = || in_session(&[0], &[0], &commands);
    let cases = cut_everywhere(&ready, &|prepared| {
        secure(prepared, &SecureRequest::ChangeSystemBlock)
    });
    println!("registration of two areas: {cases} cases");
}

#[test]
fn a_key_change_is_whole() {
    let (old, new) = (key(0x1008), DesKey::new(*b"DEMONEWZ"));
    assert_ne!(new.without_parity(), off_by_one_bit(&new).without_parity());
    let package = key_change_package(&key(0x1000), &old, &new, 2);
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::key_change(0, 2)],
        data: vec![Block(package)],
    };
    let ready = || in_session(&[0, 0x1000], &[0x1008], &[]);
    let cases = cut_everywhere(&ready, &move |prepared| secure(prepared, &write));
    println!("key change: {cases} cases");
}

/// The division's commit: as above, and the flow then resumes to a divided card.
#[test]
fn the_commit_of_a_division_is_whole_and_the_flow_resumes() {
    let before = demo_card().memory().data().to_vec();
    let after = divided_data();
    let ready = || {
        let (mut card, mut division) = (demo_card(), Division::new());
        // Up to ST68.
        division.run(&mut card, 20).expect_err("paused");
        assert_eq!(division.done().last().map(String::as_str), Some("ST68"));
        (card, division)
    };
    let (mut cases, mut resumed_before, mut resumed_after) = (0, 0, 0);
    for at_write in 0.. {
        let mut struck = false;
        for leaves in Torn::ALL {
            let (mut card, mut division) = ready();
            card.cut_power(PowerCut { at_write, leaves });
            let case = format!("cut {at_write} {leaves:?}");
            match division.run(&mut card, 1) {
                Err(Halt::Unknown { step, .. }) => assert_eq!(step.0, "ST69", "{case}"),
                Err(Halt::Paused) => {
                    assert!(card.memory().is_cut_ahead(), "{case}");
                    break;
                }
                other => panic!("{case}: {other:?}"),
            }
            struck = true;
            cases += 1;
            // The flow has taken the power away and given it back, so the card has settled.
            assert!(log_is_settled(card.memory()), "{case}");
            let settled = card.memory().data().to_vec();
            if settled == before {
                resumed_before += 1;
            } else {
                assert!(settled == after, "{case}");
                resumed_after += 1;
            }
            let mut resumed = division.resumed();
            resumed
                .run(&mut card, ALL)
                .unwrap_or_else(|halt| panic!("{case}: {halt:?}"));
            assert!(card.memory().data() == after, "{case}");
        }
        if !struck {
            break;
        }
    }
    assert!(resumed_before > 0 && resumed_after > 0);
    println!("division, one cut: {cases} cases, {resumed_before} before, {resumed_after} after");
}

/// The torn memories of the division's commit, each cut again at every write of its recovery.
#[test]
fn the_recovery_of_a_division_is_whole() {
    let ready = || {
        let demo = Demo::new();
        let (mut card, mut division) = (demo_card(), Division::new());
        division.run(&mut card, 20).expect_err("paused");
        // The operator's key holder has the session.
        let sam = std::mem::replace(
            &mut division.demo.operator.sam,
            KeySam::new(demo.operator.ring, Policy::Owner),
        );
        Prepared { card, sam }
    };
    let cases = cut_everywhere(&ready, &|prepared| {
        secure(prepared, &SecureRequest::ChangeSystemBlock)
    });
    println!("division, two cuts: {cases} cases");
}

#[test]
fn a_dead_card_answers_again_when_it_is_put_back() {
    let mut prepared = in_session(&[0, 0x1000], &[0x1008], &[]);
    prepared.card.cut_power(PowerCut {
        at_write: 0,
        leaves: Torn::Mixed,
    });
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::normal(0, 0)],
        data: vec![Block([1; 16])],
    };
    let touch = prepared.card.touch();
    let lost = secure(&mut prepared, &write);
    assert_eq!(lost, Err(CardError::Link(LinkError::CardGone)));
    assert_ne!(prepared.card.touch(), touch);
    Reader::new(&mut prepared.card)
        .poll(SYSTEM)
        .expect("answers");
}

/// A log that is damaged is not carried out: the card is as it was before.
#[test]
fn a_damaged_log_is_dropped() {
    let mut prepared = in_session(&[0, 0x1000], &[0x1008], &[]);
    let before = prepared.card.memory().data().to_vec();
    // Addresses, 6 blocks and the header are written; the first data block is not.
    prepared.card.cut_power(PowerCut {
        at_write: 8,
        leaves: Torn::Old,
    });
    let write = SecureRequest::Write {
        blocks: (0..6).map(|n| BlockElement::normal(0, n)).collect(),
        data: (0..6).map(|n| Block([n; 16])).collect(),
    };
    secure(&mut prepared, &write).expect_err("cut");
    let torn = prepared.card.memory().clone();
    assert!(!log_is_settled(&torn) && torn.data() == before);
    assert!(recovered(&torn) != before, "undamaged, it is carried out");
    for block in 0..8 {
        for bit in 0..128 {
            // Bytes 6 and 7 of the header are zeros that its check covers as well.
            let mut log = torn.log().to_vec();
            log[block].0[bit / 8] ^= 1 << (bit % 8);
            let memory = Memory::with_log(torn.data().to_vec(), log);
            assert!(recovered(&memory) == before, "block {block} bit {bit}");
        }
    }
}
