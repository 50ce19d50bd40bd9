//! Other people's software reads our card: an unmodified nfcpy over its UDP link. `make test` installs it.

use crate::dump::{V4, read};
use crate::fake_card::FakeCard;
use crate::support::{ALL, Issuance};
use crate::udp::with_card;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::card_tree;
use cardwright::device::memory::Memory;
use cardwright::model::card::SystemCode;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::projection::Projection;
use cardwright::model::card::tree::Tree;
use cardwright::model::chip::factory_image;
use cardwright::model::demo::Demo;
use cardwright::model::dump::json;
use cardwright::workbench::headless::new_card;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// What nfcpy finds on the card at `address`, as `tests/clients/nfcpy_tree.py` prints it.
pub fn nfcpy_tree(address: SocketAddr) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".venv/bin/python");
    assert!(
        python.exists(),
        "no {}: `make test` makes it",
        python.display()
    );
    let output = Command::new(python)
        .arg(root.join("tests/clients/nfcpy_tree.py"))
        .args([address.ip().to_string(), address.port().to_string()])
        .output()
        .expect("python runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The same in the same form, from our own tree. A key version that is not known reads FFFF on the card.
pub fn expected(tree: &Tree) -> Value {
    let ours = json::cardwright(tree, "");
    let pick = |node: &Value, fields: &[&str]| -> Value {
        let version = |value: &Value| {
            if value.is_null() {
                json!(0xFFFF)
            } else {
                value.clone()
            }
        };
        let field = |f: &&str| {
            (
                f.to_string(),
                if *f == "key_version" {
                    version(&node[*f])
                } else {
                    node[*f].clone()
                },
            )
        };
        fields
            .iter()
            .map(field)
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let nodes = |system: &Value, list: &str, fields: &[&str]| -> Vec<Value> {
        let nodes = system[list].as_array().expect("a list");
        nodes.iter().map(|node| pick(node, fields)).collect()
    };
    let systems = ours["systems"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|system| {
            json!({
                "code": system["code"],
                "idm": system["idm"],
                "pmm": system["pmm"],
                "areas": nodes(system, "areas", &["code", "end", "key_version"]),
                "services": nodes(system, "services", &["code", "key_version"]),
            })
        });
    json!({ "systems": systems.collect::<Vec<_>>() })
}

#[test]
fn nfcpy_reads_the_tree_that_we_show() {
    let mut card = FakeCard::new(read(V4));
    let ours = expected(&card.observation().tree());
    let found = with_card(&mut card, nfcpy_tree);
    assert_eq!(found, ours);
    assert_eq!(
        found["systems"][0]["services"].as_array().map(Vec::len),
        Some(9)
    );
    assert!(
        card.field_off >= 2,
        "nfcpy switches its field off when it closes"
    );
}

#[test]
fn nfcpy_reads_a_card_that_the_chip_plays() {
    let (demo, profile) = (Demo::new(), Profile::demo());
    let blank = factory_image(&profile, demo.idm, &demo.division_key, &demo.transport_key);
    let memory = Memory::new(blank, &profile);
    let mut card = EmulatedCard::new(profile, memory).expect("a card's memory");
    Issuance::of(demo)
        .run(&mut card, ALL)
        .expect("an issued card");

    let image = card.image().expect("a card's memory");
    let pending = BTreeSet::new();
    let projection = Projection {
        written: &image,
        prepared: &image,
        memory: &card.memory().data(),
        pending: &pending,
    };
    let ours = expected(&projection.tree());
    let found = with_card(&mut card, nfcpy_tree);
    assert_eq!(found, ours);
    assert_eq!(found["systems"][0]["code"], "0003");
    assert_eq!(
        found["systems"][0]["areas"].as_array().map(Vec::len),
        Some(4)
    );
}

#[test]
fn nfcpy_reads_a_demo_card_of_every_other_profile() {
    let others = Profile::built_in().into_iter();
    for profile in others.filter(|profile| *profile != Profile::demo()) {
        let name = profile.name.clone();
        let demo = Demo::small(SystemCode(0x8092), None);
        let mut card = new_card(&demo, profile).expect("an issued card");
        let ours = expected(&card_tree(&card));
        let found = with_card(&mut card, nfcpy_tree);
        assert_eq!(found, ours, "{name}");
        let system = &found["systems"][0];
        assert_eq!(system["code"], "8092", "{name}");
        assert_eq!(system["areas"].as_array().map(Vec::len), Some(2), "{name}");
        assert_eq!(system["services"].as_array().map(Vec::len), Some(4));
    }
}
