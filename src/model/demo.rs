//! The DEMO workspace's invented people, cards and throw-away keys, read from `assets/demo/card.ron`.
//!
//! Nothing here is secret and nothing may look as if it were: every key is letters that begin with DEMO, eight for DES
//! and sixteen for AES.

use crate::model::card::{Idi, Idm, NodeCode, Pmi, SystemCode};
use crate::model::cipher::{AesKey, DesKey};
use crate::model::flow::divide::{AreaUser, Issuer, Operator};
use crate::model::flow::issue::{IssuePlan, PlannedArea};
use crate::model::party::{AesKeyName, KeyName, KeyNode, KeyRing};
use serde::Deserialize;

/// System code of the demo issuer's cards.
pub const ISSUER_SYSTEM: SystemCode = SystemCode(0x0003);
/// System of the common area operator, as a division makes it.
pub const OPERATOR_SYSTEM: SystemCode = SystemCode(0xFE42);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoFile {
    idm: Idm,
    idi: Idi,
    pmi: Pmi,
    areas: Vec<PlannedArea>,
    keys: Vec<DemoKey>,
    aes_keys: Vec<DemoKey>,
    division_key: String,
    division: DemoDivision,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoKey {
    party: String,
    system: SystemCode,
    node: NodeCode,
    version: u16,
    letters: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoDivision {
    system: SystemCode,
    blocks_lent: u16,
    user: String,
}

/// Everything that a demo card is issued and divided with.
#[derive(Debug)]
pub struct Demo {
    /// IDm of system 0.
    pub idm: Idm,
    /// K_D, as the card maker writes it.
    pub division_key: DesKey,
    /// Transport key of the blank card.
    pub transport_key: DesKey,
    /// The AES transport key of a blank card of the AES generation.
    pub aes_transport_key: AesKey,
    pub plan: IssuePlan,
    pub issuer: Issuer,
    pub operator: Operator,
    pub user: AreaUser,
}

impl Demo {
    /// A demo issuer of small cards, which fit every chip: the same keys under `system`, for a card of that IDm.
    pub fn small(system: SystemCode, idm: Option<Idm>) -> Demo {
        let mut demo = Demo::new();
        // The file is compiled in and read by a test, so reading cannot fail here.
        demo.plan.areas = ron::from_str(include_str!("../../assets/demo/small.ron"))
            .expect("assets/demo/small.ron is read by a test");
        demo.plan.system = system;
        demo.issuer.system = system;
        demo.idm = idm.unwrap_or(demo.idm).of_system(0);
        let keys = demo.issuer.ring.iter().map(|(name, key)| {
            let mut name = name.clone();
            if name.system == ISSUER_SYSTEM {
                name.system = system;
            }
            (name, key.clone())
        });
        let mut ring = KeyRing::new(keys);
        for (name, key) in demo.issuer.ring.iter_aes() {
            let mut name = name.clone();
            if name.0.system == ISSUER_SYSTEM {
                name.0.system = system;
            }
            ring.insert_aes(name, key.clone());
        }
        demo.issuer.ring = ring;
        demo
    }

    /// The demo that ships.
    pub fn new() -> Demo {
        // The file is compiled in and read by a test, so reading cannot fail here.
        let file: DemoFile = ron::from_str(include_str!("../../assets/demo/card.ron"))
            .expect("assets/demo/card.ron is read by a test");
        let ring = |party: &str| {
            let own = file.keys.iter().filter(|key| key.party == party);
            let mut ring =
                KeyRing::new(own.map(|key| (key.name(), DesKey::new(letters(&key.letters)))));
            for key in file.aes_keys.iter().filter(|key| key.party == party) {
                ring.insert_aes(AesKeyName(key.name()), AesKey::new(letters(&key.letters)));
            }
            ring
        };
        let mut operator = ring("operator:common");
        let division_key = DesKey::new(letters(&file.division_key));
        let name = KeyName {
            owner: "operator:common".into(),
            system: ISSUER_SYSTEM,
            node: KeyNode::Division,
            version: 1,
        };
        operator.insert(name, division_key.clone());
        let issuer = ring("issuer:aoba");
        let transport = issuer.newest(SystemCode::ANY, KeyNode::Node(NodeCode::SYSTEM));
        let transport_key = transport.map_or(DesKey::new([0; 8]), |(_, key)| key.clone());
        let transport = issuer.newest_aes(SystemCode::ANY, KeyNode::Node(NodeCode::SYSTEM));
        let aes_transport_key = transport.map_or(AesKey::new([0; 16]), |(_, key)| key.clone());
        Demo {
            idm: file.idm,
            division_key,
            transport_key,
            aes_transport_key,
            plan: IssuePlan {
                system: ISSUER_SYSTEM,
                idi: file.idi,
                pmi: file.pmi,
                areas: file.areas,
            },
            issuer: Issuer {
                ring: issuer,
                system: ISSUER_SYSTEM,
                blocks_lent: file.division.blocks_lent,
                rejects: Vec::new(),
            },
            operator: Operator::new(operator, file.division.system),
            user: AreaUser {
                slug: file.division.user,
                rejects: Vec::new(),
            },
        }
    }
}

/// Whether a key is one that may stand in a DEMO workspace: capital letters that begin with DEMO.
pub fn is_demo_key(key: &[u8]) -> bool {
    key.starts_with(b"DEMO") && key.iter().all(u8::is_ascii_uppercase)
}

impl Default for Demo {
    fn default() -> Self {
        Demo::new()
    }
}

impl DemoKey {
    fn name(&self) -> KeyName {
        KeyName {
            owner: self.party.clone(),
            system: self.system,
            node: KeyNode::Node(self.node),
            version: self.version,
        }
    }
}

/// Letters as a key's bytes; what is longer is cut, what is shorter filled with zeros.
fn letters<const N: usize>(text: &str) -> [u8; N] {
    let mut key = [0; N];
    for (byte, letter) in key.iter_mut().zip(text.bytes()) {
        *byte = letter;
    }
    key
}
