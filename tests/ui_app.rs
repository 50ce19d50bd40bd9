//! The window's bars: places, palette, reader, notices, dropped files; and that an idle window rests.

use crate::ui_harness::{open, open_at, rests, step_until};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use cardwright::model::apdu::Family;
use cardwright::model::card::ServiceCode;
use cardwright::ui::app::Place;
use cardwright::ui::card::facts::NodeRef;
use cardwright::workbench::command::Command;
use cardwright::workbench::view::{Notice, ReaderKind, ReaderState, Severity, Words};
use egui::{Key, Modifiers, Role, Theme, vec2};
use egui_kittest::kittest::Queryable as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[test]
fn places_are_reached_by_name_and_by_key() {
    let mut harness = open(FakeBench::of(view(Some(card(256, Stage::Divided)))));
    let places = [
        ("Desk", Place::Desk, Key::Num1),
        ("Card", Place::Card, Key::Num2),
        ("Parties", Place::Parties, Key::Num3),
        ("Faces", Place::Faces, Key::Num4),
    ];
    for (name, place, _) in places {
        harness.get_by_role_and_label(Role::Tab, name).click();
        harness.run();
        assert_eq!(harness.state().place(), place);
    }
    for (_, place, key) in places {
        harness.key_press_modifiers(Modifiers::ALT, key);
        harness.run();
        assert_eq!(harness.state().place(), place);
    }
}

#[test]
fn an_idle_window_draws_no_frames() {
    for sample in [
        view(None),
        view(Some(card(65_536, Stage::Divided))),
        view(Some(dump())),
    ] {
        let mut harness = open(FakeBench::of(sample));
        for place in ["Desk", "Card", "Parties", "Faces"] {
            harness.get_by_role_and_label(Role::Tab, place).click();
            harness.run();
            let drawn = harness.state().frames();
            assert!(rests(&harness), "{place} asks for another frame");
            harness.step();
            assert_eq!(
                harness.state().frames(),
                drawn + 1,
                "one frame a step, and none besides"
            );
            assert!(
                rests(&harness),
                "{place} asks for another frame after an idle one"
            );
        }
    }
}

#[test]
fn the_palette_runs_an_action() {
    let bench = FakeBench::of(view(None));
    let mut harness = open(bench.clone());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness
        .get_by_label("Find a node or run an action")
        .type_text("emulated");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(bench.asked(), [Command::NewDemoCard]);
    assert!(
        harness
            .query_by_label("Find a node or run an action")
            .is_none(),
        "it closed"
    );
    assert!(rests(&harness));
}

#[test]
fn the_palette_goes_to_a_node() {
    let mut harness = open(FakeBench::of(view(Some(card(256, Stage::Divided)))));
    harness.get_by_label("Find or run").click();
    harness.run();
    harness
        .get_by_label("Find a node or run an action")
        .type_text("1050");
    harness.run();
    harness.key_press(Key::Enter);
    step_until(&mut harness, "the Card place", |h| {
        h.state().place() == Place::Card
    });
    let code = ServiceCode::new(0x1050).expect("a service code");
    assert_eq!(
        harness.state().card().selection().node,
        Some(NodeRef::Service(1, code))
    );
}

#[test]
fn the_palette_closes_with_escape_and_moves_with_arrows() {
    let mut harness = open(FakeBench::of(view(None)));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness
        .get_by_label("Find a node or run an action")
        .type_text("go to");
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(
        harness.state().place(),
        Place::Card,
        "the second of the four places"
    );
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    assert!(
        harness
            .query_by_label("Find a node or run an action")
            .is_none()
    );
}

#[test]
fn what_is_refused_is_not_sent_and_says_why() {
    let bench = FakeBench::of(view(None));
    let mut harness = open(bench.clone());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::P);
    harness.run();
    assert_eq!(bench.asked(), []);
    let why = "Only an emulated card can do this.";
    assert!(harness.query_by_label(why).is_some(), "in the status bar");
    harness
        .get_by_role_and_label(Role::MenuItem, "Pull the card out")
        .hover();
    harness.run_steps(8);
    let said = harness.query_all_by_label_contains(why);
    assert_eq!(said.count(), 2, "in the tooltip as well");
}

#[test]
fn the_desk_starts_a_division_or_says_why_not() {
    let bench = FakeBench::of(view(Some(card(256, Stage::Undivided))));
    let mut harness = open(bench.clone());
    harness
        .get_by_role_and_label(Role::Button, "Divide a card…")
        .click();
    harness.run();
    assert_eq!(bench.asked(), [Command::StartDivide]);

    let bench = FakeBench::of(view(Some(dump())));
    let mut harness = open(bench.clone());
    harness
        .get_by_role_and_label(Role::Button, "Divide a card…")
        .click();
    harness.run();
    assert_eq!(bench.asked(), []);
    assert!(
        harness
            .query_by_label_contains("Only an emulated card can do this")
            .is_some()
    );
}

#[test]
fn a_reader_is_chosen_from_the_menu() {
    let mut sample = view(None);
    sample.readers[1].kind = ReaderKind::Pcsc {
        state: ReaderState::Card,
        family: Family::Acs,
        by_name: true,
    };
    let bench = FakeBench::of(sample);
    let mut harness = open(bench.clone());
    harness
        .get_by_label_contains("Reader: Emulated card")
        .click();
    harness.run();
    harness
        .get_by_role_and_label(Role::MenuItem, "Reader of desk 2")
        .click();
    harness.run();
    assert_eq!(bench.asked(), [Command::ChooseReader(1)]);
    harness
        .get_by_label_contains("Reader: Emulated card")
        .click();
    harness.run();
    harness
        .get_by_role_and_label(Role::MenuItem, "Look at the card again")
        .click();
    harness.run();
    assert_eq!(bench.asked()[1], Command::LookAgain);
}

#[test]
fn a_notice_is_said_once_and_dismissed() {
    let mut sample = view(None);
    let words = Words {
        what: "The card left the reader before it answered".into(),
        next: "Touch the card again to find out.".into(),
        details: "8Eh was sent at 10:44:02.118.".into(),
    };
    sample.notices.push(Notice {
        id: Some(7),
        severity: Severity::Unknown,
        words,
    });
    let bench = FakeBench::of(sample);
    let mut harness = open(bench.clone());
    assert!(
        harness
            .query_by_label_contains("Touch the card again")
            .is_some()
    );
    assert!(
        harness.query_by_label_contains("8Eh was sent").is_none(),
        "details are folded"
    );
    harness.get_by_label("What happened").click();
    harness.run();
    assert!(harness.query_by_label_contains("8Eh was sent").is_some());
    harness.get_by_label("Dismiss").click();
    harness.run();
    assert_eq!(bench.asked(), [Command::Dismiss(7)]);
}

#[derive(Debug)]
pub struct Dropped(pub PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}

#[test]
fn a_dropped_file_is_opened() {
    let bench = FakeBench::of(view(None));
    let mut harness = open(bench.clone());
    let path = PathBuf::from("some where/見本.nfc");
    harness
        .input_mut()
        .dropped_files
        .push(Arc::new(Dropped(path.clone())));
    harness.run();
    assert_eq!(bench.asked(), [Command::OpenFile(path)]);
}

#[test]
fn every_name_has_its_letters() {
    // A missing glyph fails the frame.
    for theme in [Theme::Dark, Theme::Light] {
        let mut sample = view(Some(card(256, Stage::Divided)));
        sample.workspace.name = "青葉交通 試行 髙﨑邉邊齋𠮷".into();
        sample.owners[0].name = "あおば交通".into();
        sample.owners[1].name = "共同エリア運営者ヴ々〆".into();
        sample.readers[0].name = "内蔵カード".into();
        let mut harness = open_at(FakeBench::of(sample), vec2(1280.0, 800.0), theme);
        for place in ["Desk", "Card", "Parties"] {
            harness.get_by_role_and_label(Role::Tab, place).click();
            harness.run();
        }
        assert!(harness.query_by_label_contains("青葉交通").is_some());
    }
}

#[test]
fn the_theme_is_switched() {
    let mut harness = open(FakeBench::of(view(None)));
    assert_eq!(harness.ctx.theme(), Theme::Dark);
    harness
        .get_by_label("Switch between dark and light")
        .click();
    harness.run();
    assert_eq!(harness.ctx.theme(), Theme::Light);
    assert!(rests(&harness));
}
