//! Keys and their names.

use crate::model::card::{KeyVersion, NodeCode, SystemCode};
use crate::model::cipher::DesKey;
use std::collections::BTreeMap;
use std::fmt;

/// What a key guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyNode {
    /// A node of the card: the system itself (FFFF), an area or a service.
    Node(NodeCode),
    /// K_D, with which a card is divided.
    Division,
}

/// A key's name: `owner/system/node/algorithm@version`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName {
    /// The party that owns it, as `role:slug`.
    pub owner: String,
    pub system: SystemCode,
    pub node: KeyNode,
    pub version: KeyVersion,
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node {
            KeyNode::Node(node) => write!(
                f,
                "{}/{}/{node}/des@{}",
                self.owner, self.system, self.version
            ),
            KeyNode::Division => {
                write!(f, "{}/{}/K_D/des@{}", self.owner, self.system, self.version)
            }
        }
    }
}

/// The keys that one party holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing(BTreeMap<KeyName, DesKey>);

impl KeyRing {
    /// A ring of these keys.
    pub fn new(keys: impl IntoIterator<Item = (KeyName, DesKey)>) -> KeyRing {
        KeyRing(keys.into_iter().collect())
    }

    /// Takes a key in, in place of one of the same name.
    pub fn insert(&mut self, name: KeyName, key: DesKey) {
        self.0.insert(name, key);
    }

    /// The newest version of what guards a node of a system.
    pub fn newest(&self, system: SystemCode, node: KeyNode) -> Option<(&KeyName, &DesKey)> {
        self.0
            .iter()
            .filter(|(name, _)| name.system == system && name.node == node)
            .max_by_key(|(name, _)| name.version)
    }

    /// Every key, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&KeyName, &DesKey)> {
        self.0.iter()
    }
}
