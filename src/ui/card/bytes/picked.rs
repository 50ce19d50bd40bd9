//! What is picked in the listing: bytes that follow one another, over one block or several.

use super::rows::{Place, distance, moved};
use crate::model::card::BLOCK_BYTES;
use crate::ui::card::facts::ByteSpan;
use crate::workbench::view::{ByteView, CardView};

/// Bytes of a block.
const BYTES: u32 = BLOCK_BYTES as u32;

/// Blocks that are read and changed as one: what is more is only marked and copied.
pub const MOST_READ: u32 = 64;

/// A byte of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub place: Place,
    /// At most 15.
    pub byte: u8,
}

impl At {
    pub fn new(place: Place, byte: u8) -> At {
        At { place, byte }
    }
}

/// A block that is picked, and bytes from it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The first block.
    pub place: Place,
    pub span: Option<ByteSpan>,
}

impl Picked {
    /// The bytes from one place to another, whichever comes first. Of places that are not counted from each other, the
    /// second alone.
    pub fn between(from: At, to: At) -> Picked {
        let (first, last, blocks) = match distance(from.place, to.place) {
            Some(0) if to.byte < from.byte => (to, from, 0),
            Some(blocks) => (from, to, blocks),
            None => match distance(to.place, from.place) {
                Some(blocks) => (to, from, blocks),
                None => (to, to, 0),
            },
        };
        Picked {
            place: first.place,
            span: Some(ByteSpan {
                first: first.byte,
                last: blocks.saturating_mul(BYTES) + u32::from(last.byte),
            }),
        }
    }

    /// Its first byte and its last.
    pub fn ends(self) -> (At, At) {
        let span = self.chosen();
        // What is left over by a block's bytes is less than them.
        let last = (span.last % BYTES) as u8;
        let place = moved(self.place, span.last / BYTES);
        (At::new(self.place, span.first), At::new(place, last))
    }

    /// The bytes that are read: the picked ones, or else the whole block.
    pub fn chosen(self) -> ByteSpan {
        self.span.unwrap_or(super::words::WHOLE)
    }

    /// Blocks that they are in.
    pub fn blocks(self) -> u32 {
        self.chosen().blocks()
    }

    /// The blocks that they are in, in order.
    pub fn places(self) -> impl Iterator<Item = Place> {
        (0..self.blocks()).map(move |nth| moved(self.place, nth))
    }

    /// Whether a block is picked, and then which bytes of it.
    pub fn of(self, place: Place) -> Option<Option<ByteSpan>> {
        let nth = distance(self.place, place).filter(|nth| *nth < self.blocks())?;
        Some(self.span.and_then(|span| span.of_block(nth)))
    }

    /// The picked bytes of each block, as they may be shown; of no more than so many blocks.
    pub fn rows(self, card: &CardView, most: u32) -> impl Iterator<Item = Vec<ByteView>> {
        let span = self.chosen();
        let rows = (0..).zip(self.places()).take(most as usize);
        rows.filter_map(move |(nth, place)| {
            let row = place.bytes(card)?;
            let part = row.get(super::words::range(span.of_block(nth)?))?;
            Some(part.to_vec())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(index: u32) -> At {
        At::new(Place::Block(index / 16), (index % 16) as u8)
    }

    proptest! {
        #[test]
        fn what_is_between_two_bytes_is_each_byte_between_them(from in 0u32..400, to in 0u32..400) {
            let picked = Picked::between(at(from), at(to));
            let (first, last) = (from.min(to), from.max(to));
            prop_assert_eq!(picked.ends(), (at(first), at(last)));
            prop_assert_eq!(picked.chosen().bytes(), last - first + 1);
            let mut seen = Vec::new();
            for block in 0..30 {
                if let Some(Some(span)) = picked.of(Place::Block(block)) {
                    seen.extend((u32::from(span.first)..=span.last).map(|byte| block * 16 + byte));
                }
            }
            prop_assert!(seen.into_iter().eq(first..=last));
            prop_assert_eq!(picked.places().count(), (last / 16 - first / 16 + 1) as usize);
        }
    }
}
