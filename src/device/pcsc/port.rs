//! The connection to one reader, as the PC/SC service has it.

use crate::model::apdu::adapter::Ask;
use crate::model::port::LinkError;
use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode, ctl_code};
use std::ffi::CString;
use std::thread;
use std::time::Duration;

/// How often, and how much later, a reader is asked for again that another program holds.
const TRIES: usize = 10;
const LATER: Duration = Duration::from_millis(50);
/// Bytes in the longest answer of a driver's escape: a frame, its objects and a status.
const ESCAPE_BUFFER: usize = 512;
/// What asks a driver which controls it has, and how it names the escape among them (PC/SC part 10).
const FEATURES: u32 = 3400;
const FEATURE_ESCAPE: u8 = 0x13;
/// The escape of a driver that does not tell.
const ESCAPE: u32 = if cfg!(windows) { 3500 } else { 1 };

/// The connection to one reader. Every error of `ask` ends it.
pub trait Port: Send {
    /// Connects the card on the reader; `direct` the reader itself, with or without a card.
    fn connect(&mut self, direct: bool) -> Result<(), LinkError>;
    /// Does what an adapter asks.
    fn ask(&mut self, ask: &Ask) -> Result<Vec<u8>, LinkError>;
    /// Takes the card's power and ends the connection, if there is one.
    fn disconnect(&mut self) -> Result<(), LinkError>;
}

/// One reader, by name, connected or not.
pub struct PcscPort {
    reader: CString,
    card: Option<Card>,
    /// Control code of the driver's escape, once it was asked for.
    escape: Option<u32>,
}

impl PcscPort {
    /// The reader of that name. A name with a zero byte is none.
    pub fn new(reader: &str) -> Result<PcscPort, LinkError> {
        let reader = CString::new(reader).map_err(|_| failed(Error::UnknownReader))?;
        Ok(PcscPort {
            reader,
            card: None,
            escape: None,
        })
    }

    fn card(&self) -> Result<&Card, LinkError> {
        self.card.as_ref().ok_or(LinkError::CardGone)
    }

    /// The control code of the driver's escape: its features are objects of tag, length 4 and a code, big endian.
    fn escape_code(&mut self) -> Result<u32, LinkError> {
        if let Some(code) = self.escape {
            return Ok(code);
        }
        let mut buffer = [0; ESCAPE_BUFFER];
        let features = self
            .card()?
            .control(ctl_code(FEATURES.into()), &[], &mut buffer)
            .unwrap_or_default();
        let told = features.chunks_exact(6).find_map(|feature| match feature {
            [FEATURE_ESCAPE, 4, code @ ..] => Some(u32::from_be_bytes(code.try_into().ok()?)),
            _ => None,
        });
        // A control code is 32 bits wide on every platform.
        let code = told.unwrap_or(ctl_code(ESCAPE.into()) as u32);
        self.escape = Some(code);
        Ok(code)
    }
}

impl Port for PcscPort {
    fn connect(&mut self, direct: bool) -> Result<(), LinkError> {
        let context = Context::establish(Scope::User).map_err(typed)?;
        let (mode, protocols) = if direct {
            (ShareMode::Direct, Protocols::UNDEFINED)
        } else {
            // A session cannot bear another program's frames in between.
            (ShareMode::Exclusive, Protocols::ANY)
        };
        let mut connected = context.connect(&self.reader, mode, protocols);
        for _ in 0..TRIES {
            if !matches!(connected, Err(Error::SharingViolation)) {
                break;
            }
            thread::sleep(LATER);
            connected = context.connect(&self.reader, mode, protocols);
        }
        self.card = Some(connected.map_err(typed)?);
        Ok(())
    }

    fn ask(&mut self, ask: &Ask) -> Result<Vec<u8>, LinkError> {
        match ask {
            Ask::Apdu(apdu) => {
                let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
                let answer = self.card()?.transmit(apdu, &mut buffer).map_err(typed)?;
                Ok(answer.to_vec())
            }
            Ask::Escape(command) => {
                let code = self.escape_code()?;
                let mut buffer = [0; ESCAPE_BUFFER];
                let answer = self.card()?.control(code.into(), command, &mut buffer);
                Ok(answer.map_err(typed)?.to_vec())
            }
            Ask::Wait(time) => {
                thread::sleep(*time);
                Ok(Vec::new())
            }
        }
    }

    fn disconnect(&mut self) -> Result<(), LinkError> {
        match self.card.take() {
            None => Ok(()),
            Some(card) => card
                .disconnect(Disposition::UnpowerCard)
                .map_err(|(_, error)| typed(error)),
        }
    }
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
        other => failed(other),
    }
}

fn failed(error: Error) -> LinkError {
    LinkError::Reader(error.to_string())
}
