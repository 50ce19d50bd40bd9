//! The card in the emulator as a workspace keeps it: its own file, the one of the card before it, and what could not be
//! read.

use super::Workspace;
use crate::device::card_file::{self, CardFileError, MAX_BYTES};
use crate::device::emulated::EmulatedCard;
use crate::device::files::{FileTrouble, replace_unused};
use crate::device::held_file::{HeldFile, Place};
use std::path::{Path, PathBuf};
use std::{fs, io, iter};

const CARD: &str = "emulated.card";
/// The card that was in the emulator before another took its place.
const BEFORE: &str = "before.card";
/// Where a card's file that could not be read goes before another takes its place; the next ones get numbers.
const UNREADABLE: &str = "unreadable.card";

impl Workspace {
    /// The card that was in the emulator when the workspace was last open. No other program has its file from now on.
    pub fn load_card(&mut self) -> Result<Option<EmulatedCard>, FileTrouble> {
        let Some(folder) = self.place()? else {
            return Ok(None);
        };
        let read = match HeldFile::open(&folder.join(CARD)) {
            Ok(mut file) => {
                let bytes = file.read(MAX_BYTES);
                self.card = Some(file);
                bytes
                    .map_err(FileTrouble::from)
                    .and_then(|bytes| self.read_card(&bytes).map(Some))
            }
            Err(FileTrouble::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let lost = |card: &EmulatedCard| card.has_lost_history();
        self.unreadable = !matches!(&read, Ok(card) if !card.as_ref().is_some_and(lost));
        read
    }

    /// A card file's card, powered on.
    pub fn read_card(&self, bytes: &[u8]) -> Result<EmulatedCard, FileTrouble> {
        Ok(card_file::read(bytes, None)?.into_card()?)
    }

    /// Keeps the emulator's card in the folder. A file in its place that could not be read is kept beside, and so is one
    /// that another program wrote there, which nobody was told of yet: gives where it is.
    pub fn save_card(&mut self, card: &EmulatedCard) -> Result<Option<PathBuf>, FileTrouble> {
        let Some(folder) = self.place()? else {
            return Ok(None);
        };
        let (place, bytes) = (folder.join(CARD), self.card_bytes(card)?);
        let aside = match self.is_own(&place)? {
            true => None,
            false => moved_aside(&place, free_place(folder))?,
        };
        let was_said = std::mem::take(&mut self.unreadable);
        match &mut self.card {
            Some(file) => file.replace(&bytes)?,
            None => self.card = Some(HeldFile::put(place, &bytes)?),
        }
        Ok(aside.filter(|_| !was_said))
    }

    /// Whether what is in the card's place, if anything is, is what was read or written there last.
    ///
    /// # Errors
    /// When another program has it open.
    fn is_own(&self, place: &Path) -> Result<bool, FileTrouble> {
        let stands = self.card.as_ref().map(HeldFile::place).transpose()?;
        if stands != Some(Place::Touched)
            && stands != Some(Place::Untouched)
            && let Err(FileTrouble::InUse { by }) = HeldFile::open(place)
        {
            return Err(FileTrouble::InUse { by });
        }
        Ok(!self.unreadable && matches!(stands, Some(Place::Untouched | Place::Gone)))
    }

    /// Keeps the card that is in the emulator beside, before another takes its place. Gives where it is; `None` where
    /// the workspace keeps no card, so that none is lost by it.
    pub fn save_before(&self, card: &EmulatedCard) -> Result<Option<PathBuf>, FileTrouble> {
        let Some(place) = self.place()?.filter(|_| self.is_demo()) else {
            return Ok(None);
        };
        let path = place.join(BEFORE);
        self.save_copy(card, &path)?;
        Ok(Some(path))
    }

    /// Writes the card to a file. Demo cards are written plain, with their mark.
    pub fn save_copy(&self, card: &EmulatedCard, path: &Path) -> Result<(), FileTrouble> {
        replace_unused(path, &self.card_bytes(card)?)
    }

    fn card_bytes(&self, card: &EmulatedCard) -> Result<Vec<u8>, CardFileError> {
        if !self.is_demo() {
            // Live cards are kept sealed, and the window does not ask for what would seal them.
            return Err(CardFileError::Seal);
        }
        card_file::write_demo(card.profile(), card.memory(), card.journal())
    }
}

/// Moves a file, if it is there; gives where to.
fn moved_aside(from: &Path, to: PathBuf) -> io::Result<Option<PathBuf>> {
    match fs::rename(from, &to) {
        Ok(()) => Ok(Some(to)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where a card's file goes that could not be read: beside those that went there before.
fn free_place(folder: &Path) -> PathBuf {
    let others = (2u32..).map(|number| format!("unreadable-{number}.card"));
    let names = iter::once(UNREADABLE.to_owned()).chain(others);
    let mut places = names.map(|name| folder.join(name));
    // A folder has not as many files as there are numbers.
    let free = places.find(|place| !matches!(place.try_exists(), Ok(true)));
    free.unwrap_or_else(|| folder.join(UNREADABLE))
}
