//! FeliCa dumps of the proxmark3 client: one JSON object, as `hf felica dump` writes and `hf felica sim` reads it.
//!
//! Codes of nodes and key versions stand there as they pass on the wire, low byte first: service 090F is `"0F09"`,
//! and area 1000–17FF is `"0010FF17"`. System codes and block numbers are in value order. `docs/formats.md` fixes
//! the fields.
//!
//! Nesting follows from the end codes. Where they do not tell it, what is written here names the area around each
//! node in a member of its own, `area`, which other readers pass over.
//!
//! A file is read as a stream, so that what is not looked for takes no memory, and each error has its line.

mod write;

pub use write::write;

use super::decode::{self, NotText};
use super::limit::MAX_FILE_BYTES;
use crate::model::card::image::MAX_SYSTEMS;
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::{Block, Idm, KeyVersion, NodeCode, Pmm, ServiceCode, SystemCode};
use crate::model::hex;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// Stands for a version where a node does not exist, or not under that cipher.
const NO_SUCH_NODE: KeyVersion = 0xFFFF;
/// Most characters of a reason that are kept. It may quote the file.
const MAX_REASON: usize = 120;

/// Why a dump cannot be read. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Pm3Error {
    #[error("the dump has more than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    #[error("a JSON object, but no dump of the proxmark3")]
    NotProxmark3,
    #[error(transparent)]
    NotText(#[from] NotText),
    #[error("the dump ends in line {line}, before it is complete")]
    Cut { line: usize },
    #[error("line {line}, column {column}: not JSON")]
    Garbled { line: usize, column: usize },
    #[error("line {line}, column {column}: {what}")]
    Wrong {
        line: usize,
        column: usize,
        what: String,
    },
}

/// Whether the content begins as a JSON object does.
pub fn is_json_object(bytes: &[u8]) -> bool {
    decode::head(bytes).trim_start().starts_with('{')
}

/// Reads a dump.
pub fn parse(bytes: &[u8]) -> Result<Observation, Pm3Error> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Pm3Error::TooLarge);
    }
    let text = decode::decode(bytes)?;
    let dump: Dump = serde_json::from_str(&text).map_err(|error| placed(&error))?;
    let systems = dump.systems.ok_or(Pm3Error::NotProxmark3)?.0;
    Ok(Observation { systems })
}

fn placed(error: &serde_json::Error) -> Pm3Error {
    use serde_json::error::Category;
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Eof => Pm3Error::Cut { line },
        Category::Data => {
            let said = error.to_string();
            let place = format!(" at line {line} column {column}");
            let what = said.strip_suffix(&place).unwrap_or(&said);
            let what = what.chars().filter(|c| !c.is_control()).take(MAX_REASON);
            Pm3Error::Wrong {
                line,
                column,
                what: what.collect(),
            }
        }
        Category::Syntax | Category::Io => Pm3Error::Garbled { line, column },
    }
}

/// The whole file. What else may stand there, of the container and the specification, is not of the card's tree.
#[derive(serde::Deserialize)]
struct Dump {
    systems: Option<Systems>,
}

struct Systems(Vec<ObservedSystem>);

#[derive(serde::Deserialize)]
struct System {
    code: Bytes<2>,
    idm: Option<Bytes<8>>,
    pmm: Option<Bytes<8>>,
    nodes: Nodes,
}

/// The nodes of a system whose code is not known yet.
struct Nodes(ObservedSystem);

#[derive(serde::Deserialize)]
struct Node {
    #[serde(rename = "type")]
    kind: Kind,
    code: String,
    des_key_version: Option<Bytes<2>>,
    data: Option<Data>,
    /// Code of the area around it; ours alone.
    area: Option<Bytes<2>>,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    System,
    Area,
    Service,
}

/// Blocks by number.
#[derive(Default)]
struct Data(BTreeMap<u16, Block>);

/// Bytes as hexadecimal digits without gaps.
#[derive(Clone, Copy)]
struct Bytes<const N: usize>([u8; N]);

impl Bytes<2> {
    /// A number, low byte first.
    fn wire(self) -> u16 {
        u16::from_le_bytes(self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        bytes(&text)
            .map(Bytes)
            .ok_or_else(|| D::Error::custom(format_args!("expected {} hexadecimal digits", 2 * N)))
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    (text.len() == 2 * N)
        .then(|| hex::parse_array(text))
        .flatten()
}

impl<'de> Deserialize<'de> for Systems {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Systems;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of systems")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Systems, A::Error> {
                let mut systems = Vec::new();
                while let Some(system) = list.next_element::<System>()? {
                    if systems.len() == MAX_SYSTEMS {
                        return Err(A::Error::custom("a card has at most 16 systems"));
                    }
                    let Nodes(mut observed) = system.nodes;
                    observed.code = SystemCode(u16::from_be_bytes(system.code.0));
                    observed.idm = system.idm.map(|idm| Idm(idm.0));
                    observed.pmm = system.pmm.map(|pmm| Pmm(pmm.0));
                    systems.push(observed);
                }
                Ok(Systems(systems))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Nodes;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list of nodes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Nodes, A::Error> {
                let mut placing = Placing::new();
                while let Some(node) = list.next_element()? {
                    placing.take(node).map_err(A::Error::custom)?;
                }
                Ok(Nodes(placing.system))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Blocks;
        impl<'de> Visitor<'de> for Blocks {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("blocks by number")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
                let mut data = Data::default();
                while let Some(Bytes(number)) = map.next_key()? {
                    let Bytes(block) = map.next_value()?;
                    let number = u16::from_be_bytes(number);
                    if data.0.insert(number, Block(block)).is_some() {
                        return Err(A::Error::custom("a block that was there before"));
                    }
                }
                Ok(data)
            }
        }
        deserializer.deserialize_map(Blocks)
    }
}

/// A system while its nodes are put into their places.
struct Placing {
    system: ObservedSystem,
    /// How many areas stand around what each area holds. Only areas that nodes may still be put into.
    depths: BTreeMap<NodeCode, usize>,
    /// An area of which neither its end nor what it holds was told.
    endless: Option<NodeCode>,
    /// Code of the node before.
    last: NodeCode,
}

impl Placing {
    fn new() -> Placing {
        Placing {
            system: ObservedSystem::new(SystemCode::ANY),
            depths: BTreeMap::new(),
            endless: None,
            last: NodeCode::AREA_0,
        }
    }

    /// Takes the next node in, or says why it cannot stand there.
    fn take(&mut self, node: Node) -> Result<(), String> {
        let data = node.data.unwrap_or_default().0;
        let version = node.des_key_version.map(Bytes::wire);
        let version = version.filter(|version| *version != NO_SUCH_NODE);
        let found = match node.kind {
            Kind::System => return self.take_system(&node.code, version),
            Kind::Area => area(&node.code)?,
            Kind::Service => service(&node.code)?,
        };
        let code = found.code();
        self.place(found, node.area.map(|area| NodeCode(area.wire())))
            .map_err(|why| format!("node {code}: {why}"))?;
        if let Some(version) = version {
            self.system.key_versions.insert(code, version);
        }
        match code.service() {
            _ if data.is_empty() => {}
            Some(service) => {
                self.system.data.insert(service, data);
            }
            None => return Err(format!("node {code}: an area has no blocks of its own")),
        }
        Ok(())
    }

    fn take_system(&mut self, code: &str, version: Option<KeyVersion>) -> Result<(), String> {
        if bytes(code) != Some(NodeCode::SYSTEM.0.to_le_bytes()) {
            return Err("the code of a system's node is FFFF".into());
        }
        match version.and_then(|v| self.system.key_versions.insert(NodeCode::SYSTEM, v)) {
            Some(_) => Err("a second node of the system".into()),
            None => Ok(()),
        }
    }

    fn place(&mut self, found: FoundNode, around: Option<NodeCode>) -> Result<(), String> {
        let said = |error| Err(format!("{error}"));
        let code = found.code();
        let before = std::mem::replace(&mut self.last, code);
        if let Some(area) = around {
            let depth = self.depths.get(&area).copied();
            let depth = depth.ok_or("the area around it was not there before")?;
            self.depths.retain(|_, inside| *inside <= depth);
            if let FoundNode::Area { .. } = found {
                self.depths.insert(code, depth + 1);
            }
            return self.system.found_at(depth, found).or_else(said);
        }
        if let Some(area) = self.endless {
            return Err(format!(
                "the end of area {area} is not told, so nobody knows what it holds"
            ));
        }
        // End codes tell the nesting of nodes that come as a search finds them.
        if code < before && !self.system.has(code) {
            return Err(format!("it stands behind node {before}"));
        }
        let first = self.system.nodes().next().is_none();
        match found {
            FoundNode::Area { .. } if first => {
                self.depths.insert(code, 1);
            }
            FoundNode::Area { end: None, .. } => self.endless = Some(code),
            _ => {}
        }
        self.system.found(found).or_else(said)
    }
}

/// An area's code, and its end code behind it.
fn area(code: &str) -> Result<FoundNode, String> {
    let whole = bytes::<4>(code).map(|[a, b, c, d]| ([a, b], Some([c, d])));
    let begin = bytes::<2>(code).map(|begin| (begin, None));
    let (begin, end) = whole
        .or(begin)
        .ok_or("the code of an area is eight hexadecimal digits, its end behind it")?;
    let code = NodeCode(u16::from_le_bytes(begin));
    let end = end.map(|end| NodeCode(u16::from_le_bytes(end)));
    if !code.is_area() {
        return Err(format!("{code} is not the code of an area"));
    }
    if end.is_some_and(|end| end < code) {
        return Err(format!("area {code} ends before it begins"));
    }
    Ok(FoundNode::Area { code, end })
}

fn service(code: &str) -> Result<FoundNode, String> {
    let code = bytes(code).map(u16::from_le_bytes);
    let code = code.ok_or("the code of a service is four hexadecimal digits")?;
    let service = ServiceCode::new(code);
    service
        .map(FoundNode::Service)
        .ok_or_else(|| format!("{code:04X} is not the code of a service"))
}
