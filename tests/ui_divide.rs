//! The window over the real workbench: from first start to the divided card, by accessible names alone.

use crate::ui_harness::rests;
use cardwright::ui::app::{App, Bench};
use cardwright::workbench::view::{ByteView, CardView, FlowEnd, FlowView, View};
use cardwright::workbench::{Command, Workbench};
use egui::{Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The workbench, so that the test can look at its newest view beside the window.
#[derive(Clone)]
struct Shared(Arc<Workbench>);

impl Bench for Shared {
    fn send(&self, command: Command) {
        self.0.send(command);
    }
    fn view(&self) -> Arc<View> {
        self.0.view()
    }
}

/// A window on a workspace.
struct Window {
    harness: Harness<'static, App>,
    bench: Shared,
}

impl Window {
    fn open(folder: Option<PathBuf>) -> Window {
        let bench = Shared(Arc::new(Workbench::open(folder)));
        let shown = bench.clone();
        let mut harness = Harness::builder()
            .with_size(vec2(1600.0, 1000.0))
            .with_theme(Theme::Dark)
            .wgpu()
            .build_eframe(move |cc| App::new(cc, Box::new(shown)));
        harness.run();
        Window { harness, bench }
    }

    /// Clicks the button whose name begins with that word.
    fn press(&mut self, word: &'static str) {
        let starts = move |name: &str| name == word || name.starts_with(&format!("{word}:"));
        self.wait(&format!("the button {word}"), |window| {
            window.buttons().any(|name| starts(&name))
        });
        self.harness
            .get_all_by_role(Role::Button)
            .find(|node| {
                node.accesskit_node()
                    .label()
                    .is_some_and(|name| starts(&name))
            })
            .expect("waited for")
            .click();
        // Not until it rests: the worker may publish a view a frame meanwhile.
        self.harness.step();
    }

    fn buttons(&self) -> impl Iterator<Item = String> {
        let nodes = self.harness.get_all_by_role(Role::Button);
        nodes
            .filter_map(|node| node.accesskit_node().label())
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Lets frames pass until the window and the workbench are where `done` says.
    fn wait(&mut self, what: &str, done: impl Fn(&Window) -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        while !done(self) {
            if Instant::now() > until {
                let path = std::env::temp_dir().join("cardwright-ui-divide.png");
                if let Ok(picture) = self.harness.render() {
                    let _ = picture.save(&path);
                }
                panic!(
                    "waited in vain for {what}; the window is in {}",
                    path.display()
                );
            }
            std::thread::sleep(Duration::from_millis(3));
            self.harness.step();
        }
    }

    fn card(&self) -> Arc<CardView> {
        self.bench.view().card.clone().expect("a card is there")
    }

    fn flow(&self) -> Option<Arc<FlowView>> {
        self.bench.view().flow.clone()
    }

    fn next_step(&self) -> Option<String> {
        let flow = self.flow()?;
        Some(flow.table.steps().nth(flow.next?)?.id.0.clone())
    }

    /// Presses Next and waits until the step was done.
    fn step(&mut self) {
        let now = self.next_step();
        let button = format!("Next: {}", now.clone().unwrap_or_default());
        self.wait("the button for the step", |window| {
            window.buttons().any(|name| name.starts_with(&button))
        });
        self.press("Next");
        self.wait("the next step", |window| {
            window.next_step() != now && window.flow().is_some()
        });
    }

    fn start(&mut self) {
        self.press("Divide a card…");
        self.wait("the wizard", |window| window.flow().is_some());
    }
}

fn systems(card: &CardView) -> Vec<(String, bool)> {
    card.tree
        .systems
        .iter()
        .map(|system| (system.code.to_string(), system.pending))
        .collect()
}

fn bytes(card: &CardView) -> Vec<[ByteView; 16]> {
    (0..).map_while(|at| card.bytes.row(at)).collect()
}

#[test]
fn from_first_start_to_the_divided_card() {
    let mut window = Window::open(None);
    assert_eq!(systems(&window.card()), [("0003".to_string(), false)]);
    window.start();
    for _ in 0..22 {
        window.step();
    }
    window.wait("the end", |window| {
        window
            .flow()
            .is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    assert_eq!(
        systems(&window.card()),
        [("0003".to_string(), false), ("FE42".to_string(), false)]
    );
    window.press("Close");
    window.wait("the desk", |window| window.flow().is_none());
    window.harness.run();
    window
        .harness
        .get_by_role_and_label(Role::Tab, "Card")
        .click();
    window.harness.run();
    window.harness.get_by_label_contains("FE42");
    assert!(rests(&window.harness), "a window at rest asks for no frame");
}

#[test]
fn run_all_divides_as_well() {
    let mut window = Window::open(None);
    window.start();
    window.press("Run all");
    window.wait("the end", |window| {
        window
            .flow()
            .is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    assert_eq!(window.card().tree.systems.len(), 2);
}

#[test]
fn stepping_going_back_and_stopping_half_way_leave_the_card_as_it_was() {
    let mut window = Window::open(None);
    let before = window.card();
    window.start();
    while window.next_step().as_deref() != Some("ST68") {
        window.step();
    }
    assert!(
        systems(&window.card())[1].1,
        "the new system is prepared and not written"
    );
    window.press("Back");
    window.wait("ST67 again", |window| {
        window.next_step().as_deref() == Some("ST67")
    });
    window.step();
    window.step();
    assert_eq!(systems(&window.card())[1], ("FE42".to_string(), true));
    window.press("Stop");
    window.wait("the stop", |window| {
        window.flow().is_some_and(|flow| flow.ended.is_some())
    });
    let ended = window.flow().and_then(|flow| flow.ended.clone());
    assert_eq!(
        ended,
        Some(FlowEnd::Stopped {
            card_untouched: true
        })
    );
    assert_eq!(window.card().tree, before.tree);
    assert_eq!(bytes(&window.card()), bytes(&before));
}

/// Divides in one go and gives the card's bytes.
fn divided_at_once(folder: &Path) -> Vec<[ByteView; 16]> {
    let mut window = Window::open(Some(folder.to_path_buf()));
    window.start();
    window.press("Run all");
    window.wait("the end", |window| {
        window
            .flow()
            .is_some_and(|flow| flow.ended == Some(FlowEnd::Done))
    });
    bytes(&window.card())
}

#[test]
fn killed_after_each_step_it_resumes_to_the_same_divided_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = divided_at_once(&folder.path().join("whole"));
    let broken = folder.path().join("broken");
    {
        let mut window = Window::open(Some(broken.clone()));
        window.start();
        window.step();
    }
    for done in 1..22 {
        // Each window is a new process's: what it knows is what the last one left on the disk.
        let mut window = Window::open(Some(broken.clone()));
        let flow = window.flow().expect("the flow is taken up where it was");
        assert_eq!(flow.next, Some(done));
        window.step();
    }
    let window = Window::open(Some(broken));
    assert_eq!(bytes(&window.card()), whole);
}
