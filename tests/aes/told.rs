//! What a dump tells of AES keys, though not the keys, is what the card made from it answers.

use crate::materialise::{as_far_as, powered};
use cardwright::device::files::{self, card_tree, convert};
use cardwright::model::card::materialise::materialise;
use cardwright::model::card::observation::Observation;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Idm, NodeCode};
use cardwright::model::dump::keys::{KeyList, KeyMismatch};
use cardwright::model::dump::proxmark3;
use cardwright::model::reader::Reader;

const IDM: Idm = Idm([0x01, 0x12, 0xC4, 0x5A, 0x77, 0x01, 0x9E, 0x30]);
/// Both keys, of two versions and of one; DES alone; AES alone; neither.
const NODES: [u16; 7] = [0xFFFF, 0x0000, 0x1008, 0x1048, 0x1088, 0x10C8, 0x100B];
const AES: [u16; 7] = [7, 5, 6, 4, 0xFFFF, 9, 0xFFFF];
const DES: [u16; 7] = [0xFFFF, 0xFFFF, 2, 4, 1, 0xFFFF, 0];

fn dump() -> Observation {
    let text = r#"{"systems":[{"code":"0003","idm":"0112C45A77019E30","pmm":"0120220427674EFF",
    "encryption_identifier":"AES128_DES56","nodes":[
    {"type":"area","code":"0000FEFF","des_key_version":"FFFF","aes_key_version":"0500","data":{}},
    {"type":"service","code":"0810","des_key_version":"0200","aes_key_version":"0600","data":{}},
    {"type":"service","code":"0B10","des_key_version":"0000","aes_key_version":"FFFF","data":{
      "0000":"000102030405060708090A0B0C0D0E0F"}},
    {"type":"service","code":"4810","des_key_version":"0400","aes_key_version":"0400","data":{}},
    {"type":"service","code":"8810","des_key_version":"0100","aes_key_version":null,"data":{}},
    {"type":"service","code":"C810","des_key_version":null,"aes_key_version":"0900","data":{}},
    {"type":"system","code":"FFFF","des_key_version":null,"aes_key_version":"0700","data":{}}]}]}"#;
    proxmark3::parse(text.as_bytes()).expect("a dump")
}

fn list(version: u16) -> KeyList {
    let line = |version: u16| {
        let key = "43415244".repeat(3) + &format!("4B45{version:04X}");
        format!(
            "{{\"system_code\":\"0003\",\"node\":\"1008\",\"algo\":\"AES\",\"version\":{version},\"key\":\"{key}\"}}\n"
        )
    };
    // A newer one beside it.
    KeyList::parse((line(version) + &line(0x20)).as_bytes()).expect("a list")
}

#[test]
fn the_card_has_a_key_that_nobody_knows_in_the_version_that_is_told() {
    let seen = dump();
    let (lasting, taken) = convert(&seen, None, None).expect("a card");
    assert!(lasting.profile().aes && taken.keys.aes.is_empty());
    let presented = powered(&materialise(&seen).expect("a card"));
    for mut card in [lasting, presented] {
        let told = seen.tree();
        assert_eq!(as_far_as(&told, &card_tree(&card)), told);
        let versions = Reader::new(&mut card)
            .key_versions_v2(IDM, &NODES.map(NodeCode))
            .expect("answered");
        assert_eq!((versions.first, versions.second), (AES.into(), DES.into()));
    }
}

#[test]
fn what_stands_for_an_unknown_key_is_not_taken_for_told() {
    let made = materialise(&dump()).expect("a card");
    let card = powered(&made);
    let system = &card.image().expect("a card").systems[0];
    for key in &system.aes_keys {
        assert_eq!(*key.key.expose(), [0xFF; 16]);
        for at in key.at {
            let known = made.known[at as usize];
            let known: Vec<usize> = (0..16).filter(|byte| known.has(*byte)).collect();
            assert_eq!(known, [0, 1, 2, 3, 6, 7], "node and version");
        }
    }
    assert_eq!(system.aes_keys.len(), 5);
    // It is no live key either.
    let folder = tempfile::tempdir().expect("a folder");
    files::save(&folder.path().join("made.card"), &card, None).expect("saved without a passphrase");
}

#[test]
fn a_list_gives_the_key_of_the_version_that_is_told() {
    let (card, taken) = convert(&dump(), Some(&list(6)), None).expect("a card");
    let key = &taken.keys.aes[&(0, NodeCode(0x1008))];
    assert_eq!(key.version, 6, "not the newest");
    let image = card.image().expect("a card");
    let on_card = image.systems[0]
        .aes_key(NodeCode(0x1008))
        .expect("it has one");
    assert_eq!(on_card.key, key.key);
    let other = list(5).for_card(&dump().tree());
    assert!(
        matches!(other, Err(KeyMismatch::Version { told: 6, .. })),
        "{other:?}"
    );
}

#[test]
fn a_chip_without_aes_answers_as_request_service_did() {
    let chip = Profile::named("std-4k").expect("it ships");
    let (mut card, _) = convert(&dump(), None, Some(&chip)).expect("a card");
    let versions = Reader::new(&mut card).key_versions(IDM, &NODES.map(NodeCode));
    assert_eq!(versions, Ok(vec![7, 5, 2, 4, 1, 9, 0]));
}
