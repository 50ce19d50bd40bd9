//! Files that hold a card: opened as what they are, and saved.
//!
//! What a file is, is told by its content: a `.card` file by its magic number, another program's dump by how it
//! begins. Its name counts for nothing.

use super::card_file::{self, CardFileError, Passphrase};
use super::disk::{create, replace};
use super::emulated::EmulatedCard;
use super::lock::{LockError, open_locked};
use super::memory::Memory;
use super::system::SystemRng;
use crate::model::card::Block;
use crate::model::card::image::CardImage;
use crate::model::card::materialise::{
    MaterialiseError, Materialised, chips_for, materialise, materialise_on,
};
use crate::model::card::observation::Observation;
use crate::model::card::profile::Profile;
use crate::model::card::projection::Projection;
use crate::model::card::tree::Tree;
use crate::model::chip::PowerOnError;
use crate::model::dump::keys::{CardKeys, KeyList, KeyListError, KeyMismatch};
use crate::model::dump::{self, OpenError};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a file was not read or written.
#[derive(Debug, Error)]
pub enum FileTrouble {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is a folder")]
    Folder,
    #[error("it is no file, but a pipe or a device")]
    NoFile,
    /// Another program holds its lock; which, where the system tells.
    #[error("it is open in {}", .by.as_deref().unwrap_or("another program"))]
    InUse { by: Option<String> },
    #[error("another program has changed it meanwhile")]
    Changed,
    #[error(transparent)]
    Card(#[from] CardFileError),
    #[error(transparent)]
    Dump(#[from] OpenError),
    #[error(transparent)]
    Chip(#[from] PowerOnError),
    #[error(transparent)]
    Materialise(#[from] MaterialiseError),
    #[error(transparent)]
    KeyList(#[from] KeyListError),
    #[error(transparent)]
    KeyMismatch(#[from] KeyMismatch),
}

impl From<LockError> for FileTrouble {
    fn from(error: LockError) -> FileTrouble {
        match error {
            LockError::InUse { by } => FileTrouble::InUse { by },
            LockError::Io(error) => error.into(),
        }
    }
}

/// What a file turned out to be.
pub enum Opened {
    /// A card file, its card powered on. `sealed`: a passphrase opened it.
    Card {
        card: Box<EmulatedCard>,
        sealed: bool,
    },
    /// Another program's dump.
    Dump(Observation),
}

impl Opened {
    /// What the file shows of the card.
    pub fn tree(&self) -> Tree {
        match self {
            Opened::Card { card, .. } => card_tree(card),
            Opened::Dump(seen) => seen.tree(),
        }
    }

    /// The card itself; a dump is made into one, by `docs/dump-fill.md`.
    pub fn into_card(self) -> Result<EmulatedCard, FileTrouble> {
        match self {
            Opened::Card { card, .. } => Ok(*card),
            Opened::Dump(seen) => powered(materialise(&seen)?),
        }
    }
}

/// Makes a card of a dump, with the keys of a list, on that chip or else on the first built-in one that the dump
/// fits (`chips_for`); gives it with what of the list it took. A chip of the DES generation takes no AES key.
pub fn convert(
    seen: &Observation,
    list: Option<&KeyList>,
    chip: Option<&Profile>,
) -> Result<(EmulatedCard, CardKeys), FileTrouble> {
    let keys = match list {
        Some(list) => list.for_card(&seen.tree())?,
        None => CardKeys::default(),
    };
    let chips = chip.map_or_else(|| chips_for(seen, &keys.keys), |chip| vec![chip.clone()]);
    let card = powered(materialise_on(seen, &keys.keys, &chips)?)?;
    let aes = card.profile().aes;
    Ok((card, if aes { keys } else { keys.without_aes() }))
}

fn powered(made: Materialised) -> Result<EmulatedCard, FileTrouble> {
    let memory = Memory::new(made.blocks, &made.profile);
    Ok(EmulatedCard::new(made.profile, memory)?)
}

/// Reads a key list, leaving no copy of the file behind.
pub fn read_keys(path: &Path) -> Result<KeyList, FileTrouble> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    // A pipe does not tell how much will come.
    let told = if about.is_file() {
        about.len()
    } else {
        u64::MAX
    };
    let length = told.min(dump::MAX_FILE_BYTES as u64) as usize;
    // A buffer that grew would leave what it held before.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    file.take(length as u64 + 1).read_to_end(&mut bytes)?;
    Ok(KeyList::parse(&bytes)?)
}

/// Opens a file as whatever it is. The passphrase is used only if the file is sealed.
pub fn open(path: &Path, passphrase: Option<&Passphrase>) -> Result<Opened, FileTrouble> {
    // A dump may hold keys.
    let bytes = Zeroizing::new(read_file(path)?);
    if !bytes.starts_with(card_file::MAGIC) {
        let dump::Opened::Observation(seen) = dump::open(&bytes)?;
        return Ok(Opened::Dump(seen));
    }
    let (read, sealed) = match card_file::read(&bytes, None) {
        Err(CardFileError::Sealed) => (card_file::read(&bytes, passphrase), true),
        read => (read, false),
    };
    let saved = read?;
    Ok(Opened::Card {
        card: Box::new(saved.into_card()?),
        sealed,
    })
}

/// Writes a card to a file, in place of what it holds: sealed with the passphrase, or plain with its DEMO mark where
/// there is none. Only a card of demo keys may be written without one. A file that another program has open is left to it.
pub fn save(
    path: &Path,
    card: &EmulatedCard,
    passphrase: Option<&Passphrase>,
) -> Result<(), FileTrouble> {
    replace_unused(path, &card_bytes(card, passphrase)?)
}

/// Replaces a card file, unless another program has it open. It is locked meanwhile.
pub fn replace_unused(path: &Path, bytes: &[u8]) -> Result<(), FileTrouble> {
    let is_file = fs::metadata(path).is_ok_and(|about| about.is_file());
    let _lock = match is_file.then(|| open_locked(path, OpenOptions::new().read(true))) {
        Some(Err(LockError::InUse { by })) => return Err(FileTrouble::InUse { by }),
        // One that may not be read may still be replaced.
        lock => lock.and_then(Result::ok),
    };
    Ok(replace(path, bytes)?)
}

/// The same to a file that is not there yet; one that is there by now is left alone.
pub fn save_new(
    path: &Path,
    card: &EmulatedCard,
    passphrase: Option<&Passphrase>,
) -> Result<(), FileTrouble> {
    Ok(create(path, &card_bytes(card, passphrase)?)?)
}

fn card_bytes(
    card: &EmulatedCard,
    passphrase: Option<&Passphrase>,
) -> Result<Vec<u8>, CardFileError> {
    let (profile, memory, journal) = (card.profile(), card.memory(), card.journal());
    match passphrase {
        Some(phrase) => card_file::write_sealed(profile, memory, journal, phrase, &mut SystemRng),
        None => card_file::write_demo(profile, memory, journal),
    }
}

/// Everything that a card in memory holds. Empty for a memory that is no card's, which a chip cannot make.
pub fn card_tree(card: &EmulatedCard) -> Tree {
    memory_tree(card.memory().data())
}

/// Everything that a card's memory holds; empty for one that is no card's.
pub fn memory_tree(blocks: &[Block]) -> Tree {
    let Ok(image) = CardImage::decode(&blocks) else {
        return Tree::default();
    };
    let projection = Projection {
        written: &image,
        prepared: &image,
        memory: &blocks,
        pending: &BTreeSet::new(),
    };
    projection.tree()
}

/// Reads a whole file, but no more than one byte beyond the longest that can be a card. A folder is told apart.
pub fn read_file(path: &Path) -> Result<Vec<u8>, FileTrouble> {
    const { assert!(card_file::MAX_BYTES >= dump::MAX_FILE_BYTES) };
    let about = fs::metadata(path)?;
    if about.is_dir() {
        return Err(FileTrouble::Folder);
    }
    if about.len() > card_file::MAX_BYTES as u64 {
        return Err(OpenError::TooLarge.into());
    }
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    File::open(path)?
        .take(card_file::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same, of what is a file and nothing else: a pipe might never end.
pub fn read_regular_file(path: &Path) -> Result<Vec<u8>, FileTrouble> {
    let about = fs::metadata(path)?;
    match about.is_file() || about.is_dir() {
        true => read_file(path),
        false => Err(FileTrouble::NoFile),
    }
}
