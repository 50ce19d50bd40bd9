//! Power cuts. The matrix cuts every command at every write; here are a flow that goes on after a cut, and what a
//! redo log does when it is damaged.

mod aes;
mod commands;
mod log;
mod matrix;
mod unpromised;

use crate::support::{ALL, Division, SeededRng, card_of, demo_card, divided_data};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::model::card::{Block, NodeCode, SystemCode};
use cardwright::model::command::{BlockElement, SecureRequest};
use cardwright::model::demo::Demo;
use cardwright::model::flow::Halt;
use cardwright::model::party::{KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, LinkError, Nvm, NvmAddress};
use cardwright::model::reader::{CardError, Reader};

const SYSTEM: SystemCode = SystemCode(0x0003);

/// The data after the card got its power back.
fn recovered(torn: &Memory) -> Vec<Block> {
    let card = card_of(torn.clone());
    assert!(log_is_settled(card.memory()));
    card.memory().data().to_vec()
}

fn log_is_settled(memory: &Memory) -> bool {
    memory.read_block(NvmAddress::Log(0)).is_erased()
}

/// The demo card in a session of the issuer's, and the key holder that has it.
fn in_session() -> (EmulatedCard, KeySam) {
    let demo = Demo::new();
    let mut card = demo_card();
    let mut sam = KeySam::new(demo.issuer.ring, Policy::Owner);
    let target = AuthTarget {
        idm: demo.idm,
        system: SYSTEM,
        areas: [0, 0x1000].map(NodeCode).to_vec(),
        services: vec![NodeCode(0x1008)],
    };
    let mut reader = Reader::new(&mut card);
    let opened = reader.authenticate(&mut sam, &target, &mut SeededRng(2));
    opened.expect("genuine");
    (card, sam)
}

/// The division's commit, cut everywhere: the flow then resumes to a divided card.
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

#[test]
fn a_dead_card_answers_again_when_it_is_put_back() {
    let (mut card, mut sam) = in_session();
    card.cut_power(PowerCut {
        at_write: 0,
        leaves: Torn::Mixed,
    });
    let write = SecureRequest::Write {
        blocks: vec![BlockElement::normal(0, 0)],
        data: vec![Block([1; 16])],
    };
    let touch = card.touch();
    let lost = Reader::new(&mut card).secure(&mut sam, &write);
    assert_eq!(lost.err(), Some(CardError::Link(LinkError::CardGone)));
    assert_ne!(card.touch(), touch);
    Reader::new(&mut card).poll(SYSTEM).expect("answers");
}

/// A log that is damaged is not carried out: the card is as it was before.
#[test]
fn a_damaged_log_is_dropped() {
    let (mut card, mut sam) = in_session();
    let before = card.memory().data().to_vec();
    // Addresses, 6 blocks and the header are written; the first data block is not.
    card.cut_power(PowerCut {
        at_write: 8,
        leaves: Torn::Old,
    });
    let write = SecureRequest::Write {
        blocks: (0..6).map(|n| BlockElement::normal(0, n)).collect(),
        data: (0..6).map(|n| Block([n; 16])).collect(),
    };
    let cut = Reader::new(&mut card).secure(&mut sam, &write);
    cut.expect_err("cut");
    let torn = card.memory().clone();
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
