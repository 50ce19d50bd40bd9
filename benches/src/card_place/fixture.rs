//! A full card with a long history: 65,536 blocks and 100,000 events, as a file.

use crate::decode::{BLOCKS, USER_BLOCKS, memory};
use cardwright::device::card_file;
use cardwright::device::memory::Memory;
use cardwright::model::card::Block;
use cardwright::model::card::journal::{By, Cause, Journal};
use cardwright::model::card::profile::Profile;
use cardwright::model::flow::table::StepId;
use std::path::PathBuf;

/// Events of the card.
pub const EVENTS: usize = 100_000;
/// Events between two runs of a flow, and of one.
const BETWEEN_FLOWS: usize = 900;
const FLOW: usize = 100;

/// The card's file, in a folder that goes away with this.
pub struct CardFile {
    _folder: tempfile::TempDir,
    pub path: PathBuf,
}

/// Writes the card.
pub fn card_file() -> Result<CardFile, String> {
    let profile = Profile::named("full-1m").ok_or("no profile of a full card")?;
    let mut blocks = memory()?;
    let journal = history(&mut blocks);
    let memory = Memory::new(blocks, &profile);
    let bytes = card_file::write_demo(&profile, &memory, &journal).map_err(|e| e.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("full.card");
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    Ok(CardFile {
        _folder: folder,
        path,
    })
}

/// Writes all over the user blocks, most of them by commands after each other, some by a flow.
fn history(blocks: &mut [Block]) -> Journal {
    let mut journal = Journal::default();
    let mut state = 1_u32;
    for number in 0..EVENTS {
        // A plain generator: the same card in every run.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let address = (state >> 8) as usize % USER_BLOCKS.min(BLOCKS);
        let before = blocks[address];
        let mut after = before;
        let changed = 1 + state as usize % 16;
        after.0[..changed]
            .iter_mut()
            .for_each(|byte| *byte = byte.wrapping_add(1) & 0x7F);
        blocks[address] = after;
        let cause = cause(number);
        journal.record(
            cause,
            address as u32,
            before,
            after,
            1_763_635_000_000 + number as u64 * 40,
        );
    }
    journal
}

/// A flow of eleven steps now and then, commands of a few kinds between.
fn cause(number: usize) -> Cause {
    let in_flow = (number % (BETWEEN_FLOWS + FLOW)).checked_sub(BETWEEN_FLOWS);
    let step = in_flow.map(|at| StepId(format!("IS{:02}", 1 + at * 11 / FLOW)));
    let code = [0x08, 0x16, 0x08, 0x08][number / 50 % 4];
    Cause {
        step,
        by: By::Command(code),
    }
}
