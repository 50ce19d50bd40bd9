//! A card on a real reader, as a [`CardLink`].
//!
//! Frames are carried by the [`adapter`](crate::model::apdu::adapter) of the reader's family. Every call of the
//! PC/SC service may block for as long as the service likes, so a [`Guard`] makes them, and the link waits no
//! longer than the card may take by its PMm and the way there and back needs.

pub use super::port::Port;

use super::port::PcscPort;
use crate::device::emulated::fresh_touch;
use crate::device::guard::{Guard, LEFT_BEHIND, LeftBehind, Overrun};
use crate::device::readers::ReaderLink;
use crate::model::apdu::Family;
use crate::model::apdu::adapter::{Adapter, Ask};
use crate::model::card::Pmm;
use crate::model::command::{Frame, Response, code, response_time};
use crate::model::port::{CardLink, LinkError, Touch};
use std::time::Duration;

/// How long a link waits for the reader, beside what the card may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Connecting a card, which may start the reader.
    pub connect: Duration,
    /// The way to the card and back.
    pub transport: Duration,
    /// A card whose PMm is not known yet.
    pub card: Duration,
}

impl Default for Allowance {
    /// 5 s, 2 s, and 2 s.
    fn default() -> Allowance {
        Allowance {
            connect: Duration::from_secs(5),
            transport: Duration::from_secs(2),
            card: Duration::from_secs(2),
        }
    }
}

/// The way to whatever card lies on one reader.
///
/// While a card is connected no other program can use it.
pub struct PcscLink {
    family: Family,
    allowance: Allowance,
    /// `None` once its thread ended.
    guard: Option<Guard<Order, Outcome>>,
    /// Why there is no guard.
    unguarded: Overrun,
    /// A card is connected, as far as is known here.
    connected: bool,
    /// What came of the last call is not known: connect anew before the next.
    afresh: bool,
    /// Of the card that was last polled.
    pmm: Option<Pmm>,
    touch: Touch,
}

struct Order {
    what: What,
    /// End what is connected first.
    afresh: bool,
}

enum What {
    Exchange { frame: Frame, within: Duration },
    CardId,
    Off,
}

enum Got {
    Answer(Option<Frame>),
    Id(Vec<u8>),
}

type Outcome = Result<Got, LinkError>;

impl PcscLink {
    /// A link to the reader of that name, as [`readers`](super::readers()) gives it; its family is what its name
    /// says. The card is connected with the first frame, and anew after each time it was gone.
    pub fn new(reader: &str) -> Result<PcscLink, LinkError> {
        PcscLink::of_family(reader, Family::of(reader))
    }

    /// A link to a reader that is taken to be of that family.
    pub fn of_family(reader: &str, family: Family) -> Result<PcscLink, LinkError> {
        let port = PcscPort::new(reader)?;
        let allowance = Allowance::default();
        Ok(PcscLink::over(port, family, allowance, &LEFT_BEHIND))
    }

    /// A link over any port. If that hangs, its thread is counted in `left`.
    pub fn over(
        port: impl Port + 'static,
        family: Family,
        allowance: Allowance,
        left: &'static LeftBehind,
    ) -> PcscLink {
        let mut connection = Connection {
            port: Box::new(port),
            family,
            adapter: None,
        };
        let guard = Guard::start(left, move |order| connection.serve(order));
        PcscLink {
            family,
            allowance,
            unguarded: *guard.as_ref().err().unwrap_or(&Overrun::Ended),
            guard: guard.ok(),
            connected: false,
            afresh: false,
            pmm: None,
            touch: fresh_touch(),
        }
    }

    /// The family that the reader is taken to be of.
    pub fn family(&self) -> Family {
        self.family
    }

    fn call(&mut self, what: What, card: Duration) -> Outcome {
        let Some(guard) = &mut self.guard else {
            return Err(overrun(self.unguarded));
        };
        let connect = if self.connected {
            Duration::ZERO
        } else {
            self.allowance.connect
        };
        let afresh = self.afresh;
        let within = connect + self.allowance.transport + card;
        let outcome = match guard.call(Order { what, afresh }, within) {
            Ok(outcome) => {
                self.afresh = false;
                outcome
            }
            Err(error) => {
                self.afresh = true;
                Err(overrun(error))
            }
        };
        // What a reader cannot send leaves card and connection as they were.
        let stands = matches!(outcome, Ok(_) | Err(LinkError::CannotSend(_)));
        if stands {
            self.connected = true;
        } else {
            self.lost();
        }
        outcome
    }

    /// The card is connected anew with the next frame; what it kept in mind is lost.
    fn lost(&mut self) {
        self.connected = false;
        self.pmm = None;
        self.touch = fresh_touch();
    }
}

impl CardLink for PcscLink {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let within = match self.pmm {
            Some(pmm) => response_time(pmm, frame),
            None => self.allowance.card,
        };
        let frame = frame.clone();
        let command = frame.code();
        let Got::Answer(answer) = self.call(What::Exchange { frame, within }, within)? else {
            return Err(overrun(Overrun::Ended));
        };
        if command == code::POLLING
            && let Some(Response::Polling { pmm, .. }) = answer
                .as_ref()
                .and_then(|answer| Response::decode(command, answer))
        {
            self.pmm = Some(pmm);
        }
        Ok(answer)
    }

    fn field_off(&mut self) {
        // A card that cannot be reached any more has lost its power as well, and the next frame tells.
        let _ = self.call(What::Off, Duration::ZERO);
        self.lost();
    }

    fn touch(&self) -> Touch {
        self.touch
    }
}

impl ReaderLink for PcscLink {
    fn card_id(&mut self) -> Result<Vec<u8>, LinkError> {
        match self.call(What::CardId, self.allowance.card)? {
            Got::Id(id) => Ok(id),
            Got::Answer(_) => Err(overrun(Overrun::Ended)),
        }
    }
}

impl Drop for PcscLink {
    /// Gives the reader free before it returns, so that the next link finds it so.
    fn drop(&mut self) {
        if self.connected {
            self.field_off();
        }
    }
}

fn overrun(error: Overrun) -> LinkError {
    LinkError::Reader(format!("the PC/SC service: {error}"))
}

/// The port with the adapter of what is connected. It lives in the guard's thread.
struct Connection {
    port: Box<dyn Port>,
    family: Family,
    /// `Some` while connected.
    adapter: Option<Box<dyn Adapter>>,
}

impl Connection {
    fn serve(&mut self, order: Order) -> Outcome {
        if order.afresh {
            let _ = self.end();
        }
        let outcome = match order.what {
            What::Off => self.end().map(|()| Got::Answer(None)),
            What::CardId => self.with(|adapter, wire| adapter.card_id(wire).map(Got::Id)),
            What::Exchange { frame, within } => {
                self.with(|adapter, wire| adapter.exchange(&frame, within, wire).map(Got::Answer))
            }
        };
        if !matches!(outcome, Ok(_) | Err(LinkError::CannotSend(_))) {
            let _ = self.end();
        }
        outcome
    }

    /// Runs on the connected card, which is connected first if none is.
    fn with(
        &mut self,
        run: impl FnOnce(&mut dyn Adapter, &mut crate::model::apdu::adapter::Wire) -> Outcome,
    ) -> Outcome {
        if self.adapter.is_none() {
            self.port.connect(self.family.is_direct())?;
        }
        let adapter = self.adapter.get_or_insert_with(|| self.family.adapter());
        run(&mut **adapter, &mut |ask: &Ask| self.port.ask(ask))
    }

    fn end(&mut self) -> Result<(), LinkError> {
        if let Some(mut adapter) = self.adapter.take() {
            // The connection ends either way.
            let _ = adapter.close(&mut |ask: &Ask| self.port.ask(ask));
        }
        self.port.disconnect()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.adapter.is_some() {
            let _ = self.end();
        }
    }
}
