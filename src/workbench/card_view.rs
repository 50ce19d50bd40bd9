//! The picture of a card.

use super::view::{ByteView, CardSource, CardView, EventView, LastCommand, OwnerView};
use crate::device::emulated::EmulatedCard;
use crate::model::card::definition::{KEY_AT, SYSTEM_KEY_AT};
use crate::model::card::image::{CardImage, Overlay, ReadBlocks};
use crate::model::card::map::{BlockMap, Cell, CellKind};
use crate::model::card::projection::Projection;
use crate::model::card::tree::{SystemBlockKind, Tree};
use crate::model::card::{Block, SystemCode};
use crate::model::command::command_name;
use std::collections::BTreeSet;

/// Newest events that a view carries.
const EVENTS: usize = 200;

/// The card in the emulator.
pub fn card_view(
    card: &EmulatedCard,
    owners: &[OwnerView],
    owner_of: &dyn Fn(SystemCode) -> usize,
    keys_shown: bool,
) -> Option<CardView> {
    let data = card.memory().data();
    let written = card.image()?;
    let writes = card.prepared();
    let memory = Overlay {
        below: &data,
        writes: &writes,
    };
    let prepared = CardImage::decode(&memory).ok()?;
    let pending: BTreeSet<u32> = writes
        .iter()
        .filter(|(at, block)| data.get(**at as usize) != Some(block))
        .map(|(at, _)| *at)
        .collect();
    let projection = Projection {
        written: &written,
        prepared: &prepared,
        memory: &memory,
        pending: &pending,
    };
    let (tree, map) = (projection.tree(), projection.map());
    let bytes = map
        .cells
        .iter()
        .enumerate()
        .map(|(at, cell)| shown(&memory.block(at as u32), cell, keys_shown))
        .collect();
    let highest = prepared
        .systems
        .iter()
        .map(|system| usize::from(system.number))
        .max()
        .unwrap_or(0);
    let mut system_owners = vec![0; highest + 1];
    for system in &prepared.systems {
        let owner = owner_of(system.code).min(owners.len().saturating_sub(1));
        system_owners[usize::from(system.number)] = owner;
    }
    Some(CardView {
        source: CardSource::Emulated {
            profile: card.profile().title.clone(),
        },
        tree,
        bytes,
        system_owners,
        idm: written.systems.first().map(|system| system.idm),
        mode: card.chip().map(|chip| chip.mode()),
        last_command: card.last_exchange().map(|last| LastCommand {
            code: last.code,
            name: command_name(last.code).unwrap_or(""),
            answered: last.answered,
        }),
        changed: BTreeSet::new(),
        revision: 0,
        events: events(card),
        chip_blocks: Some(map.cells.len() as u32),
        divide_refused_because: divide_refused(&written),
        map: Some(map),
    })
}

/// What a dump or observation shows: a tree, and nothing of where blocks stand.
pub fn observed_view(source: CardSource, tree: Tree) -> CardView {
    let highest = tree
        .systems
        .iter()
        .map(|system| usize::from(system.number))
        .max()
        .unwrap_or(0);
    CardView {
        source,
        idm: tree.systems.first().and_then(|system| system.idm),
        system_owners: (0..=highest).collect(),
        tree,
        map: None::<BlockMap>,
        bytes: Vec::new(),
        mode: None,
        last_command: None,
        changed: BTreeSet::new(),
        revision: 0,
        events: Vec::new(),
        chip_blocks: None,
        divide_refused_because: Some("flow.refused.dump"),
    }
}

/// Why the card cannot be divided, if it cannot.
fn divide_refused(image: &CardImage) -> Option<&'static str> {
    let system = image.systems.first()?;
    if system.division_key.is_none() {
        Some("flow.refused.no_key")
    } else if image.systems.len() > 1 {
        Some("flow.refused.divided")
    } else {
        None
    }
}

/// A block's bytes, with those of keys masked.
fn shown(block: &Block, cell: &Cell, keys_shown: bool) -> [ByteView; 16] {
    let key_at = match cell.kind {
        _ if keys_shown => None,
        CellKind::System(SystemBlockKind::System) => Some(SYSTEM_KEY_AT),
        CellKind::System(
            SystemBlockKind::Area(_)
            | SystemBlockKind::Service(_)
            | SystemBlockKind::DivisionKey
            | SystemBlockKind::AesKey { .. },
        ) => Some(KEY_AT),
        // Of a block that nobody knows, nothing can be said to be no key.
        CellKind::System(SystemBlockKind::Other) => return [ByteView::Secret; 16],
        _ => None,
    };
    std::array::from_fn(|at| match key_at {
        Some(key) if (key..key + 8).contains(&at) => ByteView::Secret,
        _ => ByteView::Known(block.0[at]),
    })
}

fn events(card: &EmulatedCard) -> Vec<EventView> {
    let journal = card.journal();
    let mut newest: Vec<EventView> = journal
        .path(journal.head())
        .take(EVENTS)
        .map(|event| EventView {
            sequence: event.index as u64 + 1,
            step: event.cause.step.clone(),
            command: event
                .cause
                .command
                .and_then(command_name)
                .unwrap_or("Power on"),
            address: event.address,
            time_ms: event.time_ms,
        })
        .collect();
    newest.reverse();
    newest
}
