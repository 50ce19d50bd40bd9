//! What stands inside the enciphered frames of a session, behind transaction number and transaction ID.
//!
//! Payloads are padded to 8 bytes together with those, so a payload is decoded from the front and may be
//! followed by up to 8 bytes of padding, whose value nobody looks at.

use super::bytes::{Cursor, put_block_list};
use super::{BlockElement, FrameError, Status, code};
use crate::model::card::{Block, Idi, NodeCode, Pmi};

/// A sealed registration package: 16 bytes and their MAC, enciphered.
pub type SealedPackage = [u8; 24];

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
    /// 14h.
    Read { blocks: Vec<BlockElement> },
    /// 16h: a block of data for each element. A key change is a write too.
    Write { blocks: Vec<BlockElement>, data: Vec<Block> },
    /// 80h: IDs, system code and area 0's key of the first issuance.
    RegisterIssueId { idi: Idi, pmi: Pmi, package: SealedPackage },
    /// 82h: a new area; `code` stands in the package once more.
    RegisterArea { code: NodeCode, package: SealedPackage },
    /// 84h: a new service; `code` stands in the package once more.
    RegisterService { code: NodeCode, package: SealedPackage },
    /// 88h.
    SeparateSystem(SeparatePhase),
    /// 8Eh: commits what the session prepared.
    ChangeSystemBlock,
}

/// The payload of an answer inside a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecureResponse {
    /// To 14h. `data` is empty unless the status is 00h 00h.
    Read { status: Status, data: Vec<Block> },
    /// To all others. `remaining`, in blocks, is there exactly when the command was 80h or 84h and the status
    /// says done.
    Status { status: Status, remaining: Option<u16> },
}

/// The payload of the answer to Authentication2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Authentication2Payload {
    pub idi: Idi,
    pub pmi: Pmi,
}
