//! The ciphers of the AES generation: keys of 16 bytes, and what is built on them.
//!
//! It has the shape of the DES side. [`AesKey`] is one block of AES and a CMAC; [`aes_group_key`] folds the keys
//! of a list of nodes into one degenerate key; [`AesMutualAuth`] is what both sides compute from it in
//! Authentication1 v2 and 2 v2; [`AesSession`] enciphers what follows; [`AesKeyPackage`] is how an AES key travels
//! to a card. `docs/protocol.md` has the formulas.

mod auth;
mod key;
mod package;
mod session;

pub use auth::{AesGroupKey, AesMutualAuth, IndividualKey, aes_group_key};
pub use key::{AES_BYTES, AesKey};
pub use package::{AES_KEY_PACKAGE_BYTES, AesKeyPackage, SealedAesKey, aes_siv_open, aes_siv_seal};
pub use session::{AesSession, MAX_V2_PAYLOAD};

/// What a key derivation of the AES generation enciphers: which key is derived, from what kind of secret, then
/// twelve bytes of context, and a closing 01 00.
fn derivation(which: u8, from: u8, context: [u8; 12]) -> [u8; AES_BYTES] {
    let mut block = [0; AES_BYTES];
    block[..2].copy_from_slice(&[which, from]);
    block[2..14].copy_from_slice(&context);
    block[14] = 1;
    block
}
