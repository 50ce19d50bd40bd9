//! The outermost layer: length byte, code, data; and the frames whose data is enciphered.

use super::code;
use std::fmt;
use thiserror::Error;

/// Bytes in the longest frame, its length byte included.
pub const MAX_FRAME: usize = 255;

/// Why bytes are not a frame, or a value cannot be put into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Fewer bytes than a length byte and a code.
    #[error("a frame has at least a length byte and a code; there are {0} bytes")]
    TooShort(usize),
    /// The length byte does not say how many bytes there are.
    #[error("the length byte says {said}, there are {got} bytes")]
    Length { said: u8, got: usize },
    /// More bytes than a frame holds.
    #[error("the frame would have {0} bytes, at most 255 fit")]
    TooLong(usize),
    /// A list has too few or too many members for its command.
    #[error("a list of {0} does not fit the command")]
    Count(usize),
    /// A block list names a service index over 15.
    #[error("service index {0} is over 15")]
    ServiceIndex(u8),
    /// Parts of the value contradict each other: data without its block list, or with a status that has none.
    #[error("the parts of the command contradict each other")]
    Contradiction,
    /// An enciphered body is too short for its MAC, not of its command's length or, with DES, no multiple of 8
    /// bytes.
    #[error("an enciphered body of {0} bytes does not fit the command")]
    SecureBody(usize),
    /// The code is not one of an enciphered frame in this direction.
    #[error("code {0:02X}h is not one of an enciphered frame in this direction")]
    Code(u8),
}

/// `LEN code data`; LEN counts itself. The length byte is right, all else is open. `Debug` shows the code and
/// the length only, for the data may be a purse or a person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Frame(Vec<u8>);

impl Frame {
    /// The frame that `bytes` are, if the length byte is right.
    pub fn parse(bytes: &[u8]) -> Result<Frame, FrameError> {
        match bytes {
            [] | [_] => Err(FrameError::TooShort(bytes.len())),
            [len, ..] if usize::from(*len) != bytes.len() => Err(FrameError::Length {
                said: *len,
                got: bytes.len(),
            }),
            _ => Ok(Frame(bytes.to_vec())),
        }
    }

    /// A frame of `code` and `body`.
    pub fn build(code: u8, body: &[u8]) -> Result<Frame, FrameError> {
        let mut bytes = Frame::start(code);
        bytes.extend_from_slice(body);
        Frame::finish(bytes)
    }

    /// Length byte and code of a frame, to which its data is to be appended, with room for the longest.
    pub(super) fn start(code: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MAX_FRAME);
        bytes.extend([0, code]);
        bytes
    }

    /// The frame that was started, once its data is there.
    pub(super) fn finish(mut bytes: Vec<u8>) -> Result<Frame, FrameError> {
        bytes[0] = u8::try_from(bytes.len()).map_err(|_| FrameError::TooLong(bytes.len()))?;
        Ok(Frame(bytes))
    }

    /// Command or response code.
    pub fn code(&self) -> u8 {
        self.0[1]
    }

    /// What follows the code; at most 253 bytes.
    pub fn body(&self) -> &[u8] {
        &self.0[2..]
    }

    /// The whole frame, its length byte included.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole frame, its length byte included.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({:02X}h, {} bytes)", self.code(), self.0.len())
    }
}

/// A frame whose body is enciphered: a command or an answer inside a session, or the answer to
/// Authentication2. It has no IDm.
///
/// The body is `CBC(TN(2) TID(6) payload padding ‖ MAC(8))`, so a multiple of 8 and 16 to 248 bytes. The
/// answer to Authentication2 has exactly 32. Separate System has exactly 24 both ways, which also tells it
/// from its plain form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecureFrame {
    code: u8,
    body: Vec<u8>,
}

/// Bytes in the enciphered answer to Authentication2: TN, TID, IDi, PMi, MAC.
const AUTHENTICATION2_ANSWER: usize = 32;
/// Bytes in an enciphered Separate System and its answer: TN, TID, up to 8 of payload and padding, MAC.
const SEPARATE_SYSTEM_BODY: usize = 24;

impl SecureFrame {
    /// An enciphered frame. `code` is a command in a session, the response to one, or that to Authentication2.
    pub fn new(code: u8, body: Vec<u8>) -> Result<SecureFrame, FrameError> {
        const AUTHENTICATION2: u8 = code::AUTHENTICATION2 + 1;
        const SEPARATE: u8 = code::SEPARATE_SYSTEM;
        let fits = match code {
            AUTHENTICATION2 => body.len() == AUTHENTICATION2_ANSWER,
            _ if !code::is_secure(code & !1) => return Err(FrameError::Code(code)),
            _ if code & !1 == SEPARATE => body.len() == SEPARATE_SYSTEM_BODY,
            _ => body.len().is_multiple_of(8) && (16..=MAX_FRAME - 2).contains(&body.len()),
        };
        if fits {
            Ok(SecureFrame { code, body })
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

    /// The ciphertext.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The frame on the wire.
    pub fn frame(&self) -> Result<Frame, FrameError> {
        Frame::build(self.code, &self.body)
    }
}

impl fmt::Debug for SecureFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SecureFrame({:02X}h, {} bytes)",
            self.code,
            self.body.len()
        )
    }
}
