//! The card in the emulator compared with one on a reader, in the window: what the reader has told is compared, more once a
//! scan has told more, and the comparison ends and comes back with the card.

use crate::readers::{DESK, Hand, Shared, is_on, shot, wait, window};
use crate::support::demo_card;
use crate::ui_changes::is_change;
use crate::ui_harness::{rests, step_until};
use crate::ui_scan::key_list;
use cardwright::model::card::difference::Sides;
use cardwright::model::card::{BLOCK_BYTES, ServiceCode};
use cardwright::ui::action::Action;
use cardwright::ui::app::{App, Place};
use cardwright::ui::card::facts::NodeRef;
use cardwright::workbench::compare::Side;
use cardwright::workbench::view::{OnReader, View};
use cardwright::workbench::{Command, Workbench};
use egui::{Key, Modifiers, Role, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Beside {
    harness: Harness<'static, App>,
    bench: Shared,
    hand: Hand,
}

impl Beside {
    /// The demo card on a reader and in the emulator; there 800 yen are left and the holder has another name.
    fn open() -> Beside {
        let hand = Hand::default();
        hand.plug(DESK);
        let bench = Workbench::open_with(None, Arc::new(hand.clone()));
        for (address, bytes) in [(0, [0x20, 0x03]), (HOLDER, *b"MO")] {
            bench.send(edit(address, bytes));
        }
        wait(&bench, "the reader", |view| view.readers.len() == 2);
        hand.card(DESK, Some(demo_card()));
        bench.send(Command::ChooseReader(1));
        wait(&bench, "the card", |view| is_on(view, &OnReader::Shown));
        let (mut harness, bench) = window(bench, Theme::Dark);
        harness.get_by_role_and_label(Role::Tab, "Card").click();
        harness.run();
        Beside {
            harness,
            bench,
            hand,
        }
    }

    fn view(&self) -> Arc<View> {
        self.bench.workbench().view()
    }

    fn until(&mut self, what: &str, done: impl Fn(&View) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !done(&self.view()) {
            assert!(Instant::now() < until, "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(3));
            self.harness.step();
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.harness.step();
        step_until(&mut self.harness, "rest", rests);
    }

    fn find(&mut self, action: Action) {
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        self.settle();
        self.harness
            .get_by_label("Find a node or run an action")
            .type_text(action.name());
        self.settle();
        self.harness.key_press(Key::Enter);
        self.settle();
    }

    /// Opens the box of a side and chooses what it is to be.
    fn choose(&mut self, side: &str, what: &str) {
        let found = self.harness.query_all_by_label_contains(side).next();
        found.expect("the box").click();
        self.settle();
        self.harness
            .get_by_role_and_label(Role::MenuItem, what)
            .click();
        self.settle();
    }

    fn changes(&self) -> Vec<String> {
        let items = self.harness.query_all_by_role(Role::ListItem);
        let names = items.filter_map(|item| item.accesskit_node().label());
        names.filter(|name| is_change(name)).collect()
    }

    fn compares(&self) -> bool {
        let mut tabs = self.harness.query_all_by_role(Role::Tab);
        tabs.any(|tab| {
            let label = tab.accesskit_node().label();
            label.is_some_and(|label| label.starts_with("Changes "))
        })
    }
}

/// Physical address of the first block of service 1048, which is open to nobody without a key.
const HOLDER: u32 = 27;

fn edit(address: u32, [first, second]: [u8; 2]) -> Command {
    let mut bytes = [None; BLOCK_BYTES];
    (bytes[0], bytes[1]) = (Some(first), Some(second));
    let bytes = bytes.into();
    Command::Edit { address, bytes }
}

fn sides(view: &View) -> Option<(Side, Side)> {
    let Sides { a, b } = &view.comparison.as_ref()?.sides;
    Some((a.side.clone(), b.side.clone()))
}

/// A comparison of the card on the reader with the one in the emulator.
fn compared() -> Beside {
    let mut beside = Beside::open();
    beside.find(Action::CompareReader);
    beside.until("the comparison", |view| {
        sides(view) == Some((Side::OnReader, Side::Live))
    });
    beside
}

#[test]
fn a_card_on_a_reader_is_compared_as_far_as_it_has_told() {
    let mut beside = compared();
    assert_eq!(beside.harness.state().place(), Place::Card);
    // The purse is told to everybody, the holder's name to nobody without a key.
    let purse = "changed 0810 Purse value: 3,000 to 800";
    assert_eq!(beside.changes(), [purse]);
    beside.harness.key_press(Key::F7);
    beside.settle();
    let selection = beside.harness.state().card().selection();
    let service = ServiceCode::new(0x0810).expect("a service code");
    assert_eq!(selection.node, Some(NodeRef::Service(0, service)));
    assert_eq!(selection.block, Some(0), "where it stands on side B");
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("keys.jsonl");
    key_list(&list, None);
    beside.bench.workbench().send(Command::ChooseKeyList(list));
    beside.until("the keys", |view| {
        view.keys_at_hand.is_some_and(|keys| keys.own > 0)
    });
    beside.find(Action::Scan);
    beside.until("the scan", |view| {
        let card = view.card.as_ref();
        view.scanning.is_none() && card.is_some_and(|card| card.scan.is_some())
    });
    let listed = beside.changes();
    assert_eq!((listed.len(), &listed[0][..]), (2, purse));
    assert!(
        listed[1].starts_with("changed 1048 Data, block 1 of 4: "),
        "{listed:?}"
    );
    shot(&mut beside.harness, "compare-reader");
}

#[test]
fn the_card_on_the_reader_is_chosen_as_a_side() {
    let mut beside = compared();
    beside.harness.get_by_label("Exchange A and B").click();
    beside.until("the other way", |view| {
        sides(view) == Some((Side::Live, Side::OnReader))
    });
    assert_eq!(beside.changes(), ["changed 0810 Purse value: 800 to 3,000"]);
    beside.choose("Side B: ", "Now");
    beside.until("the same twice", |view| {
        sides(view) == Some((Side::Live, Side::Live))
    });
    assert_eq!(beside.changes(), [""; 0]);
    beside.choose("Side A: ", "The card on the reader");
    beside.until("the reader", |view| {
        sides(view) == Some((Side::OnReader, Side::Live))
    });
    assert_eq!(beside.changes().len(), 1);
}

#[test]
fn the_comparison_goes_with_the_card_and_comes_back_with_it() {
    let mut beside = compared();
    assert!(beside.compares());
    beside.hand.card(DESK, None);
    beside.until("no card", |view| is_on(view, &OnReader::Empty));
    assert!(beside.view().comparison.is_none() && !beside.compares());
    let empty = beside.harness.query_by_label("No card on the reader");
    assert!(empty.is_some());
    // What cannot be done now says so, and does nothing.
    for action in [Action::NextChange, Action::CompareReader] {
        assert!(action.refused(&beside.view()).is_some());
        beside.find(action);
        beside.harness.key_press(Key::Escape);
        beside.settle();
    }
    assert!(beside.view().notices.is_empty());
    beside.hand.card(DESK, Some(demo_card()));
    beside.until("the card again", |view| view.comparison.is_some());
    assert!(beside.compares());
    assert_eq!(beside.changes().len(), 1);
    // Between the look and the click it goes once more: that is said, and nothing is compared.
    beside.hand.card(DESK, None);
    beside.bench.workbench().send(Command::Compare(Sides {
        a: Side::OnReader,
        b: Side::Live,
    }));
    beside.until("the notice", |view| !view.notices.is_empty());
    let said = beside
        .harness
        .query_by_label_contains("There is no card on a reader to compare.");
    assert!(said.is_some());
}
