//! `.card` files: any bytes, a plain file that is right but for some edits of header, definitions, log and length, and one
//! with a tail that is right or nearly. What
//! opens must power on or be refused, be shown, and answer a reader. A sealed file's blocks cannot be reached without its
//! key; its header is read like any other, and how costly its passphrase is to try does not stand in it.
#![no_main]

use arbitrary::Arbitrary;
use cardwright::device::card_file::{CardFileError, Closing, read_with, write_anew, write_demo};
use cardwright::device::emulated::{EmulatedCard, OwnWrite};
use cardwright::device::files::card_tree;
use cardwright::device::memory::Memory;
use cardwright::device::system::SystemRng;
use cardwright::model::card::Block;
use cardwright::model::card::journal::{By, Journal};
use cardwright::model::card::profile::Profile;
use cardwright::model::reader::{Reader, observe};
use cardwright_fuzz::card;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Input {
    Raw(Vec<u8>),
    Edited {
        /// Block from the end of the memory, and what stands there.
        blocks: Vec<(u8, [u8; 16])>,
        /// Block of the log.
        log: Vec<(u8, [u8; 16])>,
        /// Byte of the file, within what comes before the blocks.
        header: Vec<(u16, u8)>,
        /// Text put into the header, and where.
        text: Option<(u16, String)>,
        /// Blocks from the first on that a person wrote, and with what; every fifth value takes one back instead.
        edits: Vec<(u8, u8)>,
        /// Byte of the history, from its end.
        history: Vec<(u16, u8)>,
        /// Bytes left out at the end.
        cut: u8,
    },
    /// A file with a tail.
    Grown {
        /// Records: blocks from the first on, and with what they were written.
        records: Vec<Vec<(u8, u8)>>,
        /// Byte of the tail, from its end.
        damaged: Option<(u16, u8)>,
        /// Bytes left out at the end, and zeros put there.
        cut: u16,
        zeros: u8,
    },
}

/// Length of the magic number and of the header's length.
const BEFORE: usize = 12;

fn file(input: Input) -> Option<Vec<u8>> {
    let (blocks, log, header, text, edits, history, cut) = match input {
        Input::Raw(bytes) => return Some(bytes),
        Input::Grown {
            records,
            damaged,
            cut,
            zeros,
        } => {
            let (mut bytes, whole) = grown(&records)?;
            if let Some((from_end, byte)) = damaged {
                let at = bytes.len() - 1 - usize::from(from_end) % (bytes.len() - whole).max(1);
                bytes[at] = byte;
            }
            bytes.truncate(bytes.len() - usize::from(cut).min(bytes.len()));
            bytes.resize(bytes.len() + usize::from(zeros), 0);
            return Some(bytes);
        }
        Input::Edited {
            blocks,
            log,
            header,
            text,
            edits,
            history,
            cut,
        } => (blocks, log, header, text, edits, history, cut),
    };
    let profile = Profile::named("small-1k")?;
    let memory = card(&profile);
    let (mut data, mut kept) = (memory.data().to_vec(), memory.log().to_vec());
    for (at, bytes) in blocks {
        let at = data.len() - 1 - usize::from(at) % data.len();
        data[at] = Block(bytes);
    }
    for (at, bytes) in log {
        let at = usize::from(at) % kept.len();
        kept[at] = Block(bytes);
    }
    let memory = Memory::with_log(data, kept);
    let (memory, journal) = match EmulatedCard::new(profile.clone(), memory.clone()) {
        Ok(mut card) => {
            for (at, value) in edits {
                let block = Block([value; 16]);
                // What would be no card is not written; both are states to save.
                let _ = value % 5 == 0 && card.undo() || card.edit(at.into(), &[block]).is_ok();
            }
            (card.memory().clone(), card.journal().clone())
        }
        Err(_) => (memory, Journal::default()),
    };
    let history_bytes = match journal.is_empty() {
        true => 0,
        false => journal.to_bytes().len(),
    };
    let mut bytes = write_demo(&profile, &memory, &journal).ok()?;
    // As version 2 had it: with a checksum behind it every edit would be refused.
    bytes[7] = 2;
    bytes.truncate(bytes.len() - 16);
    for (from_end, byte) in history {
        let at = bytes.len() - 1 - usize::from(from_end) % history_bytes.max(1);
        bytes[at] = byte;
    }
    let length = bytes.len() - history_bytes - (profile.blocks + profile.log_blocks) as usize * 16;
    for (at, byte) in header {
        bytes[usize::from(at) % length] = byte;
    }
    if let Some((at, text)) = text {
        let at = BEFORE + usize::from(at) % (length - BEFORE);
        let text = text.as_bytes();
        bytes.splice(at..at, text.iter().copied());
        let now = (length - BEFORE + text.len()) as u32;
        bytes[8..BEFORE].copy_from_slice(&now.to_le_bytes());
    }
    bytes.truncate(bytes.len() - usize::from(cut).min(bytes.len()));
    Some(bytes)
}

/// A file with these records behind it, and its length without them.
fn grown(records: &[Vec<(u8, u8)>]) -> Option<(Vec<u8>, usize)> {
    let profile = Profile::named("small-1k")?;
    let card = EmulatedCard::new(profile.clone(), card(&profile)).ok()?;
    let (mut bytes, mut tail) = write_anew(&card, &Closing::Demo, &mut SystemRng).ok()?;
    let whole = bytes.len();
    for record in records {
        let writes = record.iter().map(|(address, value)| OwnWrite {
            by: By::Command(*value),
            address: (*address).into(),
            time_ms: 0,
            after: Block([*value; 16]),
        });
        let writes: Vec<OwnWrite> = writes.collect();
        bytes.extend(tail.record(&writes, &mut SystemRng).ok()?);
        tail.grown();
    }
    Some((bytes, whole))
}

fuzz_target!(|input: Input| {
    let Some(bytes) = file(input) else { return };
    let Ok(saved) = read_with(&bytes, |_| Err(CardFileError::Sealed)) else {
        return;
    };
    let Ok(mut card) = saved.into_card() else {
        return;
    };
    card_tree(&card);
    let _ = observe(&mut Reader::new(&mut card));
    assert!(card.image().is_some());
    // Every moment that the file tells of can be gone to, and none makes the card dead.
    let ends: Vec<_> = card.journal().branches().map(|branch| branch.tip).collect();
    for end in ends {
        assert!(card.go_to(Some(end)));
        card.undo();
    }
    assert!(card.go_to(None));
});
