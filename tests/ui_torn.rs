//! Cards in windows of their own.

use crate::ui_window::Window;
use cardwright::model::card::SystemCode;
use cardwright::workbench::Command;
use cardwright::workbench::view::{CardSource, CardView, FlowEnd};
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;

fn torn(window: &Window) -> Vec<Arc<CardView>> {
    let view = window.bench.0.view();
    let card = |torn: &cardwright::workbench::view::TornView| torn.view.card.clone();
    view.torn.iter().filter_map(card).collect()
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

#[test]
fn a_window_of_its_own_looks_at_another_moment_than_the_main_one() {
    let mut window = open();
    window.bench.0.send(Command::StartDivide);
    window.bench.0.send(Command::RunAll);
    window.wait("the division", |window| {
        let flow = window.flow();
        flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
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
    let shown = window
        .card()
        .history
        .as_ref()
        .map(|h| Arc::clone(&h.journal));
    window.wait("the new card", |window| {
        let journal = window
            .card()
            .history
            .as_ref()
            .map(|h| Arc::clone(&h.journal));
        !journal
            .zip(shown.clone())
            .is_some_and(|(a, b)| Arc::ptr_eq(&a, &b))
    });
    let after = torn(&window)[0].clone();
    assert!(matches!(after.source, CardSource::Emulated { .. }));
    assert_eq!((after.idm, &after.bytes), (before.idm, &before.bytes));
}
