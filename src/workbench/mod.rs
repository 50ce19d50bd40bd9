//! One opened workspace: its cards, its keys and its running flow.
//!
//! A face (window or command line) sends a [`Command`]; the worker thread applies it and publishes a new
//! [`View`]. Nothing that a face does waits for a card. [`state`] is what the worker owns, [`flow_run`] the flow
//! in it, [`readers`] what it knows of them, [`export`] writes cards in other forms, [`card_view`] and [`flow_view`]
//! make the pictures, [`says`] the words for errors, [`trace_words`] those for what passed, [`workspace`] the folder
//! on disk, [`headless`] what the command line needs beside all this.

mod arrangement;
mod bytes;
mod card_view;
pub mod command;
pub mod compare;
pub mod export;
mod flow_run;
mod flow_view;
pub mod headless;
mod readers;
mod says;
pub mod shown;
mod side;
mod state;
pub mod trace_words;
pub mod view;
mod workspace;

pub use arrangement::Arrangement;
pub use command::Command;
pub use says::{doubt_words, file_words, words_of, workspace_words};
pub use view::View;
pub use workspace::default_folder;

use crate::device::readers::{ReaderSource, Seen, Watch};
use readers::{Looked, Report};
use state::State;
use state::exports::Exported;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What is called when a new view is there, from the worker's thread.
pub type Wake = Box<dyn Fn() + Send>;

/// What the worker is told.
enum Inbox {
    Command(Command),
    /// Readers came or went, or cards on them.
    Readers(Seen),
    /// A look at the card on a reader has ended.
    Looked(Looked),
    /// An export of the trace has ended.
    Exported(Exported),
    /// Nothing follows.
    Close,
}

/// An opened workspace with its worker.
pub struct Workbench {
    inbox: Sender<Inbox>,
    readers: Option<Box<dyn Watch>>,
    view: Arc<Mutex<Arc<View>>>,
    wake: Arc<Mutex<Option<Wake>>>,
    worker: Option<JoinHandle<()>>,
}

impl Workbench {
    /// Opens the workspace in `folder`, making it if it is not there; without a folder nothing is kept. What
    /// cannot be opened is said in the first view's notices, and the workbench goes on without keeping
    /// anything.
    pub fn open(folder: Option<PathBuf>) -> Workbench {
        Workbench::open_with(folder, real_readers())
    }

    /// The same, with readers from elsewhere.
    pub fn open_with(folder: Option<PathBuf>, source: Arc<dyn ReaderSource>) -> Workbench {
        let (inbox, messages) = channel();
        // A look that ends after the workbench did is told to nobody.
        let to_worker = inbox.clone();
        let report: Report = Arc::new(move |looked| {
            let _ = to_worker.send(Inbox::Looked(looked));
        });
        let mut state = State::open(folder, Arc::clone(&source), report);
        let to_worker = inbox.clone();
        state.report_exports(Arc::new(move |exported| {
            let _ = to_worker.send(Inbox::Exported(exported));
        }));
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
            for message in messages {
                match message {
                    Inbox::Command(command) => state.apply(command, &publish),
                    Inbox::Readers(seen) => state.heard(seen),
                    Inbox::Looked(looked) => {
                        if !state.looked(looked) {
                            continue;
                        }
                    }
                    Inbox::Exported(exported) => state.exported(&exported),
                    Inbox::Close => break,
                }
                publish(state.view());
            }
        });
        let to_worker = inbox.clone();
        let readers = source.watch(Box::new(move |seen| {
            let _ = to_worker.send(Inbox::Readers(seen));
        }));
        Workbench {
            inbox,
            readers: Some(readers),
            view,
            wake,
            worker: Some(worker),
        }
    }

    /// Asks for something; the answer is a new view.
    pub fn send(&self, command: Command) {
        // The worker lives as long as this does, so the command arrives.
        let _ = self.inbox.send(Inbox::Command(command));
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
        self.readers = None;
        let _ = self.inbox.send(Inbox::Close);
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

/// The readers of the machine, if this build has any.
fn real_readers() -> Arc<dyn ReaderSource> {
    #[cfg(feature = "pcsc")]
    return Arc::new(crate::device::pcsc::Pcsc);
    #[cfg(not(feature = "pcsc"))]
    Arc::new(crate::device::readers::NoReaders)
}

/// A panic elsewhere leaves whole values behind these locks, so they stay usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
