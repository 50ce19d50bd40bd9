//! What a reader sends.

use super::{BlockElement, Frame, FrameError, SecureFrame, code, names};
use super::bytes::{Cursor, put_block_list, put_codes, put_counted_codes};
use crate::model::card::{Block, Idm, NodeCode, SystemCode};

/// Nodes in one Request Service.
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
    Polling { system_code: SystemCode, request: PollingRequest, time_slots: TimeSlots },
    /// 02h: key versions of 1 to 32 nodes.
    RequestService { idm: Idm, nodes: Vec<NodeCode> },
    /// 04h: the card's mode.
    RequestResponse { idm: Idm },
    /// 06h: blocks of services that need no authentication; 1 to 16 services.
    ReadPlain { idm: Idm, services: Vec<NodeCode>, blocks: Vec<BlockElement> },
    /// 08h: as 06h, with a block of data for each element.
    WritePlain { idm: Idm, services: Vec<NodeCode>, blocks: Vec<BlockElement>, data: Vec<Block> },
    /// 0Ah: the node at `index` in order of code, area 0 being 0.
    SearchServiceCode { idm: Idm, index: u16 },
    /// 0Ch: the systems of the card.
    RequestSystemCode { idm: Idm },
    /// 10h: opens an authentication for at least one area and at least one service.
    Authentication1 { idm: Idm, areas: Vec<NodeCode>, services: Vec<NodeCode>, c1a: [u8; 8] },
    /// 12h: ends it.
    Authentication2 { idm: Idm, c2b: [u8; 8] },
    /// 88h outside a session, in this project's layout: the sealed division package Pj (seed 000, ST63) and
    /// INF_1, which the card keeps for ST68. The seal is its authority.
    SeparateSystem { idm: Idm, pj: [u8; 48], inf_1: [u8; 24] },
    /// 14h, 16h, 80h, 82h, 84h, 88h and 8Eh inside a session.
    Secure(SecureFrame),
}
