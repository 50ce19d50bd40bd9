//! An AES key that does not show itself, and its check value.

use crate::model::cipher::Kcv;
use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use cmac::{Cmac, Mac};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes in an AES key, and in an AES block.
pub const AES_BYTES: usize = 16;

/// A key of AES-128. It prints as `AesKey(…)`, is wiped when dropped and is compared byte by byte without stopping
/// at the first difference.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AesKey([u8; AES_BYTES]);

impl AesKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; AES_BYTES]) -> AesKey {
        AesKey(bytes)
    }

    /// The key's bytes. Only for putting it into a sealed package or an extension block.
    pub fn expose(&self) -> &[u8; AES_BYTES] {
        &self.0
    }

    /// One block enciphered.
    pub fn encrypt(&self, block: [u8; AES_BYTES]) -> [u8; AES_BYTES] {
        let mut block = block.into();
        Aes128::new((&self.0).into()).encrypt_block(&mut block);
        block.into()
    }

    /// One block deciphered.
    pub fn decrypt(&self, block: [u8; AES_BYTES]) -> [u8; AES_BYTES] {
        let mut block = block.into();
        Aes128::new((&self.0).into()).decrypt_block(&mut block);
        block.into()
    }

    /// CMAC (SP 800-38B, RFC 4493) over the parts, one after the other.
    pub fn cmac(&self, parts: &[&[u8]]) -> [u8; AES_BYTES] {
        let mut mac = <Cmac<Aes128> as KeyInit>::new((&self.0).into());
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }

    /// Check value: the first three bytes of the CMAC of a block of zeros. Unlike a block of zeros enciphered, it
    /// tells nothing of what the key enciphers.
    pub fn kcv(&self) -> Kcv {
        let [a, b, c, ..] = self.cmac(&[&[0; AES_BYTES]]);
        Kcv([a, b, c])
    }
}

impl PartialEq for AesKey {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

impl Eq for AesKey {}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesKey(…)")
    }
}
