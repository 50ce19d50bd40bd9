//! What a reader must know of a chip that does not promise atomic commands: what it may not repeat, and how it sets a
//! long ring right.

use crate::cards::plain;
use crate::support::{FixedClock, SeededRng, free_card};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, NodeCode};
use cardwright::model::command::{BlockElement, Request, Response};
use cardwright::model::demo::Demo;
use cardwright::model::port::CardLink;
use cardwright::model::reader::CardError;

/// A free ring of 60 blocks, and free purses: direct and decrement.
const RING: u16 = 0x20CD;
const DIRECT: u16 = 0x2051;
const DECREMENT: u16 = 0x2055;

fn card() -> EmulatedCard {
    let profile = Profile::named("plain-4k").expect("built in");
    let memory = Memory::new(free_card().memory().data().to_vec(), &profile);
    let (rng, clock) = (Box::new(SeededRng(7)), Box::new(FixedClock(1_000)));
    EmulatedCard::with_sources(profile, memory, rng, clock).expect("a card")
}

/// Writes these blocks at block 0 of a service.
fn write(card: &mut EmulatedCard, service: u16, data: &[Block]) -> Result<(), CardError> {
    let request = Request::WritePlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(service)],
        blocks: vec![BlockElement::normal(0, 0); data.len()],
        data: data.to_vec(),
    };
    plain(card, &request).map(|_| ())
}

fn read(card: &mut EmulatedCard, service: u16, number: u16) -> Block {
    let request = Request::ReadPlain {
        idm: Demo::new().idm,
        services: vec![NodeCode(service)],
        blocks: vec![BlockElement::normal(0, number)],
    };
    match plain(card, &request) {
        Ok(Response::ReadPlain { data, .. }) => data[0],
        other => panic!("{other:?}"),
    }
}

fn generations(card: &mut EmulatedCard) -> Vec<Block> {
    (0..60).map(|number| read(card, RING, number)).collect()
}

fn purse(amount: u32, id: u8) -> Block {
    let mut block = Block::ZERO;
    block.put(0, &amount.to_le_bytes()).put(12, &[id; 4]);
    block
}

#[test]
fn a_torn_decrement_that_is_repeated_takes_twice() {
    let mut card = card();
    write(&mut card, DIRECT, &[purse(1_000, 1)]).expect("written");
    let at_write = 0;
    let leaves = Torn::Mixed;
    card.cut_power(PowerCut { at_write, leaves });
    write(&mut card, DECREMENT, &[purse(300, 2)]).expect_err("cut");
    // Read back, it is told: the amount is taken, the execution ID is the old one.
    let torn = read(&mut card, DIRECT, 0);
    assert_eq!((torn.u16_le(0), torn.u16_le(4), torn.0[12]), (700, 300, 1));
    write(&mut card, DECREMENT, &[purse(300, 2)]).expect("taken");
    assert_eq!(read(&mut card, DIRECT, 0).u16_le(0), 400);
}

/// A ring of more blocks than one write takes is pushed anew in several, the oldest generations first.
#[test]
fn a_long_ring_is_set_right_in_several_writes() {
    for at_write in [0, 1, 30, 58, 59] {
        let mut card = card();
        for fill in 1..=60 {
            write(&mut card, RING, &[Block([fill; 16])]).expect("written");
        }
        let before = generations(&mut card);
        let new = Block([61; 16]);
        let wanted: Vec<Block> = [new].iter().chain(&before[..59]).copied().collect();
        let leaves = Torn::Erased;
        card.cut_power(PowerCut { at_write, leaves });
        write(&mut card, RING, &[new]).expect_err("cut");
        card.field_off();
        let torn = generations(&mut card);
        // Nothing but the oldest is missing.
        assert!(before[..59].iter().all(|block| torn.contains(block)));
        for newest_last in wanted.rchunks(8) {
            write(&mut card, RING, newest_last).expect("pushed");
        }
        assert!(generations(&mut card) == wanted, "cut at {at_write}");
    }
}
