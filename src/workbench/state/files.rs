//! What commands do with files: opening cards and dumps, saving the card, writing it in other forms, and knowing which
//! files were opened last.
//!
//! A file that cannot be opened is said, and what was open stays as it was.

use super::questions::Wanted;
use super::{Shown, State};
use crate::device::card_file::{self, CardFileError};
use crate::device::disk::replace;
use crate::device::emulated::EmulatedCard;
use crate::device::files::{FileTrouble, convert, memory_tree, read_regular_file};
use crate::model::card::observation::Observation;
use crate::model::card::profile::Profile;
use crate::model::card::tree::Tree;
use crate::model::dump;
use crate::model::dump::export::Format;
use crate::words;
use crate::workbench::export::{NotWritten, Written, file_name, form_words, loss_words, write};
use crate::workbench::says::{file_words, said};
use crate::workbench::view::{RecentFile, Severity, Words};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// As many files that cannot be opened are each said by itself, and as many of more are named.
const REFUSED_EACH: usize = 3;
const REFUSED_LISTED: usize = 12;

/// A file that was opened.
pub(super) enum Opened {
    Card(Box<EmulatedCard>),
    Dump(Observation),
}

impl State {
    /// Opens files. Each that cannot be opened is said; the last of the others is shown. Then the passphrases of those
    /// that are sealed are asked for.
    pub(super) fn open_files(&mut self, paths: &[PathBuf]) {
        let mut shown = None;
        let mut count = 0;
        let mut refused = Vec::new();
        for path in paths {
            let name = file_name(path);
            match self.read(path) {
                Ok(opened) => {
                    count += 1;
                    self.note_recent(path);
                    shown = Some((name, opened));
                }
                Err(FileTrouble::Card(CardFileError::Sealed)) => {
                    self.questions.ask(path.clone(), Wanted::Show);
                }
                Err(error) => refused.push(file_words(&name, &error)),
            }
        }
        self.say_refused(refused, paths.len());
        self.look_for_recent();
        let Some((name, opened)) = shown else { return };
        if self.show(name.clone(), opened) && count > 1 {
            let (all, name) = (paths.len(), &name);
            let what = words::format(
                "flow.opened.what",
                &[("count", &count), ("all", &all), ("file", name)],
            );
            let words = said("flow.opened.what", "flow.opened.next", "");
            self.say(Severity::Done, Words { what, ..words });
        }
    }

    /// Says which files were not opened: each of a few by itself, many at once.
    fn say_refused(&mut self, refused: Vec<Words>, all: usize) {
        if refused.len() <= REFUSED_EACH {
            return refused
                .into_iter()
                .for_each(|words| self.say(Severity::Refused, words));
        }
        let count = refused.len();
        let mut details: Vec<String> = refused.into_iter().map(|words| words.what).collect();
        if let Some(more) = count.checked_sub(REFUSED_LISTED).filter(|more| *more > 0) {
            details.truncate(REFUSED_LISTED);
            details.push(words::format(
                "flow.refused_files.more",
                &[("count", &more)],
            ));
        }
        let what = words::format(
            "flow.refused_files.what",
            &[("count", &count), ("all", &all)],
        );
        let next = words::text("flow.refused_files.next").to_string();
        let details = details.join("\n");
        self.say(
            Severity::Refused,
            Words {
                what,
                next,
                details,
            },
        );
    }

    /// Reads a file as what it is.
    pub(super) fn read(&self, path: &Path) -> Result<Opened, FileTrouble> {
        let bytes = read_regular_file(path)?;
        if bytes.starts_with(card_file::MAGIC) {
            let card = self.workspace.read_card(&bytes)?;
            return Ok(Opened::Card(Box::new(card)));
        }
        let dump::Opened::Observation(seen) = dump::open(&bytes)?;
        Ok(Opened::Dump(seen))
    }

    /// Shows what was opened. `false`, and it is said, if it is a card and the one in the emulator stays there.
    fn show(&mut self, name: String, opened: Opened) -> bool {
        match opened {
            Opened::Card(card) => {
                if !self.give_card_away() || !self.keep_before() {
                    return false;
                }
                self.put_in(*card);
                self.show_emulated();
                self.keep_card();
                self.take_up_flow();
            }
            Opened::Dump(seen) => {
                self.close_flow();
                let tree = Arc::new(seen.tree());
                let seen = Box::new(seen);
                self.shown = Shown::Dump { name, seen, tree };
            }
        }
        true
    }

    /// Makes an emulated card of what is known of the card that is shown. What is not known is filled in.
    pub(super) fn make_card_of_it(&mut self, profile: Option<&str>) {
        let (name, seen) = match &self.shown {
            Shown::Dump { name, seen, .. } => (name.clone(), &**seen),
            Shown::Reader => match (self.readers.chosen(), self.readers.seen()) {
                (Some(reader), Some(seen)) => (reader.to_string(), seen),
                _ => return,
            },
            Shown::Emulated | Shown::Sealed(_) => return,
        };
        let chip = profile.and_then(Profile::named);
        match convert(seen, None, chip.as_ref()) {
            Ok((card, _)) => {
                let title = card.profile().title.clone();
                if !self.show(name.clone(), Opened::Card(Box::new(card))) {
                    return;
                }
                let what = words::format("flow.made.what", &[("file", &name), ("title", &title)]);
                let words = said("flow.made.what", "flow.made.next", "");
                self.say(Severity::Done, Words { what, ..words });
            }
            Err(error) => self.say(Severity::Refused, file_words(&name, &error)),
        }
    }

    /// Keeps the card in the emulator beside, before another takes its place; it stands under the recent files. `false`,
    /// and it is said, if that cannot be done: the card must stay where it is.
    pub(super) fn keep_before(&mut self) -> bool {
        let Some(card) = &self.card else { return true };
        match self.workspace.save_before(card) {
            Ok(Some(path)) => {
                self.note_recent(&path);
                self.look_for_recent();
                true
            }
            Ok(None) => true,
            Err(error) => {
                let words = said("kept.before.what", "kept.before.next", &error.to_string());
                self.say(Severity::Refused, words);
                false
            }
        }
    }

    /// Saves the card in the emulator.
    pub(super) fn save_card(&mut self, path: &Path) {
        if let Some(card) = &self.card {
            let saved = self.workspace.save_copy(card, path);
            self.say_saved(path, saved);
        }
    }

    /// Says how saving a card ended, and notes the file.
    pub(super) fn say_saved(&mut self, path: &Path, saved: Result<(), FileTrouble>) {
        let name = path.display().to_string();
        match saved {
            Ok(()) => {
                self.note_recent(path);
                self.look_for_recent();
                let what = words::format("flow.saved.what", &[("file", &name)]);
                let words = said("flow.saved.what", "flow.saved.next", "");
                self.say(Severity::Done, Words { what, ..words });
            }
            Err(error) => self.say(Severity::Refused, file_words(&name, &error)),
        }
    }

    /// Writes the card that is shown in another form, and says what of it is not in the file.
    pub(super) fn export(&mut self, form: Format, path: &Path) {
        if let Some(tree) = self.shown_tree() {
            self.export_tree(tree, form, path);
        }
    }

    /// The same with a card that was chosen otherwise.
    pub(super) fn export_tree(&mut self, tree: Tree, form: Format, path: &Path) {
        let name = path.display().to_string();
        let Written { content, losses } = match write(tree, form, &file_name(path)) {
            Ok(written) => written,
            Err(error) => {
                let (what, next) = match error {
                    NotWritten::NoIdentity(_) => (
                        "flow.exported.no_identity.what",
                        "flow.exported.no_identity.next",
                    ),
                    NotWritten::Unreadable(_) => (
                        "flow.exported.unreadable.what",
                        "flow.exported.no_identity.next",
                    ),
                };
                return self.say(Severity::Refused, said(what, next, &error.to_string()));
            }
        };
        if let Err(error) = replace(path, content.as_bytes()) {
            return self.say(Severity::Refused, file_words(&name, &error.into()));
        }
        let what = words::format(
            "flow.exported.what",
            &[("file", &name), ("form", &form_words(form))],
        );
        let lost: Vec<String> = losses.iter().map(loss_words).collect();
        let next = match lost.is_empty() {
            true => words::text("flow.exported.whole").to_string(),
            false => words::format("flow.exported.loses", &[("losses", &lost.join(", "))]),
        };
        let details = String::new();
        self.say(
            Severity::Done,
            Words {
                what,
                next,
                details,
            },
        );
    }

    /// All that is known of the card that is shown, at the moment that is looked at.
    pub(super) fn shown_tree(&self) -> Option<Tree> {
        match &self.shown {
            Shown::Emulated => {
                let mut tree = memory_tree(self.picture.written(self.card.as_ref()?));
                self.demo.plan.name_nodes(&mut tree);
                Some(tree)
            }
            Shown::Dump { tree, .. } => Some((**tree).clone()),
            Shown::Sealed(card) => Some(card.tree()),
            Shown::Reader => self.readers.tree().map(|tree| (**tree).clone()),
        }
    }

    /// Forgets which files were opened.
    pub(super) fn clear_recent(&mut self) {
        if let Err(error) = self.workspace.clear_recent() {
            let words = file_words("workspace.ron", &FileTrouble::Io(error));
            self.say(Severity::Attention, words);
        }
        self.look_for_recent();
    }

    pub(super) fn note_recent(&mut self, path: &Path) {
        if let Err(error) = self.workspace.keep_recent(path) {
            let words = file_words("workspace.ron", &FileTrouble::Io(error));
            self.say(Severity::Attention, words);
        }
    }

    /// Looks which of the files that were opened are still there.
    pub(super) fn look_for_recent(&mut self) {
        let recent = self.workspace.recent().iter().map(|path| RecentFile {
            path: path.clone(),
            name: file_name(path),
            missing: !path.exists(),
        });
        self.recent = Arc::new(recent.collect());
    }
}
