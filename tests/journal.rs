//! The journal against a plain model: whatever is written, taken back, done again and gone back to, every moment is
//! what replaying its way from the beginning gives.

use cardwright::model::card::Block;
use cardwright::model::card::journal::{By, Cause, EventId, Form, Journal, Moment};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Blocks of the memory.
const BLOCKS: u32 = 6;

type Memory = BTreeMap<u32, Block>;

/// What a person or a card does.
#[derive(Clone, Debug)]
enum Act {
    Write {
        address: u32,
        value: u8,
        by: Written,
    },
    Undo,
    Redo,
    /// To the moment of that number, modulo how many there are.
    GoTo(usize),
    Discard(usize),
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Card,
    Person,
    /// One more block of an edit, if one comes before.
    PersonMore,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let by = prop_oneof![
        3 => Just(Written::Card),
        2 => Just(Written::Person),
        2 => Just(Written::PersonMore),
    ];
    let write = (0..BLOCKS, any::<u8>(), by);
    let write = write.prop_map(|(address, value, by)| Act::Write { address, value, by });
    let act = prop_oneof![
        5 => write,
        2 => Just(Act::Undo),
        2 => Just(Act::Redo),
        1 => any::<usize>().prop_map(Act::GoTo),
        1 => any::<usize>().prop_map(Act::Discard),
    ];
    prop::collection::vec(act, 0..60)
}

/// One event as the model keeps it: whole memories, and which event it came after.
struct Kept {
    after: Memory,
    parent: Option<usize>,
    by: By,
    address: u32,
}

/// The plain model: a list of whole memories, and stacks of what was taken back.
#[derive(Default)]
struct Model {
    events: Vec<Kept>,
    head: Option<usize>,
    /// What redoing leads through, the next last.
    ahead: Vec<usize>,
}

impl Model {
    fn memory(&self, at: Option<usize>) -> Memory {
        at.map_or_else(Memory::new, |at| self.events[at].after.clone())
    }

    fn way(&self, to: Option<usize>) -> Vec<usize> {
        let mut way: Vec<usize> = std::iter::successors(to, |at| self.events[*at].parent).collect();
        way.reverse();
        way
    }
}

fn id(at: Option<usize>) -> Moment {
    at.and_then(|at| EventId::new(at as u32 + 1))
}

fn block(memory: &Memory, address: u32) -> Block {
    memory.get(&address).copied().unwrap_or(Block::ERASED)
}

/// Lets the journal move, and a memory with it.
fn go(journal: &mut Journal, memory: &mut Memory, to: Moment) -> bool {
    journal.go_to(to, |address, block| {
        memory.insert(address, *block);
    })
}

fn carry_out(act: &Act, model: &mut Model, journal: &mut Journal, memory: &mut Memory) {
    match act {
        Act::Write { address, value, by } => {
            let (before, after) = (block(memory, *address), Block([*value; 16]));
            let follows = model.head.is_some_and(|at| model.events[at].by.is_edit());
            let by = match by {
                Written::Card => By::Command(*value & 0xFE),
                Written::PersonMore if follows => By::EditMore,
                Written::Person | Written::PersonMore => By::Edit,
            };
            journal.record(Cause { step: None, by }, *address, before, after, 0);
            memory.insert(*address, after);
            let mut whole = model.memory(model.head);
            whole.insert(*address, after);
            model.events.push(Kept {
                after: whole,
                parent: model.head,
                by,
                address: *address,
            });
            model.head = Some(model.events.len() - 1);
            model.ahead.clear();
        }
        Act::Undo => {
            let to = journal.undo_to();
            let edited = model.head.filter(|at| model.events[*at].by.is_edit());
            let mut edit = edited;
            while let Some(at) = edit {
                model.head = model.events[at].parent;
                model.ahead.push(at);
                edit = model.head.filter(|_| model.events[at].by == By::EditMore);
            }
            assert_eq!(to, edited.map(|_| id(model.head)));
            if let Some(to) = to {
                assert!(go(journal, memory, to));
            }
        }
        Act::Redo => {
            let to = journal.redo_to();
            let next = model.ahead.last().copied();
            let mut edit = next.filter(|at| model.events[*at].by.is_edit());
            let edited = edit;
            while let Some(at) = edit {
                model.head = Some(at);
                model.ahead.pop();
                let next = model.ahead.last().copied();
                edit = next.filter(|at| model.events[*at].by == By::EditMore);
            }
            assert_eq!(to, edited.map(|_| id(model.head)));
            if let Some(to) = to {
                assert!(go(journal, memory, to));
            }
        }
        Act::GoTo(n) => {
            let to = n
                .checked_rem(model.events.len() + 1)
                .filter(|n| *n > 0)
                .map(|n| n - 1);
            assert!(go(journal, memory, id(to)));
            model.head = to;
            // Which branch is followed beyond is the journal's to choose; the model learns it.
            let from = journal
                .place_on_line(journal.head())
                .expect("the head is on the line");
            model.ahead = (from..journal.line_len())
                .filter_map(|at| journal.on_line(at))
                .map(|id| id.number() as usize - 1)
                .collect();
            model.ahead.reverse();
        }
        Act::Discard(n) => {
            let tips: Vec<EventId> = journal.branches().map(|branch| branch.tip).collect();
            if let Some(at) = n.checked_rem(tips.len()) {
                let followed = journal.line_end() == Some(tips[at]);
                assert_eq!(journal.discard_branch(tips[at]), !followed);
            }
        }
    }
}

fn check(model: &Model, journal: &Journal, memory: &Memory) {
    assert_eq!(journal.head(), id(model.head));
    assert_eq!(journal.len(), model.events.len());
    let now = model.memory(model.head);
    for address in 0..BLOCKS {
        assert_eq!(block(memory, address), block(&now, address));
        let writer = model.way(model.head).into_iter().rev();
        let writer = writer
            .map(Some)
            .find(|at| at.is_none_or(|at| model.events[at].address == address));
        assert_eq!(journal.last_writer(address), id(writer.flatten()));
    }
    // The line is the way to its end, goes through the head, and its end is a branch.
    let end = journal.line_end().map(|end| end.number() as usize - 1);
    let line: Vec<usize> = (0..journal.line_len())
        .filter_map(|at| journal.on_line(at))
        .map(|id| id.number() as usize - 1)
        .collect();
    assert_eq!(line, model.way(end));
    assert_eq!(
        journal.place_on_line(journal.head()),
        Some(model.way(model.head).len())
    );
    let tips: Vec<EventId> = journal.branches().map(|branch| branch.tip).collect();
    assert!(journal.line_end().is_none_or(|end| tips.contains(&end)));
}

/// Every moment that is looked at from here, by travelling, and by replaying its own events from the beginning.
fn check_moments(model: &Model, journal: &Journal, memory: &Memory) {
    for to in (0..model.events.len()).map(Some).chain([None]) {
        let expected = model.memory(to);
        let mut travelled = memory.clone();
        let mut writers: BTreeMap<u32, Moment> = (0..BLOCKS)
            .map(|at| (at, journal.last_writer(at)))
            .collect();
        journal.travel(journal.head(), id(to), |address, block, writer| {
            travelled.insert(address, *block);
            writers.insert(address, writer);
        });
        let mut replayed = Memory::new();
        for at in model.way(to) {
            let event = journal
                .event(id(Some(at)).expect("a number"))
                .expect("an event");
            assert_eq!(event.before, block(&replayed, event.address));
            replayed.insert(event.address, event.after);
        }
        for address in 0..BLOCKS {
            assert_eq!(block(&travelled, address), block(&expected, address));
            assert_eq!(block(&replayed, address), block(&expected, address));
            let writes = model
                .way(to)
                .into_iter()
                .filter(|at| model.events[*at].address == address);
            let writes: Vec<usize> = writes.collect();
            assert_eq!(writers[&address], id(writes.last().copied()));
            let told: Vec<EventId> = writers[&address]
                .into_iter()
                .flat_map(|newest| journal.writes_before(newest).map(|(id, _)| id))
                .collect();
            let mut expected: Vec<EventId> = writes.iter().filter_map(|at| id(Some(*at))).collect();
            expected.reverse();
            assert_eq!(told, expected);
            let newest = writers[&address].and_then(|id| journal.event(id));
            assert_eq!(newest.map_or(0, |event| event.nth as usize), writes.len());
        }
    }
}

proptest! {
    #[test]
    fn every_moment_is_its_replay(acts in acts()) {
        let (mut model, mut journal, mut memory) = (Model::default(), Journal::default(), Memory::new());
        for act in &acts {
            let copy = journal.clone();
            let before = copy.len();
            carry_out(act, &mut model, &mut journal, &mut memory);
            check(&model, &journal, &memory);
            prop_assert_eq!(copy.len(), before, "a copy stays as it was");
        }
        check_moments(&model, &journal, &memory);
    }
}

proptest! {
    #[test]
    fn what_is_left_when_the_oldest_are_forgotten_is_as_it_was(
        acts in acts(),
        count in 0..60_usize,
        more in acts(),
    ) {
        let (mut model, mut journal, mut memory) = (Model::default(), Journal::default(), Memory::new());
        acts.iter().for_each(|act| carry_out(act, &mut model, &mut journal, &mut memory));
        let before = journal.clone();
        journal.forget(count);
        // The card never loses where it stands, and numbers stay.
        prop_assert_eq!(journal.newest(), before.newest());
        let (head, redo) = (journal.head(), journal.redo_to());
        prop_assert_eq!(head, before.head());
        prop_assert_eq!(redo, before.redo_to());
        let forgotten = journal.forgotten();
        let beginning = journal.path(head).count();
        let beginning = model.way(model.head).len() - beginning;
        let beginning = beginning.checked_sub(1).map(|at| model.way(model.head)[at]);
        for (id, event) in before.events() {
            let at = id.number() as usize - 1;
            // It follows from the beginning, and nothing on the way there is forgotten.
            let way = model.way(Some(at));
            let from = match beginning {
                None => Some(0),
                Some(from) => way.iter().position(|at| *at == from).map(|place| place + 1),
            };
            let stays = from.is_some_and(|from| {
                from < way.len() && way[from..].iter().all(|at| *at as u32 >= forgotten)
            });
            prop_assert_eq!(journal.event(id).is_some(), stays, "{:?}", id);
            let kept = journal.event(id).map(|event| (event.address, event.before, event.after));
            prop_assert!(kept.is_none_or(|kept| kept == (event.address, event.before, event.after)));
        }
        for to in journal.events().map(|(id, _)| Some(id)).chain([None]) {
            let mut travelled = memory.clone();
            journal.travel(head, to, |address, block, _| {
                travelled.insert(address, *block);
            });
            let expected = model.memory(to.map_or(beginning, |id| Some(id.number() as usize - 1)));
            for address in 0..BLOCKS {
                prop_assert_eq!(block(&travelled, address), block(&expected, address));
            }
        }
        for tip in before.branches() {
            let kept = journal.branches().find(|branch| branch.tip == tip.tip);
            prop_assert_eq!(kept.is_some(), journal.event(tip.tip).is_some());
            prop_assert!(kept.is_none_or(|kept| kept.name == tip.name));
        }
        // And it goes on, and is read back.
        for act in more.iter().filter(|act| matches!(act, Act::Write { .. })) {
            carry_out(act, &mut model, &mut journal, &mut memory);
        }
        let blocks: Vec<Block> = (0..BLOCKS).map(|at| block(&memory, at)).collect();
        let again = Journal::from_bytes(&journal.to_bytes(), Form::Forgetting, &blocks);
        let again = again.expect("read back");
        prop_assert!(journal.events().eq(again.events()));
        prop_assert!(journal.branches().eq(again.branches()));
        prop_assert_eq!((journal.head(), journal.line_end()), (again.head(), again.line_end()));
        prop_assert!((0..BLOCKS).all(|at| journal.last_writer(at) == again.last_writer(at)));
    }
}

#[test]
fn a_branch_keeps_its_name_while_it_grows_and_others_are_kept() {
    let mut journal = Journal::default();
    let write = |journal: &mut Journal| {
        let cause = Cause {
            step: None,
            by: By::Edit,
        };
        journal.record(cause, 0, Block::ERASED, Block([0; 16]), 0);
        journal.head().expect("an event")
    };
    let first = write(&mut journal);
    assert!(journal.name_branch(first, "as it went"));
    let second = write(&mut journal);
    let third = write(&mut journal);
    assert!(journal.go_to(Some(first), |_, _| ()));
    assert_eq!(journal.redo_to(), Some(Some(second)));
    let other = write(&mut journal);
    let names: Vec<_> = journal.branches().map(|b| (b.tip, b.name)).collect();
    assert_eq!(
        names,
        [(third, "as it went".to_owned()), (other, String::new())]
    );
    assert_eq!(journal.common(Some(third), Some(other)), Some(first));
    assert!(
        !journal.discard_branch(other),
        "the branch that is followed stays"
    );
    assert!(!journal.discard_branch(second), "no branch ends there");
    assert!(!journal.name_branch(second, "no branch"));
    assert!(journal.discard_branch(third));
    assert_eq!(journal.branches().count(), 1);
    assert!(
        !journal.go_to(EventId::new(99), |_, _| ()),
        "there is no such event"
    );
    assert_eq!(journal.head(), Some(other));
}

/// A journal that was read while the card stood at an early moment knows the writers of what comes later as well.
#[test]
fn who_wrote_a_block_is_known_after_a_card_was_read_at_an_early_moment() {
    let mut journal = Journal::default();
    let mut blocks = vec![Block::ERASED; 8];
    let mut write = |journal: &mut Journal, address: u32, byte: u8| {
        let cause = Cause {
            step: None,
            by: By::Edit,
        };
        let (before, after) = (blocks[address as usize], Block([byte; 16]));
        journal.record(cause, address, before, after, 1);
        blocks[address as usize] = after;
    };
    write(&mut journal, 1, 1);
    write(&mut journal, 7, 2);
    write(&mut journal, 7, 3);
    let (first, last) = (EventId::new(1), EventId::new(3));
    let mut now = blocks.clone();
    assert!(journal.go_to(first, |at, block| now[at as usize] = *block));
    let read = |journal: &Journal, blocks: &[Block]| {
        Journal::from_bytes(&journal.to_bytes(), Form::Forgetting, blocks).expect("read")
    };
    let mut again = read(&journal, &now);
    assert!(again.go_to(last, |at, block| now[at as usize] = *block));
    assert_eq!(again.last_writer(7), last);
    let cause = Cause {
        step: None,
        by: By::Edit,
    };
    again.record(cause, 7, now[7], Block::ZERO, 1);
    now[7] = Block::ZERO;
    assert!(again.events().eq(read(&again, &now).events()));
}
