//! Dumps of the `felica` crate's `dump --json`: one JSON object, areas nested as they stand on the card.
//!
//! All codes and versions stand in value order, with `0x` before them or without. The blocks of a service number
//! stand once, beside its services; they were read through the first that needs no key, or else through the first.
//!
//! The program does not tell the ciphers of a card with one list of versions: it calls them AES versions, whichever
//! they are. `docs/formats.md` fixes the fields.

use super::json_read::{self, Bytes, JsonError, Listing, area, bytes, idm, numbered, service};
use super::json_systems::Systems;
use crate::model::card::observation::{Observation, ObservedSystem};
use crate::model::card::{Idi, KeyVersion, NodeCode, Pmi, Pmm, SystemCode};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Reads a dump.
pub fn parse(bytes: &[u8]) -> Result<Observation, JsonError> {
    let Dump { systems } = json_read::read(bytes)?;
    let systems = systems.0.into_iter().map(|System(system)| system);
    Ok(Observation {
        systems: systems.collect(),
    })
}

#[derive(Deserialize)]
struct Dump {
    systems: Systems<System>,
}

/// A number of four hexadecimal digits, `0x` before them or not.
#[derive(Clone, Copy)]
struct Number(u16);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        let number = bytes(digits).map(|number| Number(u16::from_be_bytes(number)));
        number.ok_or_else(|| D::Error::custom("expected four hexadecimal digits"))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "RawSystem")]
struct System(ObservedSystem);

#[derive(Deserialize)]
struct RawSystem {
    idm: Option<Bytes<8>>,
    pmm: Option<Bytes<8>>,
    /// Issuance IDs, where the program authenticated the card.
    idi: Option<Bytes<8>>,
    pmi: Option<Bytes<8>>,
    system_code_hex: Number,
    system_key: Option<Versions>,
    /// Services that a search found outside every area.
    #[serde(default)]
    system_services: Vec<Group>,
    areas: Vec<Area>,
}

#[derive(Deserialize)]
struct Area {
    area_code_hex: Number,
    end_service_code_hex: Number,
    key_version: Option<Versions>,
    #[serde(default)]
    children: Vec<Child>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
enum Child {
    Area(Area),
    ServiceGroup(Group),
}

/// The services of one number.
#[derive(Deserialize)]
struct Group {
    services: Vec<Service>,
    blocks: Option<Vec<Bytes<16>>>,
}

#[derive(Deserialize)]
struct Service {
    code_hex: Number,
    key_version: Option<Versions>,
}

#[derive(Clone, Copy, Deserialize)]
struct Versions {
    aes_key_version_hex: Option<Number>,
    des_key_version_hex: Option<Number>,
}

/// A system while its nodes are gathered.
struct Gathering {
    listing: Listing,
    versions: Vec<(NodeCode, Versions)>,
}

impl Gathering {
    fn area(&mut self, raw: Area) -> Result<(), String> {
        let code = NodeCode(raw.area_code_hex.0);
        let end = NodeCode(raw.end_service_code_hex.0);
        self.listing.add(area(code, Some(end))?)?;
        self.versions
            .extend(raw.key_version.map(|told| (code, told)));
        for child in raw.children {
            match child {
                Child::Area(area) => self.area(area)?,
                Child::ServiceGroup(group) => self.group(group)?,
            }
        }
        Ok(())
    }

    fn group(&mut self, raw: Group) -> Result<(), String> {
        let codes: Vec<NodeCode> = raw
            .services
            .iter()
            .map(|s| NodeCode(s.code_hex.0))
            .collect();
        for (code, raw) in codes.iter().zip(raw.services) {
            let found = service(*code);
            let found = found.ok_or_else(|| format!("{code} is not the code of a service"))?;
            self.listing.add(found)?;
            self.versions
                .extend(raw.key_version.map(|told| (*code, told)));
        }
        let free = codes.iter().find(|code| code.0 & 1 == 1);
        if let (Some(code), Some(blocks)) = (free.or(codes.first()), raw.blocks) {
            self.listing.data(*code, numbered(blocks));
        }
        Ok(())
    }

    /// The system. Where no node has two versions, nothing tells which cipher the one is of.
    fn system(mut self) -> Result<ObservedSystem, String> {
        let number = |number: Option<Number>| number.map(|Number(version)| version);
        let both = self
            .versions
            .iter()
            .any(|(_, told)| told.des_key_version_hex.is_some());
        for (node, told) in self.versions {
            let one: Option<KeyVersion> = number(told.aes_key_version_hex);
            match both {
                true => self
                    .listing
                    .versions(node, number(told.des_key_version_hex), one),
                false => self.listing.versions(node, one, None),
            }
        }
        self.listing.system()
    }
}

impl TryFrom<RawSystem> for System {
    type Error = String;

    fn try_from(raw: RawSystem) -> Result<System, String> {
        let mut gathering = Gathering {
            listing: Listing::new(),
            versions: Vec::new(),
        };
        let own = raw.system_key.map(|told| (NodeCode::SYSTEM, told));
        gathering.versions.extend(own);
        for area in raw.areas {
            gathering.area(area)?;
        }
        for group in raw.system_services {
            gathering.group(group)?;
        }
        let mut system = gathering.system()?;
        system.call(SystemCode(raw.system_code_hex.0));
        system.idm = idm(raw.idm);
        system.pmm = raw.pmm.map(|Bytes(pmm)| Pmm(pmm));
        let issuance = raw.idi.zip(raw.pmi);
        system.issuance = issuance.map(|(Bytes(idi), Bytes(pmi))| (Idi(idi), Pmi(pmi)));
        Ok(System(system))
    }
}
