//! The time line: going through it, playing it, its branches, and how it is linked to what is picked.

use crate::readers::{Shared, shot, wait, window};
use crate::ui_harness::{open, open_at, rests};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use cardwright::model::card::journal::{EventId, Moment};
use cardwright::ui::app::{App, Place};
use cardwright::workbench::view::{CardView, History, View};
use cardwright::workbench::{Command, Workbench};
use egui::{Key, Modifiers, Pos2, Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// Events of the sample card: 65 of commands, then one of ST69 and one of ST85.
const EVENTS: u32 = 67;

fn moment(number: u32) -> Moment {
    EventId::new(number)
}

fn sample() -> (Harness<'static, App>, FakeBench) {
    let bench = FakeBench::of(view(Some(card(256, Stage::Divided))));
    let mut harness = open(bench.clone());
    to_card(&mut harness);
    (harness, bench)
}

fn to_card(harness: &mut Harness<'static, App>) {
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
}

fn click(harness: &mut Harness<'static, App>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

fn press(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

/// Where the line's part up to a place ends on the ruler.
fn on_ruler(harness: &Harness<'static, App>, part: f32) -> Pos2 {
    let rect = harness
        .get_by_role_and_label(Role::Slider, "Time line")
        .rect();
    let inner = rect.shrink2(vec2(16.0, 0.0));
    inner.left_center() + vec2(inner.width() * part, 0.0)
}

fn spoken(harness: &Harness<'static, App>) -> String {
    let ruler = harness.get_by_role_and_label(Role::Slider, "Time line");
    ruler.accesskit_node().value().expect("it says its event")
}

#[test]
fn buttons_go_by_the_unit_that_is_chosen() {
    let (mut harness, bench) = sample();
    assert!(spoken(&harness).starts_with("#67, ST85: Register Service, "));
    assert!(
        harness.query_by_label_contains("Moment").is_none(),
        "the card is shown as it is"
    );
    click(&mut harness, "Back on the time line");
    click(&mut harness, "Start of the time line");
    click(&mut harness, "Forward on the time line");
    // A command that goes on for 63 events is one step.
    click(&mut harness, "Step");
    click(&mut harness, "Forward on the time line");
    click(&mut harness, "Forward on the time line");
    click(&mut harness, "Forward on the time line");
    click(&mut harness, "Flow");
    click(&mut harness, "Forward on the time line");
    let asked = [66, 0, 1, 2, 65, 66].map(|number| Command::ShowMoment(moment(number)));
    assert_eq!(bench.asked()[..6], asked);
    assert_eq!(
        bench.asked()[6..],
        [Command::ShowNow],
        "where the card stands, it is now"
    );
    assert!(rests(&harness));
}

#[test]
fn the_ruler_is_gone_along_by_keyboard() {
    let (mut harness, bench) = sample();
    harness
        .get_by_role_and_label(Role::Slider, "Time line")
        .focus();
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    press(&mut harness, Modifiers::SHIFT, Key::ArrowLeft);
    press(&mut harness, Modifiers::NONE, Key::Home);
    assert_eq!(spoken(&harness), "Before the first event");
    press(&mut harness, Modifiers::SHIFT, Key::ArrowRight);
    press(&mut harness, Modifiers::COMMAND, Key::ArrowRight);
    press(&mut harness, Modifiers::NONE, Key::End);
    let asked = [66, 65, 2, 0, 1].map(|number| Command::ShowMoment(moment(number)));
    assert_eq!(bench.asked()[..5], asked);
    assert_eq!(
        bench.asked()[5..],
        [Command::ShowMoment(moment(65)), Command::ShowNow],
        "a flow begins after 65"
    );
    // From anywhere, the same keys with Alt.
    press(&mut harness, Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(bench.asked().last(), Some(&Command::ShowMoment(moment(66))));
    assert!(rests(&harness));
}

#[test]
fn pressing_and_dragging_on_the_ruler_scrubs_and_letting_go_picks() {
    let (mut harness, bench) = sample();
    let at = |harness: &Harness<'static, App>, event: f32| {
        on_ruler(harness, (event - 0.5) / EVENTS as f32)
    };
    harness.hover_at(at(&harness, 67.0));
    harness.run_steps(60);
    assert!(
        harness
            .query_by_label_contains("#67, ST85: Register Service")
            .is_some()
    );
    harness.drag_at(at(&harness, 10.0));
    harness.run();
    harness.hover_at(at(&harness, 40.0));
    harness.run();
    harness.hover_at(at(&harness, 66.0));
    harness.run();
    let asked = [10, 40, 66].map(|number| Command::ShowMoment(moment(number)));
    assert_eq!(bench.asked(), asked);
    assert_eq!(harness.state().card().selection().event, None, "not yet");
    harness.drop_at(at(&harness, 66.0));
    harness.run_steps(40);
    let picked = harness.state().card().selection();
    assert_eq!((picked.event, picked.block), (moment(66), Some(88 + 95)));
    assert!(picked.node.is_some(), "the node whose block it wrote");
    assert!(rests(&harness));
}

#[test]
fn a_long_press_picks_as_well() {
    let mut harness = open_at(
        FakeBench::of(view(Some(card(256, Stage::Divided)))),
        vec2(1280.0, 800.0),
        Theme::Light,
    );
    to_card(&mut harness);
    // However long it is, it is a click or a drag, or neither.
    for (steps, part, event) in [(2, 0.98, 66), (4, 0.5, 34), (6, 0.98, 66)] {
        harness.drag_at(on_ruler(&harness, part));
        harness.run_steps(steps);
        harness.drop_at(on_ruler(&harness, part));
        harness.run_steps(40);
        assert_eq!(harness.state().card().selection().event, moment(event));
    }
}

#[test]
fn what_is_picked_marks_the_events_that_wrote_it() {
    let (mut harness, _) = sample();
    let told = |harness: &Harness<'static, App>| {
        let ruler = harness.get_by_role_and_label(Role::Slider, "Time line");
        ruler
            .accesskit_node()
            .data()
            .description()
            .map(str::to_owned)
    };
    assert_eq!(told(&harness), None);
    harness.get_by_label_contains("0810 Purse").click();
    harness.run();
    assert_eq!(
        told(&harness).as_deref(),
        Some("1 event wrote what is picked")
    );
    harness.get_by_label_contains("090C Cyclic").click();
    harness.run();
    assert_eq!(
        told(&harness).as_deref(),
        Some("64 events wrote what is picked")
    );
}

#[test]
fn the_wheel_brings_a_part_nearer() {
    let (mut harness, bench) = sample();
    let middle = on_ruler(&harness, 0.5);
    harness.hover_at(middle);
    harness.run();
    for _ in 0..12 {
        harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: vec2(0.0, 60.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        harness.run_steps(8);
    }
    // A step to the right is now several points; from the middle, the edge is a few events away.
    harness.drag_at(on_ruler(&harness, 0.99));
    harness.run_steps(8);
    harness.drop_at(on_ruler(&harness, 0.99));
    harness.run_steps(40);
    let Some(Command::ShowMoment(Some(event))) = bench.asked().last().cloned() else {
        panic!("a moment was asked for")
    };
    assert!((38..45).contains(&event.number()), "{event:?} is near 34");
    press(&mut harness, Modifiers::NONE, Key::Num0);
    harness.drag_at(on_ruler(&harness, 0.1));
    harness.run_steps(8);
    harness.drop_at(on_ruler(&harness, 0.1));
    harness.run_steps(40);
    assert_eq!(bench.asked().last(), Some(&Command::ShowMoment(moment(7))));
}

#[test]
fn it_plays_to_the_end_and_then_rests() {
    let (mut harness, bench) = sample();
    let plays = |bench: &FakeBench, harness: &mut Harness<'static, App>| {
        for _ in 0..400 {
            harness.step();
            if bench.asked().last() == Some(&Command::ShowNow) {
                return;
            }
        }
        panic!("it did not come to the end: {:?}", bench.asked().last());
    };
    click(&mut harness, "Speed 1×");
    harness.get_by_role_and_label(Role::MenuItem, "5×").click();
    harness.run();
    click(&mut harness, "Speed 5×");
    harness.get_by_role_and_label(Role::MenuItem, "1×").click();
    harness.run();
    harness.get_by_label("Step").click();
    harness.step();
    harness.get_by_label("Play or pause the time line").click();
    plays(&bench, &mut harness);
    let asked: Vec<Command> = [0, 1, 2, 65, 66]
        .map(|n| Command::ShowMoment(moment(n)))
        .into();
    let mut told = bench.asked();
    told.dedup();
    assert_eq!(
        told[..told.len() - 1],
        asked,
        "from the beginning, step by step"
    );
    harness.run_steps(4);
    assert!(rests(&harness), "at the end nothing moves");
    assert_eq!(bench.asked().len(), 6);
}

#[test]
fn a_card_without_a_history_has_no_time_line() {
    let mut harness = open(FakeBench::of(view(Some(dump()))));
    to_card(&mut harness);
    assert!(harness.query_by_label("Time line").is_none());
    press(&mut harness, Modifiers::COMMAND, Key::K);
    harness
        .get_by_label("Find a node or run an action")
        .type_text("time line");
    harness.run();
    let refused = "Only a card in the emulator keeps what was written.";
    assert!(harness.query_all_by_label_contains(refused).count() >= 5);
}

fn demo(theme: Theme) -> (Harness<'static, App>, Shared) {
    let (mut harness, bench) = window(Workbench::open(None), theme);
    to_card(&mut harness);
    (harness, bench)
}

fn history(view: &View) -> &History {
    let card: &CardView = view.card.as_deref().expect("a card");
    card.history.as_ref().expect("it keeps what was written")
}

/// Waits for the worker, and draws what it shows.
fn until(
    harness: &mut Harness<'static, App>,
    bench: &Shared,
    what: &str,
    ready: impl Fn(&History) -> bool,
) {
    wait(&bench.0, what, |view| ready(history(view)));
    harness.run();
}

fn edit(harness: &mut Harness<'static, App>, bench: &Shared, value: u8) -> EventId {
    let before = history(&bench.0.view()).journal.len();
    let bytes = std::array::from_fn(|_| Some(value));
    bench.0.send(Command::Edit {
        address: 0,
        bytes: bytes.into(),
    });
    until(harness, bench, "the edit", |history| {
        history.journal.len() > before
    });
    history(&bench.0.view()).journal.head().expect("an event")
}

#[test]
fn a_past_moment_says_so_and_leads_back_to_now() {
    let (mut harness, bench) = demo(Theme::Dark);
    let now = history(&bench.0.view()).journal.head().expect("events");
    harness
        .get_by_role_and_label(Role::Slider, "Time line")
        .focus();
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::ArrowLeft);
    until(&mut harness, &bench, "the past", |history| !history.live);
    let (past, end) = (now.number() - 1, now.number());
    let words = format!("Moment #{past} of {end}");
    assert!(
        harness.query_by_label(&words).is_some(),
        "in the map's header"
    );
    let status = harness.get_all_by_role(Role::Status);
    let status: Vec<String> = status
        .filter_map(|node| node.accesskit_node().label())
        .collect();
    assert!(
        status.iter().any(|said| said.contains(&words)),
        "{status:?}"
    );
    click(&mut harness, "Back to now");
    until(&mut harness, &bench, "now", |history| history.live);
    assert!(harness.query_by_label(&words).is_none());
    assert!(rests(&harness));
}

#[test]
fn the_playhead_follows_the_card_while_it_is_written() {
    let (mut harness, bench) = demo(Theme::Dark);
    let first = edit(&mut harness, &bench, 1);
    assert!(spoken(&harness).starts_with(&format!("{first:?}, Edit by hand, 0000h, ")));
    let second = edit(&mut harness, &bench, 2);
    assert!(spoken(&harness).starts_with(&format!("{second:?}, ")));
    assert!(rests(&harness));
}

#[test]
fn edits_are_taken_back_and_made_again_by_key() {
    let (mut harness, bench) = demo(Theme::Dark);
    let issued = history(&bench.0.view()).journal.head();
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    let edited = edit(&mut harness, &bench, 1);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    until(&mut harness, &bench, "undone", |history| {
        history.shown == issued
    });
    for (modifiers, key) in [
        (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
        (Modifiers::COMMAND, Key::Y),
    ] {
        press(&mut harness, modifiers, key);
        until(&mut harness, &bench, "redone", |history| {
            history.shown == Some(edited)
        });
        press(&mut harness, Modifiers::COMMAND, Key::Z);
        until(&mut harness, &bench, "undone", |history| {
            history.shown == issued
        });
    }
    assert!(history(&bench.0.view()).live);
}

#[test]
fn going_on_from_a_moment_keeps_a_branch_that_is_named_looked_at_and_discarded() {
    let (mut harness, bench) = demo(Theme::Dark);
    let first = edit(&mut harness, &bench, 1);
    let second = edit(&mut harness, &bench, 2);
    press(&mut harness, Modifiers::ALT, Key::ArrowLeft);
    until(&mut harness, &bench, "the past", |history| {
        history.shown == Some(first)
    });
    click(&mut harness, "Continue from here");
    until(&mut harness, &bench, "going on", |history| history.live);
    let said = "The 1 event after it is kept. What is written now begins a branch.";
    assert!(harness.query_by_label_contains(said).is_some());
    let third = edit(&mut harness, &bench, 3);

    // The new branch has a name by itself; the other gets one.
    click(&mut harness, &format!("Branch: Branch of {first:?}"));
    click(&mut harness, "Name First line");
    harness
        .get_by_label("Name of the branch")
        .type_text("As it went");
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let named = |history: &History| history.journal.branches().any(|b| b.name == "As it went");
    until(&mut harness, &bench, "the name", named);

    // It is looked at: the time line is its own.
    harness.get_by_label_contains("As it went, ").click();
    harness.run();
    until(&mut harness, &bench, "its end", |history| {
        history.shown == Some(second)
    });
    assert!(harness.query_by_label("Branch: As it went").is_some());
    assert!(spoken(&harness).starts_with(&format!("{second:?}, ")));
    press(&mut harness, Modifiers::ALT, Key::ArrowLeft);
    until(&mut harness, &bench, "one before", |history| {
        history.shown == Some(first)
    });
    assert!(
        harness.query_by_label("Branch: As it went").is_some(),
        "still on it"
    );
    press(&mut harness, Modifiers::SHIFT, Key::F8);
    until(&mut harness, &bench, "now", |history| {
        history.shown == Some(third)
    });

    click(&mut harness, &format!("Branch: Branch of {first:?}"));
    click(&mut harness, "Discard As it went");
    assert!(
        harness
            .query_by_label("1 event is lost for good.")
            .is_some()
    );
    click(&mut harness, "Keep");
    assert_eq!(history(&bench.0.view()).journal.branches().count(), 2);
    click(&mut harness, "Discard As it went");
    click(&mut harness, "Discard");
    let alone = |history: &History| history.journal.branches().count() == 1;
    until(&mut harness, &bench, "the branch gone", alone);
}

#[test]
fn the_palette_opens_the_branches() {
    let (mut harness, bench) = demo(Theme::Dark);
    edit(&mut harness, &bench, 1);
    press(&mut harness, Modifiers::ALT, Key::Num1);
    press(&mut harness, Modifiers::COMMAND, Key::K);
    harness
        .get_by_label("Find a node or run an action")
        .type_text("name the branch");
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.run();
    assert_eq!(harness.state().place(), Place::Card);
    harness
        .get_by_label("Name of the branch")
        .type_text("Lesson");
    harness.run();
    click(&mut harness, "Save name");
    let named = |history: &History| history.journal.branches().any(|b| b.name == "Lesson");
    until(&mut harness, &bench, "the name", named);
}

/// A card that was issued, divided, edited and gone back on, for a person to look at.
#[test]
fn pictures() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let (mut harness, bench) = demo(theme);
        bench.0.send(Command::StartDivide);
        bench.0.send(Command::RunAll);
        wait(&bench.0, "the division", |view| {
            view.flow.as_ref().is_some_and(|flow| flow.ended.is_some())
        });
        bench.0.send(Command::CloseFlow);
        (1..9).for_each(|value| _ = edit(&mut harness, &bench, value));
        shot(&mut harness, &format!("time-now-{name}"));
        harness.drag_at(on_ruler(&harness, 0.8));
        harness.run();
        harness.drop_at(on_ruler(&harness, 0.8));
        harness.run();
        until(&mut harness, &bench, "the past", |history| !history.live);
        shot(&mut harness, &format!("time-past-{name}"));
        click(&mut harness, "Continue from here");
        until(&mut harness, &bench, "now", |history| history.live);
        edit(&mut harness, &bench, 77);
        harness.get_by_label_contains("Branch: ").click();
        harness.run();
        shot(&mut harness, &format!("time-branches-{name}"));
        for (size, at) in [
            (vec2(1280.0, 800.0), "1280"),
            (vec2(1600.0, 1000.0), "1600"),
        ] {
            let mut harness = open_at(
                FakeBench::of(view(Some(card(256, Stage::Divided)))),
                size,
                theme,
            );
            to_card(&mut harness);
            harness.drag_at(on_ruler(&harness, 0.98));
            harness.run_steps(4);
            harness.drop_at(on_ruler(&harness, 0.98));
            harness.run_steps(40);
            shot(&mut harness, &format!("time-{at}-{name}"));
        }
    }
}
