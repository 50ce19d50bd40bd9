//! What a scan of a card with keys came to, the keys that there are for one, and the files that were opened last.

use super::said::Words;
use crate::model::card::NodeCode;
use crate::model::reader::scan::TriedKey;
use crate::words;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The keys that a scan of a card would try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeysAtHand {
    /// Of a list that was chosen for this card.
    pub own: usize,
    /// Of the workspace, for systems of those codes.
    pub workspace: usize,
    /// Whether what is chosen for a card is kept with the workspace.
    pub kept: bool,
}

/// What a scan of a card with keys came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanView {
    /// What came of the keys for each node, by the number of its system.
    pub keys: BTreeMap<(u8, NodeCode), Vec<TriedKey>>,
    /// Keys with which the card was authenticated, and keys that it did not take.
    pub opened: usize,
    pub refused: usize,
    /// Services that need a key and that none opened.
    pub closed: usize,
    /// Whether it came to its end; otherwise what is known is partial.
    pub whole: bool,
    /// Why it did not, if that was not a person's wish.
    pub broken: Option<Words>,
}

impl ScanView {
    /// What came of the keys for a node.
    pub fn of_node(&self, system: u8, node: NodeCode) -> &[TriedKey] {
        let tried = self.keys.get(&(system, node));
        tried.map_or(&[], Vec::as_slice)
    }
}

/// A file that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentFile {
    pub path: PathBuf,
    /// The file's name alone.
    pub name: String,
    /// It is not there any more.
    pub missing: bool,
}

impl RecentFile {
    /// The folder it is in, and that it is missing, where it is.
    pub fn aside(&self) -> String {
        let folder = self.path.parent().unwrap_or(&self.path);
        let folder = folder.display();
        match self.missing {
            true => format!("{folder} ({})", words::text("shell.recent.missing")),
            false => folder.to_string(),
        }
    }
}
