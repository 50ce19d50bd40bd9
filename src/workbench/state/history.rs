//! What commands do to the journal of the card in the emulator: looking at a past moment, going there, editing by hand,
//! taking that back, and keeping branches.

use super::State;
use crate::device::emulated::EmulatedCard;
use crate::model::card::journal::{EventId, Journal, Moment};
use crate::model::card::live_keys::live_key;
use crate::model::card::{BLOCK_BYTES, Block};
use crate::words;
use crate::workbench::card_view::Picture;
use crate::workbench::command::Fault;
use crate::workbench::says::{edit_words, said};
use crate::workbench::view::{RefusedEdit, Severity, Words};
use std::sync::Arc;

impl State {
    /// Shows a moment; the newest one is shown as it goes on.
    pub(super) fn show_moment(&mut self, moment: Moment) {
        let Some(card) = &self.card else { return };
        if moment == card.journal().head() {
            self.picture.show_now();
        } else {
            self.picture.show_moment(card, moment);
        }
    }

    /// Puts the card to another moment, and says what becomes of those after it. A flow that runs would no longer know
    /// its card.
    pub(super) fn go_to(&mut self, moment: Moment) {
        let mut after = None;
        self.change_by_hand(|card| {
            let gone = card.journal().head() != moment && card.go_to(moment);
            let journal = card.journal();
            after = gone.then(|| journal.line_len() - journal.place_on_line(moment).unwrap_or(0));
            gone
        });
        if let Some(after) = after.filter(|after| *after > 0) {
            self.say(Severity::Done, gone_to(moment, after));
        }
    }

    pub(super) fn undo(&mut self) {
        self.change_by_hand(EmulatedCard::undo);
    }

    pub(super) fn redo(&mut self) {
        self.change_by_hand(EmulatedCard::redo);
    }

    /// Writes blocks as they were typed. What the card refuses is said where it was typed.
    pub(super) fn edit(&mut self, address: u32, bytes: &[Option<u8>]) {
        let mut refused = None;
        let is_demo = self.workspace.is_demo();
        self.change_by_hand(|card| {
            let now = card.memory().data().get(address as usize..);
            let pairs = now.unwrap_or(&[]).iter().zip(bytes.chunks(BLOCK_BYTES));
            let typed =
                |bytes: &[Option<u8>], at, was| bytes.get(at).copied().flatten().unwrap_or(was);
            let edited = pairs.map(|(block, bytes)| {
                let at = |at| typed(bytes, at, block.0[at]);
                Block(std::array::from_fn(at))
            });
            let edited: Vec<Block> = edited.collect();
            if is_demo && makes_live_key(card, address, &edited) {
                refused = Some(said("bytes.live_key.what", "bytes.live_key.next", ""));
                return false;
            }
            let result = card.edit(address, &edited);
            refused = result.as_ref().err().map(edit_words);
            result.is_ok() && !edited.is_empty()
        });
        let revision = self.revision;
        self.refused_edit = refused.map(|words| {
            Arc::new(RefusedEdit {
                address,
                revision,
                words,
            })
        });
    }

    /// Lets a person change the card that is shown, as it is now, while no flow works on it.
    fn change_by_hand(&mut self, change: impl FnOnce(&mut EmulatedCard) -> bool) {
        if self.flow.as_ref().is_some_and(|flow| !flow.is_over()) {
            let words = said("card.edit.flow.what", "card.edit.flow.next", "");
            return self.say(Severity::Attention, words);
        }
        self.refused_edit = None;
        let Some(card) = self.card.as_mut() else {
            return;
        };
        if change(card) {
            self.picture.show_now();
            // What an ended flow showed of the card is no longer so.
            self.close_flow();
            self.keep_card();
        }
    }

    /// Lets something go wrong with the card, or nothing any more.
    pub(super) fn fault(&mut self, fault: Option<Fault>) {
        let Some(card) = &mut self.card else { return };
        match fault {
            Some(Fault::Power(cut)) => card.cut_power(cut),
            Some(Fault::Link(fault)) => card.disturb_next(fault),
            Some(Fault::TakeAway) => card.take_away(),
            None if card.is_away() => {
                card.clear_faults();
                card.put_back();
            }
            None => card.clear_faults(),
        }
    }

    pub(super) fn name_branch(&mut self, tip: EventId, name: &str) {
        let Some(card) = &mut self.card else { return };
        if card.journal_mut().name_branch(tip, name.trim()) {
            self.keep_card();
        }
    }

    /// Gives a branch up. A moment that is on no other is no longer shown, in any window.
    pub(super) fn discard_branch(&mut self, tip: EventId) {
        let Some(card) = &mut self.card else { return };
        if !card.journal_mut().discard_branch(tip) {
            return;
        }
        let journal = card.journal();
        let pictures = std::iter::once(&mut self.picture).chain(self.torn.pictures());
        pictures.for_each(|picture| leave_discarded(picture, journal));
        self.keep_card();
    }

    /// Says, where a card comes into the emulator, that its history could not be read.
    pub(super) fn say_lost_history(&mut self) {
        if self
            .card
            .as_ref()
            .is_some_and(EmulatedCard::has_lost_history)
        {
            let words = said("card.history_lost.what", "card.history_lost.next", "");
            self.say(Severity::Attention, words);
        }
    }

    /// Says, once for each time, that the oldest events were forgotten. A moment among them is no longer shown.
    pub(super) fn say_forgotten(&mut self) {
        let Some(card) = &self.card else { return };
        let journal = card.journal();
        let forgotten = journal.forgotten();
        if forgotten <= std::mem::replace(&mut self.forgotten, forgotten) {
            return;
        }
        let pictures = std::iter::once(&mut self.picture).chain(self.torn.pictures());
        pictures.for_each(|picture| leave_discarded(picture, journal));
        let (all, kept) = (forgotten, journal.len());
        let what = words::format("card.forgotten.what", &[("events", &all), ("kept", &kept)]);
        let words = said("card.forgotten.what", "card.forgotten.next", "");
        self.say(Severity::Attention, Words { what, ..words });
    }
}

/// Whether blocks by hand would bring in a key that a plain file does not take, on a card that has none yet.
fn makes_live_key(card: &EmulatedCard, first: u32, blocks: &[Block]) -> bool {
    let mut memory = card.memory().data().to_vec();
    let nothing = Journal::default();
    if live_key(&memory, &nothing).is_some() {
        return false;
    }
    let places = memory.iter_mut().skip(first as usize);
    places
        .zip(blocks)
        .for_each(|(place, block)| *place = *block);
    live_key(&memory, &nothing).is_some()
}

/// Shows the present where a moment is shown that is on no branch any more.
fn leave_discarded(picture: &mut Picture, journal: &Journal) {
    let shown = picture.past();
    let leads_there =
        |tip: EventId| shown.is_some_and(|shown| journal.common(Some(tip), shown) == shown);
    if !journal.branches().any(|branch| leads_there(branch.tip)) {
        picture.show_now();
    }
}

/// Where the card stands now, and that the events after that moment are kept.
fn gone_to(moment: Moment, after: usize) -> Words {
    let what = match moment {
        Some(id) => words::format("card.gone_to.what", &[("event", &format!("{id:?}"))]),
        None => words::text("card.gone_to.what_beginning").to_string(),
    };
    Words {
        what,
        next: words::format("card.gone_to.next", &[("events", &after)]),
        details: String::new(),
    }
}
