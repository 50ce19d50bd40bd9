//! Cards in windows of their own. Here they float over the main one; `ui_torn_platform` has windows of a platform's.

use crate::ui_window::Window;
use cardwright::model::card::SystemCode;
use cardwright::ui::app::Place;
use cardwright::workbench::Command;
use cardwright::workbench::view::{CardSource, CardView, FlowEnd};
use egui::{Key, Modifiers, OutputCommand, Role, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

const CTRL_SHIFT: Modifiers = Modifiers {
    shift: true,
    ..Modifiers::COMMAND
};
const FIND: &str = "Find a node or run an action";

fn torn(window: &Window) -> Vec<Arc<CardView>> {
    let view = window.bench.0.view();
    let card = |torn: &cardwright::workbench::view::TornView| torn.view.card.clone();
    view.torn.iter().filter_map(card).collect()
}

fn ids(window: &Window) -> Vec<u64> {
    let view = window.bench.0.view();
    view.torn.iter().map(|torn| torn.id).collect()
}

fn open() -> Window {
    let mut window = Window::open(None);
    window
        .harness
        .get_by_label("Show in a window of its own")
        .click();
    window.wait("the window", |window| torn(window).len() == 1);
    window.wait("the window's tree", |window| {
        window.harness.query_all_by_label("Nodes").count() == 1
    });
    window
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.harness.run();
}

/// Opens the palette and runs the first that is found by `text`.
fn find(window: &mut Window, text: &str) {
    press(window, Modifiers::COMMAND, Key::K);
    window.harness.get_by_label(FIND).type_text(text);
    window.harness.run();
    press(window, Modifiers::NONE, Key::Enter);
}

fn is_shown(window: &Window, label: &str) -> bool {
    window.harness.query_all_by_label(label).next().is_some()
}

fn divide(window: &mut Window) {
    window.bench.0.send(Command::StartDivide);
    window.bench.0.send(Command::RunAll);
    window.wait("the division", |window| {
        let flow = window.flow();
        flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
}

#[test]
fn a_window_of_its_own_looks_at_another_moment_than_the_main_one() {
    let mut window = open();
    divide(&mut window);
    let operator = SystemCode(0xFE42);
    assert!(
        torn(&window)[0].tree.system(operator).is_some(),
        "it follows"
    );
    let back = Command::InWindow(1, Box::new(Command::ShowMoment(None)));
    window.bench.0.send(back);
    window.wait("the past", |window| torn(window)[0].tree.systems.len() == 1);
    assert!(window.card().tree.system(operator).is_some());
    let now = Command::InWindow(1, Box::new(Command::ShowNow));
    window.bench.0.send(now);
    window.wait("the present", |window| {
        torn(window)[0].tree.systems.len() == 2
    });
    window.bench.0.send(Command::CloseWindow(1));
    window.wait("no window", |window| torn(window).is_empty());
    window.harness.run();
    assert_eq!(window.harness.query_all_by_label("Nodes").count(), 0);
}

#[test]
fn a_window_keeps_its_card_when_the_emulator_gets_another() {
    let mut window = open();
    let before = torn(&window)[0].clone();
    window.bench.0.send(Command::NewDemoCard);
    window.wait("the new card", |window| {
        let history = torn(window)[0].history.clone();
        history.is_some_and(|history| history.left)
    });
    let after = torn(&window)[0].clone();
    assert!(matches!(after.source, CardSource::Emulated { .. }));
    assert_eq!((after.idm, &after.bytes), (before.idm, &before.bytes));
    window.harness.run();
    let title = "as it left the emulator";
    assert!(window.harness.query_all_by_label_contains(title).count() > 0);
    press(&mut window, Modifiers::COMMAND, Key::K);
    window.harness.get_by_label(FIND).type_text("undo");
    window.harness.run();
    let rows = window.harness.query_all_by_role(Role::MenuItem);
    let why = rows.filter_map(|row| row.accesskit_node().label());
    let why: Vec<_> = why
        .filter(|it| it.contains("has left the emulator"))
        .collect();
    assert_eq!(why.len(), 1, "it says why nothing is taken back");
}

#[test]
fn keys_and_palette_act_in_the_window_in_front() {
    let mut window = open();
    assert!(is_shown(&window, "Colour by: Owner"));
    assert!(
        !is_shown(&window, "Close this window"),
        "the desk does not offer it"
    );
    press(&mut window, CTRL_SHIFT, Key::K);
    assert!(is_shown(&window, "Colour by: Kind"));
    find(&mut window, "write heat");
    assert!(is_shown(&window, "Colour by: Write heat"));
    // What is of the main window is neither listed nor done by its keys.
    press(&mut window, Modifiers::COMMAND, Key::K);
    for (label, listed) in [
        ("Colour the map by key", true),
        ("Save card as…", true),
        ("Close this window", true),
        ("Go to Parties", false),
    ] {
        let mut rows = window.harness.query_all_by_role(Role::MenuItem);
        let found = rows.any(|row| row.accesskit_node().label().as_deref() == Some(label));
        assert_eq!(found, listed, "{label}");
    }
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(!is_shown(&window, FIND));
    press(&mut window, Modifiers::ALT, Key::Num2);
    assert_eq!(window.harness.state().place(), Place::Desk);
    // The main window gets the keys when it is pressed.
    let desk = pos2(1590.0, 940.0);
    window.harness.hover_at(desk);
    window.harness.drag_at(desk);
    window.harness.drop_at(desk);
    window.harness.run();
    press(&mut window, Modifiers::ALT, Key::Num2);
    assert_eq!(window.harness.state().place(), Place::Card);
    press(&mut window, CTRL_SHIFT, Key::Y);
    let main = window.harness.state().card().map().settled_mode();
    assert_eq!(main.name(), "key");
    assert!(is_shown(&window, "Colour by: Write heat"), "it stays so");
}

#[test]
fn time_is_gone_through_by_keys_in_one_window_alone() {
    let mut window = open();
    divide(&mut window);
    press(&mut window, Modifiers::ALT, Key::Home);
    window.wait("the beginning", |window| {
        torn(window)[0].tree.systems.len() == 1
    });
    assert_eq!(window.card().tree.systems.len(), 2);
    press(&mut window, Modifiers::ALT, Key::ArrowRight);
    let shown = |window: &Window| torn(window)[0].history.as_ref().and_then(|h| h.shown);
    window.wait("the first event", |window| shown(window).is_some());
    let title = "Moment #1 of";
    window.wait("the title", |window| {
        window.harness.query_all_by_label_contains(title).count() > 0
    });
    press(&mut window, Modifiers::SHIFT, Key::F8);
    window.wait("now", |window| torn(window)[0].tree.systems.len() == 2);
}

#[test]
fn bytes_are_copied_in_a_window_of_its_own() {
    let mut window = open();
    find(&mut window, "1008");
    let bars = window.harness.query_all_by_role(Role::Status).count();
    assert_eq!(bars, 2, "each window has a status bar");
    press(&mut window, Modifiers::COMMAND, Key::K);
    window.harness.get_by_label(FIND).type_text("copy as hex");
    window.harness.run();
    window.harness.key_press(Key::Enter);
    let copied = |window: &Window| {
        let commands = window.harness.output().platform_output.commands.iter();
        let text = |command: &OutputCommand| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        };
        commands.filter_map(text).next_back()
    };
    window.wait("the copy", |window| copied(window).is_some());
    let text = copied(&window).expect("waited for");
    assert!(
        text.split_whitespace().all(|byte| byte.len() == 2),
        "{text}"
    );
}

#[test]
fn two_windows_are_told_apart_and_one_is_closed_by_its_keys() {
    let mut window = open();
    window.bench.0.send(Command::TearOff);
    window.wait("two windows", |window| ids(window) == [1, 2]);
    window.harness.run();
    for title in ["1: ", "2: "] {
        let nodes = window.harness.query_all_by_label_contains(title);
        let named = nodes.filter(|node| {
            let label = node.accesskit_node().label();
            label.is_some_and(|label| label.starts_with(title) && label.contains("as it is now"))
        });
        assert!(named.count() > 0, "{title}");
    }
    press(&mut window, Modifiers::COMMAND, Key::W);
    window.wait("one window", |window| ids(window) == [1]);
    // The other was not in front: the main window is now, where nothing is closed so.
    window.harness.run();
    press(&mut window, Modifiers::COMMAND, Key::W);
    window.harness.run();
    assert_eq!(ids(&window), [1]);
}

#[test]
fn what_was_written_from_a_window_is_told_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open();
    let path = folder.path().join("card.nfc");
    let form = cardwright::model::dump::export::Format::Flipper;
    let export = Command::Export(form, path.clone());
    window.bench.0.send(Command::InWindow(1, Box::new(export)));
    window.wait("the words", |window| is_shown(window, "Dismiss"));
    assert!(path.exists());
    assert!(window.bench.0.view().notices.is_empty());
    window.harness.get_by_label("Dismiss").click();
    window.wait("silence", |window| !is_shown(window, "Dismiss"));
}

#[test]
fn a_comparison_from_a_window_is_shown_in_the_main_one() {
    let mut window = open();
    divide(&mut window);
    press(&mut window, Modifiers::ALT, Key::Home);
    window.wait("the beginning", |window| {
        torn(window)[0].tree.systems.len() == 1
    });
    press(&mut window, Modifiers::COMMAND, Key::D);
    window.wait("the comparison", |window| {
        window.bench.0.view().comparison.is_some()
    });
    assert_eq!(window.harness.state().place(), Place::Card);
    assert_eq!(torn(&window)[0].tree.systems.len(), 1, "it stays there");
}
