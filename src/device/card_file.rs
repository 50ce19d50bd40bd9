//! `.card` files: an emulated card on disk.
//!
//! A card's memory is full of keys, so a card file is a secret file. It is sealed with a passphrase (Argon2id →
//! XChaCha20-Poly1305, everything before the blocks as associated data); only a card with demo keys may be
//! written plain, and then it says DEMO inside. Layout, in bytes:
//!
//! ```text
//! 8   "CWCARD\x1A\x04"    magic and format version; version 1 has no history, versions 1 and 2 no checksum, and the
//!                         history of none before 4 says how many events were forgotten
//! 4   length of the header, little endian
//! n   header, RON: profile, blocks of data and log, bytes of history, DEMO mark or salt and nonce
//! m   data blocks and redo log blocks, 16 bytes each, then the history; sealed ones with a tag of 16 bytes behind,
//!     plain ones with a checksum of 16 bytes over the whole file before it
//! ```

use super::emulated::EmulatedCard;
use super::memory::Memory;
use super::seal::{Cost, SealError, random};
use crate::model::card::journal::{self, Form, Journal};
use crate::model::card::live_keys::live_key;
use crate::model::card::profile::Profile;
use crate::model::card::{BLOCK_BYTES, Block};
use crate::model::chip::PowerOnError;
use crate::model::cipher::AesKey;
use crate::model::hex::HexBytes;
use crate::model::port::Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

pub use super::seal::{FileKey, Passphrase};

/// What every card file begins with.
pub const MAGIC: &[u8; 7] = b"CWCARD\x1A";
/// Format versions that are read; the last is written.
const VERSIONS: std::ops::RangeInclusive<u8> = 1..=4;
/// The first version whose plain files end with a checksum.
const CHECKED: u8 = 3;
/// The first version whose history says how many events were forgotten.
const FORGETTING: u8 = 4;
/// Bytes of that checksum.
const SUM_BYTES: usize = 16;
/// Longest card file that is read: 65,536 blocks, a log, a header, and a history of more than a million events.
pub const MAX_BYTES: usize = 64 << 20;
const MAX_HEADER: usize = 4096;
/// Whatever is written is read: the longest card with the longest log and history, and a header.
const _: () = {
    let blocks = 2 * 65_536 * BLOCK_BYTES;
    assert!(journal::MOST_BYTES + blocks + MAX_HEADER < MAX_BYTES);
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    profile: Profile,
    data_blocks: u32,
    log_blocks: u32,
    #[serde(default)]
    history_bytes: u32,
    seal: Seal,
}

#[derive(Serialize, Deserialize)]
enum Seal {
    /// Plain, because its keys are throw-away keys.
    Demo,
    Passphrase {
        salt: HexBytes<16>,
        nonce: HexBytes<24>,
    },
}

/// Why a card file was not read or written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CardFileError {
    #[error("the file is not a card file")]
    NotACard,
    #[error("the card file is cut off or damaged")]
    Damaged,
    #[error("the card file was written by a newer version")]
    Newer,
    #[error("the card file is sealed: a passphrase is needed")]
    Sealed,
    #[error("the passphrase does not open the card file, or the file was changed")]
    Passphrase,
    #[error("the card file could not be sealed")]
    Seal,
    /// It was to be written plain, and the block at that physical address holds or held a key that is no demo key.
    #[error("block {0:04X} holds, or held, a key that is no demo key")]
    LiveKey(u32),
}

impl From<SealError> for CardFileError {
    fn from(error: SealError) -> CardFileError {
        match error {
            SealError::Open => CardFileError::Passphrase,
            SealError::Derive | SealError::Seal => CardFileError::Seal,
        }
    }
}

/// A card as a file holds it.
#[derive(Clone, Debug)]
pub struct SavedCard {
    pub profile: Profile,
    pub memory: Memory,
    /// What was written to it, as far as that was kept.
    pub journal: Journal,
    /// There is a history in the file that cannot be read. The card is whole without it.
    pub history_lost: bool,
}

impl SavedCard {
    /// The card, powered on.
    pub fn into_card(self) -> Result<EmulatedCard, PowerOnError> {
        let mut card = EmulatedCard::restore(self.profile, self.memory, self.journal)?;
        if self.history_lost {
            card.lost_history();
        }
        Ok(card)
    }
}

/// Writes a card whose keys are demo keys, plain and marked DEMO. What has or had another key is not written.
pub fn write_demo(
    profile: &Profile,
    memory: &Memory,
    journal: &Journal,
) -> Result<Vec<u8>, CardFileError> {
    if let Some(address) = live_key(memory.data(), journal) {
        return Err(CardFileError::LiveKey(address));
    }
    let body = body(memory, journal);
    let header = header(profile, memory, &body, Seal::Demo)?;
    let sum = checksum(&[&header, &body]);
    Ok([&header[..], &body[..], &sum].concat())
}

/// What a plain file ends with. Everybody can make it: it finds damage, and hides and proves nothing.
fn checksum(parts: &[&[u8]]) -> [u8; SUM_BYTES] {
    AesKey::new(*b"CWCARD plain sum").cmac(parts)
}

/// Writes a card, sealed.
pub fn write_sealed(
    profile: &Profile,
    memory: &Memory,
    journal: &Journal,
    passphrase: &Passphrase,
    rng: &mut dyn Rng,
) -> Result<Vec<u8>, CardFileError> {
    let (salt, nonce) = (random(rng), random(rng));
    let seal = Seal::Passphrase {
        salt: HexBytes(salt),
        nonce: HexBytes(nonce),
    };
    let body = body(memory, journal);
    let header = header(profile, memory, &body, seal)?;
    let key = FileKey::derive(passphrase, &salt, Cost::STANDARD)?;
    let sealed = key.seal(&nonce, &body, &header)?;
    Ok([header, sealed].concat())
}

/// Reads a card file. A sealed one needs its passphrase.
pub fn read(bytes: &[u8], passphrase: Option<&Passphrase>) -> Result<SavedCard, CardFileError> {
    read_with(bytes, |salt| {
        let passphrase = passphrase.ok_or(CardFileError::Sealed)?;
        Ok(FileKey::derive(passphrase, salt, Cost::STANDARD)?)
    })
}

/// Reads a card file; `key_of` gives the key of a sealed one by its salt, and is not asked for a plain one.
pub fn read_with(
    bytes: &[u8],
    key_of: impl FnOnce(&[u8; 16]) -> Result<FileKey, CardFileError>,
) -> Result<SavedCard, CardFileError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(CardFileError::NotACard)?;
    let (version, rest) = rest.split_first().ok_or(CardFileError::Damaged)?;
    if !VERSIONS.contains(version) {
        return Err(CardFileError::Newer);
    }
    if bytes.len() > MAX_BYTES {
        return Err(CardFileError::Damaged);
    }
    let (length, rest) = rest.split_first_chunk().ok_or(CardFileError::Damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_HEADER || length > rest.len() {
        return Err(CardFileError::Damaged);
    }
    let (text, body) = rest.split_at(length);
    let header: Header = ron::de::from_bytes(text).map_err(|_| CardFileError::Damaged)?;
    let associated = &bytes[..bytes.len() - body.len()];
    let plain = match &header.seal {
        Seal::Demo => Zeroizing::new(plain_body(bytes, body, *version)?.to_vec()),
        Seal::Passphrase { salt, nonce } => key_of(&salt.0)?.open(&nonce.0, body, associated)?,
    };
    let blocks = plain.len().checked_sub(header.history_bytes as usize);
    let (blocks, history) = plain.split_at(blocks.ok_or(CardFileError::Damaged)?);
    let memory = memory(&header, blocks)?;
    let form = match *version {
        FORGETTING.. => Form::Forgetting,
        _ => Form::Whole,
    };
    let journal = match history {
        [] => Ok(Journal::default()),
        history => Journal::from_bytes(history, form, memory.data()),
    };
    Ok(SavedCard {
        profile: header.profile,
        memory,
        history_lost: journal.is_err(),
        journal: journal.unwrap_or_default(),
    })
}

/// What a plain file holds behind its header, if its checksum is right.
fn plain_body<'a>(bytes: &[u8], body: &'a [u8], version: u8) -> Result<&'a [u8], CardFileError> {
    if version < CHECKED {
        return Ok(body);
    }
    let (content, sum) = body
        .split_last_chunk::<SUM_BYTES>()
        .ok_or(CardFileError::Damaged)?;
    match checksum(&[&bytes[..bytes.len() - SUM_BYTES]]) == *sum {
        true => Ok(content),
        false => Err(CardFileError::Damaged),
    }
}

fn memory(header: &Header, plain: &[u8]) -> Result<Memory, CardFileError> {
    let (blocks, rest) = plain.as_chunks::<BLOCK_BYTES>();
    let (data, log) = (header.data_blocks as usize, header.log_blocks as usize);
    let as_said = header.data_blocks == header.profile.blocks
        && header.log_blocks == header.profile.log_blocks
        && header.profile.check().is_ok();
    if !rest.is_empty() || !as_said || data.checked_add(log) != Some(blocks.len()) {
        return Err(CardFileError::Damaged);
    }
    let all: Vec<Block> = blocks.iter().map(|bytes| Block(*bytes)).collect();
    let (data, log) = all.split_at(data);
    Ok(Memory::with_log(data.to_vec(), log.to_vec()))
}

fn header(
    profile: &Profile,
    memory: &Memory,
    body: &[u8],
    seal: Seal,
) -> Result<Vec<u8>, CardFileError> {
    let blocks = memory.data().len() + memory.log().len();
    let history = body.len() - blocks * BLOCK_BYTES;
    let header = Header {
        profile: profile.clone(),
        data_blocks: memory.data().len() as u32,
        log_blocks: memory.log().len() as u32,
        history_bytes: u32::try_from(history).map_err(|_| CardFileError::Seal)?,
        seal,
    };
    let text = ron::to_string(&header).map_err(|_| CardFileError::Seal)?;
    let length = (text.len() as u32).to_le_bytes();
    Ok([&MAGIC[..], &[*VERSIONS.end()], &length, text.as_bytes()].concat())
}

/// The blocks and the history.
fn body(memory: &Memory, journal: &Journal) -> Zeroizing<Vec<u8>> {
    let history = match journal.is_empty() {
        false => Zeroizing::new(journal.to_bytes()),
        true => Zeroizing::default(),
    };
    let blocks = memory.data().iter().chain(memory.log());
    let mut body = Zeroizing::new(Vec::with_capacity(
        (memory.data().len() + memory.log().len()) * BLOCK_BYTES + history.len(),
    ));
    blocks.for_each(|block| body.extend(block.0));
    body.extend(&history[..]);
    body
}
