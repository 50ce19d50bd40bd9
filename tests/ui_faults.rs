//! Faults by hand, set in the window and met by what is done next.

use crate::ui_window::Window;
use cardwright::model::card::SystemCode;
use cardwright::model::dump::export::Format;
use cardwright::workbench::Command;
use cardwright::workbench::command::{Fault, LinkFault, Torn};
use cardwright::workbench::view::{CardSource, FlowEnd};
use egui_kittest::kittest::Queryable as _;

/// The demo card's window with the box open.
fn with_box() -> Window {
    let mut window = Window::open(None);
    window.harness.get_by_label("Faults by hand…").click();
    window.wait("the box", |window| {
        window.harness.query_by_label("Close faults").is_some()
    });
    window
}

fn says(window: &Window, words: &str) -> bool {
    window
        .harness
        .query_all_by_label_contains(words)
        .next()
        .is_some()
}

#[test]
fn a_power_cut_is_set_seen_and_cleared() {
    let mut window = with_box();
    window.harness.get_by_label("Half written").click();
    window.harness.step();
    window.press("Cut the power");
    window.wait("the cut", |window| window.card().faults.power.is_some());
    let cut = window.card().faults.power.expect("waited for");
    assert_eq!((cut.at_write, cut.leaves), (0, Torn::Mixed));
    window.wait("the words", |window| says(window, "Power goes at write 1"));
    window.press("Clear");
    window.wait("no fault", |window| window.card().faults.is_none());
    window.press("Close faults");
    window.wait("the box to close", |window| {
        window.harness.query_by_label("Close faults").is_none()
    });
}

#[test]
fn a_division_whose_power_goes_at_the_commit_is_unknown_until_it_is_asked() {
    let mut window = with_box();
    window.press("Cut the power");
    window.wait("the cut", |window| window.card().faults.power.is_some());
    window.press("Close faults");
    window.start();
    window.bench.0.send(Command::RunAll);
    window.wait("the lost answer", |window| {
        let flow = window.flow();
        flow.is_some_and(|flow| matches!(flow.ended, Some(FlowEnd::Unknown(_))))
    });
    assert!(window.card().faults.is_none(), "a fault is met once");
    // What a person does next asks the card, which was cut before its log was whole: it goes on and divides.
    window.bench.0.send(Command::RunAll);
    window.wait("the division", |window| {
        let flow = window.flow();
        flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    assert!(window.card().tree.system(SystemCode(0xFE42)).is_some());
}

#[test]
fn a_card_that_was_taken_away_is_gone_until_it_is_put_back() {
    let mut window = Window::open(None);
    window.bench.0.send(Command::Fault(Fault::TakeAway));
    window.wait("the card to be away", |window| window.card().faults.away);
    window.wait("the words", |window| says(window, "Card taken away"));
    window.start();
    window.bench.0.send(Command::RunAll);
    window.wait("the refusal", |window| {
        let flow = window.flow();
        flow.is_some_and(|flow| {
            matches!(flow.ended, Some(FlowEnd::Refused(_) | FlowEnd::Unknown(_)))
        })
    });
    window.bench.0.send(Command::ClearFaults);
    window.wait("the card to be back", |window| !window.card().faults.away);
    window.bench.0.send(Command::RunAll);
    window.wait("the division", |window| {
        let flow = window.flow();
        flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
}

#[test]
fn the_next_frame_meets_the_accident_that_was_chosen() {
    let mut window = with_box();
    window.press("Answer unheard");
    window.wait("the accident", |window| {
        window.card().faults.link == Some(LinkFault::Unheard)
    });
    window.wait("the words", |window| {
        says(window, "Next frame: answer unheard")
    });
    window.start();
    window.bench.0.send(Command::RunAll);
    window.wait("the accident to be met", |window| {
        window.card().faults.is_none()
    });
}

#[test]
fn the_box_takes_the_keys_when_it_opens_and_escape_closes_it() {
    let mut window = Window::open(None);
    window
        .harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::F8);
    window.wait("the box", |window| says(window, "Power cut"));
    window.wait("its first field to have the keys", |window| {
        let field = window.harness.get_by_label("At block write");
        field.is_focused()
    });
    window.harness.key_press(egui::Key::Escape);
    window.wait("the box to close", |window| {
        window.harness.query_by_label("Close faults").is_none()
    });
}

#[test]
fn the_box_closes_when_a_card_is_shown_that_is_not_in_the_emulator() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("card.nfc");
    let mut window = with_box();
    window
        .bench
        .0
        .send(Command::Export(Format::Flipper, path.clone()));
    window.bench.0.send(Command::OpenFile(path));
    window.wait("the dump", |window| {
        matches!(window.card().source, CardSource::File { .. })
    });
    window.wait("the box to close", |window| {
        window.harness.query_by_label("Close faults").is_none()
    });
}
