//! What commands do about the keys for the card on a reader, and its scan.

use super::State;
use crate::device::files::read_keys;
use crate::words;
use crate::workbench::says::{file_words, registry_words, said, workspace_words};
use crate::workbench::view::{KeysAtHand, Severity, Words};
use std::path::Path;

impl State {
    /// Takes the keys of a list for the card on the chosen reader.
    pub(super) fn choose_key_list(&mut self, path: &Path) {
        let Some(card) = self.readers.card() else {
            return;
        };
        let name = path.display().to_string();
        let list = match read_keys(path) {
            Ok(list) => list,
            Err(error) => return self.say(Severity::Refused, file_words(&name, &error)),
        };
        let systems = self.readers.systems();
        match self.workspace.choose_keys(card, &systems, &list) {
            Ok(0) => {
                let words = said("kept.scan.none.what", "kept.scan.none.next", "");
                self.say(
                    Severity::Attention,
                    about(words, "kept.scan.none.what", &name, 0),
                );
            }
            Ok(count) => {
                let next = match self.workspace.keeps_keys() {
                    true => "kept.scan.chosen.next",
                    false => "kept.scan.chosen.held",
                };
                let words = said("kept.scan.chosen.what", next, "");
                let words = about(words, "kept.scan.chosen.what", &name, count);
                self.say(Severity::Done, words);
            }
            Err(error) => self.say(Severity::Refused, workspace_words(&name, &error)),
        }
    }

    /// Forgets the keys that were taken for the card on the chosen reader.
    pub(super) fn forget_key_list(&mut self) {
        let Some(card) = self.readers.card() else {
            return;
        };
        if let Err(error) = self.workspace.forget_keys(card) {
            let words = workspace_words(self.workspace.name(), &error);
            self.say(Severity::Refused, words);
        }
    }

    /// Scans the card on the chosen reader with every key there is for it.
    pub(super) fn scan(&mut self) {
        let Some(card) = self.readers.card() else {
            return;
        };
        match self.workspace.keys_for(card, &self.readers.systems()) {
            Ok(ring) => {
                self.readers.scan(ring);
            }
            Err(error) => {
                let words = workspace_words(self.workspace.name(), &error);
                self.say(Severity::Refused, words);
            }
        }
    }

    /// How many keys a scan would try.
    pub(super) fn keys_at_hand(&self) -> Option<KeysAtHand> {
        let card = self.readers.card()?;
        let (own, workspace) = self.workspace.count_keys(card, &self.readers.systems());
        Some(KeysAtHand {
            own,
            workspace,
            kept: self.workspace.keeps_keys(),
        })
    }

    /// Notes in the registry that the card on the chosen reader was met.
    pub(super) fn note_met_card(&mut self) {
        if let Some(seen) = self.readers.met()
            && let Err(error) = self.workspace.registry.see(&seen)
        {
            self.say(Severity::Attention, registry_words(&error));
        }
    }
}

/// Words about a key list.
fn about(words: Words, what: &'static str, file: &str, count: usize) -> Words {
    Words {
        what: words::format(what, &[("file", &file), ("count", &count)]),
        ..words
    }
}
