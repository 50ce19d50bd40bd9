//! All exchanges with one card, in order. A copy shares them, so that they can be looked at while the card goes on.

use super::exchange::Exchange;
use crate::model::shared_log::SharedLog;
use std::sync::Arc;

/// Most exchanges that are kept. Of more, the oldest half goes: a trace that runs for days must not fill the memory.
const MOST: usize = 400_000;

/// The exchanges with one card, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    older: SharedLog<Arc<Exchange>>,
    newer: SharedLog<Arc<Exchange>>,
    /// How many are gone: the first that is kept has the number after it.
    gone: u32,
}

impl Trace {
    /// How many are kept.
    pub fn len(&self) -> usize {
        self.older.len() + self.newer.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many are no longer kept.
    pub fn gone(&self) -> u32 {
        self.gone
    }

    /// The exchange at a position among those that are kept, from 0.
    pub fn get(&self, at: usize) -> Option<&Exchange> {
        let found = match at.checked_sub(self.older.len()) {
            None => self.older.get(at),
            Some(at) => self.newer.get(at),
        };
        found.map(|exchange| &**exchange)
    }

    /// The newest.
    pub fn last(&self) -> Option<&Exchange> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All that are kept.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        let all = self.older.iter().chain(self.newer.iter());
        all.map(|exchange| &**exchange)
    }

    /// Position of the exchange of that number.
    pub fn position(&self, number: u32) -> Option<usize> {
        let at = number.checked_sub(self.gone)?.checked_sub(1)? as usize;
        (at < self.len()).then_some(at)
    }

    /// The exchange of that number.
    pub fn numbered(&self, number: u32) -> Option<&Exchange> {
        self.get(self.position(number)?)
    }

    /// Position of the exchange that wrote the event of that number in the card's journal.
    pub fn of_event(&self, event: u32) -> Option<usize> {
        // Events are numbered in order of writing, so those of exchanges rise.
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle)?.events.end < event {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let found = self.get(low)?;
        (found.events.start < event && event <= found.events.end).then_some(low)
    }

    /// Whether this is the same trace gone on, and nothing of it let go.
    pub fn continues(&self, earlier: &Trace) -> bool {
        let Some(last) = earlier.last() else {
            return self.gone == earlier.gone;
        };
        let same = self.get(earlier.len() - 1);
        self.gone == earlier.gone && same.is_some_and(|same| std::ptr::eq(same, last))
    }

    /// Whether both hold the same, which copies do until one of them goes on. `false` may be said of equal ones too.
    pub fn is_copy_of(&self, other: &Trace) -> bool {
        let same_end = self.newer.is_copy_of(&other.newer);
        same_end && self.older.is_copy_of(&other.older) && self.gone == other.gone
    }

    /// Lets all go. The next has the number that it would have had.
    pub fn clear(&mut self) {
        *self = Trace {
            gone: self.gone.saturating_add(self.len() as u32),
            ..Trace::default()
        };
    }

    /// Adds what was noted elsewhere, with numbers of its own.
    pub fn extend(&mut self, noted: &Trace) {
        noted
            .iter()
            .for_each(|exchange| self.push(exchange.clone()));
    }

    /// Adds one and gives it its number.
    pub fn push(&mut self, mut exchange: Exchange) {
        if self.newer.len() >= MOST / 2 {
            self.gone = self.gone.saturating_add(self.older.len() as u32);
            self.older = std::mem::take(&mut self.newer);
        }
        // At most MOST beside those that are gone.
        let number = self
            .gone
            .saturating_add(self.len() as u32)
            .saturating_add(1);
        exchange.number = number;
        self.newer.push(Arc::new(exchange));
    }
}
