//! Names for well-known system and service codes: data, `assets/known_codes.ron`.
//!
//! A card does not say what its nodes are for, and a code is no proof; the names help a person who looks at a card that
//! nobody here has issued. A name that a workspace gives comes first.

use super::code::SystemCode;
use super::tree::ServiceNode;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One system.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    code: u16,
    name: String,
    services: BTreeMap<u16, String>,
}

fn known() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        // The data is part of the program, and a test reads it.
        ron::from_str(include_str!("../../../assets/known_codes.ron"))
            .unwrap_or_else(|error| panic!("known codes: {error}"))
    })
}

fn known_system(code: SystemCode) -> Option<&'static Known> {
    known().iter().find(|known| known.code == code.0)
}

/// What a system of that code is commonly for.
pub fn system_name(code: SystemCode) -> Option<&'static str> {
    known_system(code).map(|known| known.name.as_str())
}

/// What a service is called: as its workspace names it, or else as that code of that system is commonly known.
pub fn service_name(system: SystemCode, service: &ServiceNode) -> Option<&str> {
    let common = || known_system(system)?.services.get(&service.code.value());
    let named = service.name.as_deref();
    named.or_else(|| common().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::card::ServiceCode;

    #[test]
    fn the_data_is_read_and_each_code_is_one() {
        let mut codes: Vec<u16> = known().iter().map(|known| known.code).collect();
        codes.dedup();
        assert_eq!(codes.len(), known().len());
        assert!(codes.is_sorted(), "in order");
        for known in known() {
            let is_service = |code: &u16| ServiceCode::new(*code).is_some();
            assert!(known.services.keys().all(is_service), "{}", known.name);
        }
        assert_eq!(system_name(SystemCode(0x12FC)), Some("NFC Forum tag"));
        assert_eq!(system_name(SystemCode(0xFE42)), None);
    }
}
