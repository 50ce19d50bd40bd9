//! Sealed card files in the workbench: asked about, opened to be looked at, and nothing of what was open is lost.

use crate::cli::data;
use crate::readers::wait;
use crate::support::{Division, SeededRng, demo_card, issued};
use crate::workbench::after;
use cardwright::device::card_file::write_sealed;
use cardwright::device::emulated::EmulatedCard;
use cardwright::model::card::Idm;
use cardwright::model::card::difference::Sides;
use cardwright::model::dump::export::Format;
use cardwright::workbench::command::TypedPassphrase;
use cardwright::workbench::compare::Side;
use cardwright::workbench::view::{
    ByteView, CardSource, CardView, PassphraseState, PassphraseView, Severity, View,
};
use cardwright::workbench::{Command, Workbench};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// What opens the files of these tests.
pub const PASSPHRASE: &str = "seventeen small herons";

pub fn typed(text: &str) -> TypedPassphrase {
    TypedPassphrase(Zeroizing::new(text.into()))
}

/// A card in a sealed file.
pub fn sealed(folder: &Path, name: &str, card: &EmulatedCard) -> PathBuf {
    let passphrase = Zeroizing::new(PASSPHRASE.to_string());
    let (profile, memory) = (card.profile(), card.memory());
    let bytes = write_sealed(
        profile,
        memory,
        card.journal(),
        &passphrase,
        &mut SeededRng(7),
    );
    let path = folder.join(name);
    fs::write(&path, bytes.expect("sealed")).expect("written");
    path
}

/// A card that is not the one in the emulator.
fn other_card() -> EmulatedCard {
    let demo = Division::new().demo;
    issued(Idm([1, 0x12, 0x77, 1, 2, 3, 4, 5]), &demo.division_key)
}

fn question(view: &View) -> Option<(&str, PassphraseState)> {
    let asked: &PassphraseView = view.passphrase.as_ref()?;
    Some((&asked.file, asked.state))
}

/// Waits until that file is asked about, and gives the question's number.
fn asked(bench: &Workbench, name: &str) -> u64 {
    let view = wait(bench, "the question", |view| {
        question(view) == Some((name, PassphraseState::Asked))
    });
    view.passphrase.as_ref().expect("waited for").number
}

fn source(view: &View) -> Option<&CardSource> {
    view.card.as_ref().map(|card| &card.source)
}

fn shows(view: &View, name: &str) -> bool {
    let sealed = CardSource::Sealed { name: name.into() };
    source(view) == Some(&sealed) && view.passphrase.is_none()
}

/// Whether the sample's emulated card, which holds keys, shows none of their bytes.
fn masked(card: &CardView) -> bool {
    let rows = (0..card.bytes.len() as u32).filter_map(|at| card.bytes.row(at));
    let secret = rows.flatten().filter(|byte| *byte == ByteView::Secret);
    secret.count() > 100
}

#[test]
fn a_sealed_card_is_opened_looked_at_and_never_put_into_the_emulator() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = sealed(folder.path(), "live.card", &other_card());
    let place = folder.path().join("workspace");
    let bench = Workbench::open(Some(place.clone()));
    let emulated = fs::read(place.join("emulated.card")).expect("kept");
    let before = Arc::clone(bench.view().card.as_ref().expect("a card"));
    after(&bench, Command::ShowKeys(true), "the keys", |view| {
        view.workspace.keys_shown
    });
    let (a, b) = (Side::Live, Side::Moment(None));
    bench.send(Command::Compare(Sides { a, b }));
    bench.send(Command::StartDivide);
    bench.send(Command::OpenFile(path));
    let number = asked(&bench, "live.card");
    let waiting = bench.view();
    assert!(waiting.recent.is_empty(), "it is not open yet");
    assert!(waiting.comparison.is_some() && waiting.flow.is_some());
    let answer = Command::TryPassphrase(number, typed(PASSPHRASE));
    let view = after(&bench, answer, "the card", |view| shows(view, "live.card"));
    // Neither would be about the card that is shown.
    assert!(view.comparison.is_none() && view.flow.is_none());
    let card = view.card.as_ref().expect("shown");
    assert_ne!(card.idm, before.idm);
    assert!(card.map.is_some() && card.history.is_none() && card.mode.is_none());
    assert_eq!(card.divide_refused_because, Some("flow.refused.sealed"));
    assert!(
        masked(card),
        "its keys are hidden though those of the emulator are shown"
    );
    assert_eq!(view.owners.len(), card.tree.systems.len());
    assert_eq!(view.recent[0].name, "live.card");
    assert!(view.notices.is_empty(), "{:?}", view.notices);

    // What only a card in the emulator can do leaves both as they are.
    for command in [
        Command::MakeCard(None),
        Command::StartDivide,
        Command::ClearTrace,
    ] {
        bench.send(command);
    }
    let out = folder.path().join("out.txt");
    let export = Command::Export(Format::Text, out.clone());
    let view = after(&bench, export, "the export", |view| view.notices.len() == 1);
    assert_eq!(view.notices[0].severity, Severity::Done);
    let text = fs::read_to_string(out).expect("written");
    assert!(text.contains("0003") && !text.contains("444D4F"), "{text}");
    let view = bench.view();
    assert!(shows(&view, "live.card") && view.flow.is_none());
    let kept = fs::read(place.join("emulated.card")).expect("kept");
    assert_eq!(kept, emulated, "the emulator kept its card");
    assert!(!place.join("before.card").exists());
    let view = after(&bench, Command::ChooseReader(0), "the emulator", |view| {
        matches!(source(view), Some(CardSource::Emulated { .. }))
    });
    let card = view.card.as_ref().expect("shown");
    assert_eq!((&card.tree, card.idm), (&before.tree, before.idm));
}

#[test]
fn a_wrong_passphrase_leaves_the_question_and_what_was_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = sealed(folder.path(), "live.card", &other_card());
    let bench = Workbench::open(None);
    let dump = PathBuf::from(data("flipper-v2.nfc"));
    let before = after(&bench, Command::OpenFile(dump), "the dump", |view| {
        matches!(source(view), Some(CardSource::File { .. }))
    });
    bench.send(Command::OpenFile(path));
    let number = asked(&bench, "live.card");
    // Every view is seen as it is published, those in between as well.
    let bench = Arc::new(bench);
    let states = Arc::new(Mutex::new(Vec::new()));
    let (seen, there) = (Arc::clone(&states), Arc::downgrade(&bench));
    bench.on_new_view(Box::new(move || {
        if let Some(bench) = there.upgrade() {
            let state = question(&bench.view()).map(|(_, state)| state);
            seen.lock().expect("whole").push(state);
        }
    }));
    let tried = [PassphraseState::Trying, PassphraseState::Wrong].map(Some);
    for wrong in ["", "seventeen small heron", "Seventeen small herons"] {
        states.lock().expect("whole").clear();
        bench.send(Command::TryPassphrase(number, typed(wrong)));
        wait(&bench, "no", |_| {
            let seen = states.lock().expect("whole");
            seen.windows(2).any(|pair| pair == tried)
        });
        let view = bench.view();
        assert!(view.notices.is_empty(), "it is said where it is asked");
        assert_eq!(source(&view), source(&before));
        assert_eq!(view.recent.len(), 1);
    }
    bench.on_new_view(Box::new(|| ()));
    // One that answers another question is no answer.
    bench.send(Command::TryPassphrase(number + 1, typed(PASSPHRASE)));
    bench.send(Command::LeaveSealed(number + 1));
    let right = Command::TryPassphrase(number, typed(PASSPHRASE));
    after(&bench, right, "the card", |view| shows(view, "live.card"));
}

#[test]
fn a_sealed_file_that_is_left_closed_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = sealed(folder.path(), "live.card", &other_card());
    let bench = Workbench::open(None);
    let before = Arc::clone(bench.view().card.as_ref().expect("a card"));
    bench.send(Command::OpenFile(path));
    let number = asked(&bench, "live.card");
    let view = after(&bench, Command::LeaveSealed(number), "the end", |view| {
        view.passphrase.is_none()
    });
    let now = view.card.as_ref().expect("shown");
    assert_eq!((&now.source, &now.tree), (&before.source, &before.tree));
    assert!(view.notices.is_empty() && view.recent.is_empty());
    // Nothing is open that a late answer could be for.
    let late = Command::TryPassphrase(number, typed(PASSPHRASE));
    let view = after(&bench, late, "the answer", |view| {
        view.card
            .as_ref()
            .is_some_and(|card| card.revision > now.revision)
    });
    assert!(matches!(source(&view), Some(CardSource::Emulated { .. })));
}

#[test]
fn a_damaged_sealed_file_is_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = sealed(folder.path(), "live.card", &other_card());
    let whole = fs::read(&path).expect("written");
    let bench = Workbench::open(None);
    // What can be told without the passphrase is said at once.
    for (at, length) in [40, whole.len() - 9].into_iter().enumerate() {
        fs::write(&path, &whole[..length]).expect("written");
        let view = after(&bench, Command::OpenFile(path.clone()), "said", |view| {
            view.notices.len() == at + 1
        });
        assert!(view.passphrase.is_none());
    }
    // A changed seal cannot be told from a wrong passphrase.
    let mut changed = whole.clone();
    let at = changed.len() - 500;
    changed[at] ^= 1;
    fs::write(&path, &changed).expect("written");
    bench.send(Command::OpenFile(path.clone()));
    let number = asked(&bench, "live.card");
    let answer = Command::TryPassphrase(number, typed(PASSPHRASE));
    after(&bench, answer, "wrong", |view| {
        question(view) == Some(("live.card", PassphraseState::Wrong))
    });
    after(&bench, Command::LeaveSealed(number), "the end", |view| {
        view.passphrase.is_none()
    });
    // A file that has gone meanwhile ends its question, and is said.
    fs::write(&path, &whole).expect("written");
    bench.send(Command::OpenFile(path.clone()));
    let number = asked(&bench, "live.card");
    fs::remove_file(&path).expect("removed");
    let answer = Command::TryPassphrase(number, typed(PASSPHRASE));
    let view = after(&bench, answer, "said", |view| view.notices.len() == 3);
    assert!(view.passphrase.is_none() && view.recent.is_empty());
    assert!(view.notices[2].words.what.contains("live.card"));
    assert!(matches!(source(&view), Some(CardSource::Emulated { .. })));
}

#[test]
fn sealed_files_among_others_are_asked_about_one_after_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = sealed(folder.path(), "one.card", &other_card());
    let two = sealed(folder.path(), "two.card", &demo_card());
    let dump = PathBuf::from(data("flipper-v2.nfc"));
    let bench = Workbench::open(None);
    bench.send(Command::OpenFiles(vec![one.clone(), dump, two, one]));
    let first = asked(&bench, "one.card");
    let shown = bench.view();
    assert!(matches!(source(&shown), Some(CardSource::File { .. })));
    let answer = Command::TryPassphrase(first, typed(PASSPHRASE));
    bench.send(answer);
    let second = asked(&bench, "two.card");
    assert_ne!(first, second);
    let shown = bench.view();
    assert!(matches!(source(&shown), Some(CardSource::Sealed { name }) if name == "one.card"));
    let view = after(&bench, Command::LeaveSealed(second), "the end", |view| {
        view.passphrase.is_none()
    });
    assert!(shows(&view, "one.card"));
}

#[test]
fn sealed_files_are_compared_when_their_passphrases_are_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = sealed(folder.path(), "one.card", &other_card());
    let two = sealed(folder.path(), "two.card", &demo_card());
    let bench = Workbench::open(None);
    after(&bench, Command::ShowKeys(true), "the keys", |view| {
        view.workspace.keys_shown
    });
    let (a, b) = (Side::File(one.clone()), Side::Live);
    bench.send(Command::Compare(Sides { a, b }));
    let number = asked(&bench, "one.card");
    let answer = Command::TryPassphrase(number, typed(PASSPHRASE));
    let view = after(&bench, answer, "the comparison", |view| {
        view.comparison.is_some() && view.passphrase.is_none()
    });
    let compared = Arc::clone(view.comparison.as_ref().expect("waited for"));
    assert!(!compared.difference.is_empty());
    assert!(masked(&compared.sides.a.card), "the sealed side is");
    assert!(!masked(&compared.sides.b.card), "and the emulator's is not");
    assert!(compared.sides.a.card.history.is_none());
    let view = after(&bench, Command::SwapSides, "swapped", |view| {
        view.comparison
            .as_ref()
            .is_some_and(|now| now.sides.a.side == Side::Live)
    });
    assert!(view.passphrase.is_none(), "it is not asked for again");

    // Both sides sealed: one question each. What was compared stays until both are open.
    let (a, b) = (
        Side::File(two.clone()),
        Side::File(folder.path().join("three.card")),
    );
    fs::copy(&one, folder.path().join("three.card")).expect("copied");
    bench.send(Command::Compare(Sides { a, b }));
    let number = asked(&bench, "two.card");
    bench.send(Command::TryPassphrase(number, typed(PASSPHRASE)));
    let number = asked(&bench, "three.card");
    let before = bench.view();
    let sides = before
        .comparison
        .as_ref()
        .map(|now| now.sides.b.side.clone());
    assert_eq!(sides, Some(Side::File(one)));
    let answer = Command::TryPassphrase(number, typed(PASSPHRASE));
    let view = after(&bench, answer, "the comparison", |view| {
        let now = view.comparison.as_ref().map(|now| &now.sides.a.side);
        now == Some(&Side::File(two.clone()))
    });
    assert!(view.passphrase.is_none() && view.notices.is_empty());
    let now = view.comparison.as_ref().expect("waited for");
    assert!(masked(&now.sides.a.card) && masked(&now.sides.b.card));
}

#[test]
fn a_typed_passphrase_is_nowhere_to_be_seen() {
    let command = Command::InWindow(3, Box::new(Command::TryPassphrase(1, typed(PASSPHRASE))));
    for shown in [format!("{command:?}"), format!("{command:#?}")] {
        assert!(shown.contains("TypedPassphrase"), "{shown}");
        assert!(!shown.contains("heron") && !shown.contains("22"), "{shown}");
    }
}
