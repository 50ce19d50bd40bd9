//! A chip with power: what it knows of its memory and holds in volatile memory, and what all commands do with that:
//! select a system, go back to mode 0, prepare writes and commit them.

use super::mode::{Mode, PendingSystem};
use super::redo;
use crate::model::card::image::{CardImage, ImageError, Overlay, ReadBlocks, SystemImage};
use crate::model::card::profile::{ErrorPosition, Profile};
use crate::model::card::{Block, Idm};
use crate::model::command::{Sf2, Status};
use crate::model::party::HeldSession;
use crate::model::port::{Nvm, NvmAddress, PowerLost};
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

/// A chip with power.
#[derive(Debug)]
pub struct Chip {
    pub(super) profile: Profile,
    /// What the memory holds, decoded.
    pub(super) image: CardImage,
    /// Number of the selected system.
    pub(super) selected: u8,
    pub(super) mode: Mode,
    /// Block writes that issuance commands of this session have prepared, by physical address.
    pub(super) prepared: BTreeMap<u32, Block>,
    /// The memory with `prepared` laid over it, decoded; present whenever something is prepared.
    pub(super) prepared_image: Option<CardImage>,
    /// A division that was sent by Separate System and is not committed.
    pub(super) pending: Option<PendingSystem>,
}

/// Reads a chip's card memory.
pub(super) struct Memory<'a>(pub(super) &'a dyn Nvm);

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
    pub(super) fn select_by_idm(&mut self, idm: Idm) -> bool {
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
    pub(super) fn select(&mut self, number: u8) {
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
    pub(super) fn reset_session(&mut self) {
        self.mode = Mode::Idle;
        self.forget_prepared();
        if let Some(pending) = &mut self.pending {
            pending.restart();
        }
    }

    pub(super) fn forget_prepared(&mut self) {
        self.prepared.clear();
        self.prepared_image = None;
    }

    /// The selected system as memory holds it; `None` while a pending one is selected.
    pub(super) fn system(&self) -> Option<&SystemImage> {
        self.image.system(self.selected)
    }

    /// The selected system with everything that is prepared.
    pub(super) fn prepared_system(&self) -> Option<&SystemImage> {
        self.prepared_image
            .as_ref()
            .unwrap_or(&self.image)
            .system(self.selected)
    }

    /// Lays further writes over the memory, for the commit. An image that would not decode is refused.
    pub(super) fn prepare(&mut self, nvm: &dyn Nvm, writes: &[(u32, Block)]) -> Result<(), Status> {
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
    pub(super) fn commit_data(
        &self,
        nvm: &mut dyn Nvm,
        writes: &[(u32, Block)],
    ) -> Result<(), PowerLost> {
        if self.profile.is_atomic() {
            redo::commit(nvm, writes)
        } else {
            redo::write_through(nvm, writes)
        }
    }

    /// Writes system blocks as one and reads the memory anew. Every chip that has a log does so: a definition that
    /// is torn makes a card that nobody can use, and a torn key is one that nobody holds.
    pub(super) fn commit_definitions(
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
    pub(super) fn refuse_at(&self, index: usize, what: Sf2) -> Status {
        let position = match self.profile.error_position {
            ErrorPosition::Ordinal => index as u8 + 1,
            ErrorPosition::Bitmap => 1 << (index % 8),
        };
        Status::at(position, what)
    }
}
