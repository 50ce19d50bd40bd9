//! Mutual authentication, and Read and Write inside the session that it opens.

use super::mode::{Challenge, Mode, OpenSession, SessionNodes};
use super::plain::{Touch, status_and_data};
use super::state::{Chip, Memory};
use crate::model::card::image::{ReadBlocks, ServiceDefinition, StoredKey, SystemImage};
use crate::model::card::{Block, Idi, Idm, NodeCode, Pmi};
use crate::model::cipher::{
    DesKey, Direction, MutualAuth, Session, group_key, open_key_change, user_key,
};
use crate::model::command::{
    AccessMode, Authentication2Payload, BlockElement, Response, SecureFrame, SecureRequest,
    SecureResponse, Sf2, Status, code,
};
use crate::model::port::{Nvm, PowerLost, Rng};

impl Chip {
    pub(super) fn authentication1(
        &mut self,
        rng: &mut dyn Rng,
        idm: Idm,
        areas: Vec<NodeCode>,
        services: Vec<NodeCode>,
        c1a: [u8; 8],
    ) -> Option<Response> {
        self.reset_session();
        let (group, user) = self.session_keys(&areas, &services)?;
        let group = group_key(&group[0], &group[1..].iter().collect::<Vec<_>>());
        let user = user_key(&group, &user.iter().collect::<Vec<_>>());
        let auth = Box::new(MutualAuth::new(&group, &user, idm));
        let r1 = auth.open_c1a(&c1a);
        let r2 = DesKey::new(rng.eight());
        let (c1b, c2a) = (auth.c1b(&r1), auth.c2a(&r2));
        let session = Session::new(&r1, r2.clone());
        self.mode = Mode::Challenged(Challenge {
            auth,
            session,
            r2,
            nodes: SessionNodes { areas, services },
        });
        Some(Response::Authentication1 { idm, c1b, c2a })
    }

    /// The keys of a node list: the system's and the areas', then those of the keyed services. `None` when the
    /// list is wrong: the first area must be a real area and no service may be among the areas, a keyed node must be
    /// among the services, and nodes without authentication come last.
    fn session_keys(
        &self,
        areas: &[NodeCode],
        services: &[NodeCode],
    ) -> Option<(Vec<DesKey>, Vec<DesKey>)> {
        areas.first().filter(|area| area.is_area())?;
        let named = |node: &NodeCode| node.is_area() || *node == NodeCode::SYSTEM;
        if !areas.iter().all(named) {
            return None;
        }
        let mut group = vec![self.session_key(NodeCode::SYSTEM)?];
        for area in areas {
            group.push(self.session_key(*area)?);
        }
        let (with_key, without) = keyed_first(services)?;
        let free_exist = without.iter().all(|node| self.session_key(*node).is_some());
        if !free_exist {
            return None;
        }
        let user = with_key
            .iter()
            .map(|node| self.session_key(*node))
            .collect::<Option<_>>()?;
        Some((group, user))
    }

    fn session_key(&self, node: NodeCode) -> Option<DesKey> {
        match self.system() {
            Some(system) => system.node_key(node).map(|key| key.key.clone()),
            None => self.pending.as_ref()?.node_key(node),
        }
    }

    pub(super) fn authentication2(&mut self, c2b: [u8; 8]) -> Option<Response> {
        if !matches!(self.mode, Mode::Challenged(_)) {
            return None;
        }
        let Mode::Challenged(challenge) = std::mem::replace(&mut self.mode, Mode::Idle) else {
            return None;
        };
        if challenge.auth.open_c2b(&c2b) != challenge.r2 {
            return None;
        }
        let (idi, pmi) = self.issuance_ids();
        let mut session = challenge.session;
        let payload = Authentication2Payload { idi, pmi }.encode();
        let frame = session.wrap(code::AUTHENTICATION2 + 1, &payload).ok()?;
        self.mode = Mode::Open(OpenSession {
            session,
            nodes: challenge.nodes,
            issuing: false,
        });
        Some(Response::Authentication2(frame))
    }

    /// IDi and PMi of the selected system, of a pending one those it will take over; FFh where none is issued.
    pub(super) fn issuance_ids(&self) -> (Idi, Pmi) {
        let parent = self.pending.as_ref().map(|pending| pending.parent);
        let system = self.system().or_else(|| self.image.system(parent?));
        system
            .and_then(|system| system.issuance)
            .unwrap_or((Idi([0xFF; 8]), Pmi([0xFF; 8])))
    }

    pub(super) fn secure(
        &mut self,
        nvm: &mut dyn Nvm,
        frame: &SecureFrame,
    ) -> Result<Option<Response>, PowerLost> {
        let Mode::Open(open) = &mut self.mode else {
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
            SecureRequest::Read { blocks } if !issuing => self.read_secure(nvm, &nodes, &blocks),
            SecureRequest::Write { blocks, data } if !issuing => SecureResponse::Status {
                status: self.write_secure(nvm, &nodes, &blocks, &data)?,
                remaining: None,
            },
            SecureRequest::Read { .. } | SecureRequest::Write { .. } => return Ok(None),
            SecureRequest::ChangeSystemBlock if !issuing => return Ok(None),
            issuance => {
                if let Mode::Open(open) = &mut self.mode {
                    open.issuing = true;
                }
                self.issue(nvm, &nodes, issuance)?
            }
        };
        let Mode::Open(open) = &mut self.mode else {
            return Ok(None);
        };
        let Ok(payload) = response.encode_payload(frame.code()) else {
            return Ok(None);
        };
        let answer = open.session.wrap(frame.code() + 1, &payload);
        Ok(answer.ok().map(Response::Secure))
    }

    pub(super) fn read_secure(
        &self,
        nvm: &dyn Nvm,
        nodes: &SessionNodes,
        blocks: &[BlockElement],
    ) -> SecureResponse {
        let most = self.profile.secure_read_blocks;
        let read = self
            .system()
            .ok_or(Status::whole(Sf2::NoSuchNode))
            .and_then(|system| {
                let services = self.session_services(system, nodes);
                self.read_blocks(nvm, system, &services, blocks, most)
            });
        let (status, data) = status_and_data(read);
        SecureResponse::Read { status, data }
    }

    fn write_secure(
        &mut self,
        nvm: &mut dyn Nvm,
        nodes: &SessionNodes,
        blocks: &[BlockElement],
        data: &[Block],
    ) -> Result<Status, PowerLost> {
        let Some(system) = self.system() else {
            return Ok(Status::whole(Sf2::NoSuchNode));
        };
        let changes_keys = blocks
            .iter()
            .any(|element| element.access == AccessMode::KEY_CHANGE);
        let writes = if changes_keys {
            self.key_changes(nvm, system, nodes, blocks, data)
        } else {
            self.data_writes(nvm, system, nodes, blocks, data)
        };
        match writes {
            Ok(writes) if changes_keys => self.commit_definitions(nvm, &writes)?,
            Ok(writes) => self.commit_data(nvm, &writes)?,
            Err(status) => return Ok(status),
        }
        Ok(Status::OK)
    }

    /// The block writes of a write that changes no key.
    pub(super) fn data_writes(
        &self,
        nvm: &dyn Nvm,
        system: &SystemImage,
        nodes: &SessionNodes,
        blocks: &[BlockElement],
        data: &[Block],
    ) -> Result<Vec<(u32, Block)>, Status> {
        let services = self.session_services(system, nodes);
        let most = self.profile.secure_write_blocks;
        let targets = self.targets(system, &services, blocks, Touch::Write, most)?;
        self.writes(nvm, &targets.collect::<Result<Vec<_>, _>>()?, data)
    }

    /// The services that a session was opened for, as block lists count them. An area or the system keeps its
    /// place in the count, without blocks.
    fn session_services<'a>(
        &self,
        system: &'a SystemImage,
        nodes: &SessionNodes,
    ) -> Vec<Option<&'a ServiceDefinition>> {
        let find = |node: &NodeCode| system.service(node.service()?);
        nodes.services.iter().map(find).collect()
    }

    /// The block writes of a key change: each element names a node and, as its block number, the new version.
    fn key_changes(
        &self,
        nvm: &dyn Nvm,
        system: &SystemImage,
        nodes: &SessionNodes,
        blocks: &[BlockElement],
        data: &[Block],
    ) -> Result<Vec<(u32, Block)>, Status> {
        if blocks.len() > self.profile.secure_write_blocks || blocks.is_empty() {
            return Err(Status::whole(Sf2::BlockCount));
        }
        let change = |(index, (element, package)): (usize, (&BlockElement, &Block))| {
            if element.access != AccessMode::KEY_CHANGE {
                return Err(self.refuse_at(index, Sf2::AccessMode));
            }
            let node = nodes.services.get(usize::from(element.service));
            let node = *node.ok_or(self.refuse_at(index, Sf2::ServiceIndex))?;
            let old = system
                .node_key(node)
                .ok_or(self.refuse_at(index, Sf2::NoSuchNode))?;
            let parent = system
                .parent_key(node)
                .ok_or(self.refuse_at(index, Sf2::NoSuchNode))?;
            let new = open_key_change(&parent.key, &old.key, &package.0)
                .filter(|(_, version)| *version == element.number)
                .map(|(key, version)| StoredKey { version, key })
                // A DES key is taken away only where an AES key is left.
                .filter(|new| !new.is_none() || system.aes_key(node).is_some())
                .ok_or(self.refuse_at(index, Sf2::KeyChange))?;
            let (at, key_at, version_at) = system
                .key_place(node)
                .ok_or(self.refuse_at(index, Sf2::NoSuchNode))?;
            let mut block = Memory(nvm).block(at);
            block
                .put(version_at, &new.version.to_le_bytes())
                .put(key_at, new.key.expose());
            Ok((at, block))
        };
        blocks.iter().zip(data).enumerate().map(change).collect()
    }
}

/// Splits a node list into what needs authentication and what does not, which must come last. `None` when they are
/// mixed, or when nothing needs authentication.
pub(super) fn keyed_first(nodes: &[NodeCode]) -> Option<(&[NodeCode], &[NodeCode])> {
    let keyed = |node: &NodeCode| {
        node.service()
            .is_none_or(|service| service.needs_authentication())
    };
    let first_free = nodes.iter().position(|node| !keyed(node));
    let (with_key, without) = nodes.split_at(first_free.unwrap_or(nodes.len()));
    (!with_key.is_empty() && !without.iter().any(keyed)).then_some((with_key, without))
}
