//! The folder of a workspace: told from other people's, and held by one program at a time.
//!
//! The folder itself is locked, so that there is nothing in it that could be deleted or exchanged to let a second program
//! in. The file `lock`, by which older versions tell each other, is locked as well where it is there; where a folder cannot
//! be locked, as on Windows or over a network, it is made and does alone. Nothing is ever written into it.

use super::error::WorkspaceError;
use super::settings::SETTINGS;
use crate::device::disk::{is_part, make_folder};
use crate::device::lock;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";

/// A folder that this program holds, for as long as this lives.
pub struct Folder {
    path: PathBuf,
    /// The folder itself, opened and locked.
    #[cfg(unix)]
    held: File,
    /// The lock of older versions, or of where a folder cannot be locked.
    _lock: Option<File>,
}

impl Folder {
    /// Takes a folder that is a workspace or empty, or makes it. Anybody else's is left as it is.
    pub fn take(path: PathBuf) -> Result<Folder, WorkspaceError> {
        if is_foreign(&path)? {
            return Err(WorkspaceError::Foreign);
        }
        make_folder(&path)?;
        #[cfg(unix)]
        let (held, is_locked) = {
            let held = File::open(&path)?;
            let is_locked = try_lock(&held)?;
            (held, is_locked)
        };
        #[cfg(not(unix))]
        let is_locked = false;
        let lock = lock_file(&path.join(LOCK), !is_locked)?;
        let is_locked_by_file = lock.as_ref().map_or(Ok(false), try_lock)?;
        if !is_locked && !is_locked_by_file {
            // Two programs would write over each other's work.
            return Err(io::Error::from(io::ErrorKind::Unsupported).into());
        }
        Ok(Folder {
            path,
            #[cfg(unix)]
            held,
            _lock: lock,
        })
    }

    /// Where it is, to write into it. An error when it was moved, and nothing or another folder stands there by now.
    pub fn path(&self) -> io::Result<&Path> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let moved = || io::Error::other("the workspace's folder was moved or deleted");
            let held = self.held.metadata()?;
            let there = fs::metadata(&self.path).map_err(|_| moved())?;
            if (held.dev(), held.ino()) != (there.dev(), there.ino()) {
                return Err(moved());
            }
        }
        Ok(&self.path)
    }
}

/// Whether a folder is a workspace, whatever state it is in.
pub fn is_workspace(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(SETTINGS)).is_ok()
}

/// Whether a folder holds what is no workspace's.
fn is_foreign(path: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    let mut others = false;
    for entry in entries {
        let entry = entry?;
        // What is left of a start that was cut short.
        let is_lock = entry.file_name() == LOCK && {
            let about = entry.metadata()?;
            about.is_file() && about.len() == 0
        };
        others |= !is_lock && !is_part(&entry.path());
    }
    // Asked last: a program that makes a workspace there meanwhile writes its settings first.
    Ok(others && !is_workspace(path))
}

/// Locks it. `false` where that cannot be done.
fn try_lock(file: &File) -> Result<bool, WorkspaceError> {
    match lock::try_lock(file) {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Err(WorkspaceError::InUse),
        Err(TryLockError::Error(_)) => Ok(false),
    }
}

/// The file `lock`, opened as it is; made if it `must` be there. What is no file, such as a link, is none.
fn lock_file(path: &Path, must: bool) -> io::Result<Option<File>> {
    let is_there = fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    let mut options = OpenOptions::new();
    options.read(true);
    match (is_there, must) {
        (false, false) => Ok(None),
        (false, true) => options.write(true).create_new(true).open(path).map(Some),
        (true, true) => options.write(true).open(path).map(Some),
        (true, false) => Ok(options.open(path).ok()),
    }
}
