//! What a workspace keeps over a restart, and what it says when it cannot: the registry behind the workbench.

use crate::workbench::{after, ended};
use cardwright::device::registry::Registry;
use cardwright::model::card::Idm;
use cardwright::model::demo::Demo;
use cardwright::model::flow::log::{Intents, LogEntry};
use cardwright::model::flow::table::StepId;
use cardwright::workbench::headless::{Workspace, new_card, save};
use cardwright::workbench::view::{FlowEnd, Severity, View};
use cardwright::workbench::{Command, Workbench};
use std::path::{Path, PathBuf};

/// Steps before the one that writes, ST69.
const BEFORE_WRITE: usize = 20;
const PROFILE: &str = "std-4k";

fn next(view: &View) -> Option<usize> {
    view.flow.as_ref()?.next
}

/// A workspace whose program was killed after it had written down that it would send ST69's write.
pub fn killed_at_the_write(folder: &Path) {
    {
        let bench = Workbench::open(Some(folder.to_path_buf()));
        after(&bench, Command::StartDivide, "the wizard", |view| {
            view.flow.is_some()
        });
        for step in 1..=BEFORE_WRITE {
            after(&bench, Command::Next, "a step", |view| {
                next(view) == Some(step)
            });
        }
    }
    intend(folder);
}

fn intend(folder: &Path) {
    let mut registry = Registry::open(&folder.join("registry.db")).expect("opened");
    let run = registry.unfinished("divide", Demo::new().idm);
    let run = run.expect("runs").expect("one that goes on");
    let entry = LogEntry::Intent {
        step: StepId("ST69".into()),
        time_ms: 1_795_269_900_000,
    };
    registry.log(run).append(&entry).expect("written");
}

/// A demo card of another IDm, in a file.
pub fn other_card(path: &Path) -> Idm {
    let mut demo = Demo::new();
    demo.idm = Idm([0x01, 0x12, 9, 9, 9, 9, 9, 9]);
    let profile = cardwright::model::card::profile::Profile::named(PROFILE).expect("a profile");
    let card = new_card(&demo, profile).expect("issued");
    save(path, &card, None).expect("saved");
    demo.idm
}

fn open_with_first_told(folder: &Path) -> Workbench {
    let bench = Workbench::open(Some(folder.to_path_buf()));
    let view = bench.view();
    assert_eq!(view.unsettled.len(), 1);
    let write = &view.unsettled[0];
    assert_eq!(write.card, Demo::new().idm);
    assert_eq!(
        (write.step.0.as_str(), write.since_ms),
        ("ST69", 1_795_269_900_000)
    );
    assert!(!write.title.is_empty());
    let [notice] = &view.notices[..] else {
        panic!("one notice: {:?}", view.notices);
    };
    assert_eq!((notice.id, notice.severity), (None, Severity::Unknown));
    for said in [&Demo::new().idm.to_string(), "ST69", "2026-11-21 14:05 UTC"] {
        assert!(notice.words.what.contains(said), "{}", notice.words.what);
    }
    assert!(!notice.words.next.is_empty());
    bench
}

fn idm(view: &View) -> Option<Idm> {
    view.card.as_ref()?.idm
}

#[test]
fn an_unknown_write_stays_told_until_its_own_card_was_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    killed_at_the_write(&place);
    let mine = folder.path().join("mine.card");
    std::fs::copy(place.join("emulated.card"), &mine).expect("taken off the reader");
    let other = other_card(&place.join("emulated.card"));
    drop(open_with_first_told(&place));
    let bench = open_with_first_told(&place);
    assert_eq!(idm(&bench.view()), Some(other));
    assert!(bench.view().flow.is_none(), "the other card has no flow");
    // The other card is divided meanwhile, and a new one made: it is not taken for the first.
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    let view = after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    assert_eq!(ended(&view), Some(&FlowEnd::Done));
    after(&bench, Command::CloseFlow, "the desk", |view| {
        view.flow.is_none()
    });
    let view = after(&bench, Command::NewDemoCard, "a new card", |view| {
        idm(view) != Some(other)
    });
    assert_ne!(idm(&view), Some(Demo::new().idm));
    assert_eq!(view.unsettled.len(), 1);
    drop(bench);
    let bench = open_with_first_told(&place);
    // Its own card says that nothing was written, and the flow goes on.
    let view = after(&bench, Command::OpenFile(mine), "the first card", |view| {
        view.flow.is_some()
    });
    assert!(view.unsettled.is_empty() && view.notices.is_empty());
    assert_eq!(next(&view), Some(BEFORE_WRITE));
    let view = after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    assert_eq!(ended(&view), Some(&FlowEnd::Done));
}

#[test]
fn a_write_that_was_made_is_found_made_after_the_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    killed_at_the_write(&place);
    // Settled by the card at once: it was not written. Then it is, and the registry is put back to before.
    let registry = place.join("registry.db");
    let before = std::fs::read(&registry).expect("the registry");
    {
        let bench = Workbench::open(Some(place.clone()));
        assert_eq!(next(&bench.view()), Some(BEFORE_WRITE));
        assert!(bench.view().unsettled.is_empty());
        after(&bench, Command::Next, "ST69", |view| {
            next(view) == Some(BEFORE_WRITE + 1)
        });
    }
    std::fs::write(&registry, before).expect("put back");
    let bench = Workbench::open(Some(place));
    let view = bench.view();
    assert!(view.unsettled.is_empty(), "{:?}", view.unsettled);
    assert_eq!(next(&view), Some(BEFORE_WRITE + 1));
    assert_eq!(view.card.as_ref().expect("a card").tree.systems.len(), 2);
}

#[test]
fn a_workspace_whose_card_is_gone_makes_one_that_is_told_from_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    killed_at_the_write(&place);
    std::fs::remove_file(place.join("emulated.card")).expect("removed");
    let bench = open_with_first_told(&place);
    assert!(idm(&bench.view()).is_some_and(|idm| idm != Demo::new().idm));
    assert!(bench.view().flow.is_none());
}

/// What is said first when the folder of that name cannot be used; and that nothing in it was changed.
fn said_of(folder: &Path) -> String {
    let files = || -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(folder).expect("the folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut all: Vec<_> = paths
            .map(|path| (path.clone(), std::fs::read(&path).expect("bytes")))
            .collect();
        all.sort();
        all
    };
    let before = files();
    let bench = Workbench::open(Some(folder.to_path_buf()));
    after(&bench, Command::NewDemoCard, "work goes on", |view| {
        view.card.is_some()
    });
    let view = bench.view();
    assert_eq!(view.notices.len(), 1);
    drop(bench);
    assert!(files() == before, "something was changed");
    view.notices[0].words.what.clone()
}

#[test]
fn a_workspace_that_cannot_be_used_is_left_as_it_is_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    drop(Workbench::open(Some(place.clone())));
    let registry = place.join("registry.db");
    let whole = std::fs::read(&registry).expect("the registry");
    let mut said = Vec::new();
    {
        let _first = Workbench::open(Some(place.clone()));
        let second = Workbench::open(Some(place.clone()));
        said.push(second.view().notices[0].words.what.clone());
    }
    std::fs::write(&registry, b"Dear diary").expect("written");
    said.push(said_of(&place));
    std::fs::write(&registry, &whole[..whole.len() - 1]).expect("written");
    said.push(said_of(&place));
    std::fs::write(&registry, &whole).expect("written");
    std::fs::write(place.join("divide.log"), b"").expect("written");
    said.push(said_of(&place));
    let expected = [
        "Another Cardwright has this workspace open.",
        "The workspace's registry.db is not a registry.",
        "The workspace's registry is damaged.",
        "An older version left a flow here that did not end.",
    ];
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said}");
    }
    std::fs::remove_file(place.join("divide.log")).expect("removed");
    assert!(Workbench::open(Some(place)).view().notices.is_empty());
}

#[test]
fn a_workspaces_card_that_cannot_be_read_is_kept_beside_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    drop(Workbench::open(Some(place.clone())));
    let (own, beside) = (place.join("emulated.card"), place.join("unreadable.card"));
    let whole = std::fs::read(&own).expect("a card");
    let cut = &whole[..whole.len() / 2];
    std::fs::write(&own, cut).expect("written");
    let bench = Workbench::open(Some(place));
    let view = bench.view();
    assert!(view.card.is_none() && view.notices.len() == 1);
    let words = &view.notices[0].words;
    assert!(
        words
            .what
            .starts_with("emulated.card is cut off or damaged")
    );
    assert!(words.next.starts_with("It is left as it is."), "{words:?}");
    assert_eq!(std::fs::read(&own).expect("a file"), cut);
    after(&bench, Command::NewDemoCard, "a card", |view| {
        view.card.is_some()
    });
    assert_eq!(std::fs::read(&beside).expect("a file"), cut);
    after(&bench, Command::NewDemoCard, "another", |view| {
        view.card.is_some()
    });
    assert_eq!(std::fs::read(&beside).expect("a file"), cut);
    drop(bench);
    assert!(std::fs::read(&own).is_ok_and(|card| card.len() > cut.len()));
}

#[test]
fn a_second_card_that_cannot_be_read_does_not_take_the_place_of_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    drop(Workbench::open(Some(place.clone())));
    let own = place.join("emulated.card");
    for damaged in ["one", "another"] {
        std::fs::write(&own, damaged).expect("written");
        let bench = Workbench::open(Some(place.clone()));
        after(&bench, Command::NewDemoCard, "a card", |view| {
            view.card.is_some()
        });
    }
    let kept = |name: &str| std::fs::read_to_string(place.join(name)).expect("a file");
    assert_eq!(kept("unreadable.card"), "one");
    assert_eq!(kept("unreadable-2.card"), "another");
}

#[test]
fn a_card_is_kept_when_the_one_that_could_not_be_read_was_taken_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    drop(Workbench::open(Some(place.clone())));
    let own = place.join("emulated.card");
    std::fs::write(&own, "damaged").expect("written");
    let bench = Workbench::open(Some(place.clone()));
    std::fs::remove_file(&own).expect("removed");
    after(&bench, Command::NewDemoCard, "a card", |view| {
        view.card.is_some()
    });
    drop(bench);
    assert!(own.exists() && !place.join("unreadable.card").exists());
    assert!(Workbench::open(Some(place)).view().card.is_some());
}

#[test]
fn a_workspace_with_live_keys_says_that_its_card_is_not_kept() {
    use cardwright::device::seal::Passphrase;
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    let phrase = Passphrase::new("correct horse".into());
    let mut live = Workspace::open_live(place.clone()).expect("opened");
    live.keys(Some(&phrase)).expect("a key store");
    drop(live);
    let bench = Workbench::open(Some(place.clone()));
    let copy = folder.path().join("copy.card");
    after(&bench, Command::SaveCard(copy.clone()), "refused", |view| {
        view.notices.len() > 1
    });
    for notice in &bench.view().notices {
        assert!(notice.words.what.contains("cannot be sealed"), "{notice:?}");
    }
    assert!(!copy.exists() && !place.join("emulated.card").exists());
}
