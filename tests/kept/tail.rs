//! The bytes of a tail: what was put there comes back, what was cut off is left out, and all else is damage.

use super::{change, make};
use crate::card_file::same_history;
use crate::support::{SeededRng, free_card};
use cardwright::device::card_file::{
    CardFileError, Closing, FileKey, SavedCard, read_with, write_anew,
};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::seal::Cost;
use cardwright::model::card::Block;
use cardwright::model::reader::Outcome;

/// The cheapest key there is.
fn key() -> FileKey {
    let cost = Cost {
        memory_kib: 8,
        passes: 1,
    };
    FileKey::derive(&"correct horse".to_string().into(), &[7; 16], cost).expect("derived")
}

fn closings() -> [Closing; 2] {
    let key = key();
    let salt = [7; 16];
    [Closing::Demo, Closing::Key { salt, key }]
}

fn read(bytes: &[u8]) -> Result<SavedCard, CardFileError> {
    read_with(bytes, |_| Ok(key()))
}

/// A file with so many records behind it; where each of them ends, and the card as it was then.
struct Grown {
    bytes: Vec<u8>,
    ends: Vec<(usize, EmulatedCard)>,
}

fn grown(closing: &Closing, records: u32) -> Grown {
    let mut rng = SeededRng(11);
    let mut card = free_card();
    // Something before, so that the records go on with a history.
    card.edit(40, &[Block([1; 16])]).expect("a free block");
    let (mut bytes, mut tail) = write_anew(&card, closing, &mut rng).expect("written");
    let copy = |card: &EmulatedCard| card.copy_at(card.journal().head()).expect("there");
    let mut ends = vec![(bytes.len(), copy(&card))];
    let idm = card.image().expect("a card").systems[0].idm;
    card.note_writes();
    for number in 0..records {
        assert_eq!(make(&mut card, idm, &change(number)), Outcome::Done);
        bytes.extend(tail.record(card.unkept(), &mut rng).expect("a record"));
        tail.grown();
        card.all_kept();
        ends.push((bytes.len(), copy(&card)));
    }
    Grown { bytes, ends }
}

fn same(saved: SavedCard, card: &EmulatedCard) {
    assert!(saved.memory.data() == card.memory().data());
    same_history(&saved.journal, card.journal());
    assert!(saved.into_card().is_ok());
}

#[test]
fn what_was_written_since_comes_back_with_its_history() {
    for closing in closings() {
        let Grown { bytes, ends } = grown(&closing, 7);
        let (_, card) = ends.last().expect("some");
        assert!(card.journal().len() > 7);
        same(read(&bytes).expect("read"), card);
    }
}

#[test]
fn a_record_that_is_cut_off_is_left_out_and_nothing_before_it() {
    for closing in closings() {
        let Grown { bytes, ends } = grown(&closing, 3);
        let (base, _) = ends[0];
        for length in base..=bytes.len() {
            let (_, card) = ends.iter().rfind(|(end, _)| *end <= length).expect("one");
            same(read(&bytes[..length]).expect("read"), card);
        }
        // A machine that lost its power may have made the file as long as it was to be, and not filled it.
        for (at, (end, card)) in ends[1..].iter().enumerate() {
            for filled in (ends[at].0..end - 3).chain([*end]) {
                for length in [*end, end + 1, end + 4096] {
                    let mut file = bytes[..filled].to_vec();
                    file.resize(length, 0);
                    let card = if filled == *end { card } else { &ends[at].1 };
                    same(read(&file).expect("read"), card);
                }
            }
        }
    }
}

#[test]
fn every_damaged_byte_of_a_tail_is_found() {
    for closing in closings() {
        let Grown { bytes, ends } = grown(&closing, 3);
        for at in ends[0].0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                let error = read(&damaged).err();
                assert_eq!(error, Some(CardFileError::Damaged), "byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn records_of_another_place_or_file_are_damage() {
    for closing in closings() {
        let Grown { bytes, ends } = grown(&closing, 3);
        let part = |at: usize| bytes[ends[at].0..ends[at + 1].0].to_vec();
        let base = &bytes[..ends[0].0];
        let wrong = [
            [base, &part(1)].concat(),
            [base, &part(0), &part(0)].concat(),
            [base, &part(0), &part(2)].concat(),
            [base, &part(1), &part(0), &part(2)].concat(),
        ];
        for bytes in wrong {
            assert_eq!(read(&bytes).err(), Some(CardFileError::Damaged));
        }
        // The same card, written anew: a sealed one has another nonce, a plain one another history.
        let other = grown(&closing, 4);
        let (_, card) = &other.ends[4];
        let (anew, _) = write_anew(card, &closing, &mut SeededRng(12)).expect("written");
        let mixed = [&anew, &part(0)[..]].concat();
        assert_eq!(read(&mixed).err(), Some(CardFileError::Damaged));
    }
}

#[test]
fn no_key_lies_open_in_a_sealed_tail() {
    let [_, sealed] = closings();
    let Grown { bytes, ends } = grown(&sealed, 6);
    let written = ends.iter().flat_map(|(_, card)| {
        let events = card.journal().events().map(|(_, event)| event.after.0);
        events.collect::<Vec<_>>()
    });
    for block in written {
        assert!(!bytes.windows(16).any(|window| window == block));
    }
}
