//! How an AES key travels to a card: sealed with AES-SIV (RFC 5297), a construction made for keys.
//!
//! It needs no random number, misuse cannot break it, and it has separate keys for MAC and cipher. The layout
//! and the derivation of its keys are this project's own; `docs/memory-format.md` fixes them.

use super::{AES_BYTES, AesKey, derivation};
use crate::model::card::{KeyVersion, NodeCode};
use crate::model::cipher::{PackageError, WrongSeal};
use zeroize::Zeroizing;

/// Bytes of the plaintext: node, version, key.
const PLAIN: usize = 2 + 2 + AES_BYTES;
/// Bytes of a sealed AES key.
pub const AES_KEY_PACKAGE_BYTES: usize = AES_BYTES + PLAIN;
/// A sealed AES key as it travels.
pub type SealedAesKey = [u8; AES_KEY_PACKAGE_BYTES];

/// What the seal is bound to beside its plaintext, so that nothing else that may be sealed one day opens as this.
const LABEL: &[u8] = b"Cardwright AES key 1";

/// What Register AES Key writes: the first AES key of a node, or the one that replaces it.
///
/// Plaintext, 20 bytes: node code(2 LE) key version(2 LE) key(16). Sealed under the parent's AES key and, where
/// there is one, the node's old one; so a package that changed a key cannot be used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AesKeyPackage {
    pub node: NodeCode,
    pub key_version: KeyVersion,
    pub key: AesKey,
}

impl AesKeyPackage {
    /// Seals it.
    pub fn seal(&self, parent: &AesKey, old: Option<&AesKey>) -> SealedAesKey {
        let mut plain = Zeroizing::new([0; PLAIN]);
        plain[..2].copy_from_slice(&self.node.0.to_le_bytes());
        plain[2..4].copy_from_slice(&self.key_version.to_le_bytes());
        plain[4..].copy_from_slice(self.key.expose());
        let [mac, cipher] = sealing_keys(parent, old);
        let mut package = [0; AES_KEY_PACKAGE_BYTES];
        let (iv, body) = package.split_at_mut(AES_BYTES);
        body.copy_from_slice(&*plain);
        iv.copy_from_slice(&aes_siv_seal(&mac, &cipher, &[LABEL], body));
        package
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`PackageError::Mac`]: another parent's or old key, or changed since it was sealed.
    pub fn open(
        parent: &AesKey,
        old: Option<&AesKey>,
        package: &SealedAesKey,
    ) -> Result<AesKeyPackage, PackageError> {
        let [mac, cipher] = sealing_keys(parent, old);
        // The package is longer than its initial vector.
        let (iv, body) = package.split_first_chunk().ok_or(PackageError::Mac)?;
        let mut plain = Zeroizing::new([0; PLAIN]);
        plain.copy_from_slice(body);
        aes_siv_open(&mac, &cipher, &[LABEL], iv, &mut *plain)?;
        let [n0, n1, v0, v1, key @ ..] = *plain;
        Ok(AesKeyPackage {
            node: NodeCode(u16::from_le_bytes([n0, n1])),
            key_version: u16::from_le_bytes([v0, v1]),
            key: AesKey::new(key),
        })
    }
}

/// The seal's two keys, for MAC and cipher. The parent's and the old key are folded as a group key is, from a
/// constant of their own.
fn sealing_keys(parent: &AesKey, old: Option<&AesKey>) -> [AesKey; 2] {
    let mut folded = Zeroizing::new(derivation(1, 4, [0; 12]));
    for key in [Some(parent), old].into_iter().flatten() {
        *folded = key.encrypt(*folded);
    }
    let folded = AesKey::new(*folded);
    [1, 2].map(|which| AesKey::new(folded.encrypt(derivation(which, 5, [0; 12]))))
}

/// AES-SIV of RFC 5297 for texts of at least 16 bytes: enciphers `text` in place and gives its synthetic initial
/// vector, which is a MAC over the associated data and the text.
pub fn aes_siv_seal(mac: &AesKey, cipher: &AesKey, data: &[&[u8]], text: &mut [u8]) -> [u8; 16] {
    let iv = s2v(mac, data, text);
    apply_ctr(cipher, &iv, text);
    iv
}

/// The inverse of [`aes_siv_seal`]; when the seal is wrong, `text` is left as zeros.
pub fn aes_siv_open(
    mac: &AesKey,
    cipher: &AesKey,
    data: &[&[u8]],
    iv: &[u8; 16],
    text: &mut [u8],
) -> Result<(), WrongSeal> {
    apply_ctr(cipher, iv, text);
    let computed = s2v(mac, data, text);
    let differ = computed.iter().zip(iv).fold(0, |d, (a, b)| d | (a ^ b));
    if differ != 0 {
        text.fill(0);
        return Err(WrongSeal);
    }
    Ok(())
}

/// S2V of RFC 5297, section 2.4, for a last string of at least 16 bytes.
fn s2v(key: &AesKey, data: &[&[u8]], text: &[u8]) -> [u8; AES_BYTES] {
    debug_assert!(
        text.len() >= AES_BYTES,
        "shorter texts are padded, and none is sealed"
    );
    let mut chain = key.cmac(&[&[0; AES_BYTES]]);
    for part in data {
        let mac = key.cmac(&[part]);
        chain = doubled(chain);
        chain.iter_mut().zip(mac).for_each(|(c, m)| *c ^= m);
    }
    let (head, tail) = text.split_at(text.len().saturating_sub(AES_BYTES));
    chain.iter_mut().zip(tail).for_each(|(c, t)| *c ^= t);
    key.cmac(&[head, &chain])
}

/// The block times x in the field of CMAC.
fn doubled(block: [u8; AES_BYTES]) -> [u8; AES_BYTES] {
    let number = u128::from_be_bytes(block);
    let carry = 0x87 & (number >> 127).wrapping_neg();
    ((number << 1) ^ carry).to_be_bytes()
}

/// CTR from the initial vector with the two bits cleared that RFC 5297 clears.
fn apply_ctr(key: &AesKey, iv: &[u8; AES_BYTES], text: &mut [u8]) {
    let mut counter = u128::from_be_bytes(*iv) & !(1 << 63 | 1 << 31);
    for part in text.chunks_mut(AES_BYTES) {
        let stream = Zeroizing::new(key.encrypt(counter.to_be_bytes()));
        part.iter_mut().zip(*stream).for_each(|(b, s)| *b ^= s);
        counter = counter.wrapping_add(1);
    }
}
