//! What came of a command: [`Done`], or a [`Failure`] in words with its exit code. And what commands do alike: print,
//! read a passphrase, see that a new file can be made.

use crate::model::card::materialise::MaterialiseError;
use crate::model::dump::OpenError;
use crate::model::dump::flipper::FlipperError;
use crate::model::flow::FlowError;
use crate::words::{format, text};
use crate::workbench::headless::{CardFileError, FileTrouble, Passphrase};
use crate::workbench::{file_words, shown, words_of};
use std::fmt::{self, Display};
use std::io::{self, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// Longest passphrase that is read, in bytes.
const MAX_PASSPHRASE: usize = 4096;

/// What the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Refused = 1,
    Unknown = 3,
    Damaged = 4,
}

/// What came of a command that did what it was asked for.
pub struct Done;

/// Why a command did not do what it was asked for, in words.
pub struct Failure {
    pub exit: Exit,
    /// What is so.
    pub what: String,
    /// What to do next.
    pub next: String,
}

impl Failure {
    /// What was asked for cannot be done; both are keys of the string table.
    pub fn refused(what: &'static str, next: &'static str) -> Failure {
        Failure {
            exit: Exit::Refused,
            what: text(what).to_string(),
            next: text(next).to_string(),
        }
    }

    /// The same of a file, which the words name.
    pub fn of(file: &Path, what: &'static str, next: &'static str) -> Failure {
        Failure {
            exit: Exit::Refused,
            what: format(what, &[("file", &file.display())]),
            next: text(next).to_string(),
        }
    }

    /// A flow that did not go on.
    pub fn flow(exit: Exit, error: &FlowError) -> Failure {
        let words = words_of(error);
        Failure {
            exit,
            what: words.what,
            next: words.next,
        }
    }

    /// A file that was not read or written.
    pub fn file(path: &Path, trouble: &FileTrouble) -> Failure {
        if matches!(trouble, FileTrouble::Io(error) if error.kind() == io::ErrorKind::AlreadyExists)
        {
            return Failure::of(path, "cli.new.exists.what", "cli.new.exists.next");
        }
        let exit = match trouble {
            FileTrouble::Io(_) | FileTrouble::Folder | FileTrouble::NoFile => Exit::Refused,
            FileTrouble::InUse { .. } | FileTrouble::Changed => Exit::Refused,
            FileTrouble::Card(
                CardFileError::Sealed
                | CardFileError::Passphrase
                | CardFileError::Seal
                | CardFileError::TooLong,
            ) => Exit::Refused,
            FileTrouble::Materialise(MaterialiseError::NoRoom { .. } | MaterialiseError::Lite)
            | FileTrouble::KeyMismatch(_) => Exit::Refused,
            // It is known what it is.
            FileTrouble::Dump(
                OpenError::NoCard(_)
                | OpenError::NoSystem(_)
                | OpenError::Flipper(FlipperError::Newer { .. } | FlipperError::WrongDevice { .. }),
            ) => Exit::Refused,
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

/// Sees that a new file can be made there, before any work is done for it: nothing of that name, a link neither, and a
/// folder.
pub fn is_free(path: &Path) -> Result<(), Failure> {
    let refused = |what, next| Failure::of(path, what, next);
    if path.symlink_metadata().is_ok() {
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

/// Writes to standard output, nothing that a terminal would obey. A reader that has heard enough and closed it is no
/// error.
pub fn print(words: &str) -> Result<Done, Failure> {
    let words = shown::lines(words);
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

/// Writes one line to standard output.
pub fn print_line(line: &str) -> Result<Done, Failure> {
    print(&(shown::line(line) + "\n"))
}

/// Says lines on standard error. Nobody left to tell when that is closed.
pub fn tell(lines: &[String]) {
    let mut err = io::stderr().lock();
    for line in lines {
        let _ = writeln!(err, "{}", shown::line(line));
    }
}

/// Says on standard output, in one line, what was done. Where it cannot be said there it is done all the same, so the exit
/// code is that of what stands on the disk, and standard error has both.
pub fn report(said: &str) -> Result<Done, Failure> {
    if let Err(unheard) = print_line(said) {
        tell(&[format!("cardwright: {said} {}", unheard.what)]);
    }
    Ok(Done)
}

/// The passphrase in a file: its first line.
pub fn passphrase(path: Option<&Path>) -> Result<Option<Passphrase>, Failure> {
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
        _ => Err(Failure::of(
            path,
            "cli.passphrase.what",
            "cli.passphrase.next",
        )),
    }
}
