//! What differs between two pictures of a card: field by field, block by block, and byte by byte.
//!
//! Either picture may be of a whole memory or of what a dump tells. What is not known on one side is never a
//! difference; it is counted apart. [`side`] is one picture, [`nodes`] compares systems, areas and services by their
//! definitions, [`keys`] their keys, [`data`] what stands in user blocks, [`blocks`] the memories themselves, so that
//! no block differs without a change that names it. Structures are compared first, and then only blocks that differ
//! are looked into. A key is told by version and check value; its bytes are in no [`Value`].

mod blocks;
mod change;
mod comparison;
mod data;
mod keys;
mod nodes;
mod side;

pub use blocks::byte_changes;
pub use change::{
    BlockChange, ChangedNode, ComparedSystem, Counts, Difference, Field, FieldChange, KeyValue,
    Nth, Place, Records, Sides, Sign, Value,
};
pub use side::{Memory, Picture};

impl Difference {
    /// Compares two pictures, A the earlier or first one.
    pub fn between(a: Picture<'_>, b: Picture<'_>) -> Difference {
        let sides = Sides { a, b };
        let mut found = nodes::compare(sides);
        if let (Some(a), Some(b)) = (a.memory, b.memory) {
            let memories = Sides { a, b };
            blocks::add_the_rest(memories, &mut found);
            found.blocks = blocks::changes(memories);
        }
        found
    }
}
