//! Files that are asked for in the window: every dialog, answered by a test in a person's place, given up, and missing.

use crate::readers::{DESK, Hand, Shared, is_on, wait};
use crate::support::demo_card;
use crate::ui_harness::{rests, step_until};
use crate::ui_scan::key_list;
use crate::workbench::ended;
use cardwright::model::card::difference::Sides;
use cardwright::ui::action::Action;
use cardwright::ui::app::{App, Place};
use cardwright::ui::files::{Answer, Dialogs, Question};
use cardwright::workbench::compare::Side;
use cardwright::workbench::view::{CardSource, OnReader, Severity, View};
use cardwright::workbench::{Command, Workbench};
use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What comes of a dialog.
enum Reply {
    File(PathBuf),
    /// A person looked at it and chose nothing.
    GivenUp,
    /// The desktop has none.
    NotShown,
}

/// Somebody who answers dialogs with what a test said before.
#[derive(Clone, Default)]
struct Person(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    replies: VecDeque<Reply>,
    asked: Vec<Question>,
    /// How many dialogs were answered.
    answered: usize,
}

impl Person {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().expect("not poisoned")
    }
}

impl Dialogs for Person {
    fn show(&self, question: Question) -> Answer {
        let mut told = self.told();
        told.asked.push(question);
        let reply = told.replies.pop_front().expect("a dialog was expected");
        let person = self.clone();
        Box::pin(async move {
            let chosen = match reply {
                Reply::File(path) => Some(path),
                Reply::GivenUp => {
                    std::thread::sleep(Duration::from_millis(400));
                    None
                }
                Reply::NotShown => None,
            };
            person.told().answered += 1;
            chosen
        })
    }
}

/// A window whose dialogs are answered.
struct Window {
    harness: Harness<'static, App>,
    bench: Shared,
    person: Person,
}

impl Window {
    fn on(bench: Workbench) -> Window {
        let bench = Shared(Arc::new(bench));
        let person = Person::default();
        let (shown, dialogs) = (bench.clone(), person.clone());
        let mut harness = Harness::builder()
            .with_size(vec2(1600.0, 1000.0))
            .wgpu()
            .build_eframe(move |cc| App::new(cc, Box::new(shown)).with_dialogs(Box::new(dialogs)));
        harness.run();
        harness.get_by_role_and_label(Role::Tab, "Card").click();
        harness.run();
        Window {
            harness,
            bench,
            person,
        }
    }

    fn view(&self) -> Arc<View> {
        self.bench.workbench().view()
    }

    /// Lets frames pass until it is done.
    fn until(&mut self, what: &str, done: impl Fn(&Window) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !done(self) {
            assert!(Instant::now() < until, "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(3));
            self.harness.step();
        }
        self.settle();
    }

    /// Lets what was begun come to rest: a menu fades, a notice moves in.
    fn settle(&mut self) {
        self.harness.step();
        step_until(&mut self.harness, "rest", rests);
    }

    fn will(&self, reply: Reply) {
        self.person.told().replies.push_back(reply);
    }

    /// Chooses an action from the menu of that button.
    fn choose(&mut self, menu: &str, action: Action) {
        self.harness
            .get_by_role_and_label(Role::Button, menu)
            .click();
        self.settle();
        self.harness
            .get_by_role_and_label(Role::MenuItem, action.name())
            .click();
        self.settle();
    }

    /// Runs an action from the palette.
    fn find(&mut self, action: Action) {
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        self.settle();
        self.harness
            .get_by_label("Find a node or run an action")
            .type_text(action.name());
        self.settle();
        self.harness.key_press(Key::Enter);
        self.settle();
    }

    fn last_question(&self) -> Question {
        self.person.told().asked.last().expect("asked").clone()
    }

    /// Waits for what is said of a file, which must be good.
    fn done(&mut self, file: &Path) {
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        self.until(&name, |window| {
            let notices = &window.view().notices;
            let mut said = notices.iter();
            said.any(|notice| notice.words.what.contains(&name))
        });
        let view = self.view();
        let refused = view.notices.iter();
        let refused: Vec<_> = refused
            .filter(|notice| notice.severity == Severity::Refused)
            .collect();
        assert!(refused.is_empty(), "{refused:?}");
        assert!(file.exists(), "{name}");
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_card_is_saved_where_a_person_says_and_opened_again() {
    let folder = folder();
    let path = folder.path().join("見本.card");
    let mut window = Window::on(Workbench::open(None));
    let bytes = [Some(0x21); 16].into();
    let edit = Command::Edit { address: 0, bytes };
    window.bench.workbench().send(edit);
    window.will(Reply::File(path.clone()));
    window.choose("Card actions", Action::SaveCard);
    assert!(matches!(
        window.last_question(),
        Question::Save { file_name, .. } if file_name == "card.card"
    ));
    window.until("the file", |_| path.exists());
    window.bench.workbench().send(Command::NewDemoCard);
    let first = |window: &Window| {
        let view = window.view();
        let card = view.card.as_ref().expect("a card");
        *card.bytes.block(0).expect("a block").0
    };
    window.until("another card", |window| first(window).0[0] != 0x21);
    window.will(Reply::File(path));
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::O);
    window.settle();
    let Question::Open { endings, .. } = window.last_question() else {
        panic!("asked for a file that is there");
    };
    assert_eq!(endings, ["card", "nfc", "json"]);
    window.until("the saved card", |window| first(window).0 == [0x21; 16]);
}

#[test]
fn every_form_is_exported_to_the_file_that_is_chosen() {
    let folder = folder();
    let mut window = Window::on(Workbench::open(None));
    for (action, name) in [
        (Action::ExportProxmark3, "card.json"),
        (Action::ExportFlipper, "card.nfc"),
        (Action::ExportText, "card.txt"),
        (Action::ExportTree, "card-tree.json"),
    ] {
        let path = folder.path().join(format!("my-{name}"));
        window.will(Reply::File(path.clone()));
        window.choose("Card actions", action);
        assert!(
            matches!(window.last_question(), Question::Save { file_name, .. } if file_name == name)
        );
        window.done(&path);
    }
    // What was written for others is opened as a dump, and shown, wherever one is.
    window.find(Action::GoDesk);
    assert_eq!(window.harness.state().place(), Place::Desk);
    window.will(Reply::File(folder.path().join("my-card.nfc")));
    window.find(Action::OpenFile);
    window.until("the dump", |window| {
        let view = window.view();
        let card = view.card.as_ref();
        card.is_some_and(
            |card| matches!(&card.source, CardSource::File { name } if name == "my-card.nfc"),
        )
    });
    assert_eq!(window.harness.state().place(), Place::Card);
}

#[test]
fn the_trace_is_exported_to_the_file_that_is_chosen() {
    let folder = folder();
    let bench = Workbench::open(None);
    bench.send(Command::StartDivide);
    bench.send(Command::RunAll);
    wait(&bench, "the end", |view| ended(view).is_some());
    let mut window = Window::on(bench);
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.settle();
    for (action, name) in [
        (Action::ExportTraceText, "trace.txt"),
        (Action::ExportTraceJson, "trace.json"),
    ] {
        let path = folder.path().join(name);
        window.will(Reply::File(path.clone()));
        window.choose("Export", action);
        assert!(
            matches!(window.last_question(), Question::Save { file_name, .. } if file_name == name)
        );
        window.done(&path);
    }
    let text = std::fs::read_to_string(folder.path().join("trace.txt")).expect("text");
    assert!(text.contains("Polling"), "{text}");
    let json = std::fs::read_to_string(folder.path().join("trace.json")).expect("text");
    serde_json::from_str::<serde_json::Value>(&json).expect("JSON");
}

#[test]
fn a_key_list_is_chosen_for_the_card_on_the_reader() {
    let folder = folder();
    let list = folder.path().join("keys.jsonl");
    key_list(&list, None);
    let hand = Hand::default();
    hand.plug(DESK);
    let bench = Workbench::open_with(None, Arc::new(hand.clone()));
    wait(&bench, "the reader", |view| view.readers.len() == 2);
    hand.card(DESK, Some(demo_card()));
    bench.send(Command::ChooseReader(1));
    wait(&bench, "the card", |view| is_on(view, &OnReader::Shown));
    let mut window = Window::on(bench);
    let own = |window: &Window| window.view().keys_at_hand.map(|keys| keys.own);
    window.will(Reply::GivenUp);
    window
        .harness
        .get_by_label(Action::ChooseKeys.name())
        .click();
    window.until("no choice", |window| window.person.told().answered == 1);
    assert_eq!(own(&window), Some(0));
    window.will(Reply::File(list));
    window
        .harness
        .get_by_label(Action::ChooseKeys.name())
        .click();
    window.until("the keys", |window| own(window) == Some(14));
    assert!(
        matches!(window.last_question(), Question::Open { endings, .. } if endings == ["jsonl"])
    );
    let said = window
        .harness
        .query_all_by_label_contains("14 chosen for this card");
    assert_eq!(said.count(), 1);
}

#[test]
fn a_file_to_compare_with_is_asked_for_by_action_and_by_side() {
    let folder = folder();
    let path = folder.path().join("before.card");
    let mut window = Window::on(Workbench::open(None));
    let save = Command::SaveCard(path.clone());
    window.bench.workbench().send(save);
    window.until("the file", |_| path.exists());
    window.will(Reply::File(path.clone()));
    window.find(Action::CompareFile);
    let sides = |window: &Window| {
        let comparison = window.view().comparison.clone();
        comparison.map(|comparison| comparison.sides.as_ref().map(|side| side.side.clone()))
    };
    let (file, live) = (Side::File(path.clone()), Side::Live);
    let forth = Sides { a: file, b: live };
    window.until("the comparison", |window| {
        sides(window) == Some(forth.clone())
    });
    // Side B is the file as well, once the dialog was given up and asked for again.
    for reply in [Reply::GivenUp, Reply::File(path.clone())] {
        let asked = window.person.told().answered;
        window.will(reply);
        let b = window
            .harness
            .query_all_by_label_contains("Side B: ")
            .next();
        b.expect("the box").click();
        window.settle();
        window.harness.get_by_label("A file…").click();
        window.until("the answer", |window| window.person.told().answered > asked);
    }
    window.until("the file on both sides", |window| {
        sides(window).is_some_and(|sides| sides.a == sides.b)
    });
}

#[test]
fn a_dialog_that_is_given_up_changes_nothing() {
    let mut window = Window::on(Workbench::open(None));
    let before = window.view();
    let actions = [Action::SaveCard, Action::OpenFile, Action::ExportTree];
    for (done, action) in (1..).zip(actions) {
        window.will(Reply::GivenUp);
        window.choose("Card actions", action);
        assert!(rests(&window.harness), "an open dialog draws no frame");
        window.until("the answer", |window| window.person.told().answered == done);
    }
    assert!(Arc::ptr_eq(&before, &window.view()), "nothing was asked");
}

#[test]
fn a_desktop_without_dialogs_is_said() {
    let mut window = Window::on(Workbench::open(None));
    for (done, action) in (1..).zip([Action::OpenFile, Action::SaveCard]) {
        window.will(Reply::NotShown);
        window.choose("Card actions", action);
        window.until("the notice", |window| window.view().notices.len() == done);
        let said = window
            .harness
            .query_all_by_label_contains("This desktop shows no file dialog.");
        assert_eq!(said.count(), done);
        let next = window
            .harness
            .query_all_by_label_contains("Drop a file on the window to open it");
        assert_eq!(next.count(), done);
    }
}

#[test]
fn a_window_of_its_own_asks_for_files_and_tells_what_came_of_it() {
    let folder = folder();
    let mut window = Window::on(Workbench::open(None));
    window.bench.workbench().send(Command::TearOff);
    window.until("the window", |window| {
        window.harness.query_all_by_label("Nodes").count() == 2
    });
    // Its own palette: it is in front.
    window.find(Action::FirstEvent);
    let shown = |window: &Window| Arc::clone(&window.view().torn[0].view);
    window.until("the beginning", |window| {
        let view = shown(window);
        let history = view.card.as_ref().and_then(|card| card.history.as_ref());
        history.is_some_and(|history| !history.live)
    });
    for (said, (action, name)) in (1..).zip([
        (Action::SaveCard, "then.card"),
        (Action::ExportFlipper, "then.nfc"),
        (Action::ExportText, "then.txt"),
    ]) {
        let path = folder.path().join(name);
        window.will(Reply::File(path.clone()));
        window.find(action);
        window.until(name, |window| shown(window).notices.len() == said);
        let view = shown(&window);
        assert!(view.notices.iter().all(|it| it.severity == Severity::Done));
        assert!(path.exists(), "{name}");
    }
    window.will(Reply::NotShown);
    window.find(Action::ExportTree);
    window.until("the notice", |window| shown(window).notices.len() == 4);
    assert!(
        window.view().notices.is_empty(),
        "it is told in that window"
    );
}
