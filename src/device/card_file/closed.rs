//! How the bytes of a card file are closed: plain, with a checksum behind, or sealed with the key of a passphrase.

use crate::device::seal::{FileKey, NONCE, SALT, SealError, TAG};
use crate::model::cipher::AesKey;
use zeroize::Zeroizing;

/// Bytes that what is closed has behind it: the checksum, or the tag of the seal.
pub const END: usize = TAG;

/// What closes a card file.
#[derive(Clone, Debug)]
pub enum Closing {
    /// Nothing: its keys are throw-away keys, and its DEMO mark says so.
    Demo,
    /// The key that a passphrase and this salt make.
    Key { salt: [u8; SALT], key: FileKey },
}

impl Closing {
    /// Bytes of the nonces that it takes.
    pub fn nonce_bytes(&self) -> usize {
        match self {
            Closing::Demo => 0,
            Closing::Key { .. } => NONCE,
        }
    }

    /// Closes `text`, bound to `before`: gives what stands in the file, [`END`] bytes longer. A nonce is never used
    /// twice; none is used where the file is plain.
    pub fn close(
        &self,
        nonce: &[u8; NONCE],
        text: &[u8],
        before: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        match self {
            Closing::Demo => Ok([text, &checksum(&[before, text])].concat()),
            Closing::Key { key, .. } => key.seal(nonce, text, before),
        }
    }

    /// Opens what was closed.
    ///
    /// # Errors
    /// When it was changed, or stands behind other bytes, or was closed otherwise.
    pub fn open(
        &self,
        nonce: &[u8; NONCE],
        closed: &[u8],
        before: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        match self {
            Closing::Demo => {
                let (text, sum) = closed.split_last_chunk::<END>().ok_or(SealError::Open)?;
                match checksum(&[before, text]) == *sum {
                    true => Ok(Zeroizing::new(text.to_vec())),
                    false => Err(SealError::Open),
                }
            }
            Closing::Key { key, .. } => key.open(nonce, closed, before),
        }
    }
}

/// What is plain ends with. Everybody can make it: it finds damage, and hides and proves nothing.
pub fn checksum(parts: &[&[u8]]) -> [u8; END] {
    AesKey::new(*b"CWCARD plain sum").cmac(parts)
}
