//! What the Card place works out once per card, so that a frame only paints: which node a block belongs to,
//! which blocks a node has, and what the legend counts.

use super::addresses::Addresses;
use crate::model::card::journal::{Event, EventId};
use crate::model::card::map::{BlockMap, CellKind};
use crate::model::card::tree::{SystemBlockKind, SystemTree, Tree};
use crate::model::card::{BLOCK_BYTES, NodeCode, ServiceCode};
use crate::words;
use crate::workbench::view::{CardView, OwnerView};
use std::collections::{BTreeMap, BinaryHeap};

/// One thing in the tree, by codes, so that it stays the same thing when the card changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeRef {
    /// A system, by its number.
    System(u8),
    /// An area of a system.
    Area(u8, NodeCode),
    /// A service of a system.
    Service(u8, ServiceCode),
    /// A node of a kind that is not known here.
    Foreign(u8, NodeCode),
    /// The nodes of a system of which it is not told where they stand, as a group.
    Adrift(u8),
    /// The system blocks of a system, as a group.
    SystemBlocks(u8),
    /// One system block that defines no node, by physical address.
    SystemBlock(u8, u32),
}

impl NodeRef {
    /// Number of the system it is in.
    pub fn system(self) -> u8 {
        match self {
            NodeRef::System(system)
            | NodeRef::Area(system, _)
            | NodeRef::Service(system, _)
            | NodeRef::Foreign(system, _)
            | NodeRef::Adrift(system)
            | NodeRef::SystemBlocks(system)
            | NodeRef::SystemBlock(system, _) => system,
        }
    }
}

/// Bytes from the first to the last, both included, counted from the first byte of a block; the last may be in a block
/// that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSpan {
    /// At most 15.
    pub first: u8,
    pub last: u32,
}

impl ByteSpan {
    /// Bytes that it has.
    pub fn bytes(self) -> u32 {
        self.last.saturating_sub(self.first.into()) + 1
    }

    /// Blocks that it touches.
    pub fn blocks(self) -> u32 {
        self.last / BLOCK_BYTES as u32 + 1
    }

    /// What it has of the block so many after the first, counted from that one's first byte.
    pub fn of_block(self, nth: u32) -> Option<ByteSpan> {
        let start = nth.checked_mul(BLOCK_BYTES as u32)?;
        let last = self.last.checked_sub(start)?;
        Some(ByteSpan {
            first: if nth == 0 { self.first } else { 0 },
            last: last.min(BLOCK_BYTES as u32 - 1),
        })
    }

    /// Where it stands in its block: `+00…03`; over several, from where in the first to where in the last:
    /// `005Ch +04…005Eh +07`.
    pub fn offsets(self, address: impl Fn(u32) -> String) -> String {
        let (first, last) = (self.first, self.last % BLOCK_BYTES as u32);
        match self.blocks() {
            1 if u32::from(first) == last => format!("+{first:02}"),
            1 => format!("+{first:02}…{last:02}"),
            blocks => {
                let (from, to) = (address(0), address(blocks - 1));
                format!("{from} +{first:02}…{to} +{last:02}")
            }
        }
    }
}

/// What is picked, in all views at once: a node, one block of the chip, or both when the block belongs to the node;
/// bytes from that block on; an event of the card's journal; an exchange of the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub node: Option<NodeRef>,
    /// Physical address.
    pub block: Option<u32>,
    pub bytes: Option<ByteSpan>,
    pub event: Option<EventId>,
    /// Number of the exchange.
    pub exchange: Option<u32>,
}

impl Selection {
    /// One node.
    pub fn node(node: NodeRef) -> Selection {
        Selection {
            node: Some(node),
            ..Selection::default()
        }
    }

    /// One block, and the node that it belongs to.
    pub fn block(block: u32, node: Option<NodeRef>) -> Selection {
        Selection {
            node,
            block: Some(block),
            ..Selection::default()
        }
    }

    /// The picked blocks: the first, and how many the picked bytes touch.
    pub fn blocks(&self) -> Option<(u32, u32)> {
        let blocks = self.bytes.map_or(1, ByteSpan::blocks);
        self.block.map(|block| (block, blocks))
    }

    /// Whether the picked bytes are in several blocks.
    pub fn spans_blocks(&self) -> bool {
        self.blocks().is_some_and(|(_, blocks)| blocks > 1)
    }
}

/// A run of blocks of one kind and system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First physical block.
    pub first: u32,
    pub blocks: u32,
    pub system: u8,
    /// The service of the lowest code among those that share the run; `None` for a free run.
    pub service: Option<ServiceCode>,
}

/// Blocks by what they are; the sum is the chip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Legend {
    /// Used blocks by owner: index into the view's owners.
    pub owners: BTreeMap<usize, u32>,
    pub free: u32,
    pub unknown: u32,
}

impl Legend {
    /// Blocks that are used.
    pub fn used(&self) -> u32 {
        self.owners.values().sum()
    }
}

/// What was worked out of one card.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub addresses: Addresses,
    /// In order of address.
    pub services: Vec<Run>,
    /// In order of address.
    pub free: Vec<Run>,
    pub legend: Legend,
}

impl Facts {
    /// Works everything out of `card`.
    pub fn of(card: &CardView) -> Facts {
        let Some(map) = &card.map else {
            return Facts::default();
        };
        let mut facts = Facts {
            addresses: Addresses::of(map),
            ..Facts::default()
        };
        for (at, cell) in map.cells.iter().enumerate() {
            let at = at as u32;
            let service = match cell.kind {
                CellKind::User { service, .. } => Some(service),
                _ => None,
            };
            match cell.kind {
                CellKind::User { .. } => {
                    extend(&mut facts.services, at, cell.system, service);
                    *facts
                        .legend
                        .owners
                        .entry(owner_of(card, cell.system))
                        .or_default() += 1;
                }
                CellKind::System(_) => {
                    *facts
                        .legend
                        .owners
                        .entry(owner_of(card, cell.system))
                        .or_default() += 1;
                }
                CellKind::Free => {
                    extend(&mut facts.free, at, cell.system, None);
                    facts.legend.free += 1;
                }
                CellKind::Unknown => facts.legend.unknown += 1,
            }
        }
        facts
    }
}

fn extend(runs: &mut Vec<Run>, at: u32, system: u8, service: Option<ServiceCode>) {
    match runs.last_mut() {
        Some(run)
            if run.first + run.blocks == at && run.system == system && run.service == service =>
        {
            run.blocks += 1;
        }
        _ => runs.push(Run {
            first: at,
            blocks: 1,
            system,
            service,
        }),
    }
}

/// Owner of a system: index into the view's owners. A system that nobody was named for has the first colour.
pub fn owner_of(card: &CardView, system: u8) -> usize {
    card.system_owners
        .get(usize::from(system))
        .copied()
        .unwrap_or(0)
}

/// The node that physical block `physical` belongs to.
pub fn node_at(map: &BlockMap, physical: u32) -> Option<NodeRef> {
    let cell = map.cells.get(physical as usize)?;
    Some(match cell.kind {
        CellKind::User { service, .. } => NodeRef::Service(cell.system, service),
        CellKind::System(SystemBlockKind::Area(code)) => NodeRef::Area(cell.system, code),
        CellKind::System(SystemBlockKind::Service(code)) => NodeRef::Service(cell.system, code),
        CellKind::System(SystemBlockKind::System) => NodeRef::System(cell.system),
        CellKind::System(_) => NodeRef::SystemBlock(cell.system, physical),
        CellKind::Free | CellKind::Unknown => return None,
    })
}

/// The blocks of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeBlocks {
    /// User blocks: first physical block and how many.
    pub user: Option<(u32, u32)>,
    /// Definition block, physical.
    pub definition: Option<u32>,
    /// Blocks that go with these, physical: the halves of the node's AES key, and the definitions of services that
    /// share the user blocks.
    pub related: Vec<u32>,
}

impl NodeBlocks {
    /// Whether `physical` is one of the node's own blocks.
    pub fn has(&self, physical: u32) -> bool {
        self.definition == Some(physical)
            || self
                .user
                .is_some_and(|(first, blocks)| (first..first + blocks).contains(&physical))
    }

    /// Whether one of the node's own blocks is among those from `first` on.
    pub fn touches(&self, (first, blocks): (u32, u32)) -> bool {
        let end = first.saturating_add(blocks);
        self.definition.is_some_and(|at| (first..end).contains(&at))
            || self
                .user
                .is_some_and(|(own, count)| own < end && first < own.saturating_add(count))
    }
}

/// The system of that number.
pub fn system(tree: &Tree, number: u8) -> Option<&SystemTree> {
    tree.systems.iter().find(|system| system.number == number)
}

/// The blocks of `node`, as far as they are known.
pub fn blocks_of(tree: &Tree, node: NodeRef) -> NodeBlocks {
    let Some(system) = system(tree, node.system()) else {
        return NodeBlocks::default();
    };
    match node {
        NodeRef::System(_) => {
            let definition = system
                .system_blocks
                .iter()
                .find(|b| b.kind == SystemBlockKind::System);
            NodeBlocks {
                definition: definition.map(|b| b.place.physical),
                related: aes_key_blocks(system, NodeCode::SYSTEM).collect(),
                ..NodeBlocks::default()
            }
        }
        NodeRef::Area(_, code) => {
            let area = system.areas.iter().find(|area| area.code == code);
            let definition = area.and_then(|area| area.definition);
            NodeBlocks {
                definition: definition.map(|place| place.physical),
                related: aes_key_blocks(system, code).collect(),
                ..NodeBlocks::default()
            }
        }
        NodeRef::Service(_, code) => {
            let Some(service) = system.services.iter().find(|service| service.code == code) else {
                return NodeBlocks::default();
            };
            let first = service.first_user_block.map(|place| place.physical);
            let user = first
                .zip(service.blocks.map(u32::from))
                .filter(|(_, blocks)| *blocks > 0);
            let overlapping = overlapping(system, code)
                .filter_map(|other| other.definition.map(|place| place.physical));
            let related = overlapping.chain(aes_key_blocks(system, code.node()));
            let definition = service.definition.map(|place| place.physical);
            NodeBlocks {
                user,
                definition,
                related: related.collect(),
            }
        }
        NodeRef::SystemBlocks(_) | NodeRef::Adrift(_) | NodeRef::Foreign(..) => {
            NodeBlocks::default()
        }
        NodeRef::SystemBlock(_, physical) => NodeBlocks {
            definition: Some(physical),
            ..NodeBlocks::default()
        },
    }
}

/// The system blocks that hold the halves of a node's AES key.
fn aes_key_blocks(system: &SystemTree, of: NodeCode) -> impl Iterator<Item = u32> {
    let is_half = move |kind| matches!(kind, SystemBlockKind::AesKey { node, .. } if node == of);
    let blocks = system.system_blocks.iter();
    let halves = blocks.filter(move |block| is_half(block.kind));
    halves.map(|block| block.place.physical)
}

/// The other services that share the user blocks of service `code`.
pub fn overlapping(
    system: &SystemTree,
    code: ServiceCode,
) -> impl Iterator<Item = &crate::model::card::tree::ServiceNode> {
    system
        .services
        .iter()
        .filter(move |other| other.code.number() == code.number() && other.code != code)
}

/// The bytes that an event changed, from the first to the last; `None` where it changed none, or the whole block.
pub fn changed_bytes(event: &Event) -> Option<ByteSpan> {
    let pairs = event.before.0.iter().zip(&event.after.0);
    let differs: Vec<bool> = pairs.map(|(before, after)| before != after).collect();
    // A block has 16 bytes.
    let first = differs.iter().position(|differs| *differs)? as u8;
    let last = differs.iter().rposition(|differs| *differs)? as u32;
    ((first, last) != (0, 15)).then_some(ByteSpan { first, last })
}

/// How the blocks that are picked came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Events that wrote one of them before the moment that is shown.
    pub all: u64,
    /// The newest of them, newest first.
    pub newest: Vec<EventId>,
}

/// How the blocks that are picked were written, with the `most` newest events; all blocks when nothing is picked.
pub fn written(card: &CardView, selection: Selection, most: usize) -> Written {
    let Some(history) = &card.history else {
        return Written::default();
    };
    let addresses: Vec<u32> = match (selection.blocks(), selection.node) {
        (Some((first, count)), _) => (first..first.saturating_add(count)).collect(),
        (None, Some(node)) => {
            let blocks = blocks_of(&card.tree, node);
            let user = blocks
                .user
                .map_or(0..0, |(first, count)| first..first + count);
            user.chain(blocks.definition).collect()
        }
        (None, None) => {
            let path = history.journal.path(history.shown);
            let all = history.shown.and_then(|shown| history.journal.event(shown));
            return Written {
                all: all.map_or(0, |event| u64::from(event.depth) + 1),
                newest: path.take(most).map(|(id, _)| id).collect(),
            };
        }
    };
    let mut ahead: BinaryHeap<EventId> = addresses
        .iter()
        .filter_map(|address| Some(history.writer(*address)?.0))
        .collect();
    let all = addresses
        .iter()
        .map(|at| u64::from(history.writes(*at)))
        .sum();
    let mut newest = Vec::new();
    while let Some(id) = ahead.pop().filter(|_| newest.len() < most) {
        newest.push(id);
        ahead.extend(history.journal.event(id).and_then(|event| event.previous));
    }
    Written { all, newest }
}

/// What an owner is called, also one that nobody here knows.
pub fn owner_name(owners: &[OwnerView], owner: usize) -> &str {
    let known = owners.get(owner);
    known.map_or(words::text("card.owner_unknown"), |known| &known.name)
}

/// Whether the card still has what `node` names.
pub fn exists(tree: &Tree, node: NodeRef) -> bool {
    let Some(system) = system(tree, node.system()) else {
        return false;
    };
    match node {
        NodeRef::System(_) | NodeRef::SystemBlocks(_) | NodeRef::Adrift(_) => true,
        NodeRef::Foreign(_, code) => system.foreign.iter().any(|node| node.code == code),
        NodeRef::Area(_, code) => system.areas.iter().any(|area| area.code == code),
        NodeRef::Service(_, code) => system.services.iter().any(|service| service.code == code),
        NodeRef::SystemBlock(_, physical) => system
            .system_blocks
            .iter()
            .any(|block| block.place.physical == physical),
    }
}
