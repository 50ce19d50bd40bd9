//! The list of changes as rows, worked out when the comparison, the grouping or a fold changed.

use crate::model::card::difference::{BlockChange, Counts, Difference, Field, FieldChange};
use crate::model::card::journal::EventId;
use crate::workbench::view::ComparisonView;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

/// Height of a change in points: two lines.
pub const ROW: f32 = 46.0;
/// Height of a group's heading.
pub const GROUP: f32 = 28.0;

/// What changes are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    #[default]
    Field,
    Block,
    /// The event that last wrote the block on side B.
    Event,
}

/// A group of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Index into [`Difference::systems`].
    System(usize),
    /// `None` for blocks that no known event wrote.
    Event(Option<EventId>),
}

/// One line that can be picked: a change, or a block with all changes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Index into [`Difference::changes`]; of a block, its first.
    pub change: usize,
    /// Physical; `None` for a change as such.
    pub block: Option<u32>,
    /// How many changes it stands for.
    pub changes: u32,
    group: Group,
}

/// One row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Group {
        group: Group,
        entries: usize,
        unfolded: bool,
    },
    /// Index into [`Rows::entries`].
    Entry(usize),
}

/// Everything that the list shows.
#[derive(Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// Where each row begins, and where the last ends, in points.
    tops: Vec<f32>,
    /// In order of the list, those of folded groups as well.
    pub entries: Vec<Entry>,
    /// How many changes there are of each sign.
    pub counts: Counts,
    difference: Arc<Difference>,
    /// The first change in each physical block, plus one, and how many there are; worked out when it is asked for.
    of_block: OnceCell<Vec<(u32, u32)>>,
}

impl Rows {
    /// Works the list out.
    pub fn of(comparison: &ComparisonView, by: By, folded: &HashSet<Group>) -> Rows {
        let difference = &*comparison.difference;
        let of_block = OnceCell::new();
        let mut entries = match by {
            By::Block => blocks(
                difference,
                of_block.get_or_init(|| changes_of_blocks(difference)),
            ),
            _ => (0..difference.changes.len())
                .map(|change| Entry {
                    change,
                    block: None,
                    changes: 1,
                    group: match by {
                        By::Event => Group::Event(event_of(comparison, change)),
                        _ => Group::System(difference.changes[change].system),
                    },
                })
                .collect(),
        };
        match by {
            By::Event => entries.sort_by_key(|entry| match entry.group {
                Group::Event(event) => Reverse(event),
                Group::System(_) => Reverse(None),
            }),
            _ => entries.sort_by_key(|entry| match entry.group {
                Group::System(system) => system,
                Group::Event(_) => 0,
            }),
        }
        let mut rows = Rows {
            entries,
            of_block,
            counts: difference.counts(),
            difference: Arc::clone(&comparison.difference),
            ..Rows::default()
        };
        rows.lay_out(folded);
        rows
    }

    fn lay_out(&mut self, folded: &HashSet<Group>) {
        let mut at = 0;
        for entries in self.entries.chunk_by(|a, b| a.group == b.group) {
            let group = entries[0].group;
            let unfolded = !folded.contains(&group);
            self.rows.push(Row::Group {
                group,
                entries: entries.len(),
                unfolded,
            });
            if unfolded {
                self.rows.extend((at..at + entries.len()).map(Row::Entry));
            }
            at += entries.len();
        }
        let mut top = 0.0;
        self.tops.push(top);
        for row in &self.rows {
            top += match row {
                Row::Group { .. } => GROUP,
                Row::Entry(_) => ROW,
            };
            self.tops.push(top);
        }
    }

    /// The rows that are in sight from `top` to `bottom`, each with its place.
    pub fn visible(&self, top: f32, bottom: f32) -> impl Iterator<Item = (Row, f32, f32)> + '_ {
        let first = self.tops.partition_point(|at| *at <= top).saturating_sub(1);
        let spans = self.tops.iter().zip(self.tops.iter().skip(1));
        let rows = self.rows.iter().zip(spans).skip(first);
        rows.map(|(row, (from, to))| (*row, *from, *to))
            .take_while(move |(_, from, _)| *from < bottom)
    }

    /// Height of all rows in points.
    pub fn height(&self) -> f32 {
        self.tops.last().copied().unwrap_or(0.0)
    }

    /// Where an entry is drawn, unless its group is folded.
    pub fn span(&self, entry: usize) -> Option<(f32, f32)> {
        let at = self.rows.iter().position(|row| *row == Row::Entry(entry))?;
        Some((self.tops[at], self.tops[at + 1]))
    }

    /// The group of an entry.
    pub fn group(&self, entry: usize) -> Option<Group> {
        self.entries.get(entry).map(|entry| entry.group)
    }

    /// The entry that a physical block is told by.
    pub fn at_block(&self, block: u32) -> Option<usize> {
        let of_block = || changes_of_blocks(&self.difference);
        let (first, _) = self.of_block.get_or_init(of_block).get(block as usize)?;
        let change = first.checked_sub(1)? as usize;
        self.entries.iter().position(|entry| match entry.block {
            Some(of) => of == block,
            None => entry.change == change,
        })
    }
}

/// Which changes stand in each block. Those of a whole system count only where nothing else does.
fn changes_of_blocks(difference: &Difference) -> Vec<(u32, u32)> {
    let mut of_block: Vec<(u32, u32)> = Vec::new();
    let whole = |change: &FieldChange| matches!(change.field, Field::System | Field::Window);
    let changes = || (1..).zip(&difference.changes);
    let parts = changes().filter(|(_, change)| !whole(change));
    for (number, change) in parts.chain(changes().filter(|(_, change)| whole(change))) {
        let places = [change.place.a, change.place.b];
        for (side, place) in places.into_iter().enumerate() {
            let run = place.run.map(|run| run.first..run.end());
            for block in run.into_iter().flatten().chain(place.definition) {
                // What stands in one block on both sides counts once.
                if side == 1 && places[0].has(block) {
                    continue;
                }
                let index = block as usize;
                if index >= of_block.len() {
                    of_block.resize(index + 1, (0, 0));
                }
                let (first, count) = &mut of_block[index];
                if *first == 0 {
                    *first = number;
                }
                if !whole(change) || *count == 0 {
                    *count += 1;
                }
            }
        }
    }
    of_block
}

/// One entry a block that differs.
fn blocks(difference: &Difference, of_block: &[(u32, u32)]) -> Vec<Entry> {
    let differs = |block: &u32| {
        let known = difference.blocks.get(*block as usize);
        known.is_none_or(|change| *change != BlockChange::Same)
    };
    let told = (0..).zip(of_block).filter(|(_, (first, _))| *first > 0);
    told.filter(|(block, _)| differs(block))
        .map(|(block, (first, changes))| {
            let change = *first as usize - 1;
            Entry {
                change,
                block: Some(block),
                changes: *changes,
                group: Group::System(difference.changes[change].system),
            }
        })
        .collect()
}

/// The event that last wrote the block of a change, on side B.
pub fn event_of(comparison: &ComparisonView, change: usize) -> Option<EventId> {
    let change = comparison.difference.changes.get(change)?;
    let history = comparison.sides.b.card.history.as_ref()?;
    let place = [change.place.b, change.place.a];
    let block = place
        .into_iter()
        .find_map(|place| place.definition.or(place.first()))?;
    history.writer(block).map(|(id, _)| id)
}
