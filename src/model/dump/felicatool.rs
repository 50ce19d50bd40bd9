//! Scans of FeliCa Tool, an Android app: one JSON object, the systems by their codes.
//!
//! Codes of nodes stand as they pass on the wire, low byte first, an area with its end; key versions and numbers of
//! blocks in value order. In a file that was written for others to see, parts of IDm and of blocks are `XX`: what is
//! masked is not told. `docs/formats.md` fixes the fields.

use super::json_read::{self, Bytes, JsonError, Listing, Members, area, bytes, service};
use crate::model::card::image::MAX_SYSTEMS;
use crate::model::card::observation::{Observation, ObservedSystem};
use crate::model::card::{Block, Idm, NodeCode, Pmm, SystemCode};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Reads a scan.
pub fn parse(bytes: &[u8]) -> Result<Observation, JsonError> {
    let scan: Scan = json_read::read(bytes)?;
    let mut systems = Vec::new();
    for (Name(code), System(mut system)) in scan.systems.0 {
        if let Some(code) = code {
            system.call(code);
        }
        systems.push(system);
    }
    if let Some(first) = systems.first_mut() {
        first.pmm = scan.pmm.map(|Bytes(pmm)| Pmm(pmm));
    }
    Ok(Observation { systems })
}

#[derive(Deserialize)]
struct Scan {
    /// Of the chip; it was asked once.
    pmm: Option<Bytes<8>>,
    systems: Members<Name, System, MAX_SYSTEMS>,
}

/// A system's code, or `UNKNOWN`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Name(Option<SystemCode>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "UNKNOWN" {
            return Ok(Name(None));
        }
        let code = bytes(&text).map(|code| Name(Some(SystemCode(u16::from_be_bytes(code)))));
        code.ok_or_else(|| D::Error::custom("expected the code of a system"))
    }
}

/// Bytes of which some may be masked, and then none are told.
struct Masked<const N: usize>(Option<[u8; N]>);

impl<'de, const N: usize> Deserialize<'de> for Masked<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if bytes::<N>(&text.replace('X', "0")).is_none() {
            let wanted = format_args!("expected {} hexadecimal digits", 2 * N);
            return Err(D::Error::custom(wanted));
        }
        Ok(Masked(bytes(&text)))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "RawSystem")]
struct System(ObservedSystem);

#[derive(Deserialize)]
struct RawSystem {
    idm: Option<Masked<8>>,
    des_key_version: Option<Bytes<2>>,
    aes_key_version: Option<Bytes<2>>,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "type")]
    kind: Kind,
    code: String,
    des_key_version: Option<Bytes<2>>,
    aes_key_version: Option<Bytes<2>>,
    /// Blocks of a service, or allotted to an area, free ones included.
    blocks_total: Option<u16>,
    /// The same as another command of the card tells it.
    blocks_allocated: Option<u16>,
    data: Option<Members<Bytes<2>, Masked<16>>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Area,
    Service,
}

impl TryFrom<RawSystem> for System {
    type Error = String;

    fn try_from(raw: RawSystem) -> Result<System, String> {
        let mut listing = Listing::new();
        let value = |version: Option<Bytes<2>>| version.map(Bytes::value);
        let (des, aes) = (value(raw.des_key_version), value(raw.aes_key_version));
        listing.versions(NodeCode::SYSTEM, des, aes);
        for node in raw.nodes {
            let found = match node.kind {
                Kind::Area => {
                    let code = bytes::<4>(&node.code);
                    let [a, b, c, d] = code.ok_or("the code of an area is eight digits")?;
                    let end = NodeCode(u16::from_le_bytes([c, d]));
                    area(NodeCode(u16::from_le_bytes([a, b])), Some(end))?
                }
                Kind::Service => {
                    let code = bytes::<2>(&node.code).map(u16::from_le_bytes);
                    let code = code.ok_or("the code of a service is four digits")?;
                    let found = service(NodeCode(code));
                    found.ok_or_else(|| format!("{code:04X} is not the code of a service"))?
                }
            };
            let code = found.code();
            listing.add(found)?;
            let (des, aes) = (value(node.des_key_version), value(node.aes_key_version));
            listing.versions(code, des, aes);
            listing.blocks(code, node.blocks_total.or(node.blocks_allocated));
            let data = node.data.unwrap_or_default().0.into_iter();
            let told =
                data.filter_map(|(number, Masked(block))| Some((number.value(), Block(block?))));
            listing.data(code, told.collect());
        }
        let mut system = listing.system()?;
        system.idm = raw.idm.and_then(|Masked(idm)| idm).map(Idm);
        Ok(System(system))
    }
}
