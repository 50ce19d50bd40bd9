//! The command line: the headless face of the workbench.
//!
//! Arguments are parsed into [`Arguments`], whose values are checked while they are parsed; each command then is
//! one function of a module of its own, beside what it is given. It gives [`Done`] or a [`Failure`], which is said once
//! on standard error: what is so, then what to do. Exit codes are [`Exit`]'s.

mod card;
mod convert;
mod demo;
mod keys;
mod new;
mod outcome;
mod present;
mod readers;
mod signals;

use crate::words::{format, text};
use crate::workbench::{default_folder, shown};
use card::TreeArguments;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Parser, Subcommand};
use convert::ConvertArguments;
use demo::DemoArguments;
use keys::KeysTask;
use new::{IssueArguments, NewArguments};
use outcome::{Done, Exit, Failure, tell};
use present::PresentArguments;
use readers::ReadersArguments;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cardwright", version, about = text("cli.about"), after_help = text("cli.exit_codes"), args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[arg(long, value_name = "FOLDER", help = text("cli.help.workspace"))]
    workspace: Option<PathBuf>,
    #[arg(value_name = "FILE", value_parser = PathBufValueParser::new().try_map(to_open), help = text("cli.help.open_files"))]
    files: Vec<PathBuf>,
}

#[derive(Subcommand)]
enum Task {
    #[command(about = text("cli.help.demo"))]
    Demo(DemoArguments),
    #[command(about = text("cli.help.card"), subcommand)]
    Card(CardTask),
    #[command(about = text("cli.help.readers"))]
    Readers(ReadersArguments),
    #[command(about = text("cli.help.key_store"), subcommand)]
    Keys(KeysTask),
}

#[derive(Subcommand)]
enum CardTask {
    #[command(about = text("cli.help.tree"))]
    Tree(TreeArguments),
    #[command(about = text("cli.help.present"))]
    Present(PresentArguments),
    #[command(about = text("cli.help.new"))]
    New(NewArguments),
    #[command(about = text("cli.help.issue"))]
    Issue(IssueArguments),
    #[command(about = text("cli.help.convert"))]
    Convert(ConvertArguments),
}

/// Runs the command that the program was started with. Without one `open_window` is called, with the folder of its
/// workspace and the files to open, and returns when the window was closed.
pub fn main<E: Display>(
    open_window: impl FnOnce(Option<PathBuf>, Vec<PathBuf>) -> Result<(), E>,
) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version end with 0, a wrong usage with 2.
        Err(error) => {
            let said = shown::lines(&error.render().to_string());
            // Nobody left to tell when the output is closed.
            let _ = match error.use_stderr() {
                true => io::stderr().write_all(said.as_bytes()),
                false => io::stdout().write_all(said.as_bytes()),
            };
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let done = match arguments.task {
        None => window(|| {
            let folder = arguments.workspace.or_else(default_folder);
            open_window(folder, arguments.files)
        }),
        Some(Task::Demo(arguments)) => demo::run(&arguments),
        Some(Task::Card(CardTask::Tree(arguments))) => card::tree(&arguments),
        Some(Task::Card(CardTask::Present(arguments))) => present::run(&arguments),
        Some(Task::Card(CardTask::New(arguments))) => new::run(arguments),
        Some(Task::Card(CardTask::Issue(arguments))) => new::issue(&arguments),
        Some(Task::Card(CardTask::Convert(arguments))) => convert::run(&arguments),
        Some(Task::Readers(arguments)) => readers::run(&arguments),
        Some(Task::Keys(task)) => keys::run(&task),
    };
    match done {
        Ok(Done) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&[format!("cardwright: {failure}")]);
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// A file to open in the window. A word that is neither there nor looks like a file is a command that was misspelt.
fn to_open(path: PathBuf) -> Result<PathBuf, &'static str> {
    let is_file = path.extension().is_some() || path.components().count() > 1 || path.exists();
    is_file.then_some(path).ok_or(text("cli.usage.open"))
}

/// Opens the window, if there is a display to open it on.
fn window<E: Display>(open: impl FnOnce() -> Result<(), E>) -> Result<Done, Failure> {
    if !has_display() {
        return Err(Failure::refused(
            "cli.no_display.what",
            "cli.no_display.next",
        ));
    }
    open().map_err(|error| Failure {
        exit: Exit::Refused,
        what: format("cli.no_window.what", &[("why", &error)]),
        next: text("cli.no_window.next").to_string(),
    })?;
    Ok(Done)
}

/// Whether the environment names a display. Only X11 and Wayland are found that way.
fn has_display() -> bool {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || named("WAYLAND_DISPLAY") || named("DISPLAY")
}
