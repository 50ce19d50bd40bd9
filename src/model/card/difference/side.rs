//! One picture of a card, as it is compared: what its tree tells and, where the whole memory is known, its blocks.

use super::change::{Place, Sides};
use crate::model::card::image::Run;
use crate::model::card::map::BlockMap;
use crate::model::card::tree::{
    AreaNode, BlockPlace, KeyFacts, ServiceNode, SystemBlockKind, SystemTree, Tree,
};
use crate::model::card::{Block, NodeCode};
use std::collections::{BTreeMap, HashMap};

/// A card, or as much as is known of one.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// A system of which it tells nodes is taken to have no others.
    pub tree: &'a Tree,
    /// `None` for what only a tree is known of.
    pub memory: Option<Memory<'a>>,
}

/// A whole memory; both are in order of physical address and equally long.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    pub blocks: &'a [Block],
    pub map: &'a BlockMap,
}

/// One system of a picture.
pub struct SystemSide<'a> {
    pub tree: &'a SystemTree,
    pub memory: Option<Memory<'a>>,
    /// By what they are, physical.
    system_blocks: HashMap<SystemBlockKind, u32>,
}

/// An area or a service.
#[derive(Clone, Copy)]
pub enum Node<'a> {
    Area(&'a AreaNode),
    Service(&'a ServiceNode),
}

/// What stands in the user blocks of one service number.
pub enum Contents<'a> {
    /// All of them.
    Whole(&'a [Block]),
    /// As far as it was read, through any of the services that share them.
    Told(Vec<&'a BTreeMap<u16, Block>>),
}

impl<'a> SystemSide<'a> {
    pub fn of(picture: Picture<'a>, tree: &'a SystemTree) -> SystemSide<'a> {
        let mut system_blocks = HashMap::new();
        for block in &tree.system_blocks {
            let first = system_blocks.entry(block.kind);
            first.or_insert(block.place.physical);
        }
        SystemSide {
            tree,
            memory: picture.memory,
            system_blocks,
        }
    }

    /// Whether its nodes are known at all; every system has a root area.
    pub fn knows_nodes(&self) -> bool {
        !self.tree.areas.is_empty()
    }

    /// Areas and services in order of code.
    pub fn nodes(&self) -> Vec<Node<'a>> {
        let areas = self.tree.areas.iter().map(Node::Area);
        let services = self.tree.services.iter().map(Node::Service);
        let mut nodes: Vec<Node> = areas.chain(services).collect();
        nodes.sort_by_key(Node::code);
        nodes
    }

    /// Where the system lies on the chip.
    pub fn window(&self) -> Option<Run> {
        let memory = self.memory?;
        if self.tree.number == 0 {
            let blocks = memory.blocks.len() as u32;
            return Some(Run { first: 0, blocks });
        }
        let number = self.tree.number;
        let divisions = memory.map.divisions.iter();
        let own = divisions.filter(|division| division.system == number);
        own.map(|division| Run {
            first: division.first,
            blocks: division.blocks,
        })
        .next()
    }

    /// Where its system block of that kind stands.
    pub fn place_of(&self, kind: SystemBlockKind) -> Place {
        Place {
            definition: self.system_blocks.get(&kind).copied(),
            run: None,
        }
    }

    /// The system block of that kind: `None` when the memory is not known, `Some(None)` when there is none.
    pub fn system_block(&self, kind: SystemBlockKind) -> Option<Option<Block>> {
        let memory = self.memory?;
        let at = self.system_blocks.get(&kind);
        Some(at.and_then(|at| memory.blocks.get(*at as usize).copied()))
    }

    /// Where the two halves of a node's AES key stand.
    pub fn aes_place(&self, node: NodeCode) -> Place {
        let half = |half| {
            let kind = SystemBlockKind::AesKey { node, half };
            self.system_blocks.get(&kind).copied()
        };
        // The second stands under the first, unless blocks that were lent away are between them.
        match (half(0), half(1)) {
            (Some(above), Some(below)) if below.checked_add(1) == Some(above) => Place {
                definition: None,
                run: Some(Run {
                    first: below,
                    blocks: 2,
                }),
            },
            (first, _) => Place {
                definition: first,
                run: None,
            },
        }
    }

    /// What stands in the user blocks that `service` shares.
    pub fn contents(&self, service: &'a ServiceNode) -> Contents<'a> {
        let run = user_run(service).zip(self.memory);
        let whole = run.and_then(|(run, memory)| {
            let range = run.first as usize..run.end() as usize;
            memory.blocks.get(range)
        });
        match whole {
            Some(blocks) => Contents::Whole(blocks),
            None => {
                let number = service.code.number();
                let services = self.tree.services.iter();
                let shared = services.filter(|other| other.code.number() == number);
                Contents::Told(shared.map(|other| &other.data).collect())
            }
        }
    }
}

impl Node<'_> {
    pub fn code(&self) -> NodeCode {
        match self {
            Node::Area(area) => area.code,
            Node::Service(service) => service.code.node(),
        }
    }

    pub fn key(&self) -> KeyFacts {
        match self {
            Node::Area(area) => area.key,
            Node::Service(service) => service.key,
        }
    }

    pub fn definition(&self) -> Option<BlockPlace> {
        match self {
            Node::Area(area) => area.definition,
            Node::Service(service) => service.definition,
        }
    }

    /// Its definition block and its user blocks.
    pub fn place(&self) -> Place {
        let run = match self {
            Node::Area(_) => None,
            Node::Service(service) => user_run(service),
        };
        Place {
            definition: self.definition().map(|place| place.physical),
            run,
        }
    }
}

impl Contents<'_> {
    /// The block at `index` of the service, if it is known.
    pub fn get(&self, index: u16) -> Option<&Block> {
        match self {
            Contents::Whole(blocks) => blocks.get(usize::from(index)),
            Contents::Told(told) => told.iter().find_map(|data| data.get(&index)),
        }
    }

    /// One past the highest block that is known.
    pub fn end(&self) -> usize {
        match self {
            Contents::Whole(blocks) => blocks.len(),
            Contents::Told(told) => {
                let last = told.iter().filter_map(|data| data.last_key_value());
                last.map(|(index, _)| usize::from(*index) + 1)
                    .max()
                    .unwrap_or(0)
            }
        }
    }
}

/// The user blocks of a service, physical.
pub fn user_run(service: &ServiceNode) -> Option<Run> {
    let first = service.first_user_block?.physical;
    let blocks = u32::from(service.blocks?);
    Some(Run { first, blocks })
}

/// Systems that are one: those of the same code first, then of the rest those of the same number. In order of number.
pub fn paired<'a>(sides: Sides<Picture<'a>>) -> Vec<Sides<Option<SystemSide<'a>>>> {
    let mut left: Sides<Vec<&SystemTree>> =
        sides.map(|picture| picture.tree.systems.iter().collect());
    let mut pairs: Vec<Sides<Option<&SystemTree>>> = Vec::new();
    let same: [fn(&SystemTree, &SystemTree) -> bool; 2] =
        [|a, b| a.code == b.code, |a, b| a.number == b.number];
    for same in same {
        left.a.retain(|a| {
            let Some(at) = left.b.iter().position(|b| same(a, b)) else {
                return true;
            };
            let b = Some(left.b.remove(at));
            pairs.push(Sides { a: Some(*a), b });
            false
        });
    }
    pairs.extend(left.a.into_iter().map(|a| Sides {
        a: Some(a),
        b: None,
    }));
    pairs.extend(left.b.into_iter().map(|b| Sides {
        a: None,
        b: Some(b),
    }));
    pairs.sort_by_key(|pair| {
        let of = [pair.a, pair.b].into_iter().flatten();
        of.map(|system| (system.number, system.code)).min()
    });
    pairs
        .into_iter()
        .map(|pair| Sides {
            a: pair.a.map(|tree| SystemSide::of(sides.a, tree)),
            b: pair.b.map(|tree| SystemSide::of(sides.b, tree)),
        })
        .collect()
}
