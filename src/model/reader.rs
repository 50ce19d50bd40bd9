//! The reader's side of the protocol: one typed call a command, over any link to a card.
//!
//! [`Reader`] has the commands that need no session; [`Reader::open`] authenticates and gives a [`Session`]. Blocks
//! are read and written in the same way with and without one, by [`BlockAccess`]. What a writing command came to is
//! an [`Outcome`], and where that is unknown the card is asked: each writing command has its question here. What a
//! card tells on the way is kept as facts, for an observation.
//!
//! Nothing here but [`scan`] knows a key. Authentication and protected commands go through a [`Sam`], which makes and
//! opens the frames; this module carries them to the card and back.

mod blocks;
mod observe;
mod outcome;
mod plain;
pub mod scan;
mod session;
mod settle;
mod v2;

pub use blocks::{BlockAccess, Change, Limits, Place, WritePlan};
pub use observe::observe;
pub use outcome::Outcome;
pub use plain::Plain;
pub use session::{KeyChange, Session};

use super::card::observation::Fact;
use super::card::{Idi, Idm, KeyVersion, NodeCode, Pmi, Pmm, ServiceCode, SystemCode};
use super::cipher::{SealedInf1, SealedPj};
use super::command::{
    Frame, PollingRequest, Request, Response, SearchResult, SecureRequest, SecureResponse, Status,
    TimeSlots, code,
};
use super::port::{AuthTarget, CardLink, LinkError, Rng, Sam, SamError};
use thiserror::Error;

/// What stands for the key version or the blocks of a node that does not exist.
const NO_SUCH_NODE: u16 = 0xFFFF;

/// Why a command did not give what it was sent for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CardError {
    /// Status flags other than 00 00.
    #[error("the card answered command {command:02X}h with {status}")]
    Status { command: u8, status: Status },
    /// The card is there and does not take this command now.
    #[error("the card did not answer command {0:02X}h")]
    Silent(u8),
    /// An answer that is none to this command.
    #[error("the card's answer to command {0:02X}h cannot be read")]
    Answer(u8),
    /// What was to be sent fits no frame; nothing was sent.
    #[error("command {0:02X}h does not fit a frame")]
    Unsendable(u8),
    /// The session was not opened for this service; nothing was sent.
    #[error("the session was not opened for service {0}")]
    NotNamed(ServiceCode),
    /// One write would take from a purse, or give back to it, and change it in another way too; nothing was sent. Sent
    /// again after a lost answer it would take again, because a purse remembers its last execution ID only.
    #[error("one write would change a purse of service {0} twice")]
    TwiceInOne(ServiceCode),
    /// The work was stopped before this command; it was not sent.
    #[error("stopped before command {0:02X}h")]
    Stopped(u8),
    /// What stands on the card is neither what stood there nor what was to be written.
    #[error("the card does not hold what was written to it")]
    ReadBack,
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Sam(#[from] SamError),
}

/// A card that answered Polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polled {
    pub idm: Idm,
    pub pmm: Pmm,
}

/// A card on a link.
pub struct Reader<'a> {
    link: &'a mut dyn CardLink,
    /// Frames that passed, both ways, in order.
    pub frames: Vec<Frame>,
    /// What the card told, and of which of its systems, in order; for
    /// [`Observation::learn`](super::card::observation::Observation::learn). [`observe`] keeps what it sees itself.
    pub learned: Vec<(Idm, Fact)>,
    /// Asked before each command whether the work goes on.
    goes_on: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Reader<'a> {
    /// A reader over a link.
    pub fn new(link: &'a mut dyn CardLink) -> Reader<'a> {
        Reader {
            link,
            frames: Vec::new(),
            learned: Vec::new(),
            goes_on: None,
        }
    }

    /// A reader that can be stopped between any two commands: it sends none while `goes_on` says no.
    pub fn stoppable(link: &'a mut dyn CardLink, goes_on: &'a dyn Fn() -> bool) -> Reader<'a> {
        Reader {
            goes_on: Some(goes_on),
            ..Reader::new(link)
        }
    }

    /// Takes the card's power away and gives it back: what it kept in mind is gone, and what it had begun to write it
    /// finishes.
    pub fn field_off(&mut self) {
        self.link.field_off();
    }

    fn exchange(&mut self, frame: &Frame) -> Result<Frame, CardError> {
        if self.goes_on.is_some_and(|goes_on| !goes_on()) {
            return Err(CardError::Stopped(frame.code()));
        }
        self.frames.push(frame.clone());
        let answer = self
            .link
            .transceive(frame)?
            .ok_or(CardError::Silent(frame.code()))?;
        self.frames.push(answer.clone());
        Ok(answer)
    }

    fn ask(&mut self, request: &Request) -> Result<Response, CardError> {
        let code = request.code();
        let frame = request.encode().map_err(|_| CardError::Unsendable(code))?;
        let answer = self.exchange(&frame)?;
        Response::decode(code, &answer)
            .filter(|response| request.idm().is_none() || response.idm() == request.idm())
            .ok_or(CardError::Answer(code))
    }

    /// Polling: the system of that code, FFh standing for any byte.
    pub fn poll(&mut self, system_code: SystemCode) -> Result<Polled, CardError> {
        let request = Request::Polling {
            system_code,
            request: PollingRequest::None,
            time_slots: TimeSlots::One,
        };
        match self.ask(&request)? {
            Response::Polling { idm, pmm, .. } => Ok(Polled { idm, pmm }),
            _ => Err(CardError::Answer(request.code())),
        }
    }

    /// Request System Code: every system, from system 0 on.
    pub fn system_codes(&mut self, idm: Idm) -> Result<Vec<SystemCode>, CardError> {
        match self.ask(&Request::RequestSystemCode { idm })? {
            Response::RequestSystemCode { codes, .. } => Ok(codes),
            _ => Err(CardError::Answer(0x0C)),
        }
    }

    /// Request Service: the key version of each node, FFFFh where there is none.
    pub fn key_versions(
        &mut self,
        idm: Idm,
        nodes: &[NodeCode],
    ) -> Result<Vec<KeyVersion>, CardError> {
        match self.ask(&Request::RequestService {
            idm,
            nodes: nodes.to_vec(),
        })? {
            Response::RequestService { versions, .. } if versions.len() == nodes.len() => {
                let known = nodes
                    .iter()
                    .zip(&versions)
                    .filter(|(_, told)| **told != NO_SUCH_NODE);
                let fact =
                    |(node, told): (&NodeCode, &KeyVersion)| (idm, Fact::KeyVersion(*node, *told));
                self.learned.extend(known.map(fact));
                Ok(versions)
            }
            _ => Err(CardError::Answer(0x02)),
        }
    }

    /// Search Service Code from index 0 to the end: every node of the system, in order of code.
    pub fn nodes(&mut self, idm: Idm) -> Result<Vec<SearchResult>, CardError> {
        let mut found = Vec::new();
        for index in 0..=u16::MAX {
            match self.node_at(idm, index)? {
                SearchResult::End => break,
                node => found.push(node),
            }
        }
        Ok(found)
    }

    /// Search Service Code: the node of that index in order of code, or the end.
    pub fn node_at(&mut self, idm: Idm, index: u16) -> Result<SearchResult, CardError> {
        match self.ask(&Request::SearchServiceCode { idm, index })? {
            Response::SearchServiceCode { found, .. } => Ok(found),
            _ => Err(CardError::Answer(code::SEARCH_SERVICE_CODE)),
        }
    }

    /// Separate System, the plain command: hands Pj and INF_1 over. Answers the blocks that the lending system
    /// will have left.
    pub fn separate_system(
        &mut self,
        idm: Idm,
        pj: SealedPj,
        inf_1: SealedInf1,
    ) -> Result<u16, CardError> {
        match self.ask(&Request::SeparateSystem { idm, pj, inf_1 })? {
            Response::SeparateSystem {
                status, remaining, ..
            } if status.is_done() => remaining.ok_or(CardError::Answer(0x88)),
            Response::SeparateSystem { status, .. } => Err(CardError::Status {
                command: 0x88,
                status,
            }),
            _ => Err(CardError::Answer(0x88)),
        }
    }

    /// Authentication1 and Authentication2, between the card and a key holder.
    pub fn authenticate(
        &mut self,
        sam: &mut dyn Sam,
        target: &AuthTarget,
        rng: &mut dyn Rng,
    ) -> Result<(Idi, Pmi), CardError> {
        let first = sam.authentication1(target, rng)?;
        let answer = self.exchange(&first)?;
        let second = sam.authentication2(&answer)?;
        let closing = self.exchange(&second)?;
        Ok(sam.authenticated(&closing)?)
    }

    /// A command inside the session that the key holder has open. A status other than 00 00 is an error.
    pub fn secure(
        &mut self,
        sam: &mut dyn Sam,
        request: &SecureRequest,
    ) -> Result<SecureResponse, CardError> {
        let frame = sam.wrap(request)?;
        let answer = self.exchange(&frame)?;
        let response = sam.unwrap(&answer)?;
        let (SecureResponse::Read { status, .. } | SecureResponse::Status { status, .. }) =
            &response;
        if status.is_done() {
            Ok(response)
        } else {
            Err(CardError::Status {
                command: request.code(),
                status: *status,
            })
        }
    }
}
