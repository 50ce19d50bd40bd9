//! What a key store refuses, and why.

use super::name::StoredName;
use crate::device::seal::SealError;
use std::io;
use thiserror::Error;

/// Why a key store was not opened, or did not do what it was asked for. Nothing was changed then.
#[derive(Debug, Error)]
pub enum KeyStoreError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the file is not a key store")]
    NotAStore,
    #[error("a newer version of the program made the key store")]
    Newer,
    #[error("the key store is cut off, damaged or was changed")]
    Damaged,
    #[error("the key store is sealed: a passphrase is needed")]
    Sealed,
    #[error("the passphrase does not open the key store")]
    Passphrase,
    #[error("the key store could not be sealed")]
    Seal,
    #[error("the key store is full")]
    Full,
    #[error("{0} is no demo key, and the store takes no other")]
    NotADemoKey(StoredName),
    #[error("another key is there as {0}")]
    Taken(StoredName),
    #[error("there is no key {0}")]
    NoKey(StoredName),
    #[error("there is no key of that name")]
    Unnamed,
}

impl From<SealError> for KeyStoreError {
    fn from(error: SealError) -> KeyStoreError {
        match error {
            SealError::Open => KeyStoreError::Damaged,
            SealError::Derive | SealError::Seal => KeyStoreError::Seal,
        }
    }
}
