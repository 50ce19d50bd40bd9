//! What a card answers.

use super::bytes::Cursor;
use super::{Frame, FrameError, SecureFrame, Status, code};
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
    Polling { idm: Idm, pmm: Pmm, data: Option<[u8; 2]> },
    /// 03h: key versions in the order asked, FFFFh where there is no such node.
    RequestService { idm: Idm, versions: Vec<KeyVersion> },
    /// 05h: mode 0 to 3.
    RequestResponse { idm: Idm, mode: u8 },
    /// 07h. `data` is empty unless the status is 00h 00h.
    ReadPlain { idm: Idm, status: Status, data: Vec<Block> },
    /// 09h.
    WritePlain { idm: Idm, status: Status },
    /// 0Bh.
    SearchServiceCode { idm: Idm, found: SearchResult },
    /// 0Dh: from system 0 on.
    RequestSystemCode { idm: Idm, codes: Vec<SystemCode> },
    /// 11h.
    Authentication1 { idm: Idm, c1b: [u8; 8], c2a: [u8; 8] },
    /// 13h: enciphered, without IDm; see [`Authentication2Payload`](super::Authentication2Payload).
    Authentication2(SecureFrame),
    /// 89h outside a session. `remaining`, the blocks that the parent still has, is there exactly when the
    /// status says done.
    SeparateSystem { idm: Idm, status: Status, remaining: Option<u16> },
    /// The answer to a command inside a session.
    Secure(SecureFrame),
}
