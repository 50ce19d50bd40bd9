//! What is known of a card that was only looked at: by plain commands, or in another program's dump.
//!
//! An observation is partial and holds facts as they were told: Polling tells codes and identities, Search
//! Service Code the nodes, Request Service the key versions, plain reads the data. Nothing is worked out
//! that was not told. [`Observation::tree`] shows it as the same [`Tree`] that a whole image gives, with
//! `None` for what is not known.

use super::block::Block;
use super::code::{KeyVersion, NodeCode, ServiceCode, SystemCode};
use super::encryption::Encryption;
use super::ids::{Idi, Idm, Pmi, Pmm};
use super::nesting::Nesting;
use super::tree::{AesKeyFacts, AreaNode, ForeignNode, KeyFacts, ServiceNode, SystemTree, Tree};
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
    /// Whether the code was told; it is [`SystemCode::ANY`] otherwise, by which the system was polled.
    pub code_told: bool,
    pub idm: Option<Idm>,
    pub pmm: Option<Pmm>,
    /// Which ciphers it has.
    pub encryption: Option<Encryption>,
    /// Issuance IDs, which a card gives out in a session only.
    pub issuance: Option<(Idi, Pmi)>,
    /// Key versions by node; [`NodeCode::SYSTEM`] is the system's own.
    pub key_versions: BTreeMap<NodeCode, KeyVersion>,
    /// Check values of the DES keys with which the card was authenticated.
    pub kcvs: BTreeMap<NodeCode, Kcv>,
    /// Keys that stand in the file that this was read from. They are not kept.
    pub keys_in_file: usize,
    /// What is known of AES keys, of a card that has any.
    pub aes_keys: BTreeMap<NodeCode, AesKeyFacts>,
    /// User blocks of services and allotments of areas, in blocks of 16 bytes.
    pub block_counts: BTreeMap<NodeCode, u16>,
    /// Contents that were read, by service and block number within it.
    pub data: BTreeMap<ServiceCode, BTreeMap<u16, Block>>,
    /// Filled by `found`, `found_at` and `listed` only, which see to it that every parent stands before its children.
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
    /// Of a kind that is not known here: neither an area nor a service, by its attribute.
    Foreign(NodeCode),
}

/// A node and the index of the area it stands in; `None` for the root area, and where it is not told.
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
    #[error("no node has that code")]
    NoNode,
    #[error("it is said to stand in itself")]
    InItself,
    #[error("areas are nested too deep")]
    TooDeep,
}

impl FoundNode {
    /// The node's code.
    pub fn code(self) -> NodeCode {
        match self {
            FoundNode::Area { code, .. } => code,
            FoundNode::Service(code) => code.node(),
            FoundNode::Foreign(code) => code,
        }
    }

    /// A node that only its code is known of.
    pub fn of_code(code: NodeCode) -> FoundNode {
        match code.service() {
            Some(service) => FoundNode::Service(service),
            None if code.is_area() => FoundNode::Area { code, end: None },
            None => FoundNode::Foreign(code),
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

    /// Keys that stand in the file that this was read from.
    pub fn keys(&self) -> usize {
        let systems = self.systems.iter();
        systems.map(|system| system.keys_in_file).sum()
    }

    /// Nodes of a kind that is not known here.
    pub fn foreign(&self) -> usize {
        let nodes = self.systems.iter().flat_map(ObservedSystem::nodes);
        nodes
            .filter(|node| matches!(node, FoundNode::Foreign(_)))
            .count()
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
            code_told: true,
            idm: None,
            pmm: None,
            encryption: None,
            issuance: None,
            key_versions: BTreeMap::new(),
            kcvs: BTreeMap::new(),
            keys_in_file: 0,
            aes_keys: BTreeMap::new(),
            block_counts: BTreeMap::new(),
            data: BTreeMap::new(),
            nodes: Vec::new(),
            open: Vec::new(),
            codes: BTreeSet::new(),
        }
    }

    /// A system of which not even the code is known.
    pub fn untold() -> ObservedSystem {
        ObservedSystem {
            code_told: false,
            ..ObservedSystem::new(SystemCode::ANY)
        }
    }

    /// Takes in its code.
    pub fn call(&mut self, code: SystemCode) {
        (self.code, self.code_told) = (code, true);
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
            None if !matches!(node, FoundNode::Area { .. }) => return Err(Misplaced::NoArea),
            None if !self.nodes.is_empty() => return Err(Misplaced::SecondRoot),
            None => None,
        };
        if depth > MAX_DEPTH {
            return Err(Misplaced::TooDeep);
        }
        Self::take_code(&mut self.codes, node.code())?;
        self.open.truncate(depth);
        if matches!(node, FoundNode::Area { .. }) {
            self.open.push(self.nodes.len());
        }
        self.nodes.push(Placed { node, parent });
        Ok(())
    }

    /// Adds nodes of a list that tells nothing but their codes, and some of the areas' ends: each stands where these
    /// tell, and otherwise its place is not told. The list's order means nothing.
    pub fn listed(&mut self, mut nodes: Vec<FoundNode>) -> Result<(), (NodeCode, Misplaced)> {
        nodes.extend(self.nodes.drain(..).map(|placed| placed.node));
        // An area's code is less than those of what it holds.
        nodes.sort_by_key(|node| node.code());
        let mut codes = BTreeSet::new();
        for code in nodes.iter().map(|node| node.code()) {
            Self::take_code(&mut codes, code).map_err(|why| (code, why))?;
        }
        let areas = nodes.iter().filter_map(|node| match *node {
            FoundNode::Area { code, end } => Some((code, end)),
            _ => None,
        });
        let nesting = Nesting::new(areas);
        self.open.clear();
        self.codes = codes;
        let index = |area: NodeCode| nodes.binary_search_by_key(&area, |node| node.code()).ok();
        let placed = nodes.iter().map(|node| Placed {
            node: *node,
            parent: nesting.around(node.code()).and_then(index),
        });
        self.nodes = placed.collect();
        Ok(())
    }

    /// Takes the code of a further node in, which must be one that a node can have.
    pub fn take_code(codes: &mut BTreeSet<NodeCode>, code: NodeCode) -> Result<(), Misplaced> {
        match code {
            // What a card answers of a node that is not there.
            NodeCode::SYSTEM => Err(Misplaced::NoNode),
            code if codes.insert(code) => Ok(()),
            _ => Err(Misplaced::Twice),
        }
    }

    /// Puts a node that was listed into the area that it is told to stand in, whatever the codes tell.
    pub fn stands_in(&mut self, node: NodeCode, area: NodeCode) -> Result<(), Misplaced> {
        let index = |code| {
            self.nodes
                .iter()
                .position(|placed| placed.node.code() == code)
        };
        let (Some(at), Some(around)) = (index(node), index(area)) else {
            return Err(Misplaced::NoArea);
        };
        if !matches!(self.nodes[around].node, FoundNode::Area { .. }) {
            return Err(Misplaced::NoArea);
        }
        let mut up = Some(around);
        for _ in 0..=MAX_DEPTH {
            match up {
                Some(holder) if holder == at => return Err(Misplaced::InItself),
                Some(holder) => up = self.nodes[holder].parent,
                None => break,
            }
        }
        if up.is_some() {
            return Err(Misplaced::TooDeep);
        }
        self.nodes[at].parent = Some(around);
        Ok(())
    }

    fn merge(&mut self, later: ObservedSystem) {
        self.pmm = later.pmm.or(self.pmm);
        self.encryption = later.encryption.or(self.encryption);
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
        let mut foreign = Vec::new();
        for (at, placed) in self.nodes.iter().enumerate() {
            match placed.node {
                FoundNode::Area { code, end } => areas.push((code, end, placed.parent, at)),
                FoundNode::Service(code) => services.push((code, placed.parent)),
                FoundNode::Foreign(code) => foreign.push((code, placed.parent)),
            }
        }
        foreign.sort_by_key(|(code, _)| *code);
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
            code_told: self.code_told,
            idm: self.idm,
            pmm: self.pmm,
            encryption: self.encryption,
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
                .map(|&(code, parent)| ServiceNode {
                    code,
                    name: None,
                    area: parent.map(|at| sorted[&at]),
                    blocks: self.block_counts.get(&code.node()).copied(),
                    first_user_block: None,
                    key: self.key(code.node()),
                    definition: None,
                    data: self.data.get(&code).cloned().unwrap_or_default(),
                })
                .collect(),
            foreign: foreign
                .iter()
                .map(|&(code, parent)| ForeignNode {
                    code,
                    area: parent.map(|at| sorted[&at]),
                    key: self.key(code),
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
