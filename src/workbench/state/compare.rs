//! What commands do to the comparison of two pictures of cards.

use super::files::{Opened, file_name};
use super::{State, owner_of};
use crate::model::card::difference::Sides;
use crate::words;
use crate::workbench::card_view::{Lookup, Picture};
use crate::workbench::compare::{Around, Comparing, Held, Kept, Side, divided_copy};
use crate::workbench::says::{file_words, said, words_of};
use crate::workbench::view::{CardView, ComparisonView, OwnerView, Severity, Words};
use std::sync::Arc;

impl State {
    /// Compares these two. What cannot be looked at is said, and what was compared before stays.
    pub(super) fn compare(&mut self, sides: Sides<Side>) {
        let held = self
            .hold(&sides.a, true)
            .and_then(|a| Ok((a, self.hold(&sides.b, sides.a != sides.b)?)));
        let (a, b) = match held {
            Ok(held) => held,
            Err(words) => return self.say(Severity::Refused, words),
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
            self.compare(sides.swapped());
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
    fn hold(&self, side: &Side, may_take: bool) -> Result<Option<Held>, Words> {
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
            Side::Live => return card().map(|_| Some(Held::Live)),
            Side::Moment(moment) => {
                let journal = card()?.journal();
                let is_there = moment.is_none_or(|id| journal.event(id).is_some());
                let no_event = || said("changes.no_event.what", "changes.no_event.next", "");
                let held = is_there.then_some(Held::Moment(*moment));
                return held.map(Some).ok_or_else(no_event);
            }
            Side::OnReader => {
                let no_reader = || said("changes.no_reader.what", "changes.no_reader.next", "");
                return match (self.readers.chosen(), self.readers.tree()) {
                    (Some(_), Some(_)) => Ok(Some(Held::OnReader)),
                    _ => Err(no_reader()),
                };
            }
            Side::File(path) => {
                let name = file_name(path);
                match self.read(path) {
                    Ok(Opened::Card(card)) => Kept::Card(name, card, Box::default()),
                    Ok(Opened::Dump(seen)) => Kept::Tree(name, Arc::new(seen.tree())),
                    Err(error) => return Err(file_words(&name, &error)),
                }
            }
            Side::Planned => {
                let divided = divided_copy(card()?, &self.demo);
                let divided = divided.map_err(|error| words_of(&error))?;
                let name = words::text("changes.side.planned_short").to_string();
                Kept::Card(name, Box::new(divided), Box::default())
            }
        };
        Ok(Some(Held::Kept(side.clone(), kept)))
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
