//! Asking for a file without holding the window up: the dialog is made on the window's thread, as platforms
//! ask for, and waited for on a thread of its own. Which dialogs those are is behind [`Dialogs`], so that tests answer
//! in a person's place.

use super::action::Action;
use super::card::trace::TraceState;
use crate::model::dump::export::Format;
use crate::words;
use crate::workbench::command::{Command, TraceForm};
use crate::workbench::view::View;
use egui::{Context, ViewportId};
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
    answer(ctx, asker, None, question, Command::OpenFile);
}

/// Asks for a dump or card file to compare with; `command` says with what.
pub fn compare(
    ctx: &Context,
    asker: &Asker,
    command: impl FnOnce(PathBuf) -> Command + Send + 'static,
) {
    answer(ctx, asker, None, card_file("shell.dialog.compare"), command);
}

fn card_file(title: &'static str) -> Question {
    Question::Open {
        title: words::text(title),
        kinds: words::text("shell.dialog.kinds"),
        endings: KINDS,
    }
}

/// Asks where to write the card that a window shows, or its trace, in the form that the action names; the choice is
/// answered to `asker`, as asked for in that window. Other actions write nothing.
pub fn write(ctx: &Context, asker: &Asker, view: &View, action: Action, trace: &TraceState) {
    let form = match action {
        Action::ExportProxmark3 => Format::Proxmark3,
        Action::ExportFlipper => Format::Flipper,
        Action::ExportText => Format::Text,
        Action::ExportTree => Format::Tree,
        Action::SaveCard => {
            let question = save("shell.dialog.save", "shell.dialog.file_name");
            return answer(ctx, asker, view.window, question, Command::SaveCard);
        }
        Action::ExportTraceText | Action::ExportTraceJson => {
            let (form, name) = match action {
                Action::ExportTraceJson => (TraceForm::Json, "shell.dialog.trace_json"),
                _ => (TraceForm::Text, "shell.dialog.trace_text"),
            };
            let question = save("shell.dialog.export", name);
            return answer(ctx, asker, view.window, question, trace.export(form));
        }
        _ => return,
    };
    let name = match form {
        Format::Card => "shell.dialog.file_name",
        Format::Proxmark3 => "shell.dialog.file_proxmark3",
        Format::Flipper => "shell.dialog.file_flipper",
        Format::Text => "shell.dialog.file_text",
        Format::Tree => "shell.dialog.file_tree",
    };
    let question = save("shell.dialog.export", name);
    answer(ctx, asker, view.window, question, move |path| {
        Command::Export(form, path)
    });
}

fn save(title: &'static str, file_name: &'static str) -> Question {
    Question::Save {
        title: words::text(title),
        file_name: words::text(file_name).to_owned(),
    }
}

/// Asks for a list of keys for the card on the reader; the choice is answered to `asker`.
pub fn choose_keys(ctx: &Context, asker: &Asker) {
    let question = Question::Open {
        title: words::text("shell.dialog.keys"),
        kinds: words::text("shell.dialog.key_lists"),
        endings: &["jsonl"],
    };
    answer(ctx, asker, None, question, Command::ChooseKeyList);
}

/// Asks in a window, the main one or that of its own, and makes of the answer what is asked for there.
fn answer(
    ctx: &Context,
    asker: &Asker,
    window: Option<u64>,
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
        let command = match window {
            Some(id) => Command::InWindow(id, Box::new(command)),
            None => command,
        };
        // The window may be gone by now; then nobody wants the answer.
        let _ = answers.send(command);
        ctx.request_repaint_of(ViewportId::ROOT);
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
