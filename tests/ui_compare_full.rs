//! A card of 65,536 blocks compared with an edited copy of itself, in the window: the list of thousands of changes, the way
//! through it, the map by difference, and that none of it is worked out in a frame.

use crate::readers::{Shared, shot, window};
use crate::ui_changes::is_change;
use crate::ui_harness::{rests, step_until};
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::difference::Sides;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{Block, Idm, NodeCode, ServiceCode, SystemCode, definition};
use cardwright::model::cipher::DesKey;
use cardwright::ui::app::App;
use cardwright::ui::tokens::DARK;
use cardwright::workbench::compare::Side;
use cardwright::workbench::headless::save;
use cardwright::workbench::{Command, Workbench};
use egui::{Key, Modifiers, Role, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SERVICES: u16 = 4;
const EACH: u16 = 15_000;
/// Every so manieth user block is another one on the copy.
const EDITED: usize = 8;

/// A card with four services of 15,000 blocks, or its edited copy.
fn full(is_copy: bool) -> Vec<Block> {
    let key = DesKey::new(*b"DEMOFULL");
    let mut data = vec![Block::ERASED; 65_536];
    let services = (0..SERVICES).map(|at| {
        let code = ServiceCode::new((at + 1) << 6 | 0x08).expect("a service");
        let version = if is_copy && at == 2 { 2 } else { 1 };
        definition::service(code, at * EACH, EACH, version, &key)
    });
    let fixed = [
        definition::manufacture(Idm([1; 8]), Profile::demo().pmm),
        definition::issuance(
            cardwright::model::card::Idi([1; 8]),
            cardwright::model::card::Pmi([2; 8]),
        ),
        definition::system(SystemCode(0x0003), 1, &key, 65_536),
        definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 0xFFF0, 1, &key),
    ];
    for (place, block) in data.iter_mut().rev().zip(fixed.into_iter().chain(services)) {
        *place = block;
    }
    let user = usize::from(SERVICES * EACH);
    for (at, block) in data.iter_mut().enumerate().take(user) {
        let edited = is_copy && at % EDITED == 0;
        block.0 = [
            at as u8,
            (at >> 8) as u8,
            u8::from(edited),
            0,
            0,
            0,
            0,
            0,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
        ];
    }
    data
}

fn file(folder: &Path, is_copy: bool) -> PathBuf {
    let profile = Profile::named("full-1m").expect("a profile");
    let memory = Memory::new(full(is_copy), &profile);
    let card = EmulatedCard::new(profile, memory).expect("a card's memory");
    let path = folder.join(if is_copy { "copy.card" } else { "full.card" });
    save(&path, &card, None).expect("saved");
    path
}

/// The window with the card, and the comparison with its copy.
fn compared(folder: &Path) -> (Harness<'static, App>, Shared) {
    let bench = Workbench::open(None);
    bench.send(Command::OpenFile(file(folder, false)));
    bench.send(Command::Compare(Sides {
        a: Side::File(file(folder, true)),
        b: Side::Live,
    }));
    let until = Instant::now() + Duration::from_secs(60);
    while bench.view().comparison.is_none() {
        assert!(Instant::now() < until, "waited in vain: the comparison");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (mut harness, bench) = window(bench, Theme::Dark);
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    settle(&mut harness);
    (harness, bench)
}

fn settle(harness: &mut Harness<'static, App>) {
    harness.step();
    step_until(harness, "rest", rests);
}

fn press(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    settle(harness);
}

fn changes(harness: &Harness<'static, App>) -> Vec<String> {
    let items = harness.query_all_by_role(Role::ListItem);
    let names = items.filter_map(|item| item.accesskit_node().label());
    names.filter(|name| is_change(name)).collect()
}

/// Changed blocks, and the key version of one service.
const CHANGES: usize = (SERVICES as usize * EACH as usize).div_ceil(EDITED) + 1;

#[test]
fn thousands_of_changes_are_listed_and_walked() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut harness, bench) = compared(folder.path());
    let view = bench.workbench().view();
    let difference = &view.comparison.as_ref().expect("a comparison").difference;
    assert_eq!(difference.changes.len(), CHANGES);
    let tab = harness.query_by_role_and_label(Role::Tab, "Changes 7,501");
    assert!(tab.is_some());
    let listed = changes(&harness);
    assert!(!listed.is_empty() && listed.len() < 50, "{}", listed.len());
    assert!(
        listed[1].starts_with("changed 0048 Data, block 9 of 15,000"),
        "{listed:?}"
    );
    let block = |harness: &Harness<'static, App>| harness.state().card().selection().block;
    for at in 0..4 {
        press(&mut harness, Modifiers::NONE, Key::F7);
        assert_eq!(block(&harness), Some(at * EDITED as u32));
    }
    press(&mut harness, Modifiers::SHIFT, Key::F7);
    assert_eq!(block(&harness), Some(2 * EDITED as u32));
    assert!(harness.query_by_label("3 of 7,501").is_some());
    harness
        .get_by_role_and_label(Role::List, "Changes from A to B")
        .focus();
    settle(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::End);
    assert_eq!(block(&harness), Some(60_000 - EDITED as u32));
    press(&mut harness, Modifiers::NONE, Key::F7);
    assert_eq!(
        block(&harness),
        Some(60_000 - EDITED as u32),
        "the last one"
    );
    let key = changes(&harness);
    assert!(key.iter().all(|name| name.contains("0108 ")), "{key:?}");
    // By block, the node's definition is one of them.
    harness.get_by_label("By block").click();
    settle(&mut harness);
    assert!(changes(&harness).len() < 50);
}

#[test]
fn the_map_by_difference_is_worked_out_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut harness, bench) = compared(folder.path());
    harness
        .get_by_role_and_label(Role::RadioButton, "Difference")
        .click();
    settle(&mut harness);
    for entry in [
        "Changed, 7,501 blocks",
        "Same, 52,507 blocks",
        "Free, 5,528 blocks",
    ] {
        assert!(harness.query_by_label(entry).is_some(), "{entry}");
    }
    let overview = |harness: &Harness<'static, App>| {
        let overview = harness.state().card().map().overview().expect("drawn");
        let pixels = &overview.pixels;
        let same = [DARK.sea, DARK.changed].contains(&pixels[1]);
        assert!(pixels[0] == DARK.changed && !same);
        pixels.as_ptr()
    };
    let (drawn, before) = (overview(&harness), bench.workbench().view());
    let shapes = harness.output().shapes.len();
    for _ in 0..30 {
        press(&mut harness, Modifiers::NONE, Key::F7);
    }
    assert_eq!(overview(&harness), drawn, "not drawn anew for a pick");
    assert!(Arc::ptr_eq(&before, &bench.workbench().view()));
    // What a frame paints does not grow with the card: blocks are one picture, and rows those on screen.
    let painted = harness.output().shapes.len();
    assert!(shapes < 1_000 && painted < 1_000, "{shapes}, {painted}");
    shot(&mut harness, "compare-full");
}
