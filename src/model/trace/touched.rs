//! Which nodes and blocks an exchange is about, so that a pick in the trace and a pick on the card find each other.

use super::field::{About, FieldName, FieldValue, TraceField};
use crate::model::card::NodeCode;
use crate::model::command::{AccessMode, code};

/// In what way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// Asked for, found, authenticated or registered.
    Named,
    Read,
    Written,
    /// A new key.
    KeyChanged,
}

/// A node or one of its blocks, on one system of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Touched {
    /// Number of the system; `None` where the frame does not say.
    pub system: Option<u8>,
    pub about: About,
    pub how: How,
}

/// Bytes of one that is kept: node, block, and how; little-endian.
pub(super) const PACKED: usize = 5;

/// In the byte of how: there is a block.
const HAS_BLOCK: u8 = 0x80;

impl Touched {
    /// What is kept of it with its exchange, which has the system.
    pub(super) fn packed(&self) -> [u8; PACKED] {
        let [node_low, node_high] = self.about.node.0.to_le_bytes();
        let [block_low, block_high] = self.about.block.unwrap_or_default().to_le_bytes();
        let how = match self.how {
            How::Named => 0,
            How::Read => 1,
            How::Written => 2,
            How::KeyChanged => 3,
        };
        let has_block = if self.about.block.is_some() {
            HAS_BLOCK
        } else {
            0
        };
        [node_low, node_high, block_low, block_high, how | has_block]
    }

    /// The other way.
    pub(super) fn of(system: Option<u8>, packed: &[u8; PACKED]) -> Touched {
        let [node_low, node_high, block_low, block_high, how] = *packed;
        let block = u16::from_le_bytes([block_low, block_high]);
        Touched {
            system,
            about: About {
                node: NodeCode(u16::from_le_bytes([node_low, node_high])),
                block: (how & HAS_BLOCK != 0).then_some(block),
            },
            how: match how & !HAS_BLOCK {
                0 => How::Named,
                1 => How::Read,
                2 => How::Written,
                _ => How::KeyChanged,
            },
        }
    }
}

/// Every node and block that the fields of one exchange name: a command of that code and its answer, with that system.
pub(super) fn touched(
    system: Option<u8>,
    command: u8,
    fields: impl Iterator<Item = TraceField>,
) -> Vec<Touched> {
    let mut found: Vec<Touched> = fields
        .filter_map(|field| {
            let how = match (field.name, field.value) {
                (_, FieldValue::Element { access, .. }) => how(command, access),
                (FieldName::Data | FieldName::KeyPackage, _) => return None,
                _ => How::Named,
            };
            let about = field.about?;
            Some(Touched { system, about, how })
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// In what way a command of that code touches a block that it lists.
fn how(command: u8, access: AccessMode) -> How {
    match command {
        code::READ | code::READ_V2 | code::READ_PLAIN => How::Read,
        _ if access == AccessMode::KEY_CHANGE => How::KeyChanged,
        _ => How::Written,
    }
}
