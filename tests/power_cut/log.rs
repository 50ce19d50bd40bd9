//! The redo log by itself: its bytes, as `docs/memory-format.md` fixes them, its full length, and what is not written
//! through it.

use super::log_is_settled;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::model::card::Block;
use cardwright::model::card::profile::Profile;
use cardwright::model::chip::redo;
use cardwright::model::port::NvmAddress::{self, Data, Log};

/// Blocks of the memories of these tests.
const BLOCKS: usize = 512;

fn empty() -> Memory {
    Memory::new(vec![Block::ZERO; BLOCKS], &Profile::demo())
}

/// That many writes, each of another block, from the end of memory on.
fn writes(count: usize) -> Vec<(u32, Block)> {
    let write = |n: usize| ((BLOCKS - 1 - n) as u32, Block([n as u8 + 1; 16]));
    (0..count).rev().map(write).collect()
}

/// The most that a log of that profile takes.
fn most() -> usize {
    redo::capacity(Profile::demo().log_blocks)
}

#[test]
fn a_commit_writes_what_the_format_says_in_that_order() {
    let mut memory = empty();
    let (first, second) = (Block([0x11; 16]), Block([0x22; 16]));
    redo::commit(&mut memory, &[(0x0003, first), (0x0102, second)]).expect("has power");
    let mut addresses = Block::ERASED;
    addresses.put(0, &[0x03, 0x00, 0x02, 0x01]);
    let header = Block([
        b'C', b'W', b'R', b'L', 0x02, 0x00, 0x00, 0x00, 0x3F, 0x78, 0x7A, 0xE5, 0x47, 0x9C, 0xD5,
        0x5D,
    ]);
    let written: Vec<(NvmAddress, Block)> = memory
        .take_writes()
        .iter()
        .map(|write| (write.at, write.after))
        .collect();
    let expected = [
        (Log(1), addresses),
        (Log(2), first),
        (Log(3), second),
        (Log(0), header),
        (Data(0x0003), first),
        (Data(0x0102), second),
        (Log(0), Block::ERASED),
    ];
    assert!(written == expected, "{written:?}");
}

/// As many writes as there is room for, cut at each: before the header nothing was done, from it on everything is.
#[test]
fn a_full_log_is_one_write() {
    let profile = Profile::demo();
    let (before, mut whole) = (empty(), empty());
    redo::commit(&mut whole, &writes(most())).expect("has power");
    let header_at = profile.log_blocks as usize - 1;
    for at_write in 0..profile.log_blocks as usize + most() {
        for leaves in Torn::ALL {
            let mut memory = empty();
            memory.cut_at(Some(PowerCut { at_write, leaves }));
            redo::commit(&mut memory, &writes(most())).expect_err("cut");
            redo::recover(&mut memory).expect("has power");
            assert!(log_is_settled(&memory));
            let done = at_write > header_at || (at_write, leaves) == (header_at, Torn::New);
            let expected = if done { &whole } else { &before };
            let case = format!("write {at_write} {leaves:?}");
            assert!(memory.data() == expected.data(), "{case}");
        }
    }
}

#[test]
fn what_a_log_has_no_room_for_is_written_from_the_last_to_the_first() {
    let too_many = writes(most() + 1);
    let without_log = || Memory::with_log(vec![Block::ZERO; BLOCKS], Vec::new());
    for (mut memory, writes) in [(empty(), too_many), (without_log(), writes(2))] {
        redo::commit(&mut memory, &writes).expect("has power");
        let written = memory.take_writes();
        let written = written.iter().map(|write| (write.at, write.after));
        let expected = writes.iter().rev().map(|(at, block)| (Data(*at), *block));
        assert!(written.eq(expected));
    }
}

#[test]
fn nothing_is_written_for_nothing() {
    let mut memory = empty();
    redo::commit(&mut memory, &[]).expect("has power");
    redo::recover(&mut memory).expect("has power");
    assert_eq!(memory.take_writes(), []);
}
