//! What other programs write of our own cards, drawn from what the cards answer to plain commands as these programs do
//! it, opens again and tells what the program told.

use crate::aes::aes_card;
use crate::cards::full;
use crate::dump::drawn::{felica_emu, felica_rs, felica_tools, felicatool, metrodroid, proxmark3};
use crate::observe::observed;
use crate::support::{card_of, demo_card, divided_data, times};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::card_tree;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::tree::{SystemTree, Tree};
use cardwright::model::card::{NodeCode, SystemCode};
use cardwright::model::demo::Demo;
use cardwright::model::dump::form::{JsonForm, NoCard};
use cardwright::model::dump::json_read::JsonError;
use cardwright::model::dump::{self, OpenError, Opened};
use cardwright::workbench::headless::new_card;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The divided demo card, an issued card of every built-in profile, and cards without a free block.
pub fn cards() -> Vec<(String, EmulatedCard)> {
    let divided = card_of(Memory::new(divided_data().to_vec(), &Profile::demo()));
    let mut cards = vec![
        ("divided".to_string(), divided),
        ("demo".into(), demo_card()),
        ("aes".into(), aes_card()),
    ];
    for profile in Profile::built_in() {
        let demo = Demo::small(SystemCode(0x8092), None);
        let name = profile.name.clone();
        if profile.blocks <= 256 {
            cards.push((format!("{name} without a free block"), full(&profile)));
        }
        cards.push((name, new_card(&demo, profile).expect("issued")));
    }
    let full = cards
        .iter()
        .filter(|(name, _)| name.ends_with("free block"));
    for (name, card) in full {
        let systems = card_tree(card).systems;
        assert_eq!(
            systems[0].blocks.map(|blocks| blocks.free),
            Some(0),
            "{name}"
        );
    }
    cards
}

fn opened(text: &str) -> Tree {
    let Opened::Observation(seen) = dump::open(text.as_bytes()).expect("a dump");
    seen.tree()
}

/// Every node with where it stands, and the blocks of services.
type Shape = Vec<(NodeCode, Option<NodeCode>, Option<NodeCode>, usize)>;

fn shape(system: &SystemTree) -> Shape {
    let code = |area: Option<usize>| area.map(|at| system.areas[at].code);
    let areas = system.areas.iter();
    let areas = areas.map(|area| (area.code, area.end, code(area.parent), 0));
    let services = system.services.iter();
    let services = services.map(|s| (s.code.node(), None, code(s.area), s.data.len()));
    areas.chain(services).collect()
}

#[test]
fn our_cards_open_again_from_every_form_that_tells_areas() {
    for (name, mut card) in cards() {
        let seen = observed(&mut card);
        let tree = seen.tree();
        let written = [
            proxmark3(&mut card, &seen),
            felicatool(&seen),
            felica_rs(&seen),
        ];
        for text in written.map(|value| format!("{value:#}")) {
            let again = opened(&text);
            assert_eq!(again.counts(), tree.counts(), "{name}: {text}");
            for (again, told) in again.systems.iter().zip(&tree.systems) {
                assert_eq!((again.code, again.idm), (told.code, told.idm), "{name}");
                assert_eq!(shape(again), shape(told), "{name}");
                let data = |system: &SystemTree| -> Vec<_> {
                    system
                        .services
                        .iter()
                        .map(|service| service.data.clone())
                        .collect()
                };
                assert_eq!(data(again), data(told), "{name}");
                for (again, told) in again.areas.iter().zip(&told.areas) {
                    assert_eq!(again.key.version, told.key.version, "{name}: {text}");
                }
            }
        }
    }
}

#[test]
fn our_cards_open_again_from_every_form_that_tells_services_alone() {
    for (name, mut card) in cards() {
        let seen = observed(&mut card);
        let tree = seen.tree();
        for (form, value) in [
            ("metrodroid", metrodroid(&seen)),
            ("nfcpy", felica_tools(&seen)),
        ] {
            let again = opened(&value.to_string());
            assert_eq!(again.systems.len(), tree.systems.len(), "{name}");
            for (again, told) in again.systems.iter().zip(&tree.systems) {
                assert_eq!(again.code, told.code);
                let read = told
                    .services
                    .iter()
                    .filter(|s| form == "metrodroid" || !s.data.is_empty());
                let read: Vec<_> = read.map(|s| (s.code, None, s.data.clone())).collect();
                let services = again.services.iter();
                let services: Vec<_> = services.map(|s| (s.code, s.area, s.data.clone())).collect();
                assert_eq!(services, read, "{name} by {form}");
            }
        }
        let again = opened(&felica_emu(&seen).to_string());
        if tree.systems.len() == 1 {
            assert_eq!(shape(&again.systems[0]), shape(&tree.systems[0]), "{name}");
        } else {
            // In which system a node stands is not told.
            let (last, ids) = again.systems.split_last().expect("systems");
            assert_eq!(ids.len(), tree.systems.len());
            assert!(ids.iter().all(|system| shape(system).is_empty()));
            assert_eq!(last.told_code(), None);
            assert_eq!(last.services.len(), tree.counts().2);
        }
    }
}

#[test]
fn a_proxmark3_dump_keeps_both_ciphers() {
    let node = |kind: &str, code: &str, des: Value, aes: Value| json!({ "type": kind, "code": code, "des_key_version": des, "aes_key_version": aes, "data": {} });
    let nodes = [
        node("area", "0000FEFF", Value::Null, "0500".into()),
        node("service", "0810", "0200".into(), "0600".into()),
        node("service", "4810", "0300".into(), Value::Null),
        node("system", "FFFF", "FFFF".into(), "0700".into()),
    ];
    for identifier in ["AES128", "AES128_DES112", "AES128_DES56", "5A"] {
        let dump = json!({ "systems": [{ "code": "9A01", "idm": null, "pmm": null, "encryption_identifier": identifier, "nodes": nodes }] });
        let tree = opened(&dump.to_string());
        let system = &tree.systems[0];
        assert_eq!(system.encryption.expect("told").to_string(), identifier);
        let alone = |key: cardwright::model::card::tree::KeyFacts| {
            key.aes.map(|aes| (aes.version, aes.alone))
        };
        assert_eq!(
            (system.key.version, alone(system.key)),
            (Some(7), Some((7, true)))
        );
        assert_eq!(alone(system.areas[0].key), Some((5, true)));
        let service = system.services[0].key;
        assert_eq!(
            (service.des_version(), alone(service)),
            (Some(2), Some((6, false)))
        );
        assert_eq!(system.services[1].key.aes, None);
        let written = dump::proxmark3::write(&tree).to_string();
        assert_eq!(opened(&written), tree);
        assert!(written.contains(identifier) && written.contains("\"aes_key_version\":\"0500\""));
    }
}

#[test]
fn what_is_known_and_holds_no_card_is_refused_as_what_it_is() {
    for (text, kind) in [
        (
            r#"{"schema":"cardwright.tree/1","systems":[{"code":"9001","areas":[]}]}"#,
            NoCard::OwnTree,
        ),
        (
            r#"{"schema":"cardwright.trace/1","exchanges":[]}"#,
            NoCard::OwnTrace,
        ),
        (
            r#"{"system_code":"9001","node":"1008","algo":"DES","version":1,"key":"00"}"#,
            NoCard::KeyList,
        ),
        (
            r#"[{"type":"COMMAND","name":"Polling","timestamp_ns":0,"data":"06"}]"#,
            NoCard::FelicaToolLog,
        ),
        (
            r#"{"Created":"proxmark3","FileType":"mfc v2","blocks":{}}"#,
            NoCard::Proxmark3Other,
        ),
        (
            r#"{"tagId":"01020304","scannedAt":{"tz":"UTC"},"mifareClassic":{}}"#,
            NoCard::MetrodroidOther,
        ),
    ] {
        assert_eq!(
            dump::open(text.as_bytes()),
            Err(OpenError::NoCard(kind)),
            "{text}"
        );
    }
    let none = dump::open(br#"{"systems": []}"#);
    assert_eq!(none, Err(OpenError::NoSystem(JsonForm::Proxmark3)));
}

#[test]
fn a_cut_file_is_told_by_the_form_that_it_has() {
    let mut card = demo_card();
    let seen = observed(&mut card);
    let forms = [
        (JsonForm::Proxmark3, proxmark3(&mut card, &seen)),
        (JsonForm::FelicaTool, felicatool(&seen)),
        (JsonForm::FelicaRs, felica_rs(&seen)),
        (JsonForm::Metrodroid, metrodroid(&seen)),
        (JsonForm::FelicaTools, felica_tools(&seen)),
        (JsonForm::FelicaEmu, felica_emu(&seen)),
    ];
    for (form, value) in forms {
        let text = value.to_string();
        // Each of the first names, and places throughout.
        let step = times(97, 1);
        for end in (1..300).chain((300..text.len()).step_by(step)) {
            let cut = dump::open(&text.as_bytes()[..end]);
            assert!(
                matches!(cut, Err(OpenError::Json(_, JsonError::Cut { .. }))),
                "{form:?}, {end}: {cut:?}"
            );
        }
        let cut = dump::open(&text.as_bytes()[..text.len() - 1]);
        assert!(
            matches!(cut, Err(OpenError::Json(Some(told), _)) if told == form),
            "{form:?}: {cut:?}"
        );
    }
}

#[test]
fn what_was_masked_is_not_told() {
    let text = json!({ "metadata": {}, "systems": { "9A01": { "idm": "012eXXXXXXXXXX55", "nodes": [
        { "type": "service", "code": "0b10", "data": { "0000": "XXXXXXXXXXXXXXXX0000000000000000", "0001": "00".repeat(16) } },
    ] } } });
    let tree = opened(&text.to_string());
    let system = &tree.systems[0];
    assert_eq!(system.idm, None);
    assert_eq!(system.services[0].data.keys().collect::<Vec<_>>(), [&1]);
}

#[test]
fn one_list_of_versions_does_not_tell_its_cipher() {
    let mut card = demo_card();
    let seen = observed(&mut card);
    let text = felica_rs(&seen).to_string();
    // The program names the one list of Request Service v2 by AES, whatever it is.
    let swapped = text.replace(
        r#""aes_key_version_hex":null,"des_key_version_hex":"#,
        r#""des_key_version_hex":null,"aes_key_version_hex":"#,
    );
    assert_ne!(swapped, text);
    assert_eq!(opened(&swapped), opened(&text));
}

#[test]
fn a_lite_s_card_is_shown_once_with_its_blocks() {
    let data = json!({ "0000": "00".repeat(16), "0080": "11".repeat(16), "0082": "22".repeat(16) });
    let service = |code: &str| json!({ "type": "service", "code": code, "des_key_version": null, "aes_key_version": null, "data": data });
    let system = |code: &str| json!({ "code": code, "idm": "012E5A1122334455", "pmm": "00F1000000014300", "encryption_identifier": null, "nodes": [service("0900"), service("0B00")] });
    let tree = opened(&json!({ "systems": [system("88B4"), system("12FC")] }).to_string());
    assert_eq!(tree.systems.len(), 1, "12FC is its second code");
    assert!(tree.systems[0].is_lite());
    let read: Vec<u16> = tree.systems[0]
        .services
        .iter()
        .flat_map(|s| s.data.keys().copied())
        .collect();
    assert_eq!(read, [0, 0x82], "what is secret is not kept");
}

/// A dump of the divided card by each program.
fn dumps() -> &'static [String] {
    static DUMPS: OnceLock<Vec<String>> = OnceLock::new();
    DUMPS.get_or_init(|| {
        let (_, mut card) = cards().swap_remove(0);
        let seen = observed(&mut card);
        let all = [
            proxmark3(&mut card, &seen),
            felicatool(&seen),
            felica_rs(&seen),
            metrodroid(&seen),
            felica_tools(&seen),
            felica_emu(&seen),
        ];
        all.map(|value| value.to_string()).to_vec()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(times(64, 4096) as u32))]
    #[test]
    fn no_damage_makes_it_panic(
        which in 0_usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&b"0123456789ABCDEFX\",:{}[]n-"[..])), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut dump = dumps()[which].clone().into_bytes();
        for (at, byte) in changes {
            let at = at.index(dump.len());
            dump[at] = byte;
        }
        if let Ok(Opened::Observation(seen)) = dump::open(&dump) {
            let tree = seen.tree();
            let _ = dump::proxmark3::write(&tree);
            let _ = cardwright::model::card::materialise::materialise(&seen);
        }
        let end = cut.index(dump.len());
        let _ = dump::open(&dump[..end]);
    }
}
