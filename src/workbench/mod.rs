//! One opened workspace: its cards, its keys and its running flow.
//!
//! A face (window or command line) sends a [`Command`]; the worker thread applies it and publishes a new
//! [`View`]. Nothing that a face does waits for a card. [`state`] is what the worker owns, [`flow_run`] the flow
//! in it, [`card_view`] and [`flow_view`] make the pictures, [`says`] the words for errors, [`workspace`] the
//! folder on disk, [`headless`] what the command line needs beside all this.

mod card_view;
pub mod command;
mod flow_run;
mod flow_view;
pub mod headless;
mod says;
mod state;
pub mod view;
mod workspace;

pub use command::Command;
pub use says::{file_words, words_of};
pub use view::View;
pub use workspace::default_folder;

use state::State;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What is called when a new view is there, from the worker's thread.
pub type Wake = Box<dyn Fn() + Send>;

/// An opened workspace with its worker.
pub struct Workbench {
    commands: Option<Sender<Command>>,
    view: Arc<Mutex<Arc<View>>>,
    wake: Arc<Mutex<Option<Wake>>>,
    worker: Option<JoinHandle<()>>,
}

impl Workbench {
    /// Opens the workspace in `folder`, making it if it is not there; without a folder nothing is kept. What
    /// cannot be opened is said in the first view's notices, and the workbench goes on without keeping
    /// anything.
    pub fn open(folder: Option<PathBuf>) -> Workbench {
        let (commands, inbox) = channel();
        let mut state = State::open(folder);
        let view = Arc::new(Mutex::new(Arc::new(state.view())));
        let wake: Arc<Mutex<Option<Wake>>> = Arc::new(Mutex::new(None));
        let (published, waker) = (Arc::clone(&view), Arc::clone(&wake));
        let worker = std::thread::spawn(move || {
            let publish = |view: View| {
                *lock(&published) = Arc::new(view);
                if let Some(wake) = &*lock(&waker) {
                    wake();
                }
            };
            // The readers are looked for here, not before the window is up: the service may be slow.
            state.apply(Command::RefreshReaders, &publish);
            publish(state.view());
            for command in inbox {
                state.apply(command, &publish);
                publish(state.view());
            }
        });
        Workbench {
            commands: Some(commands),
            view,
            wake,
            worker: Some(worker),
        }
    }

    /// Asks for something; the answer is a new view.
    pub fn send(&self, command: Command) {
        // The worker lives as long as this sender, so the command arrives.
        if let Some(commands) = &self.commands {
            let _ = commands.send(command);
        }
    }

    /// The newest view.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&lock(&self.view))
    }

    /// What to call when there is a new view.
    pub fn on_new_view(&self, wake: Wake) {
        *lock(&self.wake) = Some(wake);
    }
}

impl Drop for Workbench {
    /// Lets the worker finish what it does; nothing is cut off in the middle of a write.
    fn drop(&mut self) {
        self.commands = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

/// A panic elsewhere leaves whole values behind these locks, so they stay usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
