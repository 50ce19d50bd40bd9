//! The stage by itself: what it writes down, when the log fails, and logs of another flow.

use crate::support::{FixedClock, demo_card};
use cardwright::device::emulated::EmulatedCard;
use cardwright::model::flow::at::{Has, Here, Lane};
use cardwright::model::flow::log::{Ending, Intents, LogEntry, LogError, MemoryLog, Recording};
use cardwright::model::flow::table::{FlowTable, LaneId, StepId};
use cardwright::model::flow::{Effect, FlowError, Halt, HasCard, Stage};
use cardwright::model::port::{CardLink, LinkError};
use cardwright::model::reader::CardError;

const TABLE: &str = r#"(id: "two", title: "Two steps", lanes: [], phases: [(id: "P", title: "Phase", steps: [
    (id: "A", lane: "desk", title: "First", why: ""),
    (id: "B", lane: "desk", title: "Second", why: ""),
])])"#;

fn table() -> FlowTable {
    ron::from_str(TABLE).expect("a table")
}

/// The one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Desk;

impl Lane for Desk {
    const ID: LaneId = LaneId("desk");
}

/// A cast of a card alone.
struct Alone(EmulatedCard);

impl Has<Desk> for Alone {
    type Stall = Alone;

    fn stall(&mut self, _: Desk) -> Option<&mut Alone> {
        Some(self)
    }
}

/// What is done at the desk.
type AtDesk<'s> = Here<'s, Desk, Alone>;

impl HasCard for Alone {
    fn card(&mut self) -> &mut dyn CardLink {
        &mut self.0
    }
}

/// A log that fails once, at that entry.
struct FailsOnce {
    log: MemoryLog,
    at: usize,
}

impl Intents for FailsOnce {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError> {
        if self.log.0.len() == self.at {
            self.at = usize::MAX;
            return Err(full());
        }
        self.log.append(entry)
    }
}

fn full() -> LogError {
    LogError("no space left".into())
}

fn id(step: &str) -> StepId {
    StepId(step.into())
}

fn intent() -> LogEntry {
    LogEntry::Intent {
        step: id("A"),
        time_ms: 1,
    }
}

fn done(step: &str, value: &str) -> LogEntry {
    LogEntry::Step {
        step: id(step),
        touch: None,
        value: value.into(),
        time_ms: 1,
    }
}

/// Runs something on a stage that this log led to, with one entry to come that cannot be written: the `fails`th.
fn staged<T>(
    log: &[LogEntry],
    fails: Option<usize>,
    run: impl FnOnce(&mut Stage) -> T,
) -> (T, Recording, Vec<LogEntry>) {
    let (table, mut clock) = (table(), FixedClock(0));
    let mut recording = Recording::read(log);
    let mut kept = FailsOnce {
        log: MemoryLog(log.to_vec()),
        at: fails.map_or(usize::MAX, |nth| log.len() + nth),
    };
    let mut stage = Stage::new(&table, &mut recording, &mut kept, &mut clock, usize::MAX);
    let result = run(&mut stage);
    let new = kept.log.0.split_off(log.len());
    (result, recording, new)
}

fn refused(error: impl Into<FlowError>) -> Halt {
    Halt::Refused {
        step: id("A"),
        error: error.into(),
    }
}

fn not_done() -> FlowError {
    FlowError::NotDone(CardError::Link(LinkError::CannotSend(8)))
}

#[test]
fn a_flow_that_leaves_its_table_is_refused() {
    for (first, second) in [("B", "A"), ("A", "A"), ("A", "C")] {
        let mut cast = Alone(demo_card());
        let (result, recording, _) = staged(&[], None, |stage| {
            stage.at(&mut cast, Desk, first, |_| Ok(1))?;
            stage.at(&mut cast, Desk, second, |_| Ok(1))
        });
        let wrong = if first == "A" { second } else { first };
        let step = id(wrong);
        let error = FlowError::BadLog(step.clone());
        assert_eq!(result, Err(Halt::Refused { step, error }));
        assert_eq!(recording.steps.len(), usize::from(first == "A"));
    }
}

/// Also where what the log holds for the other step would do for this one.
#[test]
fn a_log_of_other_steps_is_refused() {
    for card in [false, true] {
        let (result, _, new) = staged(&[done("B", "1")], None, |stage| match card {
            false => stage.at(&mut Alone(demo_card()), Desk, "A", |_| Ok(2)),
            true => {
                let (already, act) = (|_: &mut AtDesk| Ok(Some(2)), |_: &mut AtDesk| Ok(2));
                let mut cast = Alone(demo_card());
                stage.on_card(&mut cast, Desk, "A", Effect::Volatile, already, act)
            }
        });
        assert_eq!(result, Err(refused(FlowError::BadLog(id("A")))));
        assert_eq!(new, []);
    }
}

/// A write that was begun: found made, its step must be written down; found not made, that must be, before it is made.
#[test]
fn what_the_card_was_asked_is_written_down_before_anything_follows() {
    for made in [true, false] {
        let mut cast = Alone(demo_card());
        let mut acted = false;
        let (result, recording, new) = staged(&[intent()], Some(0), |stage| {
            assert!(stage.write_is_open());
            let already = |_: &mut AtDesk| Ok(made.then_some(1));
            let act = |_: &mut AtDesk| {
                acted = true;
                Ok(1)
            };
            stage.on_card(&mut cast, Desk, "A", Effect::Writes, already, act)
        });
        assert_eq!(result, Err(refused(full())), "made: {made}");
        assert_eq!(recording.open_intent, Some(id("A")));
        assert!(!acted && new.is_empty());
    }
}

#[test]
fn a_write_that_was_not_made_is_not_open() {
    let act = |stage: &mut Stage, effect| {
        let mut cast = Alone(demo_card());
        let act = |_: &mut AtDesk| Err::<u8, _>(not_done());
        let result = stage.on_card(&mut cast, Desk, "A", effect, |_| Ok(None), act);
        (result, stage.write_is_open())
    };
    let (result, recording, new) = staged(&[], None, |stage| act(stage, Effect::Writes));
    assert_eq!(result, (Err(refused(not_done())), false));
    assert_eq!(recording, Recording::default());
    assert_eq!(new, [intent(), LogEntry::NotDone { step: id("A") }]);
    // A log that does not take it leaves the write open.
    let (result, recording, new) = staged(&[], Some(1), |stage| act(stage, Effect::Writes));
    assert_eq!(result, (Err(refused(full())), true));
    assert_eq!(recording.open_intent, Some(id("A")));
    assert_eq!(new, [intent()]);
    // A step that writes nothing leaves nothing in the log.
    let (result, _, new) = staged(&[], None, |stage| act(stage, Effect::Volatile));
    assert_eq!(result, (Err(refused(not_done())), false));
    assert_eq!(new, []);
}

#[test]
fn a_write_that_the_log_does_not_say_is_unknown() {
    for (effect, fails) in [(Effect::Writes, 1), (Effect::Volatile, 0)] {
        let mut cast = Alone(demo_card());
        let (result, _, _) = staged(&[], Some(fails), |stage| {
            stage.on_card(&mut cast, Desk, "A", effect, |_| Ok(None), |_| Ok(1))
        });
        let (step, error) = (id("A"), full().into());
        let expected = match effect {
            Effect::Writes => Halt::Unknown { step, error },
            Effect::Volatile => Halt::Refused { step, error },
        };
        assert_eq!(result, Err(expected));
    }
}

#[test]
fn a_log_is_read_as_it_was_meant() {
    let not_done = LogEntry::NotDone { step: id("A") };
    let end = LogEntry::End { how: Ending::Done };
    let rewind = LogEntry::Rewind { keep: 1 };
    let whole = [
        intent(),
        not_done,
        intent(),
        done("A", "1"),
        done("B", "2"),
        done("A", "3"),
    ];
    // What is about to be written anew does not stand meanwhile, nor what came after it.
    let read = Recording::read(&whole);
    let steps = read.steps.iter().map(|step| (&*step.step.0, &*step.value));
    assert_eq!(steps.collect::<Vec<_>>(), [("A", "3"), ("B", "2")]);
    assert_eq!((&read.open_intent, read.ended), (&None, None));
    let mut taken_back = read;
    taken_back.apply(&end);
    assert_eq!(taken_back.ended, Some(Ending::Done));
    taken_back.apply(&intent());
    assert_eq!(taken_back.steps, []);
    // Another step than the one that is open does not settle it.
    taken_back.apply(&done("B", "2"));
    assert_eq!(taken_back.open_intent, Some(id("A")));
    taken_back.apply(&rewind);
    assert_eq!(taken_back, Recording::read(&[done("B", "2")]));
}
