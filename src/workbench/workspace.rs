//! The workspace's folder on disk: its settings, the registry, the key store, and the card in the emulator.
//!
//! The folder is held by one program at a time. Without a folder, or when it cannot be used, everything works and
//! nothing is kept.

mod card;
mod error;
mod folder;
mod settings;

use super::arrangement::Arrangement;
use crate::device::emulated::EmulatedCard;
use crate::device::held_file::HeldFile;
use crate::device::key_store::{
    KeyStore, KeyStoreError, StoredKey, StoredName, card_owner, of_list, of_ring,
};
use crate::device::memory::Memory;
use crate::device::registry::Registry;
use crate::device::seal::{Cost, Passphrase};
use crate::device::system::{SystemClock, SystemRng};
use crate::model::apdu::Family;
use crate::model::card::profile::Profile;
use crate::model::card::{Idm, SystemCode};
use crate::model::chip::{factory_image, put_transport_aes_key};
use crate::model::demo::Demo;
use crate::model::dump::keys::KeyList;
use crate::model::flow::issue::{self, IssuingDesk};
use crate::model::flow::log::{MemoryLog, Recording};
use crate::model::flow::{FlowError, Halt, Stage};
use crate::model::party::{KeyName, KeyRing};
use crate::model::port::CardLink;
use folder::{Folder, is_workspace};
use settings::Settings;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use error::WorkspaceError;

/// An opened folder, or none.
pub struct Workspace {
    folder: Option<Folder>,
    /// The card's file is there and could not be read.
    unreadable: bool,
    /// The card's file, once it was opened or written.
    card: Option<HeldFile>,
    settings: Settings,
    /// Cards, flows and writes; in memory where there is no folder.
    pub registry: Registry,
    /// `None` without a folder, and until a passphrase has opened it.
    keys: Option<KeyStore>,
    /// Keys of single cards that are not kept, because there is no open key store to keep them in.
    held: BTreeMap<Idm, KeyRing>,
}

/// Where the demo workspace is kept for this user, by the desktop's convention; `None` when the environment names
/// no home, by a path from the root.
pub fn default_folder() -> Option<PathBuf> {
    // One that is empty or begins at no root is to be taken for none.
    let named = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|place| place.is_absolute())
    };
    let data = if cfg!(windows) {
        named("APPDATA")
    } else if cfg!(target_os = "macos") {
        named("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        named("XDG_DATA_HOME").or_else(|| named("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("cardwright").join("demo"))
}

/// As many files that were opened are known.
pub const RECENT: usize = 12;

const REGISTRY: &str = "registry.db";
const KEYS: &str = "keys.store";
/// Where versions before the registry kept the log of a flow that had not ended.
const OLD_LOG: &str = "divide.log";

impl Workspace {
    /// Opens the folder, or makes a demo workspace of it.
    pub fn open(folder: PathBuf) -> Result<Workspace, WorkspaceError> {
        Workspace::open_or_make(folder, Settings::demo())
    }

    /// Opens the folder, or makes a workspace of it that is not for demos.
    pub fn open_live(folder: PathBuf) -> Result<Workspace, WorkspaceError> {
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        let name = name.to_string_lossy().into_owned();
        Workspace::open_or_make(folder, Settings::live(name))
    }

    fn open_or_make(folder: PathBuf, new: Settings) -> Result<Workspace, WorkspaceError> {
        let folder = Folder::take(folder)?;
        let place = folder.path()?;
        let settings = match Settings::read(place)? {
            Some(settings) => settings,
            None => {
                new.write(place)?;
                new
            }
        };
        if place.join(OLD_LOG).try_exists()? {
            return Err(WorkspaceError::OldLog);
        }
        let registry = Registry::open(&place.join(REGISTRY))?;
        let keys = match settings.demo {
            true => Some(demo_keys(&place.join(KEYS))?),
            false => None,
        };
        Ok(Workspace {
            registry,
            keys,
            held: BTreeMap::new(),
            folder: Some(folder),
            unreadable: false,
            card: None,
            settings,
        })
    }

    /// Whether the folder is a workspace, whatever state it is in.
    pub fn is_there(folder: &Path) -> bool {
        is_workspace(folder)
    }

    /// The key store of the workspace in that folder, to look at: nothing is written or locked, so another program may
    /// have the workspace open. `None` where no key was ever kept.
    pub fn look_at_keys(
        folder: &Path,
        passphrase: Option<&Passphrase>,
    ) -> Result<Option<KeyStore>, WorkspaceError> {
        let settings = Settings::read(folder)?;
        let path = folder.join(KEYS);
        if !path.try_exists()? {
            return Ok(None);
        }
        let is_demo = settings.is_none_or(|settings| settings.demo);
        let store = KeyStore::open(&path, passphrase.filter(|_| !is_demo))?;
        match store.is_demo() && !is_demo {
            true => Err(WorkspaceError::DemoKeys),
            false => Ok(Some(store)),
        }
    }

    /// Sees whether a workspace that is not there yet would take these keys for that owner, before it is made. It would
    /// be one for demos, or not.
    pub fn would_take(list: &KeyList, owner: &str, demo: bool) -> Result<(), WorkspaceError> {
        let own = demo.then(demo_ring).into_iter().flatten();
        Ok(KeyStore::would_take(demo, own.chain(of_list(list, owner)))?)
    }

    /// A demo workspace that keeps nothing.
    pub fn without_folder() -> Workspace {
        Workspace {
            folder: None,
            unreadable: false,
            card: None,
            settings: Settings::demo(),
            // Where no memory is left for a few tables, nothing else goes on either.
            registry: Registry::in_memory().expect("a registry in memory"),
            keys: None,
            held: BTreeMap::new(),
        }
    }

    /// The workspace's keys. A demo workspace's are open already; others' are opened with the passphrase, or begun
    /// with it.
    pub fn keys(
        &mut self,
        passphrase: Option<&Passphrase>,
    ) -> Result<&mut KeyStore, WorkspaceError> {
        let place = self.place()?.map(|place| place.join(KEYS));
        let opened = match (self.keys.take(), place) {
            (Some(keys), _) => keys,
            (None, Some(place)) => live_keys(&place, passphrase)?,
            (None, None) => return Err(KeyStoreError::NotAStore.into()),
        };
        Ok(self.keys.insert(opened))
    }

    /// Takes the keys of a list for a card, in place of those that were taken for it before. They are kept in the key
    /// store, if it is open, and until the program ends otherwise. Gives how many of the list are for this card.
    pub fn choose_keys(
        &mut self,
        card: Idm,
        systems: &[SystemCode],
        list: &KeyList,
    ) -> Result<usize, WorkspaceError> {
        let owner = card_owner(card);
        let of_card: Vec<(KeyName, StoredKey)> = of_list(list, &owner)
            .filter(|(name, _)| name.owner == owner && systems.contains(&name.system))
            .collect();
        let count = of_card.len();
        if count == 0 {
            return Ok(0);
        }
        self.place()?;
        if let Some(keys) = &mut self.keys {
            keys.replace_owner(&owner, of_card)?;
            return Ok(count);
        }
        let live = of_card.iter().find(|(_, key)| !key.is_demo());
        if let Some((name, key)) = live.filter(|_| self.is_demo()) {
            let (key, algorithm) = (name.clone(), key.algorithm());
            return Err(KeyStoreError::NotADemoKey(StoredName { key, algorithm }).into());
        }
        let mut ring = KeyRing::default();
        for (name, key) in of_card {
            key.put_into(&mut ring, name);
        }
        self.held.insert(card, ring);
        Ok(count)
    }

    /// Forgets the keys that were taken for a card.
    pub fn forget_keys(&mut self, card: Idm) -> Result<(), WorkspaceError> {
        self.held.remove(&card);
        self.place()?;
        if let Some(keys) = &mut self.keys {
            keys.replace_owner(&card_owner(card), [])?;
        }
        Ok(())
    }

    /// How many keys there are for a card with these systems: taken for it alone, and of its systems.
    pub fn count_keys(&self, card: Idm, systems: &[SystemCode]) -> (usize, usize) {
        let held = self.held.get(&card);
        let held = held.map_or(0, |ring| ring.iter().count() + ring.iter_aes().count());
        let owner = card_owner(card);
        let names = self.names_for(&owner, systems);
        let own = names.iter().filter(|name| name.key.owner == owner).count();
        (held + own, names.len() - own)
    }

    /// Those keys.
    pub fn keys_for(&self, card: Idm, systems: &[SystemCode]) -> Result<KeyRing, WorkspaceError> {
        let mut ring = self.held.get(&card).cloned().unwrap_or_default();
        for name in self.names_for(&card_owner(card), systems) {
            if let Some(keys) = &self.keys {
                let key = keys.get(name)?;
                key.put_into(&mut ring, name.key.clone());
            }
        }
        Ok(ring)
    }

    /// Names of the stored keys of these systems, but for those that are another card's.
    fn names_for(&self, owner: &str, systems: &[SystemCode]) -> Vec<&StoredName> {
        let names = self.keys.iter().flat_map(KeyStore::names);
        names
            .filter(|name| systems.contains(&name.key.system))
            .filter(|name| name.key.owner == owner || !name.key.owner.starts_with("card:"))
            .collect()
    }

    /// Whether what is taken for a card is kept.
    pub fn keeps_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// The families that a person chose for readers.
    pub fn reader_families(&self) -> &BTreeMap<String, Family> {
        &self.settings.reader_families
    }

    /// Keeps the choice of a family for a reader; `None` forgets it.
    pub fn keep_reader_family(&mut self, reader: &str, family: Option<Family>) -> io::Result<()> {
        match family {
            Some(family) => self
                .settings
                .reader_families
                .insert(reader.to_string(), family),
            None => self.settings.reader_families.remove(reader),
        };
        self.keep_settings()
    }

    /// Files that were opened, newest first.
    pub fn recent(&self) -> &[PathBuf] {
        &self.settings.recent
    }

    /// Notes that a file was opened.
    pub fn keep_recent(&mut self, file: &Path) -> io::Result<()> {
        let file = std::path::absolute(file)?;
        if self.settings.recent.first() == Some(&file) {
            return Ok(());
        }
        self.settings.recent.retain(|known| *known != file);
        self.settings.recent.insert(0, file);
        self.settings.recent.truncate(RECENT);
        self.keep_settings()
    }

    /// Forgets which files were opened.
    pub fn clear_recent(&mut self) -> io::Result<()> {
        self.settings.recent.clear();
        self.keep_settings()
    }

    fn keep_settings(&self) -> io::Result<()> {
        match self.place()? {
            Some(place) => self.settings.write(place),
            None => Ok(()),
        }
    }

    /// Where the workspace is kept; `None` without a folder. Asked for before each write: a folder that was moved away
    /// is an error, and whatever stands in its place is not written into.
    fn place(&self) -> io::Result<Option<&Path>> {
        self.folder.as_ref().map(Folder::path).transpose()
    }

    /// Keeps how the window was left.
    pub fn keep_arrangement(&self, arrangement: &Arrangement) -> io::Result<()> {
        match self.place()? {
            Some(place) => arrangement.write(place),
            None => Ok(()),
        }
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Whether its cards and keys are invented.
    pub fn is_demo(&self) -> bool {
        self.settings.demo
    }
}

/// Opens the key store of a demo workspace, or makes it of the demo's keys.
fn demo_keys(path: &Path) -> Result<KeyStore, WorkspaceError> {
    if path.try_exists()? {
        return Ok(KeyStore::open(path, None)?);
    }
    Ok(KeyStore::create_demo(path, demo_ring())?)
}

/// The keys that a demo workspace begins with.
fn demo_ring() -> Vec<(KeyName, StoredKey)> {
    let demo = Demo::new();
    of_ring(&demo.issuer.ring)
        .chain(of_ring(&demo.operator.ring))
        .collect()
}

/// Opens the key store of a workspace that is not for demos, or makes an empty one.
fn live_keys(path: &Path, passphrase: Option<&Passphrase>) -> Result<KeyStore, WorkspaceError> {
    let store = if path.try_exists()? {
        KeyStore::open(path, passphrase)?
    } else {
        let passphrase = passphrase.ok_or(KeyStoreError::Sealed)?;
        KeyStore::create(path, passphrase, Cost::STANDARD)?
    };
    match store.is_demo() {
        true => Err(WorkspaceError::DemoKeys),
        false => Ok(store),
    }
}

/// A blank chip, issued by commands as the demo issuer's card.
pub fn demo_card(demo: &Demo) -> Result<EmulatedCard, FlowError> {
    new_card(demo, Profile::demo())
}

/// The same on a chip of that profile.
pub fn new_card(demo: &Demo, profile: Profile) -> Result<EmulatedCard, FlowError> {
    let mut card = blank_card(demo, profile)?;
    match issue_card(demo, &mut card).map_err(Halt::into_error) {
        Err(Some(error)) => Err(error),
        // There is no end to the steps that may be done, so it does not pause.
        Ok(()) | Err(None) => {
            card.field_off();
            Ok(card)
        }
    }
}

/// A card of that profile as its maker delivers it: K_D, transport keys, and no system.
pub fn blank_card(demo: &Demo, profile: Profile) -> Result<EmulatedCard, FlowError> {
    let mut blocks = factory_image(&profile, demo.idm, &demo.division_key, &demo.transport_key);
    if profile.aes {
        put_transport_aes_key(&mut blocks, &demo.aes_transport_key);
    }
    let memory = Memory::new(blocks, &profile);
    let sources = (Box::new(SystemRng), Box::new(SystemClock));
    // A factory image decodes; a test holds it to that. If it did not, the card would not answer.
    EmulatedCard::with_sources(profile, memory, sources.0, sources.1)
        .map_err(|_| FlowError::Card(crate::model::reader::CardError::Silent(0)))
}

/// Issues a blank card as the demo issuer's, straight through and without keeping a log: whoever calls has the card
/// before and after, and no other. It is the card that the demo's order names, or refused.
pub fn issue_card(demo: &Demo, card: &mut dyn CardLink) -> Result<(), Halt> {
    let table = issue::table();
    let (mut recording, mut log, mut clock) =
        (Recording::default(), MemoryLog::default(), SystemClock);
    let mut stage = Stage::new(&table, &mut recording, &mut log, &mut clock, usize::MAX);
    let mut desk = IssuingDesk::new(demo.issuer.ring.clone(), demo.plan.clone(), demo.idm);
    let mut cast = issue::Cast {
        desk: &mut desk,
        card,
        rng: &mut SystemRng,
    };
    issue::issue(&mut stage, &mut cast).map(|_| ())
}
