//! The ACR122: its APDU carries a command of the PN532 chip inside, which carries the frame.
//!
//! `FF 00 00 00 Lc D4 40 01 frame` is InDataExchange with target 1, the card that the reader found;
//! `D5 41 status frame` is the answer.

use super::pass::SILENT;
use super::{Adapter, Wire, apdu, brought, refused, unreadable};
use crate::model::apdu::StatusWord;
use crate::model::command::Frame;
use crate::model::port::LinkError;
use std::time::Duration;

/// The adapter; it keeps nothing.
pub struct Acr122;

/// InDataExchange, target 1.
const COMMAND: [u8; 3] = [0xD4, 0x40, 0x01];
/// Lc is one byte, so this much of it is left for the frame.
const LONGEST: usize = 255 - COMMAND.len();
/// Bits of the chip's status that name an error; the two above them say how the answer goes on.
const ERROR: u8 = 0x3F;

impl Adapter for Acr122 {
    fn exchange(
        &mut self,
        frame: &Frame,
        _within: Duration,
        wire: &mut Wire,
    ) -> Result<Option<Frame>, LinkError> {
        let bytes = frame.as_bytes();
        if bytes.len() > LONGEST {
            return Err(LinkError::CannotSend(frame.code()));
        }
        let lc = (COMMAND.len() + bytes.len()) as u8;
        let reply = apdu(
            wire,
            [&[0xFF, 0x00, 0x00, 0x00, lc], &COMMAND[..], bytes].concat(),
        )?;
        match reply.status {
            StatusWord::DONE => {}
            status if SILENT.contains(&status) => return Ok(None),
            status => return Err(refused(status)),
        }
        let [0xD5, 0x41, status, answer @ ..] = &reply.data[..] else {
            return Err(unreadable());
        };
        match status & ERROR {
            0x00 => brought(answer),
            // The time was over.
            0x01 => Ok(None),
            // The target was released, exchanged for another, or has disappeared.
            0x29..=0x2B => Err(LinkError::CardGone),
            error => Err(LinkError::Reader(format!("its chip says {error:02X}h"))),
        }
    }
}
