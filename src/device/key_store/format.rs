//! A key store's bytes.
//!
//! ```text
//! 8   "CWKEYS\x1A\x01"    magic and format version
//! 2   length of the header, little endian
//! n   header, RON: DEMO mark, or cost, salt and a nonce
//! 16  check: a tag over all before it; tells a wrong passphrase from damage. Of a demo store too
//!     entries in the order of their names, each:
//! 2     length of what follows, little endian
//! n     name: owner (1 length, text), system (2), node (1 kind, 2 code), algorithm (1), version (2); big endian
//! 24    nonce
//! m     the key, sealed, its tag behind; bound to magic, length, header and name
//! 24  nonce of the end
//! 16  end: a tag over all before its nonce
//! ```

use super::error::KeyStoreError;
use super::name::{Algorithm, StoredName};
use crate::device::seal::{Cost, FileKey, NONCE, SALT, TAG};
use crate::model::card::{NodeCode, SystemCode};
use crate::model::hex::HexBytes;
use crate::model::party::{KeyName, KeyNode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What every key store begins with; the last byte is the version of the format.
pub const MAGIC: &[u8; 8] = b"CWKEYS\x1A\x01";
/// Longest key store: some fifty thousand keys.
pub const MAX_BYTES: usize = 4 << 20;
/// The check's nonce is of no other use: each store's key seals one check.
const CHECK_OF_DEMO: [u8; NONCE] = *b"DEMO check of key stores";

/// How a store is locked: its header.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Lock {
    /// With a key that everybody knows.
    Demo,
    Passphrase {
        cost: Cost,
        salt: HexBytes<SALT>,
        /// Nonce of the check.
        check: HexBytes<NONCE>,
    },
}

impl Lock {
    /// A lock with a passphrase.
    pub fn new(salt: [u8; SALT], check: [u8; NONCE], cost: Cost) -> Lock {
        Lock::Passphrase {
            cost,
            salt: HexBytes(salt),
            check: HexBytes(check),
        }
    }

    fn check_nonce(&self) -> [u8; NONCE] {
        match self {
            Lock::Demo => CHECK_OF_DEMO,
            Lock::Passphrase { check, .. } => check.0,
        }
    }

    /// Magic, length and header.
    fn head(&self) -> Result<Vec<u8>, KeyStoreError> {
        let text = ron::to_string(self).map_err(|_| KeyStoreError::Seal)?;
        let length = u16::try_from(text.len()).map_err(|_| KeyStoreError::Seal)?;
        Ok([&MAGIC[..], &length.to_le_bytes(), text.as_bytes()].concat())
    }
}

/// A sealed key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub nonce: [u8; NONCE],
    /// The key, and its tag.
    pub sealed: Vec<u8>,
}

/// A store whose form is right, and of which nothing has been opened.
pub struct Read<'a> {
    pub lock: Lock,
    bytes: &'a [u8],
    /// Bytes of magic, length and header.
    head: usize,
    entries: BTreeMap<StoredName, Entry>,
}

/// What a key is bound to: its store's header and its name.
pub fn associated(lock: &Lock, name: &StoredName) -> Result<Vec<u8>, KeyStoreError> {
    Ok([lock.head()?, name_bytes(name)?].concat())
}

/// A whole store.
pub fn write(
    lock: &Lock,
    key: &FileKey,
    entries: &BTreeMap<StoredName, Entry>,
    end: [u8; NONCE],
) -> Result<Vec<u8>, KeyStoreError> {
    let mut bytes = lock.head()?;
    bytes.extend(key.seal(&lock.check_nonce(), &[], &bytes)?);
    for (name, entry) in entries {
        let inside = [&name_bytes(name)?[..], &entry.nonce, &entry.sealed].concat();
        let length = u16::try_from(inside.len()).map_err(|_| KeyStoreError::Full)?;
        bytes.extend(length.to_le_bytes());
        bytes.extend(inside);
    }
    let tag = key.seal(&end, &[], &bytes)?;
    bytes.extend(end);
    bytes.extend(tag);
    if bytes.len() > MAX_BYTES {
        return Err(KeyStoreError::Full);
    }
    Ok(bytes)
}

/// Reads a store's form.
pub fn read(bytes: &[u8]) -> Result<Read<'_>, KeyStoreError> {
    let (magic, version) = MAGIC.split_at(MAGIC.len() - 1);
    let mut rest = bytes.strip_prefix(magic).ok_or(KeyStoreError::NotAStore)?;
    match take(&mut rest)? {
        [byte] if byte == version[0] => {}
        [_] => return Err(KeyStoreError::Newer),
    }
    if bytes.len() > MAX_BYTES {
        return Err(KeyStoreError::Damaged);
    }
    let length = u16::from_le_bytes(take(&mut rest)?);
    let header = take_slice(&mut rest, length.into())?;
    let lock: Lock = ron::de::from_bytes(header).map_err(|_| KeyStoreError::Damaged)?;
    let head = bytes.len() - rest.len();
    let as_written = lock.head()?;
    let bearable = match &lock {
        Lock::Demo => true,
        Lock::Passphrase { cost, .. } => cost.is_bearable(),
    };
    if bytes[..head] != as_written || !bearable {
        return Err(KeyStoreError::Damaged);
    }
    take::<TAG>(&mut rest)?;
    let inside = rest.len().checked_sub(NONCE + TAG);
    let (mut rest, _) = rest.split_at(inside.ok_or(KeyStoreError::Damaged)?);
    let mut entries = BTreeMap::new();
    while !rest.is_empty() {
        let length = u16::from_le_bytes(take(&mut rest)?);
        let mut inside = take_slice(&mut rest, length.into())?;
        let name = read_name(&mut inside)?;
        let nonce = take(&mut inside)?;
        let in_order = entries
            .last_key_value()
            .is_none_or(|(last, _)| *last < name);
        if !in_order || inside.len() < TAG {
            return Err(KeyStoreError::Damaged);
        }
        let sealed = inside.to_vec();
        entries.insert(name, Entry { nonce, sealed });
    }
    Ok(Read {
        lock,
        bytes,
        head,
        entries,
    })
}

impl Read<'_> {
    /// Judges the seals of the whole, and of each key.
    pub fn open(&self, key: &FileKey) -> Result<BTreeMap<StoredName, Entry>, KeyStoreError> {
        let (head, rest) = self.bytes.split_at(self.head);
        let check = rest.get(..TAG).ok_or(KeyStoreError::Damaged)?;
        key.open(&self.lock.check_nonce(), check, head)
            .map_err(|_| match self.lock {
                Lock::Demo => KeyStoreError::Damaged,
                Lock::Passphrase { .. } => KeyStoreError::Passphrase,
            })?;
        let before = self.bytes.len().checked_sub(NONCE + TAG);
        let (before, mut end) = self.bytes.split_at(before.ok_or(KeyStoreError::Damaged)?);
        let nonce = take(&mut end)?;
        key.open(&nonce, end, before)?;
        for (name, entry) in &self.entries {
            key.open(&entry.nonce, &entry.sealed, &associated(&self.lock, name)?)?;
        }
        Ok(self.entries.clone())
    }
}

fn name_bytes(name: &StoredName) -> Result<Vec<u8>, KeyStoreError> {
    let KeyName {
        owner,
        system,
        node,
        version,
    } = &name.key;
    let length = u8::try_from(owner.len()).map_err(|_| KeyStoreError::Full)?;
    let (kind, code) = match node {
        KeyNode::Node(code) => (0, code.0),
        KeyNode::Division => (1, 0),
        KeyNode::Individual => (2, 0),
    };
    let algorithm = match name.algorithm {
        Algorithm::Des => 1,
        Algorithm::Aes => 2,
    };
    let mut bytes = vec![length];
    bytes.extend(owner.as_bytes());
    bytes.extend(system.0.to_be_bytes());
    bytes.push(kind);
    bytes.extend(code.to_be_bytes());
    bytes.push(algorithm);
    bytes.extend(version.to_be_bytes());
    Ok(bytes)
}

fn read_name(rest: &mut &[u8]) -> Result<StoredName, KeyStoreError> {
    let [length] = take(rest)?;
    let owner = std::str::from_utf8(take_slice(rest, length.into())?);
    let owner = owner.map_err(|_| KeyStoreError::Damaged)?.to_string();
    let system = SystemCode(u16::from_be_bytes(take(rest)?));
    let [kind] = take(rest)?;
    let code = u16::from_be_bytes(take(rest)?);
    let node = match (kind, code) {
        (0, code) => KeyNode::Node(NodeCode(code)),
        (1, 0) => KeyNode::Division,
        (2, 0) => KeyNode::Individual,
        _ => return Err(KeyStoreError::Damaged),
    };
    let algorithm = match take(rest)? {
        [1] => Algorithm::Des,
        [2] => Algorithm::Aes,
        _ => return Err(KeyStoreError::Damaged),
    };
    let version = u16::from_be_bytes(take(rest)?);
    Ok(StoredName {
        key: KeyName {
            owner,
            system,
            node,
            version,
        },
        algorithm,
    })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], KeyStoreError> {
    let (first, after) = rest.split_first_chunk().ok_or(KeyStoreError::Damaged)?;
    *rest = after;
    Ok(*first)
}

fn take_slice<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], KeyStoreError> {
    let (first, after) = rest
        .split_at_checked(length)
        .ok_or(KeyStoreError::Damaged)?;
    *rest = after;
    Ok(first)
}
