//! A flow's log on disk: one JSON line an entry, on the disk before the call returns.

use super::files::owner_only;
use crate::model::flow::log::LogEntry;
use crate::model::port::{Intents, LogError};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// An open log.
#[derive(Debug)]
pub struct FileLog {
    file: File,
    path: PathBuf,
}

impl FileLog {
    /// Opens a log, or begins one, and gives what stands in it. A last line that a crash cut short never
    /// happened: it is taken off. A damaged line before the last is an error.
    pub fn open(path: &Path) -> io::Result<(FileLog, Vec<LogEntry>)> {
        let file = owner_only()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let mut entries = Vec::new();
        let mut whole = 0;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            if line.last() != Some(&b'\n') {
                break;
            }
            let damaged = |error| io::Error::new(io::ErrorKind::InvalidData, error);
            entries.push(serde_json::from_slice(&line).map_err(damaged)?);
            whole += line.len() as u64;
            line.clear();
        }
        file.set_len(whole)?;
        Ok((
            FileLog {
                file,
                path: path.to_path_buf(),
            },
            entries,
        ))
    }

    /// Removes the log: the flow is over and settled.
    pub fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

impl Intents for FileLog {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError> {
        let mut line = serde_json::to_vec(entry).map_err(|error| LogError(error.to_string()))?;
        line.push(b'\n');
        let written = self
            .file
            .write_all(&line)
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| LogError(error.to_string()))
    }
}

/// A log in memory: for the command line's demo and for tests, where nothing has to survive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryLog(pub Vec<LogEntry>);

impl Intents for MemoryLog {
    fn append(&mut self, entry: &LogEntry) -> Result<(), LogError> {
        self.0.push(entry.clone());
        Ok(())
    }
}
