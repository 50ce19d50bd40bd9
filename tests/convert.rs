//! `card convert`: dumps and key lists become cards that can be used, and cards become dumps.

use crate::cli::{Folder, data, done, refused, run, stdout};
use crate::dump::export::{holds, listed_keys};
use crate::dump::{KEYS, PM3};
use crate::nfcpy::{expected, nfcpy_tree};
use crate::support::{SeededRng, off_by_one_bit, ring_of};
use crate::udp::with_card;
use cardwright::device::card_file::Passphrase;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::{self, Opened, card_tree};
use cardwright::model::card::{NodeCode, SystemCode};
use cardwright::model::cipher::DesKey;
use cardwright::model::dump::export::{Format, carried};
use cardwright::model::dump::proxmark3;
use cardwright::model::party::{KeySam, Policy};
use cardwright::model::port::{AuthTarget, CardLink, Sam};
use cardwright::model::reader::Reader;
use std::path::Path;

const PASSPHRASE: &str = "correct horse";

/// Converts and gives what was said on both outputs.
fn converted(arguments: &[&str]) -> (String, String) {
    let output = run(&[&["card", "convert"], arguments].concat());
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{said}");
    (stdout(&output), said)
}

/// The card of [`PM3`] with the keys of [`KEYS`], sealed.
fn sealed(folder: &Folder, name: &str) -> (String, String) {
    let phrase = folder.with("phrase", PASSPHRASE);
    let (dump, keys, out) = (
        data("proxmark3.json"),
        data("keys.jsonl"),
        folder.name(name),
    );
    converted(&[&dump, &out, "--keys", &keys, "--passphrase-file", &phrase]);
    (out, phrase)
}

fn opened(path: &str, passphrase: Option<&str>) -> EmulatedCard {
    let passphrase = passphrase.map(|text| Passphrase::new(text.into()));
    match files::open(Path::new(path), passphrase.as_ref()).expect("opened") {
        Opened::Card { card, sealed } => {
            assert_eq!(sealed, passphrase.is_some());
            *card
        }
        Opened::Dump(_) => panic!("a card"),
    }
}

/// Whether the card and a holder of these keys of system 9001 know each other for real.
fn authenticates(card: &mut EmulatedCard, keys: &[(u16, DesKey)]) -> bool {
    let idm = card.image().expect("a card").systems[0].idm;
    let ring: Vec<_> = keys
        .iter()
        .map(|(node, key)| (0x9001, *node, key.clone()))
        .collect();
    let mut sam = KeySam::new(ring_of(&ring), Policy::Owner);
    let target = AuthTarget {
        idm,
        system: SystemCode(0x9001),
        areas: vec![NodeCode(0), NodeCode(0x1000)],
        services: vec![NodeCode(0x1008)],
    };
    let first = sam
        .authentication1(&target, &mut SeededRng(3))
        .expect("keys");
    let answered = match card.transceive(&first).expect("in the field") {
        Some(answer) => sam.authentication2(&answer).ok().is_some_and(|second| {
            let closing = card.transceive(&second).expect("in the field");
            closing.is_some_and(|closing| sam.authenticated(&closing).is_ok())
        }),
        None => false,
    };
    CardLink::field_off(card);
    answered
}

#[test]
fn a_dump_with_a_key_list_becomes_a_card_that_takes_these_keys() {
    let folder = Folder::new();
    let (out, _) = sealed(&folder, "made.card");
    let bytes = std::fs::read(&out).expect("written");
    let raw = |key: &[u8; 8]| bytes.windows(8).any(|window| window == key);
    assert!(!listed_keys().iter().any(raw), "sealed");

    let mut card = opened(&out, Some(PASSPHRASE));
    assert_eq!(
        card.profile().name,
        "aes-4k",
        "the list has an AES key of the card"
    );
    let keys = [
        (0xFFFF, DesKey::new(*b"CARDSYSK")),
        (0x0000, DesKey::new(*b"CARDAR0K")),
        (0x1000, DesKey::new(*b"CARDAR1K")),
        (0x1008, DesKey::new(*b"CARDSR9K")),
    ];
    assert!(authenticates(&mut card, &keys));
    for wrong in 0..keys.len() {
        let mut keys = keys.clone();
        keys[wrong].1 = off_by_one_bit(&keys[wrong].1);
        assert!(!authenticates(&mut card, &keys), "{:04X}", keys[wrong].0);
    }
    let idm = card.image().expect("a card").systems[0].idm;
    let nodes = [
        0xFFFF, 0x0000, 0x1000, 0x1400, 0x1008, 0x100B, 0x1410, 0x180F, 0x2009, 0x3009,
    ];
    let mut reader = Reader::new(&mut card);
    let versions = reader
        .key_versions(idm, &nodes.map(NodeCode))
        .expect("told");
    assert_eq!(versions, [258, 5, 3, 4, 2, 0, 9, 0, 1, 0xFFFF]);
    // What the dump tells is what the card shows.
    let told = proxmark3::parse(PM3.as_bytes()).expect("a dump").tree();
    let shown = crate::materialise::as_far_as(&told, &card_tree(&card));
    assert_eq!(shown, told);
}

#[test]
fn nfcpy_reads_a_converted_card() {
    let folder = Folder::new();
    let (out, _) = sealed(&folder, "made.card");
    let mut card = opened(&out, Some(PASSPHRASE));
    let ours = expected(&card_tree(&card));
    let found = with_card(&mut card, nfcpy_tree);
    assert_eq!(found, ours);
    assert_eq!(
        found["systems"][0]["services"].as_array().map(Vec::len),
        Some(5)
    );
    assert_eq!(found["systems"][1]["code"], "A0B1");
}

#[test]
fn what_a_form_loses_is_said_and_what_it_keeps_is_there() {
    let folder = Folder::new();
    let (made, phrase) = sealed(&folder, "made.card");
    let whole = card_tree(&opened(&made, Some(PASSPHRASE)));
    for (name, format) in [
        ("a.json", Format::Proxmark3),
        ("a.NFC", Format::Flipper),
        ("a.txt", Format::Text),
    ] {
        let out = folder.name(name);
        let (said, lost) = converted(&[&made, &out, "--passphrase-file", &phrase]);
        assert!(said.contains(&out), "{said}");
        let (kept, losses) = carried(whole.clone(), format);
        assert_eq!(lost.lines().count(), 1 + losses.len(), "{lost}");
        assert!(
            lost.lines().any(|line| line.trim().ends_with(" keys")),
            "{lost}"
        );
        let text = std::fs::read_to_string(&out).expect("text");
        for key in listed_keys() {
            assert!(!holds(&text, &key) && !holds(&lost, &key), "{name}");
        }
        if format == Format::Text {
            assert!(
                text.contains("2 systems, ") && !text.contains("PASS"),
                "{text}"
            );
        } else {
            let again = files::open(Path::new(&out), None).expect("a dump");
            assert_eq!(again.tree(), kept, "{name}");
        }
    }
    // A dump in its own form: nothing is said to be lost.
    let (_, lost) = converted(&[&data("proxmark3.json"), &folder.name("b.json")]);
    assert_eq!(lost, "");
}

#[test]
fn a_list_makes_a_secret_file_and_a_dump_alone_a_plain_one() {
    let folder = Folder::new();
    let (dump, keys) = (data("proxmark3.json"), data("keys.jsonl"));
    let out = folder.name("out.card");
    let said = refused(&["card", "convert", &dump, &out, "--keys", &keys], 1);
    assert!(said.contains("--passphrase-file"), "{said}");
    assert!(!Path::new(&out).exists());

    let (said, notes) = converted(&[&dump, &out]);
    assert!(
        said.contains("Standard 4 KB") && notes.contains("filled in"),
        "{said}{notes}"
    );
    opened(&out, None);
    // A saved card is saved again, as sealed as it is asked to be.
    let phrase = folder.with("phrase", PASSPHRASE);
    let copy = folder.name("copy.card");
    converted(&[&out, &copy, "--passphrase-file", &phrase]);
    let copy = opened(&copy, Some(PASSPHRASE));
    assert_eq!(copy.memory(), opened(&out, None).memory());
}

#[test]
fn a_chip_is_given_or_found() {
    let folder = Folder::new();
    let kind = |dump: &str, name: &str, arguments: &[&str]| {
        let out = folder.name(name);
        converted(&[&[dump, &out], arguments].concat());
        opened(&out, None).profile().name.clone()
    };
    let dump = data("proxmark3.json");
    assert_eq!(
        kind(&dump, "1.card", &["--profile", "small-1k"]),
        "small-1k"
    );
    // An IC code that no built-in chip has: the smallest that fits.
    let other = folder.with(
        "other.json",
        PM3.replace("0120220427674EFF", "0109220427674EFF"),
    );
    assert_eq!(kind(&other, "2.card", &[]), "small-1k");
    // Too large for the chip with its IC code.
    let large = folder.with(
        "large.json",
        PM3.replace("\"0002\": \"20", "\"02BB\": \"20"),
    );
    assert_eq!(kind(&large, "3.card", &[]), "transit-16k");
    let out = folder.name("4.card");
    let said = refused(&["card", "convert", &large, &out, "--profile", "std-4k"], 1);
    assert!(
        said.contains("256 blocks of std-4k") && !Path::new(&out).exists(),
        "{said}"
    );
}

#[test]
fn what_cannot_be_converted_is_refused_and_leaves_nothing() {
    let folder = Folder::new();
    let (dump, keys) = (data("proxmark3.json"), data("keys.jsonl"));
    let phrase = folder.with("phrase", PASSPHRASE);
    let there = folder.with("there.card", "mine");
    refused(&["card", "convert", &dump, &there], 1);
    assert_eq!(std::fs::read(&there).expect("there"), b"mine");

    let out = folder.name("out.card");
    let json = folder.name("out.json");
    let cut = folder.with("cut.json", &PM3[..PM3.len() / 2]);
    let said = refused(&["card", "convert", &cut, &out], 4);
    assert!(said.contains("ends in line"), "{said}");
    let said = refused(&["card", "convert", &keys, &out], 1);
    assert!(said.contains("is a list of keys"), "{said}");
    let bad = folder.with(
        "bad.jsonl",
        KEYS.replace("\"node\":\"1000\"", "\"node\":\"1002\""),
    );
    let with = |keys: &str, exit| {
        refused(
            &[
                "card",
                "convert",
                &dump,
                &out,
                "--keys",
                keys,
                "--passphrase-file",
                &phrase,
            ],
            exit,
        )
    };
    let said = with(&bad, 4);
    assert!(
        said.contains("line 4") && said.contains("bad.jsonl"),
        "{said}"
    );
    let other = KEYS.replace("\"version\":\"0003\"", "\"version\":\"0004\"");
    let other = folder.with("other.jsonl", other);
    let said = with(&other, 1);
    assert!(said.contains("version 3 of node 1000"), "{said}");
    with(&folder.name("absent"), 1);
    let contradiction = folder.with("odd.json", PM3.replace("0014FF17", "0014FF27"));
    refused(&["card", "convert", &contradiction, &out], 4);
    refused(&["card", "convert", &dump, &json, "--keys", &keys], 1);
    refused(&["card", "convert", &dump, &json, "--profile", "std-4k"], 1);
    let nobody = folder.with("nobody.json", PM3.replace("\"0112C45A77019E30\"", "null"));
    refused(&["card", "convert", &nobody, &folder.name("out.nfc")], 1);
    for wrong in [
        &["a", "b.bin"][..],
        &["a"],
        &["a", "b"],
        &["a", "b.card", "--profile", "x"],
    ] {
        let output = run(&[&["card", "convert"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path(""))
        .expect("a folder")
        .collect();
    assert!(
        !Path::new(&out).exists() && !Path::new(&json).exists(),
        "{left:?}"
    );
    assert!(done(&["card", "tree", &dump]).contains("2 systems, 4 areas, 6 services"));
}
