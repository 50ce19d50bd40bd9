//! The modes of a chip, and what it holds in each: an authentication that is under way, or an open session.
//! Beside them stands a division that is pending; it lasts from one session into the next.

use crate::model::card::image::{LentRun, StoredKey};
use crate::model::card::{Idm, NodeCode, SystemCode};
use crate::model::cipher::{
    AesKey, AesMutualAuth, AesSession, DesKey, MutualAuth, SealedInf1, Session,
};
use crate::model::command::SeparatePhase;

/// How far a mutual authentication has come.
#[derive(Debug)]
pub(super) enum Mode {
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

/// Nodes that a session was opened for.
#[derive(Clone, Debug)]
pub(super) struct SessionNodes {
    pub areas: Vec<NodeCode>,
    /// The block lists of Read and Write count these.
    pub services: Vec<NodeCode>,
}

/// Mode 1: the card has answered the reader's challenge and waits for the answer to its own.
#[derive(Debug)]
pub(super) struct Challenge {
    pub(super) auth: Box<MutualAuth>,
    pub session: Session,
    pub(super) r2: DesKey,
    pub(super) nodes: SessionNodes,
}

/// Mode 2 and 3.
#[derive(Debug)]
pub(super) struct OpenSession {
    pub session: Session,
    pub nodes: SessionNodes,
    /// An issuance command was taken: mode 3.
    pub issuing: bool,
}

/// Mode 1 of the AES generation: the card has answered the reader's challenge and waits for the answer to its own.
#[derive(Debug)]
pub(super) struct AesChallenge {
    pub(super) auth: AesMutualAuth,
    pub session: AesSession,
    pub(super) r2: AesKey,
    pub(super) nodes: SessionNodes,
}

/// Mode 2 and 3 of the AES generation.
#[derive(Debug)]
pub(super) struct OpenAesSession {
    pub session: AesSession,
    pub(super) nodes: SessionNodes,
    /// An issuance command was taken: mode 3.
    pub issuing: bool,
}

/// A division that was sent and is not committed.
#[derive(Debug)]
pub(super) struct PendingSystem {
    /// Number of the system that lends.
    pub parent: u8,
    /// Number and IDm that the new system will have.
    pub number: u8,
    pub idm: Idm,
    pub(super) code: SystemCode,
    pub(super) system_key: StoredKey,
    pub(super) root_key: StoredKey,
    pub(super) lent: LentRun,
    pub(super) inf_1: SealedInf1,
    /// The last phase that was done.
    pub(super) done: Option<SeparatePhase>,
}

impl PendingSystem {
    /// Keys against which the sender authenticates: the system's and area 0's.
    pub(super) fn node_key(&self, node: NodeCode) -> Option<DesKey> {
        match node {
            NodeCode::SYSTEM => Some(self.system_key.key.clone()),
            NodeCode::AREA_0 => Some(self.root_key.key.clone()),
            _ => None,
        }
    }

    /// Forgets which phases were done: what they prepared is gone with the session.
    pub(super) fn restart(&mut self) {
        self.done = None;
    }

    /// Whether every phase was done, so that it can be committed.
    pub(super) fn is_complete(&self) -> bool {
        self.done == Some(SeparatePhase::OpenInf1)
    }
}
