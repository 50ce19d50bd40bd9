//! Dumps of felica-emu (`nfc-dump`): the nodes of all systems in one list, by their codes as decimal numbers.
//!
//! The program does not tell in which system a node stands. On a card of one system that is plain; on another, the
//! nodes are shown as those of a system whose code is not told. `docs/formats.md` fixes the fields.

use super::json_read::{self, Bytes, Decimal, JsonError, Listing, Members, area, idm};
use crate::model::card::image::MAX_SYSTEMS;
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::{BLOCK_BYTES, Block, KeyVersion, NodeCode, Pmm, SystemCode};
use crate::model::hex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Reads a dump.
pub fn parse(bytes: &[u8]) -> Result<Observation, JsonError> {
    let Dump(observation) = json_read::read(bytes)?;
    Ok(observation)
}

#[derive(Deserialize)]
#[serde(try_from = "RawDump")]
struct Dump(Observation);

#[derive(Deserialize)]
struct RawDump {
    idm: Option<Bytes<8>>,
    pmm: Option<Bytes<8>>,
    sys_code: Bytes<2>,
    #[serde(default)]
    sys_codes: Vec<Bytes<2>>,
    #[serde(default)]
    sys_details: Members<Bytes<2>, Ids>,
    #[serde(default)]
    service_list: Vec<u16>,
    /// Named by code; what is said of them follows from that.
    #[serde(default)]
    service_attrs: Members<Decimal, serde::de::IgnoredAny>,
    #[serde(default)]
    area_ends: Members<Decimal, u16>,
    #[serde(default)]
    service_versions: Members<Decimal, KeyVersion>,
    #[serde(default)]
    memory: Members<Decimal, Members<Decimal, Bytes<16>>>,
    /// What the emulator lays over the memory.
    #[serde(default)]
    patches: Vec<Patch>,
}

#[derive(Deserialize)]
struct Ids {
    idm: Option<Bytes<8>>,
    pmm: Option<Bytes<8>>,
}

#[derive(Deserialize)]
struct Patch {
    service: PatchedService,
    #[serde(default)]
    block: u16,
    #[serde(default)]
    offset: usize,
    hex: Option<String>,
    ascii: Option<String>,
}

/// A service's code: a number, or digits, hexadecimal ones behind `0x`.
#[derive(Deserialize)]
#[serde(untagged)]
enum PatchedService {
    Number(u16),
    Digits(String),
}

impl PatchedService {
    fn code(&self) -> Option<NodeCode> {
        let code = match self {
            PatchedService::Number(code) => Some(*code),
            PatchedService::Digits(text) => match text.strip_prefix("0x") {
                Some(digits) => u16::from_str_radix(digits, 16).ok(),
                None => text.parse().ok(),
            },
        };
        code.map(NodeCode)
    }
}

impl TryFrom<RawDump> for Dump {
    type Error = String;

    fn try_from(raw: RawDump) -> Result<Dump, String> {
        let mut systems = systems(&raw)?;
        let nodes = nodes(raw)?;
        match &mut systems[..] {
            [only] => {
                let told = std::mem::replace(only, nodes);
                (only.idm, only.pmm) = (told.idm, told.pmm);
                only.call(told.code);
            }
            _ if nodes.nodes().next().is_none() => {}
            _ => systems.push(nodes),
        }
        match systems.len() > MAX_SYSTEMS {
            true => Err("a card has at most 16 systems".into()),
            false => Ok(Dump(Observation { systems })),
        }
    }
}

/// The systems without their nodes, the first of them `sys_code`.
fn systems(raw: &RawDump) -> Result<Vec<ObservedSystem>, String> {
    let mut codes = vec![raw.sys_code];
    let details = raw.sys_details.0.iter().map(|(code, _)| code);
    for code in raw.sys_codes.iter().chain(details) {
        if !codes.contains(code) {
            codes.push(*code);
        }
        if codes.len() > MAX_SYSTEMS {
            return Err("a card has at most 16 systems".into());
        }
    }
    let systems = codes.iter().enumerate().map(|(number, code)| {
        let mut system = ObservedSystem::new(SystemCode(code.value()));
        let told = raw.sys_details.0.iter().find(|(told, _)| told == code);
        let own = (number == 0).then_some((raw.idm, raw.pmm));
        let told = told.map(|(_, ids)| (ids.idm, ids.pmm)).or(own);
        let (told_idm, told_pmm) = told.unwrap_or_default();
        system.idm = idm(told_idm);
        system.pmm = told_pmm.map(|Bytes(pmm)| Pmm(pmm));
        system
    });
    Ok(systems.collect())
}

/// Every node, as those of one system.
fn nodes(raw: RawDump) -> Result<ObservedSystem, String> {
    let ends: BTreeMap<u16, u16> = raw
        .area_ends
        .0
        .iter()
        .map(|(code, end)| (code.0, *end))
        .collect();
    let mut codes: BTreeSet<u16> = raw.service_list.iter().copied().collect();
    codes.extend(raw.service_attrs.0.iter().map(|(code, _)| code.0));
    codes.extend(raw.service_versions.0.iter().map(|(code, _)| code.0));
    codes.extend(raw.memory.0.iter().map(|(code, _)| code.0));
    let mut listing = Listing::new();
    for code in codes {
        let end = ends.get(&code).map(|end| NodeCode(*end));
        let found = FoundNode::of_code(NodeCode(code));
        listing.add(match found {
            FoundNode::Area { code, .. } => area(code, end)?,
            found => found,
        })?;
    }
    for (Decimal(code), version) in raw.service_versions.0 {
        listing.versions(NodeCode(code), Some(version), None);
    }
    let mut memory: BTreeMap<NodeCode, BTreeMap<u16, Block>> = BTreeMap::new();
    for (Decimal(code), blocks) in raw.memory.0 {
        let blocks = blocks
            .0
            .into_iter()
            .map(|(number, Bytes(block))| (number.0, Block(block)));
        memory.insert(NodeCode(code), blocks.collect());
    }
    for patch in &raw.patches {
        lay_over(&mut memory, patch)?;
    }
    for (code, blocks) in memory {
        listing.data(code, blocks);
    }
    listing.system()
}

/// Lays a patch over the memory, as far as its block goes. Where nothing was read, there is nothing to lay it over.
fn lay_over(
    memory: &mut BTreeMap<NodeCode, BTreeMap<u16, Block>>,
    patch: &Patch,
) -> Result<(), String> {
    let code = patch.service.code().ok_or("a patch of no service")?;
    let bytes = match (&patch.hex, &patch.ascii) {
        (Some(hex), _) => hex::parse(hex).ok_or("a patch that is not hexadecimal")?,
        (None, Some(ascii)) => ascii.clone().into_bytes(),
        (None, None) => return Ok(()),
    };
    let block = memory
        .get_mut(&code)
        .and_then(|blocks| blocks.get_mut(&patch.block));
    if let Some(block) = block {
        let from = patch.offset.min(BLOCK_BYTES);
        for (byte, laid) in block.0[from..].iter_mut().zip(bytes) {
            *byte = laid;
        }
    }
    Ok(())
}
