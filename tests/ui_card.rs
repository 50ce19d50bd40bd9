//! The Card place: tree, map, bytes and details, and how a pick in one is a pick in all.

use crate::readers::{wait, window};
use crate::ui_harness::{open, open_at, rests};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{NodeCode, ServiceCode};
use cardwright::model::demo::Demo;
use cardwright::ui::app::App;
use cardwright::ui::card::facts::{Facts, NodeRef};
use cardwright::workbench::Workbench;
use cardwright::workbench::command::Command;
use cardwright::workbench::headless::{new_card, save};
use cardwright::workbench::view::{ByteView, CardSource, CardView};
use egui::{Key, Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn open_card(card: CardView) -> Harness<'static, App> {
    let mut harness = open(FakeBench::of(view(Some(card))));
    to_card(&mut harness);
    harness
}

fn to_card(harness: &mut Harness<'static, App>) {
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

fn filter(harness: &mut Harness<'static, App>, text: &str) {
    harness.get_by_label("Filter nodes").focus();
    harness.run();
    harness.get_by_label("Filter nodes").type_text(text);
    harness.run();
}

fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn picked(harness: &Harness<'static, App>) -> Option<NodeRef> {
    harness.state().card().selection().node
}

#[test]
fn the_tree_is_walked_by_keyboard() {
    let mut harness = open_card(card(256, Stage::Divided));
    harness
        .get_by_role_and_label(Role::Tree, "Nodes of the card")
        .focus();
    harness.run();
    press(&mut harness, Key::ArrowDown);
    assert_eq!(picked(&harness), Some(NodeRef::System(0)));
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    assert_eq!(picked(&harness), Some(NodeRef::Area(0, NodeCode(0x0800))));
    press(&mut harness, Key::ArrowRight);
    assert_eq!(
        picked(&harness),
        Some(NodeRef::Service(0, service(0x0810))),
        "its first service"
    );
    press(&mut harness, Key::ArrowLeft);
    assert_eq!(
        picked(&harness),
        Some(NodeRef::Area(0, NodeCode(0x0800))),
        "back to what holds it"
    );
    press(&mut harness, Key::ArrowLeft);
    assert!(
        harness.query_by_label_contains("0810 Purse").is_none(),
        "folded"
    );
    let name = label_of(&harness, "0800–0FFF");
    let area = harness.get_by_role_and_label(Role::TreeItem, &name);
    assert_eq!(area.accesskit_node().data().level(), Some(3));
    assert_eq!(area.accesskit_node().data().is_expanded(), Some(false));
    press(&mut harness, Key::ArrowRight);
    assert!(
        harness.query_by_label_contains("0810 Purse").is_some(),
        "unfolded"
    );
    press(&mut harness, Key::End);
    assert_eq!(picked(&harness), Some(NodeRef::SystemBlocks(1)));
    press(&mut harness, Key::Home);
    assert_eq!(picked(&harness), Some(NodeRef::System(0)));
    assert!(rests(&harness));
}

/// The whole name of the tree item that holds `part`.
fn label_of(harness: &Harness<'static, App>, part: &str) -> String {
    let items = harness.query_all_by_role(Role::TreeItem);
    let names = items.filter_map(|item| item.accesskit_node().label());
    names
        .into_iter()
        .find(|name| name.contains(part))
        .expect("a tree item of that name")
}

#[test]
fn the_filter_keeps_what_it_finds_and_what_holds_it() {
    let mut harness = open_card(card(256, Stage::Divided));
    filter(&mut harness, "1050");
    let items = harness.query_all_by_role(Role::TreeItem).count();
    assert_eq!(
        items, 6,
        "system, root area, area, service; system blocks, its definition"
    );
    filter(&mut harness, "0000000");
    assert!(harness.query_by_label("No node fits the filter.").is_some());
}

#[test]
fn a_pick_in_the_tree_lights_the_map_and_fills_the_details() {
    let mut harness = open_card(card(256, Stage::Divided));
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    assert_eq!(picked(&harness), Some(NodeRef::Service(1, service(0x1050))));
    assert!(
        harness
            .query_by_role_and_label(Role::Heading, "1050 Purse")
            .is_some()
    );
    assert!(harness.query_by_label("User blocks: 005Ch…005Fh").is_some());
    assert!(harness.query_by_label("Overlaps: 1052, 1057").is_some());
    assert!(
        harness
            .query_by_label_contains("4 blocks selected, 3 definitions lit")
            .is_some()
    );
    assert!(
        harness.query_by_label_contains("005Ch 0F").is_some(),
        "its bytes are listed"
    );
}

#[test]
fn a_pick_on_the_map_is_a_pick_in_the_tree() {
    let mut harness = open_card(card(256, Stage::Divided));
    let map = harness.get_by_label("Block map of 256 blocks").rect();
    let first_block = map.min + vec2(8.0 + 52.0 + 10.0, 4.0 + 10.0);
    harness.drag_at(first_block);
    harness.run();
    harness.drop_at(first_block);
    harness.run();
    assert_eq!(harness.state().card().selection().block, Some(0));
    assert_eq!(picked(&harness), Some(NodeRef::Service(0, service(0x0810))));
    press(&mut harness, Key::ArrowRight);
    assert_eq!(picked(&harness), Some(NodeRef::Service(0, service(0x090C))));
    press(&mut harness, Key::ArrowDown);
    assert_eq!(harness.state().card().selection().block, Some(17));
    press(&mut harness, Key::ArrowUp);
    press(&mut harness, Key::ArrowUp);
    assert_eq!(
        harness.state().card().selection().block,
        Some(1),
        "the edge holds"
    );
}

#[test]
fn a_pick_unfolds_what_holds_it() {
    let mut harness = open_card(card(256, Stage::Divided));
    harness.get_by_label("Fold all nodes").click();
    harness.run();
    assert_eq!(
        harness.query_all_by_role(Role::TreeItem).count(),
        2,
        "the two systems"
    );
    let map = harness.get_by_label("Block map of 256 blocks").rect();
    let first_block = map.min + vec2(70.0, 14.0);
    harness.drag_at(first_block);
    harness.run();
    harness.drop_at(first_block);
    harness.run();
    assert!(
        harness
            .query_all_by_label_contains("0810 Purse")
            .next()
            .is_some()
    );
}

#[test]
fn the_legend_adds_up_to_the_card() {
    for stage in [Stage::Undivided, Stage::Pending, Stage::Divided] {
        for blocks in [256, 300, 2_048, 65_536] {
            let legend = Facts::of(&card(blocks, stage)).legend;
            assert_eq!(legend.used() + legend.free + legend.unknown, blocks);
        }
    }
    let harness = open_card(card(256, Stage::Divided));
    assert!(
        harness
            .query_by_label_contains("138 used, 118 free of 256")
            .is_some()
    );
}

#[test]
fn key_bytes_are_masked_everywhere() {
    let mut sample = card(256, Stage::Divided);
    let definition = sample.tree.systems[1].services[0]
        .definition
        .expect("known")
        .physical as usize;
    assert!(
        sample.bytes.row(definition as u32).expect("a row")[8..]
            .iter()
            .all(|byte| *byte == ByteView::Secret)
    );
    let mut rows: Vec<_> = (0..256).filter_map(|at| sample.bytes.row(at)).collect();
    rows[definition][2] = ByteView::Unknown;
    sample.bytes = rows.into_iter().collect();
    let mut harness = open_card(sample);
    filter(&mut harness, "fe42");
    harness
        .get_by_label_contains("FE42 Common Area Operator")
        .click();
    harness.run();
    let hidden = "08 10 ?? 00 00 00 00 00 ·· ·· ·· ·· ·· ·· ·· ··";
    assert!(
        harness.query_by_label_contains(hidden).is_some(),
        "dots for the key, marks for the unknown"
    );
}

#[test]
fn keys_are_shown_only_when_asked_for_and_only_in_a_demo() {
    let bench = FakeBench::of(view(Some(card(256, Stage::Divided))));
    let mut harness = open(bench.clone());
    to_card(&mut harness);
    harness.get_by_label("Keys hidden").click();
    harness.run();
    assert_eq!(bench.asked(), [Command::ShowKeys(true)]);

    let mut real = view(Some(card(256, Stage::Divided)));
    real.workspace.demo = false;
    let bench = FakeBench::of(real);
    let mut harness = open(bench.clone());
    to_card(&mut harness);
    assert!(
        harness.query_by_label("DEMO").is_none(),
        "no ribbon on a real workspace"
    );
    harness.get_by_label("Keys hidden").click();
    harness.run();
    assert_eq!(bench.asked(), []);
}

#[test]
fn a_dump_shows_what_is_known_and_says_what_is_not() {
    let mut harness = open_card(dump());
    assert!(harness.query_by_label("No map for this dump").is_some());
    let known = harness.query_all_by_label_contains("0000 5A 5A").count();
    assert!(
        known >= 2,
        "the first block of each service that was read: {known}"
    );
    harness.get_by_label_contains("090C Cyclic").click();
    harness.run();
    assert!(harness.query_by_label("User blocks: Not known").is_some());
    assert!(
        harness
            .query_by_label("Key of service 090C, v1, KCV, DES Not known")
            .is_some()
    );
    assert!(
        harness
            .query_by_label("No contents are known of this.")
            .is_some()
    );
}

#[test]
fn a_pending_system_says_that_it_is_not_written() {
    let harness = open_card(card(256, Stage::Pending));
    assert!(
        harness
            .query_by_label_contains("FE42 Common Area Operator v1")
            .is_some()
    );
    assert!(
        harness
            .query_all_by_label_contains("Not yet written")
            .count()
            >= 2,
        "in tree and header"
    );
}

#[test]
fn a_narrow_window_folds_the_details_into_a_tab() {
    let sample = view(Some(card(256, Stage::Divided)));
    let mut harness = open_at(FakeBench::of(sample), vec2(1100.0, 1000.0), Theme::Dark);
    to_card(&mut harness);
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    assert!(
        harness
            .query_by_role_and_label(Role::Heading, "1050 Purse")
            .is_none()
    );
    harness
        .get_by_role_and_label(Role::RadioButton, "Details")
        .click();
    harness.run();
    assert!(
        harness
            .query_by_role_and_label(Role::Heading, "1050 Purse")
            .is_some()
    );
    assert!(harness.query_by_label("Block map of 256 blocks").is_none());
    harness
        .get_by_role_and_label(Role::RadioButton, "Map")
        .click();
    harness.run();
    assert!(harness.query_by_label("Block map of 256 blocks").is_some());
}

#[test]
fn a_change_glows_and_then_the_window_rests() {
    let bench = FakeBench::of(view(Some(card(256, Stage::Divided))));
    let mut harness = open(bench.clone());
    to_card(&mut harness);
    let mut changed = card(256, Stage::Divided);
    changed.revision = 2;
    changed.changed.insert(3);
    bench.publish(view(Some(changed)));
    harness.step();
    assert!(!rests(&harness), "the glow holds, then fades");
    // 600 ms of each, at the harness's quarter of a second a frame, and one frame to end it.
    harness.run_steps(8);
    assert!(rests(&harness), "nothing is drawn once it has faded");
}

#[test]
fn a_pick_that_is_gone_is_let_go() {
    let bench = FakeBench::of(view(Some(card(256, Stage::Divided))));
    let mut harness = open(bench.clone());
    to_card(&mut harness);
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    let mut before = card(256, Stage::Undivided);
    before.revision = 2;
    bench.publish(view(Some(before)));
    harness.run();
    assert_eq!(picked(&harness), None);
    bench.publish(view(None));
    harness.run();
    assert!(harness.query_by_label("No card is open").is_some());
}

/// The window at the Card place, with a card of the AES generation in the emulator.
pub fn aes_card(theme: Theme) -> Harness<'static, App> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("aes.card");
    let profile = Profile::named("aes-4k").expect("a profile");
    let title = profile.title.clone();
    let card = new_card(&Demo::new(), profile).expect("issued");
    save(&file, &card, None).expect("saved");
    let bench = Workbench::open(None);
    bench.send(Command::OpenFile(file));
    wait(&bench, "the card", |view| {
        let source = view.card.as_ref().map(|card| &card.source);
        matches!(source, Some(CardSource::Emulated { profile }) if *profile == title)
    });
    let (mut harness, _) = window(bench, theme);
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    harness
}

#[test]
fn a_nodes_aes_key_lights_up_with_it() {
    let mut harness = aes_card(Theme::Dark);
    let services = harness.query_all_by_label_contains("1008 ").next();
    services.expect("the service").click();
    harness.run();
    // Its own definition, that of 100B, and two halves of a key.
    let said = harness.query_by_label_contains("6 blocks selected, 4 definitions lit");
    assert!(said.is_some());
}

#[test]
fn services_of_well_known_codes_are_named_and_others_by_their_kind() {
    // Nobody has named anything on this dump of a system of code 0003.
    let harness = open_card(dump());
    assert!(
        harness
            .query_by_label_contains("090F Journey history")
            .is_some()
    );
    assert!(harness.query_by_label_contains("090C Cyclic").is_some());
}
