//! The redo log: how several block writes become one.
//!
//! The log stands outside every system's window. A transaction first writes what it is going to do (addresses
//! and new blocks), then a header, which is the commit point, then does it, then erases the header. A chip
//! that finds a whole header when it is powered on does the writes again, which is harmless, and so a card is
//! wholly before or wholly after. `docs/memory-format.md` fixes the layout:
//!
//! ```text
//! log block 0        header: "CWRL"  n (2 LE)  0000  CRC-32 of the body (4 LE)  CRC-32 of the 12 bytes before (4 LE)
//! log block 1…a      physical addresses, 2 bytes LE each, eight to a block, FFFFh where unused; a = ⌈n/8⌉
//! log block a+1…a+n  the new blocks, in the order of their addresses
//! ```

use crate::model::card::Block;
use crate::model::port::{Nvm, NvmAddress, PowerLost};

const MAGIC: [u8; 4] = *b"CWRL";
const ADDRESSES_A_BLOCK: usize = 8;

/// Writes that fit into a log of that many blocks.
pub fn capacity(log_blocks: u32) -> usize {
    (0..log_blocks as usize)
        .rev()
        .find(|n| log_length(*n) <= log_blocks as usize)
        .unwrap_or(0)
}

fn log_length(writes: usize) -> usize {
    1 + writes.div_ceil(ADDRESSES_A_BLOCK) + writes
}

/// Makes the writes: as one if the chip has a log, else one after the other. More writes than
/// [`capacity`] is a mistake of the caller, who refuses them beforehand; they are then written one after the
/// other as well.
pub fn commit(nvm: &mut dyn Nvm, writes: &[(u32, Block)]) -> Result<(), PowerLost> {
    if writes.is_empty() {
        return Ok(());
    }
    if writes.len() > capacity(nvm.log_blocks()) {
        return write_through(nvm, writes);
    }
    let body = body(writes);
    for (at, block) in body.iter().enumerate() {
        nvm.write_block(NvmAddress::Log(1 + at as u32), block)?;
    }
    nvm.write_block(NvmAddress::Log(0), &header(writes.len() as u16, &body))?;
    apply(nvm, writes)?;
    nvm.write_block(NvmAddress::Log(0), &Block::ERASED)
}

/// Makes the writes one after the other, from the last to the first; they come in order of address. A ring's
/// generations so move up before their place is taken, and none but the oldest is ever missing; of definitions, what
/// was made first is written first.
pub fn write_through(nvm: &mut dyn Nvm, writes: &[(u32, Block)]) -> Result<(), PowerLost> {
    let mut last_first = writes.iter().rev();
    last_first.try_for_each(|(at, block)| nvm.write_block(NvmAddress::Data(*at), block))
}

/// What a chip does first when it gets power: finishes a transaction whose header is whole, and erases what
/// is left of any other.
pub fn recover(nvm: &mut dyn Nvm) -> Result<(), PowerLost> {
    if nvm.log_blocks() == 0 {
        return Ok(());
    }
    let header = nvm.read_block(NvmAddress::Log(0));
    if header.is_erased() {
        return Ok(());
    }
    if let Some(writes) = read_transaction(nvm, &header) {
        apply(nvm, &writes)?;
    }
    nvm.write_block(NvmAddress::Log(0), &Block::ERASED)
}

fn apply(nvm: &mut dyn Nvm, writes: &[(u32, Block)]) -> Result<(), PowerLost> {
    writes
        .iter()
        .try_for_each(|(at, block)| nvm.write_block(NvmAddress::Data(*at), block))
}

fn body(writes: &[(u32, Block)]) -> Vec<Block> {
    let addresses = writes.chunks(ADDRESSES_A_BLOCK).map(|chunk| {
        let mut block = Block::ERASED;
        for (index, (at, _)) in chunk.iter().enumerate() {
            block.put(2 * index, &(*at as u16).to_le_bytes());
        }
        block
    });
    addresses
        .chain(writes.iter().map(|(_, block)| *block))
        .collect()
}

fn header(writes: u16, body: &[Block]) -> Block {
    let mut block = Block::ZERO;
    block
        .put(0, &MAGIC)
        .put(4, &writes.to_le_bytes())
        .put(8, &crc32(body.iter().flat_map(|b| b.0)).to_le_bytes());
    let check = crc32(block.0[..12].iter().copied());
    block.put(12, &check.to_le_bytes());
    block
}

/// The writes of a committed transaction; `None` when the header or the body is not whole.
fn read_transaction(nvm: &dyn Nvm, found: &Block) -> Option<Vec<(u32, Block)>> {
    let count = usize::from(found.u16_le(4));
    if log_length(count) > nvm.log_blocks() as usize {
        return None;
    }
    let addresses = count.div_ceil(ADDRESSES_A_BLOCK);
    let body: Vec<Block> = (0..addresses + count)
        .map(|at| nvm.read_block(NvmAddress::Log(1 + at as u32)))
        .collect();
    if header(count as u16, &body) != *found {
        return None;
    }
    let address = |index: usize| {
        u32::from(body[index / ADDRESSES_A_BLOCK].u16_le(2 * (index % ADDRESSES_A_BLOCK)))
    };
    Some(
        (0..count)
            .map(|index| (address(index), body[addresses + index]))
            .collect(),
    )
}

/// CRC-32 as in ISO 3309 (the polynomial of Ethernet and zip), bit by bit: it runs over a few dozen blocks.
fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    !bytes.fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_is_the_common_one() {
        assert_eq!(crc32(b"123456789".iter().copied()), 0xCBF4_3926);
    }

    #[test]
    fn capacity_leaves_room_for_header_and_addresses() {
        assert_eq!(capacity(0), 0);
        assert_eq!(capacity(2), 0);
        assert_eq!(capacity(3), 1);
        assert_eq!(capacity(64), 56);
        assert!(log_length(capacity(64)) <= 64 && log_length(capacity(64) + 1) > 64);
    }
}
