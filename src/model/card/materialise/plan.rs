//! Every fact that a system's memory needs: as it was told, or as `docs/dump-fill.md` fills it.

use super::error::MaterialiseError;
use crate::model::card::block::Block;
use crate::model::card::code::{KeyVersion, NodeCode, ServiceCode, SystemCode};
use crate::model::card::ids::{Idm, Pmm};
use crate::model::card::image::{
    AesKeyDefinition, FIXED_SYSTEM_BLOCKS, OWN_BLOCKS, StoredAesKey, StoredKey,
};
use crate::model::card::nesting::Nesting;
use crate::model::card::tree::{AreaNode, KeyFacts, ServiceNode, SystemTree};
use crate::model::cipher::{AesKey, DesKey};
use std::collections::{BTreeMap, BTreeSet};

/// Version of a key of which none is known. Not FFFFh: as an answer that means "no such node".
const UNKNOWN_VERSION: KeyVersion = 0;
/// Code of a system of which none is told.
const UNKNOWN_CODE: SystemCode = SystemCode(0);
/// One erased block ends a system's definitions.
const GAP: u32 = 1;

/// Keys of nodes by number of the system and code, [`NodeCode::SYSTEM`] for the system's own. No dump tells them.
#[derive(Clone, Debug, Default)]
pub struct NodeKeys {
    pub des: BTreeMap<(u8, NodeCode), StoredKey>,
    /// Of these a chip of the DES generation takes none.
    pub aes: BTreeMap<(u8, NodeCode), StoredAesKey>,
}

/// Stands for an AES key that no list has, as erased memory does for a DES key.
const UNKNOWN_AES_KEY: [u8; 16] = [0xFF; 16];

impl NodeKeys {
    /// These, and for each node of which an AES key is told and none is listed one that nobody knows, in that version.
    pub(super) fn with_told_aes(mut self, told: &[SystemTree]) -> NodeKeys {
        for system in told {
            let areas = system.areas.iter().map(|area| (area.code, area.key));
            let services = system.services.iter();
            let services = services.filter(|service| service.code.needs_authentication());
            let services = services.map(|service| (service.code.node(), service.key));
            let own = std::iter::once((NodeCode::SYSTEM, system.key));
            for (node, key) in own.chain(areas).chain(services) {
                if let Some(aes) = key.aes {
                    let unknown = || StoredAesKey {
                        version: aes.version,
                        key: AesKey::new(UNKNOWN_AES_KEY),
                    };
                    let key = self.aes.entry((system.number, node));
                    key.or_insert_with(unknown);
                }
            }
        }
        self
    }
}

/// Whether an AES key is one of a list.
pub(super) fn is_listed(key: &AesKey) -> bool {
    *key.expose() != UNKNOWN_AES_KEY
}

/// A fact, and whether it was told.
#[derive(Clone, Copy)]
pub(super) struct Fact<T> {
    pub value: T,
    pub told: bool,
}

impl<T: Copy> Fact<T> {
    fn new(told: Option<T>, fill: T) -> Fact<T> {
        Fact {
            value: told.unwrap_or(fill),
            told: told.is_some(),
        }
    }
}

/// One system with every fact that its memory needs.
pub(super) struct Plan {
    pub number: u8,
    pub code: Fact<SystemCode>,
    pub idm: Fact<Idm>,
    pub pmm: Fact<Pmm>,
    pub key: PlannedKey,
    pub areas: Vec<PlannedArea>,
    pub services: Vec<PlannedService>,
    pub user_blocks: u32,
    /// By logical address.
    pub data: Vec<(u32, Block)>,
}

pub(super) struct PlannedArea {
    pub code: NodeCode,
    /// Area 0 is on every card; a dump need not show it.
    pub told: bool,
    pub end: Fact<NodeCode>,
    pub allotted: Fact<u16>,
    pub key: PlannedKey,
}

pub(super) struct PlannedService {
    pub code: ServiceCode,
    pub first: u16,
    pub blocks: Fact<u16>,
    pub key: PlannedKey,
}

pub(super) struct PlannedKey {
    pub version: Fact<KeyVersion>,
    pub key: DesKey,
    /// Whether the key itself was told.
    pub told: bool,
    pub aes: Option<StoredAesKey>,
}

impl PlannedKey {
    fn new(facts: KeyFacts, listed: Option<&StoredKey>, aes: Option<&StoredAesKey>) -> PlannedKey {
        let version = facts.version.or(listed.map(|listed| listed.version));
        // A version that is told is the AES key's, where that is all that the node has. If nobody tells that, it is
        // taken to be so where the two agree.
        let aes_alone = listed.is_none()
            && aes.is_some_and(|aes| match facts.aes {
                Some(told) => told.alone,
                None => facts.version.is_none_or(|told| told == aes.version),
            });
        PlannedKey {
            version: if aes_alone {
                Fact::new(None, StoredKey::NO_VERSION)
            } else {
                Fact::new(version, UNKNOWN_VERSION)
            },
            key: listed.map_or(DesKey::new([0xFF; 8]), |listed| listed.key.clone()),
            told: listed.is_some(),
            aes: aes.cloned(),
        }
    }
}

impl Plan {
    pub fn new(
        told: &SystemTree,
        card: Idm,
        pmm: Pmm,
        keys: &NodeKeys,
    ) -> Result<Plan, MaterialiseError> {
        let number = told.number;
        if told.idm.is_some_and(|idm| idm != card.of_system(number)) {
            return Err(MaterialiseError::Idm(number));
        }
        let key = |node: NodeCode, facts: KeyFacts| {
            let listed = keys.des.get(&(number, node));
            let differ = listed
                .zip(facts.version)
                .is_some_and(|(listed, told)| listed.version != told);
            if differ {
                return Err(MaterialiseError::Contradiction {
                    system: told.code,
                    node,
                });
            }
            let aes = keys.aes.get(&(number, node));
            Ok(PlannedKey::new(facts, listed, aes))
        };
        let mut rooted = with_root(told);
        let ends = ends(&rooted)?;
        place(&mut rooted, &ends);
        let runs = user_runs(&rooted.services)?;
        let services: Vec<_> = rooted
            .services
            .iter()
            .map(|service| {
                let (first, blocks) = runs[&service.code.number()];
                Ok(PlannedService {
                    code: service.code,
                    first,
                    blocks: Fact::new(service.blocks, blocks),
                    key: key(service.code.node(), service.key)?,
                })
            })
            .collect::<Result<_, MaterialiseError>>()?;
        let allotments = allotments(&rooted, &services, keys)?;
        let areas = rooted.areas.iter().zip(ends).zip(allotments);
        let areas = areas.map(|((area, end), allotted)| {
            Ok(PlannedArea {
                code: area.code,
                told: told.areas.iter().any(|told| told.code == area.code),
                end: Fact::new(area.end, end),
                allotted: Fact::new(area.allotted, allotted),
                key: key(area.code, area.key)?,
            })
        });
        let areas = areas.collect::<Result<_, MaterialiseError>>()?;
        let data = rooted.services.iter().flat_map(|service| {
            let (first, _) = runs[&service.code.number()];
            let blocks = service.data.iter();
            blocks.map(move |(index, block)| (u32::from(first) + u32::from(*index), *block))
        });
        Ok(Plan {
            number,
            code: Fact::new(told.told_code(), UNKNOWN_CODE),
            idm: Fact::new(told.idm, card.of_system(number)),
            pmm: Fact::new(told.pmm, pmm),
            key: key(NodeCode::SYSTEM, told.key)?,
            areas,
            data: data.collect(),
            services,
            user_blocks: runs.values().map(|(_, blocks)| u32::from(*blocks)).sum(),
        })
    }

    /// Definition blocks, the fixed system blocks among them.
    pub fn system_blocks(&self) -> u32 {
        let extensions = self.aes_keys().count() as u32 * AesKeyDefinition::BLOCKS;
        FIXED_SYSTEM_BLOCKS + (self.areas.len() + self.services.len()) as u32 + extensions
    }

    /// The AES keys: the system's, then those of areas and of services.
    pub fn aes_keys(&self) -> impl Iterator<Item = (NodeCode, &StoredAesKey)> {
        let areas = self.areas.iter().map(|area| (area.code, &area.key));
        let services = self.services.iter();
        let services = services.map(|service| (service.code.node(), &service.key));
        let all = std::iter::once((NodeCode::SYSTEM, &self.key)).chain(areas);
        let all = all.chain(services);
        all.filter_map(|(node, key)| Some((node, key.aes.as_ref()?)))
    }

    /// Blocks of a window that just holds the system.
    pub fn window(&self) -> u32 {
        (self.user_blocks + self.system_blocks() + GAP).max(OWN_BLOCKS)
    }
}

/// The system with area 0, which stands on every card.
fn with_root(told: &SystemTree) -> SystemTree {
    let mut system = told.clone();
    if told
        .areas
        .first()
        .is_some_and(|area| area.code == NodeCode::AREA_0)
    {
        return system;
    }
    for area in &mut system.areas {
        area.parent = area.parent.map(|parent| parent + 1);
    }
    for service in &mut system.services {
        service.area = service.area.map(|area| area + 1);
    }
    let root = AreaNode {
        code: NodeCode::AREA_0,
        name: None,
        end: None,
        allotted: None,
        used: None,
        key: KeyFacts::default(),
        parent: None,
        definition: None,
    };
    system.areas.insert(0, root);
    system
}

/// The user blocks of each service number, which the services of that number share: logical address of the
/// first, and how many. Numbers follow one another without gaps.
fn user_runs(services: &[ServiceNode]) -> Result<BTreeMap<u16, (u16, u16)>, MaterialiseError> {
    let mut needed: BTreeMap<u16, u32> = BTreeMap::new();
    for service in services {
        let shown = service.data.keys().next_back();
        let shown = shown.map_or(1, |last| u32::from(*last) + 1);
        let blocks = service.blocks.map_or(shown, u32::from);
        let number = needed.entry(service.code.number()).or_insert(1);
        *number = blocks.max(*number);
    }
    let mut first = 0;
    let mut runs = BTreeMap::new();
    for (number, blocks) in needed {
        let run = (u16::try_from(first), u16::try_from(blocks));
        let (Ok(at), Ok(blocks)) = run else {
            return Err(MaterialiseError::TooLarge);
        };
        runs.insert(number, (at, blocks));
        first += u32::from(blocks);
    }
    Ok(runs)
}

/// Where each area ends: as told, or else behind what stands under it, to the end of that number, short of the
/// next node.
fn ends(system: &SystemTree) -> Result<Vec<NodeCode>, MaterialiseError> {
    let areas = system.areas.iter().map(|area| area.code);
    let services = system.services.iter().map(|service| service.code.node());
    let codes: BTreeSet<NodeCode> = areas.chain(services).collect();
    let mut last: Vec<NodeCode> = system.areas.iter().map(|area| area.code).collect();
    for service in &system.services {
        if let Some(area) = service.area {
            last[area] = last[area].max(service.code.node());
        }
    }
    // Areas are in order of code, so that from the back each comes before the area that holds it.
    for (at, area) in system.areas.iter().enumerate().rev() {
        last[at] = match area.end {
            Some(end) => end,
            None if area.code == NodeCode::AREA_0 => NodeCode::AREA_0_END,
            None => {
                let around = system.areas[..at].iter().filter_map(|around| around.end);
                let around = around.filter(|end| *end >= last[at]).min();
                let number_end = NodeCode(last[at].0 | 0x3F).min(NodeCode::AREA_0_END);
                let number_end = number_end.min(around.unwrap_or(number_end));
                let next = codes.range(NodeCode(last[at].0.saturating_add(1))..).next();
                next.map_or(number_end, |next| number_end.min(NodeCode(next.0 - 1)))
            }
        };
        let Some(parent) = area.parent else {
            continue;
        };
        if parent >= at {
            return Err(MaterialiseError::Contradiction {
                system: system.code,
                node: area.code,
            });
        }
        last[parent] = last[parent].max(last[at]);
    }
    Ok(last)
}

/// Puts each node of which it is not told where it stands into the innermost area whose range holds it.
fn place(system: &mut SystemTree, ends: &[NodeCode]) {
    let codes: Vec<NodeCode> = system.areas.iter().map(|area| area.code).collect();
    let nesting = Nesting::new(codes.iter().copied().zip(ends.iter().copied().map(Some)));
    let around = |node| {
        let around = nesting.around(node)?;
        codes.iter().position(|code| *code == around)
    };
    for area in system.areas.iter_mut().filter(|area| !area.is_root()) {
        area.parent = area.parent.or_else(|| around(area.code));
    }
    for service in &mut system.services {
        service.area = service.area.or_else(|| around(service.code.node()));
    }
}

/// What stands under each area, in blocks: a service with its user blocks and one, an overlapping service with
/// one, an area with its own allotment and one, an AES key of any of these with two. Area 0 has what is left of the
/// system, which is known when its place is.
fn allotments(
    system: &SystemTree,
    services: &[PlannedService],
    keys: &NodeKeys,
) -> Result<Vec<u16>, MaterialiseError> {
    let extension = |node| match keys.aes.get(&(system.number, node)) {
        Some(_) => AesKeyDefinition::BLOCKS,
        None => 0,
    };
    let mut blocks = vec![0_u32; system.areas.len()];
    let mut paid = BTreeSet::new();
    for (node, planned) in system.services.iter().zip(services) {
        // Area 0 is the first of them, and holds what no other does.
        let area = node.area.unwrap_or(0);
        let shared = !paid.insert((area, planned.first));
        let own = if shared {
            0
        } else {
            u32::from(planned.blocks.value)
        };
        blocks[area] += 1 + own + extension(node.code.node());
    }
    for (at, area) in system.areas.iter().enumerate().rev() {
        if let Some(parent) = area.parent {
            let allotted = area.allotted.map_or(blocks[at], u32::from);
            blocks[parent] += 1 + allotted + extension(area.code);
        }
    }
    if let Some(root) = blocks.first_mut() {
        *root = 0;
    }
    let fits = |blocks: u32| u16::try_from(blocks).map_err(|_| MaterialiseError::TooLarge);
    blocks.into_iter().map(fits).collect()
}
