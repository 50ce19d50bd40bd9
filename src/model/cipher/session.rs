//! Mutual authentication, and the session that it opens.
//!
//! Reader and card hold the same degenerate keys and prove it by deciphering each other's random number: the
//! reader sends R1 as C1A, the card returns it as C1B with its own R2 as C2A, the reader returns that as C2B.
//! R2 then is the session's key, and the last six bytes of R1 its transaction ID (TID).
//!
//! Each frame of a session carries a transaction number (TN). The card's answer to Authentication2 has 0;
//! from there every frame, whichever side sends it, has a higher one than the frame before, and an answer the
//! command's plus 1. A frame that was recorded and is sent again is therefore refused.

use super::des_modes::{cbc_decrypt, cbc_encrypt};
use super::turns::{Direction, SessionError, Turns};
use super::{DES_BYTES, DesCipher, DesKey, GroupKey, UserKey, same_mac};
use crate::model::card::Idm;
use crate::model::command::{FrameError, MAX_FRAME, SecureFrame};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// What both sides compute from the degenerate keys and the card's IDm.
///
/// With L = G xor IDm, α = E_L(U) and β = E_α(L), the reader's numbers travel under the triple encipherment
/// of (α, L), the card's under that of (L, β).
#[derive(Clone, Debug)]
pub struct MutualAuth {
    l: DesCipher,
    alpha: DesCipher,
    beta: DesCipher,
}

impl MutualAuth {
    /// Prepares an authentication with the system of that IDm.
    pub fn new(group: &GroupKey, user: &UserKey, idm: Idm) -> MutualAuth {
        let mut l = Zeroizing::new(*group.0.expose());
        l.iter_mut().zip(idm.0).for_each(|(l, i)| *l ^= i);
        let key = DesKey::new(*l);
        let l = key.cipher();
        let alpha = DesKey::new(l.encrypt(*user.0.expose())).cipher();
        let beta = DesKey::new(alpha.encrypt(*key.expose())).cipher();
        MutualAuth { l, alpha, beta }
    }

    /// Reader to card: the challenge R1.
    pub fn c1a(&self, r1: &[u8; 8]) -> [u8; 8] {
        e3(&self.alpha, &self.l, *r1)
    }

    /// The card's view of C1A: R1.
    pub fn open_c1a(&self, c1a: &[u8; 8]) -> [u8; 8] {
        d3(&self.alpha, &self.l, *c1a)
    }

    /// Card to reader: R1 again, which proves the card. The reader computes it too and compares.
    pub fn c1b(&self, r1: &[u8; 8]) -> [u8; 8] {
        e3(&self.l, &self.beta, *r1)
    }

    /// R1 as it is in C1B.
    pub fn open_c1b(&self, c1b: &[u8; 8]) -> [u8; 8] {
        d3(&self.l, &self.beta, *c1b)
    }

    /// Card to reader: the challenge R2, the session's key to be.
    pub fn c2a(&self, r2: &DesKey) -> [u8; 8] {
        e3(&self.l, &self.beta, *r2.expose())
    }

    /// The reader's view of C2A: R2.
    pub fn open_c2a(&self, c2a: &[u8; 8]) -> DesKey {
        DesKey::new(d3(&self.l, &self.beta, *c2a))
    }

    /// Reader to card: R2 again, which proves the reader. The card computes it too and compares.
    pub fn c2b(&self, r2: &DesKey) -> [u8; 8] {
        e3(&self.alpha, &self.l, *r2.expose())
    }

    /// R2 as it is in C2B.
    pub fn open_c2b(&self, c2b: &[u8; 8]) -> DesKey {
        DesKey::new(d3(&self.alpha, &self.l, *c2b))
    }
}

/// E3 of (A, B): E_A(D_B(E_A(x))).
fn e3(a: &DesCipher, b: &DesCipher, block: [u8; 8]) -> [u8; 8] {
    a.encrypt(b.decrypt(a.encrypt(block)))
}

/// The inverse of [`e3`].
fn d3(a: &DesCipher, b: &DesCipher, block: [u8; 8]) -> [u8; 8] {
    a.decrypt(b.encrypt(a.decrypt(block)))
}

/// One side of a session, from Authentication2 on. Both sides are made alike; each wraps what it sends and
/// unwraps what it gets, in turn.
#[derive(Clone)]
pub struct Session {
    cipher: DesCipher,
    tid: [u8; 6],
    turns: Turns,
}

impl Session {
    /// The session of these two random numbers.
    pub fn new(r1: &[u8; 8], r2: DesKey) -> Session {
        let [_, _, tid @ ..] = *r1;
        Session {
            cipher: r2.cipher(),
            tid,
            turns: Turns::default(),
        }
    }

    /// Enciphers `payload` into the session's next frame.
    ///
    /// # Errors
    /// [`SessionError::Frame`] when the payload is too long or `code` is not one that travels enciphered,
    /// [`SessionError::Exhausted`] after 65,536 frames.
    pub fn wrap(&mut self, code: u8, payload: &[u8]) -> Result<SecureFrame, SessionError> {
        let tn = self.turns.to_send(code)?;
        let mut plain = Zeroizing::new(Vec::with_capacity(MAX_FRAME));
        plain.extend(tn.to_le_bytes());
        plain.extend(self.tid);
        plain.extend(payload);
        let padded = plain.len().next_multiple_of(DES_BYTES);
        // At most 7, so it fits a byte.
        let missing = (padded - plain.len()) as u8;
        plain.resize(padded, missing);
        let mac = mac(code, plain.as_chunks().0)
            .ok_or(FrameError::TooLong(2 + plain.len() + DES_BYTES))?;
        plain.extend(mac);
        cbc_encrypt(&self.cipher, plain.as_chunks_mut().0);
        let frame = SecureFrame::new(code, plain.to_vec())?;
        self.turns.sent(code, tn);
        Ok(frame)
    }

    /// Deciphers a frame that came in the given direction and gives its payload with the padding. A frame that
    /// is refused leaves the session as it was.
    ///
    /// # Errors
    /// Every [`SessionError`] but `Exhausted`. A command is refused, too, when its number is the last: it
    /// could not be answered.
    pub fn unwrap(
        &mut self,
        frame: &SecureFrame,
        direction: Direction,
    ) -> Result<Vec<u8>, SessionError> {
        if frame.is_response() != (direction == Direction::Response) {
            return Err(SessionError::Direction);
        }
        let mut plain = Zeroizing::new(frame.body().to_vec());
        // A secure frame's body is whole blocks, at least two.
        let blocks = plain.as_chunks_mut::<DES_BYTES>().0;
        cbc_decrypt(&self.cipher, blocks);
        let [header, .., sent] = blocks else {
            return Err(SessionError::Mac);
        };
        let ([tn_low, tn_high, tid @ ..], sent) = (*header, *sent);
        let body = &blocks[..blocks.len() - 1];
        if !mac(frame.code(), body).is_some_and(|mac| same_mac(&mac, &sent)) {
            return Err(SessionError::Mac);
        }
        if tid != self.tid {
            return Err(SessionError::Tid);
        }
        let tn = u16::from_le_bytes([tn_low, tn_high]);
        self.turns.came(direction, tn)?;
        Ok(body[1..].as_flattened().to_vec())
    }
}

/// MAC over TN, TID, payload and padding: the first block names the frame's length and code, then each
/// block of the text is the key that enciphers it. `None` when the frame would be longer than its length byte
/// can say.
fn mac(code: u8, plain: &[[u8; DES_BYTES]]) -> Option<[u8; DES_BYTES]> {
    let len = u8::try_from(2 + plain.as_flattened().len() + DES_BYTES).ok()?;
    let first = [len, code, 0, 0, 0, 0, 0, 0];
    Some(
        plain
            .iter()
            .fold(first, |mac, block| DesKey::new(*block).encrypt(mac)),
    )
}

impl Drop for Session {
    fn drop(&mut self) {
        // The cipher wipes itself.
        self.tid.zeroize();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session(next TN {})", self.turns.next())
    }
}
