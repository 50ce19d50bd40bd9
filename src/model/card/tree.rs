//! What a person sees of a card: systems, their areas and services, the blocks, each fact known or unknown.
//!
//! One type stands over both sources: a [`CardImage`](super::image::CardImage), where all is known, and an
//! observation by commands or a foreign dump, where much is not. `None` always means *not known*, never
//! *none*.

use super::block::Block;
use super::code::{KeyVersion, NodeCode, ServiceCode, SystemCode};
use super::encryption::Encryption;
use super::ids::{Idm, Pmm};
use crate::model::cipher::Kcv;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BlockPlace {
    /// Address within its system: user blocks from 0000h up, system blocks from FFFFh down.
    pub logical: u16,
    /// Address on the chip, counted from its first block.
    pub physical: u32,
}

/// What may be shown of a node's keys: of its DES key and, where it has one, its AES key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyFacts {
    /// Version as Request Service tells it: of a node that has an AES key alone, that one's.
    pub version: Option<KeyVersion>,
    /// Check value; known only where the key itself is.
    pub kcv: Option<Kcv>,
    /// The AES key, where the node is known to have one.
    pub aes: Option<AesKeyFacts>,
}

/// What may be shown of an AES key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AesKeyFacts {
    pub version: KeyVersion,
    /// Check value, by CMAC; known only where the key itself is.
    pub kcv: Option<Kcv>,
    /// Whether the node has no DES key, so that [`KeyFacts::version`] is this one's.
    pub alone: bool,
}

impl KeyFacts {
    /// Version of the DES key, if the node may have one.
    pub fn des_version(self) -> Option<KeyVersion> {
        self.version
            .filter(|_| !self.aes.is_some_and(|aes| aes.alone))
    }
}

/// Blocks of one system, in blocks of 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockCounts {
    /// Allotted to services.
    pub user: u32,
    /// Manufacture ID, issuance ID, system, area, service and record blocks.
    pub system: u32,
    /// Neither, and not lent away.
    pub free: u32,
}

/// A whole card. Systems are in order of their number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    pub systems: Vec<SystemTree>,
}

/// One system.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemTree {
    /// 0 to 15; the top nibble of its IDm.
    pub number: u8,
    pub code: SystemCode,
    /// Whether the code is known; it is [`SystemCode::ANY`] otherwise.
    pub code_told: bool,
    pub idm: Option<Idm>,
    pub pmm: Option<Pmm>,
    /// Which ciphers it has, where the card tells it: one of the DES generation may not.
    pub encryption: Option<Encryption>,
    pub key: KeyFacts,
    pub blocks: Option<BlockCounts>,
    /// Prepared in the card's volatile memory and gone with its power; not yet written.
    pub pending: bool,
    /// In order of code; the first is area 0.
    pub areas: Vec<AreaNode>,
    /// In order of code.
    pub services: Vec<ServiceNode>,
    /// Nodes of a kind that is not known here, in order of code.
    pub foreign: Vec<ForeignNode>,
    /// From FFFFh down. Empty when not known.
    pub system_blocks: Vec<SystemBlockNode>,
}

/// One area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaNode {
    pub code: NodeCode,
    /// What people call it. A card does not say; a workspace may.
    pub name: Option<String>,
    /// Last code that may stand under it.
    pub end: Option<NodeCode>,
    /// Blocks allotted to what stands under it.
    pub allotted: Option<u16>,
    /// Of these, taken.
    pub used: Option<u16>,
    pub key: KeyFacts,
    /// Index into [`SystemTree::areas`] of the area that holds it; `None` for area 0, which nothing holds, and where
    /// it is not told.
    pub parent: Option<usize>,
    pub definition: Option<BlockPlace>,
}

/// One service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceNode {
    pub code: ServiceCode,
    /// What people call it. A card does not say; a workspace may.
    pub name: Option<String>,
    /// Index into [`SystemTree::areas`] of the area that holds it.
    pub area: Option<usize>,
    /// User blocks, shared with the other services of its number.
    pub blocks: Option<u16>,
    pub first_user_block: Option<BlockPlace>,
    pub key: KeyFacts,
    pub definition: Option<BlockPlace>,
    /// Contents that are known, by block number within the service.
    pub data: BTreeMap<u16, Block>,
}

/// A node whose attribute is neither an area's nor a service's.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignNode {
    pub code: NodeCode,
    /// Index into [`SystemTree::areas`] of the area that holds it.
    pub area: Option<usize>,
    pub key: KeyFacts,
}

/// What a system block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SystemBlockKind {
    ManufactureId,
    IssuanceId,
    System,
    /// Division key K_D.
    DivisionKey,
    /// Where another system was carved out, and its number.
    Division {
        system: u8,
    },
    Area(NodeCode),
    Service(ServiceCode),
    /// Half of a node's AES key, 0 or 1.
    AesKey {
        node: NodeCode,
        half: u8,
    },
    /// Written, but nothing that this program knows.
    Other,
}

impl SystemBlockKind {
    /// The short label that stands in its cell on the map.
    pub fn label(self) -> String {
        match self {
            Self::ManufactureId => "IDm".into(),
            Self::IssuanceId => "IDi".into(),
            Self::System => "SYS".into(),
            Self::DivisionKey => "K_D".into(),
            Self::Division { system } => format!("DIV{system:X}"),
            Self::Area(code) => format!("A{code}"),
            Self::Service(code) => format!("S{code}"),
            Self::AesKey { node, .. } => format!("K{node}"),
            Self::Other => "?".into(),
        }
    }
}

/// One system block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemBlockNode {
    pub kind: SystemBlockKind,
    pub place: BlockPlace,
}

/// A node of a system, in a walk through it.
#[derive(Clone, Copy, Debug)]
pub enum TreeNode<'a> {
    /// With its index in [`SystemTree::areas`].
    Area(usize, &'a AreaNode),
    Service(&'a ServiceNode),
    Foreign(&'a ForeignNode),
}

impl TreeNode<'_> {
    /// The node's code.
    pub fn code(&self) -> NodeCode {
        match self {
            TreeNode::Area(_, area) => area.code,
            TreeNode::Service(service) => service.code.node(),
            TreeNode::Foreign(node) => node.code,
        }
    }

    /// What may be shown of its key.
    pub fn key(&self) -> KeyFacts {
        match self {
            TreeNode::Area(_, area) => area.key,
            TreeNode::Service(service) => service.key,
            TreeNode::Foreign(node) => node.key,
        }
    }

    /// Index of the area that holds it; `None` for area 0, and where it is not told.
    pub fn parent(&self) -> Option<usize> {
        match self {
            TreeNode::Area(_, area) => area.parent,
            TreeNode::Service(service) => service.area,
            TreeNode::Foreign(node) => node.area,
        }
    }

    /// Whether it is not told in which area the node stands.
    pub fn is_adrift(&self) -> bool {
        self.parent().is_none() && self.code() != NodeCode::AREA_0
    }
}

impl AreaNode {
    /// Whether it is area 0, which holds everything.
    pub fn is_root(&self) -> bool {
        self.code == NodeCode::AREA_0
    }
}

impl Tree {
    /// Systems, areas and services in all.
    pub fn counts(&self) -> (usize, usize, usize) {
        let sum = |f: fn(&SystemTree) -> usize| self.systems.iter().map(f).sum();
        (
            self.systems.len(),
            sum(|s| s.areas.len()),
            sum(|s| s.services.len()),
        )
    }

    /// The system of that code, if the card has it.
    pub fn system(&self, code: SystemCode) -> Option<&SystemTree> {
        self.systems.iter().find(|s| s.code == code)
    }
}

impl SystemTree {
    /// The service of that code.
    pub fn service(&self, code: ServiceCode) -> Option<&ServiceNode> {
        self.services.iter().find(|service| service.code == code)
    }

    /// How deep an area is nested; area 0 is 0.
    pub fn depth(&self, mut area: usize) -> usize {
        let mut depth = 0;
        while let Some(parent) = self.areas[area].parent {
            area = parent;
            depth += 1;
        }
        depth
    }

    /// The code, where it is known.
    pub fn told_code(&self) -> Option<SystemCode> {
        self.code_told.then_some(self.code)
    }

    /// Whether it is the system of a FeliCa Lite or Lite-S card, which has services and no areas.
    pub fn is_lite(&self) -> bool {
        self.code == SystemCode::LITE && self.areas.is_empty()
    }

    /// Every node, in no order.
    fn nodes(&self) -> impl Iterator<Item = TreeNode<'_>> {
        let areas = self.areas.iter().enumerate();
        let areas = areas.map(|(at, area)| TreeNode::Area(at, area));
        let services = self.services.iter().map(TreeNode::Service);
        areas
            .chain(services)
            .chain(self.foreign.iter().map(TreeNode::Foreign))
    }

    /// Every node behind the area that holds it, those of one area in order of code, with the number of areas around
    /// it. That is the order of a search, if areas nest as their codes say. Nodes of which it is not told where they
    /// stand come last, with those that they hold, at depth 0 as area 0 is.
    pub fn walk(&self) -> Vec<(usize, TreeNode<'_>)> {
        let mut held: BTreeMap<Option<usize>, BTreeMap<NodeCode, TreeNode>> = BTreeMap::new();
        for node in self.nodes() {
            let around = held.entry(node.parent()).or_default();
            around.insert(node.code(), node);
        }
        let mut walked = Vec::new();
        let mut open: Vec<_> = held.remove(&None).into_iter().collect();
        while let Some(around) = open.last_mut() {
            let Some((_, node)) = around.pop_first() else {
                open.pop();
                continue;
            };
            walked.push((open.len() - 1, node));
            if let TreeNode::Area(at, _) = node {
                open.extend(held.remove(&Some(at)));
            }
        }
        walked
    }

    /// Every node in order of code.
    pub fn by_code(&self) -> Vec<TreeNode<'_>> {
        let mut nodes: Vec<TreeNode> = self.nodes().collect();
        nodes.sort_by_key(TreeNode::code);
        nodes
    }
}
