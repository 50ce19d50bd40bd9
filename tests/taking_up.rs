//! A flow that is taken up when a workspace is opened: whatever became of its card meanwhile, nothing is written to the
//! card before a person asks for it.

use crate::support::{blank_memory, card_of, issued, times};
use crate::workbench::{after, ended};
use cardwright::device::card_file;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::{Memory, PowerCut, Torn};
use cardwright::model::card::Idm;
use cardwright::model::cipher::DesKey;
use cardwright::model::demo::Demo;
use cardwright::model::flow::divide::table;
use cardwright::workbench::command::{Fault, LinkFault};
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
    alike: Vec<u8>,
    other_keys: Vec<u8>,
    blank: Vec<u8>,
    other: Vec<u8>,
}

impl Cards {
    fn new(before_flow: Vec<u8>) -> Cards {
        let demo = Demo::new();
        let other = Idm([0x01, 0x12, 9, 9, 9, 9, 9, 9]);
        Cards {
            now: before_flow.clone(),
            step_older: before_flow.clone(),
            before_flow,
            alike: written(&issued(demo.idm, &demo.division_key)),
            other_keys: written(&issued(demo.idm, &DesKey::new(*b"DEMOKEYX"))),
            blank: written(&card_of(blank_memory(demo.idm, &demo.division_key))),
            other: written(&issued(other, &demo.division_key)),
        }
    }
}

fn written(card: &EmulatedCard) -> Vec<u8> {
    card_file::write_demo(card.profile(), card.memory(), card.journal()).expect("a card file")
}

impl Meanwhile {
    /// The card's file when the workspace is opened again; `None` where there is none.
    fn file(self, cards: &Cards) -> Option<Vec<u8>> {
        Some(match self {
            Nothing => cards.now.clone(),
            Lost => return None,
            Older => cards.before_flow.clone(),
            StepOlder => cards.step_older.clone(),
            Alike => cards.alike.clone(),
            OtherKeys => cards.other_keys.clone(),
            Blank => cards.blank.clone(),
            Other => cards.other.clone(),
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
    let mut cards = Cards::new(first);
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
    // Of those before the card is read, the soak looks at each.
    let few = [position("ST22"), position("ST61"), position("ST64")];
    let looked_at =
        |done: usize| done > position("ST67") || times(0, 1) == 1 || few.contains(&done);
    after_each_step(|done, place, cards| {
        for meanwhile in ALL.into_iter().filter(|_| looked_at(done)) {
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
    let steps = (1..=table().steps().count()).filter(|done| looked_at(*done));
    assert_eq!(cases, steps.count() * ALL.len());
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

/// A workspace whose flow stands before the step that writes.
fn before_the_commit(place: &Path) {
    let bench = Workbench::open(Some(place.to_path_buf()));
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    for done in 1..=position("ST69") {
        step(&bench, done);
    }
}

fn is_unknown(view: &View) -> bool {
    matches!(ended(view), Some(FlowEnd::Unknown(_)))
}

/// A workbench whose card met an accident with the frame that commits, and of which nothing is known since.
fn unknown(accident: LinkFault) -> (tempfile::TempDir, Workbench) {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("workspace");
    before_the_commit(&place);
    let bench = Workbench::open(Some(place));
    bench.send(Command::Fault(Fault::Link(accident)));
    after(&bench, Command::Next, "no answer", is_unknown);
    (folder, bench)
}

fn systems(view: &View) -> usize {
    let card = view.card.as_ref().expect("a card");
    let systems = card.tree.systems.iter();
    systems.filter(|system| !system.pending).count()
}

#[test]
fn next_after_a_lost_answer_asks_the_card_and_does_no_more() {
    for (accident, made) in [(LinkFault::Before, 1), (LinkFault::AnswerLost, 2)] {
        let (_folder, bench) = unknown(accident);
        let view = after(&bench, Command::Next, "the card's answer", |view| {
            ended(view).is_none()
        });
        let flow = view.flow.as_ref().expect("a flow");
        assert_eq!(systems(&view), made, "{accident:?}");
        let next = match made {
            1 => position("ST69"),
            _ => position("ST70"),
        };
        assert_eq!(flow.next, Some(next), "{accident:?}");
        assert!(view.unsettled.is_empty());
    }
}

#[test]
fn no_step_is_taken_back_while_a_write_is_unknown() {
    let (_folder, bench) = unknown(LinkFault::AnswerLost);
    let before = bench.view();
    let flow = before.flow.as_ref().expect("a flow");
    assert!(!flow.can_step_back);
    bench.send(Command::Back);
    // Answered by a view of its own, behind that of the step back.
    let view = after(&bench, Command::DialogMissing, "a word", |view| {
        view.notices.len() > before.notices.len()
    });
    let now = view.flow.as_ref().expect("a flow");
    assert_eq!((&now.steps, now.next), (&flow.steps, flow.next));
    assert!(is_unknown(&view) && view.unsettled.len() == 1);
}

#[test]
fn a_card_is_not_given_away_while_a_write_to_it_is_unknown() {
    let (_folder, bench) = unknown(LinkFault::AnswerLost);
    // It cannot be asked any more.
    bench.send(Command::Fault(Fault::TakeAway));
    let idm = bench.view().card.as_ref().expect("a card").idm;
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("other.card");
    crate::workbench_kept::other_card(&other);
    let refuses = |bench: &Workbench, command: Command| {
        let said = bench.view().notices.len();
        let view = after(bench, command, "a refusal", |view| {
            view.notices.len() > said
        });
        let words = &view.notices.last().expect("a notice").words;
        assert!(words.what.contains("not known"), "{words:?}");
        assert!(words.what.contains("stays where it is"), "{words:?}");
        assert_eq!(view.card.as_ref().expect("a card").idm, idm);
        assert_eq!(view.unsettled.len(), 1);
    };
    refuses(&bench, Command::NewDemoCard);
    refuses(&bench, Command::OpenFile(other.clone()));
    // Neither ends it to leave the flow, or to stop it.
    bench.send(Command::Stop);
    let view = after(&bench, Command::CloseFlow, "the desk", |view| {
        view.flow.is_none()
    });
    assert_eq!(view.unsettled.len(), 1);
    refuses(&bench, Command::NewDemoCard);
    refuses(&bench, Command::OpenFile(other));
    // The card is there again, and is asked: it goes when it is known what became of it.
    bench.send(Command::ClearFaults);
    let view = after(&bench, Command::StartDivide, "the flow", |view| {
        view.flow.is_some()
    });
    assert!(view.unsettled.is_empty() && systems(&view) == 2);
    after(&bench, Command::NewDemoCard, "a new card", |view| {
        systems(view) == 1
    });
}

/// The power goes at every write of the commit, and the program after it: the next one asks the card, and writes
/// nothing to it beyond what the chip finishes by itself.
#[test]
fn a_card_that_was_torn_in_the_commit_is_asked_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let prepared = folder.path().join("prepared");
    before_the_commit(&prepared);
    let mut outcomes = std::collections::BTreeSet::new();
    for (number, at) in (0..40).step_by(times(3, 1)).enumerate() {
        let place = folder.path().join(format!("{number}"));
        copy_folder(&prepared, &place);
        {
            let bench = Workbench::open(Some(place.clone()));
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
