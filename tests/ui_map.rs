//! The block map: what its colours mean, how near it is, and how blocks are named and picked on it.

use crate::ui_card::aes_card;
use crate::ui_harness::{open_at, rests};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use cardwright::model::card::ServiceCode;
use cardwright::model::card::difference::{BlockChange, Difference, Sides};
use cardwright::model::card::journal::{By, Cause};
use cardwright::ui::app::{App, Place};
use cardwright::ui::card::facts::NodeRef;
use cardwright::ui::card::map::colouring::{Class, Colouring, Heat, Mode};
use cardwright::ui::tokens::{DARK, LIGHT};
use cardwright::workbench::compare::Side;
use cardwright::workbench::view::{CardView, ComparisonView, SideView, View};
use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, Role, Theme, TouchPhase, Vec2,
    vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

/// From the map's top left to the middle of the first block, with whole cells.
const FIRST: Vec2 = vec2(54.0 + 12.0, 4.0 + 9.0);

fn open_view(view: View, size: Vec2, theme: Theme) -> Harness<'static, App> {
    let mut harness = open_at(FakeBench::of(view), size, theme);
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    harness
}

fn open_card(card: CardView) -> Harness<'static, App> {
    open_view(view(Some(card)), vec2(1600.0, 1000.0), Theme::Dark)
}

fn choose(harness: &mut Harness<'static, App>, mode: &str) {
    harness
        .get_by_role_and_label(Role::RadioButton, mode)
        .click();
    harness.run();
}

fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    // Rows that are brought into sight glide there.
    harness.run_ok();
}

/// The place of the map on the window.
fn map_rect(harness: &Harness<'static, App>) -> egui::Rect {
    harness.get_by_role(Role::Canvas).rect()
}

fn level(harness: &Harness<'static, App>) -> f32 {
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

/// The words at the pointer.
fn tip(harness: &Harness<'static, App>) -> String {
    let labels = harness.query_all_by_role(Role::Label);
    let mut texts = labels.filter_map(|label| label.value());
    let names_block = |text: &String| text.len() > 5 && text.get(4..6) == Some("h,");
    texts.find(names_block).unwrap_or_default()
}

/// What the small map says of where the map is.
fn seen(harness: &Harness<'static, App>) -> Option<String> {
    let images = harness.query_all_by_role(Role::Image);
    let mut names = images.filter_map(|image| image.accesskit_node().label());
    names.find(|name| name.starts_with("Where on the card"))
}

fn hover(harness: &mut Harness<'static, App>, at: Pos2) {
    harness.hover_at(at);
    harness.run();
}

fn click_at(harness: &mut Harness<'static, App>, at: Pos2) {
    harness.drag_at(at);
    harness.run();
    harness.drop_at(at);
    harness.run();
}

fn wheel(harness: &mut Harness<'static, App>, delta: Vec2, modifiers: Modifiers) {
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta,
        source: MouseWheelSource::Wheel,
        phase: TouchPhase::Move,
        modifiers,
    });
    // The wheel is smoothed over some frames.
    harness.run_steps(16);
}

fn service(code: u16) -> ServiceCode {
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
                ("2–3×", 0),
                ("4–15×", 0),
                ("16–63×", 0),
                ("64–255×", 1),
                ("256× or more", 0),
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
fn modes_are_actions_and_a_letter_typed_is_a_letter() {
    let mut harness = open_card(card(256, Stage::Divided));
    harness.key_press_modifiers(Modifiers::SHIFT, Key::K);
    harness.run();
    assert_eq!(harness.state().card().map().mode(), Mode::Kind);
    harness.get_by_label("Filter nodes").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::O);
    harness.run();
    assert_eq!(harness.state().card().map().mode(), Mode::Kind, "typed");
    harness.get_by_role_and_label(Role::Tab, "Parties").click();
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::O);
    harness.run();
    assert_eq!(harness.state().place(), Place::Parties);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness
        .get_by_label("Find a node or run an action")
        .type_text("write heat");
    harness.run();
    press(&mut harness, Key::Enter);
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

/// The sample card beside an earlier picture of it: one block came, two changed, one went.
fn compared() -> View {
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
        Mode::Owner,
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
    assert_eq!(pixel(&harness, 1), DARK.heat[4].fill, "64 times");
    harness.get_by_label("Never, 65,532 blocks").click();
    harness.run();
    assert_eq!(
        pixel(&harness, 1),
        DARK.dimmed(DARK.heat[4].fill),
        "the others are dimmed"
    );
    assert_eq!(pixel(&harness, 0x4000), DARK.sea);
    harness.get_by_label("Never, 65,532 blocks").click();
    harness.run();
    assert_eq!(pixel(&harness, 1), DARK.heat[4].fill);
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
fn zoom_goes_down_to_the_bytes_and_back() {
    let mut harness = open_card(card(65_536, Stage::Divided));
    let fit = |harness: &Harness<'static, App>| {
        harness
            .get_by_label("Show the whole card")
            .accesskit_node()
            .is_disabled()
    };
    assert!(fit(&harness), "the whole card is shown");
    assert_eq!(seen(&harness), None);
    let mut steps = 0;
    while level(&harness) < 1.0 {
        harness.get_by_label("Zoom in").click();
        harness.run();
        steps += 1;
        assert!(steps < 20);
    }
    assert!(steps > 4, "from 3 points to bytes in steps of two");
    assert!(
        harness
            .get_by_label("Zoom in")
            .accesskit_node()
            .is_disabled()
    );
    assert!(seen(&harness).is_some());
    harness.get_by_label("Zoom out").click();
    harness.run();
    assert!(level(&harness) < 1.0);
    harness.get_by_label("Show the whole card").click();
    harness.run();
    assert_eq!((level(&harness), seen(&harness)), (0.0, None));
    assert!(rests(&harness));
}

#[test]
fn zoom_by_keyboard_and_slider() {
    let mut harness = open_card(card(2_048, Stage::Divided));
    harness.get_by_role(Role::Canvas).focus();
    harness.run();
    press(&mut harness, Key::Plus);
    let once = level(&harness);
    assert!(once > 0.0);
    press(&mut harness, Key::Plus);
    assert!(level(&harness) > once);
    press(&mut harness, Key::Minus);
    assert!((level(&harness) - once).abs() < 1e-3);
    press(&mut harness, Key::Num0);
    assert_eq!(level(&harness), 0.0);
    harness.get_by_label("Zoom of the map").focus();
    harness.run();
    press(&mut harness, Key::ArrowRight);
    assert!((level(&harness) - once).abs() < 1e-3);
    let slider = harness.get_by_label("Zoom of the map");
    assert_eq!(
        slider.accesskit_node().numeric_value(),
        Some(f64::from((once * 100.0).round()))
    );
    slider.increment_accesskit();
    harness.run();
    assert!(level(&harness) > once);
    press(&mut harness, Key::ArrowLeft);
    press(&mut harness, Key::ArrowLeft);
    assert!(level(&harness).abs() < 1e-3);
    let slider = harness.get_by_label("Zoom of the map").rect();
    click_at(&mut harness, slider.right_center() - vec2(6.0, 0.0));
    assert!(level(&harness) > 0.95, "{}", level(&harness));
}

#[test]
fn the_pointer_zooms_around_itself() {
    let mut harness = open_card(card(65_536, Stage::Divided));
    let at = map_rect(&harness).min + vec2(300.5, 200.5);
    hover(&mut harness, at);
    let block = tip(&harness);
    assert!(block.ends_with("free"), "{block}");
    harness.event(Event::Zoom(8.0));
    harness.run();
    assert!(level(&harness) > 0.3);
    assert_eq!(tip(&harness), block);
    wheel(&mut harness, vec2(0.0, 300.0), Modifiers::COMMAND);
    assert!(level(&harness) > 0.4);
    assert_eq!(tip(&harness), block);
    wheel(&mut harness, vec2(0.0, -4_000.0), Modifiers::COMMAND);
    assert_eq!(level(&harness), 0.0);
    assert_eq!(tip(&harness), block);
}

#[test]
fn the_map_is_panned_by_wheel_drag_keys_and_the_small_map() {
    let mut harness = open_card(card(65_536, Stage::Divided));
    let middle = map_rect(&harness).center();
    hover(&mut harness, middle);
    harness.event(Event::Zoom(1e6));
    harness.run();
    assert_eq!(level(&harness), 1.0);
    let mut last = tip(&harness);
    let mut moved = |harness: &Harness<'static, App>, how: &str| {
        let now = tip(harness);
        assert!(!now.is_empty() && now != last, "{how}: {now}");
        last = now;
    };
    wheel(&mut harness, vec2(0.0, -240.0), Modifiers::NONE);
    moved(&harness, "wheel");
    wheel(&mut harness, vec2(-400.0, 0.0), Modifiers::NONE);
    moved(&harness, "wheel across");
    harness.drag_at(middle);
    harness.run();
    harness.hover_at(middle + vec2(-200.0, -120.0));
    harness.run();
    harness.drop_at(middle + vec2(-200.0, -120.0));
    harness.run();
    assert_eq!(
        harness.state().card().selection().block,
        None,
        "a drag picks nothing"
    );
    hover(&mut harness, middle);
    moved(&harness, "drag");
    harness.get_by_role(Role::Canvas).focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::ArrowUp);
    harness.run();
    moved(&harness, "keys");
    let before = seen(&harness).expect("where it is");
    let small = harness.get_by_role_and_label(Role::Image, &before).rect();
    click_at(&mut harness, small.min + vec2(2.0, 2.0));
    let after = seen(&harness).expect("where it is");
    assert!(after.starts_with("Where on the card: 0000h"), "{after}");
    wheel(&mut harness, vec2(0.0, -1e5), Modifiers::NONE);
    hover(&mut harness, middle);
    wheel(&mut harness, vec2(0.0, -1e5), Modifiers::NONE);
    let end = seen(&harness).expect("where it is");
    assert!(end.ends_with("FFFFh"), "{end}");
}

#[test]
fn pointing_at_a_block_names_it() {
    let mut harness = open_card(card(256, Stage::Divided));
    let first = map_rect(&harness).min + FIRST;
    hover(&mut harness, first);
    for words in [
        "0000h, 0810, block 1 of 1",
        "0810 Purse, direct access, key v1",
        "0817 Purse, read only, Free to use, no key",
        "Aoba Transit, system 0003",
        "Last written by #1 Register Issue ID at 10:36:41",
        "Written 1 time",
    ] {
        assert!(harness.query_by_label_contains(words).is_some(), "{words}");
    }
    // The next block was written often.
    hover(&mut harness, first + vec2(46.0, 0.0));
    assert!(harness.query_by_label("Written 64 times").is_some());
    // The last of all is the ID that the maker gave.
    harness.get_by_role(Role::Canvas).focus();
    harness.run();
    press(&mut harness, Key::End);
    let value = harness
        .get_by_role(Role::Canvas)
        .value()
        .expect("what is picked");
    assert!(
        value.starts_with("FFFFh, IDm. Manufacture ID block"),
        "{value}"
    );
    harness.remove_cursor();
    harness.run();
    assert_eq!(tip(&harness), "", "nobody points at a block");
    assert!(rests(&harness));
}

#[test]
fn no_key_is_in_what_is_said_of_a_block() {
    let mut sample = card(256, Stage::Divided);
    let mut bytes: Vec<_> = (0..256).filter_map(|at| sample.bytes.row(at)).collect();
    let definition = sample.tree.systems[1].services[0]
        .definition
        .expect("known");
    let at = definition.physical as usize;
    bytes[at] = [cardwright::workbench::view::ByteView::Secret; 16];
    sample.bytes = bytes.into_iter().collect();
    let mut harness = open_card(sample);
    harness.get_by_role(Role::Canvas).focus();
    harness.run();
    press(&mut harness, Key::End);
    for _ in 0..(255 - at) {
        press(&mut harness, Key::ArrowLeft);
    }
    let value = harness
        .get_by_role(Role::Canvas)
        .value()
        .expect("what is picked");
    assert!(value.contains("Definition of service 1008"), "{value}");
    assert!(value.contains("key v1"), "{value}");
}

#[test]
fn a_pick_goes_both_ways_at_every_zoom() {
    let mut harness = open_card(card(65_536, Stage::Divided));
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    let lens = harness.get_by_role_and_label(Role::Image, "Around 1050 Purse: 5800h…580Bh");
    // The third cell of the lens's second row is the purse's third block.
    let third = lens.rect().min + vec2(54.0 + 2.5 * 50.0, 34.0 + 1.5 * 27.0);
    click_at(&mut harness, third);
    assert_eq!(harness.state().card().selection().block, Some(0x5806));
    assert!(
        harness.query_by_label_contains("5806h 0").is_some()
            || harness.query_all_by_label_contains("5806h").count() > 0
    );
    while level(&harness) < 1.0 {
        harness.get_by_label("Zoom in").click();
        harness.run();
    }
    let where_it_is = seen(&harness).expect("where it is");
    assert!(where_it_is.contains("5"), "{where_it_is}");
    assert!(
        harness.query_by_label_contains("Around 1050").is_none(),
        "no lens over cells"
    );
    // The block below the picked one is brought into sight when the arrows go on.
    harness.get_by_role(Role::Canvas).focus();
    harness.run();
    for _ in 0..40 {
        press(&mut harness, Key::ArrowRight);
    }
    assert_eq!(harness.state().card().selection().block, Some(0x5806 + 40));
    let node = harness.state().card().selection().node;
    assert_eq!(node, None, "the division's free blocks");
    press(&mut harness, Key::Home);
    assert_eq!(
        harness.state().card().selection().node,
        Some(NodeRef::Service(0, service(0x0810)))
    );
    assert!(
        seen(&harness)
            .expect("where it is")
            .starts_with("Where on the card: 0000h")
    );
    harness.get_by_label_contains("304C Cyclic").click();
    harness.run();
    assert!(
        !seen(&harness).expect("where it is").contains("0000h"),
        "the map went there"
    );
}

#[test]
fn pages_stay_in_their_column_and_on_the_card() {
    let mut harness = open_card(card(300, Stage::Divided));
    harness.get_by_role(Role::Canvas).focus();
    harness.run();
    press(&mut harness, Key::Home);
    for _ in 0..5 {
        press(&mut harness, Key::ArrowRight);
    }
    press(&mut harness, Key::PageDown);
    let block = harness.state().card().selection().block.expect("picked");
    assert_eq!(block % 32, 5);
    assert!(block > 32);
    press(&mut harness, Key::PageDown);
    assert_eq!(
        harness.state().card().selection().block,
        Some(5 + 32 * 9),
        "the last of its column"
    );
    press(&mut harness, Key::PageUp);
    press(&mut harness, Key::PageUp);
    assert_eq!(harness.state().card().selection().block, Some(5));
}

#[test]
fn a_card_without_a_map_has_no_modes() {
    let mut harness = open_card(dump());
    assert!(harness.query_by_label("Zoom in").is_none());
    harness.key_press_modifiers(Modifiers::SHIFT, Key::K);
    harness.run();
    assert_eq!(harness.state().card().map().mode(), Mode::Owner);
}

/// Every mode and zoom, for a person to look at; see [`crate::ui_shots`].
#[test]
fn pictures() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    std::fs::create_dir_all("target/shots").expect("a folder for the pictures");
    for (theme, theme_name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut harness = open_view(compared(), vec2(1600.0, 1000.0), theme);
        choose(&mut harness, "Difference");
        save(&mut harness, &format!("map-256-Difference-{theme_name}"));
        for blocks in [256, 2_048, 65_536] {
            let size = vec2(1600.0, 1000.0);
            let sample = view(Some(card(blocks, Stage::Divided)));
            let mut harness = open_view(sample, size, theme);
            for mode in ["Kind", "Key", "Write heat", "Owner"] {
                choose(&mut harness, mode);
                save(&mut harness, &format!("map-{blocks}-{mode}-{theme_name}"));
            }
            harness.get_by_label_contains("1050 Purse").click();
            harness.run();
            for zoom in 0..8 {
                save(
                    &mut harness,
                    &format!("map-{blocks}-zoom{zoom}-{theme_name}"),
                );
                if level(&harness) >= 1.0 {
                    break;
                }
                harness.get_by_label("Zoom in").click();
                harness.run();
            }
        }
        let sample = view(Some(card(65_536, Stage::Divided)));
        let mut harness = open_view(sample, vec2(1280.0, 800.0), theme);
        let middle = map_rect(&harness).min + vec2(100.0, 40.0);
        hover(&mut harness, middle);
        save(&mut harness, &format!("map-narrow-{theme_name}"));
    }
}

fn save(harness: &mut Harness<'static, App>, name: &str) {
    let picture = harness.render().expect("the map can be rendered");
    picture
        .save(format!("target/shots/{name}.png"))
        .expect("saved");
}
