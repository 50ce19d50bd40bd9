//! Extension blocks: where they stand, what they show, and memories that are refused for them.

use super::{AREA, LOG, PASS, PASS_FREE, aes_card, aes_profile, key_of};
use cardwright::model::card::image::{CardImage, ImageError};
use cardwright::model::card::profile::{Profile, ProfileError};
use cardwright::model::card::projection::Projection;
use cardwright::model::card::tree::{SystemBlockKind, Tree};
use cardwright::model::card::{Block, NodeCode, definition};
use cardwright::model::dump::export::{Format, Lost, carried};
use cardwright::model::dump::json;
use std::collections::BTreeSet;

fn data() -> Vec<Block> {
    aes_card().memory().data().to_vec()
}

fn decode(data: &[Block]) -> Result<CardImage, ImageError> {
    CardImage::decode(&data)
}

fn tree(data: &[Block]) -> Tree {
    let image = decode(data).expect("a card's");
    let projection = Projection {
        written: &image,
        prepared: &image,
        memory: &data,
        pending: &BTreeSet::new(),
    };
    projection.tree()
}

/// Physical addresses of a node's two blocks.
fn places(data: &[Block], node: u16) -> [usize; 2] {
    let image = decode(data).expect("a card's");
    let key = image.systems[0]
        .aes_key(NodeCode(node))
        .expect("it has one");
    key.at.map(|at| at as usize)
}

#[test]
fn every_byte_of_an_extension() {
    let data = data();
    let [first, second] = places(&data, PASS);
    let key = key_of(PASS);
    let (low, high) = key.expose().split_at(8);
    assert_eq!(data[first].0[..8], [0x22, 0, 0x08, 0x10, 0, 0, 1, 0]);
    assert_eq!(data[second].0[..8], [0x62, 0, 0x08, 0x10, 0, 0, 1, 0]);
    assert_eq!((&data[first].0[8..], &data[second].0[8..]), (low, high));
    let written = definition::aes_key(NodeCode(PASS), 1, &key);
    assert_eq!([data[first], data[second]], written);
    // The maker's stand right under area 0, in the place of which the issuer's stand now.
    assert_eq!(places(&data, 0xFFFF), [250, 249]);
}

#[test]
fn what_is_shown_of_them() {
    let data = data();
    let tree = tree(&data);
    let system = &tree.systems[0];
    let aes = system.key.aes.expect("the system has one");
    assert_eq!((aes.version, aes.kcv), (1, Some(key_of(0xFFFF).kcv())));
    let service = |code: u16| {
        let service = system.services.iter().find(|s| s.code.value() == code);
        service.expect("there").key
    };
    assert_eq!(
        service(PASS).aes.expect("has one").kcv,
        Some(key_of(PASS).kcv())
    );
    assert!(service(PASS).kcv.is_some(), "and a DES key as well");
    assert!(service(PASS_FREE).aes.is_none());
    let kinds = system.system_blocks.iter().map(|block| block.kind);
    let halves = kinds.filter(|kind| matches!(kind, SystemBlockKind::AesKey { .. }));
    assert_eq!(halves.clone().count(), 2 * 5);
    let pass = SystemBlockKind::AesKey {
        node: NodeCode(PASS),
        half: 1,
    };
    assert!(halves.clone().any(|kind| kind == pass));
    assert_eq!(pass.label(), "K1008");
}

#[test]
fn the_tree_in_json_names_them() {
    let data = data();
    let value = json::cardwright(&tree(&data), "a test");
    let services = value["systems"][0]["services"].as_array().expect("a list");
    let of = |code: &str| services.iter().find(|s| s["code"] == code).expect("there");
    assert_eq!(of("1008")["aes_key_version"], 1);
    assert_eq!(of("1008")["aes_kcv"], key_of(PASS).kcv().to_string());
    let area = &value["systems"][0]["areas"][1];
    assert_eq!(
        (&area["code"], &area["aes_key_version"]),
        (&"1000".into(), &1.into())
    );
    // A node without one does not speak of it, so that a card of the DES generation reads as it always did.
    let free = of("100B").as_object().expect("an object");
    assert!(!free.contains_key("aes_key_version") && !free.contains_key("aes_kcv"));
    assert_eq!(free.len(), 7);
}

#[test]
fn what_cannot_carry_them_says_so() {
    let tree = tree(&data());
    for format in [Format::Proxmark3, Format::Flipper, Format::Text] {
        let (kept, losses) = carried(tree.clone(), format);
        let lost = |what| losses.iter().find(|loss| loss.what == what);
        let count = |what| lost(what).map(|loss| loss.count);
        assert_eq!(count(Lost::AesKeys), Some(5), "{format:?}");
        // A text and a proxmark3 dump tell the versions.
        let told = format != Format::Flipper;
        let versions = if told { None } else { Some(5) };
        assert_eq!(count(Lost::AesKeyVersions), versions, "{format:?}");
        let services = kept.systems[0].services.iter();
        let aes: Vec<_> = services.filter_map(|service| service.key.aes).collect();
        assert_eq!(aes.len(), if told { 2 } else { 0 });
        assert!(aes.iter().all(|key| key.version == 1 && key.kcv.is_none()));
    }
    assert_eq!(carried(tree.clone(), Format::Card), (tree, Vec::new()));
}

#[test]
fn nonsense_is_refused() {
    let whole = data();
    let [first, second] = places(&whole, PASS);
    let refused = |node: u16| Err(ImageError::AesKey(NodeCode(node), 0));
    let changed = |change: &dyn Fn(&mut Vec<Block>)| {
        let mut data = whole.clone();
        change(&mut data);
        decode(&data)
    };
    assert!(changed(&|_| {}).is_ok());
    // Of no node, of a service that has no key, and of a record.
    let of_node = |node: u16| {
        move |data: &mut Vec<Block>| {
            for at in [first, second] {
                data[at].put(2, &node.to_le_bytes());
            }
        }
    };
    for node in [0x1048, PASS_FREE, 0x3000, 0x0020] {
        assert_eq!(changed(&of_node(node)), refused(node));
    }
    // Doubled: of a node that has one, and half of one.
    assert_eq!(changed(&of_node(LOG)), refused(LOG));
    assert_eq!(changed(&|data| data[second] = data[first]), refused(PASS));
    // One half alone, halves of two versions, a third half, and bytes where none are.
    let other = |data: &mut Vec<Block>| {
        data[second].put(0, &0x0018u16.to_le_bytes());
    };
    assert_eq!(changed(&other), refused(PASS));
    let version = |data: &mut Vec<Block>| {
        data[second].put(6, &9u16.to_le_bytes());
    };
    assert_eq!(changed(&version), refused(PASS));
    let third = |data: &mut Vec<Block>| {
        data[second].put(0, &0x00A2u16.to_le_bytes());
    };
    assert_eq!(changed(&third), refused(PASS));
    for at in [first, second] {
        let reserved = |data: &mut Vec<Block>| {
            data[at].put(4, &[1]);
        };
        assert_eq!(changed(&reserved), refused(PASS));
    }
    assert!(decode(&whole).is_ok() && whole[first] != whole[second]);
    assert_ne!(AREA, LOG);
}

#[test]
fn a_chip_that_cannot_write_two_blocks_as_one_has_no_aes_keys() {
    let profile = aes_profile();
    assert_eq!((profile.aes, profile.check()), (true, Ok(())));
    let without_log = Profile {
        log_blocks: 0,
        ..profile
    };
    assert_eq!(without_log.check(), Err(ProfileError::AesWithoutLog));
}
