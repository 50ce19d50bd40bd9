//! Bytes that are picked over several blocks: by pointer and keyboard, read, marked in tree and map, copied and changed
//! as one; and edits that the card refuses.

use crate::readers::{Shared, shot, wait};
use crate::ui_bytes::{
    PURSE, at_purse, byte, click, copied, demo_at, edits, has, press, sample, selection, type_text,
};
use crate::ui_harness::{open, open_at, rests};
use crate::ui_samples::{FakeBench, Stage, card, view};
use cardwright::ui::app::App;
use cardwright::ui::card::facts::ByteSpan;
use cardwright::workbench::command::{Command, EditedBytes};
use cardwright::workbench::view::{ByteView, View};
use egui::accesskit::Toggled;
use egui::{Event, Key, Modifiers, Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// What is picked: the first block, and the span.
fn picked(harness: &Harness<'static, App>) -> (Option<u32>, Option<ByteSpan>) {
    let selection = selection(harness);
    (selection.block, selection.bytes)
}

fn run(block: u32, first: u8, last: u32) -> (Option<u32>, Option<ByteSpan>) {
    (Some(block), Some(ByteSpan { first, last }))
}

fn with_shift(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press_modifiers(Modifiers::SHIFT, key);
    harness.run();
}

/// Drags from a byte of one row to a byte of another.
fn drag(harness: &mut Harness<'static, App>, from: (&str, u8), to: (&str, u8)) {
    let (from, to) = (byte(harness, from.0, from.1), byte(harness, to.0, to.1));
    harness.hover_at(from);
    harness.drag_at(from);
    harness.run();
    harness.hover_at(to);
    harness.run();
    harness.drop_at(to);
    harness.run();
}

#[test]
fn a_drag_runs_over_blocks_in_both_directions() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    drag(&mut harness, ("005Ch", 4), ("005Eh", 7));
    assert_eq!(picked(&harness), run(PURSE, 4, 2 * 16 + 7));
    assert!(has(&harness, "36 bytes in 3 blocks 005Ch +04…005Eh +07"));
    drag(&mut harness, ("005Eh", 2), ("005Dh", 9));
    assert_eq!(picked(&harness), run(PURSE + 1, 9, 16 + 2));
    assert!(has(&harness, "10 bytes in 2 blocks 005Dh +09…005Eh +02"));
    // Beyond the words under the service's blocks it ends with these.
    let definition = harness.query_all_by_role(Role::ListItem).last();
    let below = definition.expect("a row").rect().center();
    let from = byte(&harness, "005Eh", 3);
    harness.hover_at(from);
    harness.drag_at(from);
    harness.run();
    harness.hover_at(below);
    harness.run();
    harness.drop_at(below);
    harness.run();
    assert_eq!(picked(&harness), run(PURSE + 2, 3, 16 + 15));
    assert!(rests(&harness));
}

#[test]
fn the_keyboard_takes_more_over_blocks() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    click(&mut harness, "005Dh", 2);
    click(&mut harness, "005Dh", 2);
    assert_eq!(picked(&harness), run(PURSE + 1, 2, 2));
    with_shift(&mut harness, Key::ArrowDown);
    assert_eq!(picked(&harness), run(PURSE + 1, 2, 16 + 2));
    with_shift(&mut harness, Key::End);
    assert_eq!(picked(&harness), run(PURSE + 1, 2, 16 + 15));
    with_shift(&mut harness, Key::ArrowRight);
    assert_eq!(picked(&harness), run(PURSE + 1, 2, 2 * 16));
    with_shift(&mut harness, Key::ArrowDown);
    assert_eq!(
        picked(&harness),
        run(PURSE + 1, 2, 2 * 16),
        "no farther than the service's blocks"
    );
    for _ in 0..3 {
        with_shift(&mut harness, Key::ArrowUp);
    }
    with_shift(&mut harness, Key::Home);
    assert_eq!(picked(&harness), run(PURSE, 0, 16 + 2), "turned around");
    let to_end = Modifiers::SHIFT | Modifiers::COMMAND;
    harness.key_press_modifiers(to_end, Key::End);
    harness.run();
    assert_eq!(picked(&harness), run(PURSE + 1, 2, 2 * 16 + 15));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    assert_eq!(picked(&harness), run(PURSE, 0, 4 * 16 - 1), "all of it");
    assert!(has(&harness, "64 bytes in 4 blocks 005Ch +00…005Fh +15"));
    press(&mut harness, Key::ArrowUp);
    assert_eq!(
        picked(&harness),
        run(PURSE + 2, 15, 15),
        "from where it ended"
    );
    press(&mut harness, Key::Escape);
    assert_eq!(picked(&harness), (Some(PURSE + 2), None));
    // From a whole block on, whole blocks.
    with_shift(&mut harness, Key::ArrowUp);
    assert_eq!(picked(&harness), run(PURSE + 1, 0, 2 * 16 - 1));
    let far = byte(&harness, "005Ch", 8);
    harness.hover_at(far);
    harness.event(Event::ModifiersChanged(Modifiers::SHIFT));
    harness.drag_at(far);
    harness.drop_at(far);
    harness.event(Event::ModifiersChanged(Modifiers::NONE));
    harness.run();
    assert_eq!(
        picked(&harness),
        run(PURSE, 8, 2 * 16 + 15),
        "Shift and click"
    );
    assert!(rests(&harness));
}

#[test]
fn a_run_is_read_as_one_and_marked_everywhere() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    drag(&mut harness, ("005Dh", 0), ("005Eh", 15));
    let ascii = harness.get_by_label_contains("ASCII: SAMPLE HANAKO");
    let ascii = ascii.accesskit_node().label().unwrap_or_default();
    assert!(ascii.contains("SAMPLE HANAKO\\x00\\x00\\x00"), "{ascii}");
    assert!(harness.query_by_label_contains("u128 LE: ").is_some());
    assert!(
        harness
            .query_by_label_contains("hex: 5341 4D50 4C45")
            .is_some()
    );
    let rows = harness.query_all_by_role(Role::ListItem);
    let lit = rows.filter(|row| row.accesskit_node().toggled() == Some(Toggled::True));
    assert_eq!(lit.count(), 2, "two rows of bytes");
    let map = harness.get_by_label("Block map of 256 blocks");
    let value = map.accesskit_node().value().unwrap_or_default();
    assert!(value.starts_with("005Dh…005Eh"), "{value}");
    let status = harness.query_by_label_contains("2 blocks selected");
    assert!(status.is_some(), "in the status bar");
    let copy = |harness: &mut Harness<'static, App>| {
        harness.event(Event::Copy);
        harness.step();
        copied(harness).join("|")
    };
    let hex = copy(&mut harness);
    assert!(
        hex.starts_with("53 41 4D 50") && hex.contains('\n'),
        "{hex}"
    );
    assert_eq!(hex.lines().count(), 2);
}

/// Services whose blocks the bytes reach into are marked in the tree; the first one's node is picked.
#[test]
fn a_run_over_two_services_marks_both() {
    let mut harness = open(FakeBench::of(view(Some(sample()))));
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    drag(&mut harness, ("0000h", 8), ("0001h", 3));
    assert_eq!(picked(&harness), run(0, 8, 16 + 3));
    let marked = |label: &str| {
        let rows = harness.query_all_by_role(Role::TreeItem);
        let mut row = rows.filter(|row| {
            let name = row.accesskit_node().label().unwrap_or_default();
            name.contains(label)
        });
        let row = row.next().expect("a row of the tree");
        row.accesskit_node().toggled() == Some(Toggled::True)
    };
    assert!(marked("0810") && marked("090C") && !marked("1008"));
}

#[test]
fn a_run_is_typed_as_one_edit() {
    let (mut harness, bench) = at_purse(view(Some(sample())));
    drag(&mut harness, ("005Ch", 14), ("005Dh", 1));
    type_text(&mut harness, "01");
    type_text(&mut harness, "02 0304");
    press(&mut harness, Key::Enter);
    let mut bytes = vec![None; 32];
    for (at, byte) in [1, 2, 3, 4].into_iter().enumerate() {
        bytes[14 + at] = Some(byte);
    }
    let bytes = EditedBytes(bytes);
    let address = PURSE;
    assert_eq!(edits(&bench), [Command::Edit { address, bytes }]);
    drag(&mut harness, ("005Dh", 0), ("005Eh", 15));
    harness.get_by_label_contains("ASCII: SAMPLE").click();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "見");
    assert!(
        harness
            .query_by_label_contains("見 has no code here")
            .is_some()
    );
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "A text that goes on in a block");
    press(&mut harness, Key::Enter);
    let Some(Command::Edit { address, bytes }) = edits(&bench).pop() else {
        panic!("an edit");
    };
    assert_eq!((address, bytes.0.len()), (PURSE + 1, 32));
    assert_eq!(bytes.0[29..], [Some(b'k'), Some(0), Some(0)]);
}

#[test]
fn an_edit_over_blocks_is_taken_back_as_one() {
    let (mut harness, bench) = demo_at(vec2(1600.0, 1000.0), Theme::Dark);
    harness.get_by_label_contains("1048 Holder").click();
    harness.run();
    let events = |bench: &Shared| {
        let view = bench.0.view();
        let card = view.card.as_ref().expect("a card");
        let journal = &card.history.as_ref().expect("a journal").journal;
        (journal.head(), card.bytes.clone())
    };
    let before = events(&bench);
    drag(&mut harness, ("001Bh", 0), ("001Dh", 15));
    harness.get_by_label_contains("ASCII: ").click();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    type_text(
        &mut harness,
        "A name that needs more than two of the blocks.",
    );
    press(&mut harness, Key::Enter);
    let written = |view: &View| {
        let card = view.card.as_ref().expect("a card");
        card.bytes.row(0x1D).map(|row| row[13]) == Some(ByteView::Known(b'.'))
    };
    wait(&bench.0, "the edit", written);
    harness.run();
    let after = harness.query_by_label_contains("ASCII: A name that needs more");
    assert!(after.is_some(), "all of it is still picked");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    wait(&bench.0, "the undo", |view| !written(view));
    assert_eq!(events(&bench), before, "three blocks at once");
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    harness.run();
    wait(&bench.0, "the redo", written);
}

#[test]
fn what_is_too_much_to_read_is_marked_and_copied() {
    let bench = FakeBench::of(view(Some(card(2_048, Stage::Divided))));
    let mut harness = open(bench.clone());
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    click(&mut harness, "0000h", 0);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    assert_eq!(picked(&harness), run(0, 0, 2_048 * 16 - 1));
    assert!(
        harness
            .query_by_label_contains("32,768 bytes in 2,048 blocks")
            .is_some()
    );
    let read = harness.query_by_label_contains("Read to the end of block 003Fh");
    assert!(read.is_some());
    assert!(has(
        &harness,
        "Read-only: at most 64 blocks are changed at once."
    ));
    press(&mut harness, Key::Enter);
    assert_eq!(edits(&bench), []);
    harness.event(Event::Copy);
    harness.step();
    assert_eq!(copied(&harness)[0].lines().count(), 2_048);
}

#[test]
fn an_edit_that_the_card_refuses_is_said_where_it_was_typed() {
    let (mut harness, bench) = demo_at(vec2(1600.0, 1000.0), Theme::Dark);
    let before = bench.0.view().card.clone().expect("a card");
    click(&mut harness, "FFF7h", 0);
    let name = "Service code: 0810";
    harness.get_by_role_and_label(Role::Button, name).click();
    harness.run();
    type_text(&mut harness, "0812");
    press(&mut harness, Key::Enter);
    let view = wait(&bench.0, "the refusal", |view| view.refused_edit.is_some());
    harness.run();
    assert!(view.notices.is_empty());
    let after = view.card.clone().expect("a card");
    assert_eq!((&before.bytes, &before.tree), (&after.bytes, &after.tree));
    let field = harness.get_by_role_and_label(Role::TextInput, "Service code");
    assert!(field.is_focused(), "it can be typed on");
    assert_eq!(field.value().as_deref(), Some("0812"));
    let why = "Not written: 0812 would be defined twice. The card is as it was. Safe is a code that no other node of \
               the system has.";
    assert!(has(&harness, why));
    shot(&mut harness, "bytes-refused");
    // It stands until something else is typed, and then goes the same way again.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "0817");
    assert!(!has(&harness, why));
    press(&mut harness, Key::Enter);
    wait(&bench.0, "the second refusal", |view| {
        let refused = view.refused_edit.as_ref();
        refused.is_some_and(|refused| refused.words.what.contains("0817"))
    });
    harness.run();
    assert!(
        harness
            .query_by_label_contains("0817 would be defined twice")
            .is_some()
    );
    press(&mut harness, Key::Escape);
    assert!(has(&harness, name));
    assert!(harness.query_by_label_contains("defined twice").is_none());
    assert!(rests(&harness));
}

#[test]
fn the_map_keeps_its_room_when_the_window_gets_small() {
    for (blocks, name, least) in [
        (256, "Block map of 256 blocks", 192.0),
        (65_536, "Block map of 65,536 blocks", 256.0),
    ] {
        let bench = FakeBench::of(view(Some(card(blocks, Stage::Divided))));
        let mut harness = open_at(bench, vec2(1600.0, 1440.0), Theme::Dark);
        harness.get_by_role_and_label(Role::Tab, "Card").click();
        harness.run();
        let list = |harness: &Harness<'static, App>| {
            let list = harness.get_by_role_and_label(Role::List, "Bytes of the card");
            list.rect().height()
        };
        assert!(list(&harness) > 300.0, "{}", list(&harness));
        harness.set_size(vec2(1280.0, 800.0));
        harness.run();
        let map = harness.get_by_label(name).rect().height();
        assert!(map >= least, "{blocks}: {map}");
        assert!(list(&harness) >= 60.0, "and the bytes theirs");
        harness.set_size(vec2(1000.0, 560.0));
        harness.run();
        assert!(list(&harness) >= 60.0, "three rows at least");
        harness.set_size(vec2(1600.0, 1440.0));
        harness.run();
        assert!(list(&harness) > 300.0, "they grow with the window again");
    }
}

/// A full card in small and big windows, with the time line and the bytes under its map.
#[test]
fn pictures_of_a_full_card() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (size, wide) in [
            (vec2(853.0, 533.0), "853"),
            (vec2(1280.0, 800.0), "1280"),
            (vec2(1707.0, 960.0), "1707"),
            (vec2(2560.0, 1440.0), "2560"),
        ] {
            let sample = view(Some(crate::ui_map_full::full_card()));
            let mut harness = open_at(FakeBench::of(sample), size, theme);
            harness.get_by_role_and_label(Role::Tab, "Card").click();
            harness.run();
            shot(&mut harness, &format!("bytes-full-{wide}-{name}"));
            drag(&mut harness, ("0000h", 3), ("0001h", 9));
            shot(&mut harness, &format!("bytes-full-picked-{wide}-{name}"));
        }
    }
}

#[test]
fn pictures() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (size, wide) in [
            (vec2(1600.0, 1000.0), "1600"),
            (vec2(1280.0, 800.0), "1280"),
        ] {
            let (mut harness, _) = demo_at(size, theme);
            harness.get_by_label_contains("1048 Holder").click();
            harness.run();
            drag(&mut harness, ("001Bh", 4), ("001Dh", 9));
            shot(&mut harness, &format!("bytes-run-{wide}-{name}"));
            press(&mut harness, Key::Enter);
            harness.run();
            shot(&mut harness, &format!("bytes-run-typed-{wide}-{name}"));
        }
    }
}
