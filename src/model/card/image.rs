//! A card's memory, decoded: which systems it holds, their windows, and every definition block.
//!
//! `docs/memory-format.md` draws all of this. The chip decides by it, and everything that is shown of an
//! emulated card comes from it. User data is not copied: it is read where it stands.

mod aes;
mod decode;
mod defined;
mod space;

pub use super::run::{LentRun, Run};
pub use defined::{AesKeyDefinition, AreaDefinition, ServiceDefinition, StoredAesKey, StoredKey};

use super::block::Block;
use super::code::{NodeCode, ServiceCode, SystemCode};
use super::definition::{KEY_AT, KEY_VERSION_AT, SYSTEM_KEY_AT, SYSTEM_KEY_VERSION_AT};
use super::ids::{Idi, Idm, Pmi, Pmm};
use super::tree::SystemBlockKind;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// System blocks with a fixed place: manufacture ID, issuance ID, system definition (seed 002, Fig. 6).
pub const FIXED_SYSTEM_BLOCKS: u32 = 3;
/// Blocks that a divided-off system starts with: the fixed ones and area 0.
pub const OWN_BLOCKS: u32 = FIXED_SYSTEM_BLOCKS + 1;
/// Most systems that a card can number.
pub const MAX_SYSTEMS: usize = 16;

/// Memory as it is read: a chip's own, or that with prepared writes laid over it.
pub trait ReadBlocks {
    /// Blocks of card memory.
    fn len(&self) -> u32;
    /// The block at a physical address below `len`.
    fn block(&self, physical: u32) -> Block;
    /// Whether there is no block at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ReadBlocks for &[Block] {
    fn len(&self) -> u32 {
        <[Block]>::len(self) as u32
    }
    fn block(&self, physical: u32) -> Block {
        self.get(physical as usize)
            .copied()
            .unwrap_or(Block::ERASED)
    }
}

/// Prepared writes laid over memory.
pub struct Overlay<'a> {
    pub below: &'a dyn ReadBlocks,
    /// By physical address.
    pub writes: &'a BTreeMap<u32, Block>,
}

impl ReadBlocks for Overlay<'_> {
    fn len(&self) -> u32 {
        self.below.len()
    }
    fn block(&self, physical: u32) -> Block {
        self.writes
            .get(&physical)
            .copied()
            .unwrap_or_else(|| self.below.block(physical))
    }
}

/// What is wrong with a memory that is no card's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImageError {
    #[error("the memory holds {0} blocks; a card has 64 to 65,536")]
    Size(u32),
    #[error("the division record of system {0} names blocks outside its parent's window")]
    Division(u8),
    #[error("service {0} of system {1} names user blocks outside its window")]
    Service(ServiceCode, u8),
    #[error("the system definition of system {0} names another window")]
    Window(u8),
    #[error("node {0} of system {1} is defined twice")]
    Twice(NodeCode, u8),
    #[error("system {0} has no area 0")]
    NoRoot(u8),
    #[error("area {0} of system {1} neither nests in another nor stands apart")]
    Nesting(NodeCode, u8),
    #[error("the definition of {0} of system {1} stands in no area")]
    Orphan(NodeCode, u8),
    #[error(
        "the extension blocks of node {0} of system {1} are not one AES key of a node that may have one"
    )]
    AesKey(NodeCode, u8),
}

/// One system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemImage {
    pub number: u8,
    /// Its window on the chip.
    pub window: Run,
    pub lent: Vec<LentRun>,
    pub code: SystemCode,
    pub key: StoredKey,
    pub idm: Idm,
    pub pmm: Pmm,
    /// `None` until issued.
    pub issuance: Option<(Idi, Pmi)>,
    /// K_D, if the system can be divided.
    pub division_key: Option<StoredKey>,
    /// In order of code; the first is area 0. Areas nest or stand apart.
    pub areas: Vec<AreaDefinition>,
    /// Index into `areas` of the area that holds each of them; `None` for area 0.
    pub area_parents: Vec<Option<usize>>,
    /// In order of code.
    pub services: Vec<ServiceDefinition>,
    /// AES keys, in order of their nodes' codes.
    pub aes_keys: Vec<AesKeyDefinition>,
    /// Every system block from FFFFh down, with its physical address.
    pub system_blocks: Vec<(SystemBlockKind, u32)>,
}

/// A whole card, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardImage {
    /// In order of number; never empty.
    pub systems: Vec<SystemImage>,
}

impl CardImage {
    /// Decodes a card's memory. System 0's window is the whole chip; every other system is found through the
    /// division record of the one that lent it.
    pub fn decode(memory: &dyn ReadBlocks) -> Result<CardImage, ImageError> {
        if !(64..=65_536).contains(&memory.len()) {
            return Err(ImageError::Size(memory.len()));
        }
        let whole = Run {
            first: 0,
            blocks: memory.len(),
        };
        let mut systems = vec![SystemImage::decode(memory, 0, whole)?];
        let mut next = 0;
        while next < systems.len() && systems.len() <= MAX_SYSTEMS {
            for lent in systems[next].lent.clone() {
                if lent.system == 0 || systems.iter().any(|s| s.number == lent.system) {
                    return Err(ImageError::Division(lent.system));
                }
                systems.push(SystemImage::decode(memory, lent.system, lent.run)?);
            }
            next += 1;
        }
        systems.sort_by_key(|system| system.number);
        Ok(CardImage { systems })
    }

    /// The system of that number.
    pub fn system(&self, number: u8) -> Option<&SystemImage> {
        self.systems.iter().find(|system| system.number == number)
    }

    /// The system of lowest number that a polled code asks for.
    pub fn polled(&self, code: SystemCode) -> Option<&SystemImage> {
        self.systems.iter().find(|system| system.code.matches(code))
    }
}

impl SystemImage {
    /// The logical address of a physical block of this window: user blocks count up from 0000h, system blocks
    /// down from FFFFh.
    pub fn logical(&self, physical: u32) -> u16 {
        if physical >= self.lowest_system_block() {
            (0xFFFF - (self.window.end() - 1 - physical)) as u16
        } else {
            (physical - self.window.first) as u16
        }
    }

    /// The area of that code.
    pub fn area(&self, code: NodeCode) -> Option<&AreaDefinition> {
        let index = self.areas.binary_search_by_key(&code, |area| area.code);
        self.areas.get(index.ok()?)
    }

    /// The service of that code.
    pub fn service(&self, code: ServiceCode) -> Option<&ServiceDefinition> {
        let index = self
            .services
            .binary_search_by_key(&code, |service| service.code);
        self.services.get(index.ok()?)
    }

    /// The innermost area under which a node of that code stands or would stand, itself excepted.
    pub fn area_of(&self, code: NodeCode) -> Option<&AreaDefinition> {
        self.areas.get(self.area_index_of(code)?)
    }

    /// The same, as an index into [`SystemImage::areas`].
    pub fn area_index_of(&self, code: NodeCode) -> Option<usize> {
        // The last area that begins before the code, or one that holds that area.
        let before = self.areas.partition_point(|area| area.code < code);
        let mut index = before.checked_sub(1)?;
        while !self.areas[index].spans(code) {
            index = self.area_parents[index]?;
        }
        Some(index)
    }

    /// The DES key of a node: the system itself, an area or a service.
    pub fn node_key(&self, code: NodeCode) -> Option<&StoredKey> {
        let key = if code == NodeCode::SYSTEM {
            Some(&self.key)
        } else if let Some(service) = code.service() {
            self.service(service).map(|service| &service.key)
        } else {
            self.area(code).map(|area| &area.key)
        };
        key.filter(|key| !key.is_none())
    }

    /// Blocks that what stands under each area has taken of its allotment, in the order of
    /// [`SystemImage::areas`]: for a service its user blocks and one definition block (an overlapping service:
    /// one), for a sub-area its allotment and one, for an AES key of any of these its two extension blocks. Those
    /// of the system and of area 0 are taken from area 0.
    pub fn used_by_area(&self) -> Vec<u32> {
        let mut used = vec![0; self.areas.len()];
        let mut seen = BTreeSet::new();
        for service in &self.services {
            if let Some(area) = self.area_index_of(service.code.node()) {
                let own = if seen.insert(service.first) {
                    u32::from(service.blocks)
                } else {
                    0
                };
                used[area] += 1 + own;
            }
        }
        for (area, parent) in self.areas.iter().zip(&self.area_parents) {
            if let Some(parent) = parent {
                used[*parent] += 1 + u32::from(area.allotted);
            }
        }
        for key in &self.aes_keys {
            used[self.area_index_of(key.node).unwrap_or(0)] += AesKeyDefinition::BLOCKS;
        }
        used
    }

    /// Blocks of an area's allotment that nothing has taken; 0 for an area of another system.
    pub fn budget_left(&self, area: &AreaDefinition) -> u16 {
        let index = self
            .areas
            .binary_search_by_key(&area.code, |area| area.code);
        let used = index
            .ok()
            .and_then(|index| self.used_by_area().get(index).copied());
        used.map_or(0, |used| {
            u32::from(area.allotted).saturating_sub(used) as u16
        })
    }
}

impl SystemImage {
    /// The node whose key guards what a node is given: a service's area, an area's parent, for area 0 the system.
    /// The system itself has no parent and stands for it.
    pub fn parent_node(&self, code: NodeCode) -> Option<NodeCode> {
        if code == NodeCode::SYSTEM || code == NodeCode::AREA_0 {
            return Some(NodeCode::SYSTEM);
        }
        self.area_of(code).map(|area| area.code)
    }

    /// The DES key under which a node's own key is changed and its packages are sealed: that of its parent.
    pub fn parent_key(&self, code: NodeCode) -> Option<&StoredKey> {
        self.node_key(self.parent_node(code)?)
    }

    /// Where a node's DES key stands: physical address of its block, and the offsets of key and version in it.
    pub fn key_place(&self, code: NodeCode) -> Option<(u32, usize, usize)> {
        if code == NodeCode::SYSTEM {
            return Some((
                self.window.end() - FIXED_SYSTEM_BLOCKS,
                SYSTEM_KEY_AT,
                SYSTEM_KEY_VERSION_AT,
            ));
        }
        let at = match code.service() {
            Some(service) => self.service(service)?.at,
            None => self.area(code)?.at,
        };
        Some((at, KEY_AT, KEY_VERSION_AT))
    }
}
