//! The chip: how a card behaves.
//!
//! A chip is its non-volatile memory, which it is handed with every command, plus the volatile state in
//! [`Chip`]: which system is selected, how far a mutual authentication has come, what issuance commands have
//! prepared, and a division that was sent but not yet committed. It answers frames byte by byte as a FeliCa
//! Standard card does and knows nothing of who listens. A command that it cannot take gets no answer.
//!
//! [`plain`] holds the commands of mode 0, [`write`](mod@write) what a write does to each kind of service, [`session`] the mutual authentication and what it protects,
//! [`aes`] the same of the AES generation, [`issuance`] the registration commands, [`division`] Separate System, [`redo`] the log that makes several
//! block writes one.

mod aes;
mod division;
mod issuance;
mod plain;
pub mod redo;
mod session;
mod write;

pub use division::{MIN_LENT_BLOCKS, place_division};
pub use issuance::{factory_image, put_transport_aes_key};

use crate::model::card::image::{CardImage, ImageError, Overlay, ReadBlocks, SystemImage};
use crate::model::card::profile::{ErrorPosition, Profile};
use crate::model::card::{Block, Idm};
use crate::model::command::{Frame, Request, Response, Sf2, Status};
use crate::model::party::HeldSession;
use crate::model::port::{Nvm, NvmAddress, PowerLost, Rng};
use aes::{AesChallenge, OpenAesSession};
use division::PendingSystem;
use session::{Challenge, OpenSession};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a chip did not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PowerOnError {
    #[error(transparent)]
    PowerLost(#[from] PowerLost),
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// How far a mutual authentication has come.
#[derive(Debug)]
enum Mode {
    /// Mode 0.
    Idle,
    /// Mode 1: Authentication1 was answered.
    Challenged(Challenge),
    /// Mode 2, and mode 3 once an issuance command was taken.
    Open(OpenSession),
    /// Mode 1 of the AES generation.
    AesChallenged(AesChallenge),
    /// Mode 2 and 3 of the AES generation.
    AesOpen(OpenAesSession),
}

/// A chip with power.
#[derive(Debug)]
pub struct Chip {
    profile: Profile,
    /// What the memory holds, decoded.
    image: CardImage,
    /// Number of the selected system.
    selected: u8,
    mode: Mode,
    /// Block writes that issuance commands of this session have prepared, by physical address.
    prepared: BTreeMap<u32, Block>,
    /// The memory with `prepared` laid over it, decoded; present whenever something is prepared.
    prepared_image: Option<CardImage>,
    /// A division that was sent by Separate System and is not committed.
    pending: Option<PendingSystem>,
}

/// Reads a chip's card memory.
struct Memory<'a>(&'a dyn Nvm);

impl ReadBlocks for Memory<'_> {
    fn len(&self) -> u32 {
        self.0.data_blocks()
    }
    fn block(&self, physical: u32) -> Block {
        self.0.read_block(NvmAddress::Data(physical))
    }
}

impl Chip {
    /// Gives power to a chip: finishes what the redo log holds, then reads its memory.
    pub fn power_on(profile: Profile, nvm: &mut dyn Nvm) -> Result<Chip, PowerOnError> {
        redo::recover(nvm)?;
        let image = CardImage::decode(&Memory(nvm))?;
        Ok(Chip {
            profile,
            image,
            selected: 0,
            mode: Mode::Idle,
            prepared: BTreeMap::new(),
            prepared_image: None,
            pending: None,
        })
    }

    /// Takes one frame. `None` is silence. [`PowerLost`] means that the chip is dead until it is powered on
    /// anew, and that its answer, if there was one, got lost.
    pub fn answer(
        &mut self,
        nvm: &mut dyn Nvm,
        rng: &mut dyn Rng,
        frame: &Frame,
    ) -> Result<Option<Frame>, PowerLost> {
        let Some(request) = Request::decode(frame) else {
            return Ok(None);
        };
        if aes::is_of_aes(&request) && !self.profile.aes {
            return Ok(None);
        }
        if let Some(idm) = request.idm()
            && !self.select_by_idm(idm)
        {
            return Ok(None);
        }
        let response = match request {
            Request::Polling {
                system_code,
                request,
                ..
            } => self.polling(system_code, request),
            Request::RequestService { idm, nodes } => self.request_service(idm, &nodes),
            Request::RequestResponse { idm } => Some(Response::RequestResponse {
                idm,
                mode: self.mode(),
            }),
            Request::ReadPlain {
                idm,
                services,
                blocks,
            } => self.read_plain(nvm, idm, &services, &blocks),
            Request::WritePlain {
                idm,
                services,
                blocks,
                data,
            } => self.write_plain(nvm, idm, &services, &blocks, &data)?,
            Request::SearchServiceCode { idm, index } => self.search_service_code(idm, index),
            Request::RequestSystemCode { idm } => {
                let codes = self
                    .image
                    .systems
                    .iter()
                    .map(|system| system.code)
                    .collect();
                Some(Response::RequestSystemCode { idm, codes })
            }
            Request::RequestBlockInformation { idm, nodes } => {
                self.request_block_information(idm, &nodes)
            }
            Request::RequestServiceV2 { idm, nodes } => self.request_service_v2(idm, &nodes),
            Request::GetSystemStatus { idm } => self.get_system_status(idm),
            Request::RequestSpecificationVersion { idm } => self.request_specification_version(idm),
            Request::ResetMode { idm } => {
                self.reset_session();
                Some(Response::ResetMode {
                    idm,
                    status: Status::OK,
                })
            }
            Request::Authentication1 {
                idm,
                areas,
                services,
                c1a,
            } => self.authentication1(rng, idm, areas, services, c1a),
            Request::Authentication2 { c2b, .. } => self.authentication2(c2b),
            Request::SeparateSystem { idm, pj, inf_1 } => self.separate_system(idm, &pj, inf_1),
            Request::Secure(frame) => self.secure(nvm, &frame)?,
            Request::Authentication1V2 {
                idm,
                parameter,
                nodes,
                c1a,
            } => self.authentication1_v2(rng, idm, parameter, nodes, c1a),
            Request::Authentication2V2 { c2b, .. } => self.authentication2_v2(c2b),
            Request::SecureV2(frame) => self.secure_v2(nvm, &frame)?,
        };
        Ok(response.and_then(|response| response.encode().ok()))
    }

    /// The mode that Request Response tells, 0 to 3.
    pub fn mode(&self) -> u8 {
        match &self.mode {
            Mode::Idle => 0,
            Mode::Challenged(_) | Mode::AesChallenged(_) => 1,
            Mode::Open(session) if session.issuing => 3,
            Mode::AesOpen(session) if session.issuing => 3,
            Mode::Open(_) | Mode::AesOpen(_) => 2,
        }
    }

    /// A copy of the session that it has open or is about to open: for whoever traces this card, to read the next
    /// frames with. The chip's own does not move.
    pub fn session(&self) -> Option<HeldSession> {
        match &self.mode {
            Mode::Idle => None,
            Mode::Challenged(challenge) => Some(HeldSession::Des(challenge.session.clone())),
            Mode::Open(open) => Some(HeldSession::Des(open.session.clone())),
            Mode::AesChallenged(challenge) => Some(HeldSession::Aes(challenge.session.clone())),
            Mode::AesOpen(open) => Some(HeldSession::Aes(open.session.clone())),
        }
    }

    /// What it takes its memory to hold.
    pub fn image(&self) -> &CardImage {
        &self.image
    }

    /// What is prepared in volatile memory and would be written by Change System Block, by physical address.
    pub fn prepared(&self) -> &BTreeMap<u32, Block> {
        &self.prepared
    }

    /// Selects the system that an IDm names. Another system than the selected one resets to mode 0. `false`
    /// when the IDm is none of this card's.
    fn select_by_idm(&mut self, idm: Idm) -> bool {
        let number = idm.system_number();
        let known = self.image.system(number).map(|system| system.idm);
        let pending = self
            .pending
            .as_ref()
            .filter(|p| p.number == number)
            .map(|p| p.idm);
        if known.or(pending) != Some(idm) {
            return false;
        }
        if number != self.selected {
            self.select(number);
        }
        true
    }

    /// Selects a system and resets to mode 0. Leaving a pending system whose session was open voids it.
    fn select(&mut self, number: u8) {
        if self
            .pending
            .as_ref()
            .is_some_and(|p| p.number == self.selected && p.number != number)
        {
            self.pending = None;
        }
        self.selected = number;
        self.reset_session();
    }

    /// Back to mode 0; what was prepared is gone.
    fn reset_session(&mut self) {
        self.mode = Mode::Idle;
        self.forget_prepared();
        if let Some(pending) = &mut self.pending {
            pending.restart();
        }
    }

    fn forget_prepared(&mut self) {
        self.prepared.clear();
        self.prepared_image = None;
    }

    /// The selected system as memory holds it; `None` while a pending one is selected.
    fn system(&self) -> Option<&SystemImage> {
        self.image.system(self.selected)
    }

    /// The selected system with everything that is prepared.
    fn prepared_system(&self) -> Option<&SystemImage> {
        self.prepared_image
            .as_ref()
            .unwrap_or(&self.image)
            .system(self.selected)
    }

    /// Lays further writes over the memory, for the commit. An image that would not decode is refused.
    fn prepare(&mut self, nvm: &dyn Nvm, writes: &[(u32, Block)]) -> Result<(), Status> {
        let mut prepared = self.prepared.clone();
        prepared.extend(writes.iter().copied());
        if nvm.log_blocks() > 0 && prepared.len() > redo::capacity(nvm.log_blocks()) {
            return Err(Status::whole(Sf2::IssuanceParameter));
        }
        let image = CardImage::decode(&Overlay {
            below: &Memory(nvm),
            writes: &prepared,
        })
        .map_err(|_| Status::whole(Sf2::IssuanceParameter))?;
        self.prepared = prepared;
        self.prepared_image = Some(image);
        Ok(())
    }

    /// Writes user blocks as one command's effect, as far as the profile promises it.
    fn commit_data(&self, nvm: &mut dyn Nvm, writes: &[(u32, Block)]) -> Result<(), PowerLost> {
        if self.profile.is_atomic() {
            redo::commit(nvm, writes)
        } else {
            redo::write_through(nvm, writes)
        }
    }

    /// Writes system blocks as one and reads the memory anew. Every chip that has a log does so: a definition that
    /// is torn makes a card that nobody can use, and a torn key is one that nobody holds.
    fn commit_definitions(
        &mut self,
        nvm: &mut dyn Nvm,
        writes: &[(u32, Block)],
    ) -> Result<(), PowerLost> {
        redo::commit(nvm, writes)?;
        if let Ok(image) = CardImage::decode(&Memory(nvm)) {
            self.image = image;
        }
        Ok(())
    }

    /// The status that refuses element `index` (from 0) of a list, in this chip's form.
    fn refuse_at(&self, index: usize, what: Sf2) -> Status {
        let position = match self.profile.error_position {
            ErrorPosition::Ordinal => index as u8 + 1,
            ErrorPosition::Bitmap => 1 << (index % 8),
        };
        Status::at(position, what)
    }
}
