//! The block map from the whole card to its bytes: zoom and pan by pointer, wheel and keyboard, and how blocks are named
//! and picked at each zoom.

use crate::ui_harness::rests;
use crate::ui_map::{level, open_card, service};
use crate::ui_samples::{Stage, card};
use cardwright::ui::app::App;
use cardwright::ui::card::facts::NodeRef;
use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, Role, TouchPhase, Vec2, vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// From the map's top left to the middle of the first block, with whole cells.
const FIRST: Vec2 = vec2(54.0 + 12.0, 4.0 + 9.0);

fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    // Rows that are brought into sight glide there.
    harness.run_ok();
}

/// The place of the map on the window.
pub fn map_rect(harness: &Harness<'static, App>) -> egui::Rect {
    harness.get_by_role(Role::Canvas).rect()
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

pub fn hover(harness: &mut Harness<'static, App>, at: Pos2) {
    harness.hover_at(at);
    harness.run();
}

pub fn click_at(harness: &mut Harness<'static, App>, at: Pos2) {
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
