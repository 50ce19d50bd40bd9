//! What definition blocks say, one type for each kind: areas, services and their keys.

use crate::model::card::{KeyVersion, NodeCode, ServiceCode};
use crate::model::cipher::{AesKey, DesKey};

/// A key as a definition block holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    pub version: KeyVersion,
    pub key: DesKey,
}

impl StoredKey {
    /// The version that stands where there is no key.
    pub const NO_VERSION: KeyVersion = 0xFFFF;

    /// Whether this stands for *no key*: version FFFFh and a key of FFh throughout, as in memory that was never
    /// written. A node of the AES generation may have no DES key.
    pub fn is_none(&self) -> bool {
        self.version == Self::NO_VERSION && *self.key.expose() == [0xFF; 8]
    }
}

/// An area definition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaDefinition {
    pub code: NodeCode,
    /// Last code under it, this one included.
    pub end: NodeCode,
    /// Blocks allotted to what stands under it.
    pub allotted: u16,
    pub key: StoredKey,
    /// Physical address of the definition block.
    pub at: u32,
}

impl AreaDefinition {
    /// Whether a code falls into the area's range.
    pub fn spans(&self, code: NodeCode) -> bool {
        (self.code..=self.end).contains(&code)
    }
}

/// A service definition block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDefinition {
    pub code: ServiceCode,
    /// Logical address of the first user block.
    pub first: u16,
    pub blocks: u16,
    pub key: StoredKey,
    /// Physical address of the definition block.
    pub at: u32,
}

/// An AES key and its version, without a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAesKey {
    pub version: KeyVersion,
    pub key: AesKey,
}

/// An AES key as two extension blocks hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AesKeyDefinition {
    /// Whose key it is: the system (FFFF), an area or a service.
    pub node: NodeCode,
    pub version: KeyVersion,
    pub key: AesKey,
    /// Physical addresses of the two blocks, the first half's first.
    pub at: [u32; 2],
}

impl AesKeyDefinition {
    /// Blocks that an AES key takes.
    pub const BLOCKS: u32 = 2;
}
