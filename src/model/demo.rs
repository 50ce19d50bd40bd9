//! The DEMO workspace's invented people, cards and throw-away keys, read from `assets/demo/card.ron`.
//!
//! Nothing here is secret and nothing may look as if it were: every key is eight letters that begin with DEMO.

use crate::model::card::{Idi, Idm, NodeCode, Pmi, SystemCode};
use crate::model::cipher::DesKey;
use crate::model::flow::divide::{AreaUser, Issuer, Operator};
use crate::model::flow::issue::{IssuePlan, PlannedArea};
use crate::model::party::{KeyName, KeyNode, KeyRing};
use serde::Deserialize;

/// System code of the demo issuer's cards.
pub const ISSUER_SYSTEM: SystemCode = SystemCode(0x0003);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoFile {
    idm: Idm,
    idi: Idi,
    pmi: Pmi,
    areas: Vec<PlannedArea>,
    keys: Vec<DemoKey>,
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
        demo.issuer.ring = KeyRing::new(keys.collect::<Vec<_>>());
        demo
    }

    /// The demo that ships.
    pub fn new() -> Demo {
        // The file is compiled in and read by a test, so reading cannot fail here.
        let file: DemoFile = ron::from_str(include_str!("../../assets/demo/card.ron"))
            .expect("assets/demo/card.ron is read by a test");
        let ring = |party: &str| {
            let own = file.keys.iter().filter(|key| key.party == party);
            KeyRing::new(own.map(|key| (key.name(), letters(&key.letters))))
        };
        let mut operator = ring("operator:common");
        let division_key = letters(&file.division_key);
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
        Demo {
            idm: file.idm,
            division_key,
            transport_key,
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

/// Eight letters as a key; what is longer is cut, what is shorter filled with zeros.
fn letters(text: &str) -> DesKey {
    let mut key = [0; 8];
    for (byte, letter) in key.iter_mut().zip(text.bytes()) {
        *byte = letter;
    }
    DesKey::new(key)
}
