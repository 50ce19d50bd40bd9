//! A card's history through the workbench: whatever is edited, taken back, gone to and looked at, every moment that is
//! shown is what replaying its way from the beginning gives.

use cardwright::device::emulated::EmulatedCard;
use cardwright::device::readers::NoReaders;
use cardwright::model::card::Block;
use cardwright::model::card::image::CardImage;
use cardwright::model::card::journal::{By, EventId, Moment};
use cardwright::model::card::map::CellKind;
use cardwright::model::card::profile::Profile;
use cardwright::model::demo::Demo;
use cardwright::model::dump::export::Format;
use cardwright::model::port::CardLink as _;
use cardwright::workbench::command::EditedBytes;
use cardwright::workbench::headless::new_card;
use cardwright::workbench::view::{ByteView, CardView, History, View};
use cardwright::workbench::{Command, Workbench};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// User blocks of the demo card that are edited.
const BLOCKS: u32 = 8;

type Memory = Vec<[u8; 16]>;

fn open() -> Workbench {
    Workbench::open_with(None, Arc::new(NoReaders))
}

fn card(view: &View) -> &CardView {
    view.card.as_deref().expect("a card")
}

fn history(view: &View) -> &History {
    card(view)
        .history
        .as_ref()
        .expect("it keeps what was written")
}

/// Sends a command and waits for the view after it.
pub fn after(bench: &Workbench, command: Command) -> Arc<View> {
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

/// The edited blocks as the view shows them.
fn memory(view: &View) -> Memory {
    let row = |at| card(view).bytes.row(at).expect("a block");
    let value = |byte| match byte {
        ByteView::Known(value) => value,
        other => panic!("{other:?} in a user block"),
    };
    (0..BLOCKS).map(|at| row(at).map(value)).collect()
}

/// What a person does.
#[derive(Clone, Debug)]
enum Act {
    /// That byte of so many blocks, as one edit.
    Edit {
        address: u32,
        blocks: u32,
        at: usize,
        value: u8,
    },
    Undo,
    Redo,
    /// To the moment of that number, modulo how many there are.
    GoTo(usize),
    Show(usize),
    Now,
    Discard(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let edit = (0..BLOCKS, 1..4_u32, 0..16_usize, 0..3_u8);
    let edit = edit.prop_map(|(address, blocks, at, value)| Act::Edit {
        address,
        blocks: blocks.min(BLOCKS - address),
        at,
        value,
    });
    let act = prop_oneof![
        6 => edit,
        2 => Just(Act::Undo),
        2 => Just(Act::Redo),
        2 => any::<usize>().prop_map(Act::GoTo),
        4 => any::<usize>().prop_map(Act::Show),
        1 => Just(Act::Now),
        1 => any::<usize>().prop_map(Act::Discard),
    ];
    prop::collection::vec(act, 1..40)
}

/// One event as the model keeps it: the whole memory after it.
struct Kept {
    after: Memory,
    parent: usize,
    by_hand: bool,
    /// It goes on with the edit of the event before.
    goes_on: bool,
    /// Of an edited block.
    address: Option<u32>,
}

/// The plain model: whole memories. Moment 0 is the beginning, moment n is after event n.
struct Model {
    beginning: Memory,
    events: Vec<Kept>,
    head: usize,
    /// What redoing leads through, the next last.
    ahead: Vec<usize>,
    /// The moment that is looked at.
    looked_at: Option<usize>,
}

fn moment(number: usize) -> Moment {
    EventId::new(number as u32)
}

impl Model {
    /// The events that issued the card, replayed from the beginning.
    fn of(bench: &Workbench) -> Model {
        let beginning = memory(&after(bench, Command::ShowMoment(None)));
        let view = after(bench, Command::ShowNow);
        let mut now = beginning.clone();
        let mut model = Model {
            beginning,
            events: Vec::new(),
            head: 0,
            ahead: Vec::new(),
            looked_at: None,
        };
        for (id, event) in history(&view).journal.events() {
            let edited = (event.address < BLOCKS).then_some(event.address);
            if let Some(address) = edited {
                now[address as usize] = event.after.0;
            }
            model.events.push(Kept {
                after: now.clone(),
                parent: id.number() as usize - 1,
                by_hand: false,
                goes_on: false,
                address: edited,
            });
        }
        model.head = model.events.len();
        model
    }

    fn memory(&self, moment: usize) -> &Memory {
        match moment {
            0 => &self.beginning,
            n => &self.events[n - 1].after,
        }
    }

    /// Moments on the way to one, it first.
    fn way(&self, to: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(to), |at| {
            at.checked_sub(1).map(|event| self.events[event].parent)
        })
    }

    fn head_is_edit(&self) -> bool {
        self.head > 0 && self.events[self.head - 1].by_hand
    }

    fn edit(&mut self, addresses: std::ops::Range<u32>, at: usize, value: u8) {
        self.looked_at = None;
        let mut goes_on = false;
        for address in addresses {
            let mut now = self.memory(self.head).clone();
            if std::mem::replace(&mut now[address as usize][at], value) == value {
                continue;
            }
            self.events.push(Kept {
                after: now,
                parent: self.head,
                by_hand: true,
                goes_on,
                address: Some(address),
            });
            self.head = self.events.len();
            self.ahead.clear();
            goes_on = true;
        }
    }

    /// Takes the edit back that the head is of, to before its first event.
    fn undo(&mut self) {
        while self.head_is_edit() {
            let event = &self.events[self.head - 1];
            let (parent, goes_on) = (event.parent, event.goes_on);
            self.ahead.push(self.head);
            self.head = parent;
            self.looked_at = None;
            if !goes_on {
                break;
            }
        }
    }

    /// Does the edit again that comes next, or the rest of it, to its last event.
    fn redo(&mut self) {
        let by_hand = |next: &usize| self.events[next - 1].by_hand;
        let mut next = self.ahead.last().copied().filter(by_hand);
        while let Some(at) = next {
            self.head = at;
            self.ahead.pop();
            self.looked_at = None;
            let goes_on = |next: &usize| self.events[next - 1].goes_on;
            next = self.ahead.last().copied().filter(goes_on);
        }
    }

    /// Learns from the journal which branch is followed beyond the head.
    fn learn_ahead(&mut self, history: &History) {
        let journal = &history.journal;
        let from = journal
            .place_on_line(journal.head())
            .expect("the head is on the line");
        let beyond = (from..journal.line_len()).filter_map(|at| journal.on_line(at));
        self.ahead = beyond.map(|id| id.number() as usize).collect();
        self.ahead.reverse();
    }
}

fn carry_out(act: &Act, model: &mut Model, bench: &Workbench) -> Arc<View> {
    let moments = model.events.len() + 1;
    match *act {
        Act::Edit {
            address,
            blocks,
            at,
            value,
        } => {
            model.edit(address..address + blocks, at, value);
            let bytes = (0..blocks as usize * 16).map(|byte| (byte % 16 == at).then_some(value));
            let bytes = EditedBytes(bytes.collect());
            after(bench, Command::Edit { address, bytes })
        }
        Act::Undo => {
            model.undo();
            after(bench, Command::Undo)
        }
        Act::Redo => {
            model.redo();
            after(bench, Command::Redo)
        }
        Act::GoTo(n) => {
            let to = n % moments;
            let view = after(bench, Command::GoTo(moment(to)));
            if to != model.head {
                model.head = to;
                model.looked_at = None;
                model.learn_ahead(history(&view));
            }
            view
        }
        Act::Show(n) => {
            let to = n % moments;
            model.looked_at = Some(to).filter(|to| *to != model.head);
            after(bench, Command::ShowMoment(moment(to)))
        }
        Act::Now => {
            model.looked_at = None;
            after(bench, Command::ShowNow)
        }
        Act::Discard(n) => {
            let before = bench.view();
            let journal = &history(&before).journal;
            let tips: Vec<EventId> = journal.branches().map(|branch| branch.tip).collect();
            let view = after(bench, Command::DiscardBranch(tips[n % tips.len()]));
            // A moment that is on no branch any more is no longer looked at.
            let kept = history(&view).journal.branches();
            let kept: Vec<usize> = kept.map(|branch| branch.tip.number() as usize).collect();
            let on_a_branch = |at: usize| kept.iter().any(|tip| model.way(*tip).any(|on| on == at));
            let discarded = kept.len() < tips.len();
            model.looked_at = model.looked_at.filter(|at| !discarded || on_a_branch(*at));
            view
        }
    }
}

fn check(model: &Model, view: &View) {
    let history = history(view);
    let shown = model.looked_at.unwrap_or(model.head);
    assert_eq!(history.journal.head(), moment(model.head));
    assert_eq!(history.shown, moment(shown));
    assert_eq!(history.live, model.looked_at.is_none());
    assert_eq!(&memory(view), model.memory(shown), "at moment {shown}");
    for address in 0..BLOCKS {
        let wrote = |at: &usize| *at > 0 && model.events[at - 1].address == Some(address);
        let writers: Vec<usize> = model.way(shown).filter(wrote).collect();
        let told = history.writers(address).map(|(id, _)| id.number() as usize);
        assert!(told.eq(writers.iter().copied()), "who wrote {address}");
        assert_eq!(history.writes(address) as usize, writers.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(40) })]
    #[test]
    fn every_moment_that_is_shown_is_its_replay(acts in acts()) {
        let bench = open();
        let mut model = Model::of(&bench);
        for act in &acts {
            let view = carry_out(act, &mut model, &bench);
            check(&model, &view);
        }
        for at in 0..=model.events.len() {
            model.looked_at = Some(at).filter(|at| *at != model.head);
            check(&model, &after(&bench, Command::ShowMoment(moment(at))));
        }
    }
}

fn emulated() -> EmulatedCard {
    new_card(&Demo::new(), Profile::demo()).expect("a demo card")
}

#[test]
fn an_edit_is_taken_back_and_made_again() {
    let mut card = emulated();
    let (before, events) = (card.memory().data().to_vec(), card.journal().len());
    let issued = card.journal().head();
    assert!(!card.undo(), "what commands wrote is not taken back");
    card.edit(0, &[Block([1; 16])])
        .expect("a user block may hold anything");
    card.edit(1, &[Block([2; 16])])
        .expect("a user block may hold anything");
    card.edit(1, &[Block([2; 16])]).expect("the same again");
    assert_eq!(
        card.journal().len(),
        events + 2,
        "what changes nothing is no event"
    );
    let newest = card.journal().head();
    let event = newest
        .and_then(|id| card.journal().event(id))
        .expect("an event");
    let cause = card.journal().cause(event).expect("a cause");
    assert_eq!((&cause.step, cause.by), (&None, By::Edit));
    assert!(card.undo());
    assert_eq!(card.memory().data()[1], before[1]);
    assert!(card.undo());
    assert_eq!(card.memory().data(), before);
    assert_eq!(card.journal().head(), issued);
    assert!(!card.undo());
    assert!(card.redo() && card.redo() && !card.redo());
    assert_eq!(card.memory().data()[..2], [Block([1; 16]), Block([2; 16])]);
    assert_eq!(card.journal().head(), newest);
    assert!(CardImage::decode(&card.memory().data()).is_ok());
}

#[test]
fn an_edit_of_several_blocks_is_one() {
    let mut card = emulated();
    let (before, events) = (card.memory().data().to_vec(), card.journal().len());
    let end = before.len() as u32;
    card.edit(2, &[Block([1; 16]), before[3], Block([2; 16])])
        .expect("user blocks may hold anything");
    assert_eq!(card.journal().len(), events + 2, "one block stayed");
    let after = card.memory().data().to_vec();
    let by = |card: &EmulatedCard| {
        let journal = card.journal();
        let event = journal.event(journal.head()?)?;
        Some(journal.cause(event)?.by)
    };
    assert_eq!(by(&card), Some(By::EditMore));
    // From within it as well it is taken back and done again whole.
    let within = EventId::new(events as u32 + 1);
    assert!(card.go_to(within));
    assert_eq!(by(&card), Some(By::Edit));
    assert!(card.redo());
    assert_eq!(card.memory().data(), after);
    assert!(card.go_to(within) && card.undo());
    assert_eq!(card.memory().data(), before);
    assert!(!card.undo() && card.redo() && !card.redo());
    assert_eq!(card.memory().data(), after);
    // It is wholly refused where one block of it would be, and nothing lies beyond the end.
    let refused = card.edit(end - 3, &[Block([0; 16]), before[end as usize - 2]]);
    assert!(refused.is_err());
    assert_eq!(card.memory().data(), after);
    let last = before[end as usize - 1];
    card.edit(end - 1, &[last, Block([3; 16])])
        .expect("nothing changes");
    assert_eq!(card.memory().data(), after);
}

#[test]
fn an_edit_that_would_leave_no_card_is_refused_and_leaves_the_card_as_it_was() {
    let mut card = emulated();
    let (memory, events) = (card.memory().clone(), card.journal().len());
    let blocks = memory.data().len() as u32;
    let system = blocks - 3;
    let mut definition = memory.data()[system as usize];
    definition.0[12] ^= 0xFF;
    assert!(
        card.edit(system, &[definition]).is_err(),
        "a window of another length"
    );
    assert_eq!(card.memory(), &memory);
    assert_eq!(card.journal().len(), events);
    assert!(!card.undo() && !card.redo());
    card.edit(blocks, &[Block([0; 16])])
        .expect("there is no such block, and nothing is written");
    assert_eq!(card.memory(), &memory);
}

#[test]
fn going_back_and_writing_begins_a_branch() {
    let mut card = emulated();
    card.edit(0, &[Block([1; 16])]).expect("an edit");
    let first = card.journal().head();
    let touch = card.touch();
    card.edit(0, &[Block([2; 16])]).expect("an edit");
    assert_ne!(card.touch(), touch, "the chip started anew");
    assert!(!card.go_to(EventId::new(9_999)), "there is no such moment");
    assert_eq!(card.memory().data()[0], Block([2; 16]));
    assert!(card.go_to(first));
    assert_eq!(card.memory().data()[0], Block([1; 16]));
    card.edit(0, &[Block([3; 16])]).expect("an edit");
    assert!(!card.redo(), "the branch that was left is not done again");
    assert_eq!(card.journal().branches().count(), 2);
    let forks = card.journal().forks();
    assert_eq!(
        forks.iter().map(|fork| fork.own).collect::<Vec<_>>(),
        [1, 1]
    );
}

#[test]
fn an_edit_in_the_workbench_is_refused_in_words() {
    let bench = open();
    let before = memory(&bench.view());
    let mut bytes = [None; 16];
    bytes[12] = Some(0xEE);
    let blocks = card(&bench.view()).chip_blocks.expect("known");
    let view = after(
        &bench,
        Command::Edit {
            address: blocks - 3,
            bytes: bytes.into(),
        },
    );
    assert!(view.notices.is_empty(), "it is said where it was typed");
    let refused = view.refused_edit.as_ref().expect("it is said");
    assert_eq!(
        (refused.address, refused.revision),
        (blocks - 3, card(&view).revision)
    );
    assert!(refused.words.what.contains("The card is as it was"));
    assert!(refused.words.next.contains("+12…13"), "what is safe");
    assert!(!refused.words.details.is_empty());
    assert_eq!(memory(&view), before);
    assert!(history(&view).live && history(&view).journal.undo_to().is_none());
    let bytes = [Some(1); 16].into();
    let view = after(&bench, Command::Edit { address: 0, bytes });
    assert_eq!(view.refused_edit, None, "the next one was made");
}

#[test]
fn going_to_a_moment_says_that_what_follows_is_kept() {
    let bench = open();
    for value in 1..4 {
        let bytes = std::array::from_fn(|_| Some(value));
        after(
            &bench,
            Command::Edit {
                address: 0,
                bytes: bytes.into(),
            },
        );
    }
    let third = history(&bench.view()).journal.head().expect("an event");
    let second = EventId::new(third.number() - 1);
    let view = after(&bench, Command::ShowMoment(second));
    assert!(!history(&view).live);
    assert_eq!(
        card(&view).divide_refused_because,
        Some("flow.refused.past")
    );
    let view = after(&bench, Command::GoTo(second));
    assert!(history(&view).live && view.notices.len() == 1);
    assert!(
        view.notices[0]
            .words
            .next
            .contains("The 1 event after it is kept")
    );
    after(
        &bench,
        Command::Edit {
            address: 0,
            bytes: [Some(9); 16].into(),
        },
    );
    after(&bench, Command::NameBranch(third, "  as it went ".into()));
    let view = after(&bench, Command::ShowMoment(Some(third)));
    assert!(
        !history(&view).live,
        "another branch is looked at, not followed"
    );
    assert_eq!(memory(&view)[0], [3; 16]);
    let names: Vec<String> = history(&view).journal.branches().map(|b| b.name).collect();
    assert_eq!(names, ["as it went", ""]);
    let view = after(&bench, Command::DiscardBranch(third));
    assert!(
        history(&view).live,
        "what is discarded is no longer looked at"
    );
    assert_eq!(memory(&view)[0], [9; 16]);
}

/// Divides the card, and gives the view that says so.
fn divide(bench: &Workbench) -> Arc<View> {
    after(bench, Command::StartDivide);
    let mut divided = after(bench, Command::RunAll);
    let until = Instant::now() + Duration::from_secs(20);
    while !divided.flow.as_ref().is_some_and(|flow| flow.is_over()) {
        assert!(Instant::now() < until, "waited in vain for the division");
        std::thread::sleep(Duration::from_millis(1));
        divided = bench.view();
    }
    divided
}

#[test]
fn no_moment_shows_a_key_while_keys_are_hidden() {
    let demo = Demo::new();
    let rings = [&demo.issuer.ring, &demo.operator.ring];
    let keys: Vec<[u8; 8]> = rings
        .iter()
        .flat_map(|ring| ring.iter().map(|(_, key)| *key.expose()))
        .collect();
    let bench = open();
    let divided = divide(&bench);
    let journal = Arc::clone(&history(&divided).journal);
    let moments = journal.path(journal.head()).map(|(id, _)| Some(id));
    let mut hidden = 0;
    for moment in moments.chain([None]) {
        let view = after(&bench, Command::ShowMoment(moment));
        let bytes = &card(&view).bytes;
        for at in 0..bytes.len() as u32 {
            let row = bytes.row(at).expect("a block");
            let is_key = |eight: &[ByteView]| {
                keys.iter().any(|key| {
                    key.iter()
                        .zip(eight)
                        .all(|(k, b)| *b == ByteView::Known(*k))
                })
            };
            assert!(!row.windows(8).any(is_key), "{moment:?}, block {at:04X}h");
            hidden += row.iter().filter(|b| **b == ByteView::Secret).count();
        }
    }
    assert!(hidden > 0);
    // What a person types into a free block is no secret from that person.
    after(&bench, Command::ShowNow);
    let mut typed = [None; 16];
    typed[3] = Some(0x41);
    let view = after(
        &bench,
        Command::Edit {
            address: 0x0050,
            bytes: typed.into(),
        },
    );
    assert_eq!(
        card(&view).bytes.row(0x0050).expect("a block")[3],
        ByteView::Known(0x41)
    );
}

/// The first moment at which a free block is hidden, as it is between two writes of a commit, and that block.
fn something_left(bench: &Workbench) -> (Moment, u32) {
    let journal = Arc::clone(&history(&bench.view()).journal);
    let moments = journal.path(journal.head()).map(|(id, _)| Some(id));
    for moment in moments {
        let view = after(bench, Command::ShowMoment(moment));
        let cells = &card(&view).map.as_ref().expect("a map").cells;
        let left = (0..).zip(cells).find(|(at, cell)| {
            let row = card(&view).bytes.row(*at).expect("a block");
            cell.kind == CellKind::Free && row == [ByteView::Secret; 16]
        });
        if let Some((at, _)) = left {
            return (moment, at);
        }
    }
    panic!("nothing is ever left in a free block");
}

#[test]
fn what_is_typed_into_a_block_shows_nothing_else_that_was_left_there() {
    let bench = open();
    divide(&bench);
    after(&bench, Command::CloseFlow);
    let (moment, address) = something_left(&bench);
    after(&bench, Command::GoTo(moment));
    let edit = |at: usize, value| {
        let mut bytes = [None; 16];
        bytes[at] = Some(value);
        let bytes = bytes.into();
        let view = after(&bench, Command::Edit { address, bytes });
        assert_eq!(view.refused_edit, None);
        card(&view).bytes.row(address).expect("a block")
    };
    let row = edit(3, 0x41);
    let mut expected = [ByteView::Secret; 16];
    expected[3] = ByteView::Known(0x41);
    assert_eq!(row, expected);
    expected[4] = ByteView::Known(0x42);
    assert_eq!(edit(4, 0x42), expected);
}

#[test]
fn an_edit_beyond_the_card_does_nothing() {
    let bench = open();
    let before = bench.view();
    let head = |view: &View| history(view).journal.head();
    let blocks = card(&before).bytes.len() as u32;
    for address in [blocks, u32::MAX] {
        let bytes = [Some(7); 16].into();
        let view = after(&bench, Command::Edit { address, bytes });
        assert_eq!(card(&view).bytes, card(&before).bytes);
        assert_eq!(head(&view), head(&before));
    }
}

#[test]
fn what_is_exported_is_the_moment_that_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open();
    let exported = || {
        let path = folder.path().join("card.nfc");
        after(&bench, Command::Export(Format::Flipper, path.clone()));
        std::fs::read_to_string(path).expect("written")
    };
    let before = exported();
    let moment = history(&bench.view()).shown;
    let mut typed = [None; 16];
    typed[0] = Some(0x41);
    // A record of a service that needs no key.
    let edit = Command::Edit {
        address: 0x0001,
        bytes: typed.into(),
    };
    after(&bench, edit);
    assert_ne!(exported(), before);
    after(&bench, Command::ShowMoment(moment));
    assert_eq!(exported(), before);
}
