//! The way along a branch against a plain one: however a journal grew and was gone through before, what the time line
//! keeps of it is what looking at every event anew gives.

use cardwright::model::card::Block;
use cardwright::model::card::journal::{By, Cause, EventId, Journal, Moment};
use cardwright::model::flow::table::StepId;
use cardwright::ui::card::time::{Line, Unit};
use proptest::prelude::*;

/// Steps of two flows, in their order, one of no flow, and none.
const STEPS: [&str; 6] = ["IS05", "IS08", "ST66", "ST69", "other", ""];

#[derive(Clone, Debug)]
enum Act {
    /// So many events by that step and command.
    Write {
        step: usize,
        command: u8,
        times: usize,
    },
    /// To the moment of that number, modulo how many there are.
    GoTo(usize),
    Discard(usize),
    /// The line is the way to that branch, or to the end of the one that is followed.
    Follow(Option<usize>),
    /// The journal begins anew.
    Anew,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let write =
        (0..STEPS.len(), 0..2_u8, 1..5_usize).prop_map(|(step, command, times)| Act::Write {
            step,
            command,
            times,
        });
    let act = prop_oneof![
        6 => write,
        2 => any::<usize>().prop_map(Act::GoTo),
        1 => any::<usize>().prop_map(Act::Discard),
        4 => any::<Option<usize>>().prop_map(Act::Follow),
        1 => Just(Act::Anew),
    ];
    prop::collection::vec(act, 1..40)
}

fn write(journal: &mut Journal, step: usize, command: u8, time_ms: u64) {
    let step = STEPS[step];
    let cause = Cause {
        step: (!step.is_empty()).then(|| StepId(step.to_owned())),
        by: By::Command(command * 2),
    };
    let number = journal.len() as u32;
    let (before, mut after) = (Block::ERASED, Block::ERASED);
    after.0[..number as usize % 17].fill(0);
    journal.record(cause, number % 5, before, after, time_ms);
}

/// Which step wrote each event of the line, and its command.
fn causes(line: &Line, journal: &Journal) -> Vec<(String, By)> {
    let cause = |id: &EventId| {
        let cause = journal.cause(journal.event(*id)?)?;
        let step = cause
            .step
            .as_ref()
            .map_or_else(String::new, |step| step.0.clone());
        Some((step, cause.by))
    };
    line.ids().iter().filter_map(cause).collect()
}

/// Events of one step, or without a step of one command, belong together.
fn together(a: &(String, By), b: &(String, By)) -> bool {
    a.0 == b.0 && (!a.0.is_empty() || a.1 == b.1)
}

fn check(line: &Line, journal: &Journal, end: Moment) {
    let mut way: Vec<EventId> = journal.path(end).map(|(id, _)| id).collect();
    way.reverse();
    assert_eq!(line.ids(), way);
    let mut fresh = Line::default();
    fresh.follow(journal, end);
    let all = line.len() as u32;
    let steps = |line: &Line| -> Vec<_> {
        let runs = line.runs(0, all).iter();
        runs.map(|run| (run.from, run.step.clone())).collect()
    };
    assert_eq!(steps(line), steps(&fresh));
    let places = |line: &Line| -> Vec<_> {
        line.spans()
            .iter()
            .map(|span| (span.from, span.to, span.title))
            .collect()
    };
    assert_eq!(places(line), places(&fresh));

    let causes = causes(line, journal);
    let begins = |at: &usize| *at == 0 || !together(&causes[at - 1], &causes[*at]);
    let begun: Vec<usize> = (0..causes.len()).filter(begins).collect();
    let runs = line.runs(0, all).iter().map(|run| run.from as usize);
    assert!(runs.eq(begun.iter().copied()));
    let in_flow = |at: usize| {
        ["IS", "ST"]
            .iter()
            .any(|flow| causes[at].0.starts_with(flow))
    };
    let in_span = |at: usize| {
        let at = at as u32;
        line.spans()
            .iter()
            .filter(|span| span.from <= at && at < span.to)
            .count()
    };
    for at in 0..causes.len() {
        assert_eq!(
            in_span(at),
            usize::from(in_flow(at)),
            "event {at} of {causes:?}"
        );
    }
    for place in 0..=line.len() {
        assert_eq!(line.place(journal, line.moment(place)), Some(place));
        let next = begun
            .iter()
            .copied()
            .find(|from| *from > place)
            .unwrap_or(line.len());
        let before = begun
            .iter()
            .rev()
            .copied()
            .find(|from| *from < place)
            .unwrap_or(0);
        assert_eq!(line.next(Unit::Step, place), next);
        assert_eq!(line.previous(Unit::Step, place), before);
        assert_eq!(line.next(Unit::Event, place), (place + 1).min(line.len()));
        assert_eq!(line.previous(Unit::Event, place), place.saturating_sub(1));
        let ends = line
            .spans()
            .iter()
            .flat_map(|span| [span.from as usize, span.to as usize]);
        let ends: Vec<usize> = ends.collect();
        let next = ends
            .iter()
            .copied()
            .find(|end| *end > place)
            .unwrap_or(line.len());
        let before = ends
            .iter()
            .rev()
            .copied()
            .find(|end| *end < place)
            .unwrap_or(0);
        assert_eq!(line.next(Unit::Flow, place), next);
        assert_eq!(line.previous(Unit::Flow, place), before);
        let changed: u32 = (0..place)
            .map(|at| (way[at].number() - 1) % 17)
            .map(|n| n.min(16))
            .sum();
        assert_eq!(line.bytes_changed(0, place), changed);
    }
    let wrote = line.writes(0..line.len(), |address| address == 3);
    let addresses = way
        .iter()
        .map(|id| journal.event(*id).map(|event| event.address));
    let expected = addresses
        .enumerate()
        .filter(|(_, address)| *address == Some(3));
    assert!(wrote.eq(expected.map(|(at, _)| at)));
}

proptest! {
    #[test]
    fn a_line_that_grew_is_a_line_made_anew(acts in acts()) {
        let (mut journal, mut line) = (Journal::default(), Line::default());
        let mut time = 0;
        for act in acts {
            match act {
                Act::Write { step, command, times } => for _ in 0..times {
                    time += 1;
                    write(&mut journal, step, command, time);
                },
                Act::GoTo(n) => {
                    let to = EventId::new((n % (journal.len() + 1)) as u32);
                    prop_assert!(journal.go_to(to, |_, _| ()));
                }
                Act::Discard(n) => {
                    let tips: Vec<EventId> = journal.branches().map(|branch| branch.tip).collect();
                    if let Some(at) = n.checked_rem(tips.len()) {
                        journal.discard_branch(tips[at]);
                    }
                }
                Act::Follow(branch) => {
                    let tips: Vec<EventId> = journal.branches().map(|branch| branch.tip).collect();
                    let tip = branch.and_then(|n| n.checked_rem(tips.len())).map(|at| tips[at]);
                    let end = tip.or(journal.line_end());
                    line.follow(&journal, end);
                    check(&line, &journal, end);
                }
                Act::Anew => journal = Journal::default(),
            }
        }
        line.follow(&journal, journal.line_end());
        check(&line, &journal, journal.line_end());
    }
}
