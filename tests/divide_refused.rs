//! What a division refuses, and that the card is then as it was, byte for byte.

use crate::support::{ALL, Division, demo_card, divided_data, issued, off_by_one_bit, ring_of};
use cardwright::device::emulated::EmulatedCard;
use cardwright::model::card::{Idm, NodeCode, SystemCode};
use cardwright::model::cipher::{AreaPackage, DesKey, Inf1, Pf, Pj, issuer_package_key};
use cardwright::model::command::{Sf2, Status, code};
use cardwright::model::demo::Demo;
use cardwright::model::flow::divide::{Divided, Operator};
use cardwright::model::flow::{FlowError, Halt};
use cardwright::model::party::{KeyName, KeyNode, KeyRing};
use cardwright::model::port::CardLink;
use cardwright::model::reader::{CardError, Reader};

fn refused(step: &str, error: FlowError) -> Result<Divided, Halt> {
    Err(Halt::Refused {
        step: cardwright::model::flow::table::StepId(step.into()),
        error,
    })
}

fn status(status: Status) -> FlowError {
    FlowError::Card(CardError::Status {
        command: code::SEPARATE_SYSTEM,
        status,
    })
}

/// Runs the division twice, the second time as a person would try again, and sees the same refusal and no change.
fn is_refused(card: &mut EmulatedCard, division: &mut Division, step: &str, error: FlowError) {
    let before = card.memory().clone();
    for _ in 0..2 {
        assert_eq!(division.run(card, ALL), refused(step, error.clone()));
        assert!(*card.memory() == before, "{error}");
    }
    card.field_off();
    assert!(
        *card.memory() == before && card.prepared().is_empty(),
        "{error}"
    );
}

/// The ring with another key in the place of one.
fn with_key(ring: &KeyRing, system: SystemCode, node: KeyNode, key: DesKey) -> KeyRing {
    let mut ring = ring.clone();
    let name = ring.newest(system, node).expect("there").0.clone();
    ring.insert(name, key);
    ring
}

fn key(ring: &KeyRing, system: SystemCode, node: KeyNode) -> DesKey {
    ring.newest(system, node).expect("there").1.clone()
}

#[test]
fn another_division_key_is_refused() {
    let mut division = Division::new();
    let operator = &division.demo.operator;
    let system = division.demo.issuer.system;
    let wrong = off_by_one_bit(&key(&operator.ring, system, KeyNode::Division));
    let ring = with_key(&operator.ring, system, KeyNode::Division, wrong);
    division.demo.operator = Operator::new(ring, operator.system);
    is_refused(
        &mut demo_card(),
        &mut division,
        "ST64",
        status(Status::at(2, Sf2::PackageMac)),
    );
}

#[test]
fn another_issuer_key_is_refused() {
    for node in [NodeCode::SYSTEM, NodeCode::AREA_0] {
        let mut division = Division::new();
        let issuer = &mut division.demo.issuer;
        let wrong = off_by_one_bit(&key(&issuer.ring, issuer.system, KeyNode::Node(node)));
        issuer.ring = with_key(&issuer.ring, issuer.system, KeyNode::Node(node), wrong);
        is_refused(
            &mut demo_card(),
            &mut division,
            "ST64",
            status(Status::at(1, Sf2::PackageMac)),
        );
    }
}

/// The demo's packages, made without the flow.
fn packages(demo: &Demo, blocks_lent: u16) -> ([u8; 48], [u8; 24]) {
    let node = |ring: &KeyRing, system, node| key(ring, system, KeyNode::Node(node));
    let (issuer, operator) = (&demo.issuer, &demo.operator);
    let root_key = node(&operator.ring, operator.system, NodeCode::AREA_0);
    let pf = Pf {
        system_code: operator.system,
        system_key_version: 1,
        system_key: node(&operator.ring, operator.system, NodeCode::SYSTEM),
        root_key_version: 1,
        root_key: root_key.clone(),
    };
    let pf = pf.seal(&demo.division_key);
    let k_j = issuer_package_key(
        &node(&issuer.ring, issuer.system, NodeCode::SYSTEM),
        &node(&issuer.ring, issuer.system, NodeCode::AREA_0),
    );
    let inf_1 = Inf1 {
        system_code: operator.system,
        root_key,
    };
    (Pj { blocks_lent, pf }.seal(&k_j), inf_1.seal())
}

/// Goes on with a division whose packages the card took, to the phase that opens INF_1, and gives why that is refused.
/// Nothing is left to commit then.
fn third_phase(card: &mut EmulatedCard, seed: u64) -> Sf2 {
    use cardwright::model::command::{SecureRequest, SeparatePhase};
    use cardwright::model::party::{KeySam, Policy};
    use cardwright::model::port::AuthTarget;
    let demo = Demo::new();
    let mut sam = KeySam::new(demo.operator.ring.clone(), Policy::Owner);
    let target = AuthTarget {
        idm: demo.idm.of_system(1),
        system: demo.operator.system,
        areas: vec![NodeCode::AREA_0],
        services: vec![NodeCode::AREA_0],
    };
    let mut reader = Reader::new(card);
    let mut rng = crate::support::SeededRng(seed);
    reader
        .authenticate(&mut sam, &target, &mut rng)
        .expect("genuine");
    for phase in [SeparatePhase::Carve, SeparatePhase::SetTopAreaKey] {
        reader
            .secure(&mut sam, &SecureRequest::SeparateSystem(phase))
            .expect("prepared");
    }
    let third = SecureRequest::SeparateSystem(SeparatePhase::OpenInf1);
    let refused = reader.secure(&mut sam, &third);
    let Err(CardError::Status { command, status }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((command, status.sf1), (code::SEPARATE_SYSTEM, 3));
    nothing_to_commit(&mut reader, &mut sam);
    status.what().expect("a reason")
}

/// INF_1 says for which system it is and with which key, and Pf says so too. Each is whole, and sealed as it should be.
#[test]
fn an_inf_1_that_does_not_agree_with_pf_is_refused() {
    let demo = Demo::new();
    let (pj, _) = packages(&demo, 96);
    let (ring, system) = (&demo.operator.ring, demo.operator.system);
    let root_key = key(ring, system, KeyNode::Node(NodeCode::AREA_0));
    let of_another_system = Inf1 {
        system_code: SystemCode(system.0 ^ 1),
        root_key: root_key.clone(),
    }
    .seal();
    // INF_1's own bytes are those of an area's package with two bytes turned, which can be sealed with another key.
    let with_another_key = AreaPackage {
        code: NodeCode(system.0.swap_bytes()),
        end: NodeCode(0),
        blocks: 0,
        key_version: 0,
        key: crate::support::off_by_one_bit(&root_key),
    }
    .seal(&root_key);
    let opened = Inf1::open(&root_key, &with_another_key).expect("an INF_1");
    assert!(opened.system_code == system && opened.root_key != root_key);
    for inf_1 in [of_another_system, with_another_key] {
        let mut card = demo_card();
        let before = card.memory().clone();
        let taken = Reader::new(&mut card).separate_system(demo.idm, pj, inf_1);
        taken.expect("INF_1 is not opened yet");
        assert_eq!(third_phase(&mut card, 4), Sf2::PackageMismatch);
        card.field_off();
        assert!(*card.memory() == before);
    }
}

#[test]
fn any_turned_bit_of_the_packages_is_refused() {
    let demo = Demo::new();
    let (pj, inf_1) = packages(&demo, 96);
    let mut card = demo_card();
    let before = card.memory().clone();
    for bit in 0..(48 + 24) * 8 {
        let (mut pj, mut inf_1) = (pj, inf_1);
        match bit / 8 {
            byte @ 0..48 => pj[byte] ^= 1 << (bit % 8),
            byte => inf_1[byte - 48] ^= 1 << (bit % 8),
        }
        card.field_off();
        let first = Reader::new(&mut card).separate_system(demo.idm, pj, inf_1);
        if bit < 48 * 8 {
            let status = Status::at(1, Sf2::PackageMac);
            assert_eq!(
                first,
                Err(CardError::Status {
                    command: code::SEPARATE_SYSTEM,
                    status
                })
            );
        } else {
            // INF_1 is opened with the key that Pf brings, in the third phase.
            first.expect("Pj is whole");
            assert_eq!(third_phase(&mut card, bit as u64), Sf2::PackageMac);
        }
        assert!(*card.memory() == before, "bit {bit}");
    }
}

#[test]
fn more_blocks_than_are_free_and_fewer_than_the_least_are_refused() {
    for blocks in [0, 1, 4, 164, 178, 179, 255, 0x7FFF, 0xFFFF] {
        let mut division = Division::new();
        division.demo.issuer.blocks_lent = blocks;
        let error = status(Status::whole(Sf2::BlockCount));
        is_refused(&mut demo_card(), &mut division, "ST64", error);
    }
    // Of 251 allotted to area 0, 87 are taken, and the division's record takes one.
    for blocks in [5, 163] {
        let mut division = Division::new();
        division.demo.issuer.blocks_lent = blocks;
        let mut card = demo_card();
        division.run(&mut card, ALL).expect("divided");
        let image = card.image().expect("a card");
        assert_eq!(image.systems[1].window.blocks, u32::from(blocks));
    }
}

/// An operator whose system has that code, with the demo operator's keys.
fn operator_of(code: SystemCode) -> Operator {
    let demo = Demo::new();
    let mut ring = KeyRing::default();
    for (name, key) in demo.operator.ring.iter() {
        let system = if name.node == KeyNode::Division {
            name.system
        } else {
            code
        };
        ring.insert(
            KeyName {
                system,
                ..name.clone()
            },
            key.clone(),
        );
    }
    Operator::new(ring, code)
}

#[test]
fn a_system_code_that_the_card_has_is_refused() {
    for code in [SystemCode(0x0003), SystemCode::ANY] {
        let mut division = Division::new();
        division.demo.operator = operator_of(code);
        let error = status(Status::whole(Sf2::SystemCode));
        is_refused(&mut demo_card(), &mut division, "ST64", error);
    }
}

#[test]
fn a_card_that_is_not_on_the_list_is_refused_before_it_is_sent_anything() {
    let system = SystemCode(0x0003);
    let by_issuer = |division: &mut Division| {
        division.demo.issuer.rejects = vec![division.demo.user.slug.clone()];
    };
    let by_user = |division: &mut Division| division.demo.user.rejects = vec![system];
    for reject in [&by_issuer as &dyn Fn(&mut Division), &by_user] {
        let mut division = Division::new();
        reject(&mut division);
        is_refused(
            &mut demo_card(),
            &mut division,
            "ST62",
            FlowError::NotRegisterable(system),
        );
        let sent = division
            .messages
            .iter()
            .filter(|m| m.to == cardwright::model::flow::divide::CARD);
        assert_eq!(sent.count(), 0);
    }
}

#[test]
fn another_card_on_the_reader_is_told_from_the_flows_own() {
    let demo = Demo::new();
    let other = Idm([0x01, 0x12, 0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x60]);
    let untouched = issued(other, &demo.division_key).memory().clone();
    // ST61 is the 13th step; before it the flow knows no card.
    for done in 13..=21 {
        let mut division = Division::new();
        let mut card = demo_card();
        division.run(&mut card, done).expect_err("paused");
        let mut wrong = crate::support::card_of(untouched.clone());
        let mut resumed = division.resumed();
        let error = FlowError::WrongCard {
            expected: demo.idm,
            found: other,
        };
        assert_eq!(
            resumed.run(&mut wrong, ALL),
            refused("ST61", error),
            "after {done} steps"
        );
        assert!(*wrong.memory() == untouched);
        // The right card is put back.
        card.field_off();
        resumed.run(&mut card, ALL).expect("divided");
        assert!(card.memory().data() == divided_data());
    }
}

#[test]
fn a_card_without_a_division_key_cannot_be_divided() {
    let demo = Demo::new();
    let mut data = demo_card().memory().data().to_vec();
    // The record of K_D becomes one that says nothing.
    let record = data.len() - 4;
    assert_eq!(data[record].0[..2], [0x20, 0x00]);
    data[record] = cardwright::model::card::Block::ZERO;
    data[record].0[0] = 0x3F;
    let profile = cardwright::model::card::profile::Profile::demo();
    let memory = cardwright::device::memory::Memory::new(data, &profile);
    let mut card = crate::support::card_of(memory);
    assert!(
        card.image().expect("a card").systems[0]
            .division_key
            .is_none()
    );
    let error = status(Status::whole(Sf2::IssuanceDisabled));
    is_refused(&mut card, &mut Division::new(), "ST64", error);
    // Nor can one with the division key of another.
    let mut other = issued(demo.idm, &off_by_one_bit(&demo.division_key));
    let error = status(Status::at(2, Sf2::PackageMac));
    is_refused(&mut other, &mut Division::new(), "ST64", error);
}

#[test]
fn a_divided_card_has_it_and_goes_on() {
    let mut card = demo_card();
    let mut first = Division::new();
    let divided = first.run(&mut card, ALL).expect("divided");
    let before = card.memory().clone();
    let mut again = Division::new();
    let found = again.run(&mut card, ALL).expect("it has it");
    assert_eq!(
        found,
        Divided {
            before: true,
            ..divided
        }
    );
    assert!(*card.memory() == before);
    assert_eq!(again.done().last().map(String::as_str), Some("ST63"));
    // And again, in a touch of its own.
    card.field_off();
    assert_eq!(again.run(&mut card, ALL), Ok(found));
    assert!(*card.memory() == before);
}

#[test]
fn somebody_elses_system_of_that_code_is_refused() {
    let mut card = demo_card();
    let mut theirs = Division::new();
    let system = theirs.demo.operator.system;
    let parent = theirs.demo.issuer.system;
    let mut ring = ring_of(&[
        (system.0, 0xFFFF, DesKey::new(*b"DEMOTHEM")),
        (system.0, 0x0000, DesKey::new(*b"DEMOTHEY")),
    ]);
    let (name, k_d) = theirs
        .demo
        .operator
        .ring
        .newest(parent, KeyNode::Division)
        .expect("K_D");
    ring.insert(name.clone(), k_d.clone());
    theirs.demo.operator = Operator::new(ring, system);
    theirs
        .run(&mut card, ALL)
        .expect("divided by somebody else");
    let error = status(Status::whole(Sf2::SystemCode));
    is_refused(&mut card, &mut Division::new(), "ST64", error);
}

#[test]
fn a_session_that_is_opened_anew_begins_the_division_anew() {
    use cardwright::model::command::{SecureRequest, SeparatePhase};
    use cardwright::model::party::{KeySam, Policy};
    use cardwright::model::port::AuthTarget;
    let demo = Demo::new();
    let (pj, inf_1) = packages(&demo, 96);
    let mut card = demo_card();
    let before = card.memory().clone();
    let mut sam = KeySam::new(demo.operator.ring.clone(), Policy::Owner);
    let target = AuthTarget {
        idm: demo.idm.of_system(1),
        system: demo.operator.system,
        areas: vec![NodeCode::AREA_0],
        services: vec![NodeCode::AREA_0],
    };
    let mut rng = crate::support::SeededRng(9);
    let mut reader = Reader::new(&mut card);
    reader.separate_system(demo.idm, pj, inf_1).expect("taken");
    reader
        .authenticate(&mut sam, &target, &mut rng)
        .expect("genuine");
    reader
        .secure(
            &mut sam,
            &SecureRequest::SeparateSystem(SeparatePhase::Carve),
        )
        .expect("prepared");
    reader
        .authenticate(&mut sam, &target, &mut rng)
        .expect("genuine");
    // What was carved is gone with the first session, so the second phase is out of turn.
    let second = SecureRequest::SeparateSystem(SeparatePhase::SetTopAreaKey);
    let error = CardError::Status {
        command: code::SEPARATE_SYSTEM,
        status: Status::whole(Sf2::IssuanceParameter),
    };
    assert_eq!(reader.secure(&mut sam, &second), Err(error));
    nothing_to_commit(&mut reader, &mut sam);
    assert!(*card.memory() == before);
}

/// After a refused phase nothing is left that Change System Block could write.
fn nothing_to_commit(reader: &mut Reader, sam: &mut cardwright::model::party::KeySam) {
    let commit = cardwright::model::command::SecureRequest::ChangeSystemBlock;
    let error = CardError::Status {
        command: code::CHANGE_SYSTEM_BLOCK,
        status: Status::whole(Sf2::IssuanceParameter),
    };
    assert_eq!(reader.secure(sam, &commit), Err(error));
}

#[test]
fn a_division_out_of_order_is_refused() {
    use SeparatePhase::{Carve, OpenInf1, SetTopAreaKey};
    use cardwright::model::command::{SecureRequest, SeparatePhase};
    use cardwright::model::party::{KeySam, Policy};
    use cardwright::model::port::AuthTarget;
    let demo = Demo::new();
    let (pj, inf_1) = packages(&demo, 96);
    let orders: [&[SeparatePhase]; 7] = [
        &[],
        &[Carve],
        &[Carve, SetTopAreaKey],
        &[SetTopAreaKey],
        &[OpenInf1],
        &[Carve, OpenInf1],
        &[Carve, Carve],
    ];
    for order in orders {
        let mut card = demo_card();
        let before = card.memory().clone();
        let mut sam = KeySam::new(demo.operator.ring.clone(), Policy::Owner);
        let target = AuthTarget {
            idm: demo.idm.of_system(1),
            system: demo.operator.system,
            areas: vec![NodeCode::AREA_0],
            services: vec![NodeCode::AREA_0],
        };
        let mut reader = Reader::new(&mut card);
        reader.separate_system(demo.idm, pj, inf_1).expect("taken");
        let mut rng = crate::support::SeededRng(3);
        reader
            .authenticate(&mut sam, &target, &mut rng)
            .expect("genuine");
        for phase in order {
            let _ = reader.secure(&mut sam, &SecureRequest::SeparateSystem(*phase));
        }
        let commit = reader.secure(&mut sam, &SecureRequest::ChangeSystemBlock);
        assert!(commit.is_err(), "{order:?}: {commit:?}");
        assert!(*card.memory() == before, "{order:?}");
        card.field_off();
        assert!(*card.memory() == before, "{order:?}");
    }
}
