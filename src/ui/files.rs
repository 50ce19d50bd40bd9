//! Asking for a file without holding the window up: the dialog is made on the window's thread, as platforms
//! ask for, and waited for on a thread of its own. Which dialogs those are is behind [`Dialogs`], so that tests answer
//! in a person's place.

use crate::model::dump::export::Format;
use crate::words;
use crate::workbench::command::Command;
use egui::Context;
use std::future::Future;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::{Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// File name endings of card files and of the dumps that can be read.
const KINDS: &[&str] = &["card", "nfc", "json"];

/// A dialog that ends sooner without a file was never shown.
const NO_DIALOG: Duration = Duration::from_millis(300);

/// What a dialog asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A file that is there, of kinds with a name and these endings.
    Open {
        title: &'static str,
        kinds: &'static str,
        endings: &'static [&'static str],
    },
    /// Where to write a file; the name is a proposal.
    Save {
        title: &'static str,
        file_name: String,
    },
}

/// What a dialog is answered with: a file, or `None` when none was chosen.
pub type Answer = Pin<Box<dyn Future<Output = Option<PathBuf>> + Send>>;

/// What shows dialogs.
pub trait Dialogs {
    /// Shows one. Called on the window's thread; the answer is waited for on another.
    fn show(&self, question: Question) -> Answer;
}

/// The platform's own dialogs.
pub struct Platform;

impl Dialogs for Platform {
    fn show(&self, question: Question) -> Answer {
        let dialog = rfd::AsyncFileDialog::new();
        // Each future is made here, on the window's thread.
        let path = |file: rfd::FileHandle| file.path().to_owned();
        match question {
            Question::Open {
                title,
                kinds,
                endings,
            } => {
                let dialog = dialog.set_title(title).add_filter(kinds, endings);
                let picked = dialog.pick_file();
                Box::pin(async move { picked.await.map(path) })
            }
            Question::Save { title, file_name } => {
                let dialog = dialog.set_title(title).set_file_name(file_name);
                let saved = dialog.save_file();
                Box::pin(async move { saved.await.map(path) })
            }
        }
    }
}

/// How the window asks: with which dialogs, and where what was chosen goes.
pub struct Asker {
    pub dialogs: Box<dyn Dialogs>,
    pub answers: Sender<Command>,
}

/// Asks for a dump or card file to open; the choice is answered to `asker`.
pub fn open(ctx: &Context, asker: &Asker) {
    let question = card_file("shell.dialog.open");
    answer(ctx, asker, question, Command::OpenFile);
}

/// Asks for a dump or card file to compare with; `command` says with what.
pub fn compare(
    ctx: &Context,
    asker: &Asker,
    command: impl FnOnce(PathBuf) -> Command + Send + 'static,
) {
    answer(ctx, asker, card_file("shell.dialog.compare"), command);
}

fn card_file(title: &'static str) -> Question {
    Question::Open {
        title: words::text(title),
        kinds: words::text("shell.dialog.kinds"),
        endings: KINDS,
    }
}

/// Asks where to save the emulated card; the choice is answered to `asker`.
pub fn save(ctx: &Context, asker: &Asker) {
    let question = Question::Save {
        title: words::text("shell.dialog.save"),
        file_name: words::text("shell.dialog.file_name").to_owned(),
    };
    answer(ctx, asker, question, Command::SaveCard);
}

/// Asks where to write something for others; `command` makes of the choice what is answered to `asker`.
pub fn export(
    ctx: &Context,
    asker: &Asker,
    file_name: &str,
    command: impl FnOnce(PathBuf) -> Command + Send + 'static,
) {
    let question = Question::Save {
        title: words::text("shell.dialog.export"),
        file_name: file_name.to_owned(),
    };
    answer(ctx, asker, question, command);
}

/// Asks where to write the shown card in another form; the choice is answered to `asker`.
pub fn export_card(ctx: &Context, asker: &Asker, form: Format) {
    let name = match form {
        Format::Card => "shell.dialog.file_name",
        Format::Proxmark3 => "shell.dialog.file_proxmark3",
        Format::Flipper => "shell.dialog.file_flipper",
        Format::Text => "shell.dialog.file_text",
        Format::Tree => "shell.dialog.file_tree",
    };
    export(ctx, asker, words::text(name), move |path| {
        Command::Export(form, path)
    });
}

/// Asks for a list of keys for the card on the reader; the choice is answered to `asker`.
pub fn choose_keys(ctx: &Context, asker: &Asker) {
    let question = Question::Open {
        title: words::text("shell.dialog.keys"),
        kinds: words::text("shell.dialog.key_lists"),
        endings: &["jsonl"],
    };
    answer(ctx, asker, question, Command::ChooseKeyList);
}

fn answer(
    ctx: &Context,
    asker: &Asker,
    question: Question,
    command: impl FnOnce(PathBuf) -> Command + Send + 'static,
) {
    let dialog = asker.dialogs.show(question);
    let (ctx, answers) = (ctx.clone(), asker.answers.clone());
    std::thread::spawn(move || {
        let asked = Instant::now();
        let command = match wait_for(dialog) {
            Some(path) => command(path),
            // Nobody cancels that fast: the desktop has no dialog to show.
            None if asked.elapsed() < NO_DIALOG => Command::DialogMissing,
            None => return,
        };
        // The window may be gone by now; then nobody wants the answer.
        let _ = answers.send(command);
        ctx.request_repaint();
    });
}

/// Wakes the thread that waits for a future.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread until `future` is there.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_that_is_woken_from_elsewhere_is_waited_for() {
        let mut polls = 0;
        let value = wait_for(std::future::poll_fn(|context| {
            polls += 1;
            if polls < 3 {
                let waker = context.waker().clone();
                std::thread::spawn(move || waker.wake());
                return Poll::Pending;
            }
            Poll::Ready(polls)
        }));
        assert_eq!(value, 3);
    }
}
