//! The window opens as it was closed.

use cardwright::ui::app::{App, Place};
use cardwright::workbench::{Arrangement, Command, Workbench};
use egui::{Theme, vec2};
use egui_kittest::Harness;
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
