//! Which nodes and blocks an exchange is about, so that a pick in the trace and a pick on the card find each other.

use super::exchange::Exchange;
use super::field::{About, FieldName, FieldValue};
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

impl Exchange {
    /// Every node and block that it is about, each way once, in order.
    pub fn touched(&self) -> Vec<Touched> {
        let system = self.idm().map(|idm| idm.system_number());
        let fields = self.parts().into_iter().flat_map(|part| part.fields);
        let mut found: Vec<Touched> = fields
            .filter_map(|field| {
                let how = match (field.name, field.value) {
                    (_, FieldValue::Element { access, .. }) => self.how(access),
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

    fn how(&self, access: AccessMode) -> How {
        match self.code() {
            code::READ | code::READ_V2 | code::READ_PLAIN => How::Read,
            _ if access == AccessMode::KEY_CHANGE => How::KeyChanged,
            _ => How::Written,
        }
    }
}
