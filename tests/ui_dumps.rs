//! Dumps in the window that tell less than others, or other things: their rows, their details, and why one is not shown.

use crate::dump::flipper_writer::{Firmware, header};
use crate::dump::{PM3, V2, V4, lite::lite_tree};
use crate::ui_harness::{open, open_at};
use crate::ui_samples::{FakeBench, dump, view};
use crate::workbench::after;
use cardwright::model::card::tree::Tree;
use cardwright::model::dump::proxmark3;
use cardwright::ui::app::App;
use cardwright::workbench::view::CardView;
use cardwright::workbench::{Command, Workbench};
use egui::{Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

/// A dump with an area that does not tell its end, with nodes behind it, and with a node of no kind that is known.
fn partly_told() -> Tree {
    let dump = PM3
        .replacen("\"0010FF1F\"", "\"0010\"", 1)
        .replacen("\"0810\"", "\"2010\"", 1);
    proxmark3::parse(dump.as_bytes()).expect("a dump").tree()
}

fn shown(tree: Tree) -> CardView {
    CardView {
        tree: Arc::new(tree),
        ..dump()
    }
}

fn to_card(harness: &mut Harness<'static, App>) {
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
}

fn open_card(tree: Tree) -> Harness<'static, App> {
    let mut harness = open(FakeBench::of(view(Some(shown(tree)))));
    to_card(&mut harness);
    harness
}

fn has(harness: &Harness<'static, App>, label: &str) -> bool {
    harness.query_all_by_label_contains(label).next().is_some()
}

/// Picks a row of the tree.
fn pick(harness: &mut Harness<'static, App>, label: &str) {
    let row = harness.query_all_by_role(Role::TreeItem).find(|row| {
        let name = row.accesskit_node().label();
        name.is_some_and(|name| name.contains(label))
    });
    row.unwrap_or_else(|| panic!("no row {label}")).click();
    harness.run();
}

#[test]
fn nodes_adrift_stand_in_a_group_of_their_own_that_says_why() {
    let mut harness = open_card(partly_told());
    pick(&mut harness, "not told in which area");
    assert!(has(&harness, "Where these nodes stand is not told"));
    pick(&mut harness, "180F");
    assert!(
        has(&harness, "it is not told in which area"),
        "in the service's own line, too"
    );
}

#[test]
fn a_node_of_an_unknown_kind_is_marked_and_said() {
    let mut harness = open_card(partly_told());
    pick(&mut harness, "1020");
    assert!(has(&harness, "1020 unknown kind"));
    assert!(has(&harness, "Neither an area nor a service, by its code."));
    assert!(has(&harness, "Key version: v2"), "what is known of it");
}

#[test]
fn blocks_of_a_lite_s_card_stand_under_their_names() {
    let bench = FakeBench::of(view(Some(shown(lite_tree()))));
    // High enough for all of them.
    let mut harness = open_at(bench, vec2(1280.0, 1600.0), Theme::Dark);
    to_card(&mut harness);
    pick(&mut harness, "000B");
    for name in ["S_PAD0 40 40", "ID 51 51", "MC 57 57"] {
        assert!(has(&harness, name), "{name}");
    }
    for (name, byte) in [("RC", "4F"), ("CK", "56")] {
        assert!(has(&harness, &format!("{name} ··")), "{name}");
        assert!(!has(&harness, &format!("{byte} {byte}")));
    }
    assert!(!has(&harness, "000F "), "there is no such block");
}

#[test]
fn why_a_file_is_not_shown_is_said_at_first_sight() {
    let folder = tempfile::tempdir().expect("a folder");
    let newer = header(
        "01 2E 5A 11 22 33 44 55",
        Some((Firmware::of(5), "03 32 42 82 82 47 AA FF")),
    );
    let other = newer.replace("Device type: FeliCa", "Device type: NTAG215");
    let files = [
        ("newer.nfc", newer, "data format version 5 is newer than 4"),
        ("other.nfc", other, "the dump is of a \"NTAG215\" card"),
        (
            "cut.nfc",
            before(V4, "Service found"),
            "the dump ends after line",
        ),
        (
            "cut.json",
            PM3[..PM3.len() / 2].to_string(),
            "the dump ends in line",
        ),
        (
            "none.json",
            r#"{"systems": []}"#.into(),
            "tells of no system",
        ),
        (
            "wrong.nfc",
            V2.replace("Attrib. 08", "Attrib. 18"),
            "the attribute that the service's code has",
        ),
        (
            "tree.json",
            r#"{"schema": "cardwright.tree/1"}"#.into(),
            "a tree that Cardwright exported",
        ),
    ];
    for (name, content, cause) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        let bench = Workbench::open(None);
        let told = after(&bench, Command::OpenFile(path), name, |view| {
            !view.notices.is_empty()
        });
        let mut shown = view(Some(dump()));
        shown.notices = told.notices.clone();
        let harness = open(FakeBench::of(shown));
        // Nothing was unfolded.
        assert!(has(&harness, cause), "{name}: {:?}", told.notices);
        assert!(
            !has(&harness, "cut off or damaged")
                || name.starts_with("cut")
                || name.starts_with("wrong"),
            "{name}"
        );
    }
}

/// A file that ends before those words.
fn before(file: &str, words: &str) -> String {
    file[..file.find(words).expect("they stand there")].to_string()
}

/// Pictures for a person to look at: see [`crate::ui_shots`].
#[test]
fn pictures() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    std::fs::create_dir_all("target/shots").expect("a folder for the pictures");
    let samples = [
        ("adrift", partly_told(), "not told"),
        ("foreign", partly_told(), "1020"),
        ("lite", lite_tree(), "000B"),
    ];
    for (name, tree, row) in samples {
        for (theme, theme_name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            let bench = FakeBench::of(view(Some(shown(tree.clone()))));
            let mut harness = open_at(bench, vec2(1280.0, 800.0), theme);
            to_card(&mut harness);
            pick(&mut harness, row);
            let picture = harness.render().expect("the window can be rendered");
            picture
                .save(format!("target/shots/{name}-{theme_name}.png"))
                .expect("saved");
        }
    }
}
