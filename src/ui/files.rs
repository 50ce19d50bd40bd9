//! Asking for a file without holding the window up: the dialog is made on the window's thread, as platforms
//! ask for, and waited for on a thread of its own.

use crate::model::dump::export::Format;
use crate::words;
use crate::workbench::command::Command;
use egui::Context;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::{Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// File name endings of card files and of the dumps that can be read.
const KINDS: &[&str] = &["card", "nfc", "json"];

/// A dialog that ends sooner without a file was never shown.
const NO_DIALOG: Duration = Duration::from_millis(300);

/// Asks for a dump or card file to open; the choice arrives on `answers`.
pub fn open(ctx: &Context, answers: &Sender<Command>) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(words::text("shell.dialog.open"))
        .add_filter(words::text("shell.dialog.kinds"), KINDS)
        .pick_file();
    answer(ctx, answers, dialog, Command::OpenFile);
}

/// Asks for a dump or card file to compare with; `command` says with what.
pub fn compare(
    ctx: &Context,
    answers: &Sender<Command>,
    command: impl FnOnce(PathBuf) -> Command + Send + 'static,
) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(words::text("shell.dialog.compare"))
        .add_filter(words::text("shell.dialog.kinds"), KINDS)
        .pick_file();
    answer(ctx, answers, dialog, command);
}

/// Asks where to save the emulated card; the choice arrives on `answers`.
pub fn save(ctx: &Context, answers: &Sender<Command>) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(words::text("shell.dialog.save"))
        .set_file_name(words::text("shell.dialog.file_name"))
        .save_file();
    answer(ctx, answers, dialog, Command::SaveCard);
}

/// Asks where to write something for others; `command` makes of the choice what arrives on `answers`.
pub fn export(
    ctx: &Context,
    answers: &Sender<Command>,
    file_name: &str,
    command: impl FnOnce(PathBuf) -> Command + Send + 'static,
) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(words::text("shell.dialog.export"))
        .set_file_name(file_name)
        .save_file();
    answer(ctx, answers, dialog, command);
}

/// Asks where to write the shown card in another form; the choice arrives on `answers`.
pub fn export_card(ctx: &Context, answers: &Sender<Command>, form: Format) {
    let name = match form {
        Format::Card => "shell.dialog.file_name",
        Format::Proxmark3 => "shell.dialog.file_proxmark3",
        Format::Flipper => "shell.dialog.file_flipper",
        Format::Text => "shell.dialog.file_text",
        Format::Tree => "shell.dialog.file_tree",
    };
    export(ctx, answers, words::text(name), move |path| {
        Command::Export(form, path)
    });
}

/// Asks for a list of keys for the card on the reader; the choice arrives on `answers`.
pub fn choose_keys(ctx: &Context, answers: &Sender<Command>) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(words::text("shell.dialog.keys"))
        .add_filter(words::text("shell.dialog.key_lists"), &["jsonl"])
        .pick_file();
    answer(ctx, answers, dialog, Command::ChooseKeyList);
}

fn answer(
    ctx: &Context,
    answers: &Sender<Command>,
    dialog: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static,
    command: impl FnOnce(PathBuf) -> Command + Send + 'static,
) {
    let (ctx, answers) = (ctx.clone(), answers.clone());
    std::thread::spawn(move || {
        let asked = Instant::now();
        let command = match wait_for(dialog) {
            Some(file) => command(file.path().to_owned()),
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
