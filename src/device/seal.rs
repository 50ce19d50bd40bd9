//! Sealing what is kept in a file: Argon2id makes a key of a passphrase, XChaCha20-Poly1305 seals with it.
//!
//! `.card` files and key stores are sealed this way. What is sealed is bound to the bytes it belongs to (the associated
//! data): in front of other bytes it does not open.

use crate::model::port::Rng;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

/// A passphrase that is wiped when dropped.
pub type Passphrase = Zeroizing<String>;
/// Bytes of a salt.
pub const SALT: usize = 16;
/// Bytes of a nonce: long enough to be drawn at random.
pub const NONCE: usize = 24;
/// Bytes by which what is sealed is longer.
pub const TAG: usize = 16;

/// What it costs to make a key of a passphrase, with Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Cost {
    /// 64 MiB, 3 passes; one lane, as always here.
    pub const STANDARD: Cost = Cost {
        memory_kib: 64 * 1024,
        passes: 3,
    };
    /// The most that a file may ask for, so that a hostile one cannot take the machine's memory or time.
    pub const MOST: Cost = Cost {
        memory_kib: 256 * 1024,
        passes: 10,
    };

    /// Whether it is no more than [`Cost::MOST`].
    pub fn is_bearable(self) -> bool {
        self.memory_kib <= Cost::MOST.memory_kib && self.passes <= Cost::MOST.passes
    }
}

/// Why something was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The cost is none that Argon2id knows, or there is no memory for it.
    #[error("no key can be made of the passphrase")]
    Derive,
    #[error("it cannot be sealed")]
    Seal,
    #[error("it was not sealed with this key, or was changed")]
    Open,
}

/// The key that a passphrase and a file's salt make. To make one is slow on purpose.
#[derive(Clone)]
pub struct FileKey(XChaCha20Poly1305);

impl FileKey {
    /// The key that everybody knows: it finds damage, and hides nothing.
    pub fn demo() -> FileKey {
        FileKey(XChaCha20Poly1305::new(
            b"DEMO: this key is not a secret!!".into(),
        ))
    }

    /// Derives it with Argon2id.
    pub fn derive(
        passphrase: &Passphrase,
        salt: &[u8; SALT],
        cost: Cost,
    ) -> Result<FileKey, SealError> {
        if !cost.is_bearable() {
            return Err(SealError::Derive);
        }
        let params = argon2::Params::new(cost.memory_kib, cost.passes, 1, Some(32));
        let params = params.map_err(|_| SealError::Derive)?;
        let version = argon2::Version::V0x13;
        let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, version, params);
        let mut key = Zeroizing::new([0; 32]);
        argon2
            .hash_password_into(passphrase.as_bytes(), salt, key.as_mut())
            .map_err(|_| SealError::Derive)?;
        Ok(FileKey(XChaCha20Poly1305::new((&*key).into())))
    }

    /// Seals `text`, bound to `associated`. A nonce is never used twice.
    pub fn seal(
        &self,
        nonce: &[u8; NONCE],
        text: &[u8],
        associated: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let payload = Payload {
            msg: text,
            aad: associated,
        };
        let sealed = self.0.encrypt(&XNonce::from(*nonce), payload);
        sealed.map_err(|_| SealError::Seal)
    }

    /// Opens what was sealed.
    pub fn open(
        &self,
        nonce: &[u8; NONCE],
        sealed: &[u8],
        associated: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let payload = Payload {
            msg: sealed,
            aad: associated,
        };
        let opened = self.0.decrypt(&XNonce::from(*nonce), payload);
        Ok(Zeroizing::new(opened.map_err(|_| SealError::Open)?))
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}

/// Random bytes for a salt or a nonce.
pub fn random<const N: usize>(rng: &mut dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
