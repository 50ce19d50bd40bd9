//! The ciphers of the card: single DES, the keys it is used with, and what is built on it; and beside it, in
//! `aes`, the same for cards of the AES generation.
//!
//! From the bottom up: [`DesKey`] is a key, [`DesCipher`] one block of DES under it, [`cbc_encrypt`] many; [`group_key`] and [`user_key`]
//! fold the keys of a list of nodes into the two degenerate keys; [`MutualAuth`] is what both sides compute
//! from these in Authentication1 and 2; [`Session`] enciphers what follows; [`seal`] makes the packages in
//! which keys travel to a card.

mod aes;
mod degenerate;
mod des_modes;
mod division;
mod key;
mod seal;
mod session;
mod turns;

pub use aes::{
    AES_BYTES, AES_KEY_PACKAGE_BYTES, AesGroupKey, AesKey, AesKeyPackage, AesMutualAuth,
    AesSession, IndividualKey, MAX_V2_PAYLOAD, SealedAesKey, aes_group_key, aes_siv_open,
    aes_siv_seal,
};
pub use degenerate::{GroupKey, UserKey, group_key, user_key};
pub use des_modes::{cbc_decrypt, cbc_encrypt};
pub use division::{Inf1, Pf, Pj, SealedInf1, SealedPf, SealedPj, issuer_package_key};
pub use key::{DES_BYTES, DesCipher, DesKey, Kcv};
pub use seal::{
    AreaPackage, IssueIdPackage, PackageError, ServicePackage, WrongSeal, key_change_package, open,
    open_key_change, seal,
};
pub use session::{MutualAuth, Session};
pub use turns::{Direction, SessionError};

/// Whether two MACs are equal, in a time that does not depend on where they differ.
fn same_mac(a: &[u8; DES_BYTES], b: &[u8; DES_BYTES]) -> bool {
    a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
