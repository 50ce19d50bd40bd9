//! An open session: what a card takes from those who proved that they hold its keys.
//!
//! Registration only *prepares*, in the card's volatile memory, until [`Session::change_system_block`] commits it:
//! a session that ends before has changed nothing.

use super::blocks::{BlockAccess, Limits, Place};
use super::{CardError, Outcome, Reader};
use crate::model::card::observation::Fact;
use crate::model::card::{Block, Idi, Idm, KeyVersion, NodeCode, Pmi};
use crate::model::cipher::SealedAesKey;
use crate::model::command::{
    BlockElement, SealedPackage, SecureRequest, SecureResponse, SeparatePhase, code,
};
use crate::model::port::{AuthTarget, Rng, Sam};
use std::fmt;

/// A card in a session with a key holder.
pub struct Session<'r, 'a> {
    reader: &'r mut Reader<'a>,
    sam: &'r mut dyn Sam,
    idm: Idm,
    /// The service list of the authentication, which block lists count.
    services: Vec<NodeCode>,
    idi: Idi,
    pmi: Pmi,
    limits: Limits,
}

/// A new key for one node, as its owner packed it (`key_change_package`): enciphered under the parent's and the old
/// key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyChange {
    /// Must stand in the session's service list.
    pub node: NodeCode,
    pub version: KeyVersion,
    pub package: [u8; 16],
}

impl fmt::Debug for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyChange({} to version {})", self.node, self.version)
    }
}

impl<'a> Reader<'a> {
    /// Authenticates for these nodes and opens a session with them. One that was open before ends.
    pub fn open<'r>(
        &'r mut self,
        sam: &'r mut dyn Sam,
        target: &AuthTarget,
        rng: &mut dyn Rng,
    ) -> Result<Session<'r, 'a>, CardError> {
        let ids = self.authenticate(sam, target, rng)?;
        Ok(Session::opened(
            self,
            sam,
            target.idm,
            target.services.clone(),
            ids,
        ))
    }
}

impl<'r, 'a> Session<'r, 'a> {
    /// A session that was just opened. `services` is the list that its block lists count.
    pub(super) fn opened(
        reader: &'r mut Reader<'a>,
        sam: &'r mut dyn Sam,
        idm: Idm,
        services: Vec<NodeCode>,
        (idi, pmi): (Idi, Pmi),
    ) -> Session<'r, 'a> {
        reader.learned.push((idm, Fact::Issued(idi, pmi)));
        Session {
            reader,
            sam,
            idm,
            services,
            idi,
            pmi,
            limits: Limits { read_blocks: 14 },
        }
    }
}

impl<'a> Session<'_, 'a> {
    /// The card's issuance IDs; FFh where the system was not issued.
    pub fn issuance_ids(&self) -> (Idi, Pmi) {
        (self.idi, self.pmi)
    }

    /// The reader, for the plain commands that a card takes in every mode.
    pub fn reader(&mut self) -> &mut Reader<'a> {
        self.reader
    }

    fn send(&mut self, request: &SecureRequest) -> Result<SecureResponse, CardError> {
        self.reader.secure(self.sam, request)
    }

    /// Sends what is answered by a status alone.
    fn command(&mut self, request: &SecureRequest) -> Result<(), CardError> {
        self.send(request).map(|_| ())
    }

    /// Sends what is answered, when done, with the blocks that remain.
    fn counted(&mut self, request: &SecureRequest) -> Result<u16, CardError> {
        match self.send(request)? {
            SecureResponse::Status {
                remaining: Some(remaining),
                ..
            } => Ok(remaining),
            _ => Err(CardError::Answer(request.code())),
        }
    }

    fn elements(&self, places: &[Place]) -> Result<Vec<BlockElement>, CardError> {
        let element = |place: &Place| {
            let node = place.service.node();
            let index = self.services.iter().position(|service| *service == node);
            let service = index.and_then(|index| u8::try_from(index).ok());
            Ok(BlockElement {
                service: service.ok_or(CardError::NotNamed(place.service))?,
                access: place.access,
                number: place.number,
            })
        };
        places.iter().map(element).collect()
    }

    /// Register Issue ID, prepared: the card's issuance IDs, and in the package its system code and area 0's key.
    /// Gives the blocks that area 0 has left.
    pub fn register_issue_id(
        &mut self,
        idi: Idi,
        pmi: Pmi,
        package: SealedPackage,
    ) -> Result<u16, CardError> {
        self.counted(&SecureRequest::RegisterIssueId { idi, pmi, package })
    }

    /// Register Area, prepared.
    pub fn register_area(
        &mut self,
        code: NodeCode,
        package: SealedPackage,
    ) -> Result<(), CardError> {
        self.command(&SecureRequest::RegisterArea { code, package })
    }

    /// Register Service, prepared. Gives the blocks that its area will have left.
    pub fn register_service(
        &mut self,
        code: NodeCode,
        package: SealedPackage,
    ) -> Result<u16, CardError> {
        self.counted(&SecureRequest::RegisterService { code, package })
    }

    /// Register AES Key, prepared: the node's first AES key or the one that replaces it. Only in a session that
    /// [`Reader::open_v2`] opened.
    pub fn register_aes_key(
        &mut self,
        node: NodeCode,
        package: SealedAesKey,
    ) -> Result<(), CardError> {
        self.command(&SecureRequest::RegisterAesKey { node, package })
    }

    /// A later phase of Separate System, prepared.
    pub fn separate(&mut self, phase: SeparatePhase) -> Result<(), CardError> {
        self.command(&SecureRequest::SeparateSystem(phase))
    }

    /// Change System Block: commits everything that this session prepared, as one. `Done` is what the card answered;
    /// whoever knows what was prepared reads it back.
    pub fn change_system_block(&mut self) -> Outcome {
        Outcome::answered(self.command(&SecureRequest::ChangeSystemBlock))
    }

    /// Changes keys, of one node or of several at once. `Done` is what the card answered; that it has them only an
    /// authentication with the new keys tells, see [`Reader::keys_are`].
    pub fn change_keys(&mut self, changes: &[KeyChange]) -> Outcome {
        let element = |change: &KeyChange| {
            let place = self.services.iter().position(|node| *node == change.node);
            let service = place.and_then(|place| u8::try_from(place).ok())?;
            Some(BlockElement::key_change(service, change.version))
        };
        let Some(blocks) = changes.iter().map(element).collect() else {
            return Outcome::before_write(CardError::Unsendable(code::WRITE));
        };
        let data = changes.iter().map(|change| Block(change.package)).collect();
        Outcome::answered(self.command(&SecureRequest::Write { blocks, data }))
    }
}

impl BlockAccess for Session<'_, '_> {
    fn read_once(&mut self, places: &[Place]) -> Result<Vec<Block>, CardError> {
        let blocks = self.elements(places)?;
        match self.send(&SecureRequest::Read { blocks })? {
            SecureResponse::Read { data, .. } if data.len() == places.len() => Ok(data),
            _ => Err(CardError::Answer(code::READ)),
        }
    }

    fn write_once(&mut self, places: &[Place], data: &[Block]) -> Result<(), CardError> {
        let blocks = self.elements(places)?;
        let data = data.to_vec();
        self.command(&SecureRequest::Write { blocks, data })
    }

    fn limits(&mut self) -> &mut Limits {
        &mut self.limits
    }

    fn learn(&mut self, fact: Fact) {
        self.reader.learned.push((self.idm, fact));
    }
}
