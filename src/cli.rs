//! The command line: the headless face of the workbench.
//!
//! Arguments are parsed into [`Arguments`], whose values are checked while they are parsed; each command then is
//! one function of a module of its own. It gives [`Done`] or a [`Failure`], which is said once on standard error:
//! what is so, then what to do. Exit codes are [`Exit`]'s.

mod card;
mod convert;
mod demo;
mod keys;
mod new;
mod present;
mod readers;

use crate::model::apdu::Family;
use crate::model::card::materialise::MaterialiseError;
use crate::model::card::profile::Profile;
use crate::model::card::{Idm, SystemCode};
use crate::model::dump::OpenError;
use crate::model::dump::flipper::FlipperError;
use crate::model::flow::FlowError;
use crate::words::{format, text};
use crate::workbench::headless::{CardFileError, FileTrouble, Passphrase};
use crate::workbench::{default_folder, file_words, words_of};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fmt::{self, Display};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use zeroize::Zeroizing;

/// Longest passphrase that is read, in bytes.
const MAX_PASSPHRASE: usize = 4096;

/// What the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Refused = 1,
    Unknown = 3,
    Damaged = 4,
}

/// What came of a command that did what it was asked for.
struct Done;

/// Why a command did not do what it was asked for, in words.
struct Failure {
    exit: Exit,
    /// What is so.
    what: String,
    /// What to do next.
    next: String,
}

#[derive(Parser)]
#[command(name = "cardwright", version, about = text("cli.about"), after_help = text("cli.exit_codes"), args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[arg(long, value_name = "FOLDER", help = text("cli.help.workspace"))]
    workspace: Option<PathBuf>,
    #[arg(value_name = "FILE", value_parser = to_open, help = text("cli.help.open_files"))]
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

#[derive(Args)]
struct ReadersArguments {
    #[arg(long, help = text("cli.help.readers_json"))]
    json: bool,
    #[arg(long, value_name = "NAME", value_parser = readers::family, help = text("cli.help.family"))]
    family: Option<Family>,
}

#[derive(Subcommand)]
enum KeysTask {
    #[command(about = text("cli.help.keys_list"))]
    List {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(long, help = text("cli.help.kcv"))]
        kcv: bool,
    },
    #[command(about = text("cli.help.keys_import"))]
    Import {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(value_name = "FILE", help = text("cli.help.keys_file"))]
        file: PathBuf,
        #[arg(long, value_name = "ROLE:SLUG", value_parser = keys::owner, help = text("cli.help.owner"))]
        owner: String,
    },
    #[command(about = text("cli.help.keys_remove"))]
    Remove {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(value_name = "NAME", help = text("cli.help.key_name"))]
        name: String,
    },
}

/// Which key store, and what opens it.
#[derive(Args)]
struct StoreArguments {
    #[arg(long, value_name = "FOLDER", help = text("cli.help.store_workspace"))]
    workspace: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = text("cli.help.store_passphrase"))]
    passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
struct DemoArguments {
    #[arg(long, value_name = "FILE", help = text("cli.help.out"))]
    out: Option<PathBuf>,
    #[arg(long, help = text("cli.help.demo_json"))]
    json: bool,
    #[arg(long, value_name = "FILE", requires = "out", help = text("cli.help.seal"))]
    passphrase_file: Option<PathBuf>,
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

#[derive(Args)]
struct ConvertArguments {
    #[arg(value_name = "IN", help = text("cli.help.file"))]
    file: PathBuf,
    #[arg(value_name = "OUT", value_parser = convert::target, help = text("cli.help.convert_out"))]
    out: convert::Target,
    #[arg(long, value_name = "NAME", value_parser = new::profile, help = text("cli.help.convert_profile"))]
    profile: Option<Profile>,
    #[arg(long, value_name = "FILE", help = text("cli.help.keys"))]
    keys: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = text("cli.help.convert_passphrase"))]
    passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
struct NewArguments {
    #[arg(value_name = "FILE", help = text("cli.help.new_file"))]
    file: PathBuf,
    #[arg(long, value_name = "NAME", value_parser = new::profile, help = text("cli.help.profile"))]
    profile: Profile,
    #[arg(long, value_name = "HEX", value_parser = new::system, default_value = "0003", help = text("cli.help.system"))]
    system: SystemCode,
    #[arg(long, value_name = "HEX", value_parser = new::idm, help = text("cli.help.idm"))]
    idm: Option<Idm>,
    #[arg(long, conflicts_with = "system", help = text("cli.help.blank"))]
    blank: bool,
}

#[derive(Args)]
struct IssueArguments {
    #[arg(value_name = "FILE", help = text("cli.help.issue_file"))]
    file: PathBuf,
    #[arg(long, value_name = "HEX", value_parser = new::system, default_value = "0003", help = text("cli.help.system"))]
    system: SystemCode,
    #[arg(long, value_name = "HEX", value_parser = new::idm, help = text("cli.help.issue_idm"))]
    idm: Option<Idm>,
}

#[derive(Args)]
struct TreeArguments {
    #[arg(value_name = "FILE", help = text("cli.help.file"))]
    file: PathBuf,
    #[arg(
        long,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "own",
        hide_possible_values = true,
        help = text("cli.help.json")
    )]
    json: Option<Json>,
    #[arg(long, value_name = "FILE", help = text("cli.help.open"))]
    passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
struct PresentArguments {
    #[arg(value_name = "FILE", help = text("cli.help.file"))]
    file: PathBuf,
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:54321", help = text("cli.help.udp"))]
    udp: Place,
    #[arg(
        long,
        value_name = "HOST:PORT",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:35963",
        conflicts_with = "udp",
        help = text("cli.help.vpcd")
    )]
    vpcd: Option<Place>,
    #[arg(long, help = text("cli.help.save"))]
    save: bool,
    #[arg(long, value_name = "FILE", help = text("cli.help.open"))]
    passphrase_file: Option<PathBuf>,
}

/// A form of JSON.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Json {
    /// The project's own schema.
    Own,
    /// proxmark3's.
    Pm3,
}

/// A host, by name or address, and a port.
#[derive(Clone, Debug)]
struct Place {
    host: String,
    port: u16,
}

impl Place {
    fn pair(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Place, Self::Err> {
        let wrong = || text("cli.usage.place");
        let (host, port) = given.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        // An IPv6 address stands in brackets, so that its last group is not taken for the port.
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .or_else(|| (!host.is_empty() && !host.contains(':')).then_some(host));
        Ok(Place {
            host: host.ok_or_else(wrong)?.to_string(),
            port,
        })
    }
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
            // Nobody left to tell when standard error is closed.
            let _ = error.print();
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
            let _ = writeln!(io::stderr(), "cardwright: {failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// A file to open in the window. A word that is neither there nor looks like a file is a command that was misspelt.
fn to_open(given: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(given);
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

impl Failure {
    fn refused(what: &'static str, next: &'static str) -> Failure {
        Failure {
            exit: Exit::Refused,
            what: text(what).to_string(),
            next: text(next).to_string(),
        }
    }

    /// A flow that did not go on.
    fn flow(exit: Exit, error: &FlowError) -> Failure {
        let words = words_of(error);
        Failure {
            exit,
            what: words.what,
            next: words.next,
        }
    }

    /// A file that was not read or written.
    fn file(path: &Path, trouble: &FileTrouble) -> Failure {
        let exit = match trouble {
            FileTrouble::Io(_) | FileTrouble::Folder | FileTrouble::NoFile => Exit::Refused,
            FileTrouble::Card(
                CardFileError::Sealed | CardFileError::Passphrase | CardFileError::Seal,
            ) => Exit::Refused,
            FileTrouble::Materialise(MaterialiseError::NoRoom { .. } | MaterialiseError::Lite)
            | FileTrouble::KeyMismatch(_)
            | FileTrouble::Dump(OpenError::Flipper(
                FlipperError::Newer { .. } | FlipperError::WrongDevice { .. },
            )) => Exit::Refused,
            FileTrouble::Card(_)
            | FileTrouble::Dump(_)
            | FileTrouble::Chip(_)
            | FileTrouble::Materialise(_)
            | FileTrouble::KeyList(_) => Exit::Damaged,
        };
        let words = file_words(&path.display().to_string(), trouble);
        let next = match trouble {
            FileTrouble::Card(CardFileError::Sealed) => text("cli.sealed.next").to_string(),
            _ => words.next,
        };
        Failure {
            exit,
            what: words.what,
            next,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.next)
    }
}

/// Sees that a new file can be made there: none of that name, which it would be written over, and a folder.
fn is_free(path: &Path) -> Result<(), Failure> {
    let refused = |what, next| Failure {
        exit: Exit::Refused,
        what: format(what, &[("file", &path.display())]),
        next: text(next).to_string(),
    };
    if path.exists() {
        return Err(refused("cli.new.exists.what", "cli.new.exists.next"));
    }
    // A name alone is in the folder that the program was started in.
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    match folder {
        Some(folder) if !folder.is_dir() => {
            Err(refused("cli.new.no_folder.what", "cli.new.no_folder.next"))
        }
        _ => Ok(()),
    }
}

/// Writes to standard output. A reader that has heard enough and closed it is no error.
fn print(words: &str) -> Result<Done, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(words.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Done),
        Err(error) => Err(Failure {
            exit: Exit::Refused,
            what: format("cli.output.what", &[("why", &error)]),
            next: text("cli.output.next").to_string(),
        }),
    }
}

/// The passphrase in a file: its first line.
fn passphrase(path: Option<&Path>) -> Result<Option<Passphrase>, Failure> {
    let Some(path) = path else {
        return Ok(None);
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PASSPHRASE + 1));
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_PASSPHRASE as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::file(path, &error.into()))?;
    let first = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let first = first.strip_suffix(b"\r").unwrap_or(first);
    match std::str::from_utf8(first) {
        Ok(line) if !line.is_empty() && line.len() <= MAX_PASSPHRASE => {
            Ok(Some(Zeroizing::new(line.to_string())))
        }
        _ => Err(Failure {
            exit: Exit::Refused,
            what: format("cli.passphrase.what", &[("file", &path.display())]),
            next: text("cli.passphrase.next").to_string(),
        }),
    }
}
