//! FeliCa Lite and Lite-S cards, which are shown and not worked with: one system without areas, two services over one
//! run of blocks, and the blocks' names (FeliCa Lite-S User's Manual, block list).

use super::block::Block;
use super::code::{ServiceCode, SystemCode};
use super::ids::Pmm;
use super::observation::{FoundNode, Observation, ObservedSystem};
use super::tree::SystemTree;
use std::fmt;

/// Attribute of the service that reads alone, with number 0.
const READ_ONLY: u16 = 0x000B;
const READ_WRITE: u16 = 0x0009;

/// A block of a Lite-S card, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LiteBlock(u16);

impl LiteBlock {
    /// Every block, in order of number.
    pub const ALL: [LiteBlock; 28] = {
        const NUMBERS: [u16; 28] = [
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D,
            0x0E, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x90, 0x91, 0x92, 0xA0,
        ];
        let mut blocks = [LiteBlock(0); 28];
        let mut at = 0;
        while at < blocks.len() {
            blocks[at] = LiteBlock(NUMBERS[at]);
            at += 1;
        }
        blocks
    };

    /// The block of that number, if a Lite-S card has one.
    pub fn of_number(number: u16) -> Option<LiteBlock> {
        let block = LiteBlock(number);
        LiteBlock::ALL.contains(&block).then_some(block)
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Whether a key, or what a session's key is made of, stands in it: RC and CK.
    pub fn is_secret(self) -> bool {
        matches!(self.0, 0x80 | 0x87)
    }
}

impl fmt::Display for LiteBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            pad @ ..=0x0D => return write!(f, "S_PAD{pad}"),
            0x0E => "REG",
            0x80 => "RC",
            0x81 => "MAC",
            0x82 => "ID",
            0x83 => "D_ID",
            0x84 => "SER_C",
            0x85 => "SYS_C",
            0x86 => "CKV",
            0x87 => "CK",
            0x88 => "MC",
            0x90 => "WCNT",
            0x91 => "MAC_A",
            0x92 => "STATE",
            _ => "CRC_CHECK",
        };
        f.write_str(name)
    }
}

/// Whether a card with that PMm is a Lite, a Lite-S, or a Link chip that acts as one, by its IC code.
pub fn is_lite(pmm: Pmm) -> bool {
    matches!(pmm.0[1], 0xF0..=0xF2)
}

/// The block of that number of any service, where the system is that of such a card.
pub fn block_of(system: &SystemTree, number: u16) -> Option<LiteBlock> {
    LiteBlock::of_number(number).filter(|_| system.is_lite())
}

/// The system of such a card, nothing of which was read yet.
pub fn observed() -> ObservedSystem {
    let mut system = ObservedSystem::new(SystemCode::LITE);
    let services = [READ_WRITE, READ_ONLY]
        .into_iter()
        .filter_map(ServiceCode::new);
    // Two different codes.
    let listed = system.listed(services.map(FoundNode::Service).collect());
    debug_assert_eq!(listed, Ok(()));
    system
}

/// Takes in what was read of a block. What stands in a secret one is not kept.
pub fn saw(system: &mut ObservedSystem, block: LiteBlock, data: Block) {
    if let (false, Some(service)) = (block.is_secret(), ServiceCode::new(READ_ONLY)) {
        let blocks = system.data.entry(service).or_default();
        blocks.insert(block.number(), data);
    }
}

/// What was read as a card of systems, as a Lite-S card if it is one: its two services read the same blocks, and for
/// NDEF it answers to a second code with the same IDm.
pub fn as_lite(mut seen: Observation) -> Observation {
    let lite = seen
        .systems
        .iter()
        .position(|system| system.code == SystemCode::LITE);
    let Some(at) = lite else {
        return seen;
    };
    let read = seen.systems.swap_remove(at);
    let idm = read.idm;
    let mut system = observed();
    (system.idm, system.pmm) = (idm, read.pmm);
    for (number, data) in read.data.values().flatten() {
        if let Some(block) = LiteBlock::of_number(*number) {
            saw(&mut system, block, *data);
        }
    }
    seen.systems
        .retain(|other| other.code != SystemCode::NDEF || other.idm != idm);
    seen.systems.insert(0, system);
    seen
}
