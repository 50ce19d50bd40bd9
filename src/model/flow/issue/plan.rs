//! What a finished card of one kind holds, as its issuer plans it.

use crate::model::card::tree::Tree;
use crate::model::card::{Block, Idi, NodeCode, Pmi, ServiceCode, SystemCode};
use crate::model::hex;
use std::collections::{BTreeMap, BTreeSet};

/// An area to register under area 0.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedArea {
    pub code: NodeCode,
    /// What people call it.
    pub name: String,
    pub end: NodeCode,
    /// Blocks allotted.
    pub blocks: u16,
    pub services: Vec<PlannedService>,
}

/// A service to register.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedService {
    pub code: ServiceCode,
    /// What people call it.
    pub name: String,
    /// User blocks.
    pub blocks: u16,
    /// First contents, a block a line: text, or `0x` and hexadecimal. Of a ring, the first line is the newest.
    #[serde(default)]
    pub data: Vec<String>,
}

/// What a finished card of this kind holds.
#[derive(Clone, Debug)]
pub struct IssuePlan {
    pub system: SystemCode,
    pub idi: Idi,
    pub pmi: Pmi,
    pub areas: Vec<PlannedArea>,
}

impl IssuePlan {
    /// Blocks that the plan takes from area 0's allotment.
    pub fn blocks(&self) -> u32 {
        let areas = self.areas.iter();
        areas.map(|area| u32::from(area.blocks) + 1).sum()
    }

    /// An area whose services do not fit it, if there is one.
    pub fn crowded(&self) -> Option<&PlannedArea> {
        let too_small = |area: &&PlannedArea| area.taken() > u32::from(area.blocks);
        self.areas.iter().find(too_small)
    }

    /// Writes into a tree what people call the nodes of this plan's system.
    pub fn name_nodes(&self, tree: &mut Tree) {
        let Some(system) = tree
            .systems
            .iter_mut()
            .find(|system| system.code == self.system)
        else {
            return;
        };
        let areas = self.areas.iter();
        let services = areas.clone().flat_map(|area| &area.services);
        let services: BTreeMap<_, _> = services
            .map(|service| (service.code, &service.name))
            .collect();
        let areas: BTreeMap<_, _> = areas.map(|area| (area.code, &area.name)).collect();
        for area in &mut system.areas {
            area.name = areas.get(&area.code).map(|name| name.to_string());
        }
        for service in &mut system.services {
            service.name = services.get(&service.code).map(|name| name.to_string());
        }
    }
}

impl PlannedArea {
    /// Blocks that its services take: services of one number share theirs, and each has a definition block.
    fn taken(&self) -> u32 {
        let mut numbers = BTreeSet::new();
        let cost = |service: &PlannedService| match numbers.insert(service.code.number()) {
            true => u32::from(service.blocks) + 1,
            false => 1,
        };
        self.services.iter().map(cost).sum()
    }
}

impl PlannedService {
    /// Its first contents, a line a block.
    pub fn first_blocks(&self) -> Vec<Block> {
        self.data.iter().map(|line| first_block(line)).collect()
    }
}

/// A line as a block: at most 16 bytes, filled up with zeros.
fn first_block(line: &str) -> Block {
    let mut block = Block::ZERO;
    let digits = line.strip_prefix("0x").and_then(hex::parse);
    let bytes = digits.unwrap_or_else(|| line.as_bytes().to_vec());
    block.put(0, &bytes[..bytes.len().min(16)]);
    block
}
