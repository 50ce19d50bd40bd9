//! The parties of a division, and what each can do alone: seal, store, look up, judge.

use super::letters::Consent;
use crate::model::card::{KeyVersion, NodeCode, SystemCode};
use crate::model::cipher::{DesKey, Inf1, Pf, Pj, issuer_package_key};
use crate::model::command::code;
use crate::model::flow::error::FlowError;
use crate::model::hex::HexBytes;
use crate::model::party::{KeyNode, KeyRing, KeySam, Policy};
use serde::{Deserialize, Serialize};

/// Card issuer: its keys, and what it lends on which conditions.
#[derive(Clone, Debug)]
pub struct Issuer {
    pub ring: KeyRing,
    /// SYSC_(i).
    pub system: SystemCode,
    /// Blocks lent, the new system's own among them.
    pub blocks_lent: u16,
    /// RI_(i): area users, by slug, that may not be on its cards.
    pub rejects: Vec<String>,
}

/// Area operator: its keys, and the key holder that its terminals relay to.
#[derive(Debug)]
pub struct Operator {
    pub ring: KeyRing,
    pub sam: KeySam,
    /// SYSC_F.
    pub system: SystemCode,
}

/// The area user in whose shop the terminal stands.
#[derive(Clone, Debug)]
pub struct AreaUser {
    /// `user:minato`.
    pub slug: String,
    /// RI_F: systems of issuers on whose cards it does not want to be.
    pub rejects: Vec<SystemCode>,
}

/// What the operator works with in a division.
pub struct OperatorDesk<'a> {
    pub ring: &'a KeyRing,
    /// SYSC_F.
    pub system: SystemCode,
    /// SYSC_(i): on whose cards the system is to be.
    pub parent: SystemCode,
    /// For whose terminals.
    pub user: &'a AreaUser,
}

/// Names of the keys that go into Pf, with their versions; the keys stay in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PfTerms {
    system: SystemCode,
    system_key_version: KeyVersion,
    root_key_version: KeyVersion,
}

impl Issuer {
    /// Seals Pj under K_J (ST25).
    pub(super) fn seal_pj(&self, pj: &Pj) -> Result<HexBytes<48>, FlowError> {
        let system = key(&self.ring, self.system, KeyNode::Node(NodeCode::SYSTEM))?.1;
        let root = key(&self.ring, self.system, KeyNode::Node(NodeCode::AREA_0))?.1;
        Ok(HexBytes(pj.seal(&issuer_package_key(system, root))))
    }
}

impl Operator {
    /// An operator of these keys, whose SAM lets terminals divide cards and do nothing else.
    pub fn new(ring: KeyRing, system: SystemCode) -> Operator {
        let commands = vec![code::SEPARATE_SYSTEM, code::CHANGE_SYSTEM_BLOCK];
        let policy = Policy::Relay {
            systems: vec![system],
            commands,
        };
        Operator {
            sam: KeySam::new(ring.clone(), policy),
            ring,
            system,
        }
    }
}

impl OperatorDesk<'_> {
    /// Which keys go into Pf (ST21).
    pub(super) fn terms_of_pf(&self) -> Result<PfTerms, FlowError> {
        let version =
            |node| Ok::<_, FlowError>(key(self.ring, self.system, KeyNode::Node(node))?.0);
        Ok(PfTerms {
            system: self.system,
            system_key_version: version(NodeCode::SYSTEM)?,
            root_key_version: version(NodeCode::AREA_0)?,
        })
    }

    /// Seals Pf with K_D of the cards of system (i) (ST22).
    pub(super) fn seal_pf(&self, terms: &PfTerms) -> Result<HexBytes<32>, FlowError> {
        let node =
            |node| Ok::<_, FlowError>(key(self.ring, terms.system, KeyNode::Node(node))?.1.clone());
        let pf = Pf {
            system_code: terms.system,
            system_key_version: terms.system_key_version,
            system_key: node(NodeCode::SYSTEM)?,
            root_key_version: terms.root_key_version,
            root_key: node(NodeCode::AREA_0)?,
        };
        Ok(HexBytes(
            pf.seal(key(self.ring, self.parent, KeyNode::Division)?.1),
        ))
    }

    /// The systems on whose cards the area user may be: neither side rejects the other (ST43, ST44).
    pub(super) fn registerable(&self, consent: &Consent) -> Vec<SystemCode> {
        let user = self.user;
        let refused =
            consent.rejects.contains(&user.slug) || user.rejects.contains(&consent.system);
        match refused {
            true => Vec::new(),
            false => vec![consent.system],
        }
    }

    /// First issuance data (ST35).
    pub(super) fn seal_inf_1(&self) -> Result<HexBytes<24>, FlowError> {
        let root_key = key(self.ring, self.system, KeyNode::Node(NodeCode::AREA_0))?
            .1
            .clone();
        Ok(HexBytes(
            Inf1 {
                system_code: self.system,
                root_key,
            }
            .seal(),
        ))
    }
}

fn key(
    ring: &KeyRing,
    system: SystemCode,
    node: KeyNode,
) -> Result<(KeyVersion, &DesKey), FlowError> {
    let found = ring
        .newest(system, node)
        .map(|(name, key)| (name.version, key));
    found.ok_or_else(|| FlowError::NoKey(format!("{node:?} of system {system}")))
}
