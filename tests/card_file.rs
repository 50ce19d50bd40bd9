//! `.card` files: what is written comes back, and whatever is not what was written is refused.

use crate::support::{SeededRng, demo_card, times};
use cardwright::device::card_file::{
    CardFileError, FileKey, MAGIC, MAX_BYTES, Passphrase, read, read_with, write_demo, write_sealed,
};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::device::seal::Cost;
use cardwright::model::card::Block;
use cardwright::model::card::journal::{By, Cause, EventId, Form, Journal, MOST_EVENTS};
use cardwright::model::card::profile::Profile;
use cardwright::model::flow::table::StepId;
use cardwright::model::port::{Nvm, NvmAddress};

/// As histories are written.
const FORM: Form = Form::Forgetting;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.into())
}

/// A memory whose redo log is not empty either.
fn memory() -> Memory {
    let mut memory = demo_card().memory().clone();
    memory
        .write_block(NvmAddress::Log(5), &Block([0x5C; 16]))
        .expect("power");
    memory.take_writes();
    memory
}

/// A plain file as version 2 had it, without a checksum.
fn unchecked(mut file: Vec<u8>) -> Vec<u8> {
    file[MAGIC.len()] = 2;
    file.truncate(file.len() - 16);
    file
}

#[test]
fn a_demo_card_comes_back_as_it_was() {
    let (profile, memory) = (Profile::demo(), memory());
    let file = write_demo(&profile, &memory, &Journal::default()).expect("written");
    assert!(file.starts_with(MAGIC));
    let head = String::from_utf8_lossy(&file[..1024]).to_string();
    assert!(head.contains("Demo"), "marked inside");
    let saved = read(&file, None).expect("read");
    let (read_profile, read_memory) = (saved.profile, saved.memory);
    assert!(read_profile == profile && read_memory == memory);
    EmulatedCard::new(read_profile, read_memory).expect("it lives");
}

#[test]
fn every_truncation_and_every_addition_is_refused() {
    let file = write_demo(&Profile::demo(), &memory(), &Journal::default()).expect("written");
    for length in 0..file.len() {
        let error = read(&file[..length], None).expect_err("cut off");
        let expected = if length < MAGIC.len() {
            CardFileError::NotACard
        } else {
            CardFileError::Damaged
        };
        assert_eq!(error, expected, "{length} bytes");
    }
    // A record of the tail that is cut off is left out (`card_tail`); anything longer that is none is damage.
    for more in [13, 15, 16, 160] {
        let longer = [&file[..], &vec![0x5A; more]].concat();
        assert_eq!(read(&longer, None).err(), Some(CardFileError::Damaged));
    }
}

#[test]
fn garbage_and_giants_are_refused() {
    let mut rng = SeededRng(99);
    for round in 0..2_000_usize {
        let mut bytes = vec![0; round % 300];
        cardwright::model::port::Rng::fill(&mut rng, &mut bytes);
        assert!(read(&bytes, None).is_err());
        // With the right beginning, and a length that leads into the bytes or beyond.
        let said = (rng.below(600) as u32).to_le_bytes();
        let file = [&MAGIC[..], &[2], &said, &bytes].concat();
        assert_eq!(read(&file, None).err(), Some(CardFileError::Damaged));
    }
    let huge = [&MAGIC[..], &[2], &[0xFF; 4], &vec![0; MAX_BYTES]].concat();
    assert_eq!(read(&huge, None).err(), Some(CardFileError::Damaged));
    let deep = [&MAGIC[..], &[2], &4000_u32.to_le_bytes(), &[b'('; 4000]].concat();
    assert_eq!(read(&deep, None).err(), Some(CardFileError::Damaged));
}

#[test]
fn every_damaged_byte_of_a_plain_file_is_found() {
    let file = write_demo(&Profile::demo(), &memory(), &Journal::default()).expect("written");
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(read(&damaged, None).is_err(), "byte {at}");
    }
}

#[test]
fn a_damaged_file_without_a_checksum_never_makes_a_broken_card_live() {
    let file = write_demo(&Profile::demo(), &memory(), &Journal::default()).expect("written");
    let file = unchecked(file);
    let mut alive = 0;
    for at in 0..file.len().min(1_500) {
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[at] ^= 1 << bit;
            // Plain blocks carry no check of their own: what is read either is a card's memory or does not start.
            if let Ok(saved) = read(&damaged, None)
                && let Ok(card) = saved.into_card()
            {
                alive += 1;
                assert!(card.image().is_some());
            }
        }
    }
    assert!(alive > 0);
}

#[test]
fn a_sealed_card_opens_with_its_passphrase_alone() {
    let (profile, memory) = (Profile::demo(), memory());
    let right = passphrase("correct horse battery staple");
    let file = write_sealed(
        &profile,
        &memory,
        &Journal::default(),
        &right,
        &mut SeededRng(4),
    )
    .expect("written");
    assert_eq!(read(&file, None).err(), Some(CardFileError::Sealed));
    let saved = read(&file, Some(&right)).expect("opens");
    let (read_profile, read_memory) = (saved.profile, saved.memory);
    assert!(read_profile == profile && read_memory == memory);
    let wrong = passphrase("correct horse battery stapler");
    assert_eq!(
        read(&file, Some(&wrong)).err(),
        Some(CardFileError::Passphrase)
    );
    assert!(
        !file.windows(8).any(|window| window.starts_with(b"DEMO")),
        "no key lies open"
    );

    // From here on the passphrase's key is kept by its salt, and another salt gets another key, as it would.
    let salt = salt_of(&file);
    let key = FileKey::derive(&right, &salt, Cost::STANDARD).expect("derived");
    let other = FileKey::derive(&wrong, &salt, Cost::STANDARD).expect("derived");
    let open = |bytes: &[u8]| {
        read_with(bytes, |asked| {
            Ok(if *asked == salt {
                key.clone()
            } else {
                other.clone()
            })
        })
    };
    assert!(open(&file).is_ok());
    for at in 0..1_500 {
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[at] ^= 1 << bit;
            assert!(open(&damaged).is_err(), "byte {at} bit {bit}");
        }
    }
    for length in (0..file.len()).step_by(7).chain([file.len() - 1]) {
        assert!(open(&file[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(
        open(&[&file[..], &[0x5A; 16]].concat()).err(),
        Some(CardFileError::Damaged)
    );
    assert_eq!(format!("{key:?}"), "FileKey(…)");
}

/// The salt, as the header says it.
fn salt_of(file: &[u8]) -> [u8; 16] {
    let head = String::from_utf8_lossy(&file[..1024]).to_string();
    let at = head.find("salt:\"").expect("a salt") + "salt:\"".len();
    cardwright::model::hex::parse_array(&head[at..at + 32]).expect("sixteen bytes")
}

/// A file may not say it is plain when it is sealed, or the other way round.
#[test]
fn the_mark_cannot_be_exchanged() {
    let right = passphrase("x");
    let (profile, memory) = (Profile::demo(), memory());
    let sealed = write_sealed(
        &profile,
        &memory,
        &Journal::default(),
        &right,
        &mut SeededRng(4),
    )
    .expect("written");
    let plain = write_demo(&profile, &memory, &Journal::default()).expect("written");
    let head = |file: &[u8]| {
        let length = u32::from_le_bytes([file[8], file[9], file[10], file[11]]) as usize;
        12 + length
    };
    let mixed = [&plain[..head(&plain)], &sealed[head(&sealed)..]].concat();
    // The tag behind the blocks makes one block too many.
    assert_eq!(read(&mixed, None).err(), Some(CardFileError::Damaged));
    let mixed = [&sealed[..head(&sealed)], &plain[head(&plain)..]].concat();
    assert_eq!(
        read(&mixed, Some(&right)).err(),
        Some(CardFileError::Passphrase)
    );
}

/// The profile stands in the file, so anybody may have written it.
#[test]
fn a_profile_that_is_no_chip_is_damage() {
    let profile = Profile {
        plain_write_blocks: 40,
        ..Profile::demo()
    };
    let file = write_demo(&profile, &memory(), &Journal::default()).expect("written");
    assert_eq!(read(&file, None).err(), Some(CardFileError::Damaged));
}

/// Before a profile could guard its system blocks alone, one without the promise had no log, and said no more of it.
#[test]
fn a_file_of_a_chip_without_a_log_is_read() {
    let profile = Profile {
        log_blocks: 0,
        ..Profile::demo()
    };
    let memory = Memory::new(memory().data().to_vec(), &profile);
    let file = write_demo(&profile, &memory, &Journal::default()).expect("written");
    let file = unchecked(file);
    let text = b"atomic:true,";
    let at = file.windows(text.len()).position(|part| part == text);
    let at = at.expect("the header says it");
    let length = u32::from_le_bytes([file[8], file[9], file[10], file[11]]) - text.len() as u32;
    let older = [
        &file[..8],
        &length.to_le_bytes(),
        &file[12..at],
        &file[at + text.len()..],
    ];
    let saved = read(&older.concat(), None).expect("read");
    assert!(!saved.profile.is_atomic());
}

/// A demo card that was written to, edited, taken back, and gone on with on another branch.
fn with_history() -> EmulatedCard {
    let mut card = demo_card();
    for value in 0..5u8 {
        card.edit(40, &[Block([value; 16])]).expect("a free block");
    }
    let end = card.journal().head().expect("an event");
    assert!(card.journal_mut().name_branch(end, "as it went"));
    assert!(card.undo() && card.undo());
    for value in 10..13u8 {
        card.edit(41, &[Block([value; 16])]).expect("a free block");
    }
    assert!(card.undo());
    card
}

pub fn same_history(a: &Journal, b: &Journal) {
    assert!(a.events().eq(b.events()));
    assert!(
        a.events()
            .all(|(_, event)| a.cause(event) == b.cause(event))
    );
    assert!(a.branches().eq(b.branches()));
    assert_eq!((a.head(), a.line_end()), (b.head(), b.line_end()));
    assert_eq!((a.undo_to(), a.redo_to()), (b.undo_to(), b.redo_to()));
    assert!((0..256).all(|at| a.last_writer(at) == b.last_writer(at)));
}

#[test]
fn the_history_comes_back_with_its_branches() {
    let card = with_history();
    let file = write_demo(card.profile(), card.memory(), card.journal()).expect("written");
    let mut again = read(&file, None).expect("read").into_card().expect("alive");
    same_history(card.journal(), again.journal());
    assert!(again.redo(), "what was taken back can be done again");
    let named = again.journal().branches().find(|b| b.name == "as it went");
    assert!(again.go_to(Some(named.expect("kept").tip)));
    assert_eq!(again.memory().data()[40], Block([4; 16]));
    assert!(again.go_to(None), "back before everything");
    let sealed = passphrase("correct horse battery staple");
    let file = write_sealed(
        card.profile(),
        card.memory(),
        card.journal(),
        &sealed,
        &mut SeededRng(7),
    );
    let again = read(&file.expect("written"), Some(&sealed)).expect("opens");
    same_history(card.journal(), &again.journal);
}

#[test]
fn a_damaged_history_is_refused_or_is_one() {
    let card = with_history();
    let bytes = card.journal().to_bytes();
    let blocks = card.memory().data();
    for length in 0..bytes.len() {
        assert!(
            Journal::from_bytes(&bytes[..length], FORM, blocks).is_err(),
            "cut at {length}"
        );
    }
    for at in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= bit;
            let Ok(mut journal) = Journal::from_bytes(&damaged, FORM, blocks) else {
                continue;
            };
            // A name, a time or a cause was changed, or another event's head is told; whatever it is, it can be walked.
            let mut memory = blocks.to_vec();
            let ends: Vec<EventId> = journal.branches().map(|branch| branch.tip).collect();
            for end in ends {
                assert!(journal.go_to(Some(end), |at, block| memory[at as usize] = *block));
            }
        }
    }
    let mut causes = bytes.clone();
    causes[..2].copy_from_slice(&u16::MAX.to_le_bytes());
    causes.splice(2..2, [2, 0, 0].repeat(usize::from(u16::MAX) - 1));
    assert!(
        Journal::from_bytes(&causes, FORM, blocks).is_err(),
        "no card has so many causes"
    );
    assert!(
        Journal::from_bytes(&bytes, FORM, &blocks[..41]).is_err(),
        "a smaller card's"
    );
    let mut other = blocks.to_vec();
    other[41] = Block([0x77; 16]);
    assert!(
        Journal::from_bytes(&bytes, FORM, &other).is_err(),
        "another card's"
    );
}

#[test]
fn a_history_is_read_however_its_branches_lie() {
    // Two branches of many events, written in turns: each event is far away from the one before.
    let mut journal = Journal::default();
    let cause = || Cause {
        step: None,
        by: By::Edit,
    };
    for _ in 0..20_000 {
        journal.record(cause(), 0, Block([0; 16]), Block([0; 16]), 0);
    }
    let mut bytes = journal.to_bytes();
    let first = bytes.len() - 20_000 * 50;
    for index in 2..20_000usize {
        let at = first + index * 50;
        bytes[at..at + 4].copy_from_slice(&(index as u32 - 1).to_le_bytes());
    }
    let read = Journal::from_bytes(&bytes, FORM, &[Block([0; 16]); 64]).expect("a history");
    assert_eq!(read.path(read.head()).count(), 10_001);
}

/// A card that was written to by commands, and then edited and taken back many times.
fn edited_and_taken_back(writes: usize, pairs: usize) -> (Memory, Journal) {
    let mut journal = Journal::default();
    let mut data = memory().data().to_vec();
    let mut write = |journal: &mut Journal, by, value: usize| {
        let after = Block((value as u128).to_le_bytes());
        let cause = Cause { step: None, by };
        journal.record(cause, 40, data[40], after, 0);
        data[40] = after;
        let undo = journal.undo_to();
        undo.map(|to| journal.go_to(to, |at, block| data[at as usize] = *block))
    };
    for value in 0..writes {
        write(&mut journal, By::Command(0x08), value);
    }
    for value in 0..pairs {
        assert_eq!(write(&mut journal, By::Edit, writes + value), Some(true));
    }
    (Memory::new(data, &Profile::demo()), journal)
}

#[test]
fn whatever_is_written_is_read() {
    for (writes, pairs) in [(7_693, 262), (10_000, 2_600), (times(30_000, 900_000), 30)] {
        let (memory, journal) = edited_and_taken_back(writes, pairs);
        let file = write_demo(&Profile::demo(), &memory, &journal).expect("written");
        let again = read(&file, None).expect("read");
        assert!(!again.history_lost, "{writes} and {pairs}");
        same_history(&journal, &again.journal);
    }
}

/// A plain file with a history as version 2 had it: it did not say how many events were forgotten.
fn of_version_2(file: Vec<u8>, events: usize) -> Vec<u8> {
    let mut older = unchecked(file);
    let at = older.len() - events * 50 - 8;
    assert_eq!(
        older[at..at + 8],
        [[0; 4], (events as u32).to_le_bytes()].concat()
    );
    older.drain(at..at + 4);
    let name = b"history_bytes:";
    let at = older.windows(name.len()).position(|part| part == name);
    let at = at.expect("the header says it") + name.len();
    let digits = older[at..].iter().take_while(|byte| byte.is_ascii_digit());
    let digits = digits.count();
    let told = std::str::from_utf8(&older[at..at + digits]).expect("digits");
    let less = told.parse::<usize>().expect("a number") - 4;
    older.splice(at..at + digits, format!("{less:0digits$}").into_bytes());
    older
}

#[test]
fn a_history_that_cannot_be_read_costs_the_history_alone() {
    let card = with_history();
    let file = write_demo(card.profile(), card.memory(), card.journal()).expect("written");
    // Version 2 has no checksum that would find the damage first.
    let mut older = of_version_2(file, card.journal().len());
    let whole = read(&older, None).expect("read");
    assert!(!whole.history_lost);
    same_history(card.journal(), &whole.journal);
    // The block that the second event found, which is not what the first one left.
    let second = older.len() - card.journal().len() * 50 + 50 + 18;
    older[second] ^= 1;
    let read = read(&older, None).expect("the card is whole");
    assert_eq!(read.memory, *card.memory());
    assert!(read.history_lost && read.journal.is_empty());
    assert!(read.into_card().expect("alive").has_lost_history());
}

#[test]
fn long_names_and_many_causes_are_read_back() {
    let mut journal = Journal::default();
    let erased = memory().data()[40];
    for number in 0..5_000 {
        let step = Some(StepId(format!("{}{number}", "\u{e9}".repeat(number % 200))));
        let by = By::Command(number as u8);
        journal.record(Cause { step, by }, 40, erased, erased, 0);
    }
    let tip = journal.head().expect("an event");
    assert!(journal.name_branch(tip, &"\u{e9}".repeat(200)));
    let file = write_demo(&Profile::demo(), &memory(), &journal).expect("written");
    let again = read(&file, None).expect("read");
    assert!(!again.history_lost);
    same_history(&journal, &again.journal);
    let codes = journal.events().zip(0..5_000);
    assert!(codes.into_iter().all(|((_, event), number)| {
        journal
            .cause(event)
            .is_some_and(|cause| cause.by == By::Command(number as u8))
    }));
}

#[test]
fn a_history_that_forgot_its_oldest_events_is_read_back() {
    let mut journal = Journal::default();
    let mut now = memory().data()[40];
    for value in 0..=MOST_EVENTS {
        let after = Block((value as u128).to_le_bytes());
        let cause = Cause {
            step: None,
            by: By::Command(0x08),
        };
        journal.record(cause, 40, now, after, 0);
        now = after;
    }
    assert_eq!(journal.newest(), MOST_EVENTS + 1);
    assert_eq!(journal.forgotten() as usize, MOST_EVENTS / 4);
    assert_eq!(journal.len(), MOST_EVENTS + 1 - MOST_EVENTS / 4);
    let mut data = memory().data().to_vec();
    data[40] = now;
    let memory = Memory::new(data, &Profile::demo());
    let file = write_demo(&Profile::demo(), &memory, &journal).expect("written");
    let mut again = read(&file, None).expect("read").journal;
    same_history(&journal, &again);
    assert_eq!(again.forgotten(), journal.forgotten());
    let mut first = now;
    assert!(again.go_to(None, |_, block| first = *block));
    assert_eq!(first, Block((MOST_EVENTS as u128 / 4 - 1).to_le_bytes()));
}

#[test]
fn a_file_of_the_first_version_has_no_history() {
    let file = write_demo(&Profile::demo(), &memory(), &Journal::default()).expect("written");
    let mut older = unchecked(file);
    assert!(read(&older, None).expect("read").journal.is_empty());
    older[MAGIC.len()] = 1;
    assert!(read(&older, None).expect("read").journal.is_empty());
    older[MAGIC.len()] = 5;
    assert_eq!(read(&older, None).err(), Some(CardFileError::Newer));
}

#[test]
fn a_card_that_has_or_had_a_live_key_is_not_written_plain() {
    let profile = Profile::demo();
    let data = memory().data().to_vec();
    let address = data.len() as u32 - 3;
    let mut live = data[address as usize];
    live.put(4, &[0x9B, 0x3E, 0xD5, 0x61, 0xF8, 0x2C, 0xA7, 0x40]);
    let with = |block: Block| {
        let mut data = data.clone();
        data[address as usize] = block;
        Memory::new(data, &profile)
    };
    let none = Journal::default();
    let refused = Some(CardFileError::LiveKey(address));
    assert_eq!(write_demo(&profile, &with(live), &none).err(), refused);
    // It was taken back, and stands in the history.
    let mut journal = Journal::default();
    let demo = data[address as usize];
    for (before, after) in [(demo, live), (live, demo)] {
        let by = By::Command(0x06);
        journal.record(Cause { step: None, by }, address, before, after, 0);
    }
    assert_eq!(write_demo(&profile, &with(demo), &journal).err(), refused);
    assert!(write_demo(&profile, &with(demo), &none).is_ok());
    let mut none_at_all = demo;
    none_at_all.put(4, &[0xFF; 8]);
    assert!(write_demo(&profile, &with(none_at_all), &none).is_ok());
}
