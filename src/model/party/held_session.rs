//! An open session as a key holder has it: of either cipher, with one way to use it.

use crate::model::cipher::{AesSession, Direction, Session};
use crate::model::command::{Frame, Request, Response, Scheme, code};
use crate::model::port::SamError;

/// A session from Authentication2, or its v2, on.
#[derive(Clone, Debug)]
pub enum HeldSession {
    Des(Session),
    Aes(AesSession),
}

impl HeldSession {
    /// The session's cipher.
    pub fn scheme(&self) -> Scheme {
        match self {
            HeldSession::Des(_) => Scheme::Des,
            HeldSession::Aes(_) => Scheme::Aes,
        }
    }

    /// The payload of the card's answer to Authentication2. What does not open was not made by a card that has the
    /// keys.
    pub fn unwrap_closing(&mut self, answer: &Frame) -> Result<Vec<u8>, SamError> {
        let opened = match self {
            HeldSession::Des(session) => match Response::decode(code::AUTHENTICATION2, answer) {
                Some(Response::Authentication2(frame)) => {
                    session.unwrap(&frame, Direction::Response)
                }
                _ => return Err(SamError::BadAnswer),
            },
            HeldSession::Aes(session) => match Response::decode(code::AUTHENTICATION2_V2, answer) {
                Some(Response::Authentication2V2(frame)) => {
                    session.unwrap(&frame, Direction::Response)
                }
                _ => return Err(SamError::BadAnswer),
            },
        };
        opened.map_err(|_| SamError::NotGenuine)
    }

    /// The payload of a command frame of the other side; `None` when it is none of this session.
    pub fn unwrap_command(&mut self, command: &Frame) -> Option<Vec<u8>> {
        let opened = match (self, Request::decode(command)?) {
            (HeldSession::Des(session), Request::Secure(frame)) => {
                session.unwrap(&frame, Direction::Command)
            }
            (HeldSession::Aes(session), Request::SecureV2(frame)) => {
                session.unwrap(&frame, Direction::Command)
            }
            _ => return None,
        };
        opened.ok()
    }

    /// The next command frame.
    pub fn wrap(&mut self, code: u8, payload: &[u8]) -> Result<Frame, SamError> {
        let frame = match self {
            HeldSession::Des(session) => session.wrap(code, payload).map(|frame| frame.frame()),
            HeldSession::Aes(session) => session.wrap(code, payload).map(|frame| frame.frame()),
        };
        frame
            .map_err(|_| SamError::NoSession)?
            .map_err(|_| SamError::NoSession)
    }

    /// The payload of the card's answer to a command of that code.
    pub fn unwrap(&mut self, command: u8, answer: &Frame) -> Result<Vec<u8>, SamError> {
        let opened = match (self, Response::decode(command, answer)) {
            (HeldSession::Des(session), Some(Response::Secure(frame))) => {
                session.unwrap(&frame, Direction::Response)
            }
            (HeldSession::Aes(session), Some(Response::SecureV2(frame))) => {
                session.unwrap(&frame, Direction::Response)
            }
            _ => return Err(SamError::BadAnswer),
        };
        opened.map_err(|_| SamError::BadAnswer)
    }
}
