//! What commands do to the journal of the card in the emulator: looking at a past moment, going there, editing by hand,
//! taking that back, and keeping branches.

use super::State;
use crate::device::emulated::EmulatedCard;
use crate::model::card::journal::{EventId, Moment};
use crate::model::card::{BLOCK_BYTES, Block};
use crate::workbench::command::Fault;
use crate::workbench::says::said;
use crate::workbench::view::Severity;

impl State {
    pub(super) fn show_moment(&mut self, moment: Moment) {
        if let Some(card) = &self.card {
            self.picture.show_moment(card, moment);
        }
    }

    /// Puts the card to another moment. A flow that runs would no longer know its card.
    pub(super) fn go_to(&mut self, moment: Moment) {
        self.change_by_hand(|card| {
            card.go_to(moment);
            true
        });
    }

    pub(super) fn undo(&mut self) {
        self.change_by_hand(EmulatedCard::undo);
    }

    pub(super) fn redo(&mut self) {
        self.change_by_hand(EmulatedCard::redo);
    }

    pub(super) fn edit(&mut self, address: u32, bytes: &[Option<u8>; BLOCK_BYTES]) {
        let mut refused = None;
        self.change_by_hand(|card| {
            let Some(block) = card.memory().data().get(address as usize) else {
                return false;
            };
            let edited = std::array::from_fn(|at| bytes[at].unwrap_or(block.0[at]));
            let result = card.edit(address, Block(edited));
            refused = result.as_ref().err().map(ToString::to_string);
            result.is_ok()
        });
        if let Some(why) = refused {
            let words = said("card.edit.refused.what", "card.edit.refused.next", &why);
            self.say(Severity::Refused, words);
        }
    }

    /// Lets a person change the card that is shown, as it is now, while no flow works on it.
    fn change_by_hand(&mut self, change: impl FnOnce(&mut EmulatedCard) -> bool) {
        if self.flow.as_ref().is_some_and(|flow| !flow.is_over()) {
            let words = said("card.edit.flow.what", "card.edit.flow.next", "");
            return self.say(Severity::Attention, words);
        }
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
        if let Some(card) = &mut self.card {
            card.journal_mut().name_branch(tip, name.trim());
        }
    }

    pub(super) fn discard_branch(&mut self, tip: EventId) {
        if let Some(card) = &mut self.card {
            card.journal_mut().discard_branch(tip);
        }
    }
}
