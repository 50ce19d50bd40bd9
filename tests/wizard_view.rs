//! The divide wizard, driven by accessible names: what its controls ask for, what it says, and that it rests.

use crate::wizard_samples::{self as samples, Moment};
use cardwright::ui::tokens::Tokens;
use cardwright::ui::{theme, widgets, wizard};
use cardwright::workbench::Workbench;
use cardwright::workbench::command::Command;
use cardwright::workbench::view::{StepState, View};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Panel, Theme, Vec2, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use std::time::{Duration, Instant};

const SMALL: Vec2 = Vec2::new(1280.0, 800.0);
const USUAL: Vec2 = Vec2::new(1600.0, 1000.0);
const LARGE: Vec2 = Vec2::new(1920.0, 1080.0);

/// The view that is shown, and what was asked for so far.
struct Desk {
    view: View,
    sent: Vec<Command>,
}

/// The wizard in a window of that size, with room taken by the bars and the rail around it.
fn window(moment: Moment, size: Vec2, look: Theme) -> Harness<'static, Desk> {
    let desk = Desk {
        view: samples::view(moment),
        sent: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_theme(look)
        .with_max_steps(8)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, desk: &mut Desk| {
                let frame = widgets::filled_panel(Tokens::of(ui.ctx()).chrome);
                Panel::top("top")
                    .exact_size(44.0)
                    .frame(frame)
                    .show(ui, |_| {});
                Panel::bottom("status")
                    .exact_size(24.0)
                    .frame(frame)
                    .show(ui, |_| {});
                Panel::left("rail")
                    .exact_size(56.0)
                    .frame(frame)
                    .show(ui, |_| {});
                let flow = desk.view.flow.clone().expect("the sample has a flow");
                wizard::show(ui, &desk.view, &flow, &mut |command| {
                    desk.sent.push(command)
                });
            },
            desk,
        );
    harness.run();
    harness
}

fn usual(moment: Moment) -> Harness<'static, Desk> {
    window(moment, USUAL, Theme::Dark)
}

/// Clicks the one control of that name and gives what came of it.
fn click(harness: &mut Harness<'_, Desk>, name: &str) -> Vec<Command> {
    harness.get_by_label(name).scroll_to_me();
    harness.run();
    harness.get_by_label(name).click();
    harness.run();
    std::mem::take(&mut harness.state_mut().sent)
}

fn press(harness: &mut Harness<'_, Desk>, modifiers: Modifiers, key: Key) -> Vec<Command> {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
    std::mem::take(&mut harness.state_mut().sent)
}

fn says(harness: &Harness<'_, Desk>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn each_button_sends_its_command() {
    let mut harness = usual(Moment::Before("ST65"));
    assert_eq!(
        click(&mut harness, "Next: ST65 Prove who is who"),
        [Command::Next]
    );
    assert_eq!(click(&mut harness, "Run all"), [Command::RunAll]);
    assert_eq!(click(&mut harness, "Back"), [Command::Back]);
    assert_eq!(click(&mut harness, "Stop"), [Command::Stop]);
    assert_eq!(
        click(&mut harness, "Leave the wizard"),
        [Command::CloseFlow]
    );
    for name in ["Next: ST65 Prove who is who", "Run all", "Back", "Stop"] {
        assert_eq!(
            harness.get_by_label(name).accesskit_node().role(),
            Role::Button,
            "{name}"
        );
    }
}

#[test]
fn each_key_sends_its_command_once() {
    let mut harness = usual(Moment::Before("ST65"));
    assert_eq!(
        press(&mut harness, Modifiers::NONE, Key::F10),
        [Command::Next]
    );
    assert_eq!(
        press(&mut harness, Modifiers::SHIFT, Key::F10),
        [Command::Back]
    );
    assert_eq!(
        press(&mut harness, Modifiers::NONE, Key::F9),
        [Command::RunAll]
    );
    for repeat in [false, true, true] {
        let held = egui::Event::Key {
            key: Key::F10,
            physical_key: None,
            pressed: true,
            repeat,
            modifiers: Modifiers::NONE,
        };
        harness.event(held);
    }
    harness.run();
    assert_eq!(
        harness.state().sent,
        [Command::Next],
        "a held key is one step"
    );
}

#[test]
fn what_cannot_be_done_is_not_asked_for() {
    let mut harness = usual(Moment::Before("ST21"));
    assert!(click(&mut harness, "Back").is_empty());
    assert!(press(&mut harness, Modifiers::SHIFT, Key::F10).is_empty());

    let mut harness = usual(Moment::Done);
    assert!(press(&mut harness, Modifiers::NONE, Key::F10).is_empty());
    assert!(press(&mut harness, Modifiers::NONE, Key::F9).is_empty());
    assert!(click(&mut harness, "Stop").is_empty());
    assert!(harness.query_by_label_contains("Next:").is_none());
    assert_eq!(click(&mut harness, "Close"), [Command::CloseFlow]);
}

#[test]
fn after_a_refusal_or_silence_the_flow_can_go_on() {
    let mut harness = usual(Moment::Refused);
    assert_eq!(click(&mut harness, "Next: ST62 Try again"), [Command::Next]);
    assert_eq!(click(&mut harness, "Stop"), [Command::Stop]);
    assert!(says(&harness, "Stopping now leaves the card as it was."));

    let mut harness = usual(Moment::Unknown);
    assert_eq!(
        click(&mut harness, "Next: ST69 Ask the card"),
        [Command::Next]
    );
    assert!(!says(&harness, "leaves the card as it was"), "nobody knows");
}

#[test]
fn picking_a_step_explains_it_and_runs_nothing() {
    let mut harness = usual(Moment::Before("ST65"));
    assert!(says(&harness, "Why ST65"));
    assert!(click(&mut harness, "ST69 Store the code and commit, idle").is_empty());
    assert!(says(&harness, "Why ST69"));
    assert!(says(&harness, "wholly as before or wholly divided"));
    // Picking the next step again is picking nothing.
    assert!(click(&mut harness, "ST65 Prove who is who, next").is_empty());
    assert!(says(&harness, "Why ST65"));
}

#[test]
fn steps_can_be_picked_with_the_keyboard() {
    let mut harness = usual(Moment::Before("ST65"));
    harness
        .get_by_label("ST62 Look up Pj and INF_1, done")
        .focus();
    harness.run();
    assert!(press(&mut harness, Modifiers::NONE, Key::Enter).is_empty());
    assert!(says(&harness, "Why ST62"));
}

#[test]
fn a_picked_message_is_peeled_below() {
    let mut harness = usual(Moment::Before("ST65"));
    assert!(
        says(&harness, "Pj sealed by Card issuer with K_J"),
        "the newest envelope"
    );
    assert!(says(&harness, "INF_1 sealed by Area operator with K_MU_F"));
    let sent = click(
        &mut harness,
        "Message ST23 Pf, Area operator to Card issuer",
    );
    assert!(sent.is_empty());
    assert!(says(
        &harness,
        "Pf sealed by Area operator with K_D  KCV B07C52"
    ));
    assert!(!says(&harness, "Pj sealed"));
    assert!(says(
        &harness,
        "SYS_K_F, its system key: key not shown, KCV 3E88D0"
    ));
    assert!(says(&harness, "Card issuer can open no layer of it."));
}

#[test]
fn phases_fold_and_unfold() {
    let mut harness = usual(Moment::Before("ST65"));
    assert!(
        harness
            .query_by_label("ST22 Seal Pf with K_D, done")
            .is_none()
    );
    click(&mut harness, "ST1 Make the package, ST21 to ST27, done");
    assert!(
        harness
            .query_by_label("ST22 Seal Pf with K_D, done")
            .is_some()
    );
    click(&mut harness, "ST5 Divide on the card, 4 / 10");
    assert!(
        harness
            .query_by_label("ST65 Prove who is who, next")
            .is_none()
    );
}

#[test]
fn the_flow_is_followed_as_it_moves() {
    let mut harness = usual(Moment::Before("ST23"));
    click(&mut harness, "ST21 Make the package Pf, done");
    assert!(says(&harness, "Why ST21"));
    harness.state_mut().view = samples::view(Moment::Before("ST61"));
    harness.run();
    assert!(says(&harness, "Why ST61"));
    assert!(
        harness
            .query_by_label("ST61 Read the system code, next")
            .is_some()
    );
    assert!(says(&harness, "12 of 22 steps"));
}

#[test]
fn stopping_says_what_is_true() {
    let before = usual(Moment::Before("ST66"));
    assert!(says(&before, "Stopping now leaves the card as it was."));
    let after = usual(Moment::Before("ST70"));
    assert!(says(&after, "Stopping now leaves the card divided."));
}

#[test]
fn an_end_says_its_words() {
    let done = usual(Moment::Done);
    assert!(says(
        &done,
        "The card is divided: system FE42 has 96 blocks."
    ));
    assert!(says(&done, "22 of 22 steps"));
    let stopped = usual(Moment::Stopped);
    assert!(says(&stopped, "Stopped. The card is as it was."));
    assert!(says(&stopped, "Nothing was written."));
    for (moment, words) in [
        (Moment::Refused, samples::refused_words()),
        (Moment::Unknown, samples::unknown_words()),
    ] {
        let mut harness = usual(moment);
        assert!(says(&harness, &words.what));
        assert!(says(&harness, &words.next));
        assert!(!says(&harness, &words.details), "folded until asked for");
        click(&mut harness, "What happened");
        assert!(says(&harness, &words.details));
    }
    assert!(says(
        &usual(Moment::Refused),
        "ST62 Look up Pj and INF_1, refused"
    ));
    assert!(says(
        &usual(Moment::Unknown),
        "ST69 Store the code and commit, unknown"
    ));
}

#[test]
fn the_legend_adds_up() {
    let harness = usual(Moment::Before("ST65"));
    let lines = [
        "New system FE42 0058h…00B7h 96",
        "Kept by 0003, untouched  78",
        "Free in 0003 afterwards before 177 80",
        "Division record in 0003  1",
        "Blocks on the chip  255",
    ];
    for line in lines {
        assert!(says(&harness, line), "{line}");
    }
    assert_eq!(96 + 78 + 80 + 1, 255);
}

#[test]
fn who_learned_what_is_said() {
    let mut harness = usual(Moment::Before("ST65"));
    assert!(says(&harness, "Learned at ST64"));
    assert!(says(&harness, "Card: K_MU_F A94C71"));
    click(&mut harness, "ST63 Send both to the card, done");
    assert!(says(&harness, "Division terminal: nothing"));
}

#[test]
fn in_a_narrow_window_the_plan_is_under_the_chart() {
    let mut harness = window(Moment::Before("ST65"), SMALL, Theme::Light);
    assert!(!says(&harness, "Why ST65"));
    click(&mut harness, "Plan and why");
    assert!(says(&harness, "Why ST65"));
    assert!(says(&harness, "New system FE42"));
}

#[test]
fn nothing_is_drawn_while_nothing_happens() {
    for moment in [
        Moment::Before("ST21"),
        Moment::Before("ST65"),
        Moment::Before("ST70"),
        Moment::Done,
        Moment::Unknown,
    ] {
        let mut harness = usual(moment);
        harness.step();
        let output = &harness.output().viewport_output[&ViewportId::ROOT];
        assert_eq!(output.repaint_delay, Duration::MAX, "{moment:?}");
    }
}

#[test]
fn a_flow_without_steps_lanes_or_card_is_drawn_too() {
    let mut view = samples::view(Moment::Before("ST21"));
    let mut flow = samples::flow(Moment::Before("ST21"));
    let mut table = samples::table();
    table.phases.clear();
    flow.table = table.into();
    flow.steps.clear();
    flow.lanes.clear();
    view.card = None;
    view.owners.clear();
    view.flow = Some(flow.into());
    let mut harness = usual(Moment::Before("ST65"));
    harness.state_mut().view = view;
    harness.run();
    assert!(says(&harness, "0 of 0 steps"));
}

/// Sends what was asked for to a workbench and shows what it answers, until `ready`.
fn serve(bench: &Workbench, harness: &mut Harness<'_, Desk>, ready: impl Fn(&View) -> bool) {
    for command in std::mem::take(&mut harness.state_mut().sent) {
        bench.send(command);
    }
    let until = Instant::now() + Duration::from_secs(20);
    while !ready(&bench.view()) {
        let flow = || {
            bench
                .view()
                .flow
                .as_ref()
                .map(|flow| (flow.next, flow.ended.clone()))
        };
        assert!(Instant::now() < until, "waited in vain at {:?}", flow());
        std::thread::sleep(Duration::from_millis(2));
    }
    harness.state_mut().view = View::clone(&bench.view());
    harness.run();
}

/// Whether just so many steps are done.
fn are_done(view: &View, steps: usize) -> bool {
    let flow = view.flow.as_ref().expect("the flow runs");
    flow.steps
        .iter()
        .filter(|state| **state == StepState::Done)
        .count()
        == steps
}

/// A workbench whose division stands before its first step, shown in a window.
fn begun(size: Vec2, look: Theme) -> (Workbench, Harness<'static, Desk>) {
    let bench = Workbench::open(None);
    let mut harness = window(Moment::Before("ST21"), size, look);
    harness.state_mut().sent.push(Command::StartDivide);
    serve(&bench, &mut harness, |view| view.flow.is_some());
    (bench, harness)
}

#[test]
fn a_whole_division_is_driven_step_by_step_from_the_wizard() {
    let (bench, mut harness) = begun(USUAL, Theme::Dark);
    for (at, step) in samples::table().steps().enumerate() {
        assert!(says(&harness, &format!("{} {}, next", step.id, step.title)));
        let asked = press(&mut harness, Modifiers::NONE, Key::F10);
        assert_eq!(asked, [Command::Next], "{}", step.id);
        harness.state_mut().sent = asked;
        serve(&bench, &mut harness, |view| are_done(view, at + 1));
        assert!(says(&harness, &format!("{} of 22 steps", at + 1)));
    }
    assert!(says(&harness, "The card is divided: system FE42 has"));
}

/// Pictures of the wizard for a person to look at. Off by default: set `CARDWRIGHT_SHOTS=1`; the pictures are in
/// `target/shots`.
#[test]
fn shots() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/shots");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let moments = [
        ("start", Moment::Before("ST21")),
        ("st26", Moment::Before("ST26")),
        ("st65", Moment::Before("ST65")),
        ("committed", Moment::Before("ST70")),
        ("done", Moment::Done),
        ("refused", Moment::Refused),
        ("unknown", Moment::Unknown),
    ];
    let save = |harness: &mut Harness<'_, Desk>, name: String| {
        let image = harness.render().expect("a software renderer is there");
        image
            .save(folder.join(format!("wizard-{name}.png")))
            .expect("the picture can be written");
    };
    for (look, look_name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (size, size_name) in [(SMALL, "1280"), (USUAL, "1600"), (LARGE, "1920")] {
            let of = format!("{look_name}-{size_name}");
            for (name, moment) in moments {
                let mut harness = window(moment, size, look);
                if moment == Moment::Refused {
                    click(&mut harness, "What happened");
                }
                save(&mut harness, format!("{name}-{of}"));
            }
            let mut harness = window(Moment::Before("ST70"), size, look);
            click(
                &mut harness,
                "Message ST63 Pj, INF_1, Division terminal to Card",
            );
            harness.get_by_label("Run all").focus();
            harness.run();
            save(&mut harness, format!("picked-{of}"));
            if size == SMALL {
                click(&mut harness, "Plan and why");
                save(&mut harness, format!("plan-{of}"));
            }
            let (bench, mut harness) = begun(size, look);
            for done in 1..=22 {
                harness.state_mut().sent.push(Command::Next);
                serve(&bench, &mut harness, |view| are_done(view, done));
                if [7, 16, 20, 22].contains(&done) {
                    save(&mut harness, format!("real-{done}-{of}"));
                }
            }
        }
    }
}
