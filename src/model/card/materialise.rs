//! A dump becomes a card again: an [`Observation`] is laid out as memory that a chip can be given.
//!
//! A dump does not tell everything that memory must hold. `docs/dump-fill.md` fixes what stands in for each
//! fact that is not known; a mask keeps which bytes the dump told. Further systems are carved out of system 0
//! exactly as a chip carves a division. What comes out is read back and held against the dump: where the two
//! differ, the dump describes no card, and that is an error.

use super::block::{BLOCK_BYTES, Block};
use super::code::{KeyVersion, NodeCode, SystemCode};
use super::definition::{self, KEY_VERSION_AT, SYSTEM_KEY_VERSION_AT};
use super::ids::{Idm, Pmm};
use super::image::{
    CardImage, FIXED_SYSTEM_BLOCKS, ImageError, LentRun, MAX_SYSTEMS, OWN_BLOCKS, Run, SystemImage,
};
use super::observation::Observation;
use super::profile::Profile;
use super::tree::{AreaNode, KeyFacts, ServiceNode, SystemTree};
use crate::model::chip::place_division;
use crate::model::cipher::DesKey;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use thiserror::Error;

/// Name of the profile of a card that was made from a dump.
pub const PROFILE_NAME: &str = "from-dump";
/// Sizes that are tried, in blocks; the smallest that fits is taken.
const SIZES: [u32; 11] = [
    64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
];
/// Version of a key of which none is known. Not FFFFh: as an answer that means "no such node".
const UNKNOWN_VERSION: KeyVersion = 0;
/// One erased block ends a system's definitions.
const GAP: u32 = 1;

/// Which bytes of a block the dump told: bit n for byte n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownBytes(u16);

impl KnownBytes {
    /// Every byte.
    pub const ALL: KnownBytes = KnownBytes(u16::MAX);

    /// Whether the byte at `at`, 0 to 15, was told.
    pub fn has(self, at: usize) -> bool {
        at < BLOCK_BYTES && self.0 >> at & 1 == 1
    }

    fn add(&mut self, bytes: Range<usize>) {
        bytes.for_each(|at| self.0 |= 1 << at);
    }
}

/// A card made from a dump.
#[derive(Clone, Debug)]
pub struct Materialised {
    /// The common 4 KB chip's limits, with the size that was needed and the dump's PMm.
    pub profile: Profile,
    /// Card memory, by physical address.
    pub blocks: Vec<Block>,
    /// What of it the dump told; as long as `blocks`.
    pub known: Vec<KnownBytes>,
}

/// Why a dump cannot become a card.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MaterialiseError {
    #[error("the dump holds no system")]
    NoSystem,
    #[error("the dump holds {0} systems; a card has at most {MAX_SYSTEMS}")]
    Systems(usize),
    #[error("what the dump holds does not fit into 65,536 blocks")]
    TooLarge,
    #[error("the IDm of system {0} is that of another system number")]
    Idm(u8),
    #[error("what the dump tells of {node} in system {system} cannot stand on one card")]
    Contradiction { system: SystemCode, node: NodeCode },
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// Makes memory of what a dump tells.
pub fn materialise(observation: &Observation) -> Result<Materialised, MaterialiseError> {
    let count = observation.systems.len();
    if count > MAX_SYSTEMS {
        return Err(MaterialiseError::Systems(count));
    }
    let told = observation.tree().systems;
    let idm = told
        .iter()
        .find_map(|system| system.idm)
        .unwrap_or(Idm([0; 8]));
    let limits = Profile::demo();
    let pmm = told
        .iter()
        .find_map(|system| system.pmm)
        .unwrap_or(limits.pmm);
    let plans = told
        .iter()
        .map(|system| Plan::new(system, idm, pmm))
        .collect::<Result<Vec<_>, _>>()?;
    let needed: u32 = plans.iter().map(|plan| plan.window() + 1).sum();
    for size in SIZES.into_iter().filter(|size| *size >= needed) {
        let Some((layout, image)) = Layout::fit(&plans, size)? else {
            continue;
        };
        check(&told, &image, &layout.blocks)?;
        return Ok(Materialised {
            profile: Profile {
                name: PROFILE_NAME.into(),
                title: "Made from a dump".into(),
                blocks: size,
                pmm,
                ..limits
            },
            blocks: layout.blocks,
            known: layout.known,
        });
    }
    Err(MaterialiseError::TooLarge)
}

/// A fact, and whether the dump told it.
#[derive(Clone, Copy)]
struct Fact<T> {
    value: T,
    told: bool,
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
struct Plan {
    number: u8,
    code: SystemCode,
    idm: Fact<Idm>,
    pmm: Fact<Pmm>,
    version: Fact<KeyVersion>,
    areas: Vec<PlannedArea>,
    services: Vec<PlannedService>,
    user_blocks: u32,
    data: Vec<(u32, Block)>,
}

struct PlannedArea {
    code: NodeCode,
    /// Area 0 is on every card; a dump need not show it.
    told: bool,
    end: Fact<NodeCode>,
    allotted: Fact<u16>,
    version: Fact<KeyVersion>,
}

struct PlannedService {
    code: super::code::ServiceCode,
    first: u16,
    blocks: Fact<u16>,
    version: Fact<KeyVersion>,
}

impl Plan {
    fn new(told: &SystemTree, card: Idm, pmm: Pmm) -> Result<Plan, MaterialiseError> {
        let number = told.number;
        if told.idm.is_some_and(|idm| idm.system_number() != number) {
            return Err(MaterialiseError::Idm(number));
        }
        let rooted = with_root(told);
        let runs = user_runs(&rooted.services)?;
        let services: Vec<_> = rooted
            .services
            .iter()
            .map(|service| {
                let (first, blocks) = runs[&service.code.number()];
                PlannedService {
                    code: service.code,
                    first,
                    blocks: Fact::new(service.blocks, blocks),
                    version: version(service.key),
                }
            })
            .collect();
        let ends = ends(&rooted)?;
        let allotments = allotments(&rooted, &services)?;
        let areas = rooted.areas.iter().zip(ends).zip(allotments);
        let areas = areas.map(|((area, end), allotted)| PlannedArea {
            code: area.code,
            told: told.areas.iter().any(|told| told.code == area.code),
            end: Fact::new(area.end, end),
            allotted: Fact::new(area.allotted, allotted),
            version: version(area.key),
        });
        let data = rooted.services.iter().flat_map(|service| {
            let (first, _) = runs[&service.code.number()];
            let blocks = service.data.iter();
            blocks.map(move |(index, block)| (u32::from(first) + u32::from(*index), *block))
        });
        Ok(Plan {
            number,
            code: told.code,
            idm: Fact::new(told.idm, card.of_system(number)),
            pmm: Fact::new(told.pmm, pmm),
            version: version(told.key),
            areas: areas.collect(),
            data: data.collect(),
            services,
            user_blocks: runs.values().map(|(_, blocks)| u32::from(*blocks)).sum(),
        })
    }

    /// Definition blocks, the fixed system blocks among them.
    fn system_blocks(&self) -> u32 {
        FIXED_SYSTEM_BLOCKS + (self.areas.len() + self.services.len()) as u32
    }

    /// Blocks of a window that just holds the system.
    fn window(&self) -> u32 {
        (self.user_blocks + self.system_blocks() + GAP).max(OWN_BLOCKS)
    }
}

fn version(key: KeyFacts) -> Fact<KeyVersion> {
    Fact::new(key.version, UNKNOWN_VERSION)
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
        area.parent = Some(area.parent.map_or(0, |parent| parent + 1));
    }
    for service in &mut system.services {
        service.area += 1;
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
        last[service.area] = last[service.area].max(service.code.node());
    }
    // Areas are in order of code, so that from the back each comes before the area that holds it.
    for (at, area) in system.areas.iter().enumerate().rev() {
        last[at] = match area.end {
            Some(end) => end,
            None if area.code == NodeCode::AREA_0 => NodeCode::AREA_0_END,
            None => {
                let number_end = NodeCode(last[at].0 | 0x3F).min(NodeCode::AREA_0_END);
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

/// What stands under each area, in blocks: a service with its user blocks and one, an overlapping service with
/// one, an area with its own allotment and one.
fn allotments(
    system: &SystemTree,
    services: &[PlannedService],
) -> Result<Vec<u16>, MaterialiseError> {
    let mut blocks = vec![0_u32; system.areas.len()];
    let mut paid = BTreeSet::new();
    for (node, planned) in system.services.iter().zip(services) {
        let shared = !paid.insert((node.area, planned.first));
        blocks[node.area] += 1 + if shared {
            0
        } else {
            u32::from(planned.blocks.value)
        };
    }
    for (at, area) in system.areas.iter().enumerate().rev() {
        if let Some(parent) = area.parent {
            blocks[parent] += 1 + area.allotted.map_or(blocks[at], u32::from);
        }
    }
    let fits = |blocks: u32| u16::try_from(blocks).map_err(|_| MaterialiseError::TooLarge);
    blocks.into_iter().map(fits).collect()
}

/// Memory while it is laid out.
struct Layout {
    blocks: Vec<Block>,
    known: Vec<KnownBytes>,
}

impl Layout {
    /// The systems on a chip of `size` blocks; `None` when they do not fit.
    fn fit(plans: &[Plan], size: u32) -> Result<Option<(Layout, CardImage)>, MaterialiseError> {
        let mut layout = Layout {
            blocks: vec![Block::ERASED; size as usize],
            known: vec![KnownBytes::default(); size as usize],
        };
        let (first, others) = plans.split_first().ok_or(MaterialiseError::NoSystem)?;
        let whole = Run {
            first: 0,
            blocks: size,
        };
        if first.window() > size {
            return Ok(None);
        }
        layout.lay(first, whole);
        for plan in others {
            let image = layout.image(plans)?;
            let parent = &image.systems[0];
            let Some((at, run)) = place(parent, plan) else {
                return Ok(None);
            };
            let lent = LentRun {
                system: plan.number,
                run,
            };
            layout.blocks[at as usize] = definition::division(lent);
            layout.lay(plan, run);
        }
        let image = layout.image(plans)?;
        let records = others.len() as u32;
        let whole = image.systems.iter().zip(plans).all(|(system, plan)| {
            let own = if plan.number == 0 { records } else { 0 };
            system.system_blocks.len() as u32 == plan.system_blocks() + own
        });
        // A record that left no erased block below the definitions would let user data read as such.
        Ok(whole.then_some((layout, image)))
    }

    /// What has been laid so far, decoded. Areas that cross are a contradiction of what was seen.
    fn image(&self, plans: &[Plan]) -> Result<CardImage, MaterialiseError> {
        CardImage::decode(&self.blocks.as_slice()).map_err(|error| {
            let plan = |number| plans.iter().find(|plan| plan.number == number);
            match error {
                ImageError::Nesting(node, number) => MaterialiseError::Contradiction {
                    // Only systems of the plan are laid.
                    system: plan(number).map_or(SystemCode::ANY, |plan| plan.code),
                    node,
                },
                error => error.into(),
            }
        })
    }

    /// Puts one system into its window: user blocks from its first block up, system blocks from its last down.
    fn lay(&mut self, plan: &Plan, window: Run) {
        let no_key = DesKey::new([0xFF; 8]);
        let last = window.end() - 1;
        let ids = definition::manufacture(plan.idm.value, plan.pmm.value);
        self.put(last, ids, &[(0..8, plan.idm.told), (8..16, plan.pmm.told)]);
        let version = SYSTEM_KEY_VERSION_AT..SYSTEM_KEY_VERSION_AT + 2;
        self.put(
            last - 2,
            definition::system(plan.code, plan.version.value, &no_key, window.blocks),
            &[(0..2, true), (version, plan.version.told)],
        );
        let mut at = last - FIXED_SYSTEM_BLOCKS;
        let version = KEY_VERSION_AT..KEY_VERSION_AT + 2;
        for area in &plan.areas {
            let (end, allotted) = (area.end, area.allotted);
            self.put(
                at,
                definition::area(
                    area.code,
                    end.value,
                    allotted.value,
                    area.version.value,
                    &no_key,
                ),
                &[
                    (0..2, area.told),
                    (2..4, end.told),
                    (4..6, allotted.told),
                    (version.clone(), area.version.told),
                ],
            );
            at -= 1;
        }
        for service in &plan.services {
            let (first, blocks) = (service.first, service.blocks);
            self.put(
                at,
                definition::service(
                    service.code,
                    first,
                    blocks.value,
                    service.version.value,
                    &no_key,
                ),
                &[
                    (0..2, true),
                    (4..6, blocks.told),
                    (version.clone(), service.version.told),
                ],
            );
            at -= 1;
        }
        for (logical, block) in &plan.data {
            // Beyond its service's blocks a block has no place; the check against the dump tells.
            if *logical < plan.user_blocks {
                self.put(window.first + logical, *block, &[(0..BLOCK_BYTES, true)]);
            }
        }
    }

    fn put(&mut self, at: u32, block: Block, told: &[(Range<usize>, bool)]) {
        self.blocks[at as usize] = block;
        let known = &mut self.known[at as usize];
        *known = KnownBytes::default();
        for (bytes, _) in told.iter().filter(|(_, told)| *told) {
            known.add(bytes.clone());
        }
    }
}

/// Where the record and the window of a further system go, as a chip would place them.
fn place(parent: &SystemImage, plan: &Plan) -> Option<(u32, Run)> {
    let blocks = u16::try_from(plan.window()).ok()?;
    let at = parent.next_system_block()?;
    let run = place_division(parent, blocks)?;
    (run.first >= parent.user_end() && run.end() <= at).then_some((at, run))
}

/// Holds the memory against the dump, fact by fact.
fn check(told: &[SystemTree], image: &CardImage, memory: &[Block]) -> Result<(), MaterialiseError> {
    for (told, made) in told.iter().zip(&image.systems) {
        let wrong = |node| MaterialiseError::Contradiction {
            system: told.code,
            node,
        };
        let system = made.number == told.number
            && made.code == told.code
            && agrees(told.idm, made.idm)
            && agrees(told.pmm, made.pmm)
            && agrees(told.key.version, made.key.version);
        if !system {
            return Err(wrong(NodeCode::SYSTEM));
        }
        let stands_in = |node, area: usize| {
            let parent = made.area_of(node).map(|area| area.code);
            parent == told.areas.get(area).map(|area| area.code)
        };
        for area in &told.areas {
            let agreed = made.area(area.code).is_some_and(|found| {
                agrees(area.end, found.end)
                    && agrees(area.allotted, found.allotted)
                    && agrees(area.key.version, found.key.version)
                    && area
                        .parent
                        .is_none_or(|parent| stands_in(area.code, parent))
            });
            if !agreed {
                return Err(wrong(area.code));
            }
        }
        for service in &told.services {
            let agreed = made.service(service.code).is_some_and(|found| {
                let run = made.user_run(found);
                agrees(service.blocks, found.blocks)
                    && agrees(service.key.version, found.key.version)
                    && stands_in(service.code.node(), service.area)
                    && service.data.iter().all(|(index, block)| {
                        *index < found.blocks
                            && memory.get((run.first + u32::from(*index)) as usize) == Some(block)
                    })
            });
            if !agreed {
                return Err(wrong(service.code.node()));
            }
        }
    }
    Ok(())
}

fn agrees<T: PartialEq>(told: Option<T>, made: T) -> bool {
    told.is_none_or(|told| told == made)
}
