//! A chip's memory in ours, and the ways in which its power can fail.

use crate::model::card::Block;
use crate::model::card::profile::Profile;
use crate::model::port::{Nvm, NvmAddress, PowerLost};
use std::collections::BTreeMap;

/// What a write leaves behind when the power goes before, in or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Torn {
    /// What stood there: the power went before the write.
    Old,
    /// What was to stand there: it went after the write.
    New,
    /// FFh.
    Erased,
    /// The first half new, the second as it was.
    Mixed,
}

impl Torn {
    /// Every way.
    pub const ALL: [Torn; 4] = [Torn::Old, Torn::New, Torn::Erased, Torn::Mixed];

    fn block(self, old: &Block, new: &Block) -> Block {
        match self {
            Torn::Old => *old,
            Torn::New => *new,
            Torn::Erased => Block::ERASED,
            Torn::Mixed => {
                let mut block = *old;
                block.put(0, &new.0[..new.0.len() / 2]);
                block
            }
        }
    }
}

/// The write at which the power goes, counted from now, and what it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PowerCut {
    /// 0 is the next write.
    pub at_write: usize,
    pub leaves: Torn,
}

/// One write that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    pub at: NvmAddress,
    pub before: Block,
    pub after: Block,
}

/// Blocks by address: what a memory has become since it was marked.
pub type Changes = BTreeMap<NvmAddress, Block>;

/// Card memory and redo log of one chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    data: Vec<Block>,
    log: Vec<Block>,
    cut: Option<PowerCut>,
    /// Writes since they were last taken.
    writes: Vec<Write>,
    /// What stood at each address that was changed since the mark, so that a whole memory need not be copied to
    /// put it back.
    marked: Option<Changes>,
}

impl Memory {
    /// A memory that holds these blocks, with an empty redo log of the profile's length.
    pub fn new(data: Vec<Block>, profile: &Profile) -> Memory {
        Memory::with_log(data, vec![Block::ERASED; profile.log_blocks as usize])
    }

    /// A memory and its redo log as they were saved.
    pub fn with_log(data: Vec<Block>, log: Vec<Block>) -> Memory {
        Memory {
            data,
            log,
            cut: None,
            writes: Vec::new(),
            marked: None,
        }
    }

    /// The blocks of card memory.
    pub fn data(&self) -> &[Block] {
        &self.data
    }

    /// The blocks of the redo log.
    pub fn log(&self) -> &[Block] {
        &self.log
    }

    /// Lets the power go at a write to come; `None` takes that back.
    pub fn cut_at(&mut self, cut: Option<PowerCut>) {
        self.cut = cut;
    }

    /// Whether a power cut is still to come.
    pub fn is_cut_ahead(&self) -> bool {
        self.cut.is_some()
    }

    /// The power cut to come, counted from now.
    pub fn cut_ahead(&self) -> Option<PowerCut> {
        self.cut
    }

    /// The writes since the last call.
    pub fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// Puts blocks back without passing through the chip: going back to an earlier moment. What the redo log holds
    /// is taken back as well; a chip would finish it when it next gets power.
    pub fn put_back(&mut self, blocks: &[(u32, Block)]) {
        for at in 0..self.log_blocks() {
            self.set(NvmAddress::Log(at), Block::ERASED);
        }
        for (at, block) in blocks {
            self.set(NvmAddress::Data(*at), *block);
        }
    }

    /// Marks this moment, in place of an earlier one.
    pub fn mark(&mut self) {
        self.marked = Some(Changes::new());
    }

    /// What differs from the marked moment; nothing if none was marked.
    pub fn changes(&self) -> Changes {
        let marked = self.marked.iter().flatten();
        marked
            .map(|(at, was)| (*at, *was, self.read_block(*at)))
            .filter(|(_, was, is)| was != is)
            .map(|(at, _, is)| (at, is))
            .collect()
    }

    /// Puts the marked moment back, with these changes to it. What is ahead and what was written is forgotten.
    pub fn back_to_mark(&mut self, changes: &Changes) {
        for (at, was) in self.marked.clone().into_iter().flatten() {
            self.set(at, was);
        }
        if self.marked.is_some() {
            self.mark();
        }
        for (at, block) in changes {
            self.set(*at, *block);
        }
        self.cut = None;
        self.writes.clear();
    }

    /// Puts a block at an address; `false` beyond the end.
    fn set(&mut self, at: NvmAddress, block: Block) -> bool {
        let place = match at {
            NvmAddress::Data(index) => self.data.get_mut(index as usize),
            NvmAddress::Log(index) => self.log.get_mut(index as usize),
        };
        let Some(place) = place else {
            return false;
        };
        if let Some(marked) = &mut self.marked {
            marked.entry(at).or_insert(*place);
        }
        *place = block;
        true
    }
}

impl Nvm for Memory {
    fn data_blocks(&self) -> u32 {
        self.data.len() as u32
    }

    fn log_blocks(&self) -> u32 {
        self.log.len() as u32
    }

    fn read_block(&self, at: NvmAddress) -> Block {
        let place = match at {
            NvmAddress::Data(index) => self.data.get(index as usize),
            NvmAddress::Log(index) => self.log.get(index as usize),
        };
        place.copied().unwrap_or(Block::ERASED)
    }

    fn write_block(&mut self, at: NvmAddress, block: &Block) -> Result<(), PowerLost> {
        let before = self.read_block(at);
        let torn = match &mut self.cut {
            Some(PowerCut {
                at_write: 0,
                leaves,
            }) => Some(leaves.block(&before, block)),
            Some(cut) => {
                cut.at_write -= 1;
                None
            }
            None => None,
        };
        let after = torn.unwrap_or(*block);
        if self.set(at, after) {
            self.writes.push(Write { at, before, after });
        }
        if torn.is_some() {
            self.cut = None;
            return Err(PowerLost);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Block = Block([1; 16]);
    const TWO: Block = Block([2; 16]);

    fn memory() -> Memory {
        Memory::with_log(vec![Block::ZERO; 4], vec![Block::ERASED; 2])
    }

    #[test]
    fn the_marked_moment_comes_back_with_other_changes() {
        let mut memory = memory();
        let marked = memory.clone();
        memory.mark();
        for at in [NvmAddress::Data(1), NvmAddress::Log(0)] {
            memory.write_block(at, &ONE).expect("has power");
        }
        let made = Changes::from([(NvmAddress::Data(1), ONE), (NvmAddress::Log(0), ONE)]);
        assert_eq!(memory.changes(), made);
        memory.cut_at(Some(PowerCut {
            at_write: 0,
            leaves: Torn::Old,
        }));
        let other = Changes::from([(NvmAddress::Data(2), TWO)]);
        memory.back_to_mark(&other);
        assert_eq!(memory.changes(), other);
        assert_eq!(memory.data(), [Block::ZERO, Block::ZERO, TWO, Block::ZERO]);
        assert_eq!((memory.cut_ahead(), memory.take_writes()), (None, vec![]));
        memory.back_to_mark(&Changes::new());
        assert_eq!((memory.data(), memory.log()), (marked.data(), marked.log()));
    }

    #[test]
    fn nothing_is_noted_where_nothing_was_marked() {
        let mut memory = memory();
        memory.back_to_mark(&Changes::new());
        memory.put_back(&[(0, ONE)]);
        assert_eq!(memory.changes(), Changes::new());
    }

    #[test]
    fn a_write_beyond_the_end_is_none() {
        let mut memory = memory();
        for at in [NvmAddress::Data(4), NvmAddress::Log(2)] {
            memory.write_block(at, &ONE).expect("has power");
        }
        assert_eq!(memory.take_writes(), []);
    }
}
