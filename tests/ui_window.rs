//! The window over a real workbench, driven by accessible names.

use cardwright::ui::app::{App, Bench};
use cardwright::workbench::view::{CardView, FlowView, View};
use cardwright::workbench::{Command, Workbench};
use egui::{Role, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The workbench, so that the test can look at its newest view beside the window.
#[derive(Clone)]
pub struct Shared(pub Arc<Workbench>);

impl Bench for Shared {
    fn send(&self, command: Command) {
        self.0.send(command);
    }
    fn view(&self) -> Arc<View> {
        self.0.view()
    }
}

/// A window on a workspace.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub bench: Shared,
}

impl Window {
    pub fn open(folder: Option<PathBuf>) -> Window {
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
    pub fn press(&mut self, word: &'static str) {
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

    pub fn buttons(&self) -> impl Iterator<Item = String> {
        let nodes = self.harness.get_all_by_role(Role::Button);
        nodes
            .filter_map(|node| node.accesskit_node().label())
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Lets frames pass until the window and the workbench are where `done` says.
    pub fn wait(&mut self, what: &str, done: impl Fn(&Window) -> bool) {
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

    pub fn card(&self) -> Arc<CardView> {
        self.bench.view().card.clone().expect("a card is there")
    }

    pub fn flow(&self) -> Option<Arc<FlowView>> {
        self.bench.view().flow.clone()
    }

    pub fn next_step(&self) -> Option<String> {
        let flow = self.flow()?;
        Some(flow.table.steps().nth(flow.next?)?.id.0.clone())
    }

    /// Presses Next and waits until the step was done.
    pub fn step(&mut self) {
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

    pub fn start(&mut self) {
        self.press("Divide a card…");
        self.wait("the wizard", |window| window.flow().is_some());
    }
}
