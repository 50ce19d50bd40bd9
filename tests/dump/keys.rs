//! Key lists: which key a card takes, and how bad lists are refused without showing a key.

use super::{KEYS, PM3, V2, read};
use cardwright::model::card::tree::Tree;
use cardwright::model::card::{Idm, NodeCode};
use cardwright::model::dump::keys::{KeyList, KeyListError, KeyMismatch};
use cardwright::model::dump::{MAX_FILE_BYTES, proxmark3};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn list(text: &str) -> KeyList {
    KeyList::parse(text.as_bytes()).expect("a good list")
}

fn card() -> Tree {
    proxmark3::parse(PM3.as_bytes())
        .expect("a good dump")
        .tree()
}

fn line(node: &str, version: u16, idm: &str, key: &str) -> String {
    format!(
        "{{\"system_code\":\"9001\",\"node\":\"{node}\",\"algo\":\"des\",\"version\":{version},\"idm\":{idm},\"key\":\"{key}\"}}\n"
    )
}

#[test]
fn a_card_takes_the_keys_of_its_nodes_and_versions() {
    let list = list(KEYS);
    assert_eq!(list.len(), 14);
    let taken = list.for_card(&card()).expect("its keys");
    let keys: Vec<_> = taken
        .keys
        .des
        .iter()
        .map(|((system, node), key)| {
            let letters = String::from_utf8(key.key.expose().to_vec()).expect("letters");
            (*system, node.0, key.version, letters)
        })
        .collect();
    let expected = [
        (0, 0x0000, 5, "CARDAR0K"),
        (0, 0x1000, 3, "CARDAR1K"),
        // The one for this card alone.
        (0, 0x1008, 2, "CARDSR9K"),
        // The newest: the dump tells no version, and 11 is another card's.
        (0, 0x1410, 9, "CARDPU9K"),
        (0, 0xFFFF, 258, "CARDSYSK"),
        (1, 0x0000, 1, "CARDA1AR"),
        (1, 0x0208, 1, "CARDA1SR"),
        (1, 0xFFFF, 1, "CARDA1SY"),
    ];
    let expected =
        expected.map(|(system, node, version, key)| (system, node, version, key.to_string()));
    assert_eq!(keys, expected);
    // Area 1400 has none; services that need no key are not counted.
    assert_eq!((taken.missing, taken.aes), (1, 0));
    assert_eq!(taken.unused, 14 - 8 - 1);
    let aes: Vec<_> = taken
        .keys
        .aes
        .iter()
        .map(|((system, node), key)| (*system, node.0, key.version))
        .collect();
    assert_eq!(aes, [(0, 0x1008, 1)]);
    // A chip of the DES generation leaves it out; its node has the other one.
    let taken = taken.without_aes();
    assert_eq!((taken.missing, taken.aes, taken.unused), (1, 1, 5));
    assert!(taken.keys.aes.is_empty());
}

#[test]
fn a_list_of_other_versions_is_not_the_cards() {
    let other = list(&line("1000", 4, "null", "0011223344556677"));
    let mismatch = KeyMismatch::Version {
        system: cardwright::model::card::SystemCode(0x9001),
        node: NodeCode(0x1000),
        told: 3,
    };
    assert_eq!(other.for_card(&card()).expect_err("other keys"), mismatch);
}

/// A node, and the versions of its DES and of its AES key.
type Versions = (u16, Option<u16>, Option<u16>);

/// What the card takes, and how many of its nodes are left without a key.
fn taken(keys: &[(&str, &str, u16)]) -> (Vec<Versions>, usize) {
    let lines = keys
        .iter()
        .map(|(algorithm, node, version)| match *algorithm {
            "des" => line(node, *version, "null", "0011223344556677"),
            _ => line(node, *version, "null", &"0011223344556677".repeat(2)).replace("des", "aes"),
        });
    let list = list(&lines.collect::<String>());
    let taken = list.for_card(&card()).expect("its keys");
    let (des, aes) = (&taken.keys.des, &taken.keys.aes);
    let nodes: BTreeSet<_> = des.keys().chain(aes.keys()).collect();
    let versions = nodes.into_iter().map(|node| {
        let des = des.get(node).map(|key| key.version);
        (node.1.0, des, aes.get(node).map(|key| key.version))
    });
    (versions.collect(), taken.missing)
}

#[test]
fn which_aes_key_a_node_takes() {
    // Nine nodes of the card's two systems need a key.
    let one = |keys: &[(&str, &str, u16)]| {
        let (nodes, missing) = taken(keys);
        assert_eq!(missing, 9 - nodes.len());
        nodes.into_iter().next()
    };
    // The dump tells version 3 of area 1000. It is the DES key's, so that of AES keys the newest counts.
    let both = one(&[("des", "1000", 3), ("aes", "1000", 3), ("aes", "1000", 7)]);
    assert_eq!(both, Some((0x1000, Some(3), Some(7))));
    // Where there are AES keys alone, it may be one of those.
    let alone = one(&[("aes", "1000", 3), ("aes", "1000", 7)]);
    assert_eq!(alone, Some((0x1000, None, Some(3))));
    let other = one(&[("aes", "1000", 7)]);
    assert_eq!(
        other,
        Some((0x1000, None, Some(7))),
        "3 is an unknown DES key"
    );
    // No version is told of service 1410.
    let newest = one(&[("aes", "1410", 1), ("aes", "1410", 2)]);
    assert_eq!(newest, Some((0x1410, None, Some(2))));
    assert_eq!(one(&[("aes", "100B", 1)]), None, "it needs no key");
}

#[test]
fn a_key_for_one_card_is_for_all_its_systems_and_no_other_card() {
    let mut card = card();
    let key = |idm: &str| list(&line("1000", 3, idm, "0011223344556677"));
    let count = |card: &Tree, idm: &str| {
        key(idm)
            .for_card(card)
            .expect("taken or not")
            .keys
            .des
            .len()
    };
    assert_eq!(count(&card, "\"0112C45A77019E30\""), 1);
    assert_eq!(
        count(&card, "\"3112C45A77019E30\""),
        1,
        "the same card's system 3"
    );
    assert_eq!(count(&card, "\"0112C45A77019E31\""), 0);
    for system in &mut card.systems {
        system.idm = None;
    }
    assert_eq!(
        count(&card, "\"0112C45A77019E30\""),
        0,
        "nobody knows whether it is that card"
    );
    assert_eq!(count(&card, "null"), 1);
    assert_eq!(
        Idm([0x31; 8]).of_system(0),
        Idm([1, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31])
    );
}

#[test]
fn bad_lists_are_refused_by_line_and_show_nothing() {
    let secret = "A1B2C3D4E5F60718";
    let good = line("1000", 3, "null", secret);
    let at = |text: &str| match KeyList::parse(text.as_bytes()).expect_err(text) {
        KeyListError::Line { line, wanted } => (line, wanted),
        other => panic!("{text}: {other:?}"),
    };
    for (from, to) in [
        ("9001", "901"),
        ("\"9001\"", "9001"),
        ("1000", "1002"),
        ("1000", "10000"),
        ("des", "des3"),
        (":3,", ":65535,"),
        (":3,", ":65536,"),
        (":3,", ":-1,"),
        (":3,", ":null,"),
        ("\"version\":3,", ""),
        ("null", "\"01\""),
        ("null", "7"),
        (secret, "A1B2C3D4E5F6071"),
        (secret, "A1B2C3D4E5F6071G"),
        (secret, "A1B2C3D4E5F607181"),
        (secret, "A1B2 C3D4 E5F6 071"),
        (secret, "\\u0041\\u0031B2C3D4E5F60718"),
        ("des", "aes"),
        ("\"key\"", "\"keys\""),
        ("\"node\"", "\"algo\""),
        ("}", "} {"),
        ("}", ""),
        ("{", "["),
    ] {
        assert!(good.contains(from), "{from}");
        let bad = format!(
            "\n{good}{}",
            good.replacen("1000", "1040", 1).replacen(
                if from == "1000" { "1040" } else { from },
                to,
                1
            )
        );
        let (line, wanted) = at(&bad);
        assert_eq!(line, 3, "{from} -> {to}: {wanted}");
        let error = KeyList::parse(bad.as_bytes()).expect_err("bad");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("B2C3") && !said.contains("b2c3"), "{said}");
    }
    let twice = format!("{good}\r\n{good}");
    assert_eq!(
        KeyList::parse(twice.as_bytes()).err(),
        Some(KeyListError::Twice { line: 3, first: 1 })
    );
    let other = format!("{good}{}", line("1000", 3, "null", "0000000000000000"));
    assert_eq!(
        KeyList::parse(other.as_bytes()).err(),
        Some(KeyListError::Twice { line: 2, first: 1 })
    );
    assert_eq!(KeyList::parse(b"").err(), Some(KeyListError::Empty));
    assert_eq!(KeyList::parse(b" \n\r\n").err(), Some(KeyListError::Empty));
    assert_eq!(at(&format!("{good}{}", "[".repeat(1 << 20))).0, 2);
    assert_eq!(
        KeyList::parse(&vec![b' '; MAX_FILE_BYTES + 1]).err(),
        Some(KeyListError::TooLarge)
    );
    let invalid = [good.as_bytes(), &[0xC3, 0x28]].concat();
    assert_eq!(
        KeyList::parse(&invalid).err(),
        Some(KeyListError::Line {
            line: 2,
            wanted: "UTF-8 text"
        })
    );
    let shown = format!("{:?}", list(&good));
    assert!(
        !shown.contains("A1") && shown.contains("DesKey(…)"),
        "{shown}"
    );
    assert!(!format!("{:?}", list(&good).for_card(&read(V2).tree())).contains("A1"));
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut text = KEYS.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(text.len());
            text[at] = byte;
        }
        if let Ok(list) = KeyList::parse(&text) {
            let _ = list.for_card(&card());
        }
    }
}
