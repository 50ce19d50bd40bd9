//! Who knows what after a real division, worked out from the real messages and the parties' own keys.

use crate::support::{ALL, Division, demo_card, off_by_one_bit};
use cardwright::model::card::NodeCode;
use cardwright::model::cipher::{DesKey, issuer_package_key};
use cardwright::model::demo::Demo;
use cardwright::model::flow::at::Lane as _;
use cardwright::model::flow::divide::{INF_1, ISSUER, OPERATOR, PF, PJ, TERMINAL};
use cardwright::model::flow::secrets::{SEALS, forbidden};
use cardwright::model::flow::table::{LaneId, StepId};
use cardwright::model::hex;
use cardwright::model::message::{Message, Part};
use cardwright::model::party::knowledge::{Forbidden, Seal, Violation, World};
use cardwright::model::party::{KeyNode, KeyRing};
use std::collections::BTreeMap;

/// The world after a division, and what is forbidden in it.
fn world() -> (World, Vec<(LaneId, Forbidden)>) {
    let mut division = Division::new();
    division.run(&mut demo_card(), ALL).expect("divided");
    let Demo {
        issuer, operator, ..
    } = &division.demo;
    let rings = BTreeMap::from([
        (ISSUER.id(), issuer.ring.clone()),
        (OPERATOR.id(), operator.ring.clone()),
        (TERMINAL.id(), KeyRing::default()),
    ]);
    let rules = forbidden(issuer, operator);
    (
        World {
            rings,
            messages: division.messages,
        },
        rules,
    )
}

fn key(ring: &KeyRing, system: u16, node: KeyNode) -> DesKey {
    let system = cardwright::model::card::SystemCode(system);
    ring.newest(system, node).expect("there").1.clone()
}

fn who(violations: &[Violation]) -> Vec<LaneId> {
    let mut who: Vec<LaneId> = violations.iter().map(|violation| violation.who).collect();
    who.dedup();
    who
}

#[test]
fn nobody_learns_what_is_not_theirs() {
    let (world, rules) = world();
    assert_eq!(world.violations(&rules, None), []);
}

/// Against a list that left something out.
#[test]
fn the_list_names_what_the_seed_forbids() {
    let (_, rules) = world();
    let demo = Demo::new();
    let system = KeyNode::Node(NodeCode::SYSTEM);
    let root = KeyNode::Node(NodeCode::AREA_0);
    let (issuer, operator) = (&demo.issuer.ring, &demo.operator.ring);
    let of_operator = [
        key(operator, 0x0003, KeyNode::Division),
        key(operator, 0xFE42, system),
        key(operator, 0xFE42, root),
    ];
    let (s, r) = (key(issuer, 0x0003, system), key(issuer, 0x0003, root));
    let of_issuer = [s.clone(), r.clone(), issuer_package_key(&s, &r)];
    let forbids = |who: LaneId, key: &DesKey| {
        let mut rules = rules.iter();
        rules.any(|(whose, rule)| *whose == who && matches!(rule, Forbidden::Key(_, k) if k == key))
    };
    let makes = |who: LaneId, seal: Seal| {
        let mut rules = rules.iter();
        rules.any(|(whose, rule)| *whose == who && matches!(rule, Forbidden::Make(s) if *s == seal))
    };
    assert!(of_operator.iter().all(|key| forbids(ISSUER.id(), key)));
    assert!(of_issuer.iter().all(|key| forbids(OPERATOR.id(), key)));
    let every = issuer.iter().chain(operator.iter()).map(|(_, key)| key);
    for key in every.chain(&of_issuer).chain(&of_operator) {
        assert!(forbids(TERMINAL.id(), key));
    }
    assert!(makes(ISSUER.id(), Seal::Package(&PF)) && makes(ISSUER.id(), Seal::Package(&INF_1)));
    assert!(makes(OPERATOR.id(), Seal::Package(&PJ)));
    assert!(
        [
            Seal::Package(&PF),
            Seal::Package(&PJ),
            Seal::Package(&INF_1)
        ]
        .into_iter()
        .all(|seal| makes(TERMINAL.id(), seal))
    );
    let sessions = rules
        .iter()
        .filter(|(_, rule)| matches!(rule, Forbidden::AnySession));
    let whose: Vec<LaneId> = sessions.map(|(who, _)| *who).collect();
    assert!(whose.contains(&TERMINAL.id()));
}

#[test]
fn every_seal_keeps_something_from_somebody() {
    let (world, rules) = world();
    let expected = [
        (Seal::Package(&PF), ISSUER.id()),
        (Seal::Package(&PJ), OPERATOR.id()),
        (Seal::Package(&INF_1), TERMINAL.id()),
        (Seal::Session, TERMINAL.id()),
    ];
    assert_eq!(expected.map(|(seal, _)| seal), SEALS);
    for (seal, actor) in expected {
        let found = world.violations(&rules, Some(seal));
        assert!(who(&found).contains(&actor), "without {seal:?}: {found:?}");
    }
}

#[test]
fn the_operator_and_the_card_know_what_they_must() {
    let (world, _) = world();
    let knowledge = world.knowledge(OPERATOR.id(), None);
    assert!(knowledge.can_make(Seal::Package(&INF_1)) && knowledge.can_make(Seal::Session));
    assert!(
        world
            .knowledge(ISSUER.id(), None)
            .can_make(Seal::Package(&PJ))
    );
    assert_eq!(world.knowledge(TERMINAL.id(), None).keys().len(), 0);
}

/// The control: a key that is put where it does not belong is found there, with what follows from it.
#[test]
fn a_planted_key_is_found() {
    let demo = Demo::new();
    let k_d = key(&demo.operator.ring, 0x0003, KeyNode::Division);
    let parity: [u8; 8] = k_d.expose().map(|byte| byte ^ 1);
    let plants = [
        Part::Clear {
            name: "note",
            value: hex::plain(k_d.expose()),
            bytes: 8,
        },
        Part::Clear {
            name: "note",
            value: format!("key {}", hex::plain(&parity)),
            bytes: 8,
        },
        Part::Clear {
            name: "note",
            value: "the key is DEMODIVI.".into(),
            bytes: 20,
        },
        Part::Secure {
            sam: OPERATOR.id(),
            frame: [&[12, 0x14][..], k_d.expose(), &[0, 0]].concat(),
        },
    ];
    for (index, plant) in plants.into_iter().enumerate() {
        let (mut world, rules) = world();
        world.messages.push(Message {
            step: StepId("ST23".into()),
            from: OPERATOR.id(),
            to: ISSUER.id(),
            parts: vec![plant],
        });
        let found = world.violations(&rules, None);
        // The issuer has Pf, so with K_D it has the keys in it.
        for what in ["knows K_D", "knows SYS_K_F", "knows K_MU_F", "can make Pf"] {
            let violation = Violation {
                who: ISSUER.id(),
                what: what.into(),
            };
            assert!(found.contains(&violation), "plant {index}: {found:?}");
        }
    }
    let (mut world, rules) = world();
    let ring = world.rings.entry(TERMINAL.id()).or_default();
    let name = demo.operator.ring.iter().next().expect("a key").0.clone();
    ring.insert(
        name,
        key(&demo.issuer.ring, 0x0003, KeyNode::Node(NodeCode(0x1008))),
    );
    assert_eq!(who(&world.violations(&rules, None)), [TERMINAL.id()]);
}

#[test]
fn a_key_that_is_nearly_right_opens_nothing() {
    let demo = Demo::new();
    let (mut world, rules) = world();
    let wrong = off_by_one_bit(&key(&demo.operator.ring, 0x0003, KeyNode::Division));
    let name = demo.operator.ring.iter().next().expect("a key").0.clone();
    world
        .rings
        .entry(ISSUER.id())
        .or_default()
        .insert(name, wrong);
    assert_eq!(world.violations(&rules, None), []);
}
