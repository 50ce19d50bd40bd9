//! Files from the window: dropped, recent, written in other forms, and a card made of a dump.

use crate::ui_harness::open;
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use cardwright::ui::action::Action;
use cardwright::ui::app::{App, Place};
use cardwright::workbench::command::Command;
use cardwright::workbench::view::{RecentFile, View};
use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::PathBuf;
use std::sync::Arc;

fn with_recent(mut view: View) -> View {
    let file = |name: &str, missing| RecentFile {
        path: PathBuf::from("/cards").join(name),
        name: name.into(),
        missing,
    };
    view.recent = Arc::new(vec![file("見本.nfc", false), file("gone.card", true)]);
    view
}

fn card_place(harness: &mut Harness<'static, App>) {
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
}

#[test]
fn recent_files_are_opened_from_the_cards_menu_and_the_palette() {
    let bench = FakeBench::of(with_recent(view(Some(card(256, Stage::Divided)))));
    let mut harness = open(bench.clone());
    card_place(&mut harness);
    harness.get_by_label("Card actions").click();
    harness.run();
    let gone = harness.query_by_role_and_label(Role::MenuItem, "gone.card not there");
    assert!(gone.is_some(), "a missing one is said");
    harness
        .get_by_role_and_label(Role::MenuItem, "見本.nfc")
        .click();
    harness.run();
    let path = PathBuf::from("/cards/見本.nfc");
    assert_eq!(bench.asked(), [Command::OpenFile(path.clone())]);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness
        .get_by_label("Find a node or run an action")
        .type_text("見本");
    harness.run();
    assert!(harness.query_by_label_contains("見本.nfc /cards").is_some());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(bench.asked().last(), Some(&Command::OpenFile(path)));
}

#[test]
fn the_palette_scans_forgets_and_says_why_it_cannot() {
    let bench = FakeBench::of(with_recent(view(Some(card(256, Stage::Divided)))));
    let mut harness = open(bench.clone());
    for (typed, action) in [
        ("forget the recent", Action::ClearRecent),
        ("scan the card", Action::Scan),
    ] {
        harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        harness.run();
        harness
            .get_by_label("Find a node or run an action")
            .type_text(typed);
        harness.run();
        if action == Action::Scan {
            let why = harness.query_by_label_contains("Put a FeliCa card on a PC/SC reader");
            assert!(why.is_some());
        }
        harness.key_press(Key::Enter);
        harness.run();
        harness.key_press(Key::Escape);
        harness.run();
    }
    assert_eq!(
        bench.asked(),
        [Command::ClearRecent],
        "no card is on a reader"
    );
}

#[test]
fn files_that_are_handed_to_the_window_are_opened_in_the_card_place() {
    let bench = FakeBench::of(view(None));
    let mut harness = open(bench.clone());
    let paths = vec![PathBuf::from("a.card"), PathBuf::from("b.nfc")];
    harness.state_mut().open_files(Vec::new());
    harness.state_mut().open_files(paths.clone());
    harness.run();
    assert_eq!(bench.asked(), [Command::OpenFiles(paths)]);
    assert_eq!(harness.state().place(), Place::Card);
}

#[test]
fn a_dump_becomes_a_card_on_the_chip_that_is_chosen() {
    let bench = FakeBench::of(view(Some(dump())));
    let mut harness = open(bench.clone());
    card_place(&mut harness);
    harness.get_by_label(Action::MakeCard.name()).click();
    harness.run();
    harness.get_by_label("Choose its chip").click();
    harness.run();
    let chips = harness.query_all_by_role(Role::MenuItem).count();
    assert_eq!(chips, 6);
    harness
        .get_by_role_and_label(Role::MenuItem, "Small 1 KB")
        .click();
    harness.run();
    let expected = [
        Command::MakeCard(None),
        Command::MakeCard(Some("small-1k".into())),
    ];
    assert_eq!(bench.asked(), expected);
}

#[test]
fn the_desk_says_that_a_card_is_from_a_file() {
    let bench = FakeBench::of(view(Some(dump())));
    let mut harness = open(bench);
    harness.get_by_role_and_label(Role::Tab, "Desk").click();
    harness.run();
    assert!(harness.query_by_label("Card from a file").is_some());
    assert!(harness.query_by_label("Card on the reader").is_none());
}
