//! The card as a row of physical blocks: what each is used for, and by which system.
//!
//! This is what the block map draws. It is worked out once per change, so that drawing is only painting.

use super::code::{ServiceCode, SystemCode};
use super::tree::SystemBlockKind;

/// What one physical block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Not used, within the window of its system.
    Free,
    /// User block `index` (from 0) of the services of one number; `service` is the one of the lowest code.
    User {
        service: ServiceCode,
        index: u16,
        blocks: u16,
    },
    /// A system block.
    System(SystemBlockKind),
    /// Nothing is known of it.
    Unknown,
}

/// One physical block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Number of the system whose window it is in.
    pub system: u8,
    /// Address within that system.
    pub logical: u16,
    pub kind: CellKind,
    /// Differs between the card's memory and what the next Change System Block would make of it.
    pub pending: bool,
}

/// A run of blocks that is a system of its own inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    pub system: u8,
    pub code: SystemCode,
    /// First physical block.
    pub first: u32,
    /// Length in blocks.
    pub blocks: u32,
    /// Prepared, not yet written.
    pub pending: bool,
}

/// Every physical block of a chip in order, and the divisions among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockMap {
    pub cells: Vec<Cell>,
    pub divisions: Vec<Division>,
}
