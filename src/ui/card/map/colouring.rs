//! What the map's colours mean: a mode sorts every block of the card into one class, so that the legend's counts
//! add up to the card.
//!
//! This is worked out once for a card and a mode; a frame only looks up the class of a block.

use super::guard::{Guard, Guards};
use crate::model::card::ServiceKind;
use crate::model::card::difference::BlockChange;
use crate::model::card::map::{BlockMap, Cell, CellKind};
use crate::model::card::tree::SystemBlockKind;
use crate::ui::card::facts::owner_of;
use crate::workbench::view::CardView;

/// By what blocks are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Who owns the system that a block is in.
    #[default]
    Owner,
    /// What a block is used for.
    Kind,
    /// Which key guards it.
    Key,
    /// How often it was written.
    Heat,
    /// How it differs from what the card is compared with.
    Difference,
}

impl Mode {
    /// Every mode, in the order of the switch.
    pub const ALL: [Mode; 5] = [
        Mode::Owner,
        Mode::Kind,
        Mode::Key,
        Mode::Heat,
        Mode::Difference,
    ];

    /// What the arrangement of the window calls it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Owner => "owner",
            Mode::Kind => "kind",
            Mode::Key => "key",
            Mode::Heat => "heat",
            Mode::Difference => "difference",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What a block is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Random,
    Cyclic,
    Purse,
    /// Defines an area or a service, or holds its AES key.
    Definition,
    /// IDs, the system's own definition, division records, and what is not known to be anything else.
    OtherSystem,
}

/// How often a block was written, in steps of a factor of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Heat(u8);

impl Heat {
    /// Every step, from never to most.
    pub const ALL: [Heat; 6] = [Heat(0), Heat(1), Heat(2), Heat(3), Heat(4), Heat(5)];

    /// The step of so many writes.
    pub fn of(writes: u32) -> Heat {
        Heat(match writes {
            0 => 0,
            1 => 1,
            2..=9 => 2,
            10..=99 => 3,
            100..=999 => 4,
            _ => 5,
        })
    }

    /// Its colour among [`Tokens::heat`](crate::ui::tokens::Tokens::heat); `None` for never.
    pub fn step(self) -> Option<usize> {
        usize::from(self.0).checked_sub(1)
    }

    /// Fewest writes of the step, and most; without end for the last.
    pub fn writes(self) -> (u32, Option<u32>) {
        match self.0 {
            0 => (0, Some(0)),
            1 => (1, Some(1)),
            2 => (2, Some(9)),
            3 => (10, Some(99)),
            4 => (100, Some(999)),
            _ => (1_000, None),
        }
    }
}

/// What a colour stands for. In the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Index into the view's owners.
    Owner(usize),
    Kind(Kind),
    Guard(Guard),
    Heat(Heat),
    Change(BlockChange),
    Free,
    /// Nothing is known of the block.
    Unknown,
}

impl Class {
    /// The class of blocks that were never written.
    pub const NEVER: Class = Class::Heat(Heat(0));
}

/// A class that the card has, and how many of its blocks are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub class: Class,
    pub blocks: u32,
    /// Which of the theme's colours for such classes it has; `None` for a class without one.
    pub colour: Option<usize>,
}

/// The classes of one card's blocks in one mode.
#[derive(Clone, Debug, Default)]
pub struct Colouring {
    /// In the order of the legend. Their blocks add up to the card.
    pub entries: Vec<Entry>,
    /// Of each block: index into `entries`.
    of: Vec<u16>,
}

impl Colouring {
    /// Sorts every block of the card. `changes` says how each differs, while a comparison is open; a block behind
    /// its end does not.
    pub fn new(
        mode: Mode,
        card: &CardView,
        map: &BlockMap,
        changes: Option<&[BlockChange]>,
    ) -> Colouring {
        let guards = match mode {
            Mode::Key => Guards::of(&card.tree),
            _ => Guards::default(),
        };
        let history = card.history.as_ref();
        let writes = |at: u32| history.map_or(0, |history| history.writes(at));
        let mut colouring = Colouring {
            of: Vec::with_capacity(map.cells.len()),
            ..Colouring::default()
        };
        if mode == Mode::Heat {
            // The whole scale is shown, also where no block is.
            Heat::ALL
                .iter()
                .for_each(|heat| _ = colouring.entry(Class::Heat(*heat)));
        }
        for (at, cell) in (0..).zip(&map.cells) {
            let class = match mode {
                Mode::Owner => {
                    unused(cell).unwrap_or_else(|| Class::Owner(owner_of(card, cell.system)))
                }
                Mode::Kind => unused(cell).unwrap_or_else(|| Class::Kind(kind(cell.kind))),
                Mode::Key => unused(cell).unwrap_or_else(|| Class::Guard(guards.of_cell(cell))),
                Mode::Heat => Class::Heat(Heat::of(writes(at))),
                Mode::Difference => match change_of(changes, at) {
                    BlockChange::Same => unused(cell).unwrap_or(Class::Change(BlockChange::Same)),
                    change => Class::Change(change),
                },
            };
            colouring.put(class);
        }
        colouring.sort();
        colouring
    }

    /// The class of a block, as an index into the entries; of a block that there is not, the first.
    pub fn at(&self, block: u32) -> usize {
        usize::from(self.of.get(block as usize).copied().unwrap_or(0))
    }

    /// The entry of that class, if the card has it.
    pub fn find(&self, class: Class) -> Option<usize> {
        self.entries.iter().position(|entry| entry.class == class)
    }

    fn entry(&mut self, class: Class) -> usize {
        self.find(class).unwrap_or_else(|| {
            self.entries.push(Entry {
                class,
                blocks: 0,
                colour: None,
            });
            self.entries.len() - 1
        })
    }

    /// Takes in the next block.
    fn put(&mut self, class: Class) {
        // Most blocks are of the class of the one before.
        let last = self.of.last().map(|at| usize::from(*at));
        let at = last
            .filter(|at| self.entries[*at].class == class)
            .unwrap_or_else(|| self.entry(class));
        self.entries[at].blocks += 1;
        // A system number is a byte, so owners are few; the other modes have fewer classes.
        self.of.push(at as u16);
    }

    /// Puts the entries in the order of the legend and gives out colours.
    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|at| {
            let class = self.entries[*at].class;
            // What is as it was comes after what is not.
            let same = class == Class::Change(BlockChange::Same);
            let rest = matches!(class, Class::Free | Class::Unknown);
            (u8::from(same) + 2 * u8::from(rest), class)
        });
        let mut place = vec![0u16; order.len()];
        for (to, from) in order.iter().enumerate() {
            place[*from] = to as u16;
        }
        self.entries = order.iter().map(|at| self.entries[*at]).collect();
        self.of
            .iter_mut()
            .for_each(|at| *at = place[usize::from(*at)]);
        let mut versions = 0;
        for entry in &mut self.entries {
            entry.colour = match entry.class {
                Class::Owner(owner) => Some(owner),
                Class::Kind(kind) => Some(kind as usize),
                Class::Guard(guard) => guard.colour(&mut versions),
                Class::Heat(heat) => heat.step(),
                Class::Change(_) | Class::Free | Class::Unknown => None,
            };
        }
    }
}

fn change_of(changes: Option<&[BlockChange]>, block: u32) -> BlockChange {
    let change = changes.and_then(|changes| changes.get(block as usize));
    change.copied().unwrap_or(BlockChange::Same)
}

/// The class of a block that is not used, which is the same in all modes but that of heat.
fn unused(cell: &Cell) -> Option<Class> {
    match cell.kind {
        CellKind::Free => Some(Class::Free),
        CellKind::Unknown => Some(Class::Unknown),
        CellKind::User { .. } | CellKind::System(_) => None,
    }
}

/// What a used block is used for.
fn kind(cell: CellKind) -> Kind {
    match cell {
        CellKind::User { service, .. } => match service.kind() {
            ServiceKind::Random => Kind::Random,
            ServiceKind::Cyclic => Kind::Cyclic,
            ServiceKind::Purse => Kind::Purse,
        },
        CellKind::System(
            SystemBlockKind::Area(_) | SystemBlockKind::Service(_) | SystemBlockKind::AesKey { .. },
        ) => Kind::Definition,
        CellKind::System(_) | CellKind::Free | CellKind::Unknown => Kind::OtherSystem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_writes_is_in_the_step_that_says_so() {
        for writes in (0..1_200).chain([65_535, u32::MAX]) {
            let (least, most) = Heat::of(writes).writes();
            assert!(least <= writes && most.is_none_or(|most| writes <= most));
        }
        let steps: Vec<_> = Heat::ALL.iter().map(|heat| heat.writes()).collect();
        for pair in steps.windows(2) {
            assert_eq!(pair[0].1.map(|most| most + 1), Some(pair[1].0), "no gap");
        }
        assert_eq!(Heat::ALL.map(Heat::step)[0], None);
        assert_eq!(Heat::ALL.map(Heat::step)[5], Some(4));
    }
}
