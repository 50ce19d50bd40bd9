//! The window as a screen reader finds it, and as the keyboard reaches it.

use crate::ui_window::Window;
use cardwright::workbench::Command;
use cardwright::workbench::view::FlowEnd;
use egui::accesskit::{Action, Toggled};
use egui::{Key, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::BTreeSet;

/// A divided card in the Card place.
fn divided() -> Window {
    let mut window = Window::open(None);
    window.start();
    window.bench.0.send(Command::RunAll);
    window.wait("the division", |window| {
        let flow = window.flow();
        flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    window
        .harness
        .get_by_role_and_label(Role::Tab, "Card")
        .click();
    window.harness.run();
    window
}

/// A node of the accessibility tree, as a screen reader has it.
struct Told {
    role: Role,
    label: String,
    operated: bool,
    level: Option<usize>,
    expanded: Option<bool>,
    chosen: Option<bool>,
    value: Option<f64>,
}

fn told(window: &Window) -> Vec<Told> {
    let nodes = window.harness.root().children_recursive();
    nodes
        .map(|node| {
            let node = node.accesskit_node();
            let data = node.data();
            let can = |action| data.supports_action(action);
            Told {
                role: node.role(),
                label: node.label().unwrap_or_default(),
                operated: can(Action::Click) || can(Action::Focus) || can(Action::SetValue),
                level: data.level(),
                expanded: data.is_expanded(),
                chosen: data.toggled().map(|toggled| toggled == Toggled::True),
                value: data.numeric_value(),
            }
        })
        .collect()
}

fn of_role(told: &[Told], role: Role) -> Vec<&Told> {
    told.iter().filter(|node| node.role == role).collect()
}

#[test]
fn whatever_can_be_operated_has_a_name() {
    let mut window = divided();
    for tab in ["Details", "Trace"] {
        let name = |node: &Told| node.label.starts_with(tab) && node.role == Role::Tab;
        assert!(told(&window).iter().any(name), "{tab} is a tab");
        let tabs = window.harness.query_all_by_role(Role::Tab);
        let chosen = tabs.into_iter().find(|node| {
            node.accesskit_node()
                .label()
                .is_some_and(|name| name.starts_with(tab))
        });
        chosen.expect("a tab").click();
        window.harness.run();
        let all = told(&window);
        assert!(all.iter().filter(|node| node.operated).count() > 40);
        for node in &all {
            // Scroll bars are the toolkit's, and are told by what they scroll.
            let named = !node.label.trim().is_empty() || node.role == Role::ScrollBar;
            assert!(named || !node.operated, "{:?} without a name", node.role);
        }
    }
}

#[test]
fn nodes_tell_their_level_and_whether_they_are_unfolded() {
    let window = divided();
    let all = told(&window);
    let items = of_role(&all, Role::TreeItem);
    assert!(items.len() > 15, "{} rows", items.len());
    assert!(
        items
            .iter()
            .all(|item| item.level.is_some_and(|level| level >= 1))
    );
    let levels: BTreeSet<Option<usize>> = items.iter().map(|item| item.level).collect();
    assert!(levels.len() >= 3, "{levels:?}");
    let folds = |part: &str| {
        let item = items.iter().find(|item| item.label.contains(part));
        item.unwrap_or_else(|| panic!("{part} is in the tree"))
            .expanded
    };
    assert_eq!(folds("0003 Aoba Transit"), Some(true));
    assert_eq!(folds("1000–17FF"), Some(true));
    assert_eq!(folds("1008"), None, "a service holds nothing");
    assert_eq!(folds("system blocks"), Some(false));
}

#[test]
fn choices_tell_which_is_chosen_and_sliders_where_they_stand() {
    let window = divided();
    let all = told(&window);
    for name in ["Card", "Details"] {
        let tabs = of_role(&all, Role::Tab);
        let tab = tabs.iter().find(|tab| tab.label.trim() == name);
        assert_eq!(tab.expect(name).chosen, Some(true), "{name}");
    }
    let sliders = of_role(&all, Role::Slider);
    assert!(sliders.len() >= 2, "zoom and time line");
    assert!(sliders.iter().all(|slider| slider.value.is_some()));
}

#[test]
fn the_keyboard_comes_to_every_view() {
    let mut window = divided();
    let mut reached = BTreeSet::new();
    for _ in 0..160 {
        window.harness.key_press(Key::Tab);
        window.harness.run();
        let nodes = window.harness.root().children_recursive();
        let focused = nodes
            .map(|node| node.accesskit_node())
            .find(|node| node.is_focused());
        if let Some(focused) = focused {
            reached.insert(format!(
                "{:?} {}",
                focused.role(),
                focused.label().unwrap_or_default()
            ));
        }
    }
    let views = [
        "Filter nodes",
        "Nodes of the card",
        "Block map of",
        "Time line",
        "Trace",
        "Card actions",
    ];
    for view in views {
        assert!(
            reached.iter().any(|name| name.contains(view)),
            "{view} is not among {reached:#?}"
        );
    }
}
