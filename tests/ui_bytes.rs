//! The bytes of a card: picked, read in every way, changed in place, and what keeps them from being changed.

use crate::readers::{Shared, shot, wait};
use crate::ui_harness::{open, open_at, rests};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use crate::wizard_samples::{Moment, flow};
use cardwright::model::card::journal::{By, Cause, EventId, Journal};
use cardwright::model::card::{Block, ServiceCode};
use cardwright::ui::app::App;
use cardwright::ui::card::facts::{ByteSpan, NodeRef, Selection};
use cardwright::workbench::Workbench;
use cardwright::workbench::command::Command;
use cardwright::workbench::view::{ByteView, Bytes, CardView, View};
use egui::{Event, Key, Modifiers, OutputCommand, Pos2, Role, Theme, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

/// The first purse block of the sample card.
pub const PURSE: u32 = 0x5C;

fn to_card(harness: &mut Harness<'static, App>) {
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
}

/// The sample card, with a purse of 1,200 in the first block of service 1050.
pub fn sample() -> CardView {
    let mut card = card(256, Stage::Divided);
    let purse = [
        0xB0, 0x04, 0, 0, 0, 0, 0, 0, 0x07, 0xEA, 0x0B, 0x14, 0, 0, 0, 0x1C,
    ];
    put(&mut card, PURSE, purse.map(ByteView::Known));
    card
}

pub fn put(card: &mut CardView, address: u32, row: [ByteView; 16]) {
    let rows = (0..card.bytes.len() as u32).map(|at| card.bytes.row(at).expect("a row"));
    let rows: Bytes = (0..)
        .zip(rows)
        .map(|(at, old)| if at == address { row } else { old })
        .collect();
    card.bytes = rows;
}

/// The window over `view`, with service 1050 picked in the tree.
pub fn at_purse(view: View) -> (Harness<'static, App>, FakeBench) {
    let bench = FakeBench::of(view);
    let mut harness = open(bench.clone());
    to_card(&mut harness);
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    (harness, bench)
}

pub fn selection(harness: &Harness<'static, App>) -> Selection {
    harness.state().card().selection()
}

pub fn span(first: u8, last: u8) -> Option<ByteSpan> {
    let last = last.into();
    Some(ByteSpan { first, last })
}

pub fn service() -> NodeRef {
    NodeRef::Service(1, ServiceCode::new(0x1050).expect("a service code"))
}

/// The middle of a byte in the row whose name begins with `row`.
pub fn byte(harness: &Harness<'static, App>, row: &str, byte: u8) -> Pos2 {
    let rows = harness.query_all_by_role(Role::ListItem);
    let mut rows = rows.filter(|node| {
        let label = node.accesskit_node().label();
        label.is_some_and(|label| label.starts_with(row))
    });
    let rect = rows.next().expect("a row of that name").rect();
    let column = f32::from(byte) * 3.0 + if byte >= 8 { 1.0 } else { 0.0 };
    pos2(rect.left() + 66.0 + (column + 1.0) * 7.2, rect.center().y)
}

pub fn click(harness: &mut Harness<'static, App>, row: &str, at: u8) {
    let at = byte(harness, row, at);
    harness.hover_at(at);
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run();
}

pub fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    harness.run();
}

/// Types over what is marked in the field that has the keyboard.
pub fn type_text(harness: &mut Harness<'static, App>, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

pub fn has(harness: &Harness<'static, App>, label: &str) -> bool {
    harness.query_all_by_label(label).next().is_some()
}

/// What asks for a card to be changed.
pub fn edits(bench: &FakeBench) -> Vec<Command> {
    let asked = bench.asked().into_iter();
    asked
        .filter(|command| matches!(command, Command::Edit { .. }))
        .collect()
}

/// That block with these bytes from that one on.
fn edit(address: u32, first: usize, new: &[u8]) -> Command {
    let mut bytes = [None; 16];
    for (at, byte) in new.iter().enumerate() {
        bytes[first + at] = Some(*byte);
    }
    let bytes = bytes.into();
    Command::Edit { address, bytes }
}

#[test]
fn a_click_picks_a_field_and_one_more_a_byte_of_it() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    assert!(has(&harness, "Pick a byte or a field to read it."));
    click(&mut harness, "005Ch", 2);
    assert_eq!(selection(&harness).bytes, span(0, 3));
    assert_eq!(selection(&harness).block, Some(PURSE));
    assert_eq!(selection(&harness).node, Some(service()), "it stays picked");
    assert!(has(&harness, "Purse value +00…03"));
    assert!(has(&harness, "Purse value: 1,200"));
    assert!(has(&harness, "u16 BE: 45060"));
    assert!(has(&harness, "Bits: 1011 0000 0000 0100"));
    assert!(has(&harness, "User data: 07EA 0B14"), "another field");
    assert!(has(&harness, "Execution ID: 0000 001C"));
    click(&mut harness, "005Ch", 1);
    assert_eq!(selection(&harness).bytes, span(1, 1));
    assert!(has(&harness, "Purse value, part +01"));
    assert!(has(&harness, "u8: 4"));
    harness.get_by_label("User data: 07EA 0B14").click();
    harness.run();
    assert_eq!(
        selection(&harness).bytes,
        span(8, 11),
        "a field by its name"
    );
    assert!(has(&harness, "User data +08…11"));
    assert!(rests(&harness));
}

#[test]
fn bytes_are_picked_by_dragging_and_with_shift() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    let (from, to) = (byte(&harness, "005Dh", 12), byte(&harness, "005Dh", 5));
    harness.hover_at(from);
    harness.drag_at(from);
    harness.run();
    harness.hover_at(to);
    harness.run();
    harness.drop_at(to);
    harness.run();
    assert_eq!(selection(&harness).bytes, span(5, 12), "backwards as well");
    assert_eq!(selection(&harness).block, Some(PURSE + 1));
    assert!(has(&harness, "8 bytes +05…12"));
    let end = byte(&harness, "005Dh", 15);
    harness.hover_at(end);
    harness.event(Event::ModifiersChanged(Modifiers::SHIFT));
    harness.drag_at(end);
    harness.drop_at(end);
    harness.event(Event::ModifiersChanged(Modifiers::NONE));
    harness.run();
    assert_eq!(
        selection(&harness).bytes,
        span(12, 15),
        "from where it began"
    );
}

#[test]
fn the_keyboard_goes_to_every_byte() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    harness
        .get_by_role_and_label(Role::List, "Bytes of the card")
        .focus();
    harness.run();
    press(&mut harness, Key::ArrowDown);
    assert_eq!(
        (selection(&harness).block, selection(&harness).bytes),
        (Some(PURSE), span(0, 0))
    );
    press(&mut harness, Key::End);
    assert_eq!(selection(&harness).bytes, span(15, 15));
    press(&mut harness, Key::ArrowRight);
    assert_eq!(
        (selection(&harness).block, selection(&harness).bytes),
        (Some(PURSE + 1), span(0, 0)),
        "on in the next block"
    );
    press(&mut harness, Key::ArrowLeft);
    assert_eq!(
        (selection(&harness).block, selection(&harness).bytes),
        (Some(PURSE), span(15, 15))
    );
    for _ in 0..3 {
        harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
        harness.run();
    }
    assert_eq!(selection(&harness).bytes, span(12, 15));
    assert!(has(&harness, "Execution ID +12…15"), "that is a field");
    press(&mut harness, Key::ArrowDown);
    assert_eq!(
        (selection(&harness).block, selection(&harness).bytes),
        (Some(PURSE + 1), span(12, 12))
    );
    for _ in 0..3 {
        press(&mut harness, Key::ArrowDown);
    }
    let row = "10 10 00 00 00 00 00 00 ·· ·· ·· ·· ·· ·· ·· ··";
    assert_ne!(selection(&harness).block, Some(PURSE + 3), "past the words");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Home);
    harness.run();
    assert_eq!(selection(&harness).block, Some(PURSE));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::End);
    harness.run();
    assert!(selection(&harness).block > Some(PURSE + 3), "{row}");
    press(&mut harness, Key::Home);
    assert_eq!(selection(&harness).bytes, span(0, 0));
    press(&mut harness, Key::Escape);
    assert_eq!(selection(&harness).bytes, None);
    assert!(selection(&harness).block.is_some(), "the block stays");
    assert!(rests(&harness));
}

#[test]
fn what_is_picked_here_is_picked_in_tree_and_map_and_the_listing_stays() {
    let bench = FakeBench::of(view(Some(sample())));
    let mut harness = open(bench);
    to_card(&mut harness);
    assert!(
        harness.query_by_label_contains("0000h 53").is_some(),
        "the whole card is listed"
    );
    click(&mut harness, "0001h", 3);
    let first = selection(&harness);
    assert_eq!(first.bytes, span(3, 3), "a ring has no fields");
    let node = NodeRef::Service(0, ServiceCode::new(0x090C).expect("a service code"));
    assert_eq!(first.node, Some(node));
    assert!(
        harness
            .query_by_role_and_label(Role::Heading, "090C Cyclic")
            .is_some(),
        "the details are of its service"
    );
    assert!(
        harness.query_by_label_contains("0000h 53").is_some(),
        "the listing is as it was"
    );
    press(&mut harness, Key::ArrowUp);
    assert_eq!(selection(&harness).block, Some(0));
    assert_eq!(
        selection(&harness).node,
        Some(NodeRef::Service(
            0,
            ServiceCode::new(0x0810).expect("a service code")
        ))
    );
    // And back: a pick in the tree lists what belongs to it, a pick on the map lights its row.
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    assert!(harness.query_by_label_contains("0000h 53").is_none());
    let map = harness.get_by_label("Block map of 256 blocks").rect();
    let block = map.min + vec2(70.0, 14.0);
    harness.drag_at(block);
    harness.run();
    harness.drop_at(block);
    harness.run();
    assert_eq!(selection(&harness).block, Some(0));
    assert!(has(&harness, "Block 0000h +00…15"));
    assert!(harness.query_by_label_contains("Purse value: ").is_some());
}

#[test]
fn definitions_are_read_and_keys_are_not() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    let definition = sample().tree.systems[1].services.clone();
    let definition = definition
        .iter()
        .find(|service| service.code.value() == 0x1050)
        .and_then(|service| service.definition)
        .expect("its definition");
    let row = format!("{:04X}h", definition.physical);
    click(&mut harness, &row, 0);
    assert!(has(&harness, "Service code: 1050"));
    assert!(has(&harness, "Key: ••••"));
    click(&mut harness, &row, 12);
    assert_eq!(selection(&harness).bytes, span(8, 15));
    assert!(has(
        &harness,
        "Bytes of a key, or left where one may have stood. A DEMO workspace can show them."
    ));
    assert!(has(&harness, "Read-only while keys are hidden."));
    assert!(harness.query_by_label_contains("u8: ").is_none());
    press(&mut harness, Key::Enter);
    assert!(
        harness
            .query_by_role_and_label(Role::TextInput, "Key")
            .is_none()
    );
    harness.event(Event::Copy);
    harness.step();
    assert_eq!(copied(&harness), ["·· ·· ·· ·· ·· ·· ·· ··"]);
}

pub fn copied(harness: &Harness<'static, App>) -> Vec<String> {
    let commands = harness.output().platform_output.commands.iter();
    let text = |command: &OutputCommand| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    };
    commands.filter_map(text).collect()
}

#[test]
fn what_is_picked_can_be_copied() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    harness.get_by_label("Copy").click();
    harness.run();
    assert!(
        harness.query_by_label("Copy as hex").is_none(),
        "nothing is picked"
    );
    click(&mut harness, "005Ch", 8);
    harness.event(Event::Copy);
    harness.step();
    assert_eq!(copied(&harness), ["07 EA 0B 14"]);
    click(&mut harness, "005Dh", 20);
    harness.key_press(Key::Escape);
    harness.run();
    harness.get_by_label("Copy").click();
    harness.run();
    harness.get_by_label("Copy as text").click();
    harness.step();
    assert_eq!(copied(&harness), ["SAMPLE HANAKO···"], "the whole block");
}

#[test]
fn a_field_is_typed_in_place() {
    let (mut harness, bench) = at_purse(view(Some(sample())));
    click(&mut harness, "005Ch", 0);
    press(&mut harness, Key::Enter);
    let field = harness.get_by_role_and_label(Role::TextInput, "Purse value");
    assert!(field.is_focused());
    type_text(&mut harness, "4294967296");
    assert!(has(
        &harness,
        "Out of range. Type a number from 0 to 4,294,967,295."
    ));
    press(&mut harness, Key::Enter);
    assert_eq!(edits(&bench), [], "what cannot be written is not sent");
    let field = harness.get_by_role_and_label(Role::TextInput, "Purse value");
    assert!(field.is_focused(), "and can be typed on");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "800");
    assert!(harness.query_by_label_contains("Out of range").is_none());
    press(&mut harness, Key::Enter);
    assert_eq!(edits(&bench), [edit(PURSE, 0, &[0x20, 0x03, 0, 0])]);
    assert!(has(&harness, "Purse value: 1,200"), "until the card has it");
    press(&mut harness, Key::ArrowDown);
    let block = selection(&harness).block;
    assert_eq!(block, Some(PURSE + 1), "the keyboard is back");
    assert!(rests(&harness));
}

#[test]
fn leaving_with_esc_or_without_a_change_writes_nothing() {
    let (mut harness, bench) = at_purse(view(Some(sample())));
    click(&mut harness, "005Ch", 0);
    harness.get_by_label("Purse value: 1,200").click();
    harness.run();
    type_text(&mut harness, "5");
    press(&mut harness, Key::Escape);
    assert!(has(&harness, "Purse value: 1,200"));
    press(&mut harness, Key::Enter);
    press(&mut harness, Key::Enter);
    assert_eq!(edits(&bench), []);
    // What is typed belongs to what was picked.
    press(&mut harness, Key::Enter);
    type_text(&mut harness, "5");
    click(&mut harness, "005Dh", 9);
    assert!(
        harness
            .query_by_role_and_label(Role::TextInput, "Purse value")
            .is_none()
    );
    assert_eq!(edits(&bench), []);
}

#[test]
fn any_reading_can_be_typed() {
    let (mut harness, bench) = at_purse(view(Some(sample())));
    click(&mut harness, "005Ch", 8);
    harness.get_by_label("u16 BE: 2026").click();
    harness.run();
    type_text(&mut harness, "2027");
    press(&mut harness, Key::Enter);
    type_text(&mut harness, "a");
    assert!(
        has(&harness, "1 digit. Type 8."),
        "a digit begins new bytes"
    );
    type_text(&mut harness, "1b2 c3d4");
    press(&mut harness, Key::Enter);
    assert_eq!(
        edits(&bench),
        [
            edit(PURSE, 8, &[0x07, 0xEB]),
            edit(PURSE, 8, &[0xA1, 0xB2, 0xC3, 0xD4])
        ]
    );
}

#[test]
fn it_can_be_begun_from_anywhere_and_by_keyboard_alone() {
    let (mut harness, bench) = at_purse(view(Some(sample())));
    press(&mut harness, Key::F2);
    assert_eq!(
        selection(&harness).bytes,
        span(0, 3),
        "the first of the list"
    );
    type_text(&mut harness, "9");
    press(&mut harness, Key::Enter);
    assert_eq!(edits(&bench), [edit(PURSE, 0, &[9, 0, 0, 0])]);
    // A value that has the keyboard is begun by Enter, too.
    harness.get_by_label("u16 BE: 45060").focus();
    harness.run();
    press(&mut harness, Key::Enter);
    let field = harness.get_by_role_and_label(Role::TextInput, "u16 BE");
    assert!(field.is_focused());
    press(&mut harness, Key::Escape);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    let find = harness.get_by_label("Find a node or run an action");
    find.type_text("copy as hex");
    harness.run();
    harness.event(Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    });
    let mut all = Vec::new();
    for _ in 0..3 {
        harness.step();
        all.extend(copied(&harness));
    }
    assert!(all.contains(&"B0 04 00 00".to_owned()), "{all:?}");
}

#[test]
fn an_event_that_is_picked_picks_the_bytes_that_it_changed() {
    let mut card = sample();
    let history = card.history.as_mut().expect("a journal");
    let mut journal = Journal::clone(&history.journal);
    let (mut before, mut after) = (Block::ZERO, Block::ZERO);
    before.put(0, &[0xB0, 0x05]);
    after.put(0, &[0xB0, 0x04]).put(4, &[0x00, 0x01]);
    let cause = Cause {
        step: None,
        by: By::Edit,
    };
    journal.record(cause, PURSE, before, after, 1_763_636_000_000);
    history.shown = journal.head();
    history.written_by = Arc::new(journal.written_by().to_vec());
    history.journal = Arc::new(journal);
    let (mut harness, _) = at_purse(view(Some(card)));
    let rows = harness.query_all_by_label_contains("#68");
    let row = rows.last().expect("the event among the details");
    row.click();
    harness.run();
    assert_eq!(selection(&harness).block, Some(PURSE));
    assert_eq!(selection(&harness).bytes, span(1, 5));
}

#[test]
fn a_past_moment_a_flow_and_a_dump_are_read_only_and_say_why() {
    let mut past = sample();
    if let Some(history) = &mut past.history {
        history.live = false;
    }
    let (mut harness, bench) = at_purse(view(Some(past)));
    click(&mut harness, "005Ch", 0);
    assert!(has(&harness, "Read-only while a past moment is shown."));
    press(&mut harness, Key::Enter);
    harness.get_by_label("Purse value: 1,200").click();
    harness.run();
    assert!(
        harness
            .query_by_role_and_label(Role::TextInput, "Purse value")
            .is_none()
    );
    let mut running = view(Some(sample()));
    running.flow = Some(Arc::new(flow(Moment::Before("ST63"))));
    bench.publish(running);
    harness.run();
    assert!(has(&harness, "Read-only while a flow runs."));
    bench.publish(view(Some(sample())));
    harness.run();
    assert!(harness.query_by_label_contains("Read-only").is_none());

    let mut harness = open(FakeBench::of(view(Some(card(256, Stage::Pending)))));
    to_card(&mut harness);
    harness
        .get_by_label_contains("FE42 Common Area Operator v1")
        .click();
    harness.run();
    click(&mut harness, "00B7h", 0);
    assert!(has(&harness, "IDm +00…07"));
    let pending = "Read-only: what is shown is not yet written.";
    assert!(has(&harness, pending));

    let mut harness = open(FakeBench::of(view(Some(dump()))));
    to_card(&mut harness);
    harness.get_by_label_contains("0817 Purse").click();
    harness.run();
    click(&mut harness, "0000 5A", 0);
    assert_eq!(selection(&harness).bytes, span(0, 3));
    assert!(has(&harness, "Purse value: 1,515,870,810"));
    assert!(has(
        &harness,
        "Read-only: this is a dump. Make a card of it to edit it."
    ));
}

#[test]
fn an_unknown_byte_is_pointed_out() {
    let mut card = sample();
    let mut row = card.bytes.row(PURSE).expect("a row");
    row[4..8].fill(ByteView::Unknown);
    put(&mut card, PURSE, row);
    let (mut harness, _) = at_purse(view(Some(card)));
    click(&mut harness, "005Ch", 0);
    assert!(has(&harness, "Cashback: Not known"));
    assert!(has(&harness, "Purse value: 1,200"), "what is known is read");
    click(&mut harness, "005Ch", 5);
    assert!(has(&harness, "Not known. Nobody has read these bytes."));
    assert!(has(&harness, "Read-only: these bytes are not known."));
}

#[test]
fn a_key_that_is_shown_can_be_typed() {
    let mut card = sample();
    let mut shown = [ByteView::Known(0); 16];
    shown[..4].copy_from_slice(&[0x50, 0x10, 0x5C, 0x00].map(ByteView::Known));
    shown[8..].fill(ByteView::Known(0x44));
    let places = card.tree.systems[1].services.iter();
    let place = places
        .filter(|service| service.code.value() == 0x1050)
        .find_map(|service| service.definition)
        .expect("its definition");
    put(&mut card, place.physical, shown);
    let mut view = view(Some(card));
    view.workspace.keys_shown = true;
    let (mut harness, bench) = at_purse(view);
    click(&mut harness, &format!("{:04X}h", place.physical), 9);
    harness.get_by_label("Key: 4444 4444 4444 4444").click();
    harness.run();
    type_text(&mut harness, "45464748 494A4B4C");
    press(&mut harness, Key::Enter);
    assert_eq!(edits(&bench), [edit(place.physical, 8, b"EFGHIJKL")]);
}

#[test]
fn a_narrow_panel_folds_the_inspector_away() {
    let bench = FakeBench::of(view(Some(sample())));
    let mut harness = open_at(bench.clone(), vec2(1280.0, 800.0), Theme::Dark);
    to_card(&mut harness);
    harness.get_by_label("Filter nodes").focus();
    harness.run();
    harness.get_by_label("Filter nodes").type_text("1050");
    harness.run();
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    click(&mut harness, "005Ch", 0);
    assert!(harness.query_by_label_contains("Purse value").is_none());
    press(&mut harness, Key::Enter);
    harness.run();
    type_text(&mut harness, "7");
    press(&mut harness, Key::Enter);
    assert_eq!(edits(&bench), [edit(PURSE, 0, &[7, 0, 0, 0])]);
    assert!(
        harness.query_by_label_contains("005Ch B0").is_some(),
        "the listing is back"
    );
    press(&mut harness, Key::End);
    assert_eq!(selection(&harness).bytes, span(15, 15), "with the keyboard");
    harness
        .get_by_role_and_label(Role::RadioButton, "Inspector")
        .click();
    harness.run();
    assert!(has(&harness, "Purse value: 1,200"));
    assert!(harness.query_by_label_contains("005Ch B0").is_none());
}

#[test]
fn the_whole_of_a_big_card_is_walked() {
    let mut harness = open(FakeBench::of(view(Some(card(65_536, Stage::Divided)))));
    to_card(&mut harness);
    harness
        .get_by_role_and_label(Role::List, "Bytes of the card")
        .focus();
    harness.run();
    press(&mut harness, Key::ArrowDown);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::End);
    harness.run();
    assert_eq!(selection(&harness).block, Some(0xFFFF));
    assert!(harness.query_by_label_contains("FFFFh 00").is_some());
    press(&mut harness, Key::PageUp);
    let page = 0xFFFF - selection(&harness).block.expect("a block");
    assert!((2..40).contains(&page), "{page}");
    assert!(rests(&harness));
}

/// The window at the Card place, with the demo card in the emulator.
pub fn demo_at(size: Vec2, theme: Theme) -> (Harness<'static, App>, Shared) {
    let bench = Shared(Arc::new(Workbench::open(None)));
    wait(&bench.0, "the demo card", |view| view.card.is_some());
    let shown = bench.clone();
    let mut harness = Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .wgpu()
        .build_eframe(move |cc| App::new(cc, Box::new(shown)));
    harness.run();
    to_card(&mut harness);
    harness.get_by_label_contains("0810 Fare").click();
    harness.run();
    (harness, bench)
}

/// The purse of the demo card, when it has `value`.
pub fn wait_for_purse(bench: &Shared, value: u32) {
    wait(&bench.0, "the purse", |view| {
        let card = view.card.as_ref();
        let block = card.and_then(|card| Some(card.bytes.block(0)?.0.u32_le(0)));
        block == Some(value)
    });
}

#[test]
fn an_edit_is_on_the_card_in_its_journal_and_can_be_taken_back() {
    let (mut harness, bench) = demo_at(vec2(1600.0, 1000.0), Theme::Dark);
    click(&mut harness, "0000h", 0);
    assert!(has(&harness, "Purse value: 3,000"));
    let written = bench.0.view().card.as_ref().and_then(|card| {
        let (id, _) = card.history.as_ref()?.writer(0)?;
        Some(id.number())
    });
    let label = harness.query_all_by_label_contains("Written by: #").count();
    assert_eq!(label, 1, "who wrote it is named");
    press(&mut harness, Key::Enter);
    type_text(&mut harness, "1,250");
    press(&mut harness, Key::Enter);
    wait_for_purse(&bench, 1_250);
    harness.run();
    assert!(has(&harness, "Purse value: 1,250"));
    assert_eq!(selection(&harness).bytes, span(0, 3), "it stays picked");
    click(&mut harness, "0000h", 8);
    assert!(
        harness
            .query_by_label_contains(&format!("Last changed by: #{}", written.expect("written")))
            .is_some(),
        "these bytes were not changed by the edit"
    );
    let words = harness.query_all_by_label_contains("Written by: #");
    let newest = words.last().expect("the writer");
    newest.click();
    harness.run();
    assert!(selection(&harness).event.is_some());
    click(&mut harness, "0000h", 0);
    press(&mut harness, Key::Enter);
    type_text(&mut harness, "0");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    press(&mut harness, Key::Escape);
    assert!(
        has(&harness, "Purse value: 1,250"),
        "while one types it takes back what was typed"
    );
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    wait_for_purse(&bench, 3_000);
    harness.run();
    click(&mut harness, "0000h", 0);
    assert!(has(&harness, "Purse value: 3,000"));
    harness.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    harness.run();
    wait_for_purse(&bench, 1_250);
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
            let (mut harness, bench) = demo_at(size, theme);
            click(&mut harness, "0000h", 0);
            shot(&mut harness, &format!("bytes-purse-{wide}-{name}"));
            press(&mut harness, Key::Enter);
            type_text(&mut harness, "99999999999");
            shot(&mut harness, &format!("bytes-typed-{wide}-{name}"));
            press(&mut harness, Key::Escape);
            click(&mut harness, "FFF7h", 9);
            shot(&mut harness, &format!("bytes-key-{wide}-{name}"));
            harness.get_by_label_contains("1048 Holder").click();
            harness.run();
            press(&mut harness, Key::Escape);
            click(&mut harness, "001Bh", 0);
            harness.key_press_modifiers(Modifiers::SHIFT, Key::End);
            harness.run();
            shot(&mut harness, &format!("bytes-text-{wide}-{name}"));
            bench.0.send(Command::ShowKeys(true));
            bench.0.send(Command::ShowMoment(EventId::new(30)));
            wait(&bench.0, "the moment", |view| {
                let card = view.card.as_ref().and_then(|card| card.history.as_ref());
                card.is_some_and(|history| !history.live)
            });
            harness.get_by_label_contains("0810 Fare").click();
            harness.run();
            click(&mut harness, "FFF7h", 9);
            shot(&mut harness, &format!("bytes-past-{wide}-{name}"));
        }
    }
}

#[test]
fn a_picked_system_brings_its_definition_into_sight() {
    let (mut harness, _) = at_purse(view(Some(sample())));
    let in_sight = |harness: &Harness<'static, App>, row: &str| {
        let rows = harness.query_all_by_role(Role::ListItem);
        let mut labels = rows.filter_map(|node| node.accesskit_node().label());
        labels.any(|label| label.starts_with(row))
    };
    harness.get_by_label_contains("0003 Aoba Transit").click();
    harness.run();
    assert!(in_sight(&harness, "FFFDh"));
    // The first of its system blocks is far above.
    assert!(!in_sight(&harness, "FFE8h"));
}
