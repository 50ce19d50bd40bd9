//! FeliCa cards in Metrodroid's JSON: systems and services by their codes as decimal numbers, and blocks.
//!
//! Metrodroid tells no areas and no key versions. `docs/formats.md` fixes the fields.

use super::json_read::{self, Bytes, Decimal, JsonError, Listing, Members, idm};
use crate::model::card::image::MAX_SYSTEMS;
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::{Block, NodeCode, Pmm, SystemCode};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Reads a card.
pub fn parse(bytes: &[u8]) -> Result<Observation, JsonError> {
    let card: Card = json_read::read(bytes)?;
    let mut systems = Vec::new();
    for (Decimal(code), System(mut system)) in card.felica.systems.0 {
        system.call(SystemCode(code));
        systems.push(system);
    }
    if let Some(first) = systems.first_mut() {
        first.idm = idm(card.felica.idm.or(card.tag_id));
        first.pmm = card.felica.pmm.map(|Bytes(pmm)| Pmm(pmm));
    }
    Ok(Observation { systems })
}

#[derive(Deserialize)]
struct Card {
    /// IDm of the system that answered first.
    #[serde(rename = "tagId")]
    tag_id: Option<Bytes<8>>,
    felica: Felica,
}

#[derive(Deserialize)]
struct Felica {
    /// Older versions write it here as well.
    #[serde(rename = "iDm")]
    idm: Option<Bytes<8>>,
    #[serde(rename = "pMm")]
    pmm: Option<Bytes<8>>,
    systems: Members<Decimal, System, MAX_SYSTEMS>,
}

#[derive(Deserialize)]
#[serde(try_from = "RawSystem")]
struct System(ObservedSystem);

#[derive(Deserialize)]
struct RawSystem {
    /// Missing where the system was passed over.
    #[serde(default)]
    services: Members<Decimal, Service>,
}

#[derive(Deserialize)]
struct Service {
    /// Missing where the service was passed over.
    #[serde(default)]
    blocks: Vec<ReadBlock>,
}

#[derive(Deserialize)]
struct ReadBlock {
    /// Its number; where it is missing, its place in the list.
    address: Option<u16>,
    data: Bytes<16>,
}

impl TryFrom<RawSystem> for System {
    type Error = String;

    fn try_from(raw: RawSystem) -> Result<System, String> {
        let mut listing = Listing::new();
        for (Decimal(code), service) in raw.services.0 {
            let code = NodeCode(code);
            listing.add(FoundNode::of_code(code))?;
            let mut blocks = BTreeMap::new();
            for (place, ReadBlock { address, data }) in (0..=u16::MAX).zip(service.blocks) {
                if blocks
                    .insert(address.unwrap_or(place), Block(data.0))
                    .is_some()
                {
                    return Err(format!("node {code}: a block that was there before"));
                }
            }
            listing.data(code, blocks);
        }
        listing.system().map(System)
    }
}
