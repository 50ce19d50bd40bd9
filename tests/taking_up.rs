//! A flow that is taken up when a workspace is opened: whatever became of its card meanwhile, nothing is written to the
//! card before a person asks for it.

use crate::support::{blank_memory, card_of, issued};
use crate::workbench::{after, ended};
use cardwright::device::card_file;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::model::card::Idm;
use cardwright::model::cipher::DesKey;
use cardwright::model::demo::Demo;
use cardwright::model::flow::divide::table;
use cardwright::workbench::command::Fault;
use cardwright::workbench::view::{FlowEnd, StepState, View};
use cardwright::workbench::{Command, Workbench};
use std::path::{Path, PathBuf};

fn position(step: &str) -> usize {
    let table = table();
    let found = table.steps().position(|other| other.id.0 == step);
    found.expect("a step")
}

/// What became of the workspace's card while the workspace was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    /// Its file is gone: another card is made, alike.
    Lost,
    /// The file as it was before the flow.
    Older,
    /// The file as it was one step before.
    StepOlder,
    /// An undivided card of the same IDm and keys, with another past.
    Alike,
    /// One of the same IDm that knows another K_D.
    OtherKeys,
    /// A blank card of the same IDm.
    Blank,
    /// Another card.
    Other,
    /// The file is cut off.
    Torn,
}

use Meanwhile::{Alike, Blank, Lost, Nothing, Older, Other, OtherKeys, StepOlder};

const ALL: [Meanwhile; 9] = [
    Nothing,
    Lost,
    Older,
    StepOlder,
    Alike,
    OtherKeys,
    Blank,
    Other,
    Meanwhile::Torn,
];

/// The files of a workspace's card: as it is, and as it was.
struct Cards {
    now: Vec<u8>,
    step_older: Vec<u8>,
    before_flow: Vec<u8>,
}

fn written(card: &EmulatedCard) -> Vec<u8> {
    card_file::write_demo(card.profile(), card.memory(), card.journal()).expect("a card file")
}

impl Meanwhile {
    /// The card's file when the workspace is opened again; `None` where there is none.
    fn file(self, cards: &Cards) -> Option<Vec<u8>> {
        let demo = Demo::new();
        let other_key = DesKey::new(*b"DEMO-K_X");
        Some(match self {
            Nothing => cards.now.clone(),
            Lost => return None,
            Older => cards.before_flow.clone(),
            StepOlder => cards.step_older.clone(),
            Alike => written(&issued(demo.idm, &demo.division_key)),
            OtherKeys => written(&issued(demo.idm, &other_key)),
            Blank => written(&card_of(blank_memory(demo.idm, &demo.division_key))),
            Other => written(&issued(
                Idm([1, 0x12, 9, 9, 9, 9, 9, 9]),
                &demo.division_key,
            )),
            Meanwhile::Torn => cards.now[..cards.now.len() / 2].to_vec(),
        })
    }
}

/// The card of a file as it comes up by itself, when nobody sends it anything.
fn comes_up(file: &[u8]) -> Option<Memory> {
    let saved = card_file::read(file, None).ok()?;
    Some(saved.into_card().expect("a card").memory().clone())
}

/// The memory of the workbench's card now. It is asked for by saving a copy, which changes nothing.
fn memory(bench: &Workbench, folder: &Path) -> Memory {
    let copy = folder.join("copy.card");
    let _ = std::fs::remove_file(&copy);
    let said = bench.view().notices.len();
    after(bench, Command::SaveCard(copy.clone()), "a copy", |view| {
        view.notices.len() > said
    });
    comes_up(&std::fs::read(copy).expect("a copy")).expect("a card")
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}

fn step(bench: &Workbench, done: usize) {
    after(bench, Command::Next, "a step", |view| {
        view.flow
            .as_ref()
            .is_some_and(|flow| flow.next == Some(done) || flow.ended.is_some())
    });
}

/// A workspace whose flow has done that many steps and was closed, for every number of steps in turn.
fn after_each_step(mut look: impl FnMut(usize, &Path, &Cards)) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    drop(Workbench::open(Some(place.clone())));
    let own = place.join("emulated.card");
    let first = std::fs::read(&own).expect("a card");
    let mut cards = Cards {
        now: first.clone(),
        step_older: first.clone(),
        before_flow: first,
    };
    for done in 1..=table().steps().count() {
        {
            let bench = Workbench::open(Some(place.clone()));
            if done == 1 {
                after(&bench, Command::StartDivide, "the wizard", |view| {
                    view.flow.is_some()
                });
            }
            step(&bench, done);
        }
        cards.step_older = std::mem::replace(&mut cards.now, std::fs::read(&own).expect("a card"));
        look(done, &place, &cards);
    }
}

/// A copy of the workspace with what became of its card.
fn opened_after(place: &Path, to: &Path, file: Option<&[u8]>) -> PathBuf {
    let copy = to.join("workspace");
    copy_folder(place, &copy);
    let own = copy.join("emulated.card");
    match file {
        Some(bytes) => std::fs::write(own, bytes).expect("written"),
        None => std::fs::remove_file(own).expect("removed"),
    }
    copy
}

#[test]
fn nothing_is_written_before_a_person_asks_for_it() {
    let mut cases = 0;
    after_each_step(|done, place, cards| {
        for meanwhile in ALL {
            let case = format!("{meanwhile:?} after {done} steps");
            let folder = tempfile::tempdir().expect("a folder");
            let file = meanwhile.file(cards);
            let place = opened_after(place, folder.path(), file.as_deref());
            let own = place.join("emulated.card");
            // Opened twice: what is asked of the card and noted the first time changes nothing either.
            for _ in 0..2 {
                let before = std::fs::read(&own).ok();
                let bench = Workbench::open(Some(place.clone()));
                let view = bench.view();
                match before.as_deref() {
                    None => {
                        let card = view.card.as_ref().expect("a new card");
                        let systems = card.tree.systems.iter();
                        assert_eq!(
                            systems.filter(|system| !system.pending).count(),
                            1,
                            "{case}"
                        );
                    }
                    Some(bytes) => match comes_up(bytes) {
                        Some(memory_before) => {
                            assert!(memory(&bench, folder.path()) == memory_before, "{case}");
                        }
                        None => assert!(view.card.is_none(), "{case}"),
                    },
                }
                drop(bench);
                if let Some(before) = before {
                    assert!(std::fs::read(&own).is_ok_and(|now| now == before), "{case}");
                }
            }
            cases += 1;
        }
    });
    assert_eq!(cases, table().steps().count() * ALL.len());
}

fn told(view: &View) -> bool {
    let Some(FlowEnd::Refused(words)) = ended(view) else {
        return false;
    };
    let flow = view.flow.as_ref().expect("a flow");
    let idm = Demo::new().idm.to_string();
    words.what.contains(&idm)
        && words.what.contains("ST69")
        && words.what.contains("Nothing was written now")
        && words.next.contains("go on")
        && words.next.contains("stop")
        && flow.next == Some(position("ST69"))
        && flow.steps[position("ST69")] == StepState::Refused
        && !flow.committed
}

#[test]
fn a_division_that_the_card_does_not_hold_is_told_until_somebody_goes_on_or_stops() {
    let written = position("ST69") + 1;
    after_each_step(|done, place, cards| {
        if done != written {
            return;
        }
        for meanwhile in [Lost, Older, StepOlder, Alike, OtherKeys] {
            let folder = tempfile::tempdir().expect("a folder");
            let file = meanwhile.file(cards);
            let place = opened_after(place, folder.path(), file.as_deref());
            for _ in 0..2 {
                let bench = Workbench::open(Some(place.clone()));
                let view = bench.view();
                assert!(told(&view), "{meanwhile:?}: {:?}", ended(&view));
            }
            let stopped = folder.path().join("stopped");
            copy_folder(&place, &stopped);
            // It is done anew when it is asked for, and then only.
            {
                let bench = Workbench::open(Some(place));
                let flow = bench.view().flow.clone().expect("the flow");
                let view = after(&bench, Command::Next, "the step again", |view| {
                    view.flow
                        .as_ref()
                        .is_some_and(|now| now.steps != flow.steps || now.ended != flow.ended)
                });
                let systems = view.card.as_ref().expect("a card").tree.systems.iter();
                let made = systems.filter(|system| !system.pending).count();
                assert_eq!(
                    made,
                    if meanwhile == OtherKeys { 1 } else { 2 },
                    "{meanwhile:?}"
                );
            }
            let bench = Workbench::open(Some(stopped));
            let before = memory(&bench, folder.path());
            let view = after(&bench, Command::Stop, "the stop", |view| {
                matches!(ended(view), Some(FlowEnd::Stopped { .. }))
            });
            let untouched = FlowEnd::Stopped {
                card_untouched: true,
            };
            assert_eq!(ended(&view), Some(&untouched));
            assert!(memory(&bench, folder.path()) == before);
        }
    });
}

/// The power goes at every write of the commit, and the program after it: the next one asks the card, and writes
/// nothing to it beyond what the chip finishes by itself.
#[test]
fn a_card_that_was_torn_in_the_commit_is_asked_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut outcomes = std::collections::BTreeSet::new();
    for (number, at) in (0..40).step_by(3).enumerate() {
        let place = folder.path().join(format!("{number}"));
        {
            let bench = Workbench::open(Some(place.clone()));
            after(&bench, Command::StartDivide, "the wizard", |view| {
                view.flow.is_some()
            });
            for done in 1..=position("ST69") {
                step(&bench, done);
            }
            let cut = PowerCut {
                at_write: at,
                leaves: Torn::Mixed,
            };
            bench.send(Command::Fault(Fault::Power(cut)));
            after(&bench, Command::Next, "the commit", |view| {
                view.flow
                    .as_ref()
                    .is_some_and(|flow| flow.ended.is_some() || flow.next == Some(position("ST70")))
            });
        }
        let file = std::fs::read(place.join("emulated.card")).expect("a card");
        let alone = comes_up(&file).expect("a card");
        let bench = Workbench::open(Some(place.clone()));
        let view = bench.view();
        assert!(view.unsettled.is_empty(), "cut at {at}: it was asked");
        assert_eq!(ended(&view), None, "cut at {at}");
        assert!(memory(&bench, folder.path()) == alone, "cut at {at}");
        outcomes.insert(view.flow.as_ref().and_then(|flow| flow.next));
    }
    let both = [Some(position("ST69")), Some(position("ST70"))];
    assert_eq!(outcomes, both.into());
}
