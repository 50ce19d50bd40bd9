//! Which blocks the listing has, in order: those of the picked node, or of the whole card.
//!
//! Rows are kept as runs, so that a card of 65,536 blocks is one entry and a row is found by halving.

use crate::model::card::ServiceCode;
use crate::model::card::lite::{self, LiteBlock};
use crate::model::card::map::CellKind;
use crate::model::card::tree::{ServiceNode, SystemTree};
use crate::ui::card::addresses::Addresses;
use crate::ui::card::facts::{NodeRef, Selection, blocks_of, owner_of, system};
use crate::words;
use crate::workbench::view::{ByteView, CardView};
use std::ops::Range;

/// Where a row's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A block of the chip, by physical address.
    Block(u32),
    /// A block of a service whose place on the chip is not known.
    Loose {
        system: u8,
        service: ServiceCode,
        number: u16,
    },
}

impl Place {
    /// The bytes as they may be shown; `None` when the card has no such block.
    pub fn bytes(self, card: &CardView) -> Option<[ByteView; 16]> {
        match self {
            Place::Block(address) => card.bytes.row(address),
            Place::Loose { .. } if self.lite(card).is_some_and(LiteBlock::is_secret) => {
                Some([ByteView::Secret; 16])
            }
            Place::Loose { number, .. } => {
                let known = self.service(card)?.data.get(&number);
                let bytes = |block: &crate::model::card::Block| block.0.map(ByteView::Known);
                Some(known.map_or([ByteView::Unknown; 16], bytes))
            }
        }
    }

    /// What the block is.
    pub fn kind(self, card: &CardView) -> CellKind {
        match self {
            Place::Block(address) => {
                let cell = card
                    .map
                    .as_ref()
                    .and_then(|m| m.cells.get(address as usize));
                cell.map_or(CellKind::Unknown, |cell| cell.kind)
            }
            Place::Loose {
                service, number, ..
            } => CellKind::User {
                service,
                index: number,
                blocks: self.service(card).and_then(|s| s.blocks).unwrap_or(0),
            },
        }
    }

    /// Owner of the block's system: index into the view's owners.
    pub fn owner(self, card: &CardView) -> usize {
        let system = match self {
            Place::Block(address) => {
                let cell = card
                    .map
                    .as_ref()
                    .and_then(|m| m.cells.get(address as usize));
                cell.map_or(0, |cell| cell.system)
            }
            Place::Loose { system, .. } => system,
        };
        owner_of(card, system)
    }

    /// Its address as it is written at the left of its bytes, or its name.
    pub fn label(self, card: &CardView, addresses: Addresses) -> String {
        match (self, self.lite(card)) {
            (Place::Block(address), _) => addresses.label(address),
            (Place::Loose { .. }, Some(block)) => block.to_string(),
            (Place::Loose { number, .. }, None) => format!("{number:04X}"),
        }
    }

    /// Which block of a Lite-S card it is, if of one.
    fn lite(self, card: &CardView) -> Option<LiteBlock> {
        match self {
            Place::Block(_) => None,
            Place::Loose {
                system: of, number, ..
            } => lite::block_of(system(&card.tree, of)?, number),
        }
    }

    fn service(self, card: &CardView) -> Option<&ServiceNode> {
        let Place::Loose {
            system: number,
            service,
            ..
        } = self
        else {
            return None;
        };
        system(&card.tree, number)?.service(service)
    }
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    Bytes(Place),
    /// Words between two blocks.
    Gap(&'a str),
}

#[derive(Clone, Debug)]
enum Run {
    /// So many rows from this one on.
    Bytes(Place, u32),
    Gap(String),
}

/// The rows, as runs with the number of each one's first row.
#[derive(Default)]
pub struct Rows {
    runs: Vec<(u32, Run)>,
    len: u32,
    /// The node whose blocks are listed; all blocks when there is none.
    of: Option<NodeRef>,
}

impl Rows {
    /// The blocks of `node`, or all.
    pub fn of(card: &CardView, addresses: Addresses, node: Option<NodeRef>) -> Rows {
        let mut rows = Rows {
            of: node,
            ..Rows::default()
        };
        match (node, &card.map) {
            (Some(node), Some(_)) => rows.list_node(card, addresses, node),
            (None, Some(map)) => rows.put_blocks(0, map.cells.len() as u32),
            (Some(NodeRef::Service(number, code)), None) => rows.list_loose(card, number, code),
            (None, None) => {
                for system in &card.tree.systems {
                    let known = system.services.iter().filter(|s| !s.data.is_empty());
                    for service in known {
                        let arguments: [(&str, &dyn std::fmt::Display); 2] =
                            [("code", &service.code), ("system", &system.code)];
                        rows.put_gap(words::format("card.bytes.of_service", &arguments));
                        rows.list_loose(card, system.number, service.code);
                    }
                }
            }
            (Some(_), None) => {}
        }
        rows
    }

    /// The node whose blocks these are.
    pub fn node(&self) -> Option<NodeRef> {
        self.of
    }

    /// Rows, those of words among them.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Blocks.
    pub fn blocks(&self) -> u32 {
        let of_run = |run: &(u32, Run)| match run.1 {
            Run::Bytes(_, rows) => rows,
            Run::Gap(_) => 0,
        };
        self.runs.iter().map(of_run).sum()
    }

    /// The row at that place from the top.
    pub fn get(&self, at: usize) -> Option<Row<'_>> {
        let at = u32::try_from(at).ok().filter(|at| *at < self.len)?;
        let run = self.runs.partition_point(|(first, _)| *first <= at);
        let (first, run) = self.runs.get(run.checked_sub(1)?)?;
        Some(match run {
            Run::Bytes(place, _) => Row::Bytes(moved(*place, at - first)),
            Run::Gap(words) => Row::Gap(words),
        })
    }

    /// Where a block stands in the listing.
    pub fn position(&self, place: Place) -> Option<usize> {
        self.runs.iter().find_map(|(first, run)| {
            let Run::Bytes(start, rows) = run else {
                return None;
            };
            let offset = distance(*start, place).filter(|offset| offset < rows)?;
            Some((first + offset) as usize)
        })
    }

    /// The rows of the neighbours that a block is listed among: what can be picked with it.
    pub fn neighbours(&self, place: Place) -> Option<Range<usize>> {
        self.runs.iter().find_map(|(first, run)| {
            let Run::Bytes(start, rows) = run else {
                return None;
            };
            distance(*start, place).filter(|offset| offset < rows)?;
            Some(*first as usize..(*first + *rows) as usize)
        })
    }

    /// The block nearest to row `at`, looking on in the direction of `forward` over rows of words.
    pub fn nearest(&self, at: usize, forward: bool) -> Option<Place> {
        let last = self.len().checked_sub(1)?;
        let mut at = at.min(last);
        loop {
            match self.get(at)? {
                Row::Bytes(place) => return Some(place),
                Row::Gap(_) if forward && at < last => at += 1,
                Row::Gap(_) if !forward => at = at.checked_sub(1)?,
                Row::Gap(_) => return None,
            }
        }
    }

    fn put(&mut self, run: Run, rows: u32) {
        if rows > 0 {
            self.runs.push((self.len, run));
            self.len += rows;
        }
    }

    fn put_gap(&mut self, words: String) {
        self.put(Run::Gap(words), 1);
    }

    fn put_blocks(&mut self, first: u32, blocks: u32) {
        self.put(Run::Bytes(Place::Block(first), blocks), blocks);
    }

    /// The contents of a service whose place on the chip is not known.
    fn list_loose(&mut self, card: &CardView, number: u8, code: ServiceCode) {
        let Some(service) = system(&card.tree, number).and_then(|s| s.service(code)) else {
            return;
        };
        let known = service.data.keys().next_back();
        let known = known.map_or(0, |last| u32::from(*last) + 1);
        let place = Place::Loose {
            system: number,
            service: code,
            number: 0,
        };
        let blocks = service.blocks.map_or(0, u32::from).max(known);
        let is_lite = system(&card.tree, number).is_some_and(SystemTree::is_lite);
        if !is_lite || blocks == 0 {
            return self.put(Run::Bytes(place, blocks), blocks);
        }
        // The numbers have gaps, behind which a block of another use stands.
        let numbers = LiteBlock::ALL.map(LiteBlock::number);
        for run in numbers.chunk_by(|below, above| below + 1 == *above) {
            let first = run.first().copied().map_or(0, u32::from);
            let rows = run.len() as u32;
            self.put(Run::Bytes(moved(place, first), rows), rows);
        }
    }

    fn list_node(&mut self, card: &CardView, addresses: Addresses, node: NodeRef) {
        if let NodeRef::SystemBlocks(number)
        | NodeRef::System(number)
        | NodeRef::SystemBlock(number, _) = node
        {
            let blocks = system(&card.tree, number).map(|system| system.system_blocks.iter());
            let places = blocks.into_iter().flatten().map(|b| b.place.physical);
            return self.put_each(places.collect());
        }
        let blocks = blocks_of(&card.tree, node);
        let (first, count) = blocks.user.unwrap_or((0, 0));
        self.put_blocks(first, count);
        let mut definitions = blocks.related;
        definitions.extend(blocks.definition);
        if let Some(lowest) = definitions.iter().min().filter(|_| count > 0) {
            let end = first.saturating_add(count);
            let skipped = lowest.checked_sub(end).filter(|skipped| *skipped > 0);
            self.put_gap(skipped.map_or_else(
                || words::text("card.bytes.definitions").to_owned(),
                |skipped| {
                    let run = addresses.range(end, skipped);
                    words::format("card.bytes.skipped", &[("run", &run)])
                },
            ));
        }
        self.put_each(definitions);
    }

    /// Blocks in order of address, neighbours as one run.
    fn put_each(&mut self, mut addresses: Vec<u32>) {
        addresses.sort_unstable();
        for run in addresses.chunk_by(|below, above| below + 1 == *above) {
            if let Some(first) = run.first() {
                self.put_blocks(*first, run.len() as u32);
            }
        }
    }
}

/// The block so many further on.
pub(super) fn moved(place: Place, by: u32) -> Place {
    match place {
        Place::Block(address) => Place::Block(address.saturating_add(by)),
        Place::Loose {
            system,
            service,
            number,
        } => Place::Loose {
            system,
            service,
            number: number.saturating_add(by as u16),
        },
    }
}

/// How far `place` is behind `start`, if one can be counted from the other.
pub(super) fn distance(start: Place, place: Place) -> Option<u32> {
    match (start, place) {
        (Place::Block(start), Place::Block(place)) => place.checked_sub(start),
        (
            Place::Loose {
                system: a,
                service: b,
                number: start,
            },
            Place::Loose {
                system,
                service,
                number,
            },
        ) if (a, b) == (system, service) => number.checked_sub(start).map(u32::from),
        _ => None,
    }
}

/// What the listing is of, for its header.
pub fn title(card: &CardView, addresses: Addresses, selection: Selection) -> String {
    match (selection.block, selection.node) {
        (Some(block), _) => addresses.label(block),
        (None, Some(node)) => {
            let blocks = blocks_of(&card.tree, node);
            match (blocks.user, blocks.definition) {
                (Some((first, count)), _) => addresses.range(first, count),
                (None, Some(definition)) => addresses.label(definition),
                (None, None) => String::new(),
            }
        }
        (None, None) => words::text("card.bytes.whole").to_owned(),
    }
}
