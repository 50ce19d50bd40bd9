//! `.card` files: an emulated card on disk.
//!
//! A card's memory is full of keys, so a card file is a secret file. It is sealed with a passphrase (Argon2id →
//! XChaCha20-Poly1305, everything before the blocks as associated data); only a card with demo keys may be
//! written plain, and then it says DEMO inside. Layout, in bytes:
//!
//! ```text
//! 8   "CWCARD\x1A\x04"    magic and format version; version 1 has no history, versions 1 and 2 no checksum, and none
//!                         before version 4 a tail, nor a history that says how many events were forgotten
//! 4   length of the header, little endian
//! n   header, RON: profile, blocks of data and log, bytes of history, DEMO mark or salt and nonce
//! m   data blocks and redo log blocks, 16 bytes each, then the history; sealed ones with a tag of 16 bytes behind,
//!     plain ones with a checksum of 16 bytes over the whole file before it
//! t   the tail: records of what was written since ([`tail`])
//! ```

mod closed;
pub mod tail;

use super::emulated::{EmulatedCard, OwnWrite};
use super::memory::Memory;
use super::seal::{Cost, NONCE, SealError, random};
use crate::model::card::journal::{self, Cause, Form, Journal};
use crate::model::card::live_keys::live_key;
use crate::model::card::profile::Profile;
use crate::model::card::{BLOCK_BYTES, Block};
use crate::model::chip::PowerOnError;
use crate::model::hex::HexBytes;
use crate::model::port::Rng;
use serde::{Deserialize, Serialize};
use tail::Tail;
use thiserror::Error;
use zeroize::Zeroizing;

pub use super::seal::{FileKey, Passphrase};
pub use closed::Closing;

/// What every card file begins with.
pub const MAGIC: &[u8; 7] = b"CWCARD\x1A";
/// Format versions that are read; the last is written.
const VERSIONS: std::ops::RangeInclusive<u8> = 1..=4;
/// The first version whose plain files end with a checksum.
const CHECKED: u8 = 3;
/// The first version that has a tail, and whose history says how many events were forgotten.
const WITH_TAIL: u8 = 4;
/// Longest card file that is read: 65,536 blocks, a log, a header, and a history of a million events.
pub const MAX_BYTES: usize = 64 << 20;
/// Longest header: far more than a chip's name takes, however it is written.
const MAX_HEADER: usize = 64 << 10;
/// Whatever is written whole is read: the longest card with the longest log and history, and a header.
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
    #[error("the card file would be longer than what is read")]
    TooLong,
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
    /// What closes the file, and where its tail ends.
    pub tail: Tail,
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

    /// Lets what the tail tells be written, as the card wrote it.
    fn write(&mut self, writes: &[OwnWrite]) -> Result<(), CardFileError> {
        for write in writes {
            let before = self.memory.data().get(write.address as usize);
            let before = *before.ok_or(CardFileError::Damaged)?;
            let (address, after) = (write.address, write.after);
            // A record is made when a command has ended, and then the redo log is empty.
            self.memory.put_back(&[(address, after)]);
            let (step, by) = (None, write.by);
            let cause = Cause { step, by };
            self.journal
                .record(cause, address, before, after, write.time_ms);
        }
        Ok(())
    }
}

/// Writes a card whose keys are demo keys, plain and marked DEMO. What has or had another key is not written.
pub fn write_demo(
    profile: &Profile,
    memory: &Memory,
    journal: &Journal,
) -> Result<Vec<u8>, CardFileError> {
    whole(profile, memory, journal, &Closing::Demo, &[0; NONCE])
}

/// Writes a card, sealed.
pub fn write_sealed(
    profile: &Profile,
    memory: &Memory,
    journal: &Journal,
    passphrase: &Passphrase,
    rng: &mut dyn Rng,
) -> Result<Vec<u8>, CardFileError> {
    let salt = random(rng);
    let key = FileKey::derive(passphrase, &salt, Cost::STANDARD)?;
    let closing = Closing::Key { salt, key };
    whole(profile, memory, journal, &closing, &random(rng))
}

/// Writes a card, closed as its file was; gives the file with its empty tail.
pub fn write_anew(
    card: &EmulatedCard,
    closing: &Closing,
    rng: &mut dyn Rng,
) -> Result<(Vec<u8>, Tail), CardFileError> {
    let (profile, memory) = (card.profile(), card.memory());
    let file = whole(profile, memory, card.journal(), closing, &random(rng))?;
    let base = *file.last_chunk().ok_or(CardFileError::Seal)?;
    Ok((file, Tail::empty(closing.clone(), base)))
}

/// A file without a tail.
fn whole(
    profile: &Profile,
    memory: &Memory,
    journal: &Journal,
    closing: &Closing,
    nonce: &[u8; NONCE],
) -> Result<Vec<u8>, CardFileError> {
    let seal = match closing {
        Closing::Demo => Seal::Demo,
        Closing::Key { salt, .. } => Seal::Passphrase {
            salt: HexBytes(*salt),
            nonce: HexBytes(*nonce),
        },
    };
    if let (Closing::Demo, Some(address)) = (closing, live_key(memory.data(), journal)) {
        return Err(CardFileError::LiveKey(address));
    }
    let body = body(memory, journal);
    let header = header(profile, memory, &body, seal)?;
    let file = [&header[..], &closing.close(nonce, &body, &header)?].concat();
    match file.len() <= MAX_BYTES {
        true => Ok(file),
        false => Err(CardFileError::TooLong),
    }
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
    let before = &bytes[..bytes.len() - body.len()];
    let (closed, records) = match *version {
        WITH_TAIL.. => split_tail(&header, body)?,
        _ => (body, &[][..]),
    };
    let (closing, nonce) = closing(&header.seal, key_of)?;
    let plain = match (&closing, *version) {
        (Closing::Demo, ..CHECKED) => Zeroizing::new(closed.to_vec()),
        (Closing::Demo, _) => closing
            .open(&nonce, closed, before)
            .map_err(|_| CardFileError::Damaged)?,
        (Closing::Key { .. }, _) => closing.open(&nonce, closed, before)?,
    };
    let blocks = plain.len().checked_sub(header.history_bytes as usize);
    let (blocks, history) = plain.split_at(blocks.ok_or(CardFileError::Damaged)?);
    let memory = memory(&header, blocks)?;
    let form = match *version {
        WITH_TAIL.. => Form::Forgetting,
        _ => Form::Whole,
    };
    let journal = match history {
        [] => Ok(Journal::default()),
        history => Journal::from_bytes(history, form, memory.data()),
    };
    let base = closed.last_chunk().copied().unwrap_or_default();
    let mut tail = Tail::empty(closing, base);
    let writes = tail.read(records).map_err(|_| CardFileError::Damaged)?;
    let mut saved = SavedCard {
        profile: header.profile,
        memory,
        history_lost: journal.is_err(),
        journal: journal.unwrap_or_default(),
        tail,
    };
    saved.write(&writes)?;
    Ok(saved)
}

/// What closes a file, and its nonce.
fn closing(
    seal: &Seal,
    key_of: impl FnOnce(&[u8; 16]) -> Result<FileKey, CardFileError>,
) -> Result<(Closing, [u8; NONCE]), CardFileError> {
    Ok(match seal {
        Seal::Demo => (Closing::Demo, [0; NONCE]),
        Seal::Passphrase { salt, nonce } => {
            let (salt, key) = (salt.0, key_of(&salt.0)?);
            (Closing::Key { salt, key }, nonce.0)
        }
    })
}

/// What was written whole, and the tail behind it: the header says how long the first is.
fn split_tail<'a>(header: &Header, body: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), CardFileError> {
    let blocks = u64::from(header.data_blocks) + u64::from(header.log_blocks);
    let plain = blocks * BLOCK_BYTES as u64 + u64::from(header.history_bytes);
    usize::try_from(plain + closed::END as u64)
        .ok()
        .and_then(|length| body.split_at_checked(length))
        .ok_or(CardFileError::Damaged)
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
    if text.len() > MAX_HEADER {
        return Err(CardFileError::TooLong);
    }
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
