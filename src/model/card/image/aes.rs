//! The AES keys of a system's nodes, each joined from its two extension blocks.

use super::defined::{AesKeyDefinition, StoredKey};
use super::{FIXED_SYSTEM_BLOCKS, ImageError, ReadBlocks, SystemImage};
use crate::model::card::definition::{KEY_AT, KEY_VERSION_AT};
use crate::model::card::tree::SystemBlockKind;
use crate::model::card::{KeyVersion, NodeCode};
use crate::model::cipher::{AES_BYTES, AesKey};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

impl SystemImage {
    /// The AES key of a node, if it has one.
    pub fn aes_key(&self, node: NodeCode) -> Option<&AesKeyDefinition> {
        let index = self.aes_keys.binary_search_by_key(&node, |key| key.node);
        self.aes_keys.get(index.ok()?)
    }

    /// The version of a node's key as Request Service tells it: its DES key's, or else its AES key's. FFFFh where the
    /// node is not there or has neither.
    pub fn key_version(&self, node: NodeCode) -> KeyVersion {
        let aes = || self.aes_key(node).map(|aes| aes.version);
        let des = self.node_key(node).map(|des| des.version);
        des.or_else(aes).unwrap_or(StoredKey::NO_VERSION)
    }

    /// Whether a node is there and may have keys: the system, an area, or a service that needs authentication.
    pub fn takes_keys(&self, node: NodeCode) -> bool {
        match node.service() {
            _ if node == NodeCode::SYSTEM => true,
            Some(service) => service.needs_authentication() && self.service(service).is_some(),
            None => self.area(node).is_some(),
        }
    }

    /// Joins the halves that stand among the system blocks. Areas and services are known and in order.
    pub(super) fn join_aes_keys(&mut self, memory: &dyn ReadBlocks) -> Result<(), ImageError> {
        let mut places: BTreeMap<NodeCode, [Option<u32>; 2]> = BTreeMap::new();
        for (kind, at) in &self.system_blocks[FIXED_SYSTEM_BLOCKS as usize..] {
            if let SystemBlockKind::AesKey { node, half } = kind {
                let place = &mut places.entry(*node).or_default()[usize::from(*half)];
                if place.replace(*at).is_some() {
                    return Err(ImageError::AesKey(*node, self.number));
                }
            }
        }
        for (node, halves) in places {
            let key = self.joined(memory, node, halves);
            let key = key.filter(|key| self.takes_keys(key.node));
            let key = key.ok_or(ImageError::AesKey(node, self.number))?;
            self.aes_keys.push(key);
        }
        Ok(())
    }

    /// The key of two halves that are there, agree on its version, and have zeros where nothing stands.
    fn joined(
        &self,
        memory: &dyn ReadBlocks,
        node: NodeCode,
        halves: [Option<u32>; 2],
    ) -> Option<AesKeyDefinition> {
        let at = [halves[0]?, halves[1]?];
        let [first, second] = at.map(|at| memory.block(at));
        let version = first.u16_le(KEY_VERSION_AT);
        if first.u16_le(4) != 0 || second.0[4..KEY_AT] != first.0[4..KEY_AT] {
            return None;
        }
        let mut key = Zeroizing::new([0; AES_BYTES]);
        key[..8].copy_from_slice(&first.eight(KEY_AT));
        key[8..].copy_from_slice(&second.eight(KEY_AT));
        let key = AesKey::new(*key);
        Some(AesKeyDefinition {
            node,
            version,
            key,
            at,
        })
    }
}
