//! Keys of nodes, by version and check value: which there are, and where they stand.

use super::change::{ChangedNode, Field, KeyValue, Place, Sides, Value};
use super::comparison::{Comparison, Spot, bytes};
use crate::model::card::NodeCode;
use crate::model::card::definition::{KEY_AT, KEY_VERSION_AT};
use crate::model::card::image::StoredKey;
use crate::model::card::tree::KeyFacts;
use std::ops::Range;

impl Comparison<'_, '_> {
    /// Both keys of a node that is on both sides. `des` tells where the DES key stands.
    pub fn keys(
        &mut self,
        node: ChangedNode,
        code: NodeCode,
        keys: Sides<KeyFacts>,
        des: (Sides<Place>, Option<Range<u8>>),
    ) {
        let whole = self.is_whole();
        let facts = Sides {
            a: des_fact(keys.a, whole.a),
            b: des_fact(keys.b, whole.b),
        };
        let (place, bytes) = des;
        let field = Field::Key;
        let spot = Spot {
            node,
            field,
            place,
            bytes,
        };
        self.key(spot, facts);
        let aes_fact = |key: KeyFacts, whole: bool| (whole || key.aes.is_some()).then(|| aes(key));
        let facts = Sides {
            a: aes_fact(keys.a, whole.a),
            b: aes_fact(keys.b, whole.b),
        };
        self.aes_key(node, code, facts);
    }

    /// The AES key of a node; its halves stand in blocks of their own.
    pub fn aes_key(
        &mut self,
        node: ChangedNode,
        code: NodeCode,
        facts: Sides<Option<Option<KeyValue>>>,
    ) {
        // Of a node that has none, it is no news that the other side does not tell.
        if matches!((facts.a, facts.b), (None, Some(None)) | (Some(None), None)) {
            return;
        }
        let place = self.sides.as_ref().map(|side| {
            let place = side.as_ref().map(|side| side.aes_place(code));
            place.unwrap_or_default()
        });
        let field = Field::AesKey;
        let spot = Spot {
            node,
            field,
            place,
            bytes: None,
        };
        self.key(spot.clone(), facts);
        self.moved(spot, Field::AesBlocks);
    }

    /// One key. Of two that are both there, version and check value are compared as far as each is known.
    fn key(&mut self, spot: Spot, facts: Sides<Option<Option<KeyValue>>>) {
        let changed = match (facts.a.flatten(), facts.b.flatten()) {
            (Some(a), Some(b)) => {
                let versions = Sides { a, b }.map(|key| key.version);
                let values = Sides { a, b }.map(|key| key.kcv);
                // Both are looked at, so that what is not known is counted.
                self.differ(&versions) | self.differ(&values)
            }
            _ => self.differ(&facts),
        };
        if changed {
            self.push(spot, facts.map(|key| key.flatten().map(Value::Key)));
        }
    }
}

/// Where version and key stand in a definition block.
pub(super) fn key_bytes() -> Option<Range<u8>> {
    bytes(KEY_VERSION_AT, KEY_AT + 8 - KEY_VERSION_AT)
}

/// The DES key: `None` where nothing is known, `Some(None)` where there is none.
fn des_fact(key: KeyFacts, whole: bool) -> Option<Option<KeyValue>> {
    let alone = key.aes.is_some_and(|aes| aes.alone);
    let none = whole && key.kcv.is_none() && key.version == Some(StoredKey::NO_VERSION);
    if alone || none {
        return Some(None);
    }
    key.version.map(|_| Some(shown(key)))
}

/// The AES key of a node of which it is known whether it has one.
pub(super) fn aes(key: KeyFacts) -> Option<KeyValue> {
    key.aes.map(|aes| KeyValue {
        version: Some(aes.version),
        kcv: aes.kcv,
    })
}

/// What may be told of a node's DES key.
pub(super) fn shown(key: KeyFacts) -> KeyValue {
    KeyValue {
        version: key.des_version(),
        kcv: key.kcv,
    }
}
