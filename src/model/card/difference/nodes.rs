//! Systems, areas and services, by what defines them.

use super::change::{
    ChangedNode, ComparedSystem, Difference, Field, KeyValue, Place, Sides, Value,
};
use super::comparison::{Comparison, Spot, bytes};
use super::data;
use super::keys::{aes, key_bytes, shown};
use super::side::{Node, Picture, SystemSide, paired, user_run};
use crate::model::card::definition::{
    BLOCKS_AT, CODE_AT, KEY_AT, KEY_VERSION_AT, PARAMETER_AT, SECOND_AT, SYSTEM_KEY_AT,
    SYSTEM_KEY_VERSION_AT,
};
use crate::model::card::image::{MAX_SYSTEMS, Run};
use crate::model::card::tree::{AreaNode, ServiceNode, SystemBlockKind};
use crate::model::card::{Block, NodeCode};
use crate::model::cipher::DesKey;

/// Compares all that the trees tell, and what they lead to. [`Difference::blocks`] stays empty.
pub(super) fn compare(pictures: Sides<Picture<'_>>) -> Difference {
    let mut found = Difference::default();
    for sides in paired(pictures) {
        let of = sides
            .as_ref()
            .map(|side| side.as_ref().map(|side| side.tree));
        found.systems.push(ComparedSystem {
            code: of.map(|tree| tree.map(|tree| tree.code)),
            number: of.map(|tree| tree.map(|tree| tree.number)),
        });
        let system = found.systems.len() - 1;
        let mut comparison = Comparison {
            system,
            sides,
            found: &mut found,
        };
        comparison.whole_system();
        comparison.system_fields();
        comparison.records();
        comparison.nodes();
    }
    found
}

impl Comparison<'_, '_> {
    /// Adds a change if two facts differ.
    fn field<T: PartialEq + Copy>(
        &mut self,
        spot: Spot,
        facts: Sides<Option<T>>,
        value: impl Fn(T) -> Option<Value>,
    ) {
        if self.differ(&facts) {
            self.push(spot, facts.map(|fact| fact.and_then(&value)));
        }
    }

    /// A system that is on one side only.
    fn whole_system(&mut self) {
        if self.sides.a.is_some() && self.sides.b.is_some() {
            return;
        }
        let values = self.sides.as_ref().map(|side| {
            side.as_ref().map(|side| Value::System {
                blocks: side.window().map(|window| window.blocks),
                key: shown(side.tree.key),
            })
        });
        let place = self.sides.as_ref().map(|side| Place {
            run: side.as_ref().and_then(SystemSide::window),
            definition: None,
        });
        let spot = Spot {
            node: ChangedNode::System,
            field: Field::System,
            place,
            bytes: None,
        };
        self.push(spot, values);
    }

    /// Code, IDs, window, blocks and keys of a system that is on both sides.
    fn system_fields(&mut self) {
        let Sides {
            a: Some(a),
            b: Some(b),
        } = self.sides.as_ref().map(Option::as_ref)
        else {
            return;
        };
        let both = Sides { a, b };
        let trees = both.map(|side| side.tree);
        let block =
            |kind| both.map(|side| side.system_block(kind).map(|b| b.unwrap_or(Block::ERASED)));
        let issued = block(SystemBlockKind::IssuanceId);
        let id = |at: usize| {
            issued.map(|block| block.map(|block| (!block.is_erased()).then(|| block.eight(at))))
        };
        let (idi, pmi) = (id(0), id(PARAMETER_AT));
        let windows = both.map(SystemSide::window);
        let places = |kind| both.map(|side| side.place_of(kind));
        let (made, issuance, defined) = (
            places(SystemBlockKind::ManufactureId),
            places(SystemBlockKind::IssuanceId),
            places(SystemBlockKind::System),
        );
        let at = |field, place, bytes| Spot {
            node: ChangedNode::System,
            field,
            place,
            bytes,
        };
        let code = trees.map(|tree| Some(tree.code));
        let spot = at(Field::SystemCode, defined, bytes(CODE_AT, 2));
        self.field(spot, code, |code| Some(Value::SystemCode(code)));
        let idm = trees.map(|tree| tree.idm.map(|idm| idm.0));
        let told = |id: [u8; 8]| Some(Value::Id(id));
        self.field(at(Field::Idm, made, bytes(0, PARAMETER_AT)), idm, told);
        let pmm = trees.map(|tree| tree.pmm.map(|pmm| pmm.0));
        self.field(at(Field::Pmm, made, bytes(PARAMETER_AT, 8)), pmm, told);
        let given = |id: Option<[u8; 8]>| id.map(Value::Id);
        self.field(at(Field::Idi, issuance, bytes(0, PARAMETER_AT)), idi, given);
        self.field(at(Field::Pmi, issuance, bytes(PARAMETER_AT, 8)), pmi, given);
        let place = windows.map(|run| Place {
            run,
            definition: None,
        });
        let spot = at(Field::Window, place, None);
        self.field(spot, windows, |run| Some(Value::Run(run)));
        let space = trees.map(|tree| tree.blocks);
        let spot = at(Field::Space, Sides::default(), None);
        self.field(spot, space, |space| Some(Value::Space(space)));
        let key = bytes(
            SYSTEM_KEY_VERSION_AT,
            SYSTEM_KEY_AT + 8 - SYSTEM_KEY_VERSION_AT,
        );
        self.keys(
            ChangedNode::System,
            NodeCode::SYSTEM,
            trees.map(|tree| tree.key),
            (defined, key),
        );
    }

    /// The division key and the records of systems that were lent blocks. Only a memory tells of them.
    fn records(&mut self) {
        let numbers = (0..MAX_SYSTEMS as u8).map(|system| SystemBlockKind::Division { system });
        for kind in std::iter::once(SystemBlockKind::DivisionKey).chain(numbers) {
            let has = |side: &Option<SystemSide>| {
                let block = side.as_ref().and_then(|side| side.system_block(kind));
                block.flatten().is_some()
            };
            if !has(&self.sides.a) && !has(&self.sides.b) {
                continue;
            }
            // A system that is not there has none.
            let facts = self.sides.as_ref().map(|side| match side {
                Some(side) => side.system_block(kind),
                None => Some(None),
            });
            let field = match kind {
                SystemBlockKind::Division { system } => Field::Division(system),
                _ => Field::DivisionKey,
            };
            let place = self.sides.as_ref().map(|side| {
                let place = side.as_ref().map(|side| side.place_of(kind));
                place.unwrap_or_default()
            });
            let spot = Spot {
                node: ChangedNode::System,
                field,
                place,
                bytes: None,
            };
            self.field(spot.clone(), facts, |block: Option<Block>| {
                block.map(|block| record(kind, &block))
            });
            self.moved(spot, Field::Definition);
        }
    }

    /// Areas and services of both sides, in order of code.
    fn nodes(&mut self) {
        if self.sides.a.is_none() && self.sides.b.is_none() {
            return;
        }
        let known = self
            .sides
            .as_ref()
            .map(|side| side.as_ref().is_none_or(SystemSide::knows_nodes));
        let nodes = self
            .sides
            .as_ref()
            .map(|side| side.as_ref().map(SystemSide::nodes).unwrap_or_default());
        if !known.a || !known.b {
            // What one side does not tell of is no difference.
            self.found.unknown.a += if known.a { 0 } else { nodes.b.len() };
            self.found.unknown.b += if known.b { 0 } else { nodes.a.len() };
            return;
        }
        let pairs = merged(&nodes);
        // User blocks are compared once for all services of a number.
        let mut compared = None;
        for (at, pair) in pairs.iter().enumerate() {
            match (pair.a, pair.b) {
                (Some(Node::Area(a)), Some(Node::Area(b))) => self.area(Sides { a, b }),
                (Some(Node::Service(a)), Some(Node::Service(b))) => self.service(Sides { a, b }),
                _ => self.one_sided(*pair),
            }
            let Some(number) = service_number(*pair) else {
                continue;
            };
            if compared != Some(number) {
                compared = Some(number);
                let group = pairs[at..].iter();
                let group: Vec<_> = group
                    .take_while(|pair| service_number(**pair) == Some(number))
                    .copied()
                    .collect();
                data::compare(self, &group);
            }
        }
    }

    /// A node that is on one side only.
    fn one_sided(&mut self, pair: Sides<Option<Node<'_>>>) {
        let Some(node) = pair.b.or(pair.a) else {
            return;
        };
        let key = node.key();
        let (changed, field) = match node {
            Node::Area(area) => (ChangedNode::Area(area.code), Field::Area),
            Node::Service(service) => (ChangedNode::Service(service.code), Field::Service),
        };
        let value = |node: Node| match node {
            Node::Area(area) => Value::Area {
                end: area.end,
                allotted: area.allotted,
                key: shown(key),
            },
            Node::Service(service) => Value::Service {
                blocks: service.blocks,
                first: service.first_user_block.map(|place| place.physical),
                key: shown(key),
            },
        };
        let place = pair.map(|node| node.map(|node| node.place()).unwrap_or_default());
        let spot = Spot {
            node: changed,
            field,
            place,
            bytes: None,
        };
        self.push(spot, pair.map(|node| node.map(value)));
        if key.aes.is_some() {
            let keys = pair.map(|node| node.map(|node| node.key()).unwrap_or_default());
            let facts = keys.map(|key| Some(aes(key)));
            self.aes_key(changed, node.code(), facts);
        }
    }

    fn area(&mut self, areas: Sides<&AreaNode>) {
        let code = areas.b.code;
        let node = ChangedNode::Area(code);
        let place = areas.map(|area| Node::Area(area).place());
        let at = |field, bytes| Spot {
            node,
            field,
            place,
            bytes,
        };
        let ends = areas.map(|area| area.end);
        let end = |end| Some(Value::Code(end));
        self.field(at(Field::End, bytes(SECOND_AT, 2)), ends, end);
        let allotted = areas.map(|area| area.allotted.map(u32::from));
        let count = |blocks| Some(Value::Blocks(blocks));
        self.field(at(Field::Allotted, bytes(BLOCKS_AT, 2)), allotted, count);
        let keys = areas.map(|area| area.key);
        self.keys(node, code, keys, (place, key_bytes()));
        self.moved(at(Field::Definition, None), Field::Definition);
    }

    fn service(&mut self, services: Sides<&ServiceNode>) {
        let code = services.b.code;
        let node = ChangedNode::Service(code);
        let definition = services.map(|service| Place {
            definition: service.definition.map(|place| place.physical),
            run: None,
        });
        let whole = services.map(|service| Node::Service(service).place());
        let at = |field, place, bytes| Spot {
            node,
            field,
            place,
            bytes,
        };
        let blocks = services.map(|service| service.blocks.map(u32::from));
        self.field(
            at(Field::Blocks, whole, bytes(BLOCKS_AT, 2)),
            blocks,
            |blocks| Some(Value::Blocks(blocks)),
        );
        let runs = services.map(user_run);
        let logical = services.map(|service| service.first_user_block.map(|place| place.logical));
        if let (Some(a), Some(b)) = (logical.a, logical.b)
            && a != b
        {
            let first = runs.map(|run| run.map(|run| Value::Address(run.first)));
            self.push(at(Field::FirstBlock, whole, bytes(SECOND_AT, 2)), first);
        }
        let keys = services.map(|service| service.key);
        self.keys(node, code.node(), keys, (definition, key_bytes()));
        self.moved(at(Field::Definition, definition, None), Field::Definition);
    }

    /// Adds a change if a definition or record stands elsewhere in its system. `spot` tells where it is.
    pub fn moved(&mut self, spot: Spot, field: Field) {
        let windows = self
            .sides
            .as_ref()
            .map(|side| side.as_ref().and_then(SystemSide::window));
        let from_end = |at: Option<u32>, window: Option<Run>| {
            let (at, window) = at.zip(window)?;
            window.end().checked_sub(at)
        };
        let Sides { a, b } = spot.place.map(Place::first);
        if let (Some(from), Some(to)) = (from_end(a, windows.a), from_end(b, windows.b))
            && from != to
        {
            let values = Sides { a, b }.map(|at| at.map(Value::Address));
            self.push(
                Spot {
                    field,
                    bytes: None,
                    ..spot
                },
                values,
            );
        }
    }

    /// Of which sides all is known.
    pub fn is_whole(&self) -> Sides<bool> {
        self.sides
            .as_ref()
            .map(|side| side.as_ref().is_some_and(|side| side.memory.is_some()))
    }
}

/// What a record tells.
fn record(kind: SystemBlockKind, block: &Block) -> Value {
    match kind {
        SystemBlockKind::Division { .. } => Value::Run(Run {
            first: u32::from(block.u16_le(SECOND_AT)),
            blocks: u32::from(block.u16_le(BLOCKS_AT)),
        }),
        _ => Value::Key(KeyValue {
            version: Some(block.u16_le(KEY_VERSION_AT)),
            kcv: Some(DesKey::new(block.eight(KEY_AT)).kcv()),
        }),
    }
}

/// Nodes of both sides by code; both lists are in order of code.
fn merged<'a>(nodes: &Sides<Vec<Node<'a>>>) -> Vec<Sides<Option<Node<'a>>>> {
    let (mut a, mut b) = (nodes.a.iter().peekable(), nodes.b.iter().peekable());
    let mut pairs = Vec::with_capacity(nodes.a.len().max(nodes.b.len()));
    loop {
        let codes = (a.peek().map(|n| n.code()), b.peek().map(|n| n.code()));
        let least = match codes {
            (None, None) => return pairs,
            (Some(code), None) | (None, Some(code)) => code,
            (Some(a), Some(b)) => a.min(b),
        };
        pairs.push(Sides {
            a: a.next_if(|node| node.code() == least).copied(),
            b: b.next_if(|node| node.code() == least).copied(),
        });
    }
}

/// The number of a service.
fn service_number(pair: Sides<Option<Node<'_>>>) -> Option<u16> {
    match pair.a.or(pair.b)? {
        Node::Area(_) => None,
        Node::Service(service) => Some(service.code.number()),
    }
}
