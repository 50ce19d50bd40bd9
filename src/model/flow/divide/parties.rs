//! The parties of a division, and what each can do alone: seal, store, look up, judge.

use crate::model::card::{KeyVersion, NodeCode, SystemCode};
use crate::model::cipher::{DesKey, Inf1, Pf, Pj, issuer_package_key};
use crate::model::command::code;
use crate::model::flow::error::FlowError;
use crate::model::hex::HexBytes;
use crate::model::party::{KeyNode, KeyRing, KeySam, Policy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// Division terminal: what it has stored. No key.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    pub(super) lent: BTreeMap<SystemCode, Lent>,
    pub(super) registerable: Vec<SystemCode>,
}

/// What was lent on the cards of one system.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lent {
    pub pj: HexBytes<48>,
    pub inf_1: HexBytes<24>,
}

impl std::fmt::Debug for Lent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lent(Pj, INF_1)")
    }
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

    /// Which keys go into Pf (ST21).
    pub(super) fn terms_of_pf(&self) -> Result<PfTerms, FlowError> {
        let version =
            |node| Ok::<_, FlowError>(key(&self.ring, self.system, KeyNode::Node(node))?.0);
        Ok(PfTerms {
            system: self.system,
            system_key_version: version(NodeCode::SYSTEM)?,
            root_key_version: version(NodeCode::AREA_0)?,
        })
    }

    /// Seals Pf with K_D of the cards of system (i) (ST22).
    pub(super) fn seal_pf(
        &self,
        parent: SystemCode,
        terms: PfTerms,
    ) -> Result<HexBytes<32>, FlowError> {
        let node = |node| {
            Ok::<_, FlowError>(
                key(&self.ring, terms.system, KeyNode::Node(node))?
                    .1
                    .clone(),
            )
        };
        let pf = Pf {
            system_code: terms.system,
            system_key_version: terms.system_key_version,
            system_key: node(NodeCode::SYSTEM)?,
            root_key_version: terms.root_key_version,
            root_key: node(NodeCode::AREA_0)?,
        };
        Ok(HexBytes(
            pf.seal(key(&self.ring, parent, KeyNode::Division)?.1),
        ))
    }

    /// First issuance data (ST35).
    pub(super) fn seal_inf_1(&self) -> Result<HexBytes<24>, FlowError> {
        let root_key = key(&self.ring, self.system, KeyNode::Node(NodeCode::AREA_0))?
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

impl Terminal {
    /// Pj and INF_1 for cards of a system (ST62); refused before the card is touched when the system is not on
    /// the list.
    pub(super) fn look_up(&self, system: SystemCode) -> Result<Lent, FlowError> {
        self.judge(system)?;
        self.lent
            .get(&system)
            .copied()
            .ok_or(FlowError::NothingLent(system))
    }

    /// Whether a system is on the registerable system code list (ST70).
    pub(super) fn judge(&self, system: SystemCode) -> Result<(), FlowError> {
        if self.registerable.contains(&system) {
            Ok(())
        } else {
            Err(FlowError::NotRegisterable(system))
        }
    }
}

/// The systems on whose cards an area user may be: neither side rejects the other (ST43, ST44).
pub(super) fn registerable(issuer: &Issuer, user: &AreaUser) -> Vec<SystemCode> {
    let refused = issuer.rejects.contains(&user.slug) || user.rejects.contains(&issuer.system);
    if refused {
        Vec::new()
    } else {
        vec![issuer.system]
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
