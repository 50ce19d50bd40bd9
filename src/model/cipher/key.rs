//! A DES key that does not show itself, and its check value.

use des::Des;
use des::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes in a DES key, and in a DES block.
pub const DES_BYTES: usize = 8;

/// A single-DES key of 8 bytes. It prints as `DesKey(…)`, is wiped when dropped and is compared byte by byte
/// without stopping at the first difference.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DesKey([u8; DES_BYTES]);

impl DesKey {
    /// The key of these bytes. Parity bits are kept as they are; DES does not look at them.
    pub fn new(bytes: [u8; DES_BYTES]) -> DesKey {
        DesKey(bytes)
    }

    /// The key's bytes. Only for putting it into a sealed package or a definition block.
    pub fn expose(&self) -> &[u8; DES_BYTES] {
        &self.0
    }

    /// The cipher under this key, for several blocks: making it costs as much as two blocks do.
    pub fn cipher(&self) -> DesCipher {
        DesCipher(Des::new((&self.0).into()))
    }

    /// One block enciphered.
    pub fn encrypt(&self, block: [u8; DES_BYTES]) -> [u8; DES_BYTES] {
        self.cipher().encrypt(block)
    }

    /// One block deciphered.
    pub fn decrypt(&self, block: [u8; DES_BYTES]) -> [u8; DES_BYTES] {
        self.cipher().decrypt(block)
    }

    /// The key with every bit turned.
    pub fn complement(&self) -> DesKey {
        DesKey(self.0.map(|byte| !byte))
    }

    /// Check value: the first three bytes of a block of zeros enciphered.
    pub fn kcv(&self) -> Kcv {
        let [a, b, c, ..] = self.encrypt([0; DES_BYTES]);
        Kcv([a, b, c])
    }

    /// The bytes with each parity bit cleared: two keys that are one to DES are equal in this form.
    pub fn without_parity(&self) -> [u8; DES_BYTES] {
        self.0.map(|byte| byte & 0xFE)
    }

    /// Whether this is one of the 4 weak or 12 semi-weak keys of DES, whatever its parity bits.
    pub fn is_weak(&self) -> bool {
        let mut odd = self.without_parity();
        for byte in &mut odd {
            *byte |= u8::from(byte.count_ones() % 2 == 0);
        }
        des::weak_key_test(&odd).is_err()
    }
}

/// A DES key made ready for use. It shows itself as little as the key, and is wiped when dropped.
#[derive(Clone)]
pub struct DesCipher(Des);

impl DesCipher {
    /// One block enciphered.
    pub fn encrypt(&self, block: [u8; DES_BYTES]) -> [u8; DES_BYTES] {
        let mut block = block.into();
        self.0.encrypt_block(&mut block);
        block.into()
    }

    /// One block deciphered.
    pub fn decrypt(&self, block: [u8; DES_BYTES]) -> [u8; DES_BYTES] {
        let mut block = block.into();
        self.0.decrypt_block(&mut block);
        block.into()
    }
}

impl fmt::Debug for DesCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DesCipher(…)")
    }
}

impl PartialEq for DesKey {
    fn eq(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .fold(0, |differ, (a, b)| differ | (a ^ b))
            == 0
    }
}

impl Eq for DesKey {}

impl fmt::Debug for DesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DesKey(…)")
    }
}

/// Check value of a key: 3 bytes, shown as six digits. How it is made depends on the cipher:
/// [`DesKey::kcv`], [`AesKey::kcv`](super::AesKey::kcv). It helps an attacker who tries keys, so it is
/// shown to people and never sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kcv(pub [u8; 3]);

impl fmt::Display for Kcv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::model::hex::plain(&self.0))
    }
}

impl fmt::Debug for Kcv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kcv({self})")
    }
}
