//! What is known of a card that was only looked at: by plain commands, or in another program's dump.
//!
//! An observation is partial and holds facts as they were told: Polling tells codes and identities, Search
//! Service Code the nodes, Request Service the key versions, plain reads the data. Nothing is worked out
//! that was not told. [`Observation::tree`] shows it as the same [`Tree`] that a whole image gives, with
//! `None` for what is not known.

use super::block::Block;
use super::code::{KeyVersion, NodeCode, ServiceCode, SystemCode};
use super::ids::{Idi, Idm, Pmi, Pmm};
use super::tree::{AesKeyFacts, AreaNode, KeyFacts, ServiceNode, SystemTree, Tree};
use crate::model::cipher::Kcv;
use std::collections::{BTreeMap, BTreeSet};

/// How deep areas may be nested. The user's manual allows 8 levels; this only keeps a damaged dump from
/// nesting without end.
const MAX_DEPTH: usize = 16;

/// A card as it was seen. Systems are in order of their number, which is their index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    pub systems: Vec<ObservedSystem>,
}

/// One system as it was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedSystem {
    pub code: SystemCode,
    pub idm: Option<Idm>,
    pub pmm: Option<Pmm>,
    /// Issuance IDs, which a card gives out in a session only.
    pub issuance: Option<(Idi, Pmi)>,
    /// Key versions by node; [`NodeCode::SYSTEM`] is the system's own.
    pub key_versions: BTreeMap<NodeCode, KeyVersion>,
    /// Check values of the DES keys with which the card was authenticated.
    pub kcvs: BTreeMap<NodeCode, Kcv>,
    /// What is known of AES keys, of a card that has any.
    pub aes_keys: BTreeMap<NodeCode, AesKeyFacts>,
    /// User blocks of services and allotments of areas, in blocks of 16 bytes.
    pub block_counts: BTreeMap<NodeCode, u16>,
    /// Contents that were read, by service and block number within it.
    pub data: BTreeMap<ServiceCode, BTreeMap<u16, Block>>,
    /// Filled by `found` and `found_at` only, which see to it that every parent stands before its children.
    nodes: Vec<Placed>,
    /// Indices of the areas that the next node may stand in, outermost first.
    open: Vec<usize>,
    codes: BTreeSet<NodeCode>,
}

/// A node as Search Service Code finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundNode {
    /// `end` is the last code that may stand under the area.
    Area {
        code: NodeCode,
        end: Option<NodeCode>,
    },
    Service(ServiceCode),
}

/// A node and the index of the area it stands in; `None` for the root area.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Placed {
    node: FoundNode,
    parent: Option<usize>,
}

/// One thing that a card told about one of its systems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Its issuance IDs.
    Issued(Idi, Pmi),
    /// The version of a node's key.
    KeyVersion(NodeCode, KeyVersion),
    /// How many user blocks a service has.
    Blocks(ServiceCode, u16),
    /// What stands in a block of a service.
    Data(ServiceCode, u16, Block),
    /// A service was written to: what was read of its blocks before, under any code of its number, need not be true
    /// any more.
    Written(ServiceCode),
}

/// Why a node cannot stand where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    #[error("it is not inside an area")]
    NoArea,
    #[error("it is a second root area")]
    SecondRoot,
    #[error("its code was found before")]
    Twice,
    #[error("areas are nested too deep")]
    TooDeep,
}

impl FoundNode {
    /// The node's code.
    pub fn code(self) -> NodeCode {
        match self {
            FoundNode::Area { code, .. } => code,
            FoundNode::Service(code) => code.node(),
        }
    }
}

impl Observation {
    /// What is known, as a person sees it.
    pub fn tree(&self) -> Tree {
        // A card has 16 systems at most: the number is a nibble of the IDm.
        let systems = self
            .systems
            .iter()
            .zip(0..=15)
            .map(|(system, number)| system.tree(number));
        Tree {
            systems: systems.collect(),
        }
    }

    /// Takes in what was seen of the same card later. It may be less; what was seen before stays then.
    pub fn merge(&mut self, later: Observation) {
        for system in later.systems {
            let known = self
                .systems
                .iter_mut()
                .find(|known| known.idm == system.idm);
            match known {
                Some(known) => known.merge(system),
                None => self.systems.push(system),
            }
        }
    }

    /// Takes facts in that were told after this was seen, in the order in which the card told them. Those about a system that was not seen are left
    /// aside.
    pub fn learn(&mut self, facts: &[(Idm, Fact)]) {
        for (idm, fact) in facts {
            let of = |system: &&mut ObservedSystem| system.idm == Some(*idm);
            if let Some(system) = self.systems.iter_mut().find(of) {
                system.learn(fact);
            }
        }
    }
}

impl ObservedSystem {
    /// A system of which only the code is known.
    pub fn new(code: SystemCode) -> ObservedSystem {
        ObservedSystem {
            code,
            idm: None,
            pmm: None,
            issuance: None,
            key_versions: BTreeMap::new(),
            kcvs: BTreeMap::new(),
            aes_keys: BTreeMap::new(),
            block_counts: BTreeMap::new(),
            data: BTreeMap::new(),
            nodes: Vec::new(),
            open: Vec::new(),
            codes: BTreeSet::new(),
        }
    }

    /// Adds the node that Search Service Code found next. It stands in the innermost area whose end code is
    /// not before it.
    pub fn found(&mut self, node: FoundNode) -> Result<(), Misplaced> {
        let ended = |area: &usize| match self.nodes[*area].node {
            FoundNode::Area { end: Some(end), .. } => end < node.code(),
            _ => false,
        };
        let depth = self
            .open
            .iter()
            .rposition(|area| !ended(area))
            .map_or(0, |innermost| innermost + 1);
        self.found_at(depth, node)
    }

    /// Adds the next node where a drawn tree shows it: `depth` areas around it, 0 for the root area.
    pub fn found_at(&mut self, depth: usize, node: FoundNode) -> Result<(), Misplaced> {
        let parent = depth
            .checked_sub(1)
            .map(|innermost| self.open.get(innermost).copied());
        let parent = match parent {
            Some(Some(area)) => Some(area),
            Some(None) => return Err(Misplaced::NoArea),
            None if matches!(node, FoundNode::Service(_)) => return Err(Misplaced::NoArea),
            None if !self.nodes.is_empty() => return Err(Misplaced::SecondRoot),
            None => None,
        };
        if depth > MAX_DEPTH {
            return Err(Misplaced::TooDeep);
        }
        if !self.codes.insert(node.code()) {
            return Err(Misplaced::Twice);
        }
        self.open.truncate(depth);
        if matches!(node, FoundNode::Area { .. }) {
            self.open.push(self.nodes.len());
        }
        self.nodes.push(Placed { node, parent });
        Ok(())
    }

    fn merge(&mut self, later: ObservedSystem) {
        self.pmm = later.pmm.or(self.pmm);
        self.issuance = later.issuance.or(self.issuance);
        self.key_versions.extend(later.key_versions);
        self.kcvs.extend(later.kcvs);
        self.aes_keys.extend(later.aes_keys);
        self.block_counts.extend(later.block_counts);
        for (service, blocks) in later.data {
            self.data.entry(service).or_default().extend(blocks);
        }
        if later.nodes.len() >= self.nodes.len() {
            (self.nodes, self.open, self.codes) = (later.nodes, later.open, later.codes);
        }
    }

    fn learn(&mut self, fact: &Fact) {
        match *fact {
            Fact::Issued(idi, pmi) => self.issuance = Some((idi, pmi)),
            Fact::KeyVersion(node, version) => {
                self.key_versions.insert(node, version);
            }
            Fact::Blocks(service, blocks) => {
                self.block_counts.insert(service.node(), blocks);
            }
            Fact::Data(service, number, block) => {
                self.data.entry(service).or_default().insert(number, block);
            }
            Fact::Written(written) => self
                .data
                .retain(|service, _| service.number() != written.number()),
        }
    }

    /// The areas around a node that was found, outermost first.
    pub fn areas_around(&self, code: NodeCode) -> Vec<NodeCode> {
        let mut around = Vec::new();
        let placed = self.nodes.iter().find(|placed| placed.node.code() == code);
        let mut parent = placed.and_then(|placed| placed.parent);
        while let Some(area) = parent.and_then(|at| self.nodes.get(at)) {
            around.push(area.node.code());
            parent = area.parent;
        }
        around.reverse();
        around
    }

    /// The nodes in the order they were found.
    pub fn nodes(&self) -> impl Iterator<Item = FoundNode> {
        self.nodes.iter().map(|placed| placed.node)
    }

    /// Whether a node of this code was found.
    pub fn has(&self, code: NodeCode) -> bool {
        self.codes.contains(&code)
    }

    fn tree(&self, number: u8) -> SystemTree {
        let mut areas = Vec::new();
        let mut services = Vec::new();
        for (at, placed) in self.nodes.iter().enumerate() {
            match placed.node {
                FoundNode::Area { code, end } => areas.push((code, end, placed.parent, at)),
                FoundNode::Service(code) => services.push((code, placed.parent)),
            }
        }
        areas.sort_by_key(|(code, ..)| *code);
        services.sort_by_key(|(code, _)| *code);
        // From the index of an area among the nodes to its index among the sorted areas.
        let sorted: BTreeMap<usize, usize> = areas
            .iter()
            .enumerate()
            .map(|(index, (.., at))| (*at, index))
            .collect();

        SystemTree {
            number,
            code: self.code,
            idm: self.idm,
            pmm: self.pmm,
            key: self.key(NodeCode::SYSTEM),
            blocks: None,
            pending: false,
            areas: areas
                .iter()
                .map(|&(code, end, parent, _)| AreaNode {
                    code,
                    name: None,
                    end,
                    allotted: self.block_counts.get(&code).copied(),
                    used: None,
                    key: self.key(code),
                    parent: parent.map(|at| sorted[&at]),
                    definition: None,
                })
                .collect(),
            services: services
                .iter()
                // `found_at` takes no service without a parent.
                .filter_map(|&(code, parent)| Some((code, sorted[&parent?])))
                .map(|(code, area)| ServiceNode {
                    code,
                    name: None,
                    area,
                    blocks: self.block_counts.get(&code.node()).copied(),
                    first_user_block: None,
                    key: self.key(code.node()),
                    definition: None,
                    data: self.data.get(&code).cloned().unwrap_or_default(),
                })
                .collect(),
            system_blocks: Vec::new(),
        }
    }

    fn key(&self, node: NodeCode) -> KeyFacts {
        KeyFacts {
            aes: self.aes_keys.get(&node).copied(),
            version: self.key_versions.get(&node).copied(),
            kcv: self.kcvs.get(&node).copied(),
        }
    }
}
