//! The bytes of a card as they may be shown: those of keys are not there at all. And what became of an edit.

use super::view::said::Words;
use crate::model::card::{BLOCK_BYTES, Block};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One byte as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteView {
    Known(u8),
    /// A byte of a key: drawn as two dots.
    Secret,
    Unknown,
}

/// Which bytes of a block are not shown: bit n stands for byte n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    pub secret: u16,
    pub unknown: u16,
}

/// The blocks of a chip, by physical address. Copies share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Hidden bytes are 00h here.
    blocks: Arc<Vec<Block>>,
    hidden: Arc<BTreeMap<u32, Hidden>>,
}

impl Bytes {
    /// These blocks without what is hidden of them, by address.
    pub fn new(mut blocks: Vec<Block>, hidden: Arc<BTreeMap<u32, Hidden>>) -> Bytes {
        for (address, hidden) in hidden.iter() {
            let Some(block) = blocks.get_mut(*address as usize) else {
                continue;
            };
            let shown = |at: usize| (hidden.secret | hidden.unknown) >> at & 1 == 0;
            (0..BLOCK_BYTES)
                .filter(|at| !shown(*at))
                .for_each(|at| block.0[at] = 0);
        }
        Bytes {
            blocks: Arc::new(blocks),
            hidden,
        }
    }

    /// Blocks that there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether nothing is known of any block.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The bytes of a block.
    pub fn row(&self, address: u32) -> Option<[ByteView; BLOCK_BYTES]> {
        let block = self.blocks.get(address as usize)?;
        let hidden = self.hidden.get(&address).copied().unwrap_or_default();
        Some(std::array::from_fn(|at| match () {
            () if hidden.secret >> at & 1 == 1 => ByteView::Secret,
            () if hidden.unknown >> at & 1 == 1 => ByteView::Unknown,
            () => ByteView::Known(block.0[at]),
        }))
    }

    /// The block, with 00h where a byte is hidden, and what is hidden of it.
    pub fn block(&self, address: u32) -> Option<(&Block, Hidden)> {
        let block = self.blocks.get(address as usize)?;
        Some((
            block,
            self.hidden.get(&address).copied().unwrap_or_default(),
        ))
    }

    /// Whether both show the same, by pointer.
    pub fn is_copy_of(&self, other: &Bytes) -> bool {
        Arc::ptr_eq(&self.blocks, &other.blocks) && Arc::ptr_eq(&self.hidden, &other.hidden)
    }
}

/// An edit by hand with which the memory would be no card's. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedEdit {
    /// Physical address of its first block.
    pub address: u32,
    /// [`super::view::CardView::revision`] from which it is so.
    pub revision: u64,
    /// What would be wrong, and what is safe.
    pub words: Words,
}

impl FromIterator<[ByteView; BLOCK_BYTES]> for Bytes {
    fn from_iter<I: IntoIterator<Item = [ByteView; BLOCK_BYTES]>>(rows: I) -> Bytes {
        let (mut blocks, mut hidden) = (Vec::new(), BTreeMap::new());
        for (address, row) in (0..).zip(rows) {
            let mut mask = Hidden::default();
            let byte = |(at, byte): (u32, ByteView)| match byte {
                ByteView::Known(value) => value,
                ByteView::Secret => {
                    mask.secret |= 1u16 << at;
                    0
                }
                ByteView::Unknown => {
                    mask.unknown |= 1u16 << at;
                    0
                }
            };
            let bytes: Vec<u8> = (0..).zip(row).map(byte).collect();
            blocks.push(Block(std::array::from_fn(|at| bytes[at])));
            if mask != Hidden::default() {
                hidden.insert(address, mask);
            }
        }
        Bytes::new(blocks, Arc::new(hidden))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_not_there() {
        let hidden = BTreeMap::from([(
            1,
            Hidden {
                secret: 0xFF00,
                unknown: 1,
            },
        )]);
        let bytes = Bytes::new(vec![Block([0x5A; 16]); 2], Arc::new(hidden));
        assert_eq!(bytes.row(0), Some([ByteView::Known(0x5A); 16]));
        let row = bytes.row(1).expect("a row");
        assert_eq!(row[0], ByteView::Unknown);
        assert_eq!(row[1..8], [ByteView::Known(0x5A); 7]);
        assert_eq!(row[8..], [ByteView::Secret; 8]);
        assert_eq!(bytes.block(1).expect("a block").0.0[8..], [0; 8]);
        assert_eq!(bytes.row(2), None);
        let again: Bytes = (0..2).filter_map(|at| bytes.row(at)).collect();
        assert_eq!(again, bytes);
    }
}
