//! Windows of their own as a platform has them: each with keys, focus and accessible names of its own.

use crate::ui_app::Dropped;
use crate::ui_window::Window;
use cardwright::ui::app::Place;
use cardwright::workbench::Command;
use egui::{Event, ImmediateViewport, Key, Modifiers, RawInput, Rect, ViewportId, pos2, vec2};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// What a window has been given and shows.
#[derive(Default)]
struct Shown {
    title: String,
    events: Vec<Event>,
    dropped: Vec<PathBuf>,
    names: Vec<String>,
    close: bool,
}

/// The windows by title's first character, which is their number.
#[derive(Clone, Default)]
struct Platform(Rc<RefCell<BTreeMap<char, Shown>>>);

impl Platform {
    /// Takes the further windows of this thread's window.
    fn of(window: &Window) -> Platform {
        let platform = Platform::default();
        let this = platform.clone();
        egui::Context::set_immediate_viewport_renderer(move |ctx, viewport| {
            this.draw(ctx, viewport);
        });
        window.harness.ctx.set_embed_viewports(false);
        platform
    }

    fn draw(&self, ctx: &egui::Context, mut viewport: ImmediateViewport<'_>) {
        let title = viewport.builder.title.clone().unwrap_or_default();
        let number = title.chars().next().expect("a title");
        let mut input = RawInput {
            viewport_id: viewport.ids.this,
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 800.0))),
            ..RawInput::default()
        };
        {
            let mut windows = self.0.borrow_mut();
            let shown = windows.entry(number).or_default();
            shown.title = title;
            input.events = std::mem::take(&mut shown.events);
            let dropped = std::mem::take(&mut shown.dropped).into_iter();
            input.dropped_files = dropped.map(|path| Arc::new(Dropped(path)) as _).collect();
            let mut info = egui::ViewportInfo::default();
            if std::mem::take(&mut shown.close) {
                info.events.push(egui::ViewportEvent::Close);
            }
            input.viewports.insert(ViewportId::ROOT, Default::default());
            input.viewports.insert(viewport.ids.this, info);
        }
        let mut output = ctx.run_ui(input, |ui| (viewport.viewport_ui_cb)(ui));
        // Nothing is painted here.
        output.textures_delta.clear();
        let update = output.platform_output.accesskit_update;
        let nodes = update.into_iter().flat_map(|update| update.nodes);
        let names = nodes.filter_map(|(_, node)| node.label().map(str::to_owned));
        let mut windows = self.0.borrow_mut();
        windows.entry(number).or_default().names = names.collect();
    }

    fn press(&self, number: char, modifiers: Modifiers, key: Key) {
        let mut windows = self.0.borrow_mut();
        let events = &mut windows.entry(number).or_default().events;
        events.extend([true, false].map(|pressed| Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: false,
            modifiers,
        }));
    }

    fn type_text(&self, number: char, text: &str) {
        let mut windows = self.0.borrow_mut();
        let events = &mut windows.entry(number).or_default().events;
        events.push(Event::Text(text.to_owned()));
    }

    fn has(&self, number: char, name: &str) -> bool {
        let windows = self.0.borrow();
        let shown = windows.get(&number);
        shown.is_some_and(|shown| shown.names.iter().any(|shown| shown == name))
    }

    fn title(&self, number: char) -> String {
        let windows = self.0.borrow();
        windows
            .get(&number)
            .map_or_else(String::new, |shown| shown.title.clone())
    }
}

const CTRL_SHIFT: Modifiers = Modifiers {
    shift: true,
    ..Modifiers::COMMAND
};

fn two() -> (Window, Platform) {
    let mut window = Window::open(None);
    let platform = Platform::of(&window);
    window.bench.0.send(Command::TearOff);
    window.bench.0.send(Command::TearOff);
    let there = platform.clone();
    window.wait("both windows", move |_| {
        there.has('1', "Colour by: Owner") && there.has('2', "Colour by: Owner")
    });
    (window, platform)
}

fn frames(window: &mut Window) {
    (0..4).for_each(|_| window.harness.step());
}

#[test]
fn keys_in_one_window_act_on_no_other() {
    let (mut window, platform) = two();
    platform.press('2', CTRL_SHIFT, Key::K);
    let there = platform.clone();
    window.wait("the colours", move |_| there.has('2', "Colour by: Kind"));
    frames(&mut window);
    assert!(platform.has('1', "Colour by: Owner"));
    window
        .harness
        .key_press_modifiers(Modifiers::ALT, Key::Num2);
    frames(&mut window);
    assert_eq!(window.harness.state().place(), Place::Card);
    platform.press('1', Modifiers::ALT, Key::Num3);
    frames(&mut window);
    assert_eq!(window.harness.state().place(), Place::Card);
    window.harness.key_press_modifiers(CTRL_SHIFT, Key::Y);
    frames(&mut window);
    assert!(platform.has('1', "Colour by: Owner"));
    assert!(platform.has('2', "Colour by: Kind"));
}

#[test]
fn each_window_has_a_palette_of_its_own() {
    let (mut window, platform) = two();
    platform.press('1', Modifiers::COMMAND, Key::K);
    let there = platform.clone();
    window.wait("the palette", move |_| there.has('1', "Save card as…"));
    assert!(!platform.has('2', "Save card as…"));
    for other in ["Go to Parties", "Open a dump or card…", "New emulated card"] {
        assert!(!platform.has('1', other), "{other} is for the main window");
    }
    // In one frame, as on a slow machine.
    platform.type_text('1', "by key");
    platform.press('1', Modifiers::NONE, Key::Enter);
    let there = platform.clone();
    window.wait("the colours", move |_| there.has('1', "Colour by: Key"));
    assert!(platform.has('2', "Colour by: Owner"));
    frames(&mut window);
    assert!(!platform.has('1', "Save card as…"), "it closed");
}

#[test]
fn titles_tell_windows_and_moments_apart() {
    let (mut window, platform) = two();
    window.bench.0.send(Command::Edit {
        address: 0,
        bytes: [Some(7); 16].into(),
    });
    frames(&mut window);
    let titles = ['1', '2'].map(|number| platform.title(number));
    assert!(titles[0] != titles[1] && titles[0].contains("as it is now"));
    platform.press('2', Modifiers::ALT, Key::Home);
    let there = platform.clone();
    window.wait("the moment", move |_| {
        there.title('2').contains("Before the first of")
    });
    assert!(platform.title('1').contains("as it is now"));
}

#[test]
fn a_file_that_is_dropped_on_a_window_is_opened_in_the_main_one() {
    let (mut window, platform) = two();
    if let Some(shown) = platform.0.borrow_mut().get_mut(&'2') {
        shown.dropped.push(PathBuf::from("no such file.nfc"));
    }
    window.wait("what is said of it", |window| {
        window.bench.0.view().notices.len() == 1
    });
    frames(&mut window);
    assert_eq!(window.harness.state().place(), Place::Card);
}

#[test]
fn a_window_is_closed_by_its_keys_or_its_frame() {
    let (mut window, platform) = two();
    let ids = |window: &Window| {
        let view = window.bench.0.view();
        view.torn.iter().map(|torn| torn.id).collect::<Vec<_>>()
    };
    platform.press('1', Modifiers::COMMAND, Key::W);
    window.wait("one window", |window| ids(window) == [2]);
    if let Some(shown) = platform.0.borrow_mut().get_mut(&'2') {
        shown.close = true;
    }
    window.wait("no window", |window| ids(window).is_empty());
}
