//! The window over the real workbench: from first start to the divided card, by accessible names alone.

use crate::ui_harness::rests;
use crate::ui_window::Window;
use cardwright::workbench::view::{ByteView, CardView, FlowEnd};
use egui::Role;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;

fn systems(card: &CardView) -> Vec<(String, bool)> {
    card.tree
        .systems
        .iter()
        .map(|system| (system.code.to_string(), system.pending))
        .collect()
}

fn bytes(card: &CardView) -> Vec<[ByteView; 16]> {
    (0..).map_while(|at| card.bytes.row(at)).collect()
}

#[test]
fn from_first_start_to_the_divided_card() {
    let mut window = Window::open(None);
    assert_eq!(systems(&window.card()), [("0003".to_string(), false)]);
    window.start();
    for _ in 0..22 {
        window.step();
    }
    window.wait("the end", |window| {
        window
            .flow()
            .is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    assert_eq!(
        systems(&window.card()),
        [("0003".to_string(), false), ("FE42".to_string(), false)]
    );
    window.press("Close");
    window.wait("the desk", |window| window.flow().is_none());
    window.harness.run();
    window
        .harness
        .get_by_role_and_label(Role::Tab, "Card")
        .click();
    window.harness.run();
    window.harness.get_by_label_contains("FE42");
    assert!(rests(&window.harness), "a window at rest asks for no frame");
}

#[test]
fn run_all_divides_as_well() {
    let mut window = Window::open(None);
    window.start();
    window.press("Run all");
    window.wait("the end", |window| {
        window
            .flow()
            .is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    assert_eq!(window.card().tree.systems.len(), 2);
}

#[test]
fn stepping_going_back_and_stopping_half_way_leave_the_card_as_it_was() {
    let mut window = Window::open(None);
    let before = window.card();
    window.start();
    while window.next_step().as_deref() != Some("ST68") {
        window.step();
    }
    assert!(
        systems(&window.card())[1].1,
        "the new system is prepared and not written"
    );
    window.press("Back");
    window.wait("ST67 again", |window| {
        window.next_step().as_deref() == Some("ST67")
    });
    window.step();
    window.step();
    assert_eq!(systems(&window.card())[1], ("FE42".to_string(), true));
    window.press("Stop");
    window.wait("the stop", |window| {
        window.flow().is_some_and(|flow| flow.ended.is_some())
    });
    let ended = window.flow().and_then(|flow| flow.ended.clone());
    assert_eq!(
        ended,
        Some(FlowEnd::Stopped {
            card_untouched: true
        })
    );
    assert_eq!(window.card().tree, before.tree);
    assert_eq!(bytes(&window.card()), bytes(&before));
}

/// Divides in one go and gives the card's bytes.
fn divided_at_once(folder: &Path) -> Vec<[ByteView; 16]> {
    let mut window = Window::open(Some(folder.to_path_buf()));
    window.start();
    window.press("Run all");
    window.wait("the end", |window| {
        window
            .flow()
            .is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    bytes(&window.card())
}

#[test]
fn closed_after_each_step_it_resumes_to_the_same_divided_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = divided_at_once(&folder.path().join("whole"));
    let broken = folder.path().join("broken");
    {
        let mut window = Window::open(Some(broken.clone()));
        window.start();
        window.step();
    }
    for done in 1..22 {
        // Each window has a workbench of its own, which knows what the last one left on the disk; `kills` kills it.
        let mut window = Window::open(Some(broken.clone()));
        let flow = window.flow().expect("the flow is taken up where it was");
        assert_eq!(flow.next, Some(done));
        window.step();
    }
    let window = Window::open(Some(broken));
    assert_eq!(bytes(&window.card()), whole);
}
