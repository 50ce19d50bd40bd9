//! The record of every block that was written: by which command, at which step, and what stood there before.
//!
//! Events form a tree. Each has a parent; going back moves the head to an earlier event, and what is written
//! then is a branch beside what was written before. Nothing is ever taken out.

use super::block::Block;
use crate::model::flow::table::StepId;

/// Why a block was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Step of the running flow, if one caused it.
    pub step: Option<StepId>,
    /// Code of the command that the card was carrying out; `None` at power-on (the redo log) or at the maker's.
    pub command: Option<u8>,
}

/// One block write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Position in the journal, from 0.
    pub index: usize,
    /// The event that the card's state stood at before; `None` for the first and for branches from the start.
    pub parent: Option<usize>,
    pub cause: Cause,
    /// Physical address.
    pub address: u32,
    pub before: Block,
    pub after: Block,
    /// UTC, milliseconds since 1970-01-01.
    pub time_ms: u64,
}

/// A moment of a card: after this event, or before all (`None`).
pub type Moment = Option<usize>;

/// All events of one card.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    events: Vec<Event>,
    head: Moment,
}

impl Journal {
    /// Every event, in order of writing, of all branches.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Where the card's memory stands.
    pub fn head(&self) -> Moment {
        self.head
    }

    /// Records a write that has been made.
    pub fn record(
        &mut self,
        cause: Cause,
        address: u32,
        before: Block,
        after: Block,
        time_ms: u64,
    ) {
        let index = self.events.len();
        self.events.push(Event {
            index,
            parent: self.head,
            cause,
            address,
            before,
            after,
            time_ms,
        });
        self.head = Some(index);
    }

    /// The events on the way from the beginning to a moment, newest first.
    pub fn path(&self, moment: Moment) -> impl Iterator<Item = &Event> {
        let parent = |event: &&Event| event.parent.and_then(|index| self.events.get(index));
        std::iter::successors(moment.and_then(|index| self.events.get(index)), parent)
    }

    /// The event that last wrote an address, on the way to the head.
    pub fn last_writer(&self, address: u32) -> Option<&Event> {
        self.path(self.head).find(|event| event.address == address)
    }

    /// Moves the head back to a moment on its own path. Returns the blocks to put back, in order, so that
    /// memory is as it was then; `None` when the moment is not on the path.
    pub fn go_back(&mut self, to: Moment) -> Option<Vec<(u32, Block)>> {
        let mut undo = Vec::new();
        let mut at = self.head;
        while at != to {
            let event = self.events.get(at?)?;
            undo.push((event.address, event.before));
            at = event.parent;
        }
        self.head = to;
        Some(undo)
    }
}
