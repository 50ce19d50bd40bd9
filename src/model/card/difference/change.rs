//! What is found to differ: the types of a [`Difference`], down to one field on each side.

use crate::model::card::run::Run;
use crate::model::card::tree::BlockCounts;
use crate::model::card::{Block, KeyVersion, NodeCode, ServiceCode, SystemCode};
use crate::model::cipher::Kcv;
use std::ops::Range;

/// One of each side of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides<T> {
    pub a: T,
    pub b: T,
}

impl<T> Sides<T> {
    /// The same on both sides.
    pub fn both(value: T) -> Sides<T>
    where
        T: Clone,
    {
        Sides {
            a: value.clone(),
            b: value,
        }
    }

    /// A for B and B for A.
    pub fn swapped(self) -> Sides<T> {
        Sides {
            a: self.b,
            b: self.a,
        }
    }

    /// Something of each.
    pub fn map<U>(self, f: impl Fn(T) -> U) -> Sides<U> {
        Sides {
            a: f(self.a),
            b: f(self.b),
        }
    }

    /// Both, by reference.
    pub fn as_ref(&self) -> Sides<&T> {
        Sides {
            a: &self.a,
            b: &self.b,
        }
    }
}

/// Everything that differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// Systems of either side, those without a change as well, by number.
    pub systems: Vec<ComparedSystem>,
    /// In order of the card: by system, in it by node code, in a node from its definition to its blocks.
    pub changes: Vec<FieldChange>,
    /// What became of each physical block, in the order of the longer memory. Empty unless both memories are known.
    pub blocks: Vec<BlockChange>,
    /// Facts that are known on the other side only.
    pub unknown: Sides<usize>,
}

/// A system as it is on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparedSystem {
    pub code: Sides<Option<SystemCode>>,
    /// 0 to 15.
    pub number: Sides<Option<u8>>,
}

/// Whether something came, became something else, or went, from A to B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    Added,
    Changed,
    Removed,
}

/// How many changes there are of each sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Index into [`Difference::systems`].
    pub system: usize,
    pub node: ChangedNode,
    pub field: Field,
    /// `None` where there is no such thing. Never both `None`.
    pub values: Sides<Option<Value>>,
    /// The blocks that it stands in.
    pub place: Sides<Place>,
    /// Which bytes of the block, if it stands in one block and is part of it.
    pub bytes: Option<Range<u8>>,
}

/// Whose field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangedNode {
    /// The system itself.
    System,
    Area(NodeCode),
    /// Of services that share their blocks: the lowest code that both sides have.
    Service(ServiceCode),
    /// No node: a free block, or a system block that defines none.
    Block,
}

/// Physical blocks that a field stands in, on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A definition block or record.
    pub definition: Option<u32>,
    /// User blocks, or a system's window.
    pub run: Option<Run>,
}

/// Which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// A whole system is there on one side only. Its nodes follow.
    System,
    SystemCode,
    Idm,
    Pmm,
    Idi,
    Pmi,
    /// Where the system lies on the chip.
    Window,
    /// Blocks in use and free: of the system.
    Space,
    /// The division key K_D.
    DivisionKey,
    /// The record of a system that was lent blocks, by its number.
    Division(u8),
    /// A whole area.
    Area,
    /// Last code under the area.
    End,
    /// Blocks allotted to the area.
    Allotted,
    /// A whole service.
    Service,
    /// User blocks of the service.
    Blocks,
    /// First user block of the service: they were moved.
    FirstBlock,
    /// Where the node's definition block stands in its system.
    Definition,
    /// DES key of the node.
    Key,
    /// AES key of the node.
    AesKey,
    /// Where the AES key's two blocks stand in their system.
    AesBlocks,
    /// What stands in a block of the service.
    Data(Nth),
    PurseValue(Nth),
    Cashback(Nth),
    /// The owner's own bytes in a purse.
    UserData(Nth),
    ExecutionId(Nth),
    /// Records of a cyclic service. The values are its newest.
    Records(Records),
    /// Bytes that are none of the above, told by their block alone.
    Block,
}

/// One block of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nth {
    /// From 0.
    pub index: u16,
    /// Blocks of the service, on the side that has more.
    pub of: u16,
}

/// What became of a ring of records, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Records {
    /// As many were pushed; the others moved on.
    New(u16),
    /// The other way around: as many are not there yet.
    Gone(u16),
    /// As many blocks differ, and no push explains it.
    Rewritten(u16),
}

/// A value, typed, as far as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A whole system.
    System {
        blocks: Option<u32>,
        key: KeyValue,
    },
    /// A whole area.
    Area {
        end: Option<NodeCode>,
        allotted: Option<u16>,
        key: KeyValue,
    },
    /// A whole service.
    Service {
        blocks: Option<u16>,
        /// Physical.
        first: Option<u32>,
        key: KeyValue,
    },
    Key(KeyValue),
    SystemCode(SystemCode),
    Code(NodeCode),
    /// Blocks of 16 bytes.
    Blocks(u32),
    Space(BlockCounts),
    /// Physical blocks.
    Run(Run),
    /// A physical address.
    Address(u32),
    /// IDm, PMm, IDi or PMi.
    Id([u8; 8]),
    Amount(u32),
    /// Four bytes as they stand.
    Four([u8; 4]),
    Data(Block),
    /// The block was never written.
    Erased,
    /// It may not be told: it may be a key, or part of one.
    Hidden,
}

/// A key as it may be told; either part may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyValue {
    pub version: Option<KeyVersion>,
    pub kcv: Option<Kcv>,
}

/// What became of a physical block, from A to B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockChange {
    Same,
    /// It was free, or not there.
    Added,
    /// It holds other bytes, or the same for something else.
    Changed,
    /// It is free now, or not there.
    Removed,
}

impl BlockChange {
    fn swapped(self) -> BlockChange {
        match self {
            BlockChange::Added => BlockChange::Removed,
            BlockChange::Removed => BlockChange::Added,
            same => same,
        }
    }
}

impl Difference {
    /// Whether nothing differs, as far as it is known.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Changes by sign.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            *match change.sign() {
                Sign::Added => &mut counts.added,
                Sign::Changed => &mut counts.changed,
                Sign::Removed => &mut counts.removed,
            } += 1;
        }
        counts
    }

    /// The same comparison with its sides exchanged.
    pub fn swapped(mut self) -> Difference {
        for system in &mut self.systems {
            (system.code, system.number) = (system.code.swapped(), system.number.swapped());
        }
        for change in &mut self.changes {
            change.values = change.values.swapped();
            change.place = change.place.swapped();
            change.field = change.field.swapped();
        }
        for block in &mut self.blocks {
            *block = block.swapped();
        }
        self.unknown = self.unknown.swapped();
        self
    }
}

impl FieldChange {
    /// Whether it came, changed or went.
    pub fn sign(&self) -> Sign {
        match (self.values.a, self.values.b) {
            (None, _) => Sign::Added,
            (_, None) => Sign::Removed,
            _ => Sign::Changed,
        }
    }

    /// Whether it stands in that physical block, on either side.
    pub fn covers(&self, physical: u32) -> bool {
        self.place.a.has(physical) || self.place.b.has(physical)
    }

    /// The physical block to show for it, and in which [`FieldChange::bytes`] are: on B, or on A if it is not there
    /// any more.
    pub fn block(&self) -> Option<u32> {
        let shown = |place: Place| match &self.bytes {
            Some(_) => place.definition.or(place.first()),
            None => place.first(),
        };
        shown(self.place.b).or(shown(self.place.a))
    }
}

impl Place {
    /// Whether it has that physical block.
    pub fn has(self, physical: u32) -> bool {
        self.definition == Some(physical) || self.run.is_some_and(|run| run.contains(physical))
    }

    /// Its user blocks' first block, or its definition.
    pub fn first(self) -> Option<u32> {
        self.run.map(|run| run.first).or(self.definition)
    }
}

impl Field {
    fn swapped(self) -> Field {
        match self {
            Field::Records(Records::New(n)) => Field::Records(Records::Gone(n)),
            Field::Records(Records::Gone(n)) => Field::Records(Records::New(n)),
            same => same,
        }
    }
}
