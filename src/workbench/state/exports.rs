//! Exports of a trace that are being written.

use crate::device::files::FileTrouble;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

/// An export that has ended.
pub struct Exported {
    pub(super) path: PathBuf,
    /// The window of its own in which it was asked for.
    pub(super) window: Option<u64>,
    /// How many exchanges are in the file.
    pub(super) written: Result<usize, FileTrouble>,
}

/// Where exports report to; called from threads of their own.
pub type ReportExport = Arc<dyn Fn(Exported) + Send + Sync>;

/// Exports that are being written. A long one takes seconds, in which a card must not wait.
#[derive(Default)]
pub(super) struct Exports {
    pub(super) report: Option<ReportExport>,
    pub(super) threads: Vec<JoinHandle<()>>,
}

impl Drop for Exports {
    /// What was asked for is written to its end.
    fn drop(&mut self) {
        for thread in self.threads.drain(..) {
            // A panic there was told there.
            let _ = thread.join();
        }
    }
}
