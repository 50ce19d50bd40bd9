//! A card that is kept in its file as it is written to.
//!
//! A client that was told of a write must find it again, also when this program is killed: so what a command wrote goes
//! behind the file ([`tail`](super::card_file::tail)) before its answer is sent. As long as it cannot, the card answers
//! nothing at all, as one that has left the field: else a read would tell what is not kept. When nothing comes for a
//! moment, what was put there is waited for to be on the disk; at the end, and when the tail has grown long, the file is
//! written whole anew.
//!
//! The file is locked. A program that knows nothing of locks may still exchange it: then that program's file stays as
//! it is, and the card goes on in one beside.

use super::card_file::tail::Tail;
use super::card_file::{self, CardFileError, Closing, MAX_BYTES, Passphrase};
use super::disk::replace_and_hold;
use super::emulated::EmulatedCard;
use super::files::FileTrouble;
use super::held_file::{HeldFile, Place};
use super::system::SystemRng;
use super::udp::Present;
use crate::model::card::journal::Journal;
use crate::model::card::live_keys::live_key;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file is written whole when its tail is longer, at the next quiet moment.
const LONG_TAIL: u64 = 1 << 20;
/// As long what was put into the file may wait for the disk while frames come without a pause.
const SYNC_AT_LEAST: Duration = Duration::from_secs(2);

/// How long nothing is tried after it failed.
const PAUSE: Duration = Duration::from_millis(200);

/// What whoever presents the card is told while it goes on.
#[derive(Debug)]
pub enum Told<'a> {
    /// What was written cannot be kept; the card is silent until it can.
    Broken(&'a FileTrouble),
    /// It is kept now, and the card answers again.
    Mended,
    /// The history is as long as it may be, and the oldest events were forgotten: how many by now.
    Forgotten(u32),
    /// Another program has changed the file. Its file stays, and the card is kept there from now on.
    Aside(&'a Path),
}

/// Where a card is at the end.
#[derive(Debug)]
pub enum KeptIn {
    /// In its file, or in the one beside that it went on in.
    File(PathBuf),
    /// It could not be kept in its file for that reason, and a copy is here.
    Copy(PathBuf, FileTrouble),
}

/// A card, and the file that it is kept in.
pub struct KeptCard {
    card: EmulatedCard,
    file: HeldFile,
    tail: Tail,
    tell: Box<dyn FnMut(Told)>,
    /// What was written could not be kept.
    is_broken: bool,
    /// The disk did not take what it had promised to, so the file must be written anew.
    is_lost: bool,
    /// What was put into the file and not waited for; since when.
    unsynced: Option<Instant>,
    /// Bytes of the file without its tail.
    whole: u64,
    /// When something last failed.
    failed: Option<Instant>,
    /// Where a key was seen that a plain file does not take.
    live_key: Option<u32>,
    /// Events that the history has forgotten, as far as that was told.
    forgotten: u32,
}

impl KeptCard {
    /// Opens a card file, which is locked from now on. The passphrase is used only if it is sealed.
    pub fn open(path: &Path, passphrase: Option<&Passphrase>) -> Result<KeptCard, FileTrouble> {
        let mut file = HeldFile::open(path)?;
        let bytes = file.read(MAX_BYTES)?;
        let saved = card_file::read(&bytes, passphrase)?;
        let tail = saved.tail.clone();
        Ok(KeptCard {
            card: saved.into_card()?,
            whole: file.length(),
            file,
            tail,
            tell: Box::new(|_| ()),
            is_broken: false,
            is_lost: false,
            unsynced: None,
            failed: None,
            live_key: None,
            forgotten: 0,
        })
    }

    /// The card.
    pub fn card(&mut self) -> &mut EmulatedCard {
        &mut self.card
    }

    /// Where it is kept.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// From now on keeps what the card writes, and tells what is to be told. The file is written anew first: where that
    /// cannot be done, nothing else could be.
    pub fn keep(&mut self, tell: impl FnMut(Told) + 'static) -> Result<(), FileTrouble> {
        self.tell = Box::new(tell);
        self.forgotten = self.card.journal().forgotten();
        self.card.note_writes();
        self.write_anew()
    }

    /// Writes the file whole, with all that is on the card, unless another program has changed it.
    pub fn write_anew(&mut self) -> Result<(), FileTrouble> {
        match self.place()? {
            Place::Untouched | Place::Gone => self.write_whole(None),
            Place::Touched | Place::Taken => Err(FileTrouble::Changed),
        }
    }

    /// Ends with everything kept: in the file, or where that cannot be, in a copy elsewhere.
    pub fn close(mut self) -> Result<KeptIn, FileTrouble> {
        let is_whole = self.all_is_there() && self.tail.is_empty();
        let settled = if is_whole { Ok(()) } else { self.settle(true) };
        let Err(why) = settled else {
            return Ok(KeptIn::File(self.file.path().to_path_buf()));
        };
        // It may be there all the same, only not written anew.
        if self.all_is_there() && self.sync().is_ok() {
            return Ok(KeptIn::File(self.file.path().to_path_buf()));
        }
        match self.copy_elsewhere() {
            Some(copy) => Ok(KeptIn::Copy(copy, why)),
            None => Err(why),
        }
    }

    /// Whether all that was written is in the file, and the file in its place.
    fn all_is_there(&self) -> bool {
        let is_in_it = self.card.unkept().is_empty() && !self.is_lost;
        is_in_it && matches!(self.file.place(), Ok(Place::Untouched))
    }

    /// Keeps what is not kept yet; `false` where that cannot be done, which is told once. After a failure it is not tried
    /// again at once.
    fn is_kept(&mut self) -> bool {
        if self.card.unkept().is_empty() && !self.is_lost {
            return true;
        }
        if self.has_just_failed() {
            return false;
        }
        match self.settle(false) {
            Ok(()) => {
                if std::mem::take(&mut self.is_broken) {
                    (self.tell)(Told::Mended);
                }
                true
            }
            Err(error) => {
                self.failed = Some(Instant::now());
                if !std::mem::replace(&mut self.is_broken, true) {
                    (self.tell)(Told::Broken(&error));
                }
                false
            }
        }
    }

    fn has_just_failed(&self) -> bool {
        self.failed.is_some_and(|at| at.elapsed() < PAUSE)
    }

    /// Puts what is not kept yet behind the file, or writes the file whole if it is to be or must be.
    fn settle(&mut self, whole: bool) -> Result<(), FileTrouble> {
        match self.place()? {
            Place::Untouched => {}
            Place::Gone => return self.write_whole(None),
            Place::Touched | Place::Taken => {
                self.write_whole(Some(free_beside(self.file.path())))?;
                (self.tell)(Told::Aside(self.file.path()));
                return Ok(());
            }
        }
        self.may_be_kept()?;
        let record = self.tail.record(self.card.unkept(), &mut SystemRng);
        let record = record.map_err(CardFileError::from)?;
        if whole || self.is_lost || self.file.length() + record.len() as u64 > MAX_BYTES as u64 {
            return self.write_whole(None);
        }
        self.file.append(&record)?;
        self.tail.grown();
        self.card.all_kept();
        self.tell_forgotten();
        let since = *self.unsynced.get_or_insert_with(Instant::now);
        match since.elapsed() > SYNC_AT_LEAST {
            true => self.sync(),
            false => Ok(()),
        }
    }

    /// Says, once for each time, that the oldest events were forgotten.
    fn tell_forgotten(&mut self) {
        let forgotten = self.card.journal().forgotten();
        if std::mem::replace(&mut self.forgotten, forgotten) < forgotten {
            (self.tell)(Told::Forgotten(forgotten));
        }
    }

    /// A plain file takes no key that is no demo key, once and for all: it would stand in the history.
    fn may_be_kept(&mut self) -> Result<(), CardFileError> {
        if self.live_key.is_none() && matches!(self.tail.closing(), Closing::Demo) {
            self.live_key = live_key(self.card.memory().data(), &Journal::default());
        }
        match self.live_key {
            Some(address) => Err(CardFileError::LiveKey(address)),
            None => Ok(()),
        }
    }

    /// What stands in the file's place. One that was only touched is read: it may still be what was written.
    fn place(&mut self) -> Result<Place, FileTrouble> {
        let place = self.file.place()?;
        if place == Place::Touched && self.reads_as_left() {
            return Ok(Place::Untouched);
        }
        Ok(place)
    }

    fn reads_as_left(&mut self) -> bool {
        let length = self.file.length();
        let Ok(bytes) = self.file.read(MAX_BYTES) else {
            return false;
        };
        let key_of = |_: &_| match self.tail.closing() {
            Closing::Demo => Err(CardFileError::Sealed),
            Closing::Key { key, .. } => Ok(key.clone()),
        };
        let read = card_file::read_with(&bytes, key_of);
        // A record of ours that was cut off may stand behind.
        read.is_ok_and(|saved| saved.tail.is(&self.tail)) && self.file.cut(length).is_ok()
    }

    /// Writes all that is on the card, in place of the file or in another place, and goes on there.
    fn write_whole(&mut self, elsewhere: Option<PathBuf>) -> Result<(), FileTrouble> {
        let closing = self.tail.closing();
        let (bytes, tail) = card_file::write_anew(&self.card, closing, &mut SystemRng)?;
        match elsewhere {
            None => self.file.replace(&bytes)?,
            Some(path) => self.file.replace_at(path, &bytes)?,
        }
        self.tail = tail;
        self.whole = bytes.len() as u64;
        self.card.all_kept();
        (self.is_lost, self.unsynced) = (false, None);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), FileTrouble> {
        let synced = self.file.sync();
        // What the disk did not take may be gone from memory too, so it would not help to ask it again.
        self.is_lost |= synced.is_err();
        self.unsynced = None;
        Ok(synced?)
    }

    /// Writes the card to a folder that takes it: the one for what is passing, the person's own, the one that the program
    /// was started in.
    fn copy_elsewhere(&self) -> Option<PathBuf> {
        let closing = self.tail.closing();
        let (bytes, _) = card_file::write_anew(&self.card, closing, &mut SystemRng).ok()?;
        let name = self.file.path().file_name()?;
        let home = std::env::home_dir();
        let folders = [
            Some(std::env::temp_dir()),
            home,
            std::env::current_dir().ok(),
        ];
        folders.into_iter().flatten().find_map(|folder| {
            let copy = free_beside(&folder.join(name));
            replace_and_hold(&copy, [&bytes]).is_ok().then_some(copy)
        })
    }
}

/// A name in the same folder that nothing has: `name-kept.card`, `name-kept-2.card`.
fn free_beside(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default();
    let others = (2_u32..).map(|number| format!("-kept-{number}"));
    let mut names = iter::once("-kept".to_string()).chain(others).map(|mark| {
        let mut name = stem.to_owned();
        name.push(mark);
        if let Some(ending) = path.extension() {
            name.push(".");
            name.push(ending);
        }
        path.with_file_name(name)
    });
    // A folder has not as many files as there are numbers.
    let free = names.find(|name| fs::symlink_metadata(name).is_err());
    free.unwrap_or_else(|| path.to_path_buf())
}

impl Present for KeptCard {
    /// What is not kept is not answered for.
    fn answer(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let answer = self.card.answer(frame);
        self.is_kept().then_some(answer)?
    }

    fn field_off(&mut self) {
        Present::field_off(&mut self.card);
    }

    fn quiet(&mut self) {
        if !self.is_kept() {
            return;
        }
        if self.unsynced.is_some() && self.sync().is_err() {
            // Told when the file cannot be written anew either.
            self.is_kept();
        }
        let tail = self.file.length() - self.whole;
        if tail > LONG_TAIL && !self.has_just_failed() && self.settle(true).is_err() {
            // All is kept; it is tried again at another such moment.
            self.failed = Some(Instant::now());
        }
    }
}
