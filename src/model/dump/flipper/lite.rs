//! What a Flipper reads of a FeliCa Lite or Lite-S card: its blocks, each behind the two status flags of its reading.

use super::error::FlipperError;
use super::lines::Reader;
use crate::model::card::lite::{self, LiteBlock};
use crate::model::card::observation::ObservedSystem;
use crate::model::card::{BLOCK_BYTES, Block, Pmm, SystemCode};
use crate::model::hex;

/// Status flags and data of a block.
const ROW_BYTES: usize = 2 + BLOCK_BYTES;

/// What is known of the card's system without any block.
pub(super) fn system(pmm: Option<Pmm>) -> ObservedSystem {
    match pmm.is_some_and(lite::is_lite) {
        true => lite::observed(),
        false => ObservedSystem::untold(),
    }
}

/// The blocks in the order of [`LiteBlock::ALL`]. One whose status flags are not zero was not read.
pub(super) fn read(reader: &mut Reader, pmm: Option<Pmm>) -> Result<ObservedSystem, FlipperError> {
    let total = reader.count("Blocks total", "\"Blocks total\" and how many")?;
    if total > LiteBlock::ALL.len() {
        return Err(reader.expected("at most 28 blocks"));
    }
    reader.count("Blocks read", "\"Blocks read\" and how many")?;
    let mut read = Vec::new();
    for (index, block) in LiteBlock::ALL[..total].iter().enumerate() {
        let name = format!("Block {index}");
        let row = reader.field(&name, "the next block")?;
        let row: [u8; ROW_BYTES] =
            hex::parse_array(row).ok_or_else(|| reader.expected("18 bytes"))?;
        let [sf1, sf2, data @ ..] = row;
        if (sf1, sf2) == (0, 0) {
            read.push((*block, Block(data)));
        }
    }
    // Version 1 read every card as if it were a Lite-S one; of another nothing came.
    let mut system = system(pmm);
    if !system.code_told && !read.is_empty() {
        system = lite::observed();
        (system.code, system.code_told) = (SystemCode::ANY, false);
    }
    for (block, data) in read {
        lite::saw(&mut system, block, data);
    }
    Ok(system)
}
