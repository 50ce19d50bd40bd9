//! FeliCa dumps of the proxmark3 client: one JSON object, as `hf felica dump` writes and `hf felica sim` reads it.
//!
//! Codes of nodes and key versions stand there as they pass on the wire, low byte first: service 090F is `"0F09"`,
//! and area 1000–17FF is `"0010FF17"`. System codes and block numbers are in value order. Nodes come in any order, and
//! an area may stand without its end; then codes tell only some of the nesting. `docs/formats.md` fixes the fields.

mod write;

pub use write::write;

use super::json_read::{self, Bytes, JsonError, Listing, Members, area, bytes, idm, service};
use super::json_systems::Systems;
use crate::model::card::encryption::Encryption;
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::{Block, NodeCode, Pmm, SystemCode};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use std::fmt;

/// Reads a dump.
pub fn parse(bytes: &[u8]) -> Result<Observation, JsonError> {
    let Dump { systems } = json_read::read(bytes)?;
    let systems = systems.0.into_iter().map(ObservedSystem::from);
    Ok(Observation {
        systems: systems.collect(),
    })
}

/// The whole file. What else may stand there, of the container and the specification, is not of the card's tree.
#[derive(Deserialize)]
struct Dump {
    systems: Systems<System>,
}

#[derive(Deserialize)]
struct System {
    code: Bytes<2>,
    idm: Option<Bytes<8>>,
    pmm: Option<Bytes<8>>,
    encryption_identifier: Option<Identifier>,
    nodes: Nodes,
}

impl From<System> for ObservedSystem {
    fn from(system: System) -> ObservedSystem {
        let Nodes(mut observed) = system.nodes;
        observed.call(SystemCode(system.code.value()));
        observed.idm = idm(system.idm);
        observed.pmm = system.pmm.map(|Bytes(pmm)| Pmm(pmm));
        observed.encryption = system.encryption_identifier.map(|Identifier(told)| told);
        observed
    }
}

/// A name, or two digits.
struct Identifier(Encryption);

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Identifier).map_err(D::Error::custom)
    }
}

/// The nodes of a system whose code is not known yet.
struct Nodes(ObservedSystem);

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "type")]
    kind: Kind,
    code: String,
    des_key_version: Option<Bytes<2>>,
    aes_key_version: Option<Bytes<2>>,
    data: Option<Members<Bytes<2>, Bytes<16>>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    System,
    Area,
    Service,
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
                let mut listing = Listing::new();
                let mut own = false;
                while let Some(node) = list.next_element::<Node>()? {
                    if node.kind == Kind::System && std::mem::replace(&mut own, true) {
                        return Err(A::Error::custom("a second node of the system"));
                    }
                    take(&mut listing, node).map_err(A::Error::custom)?;
                }
                listing.system().map(Nodes).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// Takes the next node in, or says why there can be no such node.
fn take(listing: &mut Listing, node: Node) -> Result<(), String> {
    let found = found(&node)?;
    let code = found.map_or(NodeCode::SYSTEM, FoundNode::code);
    if let Some(found) = found {
        listing.add(found)?;
    }
    let (des, aes) = (node.des_key_version, node.aes_key_version);
    listing.versions(code, des.map(Bytes::wire), aes.map(Bytes::wire));
    let data = node.data.unwrap_or_default().0;
    if node.kind != Kind::Service && !data.is_empty() {
        return Err(format!("node {code}: only a service has blocks"));
    }
    let blocks = data.into_iter();
    let blocks = blocks.map(|(number, Bytes(block))| (number.value(), Block(block)));
    listing.data(code, blocks.collect());
    Ok(())
}

/// The node; `None` for the system's own.
fn found(node: &Node) -> Result<Option<FoundNode>, String> {
    let code = bytes::<2>(&node.code).map(|code| NodeCode(u16::from_le_bytes(code)));
    match node.kind {
        Kind::System if code == Some(NodeCode::SYSTEM) => Ok(None),
        Kind::System => Err("the code of a system's node is FFFF".into()),
        Kind::Area => {
            let whole = bytes::<4>(&node.code).map(|[a, b, c, d]| {
                let word = |low, high| NodeCode(u16::from_le_bytes([low, high]));
                (word(a, b), Some(word(c, d)))
            });
            let (code, end) = whole
                .or(code.map(|code| (code, None)))
                .ok_or("the code of an area is eight hexadecimal digits, its end behind it")?;
            area(code, end).map(Some)
        }
        Kind::Service => {
            let code = code.ok_or("the code of a service is four hexadecimal digits")?;
            let found = service(code);
            let found = found.ok_or_else(|| format!("{code} is not the code of a service"))?;
            Ok(Some(found))
        }
    }
}
