//! CBC over whole DES blocks. The initial vector is always zero: every message of the card starts with a
//! number that does not repeat, or is sealed under a key of its own.

use super::{DES_BYTES, DesKey};
use des::Des;
use des::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

fn xor(block: &mut [u8; DES_BYTES], with: &[u8; DES_BYTES]) {
    block.iter_mut().zip(with).for_each(|(b, w)| *b ^= w);
}

/// Enciphers `blocks` in place. Bytes become blocks by `as_chunks_mut`, which shows what is left over.
pub fn cbc_encrypt(key: &DesKey, blocks: &mut [[u8; DES_BYTES]]) {
    let des = Des::new(key.expose().into());
    let mut previous = [0; DES_BYTES];
    for block in blocks {
        xor(block, &previous);
        des.encrypt_block(block.into());
        previous = *block;
    }
}

/// Deciphers `blocks` in place.
pub fn cbc_decrypt(key: &DesKey, blocks: &mut [[u8; DES_BYTES]]) {
    let des = Des::new(key.expose().into());
    let mut previous = [0; DES_BYTES];
    for block in blocks {
        let cipher = *block;
        des.decrypt_block(block.into());
        xor(block, &previous);
        previous = cipher;
    }
}
