//! What commands do to the comparison of two pictures of cards.

use super::State;
use super::files::Opened;
use super::owners::owner_of;
use super::questions::{Unsealed, Wanted};
use crate::device::card_file::CardFileError;
use crate::device::emulated::EmulatedCard;
use crate::device::files::FileTrouble;
use crate::model::card::difference::Sides;
use crate::words;
use crate::workbench::card_view::{Lookup, Picture};
use crate::workbench::compare::{Around, Comparing, Held, Kept, Side, divided_copy};
use crate::workbench::export::file_name;
use crate::workbench::says::{file_words, said, words_of};
use crate::workbench::view::{CardView, ComparisonView, OwnerView, Severity, Words};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a side is not held.
enum Refusal {
    /// The passphrase of that file is to be asked for.
    Sealed(PathBuf),
    Said(Words),
}

impl From<Words> for Refusal {
    fn from(words: Words) -> Refusal {
        Refusal::Said(words)
    }
}

/// The card of a sealed file that was held, and its path.
fn unsealed_again(held: Held) -> Option<(PathBuf, Box<EmulatedCard>)> {
    match held {
        Held::Kept(Side::File(path), Kept::Sealed(_, card, _)) => Some((path, card)),
        _ => None,
    }
}

impl State {
    /// Compares these two; `unsealed` are the sealed files that were opened for it. What cannot be looked at is said,
    /// and what was compared before stays. So it does while the passphrase of a side is asked for.
    pub(super) fn compare(&mut self, sides: Sides<Side>, mut unsealed: Unsealed) {
        let opened = &mut unsealed;
        let held = self.hold(&sides.a, true, opened).and_then(|a| {
            match self.hold(&sides.b, sides.a != sides.b, opened) {
                Ok(b) => Ok((a, b)),
                Err(refusal) => {
                    // It is held again when B has been opened as well.
                    opened.extend(a.and_then(unsealed_again));
                    Err(refusal)
                }
            }
        });
        let (a, b) = match held {
            Ok(held) => held,
            Err(Refusal::Said(words)) => return self.say(Severity::Refused, words),
            Err(Refusal::Sealed(path)) => {
                return self.questions.ask(path, Wanted::Compare(sides, unsealed));
            }
        };
        let mut before = self.comparing.take();
        let mut read = |side| before.as_mut()?.take(side);
        if let (Some(a), Some(b)) = (a.or_else(|| read(&sides.a)), b.or_else(|| read(&sides.b))) {
            let b = self.shown_by_the_window(b);
            self.comparing = Some(Comparing::new(Sides { a, b }));
        }
    }

    pub(super) fn swap_sides(&mut self) {
        if let Some(comparing) = &self.comparing {
            let sides = comparing.sides(self.picture.moment());
            self.compare(sides.swapped(), Vec::new());
        }
    }

    /// Forgets what was worked out of the card that was in the emulator: there is another one.
    pub(super) fn new_picture(&mut self) {
        self.picture = Picture::default();
        self.comparing
            .take_if(|comparing| comparing.needs_the_card());
    }

    /// Side B, where it is the card in the emulator, is what the window shows.
    fn shown_by_the_window(&mut self, held: Held) -> Held {
        match held {
            Held::Live => self.picture.show_now(),
            Held::Moment(moment) => self.show_moment(moment),
            other => return other,
        }
        Held::Shown
    }

    /// What is named so; `None` for a file that the comparison which is open has read already and may give away.
    fn hold(
        &self,
        side: &Side,
        may_take: bool,
        unsealed: &mut Unsealed,
    ) -> Result<Option<Held>, Refusal> {
        let has_read = self
            .comparing
            .as_ref()
            .is_some_and(|comparing| comparing.has_read(side));
        if has_read && may_take {
            return Ok(None);
        }
        let no_card = || said("changes.no_card.what", "changes.no_card.next", "");
        let card = || self.card.as_ref().ok_or_else(no_card);
        let kept = match side {
            Side::Live => {
                card()?;
                return Ok(Some(Held::Live));
            }
            Side::Moment(moment) => {
                let journal = card()?.journal();
                let is_there = moment.is_none_or(|id| journal.event(id).is_some());
                let no_event = || said("changes.no_event.what", "changes.no_event.next", "");
                let held = is_there.then_some(Held::Moment(*moment));
                return held.map(Some).ok_or_else(|| no_event().into());
            }
            Side::OnReader => {
                let no_reader = || said("changes.no_reader.what", "changes.no_reader.next", "");
                return match (self.readers.chosen(), self.readers.tree()) {
                    (Some(_), Some(_)) => Ok(Some(Held::OnReader)),
                    _ => Err(no_reader().into()),
                };
            }
            Side::File(path) => self.hold_file(path, unsealed)?,
            Side::Planned => {
                let divided = divided_copy(card()?, &self.demo);
                let divided = divided.map_err(|error| words_of(&error))?;
                let name = words::text("changes.side.planned_short").to_string();
                Kept::Card(name, Box::new(divided), Box::default())
            }
        };
        Ok(Some(Held::Kept(side.clone(), kept)))
    }

    /// The card or dump in a file; a sealed one must be among those that were opened.
    fn hold_file(&self, path: &Path, unsealed: &mut Unsealed) -> Result<Kept, Refusal> {
        let name = file_name(path);
        let opened = unsealed.iter().position(|(opened, _)| opened == path);
        if let Some(at) = opened {
            let (_, card) = unsealed.swap_remove(at);
            return Ok(Kept::Sealed(name, card, Box::default()));
        }
        match self.read(path) {
            Ok(Opened::Card(card)) => Ok(Kept::Card(name, card, Box::default())),
            Ok(Opened::Dump(seen)) => Ok(Kept::Tree(name, Arc::new(seen.tree()))),
            Err(FileTrouble::Card(CardFileError::Sealed)) => Err(Refusal::Sealed(path.to_owned())),
            Err(error) => Err(file_words(&name, &error).into()),
        }
    }

    /// The comparison as it is now. `shown` is the card that the window shows.
    pub(super) fn comparison(
        &mut self,
        shown: Option<&Arc<CardView>>,
        owners: &[OwnerView],
    ) -> Option<Arc<ComparisonView>> {
        let emulated = matches!(self.shown, super::Shown::Emulated);
        let tree = self.readers.tree().map(|tree| &**tree);
        let on_reader = self.readers.chosen().map(str::to_string).zip(tree);
        let lookup = Lookup {
            owners,
            owner_of: &owner_of,
            name_nodes: &|tree| self.demo.plan.name_nodes(tree),
            keys_shown: self.keys_shown,
        };
        let around = Around {
            card: self.card.as_ref(),
            shown: &mut self.picture,
            shown_view: shown.filter(|_| emulated),
            on_reader,
            lookup: &lookup,
            revision: self.revision,
        };
        self.comparing.as_mut()?.view(around)
    }
}
