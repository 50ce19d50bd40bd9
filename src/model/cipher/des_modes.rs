//! CBC over whole DES blocks. The initial vector is always zero: every message of the card starts with a
//! number that does not repeat, or is sealed under a key of its own.

use super::{DES_BYTES, DesCipher};

fn xor(block: &mut [u8; DES_BYTES], with: &[u8; DES_BYTES]) {
    block.iter_mut().zip(with).for_each(|(b, w)| *b ^= w);
}

/// Enciphers `blocks` in place. Bytes become blocks by `as_chunks_mut`, which shows what is left over.
pub fn cbc_encrypt(cipher: &DesCipher, blocks: &mut [[u8; DES_BYTES]]) {
    let mut previous = [0; DES_BYTES];
    for block in blocks {
        xor(block, &previous);
        *block = cipher.encrypt(*block);
        previous = *block;
    }
}

/// Deciphers `blocks` in place.
pub fn cbc_decrypt(cipher: &DesCipher, blocks: &mut [[u8; DES_BYTES]]) {
    let mut previous = [0; DES_BYTES];
    for block in blocks {
        let sealed = *block;
        *block = cipher.decrypt(sealed);
        xor(block, &previous);
        previous = sealed;
    }
}
