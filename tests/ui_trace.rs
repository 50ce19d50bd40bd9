//! The trace in the Card place: what is listed, how a pick there and a pick on the card find each other, and what
//! leaves by clipboard and file.

use crate::readers::{DESK, Shared, is_on, shot, wait, window, with_reader};
use crate::support::demo_card;
use crate::ui_harness::{open, open_at, rests, step_until};
use crate::ui_samples::{FakeBench, Stage, card, dump, view};
use crate::workbench::{after, ended};
use cardwright::model::card::{Idm, NodeCode, ServiceCode, SystemCode};
use cardwright::model::command::{Request, code};
use cardwright::model::port::LinkError;
use cardwright::model::trace::{Bytes, Ended, Exchange, Trace};
use cardwright::ui::app::App;
use cardwright::ui::card::facts::NodeRef;
use cardwright::workbench::Workbench;
use cardwright::workbench::command::{Command, TraceForm};
use cardwright::workbench::view::OnReader;
use egui::{Key, Modifiers, OutputCommand, Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

type Window = Harness<'static, App>;

/// A workbench whose card was divided.
fn divided() -> Workbench {
    let bench = Workbench::open(None);
    after(&bench, Command::StartDivide, "the wizard", |view| {
        view.flow.is_some()
    });
    after(&bench, Command::RunAll, "the end", |view| {
        ended(view).is_some()
    });
    bench
}

/// The trace of a division, on screen.
fn traced(theme: Theme) -> (Window, Shared) {
    let (mut harness, bench) = window(divided(), theme);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    harness.run();
    (harness, bench)
}

fn listed(harness: &Window) -> usize {
    harness.state().card().trace().listed()
}

fn tab(harness: &mut Window, name: &str) {
    let tabs = harness.query_all_by_role(Role::Tab);
    let tab = tabs.into_iter().find(|tab| {
        let label = tab.accesskit_node().label();
        label.is_some_and(|label| label.starts_with(name))
    });
    tab.expect("a tab").click();
    harness.run();
}

fn filter(harness: &mut Window, text: &str) {
    harness.get_by_label("Filter exchanges").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_label("Filter exchanges").type_text(text);
    harness.run();
}

/// The name of the last row on screen that holds this.
fn row(harness: &Window, part: &str) -> String {
    let rows = harness.query_all_by_role(Role::ListItem);
    let names = rows
        .into_iter()
        .filter_map(|row| row.accesskit_node().label());
    // The first row may be cut by what stands over the list.
    let mut names = names.filter(|name| name.starts_with('#') && name.contains(part));
    names.next_back().expect("a row that says so")
}

fn click_row(harness: &mut Window, part: &str) {
    let name = row(harness, part);
    harness.get_by_role_and_label(Role::ListItem, &name).click();
    harness.run();
}

fn service(code: u16) -> ServiceCode {
    ServiceCode::new(code).expect("a service code")
}

#[test]
fn the_tab_counts_and_the_list_follows_the_newest() {
    let (harness, bench) = traced(Theme::Dark);
    let count = bench.0.view().trace.len();
    assert!(count >= 12, "{count}");
    assert_eq!(listed(&harness), count);
    let name = format!("Trace {count}");
    assert!(harness.query_by_role_and_label(Role::Tab, &name).is_some());
    let last = bench.0.view().trace.last().expect("there").number;
    assert!(row(&harness, &format!("#{last} ")).starts_with('#'));
    assert!(rests(&harness));
}

#[test]
fn an_exchange_that_wrote_picks_its_event_block_and_node() {
    let (mut harness, bench) = traced(Theme::Dark);
    filter(&mut harness, "Change System Block");
    click_row(&mut harness, "Change System Block");
    let view = bench.0.view();
    let selection = harness.state().card().selection();
    let exchange = view.trace.numbered(selection.exchange.expect("picked"));
    let exchange = exchange.expect("there");
    assert_eq!(exchange.code(), code::CHANGE_SYSTEM_BLOCK);
    let event = selection.event.expect("it wrote");
    assert_eq!(event.number(), exchange.events.end);
    let shown = view.card.as_ref().expect("a card");
    let history = shown.history.as_ref().expect("a journal");
    let address = history.journal.event(event).expect("there").address;
    assert_eq!(selection.block, Some(address));
    assert!(selection.node.is_some());
    assert!(harness.query_by_label("Command opened, 0 bytes").is_some());
    assert!(
        harness
            .query_by_role_and_label(Role::ListItem, "SF2, what: no error")
            .is_some()
    );
    shot(&mut harness, "trace-commit");

    let name = format!("Show #{}", event.number());
    let there = harness.query_by_label(&name).is_some();
    let newest = history.shown == Some(event);
    assert_eq!(there, !newest, "only another moment is offered");
}

#[test]
fn the_moment_of_an_exchange_is_shown() {
    let (mut harness, bench) = traced(Theme::Dark);
    let edit = Command::Edit {
        address: 0,
        bytes: [Some(7); 16].into(),
    };
    after(&bench.0, edit, "a newer moment", |view| view.flow.is_none());
    harness.run();
    let view = bench.0.view();
    let first = view
        .trace
        .iter()
        .find(|exchange| !exchange.events.is_empty());
    let first = first.expect("something was written").clone();
    let number = format!("#{} ", first.number);
    filter(&mut harness, &number);
    click_row(&mut harness, &number);
    let name = format!("Show #{}", first.events.end);
    harness.get_by_label(&name).click();
    harness.run();
    let view = wait(&bench.0, "the moment", |view| {
        let history = view.card.as_ref().and_then(|card| card.history.as_ref());
        history.is_some_and(|history| !history.live)
    });
    let history = view.card.as_ref().and_then(|card| card.history.as_ref());
    let shown = history.and_then(|history| history.shown);
    assert_eq!(shown.map(|id| id.number()), Some(first.events.end));
}

#[test]
fn an_event_picked_elsewhere_picks_its_exchange() {
    let (mut harness, bench) = traced(Theme::Dark);
    tab(&mut harness, "Details");
    let view = bench.0.view();
    let card = view.card.as_ref().expect("a card");
    let history = card.history.as_ref().expect("a journal");
    // The newest event stands first among those that are listed.
    let newest = history.shown.expect("something was written");
    let name = format!("#{} ", newest.number());
    let name = row(&harness, &name);
    harness.get_by_role_and_label(Role::ListItem, &name).click();
    harness.run();
    let selection = harness.state().card().selection();
    assert_eq!(selection.event, Some(newest));
    let exchange = view.trace.numbered(selection.exchange.expect("found"));
    let events = exchange.expect("there").events.clone();
    assert!(events.start < newest.number() && newest.number() <= events.end);
    tab(&mut harness, "Trace");
    let number = format!("#{} ", selection.exchange.expect("found"));
    let name = row(&harness, &number);
    let row = harness.get_by_role_and_label(Role::ListItem, &name);
    let lit = row.accesskit_node().toggled();
    assert_eq!(lit, Some(egui::accesskit::Toggled::True), "and in sight");
}

#[test]
fn a_node_picked_in_the_tree_leaves_its_exchanges() {
    let (mut harness, bench) = traced(Theme::Dark);
    let items = harness.query_all_by_role(Role::TreeItem);
    let system = items.into_iter().find(|item| {
        let label = item.accesskit_node().label();
        label.is_some_and(|label| label.starts_with("FE42"))
    });
    system.expect("the divided system").click();
    harness.run();
    harness.get_by_label("Selection").click();
    harness.run();
    let all = bench.0.view().trace.len();
    let of_system = listed(&harness);
    assert!(of_system > 0 && of_system < all, "{of_system} of {all}");
    let view = bench.0.view();
    let number = harness
        .state()
        .card()
        .selection()
        .node
        .expect("picked")
        .system();
    let named = |exchange: &&Exchange| exchange.idm().is_some_and(|i| i.system_number() == number);
    assert_eq!(of_system, view.trace.iter().filter(named).count());
    // The other way: one of these rows is of that system.
    click_row(&mut harness, "Authentication1");
    let node = harness.state().card().selection().node.expect("picked");
    assert_eq!(node.system(), number);
}

#[test]
fn a_field_lights_its_bytes_and_picks_what_it_is_about() {
    let (mut harness, _bench) = traced(Theme::Dark);
    filter(&mut harness, "Authentication1");
    click_row(&mut harness, "Authentication1");
    let exchange = harness.state().card().selection().exchange;
    harness
        .query_all_by_role_and_label(Role::ListItem, "Area: 0000")
        .next()
        .expect("the root area is named")
        .click();
    harness.run();
    let selection = harness.state().card().selection();
    assert!(matches!(
        selection.node,
        Some(NodeRef::Area(_, NodeCode(0)))
    ));
    assert_eq!(selection.exchange, exchange, "the exchange stays picked");
    shot(&mut harness, "trace-field");
}

#[test]
fn the_filter_leaves_what_it_names() {
    let (mut harness, bench) = traced(Theme::Dark);
    let trace = bench.0.view().trace.clone();
    let count = |keep: &dyn Fn(&Exchange) -> bool| trace.iter().filter(|e| keep(e)).count();
    harness.get_by_label("Secure").click();
    harness.run();
    assert_eq!(listed(&harness), count(&Exchange::is_enciphered));
    harness.get_by_label("Secure").click();
    harness.run();
    harness.get_by_label("Failed").click();
    harness.run();
    assert_eq!(listed(&harness), count(&Exchange::has_failed));
    harness.get_by_label("Failed").click();
    harness.run();
    filter(&mut harness, "register area");
    let register = |exchange: &Exchange| exchange.code() == code::REGISTER_AREA;
    assert_eq!(listed(&harness), count(&register));
    filter(&mut harness, "ST63");
    let step = |exchange: &Exchange| {
        let step = exchange.step.as_ref();
        step.is_some_and(|step| step.0 == "ST63")
    };
    assert_eq!(listed(&harness), count(&step));
    filter(&mut harness, "no such words");
    assert_eq!(listed(&harness), 0);
    assert!(
        harness
            .query_by_label("No exchange fits the filter.")
            .is_some()
    );
}

#[test]
fn the_list_is_walked_by_keyboard() {
    let (mut harness, bench) = traced(Theme::Dark);
    harness
        .get_by_role_and_label(Role::List, "Exchanges")
        .focus();
    harness.run();
    let picked = |harness: &Window| harness.state().card().selection().exchange;
    let press = |harness: &mut Window, key| {
        harness.key_press(key);
        harness.run();
        picked(harness)
    };
    let last = bench.0.view().trace.last().map(|exchange| exchange.number);
    assert_eq!(press(&mut harness, Key::Home), Some(1));
    assert_eq!(press(&mut harness, Key::ArrowDown), Some(2));
    assert_eq!(press(&mut harness, Key::ArrowUp), Some(1));
    assert_eq!(press(&mut harness, Key::ArrowUp), Some(1));
    assert_eq!(press(&mut harness, Key::End), last);
    assert_eq!(press(&mut harness, Key::ArrowDown), last);
    assert!(rests(&harness));
}

/// What was copied in the last frame.
fn copied(harness: &Window) -> String {
    let commands = &harness.output().platform_output.commands;
    let text = commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    text.expect("something was copied")
}

#[test]
fn what_is_copied_holds_no_challenge() {
    let (mut harness, bench) = traced(Theme::Dark);
    filter(&mut harness, "Authentication1");
    click_row(&mut harness, "Authentication1");
    let number = harness.state().card().selection().exchange.expect("picked");
    let view = bench.0.view();
    let exchange = view.trace.numbered(number).expect("there");
    // C1A is the end of the command.
    let c1a = &exchange.command()[exchange.command().len() - 8..];
    let c1a = c1a.iter().map(|byte| format!("{byte:02X}"));
    let c1a = c1a.collect::<Vec<_>>().join(" ");
    harness.get_by_label("Copy exchange").click();
    harness.step();
    let text = copied(&harness);
    assert!(
        text.contains("Authentication1") && text.contains("IDm-1."),
        "{text}"
    );
    assert!(!text.contains(&c1a) && text.contains("-- --"), "{text}");
    let part = format!("Copy bytes: Command, {} bytes", exchange.command().len());
    harness.run();
    harness.get_by_label(&part).click();
    harness.step();
    let bytes = copied(&harness);
    assert_eq!(bytes.split(' ').count(), exchange.command().len());
    assert!(bytes.ends_with("-- -- -- -- -- -- -- --"), "{bytes}");
}

#[test]
fn what_is_listed_is_exported() {
    let (mut harness, bench) = traced(Theme::Dark);
    let folder = tempfile::tempdir().expect("a folder");
    filter(&mut harness, "Separate System");
    let count = listed(&harness);
    assert!(count > 0);
    harness.get_by_label("Export").click();
    harness.run();
    shot(&mut harness, "trace-export");
    for (masked, name) in [(true, "masked.json"), (false, "clear.json")] {
        if !masked {
            harness.get_by_label("Mask IDs").click();
            harness.run();
        }
        let path = folder.path().join(name);
        let command = harness.state().card().trace().export(TraceForm::Json);
        let command = command(path.clone());
        after(&bench.0, command, "the file", |view| {
            let said = view.notices.iter().map(|notice| &notice.words.what);
            said.into_iter().any(|what| what.contains(name))
        });
        let text = std::fs::read_to_string(path).expect("written");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["exchanges"].as_array().map(Vec::len), Some(count));
        assert_eq!(value["ids"], if masked { "masked" } else { "clear" });
        assert_eq!(text.contains("IDm-1.0"), masked);
    }
}

#[test]
fn a_cleared_trace_begins_anew() {
    let (mut harness, bench) = traced(Theme::Dark);
    let last = bench.0.view().trace.last().expect("there").number;
    click_row(&mut harness, &format!("#{last} "));
    harness.get_by_label("Export").click();
    harness.run();
    harness.get_by_label("Clear the trace").click();
    harness.run();
    wait(&bench.0, "an empty trace", |view| view.trace.is_empty());
    harness.run();
    assert_eq!(listed(&harness), 0);
    assert!(
        harness
            .query_by_label_contains("No command was sent")
            .is_some()
    );
    assert!(harness.query_by_label("Copy exchange").is_none());
}

#[test]
fn a_card_on_a_reader_is_traced_as_well() {
    let (bench, hand) = with_reader();
    hand.card(DESK, Some(demo_card()));
    bench.send(Command::ChooseReader(1));
    let view = wait(&bench, "the card", |view| is_on(view, &OnReader::Shown));
    assert!(view.trace.len() > 20, "{}", view.trace.len());
    assert!(
        view.trace
            .iter()
            .all(|exchange| exchange.ended == Ended::Answered)
    );
    let (mut harness, bench) = window(bench, Theme::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    harness.run();
    filter(&mut harness, "Read Without Encryption");
    click_row(&mut harness, "Read Without Encryption");
    let selection = harness.state().card().selection();
    let picked = selection.node;
    let exchange = bench
        .0
        .view()
        .trace
        .numbered(selection.exchange.unwrap())
        .unwrap()
        .clone();
    assert!(
        matches!(picked, Some(NodeRef::Service(..))),
        "{selection:?} {exchange:?} {:?} {:?}",
        exchange.touched().collect::<Vec<_>>(),
        exchange.idm()
    );
    let before = bench.0.view().trace.len();
    after(&bench.0, Command::ChooseReader(0), "the emulator", |view| {
        view.reader == 0
    });
    assert_ne!(bench.0.view().trace.len(), before);
}

#[test]
fn a_card_that_could_not_be_looked_at_leaves_its_trace() {
    let (bench, hand) = with_reader();
    hand.card(DESK, Some(demo_card()));
    hand.held().fail = Some(LinkError::Reader("a fuse".into()));
    bench.send(Command::ChooseReader(1));
    let view = wait(&bench, "the error", |view| {
        matches!(view.on_reader, Some(OnReader::Failed(_)))
    });
    assert!(view.card.is_none());
    let (mut harness, _bench) = window(bench, Theme::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    harness.run();
    click_row(&mut harness, "Polling");
    assert_eq!(harness.state().card().selection().exchange, Some(1));
    assert!(harness.query_by_label("Reader failed").is_some());
    shot(&mut harness, "trace-failed");
}

#[test]
fn a_file_has_no_trace_and_says_so() {
    let mut harness = open(FakeBench::of(view(Some(dump()))));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    harness.run();
    assert!(
        harness
            .query_by_label_contains("A file holds no commands")
            .is_some()
    );
}

#[test]
fn a_narrow_window_has_the_trace_in_the_middle() {
    let bench = FakeBench::of(view(Some(card(256, Stage::Divided))));
    let mut harness = open_at(bench, vec2(1200.0, 800.0), Theme::Dark);
    harness.get_by_role_and_label(Role::Tab, "Card").click();
    harness.run();
    assert!(
        harness
            .query_by_label_contains("No command was sent")
            .is_none()
    );
    harness
        .get_by_role_and_label(Role::RadioButton, "Trace")
        .click();
    harness.run();
    assert!(
        harness
            .query_by_label_contains("No command was sent")
            .is_some()
    );
    harness
        .get_by_role_and_label(Role::RadioButton, "Map")
        .click();
    harness.run();
    assert!(harness.query_by_label("Block map of 256 blocks").is_some());
}

/// A hundred thousand exchanges with system 1, every tenth a Polling that nobody answered.
fn long() -> Trace {
    let idm = Idm([0x11, 2, 3, 4, 5, 6, 7, 8]);
    let ask = Request::SearchServiceCode { idm, index: 7 };
    let poll = Request::Polling {
        system_code: SystemCode(0xFE42),
        request: cardwright::model::command::PollingRequest::None,
        time_slots: cardwright::model::command::TimeSlots::One,
    };
    let (ask, poll) = (ask.encode().expect("fits"), poll.encode().expect("fits"));
    let answer = [&[0x0C, 0x0B], &idm.0[..], &[0x50, 0x10]].concat();
    let mut trace = Trace::default();
    for at in 0..100_000 {
        let (command, ended, answer) = match at % 10 {
            9 => (&poll, Ended::Silent, &[][..]),
            _ => (&ask, Ended::Answered, &answer[..]),
        };
        let command = command.as_bytes();
        let bytes = Bytes {
            command,
            answer,
            ..Bytes::default()
        };
        trace.push(Exchange::new(ended, bytes, None));
    }
    trace
}

#[test]
fn a_long_trace_is_filtered_over_several_frames_and_grows() {
    let bench = FakeBench::default();
    let mut shown = view(Some(card(256, Stage::Divided)));
    shown.trace = long();
    bench.publish(shown.clone());
    let mut harness = open(bench.clone());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    harness.run();
    assert_eq!(listed(&harness), 100_000);
    let rows = harness.query_all_by_role(Role::ListItem).count();
    assert!(rows < 100, "{rows} rows are drawn");
    assert!(row(&harness, "#100,000 ").contains("No answer"));
    harness.get_by_label("Failed").click();
    for _ in 0..5_000 {
        harness.step();
        if listed(&harness) == 10_000 {
            break;
        }
    }
    assert_eq!(listed(&harness), 10_000);
    step_until(&mut harness, "rest", rests);
    // What comes is looked at, what was found is kept.
    let last = shown.trace.last().expect("there").clone();
    (0..3).for_each(|_| shown.trace.push(last.clone()));
    bench.publish(shown);
    harness.run();
    assert_eq!(listed(&harness), 10_003);
    assert!(row(&harness, "#100,003 ").starts_with('#'), "it follows");
    let picked = service(0x1050);
    harness.get_by_label("Failed").click();
    harness.run();
    harness.get_by_label_contains("1050 Purse").click();
    harness.run();
    let node = harness.state().card().selection().node;
    assert_eq!(node, Some(NodeRef::Service(1, picked)));
    harness.get_by_label("Selection").click();
    step_until(&mut harness, "all about it", |harness| {
        listed(harness) == 90_000
    });
}

#[test]
fn pictures() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let (mut harness, _bench) = traced(theme);
        shot(&mut harness, &format!("trace-{name}"));
        click_row(&mut harness, "Separate");
        shot(&mut harness, &format!("trace-picked-{name}"));
        filter(&mut harness, "no such words");
        shot(&mut harness, &format!("trace-none-{name}"));
    }
}
