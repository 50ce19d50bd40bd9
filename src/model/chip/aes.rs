//! The AES generation: mutual authentication, Read and Write in the session that it opens, and the registration of
//! AES keys.
//!
//! It goes beside the DES commands and shares their rules for blocks, modes and what is prepared. A node takes part
//! in it by having an AES key; one that has none is not there for it.

use super::issuance::package_status;
use super::mode::{AesChallenge, Mode, OpenAesSession, SessionNodes};
use super::session::keyed_first;
use super::state::Chip;
use crate::model::card::definition;
use crate::model::card::image::{AesKeyDefinition, StoredKey};
use crate::model::card::{Block, Idm, NodeCode};
use crate::model::cipher::{
    AesGroupKey, AesKey, AesKeyPackage, AesMutualAuth, AesSession, Direction, IndividualKey,
    SealedAesKey, aes_group_key,
};
use crate::model::command::{
    Authentication2Payload, BlockElement, Request, Response, SecureFrameV2, SecureRequest,
    SecureResponse, Sf2, Status, code,
};
use crate::model::port::{Nvm, PowerLost, Rng};

/// The only operation parameter that is known to be used.
const OPERATION: u8 = 0x00;

/// Whether a chip of the DES generation does not know this command.
pub(super) fn is_of_aes(request: &Request) -> bool {
    matches!(
        request,
        Request::Authentication1V2 { .. }
            | Request::Authentication2V2 { .. }
            | Request::SecureV2(_)
    )
}

impl Chip {
    pub(super) fn authentication1_v2(
        &mut self,
        rng: &mut dyn Rng,
        idm: Idm,
        parameter: u8,
        nodes: Vec<NodeCode>,
        c1a: [u8; 16],
    ) -> Option<Response> {
        self.reset_session();
        if parameter != OPERATION {
            return None;
        }
        let group = self.aes_group_key(&nodes)?;
        let auth = AesMutualAuth::new(&group, &IndividualKey::none(), idm);
        let r1 = auth.open_c1a(&c1a);
        let r2 = AesKey::new(rng.sixteen());
        let mut c3c = [0; 4];
        rng.fill(&mut c3c);
        let (c1b, c2a) = (auth.c1b(&r1, c3c), auth.c2a(&r2, c3c));
        self.mode = Mode::AesChallenged(AesChallenge {
            session: AesSession::new(&r1, &r2, c3c),
            auth,
            r2,
            nodes: SessionNodes {
                areas: Vec::new(),
                services: nodes,
            },
        });
        Some(Response::Authentication1V2 { idm, c1b, c2a, c3c })
    }

    /// The AES keys of a node list, folded. `None` when the list is wrong: a node without an AES key, no node that
    /// needs authentication, or one that needs none and is not there or does not come last.
    fn aes_group_key(&self, nodes: &[NodeCode]) -> Option<AesGroupKey> {
        let system = self.system()?;
        let (with_key, without) = keyed_first(nodes)?;
        let exists = |node: &NodeCode| {
            node.service()
                .and_then(|service| system.service(service))
                .is_some()
        };
        if !without.iter().all(exists) {
            return None;
        }
        let key = |node: &NodeCode| system.aes_key(*node).map(|key| &key.key);
        let keys: Vec<&AesKey> = with_key.iter().map(key).collect::<Option<_>>()?;
        Some(aes_group_key(&keys))
    }

    pub(super) fn authentication2_v2(&mut self, c2b: [u8; 16]) -> Option<Response> {
        if !matches!(self.mode, Mode::AesChallenged(_)) {
            return None;
        }
        let Mode::AesChallenged(challenge) = std::mem::replace(&mut self.mode, Mode::Idle) else {
            return None;
        };
        if challenge.auth.open_c2b(&c2b) != challenge.r2 {
            return None;
        }
        let (idi, pmi) = self.issuance_ids();
        let mut session = challenge.session;
        let payload = Authentication2Payload { idi, pmi }.encode();
        let frame = session.wrap(code::AUTHENTICATION2_V2 + 1, &payload).ok()?;
        self.mode = Mode::AesOpen(OpenAesSession {
            session,
            nodes: challenge.nodes,
            issuing: false,
        });
        Some(Response::Authentication2V2(frame))
    }

    pub(super) fn secure_v2(
        &mut self,
        nvm: &mut dyn Nvm,
        frame: &SecureFrameV2,
    ) -> Result<Option<Response>, PowerLost> {
        let Mode::AesOpen(open) = &mut self.mode else {
            return Ok(None);
        };
        let Ok(payload) = open.session.unwrap(frame, Direction::Command) else {
            return Ok(None);
        };
        let Some(request) = SecureRequest::decode_payload(frame.code(), &payload) else {
            return Ok(None);
        };
        let nodes = open.nodes.clone();
        let issuing = open.issuing;
        let response = match request {
            SecureRequest::Read { .. } | SecureRequest::Write { .. } if issuing => return Ok(None),
            SecureRequest::Read { blocks } => self.read_secure(nvm, &nodes, &blocks),
            SecureRequest::Write { blocks, data } => SecureResponse::Status {
                status: self.write_v2(nvm, &nodes, &blocks, &data)?,
                remaining: None,
            },
            SecureRequest::ChangeSystemBlock if !issuing => return Ok(None),
            issuance => {
                if let Mode::AesOpen(open) = &mut self.mode {
                    open.issuing = true;
                }
                self.issue(nvm, &nodes, issuance)?
            }
        };
        let Mode::AesOpen(open) = &mut self.mode else {
            return Ok(None);
        };
        let Ok(payload) = response.encode_payload(frame.code()) else {
            return Ok(None);
        };
        let answer = open.session.wrap(frame.code() + 1, &payload);
        Ok(answer.ok().map(Response::SecureV2))
    }

    /// A write of data. Keys are not changed by it: the access mode for that gets A7.
    fn write_v2(
        &mut self,
        nvm: &mut dyn Nvm,
        nodes: &SessionNodes,
        blocks: &[BlockElement],
        data: &[Block],
    ) -> Result<Status, PowerLost> {
        let Some(system) = self.system() else {
            return Ok(Status::whole(Sf2::NoSuchNode));
        };
        match self.data_writes(nvm, system, nodes, blocks, data) {
            Ok(writes) => {
                self.commit_data(nvm, &writes)?;
                Ok(Status::OK)
            }
            Err(status) => Ok(status),
        }
    }

    /// Prepares the first AES key of a node, or the one that replaces it. The session must have been opened for the
    /// node's parent.
    pub(super) fn register_aes_key(
        &mut self,
        nvm: &dyn Nvm,
        nodes: &SessionNodes,
        node: NodeCode,
        package: &SealedAesKey,
    ) -> Result<(), Status> {
        let system = self.issuable()?;
        if !system.takes_keys(node) {
            return Err(Status::whole(Sf2::NoSuchNode));
        }
        let no_access = Status::whole(Sf2::Access);
        let parent = system.parent_node(node).ok_or(no_access)?;
        let parent = system
            .aes_key(parent)
            .filter(|parent| nodes.services.contains(&parent.node))
            .ok_or(no_access)?;
        let old = system.aes_key(node);
        let package = AesKeyPackage::open(&parent.key, old.map(|old| &old.key), package)
            .map_err(package_status)?;
        if package.node != node {
            return Err(Status::whole(Sf2::PackageMismatch));
        }
        let wrong = Status::whole(Sf2::IssuanceParameter);
        if package.key_version == StoredKey::NO_VERSION {
            return Err(wrong);
        }
        let at = match old {
            Some(old) => old.at,
            None => {
                let area = system.area_of(node).or(system.areas.first());
                let left = area.map_or(0, |area| system.budget_left(area));
                let room = system.next_two_system_blocks();
                room.filter(|_| u32::from(left) >= AesKeyDefinition::BLOCKS)
                    .ok_or(wrong)?
            }
        };
        let [first, second] = definition::aes_key(node, package.key_version, &package.key);
        self.prepare(nvm, &[(at[0], first), (at[1], second)])
    }
}
