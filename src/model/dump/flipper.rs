//! FeliCa dumps of the Flipper Zero: text, `Device type: FeliCa`, data format versions 1 to 4.
//!
//! Version 1 holds the IDm and PMm and, later, blocks read as those of a Lite-S card, whatever the card was. Version 2
//! knows the systems of a card, their nodes' codes and the blocks that are read without a key; at first it knew one
//! system alone, without its code. Versions 3 and 4 (of derived firmware) add the end codes and key versions of the
//! nodes, 4 the key version of the system. A card of a kind that the Flipper does not read is a header and no more.
//!
//! A dump is a header and then, for each system: areas, services, a drawn directory tree, and blocks, each
//! list preceded by its count. What is believed:
//! - Nesting comes from codes and end codes. The drawn tree is passed over: the program that draws it closes an area
//!   when the last service before the *next* area is drawn, and one in which nothing stands never. Nor do the ranges of
//!   service indices in the area lines say more: they end where the next area begins.
//! - Kind and access of a service follow from its attribute. The words beside it do not: version 2 calls
//!   cyclic services random.
//! - The manufacture ID and parameter are those of system 0, which is the one that answers a poll for any
//!   system. Those of the other systems are not in the dump.
//! - A line `Area 000 Key: …` holds the key of the node in the line above it. The file is a secret one then; who makes a
//!   card of it is told that the keys stay behind.

mod error;
mod lines;
mod lite;
mod write;

pub use error::FlipperError;
pub use write::{NoIdentity, write};

use super::decode;
use super::limit::MAX_FILE_BYTES;
use crate::model::card::image::MAX_SYSTEMS;
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::tree::AesKeyFacts;
use crate::model::card::{BLOCK_BYTES, Block, Idm, NodeCode, Pmm, ServiceCode, SystemCode};
use crate::model::cipher::{AesKey, DES_BYTES, DesKey};
use crate::model::hex;
use error::NEWEST;
use lines::{Reader, cell, code_of, field, shortened};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

const FILETYPE: &str = "Flipper NFC device";

/// Whether the content begins as a Flipper's NFC files do, of whatever card.
pub fn is_flipper(bytes: &[u8]) -> bool {
    let head = decode::head(bytes);
    head.lines().next().and_then(|line| field(line, "Filetype")) == Some(FILETYPE)
}

/// Reads a dump. Of the keys in it their check values are kept, and no more.
pub fn parse(bytes: &[u8]) -> Result<Observation, FlipperError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FlipperError::TooLarge);
    }
    if !is_flipper(bytes) {
        return Err(FlipperError::NotFlipper);
    }
    let text = decode::decode_secret(bytes)?;
    let mut reader = Reader::new(&text);
    let header = Header::read(&mut reader)?;
    let mut systems = read_card(&mut reader, &header)?;
    if reader.next().is_some() {
        return Err(reader.expected("the end of the dump"));
    }
    if let Some(first) = systems.first_mut() {
        (first.idm, first.pmm) = (Some(header.idm), header.pmm);
    }
    Ok(Observation { systems })
}

struct Header {
    /// `None` where nothing of a FeliCa card's own follows.
    version: Option<u32>,
    idm: Idm,
    pmm: Option<Pmm>,
}

impl Header {
    fn read(reader: &mut Reader) -> Result<Header, FlipperError> {
        reader.field("Filetype", "\"Filetype\"")?;
        reader.field("Version", "\"Version\"")?;
        let device = reader.field("Device type", "\"Device type\"")?;
        if device != "FeliCa" {
            return Err(FlipperError::WrongDevice {
                line: reader.line(),
                found: shortened(device),
            });
        }
        let uid = reader.field("UID", "\"UID\"")?;
        let uid = hex::parse_array(uid).ok_or_else(|| reader.expected("8 bytes"))?;
        if reader.peek().is_none() {
            return Ok(Header {
                version: None,
                idm: Idm(uid),
                pmm: None,
            });
        }
        let version = reader.field("Data format version", "\"Data format version\"")?;
        let version = match version.parse() {
            Ok(known @ 1..=NEWEST) => known,
            Ok(found) if found > NEWEST => {
                let line = reader.line();
                return Err(FlipperError::Newer { line, found });
            }
            _ => return Err(reader.expected("the version of the data format, from 1")),
        };
        let idm = reader.field("Manufacture id", "\"Manufacture id\"")?;
        let idm = hex::parse_array(idm).ok_or_else(|| reader.expected("8 bytes"))?;
        let pmm = reader.field("Manufacture parameter", "\"Manufacture parameter\"")?;
        let pmm = hex::parse_array(pmm).ok_or_else(|| reader.expected("8 bytes"))?;
        if reader.is_next("IC Type") {
            reader.next();
        }
        Ok(Header {
            version: Some(version),
            idm: Idm(idm),
            pmm: Some(Pmm(pmm)),
        })
    }

    /// Whether the dump is whole without anything behind its header.
    fn may_stand_alone(&self) -> bool {
        // Version 1 began with the header alone. Later ones have nothing else only of chips that they do not read.
        self.version.is_none_or(|version| version == 1) || !self.pmm.is_some_and(is_standard)
    }
}

/// Whether the Flipper reads a card with that PMm by its systems, areas and services.
fn is_standard(pmm: Pmm) -> bool {
    matches!(pmm.0[1], 0x00..=0x48 | 0xA2)
}

/// What stands behind the header: a card by its systems, a Lite-S card's blocks, or nothing.
fn read_card(reader: &mut Reader, header: &Header) -> Result<Vec<ObservedSystem>, FlipperError> {
    const SYSTEMS: &str = "\"System found\" and how many";
    let version = header.version.unwrap_or_default();
    if reader.peek().is_none() {
        return match header.may_stand_alone() {
            true => Ok(vec![lite::system(header.pmm)]),
            false => Err(reader.cut(SYSTEMS)),
        };
    }
    if reader.is_next("Blocks total") {
        return Ok(vec![lite::read(reader, header.pmm)?]);
    }
    if reader.is_next("Area found") || reader.is_next("Service found") {
        let mut only = ObservedSystem::untold();
        read_nodes(reader, &mut only)?;
        return Ok(vec![only]);
    }
    let count = reader.count("System found", SYSTEMS)?;
    if count == 0 || count > MAX_SYSTEMS {
        return Err(reader.expected("1 to 16 systems"));
    }
    let systems = (0..count).map(|number| read_system(reader, number, version));
    systems.collect()
}

fn read_system(
    reader: &mut Reader,
    number: usize,
    version: u32,
) -> Result<ObservedSystem, FlipperError> {
    let row = reader.row("System", number, "the next system")?;
    let code = row
        .split('|')
        .next()
        .and_then(code_of)
        .ok_or_else(|| reader.expected("a system code"))?;
    let mut system = ObservedSystem::new(SystemCode(code));
    // Version 3 has the field, but what stands in it is not the system's.
    if version != 3
        && let Some(key_version) = reader.told(row, "Key version")?
    {
        system.key_versions.insert(NodeCode::SYSTEM, key_version);
    }
    read_key(reader, ("System", number), NodeCode::SYSTEM, &mut system)?;
    read_nodes(reader, &mut system)?;
    Ok(system)
}

/// The areas and services of a system, its drawn tree, and its blocks.
fn read_nodes(reader: &mut Reader, system: &mut ObservedSystem) -> Result<(), FlipperError> {
    let mut nodes = Nodes {
        system,
        found: Vec::new(),
        codes: BTreeSet::new(),
    };
    if reader.is_next("Area found") {
        nodes.read(reader, ("Area found", "Area"), area)?;
    }
    nodes.read(reader, ("Service found", "Service"), service)?;
    let Nodes { found, .. } = nodes;
    // Each code was seen to be new.
    let line = reader.line();
    let listed = system.listed(found);
    listed.map_err(|(code, why)| FlipperError::Node { line, code, why })?;
    pass_directory(reader);
    read_blocks(reader, system)
}

/// A system while its nodes are read.
struct Nodes<'a> {
    system: &'a mut ObservedSystem,
    found: Vec<FoundNode>,
    codes: BTreeSet<NodeCode>,
}

/// Reads the row of a node.
type ReadNode = fn(&Reader, &str) -> Result<FoundNode, FlipperError>;

impl Nodes<'_> {
    /// A list of nodes behind its count.
    fn read(
        &mut self,
        reader: &mut Reader,
        (counted, name): (&'static str, &'static str),
        node: ReadNode,
    ) -> Result<(), FlipperError> {
        let count = reader.count(counted, "\"Area found\" or \"Service found\", and how many")?;
        for index in 0..count {
            let row = reader.row(name, index, "the next area or service")?;
            let node = node(reader, row)?;
            let code = node.code();
            let line = reader.line();
            ObservedSystem::take_code(&mut self.codes, code).map_err(|why| FlipperError::Node {
                line,
                code,
                why,
            })?;
            if let Some(key_version) = reader.told(row, "Key version")? {
                self.system.key_versions.insert(code, key_version);
            }
            self.found.push(node);
            read_key(reader, (name, index), code, self.system)?;
        }
        Ok(())
    }
}

fn area(reader: &Reader, row: &str) -> Result<FoundNode, FlipperError> {
    let code = cell(row, "Code").and_then(code_of).map(NodeCode);
    let code = code
        .filter(|code| code.service().is_none())
        .ok_or_else(|| reader.expected("an area code"))?;
    let end = reader.told(row, "End")?.map(NodeCode);
    if end.is_some_and(|end| end < code) {
        return Err(reader.expected("an end that is not before the area"));
    }
    Ok(match code.is_area() {
        true => FoundNode::Area { code, end },
        false => FoundNode::Foreign(code),
    })
}

fn service(reader: &Reader, row: &str) -> Result<FoundNode, FlipperError> {
    let code = cell(row, "Code").and_then(code_of).map(NodeCode);
    let code = code
        .filter(|code| !code.is_area())
        .ok_or_else(|| reader.expected("a service code"))?;
    let attribute = cell(row, "Attrib.").and_then(|text| u8::from_str_radix(text, 16).ok());
    if attribute != Some(code.attribute()) {
        return Err(reader.expected("the attribute that the service's code has"));
    }
    Ok(FoundNode::of_code(code))
}

/// The check value of the key of the node in the row before, where the file has one: a DES key, or an AES key, which
/// can be shown only if its version is told.
fn read_key(
    reader: &mut Reader,
    (name, index): (&str, usize),
    node: NodeCode,
    system: &mut ObservedSystem,
) -> Result<(), FlipperError> {
    let is_key = |line: &str| {
        let name_and_index = line.split_once(':')?.0.strip_suffix(" Key")?;
        usize::from_str_radix(name_and_index.strip_prefix(name)?.trim(), 16).ok()
    };
    if reader.peek().and_then(is_key) != Some(index) {
        return Ok(());
    }
    let line = reader.next().unwrap_or_default();
    let digits = line.split_once(':').map_or("", |(_, value)| value.trim());
    if let Some(key) = hex::parse_array::<DES_BYTES>(digits).map(Zeroizing::new) {
        system.kcvs.insert(node, DesKey::new(*key).kcv());
    } else if let Some(key) = hex::parse_array(digits).map(Zeroizing::new) {
        let facts = system.key_versions.get(&node).map(|version| AesKeyFacts {
            version: *version,
            kcv: Some(AesKey::new(*key).kcv()),
            alone: true,
        });
        system.aes_keys.extend(facts.map(|facts| (node, facts)));
    } else {
        return Err(reader.expected("a key of 8 or 16 bytes"));
    }
    system.keys_in_file += 1;
    Ok(())
}

/// Passes over the drawn tree, which need not be there, be whole or be right.
fn pass_directory(reader: &mut Reader) {
    let drawn = |line: &str| {
        field(line, "Directory Tree").is_some() || line.starts_with(['+', '|', ':', '-', ' '])
    };
    while reader.peek().is_some_and(drawn) {
        reader.next();
    }
}

fn read_blocks(reader: &mut Reader, system: &mut ObservedSystem) -> Result<(), FlipperError> {
    let count = reader.count("Public blocks read", "\"Public blocks read\" and how many")?;
    for index in 0..count {
        let row = reader.row("Block", index, "the next block")?;
        let code = cell(row, "Service code").and_then(code_of).map(NodeCode);
        let code = code
            .filter(|code| !code.is_area() && system.has(*code))
            .ok_or_else(|| reader.expected("the code of a service of this system"))?;
        let block = cell(row, "Block index").and_then(|text| u16::from_str_radix(text, 16).ok());
        let block = block.ok_or_else(|| reader.expected("a block number"))?;
        let data = cell(row, "Data:").and_then(hex::parse_array::<BLOCK_BYTES>);
        let data = data.ok_or_else(|| reader.expected("16 bytes"))?;
        // What the blocks of another kind of node are for is not known here.
        let Some(service) = ServiceCode::new(code.0) else {
            continue;
        };
        let blocks = system.data.entry(service).or_default();
        if blocks.insert(block, Block(data)).is_some() {
            return Err(reader.expected("a block that was not there before"));
        }
    }
    Ok(())
}
