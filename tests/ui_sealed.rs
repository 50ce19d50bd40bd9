//! A sealed card file in the window: its passphrase is asked for in a dialog, and is nowhere to be seen.

use crate::sealed::{PASSPHRASE, sealed};
use crate::support::demo_card;
use crate::ui_app::Dropped;
use crate::ui_harness::{open, open_at, rests, step_until};
use crate::ui_samples::{FakeBench, Stage, card, view};
use crate::ui_window::Window;
use cardwright::model::card::ServiceCode;
use cardwright::ui::action::Action;
use cardwright::ui::app::Place;
use cardwright::ui::card::facts::NodeRef;
use cardwright::workbench::Command;
use cardwright::workbench::view::{CardSource, PassphraseState, PassphraseView, View};
use egui::{Key, Modifiers, Role, Theme, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

const SHOW: &str = "Show the passphrase";
const HIDE: &str = "Hide the passphrase";
const LEAVE: &str = "Leave it closed";

/// Everything that a screen reader is told.
fn told(window: &Window) -> String {
    let nodes = window.harness.root().children_recursive();
    let each = nodes.map(|node| format!("{:?}\n", node.accesskit_node().data()));
    each.collect()
}

fn field_value(window: &Window) -> String {
    let field = window
        .harness
        .get_by_role_and_label(Role::PasswordInput, "Passphrase");
    field.accesskit_node().value().unwrap_or_default()
}

fn asks(window: &Window) -> bool {
    let field = window
        .harness
        .query_by_role_and_label(Role::PasswordInput, "Passphrase");
    field.is_some()
}

fn state(window: &Window) -> Option<PassphraseState> {
    let view = window.bench.0.view();
    view.passphrase.as_ref().map(|asked| asked.state)
}

/// The window with the dialog for a sealed file, which was dropped on it.
fn with_dialog(folder: &tempfile::TempDir) -> Window {
    let path = sealed(folder.path(), "live.card", &demo_card());
    let mut window = Window::open(None);
    let dropped = std::sync::Arc::new(Dropped(path));
    window.harness.input_mut().dropped_files.push(dropped);
    window.wait("the dialog", asks);
    window.harness.run();
    window
}

fn enter(window: &mut Window, text: &str) {
    for letter in text.chars() {
        let typed = egui::Event::Text(letter.to_string());
        window.harness.event(typed);
    }
    window.harness.run();
}

#[test]
fn a_sealed_file_opens_with_its_passphrase_after_a_wrong_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = with_dialog(&folder);
    assert!(
        window
            .harness
            .query_by_label_contains("live.card is sealed")
            .is_some()
    );
    // Nothing was typed: nothing is tried.
    window.press("Open");
    window.harness.key_press(Key::Enter);
    window.harness.run();
    assert_eq!(state(&window), Some(PassphraseState::Asked));
    enter(&mut window, "wrong");
    assert_eq!(field_value(&window), "•••••", "the field has the keyboard");
    window.harness.key_press(Key::Enter);
    window.wait("no", |window| state(window) == Some(PassphraseState::Wrong));
    window.wait("the words", |window| {
        let said = "This passphrase does not open it";
        window.harness.query_by_label_contains(said).is_some()
    });
    window.harness.run();
    assert_eq!(field_value(&window), "•••••", "the field stays");
    // All of it is chosen, so that what is typed takes its place.
    enter(&mut window, PASSPHRASE);
    assert_eq!(field_value(&window).chars().count(), PASSPHRASE.len());
    window.press("Open");
    window.wait("the card", |window| {
        let view = window.bench.0.view();
        let card = view.card.as_ref();
        card.is_some_and(|card| matches!(card.source, CardSource::Sealed { .. }))
    });
    window.wait("the dialog to go", |window| !asks(window));
    assert_eq!(window.harness.state().place(), Place::Card);
    window.wait("the line", |window| {
        window
            .harness
            .query_by_label("Sealed, only looked at")
            .is_some()
    });
    looked_at_and_no_more(&mut window);
}

/// What is picked in one view is picked in all, and nothing can be changed.
fn looked_at_and_no_more(window: &mut Window) {
    let card = window.card();
    assert!(card.map.is_some() && card.history.is_none());
    let system = window.harness.get_all_by_role(Role::TreeItem).find(|row| {
        let name = row.accesskit_node().label().unwrap_or_default();
        name.starts_with("0810")
    });
    system.expect("the fare purse").click();
    window.harness.run();
    let picked = window.harness.state().card().selection();
    let purse = ServiceCode::new(0x0810).expect("a service");
    assert_eq!(picked.node, Some(NodeRef::Service(0, purse)));
    let rows = window.harness.get_all_by_role(Role::ListItem);
    let row = rows.into_iter().find(|row| {
        let name = row.accesskit_node().label().unwrap_or_default();
        name.starts_with("0000h")
    });
    row.expect("its first block").click();
    window.harness.run();
    let locked = "Read-only: this card comes from a sealed file";
    assert!(told(window).contains(locked), "the inspector says why");
    // The root area's definition, with its key.
    let rows = window.harness.get_all_by_role(Role::TreeItem);
    let area = rows.into_iter().find(|row| {
        let name = row.accesskit_node().label().unwrap_or_default();
        name.starts_with("0000")
    });
    area.expect("the root area").click();
    window.harness.run();
    let rows = window.harness.get_all_by_role(Role::ListItem);
    let definition = rows.into_iter().find(|row| {
        let name = row.accesskit_node().label().unwrap_or_default();
        name.starts_with("FFFBh")
    });
    definition.expect("its definition").click();
    window.harness.run();
    let hidden = "Those of a sealed file stay hidden.";
    assert!(told(window).contains(hidden), "no workspace shows them");
    for action in [
        Action::ShowKeys,
        Action::ColourByHeat,
        Action::MakeCard,
        Action::SaveCard,
        Action::StartDivide,
        Action::Undo,
    ] {
        assert!(
            action.refused(&window.bench.0.view()).is_some(),
            "{action:?}"
        );
    }
    if std::env::var_os("CARDWRIGHT_SHOTS").is_some() {
        let picture = window.harness.render().expect("it can be rendered");
        std::fs::create_dir_all("target/shots").expect("a folder for the pictures");
        picture.save("target/shots/sealed-card.png").expect("saved");
        window
            .harness
            .get_by_role_and_label(Role::Tab, "Desk")
            .click();
        window.harness.run();
        let picture = window.harness.render().expect("it can be rendered");
        picture.save("target/shots/sealed-desk.png").expect("saved");
        window
            .harness
            .get_by_role_and_label(Role::Tab, "Card")
            .click();
        window.harness.run();
        for (width, name) in [(1280.0, "1280"), (960.0, "960")] {
            window.harness.set_size(vec2(width, 800.0));
            window.harness.run();
            let picture = window.harness.render().expect("it can be rendered");
            let path = format!("target/shots/sealed-card-{name}.png");
            picture.save(path).expect("saved");
        }
    }
}

#[test]
fn what_is_typed_is_nowhere_in_the_accessibility_tree() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = with_dialog(&folder);
    enter(&mut window, "Kestrel9");
    for name in [SHOW, HIDE] {
        let told = told(&window);
        assert!(
            !told.contains("Kestrel9") && !told.contains("estrel"),
            "{told}"
        );
        assert_eq!(field_value(&window), "••••••••");
        window.press(name);
        window.harness.run();
    }
    // It is edited as any text is, but is not copied and not taken back.
    let field = window
        .harness
        .get_by_role_and_label(Role::PasswordInput, "Passphrase");
    field.focus();
    window.harness.run();
    for (keys, left) in [(Key::Z, 8), (Key::C, 8)] {
        if keys == Key::C {
            window
                .harness
                .key_press_modifiers(Modifiers::COMMAND, Key::A);
        }
        window.harness.key_press_modifiers(Modifiers::COMMAND, keys);
        window.harness.run();
        assert_eq!(field_value(&window).chars().count(), left);
        let output = window.harness.output();
        assert!(output.platform_output.commands.is_empty());
    }
    window.harness.key_press(Key::End);
    window.harness.key_press(Key::Backspace);
    window.harness.key_press(Key::ArrowLeft);
    window.harness.key_press(Key::Delete);
    window.harness.run();
    assert_eq!(field_value(&window).chars().count(), 6);
}

#[test]
fn escape_leaves_the_file_closed_and_everything_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = with_dialog(&folder);
    let before = window.card();
    // The keys of actions wait until the dialog is gone.
    enter(&mut window, "half");
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::N);
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.harness.run();
    let palette = "Find a node or run an action";
    assert!(window.harness.query_by_label(palette).is_none());
    assert!(rests(&window.harness), "it waits without drawing");
    window.harness.key_press(Key::Escape);
    window.wait("the end", |window| state(window).is_none() && !asks(window));
    let now = window.card();
    assert_eq!((&now.source, now.idm), (&before.source, before.idm));
    assert!(window.bench.0.view().notices.is_empty());
    // By its button as well, and what was typed before is not there again.
    let path = folder.path().join("live.card");
    window.bench.0.send(Command::OpenFile(path));
    window.wait("the dialog", asks);
    assert_eq!(field_value(&window), "");
    window.press(LEAVE);
    window.wait("the end", |window| state(window).is_none() && !asks(window));
}

#[test]
fn the_dialog_has_the_keys_also_while_a_window_of_its_own_is_in_front() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = sealed(folder.path(), "live.card", &demo_card());
    let mut window = Window::open(None);
    window.bench.0.send(Command::TearOff);
    window.wait("the window", |window| {
        !window.bench.0.view().torn.is_empty()
    });
    window.harness.run();
    let palettes = |window: &Window| {
        let fields = window
            .harness
            .query_all_by_label("Find a node or run an action");
        fields.count()
    };
    let keys = |window: &mut Window| {
        window
            .harness
            .key_press_modifiers(Modifiers::COMMAND, Key::K);
        window.harness.run();
    };
    keys(&mut window);
    assert_eq!(palettes(&window), 1, "the keys go to the newest window");
    window.harness.key_press(Key::Escape);
    window.harness.run();
    let dropped = std::sync::Arc::new(Dropped(path));
    window.harness.input_mut().dropped_files.push(dropped);
    window.wait("the dialog", asks);
    enter(&mut window, "half");
    keys(&mut window);
    assert_eq!(palettes(&window), 0);
    assert_eq!(field_value(&window), "••••");
    window.harness.key_press(Key::Escape);
    window.wait("the end", |window| !asks(window));
    assert_eq!(window.bench.0.view().torn.len(), 1);
}

#[test]
fn what_is_typed_goes_into_the_dialog_whatever_had_the_keyboard_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = sealed(folder.path(), "live.card", &demo_card());
    type Take = fn(&mut Window);
    let palette: Take = |window| {
        let keys = (Modifiers::COMMAND, Key::K);
        window.harness.key_press_modifiers(keys.0, keys.1);
    };
    let filter: Take = |window| {
        let card = window.harness.get_by_role_and_label(Role::Tab, "Card");
        card.click();
        window.harness.run();
        window.harness.get_by_label("Filter nodes").focus();
    };
    let of_a_window: Take = |window| {
        window.bench.0.send(Command::TearOff);
        window.wait("the window", |window| {
            !window.bench.0.view().torn.is_empty()
        });
        window.harness.run();
        let keys = (Modifiers::COMMAND, Key::K);
        window.harness.key_press_modifiers(keys.0, keys.1);
    };
    for (name, take) in [
        ("the palette", palette),
        ("the filter", filter),
        ("a window's palette", of_a_window),
    ] {
        let mut window = Window::open(None);
        take(&mut window);
        window.harness.run();
        window.bench.0.send(Command::OpenFile(path.clone()));
        window.wait("the dialog", asks);
        window.harness.run();
        enter(&mut window, "Kestrel9");
        assert_eq!(field_value(&window), "••••••••", "{name}");
        assert!(!told(&window).contains("Kestrel"), "{name}");
        window.harness.key_press(Key::Escape);
        window.wait("the end", |window| !asks(window));
    }
}

/// A sample window that asks for a passphrase.
fn asking(state: PassphraseState) -> View {
    let mut view = view(Some(card(256, Stage::Divided)));
    view.passphrase = Some(PassphraseView {
        number: 4,
        file: "見本 花子 2026-11-20.card".into(),
        state,
    });
    view
}

#[test]
fn nothing_can_be_asked_while_a_passphrase_is_tried() {
    let bench = FakeBench::of(asking(PassphraseState::Asked));
    let mut harness = open(bench.clone());
    harness.event(egui::Event::Text("heron".into()));
    harness.run();
    bench.publish(asking(PassphraseState::Trying));
    step_until(&mut harness, "the words", |harness| {
        harness.query_by_label_contains("Trying it").is_some()
    });
    harness.run();
    for key in [Key::Enter, Key::Escape] {
        harness.key_press(key);
        harness.run();
    }
    harness.get_by_label(LEAVE).click();
    harness.get_by_role_and_label(Role::Button, "Open").click();
    harness.run();
    assert_eq!(bench.asked(), []);
    // It goes with the question.
    bench.publish(view(Some(card(256, Stage::Divided))));
    step_until(&mut harness, "the end", |harness| {
        harness.query_by_label(LEAVE).is_none()
    });
}

/// Pictures of the dialog. Off by default: set `CARDWRIGHT_SHOTS=1`; the pictures are in `target/shots`.
#[test]
fn pictures_of_the_dialog() {
    if std::env::var_os("CARDWRIGHT_SHOTS").is_none() {
        return;
    }
    std::fs::create_dir_all("target/shots").expect("a folder for the pictures");
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for state in [
            PassphraseState::Asked,
            PassphraseState::Trying,
            PassphraseState::Wrong,
        ] {
            let bench = FakeBench::of(asking(PassphraseState::Asked));
            let mut harness = open_at(bench.clone(), vec2(1280.0, 800.0), theme);
            harness.event(egui::Event::Text("seventeen small herons".into()));
            harness.run();
            bench.publish(asking(state));
            harness.run();
            if state == PassphraseState::Wrong {
                harness.get_by_label(SHOW).click();
                harness.run();
            }
            let picture = harness.render().expect("it can be rendered");
            let path = format!("target/shots/sealed-{state:?}-{name}.png");
            picture.save(path).expect("saved");
        }
    }
}
