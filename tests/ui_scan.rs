//! A card on a reader is scanned with keys, in the workbench and the window: the keys at hand, the way there, stopping,
//! what came of each key, and what is kept of it.

use crate::readers::{DESK, Hand, Shared, shot, wait, window};
use crate::support::demo_card;
use crate::ui_harness::rests;
use cardwright::model::card::NodeCode;
use cardwright::model::demo::Demo;
use cardwright::model::hex;
use cardwright::model::reader::scan::Came;
use cardwright::ui::action::Action;
use cardwright::ui::app::{App, Bench as _};
use cardwright::workbench::headless::{Algorithm, KeyStore};
use cardwright::workbench::view::{OnReader, Severity, View};
use cardwright::workbench::{Command, Workbench};
use egui::{Role, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A workbench with the demo card on its chosen reader.
pub fn with_card(folder: Option<PathBuf>) -> (Workbench, Hand) {
    let hand = Hand::default();
    hand.plug(DESK);
    let bench = Workbench::open_with(folder, Arc::new(hand.clone()));
    wait(&bench, "the reader", |view| view.readers.len() == 2);
    hand.card(DESK, Some(demo_card()));
    bench.send(Command::ChooseReader(1));
    wait(&bench, "the card", |view| {
        view.on_reader == Some(OnReader::Shown)
    });
    (bench, hand)
}

/// A key list with the demo issuer's keys; that of `wrong` is another demo key.
pub fn key_list(path: &Path, wrong: Option<u16>) {
    let mut lines = String::new();
    for (name, key) in Demo::new().issuer.ring.iter() {
        let node = name.node.to_string();
        let is_wrong = wrong.is_some_and(|wrong| node == format!("{wrong:04X}"));
        let mut bytes = *key.expose();
        if is_wrong {
            // A letter still, and no parity bit.
            bytes[6] ^= 0x02;
        }
        let digits = hex::plain(&bytes);
        lines += &format!(
            "{{\"system_code\":\"{}\",\"node\":\"{node}\",\"algo\":\"DES\",\"version\":{},\"key\":\"{digits}\"}}\n",
            name.system, name.version
        );
    }
    std::fs::write(path, lines).expect("written");
}

fn scanned(bench: &Workbench) -> Arc<View> {
    bench.send(Command::Scan);
    wait(bench, "the scan", |view| {
        let card = view.card.as_ref();
        view.scanning.is_none() && card.is_some_and(|card| card.scan.is_some())
    })
}

#[test]
fn the_workspaces_keys_open_its_card_and_the_registry_knows_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    let (bench, _hand) = with_card(Some(place.clone()));
    let keys = bench.view().keys_at_hand.expect("a card is there");
    assert_eq!((keys.own, keys.kept), (0, true));
    assert!(keys.workspace > 10, "{keys:?}");
    let view = scanned(&bench);
    let card = view.card.as_ref().expect("shown");
    let scan = card.scan.as_ref().expect("scanned");
    assert!(scan.whole && scan.broken.is_none());
    assert_eq!((scan.refused, scan.closed), (0, 0));
    assert!(scan.opened > 10);
    let purse = card.tree.systems[0]
        .services
        .iter()
        .find(|service| service.code.value() == 0x0810)
        .expect("there");
    assert!(purse.key.kcv.is_some() && purse.data.len() == 1);
    assert!(view.notices.is_empty(), "{:?}", view.notices);
    drop(bench);
    let mut registry = cardwright::device::registry::Registry::open(&place.join("registry.db"))
        .expect("a registry");
    let cards = registry.cards().expect("cards");
    let known = cards
        .iter()
        .find(|card| card.seen.place == cardwright::device::registry::Place::Reader(DESK.into()));
    let known = known.expect("the card on the reader");
    assert_eq!(known.seen.idm, Demo::new().idm);
    assert!(known.seen.issuance.is_some(), "told in a session");
}

#[test]
fn a_key_list_is_chosen_kept_for_the_card_used_and_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    let list = folder.path().join("keys.jsonl");
    key_list(&list, None);
    let own = |view: &View| view.keys_at_hand.map_or(0, |keys| keys.own);
    {
        let (bench, _hand) = with_card(Some(place.clone()));
        bench.send(Command::ChooseKeyList(list.clone()));
        let view = wait(&bench, "the keys", |view| own(view) > 0);
        assert_eq!(own(&view), 14, "those of the card's systems alone");
        assert_eq!(view.notices.len(), 1);
        assert_eq!(view.notices[0].severity, Severity::Done);
        // The same once more is no trouble.
        bench.send(Command::ChooseKeyList(list.clone()));
        let view = wait(&bench, "said again", |view| view.notices.len() == 2);
        assert_eq!(own(&view), 14);
    }
    let owner = format!("card:{}", hex::plain(&Demo::new().idm.0).to_lowercase());
    {
        let (bench, _hand) = with_card(Some(place.clone()));
        assert_eq!(own(&bench.view()), 14, "they are kept");
        let view = scanned(&bench);
        let scan = view.card.as_ref().and_then(|card| card.scan.clone());
        let scan = scan.expect("scanned");
        let tried = scan.of_node(0, NodeCode(0x1008));
        assert!(
            tried
                .iter()
                .any(|key| key.name == format!("{owner}/0003/1008/des@1")
                    && key.came == Came::Opened),
            "{tried:?}"
        );
        bench.send(Command::ForgetKeyList);
        wait(&bench, "forgotten", |view| own(view) == 0);
    }
    let store = KeyStore::open(&place.join("keys.store"), None).expect("a store");
    assert!(store.names().all(|name| name.key.owner != owner));
    assert!(store.names().any(|name| name.algorithm == Algorithm::Des));
}

#[test]
fn a_demo_workspace_takes_no_live_key_and_says_what_is_wrong_with_a_list() {
    let folder = tempfile::tempdir().expect("a folder");
    for place in [None, Some(folder.path().join("workspace"))] {
        let (bench, _hand) = with_card(place);
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let live = r#"{"system_code":"0003","node":"1008","algo":"DES","version":1,"key":"9B3ED561F82CA740"}"#;
        let other = r#"{"system_code":"8008","node":"1008","algo":"DES","version":1,"key":"9B3ED561F82CA740"}"#;
        let wrong = [
            file("live.jsonl", live),
            file("other.jsonl", other),
            file("cut.jsonl", &live[..60]),
            file("empty.jsonl", ""),
            folder.path().join("missing.jsonl"),
            folder.path().to_path_buf(),
        ];
        for (said, path) in wrong.iter().enumerate() {
            bench.send(Command::ChooseKeyList(path.clone()));
            let view = wait(&bench, "a message", |view| view.notices.len() == said + 1);
            let notice = view.notices.last().expect("said");
            assert_ne!(notice.severity, Severity::Done, "{path:?}");
            let text = format!("{notice:?}");
            assert!(!text.contains("9B3ED561"), "{text}");
            assert_eq!(view.keys_at_hand.map(|keys| keys.own), Some(0));
        }
    }
}

#[test]
fn a_scan_that_is_stopped_keeps_what_it_learned_and_what_was_seen_before() {
    let (bench, hand) = with_card(None);
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("keys.jsonl");
    key_list(&list, None);
    bench.send(Command::ChooseKeyList(list));
    wait(&bench, "the keys", |view| {
        view.keys_at_hand.is_some_and(|keys| keys.own > 0)
    });
    let before = bench.view().card.clone().expect("shown");
    for after in [0, 3, 25, 45] {
        let lock = hand.pause_after(after);
        let held = lock.lock().expect("not poisoned");
        bench.send(Command::Scan);
        let view = wait(
            &bench,
            &format!("the scan, to stop after {after}"),
            |view| view.scanning.is_some(),
        );
        // A second one does not begin while there is one.
        bench.send(Command::Scan);
        let sent = hand.frames();
        bench.send(Command::StopScan);
        // Commands are heard in their order: when this one is, both are.
        let shown = !view.workspace.keys_shown;
        bench.send(Command::ShowKeys(shown));
        wait(&bench, "both heard", |view| {
            view.workspace.keys_shown == shown
        });
        drop(held);
        let view = wait(&bench, "its end", |view| view.scanning.is_none());
        let card = view.card.as_ref().expect("shown");
        let scan = card.scan.as_ref().expect("in part");
        assert!(!scan.whole && scan.broken.is_none(), "{after}");
        assert!(hand.frames() <= sent + after + 2, "{sent} {after}");
        assert_eq!(card.tree.counts(), before.tree.counts());
        for (service, seen) in card.tree.systems[0]
            .services
            .iter()
            .zip(&before.tree.systems[0].services)
        {
            let all = seen
                .data
                .iter()
                .all(|(number, block)| service.data.get(number) == Some(block));
            assert!(all, "what was seen stays");
        }
    }
}

#[test]
fn a_card_that_leaves_ends_its_scan_and_another_is_looked_at() {
    let (bench, hand) = with_card(None);
    let lock = hand.pause_after(10);
    let held = lock.lock().expect("not poisoned");
    bench.send(Command::Scan);
    wait(&bench, "the scan", |view| view.scanning.is_some());
    hand.card(DESK, None);
    let view = wait(&bench, "no card", |view| {
        view.on_reader == Some(OnReader::Empty)
    });
    assert!(view.scanning.is_none() && view.card.is_none() && view.keys_at_hand.is_none());
    drop(held);
    hand.card(DESK, Some(demo_card()));
    let view = wait(&bench, "the next card", |view| {
        view.on_reader == Some(OnReader::Shown)
    });
    assert!(view.card.as_ref().is_some_and(|card| card.scan.is_none()));
    let scan = scanned(&bench);
    assert!(
        scan.card
            .as_ref()
            .and_then(|card| card.scan.clone())
            .is_some_and(|scan| scan.whole)
    );
}

pub fn settle(
    harness: &mut Harness<'static, App>,
    bench: &Shared,
    what: &str,
    done: impl Fn(&View) -> bool,
) {
    wait(bench.workbench(), what, done);
    harness.run();
}

#[test]
fn the_window_scans_a_card_and_shows_which_key_opened_what() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("keys.jsonl");
    key_list(&list, Some(0x1008));
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let (bench, hand) = with_card(None);
        let (mut harness, bench) = window(bench, theme);
        harness.get_by_role_and_label(Role::Tab, "Card").click();
        harness.run();
        assert!(
            harness
                .query_by_label_contains("No key is at hand")
                .is_some()
        );
        shot(&mut harness, &format!("scan-before-{name}"));
        bench.send(Command::ChooseKeyList(list.clone()));
        settle(&mut harness, &bench, "the keys", |view| {
            view.keys_at_hand.is_some_and(|keys| keys.own > 0)
        });
        assert!(
            harness
                .query_by_label_contains("14 chosen for this card")
                .is_some()
        );
        let lock = hand.pause_after(45);
        let held = lock.lock().expect("not poisoned");
        harness.get_by_label(Action::Scan.name()).click();
        harness.run();
        settle(&mut harness, &bench, "the scan", |view| {
            view.scanning.is_some()
        });
        assert!(harness.query_by_role(Role::ProgressIndicator).is_some());
        assert!(harness.query_by_label(Action::StopScan.name()).is_some());
        assert!(rests(&harness), "a bar that waits draws no frame");
        shot(&mut harness, &format!("scan-under-way-{name}"));
        drop(held);
        settle(&mut harness, &bench, "its end", |view| {
            view.scanning.is_none()
        });
        assert!(harness.query_by_label_contains("1 refused").is_some());
        let rows = harness.query_all_by_role(Role::TreeItem);
        let said: Vec<String> = rows
            .filter_map(|row| row.accesskit_node().label())
            .collect();
        assert!(
            said.iter()
                .any(|row| row.starts_with("1008") && row.contains("key refused")),
            "{said:?}"
        );
        assert!(
            said.iter()
                .any(|row| row.starts_with("0810") && row.contains("opened")),
            "{said:?}"
        );
        harness.get_by_label_contains("0810 Purse").click();
        harness.run();
        assert!(harness.query_by_label_contains("0810/des@1, KCV").is_some());
        shot(&mut harness, &format!("scan-done-{name}"));
        harness.get_by_label_contains("1008 Random").click();
        harness.run();
        assert!(
            harness
                .query_by_label_contains("The card did not take it")
                .is_some()
        );
        shot(&mut harness, &format!("scan-refused-{name}"));
        harness.set_size(egui::vec2(1280.0, 800.0));
        harness.run();
        assert!(harness.query_by_label(Action::ChooseKeys.name()).is_some());
        shot(&mut harness, &format!("scan-small-{name}"));
        harness.get_by_label_contains("Reader: ACS").click();
        harness.run();
        shot(&mut harness, &format!("scan-menu-{name}"));
        harness
            .get_by_role_and_label(Role::MenuItem, Action::ForgetKeys.name())
            .click();
        harness.run();
        settle(&mut harness, &bench, "forgotten", |view| {
            view.keys_at_hand.is_some_and(|keys| keys.own == 0)
        });
    }
}
