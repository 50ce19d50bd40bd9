//! What a key store calls its keys.

use crate::model::party::{AesKeyName, KeyName};
use std::fmt;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    Des,
    Aes,
}

/// A key's name in a store: `owner/system/node/algorithm@version`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredName {
    pub key: KeyName,
    pub algorithm: Algorithm,
}

impl fmt::Display for StoredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.algorithm {
            Algorithm::Des => self.key.fmt(f),
            Algorithm::Aes => AesKeyName(self.key.clone()).fmt(f),
        }
    }
}
