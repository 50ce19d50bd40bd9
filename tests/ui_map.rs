//! The block map: what its colours mean, how near it is, and how blocks are named and picked on it.

use crate::ui_card::aes_card;
use crate::ui_harness::{open_at, rests};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use cardwright::model::card::ServiceCode;
use cardwright::model::card::difference::{BlockChange, Difference, Sides};
use cardwright::model::card::journal::{By, Cause};
use cardwright::ui::app::{App, Place};
use cardwright::ui::card::map::colouring::{Class, Colouring, Heat, Mode};
use cardwright::ui::tokens::{DARK, LIGHT};
use cardwright::workbench::compare::Side;
use cardwright::workbench::view::{CardView, ComparisonView, SideView, View};
use egui::{Key, Modifiers, Role, Theme, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

pub fn open_view(view: View, size: Vec2, theme: Theme) -> Harness<'static, App> {
    let mut harness = open_at(FakeBench::of(view), size, theme);
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    harness
}

pub fn open_card(card: CardView) -> Harness<'static, App> {
    open_view(view(Some(card)), vec2(1600.0, 1000.0), Theme::Dark)
}

pub fn choose(harness: &mut Harness<'static, App>, mode: &str) {
    harness
        .get_by_role_and_label(Role::RadioButton, mode)
        .click();
    harness.run();
}

pub fn level(harness: &Harness<'static, App>) -> f32 {
    harness.state().card().map().level()
}

/// The names and counts of the legend.
fn legend(harness: &Harness<'static, App>) -> Vec<(String, u32)> {
    let buttons = harness.query_all_by_role(Role::Button);
    buttons
        .filter_map(|button| {
            let label = button.accesskit_node().label()?;
            let label = label
                .strip_suffix(" blocks")
                .or(label.strip_suffix(" block"))?;
            let (name, count) = label.rsplit_once(", ")?;
            Some((name.to_owned(), count.replace(',', "").parse().ok()?))
        })
        .collect()
}

pub fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

#[test]
fn every_modes_legend_adds_up_to_the_card() {
    for stage in [Stage::Undivided, Stage::Pending, Stage::Divided] {
        for blocks in [256, 300, 2_048, 65_536] {
            let card = card(blocks, stage);
            let map = card.map.as_ref().expect("a map");
            for mode in Mode::ALL {
                let colouring = Colouring::new(mode, &card, map, None);
                let sum: u32 = colouring.entries.iter().map(|entry| entry.blocks).sum();
                assert_eq!(sum, blocks, "{mode:?}");
                for (at, entry) in colouring.entries.iter().enumerate() {
                    let blocks = (0..blocks).filter(|block| colouring.at(*block) == at);
                    assert_eq!(blocks.count() as u32, entry.blocks, "{:?}", entry.class);
                }
            }
        }
    }
}

#[test]
fn modes_are_chosen_in_the_header_and_the_legend_says_what_they_mean() {
    let mut harness = open_card(card(256, Stage::Divided));
    let expected = [
        (
            "Owner",
            vec![
                ("Aoba Transit", 87),
                ("Common Area Operator", 51),
                ("Free", 118),
            ],
        ),
        (
            "Kind",
            vec![
                ("Random", 26),
                ("Cyclic", 70),
                ("Purse", 5),
                ("Definitions", 30),
                ("Other system blocks", 7),
                ("Free", 118),
            ],
        ),
        (
            "Key",
            vec![
                ("Free to read", 75),
                ("Key v1", 58),
                ("Other system blocks", 5),
                ("Free", 118),
            ],
        ),
        (
            "Write heat",
            vec![
                ("Never", 252),
                ("Once", 3),
                ("2–9×", 0),
                ("10–99×", 1),
                ("100–999×", 0),
                ("1,000× or more", 0),
            ],
        ),
    ];
    for (mode, entries) in expected {
        choose(&mut harness, mode);
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect();
        assert_eq!(legend(&harness), entries, "{mode}");
        assert!(
            harness
                .query_by_label("138 used, 118 free of 256")
                .is_some()
        );
        assert!(rests(&harness), "{mode}");
    }
}

#[test]
fn modes_are_actions() {
    let mut harness = open_card(card(256, Stage::Divided));
    let both = Modifiers::COMMAND | Modifiers::SHIFT;
    harness.key_press_modifiers(both, Key::K);
    harness.run();
    assert_eq!(harness.state().card().map().mode(), Mode::Kind);
    harness.key_press_modifiers(both, Key::D);
    harness.run();
    assert_eq!(
        harness.state().card().map().mode(),
        Mode::Kind,
        "nothing is compared"
    );
    harness.get_by_role_and_label(Role::Tab, "Parties").click();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness
        .get_by_label("Find a node or run an action")
        .type_text("write heat");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().place(), Place::Card);
    assert_eq!(harness.state().card().map().mode(), Mode::Heat);
}

#[test]
fn a_narrow_header_keeps_the_modes_in_a_menu() {
    let sample = view(Some(card(256, Stage::Divided)));
    let mut harness = open_view(sample, vec2(1280.0, 800.0), Theme::Dark);
    assert!(
        harness
            .query_by_role_and_label(Role::RadioButton, "Kind")
            .is_none()
    );
    harness.get_by_label("Colour by: Owner").click();
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Kind").click();
    harness.run();
    assert_eq!(harness.state().card().map().mode(), Mode::Kind);
    assert!(harness.query_by_label("Colour by: Kind").is_some());
}

#[test]
fn in_the_smallest_window_nothing_covers_the_title() {
    let sample = view(Some(card(256, Stage::Divided)));
    let harness = open_view(sample, vec2(960.0, 600.0), Theme::Dark);
    let header = harness.get_by_label("Block map").rect();
    let menu = harness.get_by_label("Colour by: Owner").rect();
    assert!(
        menu.left() >= header.left() + 84.0,
        "{menu:?} in {header:?}"
    );
}

/// The sample card beside an earlier picture of it: one block came, two changed, one went.
pub fn compared() -> View {
    let sample = card(256, Stage::Divided);
    let mut blocks = vec![BlockChange::Same; 256];
    blocks[0] = BlockChange::Added;
    (blocks[1], blocks[2]) = (BlockChange::Changed, BlockChange::Changed);
    blocks[0x48] = BlockChange::Removed;
    let mut view = view(Some(sample));
    let side = SideView {
        side: Side::Live,
        card: view.card.clone().expect("a card"),
    };
    view.comparison = Some(Arc::new(ComparisonView {
        sides: Sides::both(side),
        difference: Arc::new(Difference {
            blocks,
            ..Difference::default()
        }),
    }));
    view
}

#[test]
fn differences_are_shown_while_something_is_compared() {
    let bench = FakeBench::of(view(Some(card(256, Stage::Divided))));
    let mut harness = open_at(bench.clone(), vec2(1600.0, 1000.0), Theme::Light);
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    let segment = harness.get_by_role_and_label(Role::RadioButton, "Difference");
    assert!(segment.accesskit_node().is_disabled());
    segment.hover();
    harness.run_steps(4);
    assert!(
        harness
            .query_by_label("Nothing is compared with this card.")
            .is_some()
    );
    choose(&mut harness, "Kind");
    bench.publish(compared());
    harness.run();
    choose(&mut harness, "Difference");
    let entries: Vec<u32> = legend(&harness).iter().map(|(_, count)| *count).collect();
    assert_eq!(
        entries,
        [1, 2, 1, 135, 117],
        "added, changed, removed, same, free"
    );
    let pixels = &harness
        .state()
        .card()
        .map()
        .overview()
        .expect("drawn")
        .pixels;
    let drawn = [pixels[0], pixels[1], pixels[0x48], pixels[0x49]];
    assert_eq!(
        drawn,
        [LIGHT.added, LIGHT.changed, LIGHT.removed, LIGHT.sea]
    );
    bench.publish(view(Some(card(256, Stage::Divided))));
    harness.run();
    assert_eq!(
        harness.state().card().map().mode(),
        Mode::Kind,
        "nothing is compared"
    );
}

#[test]
fn the_overview_has_the_colours_of_its_mode() {
    let sample = card(65_536, Stage::Divided);
    let (first, definition) = {
        let system = &sample.tree.systems[1];
        let purse = system.service(service(0x1050)).expect("the purse");
        let place = |place: Option<cardwright::model::card::tree::BlockPlace>| {
            place.expect("known").physical as usize
        };
        (place(purse.first_user_block), place(purse.definition))
    };
    let mut harness = open_card(sample);
    let pixel = |harness: &Harness<'static, App>, at: usize| {
        harness
            .state()
            .card()
            .map()
            .overview()
            .expect("drawn")
            .pixels[at]
    };
    assert_eq!(pixel(&harness, definition), DARK.tint(1, 0.80));
    assert!(
        [0.50, 0.36]
            .map(|part| DARK.tint(1, part))
            .contains(&pixel(&harness, first))
    );
    assert_eq!(pixel(&harness, 0x4000), DARK.sea);
    choose(&mut harness, "Kind");
    let purses = [false, true].map(|other| DARK.class_tint(2, other));
    assert!(purses.contains(&pixel(&harness, first)));
    assert_eq!(pixel(&harness, definition), DARK.class_tint(3, false));
    choose(&mut harness, "Write heat");
    assert_eq!(pixel(&harness, 1), DARK.heat[2].fill, "64 times");
    harness.get_by_label("Never, 65,532 blocks").click();
    harness.run();
    assert_eq!(
        pixel(&harness, 1),
        DARK.dimmed(DARK.heat[2].fill),
        "the others are dimmed"
    );
    assert_eq!(pixel(&harness, 0x4000), DARK.sea);
    harness.get_by_label("Never, 65,532 blocks").click();
    harness.run();
    assert_eq!(pixel(&harness, 1), DARK.heat[2].fill);
    assert!(rests(&harness));
}

#[test]
fn heat_is_that_of_the_moment_that_is_shown() {
    let mut sample = card(256, Stage::Undivided);
    let map = sample.map.clone().expect("a map");
    let history = sample.history.as_mut().expect("a history");
    let mut later = (*history.journal).clone();
    for _ in 0..3 {
        let cause = Cause {
            step: None,
            by: By::Edit,
        };
        let block = cardwright::model::card::Block([1; 16]);
        later.record(cause, 7, block, block, 0);
    }
    let blocks = |sample: &CardView, writes| {
        let colouring = Colouring::new(Mode::Heat, sample, &map, None);
        let entry = colouring.find(Class::Heat(Heat::of(writes)));
        colouring.entries[entry.expect("the whole scale is there")].blocks
    };
    history.journal = Arc::new(later.clone());
    let before = [0, 1, 2, 64].map(|writes| blocks(&sample, writes));
    assert_eq!(before, [252, 3, 0, 1]);
    let history = sample.history.as_mut().expect("a history");
    history.shown = later.head();
    history.written_by = Arc::new(later.written_by().to_vec());
    let after = [0, 1, 2, 64].map(|writes| blocks(&sample, writes));
    assert_eq!(after, [251, 3, 1, 1]);
}

#[test]
fn keys_of_the_aes_generation_are_told_apart() {
    let mut harness = aes_card(Theme::Dark);
    choose(&mut harness, "Key");
    let entries = legend(&harness);
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"Key v1"), "{names:?}");
    let sum: u32 = entries.iter().map(|(_, count)| count).sum();
    assert!(
        harness
            .query_by_label_contains(&format!("free of {sum}"))
            .is_some()
    );
}

#[test]
fn a_card_without_a_map_has_no_modes() {
    let mut harness = open_card(dump());
    assert!(harness.query_by_label("Zoom in").is_none());
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::K);
    harness.run();
    assert_eq!(harness.state().card().map().mode(), Mode::Owner);
}
