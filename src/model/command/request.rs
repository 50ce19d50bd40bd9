//! What a reader sends.

use super::bytes::{Cursor, put_blocks, put_nodes};
use super::element::put_elements;
use super::{BlockElement, Frame, FrameError, SecureFrame, SecureFrameV2, code, command_name};
use crate::model::card::{Block, Idm, NodeCode, SystemCode};

/// Nodes in one Request Service or Authentication1 v2.
pub const MAX_NODES: usize = 32;
/// Services in one plain read or write. A longer list is sent and gets status A1h.
pub const MAX_SERVICES: usize = 16;

/// What Polling asks for beside IDm and PMm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PollingRequest {
    /// Nothing.
    None = 0,
    /// The code of the system that answers.
    SystemCode = 1,
    /// Which speeds the card takes (bit 0: 212 kbit/s, bit 1: 424 kbit/s, bit 7: automatic).
    Performance = 2,
}

/// In how many time slots cards may answer a Polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TimeSlots {
    One = 0x00,
    Two = 0x01,
    Four = 0x03,
    Eight = 0x07,
    Sixteen = 0x0F,
}

/// A command.
///
/// Lists of plain reads and writes may have any length that fits the frame: a card answers a wrong length
/// with status A1h or A2h, so it has to see it. Every other list is held to its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// 00h: is a card of this system there?
    Polling {
        system_code: SystemCode,
        request: PollingRequest,
        time_slots: TimeSlots,
    },
    /// 02h: key versions of 1 to 32 nodes.
    RequestService { idm: Idm, nodes: Vec<NodeCode> },
    /// 04h: the card's mode.
    RequestResponse { idm: Idm },
    /// 06h: blocks of services that need no authentication; 1 to 16 services.
    ReadPlain {
        idm: Idm,
        services: Vec<NodeCode>,
        blocks: Vec<BlockElement>,
    },
    /// 08h: as 06h, with a block of data for each element.
    WritePlain {
        idm: Idm,
        services: Vec<NodeCode>,
        blocks: Vec<BlockElement>,
        data: Vec<Block>,
    },
    /// 0Ah: the node at `index` in order of code, area 0 being 0.
    SearchServiceCode { idm: Idm, index: u16 },
    /// 0Ch: the systems of the card.
    RequestSystemCode { idm: Idm },
    /// 0Eh: blocks of 1 to 32 nodes.
    RequestBlockInformation { idm: Idm, nodes: Vec<NodeCode> },
    /// 32h: key versions of 1 to 32 nodes, of every cipher. A longer list is sent and gets status A1h.
    RequestServiceV2 { idm: Idm, nodes: Vec<NodeCode> },
    /// 38h: the state of the system.
    GetSystemStatus { idm: Idm },
    /// 3Ch: which version of its specification the card follows.
    RequestSpecificationVersion { idm: Idm },
    /// 3Eh: back to mode 0.
    ResetMode { idm: Idm },
    /// 10h: opens an authentication for at least one area and at least one service.
    Authentication1 {
        idm: Idm,
        areas: Vec<NodeCode>,
        services: Vec<NodeCode>,
        c1a: [u8; 8],
    },
    /// 12h: ends it.
    Authentication2 { idm: Idm, c2b: [u8; 8] },
    /// 88h outside a session, in this project's layout: the sealed division package Pj (seed 000, ST63) and
    /// INF_1, which the card keeps for ST68. The seal is its authority.
    SeparateSystem {
        idm: Idm,
        pj: [u8; 48],
        inf_1: [u8; 24],
    },
    /// 40h: opens an authentication of the AES generation for 1 to 32 nodes, areas and services in one list.
    Authentication1V2 {
        idm: Idm,
        /// What it is for is not public; 00h.
        parameter: u8,
        nodes: Vec<NodeCode>,
        c1a: [u8; 16],
    },
    /// 42h: ends it.
    Authentication2V2 { idm: Idm, c2b: [u8; 16] },
    /// 14h, 16h, 80h, 82h, 84h, 88h and 8Eh inside a session of DES.
    Secure(SecureFrame),
    /// 44h, 46h, 8Ah and 8Ch inside a session of AES.
    SecureV2(SecureFrameV2),
}

impl PollingRequest {
    fn from_byte(byte: u8) -> Option<PollingRequest> {
        [Self::None, Self::SystemCode, Self::Performance]
            .into_iter()
            .find(|r| *r as u8 == byte)
    }
}

impl TimeSlots {
    fn from_byte(byte: u8) -> Option<TimeSlots> {
        [Self::One, Self::Two, Self::Four, Self::Eight, Self::Sixteen]
            .into_iter()
            .find(|t| *t as u8 == byte)
    }
}

impl Request {
    /// The command code.
    pub fn code(&self) -> u8 {
        match self {
            Request::Polling { .. } => code::POLLING,
            Request::RequestService { .. } => code::REQUEST_SERVICE,
            Request::RequestResponse { .. } => code::REQUEST_RESPONSE,
            Request::ReadPlain { .. } => code::READ_PLAIN,
            Request::WritePlain { .. } => code::WRITE_PLAIN,
            Request::SearchServiceCode { .. } => code::SEARCH_SERVICE_CODE,
            Request::RequestSystemCode { .. } => code::REQUEST_SYSTEM_CODE,
            Request::RequestBlockInformation { .. } => code::REQUEST_BLOCK_INFORMATION,
            Request::RequestServiceV2 { .. } => code::REQUEST_SERVICE_V2,
            Request::GetSystemStatus { .. } => code::GET_SYSTEM_STATUS,
            Request::RequestSpecificationVersion { .. } => code::REQUEST_SPECIFICATION_VERSION,
            Request::ResetMode { .. } => code::RESET_MODE,
            Request::Authentication1 { .. } => code::AUTHENTICATION1,
            Request::Authentication2 { .. } => code::AUTHENTICATION2,
            Request::SeparateSystem { .. } => code::SEPARATE_SYSTEM,
            Request::Authentication1V2 { .. } => code::AUTHENTICATION1_V2,
            Request::Authentication2V2 { .. } => code::AUTHENTICATION2_V2,
            Request::Secure(frame) => frame.code(),
            Request::SecureV2(frame) => frame.code(),
        }
    }

    /// The command's standard name.
    pub fn name(&self) -> &'static str {
        // Every code above has a name; only a Secure of a response code, which cannot be encoded, has none.
        command_name(self.code()).unwrap_or_default()
    }

    /// Whom it is for; `None` for Polling and inside a session.
    pub fn idm(&self) -> Option<Idm> {
        match self {
            Request::Polling { .. } | Request::Secure(_) | Request::SecureV2(_) => None,
            Request::RequestService { idm, .. }
            | Request::RequestResponse { idm }
            | Request::ReadPlain { idm, .. }
            | Request::WritePlain { idm, .. }
            | Request::SearchServiceCode { idm, .. }
            | Request::RequestSystemCode { idm }
            | Request::RequestBlockInformation { idm, .. }
            | Request::RequestServiceV2 { idm, .. }
            | Request::GetSystemStatus { idm }
            | Request::RequestSpecificationVersion { idm }
            | Request::ResetMode { idm }
            | Request::Authentication1 { idm, .. }
            | Request::Authentication2 { idm, .. }
            | Request::Authentication1V2 { idm, .. }
            | Request::Authentication2V2 { idm, .. }
            | Request::SeparateSystem { idm, .. } => Some(*idm),
        }
    }

    /// The command that `frame` is. `None` where a card stays silent: the code is unknown, a field is missing,
    /// left over or out of its range.
    pub fn decode(frame: &Frame) -> Option<Request> {
        let command = frame.code();
        let body = frame.body();
        if command == code::SEPARATE_SYSTEM && body.len() == SEPARATE_SYSTEM_BODY {
            return decode_separate_system(Cursor(body));
        }
        if code::is_secure(command) {
            return SecureFrame::new(command, body.to_vec())
                .ok()
                .map(Request::Secure);
        }
        if code::is_secure_v2(command) {
            return SecureFrameV2::new(command, body.to_vec())
                .ok()
                .map(Request::SecureV2);
        }
        let mut at = Cursor(body);
        if command == code::POLLING {
            let system_code = SystemCode(at.u16_be()?);
            let request = PollingRequest::from_byte(at.byte()?)?;
            let time_slots = TimeSlots::from_byte(at.byte()?)?;
            return at.end(Request::Polling {
                system_code,
                request,
                time_slots,
            });
        }
        let request = decode_addressed(command, &mut at)?;
        at.end(request)
    }

    /// The frame of this command.
    ///
    /// # Errors
    /// A list out of its bounds, a service index over 15, data that does not match its block list, a frame of
    /// more than 255 bytes, or a [`Request::Secure`] of a code that is no command.
    pub fn encode(&self) -> Result<Frame, FrameError> {
        let mut body = Frame::start(self.code());
        if let Some(idm) = self.idm() {
            body.extend(idm.0);
        }
        match self {
            Request::Polling {
                system_code,
                request,
                time_slots,
            } => {
                body.extend(system_code.0.to_be_bytes());
                body.extend([*request as u8, *time_slots as u8]);
            }
            Request::RequestService { nodes, .. }
            | Request::RequestBlockInformation { nodes, .. } => put_few_nodes(&mut body, nodes)?,
            Request::RequestServiceV2 { nodes, .. } => put_nodes(&mut body, nodes)?,
            Request::RequestResponse { .. } | Request::RequestSystemCode { .. } => {}
            Request::GetSystemStatus { .. }
            | Request::RequestSpecificationVersion { .. }
            | Request::ResetMode { .. } => body.extend(RESERVED),
            Request::ReadPlain {
                services, blocks, ..
            } => {
                put_nodes(&mut body, services)?;
                put_elements(&mut body, blocks)?;
            }
            Request::WritePlain {
                services,
                blocks,
                data,
                ..
            } => {
                if blocks.len() != data.len() {
                    return Err(FrameError::Contradiction);
                }
                put_nodes(&mut body, services)?;
                put_elements(&mut body, blocks)?;
                put_blocks(&mut body, data);
            }
            Request::SearchServiceCode { index, .. } => body.extend(index.to_le_bytes()),
            Request::Authentication1 {
                areas,
                services,
                c1a,
                ..
            } => {
                if areas.is_empty() || services.is_empty() {
                    return Err(FrameError::Count(0));
                }
                put_nodes(&mut body, areas)?;
                put_nodes(&mut body, services)?;
                body.extend(c1a);
            }
            Request::Authentication2 { c2b, .. } => body.extend(c2b),
            Request::SeparateSystem { pj, inf_1, .. } => {
                body.extend(pj);
                body.extend(inf_1);
            }
            Request::Authentication1V2 {
                parameter,
                nodes,
                c1a,
                ..
            } => {
                body.push(*parameter);
                put_few_nodes(&mut body, nodes)?;
                body.extend(c1a);
            }
            Request::Authentication2V2 { c2b, .. } => body.extend(c2b),
            Request::Secure(frame) if frame.is_response() => {
                return Err(FrameError::Code(frame.code()));
            }
            Request::Secure(frame) => body.extend(frame.body()),
            Request::SecureV2(frame) if frame.is_response() => {
                return Err(FrameError::Code(frame.code()));
            }
            Request::SecureV2(frame) => body.extend(frame.body()),
        }
        Frame::finish(body)
    }
}

/// What follows the IDm in commands that ask for no more.
const RESERVED: [u8; 2] = [0; 2];

/// Bytes after the code in Separate System outside a session: IDm, Pj, INF_1. The enciphered form is shorter.
const SEPARATE_SYSTEM_BODY: usize = 8 + 48 + 24;

fn decode_separate_system(mut at: Cursor) -> Option<Request> {
    let request = Request::SeparateSystem {
        idm: at.idm()?,
        pj: at.array()?,
        inf_1: at.array()?,
    };
    at.end(request)
}

/// The commands that carry an IDm, but for Separate System.
fn decode_addressed(command: u8, at: &mut Cursor) -> Option<Request> {
    let idm = at.idm()?;
    Some(match command {
        code::REQUEST_SERVICE => Request::RequestService {
            idm,
            nodes: take_nodes(at)?,
        },
        code::REQUEST_BLOCK_INFORMATION => Request::RequestBlockInformation {
            idm,
            nodes: take_nodes(at)?,
        },
        code::REQUEST_SERVICE_V2 => Request::RequestServiceV2 {
            idm,
            nodes: at.counted(Cursor::node)?,
        },
        code::GET_SYSTEM_STATUS => reserved(at, Request::GetSystemStatus { idm })?,
        code::REQUEST_SPECIFICATION_VERSION => {
            reserved(at, Request::RequestSpecificationVersion { idm })?
        }
        code::RESET_MODE => reserved(at, Request::ResetMode { idm })?,
        code::REQUEST_RESPONSE => Request::RequestResponse { idm },
        code::READ_PLAIN => {
            let services = at.counted(Cursor::node)?;
            let blocks = at.counted(BlockElement::take)?;
            Request::ReadPlain {
                idm,
                services,
                blocks,
            }
        }
        code::WRITE_PLAIN => {
            let services = at.counted(Cursor::node)?;
            let blocks = at.counted(BlockElement::take)?;
            let data = at.blocks(blocks.len())?;
            Request::WritePlain {
                idm,
                services,
                blocks,
                data,
            }
        }
        code::SEARCH_SERVICE_CODE => Request::SearchServiceCode {
            idm,
            index: at.u16_le()?,
        },
        code::REQUEST_SYSTEM_CODE => Request::RequestSystemCode { idm },
        code::AUTHENTICATION1 => {
            let areas = at.counted(Cursor::node)?;
            let services = at.counted(Cursor::node)?;
            if areas.is_empty() || services.is_empty() {
                return None;
            }
            Request::Authentication1 {
                idm,
                areas,
                services,
                c1a: at.array()?,
            }
        }
        code::AUTHENTICATION2 => Request::Authentication2 {
            idm,
            c2b: at.array()?,
        },
        code::AUTHENTICATION1_V2 => Request::Authentication1V2 {
            idm,
            parameter: at.byte()?,
            nodes: take_nodes(at)?,
            c1a: at.array()?,
        },
        code::AUTHENTICATION2_V2 => Request::Authentication2V2 {
            idm,
            c2b: at.array()?,
        },
        _ => return None,
    })
}

/// A list of 1 to 32 nodes.
fn take_nodes(at: &mut Cursor) -> Option<Vec<NodeCode>> {
    let nodes = at.counted(Cursor::node)?;
    (1..=MAX_NODES).contains(&nodes.len()).then_some(nodes)
}

/// The inverse of [`take_nodes`].
fn put_few_nodes(out: &mut Vec<u8>, nodes: &[NodeCode]) -> Result<(), FrameError> {
    if !(1..=MAX_NODES).contains(&nodes.len()) {
        return Err(FrameError::Count(nodes.len()));
    }
    put_nodes(out, nodes)
}

/// `request`, if the reserved bytes follow.
fn reserved(at: &mut Cursor, request: Request) -> Option<Request> {
    (at.array()? == RESERVED).then_some(request)
}
