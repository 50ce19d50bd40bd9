//! The list of changes in the Card place: what it shows, how it is walked, and how it and the other views pick together.

use crate::readers::shot;
use crate::ui_harness::rests;
use crate::ui_window::Window;
use cardwright::model::card::difference::Sides;
use cardwright::model::card::journal::EventId;
use cardwright::model::card::{BLOCK_BYTES, ServiceCode};
use cardwright::ui::app::Place;
use cardwright::ui::card::facts::NodeRef;
use cardwright::workbench::Command;
use cardwright::workbench::compare::Side;
use cardwright::workbench::view::{FlowEnd, View};
use egui::accesskit::Toggled;
use egui::{Key, Modifiers, Role, Theme};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// The demo card with its purse's first block written by hand, compared with how it was before.
fn paid() -> Window {
    let mut window = Window::open(None);
    let before = head(&window);
    window.bench.0.send(edit(0, [(0, 0x20), (1, 0x03)]));
    window.bench.0.send(edit(0, [(12, 7), (13, 7)]));
    compare(&mut window, Side::Moment(before), Side::Live);
    window
}

fn head(window: &Window) -> Option<EventId> {
    let card = window.card();
    card.history.as_ref().expect("a history").journal.head()
}

fn edit<const N: usize>(address: u32, to: [(usize, u8); N]) -> Command {
    let mut bytes = [None; BLOCK_BYTES];
    to.into_iter().for_each(|(at, byte)| bytes[at] = Some(byte));
    let bytes = bytes.into();
    Command::Edit { address, bytes }
}

/// Opens the comparison and the Card place with it.
fn compare(window: &mut Window, a: Side, b: Side) {
    window.bench.0.send(Command::Compare(Sides { a, b }));
    window.wait("the comparison", |window| {
        window.bench.0.view().comparison.is_some()
    });
    window
        .harness
        .get_by_role_and_label(Role::Tab, "Card")
        .click();
    window.wait("the list", |window| tab(window).is_some());
    window.harness.run();
}

/// The tab of the list.
fn tab(window: &Window) -> Option<Node<'_>> {
    let mut tabs = window.harness.query_all_by_role(Role::Tab);
    let is_it = |name: String| name.starts_with("Changes ");
    tabs.find(|tab| tab.accesskit_node().label().is_some_and(is_it))
}

fn items(window: &Window) -> Vec<String> {
    let items = window.harness.query_all_by_role(Role::ListItem);
    let names = items.filter_map(|item| item.accesskit_node().label());
    names.into_iter().filter(|name| is_change(name)).collect()
}

/// Whether it names a change, or a block with its address before it.
pub fn is_change(name: &str) -> bool {
    let name = name.split_once("h, ").map_or(name, |(_, change)| change);
    ["added ", "changed ", "removed "]
        .iter()
        .any(|sign| name.starts_with(sign))
}

fn lit(window: &Window) -> Option<String> {
    let items = window.harness.query_all_by_role(Role::ListItem);
    let mut lit = items.filter(|item| item.accesskit_node().toggled() == Some(Toggled::True));
    lit.find_map(|item| item.accesskit_node().label().filter(|name| is_change(name)))
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.harness.key_press_modifiers(modifiers, key);
    window.harness.run();
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

#[test]
fn changes_are_listed_walked_and_picked_everywhere() {
    let mut window = paid();
    let listed = items(&window);
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(
        listed[0].starts_with("changed 0810 Purse value"),
        "{listed:?}"
    );
    assert!(
        listed[1].starts_with("changed 0810 Execution ID"),
        "{listed:?}"
    );
    press(&mut window, Modifiers::NONE, Key::F7);
    assert_eq!(lit(&window).as_ref(), Some(&listed[0]));
    let selection = window.harness.state().card().selection();
    assert_eq!(selection.node, Some(NodeRef::Service(0, service(0x0810))));
    assert_eq!(selection.block, Some(0));
    let bytes = selection.bytes.expect("the bytes of the field");
    assert_eq!((bytes.first, bytes.last), (0, 3));
    press(&mut window, Modifiers::NONE, Key::F7);
    assert_eq!(lit(&window).as_ref(), Some(&listed[1]));
    press(&mut window, Modifiers::NONE, Key::F7);
    assert_eq!(lit(&window).as_ref(), Some(&listed[1]), "the last one");
    press(&mut window, Modifiers::SHIFT, Key::F7);
    assert_eq!(lit(&window).as_ref(), Some(&listed[0]));
    let list = "Changes from A to B";
    window
        .harness
        .get_by_role_and_label(Role::List, list)
        .focus();
    window.harness.run();
    press(&mut window, Modifiers::NONE, Key::End);
    assert_eq!(lit(&window).as_ref(), Some(&listed[1]));
    assert!(rests(&window.harness));
}

#[test]
fn the_change_says_what_was_what_is_and_what_wrote_it() {
    let mut window = paid();
    let first = items(&window)[0].clone();
    window
        .harness
        .get_by_role_and_label(Role::ListItem, &first)
        .click();
    window.harness.run();
    let harness = &window.harness;
    assert!(harness.query_by_label("0810 Purse value").is_some());
    assert!(harness.query_by_label("B: 800").is_some());
    assert!(harness.query_by_label_contains("A: B8 0B 00 00").is_some());
    assert!(harness.query_by_label_contains("B: 20 03 00 00").is_some());
    assert!(harness.query_by_label("Down by 2,200.").is_some());
    let newest = window
        .card()
        .history
        .as_ref()
        .expect("a history")
        .journal
        .len();
    let go = format!("Go to #{newest}");
    let event = format!("#{newest}  Edit by hand");
    let is_there = window
        .harness
        .query_all_by_label_contains(&event)
        .next()
        .is_some();
    assert!(is_there, "the event that wrote the block: {event}");
    assert!(
        window
            .harness
            .query_by_label("At A: the same key")
            .is_some()
    );
    window.harness.get_by_label(&go).click();
    window.wait("the moment", |window| {
        let shown = window
            .card()
            .history
            .as_ref()
            .and_then(|history| history.shown);
        shown.map(|id| id.number() as usize) == Some(newest)
    });
}

#[test]
fn a_block_that_is_picked_elsewhere_picks_its_change() {
    let mut window = paid();
    let listed = items(&window);
    window
        .harness
        .get_by_role_and_label(Role::Tab, "Nodes")
        .click();
    window.harness.run();
    let purse = window.harness.query_all_by_label_contains("0810 ").next();
    purse.expect("the service").click();
    window.harness.run();
    tab(&window).expect("the list").click();
    window.harness.run();
    assert_eq!(lit(&window).as_ref(), Some(&listed[0]));
    // A node without a change has none picked.
    window
        .harness
        .get_by_role_and_label(Role::Tab, "Nodes")
        .click();
    window.harness.run();
    let ring = window.harness.query_all_by_label_contains("090C").next();
    ring.expect("the service").click();
    window.harness.run();
    tab(&window).expect("the list").click();
    window.harness.run();
    assert_eq!(lit(&window), None);
}

#[test]
fn the_list_is_grouped_by_field_block_or_event() {
    let mut window = paid();
    let fields = items(&window).len();
    window.harness.get_by_label("By block").click();
    window.harness.run();
    let blocks = items(&window);
    assert_eq!((fields, blocks.len()), (2, 1));
    assert!(blocks[0].starts_with("0000h, "), "{blocks:?}");
    window.harness.get_by_label("By event").click();
    window.harness.run();
    let newest = window
        .card()
        .history
        .as_ref()
        .expect("a history")
        .journal
        .len();
    let group = format!("#{newest} Edit by hand, 2");
    let heading = window.harness.get_by_label(&group);
    assert_eq!(heading.accesskit_node().data().is_expanded(), Some(true));
    heading.click();
    window.harness.run();
    assert_eq!(items(&window).len(), 0, "folded");
    press(&mut window, Modifiers::NONE, Key::F7);
    let listed = items(&window);
    assert_eq!(
        listed.len(),
        2,
        "the next change unfolds its group: {listed:?}"
    );
}

#[test]
fn sides_are_chosen_exchanged_and_left() {
    let mut window = paid();
    let named = |window: &Window, part: &str| {
        window
            .harness
            .query_all_by_label_contains(part)
            .next()
            .is_some()
    };
    assert!(named(&window, "Side B: #"));
    window.harness.get_by_label("Exchange A and B").click();
    window.wait("the other way", |window| {
        let view = window.bench.0.view();
        side(&view).a == Side::Live
    });
    window.harness.run();
    assert!(
        items(&window)[0].contains("800 to 3,000"),
        "{:?}",
        items(&window)
    );
    let a = window
        .harness
        .query_all_by_label_contains("Side A: ")
        .next();
    a.expect("the box").click();
    window.harness.run();
    window.harness.get_by_label("Before all events").click();
    window.wait("the beginning", |window| {
        side(&window.bench.0.view()).a == Side::Moment(None)
    });
    window.harness.run();
    assert!(named(&window, "Side A: #0, Before all events"));
    window.harness.get_by_label("End the comparison").click();
    window.wait("the end", |window| {
        window.bench.0.view().comparison.is_none()
    });
    window.harness.run();
    assert!(tab(&window).is_none() && rests(&window.harness));
}

fn side(view: &View) -> Sides<Side> {
    let comparison = view.comparison.as_ref().expect("a comparison");
    comparison.sides.as_ref().map(|side| side.side.clone())
}

#[test]
fn a_key_does_not_show_its_bytes_where_it_changed() {
    let mut window = Window::open(None);
    let before = head(&window);
    let card = window.card();
    let definition = card.tree.systems[0].areas[1]
        .definition
        .expect("known")
        .physical;
    window.bench.0.send(edit(definition, [(6, 9), (15, b'X')]));
    compare(&mut window, Side::Moment(before), Side::Live);
    press(&mut window, Modifiers::NONE, Key::F7);
    let key = items(&window)[0].clone();
    assert!(key.starts_with("changed 0800 Key: v1"), "{key}");
    let hidden = "•• •• •• •• •• •• •• ••";
    assert!(window.harness.query_by_label_contains(hidden).is_some());
}

#[test]
fn the_wizard_shows_what_it_will_change_before_it_writes() {
    let mut window = Window::open(None);
    window.start();
    window.press("Show what will change");
    window.wait("the plan", |window| {
        window.bench.0.view().comparison.is_some()
    });
    window.harness.run();
    assert_eq!(window.harness.state().place(), Place::Card);
    let listed = items(&window);
    assert!(
        listed
            .iter()
            .any(|name| name.starts_with("added FE42 System added: 96 blocks")),
        "{listed:?}"
    );
    assert!(
        window
            .harness
            .query_by_label("Comparing A with B")
            .is_some()
    );
    assert_eq!(window.next_step().as_deref(), Some("ST21"));
    assert_eq!(window.card().tree.systems.len(), 1, "nothing is written");
}

#[test]
fn the_palette_and_the_keyboard_open_and_end_a_comparison() {
    let mut window = paid();
    window.bench.0.send(Command::CloseComparison);
    window.wait("the end", |window| {
        window.bench.0.view().comparison.is_none()
    });
    window.harness.run();
    press(&mut window, Modifiers::COMMAND, Key::D);
    window.wait("the comparison", |window| {
        window.bench.0.view().comparison.is_some()
    });
    window.harness.run();
    assert_eq!(side(&window.bench.0.view()).a, Side::Moment(None));
    assert!(!items(&window).is_empty());
}

#[test]
fn the_time_line_sets_both_sides() {
    let mut window = paid();
    let line = |window: &Window| {
        let card = window.card();
        let history = card.history.as_ref().expect("a history");
        history.journal.on_line(9)
    };
    let early = line(&window);
    window.bench.0.send(Command::ShowMoment(early));
    window.wait("the moment", |window| {
        side(&window.bench.0.view()).b == Side::Moment(early)
    });
    window.harness.run();
    window
        .harness
        .get_by_label("Make the shown moment side A")
        .click();
    window.wait("side A", |window| {
        side(&window.bench.0.view()).a == Side::Moment(early)
    });
    window.harness.run();
    assert!(items(&window).is_empty(), "both are the same moment");
    window.bench.0.send(Command::ShowNow);
    window.wait("the present", |window| {
        side(&window.bench.0.view()).b == Side::Live
    });
    window.harness.run();
    assert!(!items(&window).is_empty());
    window.harness.get_by_label("End comparing").click();
    window.wait("the end", |window| {
        window.bench.0.view().comparison.is_none()
    });
    window.harness.run();
    window.harness.get_by_label("Compare moments").click();
    window.wait("the comparison", |window| {
        window.bench.0.view().comparison.is_some()
    });
}

/// Pictures for a person to look at.
#[test]
fn pictures() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut window = paid();
        window.harness.ctx.set_theme(theme);
        window.harness.key_press(Key::F7);
        window.harness.run_steps(20);
        shot(&mut window.harness, &format!("changes-{name}"));
        window.harness.set_size(egui::vec2(1280.0, 800.0));
        window.harness.run_steps(20);
        shot(&mut window.harness, &format!("changes-small-{name}"));
        window.bench.0.send(Command::Compare(Sides {
            a: Side::Moment(None),
            b: Side::Live,
        }));
        window.wait("the beginning", |window| {
            side(&window.bench.0.view()).a == Side::Moment(None)
        });
        for by in ["By field", "By block", "By event"] {
            window.harness.get_by_label(by).click();
            window.harness.run_steps(20);
            window.harness.key_press(Key::F7);
            window.harness.run_steps(20);
            let file = by.replace(' ', "-").to_lowercase();
            shot(&mut window.harness, &format!("changes-issue-{file}-{name}"));
        }
        let a = window
            .harness
            .query_all_by_label_contains("Side A: ")
            .next();
        a.expect("the box").click();
        window.harness.run_steps(20);
        shot(&mut window.harness, &format!("changes-sides-{name}"));
        let mut window = Window::open(None);
        window.harness.ctx.set_theme(theme);
        window.start();
        shot(&mut window.harness, &format!("changes-wizard-{name}"));
        window.bench.0.send(Command::RunAll);
        window.wait("the end", |window| {
            let flow = window.flow();
            flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
        });
        let before = window
            .card()
            .history
            .as_ref()
            .expect("a history")
            .journal
            .on_line(0);
        window.bench.0.send(Command::Compare(Sides {
            a: Side::Moment(before),
            b: Side::Live,
        }));
        window.wait("the comparison", |window| {
            window.bench.0.view().comparison.is_some()
        });
        window
            .harness
            .get_by_role_and_label(Role::Tab, "Card")
            .click();
        window.harness.run_steps(20);
        window.harness.key_press(Key::F7);
        window.harness.run_steps(20);
        shot(&mut window.harness, &format!("changes-divided-{name}"));
    }
}
