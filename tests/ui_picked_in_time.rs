//! What is picked while one goes through a card's time, and what is said of it.

use crate::readers::{Shared, wait, window};
use crate::ui_harness::open;
use crate::ui_samples::{FakeBench, dump, view};
use cardwright::model::card::ServiceCode;
use cardwright::model::card::journal::{EventId, Moment};
use cardwright::ui::app::App;
use cardwright::ui::card::facts::{NodeRef, Selection};
use cardwright::workbench::command::Fault;
use cardwright::workbench::view::{History, View};
use cardwright::workbench::{Command, Workbench};
use egui::{Key, Modifiers, Role, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn demo() -> (Harness<'static, App>, Shared) {
    let (mut harness, bench) = window(Workbench::open(None), Theme::Dark);
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    (harness, bench)
}

fn history(view: &View) -> &History {
    let card = view.card.as_deref().expect("a card");
    card.history.as_ref().expect("it keeps what was written")
}

fn pick(harness: &mut Harness<'static, App>, item: &str) {
    harness
        .get_all_by_role(Role::TreeItem)
        .find(|node| {
            let name = node.accesskit_node().label();
            name.is_some_and(|name| name.starts_with(item))
        })
        .expect("it is in the tree")
        .click();
    harness.run();
}

fn picked(harness: &Harness<'static, App>) -> Selection {
    harness.state().card().selection()
}

fn purse() -> Option<NodeRef> {
    Some(NodeRef::Service(0, ServiceCode::new(0x0810)?))
}

fn press(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

fn go(harness: &mut Harness<'static, App>, bench: &Shared, moment: Moment) {
    bench.0.send(Command::ShowMoment(moment));
    wait(&bench.0, "the moment", |view| history(view).shown == moment);
    harness.run();
}

fn edit(harness: &mut Harness<'static, App>, bench: &Shared, value: u8) -> EventId {
    let before = history(&bench.0.view()).journal.head();
    let bytes = std::array::from_fn(|_| Some(value));
    bench.0.send(Command::Edit {
        address: 0,
        bytes: bytes.into(),
    });
    wait(&bench.0, "the edit", |view| {
        history(view).journal.head() != before
    });
    harness.run();
    history(&bench.0.view()).journal.head().expect("an event")
}

#[test]
fn a_picked_node_is_picked_again_where_the_card_has_it() {
    let (mut harness, bench) = demo();
    pick(&mut harness, "0810 ");
    assert_eq!(picked(&harness).node, purse());
    for past in [None, EventId::new(1), EventId::new(5)] {
        go(&mut harness, &bench, past);
        assert_eq!(picked(&harness).node, None, "not there at {past:?}");
    }
    press(&mut harness, Modifiers::SHIFT, Key::F8);
    wait(&bench.0, "now", |view| history(view).live);
    harness.run();
    assert_eq!(picked(&harness).node, purse());
    let heading = harness.query_by_role_and_label(Role::Heading, "0810 Fare purse");
    assert!(heading.is_some(), "the details tell of it");
}

#[test]
fn what_was_picked_in_the_past_stays_picked() {
    let (mut harness, bench) = demo();
    pick(&mut harness, "0810 ");
    go(&mut harness, &bench, EventId::new(5));
    pick(&mut harness, "0003 ");
    press(&mut harness, Modifiers::SHIFT, Key::F8);
    wait(&bench.0, "now", |view| history(view).live);
    harness.run();
    assert_eq!(picked(&harness).node, Some(NodeRef::System(0)));
}

#[test]
fn a_moment_of_another_branch_is_not_counted_on_the_one_that_is_followed() {
    let (mut harness, bench) = demo();
    edit(&mut harness, &bench, 1);
    let kept = edit(&mut harness, &bench, 2);
    for _ in 0..2 {
        let before = history(&bench.0.view()).journal.head();
        press(&mut harness, Modifiers::COMMAND, Key::Z);
        wait(&bench.0, "the edit undone", |view| {
            history(view).journal.head() != before
        });
        harness.run();
    }
    let end = edit(&mut harness, &bench, 3);
    go(&mut harness, &bench, Some(kept));
    let said = |words: &str| harness.query_by_label(words).is_some();
    assert!(said(&format!("Moment {kept:?}, another branch")));
    assert!(!said(&format!("Moment {kept:?} of {}", end.number())));
}

#[test]
fn the_status_bar_counts_what_is_lit_with_a_picked_block() {
    let (mut harness, _) = demo();
    pick(&mut harness, "0810 ");
    let said = "1 block selected, 3 definitions lit";
    assert!(harness.query_by_label_contains(said).is_some());
    harness.get_by_label_contains("0000h B8 0B").click();
    harness.run();
    assert_eq!(picked(&harness).block, Some(0));
    assert!(harness.query_by_label_contains(said).is_some());
}

#[test]
fn of_a_node_whose_blocks_are_not_known_none_are_counted() {
    let mut harness = open(FakeBench::of(view(Some(dump()))));
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    pick(&mut harness, "0003 ");
    assert_eq!(picked(&harness).node, Some(NodeRef::System(0)));
    assert!(harness.query_by_label_contains("0 blocks").is_none());
}

/// Labels of the status bar and of what stands in it.
fn told(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn keys_that_can_do_nothing_now_say_why_until_the_next_key() {
    let (mut harness, _) = demo();
    let why = "The card does not stand after an edit by hand.";
    assert!(!told(&harness, why));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert!(told(&harness, why));
    press(&mut harness, Modifiers::NONE, Key::F7);
    assert!(!told(&harness, why));
    assert!(told(&harness, "Nothing is compared with this card."));
    pick(&mut harness, "0810 ");
    assert!(!told(&harness, "Nothing is compared with this card."));
}

#[test]
fn a_card_that_was_taken_away_is_not_said_to_be_a_file() {
    let (mut harness, bench) = demo();
    bench.0.send(Command::Fault(Fault::TakeAway));
    wait(&bench.0, "the card to be away", |view| {
        view.card.as_ref().is_some_and(|card| card.faults.away)
    });
    harness.run();
    assert!(told(&harness, "No card in field"));
    assert!(told(&harness, "Card taken away"));
    assert!(!told(&harness, "Card shown from a file"));
}

#[test]
fn the_system_of_a_blank_card_is_said_to_be_nobodys() {
    let (mut harness, bench) = demo();
    go(&mut harness, &bench, None);
    pick(&mut harness, "FFFF ");
    assert!(told(&harness, "FFFF Owner not known"));
    assert!(!told(&harness, "Common Area Operator"));
}
