//! An image as people see it: the [`Tree`] of its nodes and the [`BlockMap`] of its blocks.
//!
//! Both are drawn from the memory as it would be after the next Change System Block, and what differs from the
//! memory as it is, is marked pending.

use super::code::NodeCode;
use super::encryption::Encryption;
use super::image::{CardImage, ReadBlocks, StoredKey, SystemImage};
use super::map::{BlockMap, Cell, CellKind, Division};
use super::tree::{
    AesKeyFacts, AreaNode, BlockCounts, BlockPlace, KeyFacts, ServiceNode, SystemBlockNode,
    SystemTree, Tree,
};
use std::collections::{BTreeMap, BTreeSet};

/// A card's image as it is, and as it will be.
pub struct Projection<'a> {
    /// What the memory holds.
    pub written: &'a CardImage,
    /// With what is prepared; the same as `written` when nothing is.
    pub prepared: &'a CardImage,
    /// The memory with what is prepared laid over it.
    pub memory: &'a dyn ReadBlocks,
    /// Physical addresses that are prepared and not written.
    pub pending: &'a BTreeSet<u32>,
}

impl Projection<'_> {
    /// Systems, areas, services and blocks, with the contents of services.
    pub fn tree(&self) -> Tree {
        let mut tree = self.nodes();
        for (system, image) in tree.systems.iter_mut().zip(&self.prepared.systems) {
            for (service, stored) in system.services.iter_mut().zip(&image.services) {
                let first = image.user_run(stored).first;
                let block = |index| self.memory.block(first + u32::from(index));
                service.data = (0..stored.blocks)
                    .map(|index| (index, block(index)))
                    .collect();
            }
        }
        tree
    }

    /// The tree without the contents of services.
    pub fn nodes(&self) -> Tree {
        let systems = self.prepared.systems.iter();
        Tree {
            systems: systems.map(|system| self.system_tree(system)).collect(),
        }
    }

    fn is_pending(&self, system: &SystemImage) -> bool {
        self.written.system(system.number).is_none()
    }

    fn system_tree(&self, system: &SystemImage) -> SystemTree {
        let place = |physical: u32| BlockPlace {
            logical: system.logical(physical),
            physical,
        };
        let facts = |node: NodeCode, key: &StoredKey| KeyFacts {
            version: Some(system.key_version(node)),
            kcv: (!key.is_none()).then(|| key.key.kcv()),
            aes: system.aes_key(node).map(|aes| AesKeyFacts {
                version: aes.version,
                kcv: Some(aes.key.kcv()),
                alone: key.is_none(),
            }),
        };
        let used = system.used_by_area();
        let areas = system
            .areas
            .iter()
            .enumerate()
            .map(|(index, area)| AreaNode {
                code: area.code,
                name: None,
                end: Some(area.end),
                allotted: Some(area.allotted),
                used: Some(used[index] as u16),
                key: facts(area.code, &area.key),
                parent: system.area_parents[index],
                definition: Some(place(area.at)),
            });
        let services = system.services.iter().map(|service| {
            let run = system.user_run(service);
            let key = if service.code.needs_authentication() {
                facts(service.code.node(), &service.key)
            } else {
                KeyFacts {
                    version: Some(service.key.version),
                    ..KeyFacts::default()
                }
            };
            ServiceNode {
                code: service.code,
                name: None,
                area: system.area_index_of(service.code.node()),
                blocks: Some(service.blocks),
                first_user_block: Some(place(run.first)),
                key,
                definition: Some(place(service.at)),
                data: BTreeMap::new(),
            }
        });
        let system_blocks = system
            .system_blocks
            .iter()
            .map(|(kind, at)| SystemBlockNode {
                kind: *kind,
                place: place(*at),
            });
        SystemTree {
            number: system.number,
            code: system.code,
            code_told: true,
            idm: Some(system.idm),
            pmm: Some(system.pmm),
            encryption: (!system.aes_keys.is_empty()).then_some(Encryption::AES_AND_DES),
            key: facts(NodeCode::SYSTEM, &system.key),
            blocks: Some(BlockCounts {
                user: system.user_blocks(),
                system: system.system_blocks.len() as u32,
                free: system.free_blocks(),
            }),
            pending: self.is_pending(system),
            areas: areas.collect(),
            services: services.collect(),
            foreign: Vec::new(),
            system_blocks: system_blocks.collect(),
        }
    }

    /// Every physical block, and the systems that were carved out.
    pub fn map(&self) -> BlockMap {
        let mut cells = vec![
            Cell {
                system: 0,
                logical: 0,
                kind: CellKind::Free,
                pending: false
            };
            self.memory.len() as usize
        ];
        let mut divisions = Vec::new();
        // A system comes after the one that lent it, so that its window covers its parent's free blocks.
        for system in &self.prepared.systems {
            self.fill(system, &mut cells);
            if system.number > 0 {
                divisions.push(Division {
                    system: system.number,
                    code: system.code,
                    first: system.window.first,
                    blocks: system.window.blocks,
                    pending: self.is_pending(system),
                });
            }
        }
        for at in self.pending {
            if let Some(cell) = cells.get_mut(*at as usize) {
                cell.pending = true;
            }
        }
        BlockMap { cells, divisions }
    }

    fn fill(&self, system: &SystemImage, cells: &mut [Cell]) {
        let mut put = |physical: u32, kind: CellKind| {
            if let Some(cell) = cells.get_mut(physical as usize) {
                *cell = Cell {
                    system: system.number,
                    logical: system.logical(physical),
                    kind,
                    pending: false,
                };
            }
        };
        (system.window.first..system.window.end()).for_each(|at| put(at, CellKind::Free));
        // Services are in order of code, so the first of a number is the lowest.
        let mut seen = BTreeSet::new();
        let lowest = system
            .services
            .iter()
            .filter(|service| seen.insert(service.first));
        for service in lowest {
            let (first, blocks) = (system.user_run(service).first, service.blocks);
            let service = service.code;
            for index in 0..blocks {
                let kind = CellKind::User {
                    service,
                    index,
                    blocks,
                };
                put(first + u32::from(index), kind);
            }
        }
        for (kind, at) in &system.system_blocks {
            put(*at, CellKind::System(*kind));
        }
    }
}
