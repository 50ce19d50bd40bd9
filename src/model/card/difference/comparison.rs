//! One system on its two sides while it is compared, and how a change is noted.

use super::change::{ChangedNode, Difference, Field, FieldChange, Place, Sides, Value};
use super::side::SystemSide;
use std::ops::Range;

/// One system that is being compared.
pub(super) struct Comparison<'a, 'f> {
    pub system: usize,
    pub sides: Sides<Option<SystemSide<'a>>>,
    pub found: &'f mut Difference,
}

/// A field and where it stands.
#[derive(Clone)]
pub(super) struct Spot {
    pub node: ChangedNode,
    pub field: Field,
    pub place: Sides<Place>,
    pub bytes: Option<Range<u8>>,
}

/// Bytes of a field, for [`Spot::bytes`].
pub(super) fn bytes(at: usize, length: usize) -> Option<Range<u8>> {
    let end = at.checked_add(length)?;
    Some(u8::try_from(at).ok()?..u8::try_from(end).ok()?)
}

impl Comparison<'_, '_> {
    /// Adds a change.
    pub fn push(&mut self, spot: Spot, values: Sides<Option<Value>>) {
        self.found.changes.push(FieldChange {
            system: self.system,
            node: spot.node,
            field: spot.field,
            values,
            place: spot.place,
            bytes: spot.bytes,
        });
    }

    /// Whether two facts differ. One that is known on one side only is counted.
    pub fn differ<T: PartialEq>(&mut self, facts: &Sides<Option<T>>) -> bool {
        match (&facts.a, &facts.b) {
            (Some(a), Some(b)) => a != b,
            (None, None) => false,
            (None, Some(_)) => {
                self.found.unknown.a += 1;
                false
            }
            (Some(_), None) => {
                self.found.unknown.b += 1;
                false
            }
        }
    }
}
