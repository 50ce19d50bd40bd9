//! The picture of a card.
//!
//! A view is made after every step, so a [`Picture`] keeps what it worked out: nodes and map are made anew only
//! when a system block changed, and a past moment is reached from the one that was shown before.

use super::view::{Bytes, CardSource, CardView, FaultsView, History, LastCommand, OwnerView};
use crate::device::emulated::EmulatedCard;
use crate::model::card::definition::secret_bytes;
use crate::model::card::image::{CardImage, Overlay};
use crate::model::card::journal::{Event, Journal, Moment};
use crate::model::card::map::{BlockMap, Cell, CellKind};
use crate::model::card::projection::Projection;
use crate::model::card::tree::Tree;
use crate::model::card::{Block, SystemCode};
use crate::model::command::command_name;
use crate::workbench::bytes::Hidden;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// What the pictures of one card share.
#[derive(Default)]
pub struct Picture {
    nodes: Option<Nodes>,
    /// The moment that is looked at, if it is not the present.
    past: Option<Past>,
}

/// The memory as it was, or as it is on another branch.
struct Past {
    at: Moment,
    blocks: Vec<Block>,
    written_by: Vec<Moment>,
}

/// What follows from the system blocks.
struct Nodes {
    written: CardImage,
    prepared: CardImage,
    pending: BTreeSet<u32>,
    tree: Arc<Tree>,
    map: Arc<BlockMap>,
    hidden: Arc<BTreeMap<u32, Hidden>>,
    /// Runs of free blocks.
    free: Vec<Range<usize>>,
}

/// Who is asked about what the card itself does not say.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    pub owners: &'a [OwnerView],
    /// Index of the owner of a system.
    pub owner_of: &'a dyn Fn(SystemCode) -> usize,
    /// Gives nodes the names that they have in the workspace.
    pub name_nodes: &'a dyn Fn(&mut Tree),
    pub keys_shown: bool,
}

impl Picture {
    /// Shows the card as it was at a moment of its journal. Nothing changes when it has no such moment.
    pub fn show_moment(&mut self, card: &EmulatedCard, to: Moment) {
        let journal = card.journal();
        if to.is_some_and(|id| journal.event(id).is_none()) {
            return;
        }
        let mut past = self.past.take().unwrap_or_else(|| Past {
            at: journal.head(),
            blocks: card.memory().data().to_vec(),
            written_by: journal.written_by().to_vec(),
        });
        past.go_to(journal, to);
        self.past = Some(past);
    }

    /// The moment that is looked at, if it is not the present.
    pub fn past(&self) -> Option<Moment> {
        self.past.as_ref().map(|past| past.at)
    }

    /// Shows the card as it is.
    pub fn show_now(&mut self) {
        self.past = None;
    }

    /// The moment that is looked at; `None` while that is the present.
    pub fn moment(&self) -> Option<Moment> {
        self.past.as_ref().map(|past| past.at)
    }

    /// The memory at that moment with what is prepared, keys included: not for a view.
    pub fn memory(&self, card: &EmulatedCard) -> Vec<Block> {
        let mut blocks = self.written(card).to_vec();
        if self.past.is_none() {
            lay_over(&mut blocks, &card.prepared());
        }
        blocks
    }

    /// The memory as it was written at that moment, keys included: not for a view.
    pub fn written<'a>(&'a self, card: &'a EmulatedCard) -> &'a [Block] {
        match &self.past {
            Some(past) => &past.blocks,
            None => card.memory().data(),
        }
    }

    /// The card in the emulator, at the moment that is looked at.
    pub fn view(&mut self, card: &EmulatedCard, lookup: &Lookup) -> Option<CardView> {
        let journal = Arc::new(card.journal().clone());
        // A journal that begun anew does not have the moment that was looked at.
        let is_there = |past: &Past| past.at.is_none_or(|id| journal.event(id).is_some());
        let past = self.past.take().filter(is_there);
        let (blocks, prepared, written_by) = match &past {
            Some(past) => (
                past.blocks.clone(),
                BTreeMap::new(),
                past.written_by.clone(),
            ),
            None => (
                card.memory().data().to_vec(),
                card.prepared(),
                journal.written_by().to_vec(),
            ),
        };
        let shown = past.as_ref().map_or(journal.head(), |past| past.at);
        let live = past.is_none();
        self.past = past;
        let nodes = self.nodes(&blocks, &prepared, lookup)?;
        let mut blocks = blocks;
        lay_over(&mut blocks, &prepared);
        let hidden = match lookup.keys_shown {
            true => Arc::default(),
            false => nodes.hidden_in(&blocks, &journal, &written_by),
        };
        Some(CardView {
            source: CardSource::Emulated {
                profile: card.profile().title.clone(),
            },
            system_owners: system_owners(&nodes.prepared, lookup),
            idm: nodes.written.systems.first().map(|system| system.idm),
            faults: FaultsView {
                away: card.is_away(),
                power: card.cut_ahead(),
                link: card.fault_ahead(),
            },
            mode: card.chip().map(|chip| chip.mode()),
            last_command: card.last_exchange().map(|last| LastCommand {
                code: last.code,
                name: command_name(last.code).unwrap_or(""),
                answered: last.answered,
            }),
            changed: BTreeSet::new(),
            revision: 0,
            chip_blocks: u32::try_from(blocks.len()).ok(),
            divide_refused_because: if live {
                divide_refused(&nodes.written)
            } else {
                Some("flow.refused.past")
            },
            tree: Arc::clone(&nodes.tree),
            map: Some(Arc::clone(&nodes.map)),
            bytes: Bytes::new(blocks, hidden),
            scan: None,
            history: Some(History {
                journal,
                shown,
                live,
                left: false,
                written_by: Arc::new(written_by),
            }),
        })
    }

    /// What follows from the system blocks of this memory, which most often is what followed before.
    fn nodes(
        &mut self,
        blocks: &[Block],
        writes: &BTreeMap<u32, Block>,
        lookup: &Lookup,
    ) -> Option<&Nodes> {
        let memory = Overlay {
            below: &blocks,
            writes,
        };
        let written = CardImage::decode(&blocks).ok()?;
        let prepared = match writes.is_empty() {
            true => written.clone(),
            false => CardImage::decode(&memory).ok()?,
        };
        let pending: BTreeSet<u32> = writes
            .iter()
            .filter(|(at, block)| blocks.get(**at as usize) != Some(block))
            .map(|(at, _)| *at)
            .collect();
        let same = |nodes: &Nodes| {
            nodes.written == written && nodes.prepared == prepared && nodes.pending == pending
        };
        if !self.nodes.as_ref().is_some_and(same) {
            let projection = Projection {
                written: &written,
                prepared: &prepared,
                memory: &memory,
                pending: &pending,
            };
            let (mut tree, map) = (projection.nodes(), projection.map());
            (lookup.name_nodes)(&mut tree);
            self.nodes = Some(Nodes {
                hidden: Arc::new(hidden(&map)),
                free: free(&map),
                tree: Arc::new(tree),
                map: Arc::new(map),
                written,
                prepared,
                pending,
            });
        }
        self.nodes.as_ref()
    }
}

impl Nodes {
    /// What is hidden of these blocks: bytes of keys, and what was left in a free block, which may be a key, of a system
    /// that is gone or one that is not whole yet.
    fn hidden_in(
        &self,
        blocks: &[Block],
        journal: &Journal,
        written_by: &[Moment],
    ) -> Arc<BTreeMap<u32, Hidden>> {
        let mut hidden = Arc::clone(&self.hidden);
        for at in self.free.iter().cloned().flatten() {
            let Some(block) = blocks.get(at).filter(|block| !block.is_erased()) else {
                continue;
            };
            let writer = written_by.get(at).copied().flatten();
            let secret = left_over(block, writer, journal);
            if secret != 0 {
                let left = Hidden { secret, unknown: 0 };
                // A chip has no more blocks than an address can name.
                Arc::make_mut(&mut hidden).insert(at as u32, left);
            }
        }
        hidden
    }
}

/// The bytes of a free block, a bit each, that were left in it: all but those that a person typed over since the card
/// last wrote it. Of a block that held nothing then, none are.
fn left_over(block: &Block, writer: Moment, journal: &Journal) -> u16 {
    let Some(writer) = writer else { return !0 };
    let by_hand = |event: &Event| journal.cause(event).is_some_and(|cause| cause.by.is_edit());
    let edits = journal.writes_before(writer).map(|(_, event)| event);
    let Some(first) = edits.take_while(|event| by_hand(event)).last() else {
        return !0;
    };
    if first.before.is_erased() {
        return 0;
    }
    let same = block
        .0
        .iter()
        .zip(first.before.0)
        .map(|(now, left)| *now == left);
    same.enumerate()
        .fold(0, |bits, (at, same)| bits | u16::from(same) << at)
}

impl Past {
    fn go_to(&mut self, journal: &Journal, to: Moment) {
        let Past {
            at,
            blocks,
            written_by,
        } = self;
        journal.travel(*at, to, |address, block, writer| {
            if let Some(place) = blocks.get_mut(address as usize) {
                *place = *block;
            }
            let place = address as usize;
            if place >= written_by.len() {
                written_by.resize(place + 1, None);
            }
            written_by[place] = writer;
        });
        *at = to;
    }
}

fn lay_over(blocks: &mut [Block], writes: &BTreeMap<u32, Block>) {
    for (at, block) in writes {
        if let Some(place) = blocks.get_mut(*at as usize) {
            *place = *block;
        }
    }
}

fn system_owners(image: &CardImage, lookup: &Lookup) -> Vec<usize> {
    let highest = image
        .systems
        .iter()
        .map(|system| usize::from(system.number));
    let mut owners = vec![0; highest.max().unwrap_or(0) + 1];
    for system in &image.systems {
        owners[usize::from(system.number)] = (lookup.owner_of)(system.code);
    }
    owners
}

/// What a dump or observation shows: a tree, and nothing of where blocks stand.
pub fn observed_view(source: CardSource, tree: Arc<Tree>) -> CardView {
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
        map: None,
        bytes: Bytes::default(),
        scan: None,
        history: None,
        faults: FaultsView::default(),
        mode: None,
        last_command: None,
        changed: BTreeSet::new(),
        revision: 0,
        chip_blocks: None,
        divide_refused_because: Some("flow.refused.dump"),
    }
}

/// The picture of a card of a sealed file, which is in no emulator: no event of it is gone to, and it is not asked
/// anything.
pub fn looked_at(view: CardView, source: CardSource) -> CardView {
    CardView {
        source,
        history: None,
        faults: FaultsView::default(),
        mode: None,
        last_command: None,
        divide_refused_because: Some("flow.refused.sealed"),
        ..view
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

/// Which bytes are those of keys.
fn hidden(map: &BlockMap) -> BTreeMap<u32, Hidden> {
    let cells = (0..).zip(&map.cells);
    cells
        .filter_map(|(address, cell)| {
            let CellKind::System(kind) = cell.kind else {
                return None;
            };
            let secret = secret_bytes(kind).fold(0, |mask, at| mask | 1 << at);
            (secret != 0).then_some((address, Hidden { secret, unknown: 0 }))
        })
        .collect()
}

fn free(map: &BlockMap) -> Vec<Range<usize>> {
    let is_free = |cell: &Cell| cell.kind == CellKind::Free;
    let mut end = 0;
    let runs = map.cells.chunk_by(|a, b| is_free(a) == is_free(b));
    let runs = runs.filter_map(|run| {
        let start = end;
        end += run.len();
        run.first().is_some_and(is_free).then_some(start..end)
    });
    runs.collect()
}
