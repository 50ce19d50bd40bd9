//! APDUs: how a PC/SC reader speaks of a card without contacts.
//!
//! PC/SC knows cards by commands of ISO 7816-4. A reader for FeliCa therefore plays a *storage card*: it answers
//! a few APDUs of class FFh itself and carries FeliCa frames inside one of them. [`Command`] is one such APDU,
//! [`Reply`] the answer; [`StorageCard`] is the reader's half, which turns the first into FeliCa frames and makes
//! the second. Pass-through is the form of the ACS readers (ACR3x, ACM1252): `FF 00 00 00 Lc frame`, the frame
//! with its length byte. Blocks are read and written as Sony's driver for the RC-S380 does it.
//!
//! The other end, a program in front of a real reader, has one [`adapter`] for each [`Family`] of readers.

pub mod adapter;
mod family;
mod storage;

pub use family::Family;
pub use storage::StorageCard;

use super::card::{Block, ServiceCode};
use super::command::Frame;
use super::hex;
use std::fmt;

/// What a reader says at power on: a storage card (RID of the PC/SC workgroup), standard 11h FeliCa, card name
/// 003Bh, and the check byte.
pub const ATR: [u8; 20] = [
    0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x11, 0x00, 0x3B, 0x00,
    0x00, 0x00, 0x00, 0x42,
];

/// Class of every command of the convention.
const CLASS: u8 = 0xFF;
/// Instructions of the convention.
const GET_DATA: u8 = 0xCA;
const PASS_THROUGH: u8 = 0x00;
const SELECT: u8 = 0xA4;
const READ: u8 = 0xB0;
const UPDATE: u8 = 0xD6;

/// The two status bytes at the end of an answer (ISO 7816-4).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const DONE: StatusWord = StatusWord(0x9000);
    /// The card said nothing, or refused.
    pub const FAILED: StatusWord = StatusWord(0x6300);
    /// A length that the command does not have.
    pub const LENGTH: StatusWord = StatusWord(0x6700);
    /// The service needs a key.
    pub const SECURITY: StatusWord = StatusWord(0x6982);
    /// No service has been selected.
    pub const NOT_SELECTED: StatusWord = StatusWord(0x6986);
    /// Data that the command does not take.
    pub const DATA: StatusWord = StatusWord(0x6A80);
    /// No such service.
    pub const NOT_FOUND: StatusWord = StatusWord(0x6A82);
    /// Parameters that the command does not have.
    pub const PARAMETERS: StatusWord = StatusWord(0x6A86);
    /// No such command in this class.
    pub const INSTRUCTION: StatusWord = StatusWord(0x6D00);
    /// No such class.
    pub const CLASS: StatusWord = StatusWord(0x6E00);
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// A command of the convention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `FF CA 00 00 Le`: the IDm.
    Idm,
    /// `FF CA 01 00 Le`: the PMm.
    Pmm,
    /// `FF A4 00 01 02 code`, the code little endian: the service of the reads and writes that follow.
    Select(ServiceCode),
    /// `FF B0 00 block Le`: a block of the selected service.
    Read(u8),
    /// `FF D6 00 block 10 data`: writes one.
    Update(u8, Block),
    /// `FF 00 00 00 Lc frame`: a FeliCa frame, its length byte included.
    PassThrough(Frame),
}

impl Command {
    /// The command that `bytes` are, or why they are none.
    pub fn parse(bytes: &[u8]) -> Result<Command, StatusWord> {
        let (head, rest) = match bytes {
            [CLASS, instruction, p1, p2, rest @ ..] => ((*instruction, *p1, *p2), rest),
            [CLASS, ..] | [] => return Err(StatusWord::LENGTH),
            _ => return Err(StatusWord::CLASS),
        };
        match head {
            (GET_DATA, 0, 0) => expect(rest, 8).map(|()| Command::Idm),
            (GET_DATA, 1, 0) => expect(rest, 8).map(|()| Command::Pmm),
            (SELECT, 0, 1) => match data(rest)? {
                [low, high] => ServiceCode::new(u16::from_le_bytes([*low, *high]))
                    .map(Command::Select)
                    .ok_or(StatusWord::NOT_FOUND),
                _ => Err(StatusWord::LENGTH),
            },
            (READ, 0, block) => expect(rest, 16).map(|()| Command::Read(block)),
            (UPDATE, 0, block) => {
                let block_data = data(rest)?.try_into().map_err(|_| StatusWord::LENGTH)?;
                Ok(Command::Update(block, Block(block_data)))
            }
            (PASS_THROUGH, 0, 0) => {
                let frame = Frame::parse(data(rest)?).map_err(|_| StatusWord::DATA)?;
                Ok(Command::PassThrough(frame))
            }
            (GET_DATA | SELECT | READ | UPDATE | PASS_THROUGH, ..) => Err(StatusWord::PARAMETERS),
            _ => Err(StatusWord::INSTRUCTION),
        }
    }

    /// The bytes of the command; at most 260.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Command::Idm => vec![CLASS, GET_DATA, 0, 0, 0],
            Command::Pmm => vec![CLASS, GET_DATA, 1, 0, 0],
            Command::Select(service) => {
                let [low, high] = service.value().to_le_bytes();
                vec![CLASS, SELECT, 0, 1, 2, low, high]
            }
            Command::Read(block) => vec![CLASS, READ, 0, *block, 0],
            Command::Update(block, data) => [&[CLASS, UPDATE, 0, *block, 16][..], &data.0].concat(),
            Command::PassThrough(frame) => {
                // A frame begins with its own length, which is the Lc too.
                let bytes = frame.as_bytes();
                [&[CLASS, PASS_THROUGH, 0, 0, bytes[0]][..], bytes].concat()
            }
        }
    }
}

/// A command without data: an Le that asks for all (00h) or for exactly what there is.
fn expect(rest: &[u8], length: u8) -> Result<(), StatusWord> {
    match rest {
        [0] => Ok(()),
        [le] if *le == length => Ok(()),
        _ => Err(StatusWord::LENGTH),
    }
}

/// The data of a command that has some: Lc, as many bytes, and perhaps an Le of 00h.
fn data(rest: &[u8]) -> Result<&[u8], StatusWord> {
    let (lc, rest) = rest.split_first().ok_or(StatusWord::LENGTH)?;
    match rest.split_at_checked(usize::from(*lc)) {
        Some((data, [] | [0])) if !data.is_empty() => Ok(data),
        _ => Err(StatusWord::LENGTH),
    }
}

/// What a command is answered with. `Debug` shows how much data there is and not which.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// At most 255 bytes.
    pub data: Vec<u8>,
    pub status: StatusWord,
}

impl Reply {
    /// Done, with that data.
    pub fn done(data: Vec<u8>) -> Reply {
        Reply {
            data,
            status: StatusWord::DONE,
        }
    }

    /// The answer that `bytes` are; `None` where the status is missing.
    pub fn parse(bytes: &[u8]) -> Option<Reply> {
        let (data, status) = bytes.split_last_chunk()?;
        Some(Reply {
            data: data.to_vec(),
            status: StatusWord(u16::from_be_bytes(*status)),
        })
    }

    /// The bytes of the answer: data, then status.
    pub fn encode(&self) -> Vec<u8> {
        [&self.data[..], &self.status.0.to_be_bytes()].concat()
    }
}

impl From<StatusWord> for Reply {
    fn from(status: StatusWord) -> Reply {
        Reply {
            data: Vec::new(),
            status,
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = hex::plain(&self.status.0.to_be_bytes());
        write!(f, "Reply({} bytes, {status})", self.data.len())
    }
}
