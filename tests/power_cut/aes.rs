//! The commands of the AES generation that write: Write v2, and the commit of AES keys.

use crate::aes::register::{payload, sealed, session};
use crate::aes::{LOG, PASS, SlowReader, aes_card, demo, key_of};
use crate::cuts::{Every, Trial, cut_everywhere, data};
use crate::sound::is_sound;
use crate::support::times;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Changes;
use cardwright::model::card::SystemCode;
use cardwright::model::command::{Frame, code};
use cardwright::model::port::CardLink;
use cardwright::model::reader::Reader;

/// Tries what the reader sends last, on a card that was made ready for it.
fn cut(name: &str, ready: &dyn Fn(&mut EmulatedCard) -> SlowReader, last: (u8, Vec<u8>)) {
    let mut card = aes_card();
    card.mark();
    let send = |card: &mut EmulatedCard, reader: &mut SlowReader| {
        let frame = Frame::parse(&reader.frame(last.0, &last.1)).expect("a frame");
        let answer = card.transceive(&frame);
        answer.is_ok_and(|answer| answer.is_some())
    };
    let mut reader = ready(&mut card);
    assert!(send(&mut card, &mut reader), "undisturbed");
    let after = data(&card.memory().changes());
    card.back_to_mark(&Changes::new());
    let trial = Trial {
        ready: &|card| {
            card.field_off();
            ready(card)
        },
        act: &send,
        settle: &|card| {
            card.field_off();
            Reader::new(card).poll(SystemCode::ANY).is_ok()
        },
        torn: &|_| (),
    };
    let blocks = card.profile().blocks;
    let every = Every(times(5, 1));
    let cases = cut_everywhere(&mut card, &trial, every, &|card, settled, cut| {
        assert!(*settled == after || settled.is_empty(), "{name}: {cut:?}");
        is_sound(&card.image().expect("decodes"), blocks);
        *settled == after
    });
    assert!(cases.before > 0 && cases.after > 0, "{name}: {cases}");
    println!("aes-4k: {name}: {cases}");
}

fn open(card: &mut EmulatedCard) -> SlowReader {
    let keys = [key_of(PASS), key_of(LOG)];
    SlowReader::open(card, demo().idm, &[PASS, LOG], &keys, [9; 16]).expect("genuine")
}

#[test]
fn write_v2() {
    // Two random blocks, then two generations of a ring.
    let list = [4, 0x80, 0, 0x80, 1, 0x81, 0, 0x81, 0];
    let data = (1..=4).flat_map(|fill| [fill; 16]);
    let write = list.into_iter().chain(data).collect();
    cut("46, all kinds at once", &open, (code::WRITE_V2, write));
}

#[test]
fn the_commit_of_an_aes_key() {
    let ready = |card: &mut EmulatedCard| {
        let system = key_of(0xFFFF);
        let mut reader = session(card, 0xFFFF, &system);
        let own = sealed(&system, Some(&system), 0xFFFF, 2);
        let answer = reader.command(card, code::REGISTER_AES_KEY, &payload(0xFFFF, &own));
        assert_eq!(answer, Some(vec![0, 0]));
        reader
    };
    let commit = (code::CHANGE_SYSTEM_BLOCK_V2, Vec::new());
    cut("an AES key", &ready, commit);
}
