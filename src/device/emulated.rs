//! A card in memory: the chip, its non-volatile memory, the journal of what was written, and faults on the way.
//!
//! It is a [`CardLink`] like a reader with a card on it. Its memory changes only through the chip, but for
//! [`EmulatedCard::go_to`] and [`EmulatedCard::edit`], which are what a lesson has and a real card has not.

use super::link_fault::{flipped, truncated};
use super::memory::{Changes, Memory, PowerCut};
use super::recorded::taken_us;
use super::system::{SystemClock, SystemRng};
use crate::model::card::Block;
use crate::model::card::image::CardImage;
use crate::model::card::journal::{By, Cause, Journal, Moment};
use crate::model::card::profile::Profile;
use crate::model::chip::{Chip, PowerOnError};
use crate::model::command::Frame;
use crate::model::flow::table::StepId;
use crate::model::port::{CardLink, Clock, LinkError, NvmAddress, PowerLost, Rng, Touch};
use crate::model::trace::{Passed, Recorder, Trace, needs_session};
use std::collections::BTreeMap;
use std::time::Instant;

pub use super::link_fault::LinkFault;

/// The newest exchange, for the status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastExchange {
    /// Command code.
    pub code: u8,
    pub answered: bool,
}

/// A block that the card wrote by itself: carrying out a command, or when it got power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnWrite {
    pub by: By,
    /// Physical address.
    pub address: u32,
    /// UTC, milliseconds since 1970-01-01.
    pub time_ms: u64,
    pub after: Block,
}

/// A card in memory.
pub struct EmulatedCard {
    profile: Profile,
    memory: Memory,
    /// `None` while it has no power.
    chip: Option<Chip>,
    touch: Touch,
    journal: Journal,
    /// What it wrote since that was last taken; `None` while nobody keeps it as it goes.
    unkept: Option<Vec<OwnWrite>>,
    /// Its file has a history that could not be read.
    history_lost: bool,
    step: Option<StepId>,
    /// With the next frame of that command, or of any.
    fault: Option<(Option<u8>, LinkFault)>,
    /// It was taken off the field and is not put back by itself.
    away: bool,
    /// An answer that is heard in place of the next one.
    stale: Option<Frame>,
    last: Option<LastExchange>,
    /// `None` while nothing is noted. A trace costs time, so it is for those who look at the card.
    recorder: Option<Box<Recorder>>,
    rng: Box<dyn Rng + Send>,
    clock: Box<dyn Clock + Send>,
}

impl EmulatedCard {
    /// A card with that memory, in the field. Fails when the memory is no card's.
    pub fn new(profile: Profile, memory: Memory) -> Result<EmulatedCard, PowerOnError> {
        EmulatedCard::with_sources(profile, memory, Box::new(SystemRng), Box::new(SystemClock))
    }

    /// A card with that memory and what was written to it before.
    pub fn restore(
        profile: Profile,
        memory: Memory,
        journal: Journal,
    ) -> Result<EmulatedCard, PowerOnError> {
        let mut card =
            EmulatedCard::off(profile, memory, Box::new(SystemRng), Box::new(SystemClock));
        card.journal = journal;
        card.power_on()?;
        Ok(card)
    }

    /// The same as [`EmulatedCard::new`] with randomness and clock of the caller's choice.
    pub fn with_sources(
        profile: Profile,
        memory: Memory,
        rng: Box<dyn Rng + Send>,
        clock: Box<dyn Clock + Send>,
    ) -> Result<EmulatedCard, PowerOnError> {
        let mut card = EmulatedCard::off(profile, memory, rng, clock);
        card.power_on()?;
        Ok(card)
    }

    /// A card without power.
    fn off(
        profile: Profile,
        memory: Memory,
        rng: Box<dyn Rng + Send>,
        clock: Box<dyn Clock + Send>,
    ) -> EmulatedCard {
        EmulatedCard {
            profile,
            memory,
            chip: None,
            touch: fresh_touch(),
            journal: Journal::default(),
            unkept: None,
            history_lost: false,
            step: None,
            fault: None,
            away: false,
            stale: None,
            last: None,
            recorder: None,
            rng,
            clock,
        }
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

    /// Notes from now on what the card writes by itself, for whoever keeps it as it goes.
    pub fn note_writes(&mut self) {
        self.unkept = Some(Vec::new());
    }

    /// What the card wrote since then that is not kept yet, in order.
    pub fn unkept(&self) -> &[OwnWrite] {
        self.unkept.as_deref().unwrap_or_default()
    }

    /// All of that is kept now.
    pub fn all_kept(&mut self) {
        self.unkept.iter_mut().for_each(Vec::clear);
    }

    /// Notes that its file has a history that could not be read.
    pub fn lost_history(&mut self) {
        self.history_lost = true;
    }

    /// Whether its file has a history that could not be read.
    pub fn has_lost_history(&self) -> bool {
        self.history_lost
    }

    /// The newest exchange.
    pub fn last_exchange(&self) -> Option<LastExchange> {
        self.last
    }

    /// Notes every exchange from now on, behind those of that trace.
    pub fn record(&mut self, behind: Trace) {
        self.recorder = Some(Box::new(Recorder::behind(behind)));
    }

    /// The exchanges that were noted; `None` while nothing is.
    pub fn trace(&self) -> Option<&Trace> {
        self.recorder.as_ref().map(|recorder| recorder.trace())
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
        self.fault = Some((Some(command), fault));
    }

    /// Lets something go wrong with the next frame, whatever command it is of.
    pub fn disturb_next(&mut self, fault: LinkFault) {
        self.fault = Some((None, fault));
    }

    /// Takes back every fault that is still to come, and puts the card into the field.
    pub fn clear_faults(&mut self) {
        self.fault = None;
        self.away = false;
        self.memory.cut_at(None);
    }

    /// The fault with a frame to come.
    pub fn fault_ahead(&self) -> Option<LinkFault> {
        self.fault.map(|(_, fault)| fault)
    }

    /// The power cut to come, counted from now.
    pub fn cut_ahead(&self) -> Option<PowerCut> {
        self.memory.cut_ahead()
    }

    /// Takes the card off the field, until it is put back.
    pub fn take_away(&mut self) {
        self.leave();
        self.away = true;
    }

    /// Puts the card into the field again.
    pub fn put_back(&mut self) {
        self.away = false;
        CardLink::field_off(self);
    }

    /// Whether it was taken off the field.
    pub fn is_away(&self) -> bool {
        self.away
    }

    /// Puts the card's memory to another moment of its journal. What is written from then on, where something
    /// followed before, is a branch. `false` when there is no such moment.
    pub fn go_to(&mut self, to: Moment) -> bool {
        let gone = self.put_back_to(to);
        if gone {
            self.field_off();
        }
        gone
    }

    fn put_back_to(&mut self, to: Moment) -> bool {
        let mut blocks = Vec::new();
        let gone = self
            .journal
            .go_to(to, |address, block| blocks.push((address, *block)));
        if gone {
            self.memory.put_back(&blocks);
        }
        gone
    }

    /// A copy as it was at a moment of the journal, with all of the journal and the trace. It has no power, and no
    /// fault is to come. `None` when there is no such moment.
    pub fn copy_at(&self, moment: Moment) -> Option<EmulatedCard> {
        let (rng, clock) = (Box::new(SystemRng), Box::new(SystemClock));
        let mut copy = EmulatedCard::off(self.profile.clone(), self.memory.clone(), rng, clock);
        copy.memory.cut_at(None);
        copy.journal = self.journal.clone();
        if let Some(trace) = self.trace() {
            copy.record(trace.clone());
        }
        copy.put_back_to(moment).then_some(copy)
    }

    /// Takes the newest edit by hand back. `false` when the card does not stand after one.
    pub fn undo(&mut self) -> bool {
        self.journal.undo_to().is_some_and(|to| self.go_to(to))
    }

    /// Does the edit by hand again that was taken back last. `false` when none follows.
    pub fn redo(&mut self) -> bool {
        self.journal.redo_to().is_some_and(|to| self.go_to(to))
    }

    /// Writes blocks from `first` on by hand, past the chip, which starts anew. What lies beyond the card is left out,
    /// and what changes nothing. It is one edit, to be undone as one.
    ///
    /// # Errors
    /// When the memory would be no card's; nothing is written then.
    pub fn edit(&mut self, first: u32, blocks: &[Block]) -> Result<(), PowerOnError> {
        let data = self.memory.data();
        let now = data.get(first as usize..).unwrap_or(&[]);
        // In this order, because nothing is counted beyond the last address.
        let pairs = now.iter().zip(blocks).zip(first..);
        let differs = pairs.filter(|((before, after), _)| before != after);
        let edits: Vec<(u32, Block, Block)> = differs
            .map(|((before, after), address)| (address, *before, *after))
            .collect();
        if edits.is_empty() {
            return Ok(());
        }
        let after: Vec<(u32, Block)> = edits.iter().map(|(at, _, after)| (*at, *after)).collect();
        let mut changed = self.memory.clone();
        changed.put_back(&after);
        Chip::power_on(self.profile.clone(), &mut changed)?;
        self.memory.put_back(&after);
        let time = self.clock.now_ms();
        let mut by = By::Edit;
        for (address, before, after) in edits {
            let cause = Cause { step: None, by };
            self.journal.record(cause, address, before, after, time);
            by = By::EditMore;
        }
        self.field_off();
        Ok(())
    }

    /// The journal, to name and discard its branches.
    pub fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Marks this moment of the memory, to be put back by [`EmulatedCard::back_to_mark`].
    pub fn mark(&mut self) {
        self.memory.mark();
    }

    /// Puts the marked memory back, with these changes to it, on a card that is out of the field. Faults that were
    /// to come are forgotten, and the journal begins anew.
    pub fn back_to_mark(&mut self, changes: &Changes) {
        self.memory.back_to_mark(changes);
        self.journal = Journal::default();
        self.fault = None;
        self.leave();
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
            let NvmAddress::Data(address) = write.at else {
                continue;
            };
            let (after, time_ms) = (write.after, self.clock.now_ms());
            let by = command.map_or(By::PowerOn, By::Command);
            if let Some(unkept) = &mut self.unkept {
                unkept.push(OwnWrite {
                    by,
                    address,
                    time_ms,
                    after,
                });
            }
            let step = self.step.clone();
            let cause = Cause { step, by };
            self.journal
                .record(cause, address, write.before, after, time_ms);
        }
    }

    /// Lets the chip answer a frame.
    fn carry_out(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let Some(chip) = &mut self.chip else {
            return Err(LinkError::CardGone);
        };
        let answer = chip.answer(&mut self.memory, self.rng.as_mut(), frame);
        self.journal_writes(Some(frame.code()));
        self.last = Some(LastExchange {
            code: frame.code(),
            answered: matches!(answer, Ok(Some(_))),
        });
        answer.map_err(|PowerLost| self.leave())
    }

    /// The card comes back into the field, if it is not there; a power cut may strike while it finishes what its log
    /// holds.
    fn come_back(&mut self) -> Result<(), LinkError> {
        if self.away {
            return Err(LinkError::CardGone);
        }
        if self.chip.is_none() {
            self.power_on().map_err(|_| LinkError::CardGone)?;
        }
        Ok(())
    }

    /// Carries a frame to the card and its answer back, with the fault that was asked for.
    fn carry(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let fault = self
            .fault
            .take_if(|(command, _)| command.is_none_or(|command| command == frame.code()))
            .map(|(_, fault)| fault);
        match fault {
            Some(LinkFault::Before) => return Err(self.leave()),
            Some(LinkFault::Undelivered) => return Ok(None),
            _ => {}
        }
        let answer = self.carry_out(frame)?;
        Ok(match fault {
            Some(LinkFault::AnswerLost) => return Err(self.leave()),
            Some(LinkFault::Unheard) => None,
            Some(LinkFault::Late) => {
                self.stale = answer;
                None
            }
            Some(LinkFault::Repeated) => {
                self.stale = answer.clone();
                answer
            }
            Some(LinkFault::Truncated(keep)) => answer.and_then(|answer| truncated(&answer, keep)),
            Some(LinkFault::Flipped(bit)) => answer.and_then(|answer| flipped(&answer, bit)),
            Some(LinkFault::Before | LinkFault::Undelivered) | None => self.stale.take().or(answer),
        })
    }

    fn leave(&mut self) -> LinkError {
        self.chip = None;
        self.stale = None;
        self.touch = fresh_touch();
        LinkError::CardGone
    }
}

impl CardLink for EmulatedCard {
    fn transceive(&mut self, frame: &Frame) -> Result<Option<Frame>, LinkError> {
        let back = self.come_back();
        let Some(mut recorder) = self.recorder.take() else {
            back?;
            return self.carry(frame);
        };
        // The chip's session moves with the frame; a copy of it as it stands now reads both ways.
        let chip = self.chip.as_ref().filter(|_| needs_session(frame));
        let session = chip.and_then(Chip::session);
        let (touch, first) = (self.touch, self.journal.newest());
        let (started_ms, began) = (self.clock.now_ms(), Instant::now());
        let heard = back.and_then(|()| self.carry(frame));
        recorder.note(Passed {
            command: frame,
            heard: &heard,
            session,
            started_ms,
            taken_us: taken_us(began),
            touch,
            events: first..self.journal.newest(),
            step: self.step.as_ref(),
        });
        self.recorder = Some(recorder);
        heard
    }

    fn field_off(&mut self) {
        self.leave();
        if self.away {
            return;
        }
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
