//! How an unknown outcome is settled: one question for each writing command, asked of the card itself.
//!
//! Ask after [`Reader::field_off`], so that the chip has finished what its redo log holds and nothing of the lost exchange
//! is built on. `true` is *done*, `false` is *not done*, and an error leaves it unknown. For blocks the question is
//! [`BlockAccess::holds`](super::BlockAccess::holds); for a division, Request System Code and an authentication (see
//! the division's flow); for what stands here, key versions and an authentication, for a key cannot be read back.

use super::{CardError, Reader};
use crate::model::card::{Idi, Idm, KeyVersion, NodeCode, Pmi};
use crate::model::command::MAX_NODES;
use crate::model::port::{AuthTarget, Rng, Sam, SamError};

impl Reader<'_> {
    /// Whether the card authenticates for these nodes with the key holder's keys. `false` when it answers and its
    /// keys are others. Silence is an error: it has no such nodes, or is on its way out of the field.
    pub fn proves(
        &mut self,
        sam: &mut dyn Sam,
        target: &AuthTarget,
        rng: &mut dyn Rng,
    ) -> Result<bool, CardError> {
        match self.open(sam, target, rng) {
            Ok(_) => Ok(true),
            Err(CardError::Sam(SamError::NotGenuine)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// After a key change: whether the card has the new keys. Both the versions and an authentication must say so;
    /// `target` names every node whose key changed. `after` holds the new keys, `before` the old ones.
    ///
    /// # Errors
    /// [`CardError::ReadBack`] when the card has neither all the new keys nor all the old ones.
    pub fn keys_are(
        &mut self,
        target: &AuthTarget,
        versions: &[(NodeCode, KeyVersion)],
        after: &mut dyn Sam,
        before: &mut dyn Sam,
        rng: &mut dyn Rng,
    ) -> Result<bool, CardError> {
        let told = self.missing(target.idm, versions)?;
        if told.is_empty() && self.proves(after, target, rng)? {
            return Ok(true);
        }
        match self.proves(before, target, rng)? {
            true => Ok(false),
            false => Err(CardError::ReadBack),
        }
    }

    /// Those of these nodes that the card does not have under that key version.
    pub fn missing(
        &mut self,
        idm: Idm,
        nodes: &[(NodeCode, KeyVersion)],
    ) -> Result<Vec<NodeCode>, CardError> {
        let mut missing = Vec::new();
        for nodes in nodes.chunks(MAX_NODES) {
            let codes: Vec<NodeCode> = nodes.iter().map(|(node, _)| *node).collect();
            let told = self.key_versions(idm, &codes)?;
            let differs = |((node, version), told): (&(NodeCode, KeyVersion), &KeyVersion)| {
                (version != told).then_some(*node)
            };
            missing.extend(nodes.iter().zip(&told).filter_map(differs));
        }
        Ok(missing)
    }

    /// After a registration: whether the card has these nodes. The versions tell, and for each of `targets`, which
    /// name those with keys, an authentication proves it. `false` when a node is missing.
    ///
    /// # Errors
    /// [`CardError::ReadBack`] when the nodes are there under other keys.
    pub fn has_nodes(
        &mut self,
        idm: Idm,
        nodes: &[(NodeCode, KeyVersion)],
        targets: &[AuthTarget],
        sam: &mut dyn Sam,
        rng: &mut dyn Rng,
    ) -> Result<bool, CardError> {
        if !self.missing(idm, nodes)?.is_empty() {
            return Ok(false);
        }
        for target in targets {
            if !self.proves(sam, target, rng)? {
                return Err(CardError::ReadBack);
            }
        }
        Ok(true)
    }

    /// After Register Issue ID: whether the system was issued with these IDs under the code of `target`. `false` when
    /// the card lists another code in its place.
    ///
    /// # Errors
    /// [`CardError::ReadBack`] when it was issued otherwise.
    pub fn is_issued(
        &mut self,
        target: &AuthTarget,
        ids: (Idi, Pmi),
        sam: &mut dyn Sam,
        rng: &mut dyn Rng,
    ) -> Result<bool, CardError> {
        let codes = self.system_codes(target.idm)?;
        let number = usize::from(target.idm.system_number());
        if codes.get(number) != Some(&target.system) {
            return Ok(false);
        }
        let session = self.open(sam, target, rng)?;
        match session.issuance_ids() == ids {
            true => Ok(true),
            false => Err(CardError::ReadBack),
        }
    }
}
