//! The emulated card by itself: what is set to go wrong and taken back, a card that is taken off the field, and its
//! memory put to another moment.

use crate::support::{card_of, demo_card, free_card};
use cardwright::device::emulated::{EmulatedCard, LinkFault};
use cardwright::device::memory::{Changes, Memory, PowerCut, Torn};
use cardwright::model::card::journal::{EventId, Journal};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, ServiceCode, SystemCode};
use cardwright::model::command::{Frame, code};
use cardwright::model::demo::Demo;
use cardwright::model::port::{CardLink, LinkError, Nvm, NvmAddress};
use cardwright::model::reader::{BlockAccess, CardError, Change, Outcome, Reader};

const SYSTEM: SystemCode = SystemCode(0x0003);

const NEXT_CUT: PowerCut = PowerCut {
    at_write: 0,
    leaves: Torn::Old,
};

/// A command that every card answers.
fn polling() -> Frame {
    Frame::build(code::POLLING, &[0x00, 0x03, 0, 0]).expect("it fits")
}

fn answers(card: &mut EmulatedCard) -> bool {
    matches!(card.transceive(&polling()), Ok(Some(answer)) if answer.code() == 0x01)
}

/// Writes the first and the last block of a service without a key: four writes to the redo log, then two to data.
fn write_two(card: &mut EmulatedCard, byte: u8) -> Outcome {
    let set = |number| Change::Set {
        service: ServiceCode::new(0x2089).expect("a service code"),
        number,
        block: Block([byte; 16]),
    };
    let mut reader = Reader::new(card);
    let mut plain = reader.plain(Demo::new().idm);
    let plan = plain.plan(&[set(0), set(2)]).expect("planned");
    plain.write(&plan)
}

/// A card whose power went when its log was whole and nothing of it was done.
fn with_a_full_log() -> EmulatedCard {
    let mut card = free_card();
    card.cut_power(PowerCut {
        at_write: 4,
        leaves: Torn::Old,
    });
    let gone = CardError::Link(LinkError::CardGone);
    assert_eq!(write_two(&mut card, 1), Outcome::Unknown(gone));
    assert!(!card.memory().read_block(NvmAddress::Log(0)).is_erased());
    card
}

#[test]
fn every_fault_to_come_is_taken_back() {
    let mut card = demo_card();
    card.disturb_next(LinkFault::Before);
    card.cut_power(NEXT_CUT);
    card.take_away();
    card.clear_faults();
    assert_eq!((card.fault_ahead(), card.cut_ahead()), (None, None));
    assert!(!card.is_away() && answers(&mut card));
}

#[test]
fn a_card_that_is_taken_away_is_gone_until_it_is_put_back() {
    let mut card = demo_card();
    let touch = card.touch();
    card.take_away();
    assert!(card.is_away() && card.chip().is_none());
    // What is to go wrong waits for a frame that can reach the card.
    card.disturb_next(LinkFault::Undelivered);
    assert_eq!(card.transceive(&polling()), Err(LinkError::CardGone));
    assert_eq!(card.fault_ahead(), Some(LinkFault::Undelivered));
    card.field_off();
    assert!(card.chip().is_none(), "the field does not bring it back");
    card.put_back();
    assert!(!card.is_away() && card.chip().is_some());
    assert_ne!(card.touch(), touch);
    assert_eq!(card.transceive(&polling()), Ok(None));
    assert!(answers(&mut card));
}

#[test]
fn the_newest_exchange_is_told() {
    let mut card = demo_card();
    assert_eq!(card.last_exchange(), None);
    assert!(answers(&mut card));
    let last = card.last_exchange().expect("one");
    assert_eq!((last.code, last.answered), (code::POLLING, true));
    let other = Frame::build(code::POLLING, &[0x12, 0x34, 0, 0]).expect("it fits");
    assert_eq!(card.transceive(&other), Ok(None));
    let last = card.last_exchange().expect("one");
    assert_eq!((last.code, last.answered), (code::POLLING, false));
}

/// An answer that comes late is heard while the card stays in the field, and never after.
#[test]
fn a_late_answer_ends_with_the_field() {
    let idm = Demo::new().idm;
    let question = Frame::build(code::REQUEST_SYSTEM_CODE, &idm.0).expect("it fits");
    for leaves in [false, true] {
        let mut card = demo_card();
        card.disturb_next(LinkFault::Late);
        assert_eq!(card.transceive(&question), Ok(None));
        if leaves {
            card.field_off();
        }
        assert_eq!(answers(&mut card), leaves);
    }
}

/// Bits are counted through code and body, and around.
#[test]
fn a_turned_bit_is_the_one_that_was_named() {
    let whole = demo_card().transceive(&polling()).expect("there");
    let whole = whole.expect("it answers");
    let bits = (whole.as_bytes().len() - 1) * 8;
    for bit in 0..2 * bits {
        let mut card = demo_card();
        card.disturb_next(LinkFault::Flipped(bit));
        let heard = card.transceive(&polling()).expect("there");
        let heard = heard.expect("it has its length");
        let mut turned = whole.as_bytes().to_vec();
        turned[1 + bit % bits / 8] ^= 1 << (bit % 8);
        assert_eq!(heard.as_bytes(), turned, "bit {bit}");
    }
}

/// What a redo log still has to do belongs to the moment that is left.
#[test]
fn a_card_with_a_full_log_is_put_back_without_it() {
    let before = free_card().memory().data().to_vec();
    let mut card = with_a_full_log();
    assert_eq!(card.memory().data(), before);
    let copy = card.copy_at(None).expect("the beginning");
    assert!(card.go_to(None));
    for mut card in [card, copy] {
        assert!(answers(&mut card));
        assert_eq!(card.memory().data(), before);
    }
    let mut left = with_a_full_log();
    left.field_off();
    assert_ne!(left.memory().data(), before, "left alone, it is done");
}

#[test]
fn a_moment_that_is_not_there_changes_nothing() {
    let nowhere = EventId::new(9_999);
    let mut card = demo_card();
    let touch = card.touch();
    assert!(!card.go_to(nowhere) && card.copy_at(nowhere).is_none());
    assert_eq!(card.touch(), touch);
    let mut torn = with_a_full_log();
    let memory = torn.memory().clone();
    assert!(!torn.go_to(nowhere));
    assert_eq!(torn.memory(), &memory);
}

#[test]
fn a_copy_has_no_fault_ahead() {
    let mut card = demo_card();
    card.cut_power(NEXT_CUT);
    let now = card.journal().head();
    let copy = card.copy_at(now).expect("the present");
    assert_eq!(copy.cut_ahead(), None);
    assert_eq!(card.cut_ahead(), Some(NEXT_CUT));
}

#[test]
fn a_card_begins_anew_at_its_mark() {
    let mut card = free_card();
    card.mark();
    let marked = card.memory().data().to_vec();
    assert_eq!(write_two(&mut card, 1), Outcome::Done);
    card.disturb_next(LinkFault::Before);
    card.back_to_mark(&Changes::new());
    assert!(card.journal().is_empty() && card.chip().is_none());
    assert_eq!(card.fault_ahead(), None);
    assert_eq!(card.memory().data(), marked);
    assert!(answers(&mut card));
}

#[test]
fn a_card_that_is_restored_has_power_and_is_a_card() {
    let restore = |memory| EmulatedCard::restore(Profile::demo(), memory, Journal::default());
    let erased = Memory::new(vec![Block::ERASED; 256], &Profile::demo());
    assert!(restore(erased).is_err());
    let torn = with_a_full_log().memory().clone();
    let restored = restore(torn.clone()).expect("a card");
    assert!(restored.chip().is_some());
    assert_eq!(restored.memory().data(), card_of(torn).memory().data());
    // What its log did is on the time line.
    assert_eq!(restored.journal().len(), 2);
    assert!(Reader::new(&mut { restored }).poll(SYSTEM).is_ok());
}
