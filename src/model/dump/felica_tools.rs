//! Dumps of FelicaTools, scripts that read and emulate cards with nfcpy: systems and services by their codes, and
//! blocks.
//!
//! The scripts tell services that were read, and no others; no areas and no key versions. Their emulator takes letters
//! of either case. `docs/formats.md` fixes the fields.

use super::json_read::{self, Bytes, JsonError, Listing, Members, bytes, numbered};
use crate::model::card::image::MAX_SYSTEMS;
use crate::model::card::observation::{FoundNode, Observation, ObservedSystem};
use crate::model::card::{Idm, NodeCode, Pmm, SystemCode};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Reads a dump.
pub fn parse(bytes: &[u8]) -> Result<Observation, JsonError> {
    let card: Card = json_read::read(bytes)?;
    let mut systems = Vec::new();
    for (code, System(mut system)) in card.systems.0 {
        system.call(SystemCode(code.value()));
        systems.push(system);
    }
    if let Some(first) = systems.first_mut() {
        first.pmm = card.pmm.map(|Bytes(pmm)| Pmm(pmm));
    }
    Ok(Observation { systems })
}

#[derive(Deserialize)]
struct Card {
    #[serde(rename = "PMm", alias = "pmm")]
    pmm: Option<Bytes<8>>,
    systems: Members<Bytes<2>, System, MAX_SYSTEMS>,
}

#[derive(Deserialize)]
#[serde(try_from = "RawSystem")]
struct System(ObservedSystem);

#[derive(Deserialize)]
struct RawSystem {
    #[serde(rename = "IDm", alias = "idm")]
    idm: Option<Drawn>,
    /// Missing where none was read.
    #[serde(default)]
    services: Members<Bytes<2>, Service>,
}

/// An IDm, or `random`: the emulator draws one.
struct Drawn(Option<Idm>);

impl<'de> Deserialize<'de> for Drawn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match bytes(&text) {
            Some(idm) => Ok(Drawn(Some(Idm(idm)))),
            None if text.eq_ignore_ascii_case("random") => Ok(Drawn(None)),
            None => Err(D::Error::custom("expected 16 hexadecimal digits or random")),
        }
    }
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    blocks: Vec<Bytes<16>>,
}

impl TryFrom<RawSystem> for System {
    type Error = String;

    fn try_from(raw: RawSystem) -> Result<System, String> {
        let mut listing = Listing::new();
        for (code, service) in raw.services.0 {
            let code = NodeCode(code.value());
            listing.add(FoundNode::of_code(code))?;
            listing.data(code, numbered(service.blocks));
        }
        let mut system = listing.system()?;
        system.idm = raw.idm.and_then(|Drawn(idm)| idm);
        Ok(System(system))
    }
}
