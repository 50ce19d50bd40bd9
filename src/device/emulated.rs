//! A card in memory: the chip, its non-volatile memory, the journal of what was written, and faults on the way.
//!
//! It is a [`CardLink`] like a reader with a card on it. Its memory changes only through the chip, but for
//! [`EmulatedCard::go_back`], which is what a lesson has and a real card has not.

use super::memory::{Memory, PowerCut};
use super::system::{SystemClock, SystemRng};
use crate::model::card::Block;
use crate::model::card::image::CardImage;
use crate::model::card::journal::{Cause, Journal, Moment};
use crate::model::card::profile::Profile;
use crate::model::chip::{Chip, PowerOnError};
use crate::model::command::Frame;
use crate::model::flow::table::StepId;
use crate::model::port::{CardLink, Clock, LinkError, NvmAddress, Rng, Touch};
use std::collections::BTreeMap;
use std::time::Instant;

/// Something that goes wrong between reader and card, once, with the next frame of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// The card leaves the field before the frame reaches it.
    Before,
    /// The card carries the command out and leaves before its answer is heard.
    AnswerLost,
}

/// The newest exchange, for the status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastExchange {
    /// Command code.
    pub code: u8,
    pub answered: bool,
    pub micros: u64,
}

/// A card in memory.
pub struct EmulatedCard {
    profile: Profile,
    memory: Memory,
    /// `None` while it has no power.
    chip: Option<Chip>,
    touch: Touch,
    journal: Journal,
    step: Option<StepId>,
    fault: Option<(u8, LinkFault)>,
    last: Option<LastExchange>,
    rng: Box<dyn Rng + Send>,
    clock: Box<dyn Clock + Send>,
}

impl EmulatedCard {
    /// A card with that memory, in the field. Fails when the memory is no card's.
    pub fn new(profile: Profile, memory: Memory) -> Result<EmulatedCard, PowerOnError> {
        EmulatedCard::with_sources(profile, memory, Box::new(SystemRng), Box::new(SystemClock))
    }

    /// The same with randomness and clock of the caller's choice.
    pub fn with_sources(
        profile: Profile,
        memory: Memory,
        rng: Box<dyn Rng + Send>,
        clock: Box<dyn Clock + Send>,
    ) -> Result<EmulatedCard, PowerOnError> {
        let mut card = EmulatedCard {
            profile,
            memory,
            chip: None,
            touch: fresh_touch(),
            journal: Journal::default(),
            step: None,
            fault: None,
            last: None,
            rng,
            clock,
        };
        card.power_on()?;
        Ok(card)
    }

    /// What kind of chip it is.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Its memory.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Its chip, while it has power.
    pub fn chip(&self) -> Option<&Chip> {
        self.chip.as_ref()
    }

    /// What was written, and why.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The newest exchange.
    pub fn last_exchange(&self) -> Option<LastExchange> {
        self.last
    }

    /// The card's memory, decoded. `None` for a memory that is no card's, which a chip cannot make.
    pub fn image(&self) -> Option<CardImage> {
        CardImage::decode(&self.memory.data()).ok()
    }

    /// What is prepared in volatile memory, by physical address.
    pub fn prepared(&self) -> BTreeMap<u32, Block> {
        self.chip
            .as_ref()
            .map(|chip| chip.prepared().clone())
            .unwrap_or_default()
    }

    /// Lets the power go at a block write to come.
    pub fn cut_power(&mut self, cut: PowerCut) {
        self.memory.cut_at(Some(cut));
    }

    /// Lets something go wrong with the next frame of that command.
    pub fn disturb(&mut self, command: u8, fault: LinkFault) {
        self.fault = Some((command, fault));
    }

    /// Puts the card's memory back to an earlier moment on its own path. What is written from then on is a
    /// branch. `false` when the moment is not on the path.
    pub fn go_back(&mut self, to: Moment) -> bool {
        let Some(blocks) = self.journal.go_back(to) else {
            return false;
        };
        self.memory.put_back(&blocks);
        self.field_off();
        true
    }

    fn power_on(&mut self) -> Result<(), PowerOnError> {
        self.chip = None;
        self.touch = fresh_touch();
        let chip = Chip::power_on(self.profile.clone(), &mut self.memory);
        self.journal_writes(None);
        self.chip = Some(chip?);
        Ok(())
    }

    /// Takes the chip's writes into the journal. The redo log is not part of what a card holds.
    fn journal_writes(&mut self, command: Option<u8>) {
        for write in self.memory.take_writes() {
            if let NvmAddress::Data(address) = write.at {
                let cause = Cause {
                    step: self.step.clone(),
                    command,
                };
                self.journal.record(
                    cause,
                    address,
                    write.before,
                    write.after,
                    self.clock.now_ms(),
                );
            }
        }
    }

    fn leave(&mut self) -> LinkError {
        self.chip = None;
        self.touch = fresh_touch();
        LinkError::CardGone
    }
}

impl CardLink for EmulatedCard {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        if self.chip.is_none() {
            // The card comes back into the field; a power cut may strike while it finishes what its log holds.
            self.power_on().map_err(|_| LinkError::CardGone)?;
        }
        let fault = self
            .fault
            .take_if(|(command, _)| *command == frame.code())
            .map(|(_, fault)| fault);
        if fault == Some(LinkFault::Before) {
            return Err(self.leave());
        }
        let started = Instant::now();
        let Some(chip) = &mut self.chip else {
            return Err(LinkError::CardGone);
        };
        let answer = chip.answer(&mut self.memory, self.rng.as_mut(), frame);
        let micros = started.elapsed().as_micros() as u64;
        self.journal_writes(Some(frame.code()));
        self.last = Some(LastExchange {
            code: frame.code(),
            answered: matches!(answer, Ok(Some(_))),
            micros,
        });
        match (answer, fault) {
            (Err(_), _) | (_, Some(LinkFault::AnswerLost)) => Err(self.leave()),
            (Ok(answer), _) => Ok(answer),
        }
    }

    fn field_off(&mut self) {
        self.leave();
        // A cut during the start leaves the card without power; the next frame starts it again.
        let _ = self.power_on();
    }

    fn touch(&self) -> Touch {
        self.touch
    }

    fn at_step(&mut self, step: Option<&StepId>) {
        self.step = step.cloned();
    }
}

/// A name that no stretch of power had before.
pub(super) fn fresh_touch() -> Touch {
    Touch(u64::from_le_bytes(SystemRng.eight()))
}
