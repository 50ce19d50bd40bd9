//! What stands inside the enciphered frames of a session.
//!
//! In a session of DES a payload is padded to 8 bytes together with the transaction number and ID before it, so it
//! is decoded from the front and may be followed by up to 8 bytes of padding, whose value nobody looks at. In a
//! session of AES it ends where its last field ends.

use super::bytes::{Cursor, put_blocks};
use super::element::put_elements;
use super::response::{put_read, put_remaining, take_read, take_status};
use super::{BlockElement, FrameError, Status, code};
use crate::model::card::{Block, Idi, NodeCode, Pmi};
use crate::model::cipher::SealedAesKey;

/// A sealed registration package: 16 bytes and their MAC, enciphered.
pub type SealedPackage = [u8; 24];

/// The cipher of a session, which decides the codes and the form of its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    Des,
    Aes,
}

/// The later phases of a division, in this project's layout of 88h: one byte of payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SeparatePhase {
    /// Carve the new system out of its parent (seed 000, ST66).
    Carve = 1,
    /// Set the key of its top area, K_MU_F (ST67).
    SetTopAreaKey = 2,
    /// Open INF_1 with it and take the system code (ST68, ST69).
    OpenInf1 = 3,
}

/// The payload of a command inside a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecureRequest {
    /// 14h, with AES 44h.
    Read { blocks: Vec<BlockElement> },
    /// 16h, with AES 46h: a block of data for each element. The change of a DES key is a write too.
    Write {
        blocks: Vec<BlockElement>,
        data: Vec<Block>,
    },
    /// 80h: IDs, system code and area 0's key of the first issuance.
    RegisterIssueId {
        idi: Idi,
        pmi: Pmi,
        package: SealedPackage,
    },
    /// 82h: a new area; `code` stands in the package once more.
    RegisterArea {
        code: NodeCode,
        package: SealedPackage,
    },
    /// 84h: a new service; `code` stands in the package once more.
    RegisterService {
        code: NodeCode,
        package: SealedPackage,
    },
    /// 88h.
    SeparateSystem(SeparatePhase),
    /// 8Ah: the first AES key of a node, or its next one; `node` stands in the package once more.
    RegisterAesKey {
        node: NodeCode,
        package: SealedAesKey,
    },
    /// 8Eh, with AES 8Ch: commits what the session prepared.
    ChangeSystemBlock,
}

/// The payload of an answer inside a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecureResponse {
    /// To 14h and 44h. `data` is empty unless the status is 00h 00h.
    Read { status: Status, data: Vec<Block> },
    /// To all others. `remaining`, in blocks, is there exactly when the command was 80h or 84h and the status
    /// says done.
    Status {
        status: Status,
        remaining: Option<u16>,
    },
}

/// The payload of the answer to Authentication2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Authentication2Payload {
    pub idi: Idi,
    pub pmi: Pmi,
}

/// Most bytes of padding that a receiver accepts behind a payload of DES.
const MAX_PADDING: usize = 8;

/// `value`, if nothing is left but the padding that the command's cipher allows.
fn padded<T>(command: u8, at: Cursor, value: T) -> Option<T> {
    let most = if code::is_secure_v2(command) {
        0
    } else {
        MAX_PADDING
    };
    (at.0.len() <= most).then_some(value)
}

impl SeparatePhase {
    fn from_byte(byte: u8) -> Option<SeparatePhase> {
        [Self::Carve, Self::SetTopAreaKey, Self::OpenInf1]
            .into_iter()
            .find(|phase| *phase as u8 == byte)
    }
}

impl SecureRequest {
    /// The command code of the frame that it goes into in a session of that cipher; `None` where there is no such
    /// command.
    pub fn code_in(&self, scheme: Scheme) -> Option<u8> {
        Some(match (self, scheme) {
            (SecureRequest::Read { .. }, Scheme::Aes) => code::READ_V2,
            (SecureRequest::Write { .. }, Scheme::Aes) => code::WRITE_V2,
            (SecureRequest::ChangeSystemBlock, Scheme::Aes) => code::CHANGE_SYSTEM_BLOCK_V2,
            (SecureRequest::RegisterAesKey { .. }, Scheme::Aes) => code::REGISTER_AES_KEY,
            (_, Scheme::Aes) | (SecureRequest::RegisterAesKey { .. }, Scheme::Des) => return None,
            (request, Scheme::Des) => request.code(),
        })
    }

    /// The command code that names it: that of the frame in a session of DES, for what there is with AES alone
    /// that one.
    pub fn code(&self) -> u8 {
        match self {
            SecureRequest::RegisterAesKey { .. } => code::REGISTER_AES_KEY,
            SecureRequest::Read { .. } => code::READ,
            SecureRequest::Write { .. } => code::WRITE,
            SecureRequest::RegisterIssueId { .. } => code::REGISTER_ISSUE_ID,
            SecureRequest::RegisterArea { .. } => code::REGISTER_AREA,
            SecureRequest::RegisterService { .. } => code::REGISTER_SERVICE,
            SecureRequest::SeparateSystem(_) => code::SEPARATE_SYSTEM,
            SecureRequest::ChangeSystemBlock => code::CHANGE_SYSTEM_BLOCK,
        }
    }

    /// The payload, without padding.
    ///
    /// # Errors
    /// A list of more than 255 elements, a service index over 15, or data that does not match its block list.
    pub fn encode_payload(&self) -> Result<Vec<u8>, FrameError> {
        let mut out = Vec::new();
        match self {
            SecureRequest::Read { blocks } => put_elements(&mut out, blocks)?,
            SecureRequest::Write { blocks, data } => {
                if blocks.len() != data.len() {
                    return Err(FrameError::Contradiction);
                }
                put_elements(&mut out, blocks)?;
                put_blocks(&mut out, data);
            }
            SecureRequest::RegisterIssueId { idi, pmi, package } => {
                out.extend(idi.0);
                out.extend(pmi.0);
                out.extend(package);
            }
            SecureRequest::RegisterArea { code, package }
            | SecureRequest::RegisterService { code, package } => {
                out.extend(code.0.to_le_bytes());
                out.extend(package);
            }
            SecureRequest::SeparateSystem(phase) => out.push(*phase as u8),
            SecureRequest::RegisterAesKey { node, package } => {
                out.extend(node.0.to_le_bytes());
                out.extend(package);
            }
            SecureRequest::ChangeSystemBlock => {}
        }
        Ok(out)
    }

    /// The command of code `code` whose payload, padding perhaps behind it, is `payload`. `None` where a card
    /// stays silent.
    pub fn decode_payload(code: u8, payload: &[u8]) -> Option<SecureRequest> {
        let mut at = Cursor(payload);
        let request = match code {
            code::READ | code::READ_V2 => SecureRequest::Read {
                blocks: at.counted(BlockElement::take)?,
            },
            code::WRITE | code::WRITE_V2 => {
                let blocks = at.counted(BlockElement::take)?;
                let data = at.blocks(blocks.len())?;
                SecureRequest::Write { blocks, data }
            }
            code::REGISTER_ISSUE_ID => SecureRequest::RegisterIssueId {
                idi: Idi(at.array()?),
                pmi: Pmi(at.array()?),
                package: at.array()?,
            },
            code::REGISTER_AREA => SecureRequest::RegisterArea {
                code: at.node()?,
                package: at.array()?,
            },
            code::REGISTER_SERVICE => SecureRequest::RegisterService {
                code: at.node()?,
                package: at.array()?,
            },
            code::SEPARATE_SYSTEM => {
                SecureRequest::SeparateSystem(SeparatePhase::from_byte(at.byte()?)?)
            }
            code::REGISTER_AES_KEY => SecureRequest::RegisterAesKey {
                node: at.node()?,
                package: at.array()?,
            },
            code::CHANGE_SYSTEM_BLOCK | code::CHANGE_SYSTEM_BLOCK_V2 => {
                SecureRequest::ChangeSystemBlock
            }
            _ => return None,
        };
        padded(code, at, request)
    }
}

impl SecureResponse {
    /// The payload of this answer to a command of code `request_code`, without padding.
    ///
    /// # Errors
    /// More than 255 blocks, an answer of another command, or data or a remainder that contradicts the status.
    pub fn encode_payload(&self, request_code: u8) -> Result<Vec<u8>, FrameError> {
        let mut out = Vec::new();
        match self {
            SecureResponse::Read { status, data } if is_read(request_code) => {
                put_read(&mut out, *status, data)?;
            }
            SecureResponse::Status { status, remaining }
                if travels_enciphered(request_code) && !is_read(request_code) =>
            {
                put_remaining(
                    &mut out,
                    *status,
                    *remaining,
                    tells_remaining(request_code, *status),
                )?;
            }
            _ => return Err(FrameError::Code(request_code)),
        }
        Ok(out)
    }

    /// The answer to a command of code `request_code` whose payload, padding perhaps behind it, is `payload`.
    pub fn decode_payload(request_code: u8, payload: &[u8]) -> Option<SecureResponse> {
        let mut at = Cursor(payload);
        let response = if is_read(request_code) {
            let (status, data) = take_read(&mut at)?;
            SecureResponse::Read { status, data }
        } else if travels_enciphered(request_code) {
            let status = take_status(&mut at)?;
            let remaining = if tells_remaining(request_code, status) {
                Some(at.u16_le()?)
            } else {
                None
            };
            SecureResponse::Status { status, remaining }
        } else {
            return None;
        };
        padded(request_code, at, response)
    }
}

fn is_read(request_code: u8) -> bool {
    matches!(request_code, code::READ | code::READ_V2)
}

fn travels_enciphered(request_code: u8) -> bool {
    code::is_secure(request_code) || code::is_secure_v2(request_code)
}

/// Whether an answer says how many blocks remain: after Register Issue ID and Register Service, when done.
fn tells_remaining(request_code: u8, status: Status) -> bool {
    matches!(
        request_code,
        code::REGISTER_ISSUE_ID | code::REGISTER_SERVICE
    ) && status.is_done()
}

impl Authentication2Payload {
    /// The 16 bytes of the payload.
    pub fn encode(&self) -> [u8; 16] {
        let mut out = [0; 16];
        out[..8].copy_from_slice(&self.idi.0);
        out[8..].copy_from_slice(&self.pmi.0);
        out
    }

    /// The payload in `payload`, which is exactly 16 bytes.
    pub fn decode(payload: &[u8]) -> Option<Authentication2Payload> {
        let mut at = Cursor(payload);
        let payload = Authentication2Payload {
            idi: Idi(at.array()?),
            pmi: Pmi(at.array()?),
        };
        at.end(payload)
    }
}
