//! A file that is this program's alone for as long as it is held: replaced whole, or grown at its end, and never written
//! over when somebody else changed it meanwhile.

use super::disk::replace_and_hold;
use super::files::FileTrouble;
use super::lock::{Identity, LockError, identity, open_locked};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file, locked.
pub struct HeldFile {
    /// Where it is, all links followed.
    path: PathBuf,
    file: File,
    /// How it was when it was opened or last written here.
    left: Left,
}

/// By what a change is noticed that was not made here.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Left {
    identity: Identity,
    length: u64,
    modified: Option<SystemTime>,
}

impl Left {
    fn of(about: &Metadata) -> Left {
        Left {
            identity: identity(about),
            length: about.len(),
            modified: about.modified().ok(),
        }
    }
}

/// What stands where a held file was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// That file, as it was left.
    Untouched,
    /// That file, but somebody wrote to it, or said that they did.
    Touched,
    /// Another file.
    Taken,
    Gone,
}

impl HeldFile {
    /// Opens the file that a path leads to, links followed, and locks it.
    pub fn open(path: &Path) -> Result<HeldFile, FileTrouble> {
        let path = fs::canonicalize(path)?;
        let about = fs::metadata(&path)?;
        if about.is_dir() {
            return Err(FileTrouble::Folder);
        }
        if !about.is_file() {
            return Err(FileTrouble::NoFile);
        }
        let file = match open_locked(&path, OpenOptions::new().read(true).write(true)) {
            // It may still be replaced.
            Err(LockError::Io(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                open_locked(&path, OpenOptions::new().read(true))
            }
            opened => opened,
        }?;
        let left = Left::of(&file.metadata()?);
        Ok(HeldFile { path, file, left })
    }

    /// Writes a file there, in place of what is, and holds it.
    pub fn put(path: PathBuf, bytes: &[u8]) -> io::Result<HeldFile> {
        let file = replace_and_hold(&path, [bytes])?;
        let left = Left::of(&file.metadata()?);
        Ok(HeldFile { path, file, left })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that it has, as it was left.
    pub fn length(&self) -> u64 {
        self.left.length
    }

    /// Reads it, but no more than one byte more than `most`.
    pub fn read(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        (&self.file).take(most as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// What stands in its place now.
    pub fn place(&self) -> io::Result<Place> {
        let named = match fs::metadata(&self.path) {
            Ok(named) => Left::of(&named),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Gone),
            Err(error) => return Err(error),
        };
        Ok(match named.identity == self.left.identity {
            false => Place::Taken,
            true if named == self.left => Place::Untouched,
            true => Place::Touched,
        })
    }

    /// Puts bytes behind its end, in one piece. What could not be put there whole is taken off again.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.left.length;
        self.file.seek(SeekFrom::Start(end))?;
        match self.file.write_all(bytes) {
            Ok(()) => self.note(),
            Err(error) => {
                // If that fails too, the file will look as if somebody had written to it.
                let _ = self.cut(end);
                Err(error)
            }
        }
    }

    /// Leaves so many bytes of it.
    pub fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.note()
    }

    /// Waits until what was put into it is on the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Puts another content in its place, whole. The lock goes over.
    pub fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.replace_at(self.path.clone(), bytes)
    }

    /// Goes on in another place, with that content, and leaves the file that it was.
    pub fn replace_at(&mut self, path: PathBuf, bytes: &[u8]) -> io::Result<()> {
        *self = HeldFile::put(path, bytes)?;
        Ok(())
    }

    /// Notes how it is now.
    fn note(&mut self) -> io::Result<()> {
        self.left = Left::of(&self.file.metadata()?);
        Ok(())
    }
}
