//! A card on a real reader, as a [`CardLink`].
//!
//! FeliCa frames travel in the pass-through of [`apdu`](crate::model::apdu), the form of the ACS readers; readers
//! of other makes want forms of their own and are not reached yet. Every call of the PC/SC service may block for
//! as long as the service likes, so a thread makes them and the link waits for it no longer than a deadline.

use crate::device::emulated::fresh_touch;
use crate::model::apdu::{Command, Reply, StatusWord};
use crate::model::command::Frame;
use crate::model::port::{CardLink, LinkError, Touch};
use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode};
use std::ffi::CString;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// How long the service may take for one call. A card answers within a second; starting a reader is slower.
const DEADLINE: Duration = Duration::from_secs(5);

/// The way to whatever card lies on one reader.
///
/// While a card is connected no other program can use it: a session cannot bear another's frames in between.
pub struct PcscLink {
    reader: CString,
    /// `None` before the first call, and after one that was not answered in time.
    worker: Option<Worker>,
    touch: Touch,
}

enum Order {
    Exchange(Frame),
    FieldOff,
}

type Outcome = Result<Option<Frame>, LinkError>;

/// The thread that makes the calls. It ends when this is dropped; if a call never returns it stays behind.
struct Worker {
    orders: Sender<Order>,
    outcomes: Receiver<Outcome>,
}

impl PcscLink {
    /// A link to the reader of that name, as [`readers`](super::readers) gives it. The card is connected with
    /// the first frame, and anew after each time it was gone.
    pub fn new(reader: &str) -> Result<PcscLink, LinkError> {
        let reader = CString::new(reader).map_err(|_| no_reader(Error::UnknownReader))?;
        Ok(PcscLink {
            reader,
            worker: None,
            touch: fresh_touch(),
        })
    }

    fn call(&mut self, order: Order) -> Outcome {
        let worker = self.worker.get_or_insert_with(|| start(&self.reader));
        let sent = worker.orders.send(order);
        let outcome = sent
            .ok()
            .and_then(|()| worker.outcomes.recv_timeout(DEADLINE).ok());
        outcome.unwrap_or_else(|| {
            // What comes late must not be taken for the answer to another frame.
            self.worker = None;
            Err(LinkError::CardGone)
        })
    }
}

impl CardLink for PcscLink {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let outcome = self.call(Order::Exchange(frame.clone()));
        // After an error the card is connected anew, and what it kept in mind may be lost.
        if outcome.is_err() {
            self.touch = fresh_touch();
        }
        outcome
    }

    fn field_off(&mut self) {
        // A card that cannot be reached any more has lost its power as well, and the next frame tells.
        let _ = self.call(Order::FieldOff);
        self.touch = fresh_touch();
    }

    fn touch(&self) -> Touch {
        self.touch
    }
}

fn start(reader: &CString) -> Worker {
    let (orders, ordered) = channel();
    let (tell, outcomes) = channel();
    let reader = reader.clone();
    thread::spawn(move || {
        let mut card = None;
        for order in ordered {
            let outcome = match order {
                Order::Exchange(frame) => exchange(&reader, &mut card, frame),
                Order::FieldOff => field_off(&mut card),
            };
            if tell.send(outcome).is_err() {
                break;
            }
        }
    });
    Worker { orders, outcomes }
}

/// Sends a frame, to a card that is connected first if none is. An error leaves none connected.
fn exchange(reader: &CString, card: &mut Option<Card>, frame: Frame) -> Outcome {
    let connected = match card.take() {
        Some(connected) => connected,
        None => connect(reader).map_err(typed)?,
    };
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    let apdu = Command::PassThrough(frame).encode();
    let answer = connected.transmit(&apdu, &mut buffer).map_err(typed)?;
    let reply = Reply::parse(answer).ok_or_else(|| no_reader(Error::InvalidValue))?;
    let answer = match reply.status {
        StatusWord::DONE => {
            Some(Frame::parse(&reply.data).map_err(|error| LinkError::Reader(error.to_string()))?)
        }
        StatusWord::FAILED => None,
        other => return Err(LinkError::Reader(format!("status {other:?}"))),
    };
    *card = Some(connected);
    Ok(answer)
}

/// Takes the power away; the next frame gives it back.
fn field_off(card: &mut Option<Card>) -> Outcome {
    if let Some(card) = card.take() {
        card.disconnect(Disposition::UnpowerCard)
            .map_err(|(_, error)| typed(error))?;
    }
    Ok(None)
}

fn connect(reader: &CString) -> Result<Card, Error> {
    let context = Context::establish(Scope::User)?;
    context.connect(reader, ShareMode::Exclusive, Protocols::ANY)
}

/// A card that vanished shows in many ways, and each may mean that a command was carried out or was not.
fn typed(error: Error) -> LinkError {
    match error {
        Error::RemovedCard
        | Error::ResetCard
        | Error::NoSmartcard
        | Error::CommDataLost
        | Error::NotTransacted
        | Error::ReaderUnavailable
        | Error::UnpoweredCard
        | Error::UnresponsiveCard => LinkError::CardGone,
        other => no_reader(other),
    }
}

fn no_reader(error: Error) -> LinkError {
    LinkError::Reader(error.to_string())
}
