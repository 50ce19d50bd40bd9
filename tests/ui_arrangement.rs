//! The window opens as it was closed.

use cardwright::ui::app::{App, Place};
use cardwright::workbench::{Arrangement, Command, Workbench};
use egui::{CursorIcon, Theme, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeMap;
use std::path::Path;

fn window(folder: &Path, arrangement: Arrangement) -> Harness<'static, App> {
    let bench = Workbench::open(Some(folder.to_owned()));
    let mut harness = Harness::builder()
        .with_size(vec2(1600.0, 1000.0))
        .wgpu()
        .build_eframe(move |cc| App::arranged(cc, Box::new(bench), arrangement));
    harness.run();
    harness
}

#[test]
fn place_theme_colouring_and_panels_are_as_they_were_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let left = Arrangement {
        window: Some((1600, 1000)),
        maximized: false,
        panels: BTreeMap::from([("details".into(), 300), ("tree".into(), 444)]),
        choices: BTreeMap::from([
            ("place".into(), "card".into()),
            ("theme".into(), "light".into()),
            ("colouring".into(), "kind".into()),
        ]),
    };
    let mut harness = window(folder.path(), left.clone());
    assert_eq!(harness.state().place(), Place::Card);
    // The harness chooses a theme of its own when it begins.
    harness.ctx.set_theme(Theme::Light);
    harness.run();
    let now = harness.state().arrangement();
    for (name, size) in &left.panels {
        assert_eq!(now.panels.get(name), Some(size), "{name}");
    }
    assert_eq!(now.choices, left.choices);
}

/// Top of the bytes, which is the bottom of the map.
fn bytes_top(harness: &Harness<'static, App>) -> f32 {
    harness.get_by_label("Bytes").rect().top()
}

#[test]
fn the_bytes_get_the_height_that_suits_until_a_person_chooses_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let choices = BTreeMap::from([("place".into(), "card".into())]);
    let unchosen = Arrangement {
        choices,
        ..Arrangement::default()
    };
    let mut harness = window(folder.path(), unchosen);
    let small = bytes_top(&harness);
    harness.set_size(vec2(1600.0, 1400.0));
    harness.run();
    let large = bytes_top(&harness);
    assert!(large > small + 8.0, "{small} to {large}: the map grows");
    harness.set_size(vec2(1600.0, 1000.0));
    harness.run();
    assert_eq!(bytes_top(&harness), small);
    assert!(!harness.state().arrangement().panels.contains_key("bytes"));
    // The edge between the map and the bytes is dragged up.
    let from = pos2(800.0, (small - 8.0).round());
    let edge = (0..24)
        .map(|up| from - vec2(0.0, up as f32))
        .find(|at| {
            harness.hover_at(*at);
            harness.run();
            harness.output().platform_output.cursor_icon != CursorIcon::Default
        })
        .expect("an edge");
    harness.drag_at(edge);
    harness.run();
    harness.hover_at(edge - vec2(0.0, 100.0));
    harness.run();
    harness.drop_at(edge - vec2(0.0, 100.0));
    harness.run();
    let chosen = bytes_top(&harness);
    assert!((small - chosen - 100.0).abs() < 8.0, "{small} to {chosen}");
    let kept = harness.state().arrangement();
    assert!(kept.panels.contains_key("bytes"), "{kept:?}");
    // A window that is too low for it changes nothing of what was chosen.
    harness.set_size(vec2(1600.0, 700.0));
    harness.run();
    harness.set_size(vec2(1600.0, 1000.0));
    harness.run();
    assert!((bytes_top(&harness) - chosen).abs() < 1.0);
    assert_eq!(harness.state().arrangement().panels, kept.panels);
    drop(harness);
    let harness = window(folder.path(), kept);
    assert!((bytes_top(&harness) - chosen).abs() < 1.0);
}

#[test]
fn the_workspace_keeps_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Arrangement {
        maximized: true,
        ..Arrangement::default()
    };
    let bench = Workbench::open(Some(folder.path().to_owned()));
    bench.send(Command::KeepArrangement(Box::new(kept.clone())));
    drop(bench);
    assert_eq!(Arrangement::read(folder.path()), kept);
}
