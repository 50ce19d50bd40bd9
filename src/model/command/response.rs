//! What a card answers.

use super::bytes::{Cursor, count, put_blocks, put_counted};
use super::{Frame, FrameError, SecureFrame, SecureFrameV2, Status, code};
use super::{NodeVersions, Specification, SystemStatus};
use crate::model::card::{Block, Idm, KeyVersion, NodeCode, Pmm, ServiceCode, SystemCode};

/// What Search Service Code found at an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SearchResult {
    /// A service.
    Service(ServiceCode),
    /// An area and the last code that may stand under it.
    Area { code: NodeCode, end: NodeCode },
    /// A node whose attribute is not one of those this program knows; the walk can go on.
    Other(NodeCode),
    /// No node: the index is past the last.
    End,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// 01h. `data` is what the request code asked for: the system code, big endian, or the performance.
    Polling {
        idm: Idm,
        pmm: Pmm,
        data: Option<[u8; 2]>,
    },
    /// 03h: key versions in the order asked, FFFFh where there is no such node.
    RequestService { idm: Idm, versions: Vec<KeyVersion> },
    /// 05h: mode 0 to 3.
    RequestResponse { idm: Idm, mode: u8 },
    /// 07h. `data` is empty unless the status is 00h 00h.
    ReadPlain {
        idm: Idm,
        status: Status,
        data: Vec<Block>,
    },
    /// 09h.
    WritePlain { idm: Idm, status: Status },
    /// 0Bh.
    SearchServiceCode { idm: Idm, found: SearchResult },
    /// 0Dh: from system 0 on.
    RequestSystemCode { idm: Idm, codes: Vec<SystemCode> },
    /// 0Fh: in the order asked; of a service its blocks, of an area what is left of its allotment, FFFFh for any
    /// other node.
    RequestBlockInformation { idm: Idm, counts: Vec<u16> },
    /// 33h. `versions` is there exactly when the status is 00h 00h.
    RequestServiceV2 {
        idm: Idm,
        status: Status,
        versions: Option<NodeVersions>,
    },
    /// 39h. `system` is there exactly when the status is 00h 00h.
    GetSystemStatus {
        idm: Idm,
        status: Status,
        system: Option<SystemStatus>,
    },
    /// 3Dh. `specification` is there exactly when the status is 00h 00h.
    RequestSpecificationVersion {
        idm: Idm,
        status: Status,
        specification: Option<Specification>,
    },
    /// 3Fh.
    ResetMode { idm: Idm, status: Status },
    /// 11h.
    Authentication1 {
        idm: Idm,
        c1b: [u8; 8],
        c2a: [u8; 8],
    },
    /// 13h: enciphered, without IDm; see [`Authentication2Payload`](super::Authentication2Payload).
    Authentication2(SecureFrame),
    /// 89h outside a session. `remaining`, the blocks that the parent still has, is there exactly when the
    /// status says done.
    SeparateSystem {
        idm: Idm,
        status: Status,
        remaining: Option<u16>,
    },
    /// 41h. C3C goes into the card's two values, and into every frame of the session.
    Authentication1V2 {
        idm: Idm,
        c1b: [u8; 16],
        c2a: [u8; 16],
        c3c: [u8; 4],
    },
    /// 43h: enciphered, without IDm; see [`Authentication2Payload`](super::Authentication2Payload).
    Authentication2V2(SecureFrameV2),
    /// The answer to a command inside a session of DES.
    Secure(SecureFrame),
    /// The answer to a command inside a session of AES.
    SecureV2(SecureFrameV2),
}

impl Response {
    /// The response code: the command's plus 1.
    pub fn code(&self) -> u8 {
        let command = match self {
            Response::Polling { .. } => code::POLLING,
            Response::RequestService { .. } => code::REQUEST_SERVICE,
            Response::RequestResponse { .. } => code::REQUEST_RESPONSE,
            Response::ReadPlain { .. } => code::READ_PLAIN,
            Response::WritePlain { .. } => code::WRITE_PLAIN,
            Response::SearchServiceCode { .. } => code::SEARCH_SERVICE_CODE,
            Response::RequestSystemCode { .. } => code::REQUEST_SYSTEM_CODE,
            Response::RequestBlockInformation { .. } => code::REQUEST_BLOCK_INFORMATION,
            Response::RequestServiceV2 { .. } => code::REQUEST_SERVICE_V2,
            Response::GetSystemStatus { .. } => code::GET_SYSTEM_STATUS,
            Response::RequestSpecificationVersion { .. } => code::REQUEST_SPECIFICATION_VERSION,
            Response::ResetMode { .. } => code::RESET_MODE,
            Response::Authentication1 { .. } => code::AUTHENTICATION1,
            Response::SeparateSystem { .. } => code::SEPARATE_SYSTEM,
            Response::Authentication1V2 { .. } => code::AUTHENTICATION1_V2,
            Response::Authentication2(frame) | Response::Secure(frame) => return frame.code(),
            Response::Authentication2V2(frame) | Response::SecureV2(frame) => return frame.code(),
        };
        command + 1
    }

    /// From whom it is; `None` where it is enciphered.
    pub fn idm(&self) -> Option<Idm> {
        match self {
            Response::Authentication2(_)
            | Response::Secure(_)
            | Response::Authentication2V2(_)
            | Response::SecureV2(_) => None,
            Response::Polling { idm, .. }
            | Response::RequestService { idm, .. }
            | Response::RequestResponse { idm, .. }
            | Response::ReadPlain { idm, .. }
            | Response::WritePlain { idm, .. }
            | Response::SearchServiceCode { idm, .. }
            | Response::RequestSystemCode { idm, .. }
            | Response::RequestBlockInformation { idm, .. }
            | Response::RequestServiceV2 { idm, .. }
            | Response::GetSystemStatus { idm, .. }
            | Response::RequestSpecificationVersion { idm, .. }
            | Response::ResetMode { idm, .. }
            | Response::Authentication1 { idm, .. }
            | Response::Authentication1V2 { idm, .. }
            | Response::SeparateSystem { idm, .. } => Some(*idm),
        }
    }

    /// The answer to a command of code `request_code` that `frame` is. `None` when it answers another command,
    /// or a field is missing, left over or out of its range.
    pub fn decode(request_code: u8, frame: &Frame) -> Option<Response> {
        if frame.code().checked_sub(1) != Some(request_code) {
            return None;
        }
        let body = frame.body();
        let enciphered = || SecureFrame::new(frame.code(), body.to_vec()).ok();
        let enciphered_v2 = || SecureFrameV2::new(frame.code(), body.to_vec()).ok();
        match request_code {
            code::AUTHENTICATION2 => return enciphered().map(Response::Authentication2),
            code::SEPARATE_SYSTEM => {
                // The plain form has 10 or 12 bytes, the enciphered one 24.
                if let Some(frame) = enciphered() {
                    return Some(Response::Secure(frame));
                }
            }
            code::AUTHENTICATION2_V2 => return enciphered_v2().map(Response::Authentication2V2),
            _ if code::is_secure_v2(request_code) => {
                return enciphered_v2().map(Response::SecureV2);
            }
            _ if code::is_secure(request_code) => return enciphered().map(Response::Secure),
            _ => {}
        }
        let mut at = Cursor(body);
        let response = decode_plain(request_code, &mut at)?;
        at.end(response)
    }

    /// The frame of this answer.
    ///
    /// # Errors
    /// A list out of its bounds, data or a remainder that contradicts the status, a frame of more than 255
    /// bytes, or an enciphered frame of a code that is no such response.
    pub fn encode(&self) -> Result<Frame, FrameError> {
        let mut body = Frame::start(self.code());
        if let Some(idm) = self.idm() {
            body.extend(idm.0);
        }
        match self {
            Response::Polling { pmm, data, .. } => {
                body.extend(pmm.0);
                body.extend(data.iter().flatten());
            }
            Response::RequestService { versions, .. } => put_counted(&mut body, versions)?,
            Response::RequestBlockInformation { counts, .. } => put_counted(&mut body, counts)?,
            Response::RequestServiceV2 {
                status, versions, ..
            } => put_when_ok(&mut body, *status, versions, NodeVersions::put)?,
            Response::GetSystemStatus { status, system, .. } => {
                put_when_ok(&mut body, *status, system, SystemStatus::put)?;
            }
            Response::RequestSpecificationVersion {
                status,
                specification,
                ..
            } => put_when_ok(&mut body, *status, specification, Specification::put)?,
            Response::RequestResponse { mode, .. } => body.push(*mode),
            Response::ReadPlain { status, data, .. } => put_read(&mut body, *status, data)?,
            Response::WritePlain { status, .. } | Response::ResetMode { status, .. } => {
                put_status(&mut body, *status)
            }
            Response::SearchServiceCode { found, .. } => put_found(&mut body, *found),
            Response::RequestSystemCode { codes, .. } => {
                body.push(count(codes.len())?);
                body.extend(codes.iter().flat_map(|code| code.0.to_be_bytes()));
            }
            Response::Authentication1 { c1b, c2a, .. } => {
                body.extend(c1b);
                body.extend(c2a);
            }
            Response::SeparateSystem {
                status, remaining, ..
            } => {
                put_remaining(&mut body, *status, *remaining, status.is_done())?;
            }
            Response::Authentication2(frame) => {
                if frame.code() != code::AUTHENTICATION2 + 1 {
                    return Err(FrameError::Code(frame.code()));
                }
                body.extend(frame.body());
            }
            Response::Secure(frame) => {
                if !frame.is_response() || frame.code() == code::AUTHENTICATION2 + 1 {
                    return Err(FrameError::Code(frame.code()));
                }
                body.extend(frame.body());
            }
            Response::Authentication1V2 { c1b, c2a, c3c, .. } => {
                body.extend(c1b);
                body.extend(c2a);
                body.extend(c3c);
            }
            Response::Authentication2V2(frame) => {
                if frame.code() != code::AUTHENTICATION2_V2 + 1 {
                    return Err(FrameError::Code(frame.code()));
                }
                body.extend(frame.body());
            }
            Response::SecureV2(frame) => {
                if !frame.is_response() || frame.code() == code::AUTHENTICATION2_V2 + 1 {
                    return Err(FrameError::Code(frame.code()));
                }
                body.extend(frame.body());
            }
        }
        Frame::finish(body)
    }
}

/// The answers that carry an IDm.
fn decode_plain(request_code: u8, at: &mut Cursor) -> Option<Response> {
    let idm = at.idm()?;
    Some(match request_code {
        code::POLLING => {
            let pmm = Pmm(at.array()?);
            let data = if at.0.is_empty() {
                None
            } else {
                Some(at.array()?)
            };
            Response::Polling { idm, pmm, data }
        }
        code::REQUEST_SERVICE => Response::RequestService {
            idm,
            versions: at.counted(Cursor::u16_le)?,
        },
        code::REQUEST_RESPONSE => Response::RequestResponse {
            idm,
            mode: at.byte()?,
        },
        code::READ_PLAIN => {
            let (status, data) = take_read(at)?;
            Response::ReadPlain { idm, status, data }
        }
        code::WRITE_PLAIN => Response::WritePlain {
            idm,
            status: take_status(at)?,
        },
        code::SEARCH_SERVICE_CODE => Response::SearchServiceCode {
            idm,
            found: take_found(at)?,
        },
        code::REQUEST_SYSTEM_CODE => {
            let codes = at.counted(|at| at.u16_be().map(SystemCode))?;
            Response::RequestSystemCode { idm, codes }
        }
        code::REQUEST_BLOCK_INFORMATION => Response::RequestBlockInformation {
            idm,
            counts: at.counted(Cursor::u16_le)?,
        },
        code::REQUEST_SERVICE_V2 => {
            let (status, versions) = take_when_ok(at, NodeVersions::take)?;
            Response::RequestServiceV2 {
                idm,
                status,
                versions,
            }
        }
        code::GET_SYSTEM_STATUS => {
            let (status, system) = take_when_ok(at, SystemStatus::take)?;
            Response::GetSystemStatus {
                idm,
                status,
                system,
            }
        }
        code::REQUEST_SPECIFICATION_VERSION => {
            let (status, specification) = take_when_ok(at, Specification::take)?;
            Response::RequestSpecificationVersion {
                idm,
                status,
                specification,
            }
        }
        code::RESET_MODE => Response::ResetMode {
            idm,
            status: take_status(at)?,
        },
        code::AUTHENTICATION1 => Response::Authentication1 {
            idm,
            c1b: at.array()?,
            c2a: at.array()?,
        },
        code::AUTHENTICATION1_V2 => Response::Authentication1V2 {
            idm,
            c1b: at.array()?,
            c2a: at.array()?,
            c3c: at.array()?,
        },
        code::SEPARATE_SYSTEM => {
            let status = take_status(at)?;
            let remaining = if status.is_done() {
                Some(at.u16_le()?)
            } else {
                None
            };
            Response::SeparateSystem {
                idm,
                status,
                remaining,
            }
        }
        _ => return None,
    })
}

fn take_found(at: &mut Cursor) -> Option<SearchResult> {
    let code = at.node()?;
    Some(match (at.0.is_empty(), code.service()) {
        (false, _) => SearchResult::Area {
            code,
            end: at.node()?,
        },
        (true, _) if code == NodeCode::SYSTEM => SearchResult::End,
        (true, Some(service)) => SearchResult::Service(service),
        (true, None) => SearchResult::Other(code),
    })
}

fn put_found(out: &mut Vec<u8>, found: SearchResult) {
    match found {
        SearchResult::Service(code) => out.extend(code.value().to_le_bytes()),
        SearchResult::Area { code, end } => {
            out.extend(code.0.to_le_bytes());
            out.extend(end.0.to_le_bytes());
        }
        SearchResult::Other(code) => out.extend(code.0.to_le_bytes()),
        SearchResult::End => out.extend(NodeCode::SYSTEM.0.to_le_bytes()),
    }
}

pub(super) fn take_status(at: &mut Cursor) -> Option<Status> {
    at.array().map(|[sf1, sf2]| Status { sf1, sf2 })
}

pub(super) fn put_status(out: &mut Vec<u8>, status: Status) {
    out.extend([status.sf1, status.sf2]);
}

/// A status and, when it is 00h 00h, what it allows.
fn take_when_ok<T>(
    at: &mut Cursor,
    take: impl FnOnce(&mut Cursor) -> Option<T>,
) -> Option<(Status, Option<T>)> {
    let status = take_status(at)?;
    let told = if status == Status::OK {
        Some(take(at)?)
    } else {
        None
    };
    Some((status, told))
}

fn put_when_ok<T>(
    out: &mut Vec<u8>,
    status: Status,
    told: &Option<T>,
    put: impl FnOnce(&T, &mut Vec<u8>) -> Result<(), FrameError>,
) -> Result<(), FrameError> {
    put_status(out, status);
    match told {
        Some(told) if status == Status::OK => put(told, out),
        None if status != Status::OK => Ok(()),
        _ => Err(FrameError::Contradiction),
    }
}

/// The answer to a read: status and, when it is 00h 00h, a count and blocks.
pub(super) fn take_read(at: &mut Cursor) -> Option<(Status, Vec<Block>)> {
    let status = take_status(at)?;
    let data = if status == Status::OK {
        at.counted(|at| at.array().map(Block))?
    } else {
        Vec::new()
    };
    Some((status, data))
}

pub(super) fn put_read(
    out: &mut Vec<u8>,
    status: Status,
    data: &[Block],
) -> Result<(), FrameError> {
    put_status(out, status);
    if status == Status::OK {
        out.push(count(data.len())?);
        put_blocks(out, data);
    } else if !data.is_empty() {
        return Err(FrameError::Contradiction);
    }
    Ok(())
}

/// A status and the number of blocks that remain, which must be there exactly when it is `expected`.
pub(super) fn put_remaining(
    out: &mut Vec<u8>,
    status: Status,
    remaining: Option<u16>,
    expected: bool,
) -> Result<(), FrameError> {
    if remaining.is_some() != expected {
        return Err(FrameError::Contradiction);
    }
    put_status(out, status);
    out.extend(remaining.into_iter().flat_map(u16::to_le_bytes));
    Ok(())
}
