//! The memories themselves: what became of each block, and of each byte of one.

use super::change::{
    BlockChange, ChangedNode, Difference, Field, FieldChange, Place, Sides, Value,
};
use super::comparison::bytes;
use super::data::data;
use super::side::Memory;
use crate::model::card::definition::secret_bytes;
use crate::model::card::image::Run;
use crate::model::card::map::{Cell, CellKind};
use crate::model::card::tree::SystemBlockKind;
use crate::model::card::{BLOCK_BYTES, Block};

/// What became of each block of the longer memory.
pub(super) fn changes(memories: Sides<Memory<'_>>) -> Vec<BlockChange> {
    let blocks = memories.map(|memory| memory.blocks.len());
    (0..blocks.a.max(blocks.b))
        .map(|at| change(memories.map(|memory| at_of(memory, at))))
        .collect()
}

fn at_of(memory: Memory<'_>, at: usize) -> Option<(&Block, &Cell)> {
    memory.blocks.get(at).zip(memory.map.cells.get(at))
}

fn change(sides: Sides<Option<(&Block, &Cell)>>) -> BlockChange {
    let used = sides.map(|side| side.is_some_and(|(_, cell)| cell.kind != CellKind::Free));
    match (sides.a, sides.b) {
        _ if used.b && !used.a => BlockChange::Added,
        _ if used.a && !used.b => BlockChange::Removed,
        (Some((a, before)), Some((b, after))) if a != b || !is_same(before, after) => {
            BlockChange::Changed
        }
        (Some(_), Some(_)) => BlockChange::Same,
        (None, None) => BlockChange::Same,
        (None, Some(_)) => BlockChange::Added,
        (Some(_), None) => BlockChange::Removed,
    }
}

/// Whether two cells are the same thing, however many blocks go with it.
fn is_same(a: &Cell, b: &Cell) -> bool {
    match (a.kind, b.kind) {
        (
            CellKind::User { service, index, .. },
            CellKind::User {
                service: other,
                index: at,
                ..
            },
        ) => service.number() == other.number() && index == at,
        (a, b) => a == b,
    }
}

/// Which bytes of a block differ, where it is `kinds` on its sides. A key counts as one: if any byte of it differs, all
/// are said to, so that two keys cannot be weighed against each other byte by byte.
pub fn byte_changes(blocks: Sides<&Block>, kinds: Sides<CellKind>) -> [bool; BLOCK_BYTES] {
    let mut changed = std::array::from_fn(|at| blocks.a.0[at] != blocks.b.0[at]);
    for kind in [kinds.a, kinds.b] {
        let CellKind::System(kind) = kind else {
            continue;
        };
        let secret = &mut changed[secret_bytes(kind)];
        let any = secret.contains(&true);
        secret.fill(any);
    }
    changed
}

/// Adds a change for every block that differs and that no change names yet, behind those of its system.
pub(super) fn add_the_rest(memories: Sides<Memory<'_>>, found: &mut Difference) {
    let Sides { a, b } = memories;
    let mut named = vec![false; a.blocks.len().max(b.blocks.len())];
    for place in found
        .changes
        .iter()
        .flat_map(|change| [change.place.a, change.place.b])
    {
        let definition = place.definition.map(|first| Run { first, blocks: 1 });
        for run in [definition, place.run].into_iter().flatten() {
            let range = run.first as usize..run.end() as usize;
            if let Some(named) = named.get_mut(range) {
                named.fill(true);
            }
        }
    }
    let pairs = a.blocks.iter().zip(b.blocks);
    let rest = pairs
        .enumerate()
        .filter(|(at, (a, b))| a != b && !named[*at]);
    let rest: Vec<FieldChange> = rest
        .filter_map(|(at, (before, after))| {
            let cells = Sides {
                a: a.map.cells.get(at)?,
                b: b.map.cells.get(at)?,
            };
            let blocks = Sides {
                a: before,
                b: after,
            };
            Some(unnamed(found, at as u32, blocks, cells))
        })
        .collect();
    if !rest.is_empty() {
        found.changes.extend(rest);
        found.changes.sort_by_key(|change| change.system);
    }
}

/// The change of a block of which no field is known.
fn unnamed(found: &Difference, at: u32, blocks: Sides<&Block>, cells: Sides<&Cell>) -> FieldChange {
    let nodes = cells.map(|cell| node(cell.kind));
    let users = cells.map(|cell| matches!(cell.kind, CellKind::User { .. }));
    let told = users.a && users.b;
    let value = |block: &Block| Some(if told { data(block) } else { Value::Hidden });
    let number = cells.b.system;
    let of = |system: &super::ComparedSystem| system.number.b == Some(number);
    let run = Run {
        first: at,
        blocks: 1,
    };
    FieldChange {
        system: found.systems.iter().position(of).unwrap_or(0),
        node: if nodes.a == nodes.b {
            nodes.b
        } else {
            ChangedNode::Block
        },
        field: Field::Block,
        values: blocks.map(value),
        place: Sides::both(Place {
            definition: None,
            run: Some(run),
        }),
        bytes: bytes(0, BLOCK_BYTES),
    }
}

fn node(kind: CellKind) -> ChangedNode {
    match kind {
        CellKind::User { service, .. } | CellKind::System(SystemBlockKind::Service(service)) => {
            ChangedNode::Service(service)
        }
        CellKind::System(SystemBlockKind::Area(code)) => ChangedNode::Area(code),
        CellKind::System(
            SystemBlockKind::System | SystemBlockKind::ManufactureId | SystemBlockKind::IssuanceId,
        ) => ChangedNode::System,
        CellKind::System(_) | CellKind::Free | CellKind::Unknown => ChangedNode::Block,
    }
}
