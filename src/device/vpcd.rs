//! Puts a card on a virtual PC/SC reader: Debian's `vsmartcard-vpcd`, a driver that pcscd loads.
//!
//! The driver listens, the card connects. A message is its length in two bytes, big endian, and as many bytes.
//! One byte is an order: power off, power on, reset, or give the ATR; of these only the last is answered. All
//! else is an APDU, which is answered by one. What the APDUs mean is [`apdu`](crate::model::apdu)'s.
//!
//! The driver sends the length and the rest of a message by themselves, and its system holds the second back
//! until the first is acknowledged. Ours therefore acknowledges at once: a delayed acknowledgement costs every
//! command some 40 ms.
//!
//! A command passes a program, the service, its driver and the card, and waking each of them takes longer than the
//! command does. So for a moment after an answer the card looks for the next command without falling asleep; one
//! that is left alone sleeps.

use super::udp::Present;
use crate::model::apdu::{ATR, StorageCard};
use crate::model::command::Frame;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How often the order to stop is looked at while nothing arrives.
const STOP_CHECK: Duration = Duration::from_millis(50);
/// How long the card stays awake after it last sent or received something: some times what a program needs for its
/// next command, and too little to be felt by anyone.
const AWAKE: Duration = Duration::from_micros(200);
/// How long a reader may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long a reader may take to ask for the card's first word. The service looks for cards every 0.4 s.
const NOTICE_LIMIT: Duration = Duration::from_secs(3);
/// How long the driver may take to take an answer.
const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// The driver's orders.
const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const GIVE_ATR: u8 = 4;

/// The card's end of the connection to a virtual reader.
pub struct VpcdCard {
    stream: TcpStream,
    awake_until: Instant,
}

impl VpcdCard {
    /// Connects to the driver. Each of its slots has a port of its own and takes one card at a time.
    pub fn connect(reader: impl ToSocketAddrs) -> io::Result<VpcdCard> {
        let stream = TcpStream::connect(reader)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STOP_CHECK))?;
        stream.set_write_timeout(Some(WRITE_LIMIT))?;
        Ok(VpcdCard {
            stream,
            awake_until: Instant::now(),
        })
    }

    /// The same, until `stop` is set: then there is no connection. A reader's port that never accepts, and a name that
    /// nobody resolves, are waited for on a thread that is left behind.
    pub fn connect_until(
        (host, port): (&str, u16),
        stop: &AtomicBool,
    ) -> io::Result<Option<VpcdCard>> {
        let (tell, told) = mpsc::channel();
        let place = (host.to_owned(), port);
        thread::spawn(move || tell.send(VpcdCard::connect((&*place.0, place.1))));
        let started = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            match told.recv_timeout(STOP_CHECK) {
                Ok(connected) => return connected.map(Some),
                Err(_) if started.elapsed() < CONNECT_LIMIT => {}
                Err(_) => return Err(ErrorKind::TimedOut.into()),
            }
        }
        Ok(None)
    }

    /// Waits until the reader asks for something, which it does as soon as it has noticed the card. One that another card
    /// lies on lets the connection wait, and says nothing. `false` once `stop` is set.
    ///
    /// # Errors
    /// [`ErrorKind::ResourceBusy`] when nothing was asked for in time.
    pub fn is_noticed(&self, stop: &AtomicBool) -> io::Result<bool> {
        let started = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            match self.stream.peek(&mut [0]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => return Ok(true),
                Err(e) if !passes(e.kind()) => return Err(e),
                Err(_) if started.elapsed() < NOTICE_LIMIT => {}
                Err(_) => return Err(ErrorKind::ResourceBusy.into()),
            }
        }
        Ok(false)
    }

    /// Where the reader is.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    /// Lets `card` lie on the reader until `stop` is set, which is seen within a tenth of a second. It comes
    /// without power from before and is out of the field at the end. Fails when the reader goes away.
    pub fn serve(&mut self, card: &mut dyn Present, stop: &AtomicBool) -> io::Result<()> {
        card.field_off();
        let served = self.answer_messages(card, stop);
        card.field_off();
        served
    }

    fn answer_messages(&mut self, card: &mut dyn Present, stop: &AtomicBool) -> io::Result<()> {
        let mut storage = StorageCard::default();
        while let Some(message) = self.message(card, stop)? {
            match message[..] {
                [] | [POWER_ON] => {}
                [POWER_OFF | RESET] => {
                    storage.field_off();
                    card.field_off();
                }
                [GIVE_ATR] => self.send(&ATR)?,
                _ => {
                    let reply = storage.answer(&message, &mut |frame| {
                        Frame::parse(&card.answer(frame.as_bytes())?).ok()
                    });
                    self.send(&reply.encode())?;
                }
            }
        }
        Ok(())
    }

    /// The next message; `None` once `stop` is set.
    fn message(
        &mut self,
        card: &mut dyn Present,
        stop: &AtomicBool,
    ) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 2];
        if !self.fill(&mut length, card, stop)? {
            return Ok(None);
        }
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        Ok(self.fill(&mut message, card, stop)?.then_some(message))
    }

    /// Reads until `bytes` is full; false once `stop` is set.
    fn fill(
        &mut self,
        bytes: &mut [u8],
        card: &mut dyn Present,
        stop: &AtomicBool,
    ) -> io::Result<bool> {
        let mut filled = 0;
        while filled < bytes.len() {
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            acknowledge_at_once(&self.stream)?;
            match self.read(&mut bytes[filled..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(more) => {
                    filled += more;
                    self.stay_awake();
                }
                Err(e) if passes(e.kind()) => card.quiet(),
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }

    /// What has arrived, or arrives before the order to stop is due to be looked at.
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while Instant::now() < self.awake_until {
            match read_arrived(&self.stream, bytes) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                read => return read,
            }
        }
        self.stream.read(bytes)
    }

    fn stay_awake(&mut self) {
        self.awake_until = Instant::now() + AWAKE;
    }

    /// Sends one message, in one piece.
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let length = u16::try_from(message.len()).map_err(|_| ErrorKind::InvalidInput)?;
        self.stream
            .write_all(&[&length.to_be_bytes(), message].concat())?;
        self.stay_awake();
        Ok(())
    }
}

/// Whether a read only says that nothing has come yet.
fn passes(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// Linux forgets this after a while, so it is said before every read. Other systems have no such word.
#[cfg(target_os = "linux")]
fn acknowledge_at_once(stream: &TcpStream) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_tcp_quickack(stream, true)?)
}

/// Reads without waiting. Other systems sleep at once.
#[cfg(target_os = "linux")]
fn read_arrived(stream: &TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
    let (read, _) = rustix::net::recv(stream, bytes, rustix::net::RecvFlags::DONTWAIT)?;
    Ok(read)
}

#[cfg(not(target_os = "linux"))]
fn read_arrived(mut stream: &TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
    stream.read(bytes)
}

#[cfg(not(target_os = "linux"))]
fn acknowledge_at_once(_: &TcpStream) -> io::Result<()> {
    Ok(())
}
