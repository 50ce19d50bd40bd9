//! The key store: a workspace's keys in one file, each sealed on its own.
//!
//! Keys are sealed while they are in memory too; one is opened when it is asked for. Each is bound to its name and to the
//! store it is in, and the file's end is a seal over all of it: an entry that is changed, renamed, moved, doubled, left
//! out or brought from elsewhere makes the whole store refused. A store of demo keys is sealed with a key that everybody
//! knows; it takes nothing but demo keys and is opened with no question. The file's bytes are in [`format`]; the promises
//! in `docs/kept.md`.

mod error;
pub mod format;
mod name;

pub use error::KeyStoreError;
pub use name::{Algorithm, StoredName};

use super::disk::{create, replace};
use super::seal::{Cost, FileKey, NONCE, Passphrase, SALT, random};
use super::system::SystemRng;
use crate::model::card::Idm;
use crate::model::cipher::{AesKey, DesKey, Kcv};
use crate::model::demo::is_demo_key;
use crate::model::dump::keys::{KeyList, ListedKey};
use crate::model::hex;
use crate::model::party::{AesKeyName, KeyName, KeyNode, KeyRing};
use format::{Entry, Lock, MAX_BYTES};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An opened key store.
pub struct KeyStore {
    path: PathBuf,
    lock: Lock,
    key: FileKey,
    entries: BTreeMap<StoredName, Entry>,
}

/// A key of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredKey {
    Des(DesKey),
    Aes(AesKey),
}

/// Every key of a ring, as a store takes them.
pub fn of_ring(ring: &KeyRing) -> impl Iterator<Item = (KeyName, StoredKey)> {
    let des = ring
        .iter()
        .map(|(name, key)| (name.clone(), StoredKey::Des(key.clone())));
    let aes = ring
        .iter_aes()
        .map(|(name, key)| (name.0.clone(), StoredKey::Aes(key.clone())));
    des.chain(aes)
}

/// The keys of a list as a store takes them: those for every card as that owner's, those for one card as that card's.
pub fn of_list(list: &KeyList, owner: &str) -> impl Iterator<Item = (KeyName, StoredKey)> {
    list.keys().map(move |(system, node, version, idm, key)| {
        let name = KeyName {
            owner: idm.map_or_else(|| owner.to_string(), card_owner),
            system,
            node: KeyNode::Node(node),
            version,
        };
        let key = match key {
            ListedKey::Des(key) => StoredKey::Des(key.clone()),
            ListedKey::Aes(key) => StoredKey::Aes(key.clone()),
        };
        (name, key)
    })
}

/// The owner by whose name the keys of one card are kept: `card:` and the IDm of its system 0.
pub fn card_owner(card: Idm) -> String {
    format!("card:{}", hex::plain(&card.0).to_lowercase())
}

impl StoredKey {
    /// Puts it into a ring.
    pub fn put_into(self, ring: &mut KeyRing, name: KeyName) {
        match self {
            StoredKey::Des(key) => ring.insert(name, key),
            StoredKey::Aes(key) => ring.insert_aes(AesKeyName(name), key),
        }
    }

    /// What it is for.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            StoredKey::Des(_) => Algorithm::Des,
            StoredKey::Aes(_) => Algorithm::Aes,
        }
    }

    /// Its check value: the first three bytes of a block of zeros, of DES enciphered, of AES its CMAC.
    pub fn kcv(&self) -> Kcv {
        match self {
            StoredKey::Des(key) => key.kcv(),
            StoredKey::Aes(key) => key.kcv(),
        }
    }

    /// Whether it is a throw-away key of the demo's.
    pub fn is_demo(&self) -> bool {
        is_demo_key(self.bytes())
    }

    fn bytes(&self) -> &[u8] {
        match self {
            StoredKey::Des(key) => key.expose(),
            StoredKey::Aes(key) => key.expose(),
        }
    }

    fn of(algorithm: Algorithm, bytes: &[u8]) -> Option<StoredKey> {
        match algorithm {
            Algorithm::Des => Some(StoredKey::Des(DesKey::new(bytes.try_into().ok()?))),
            Algorithm::Aes => Some(StoredKey::Aes(AesKey::new(bytes.try_into().ok()?))),
        }
    }
}

impl KeyStore {
    /// Makes a store of demo keys, these in it. A file that is there is left alone.
    pub fn create_demo(
        path: &Path,
        keys: impl IntoIterator<Item = (KeyName, StoredKey)>,
    ) -> Result<KeyStore, KeyStoreError> {
        KeyStore::create_with(path, Lock::Demo, FileKey::demo(), keys)
    }

    /// Makes a store that a passphrase opens. A file that is there is left alone.
    pub fn create(
        path: &Path,
        passphrase: &Passphrase,
        cost: Cost,
    ) -> Result<KeyStore, KeyStoreError> {
        let (lock, key) = locked(passphrase, cost)?;
        KeyStore::create_with(path, lock, key, [])
    }

    fn create_with(
        path: &Path,
        lock: Lock,
        key: FileKey,
        keys: impl IntoIterator<Item = (KeyName, StoredKey)>,
    ) -> Result<KeyStore, KeyStoreError> {
        let mut store = KeyStore {
            path: path.to_path_buf(),
            lock,
            key,
            entries: BTreeMap::new(),
        };
        store.entries = store.with(keys)?;
        let end = random(&mut SystemRng);
        let bytes = format::write(&store.lock, &store.key, &store.entries, end)?;
        create(path, &bytes)?;
        Ok(store)
    }

    /// Sees whether a new store would take these keys, without making one: a demo store, or one with a passphrase.
    pub fn would_take(
        demo: bool,
        keys: impl IntoIterator<Item = (KeyName, StoredKey)>,
    ) -> Result<(), KeyStoreError> {
        let lock = match demo {
            true => Lock::Demo,
            false => Lock::new([0; SALT], [0; NONCE], Cost::STANDARD),
        };
        let store = KeyStore {
            path: PathBuf::new(),
            lock,
            // Whichever key seals them, the keys take as many bytes. Nothing of it is kept.
            key: FileKey::demo(),
            entries: BTreeMap::new(),
        };
        let entries = store.with(keys)?;
        format::write(&store.lock, &store.key, &entries, [0; NONCE]).map(|_| ())
    }

    /// Opens a store. The passphrase is used only if the store is no demo store.
    pub fn open(path: &Path, passphrase: Option<&Passphrase>) -> Result<KeyStore, KeyStoreError> {
        let mut bytes = Vec::new();
        let file = File::open(path)?;
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        let read = format::read(&bytes)?;
        let key = match &read.lock {
            Lock::Demo => FileKey::demo(),
            Lock::Passphrase { salt, cost, .. } => {
                FileKey::derive(passphrase.ok_or(KeyStoreError::Sealed)?, &salt.0, *cost)?
            }
        };
        let entries = read.open(&key)?;
        Ok(KeyStore {
            path: path.to_path_buf(),
            lock: read.lock,
            key,
            entries,
        })
    }

    /// Whether it holds demo keys, and hides nothing.
    pub fn is_demo(&self) -> bool {
        matches!(self.lock, Lock::Demo)
    }

    /// The names of its keys, in their order.
    pub fn names(&self) -> impl Iterator<Item = &StoredName> {
        self.entries.keys()
    }

    /// One key.
    pub fn get(&self, name: &StoredName) -> Result<StoredKey, KeyStoreError> {
        let no_key = || KeyStoreError::NoKey(name.clone());
        let entry = self.entries.get(name).ok_or_else(no_key)?;
        self.open_entry(name, entry)
    }

    fn open_entry(&self, name: &StoredName, entry: &Entry) -> Result<StoredKey, KeyStoreError> {
        let associated = format::associated(&self.lock, name)?;
        let bytes = self.key.open(&entry.nonce, &entry.sealed, &associated)?;
        StoredKey::of(name.algorithm, &bytes).ok_or(KeyStoreError::Damaged)
    }

    /// Adds a key. One that is there already is left as it is; another key of the same name is not replaced.
    pub fn add(&mut self, name: KeyName, key: &StoredKey) -> Result<(), KeyStoreError> {
        self.add_all([(name, key.clone())]).map(|_| ())
    }

    /// Adds keys: all of them or none. Gives how many are new.
    pub fn add_all(
        &mut self,
        keys: impl IntoIterator<Item = (KeyName, StoredKey)>,
    ) -> Result<usize, KeyStoreError> {
        let entries = self.with(keys)?;
        let new = entries.len() - self.entries.len();
        if new > 0 {
            self.write(&self.lock, &self.key, &entries)?;
            self.entries = entries;
        }
        Ok(new)
    }

    /// Its entries, and these keys among them.
    fn with(
        &self,
        keys: impl IntoIterator<Item = (KeyName, StoredKey)>,
    ) -> Result<BTreeMap<StoredName, Entry>, KeyStoreError> {
        let mut entries = self.entries.clone();
        for (key, secret) in keys {
            let name = StoredName {
                key,
                algorithm: secret.algorithm(),
            };
            if self.is_demo() && !secret.is_demo() {
                return Err(KeyStoreError::NotADemoKey(name));
            }
            match entries.get(&name) {
                Some(entry) if self.open_entry(&name, entry)? == secret => {}
                Some(_) => return Err(KeyStoreError::Taken(name)),
                None => {
                    let entry = sealed(&self.lock, &self.key, &name, &secret)?;
                    entries.insert(name, entry);
                }
            }
        }
        Ok(entries)
    }

    /// Puts these keys in place of all that the store has of an owner: all of them or none. Without keys the owner's are
    /// removed.
    pub fn replace_owner(
        &mut self,
        owner: &str,
        keys: impl IntoIterator<Item = (KeyName, StoredKey)>,
    ) -> Result<(), KeyStoreError> {
        let before = self.entries.clone();
        self.entries.retain(|name, _| name.key.owner != owner);
        let replaced = match self.add_all(keys) {
            Ok(0) if self.entries.len() != before.len() => {
                self.write(&self.lock, &self.key, &self.entries)
            }
            added => added.map(|_| ()),
        };
        if replaced.is_err() {
            self.entries = before;
        }
        replaced
    }

    /// Removes a key for good.
    pub fn remove(&mut self, name: &StoredName) -> Result<(), KeyStoreError> {
        let mut entries = self.entries.clone();
        if entries.remove(name).is_none() {
            return Err(KeyStoreError::NoKey(name.clone()));
        }
        self.write(&self.lock, &self.key, &entries)?;
        self.entries = entries;
        Ok(())
    }

    /// Seals everything anew with another passphrase. A demo store has none to change.
    pub fn change_passphrase(&mut self, new: &Passphrase, cost: Cost) -> Result<(), KeyStoreError> {
        if self.is_demo() {
            return Err(KeyStoreError::Seal);
        }
        let (lock, key) = locked(new, cost)?;
        let mut entries = BTreeMap::new();
        for (name, entry) in &self.entries {
            let secret = self.open_entry(name, entry)?;
            entries.insert(name.clone(), sealed(&lock, &key, name, &secret)?);
        }
        self.write(&lock, &key, &entries)?;
        (self.lock, self.key, self.entries) = (lock, key, entries);
        Ok(())
    }

    fn write(
        &self,
        lock: &Lock,
        key: &FileKey,
        entries: &BTreeMap<StoredName, Entry>,
    ) -> Result<(), KeyStoreError> {
        let bytes = format::write(lock, key, entries, random(&mut SystemRng))?;
        Ok(replace(&self.path, &bytes)?)
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyStore({} keys)", self.entries.len())
    }
}

fn locked(passphrase: &Passphrase, cost: Cost) -> Result<(Lock, FileKey), KeyStoreError> {
    let salt = random(&mut SystemRng);
    let key = FileKey::derive(passphrase, &salt, cost)?;
    Ok((Lock::new(salt, random(&mut SystemRng), cost), key))
}

fn sealed(
    lock: &Lock,
    key: &FileKey,
    name: &StoredName,
    secret: &StoredKey,
) -> Result<Entry, KeyStoreError> {
    let nonce: [u8; NONCE] = random(&mut SystemRng);
    let associated = format::associated(lock, name)?;
    let sealed = key.seal(&nonce, secret.bytes(), &associated)?;
    Ok(Entry { nonce, sealed })
}
