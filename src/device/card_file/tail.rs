//! The tail of a card file: what was written to the card since the file was written whole, a record at a time.
//!
//! A record goes behind the file in one piece, so that a program that is killed leaves a record that is whole or cut off,
//! and nothing before it is touched. In bytes, numbers little endian:
//!
//! ```text
//! 4    bytes of what was written, a multiple of 30
//! 8    check: the first bytes of the checksum over the binding, without which a damaged length would pass for a cut
//! 24   nonce; only in a sealed file
//! n    what was written, then 16 bytes of checksum or tag, closed as the file is and bound to the binding
//! ```
//!
//! The *binding* is the last 16 bytes of the whole file, the record's number from 0 (4 bytes), and the length: a record
//! of another file, or in another place, is damage. A record at the end that is cut off was never answered for and is left
//! out. So is one of which the last four bytes and all behind them are zeros: a machine that loses its power may leave a
//! file that is as long as it should be, and was not filled.

use super::closed::{Closing, END, checksum};
use crate::device::emulated::OwnWrite;
use crate::device::seal::{NONCE, SealError};
use crate::model::card::Block;
use crate::model::card::journal::By;
use crate::model::port::Rng;
use zeroize::Zeroizing;

/// Bytes of one write: kind, command code, address, time, block.
const WRITE_BYTES: usize = 1 + 1 + 4 + 8 + 16;
/// Bytes of a record before its nonce.
const HEAD: usize = 4 + CHECK;
const CHECK: usize = 8;
/// So many zeros at the end of a record are no checksum that came out so.
const UNFILLED: usize = 4;

/// Where the tail of a card file ends, and what goes on with it.
#[derive(Clone, Debug)]
pub struct Tail {
    closing: Closing,
    /// The last bytes of the whole file.
    base: [u8; END],
    /// How many records there are.
    records: u32,
}

/// A record is damaged, or none of this file.
#[derive(Debug)]
pub struct TailError;

impl Tail {
    /// The empty tail of a file that was written whole and ends with `base`.
    pub fn empty(closing: Closing, base: [u8; END]) -> Tail {
        Tail {
            closing,
            base,
            records: 0,
        }
    }

    /// What closes the file.
    pub fn closing(&self) -> &Closing {
        &self.closing
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Whether both are the same tail of the same file.
    pub fn is(&self, other: &Tail) -> bool {
        (self.base, self.records) == (other.base, other.records)
    }

    /// The next record. Once it is in the file, [`Tail::grown`] counts it.
    pub fn record(&self, writes: &[OwnWrite], rng: &mut dyn Rng) -> Result<Vec<u8>, SealError> {
        let text: Zeroizing<Vec<u8>> = Zeroizing::new(writes.iter().flat_map(bytes_of).collect());
        let length = u32::try_from(text.len()).map_err(|_| SealError::Seal)?;
        let binding = self.binding(length);
        let mut nonce = [0; NONCE];
        rng.fill(&mut nonce[..self.closing.nonce_bytes()]);
        let closed = self.closing.close(&nonce, &text, &binding)?;
        let used = &nonce[..self.closing.nonce_bytes()];
        Ok([&length.to_le_bytes()[..], &check(&binding), used, &closed].concat())
    }

    /// A record was put behind the others.
    pub fn grown(&mut self) {
        self.records += 1;
    }

    /// Reads the records that stand behind a file that was written whole, and counts them.
    pub fn read(&mut self, mut rest: &[u8]) -> Result<Vec<OwnWrite>, TailError> {
        let mut writes = Vec::new();
        while let Some((text, behind)) = self.next(rest)? {
            let (each, odd) = text.as_chunks::<WRITE_BYTES>();
            if !odd.is_empty() {
                return Err(TailError);
            }
            for bytes in each {
                writes.push(write_of(bytes).ok_or(TailError)?);
            }
            self.grown();
            rest = behind;
        }
        Ok(writes)
    }

    /// What the next record says, and what stands behind it; `None` at the end, and where a record is cut off.
    #[allow(clippy::type_complexity)]
    fn next<'a>(
        &self,
        rest: &'a [u8],
    ) -> Result<Option<(Zeroizing<Vec<u8>>, &'a [u8])>, TailError> {
        let Some((head, closed)) = rest.split_at_checked(HEAD) else {
            return Ok(None);
        };
        let (length, own_check) = head.split_at(HEAD - CHECK);
        let length = u32::from_le_bytes(length.try_into().map_err(|_| TailError)?);
        let binding = self.binding(length);
        if check(&binding) != own_check {
            return only_zeros(&rest[HEAD..]);
        }
        let nonce_bytes = self.closing.nonce_bytes();
        let closed_bytes = nonce_bytes + length as usize + END;
        let Some((closed, behind)) = closed.split_at_checked(closed_bytes) else {
            return Ok(None);
        };
        let (used, closed) = closed.split_at(nonce_bytes);
        let mut nonce = [0; NONCE];
        nonce[..nonce_bytes].copy_from_slice(used);
        match self.closing.open(&nonce, closed, &binding) {
            Ok(text) => Ok(Some((text, behind))),
            Err(_) => only_zeros(&rest[HEAD + closed_bytes - UNFILLED..]),
        }
    }

    fn binding(&self, length: u32) -> [u8; END + 8] {
        let mut binding = [0; END + 8];
        binding[..END].copy_from_slice(&self.base);
        binding[END..END + 4].copy_from_slice(&self.records.to_le_bytes());
        binding[END + 4..].copy_from_slice(&length.to_le_bytes());
        binding
    }
}

/// A record that is not right was not filled if it ends so, else it is damaged.
fn only_zeros<T>(end: &[u8]) -> Result<Option<T>, TailError> {
    match end.iter().all(|byte| *byte == 0) {
        true => Ok(None),
        false => Err(TailError),
    }
}

fn check(binding: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&checksum(&[binding])[..CHECK]);
    check
}

fn bytes_of(write: &OwnWrite) -> [u8; WRITE_BYTES] {
    let mut bytes = [0; WRITE_BYTES];
    bytes[..2].copy_from_slice(&match write.by {
        By::Command(code) => [0, code],
        // A card itself writes for no other reason.
        By::PowerOn | By::Edit | By::EditMore => [1, 0],
    });
    bytes[2..6].copy_from_slice(&write.address.to_le_bytes());
    bytes[6..14].copy_from_slice(&write.time_ms.to_le_bytes());
    bytes[14..].copy_from_slice(&write.after.0);
    bytes
}

fn write_of(bytes: &[u8; WRITE_BYTES]) -> Option<OwnWrite> {
    let (kind, rest) = bytes.split_first_chunk::<2>()?;
    let (address, rest) = rest.split_first_chunk()?;
    let (time_ms, rest) = rest.split_first_chunk()?;
    let by = match kind {
        [0, code] => By::Command(*code),
        [1, 0] => By::PowerOn,
        _ => return None,
    };
    Some(OwnWrite {
        by,
        address: u32::from_le_bytes(*address),
        time_ms: u64::from_le_bytes(*time_ms),
        after: Block(rest.try_into().ok()?),
    })
}
