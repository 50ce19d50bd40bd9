//! Who must not learn what in a division (seed 000). [`World`](crate::model::party::knowledge::World) works out who
//! does.

use super::at::Lane;
use super::divide::{INF_1, ISSUER, Issuer, OPERATOR, Operator, PF, PJ, TERMINAL};
use super::table::LaneId;
use crate::model::card::{NodeCode, SystemCode};
use crate::model::cipher::{DesKey, issuer_package_key};
use crate::model::party::knowledge::{Forbidden, Seal};
use crate::model::party::{KeyNode, KeyRing};

/// Every seal of a division.
pub const SEALS: [Seal; 4] = [
    Seal::Package(&PF),
    Seal::Package(&PJ),
    Seal::Package(&INF_1),
    Seal::Session,
];

/// What stands for the name of a key that the seed does not name.
pub const UNNAMED_KEY: &str = "a card key";

/// What each party may neither know nor be able to make. The issuer never has the operator's keys, the operator
/// never the issuer's, and the terminal, which only relays, none at all. A key that a ring does not hold is left
/// out.
pub fn forbidden(issuer: &Issuer, operator: &Operator) -> Vec<(LaneId, Forbidden)> {
    let of_issuer = own_keys(&issuer.ring, issuer.system, ["SYS_K_(i)", "K_MU_(i)"]);
    let of_operator = own_keys(&operator.ring, operator.system, ["SYS_K_F", "K_MU_F"]);
    let k_d = operator.ring.newest(issuer.system, KeyNode::Division);
    let k_d = k_d.map(|(_, key)| ("K_D", key.clone()));
    let k_j = match &of_issuer[..] {
        [(_, system), (_, root)] => Some(("K_J", issuer_package_key(system, root))),
        _ => None,
    };
    let kept_by_operator: Vec<_> = of_operator.into_iter().chain(k_d).collect();
    let kept_by_issuer: Vec<_> = of_issuer.into_iter().chain(k_j).collect();
    let nodes = |ring: &KeyRing| {
        let keys = ring.iter().map(|(_, key)| (UNNAMED_KEY, key.clone()));
        keys.collect::<Vec<_>>()
    };
    let all = [nodes(&issuer.ring), nodes(&operator.ring)].concat();
    let named = [kept_by_operator.clone(), kept_by_issuer.clone()].concat();
    let unnamed = all
        .into_iter()
        .filter(|(_, key)| named.iter().all(|(_, known)| known != key));
    let for_terminal: Vec<_> = named.iter().cloned().chain(unnamed).collect();

    let rules = [
        (ISSUER.id(), kept_by_operator, vec![&PF, &INF_1]),
        (OPERATOR.id(), kept_by_issuer, vec![&PJ]),
        (TERMINAL.id(), for_terminal, vec![&PF, &PJ, &INF_1]),
    ];
    let mut forbidden = Vec::new();
    for (who, keys, packages) in rules {
        let keys = keys
            .into_iter()
            .map(|(name, key)| Forbidden::Key(name, key));
        let packages = packages.into_iter();
        let packages = packages.map(|kind| Forbidden::Make(Seal::Package(kind)));
        forbidden.extend(keys.chain(packages).map(|rule| (who, rule)));
    }
    // The operator's own SAM has the sessions; nobody who stands between may.
    forbidden.push((ISSUER.id(), Forbidden::AnySession));
    forbidden.push((TERMINAL.id(), Forbidden::AnySession));
    forbidden
}

/// A system's own key and its area 0's.
fn own_keys(
    ring: &KeyRing,
    system: SystemCode,
    names: [&'static str; 2],
) -> Vec<(&'static str, DesKey)> {
    let nodes = [NodeCode::SYSTEM, NodeCode::AREA_0];
    let key = |(name, node)| {
        let (_, key) = ring.newest(system, KeyNode::Node(node))?;
        Some((name, key.clone()))
    };
    names.into_iter().zip(nodes).filter_map(key).collect()
}
