//! Windows of their own through the workbench: each looks at a moment of its own, and what is exported, saved and told
//! there is what that window shows.

use crate::sealed::{PASSPHRASE, sealed, typed};
use crate::support::demo_card;
use cardwright::device::emulated::EmulatedCard;
use cardwright::device::files::{self, Opened};
use cardwright::device::readers::NoReaders;
use cardwright::model::card::SystemCode;
use cardwright::model::card::journal::Moment;
use cardwright::model::card::tree::Tree;
use cardwright::model::dump::export::Format;
use cardwright::workbench::command::{TraceExport, TraceForm};
use cardwright::workbench::view::{
    ByteView, CardSource, CardView, FlowEnd, History, MOST_WINDOWS, Severity, View,
};
use cardwright::workbench::{Command, Workbench};
use std::fs::read_to_string;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const OPERATOR: SystemCode = SystemCode(0xFE42);

fn open() -> Workbench {
    Workbench::open_with(None, Arc::new(NoReaders))
}

fn wait(bench: &Workbench, what: &str, done: impl Fn(&View) -> bool) -> Arc<View> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let view = bench.view();
        if done(&view) {
            return view;
        }
        assert!(Instant::now() < until, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sends a command and waits for the view after it.
fn after(bench: &Workbench, command: Command) -> Arc<View> {
    let before = bench.view();
    bench.send(command);
    wait(bench, "a view", |view| {
        !std::ptr::eq(view, Arc::as_ptr(&before))
    })
}

fn within(bench: &Workbench, id: u64, command: Command) -> Arc<View> {
    after(bench, Command::InWindow(id, Box::new(command)))
}

fn edit(value: u8) -> Command {
    Command::Edit {
        address: 0,
        bytes: [Some(value); 16].into(),
    }
}

/// What a window shows.
fn shown(view: &View, id: u64) -> &View {
    let torn = view.torn.iter().find(|torn| torn.id == id);
    &torn.expect("the window is open").view
}

fn card(view: &View) -> &CardView {
    view.card.as_deref().expect("a card")
}

fn history(view: &View) -> &History {
    card(view).history.as_ref().expect("an emulated card")
}

fn first_byte(view: &View) -> ByteView {
    card(view).bytes.row(0).expect("a block")[0]
}

fn known(value: u8) -> ByteView {
    ByteView::Known(value)
}

fn divided() -> Workbench {
    let bench = open();
    bench.send(Command::StartDivide);
    bench.send(Command::RunAll);
    wait(&bench, "the division", |view| {
        let flow = view.flow.as_ref();
        flow.is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    bench
}

fn tree_in(path: &Path) -> Tree {
    match files::open(path, None).expect("it can be read") {
        Opened::Card { card, .. } => files::card_tree(&card),
        Opened::Dump(seen) => seen.tree(),
    }
}

fn saved(path: &Path) -> EmulatedCard {
    match files::open(path, None).expect("it can be read") {
        Opened::Card { card, .. } => *card,
        Opened::Dump(_) => panic!("it is a card file"),
    }
}

#[test]
fn a_window_exports_the_moment_that_it_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = divided();
    after(&bench, Command::TearOff);
    within(&bench, 1, Command::ShowMoment(None));
    for (form, name) in [
        (Format::Flipper, "then.nfc"),
        (Format::Proxmark3, "then.json"),
    ] {
        let path = folder.path().join(name);
        within(&bench, 1, Command::Export(form, path.clone()));
        let tree = tree_in(&path);
        assert_eq!(tree.systems.len(), 1, "{name} is of the past");
        let path = folder.path().join(format!("now-{name}"));
        after(&bench, Command::Export(form, path.clone()));
        assert!(tree_in(&path).system(OPERATOR).is_some(), "{name}");
    }
    let path = folder.path().join("tree.json");
    within(&bench, 1, Command::Export(Format::Tree, path.clone()));
    let then = read_to_string(&path).expect("written");
    within(&bench, 1, Command::ShowNow);
    within(&bench, 1, Command::Export(Format::Tree, path.clone()));
    let now = read_to_string(&path).expect("written");
    let operator = format!("\"code\": \"{OPERATOR}\"");
    assert!(now.contains(&operator) && !then.contains(&operator));
}

#[test]
fn a_window_on_a_sealed_card_exports_all_that_was_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open();
    let file = sealed(folder.path(), "live.card", &demo_card());
    bench.send(Command::OpenFile(file));
    let view = wait(&bench, "the question", |view| view.passphrase.is_some());
    let number = view.passphrase.as_ref().map_or(0, |asked| asked.number);
    bench.send(Command::TryPassphrase(number, typed(PASSPHRASE)));
    let is_open = |view: &View| matches!(card(view).source, CardSource::Sealed { .. });
    wait(&bench, "the card", is_open);
    let main = folder.path().join("main.nfc");
    after(&bench, Command::Export(Format::Flipper, main.clone()));
    after(&bench, Command::TearOff);
    let view = after(&bench, Command::NewDemoCard);
    assert!(!is_open(&view) && is_open(shown(&view, 1)));
    let path = folder.path().join("window.nfc");
    within(&bench, 1, Command::Export(Format::Flipper, path.clone()));
    let written = [main, path].map(|path| read_to_string(path).expect("written"));
    assert!(written[0] == written[1] && written[0].contains("Block"));
    // It is saved nowhere: it was only looked at.
    let path = folder.path().join("copy.card");
    within(&bench, 1, Command::SaveCard(path.clone()));
    assert!(!path.exists());
}

#[test]
fn what_was_asked_for_in_a_window_is_told_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open();
    after(&bench, Command::TearOff);
    after(&bench, Command::TearOff);
    let path = folder.path().join("card.nfc");
    let view = within(&bench, 2, Command::Export(Format::Flipper, path));
    let told = &shown(&view, 2).notices;
    assert_eq!(
        told.iter().map(|it| it.severity).collect::<Vec<_>>(),
        [Severity::Done]
    );
    let lost = &told[0].words.next;
    assert!(
        lost.contains("18 names"),
        "what people call its nodes is not in it: {lost}"
    );
    assert!(view.notices.is_empty() && shown(&view, 1).notices.is_empty());
    let missing = folder.path().join("no such folder").join("card.nfc");
    let view = within(&bench, 2, Command::Export(Format::Flipper, missing));
    let told = &shown(&view, 2).notices;
    assert_eq!(told.last().map(|it| it.severity), Some(Severity::Refused));
    let first = told[0].id.expect("it can be dismissed");
    let view = within(&bench, 2, Command::Dismiss(first));
    assert_eq!(shown(&view, 2).notices.len(), 1);
    let view = after(&bench, Command::CloseWindow(2));
    assert_eq!(view.notices.len(), 1, "what was not read is not lost");
}

#[test]
fn a_copy_is_saved_as_the_card_was_and_the_card_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open();
    (1..4).for_each(|value| drop(after(&bench, edit(value))));
    after(&bench, Command::TearOff);
    let journal = history(&bench.view()).journal.clone();
    let moments: Vec<Moment> = journal
        .path(journal.head())
        .map(|(id, _)| Some(id))
        .collect();
    let events = journal.len();
    for (moment, value) in moments.iter().zip([3, 2, 1]) {
        let view = within(&bench, 1, Command::ShowMoment(*moment));
        assert_eq!(first_byte(shown(&view, 1)), known(value));
        let path = folder.path().join(format!("{value}.card"));
        within(&bench, 1, Command::SaveCard(path.clone()));
        let copy = saved(&path);
        assert_eq!(copy.memory().data()[0].0, [value; 16]);
        assert_eq!(copy.journal().head(), *moment);
        assert_eq!(copy.journal().len(), events, "what came after is in it");
    }
    let view = bench.view();
    assert_eq!(first_byte(&view), known(3));
    assert!(history(&view).live && view.notices.is_empty());
}

#[test]
fn a_window_goes_through_the_time_of_a_card_that_has_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open();
    (1..4).for_each(|value| drop(after(&bench, edit(value))));
    after(&bench, Command::TearOff);
    let view = after(&bench, Command::NewDemoCard);
    let left = history(shown(&view, 1));
    assert!(left.left && left.live && !history(&view).left);
    let journal = left.journal.clone();
    let second = journal.path(journal.head()).nth(1).map(|(id, _)| id);
    let view = within(&bench, 1, Command::ShowMoment(second));
    assert_eq!(first_byte(shown(&view, 1)), known(2));
    // It is looked at, and so is the new card not changed in its place.
    let new = first_byte(&view);
    for command in [
        edit(7),
        Command::Undo,
        Command::GoTo(second),
        Command::RunAll,
    ] {
        let view = within(&bench, 1, command);
        assert_eq!(first_byte(&view), new);
        assert_eq!(first_byte(shown(&view, 1)), known(2));
    }
    let path = folder.path().join("left.card");
    within(&bench, 1, Command::SaveCard(path.clone()));
    assert_eq!(saved(&path).memory().data()[0].0, [2; 16]);
    let view = within(&bench, 1, Command::ShowNow);
    assert_eq!(first_byte(shown(&view, 1)), known(3));
}

#[test]
fn a_window_that_goes_on_from_the_past_shows_what_came_of_it() {
    let bench = open();
    (1..4).for_each(|value| drop(after(&bench, edit(value))));
    after(&bench, Command::TearOff);
    let journal = history(&bench.view()).journal.clone();
    let first = journal.path(journal.head()).nth(2).map(|(id, _)| id);
    let view = within(&bench, 1, Command::ShowMoment(first));
    assert!(!history(shown(&view, 1)).live && history(&view).live);
    let view = within(&bench, 1, Command::GoTo(first));
    assert_eq!(first_byte(&view), known(1));
    assert!(history(shown(&view, 1)).live);
    assert_eq!(shown(&view, 1).notices.len(), 1, "it says what is kept");
    // Where the card stands is the present.
    let view = within(&bench, 1, Command::ShowMoment(first));
    assert!(history(shown(&view, 1)).live);
}

#[test]
fn a_windows_trace_is_that_of_its_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = divided();
    after(&bench, Command::TearOff);
    let exchanges = bench.view().trace.len();
    let view = after(&bench, Command::NewDemoCard);
    assert!(exchanges > 0 && view.trace.is_empty());
    assert_eq!(shown(&view, 1).trace.len(), exchanges);
    let path = folder.path().join("trace.json");
    let asked = TraceExport {
        path: path.clone(),
        form: TraceForm::Json,
        mask_ids: false,
        numbers: None,
    };
    bench.send(Command::InWindow(1, Box::new(Command::ExportTrace(asked))));
    let view = wait(&bench, "the export", |view| {
        !shown(view, 1).notices.is_empty()
    });
    assert!(view.notices.is_empty());
    let words = &shown(&view, 1).notices[0].words.what;
    assert!(words.contains(&exchanges.to_string()), "{words}");
    assert!(read_to_string(&path).expect("written").contains("Polling"));
}

#[test]
fn a_file_for_a_window_that_was_closed_is_not_written_and_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = open();
    after(&bench, Command::TearOff);
    after(&bench, Command::CloseWindow(1));
    let path = folder.path().join("card.card");
    let view = within(&bench, 1, Command::SaveCard(path.clone()));
    let told: Vec<_> = view.notices.iter().map(|it| it.severity).collect();
    assert_eq!(told, [Severity::Refused]);
    assert!(!path.exists());
}

#[test]
fn a_number_is_not_given_to_two_windows() {
    let bench = open();
    after(&bench, Command::TearOff);
    after(&bench, Command::TearOff);
    after(&bench, Command::CloseWindow(2));
    let view = after(&bench, Command::TearOff);
    let numbers: Vec<_> = view.torn.iter().map(|torn| torn.id).collect();
    assert_eq!(numbers, [1, 3]);
}

#[test]
fn no_window_shows_a_moment_of_a_branch_that_was_given_up() {
    let bench = open();
    after(&bench, Command::TearOff);
    let start = history(&after(&bench, edit(1))).journal.head();
    let given_up = history(&after(&bench, edit(2))).journal.head();
    after(&bench, Command::GoTo(start));
    after(&bench, edit(3));
    after(&bench, Command::TearOff);
    within(&bench, 1, Command::ShowMoment(given_up));
    let view = within(&bench, 2, Command::ShowMoment(start));
    assert_eq!(first_byte(shown(&view, 1)), known(2));
    let tip = given_up.expect("an event");
    let view = after(&bench, Command::DiscardBranch(tip));
    assert_eq!(first_byte(shown(&view, 1)), known(3));
    assert!(history(shown(&view, 1)).live);
    // A moment that is on another branch as well stays.
    assert_eq!(first_byte(shown(&view, 2)), known(1));
}

#[test]
fn an_edit_that_the_card_refuses_is_said_in_its_window_alone() {
    let bench = open();
    after(&bench, Command::TearOff);
    after(&bench, Command::TearOff);
    let last = card(&bench.view()).bytes.len() as u32 - 1;
    // The first block above the definitions: without it the card has no system.
    let refused = Command::Edit {
        address: last - 2,
        bytes: [Some(0); 16].into(),
    };
    let view = within(&bench, 1, refused.clone());
    assert!(shown(&view, 1).refused_edit.is_some());
    assert!(view.refused_edit.is_none() && shown(&view, 2).refused_edit.is_none());
    let view = after(&bench, refused);
    assert!(view.refused_edit.is_some() && shown(&view, 2).refused_edit.is_none());
}

#[test]
fn no_more_windows_are_opened_than_there_may_be() {
    let bench = open();
    for count in 1..=MOST_WINDOWS + 2 {
        let view = after(&bench, Command::TearOff);
        assert_eq!(view.torn.len(), count.min(MOST_WINDOWS));
    }
}

/// What an edit in the main window is refused for stays there while a window does something else.
#[test]
fn what_happens_in_a_window_leaves_the_main_ones_refusal_and_moment() {
    let bench = open();
    (1..4).for_each(|value| drop(after(&bench, edit(value))));
    after(&bench, Command::TearOff);
    let journal = history(&bench.view()).journal.clone();
    let first = journal.path(journal.head()).nth(2).map(|(id, _)| id);
    within(&bench, 1, Command::ShowMoment(first));
    let tip = journal.head().expect("an event");
    let name = Command::NameBranch(tip, "Lesson".into());
    let view = within(&bench, 1, name);
    assert!(
        !history(shown(&view, 1)).live,
        "the card did not move, and the window looks where it did"
    );
}

/// The card of a window whose emulator has another: as it left, its keys masked or shown as everywhere.
#[test]
fn a_card_that_has_left_is_drawn_anew_when_keys_are_shown() {
    let bench = open();
    after(&bench, Command::TearOff);
    after(&bench, Command::NewDemoCard);
    let masked = |view: &View| {
        let bytes = &card(shown(view, 1)).bytes;
        let rows = (0..bytes.len() as u32).filter_map(|at| bytes.row(at));
        rows.flatten().any(|byte| byte == ByteView::Secret)
    };
    let hidden = bench.view();
    assert!(masked(&hidden));
    let refused = card(shown(&hidden, 1)).divide_refused_because;
    assert_eq!(refused, Some("flow.refused.left"));
    let view = after(&bench, Command::ShowKeys(true));
    assert!(!masked(&view));
    let (now, then) = (card(shown(&view, 1)), card(shown(&hidden, 1)));
    assert!(now.revision > then.revision, "a face notices");
    let view = after(&bench, Command::ShowKeys(false));
    assert!(masked(&view));
}
