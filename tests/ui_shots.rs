//! Pictures of every place for a person to look at. Off by default: set `CARDWRIGHT_SHOTS=1`; the pictures are
//! in `target/shots`.

use crate::readers::{shot, window};
use crate::ui_card::aes_card;
use crate::ui_harness::{open, open_at};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use crate::workbench_kept::{killed_at_the_write, other_card};
use cardwright::workbench::Workbench;
use egui::{Role, Theme, vec2};
use egui_kittest::kittest::Queryable as _;

#[test]
fn places() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    std::fs::create_dir_all("target/shots").expect("a folder for the pictures");
    let samples = [
        ("divided", view(Some(card(256, Stage::Divided)))),
        ("pending", view(Some(card(256, Stage::Pending)))),
        ("dump", view(Some(dump()))),
        ("big", view(Some(card(65_536, Stage::Divided)))),
        ("mid", view(Some(card(2_048, Stage::Divided)))),
        ("none", view(None)),
    ];
    for (size, name) in [
        (vec2(1280.0, 800.0), "1280"),
        (vec2(1920.0, 1080.0), "1920"),
    ] {
        for theme in [Theme::Dark, Theme::Light] {
            let theme_name = if theme == Theme::Dark {
                "dark"
            } else {
                "light"
            };
            for (sample, view) in &samples {
                let mut harness = open_at(FakeBench::of(view.clone()), size, theme);
                harness.get_by_role_and_label(Role::Tab, "Card").click();
                harness.run();
                if *sample != "none" && *sample != "dump" {
                    harness.get_by_label("Filter nodes").focus();
                    harness.run();
                }
                let purse = harness
                    .query_all_by_label_contains("1050 Purse")
                    .next()
                    .map(|n| n.click());
                if purse.is_some() {
                    harness.run();
                }
                let picture = harness.render().expect("the places can be rendered");
                picture
                    .save(format!(
                        "target/shots/card-{sample}-{name}-{theme_name}.png"
                    ))
                    .expect("saved");
            }
            for place in ["Desk", "Parties", "Faces"] {
                let mut harness = open_at(FakeBench::of(samples[0].1.clone()), size, theme);
                harness.get_by_role_and_label(Role::Tab, place).click();
                harness.run();
                let picture = harness.render().expect("the places can be rendered");
                picture
                    .save(format!("target/shots/{place}-{name}-{theme_name}.png"))
                    .expect("saved");
            }
        }
    }
    let mut harness = open(FakeBench::of(samples[0].1.clone()));
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
    harness.run();
    harness
        .get_by_label("Find a node or run an action")
        .type_text("10");
    harness.run();
    harness
        .render()
        .expect("the palette can be rendered")
        .save("target/shots/palette.png")
        .expect("saved");
}

/// The demo workspace as a person first sees it, and every step of its lesson.
#[test]
fn the_demo() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    std::fs::create_dir_all("target/shots").expect("a folder for the pictures");
    let workbench = cardwright::workbench::Workbench::open(None);
    let mut harness = egui_kittest::Harness::builder()
        .with_size(vec2(1600.0, 1000.0))
        .with_theme(Theme::Dark)
        .wgpu()
        .build_eframe(move |cc| cardwright::ui::app::App::new(cc, Box::new(workbench)));
    harness.run();
    for place in ["Desk", "Card"] {
        harness.get_by_role_and_label(Role::Tab, place).click();
        harness.run();
        let picture = harness.render().expect("the places can be rendered");
        picture
            .save(format!("target/shots/demo-{place}.png"))
            .expect("saved");
    }
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num2);
    for step in 0..40 {
        harness.run();
        std::thread::sleep(std::time::Duration::from_millis(150));
        harness.run();
        harness.get_by_role_and_label(Role::Tab, "Card").click();
        harness.run();
        for place in ["Parties", "Card"] {
            harness.get_by_role_and_label(Role::Tab, place).click();
            harness.run();
            let picture = harness.render().expect("the places can be rendered");
            picture
                .save(format!("target/shots/demo-{place}-{step:02}.png"))
                .expect("saved");
        }
        harness.key_press(egui::Key::F10);
    }
}

/// What the window says of a write that is not settled, and how it shows a card of the AES generation.
#[test]
fn an_unsettled_write_and_a_card_with_aes_keys() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let folder = tempfile::tempdir().expect("a folder");
        killed_at_the_write(folder.path());
        other_card(&folder.path().join("emulated.card"));

        let bench = Workbench::open(Some(folder.path().to_path_buf()));
        let (mut harness, _) = window(bench, theme);
        shot(&mut harness, &format!("unsettled-{name}"));

        let mut harness = aes_card(theme);
        shot(&mut harness, &format!("aes-{name}"));
        harness
            .query_all_by_label_contains("1008 ")
            .next()
            .expect("a service")
            .click();
        harness.run();
        shot(&mut harness, &format!("aes-service-{name}"));
    }
}
