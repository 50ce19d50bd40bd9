//! Whether a card's keys are all demo keys, so that it may be kept in the plain.

use super::block::Block;
use super::definition::secret_bytes;
use super::image::CardImage;
use super::journal::Journal;
use super::tree::SystemBlockKind;
use crate::model::demo::is_demo_key;
use std::collections::BTreeMap;

/// Physical address of a block that holds a key which is no demo key, or of which the history says that it held one.
/// Erased places and zeros are no keys. A memory that is no card's has no keys that anybody could tell.
pub fn live_key(memory: &[Block], journal: &Journal) -> Option<u32> {
    let image = CardImage::decode(&memory).ok()?;
    let blocks = image
        .systems
        .iter()
        .flat_map(|system| &system.system_blocks);
    let kinds: BTreeMap<u32, SystemBlockKind> =
        blocks.map(|(kind, address)| (*address, *kind)).collect();
    let is_live = |address: u32, block: &Block| {
        let kind = kinds.get(&address);
        kind.is_some_and(|kind| holds_live_key(*kind, block))
    };
    let now = kinds.keys().filter(|address| {
        let block = memory.get(**address as usize);
        block.is_some_and(|block| is_live(**address, block))
    });
    // A block that held something else, under another code, says nothing of a key.
    let same_node = |address: u32, block: &Block| {
        let now = memory.get(address as usize);
        now.is_some_and(|now| now.0[..CODES] == block.0[..CODES])
    };
    let before = journal.events().filter_map(|(_, event)| {
        let mut blocks = [&event.before, &event.after].into_iter();
        let was =
            blocks.any(|block| same_node(event.address, block) && is_live(event.address, block));
        was.then_some(event.address)
    });
    now.copied().chain(before).next()
}

/// The bytes that name a node in its definition; that of a system is its code alone.
const CODES: usize = 2;

fn holds_live_key(kind: SystemBlockKind, block: &Block) -> bool {
    let key = match kind {
        // Of a block that nobody knows, nothing can be said to be a key.
        SystemBlockKind::Other => return false,
        kind => &block.0[secret_bytes(kind)],
    };
    let is_none = key.iter().all(|byte| *byte == 0) || key.iter().all(|byte| *byte == 0xFF);
    let is_demo = match kind {
        // The second half of a key goes on where the first has begun.
        SystemBlockKind::AesKey { .. } => key.iter().all(u8::is_ascii_uppercase),
        _ => is_demo_key(key),
    };
    !is_none && !is_demo
}
