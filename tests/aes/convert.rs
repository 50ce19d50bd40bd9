//! A dump and a key list with AES keys become a card that is authenticated with by either cipher.

use super::{SYSTEM, aes_profile};
use crate::cli::{Folder, run};
use crate::materialise::{as_far_as, powered};
use crate::support::{SeededRng, key_name, off_by_one_bit, ring_of};
use cardwright::device::card_file::Passphrase;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::{self, Opened, convert};
use cardwright::model::card::image::{CardImage, StoredAesKey, StoredKey};
use cardwright::model::card::materialise::{Materialised, NodeKeys, materialise_on};
use cardwright::model::card::observation::Observation;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::tree::{SystemBlockKind, Tree};
use cardwright::model::card::{Idm, NodeCode, ServiceCode};
use cardwright::model::cipher::{AesKey, DesKey};
use cardwright::model::command::NodeVersions;
use cardwright::model::dump::export::{Format, Lost, carried};
use cardwright::model::dump::keys::{CardKeys, KeyList};
use cardwright::model::dump::proxmark3;
use cardwright::model::party::{AesKeyName, KeyRing, KeySam, Policy};
use cardwright::model::port::{AesTarget, AuthTarget, CardLink};
use cardwright::model::reader::Reader;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use std::path::Path;

const IDM: Idm = Idm([0x01, 0x12, 0xC4, 0x5A, 0x77, 0x01, 0x9E, 0x30]);
/// Both keys; DES alone; AES alone, its version told as Request Service tells it; AES alone, no version told; none.
const BOTH: u16 = 0x1008;
const DES_ALONE: u16 = 0x1048;
const AES_ALONE: u16 = 0x1088;
const AES_UNTOLD: u16 = 0x10C8;
const FREE: u16 = 0x100B;

const DUMP: &str = r#"{"systems":[
  {"code":"0003","idm":"0112C45A77019E30","pmm":"0120220427674EFF","nodes":[
    {"type":"area","code":"0000FEFF","des_key_version":"0500","data":{}},
    {"type":"area","code":"0010FF1F","des_key_version":"0300","data":{}},
    {"type":"service","code":"0810","des_key_version":"0200","data":{}},
    {"type":"service","code":"0B10","des_key_version":"0000","data":{
      "0000":"000102030405060708090A0B0C0D0E0F"}},
    {"type":"service","code":"4810","des_key_version":"0100","data":{}},
    {"type":"service","code":"8810","des_key_version":"0900","data":{}},
    {"type":"service","code":"C810","des_key_version":null,"data":{}},
    {"type":"system","code":"FFFF","des_key_version":"0201","data":{}}]},
  {"code":"A0B1","idm":"1112C45A77019E30","pmm":"0120220427674EFF","nodes":[
    {"type":"area","code":"0000FEFF","des_key_version":"0100","data":{}}]}]}"#;

/// The AES keys of the list: system, node, version.
const AES: [(&str, u16, u16); 6] = [
    ("0003", 0xFFFF, 4),
    ("0003", 0x0000, 5),
    ("0003", BOTH, 6),
    ("0003", AES_ALONE, 9),
    ("0003", AES_UNTOLD, 7),
    ("A0B1", 0x0000, 8),
];
const DES: [(&str, u16, u16); 6] = [
    ("0003", 0xFFFF, 258),
    ("0003", 0x0000, 5),
    ("0003", 0x1000, 3),
    ("0003", BOTH, 2),
    ("0003", DES_ALONE, 1),
    ("A0B1", 0x0000, 1),
];

fn aes_key(node: u16) -> AesKey {
    let mut bytes = *b"CARDAESKEY..OK..";
    bytes[10..12].copy_from_slice(&node.to_be_bytes());
    AesKey::new(bytes)
}

fn des_key(node: u16) -> DesKey {
    let mut bytes = *b"CARDDE..";
    bytes[6..].copy_from_slice(&node.to_be_bytes());
    DesKey::new(bytes)
}

fn list() -> String {
    let line = |algorithm: &str, (system, node, version): (&str, u16, u16), key: &[u8]| {
        let key: String = key.iter().map(|byte| format!("{byte:02X}")).collect();
        format!(
            "{{\"system_code\":\"{system}\",\"node\":\"{node:04X}\",\"algo\":\"{algorithm}\",\"version\":{version},\"key\":\"{key}\"}}\n"
        )
    };
    let des = DES.map(|key| line("DES", key, des_key(key.1).expose()));
    let aes = AES.map(|key| line("AES", key, aes_key(key.1).expose()));
    des.concat() + &aes.concat()
}

fn converted(chip: Option<&Profile>) -> (EmulatedCard, CardKeys) {
    let seen = proxmark3::parse(DUMP.as_bytes()).expect("a dump");
    let list = KeyList::parse(list().as_bytes()).expect("a list");
    convert(&seen, Some(&list), chip).expect("a card")
}

fn opens_by_aes(card: &mut EmulatedCard, keys: &[(u16, AesKey)]) -> bool {
    CardLink::field_off(card);
    let mut ring = KeyRing::default();
    for (node, key) in keys {
        ring.insert_aes(AesKeyName(key_name(SYSTEM, *node)), key.clone());
    }
    let target = AesTarget {
        idm: IDM,
        system: SYSTEM,
        nodes: keys.iter().map(|(node, _)| NodeCode(*node)).collect(),
    };
    let mut sam = KeySam::new(ring, Policy::Owner);
    let mut reader = Reader::new(card);
    let opened = reader.open_v2(&mut sam, &target, &mut SeededRng(5));
    opened.is_ok()
}

fn opens_by_des(card: &mut EmulatedCard, service: u16, wrong: Option<u16>) -> bool {
    CardLink::field_off(card);
    let keys = [0xFFFF, 0x0000, 0x1000, service].map(|node| match wrong {
        Some(wrong) if wrong == node => (SYSTEM.0, node, off_by_one_bit(&des_key(node))),
        _ => (SYSTEM.0, node, des_key(node)),
    });
    let target = AuthTarget {
        idm: IDM,
        system: SYSTEM,
        areas: vec![NodeCode::AREA_0, NodeCode(0x1000)],
        services: vec![NodeCode(service)],
    };
    let mut sam = KeySam::new(ring_of(&keys), Policy::Owner);
    let mut reader = Reader::new(card);
    reader
        .authenticate(&mut sam, &target, &mut SeededRng(5))
        .is_ok()
}

#[test]
fn the_card_takes_the_keys_of_both_ciphers() {
    let (mut card, taken) = converted(None);
    assert!(card.profile().aes, "{}", card.profile().name);
    // System A0B1 has no key of its own in the list.
    assert_eq!((taken.unused, taken.aes, taken.missing), (0, 0, 1));
    let right = [0xFFFF, 0x0000, BOTH, AES_ALONE, AES_UNTOLD].map(|node| (node, aes_key(node)));
    assert!(opens_by_aes(&mut card, &right));
    for wrong in 0..right.len() {
        assert!(opens_by_aes(&mut card, &right[wrong..=wrong]));
        let mut keys = right.clone();
        let mut bytes = *keys[wrong].1.expose();
        bytes[15] ^= 1;
        keys[wrong].1 = AesKey::new(bytes);
        assert!(!opens_by_aes(&mut card, &keys), "{:04X}", keys[wrong].0);
        assert!(!opens_by_aes(&mut card, &keys[wrong..=wrong]));
    }
    assert!(!opens_by_aes(&mut card, &[(DES_ALONE, aes_key(DES_ALONE))]));
    for service in [BOTH, DES_ALONE] {
        assert!(opens_by_des(&mut card, service, None));
        for wrong in [0xFFFF, 0x0000, 0x1000, service] {
            assert!(!opens_by_des(&mut card, service, Some(wrong)));
        }
    }
    assert!(!opens_by_des(&mut card, AES_ALONE, None));
}

#[test]
fn both_versions_are_told_and_agree_with_the_dump() {
    let (mut card, _) = converted(None);
    let nodes = [
        0xFFFF, 0x0000, 0x1000, BOTH, DES_ALONE, AES_ALONE, AES_UNTOLD, FREE, 0x2008,
    ];
    let nodes = nodes.map(NodeCode);
    let mut reader = Reader::new(&mut card);
    assert_eq!(
        reader.key_versions(IDM, &nodes),
        Ok(vec![258, 5, 3, 2, 1, 9, 7, 0, 0xFFFF])
    );
    let told = reader.key_versions_v2(IDM, &nodes).expect("told");
    assert_ne!(told.encryption, NodeVersions::DES);
    let no = 0xFFFF;
    assert_eq!(told.first, [4, 5, no, 6, no, 9, 7, no, no], "AES");
    assert_eq!(told.second, [258, 5, 3, 2, 1, no, no, 0, no], "DES");
    let second = Idm([0x11, 0x12, 0xC4, 0x5A, 0x77, 0x01, 0x9E, 0x30]);
    let versions = reader.aes_key_versions(second, &[NodeCode::AREA_0, NodeCode::SYSTEM]);
    assert_eq!(versions, Ok(vec![Some(8), None]));
    // What the dump tells is what the card shows.
    let seen = proxmark3::parse(DUMP.as_bytes()).expect("a dump").tree();
    let shown = as_far_as(&seen, &files::card_tree(&card));
    assert_eq!(shown, seen);
}

#[test]
fn extension_blocks_stand_where_they_should_and_are_known() {
    let seen = proxmark3::parse(DUMP.as_bytes()).expect("a dump");
    let list = KeyList::parse(list().as_bytes()).expect("a list");
    let keys = list.for_card(&seen.tree()).expect("its keys").keys;
    let made = materialise_on(&seen, &keys, &[aes_profile()]).expect("a card");
    let Materialised { blocks, known, .. } = &made;
    let image = CardImage::decode(&blocks.as_slice()).expect("a card's memory");
    let system = &image.systems[0];
    let told = |at: u32| -> Vec<usize> {
        (0..16)
            .filter(|byte| known[at as usize].has(*byte))
            .collect()
    };
    let listed: Vec<_> = AES.iter().filter(|key| key.0 == "0003").collect();
    assert_eq!(system.aes_keys.len(), listed.len());
    for (_, node, version) in listed {
        let key = system.aes_key(NodeCode(*node)).expect("it has one");
        assert_eq!((key.version, &key.key), (*version, &aes_key(*node)));
        assert_eq!(key.at[0], key.at[1] + 1, "the first half above the second");
        for at in key.at {
            // All but the zeros that say nothing.
            assert_eq!(told(at), [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        }
    }
    // That there is no DES key, nobody told.
    for node in [AES_ALONE, AES_UNTOLD] {
        let service = ServiceCode::new(node).expect("a service");
        let service = system.service(service).expect("it is there");
        assert!(service.key.is_none() && system.node_key(NodeCode(node)).is_none());
        assert_eq!(service.key.version, StoredKey::NO_VERSION);
        assert_eq!(told(service.at), [0, 1]);
    }
    // Areas have exactly what their nodes take, area 0 the free blocks besides. Nobody told either.
    for system in &image.systems {
        for (area, used) in system.areas.iter().zip(system.used_by_area()) {
            let left = match area.code {
                NodeCode::AREA_0 => system.free_blocks(),
                _ => 0,
            };
            assert_eq!(u32::from(system.budget_left(area)), left, "{}", area.code);
            assert_eq!(used + left, u32::from(area.allotted), "{}", area.code);
            assert!(told(area.at).iter().all(|byte| !(4..6).contains(byte)));
        }
    }
    let halves = system.system_blocks.iter();
    let halves = halves.filter(|(kind, _)| matches!(kind, SystemBlockKind::AesKey { .. }));
    assert_eq!(halves.count(), 10);
}

#[test]
fn a_dump_of_it_has_no_aes_version_under_the_name_of_a_des_keys() {
    let (card, _) = converted(None);
    let whole = files::card_tree(&card);
    let (kept, losses) = carried(whole.clone(), Format::Proxmark3);
    assert!(losses.iter().all(|loss| loss.what != Lost::AesKeyVersions));
    for tree in [&whole, &kept] {
        let written = proxmark3::write(tree);
        let version = |code: &str| {
            let nodes = written["systems"][0]["nodes"].as_array().expect("nodes");
            let node = nodes.iter().find(|node| node["code"] == code);
            node.expect("it is there")["des_key_version"].clone()
        };
        assert_eq!(version("0810"), "0200");
        assert_eq!(version("8810"), Value::Null, "it has none");
        assert_eq!(version("C810"), Value::Null);
        assert_eq!(version("FFFF"), "0201");
        let read = proxmark3::parse(written.to_string().as_bytes()).expect("a dump");
        assert_eq!(read.tree(), kept);
    }
}

#[test]
fn a_chip_of_the_des_generation_takes_none() {
    let des = Profile::named("std-4k").expect("it ships");
    let (mut card, taken) = converted(Some(&des));
    assert_eq!(card.profile(), &des);
    // System A0B1, and the two services that are left without a key.
    assert_eq!((taken.unused, taken.aes, taken.missing), (0, 6, 3));
    let image = card.image().expect("a card");
    assert!(
        image
            .systems
            .iter()
            .all(|system| system.aes_keys.is_empty())
    );
    assert!(opens_by_des(&mut card, BOTH, None));
    assert!(!opens_by_aes(&mut card, &[(BOTH, aes_key(BOTH))]));
    let versions = Reader::new(&mut card).key_versions(IDM, &[NodeCode(AES_ALONE)]);
    assert_eq!(versions, Ok(vec![9]), "as the dump tells");
}

#[test]
fn a_dump_too_large_for_every_chip_with_aes_is_still_made() {
    let large = DUMP.replace("\"0000\":\"00", "\"0200\":\"00");
    let seen = proxmark3::parse(large.as_bytes()).expect("a dump");
    let list = KeyList::parse(list().as_bytes()).expect("a list");
    let (card, taken) = convert(&seen, Some(&list), None).expect("a card");
    assert!(!card.profile().aes && card.profile().blocks > 0x200);
    assert_eq!(taken.aes, 6);
}

#[test]
fn the_command_line_makes_it_and_says_what_it_leaves_out() {
    let folder = Folder::new();
    let (dump, keys) = (folder.with("d.json", DUMP), folder.with("k.jsonl", list()));
    let phrase = folder.with("phrase", "correct horse");
    let made = |name: &str, more: &[&str]| {
        let out = folder.name(name);
        let common = ["card", "convert", &dump, &out, "--keys", &keys];
        let sealed = ["--passphrase-file", &phrase];
        let output = run(&[&common[..], &sealed, more].concat());
        let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{said}");
        let passphrase = Passphrase::new("correct horse".into());
        match files::open(Path::new(&out), Some(&passphrase)).expect("opened") {
            Opened::Card { card, .. } => (*card, said),
            Opened::Dump(_) => panic!("a card"),
        }
    };
    let (mut card, said) = made("aes.card", &[]);
    assert!(!said.contains("AES"), "{said}");
    assert!(opens_by_aes(&mut card, &[(BOTH, aes_key(BOTH))]));
    assert!(opens_by_des(&mut card, BOTH, None));
    let (mut card, said) = made("des.card", &["--profile", "std-4k"]);
    assert!(
        said.contains("6 AES keys of the list are not on the card"),
        "{said}"
    );
    assert!(!opens_by_aes(&mut card, &[(BOTH, aes_key(BOTH))]));
}

/// What becomes a card, becomes one with AES keys of about half of its nodes, and shows the same.
pub fn with_aes_keys(seen: &Observation, told: &Tree) -> Result<(), TestCaseError> {
    let mut keys = NodeKeys::default();
    for system in &told.systems {
        let areas = system.areas.iter().map(|area| area.code);
        let services = system.services.iter().map(|service| service.code);
        let services = services.filter(|code| code.needs_authentication());
        let own = [NodeCode::SYSTEM, NodeCode::AREA_0].into_iter();
        let nodes = own.chain(areas).chain(services.map(ServiceCode::node));
        for node in nodes.filter(|node| (node.0 >> 6) % 2 == 1 || node.0 % 4 == 0) {
            let (version, key) = (node.0 >> 4, AesKey::new([node.0 as u8; 16]));
            keys.aes
                .insert((system.number, node), StoredAesKey { version, key });
        }
    }
    let chips = (6..=16).map(|size| Profile {
        blocks: 1 << size,
        ..aes_profile()
    });
    let made = materialise_on(seen, &keys, &chips.collect::<Vec<_>>()).expect("a card");
    let card = powered(&made);
    prop_assert_eq!(as_far_as(told, &files::card_tree(&card)), told.clone());
    let image = card.image().expect("a card");
    for system in &image.systems {
        for key in &system.aes_keys {
            let listed = keys.aes.remove(&(system.number, key.node));
            let found = StoredAesKey {
                version: key.version,
                key: key.key.clone(),
            };
            prop_assert_eq!(listed, Some(found));
            prop_assert!(system.node_key(key.node).is_none(), "no list had a DES key");
        }
        // Two areas may both be given the blocks that two services share, one in each; a chip counts them once.
        let used = system.used_by_area().into_iter();
        let mut areas = system.areas.iter().zip(used);
        let fits = areas.all(|(area, used)| used <= u32::from(area.allotted));
        prop_assert!(fits, "areas pay for what stands under them");
    }
    prop_assert!(keys.aes.is_empty());
    Ok(())
}
