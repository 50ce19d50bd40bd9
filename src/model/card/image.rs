//! A card's memory, decoded: which systems it holds, their windows, and every definition block.
//!
//! `docs/memory-format.md` draws all of this. The chip decides by it, and everything that is shown of an
//! emulated card comes from it. User data is not copied: it is read where it stands.

use super::block::Block;
use super::code::{KeyVersion, NodeCode, ServiceCode, SystemCode};
use super::definition::{KEY_AT, KEY_VERSION_AT, SYSTEM_KEY_AT, SYSTEM_KEY_VERSION_AT};
use super::ids::{Idi, Idm, Pmi, Pmm};
use super::tree::SystemBlockKind;
use crate::model::cipher::DesKey;
use std::collections::BTreeMap;
use thiserror::Error;

/// System blocks with a fixed place: manufacture ID, issuance ID, system definition (seed 002, Fig. 6).
pub const FIXED_SYSTEM_BLOCKS: u32 = 3;
/// Blocks that a divided-off system starts with: the fixed ones and area 0.
pub const OWN_BLOCKS: u32 = FIXED_SYSTEM_BLOCKS + 1;
/// Most systems that a card can number.
pub const MAX_SYSTEMS: usize = 16;

/// Attribute of the record that holds K_D.
pub const ATTRIBUTE_DIVISION_KEY: u8 = 0x20;
/// Attribute of a division record; its number is the system's.
pub const ATTRIBUTE_DIVISION: u8 = 0x21;

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
    #[error("the definition of {0} of system {1} stands in no area")]
    Orphan(NodeCode, u8),
}

/// A run of physical blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub first: u32,
    pub blocks: u32,
}

impl Run {
    /// One past the last block.
    pub fn end(self) -> u32 {
        self.first + self.blocks
    }

    /// Whether the run holds that block.
    pub fn contains(self, physical: u32) -> bool {
        (self.first..self.end()).contains(&physical)
    }
}

/// A key as a definition block holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    pub version: KeyVersion,
    pub key: DesKey,
}

/// An area definition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaDefinition {
    pub code: NodeCode,
    /// Last code under it, this one included.
    pub end: NodeCode,
    /// Blocks allotted to what stands under it.
    pub allotted: u16,
    pub key: StoredKey,
    /// Physical address of the definition block.
    pub at: u32,
}

impl AreaDefinition {
    /// Whether a code falls into the area's range.
    pub fn spans(&self, code: NodeCode) -> bool {
        (self.code..=self.end).contains(&code)
    }
}

/// A service definition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDefinition {
    pub code: ServiceCode,
    /// Logical address of the first user block.
    pub first: u16,
    pub blocks: u16,
    pub key: StoredKey,
    /// Physical address of the definition block.
    pub at: u32,
}

/// A run of the window that was lent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LentRun {
    /// Number of the system made of it.
    pub system: u8,
    pub run: Run,
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
    /// In order of code; the first is area 0.
    pub areas: Vec<AreaDefinition>,
    /// In order of code.
    pub services: Vec<ServiceDefinition>,
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
    fn decode(memory: &dyn ReadBlocks, number: u8, window: Run) -> Result<SystemImage, ImageError> {
        let last = window.end() - 1;
        let (ids, issued, definition) = (
            memory.block(last),
            memory.block(last - 1),
            memory.block(last - 2),
        );
        let mut system = SystemImage {
            number,
            window,
            lent: Vec::new(),
            code: SystemCode(definition.u16_be(0)),
            key: StoredKey {
                version: definition.u16_le(2),
                key: DesKey::new(definition.eight(4)),
            },
            idm: Idm(ids.eight(0)),
            pmm: Pmm(ids.eight(8)),
            issuance: (!issued.is_erased()).then(|| (Idi(issued.eight(0)), Pmi(issued.eight(8)))),
            division_key: None,
            areas: Vec::new(),
            services: Vec::new(),
            system_blocks: vec![
                (SystemBlockKind::ManufactureId, last),
                (SystemBlockKind::IssuanceId, last - 1),
                (SystemBlockKind::System, last - 2),
            ],
        };
        if definition.u16_le(12) != window.blocks as u16 {
            return Err(ImageError::Window(number));
        }
        system.decode_definitions(memory)?;
        system.areas.sort_by_key(|area| area.code);
        system.services.sort_by_key(|service| service.code);
        system.check()?;
        Ok(system)
    }

    /// Reads definition blocks and records from FFFCh down to the first erased block or the highest user block,
    /// passing over what was lent away. In a full system the two kinds touch, and what somebody wrote into a user
    /// block must not be read as a definition.
    fn decode_definitions(&mut self, memory: &dyn ReadBlocks) -> Result<(), ImageError> {
        let mut below = self.window.end() - FIXED_SYSTEM_BLOCKS;
        let mut user_end = self.window.first;
        while let Some(at) = self.free_below(below) {
            let block = memory.block(at);
            if block.is_erased() || at < user_end {
                break;
            }
            let kind = self.take_definition(&block, at)?;
            if let (SystemBlockKind::Service(_), Some(service)) = (kind, self.services.last()) {
                user_end = user_end.max(self.user_run(service).end());
            }
            self.system_blocks.push((kind, at));
            below = at;
        }
        Ok(())
    }

    fn take_definition(&mut self, block: &Block, at: u32) -> Result<SystemBlockKind, ImageError> {
        let code = NodeCode(block.u16_le(0));
        let key = StoredKey {
            version: block.u16_le(6),
            key: DesKey::new(block.eight(8)),
        };
        if code.is_area() {
            let (end, allotted) = (NodeCode(block.u16_le(2)), block.u16_le(4));
            self.areas.push(AreaDefinition {
                code,
                end,
                allotted,
                key,
                at,
            });
            return Ok(SystemBlockKind::Area(code));
        }
        if let Some(code) = code.service() {
            let (first, blocks) = (block.u16_le(2), block.u16_le(4));
            self.services.push(ServiceDefinition {
                code,
                first,
                blocks,
                key,
                at,
            });
            return Ok(SystemBlockKind::Service(code));
        }
        match code.attribute() {
            ATTRIBUTE_DIVISION_KEY => {
                self.division_key = Some(key);
                Ok(SystemBlockKind::DivisionKey)
            }
            ATTRIBUTE_DIVISION => {
                // A number that no system has is refused below.
                let system = u8::try_from(code.number()).unwrap_or(u8::MAX);
                let run = Run {
                    first: u32::from(block.u16_le(2)),
                    blocks: u32::from(block.u16_le(4)),
                };
                let inside = run.first >= self.window.first && run.end() <= at;
                let apart = self
                    .lent
                    .iter()
                    .all(|l| run.end() <= l.run.first || l.run.end() <= run.first);
                if !inside
                    || !apart
                    || run.blocks < OWN_BLOCKS
                    || usize::from(system) >= MAX_SYSTEMS
                {
                    return Err(ImageError::Division(system));
                }
                self.lent.push(LentRun { system, run });
                Ok(SystemBlockKind::Division { system })
            }
            _ => Ok(SystemBlockKind::Other),
        }
    }

    /// What every decoded system must satisfy: a root, no service outside the window, no node without an area.
    fn check(&self) -> Result<(), ImageError> {
        let root = self.areas.first().filter(|a| a.code == NodeCode::AREA_0);
        if root.is_none() {
            return Err(ImageError::NoRoot(self.number));
        }
        let areas = self.areas.iter().map(|area| area.code);
        let services = self.services.iter().map(|service| service.code.node());
        let mut seen = std::collections::BTreeSet::new();
        if let Some(code) = areas.chain(services).find(|code| !seen.insert(*code)) {
            return Err(ImageError::Twice(code, self.number));
        }
        let lowest = self.lowest_system_block();
        for service in &self.services {
            let run = self.user_run(service);
            let lent = self
                .lent
                .iter()
                .any(|l| run.first < l.run.end() && l.run.first < run.end());
            if run.end() > lowest || lent || service.blocks == 0 {
                return Err(ImageError::Service(service.code, self.number));
            }
            if self.area_of(service.code.node()).is_none() {
                return Err(ImageError::Orphan(service.code.node(), self.number));
            }
        }
        Ok(())
    }

    /// Physical address of the lowest system block.
    pub fn lowest_system_block(&self) -> u32 {
        self.system_blocks
            .last()
            .map_or(self.window.end(), |(_, at)| *at)
    }

    /// Physical address of the next system block, if there is room above the user blocks.
    pub fn next_system_block(&self) -> Option<u32> {
        self.free_below(self.lowest_system_block())
            .filter(|at| *at >= self.user_end())
    }

    /// The highest block of the window below `physical` that was not lent away.
    fn free_below(&self, physical: u32) -> Option<u32> {
        let mut at = physical.checked_sub(1)?;
        while let Some(lent) = self.lent.iter().find(|lent| lent.run.contains(at)) {
            at = lent.run.first.checked_sub(1)?;
        }
        (at >= self.window.first).then_some(at)
    }

    /// Physical address one past the highest user block.
    pub fn user_end(&self) -> u32 {
        self.services
            .iter()
            .map(|s| self.user_run(s).end())
            .max()
            .unwrap_or(self.window.first)
    }

    /// The physical blocks of a service.
    pub fn user_run(&self, service: &ServiceDefinition) -> Run {
        Run {
            first: self.window.first + u32::from(service.first),
            blocks: u32::from(service.blocks),
        }
    }

    /// Free runs of the window, from low to high: what is neither user blocks nor system blocks nor lent away.
    pub fn free_runs(&self) -> Vec<Run> {
        let user = self.services.iter().map(|service| self.user_run(service));
        let mut taken: Vec<Run> = user.chain(self.lent.iter().map(|lent| lent.run)).collect();
        taken.sort_by_key(|run| run.first);
        let end = self.lowest_system_block();
        taken.push(Run {
            first: end,
            blocks: 0,
        });
        let mut runs = Vec::new();
        let mut at = self.window.first;
        for run in taken {
            let until = run.first.min(end);
            if until > at {
                runs.push(Run {
                    first: at,
                    blocks: until - at,
                });
            }
            at = at.max(run.end());
        }
        runs
    }

    /// Lowest logical address at which that many user blocks fit.
    pub fn place_user_blocks(&self, blocks: u16) -> Option<u32> {
        let room = self.next_system_block();
        // One free block above stays for the definition of what is placed.
        let usable = |run: &Run| run.blocks - u32::from(room.is_some_and(|at| run.contains(at)));
        let run = self
            .free_runs()
            .into_iter()
            .find(|run| usable(run) >= u32::from(blocks))?;
        room.map(|_| run.first - self.window.first)
    }

    /// Free blocks of the window.
    pub fn free_blocks(&self) -> u32 {
        self.free_runs().iter().map(|run| run.blocks).sum()
    }

    /// User blocks in use; services of one number share theirs.
    pub fn user_blocks(&self) -> u32 {
        let mut seen = std::collections::BTreeSet::new();
        self.services
            .iter()
            .filter(|s| seen.insert(s.first))
            .map(|s| u32::from(s.blocks))
            .sum()
    }

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
        self.areas.iter().find(|area| area.code == code)
    }

    /// The service of that code.
    pub fn service(&self, code: ServiceCode) -> Option<&ServiceDefinition> {
        self.services.iter().find(|service| service.code == code)
    }

    /// The innermost area under which a node of that code stands or would stand, itself excepted.
    pub fn area_of(&self, code: NodeCode) -> Option<&AreaDefinition> {
        self.areas
            .iter()
            .filter(|area| area.code != code && area.spans(code))
            .max_by_key(|area| area.code)
    }

    /// The key of a node: the system itself, an area or a service.
    pub fn node_key(&self, code: NodeCode) -> Option<&StoredKey> {
        if code == NodeCode::SYSTEM {
            return Some(&self.key);
        }
        if let Some(service) = code.service() {
            return self.service(service).map(|service| &service.key);
        }
        self.area(code).map(|area| &area.key)
    }

    /// Blocks that what stands under an area has taken of its allotment: for a service its user blocks and
    /// one definition block (an overlapping service: one), for a sub-area its allotment and one.
    pub fn used_in(&self, area: &AreaDefinition) -> u32 {
        let under = |code: NodeCode| {
            self.area_of(code)
                .is_some_and(|parent| parent.code == area.code)
        };
        let mut seen = std::collections::BTreeSet::new();
        let services: u32 = self
            .services
            .iter()
            .filter(|s| under(s.code.node()))
            .map(|s| {
                1 + if seen.insert(s.first) {
                    u32::from(s.blocks)
                } else {
                    0
                }
            })
            .sum();
        let areas: u32 = self
            .areas
            .iter()
            .filter(|a| under(a.code))
            .map(|a| 1 + u32::from(a.allotted))
            .sum();
        services + areas
    }
}

impl SystemImage {
    /// The key under which a node's own key is changed and its packages are sealed: a service's area, an area's
    /// parent, for area 0 the system. The system itself has no parent; its own key stands for it.
    pub fn parent_key(&self, code: NodeCode) -> Option<&StoredKey> {
        if code == NodeCode::SYSTEM || code == NodeCode::AREA_0 {
            return Some(&self.key);
        }
        self.area_of(code).map(|area| &area.key)
    }

    /// Where a node's key stands: physical address of its block, and the offsets of key and version in it.
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
