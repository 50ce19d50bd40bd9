//! A card's history over restarts: whatever a command has done is there again when the program is killed right after it.
//!
//! A kill is a copy of the folder's card taken while the workbench still runs, opened by another workbench.

use crate::support::times;
use cardwright::device::readers::NoReaders;
use cardwright::model::card::journal::{EventId, Moment};
use cardwright::workbench::command::EditedBytes;
use cardwright::workbench::view::{CardView, History, View};
use cardwright::workbench::{Command, Workbench};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// With no readers, whose coming would be taken for the answer to a command.
fn open(folder: &Path) -> Workbench {
    Workbench::open_with(Some(folder.to_path_buf()), Arc::new(NoReaders))
}

fn card(view: &View) -> &CardView {
    view.card.as_deref().expect("a card")
}

fn history(view: &View) -> &History {
    card(view).history.as_ref().expect("what was written")
}

/// Sends a command and waits for the view after it.
fn after(bench: &Workbench, command: Command) -> Arc<View> {
    let before = card(&bench.view()).revision;
    bench.send(command);
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let view = bench.view();
        if card(&view).revision > before {
            return view;
        }
        assert!(Instant::now() < until, "waited in vain for a view");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Opens anew what a killed program would leave in the folder.
fn killed(folder: &Path) -> (tempfile::TempDir, Workbench) {
    let other = tempfile::tempdir().expect("a folder");
    for name in ["workspace.ron", "emulated.card"] {
        std::fs::copy(folder.join(name), other.path().join(name)).expect(name);
    }
    let bench = open(other.path());
    (other, bench)
}

fn same(a: &View, b: &View) {
    assert_eq!(card(a).bytes.len(), card(b).bytes.len());
    assert!(
        (0..card(a).bytes.len() as u32).all(|at| card(a).bytes.row(at) == card(b).bytes.row(at))
    );
    let (a, b) = (&history(a).journal, &history(b).journal);
    assert!(a.events().eq(b.events()));
    assert!(
        a.events()
            .all(|(_, event)| a.cause(event) == b.cause(event))
    );
    assert!(a.branches().eq(b.branches()));
    assert_eq!((a.head(), a.line_end()), (b.head(), b.line_end()));
    assert_eq!((a.undo_to(), a.redo_to()), (b.undo_to(), b.redo_to()));
}

fn edit(address: u32, value: u8) -> Command {
    let mut bytes = [None; 16];
    bytes[3] = Some(value);
    let bytes: EditedBytes = bytes.into();
    Command::Edit { address, bytes }
}

fn tips(view: &View) -> Vec<EventId> {
    history(view)
        .journal
        .branches()
        .map(|branch| branch.tip)
        .collect()
}

/// Every command that changes a card by hand, or its history.
#[test]
fn each_command_is_kept_when_the_program_is_killed_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open(folder.path());
    let mut now = bench.view();
    let mut done = |command: Command| {
        let view = after(&bench, command.clone());
        let changed = history(&view).journal.head() != history(&now).journal.head()
            || !history(&view)
                .journal
                .branches()
                .eq(history(&now).journal.branches());
        assert!(changed, "{command:?} did nothing");
        let (_other, again) = killed(folder.path());
        same(&view, &again.view());
        now = Arc::clone(&view);
        view
    };
    let issued = history(&bench.view()).journal.head();
    done(edit(1, 0x41));
    done(edit(2, 0x42));
    done(Command::Undo);
    done(Command::Redo);
    let old = tips(&done(Command::Undo))[0];
    done(edit(3, 0x43));
    done(Command::NameBranch(old, "as it went".into()));
    done(Command::GoTo(issued));
    done(Command::GoTo(Some(old)));
    let view = done(edit(4, 0x44));
    let given_up = tips(&view)[0];
    done(Command::DiscardBranch(given_up));
}

#[derive(Clone, Debug)]
enum Act {
    Edit(u32, u8),
    Undo,
    Redo,
    GoTo(usize),
    Name(usize, String),
    Discard(usize),
    Restart,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (0..8_u32, 0..3_u8).prop_map(|(address, value)| Act::Edit(address, value)),
        2 => Just(Act::Undo),
        2 => Just(Act::Redo),
        2 => any::<usize>().prop_map(Act::GoTo),
        2 => (any::<usize>(), ".{0,300}").prop_map(|(at, name)| Act::Name(at, name)),
        1 => any::<usize>().prop_map(Act::Discard),
        1 => Just(Act::Restart),
    ];
    prop::collection::vec(act, 1..30)
}

fn command(act: &Act, view: &View) -> Option<Command> {
    let tips = tips(view);
    let tip = |at: &usize| at.checked_rem(tips.len()).map(|at| tips[at]);
    let moment =
        |at: &usize| -> Moment { EventId::new((at % (history(view).journal.newest() + 1)) as u32) };
    Some(match act {
        Act::Edit(address, value) => edit(*address, *value),
        Act::Undo => Command::Undo,
        Act::Redo => Command::Redo,
        Act::GoTo(at) => Command::GoTo(moment(at)),
        Act::Name(at, name) => Command::NameBranch(tip(at)?, name.clone()),
        Act::Discard(at) => Command::DiscardBranch(tip(at)?),
        Act::Restart => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(times(6, 300) as u32))]
    /// What is edited, taken back, gone to, named and given up, with restarts in between, is there again.
    #[test]
    fn any_history_is_the_same_when_it_is_opened_again(acts in acts()) {
        let mut folder = tempfile::tempdir().expect("a folder");
        let mut bench = open(folder.path());
        for act in &acts {
            let view = bench.view();
            match command(act, &view) {
                Some(command) => {
                    after(&bench, command);
                }
                None => {
                    let (other, again) = killed(folder.path());
                    same(&view, &again.view());
                    (folder, bench) = (other, again);
                }
            }
        }
        let (_other, again) = killed(folder.path());
        same(&bench.view(), &again.view());
    }
}

/// Address of the block that defines the system, and a byte of its key there.
fn system_key(view: &View) -> (u32, usize) {
    (card(view).bytes.len() as u32 - 3, 4)
}

#[test]
fn a_key_that_is_no_demo_key_is_not_typed_into_a_demo_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open(folder.path());
    let kept = || std::fs::read(folder.path().join("emulated.card")).expect("the card");
    let (before, was) = (bench.view(), kept());
    let (address, at) = system_key(&before);
    let mut bytes = [None; 16];
    let live = [0x9B, 0x3E, 0xD5, 0x61, 0xF8, 0x2C, 0xA7, 0x40];
    for (byte, key) in bytes[at..].iter_mut().zip(live) {
        *byte = Some(key);
    }
    let view = after(
        &bench,
        Command::Edit {
            address,
            bytes: bytes.into(),
        },
    );
    let refused = view.refused_edit.as_ref().expect("it is said");
    assert!(refused.words.what.contains("DEMO"));
    assert_eq!(
        history(&view).journal.head(),
        history(&before).journal.head()
    );
    assert_eq!(kept(), was);
    for (byte, key) in bytes[at..].iter_mut().zip(*b"DEMOTYPE") {
        *byte = Some(key);
    }
    let view = after(
        &bench,
        Command::Edit {
            address,
            bytes: bytes.into(),
        },
    );
    assert_eq!(view.refused_edit, None);
    assert_ne!(
        history(&view).journal.head(),
        history(&before).journal.head()
    );
    assert_ne!(kept(), was);
}
