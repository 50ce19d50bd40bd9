//! Presents a card to other software on nfcpy's UDP link.
//!
//! A datagram is ASCII, `"<bit rate and type> <hexadecimal>"`: `212F 0600FFFF0100`. The hexadecimal is one
//! frame with its length byte and without CRC; the answer goes back to the sender under the same bit rate.
//! A card that stays silent sends nothing. `RFOFF` says that the reader's field went off. A reader that looks
//! for other cards polls at 106A and 106B too; a FeliCa card hears neither. (nfcpy 1.0.4, `nfc/clf/udp.py`.)

use super::emulated::EmulatedCard;
use crate::model::command::Frame;
use crate::model::hex;
use crate::model::port::CardLink;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the order to stop is looked at while nothing arrives.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// Bytes of the longest datagram that can hold a frame: bit rate, blank, and 255 bytes in hexadecimal. A
/// longer one is cut by the buffer and then is not a frame.
const DATAGRAM_BYTES: usize = 4 + 1 + 2 * 255;

/// The card's side of the link.
pub trait Present {
    /// Takes a frame, length byte first, and answers with one, or stays silent.
    fn answer(&mut self, frame: &[u8]) -> Option<Vec<u8>>;
    /// The field went off: the card loses its power.
    fn field_off(&mut self);
    /// Nothing has come for some 50 ms, nor since this was last said.
    fn quiet(&mut self) {}
}

impl Present for EmulatedCard {
    /// A card that has just lost its power is as silent as one that does not take the frame.
    fn answer(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let frame = Frame::parse(frame).ok()?;
        let answer = self.transceive(&frame).ok()??;
        Some(answer.into_bytes())
    }

    fn field_off(&mut self) {
        CardLink::field_off(self);
    }
}

/// A bound socket that a reader finds the card at.
pub struct UdpServer {
    socket: UdpSocket,
}

impl UdpServer {
    /// Binds `address`; port 0 takes any free port.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<UdpServer> {
        let socket = UdpSocket::bind(address)?;
        socket.set_read_timeout(Some(STOP_CHECK))?;
        Ok(UdpServer { socket })
    }

    /// Where the card is found.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Presents `card` until `stop` is set, which is seen within a tenth of a second. The card comes into the
    /// field without power from before and is out of it at the end. Datagrams that are not a frame are
    /// ignored, as noise is.
    pub fn serve(&mut self, card: &mut dyn Present, stop: &AtomicBool) -> io::Result<()> {
        card.field_off();
        // One byte more than a frame needs, to tell a datagram that was cut.
        let mut datagram = [0; DATAGRAM_BYTES + 1];
        while !stop.load(Ordering::Relaxed) {
            let (length, sender) = match self.socket.recv_from(&mut datagram) {
                Ok(received) => received,
                Err(e) if passes(e.kind()) => {
                    card.quiet();
                    continue;
                }
                Err(e) => {
                    card.field_off();
                    return Err(e);
                }
            };
            match read(&datagram[..length]) {
                Some(Heard::Frame { rate, frame }) => {
                    if let Some(answer) = card.answer(&frame) {
                        let answer = format!("{rate} {}", hex::plain(&answer));
                        // An answer that does not arrive is lost, as it would be in the air: the reader
                        // sees silence. A sender that cannot be answered must not end the service.
                        let _ = self.socket.send_to(answer.as_bytes(), sender);
                    }
                }
                Some(Heard::FieldOff) => card.field_off(),
                None => {}
            }
        }
        card.field_off();
        Ok(())
    }
}

/// Whether an error on receiving says nothing about the socket itself: nothing arrived in time, or an
/// earlier answer found nobody (which some systems report on the next call).
fn passes(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::Interrupted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
    )
}

enum Heard<'a> {
    Frame { rate: &'a str, frame: Vec<u8> },
    FieldOff,
}

/// What a datagram says to a FeliCa card; `None` for noise and for other kinds of card.
fn read(datagram: &[u8]) -> Option<Heard<'_>> {
    let text = std::str::from_utf8(datagram).ok()?;
    if text.starts_with("RFOFF") {
        return Some(Heard::FieldOff);
    }
    let (rate, digits) = text.trim_end().split_once(' ')?;
    let frame = hex::parse(digits)?;
    let whole = frame
        .first()
        .is_some_and(|length| usize::from(*length) == frame.len());
    (matches!(rate, "212F" | "424F") && whole).then_some(Heard::Frame { rate, frame })
}
