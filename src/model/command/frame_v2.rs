//! The frames whose data is enciphered by AES.

use super::{Frame, FrameError, MAX_FRAME, code};
use std::fmt;

/// A frame of a session of AES, or the answer to Authentication2 v2. It has no IDm.
///
/// The body is `TN(2) payload MAC(8)`, the payload and the MAC enciphered, so 10 to 253 bytes. The answer to
/// Authentication2 v2 has exactly 26.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecureFrameV2 {
    code: u8,
    body: Vec<u8>,
}

/// Bytes of TN and MAC.
const AROUND_PAYLOAD: usize = 2 + 8;
/// Bytes in the enciphered answer to Authentication2 v2: TN, IDi, PMi, MAC.
const AUTHENTICATION2_V2_ANSWER: usize = AROUND_PAYLOAD + 16;

impl SecureFrameV2 {
    /// An enciphered frame. `code` is a command in a session of AES, the response to one, or that to
    /// Authentication2 v2.
    pub fn new(code: u8, body: Vec<u8>) -> Result<SecureFrameV2, FrameError> {
        const AUTHENTICATION2_V2: u8 = code::AUTHENTICATION2_V2 + 1;
        let fits = match code {
            AUTHENTICATION2_V2 => body.len() == AUTHENTICATION2_V2_ANSWER,
            _ if !code::is_secure_v2(code & !1) => return Err(FrameError::Code(code)),
            _ => (AROUND_PAYLOAD..=MAX_FRAME - 2).contains(&body.len()),
        };
        if fits {
            Ok(SecureFrameV2 { code, body })
        } else {
            Err(FrameError::SecureBody(body.len()))
        }
    }

    /// Command or response code.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// Whether it goes from card to reader.
    pub fn is_response(&self) -> bool {
        self.code & 1 == 1
    }

    /// TN and ciphertext.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The frame on the wire.
    pub fn frame(&self) -> Result<Frame, FrameError> {
        Frame::build(self.code, &self.body)
    }
}

impl fmt::Debug for SecureFrameV2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, bytes) = (self.code, self.body.len());
        write!(f, "SecureFrameV2({code:02X}h, {bytes} bytes)")
    }
}
