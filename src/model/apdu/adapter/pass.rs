//! Readers that pass a frame through as the data of one APDU.

use super::{Adapter, Wire, apdu, brought, refused};
use crate::model::apdu::StatusWord;
use crate::model::command::Frame;
use crate::model::port::LinkError;
use std::time::Duration;

/// The first four bytes of the APDU; Lc and the frame with its length byte follow.
pub struct PassThrough([u8; 4]);

impl PassThrough {
    /// ACR3x, ACM1252.
    pub const ACS: PassThrough = PassThrough([0xFF, 0x00, 0x00, 0x00]);
    pub const IDENTIV: PassThrough = PassThrough([0xFF, 0xFE, 0x00, 0x00]);
}

/// Statuses by which readers say that the card said nothing.
pub const SILENT: [StatusWord; 3] = [StatusWord::FAILED, StatusWord(0x6301), StatusWord(0x6401)];

impl Adapter for PassThrough {
    fn exchange(
        &mut self,
        frame: &Frame,
        _within: Duration,
        wire: &mut Wire,
    ) -> Result<Option<Frame>, LinkError> {
        // A frame begins with its own length, which is the Lc too.
        let bytes = frame.as_bytes();
        let reply = apdu(wire, [&self.0[..], &bytes[..1], bytes].concat())?;
        match reply.status {
            StatusWord::DONE => brought(&reply.data),
            status if SILENT.contains(&status) => Ok(None),
            status => Err(refused(status)),
        }
    }
}
