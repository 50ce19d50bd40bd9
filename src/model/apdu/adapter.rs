//! Adapters: how each family of readers carries a FeliCa frame to the card on it.
//!
//! An adapter turns a frame into what its readers take, and what they answer into the card's answer, its silence,
//! or an error. It reaches the reader through a [`Wire`] alone and waits for nothing itself, so a test can play
//! the reader byte for byte.

mod acr122;
mod pass;
mod storage;
mod transparent;

pub use acr122::Acr122;
pub use pass::PassThrough;
pub use storage::Storage;
pub use transparent::Transparent;

use super::{Command, Reply, StatusWord};
use crate::model::command::Frame;
use crate::model::port::LinkError;
use std::time::Duration;

/// What an adapter asks of the connection to a reader.
#[derive(Clone, PartialEq, Eq)]
pub enum Ask {
    /// Send this APDU and give the answer, its status included.
    Apdu(Vec<u8>),
    /// Send this through the driver's escape (`SCardControl`) and give the answer.
    Escape(Vec<u8>),
    /// Let this much time pass; the answer is empty.
    Wait(Duration),
}

/// The connection to a reader. Every error ends it.
pub type Wire<'a> = dyn FnMut(&Ask) -> Result<Vec<u8>, LinkError> + 'a;

/// How one family of readers carries frames. It lives as long as one connection.
pub trait Adapter: Send {
    /// Carries a frame to the card, which may take up to `within` for its answer. `Ok(None)` is silence.
    ///
    /// # Errors
    /// [`LinkError::CannotSend`] where this reader has no way to send the command; nothing was sent then. Every
    /// other error leaves open whether the card carried it out.
    fn exchange(
        &mut self,
        frame: &Frame,
        within: Duration,
        wire: &mut Wire,
    ) -> Result<Option<Frame>, LinkError>;

    /// What the reader calls the card, whatever kind it is of: the IDm of a FeliCa card.
    fn card_id(&mut self, wire: &mut Wire) -> Result<Vec<u8>, LinkError> {
        let reply = apdu(wire, Command::Idm.encode())?;
        match reply.status {
            StatusWord::DONE => Ok(reply.data),
            status => Err(refused(status)),
        }
    }

    /// What is due before the connection is ended.
    fn close(&mut self, _wire: &mut Wire) -> Result<(), LinkError> {
        Ok(())
    }
}

/// Sends an APDU. An answer without a status is none.
fn apdu(wire: &mut Wire, apdu: Vec<u8>) -> Result<Reply, LinkError> {
    Reply::parse(&wire(&Ask::Apdu(apdu))?).ok_or_else(unreadable)
}

/// The frame that a reader brought.
fn brought(bytes: &[u8]) -> Result<Option<Frame>, LinkError> {
    Frame::parse(bytes).map(Some).map_err(|_| unreadable())
}

/// The reader answered with a status of its own.
fn refused(status: StatusWord) -> LinkError {
    LinkError::Reader(format!("its status is {status:?}"))
}

fn unreadable() -> LinkError {
    LinkError::Reader("its answer cannot be read".to_string())
}
