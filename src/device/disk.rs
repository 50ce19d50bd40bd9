//! Files on the disk: each written so that it is wholly old or wholly new, and there for good when it is said to be.
//!
//! Bytes go into a *part* first, a file of its own in the same folder, under a name that nobody can guess. The part is
//! waited for until it is on the disk; only then does it take its place, and that is waited for as well. A part is locked
//! while it is written. One that nobody holds was left behind by a program that was killed: the next to write into the
//! folder takes it away, and nothing else.

use super::seal::random;
use super::system::SystemRng;
use crate::model::hex;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the name of a part begins and ends with; in between are [`PART_DIGITS`] hexadecimal digits.
const PART: (&str, &str) = (".cardwright-", ".part");
const PART_DIGITS: usize = 16;

/// Writes a file, in place of one that is there. What is written this way may hold keys, so only its owner can read it.
/// Over a symbolic link the file that it leads to is written; a link that leads nowhere, a folder, a pipe and a device
/// are refused.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, [bytes])
}

/// The same with a file that comes piece by piece, because it may be long.
pub fn replace_with(
    path: &Path,
    pieces: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> io::Result<()> {
    replace_and_hold(path, pieces).map(drop)
}

/// The same; gives the file, locked, to be read and written on.
pub fn replace_and_hold(
    path: &Path,
    pieces: impl IntoIterator<Item = impl AsRef<[u8]>>,
) -> io::Result<File> {
    let place = led_to(path)?;
    let folder = Folder::of(&place)?;
    let part = Part::write(&folder, pieces)?;
    fs::rename(&part.path, &place)?;
    folder.sync()?;
    // The lock is on what both have open.
    part.file.try_clone()
}

/// Writes a file that is not there yet, for its owner alone. Where something of that name is there by now, a link too,
/// it is `AlreadyExists`, and that is left as it is: of several programs that make one name, exactly one does.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = Folder::of(path)?;
    let part = Part::write(&folder, [bytes])?;
    match fs::hard_link(&part.path, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // On a file system without links the name is taken first, empty, and then given the file.
        Err(_) => {
            owner_only().write(true).create_new(true).open(path)?;
            fs::rename(&part.path, path).inspect_err(|_| drop(fs::remove_file(path)))?;
        }
        Ok(()) => {}
    }
    drop(part);
    // What may not be there tomorrow is not left there today either: it is said that it could not be made.
    folder.sync().inspect_err(|_| drop(fs::remove_file(path)))
}

/// Makes a folder, and those that it is in.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = parent_of(path)?;
    // A root that is not there cannot be made.
    if parent != path {
        make_folder(&parent)?;
    }
    let folder = Folder::of(path)?;
    match fs::create_dir(path) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    folder.sync()
}

/// Whether a file is named as a part.
pub fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let digits = name.and_then(|name| name.strip_prefix(PART.0)?.strip_suffix(PART.1));
    digits.is_some_and(|digits| {
        digits.len() == PART_DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// The file that is meant by a path: over a symbolic link, the one that it leads to. What is there and no file is refused.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink());
    let place = match is_link {
        false => path.to_path_buf(),
        true => fs::canonicalize(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                io::Error::other("it is a symbolic link, and what it leads to is not there")
            }
            _ => error,
        })?,
    };
    match fs::metadata(&place) {
        Ok(about) if !about.is_file() => {
            Err(io::Error::other("it is a folder, a pipe or a device"))
        }
        _ => Ok(place),
    }
}

fn parent_of(file: &Path) -> io::Result<PathBuf> {
    let file = std::path::absolute(file)?;
    Ok(file.parent().unwrap_or(&file).to_path_buf())
}

/// The folder that a file is in.
struct Folder {
    path: PathBuf,
    /// Opened before anything is written: what cannot be waited for is not begun.
    #[cfg(unix)]
    handle: File,
}

impl Folder {
    fn of(file: &Path) -> io::Result<Folder> {
        let path = parent_of(file)?;
        Ok(Folder {
            #[cfg(unix)]
            handle: File::open(&path)?,
            path,
        })
    }

    /// Makes what happened to the names in it survive a crash. Only some platforms and file systems let it be asked for.
    fn sync(&self) -> io::Result<()> {
        #[cfg(unix)]
        match self.handle.sync_all() {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            synced => synced?,
        }
        Ok(())
    }

    /// Takes away the parts that nobody writes any more.
    fn clear(&self) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            if is_part(&path)
                && entry.file_type().is_ok_and(|kind| kind.is_file())
                && let Ok(file) = File::open(&path)
                && file.try_lock().is_ok()
            {
                // While it is locked, so that whoever is about to write it sees that it is gone. What cannot be taken away
                // is in nobody's way.
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// A file that is to take its place. Its own name goes away with it.
struct Part {
    path: PathBuf,
    /// Locked for as long as it is open.
    file: File,
}

impl Part {
    /// Writes one, and waits until it is on the disk.
    fn write(
        folder: &Folder,
        pieces: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> io::Result<Part> {
        folder.clear();
        let part = Part::begin(folder)?;
        let mut file = io::BufWriter::new(&part.file);
        for piece in pieces {
            file.write_all(piece.as_ref())?;
        }
        file.flush()?;
        drop(file);
        part.file.sync_all()?;
        Ok(part)
    }

    fn begin(folder: &Folder) -> io::Result<Part> {
        loop {
            let digits = hex::plain(&random::<{ PART_DIGITS / 2 }>(&mut SystemRng));
            let path = folder.path.join([PART.0, &digits, PART.1].concat());
            let mut options = owner_only();
            options.read(true).write(true).create_new(true);
            let file = options.open(&path)?;
            let part = Part { path, file };
            // Where files cannot be locked, nobody takes it for one that was left behind either.
            let _ = part.file.lock();
            // Somebody may have taken it for one before it was locked.
            if part.path.exists() {
                return Ok(part);
            }
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // When it has taken its place, there is nothing of that name any more.
        let _ = fs::remove_file(&self.path);
    }
}

/// How files are made that only their owner may read.
fn owner_only() -> OpenOptions {
    // Only some platforms have something to set.
    #[allow(unused_mut)]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
