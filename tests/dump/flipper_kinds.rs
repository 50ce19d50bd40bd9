//! Each kind of file that a Flipper's firmware writes is opened for what it tells, whatever it draws.

use super::flipper_writer::{Firmware, flipper_file, header, lite_blocks};
use super::programs::cards;
use crate::observe::observed;
use cardwright::device::files::memory_tree;
use cardwright::model::card::lite::LiteBlock;
use cardwright::model::card::materialise::{MaterialiseError, materialise};
use cardwright::model::card::observation::{FoundNode, Observation, ObservedSystem};
use cardwright::model::card::tree::Tree;
use cardwright::model::card::{Idm, NodeCode, Pmm, ServiceCode, SystemCode};
use cardwright::model::dump::flipper::{FlipperError, parse};
use cardwright::model::dump::{json, proxmark3};

const IDM: Idm = Idm([0x01, 0x2E, 0x5A, 0x11, 0x22, 0x33, 0x44, 0x55]);
const STANDARD: Pmm = Pmm([0x03, 0x32, 0x42, 0x82, 0x82, 0x47, 0xAA, 0xFF]);
const LITE_S: Pmm = Pmm([0x00, 0xF1, 0x00, 0x00, 0x00, 0x01, 0x43, 0x00]);
const IDM_TEXT: &str = "01 2E 5A 11 22 33 44 55";

/// A card of one system with those areas and services, all told.
fn card(areas: &[(u16, u16)], services: &[u16]) -> Tree {
    let mut system = ObservedSystem::new(SystemCode(0x9A01));
    (system.idm, system.pmm) = (Some(IDM), Some(STANDARD));
    let areas = areas.iter().map(|&(code, end)| FoundNode::Area {
        code: NodeCode(code),
        end: Some(NodeCode(end)),
    });
    let services = services
        .iter()
        .map(|code| FoundNode::of_code(NodeCode(*code)));
    system
        .listed(areas.chain(services).collect())
        .expect("nodes");
    let systems = vec![system];
    Observation { systems }.tree()
}

/// Where nodes stand: the code of the node, and of the area around it.
fn places(tree: &Tree) -> Vec<(u16, Option<u16>)> {
    let system = &tree.systems[0];
    let nodes = system.by_code();
    let around = |at: usize| system.areas[at].code.0;
    nodes
        .iter()
        .map(|node| (node.code().0, node.parent().map(around)))
        .collect()
}

fn opened(file: &str) -> Observation {
    let seen = parse(file.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{file}"));
    json::cardwright(&seen.tree(), "dump");
    proxmark3::write(&seen.tree());
    seen
}

/// An empty area before another, and services behind one that is nested: what the firmware draws wrong.
fn crooked() -> [Tree; 2] {
    let siblings = [
        (0, 0xFFFE),
        (0x0800, 0x0FFF),
        (0x0FC0, 0x0FFF),
        (0x1000, 0x17FF),
        (0x17C0, 0x17FF),
        (0x1800, 0x1FFF),
    ];
    let nested = [(0, 0xFFFE), (0x1000, 0x1FFF), (0x1400, 0x17FF)];
    [
        card(&siblings, &[0x0808, 0x080B, 0x1008, 0x100B, 0x1809]),
        card(
            &nested,
            &[0x1008, 0x100B, 0x1408, 0x140B, 0x1808, 0x180B, 0x3009],
        ),
    ]
}

#[test]
fn nesting_comes_from_codes_whatever_is_drawn() {
    let file = flipper_file(&crooked()[0], Firmware::of(4));
    assert!(
        file.contains("| |- AREA_0040/"),
        "drawn inside 0FC0–0FFF:\n{file}"
    );
    for tree in crooked() {
        for version in [3, 4] {
            for draws in [true, false] {
                let firmware = Firmware {
                    draws,
                    ..Firmware::of(version)
                };
                let seen = opened(&flipper_file(&tree, firmware));
                assert_eq!(places(&seen.tree()), places(&tree), "version {version}");
                materialise(&seen).expect("what stands on one card");
            }
        }
    }
}

#[test]
fn what_version_2_does_not_tell_is_not_guessed() {
    for tree in crooked() {
        let seen = opened(&flipper_file(&tree, Firmware::of(2)));
        let told = places(&seen.tree());
        for ((node, told), (_, is)) in told.iter().zip(places(&tree)) {
            assert!(
                told.is_none() || *told == is,
                "{node:04X} is told to be in {told:?}"
            );
        }
        assert!(told.iter().any(|(node, told)| *node != 0 && told.is_none()));
        // The card that is made of it has some range, and none of it is known.
        let made = materialise(&seen).expect("a card");
        let full = memory_tree(&made.blocks);
        let area = &full.systems[0].areas[1];
        let at = area.definition.expect("a place").physical as usize;
        let known = made.known[at];
        assert!(
            known.has(0) && !known.has(2) && !known.has(4),
            "{}",
            area.code
        );
    }
}

#[test]
fn area_0_of_a_card_made_from_a_dump_has_the_chips_rest() {
    let seen = opened(&flipper_file(&crooked()[1], Firmware::of(4)));
    let made = materialise(&seen).expect("a card");
    let root = &memory_tree(&made.blocks).systems[0].areas[0];
    assert_eq!(root.allotted.map(u32::from), Some(made.profile.blocks - 4));
    assert!(root.allotted > root.used);
}

#[test]
fn our_own_cards_open_again_from_every_version() {
    for (name, mut card) in cards() {
        // A Flipper knows what the card answers, and no more.
        let tree = observed(&mut card).tree();
        for version in 1..=4 {
            let seen = opened(&flipper_file(&tree, Firmware::of(version)));
            assert_eq!(seen.systems[0].idm, tree.systems[0].idm, "{name}");
            let shown = seen.tree();
            if version >= 2 {
                assert_eq!(shown.counts(), tree.counts(), "{name}");
                for (shown, tree) in shown.systems.iter().zip(&tree.systems) {
                    for (shown, told) in shown.services.iter().zip(&tree.services) {
                        let code = (told.code, &shown.data);
                        assert_eq!((shown.code, &told.data), code, "{name}");
                    }
                }
            }
            if version >= 3 {
                assert_eq!(places(&shown), places(&tree), "{name}");
            }
        }
    }
}

#[test]
fn systems_without_services_or_areas_are_systems() {
    for tree in [card(&[(0, 0xFFFE)], &[]), card(&[], &[])] {
        for version in 2..=4 {
            for draws in [true, false] {
                let firmware = Firmware {
                    draws,
                    names_chip: draws,
                    version,
                };
                let seen = opened(&flipper_file(&tree, firmware));
                assert_eq!(seen.tree().counts(), tree.counts());
                materialise(&seen).expect("a card");
            }
        }
    }
    let file = flipper_file(&card(&[], &[0x1008, 0x100B]), Firmware::of(2));
    let seen = opened(&file.replace("Area found: 0\n", ""));
    assert_eq!(places(&seen.tree()), [(0x1008, None), (0x100B, None)]);
}

#[test]
fn a_single_system_was_once_written_without_its_code() {
    let file = flipper_file(&crooked()[1], Firmware::of(2));
    let lines = file.lines().filter(|line| !line.starts_with("System "));
    let seen = opened(&lines.collect::<Vec<_>>().join("\n"));
    assert_eq!(seen.tree().systems[0].told_code(), None);
    assert_eq!(seen.tree().counts(), (1, 3, 7));
}

#[test]
fn an_identity_alone_is_shown() {
    let unknown_chip = "00 E0 00 00 00 01 43 00";
    let of = |version, pmm| header(IDM_TEXT, Some((Firmware::of(version), pmm)));
    let standard = "03 32 42 82 82 47 AA FF";
    let files = [header(IDM_TEXT, None), of(2, unknown_chip), of(1, standard)];
    for file in files {
        let seen = opened(&file);
        assert_eq!(seen.systems.len(), 1);
        assert_eq!(seen.systems[0].idm, Some(IDM));
        assert_eq!(seen.tree().systems[0].told_code(), None);
    }
    // Of a chip that the Flipper reads, more must follow.
    let cut = parse(of(2, standard).as_bytes());
    assert!(matches!(cut, Err(FlipperError::Cut { .. })), "{cut:?}");
}

#[test]
fn a_lite_s_card_is_shown_without_its_keys_and_makes_no_card() {
    let blocks: Vec<[u8; 16]> = (0..28).map(|n| [n as u8 + 1; 16]).collect();
    for version in [1, 2] {
        let head = header(
            IDM_TEXT,
            Some((Firmware::of(version), "00 F1 00 00 00 01 43 00")),
        );
        let seen = opened(&(head + &lite_blocks(&blocks)));
        let system = &seen.tree().systems[0];
        assert!(system.is_lite());
        assert_eq!(system.pmm, Some(LITE_S));
        let service = system
            .service(ServiceCode::new(0x000B).expect("a code"))
            .expect("it");
        assert_eq!(service.data.len(), 26);
        assert!(
            !service.data.contains_key(&0x80) && !service.data.contains_key(&0x87),
            "RC, CK"
        );
        assert_eq!(service.data[&0x82].0, [18; 16], "ID is the 18th");
        assert_eq!(materialise(&seen).err(), Some(MaterialiseError::Lite));
    }
    let names: Vec<String> = LiteBlock::ALL.iter().map(LiteBlock::to_string).collect();
    assert_eq!(names[..2], ["S_PAD0", "S_PAD1"]);
    assert_eq!(names[13..17], ["S_PAD13", "REG", "RC", "MAC"]);
}

#[test]
fn newer_forms_are_told_from_damage() {
    let file = flipper_file(&crooked()[0], Firmware::of(5));
    let error = parse(file.as_bytes()).expect_err("a newer form");
    assert!(
        matches!(error, FlipperError::Newer { found: 5, .. }),
        "{error}"
    );
}

#[test]
fn keys_in_a_file_show_as_check_values_alone() {
    let file = flipper_file(&crooked()[1], Firmware::of(2));
    let mut lines = Vec::new();
    for line in file.lines() {
        lines.push(line.to_string());
        let node = line.split_once(": |").map(|(name, _)| name);
        if let Some(name) =
            node.filter(|name| name.starts_with("Area") || name.starts_with("Service"))
        {
            lines.push(format!("{name} Key: 07 18 29 3A 4B 5C 6D 7E"));
        }
    }
    let seen = opened(&lines.join("\n"));
    assert_eq!(seen.keys(), 3 + 7);
    let shown = json::cardwright(&seen.tree(), "dump").to_string();
    assert!(!shown.contains("0718293A4B5C6D7E"));
    let bad = parse(lines.join("\n").replace("6D 7E", "6D").as_bytes());
    assert!(matches!(bad, Err(FlipperError::Line { .. })));
}

#[test]
fn a_key_of_sixteen_bytes_is_an_aes_key() {
    let key = "0F 1E 2D 3C 4B 5A 69 78 87 96 A5 B4 C3 D2 E1 F0";
    for version in [2, 4] {
        let file = flipper_file(&crooked()[1], Firmware::of(version))
            .replace("Key version FFFF", "Key version 0003");
        let mut lines: Vec<String> = file.lines().map(String::from).collect();
        let at = lines
            .iter()
            .position(|line| line.starts_with("Service 000:"))
            .expect("a service");
        lines.insert(at + 1, format!("Service 000 Key: {key}"));
        let seen = opened(&lines.join("\n"));
        assert_eq!(seen.keys(), 1, "it is counted");
        let tree = seen.tree();
        let facts = tree.systems[0].services[0].key;
        let told = facts.aes.map(|aes| (aes.version, aes.kcv.is_some()));
        // A key whose version is not told has no place to be shown.
        assert_eq!(told, (version == 4).then_some((3, true)));
        assert_eq!(facts.kcv, None, "of a DES key nothing is told");
        let shown = json::cardwright(&tree, "dump").to_string();
        assert!(!shown.contains(&key.replace(' ', "")));
    }
}

#[test]
fn a_node_of_an_unknown_kind_does_not_sink_the_file() {
    let file = flipper_file(&crooked()[1], Firmware::of(4));
    let foreign = file.replace("Code 3009 | Attrib. 09", "Code 3029 | Attrib. 29");
    let seen = opened(&foreign);
    let tree = seen.tree();
    assert_eq!(tree.systems[0].foreign.len(), 1);
    assert_eq!(tree.systems[0].foreign[0].code, NodeCode(0x3029));
    assert_eq!(tree.systems[0].services.len(), 6);
    materialise(&seen).expect("a card of the rest");
}
