//! The workspace's folder on disk: the card in the emulator and the log of a running flow.
//!
//! The folder is locked while it is open. Without a folder, or when it cannot be used, everything works and
//! nothing is kept.

use super::view::Words;
use crate::device::card_file;
use crate::device::emulated::EmulatedCard;
use crate::device::files::{FileTrouble, read_file, replace};
use crate::device::flow_log::{FileLog, MemoryLog};
use crate::device::memory::Memory;
use crate::device::system::{SystemClock, SystemRng};
use crate::model::apdu::Family;
use crate::model::card::profile::Profile;
use crate::model::chip::{factory_image, put_transport_aes_key};
use crate::model::demo::Demo;
use crate::model::flow::FlowError;
use crate::model::flow::aes_keys::register_aes_keys;
use crate::model::flow::issue::issue;
use crate::model::flow::log::LogEntry;
use crate::model::party::{KeySam, Policy};
use crate::model::port::{CardLink, Intents, LogError};
use crate::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// `workspace.ron`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    /// Invented cards and throw-away keys.
    demo: bool,
    /// Families that a person chose for readers, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    reader_families: BTreeMap<String, Family>,
}

/// An opened folder, or none.
pub struct Workspace {
    folder: Option<PathBuf>,
    settings: Settings,
    /// Holds the lock for as long as it lives.
    _lock: Option<File>,
}

/// A flow's log, on disk or only in memory.
pub enum FlowLog {
    File(FileLog),
    Memory(MemoryLog),
}

impl Intents for FlowLog {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError> {
        match self {
            FlowLog::File(log) => log.append(entry),
            FlowLog::Memory(log) => log.append(entry),
        }
    }
}

/// Where the demo workspace is kept for this user, by the desktop's convention; `None` when the environment names
/// no home.
pub fn default_folder() -> Option<PathBuf> {
    let named = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
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

const SETTINGS: &str = "workspace.ron";
const LOCK: &str = "lock";
const CARD: &str = "emulated.card";
const FLOW: &str = "divide.log";

impl Workspace {
    /// Opens or makes the folder. What stood in the way is said, and the workspace then keeps nothing.
    pub fn open(folder: Option<PathBuf>) -> (Workspace, Option<Words>) {
        let demo = Settings {
            name: words::text("flow.workspace.demo").to_string(),
            demo: true,
            reader_families: BTreeMap::new(),
        };
        let without = |settings| Workspace {
            folder: None,
            settings,
            _lock: None,
        };
        let Some(folder) = folder else {
            return (without(demo), None);
        };
        match Workspace::open_folder(&folder, &demo) {
            Ok((settings, lock)) => (
                Workspace {
                    folder: Some(folder),
                    settings,
                    _lock: Some(lock),
                },
                None,
            ),
            Err(error) => {
                let words = Words {
                    what: words::text("flow.workspace.closed.what").to_string(),
                    next: words::text("flow.workspace.closed.next").to_string(),
                    details: format!("{}: {error}", folder.display()),
                };
                (without(demo), Some(words))
            }
        }
    }

    fn open_folder(folder: &Path, new: &Settings) -> io::Result<(Settings, File)> {
        fs::create_dir_all(folder)?;
        let lock = File::create(folder.join(LOCK))?;
        lock.try_lock()?;
        let path = folder.join(SETTINGS);
        let damaged = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let settings = match fs::read_to_string(&path) {
            Ok(text) => ron::from_str(&text).map_err(|error| damaged(error.to_string()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_settings(folder, new)?;
                new.clone()
            }
            Err(error) => return Err(error),
        };
        Ok((settings, lock))
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
        match &self.folder {
            Some(folder) => write_settings(folder, &self.settings),
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

    /// The card that was in the emulator when the workspace was last open.
    pub fn load_card(&self) -> Result<Option<EmulatedCard>, FileTrouble> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        match read_file(&folder.join(CARD)) {
            Ok(bytes) => self.read_card(&bytes).map(Some),
            Err(FileTrouble::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A card file's card, powered on.
    pub fn read_card(&self, bytes: &[u8]) -> Result<EmulatedCard, FileTrouble> {
        let (profile, memory) = card_file::read(bytes, None)?;
        Ok(EmulatedCard::new(profile, memory)?)
    }

    /// Keeps the emulator's card in the folder.
    pub fn save_card(&self, card: &EmulatedCard) -> Result<(), FileTrouble> {
        match &self.folder {
            Some(folder) => self.save_copy(card, &folder.join(CARD)),
            None => Ok(()),
        }
    }

    /// Writes the card to a file. Demo cards are written plain, with their mark.
    pub fn save_copy(&self, card: &EmulatedCard, path: &Path) -> Result<(), FileTrouble> {
        if !self.is_demo() {
            // Live cards are kept sealed, and this version has no key store to seal them with.
            return Err(card_file::CardFileError::Seal.into());
        }
        let bytes = card_file::write_demo(card.profile(), card.memory())?;
        Ok(replace(path, &bytes)?)
    }

    /// Whether a flow was left without its end.
    pub fn has_flow_log(&self) -> bool {
        self.folder
            .as_ref()
            .is_some_and(|folder| folder.join(FLOW).exists())
    }

    /// Opens the flow's log, with what stands in it.
    pub fn flow_log(&self) -> Result<(FlowLog, Vec<LogEntry>), LogError> {
        match &self.folder {
            Some(folder) => {
                let opened = FileLog::open(&folder.join(FLOW))
                    .map_err(|error| LogError(error.to_string()))?;
                Ok((FlowLog::File(opened.0), opened.1))
            }
            None => Ok((FlowLog::Memory(MemoryLog::default()), Vec::new())),
        }
    }
}

fn write_settings(folder: &Path, settings: &Settings) -> io::Result<()> {
    let text = ron::to_string(settings)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    replace(&folder.join(SETTINGS), text.as_bytes())
}

/// A blank chip, issued by commands as the demo issuer's card.
pub fn demo_card(demo: &Demo) -> Result<EmulatedCard, FlowError> {
    new_card(demo, Profile::demo())
}

/// The same on a chip of that profile.
pub fn new_card(demo: &Demo, profile: Profile) -> Result<EmulatedCard, FlowError> {
    let mut blocks = factory_image(&profile, demo.idm, &demo.division_key, &demo.transport_key);
    let aes = profile.aes;
    if aes {
        put_transport_aes_key(&mut blocks, &demo.aes_transport_key);
    }
    let memory = Memory::new(blocks, &profile);
    let sources = (Box::new(SystemRng), Box::new(SystemClock));
    // A factory image decodes; a test holds it to that. If it did not, the card would not answer.
    let mut card = EmulatedCard::with_sources(profile, memory, sources.0, sources.1)
        .map_err(|_| FlowError::Card(crate::model::reader::CardError::Silent(0)))?;
    let mut sam = KeySam::new(demo.issuer.ring.clone(), Policy::Owner);
    issue(
        &mut card,
        &mut sam,
        &demo.issuer.ring,
        &demo.plan,
        &mut SystemRng,
    )?;
    if aes {
        let (ring, plan) = (&demo.issuer.ring, &demo.plan);
        register_aes_keys(&mut card, ring, plan, demo.idm, &mut SystemRng)?;
    }
    card.field_off();
    Ok(card)
}
