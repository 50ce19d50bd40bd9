//! Degenerate keys and mutual authentication of the AES generation.
//!
//! It goes as with DES: the reader sends R1 as C1A, the card returns it as C1B with its own R2 as C2A, the reader
//! returns that as C2B. The card adds C3C, four bytes in the clear, which change the key of its two values and
//! go into every frame of the session.

use super::{AES_BYTES, AesKey, derivation};
use crate::model::card::Idm;
use zeroize::Zeroizing;

/// The keys of a list of nodes, folded in the order of the list. Whoever holds it can authenticate for exactly
/// that list and learns none of the keys that went in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AesGroupKey(pub AesKey);

/// What makes a card's authentication its own: every card of a kind has the same node keys, and this one may
/// differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndividualKey(pub AesKey);

impl IndividualKey {
    /// Sixteen zeros: the card is not told apart from others by its keys.
    pub fn none() -> IndividualKey {
        IndividualKey(AesKey::new([0; AES_BYTES]))
    }
}

/// I0, what the first key of a list enciphers.
const GROUP_SEED: [u8; AES_BYTES] = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];

/// A constant, enciphered under each node's key in turn. The system's key is in it only if the list names FFFF.
pub fn aes_group_key(keys: &[&AesKey]) -> AesGroupKey {
    let mut folded = Zeroizing::new(GROUP_SEED);
    for key in keys {
        *folded = key.encrypt(*folded);
    }
    AesGroupKey(AesKey::new(*folded))
}

/// What both sides compute from the group key, the individual key and the card's IDm: α and β.
#[derive(Clone, Debug)]
pub struct AesMutualAuth {
    alpha: AesKey,
    beta: AesKey,
}

impl AesMutualAuth {
    /// Prepares an authentication with the system of that IDm.
    pub fn new(group: &AesGroupKey, individual: &IndividualKey, idm: Idm) -> AesMutualAuth {
        let h = xor(&group.0, individual.0.expose());
        let mut context = [0; 12];
        context[4..].copy_from_slice(&idm.0);
        let derive = |which| AesKey::new(h.encrypt(derivation(which, 2, context)));
        AesMutualAuth {
            alpha: derive(1),
            beta: derive(2),
        }
    }

    /// β', under which the card's two values travel: β with C3C on its first four bytes.
    fn beta_with(&self, c3c: [u8; 4]) -> AesKey {
        let mut mask = [0; AES_BYTES];
        mask[..4].copy_from_slice(&c3c);
        xor(&self.beta, &mask)
    }

    /// Reader to card: the challenge R1.
    pub fn c1a(&self, r1: &[u8; 16]) -> [u8; 16] {
        self.alpha.encrypt(*r1)
    }

    /// The card's view of C1A: R1.
    pub fn open_c1a(&self, c1a: &[u8; 16]) -> [u8; 16] {
        self.alpha.decrypt(*c1a)
    }

    /// Card to reader: R1 again, which proves the card.
    pub fn c1b(&self, r1: &[u8; 16], c3c: [u8; 4]) -> [u8; 16] {
        self.beta_with(c3c).encrypt(*r1)
    }

    /// R1 as it is in C1B.
    pub fn open_c1b(&self, c1b: &[u8; 16], c3c: [u8; 4]) -> [u8; 16] {
        self.beta_with(c3c).decrypt(*c1b)
    }

    /// Card to reader: the challenge R2, from which the session's keys are derived.
    pub fn c2a(&self, r2: &AesKey, c3c: [u8; 4]) -> [u8; 16] {
        self.beta_with(c3c).encrypt(*r2.expose())
    }

    /// The reader's view of C2A: R2.
    pub fn open_c2a(&self, c2a: &[u8; 16], c3c: [u8; 4]) -> AesKey {
        AesKey::new(self.beta_with(c3c).decrypt(*c2a))
    }

    /// Reader to card: R2 again, which proves the reader.
    pub fn c2b(&self, r2: &AesKey) -> [u8; 16] {
        self.alpha.encrypt(*r2.expose())
    }

    /// R2 as it is in C2B.
    pub fn open_c2b(&self, c2b: &[u8; 16]) -> AesKey {
        AesKey::new(self.alpha.decrypt(*c2b))
    }
}

fn xor(key: &AesKey, mask: &[u8; AES_BYTES]) -> AesKey {
    let mut bytes = Zeroizing::new(*key.expose());
    bytes.iter_mut().zip(mask).for_each(|(b, m)| *b ^= m);
    AesKey::new(*bytes)
}
