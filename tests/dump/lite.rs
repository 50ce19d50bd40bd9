//! FeliCa Lite-S cards: shown alike whoever read them, every block under its name, and no key.

use super::flipper_writer::{Firmware, header, lite_blocks};
use cardwright::model::card::lite::LiteBlock;
use cardwright::model::card::tree::Tree;
use cardwright::model::dump::{self, Opened, json};
use cardwright::model::hex;
use cardwright::workbench::export::text_tree;
use serde_json::{Map, json as object};

const IDM: [u8; 8] = [0x01, 0x2E, 0x5A, 0x11, 0x22, 0x33, 0x44, 0x55];
const PMM: [u8; 8] = [0x00, 0xF1, 0x00, 0x00, 0x00, 0x01, 0x43, 0x00];

/// What stands in the 28 blocks, in order.
fn contents() -> Vec<[u8; 16]> {
    (0..28_u8).map(|n| [0x40 + n; 16]).collect()
}

fn opened(text: &str) -> Tree {
    let Opened::Observation(seen) = dump::open(text.as_bytes()).expect("a dump");
    seen.tree()
}

/// A Flipper's file of the card.
fn by_flipper(version: u32) -> String {
    let pmm = "00 F1 00 00 00 01 43 00";
    header(
        "01 2E 5A 11 22 33 44 55",
        Some((Firmware::of(version), pmm)),
    ) + &lite_blocks(&contents())
}

/// The proxmark3 client finds a card of two systems, the second for NDEF, and reads each service.
fn by_proxmark3() -> String {
    let numbers = LiteBlock::ALL.map(LiteBlock::number).into_iter();
    let blocks = numbers.zip(contents());
    let data: Map<_, _> = blocks
        .map(|(number, block)| (format!("{number:04X}"), hex::plain(&block).into()))
        .collect();
    let service = |code: &str| object!({ "type": "service", "code": code, "des_key_version": null, "aes_key_version": null, "data": data });
    let system = |code: &str| {
        object!({
            "code": code, "idm": hex::plain(&IDM), "pmm": hex::plain(&PMM), "encryption_identifier": null,
            "nodes": [service("0900"), service("0B00")],
        })
    };
    object!({ "systems": [system("88B4"), system("12FC")] }).to_string()
}

/// The card of the tests as it is shown.
pub fn lite_tree() -> Tree {
    opened(&by_flipper(2))
}

#[test]
fn it_is_the_same_card_whoever_read_it() {
    let tree = lite_tree();
    assert_eq!(tree.counts(), (1, 0, 2));
    assert_eq!(opened(&by_flipper(1)), tree);
    assert_eq!(opened(&by_proxmark3()), tree);
}

#[test]
fn every_block_is_named_and_no_key_is_shown() {
    let tree = lite_tree();
    let text = text_tree(&tree, "lite");
    let value = json::cardwright(&tree, "lite");
    let service = &value["systems"][0]["services"][1];
    for (block, data) in LiteBlock::ALL.into_iter().zip(contents()) {
        let (name, data) = (block.to_string(), hex::plain(&data));
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{name} ")));
        let number = format!("{:04X}", block.number());
        if matches!(name.as_str(), "RC" | "CK") {
            assert_eq!(line, None);
            assert!(
                service["data"][&number].is_null() && service["block_names"][&number].is_null()
            );
            assert!(
                !text.contains(&data) && !value.to_string().contains(&data),
                "{name}"
            );
        } else {
            assert!(
                line.is_some_and(|line| line.ends_with(&data)),
                "{name}:\n{text}"
            );
            assert_eq!(service["data"][&number], data);
            assert_eq!(service["block_names"][&number], name);
        }
    }
    assert!(
        value["systems"][0]["services"][0]["block_names"].is_null(),
        "nothing of it is known"
    );
}

#[test]
fn blocks_of_other_cards_have_no_names() {
    let tree = super::read(super::V2).tree();
    let value = json::cardwright(&tree, "dump").to_string();
    assert!(!value.contains("block_names"));
    assert!(!text_tree(&tree, "dump").contains("S_PAD"));
}
