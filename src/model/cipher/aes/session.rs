//! The session that an AES authentication opens.
//!
//! A frame shows its transaction number (TN), then come the payload and a MAC of eight bytes, both under one
//! OFB key stream, which goes on to its next block of 16 before the MAC. Everything that says which frame it is
//! (length, code, TN, transaction ID, C3C) is in the stream's initial vector and in what the MAC covers. TN
//! rises as in a session of DES.

use super::{AES_BYTES, AesKey, derivation};
use crate::model::cipher::turns::Turns;
use crate::model::cipher::{Direction, SessionError, same_mac};
use crate::model::command::{FrameError, MAX_FRAME, SecureFrameV2};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

const TN_BYTES: usize = 2;
const MAC_BYTES: usize = 8;
/// Bytes around the payload: length, code, TN, MAC.
const AROUND_PAYLOAD: usize = 2 + TN_BYTES + MAC_BYTES;

/// Bytes of the longest payload that one frame holds.
pub const MAX_V2_PAYLOAD: usize = MAX_FRAME - AROUND_PAYLOAD;

/// One side of a session, from Authentication2 v2 on. Both sides are made alike; each wraps what it sends and
/// unwraps what it gets, in turn.
#[derive(Clone)]
pub struct AesSession {
    cipher_key: AesKey,
    mac_key: AesKey,
    tid: [u8; 6],
    /// C3C without its first byte.
    c3c: [u8; 3],
    turns: Turns,
}

impl AesSession {
    /// The session of these two random numbers and C3C.
    pub fn new(r1: &[u8; 16], r2: &AesKey, c3c: [u8; 4]) -> AesSession {
        let [_, _, t0, t1, t2, t3, t4, t5, ..] = *r1;
        let [_, c3c @ ..] = c3c;
        let derive = |which| AesKey::new(r2.encrypt(derivation(which, 3, [0; 12])));
        AesSession {
            cipher_key: derive(1),
            mac_key: derive(2),
            tid: [t0, t1, t2, t3, t4, t5],
            c3c,
            turns: Turns::default(),
        }
    }

    /// Enciphers `payload` into the session's next frame.
    ///
    /// # Errors
    /// [`SessionError::Frame`] when the payload is too long or `code` is not one that travels enciphered by AES,
    /// [`SessionError::Exhausted`] after 65,536 frames.
    pub fn wrap(&mut self, code: u8, payload: &[u8]) -> Result<SecureFrameV2, SessionError> {
        let tn = self.turns.to_send(code)?;
        let iv = self.iv(code, tn, payload.len())?;
        let mut mac = self.mac(&iv, payload);
        let mut body = Vec::with_capacity(MAX_FRAME);
        body.extend(tn.to_le_bytes());
        body.extend(payload);
        self.apply_stream(iv, &mut body[TN_BYTES..], &mut mac);
        body.extend(mac);
        let frame = SecureFrameV2::new(code, body)?;
        self.turns.sent(code, tn);
        Ok(frame)
    }

    /// Deciphers a frame that came in the given direction and gives its payload. A frame that is refused leaves
    /// the session as it was.
    ///
    /// # Errors
    /// [`SessionError::Direction`], `Mac` (which covers a wrong transaction ID), `TransactionNumber`. A command
    /// is refused, too, when its number is the last: it could not be answered.
    pub fn unwrap(
        &mut self,
        frame: &SecureFrameV2,
        direction: Direction,
    ) -> Result<Vec<u8>, SessionError> {
        if frame.is_response() != (direction == Direction::Response) {
            return Err(SessionError::Direction);
        }
        let Some(([tn_low, tn_high], rest)) = frame.body().split_first_chunk() else {
            return Err(SessionError::Mac);
        };
        let Some((payload, mac)) = rest.split_last_chunk::<MAC_BYTES>() else {
            return Err(SessionError::Mac);
        };
        let tn = u16::from_le_bytes([*tn_low, *tn_high]);
        let iv = self.iv(frame.code(), tn, payload.len())?;
        let (mut payload, mut mac) = (Zeroizing::new(payload.to_vec()), *mac);
        self.apply_stream(iv, &mut payload, &mut mac);
        if !same_mac(&mac, &self.mac(&iv, &payload)) {
            return Err(SessionError::Mac);
        }
        self.turns.came(direction, tn)?;
        Ok(payload.to_vec())
    }

    /// The initial vector of a frame: 01 LEN code TN(2) TID(6) C3C\[1..4\] 00 00.
    fn iv(&self, code: u8, tn: u16, payload: usize) -> Result<[u8; AES_BYTES], FrameError> {
        let len = payload + AROUND_PAYLOAD;
        let len = u8::try_from(len).map_err(|_| FrameError::TooLong(len))?;
        let mut iv = [0; AES_BYTES];
        iv[..3].copy_from_slice(&[1, len, code]);
        iv[3..5].copy_from_slice(&tn.to_le_bytes());
        iv[5..11].copy_from_slice(&self.tid);
        iv[11..14].copy_from_slice(&self.c3c);
        Ok(iv)
    }

    /// The first half of the CMAC over 19, what the initial vector says, the payload's length (BE) and the payload.
    fn mac(&self, iv: &[u8; AES_BYTES], payload: &[u8]) -> [u8; MAC_BYTES] {
        let mut head = *iv;
        head[0] = 0x19;
        // At most 243.
        head[14..].copy_from_slice(&(payload.len() as u16).to_be_bytes());
        let full = self.mac_key.cmac(&[&head, payload]);
        let mut mac = [0; MAC_BYTES];
        mac.copy_from_slice(&full[..MAC_BYTES]);
        mac
    }

    /// Lays the OFB key stream over the payload and, from its next block on, over the MAC. It is its own inverse.
    fn apply_stream(&self, iv: [u8; AES_BYTES], payload: &mut [u8], mac: &mut [u8; MAC_BYTES]) {
        let mut stream = Zeroizing::new(iv);
        for part in payload.chunks_mut(AES_BYTES).chain([&mut mac[..]]) {
            *stream = self.cipher_key.encrypt(*stream);
            part.iter_mut().zip(*stream).for_each(|(b, s)| *b ^= s);
        }
    }
}

impl Drop for AesSession {
    fn drop(&mut self) {
        // The keys wipe themselves.
        self.tid.zeroize();
    }
}

impl fmt::Debug for AesSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AesSession(next TN {})", self.turns.next())
    }
}
