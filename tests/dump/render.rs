//! A card as text and as JSON.

use super::{V2, V4, read};
use cardwright::model::card::NodeCode;
use cardwright::model::card::tree::{AesKeyFacts, BlockCounts, Tree};
use cardwright::model::cipher::Kcv;
use cardwright::model::dump::text::{self, TreeWords};
use cardwright::model::dump::{json, proxmark3};
use serde_json::{Value, json};

const WORDS: TreeWords = TreeWords {
    counts: |systems, areas, services| {
        format!("{systems} systems, {areas} areas, {services} services")
    },
    system: "System",
    system_key: "System key",
    area: "Area",
    service: "Service",
    random: "random",
    cyclic: "cyclic",
    purse: "purse",
    read_write: "read and write",
    read_only: "read only",
    cashback_decrement: "cashback and decrement",
    decrement: "decrement",
    with_key: "with key",
    without_key: "no key",
    blocks: "blocks",
    read: "read",
    user: "user",
    system_blocks: "system",
    free: "free",
    key_version: "key version",
    aes_key_version: "AES key version",
    aes_kcv: "AES KCV",
    ciphers: "ciphers",
    pending: "pending",
    adrift: "Not told in which area",
    foreign: "Foreign",
    unknown: "?",
};

/// The version 4 card with what only a whole image tells.
fn known() -> Tree {
    let mut tree = read(V4).tree();
    let system = &mut tree.systems[0];
    system.blocks = Some(BlockCounts {
        user: 40,
        system: 17,
        free: 199,
    });
    system.key.kcv = Some(Kcv([0xA1, 0xB2, 0xC3]));
    system.areas[1].allotted = Some(12);
    system.areas[1].key.kcv = Some(Kcv([1, 2, 3]));
    system.services[1].blocks = Some(2);
    system.services[1].key.kcv = Some(Kcv([4, 5, 6]));
    tree.systems[1].pending = true;
    tree
}

#[test]
fn the_text_tree_nests_and_shows_what_is_unknown() {
    let text = text::tree(&read(V2).tree(), "card.nfc", &WORDS);
    assert_eq!(text, include_str!("../data/flipper-v2.tree.txt"));
}

#[test]
fn the_text_tree_shows_what_is_known() {
    let text = text::tree(&known(), "card", &WORDS);
    for line in [
        "System 0: 9001  IDm 0112 C45A 7701 9E30  PMm 0320 FFFF FFFF FFFF  \
         blocks user 40, system 17, free 199",
        "                                                               blocks      key version  KCV",
        "  System key                                                               258          A1B2C3",
        "    Area 0040–0FFF                                             12          1            010203",
        "      Service 004B  random, read only, no key                  2 (2 read)  2            040506",
        "System 1: A0B1 (pending)  IDm ?  PMm ?",
    ] {
        assert!(
            text.lines().any(|shown| shown == line),
            "{line}\nis not in\n{text}"
        );
    }
}

#[test]
fn the_text_tree_has_columns_for_aes_keys_where_there_are_some() {
    let mut tree = known();
    let aes = |kcv, alone| {
        let version = 9;
        Some(AesKeyFacts {
            version,
            kcv,
            alone,
        })
    };
    tree.systems[0].key.aes = aes(Some(Kcv([7, 8, 9])), false);
    tree.systems[0].services[1].key.aes = aes(None, true);
    let text = text::tree(&tree, "card", &WORDS);
    let shown = |line: &str| {
        let found = text.lines().find(|shown| shown.trim().starts_with(line));
        let words = found.expect("a line").split("  ").map(str::trim);
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(
        shown("blocks "),
        ["blocks", "key version", "KCV", "AES key version", "AES KCV"]
    );
    assert_eq!(
        shown("System key"),
        ["System key", "258", "A1B2C3", "9", "070809"]
    );
    // It has no DES key, and so no version of one.
    let service = shown("Service 004B");
    assert_eq!(service[service.len() - 3..], ["2 (2 read)", "9", "?"]);
    assert_eq!(text.matches("AES").count(), 2, "the other system has none");
}

#[test]
fn the_json_of_a_dump_is_as_the_schema_says() {
    let json = json::cardwright(&read(V2).tree(), "card.nfc");
    let expected: Value =
        serde_json::from_str(include_str!("../data/flipper-v2.tree.json")).expect("JSON");
    assert_eq!(json, expected);
    // Order of fields is part of the form.
    assert!(json.to_string().starts_with(
        r#"{"schema":"cardwright.tree/1","source":"card.nfc","systems":[{"code":"9001","idm":"0112C45A77019E30","#
    ));
}

#[test]
fn the_json_holds_what_is_known() {
    let json = json::cardwright(&known(), "card");
    // A pending system is not on the card.
    assert_eq!(json["systems"].as_array().map(Vec::len), Some(1));
    let system = &json["systems"][0];
    assert_eq!(
        system["blocks"],
        json!({ "user": 40, "system": 17, "free": 199 })
    );
    assert_eq!(
        system["areas"][1],
        json!({ "code": "0040", "end": "0FFF", "blocks": 12, "key_version": 1, "kcv": "010203" })
    );
    assert_eq!(system["services"][1]["blocks"], 2);
    assert_eq!(system["services"][1]["kcv"], "040506");
    assert_eq!(system["services"][1]["key_version"], 2);
}

#[test]
fn proxmark3_gets_wire_order_and_its_own_fields() {
    let json = proxmark3::write(&read(V4).tree());
    assert_eq!(json["specification_version"], Value::Null);
    let system = &json["systems"][0];
    assert_eq!(system["code"], "9001");
    assert_eq!(system["idm"], "0112C45A77019E30");
    let nodes = system["nodes"].as_array().expect("nodes");
    assert_eq!(nodes.len(), 1 + 5 + 9);
    assert_eq!(
        nodes[1],
        json!({ "type": "area", "code": "4000FF0F", "des_key_version": "0100", "aes_key_version": null, "data": {} })
    );
    assert_eq!(
        nodes[3],
        json!({
            "type": "service",
            "code": "4B00",
            "des_key_version": "0200",
            "aes_key_version": null,
            "data": {
                "0000": "4B50555A5F64696E73787D82878C9196",
                "0001": "5C61666B70757A7F84898E93989DA2A7",
            },
        })
    );
    assert_eq!(
        nodes[14],
        json!({ "type": "system", "code": "FFFF", "des_key_version": "0201", "aes_key_version": null, "data": {} })
    );
}

#[test]
fn proxmark3_takes_areas_without_an_end() {
    let json = proxmark3::write(&read(V2).tree());
    let nodes = json["systems"][0]["nodes"].as_array().expect("nodes");
    assert_eq!(
        (&nodes[1]["code"], &nodes[1]["des_key_version"]),
        (&json!("4000"), &Value::Null)
    );
    // Its reader refuses a system node without a key version.
    assert!(nodes.iter().all(|node| node["type"] != "system"));
    let code = NodeCode(0x3001);
    assert!(read(V2).systems[0].has(code) && nodes.iter().any(|node| node["code"] == "0130"));
}
