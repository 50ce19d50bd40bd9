//! The RC-S300: a transparent session (PC/SC part 3, supplement 2) through the driver's escape.
//!
//! Commands are `FF 50 00 xx` with TLVs; 00 manages the session, 02 chooses the protocol, 01 exchanges. Every
//! answer is TLVs too and ends in a status. In a session the reader looks for no card of its own accord, so a card that
//! left is silent like one that does not answer.

use super::{Adapter, Ask, Wire, refused, unreadable};
use crate::model::apdu::{Reply, StatusWord};
use crate::model::command::Frame;
use crate::model::port::LinkError;
use std::time::Duration;

/// The adapter.
#[derive(Default)]
pub struct Transparent {
    /// Whether the session was started and the field is on.
    started: bool,
}

/// How long a card needs to lose its power, and to have it before the first command.
const FIELD_OFF: Duration = Duration::from_millis(30);
const FIELD_ON: Duration = Duration::from_millis(21);

/// Objects of the supplement: what is asked for …
const START_SESSION: u8 = 0x81;
const END_SESSION: u8 = 0x82;
const TURN_FIELD_OFF: u8 = 0x83;
const TURN_FIELD_ON: u8 = 0x84;
/// … and what an answer is made of.
const STATUS: u8 = 0xC0;
const RF_STATUS: u8 = 0x96;
const RECEIVED: u8 = 0x97;

/// Switch to type F, with no further layer.
const TYPE_F: [u8; 9] = [0xFF, 0x50, 0x00, 0x02, 0x04, 0x8F, 0x02, 0x03, 0x00];
/// Transmission flags: checksums are the reader's work, parity and prologue are not FeliCa's.
const FLAGS: [u8; 4] = [0x90, 0x02, 0x00, 0x1C];

impl Adapter for Transparent {
    fn exchange(
        &mut self,
        frame: &Frame,
        within: Duration,
        wire: &mut Wire,
    ) -> Result<Option<Frame>, LinkError> {
        if !self.started {
            self.start(wire)?;
        }
        let objects = Objects::parse(&escape(wire, exchange(frame, within))?)?;
        match objects.status {
            StatusWord::DONE => {}
            // No answer arrived.
            StatusWord(0x6400 | 0x6401) => return Ok(None),
            status => return Err(refused(status)),
        }
        if objects.rf_status != 0 {
            let status = objects.rf_status;
            return Err(LinkError::Reader(format!(
                "it received with errors, {status:02X}h"
            )));
        }
        super::brought(&objects.received)
    }

    /// Whoever is on the card's field is found by Polling alone.
    fn card_id(&mut self, _wire: &mut Wire) -> Result<Vec<u8>, LinkError> {
        Err(LinkError::CannotSend(0))
    }

    /// Takes the card's power away and gives the reader back to others.
    fn close(&mut self, wire: &mut Wire) -> Result<(), LinkError> {
        if std::mem::take(&mut self.started) {
            manage(wire, TURN_FIELD_OFF)?;
            manage(wire, END_SESSION)?;
        }
        Ok(())
    }
}

impl Transparent {
    /// The field goes off and on, so that the card begins in mode 0.
    fn start(&mut self, wire: &mut Wire) -> Result<(), LinkError> {
        // One that was left open, if there is one; what the reader says to this does not matter.
        wire(&Ask::Escape(managing(END_SESSION)))?;
        manage(wire, START_SESSION)?;
        self.started = true;
        manage(wire, TURN_FIELD_OFF)?;
        wire(&Ask::Wait(FIELD_OFF))?;
        manage(wire, TURN_FIELD_ON)?;
        wire(&Ask::Wait(FIELD_ON))?;
        done(wire, [&TYPE_F[..], &[0]].concat())
    }
}

/// Sends one object without a value.
fn manage(wire: &mut Wire, object: u8) -> Result<(), LinkError> {
    done(wire, managing(object))
}

fn managing(object: u8) -> Vec<u8> {
    vec![0xFF, 0x50, 0x00, 0x00, 0x02, object, 0x00, 0x00]
}

fn done(wire: &mut Wire, command: Vec<u8>) -> Result<(), LinkError> {
    match Objects::parse(&escape(wire, command)?)?.status {
        StatusWord::DONE => Ok(()),
        status => Err(refused(status)),
    }
}

/// The objects of an answer whose outer status says that there are some.
fn escape(wire: &mut Wire, command: Vec<u8>) -> Result<Vec<u8>, LinkError> {
    let reply = Reply::parse(&wire(&Ask::Escape(command))?).ok_or_else(unreadable)?;
    match reply.status {
        StatusWord::DONE => Ok(reply.data),
        status => Err(refused(status)),
    }
}

/// Flags, the time that the card has in microseconds (little endian), and the frame, as an APDU of extended length.
fn exchange(frame: &Frame, within: Duration) -> Vec<u8> {
    let micros = u32::try_from(within.as_micros()).unwrap_or(u32::MAX);
    let length = frame.as_bytes().len() as u16;
    let mut objects = FLAGS.to_vec();
    objects.extend([0x5F, 0x46, 4]);
    objects.extend(micros.to_le_bytes());
    objects.extend([0x95, 0x82]);
    objects.extend(length.to_be_bytes());
    objects.extend(frame.as_bytes());
    let lc = (objects.len() as u16).to_be_bytes();
    [
        &[0xFF, 0x50, 0x00, 0x01, 0x00],
        &lc[..],
        &objects,
        &[0, 0, 0],
    ]
    .concat()
}

/// What an answer says.
struct Objects {
    status: StatusWord,
    /// Bits for errors on the air: checksum, collision, parity, framing.
    rf_status: u8,
    received: Vec<u8>,
}

impl Objects {
    /// Reads every object; those that say nothing here are passed over. The status must be among them.
    fn parse(mut bytes: &[u8]) -> Result<Objects, LinkError> {
        let (mut status, mut rf_status, mut received) = (None, 0, Vec::new());
        while let Some((tag, value, rest)) = object(bytes) {
            match (tag, value) {
                (STATUS, [_, high, low]) => {
                    status = Some(StatusWord(u16::from_be_bytes([*high, *low])));
                }
                (RF_STATUS, [first, ..]) => rf_status = *first,
                (RECEIVED, value) => received = value.to_vec(),
                _ => {}
            }
            bytes = rest;
        }
        match (status, bytes) {
            (Some(status), []) => Ok(Objects {
                status,
                rf_status,
                received,
            }),
            _ => Err(unreadable()),
        }
    }
}

/// The first object: tag (the last byte of a tag of two), value, and what follows. `None` at the end, or where there is none.
fn object(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = match bytes {
        // Tags of two bytes have all low bits set in the first; FFh is the maker's own.
        [0x5F | 0xFF, _, rest @ ..] => (0, rest),
        [tag, rest @ ..] => (*tag, rest),
        [] => return None,
    };
    let (length, rest) = match rest {
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [length @ 0..=0x7F, rest @ ..] => (usize::from(*length), rest),
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}
