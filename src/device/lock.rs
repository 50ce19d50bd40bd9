//! Locks on files, so that two programs do not write to one and each think that it alone did.
//!
//! The lock is on the file, not on its name, and goes when the program ends, however it ends. A file that takes another's
//! place is locked before it does; whoever opens a name therefore looks, once it has the lock, whether the name still
//! leads to what it locked. Programs that know nothing of this can write all the same.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// As often a file may be replaced by another while it is being locked.
const TRIES: usize = 20;
/// How long a lock is waited for. A program that starts another has its locks twice for a moment, so one that was just
/// given up may be seen a little longer.
const PATIENCE: Duration = Duration::from_millis(100);

/// Why a file was not locked.
#[derive(Debug)]
pub enum LockError {
    /// Another program has it; `by` names it, where the system tells.
    InUse {
        by: Option<String>,
    },
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> LockError {
        LockError::Io(error)
    }
}

/// Opens a file and locks it, for as long as it is open.
pub fn open_locked(path: &Path, options: &OpenOptions) -> Result<File, LockError> {
    for _ in 0..TRIES {
        let file = options.open(path)?;
        lock(&file)?;
        match fs::metadata(path) {
            Ok(named) if identity(&named) == identity(&file.metadata()?) => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::Error::from(io::ErrorKind::ResourceBusy).into())
}

/// Locks an open file. A file system without locks lets everybody have one.
pub fn lock(file: &File) -> Result<(), LockError> {
    match try_lock(file) {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(LockError::InUse { by: holder(file) }),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Locks an open file or folder; one that is locked stays so for longer than a moment, or it is waited for.
pub fn try_lock(file: &File) -> Result<(), TryLockError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                thread::sleep(Duration::from_millis(5));
            }
            tried => return tried,
        }
    }
}

/// What a file is known by beside its name. Where the system has no such thing, all files are alike.
pub type Identity = (u64, u64);

/// The identity of a file.
#[cfg(unix)]
pub fn identity(about: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (about.dev(), about.ino())
}

/// The identity of a file.
#[cfg(not(unix))]
pub fn identity(_: &Metadata) -> Identity {
    (0, 0)
}

/// Who holds the lock of a file: name and number of the program.
#[cfg(target_os = "linux")]
fn holder(file: &File) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let file = format!(":{}", file.metadata().ok()?.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    // `1: FLOCK  ADVISORY  WRITE 4711 fd:01:131092 0 EOF`; a lock that is waited for has an arrow before its kind.
    let of_file = locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_held = words.get(1) == Some(&"FLOCK") && words.get(5)?.ends_with(&file);
        is_held.then(|| words.get(4).copied()).flatten()
    });
    let number = of_file?;
    let name = fs::read_to_string(format!("/proc/{number}/comm")).ok()?;
    Some(format!("{} ({number})", name.trim_end()))
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &File) -> Option<String> {
    None
}
