//! Keys and their names.

use crate::model::card::{KeyVersion, NodeCode, SystemCode};
use crate::model::cipher::{AesKey, DesKey};
use std::collections::BTreeMap;
use std::fmt;

/// What a key guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyNode {
    /// A node of the card: the system itself (FFFF), an area or a service.
    Node(NodeCode),
    /// K_D, with which a card is divided.
    Division,
    /// The individual key of a card of the AES generation; of an AES key's name alone.
    Individual,
}

impl fmt::Display for KeyNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyNode::Node(node) => write!(f, "{node}"),
            KeyNode::Division => f.write_str("K_D"),
            KeyNode::Individual => f.write_str("individual"),
        }
    }
}

/// A DES key's name: `owner/system/node/des@version`.
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
        self.fmt_as("des", f)
    }
}

impl KeyName {
    fn fmt_as(&self, algorithm: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (owner, system, node) = (&self.owner, self.system, self.node);
        write!(f, "{owner}/{system}/{node}/{algorithm}@{}", self.version)
    }
}

/// An AES key's name: `owner/system/node/aes@version`. A node's two keys have versions of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AesKeyName(pub KeyName);

impl fmt::Display for AesKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_as("aes", f)
    }
}

/// The keys that one party holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRing {
    des: BTreeMap<KeyName, DesKey>,
    aes: BTreeMap<AesKeyName, AesKey>,
}

impl KeyRing {
    /// A ring of these keys.
    pub fn new(keys: impl IntoIterator<Item = (KeyName, DesKey)>) -> KeyRing {
        KeyRing {
            des: keys.into_iter().collect(),
            aes: BTreeMap::new(),
        }
    }

    /// Takes a DES key in, in place of one of the same name.
    pub fn insert(&mut self, name: KeyName, key: DesKey) {
        self.des.insert(name, key);
    }

    /// Takes an AES key in, in place of one of the same name.
    pub fn insert_aes(&mut self, name: AesKeyName, key: AesKey) {
        self.aes.insert(name, key);
    }

    /// The newest version of the AES key that guards a node of a system.
    pub fn newest_aes(&self, system: SystemCode, node: KeyNode) -> Option<(&AesKeyName, &AesKey)> {
        let of_node = |name: &KeyName| name.system == system && name.node == node;
        self.aes
            .iter()
            .filter(|(name, _)| of_node(&name.0))
            .max_by_key(|(name, _)| name.0.version)
    }

    /// Every version of the AES key that guards a node of a system, of all owners.
    pub fn aes_of_node(
        &self,
        system: SystemCode,
        node: KeyNode,
    ) -> impl Iterator<Item = (&AesKeyName, &AesKey)> {
        let of_node = move |name: &AesKeyName| name.0.system == system && name.0.node == node;
        self.aes.iter().filter(move |(name, _)| of_node(name))
    }

    /// Every version of the DES key that guards a node of a system, of all owners.
    pub fn of_node(
        &self,
        system: SystemCode,
        node: KeyNode,
    ) -> impl Iterator<Item = (&KeyName, &DesKey)> {
        let of_node = move |name: &KeyName| name.system == system && name.node == node;
        self.des.iter().filter(move |(name, _)| of_node(name))
    }

    /// Whether it holds no key.
    pub fn is_empty(&self) -> bool {
        self.des.is_empty() && self.aes.is_empty()
    }

    /// Every AES key, by name.
    pub fn iter_aes(&self) -> impl Iterator<Item = (&AesKeyName, &AesKey)> {
        self.aes.iter()
    }

    /// The newest version of the DES key that guards a node of a system.
    pub fn newest(&self, system: SystemCode, node: KeyNode) -> Option<(&KeyName, &DesKey)> {
        self.des
            .iter()
            .filter(|(name, _)| name.system == system && name.node == node)
            .max_by_key(|(name, _)| name.version)
    }

    /// Every DES key, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&KeyName, &DesKey)> {
        self.des.iter()
    }
}
