//! A journal as bytes, for card files: `docs/memory-format.md` draws them.
//!
//! Everything that can be worked out is, and checked against what is there: the blocks before and after each event must
//! fit each other and the memory that the card has now. Reading takes a time that grows with the number of events and
//! with nothing else, however the branches lie. Whatever a journal can hold is read back: its limits are those of
//! [`Journal::record`] and [`Journal::name_branch`].

use super::replay::replay;
use super::{
    Branch, By, Cause, Event, EventId, GONE, Journal, MOST_CAUSES, MOST_EVENTS, MOST_NAME,
    MOST_NAMED, Moment,
};
use crate::model::card::{BLOCK_BYTES, Block};
use crate::model::flow::table::StepId;
use crate::model::shared_log::SharedLog;
use std::collections::BTreeMap;
use thiserror::Error;

/// Bytes of one event.
const EVENT_BYTES: usize = 4 + 2 + 4 + 8 + 2 * BLOCK_BYTES;
/// Longest journal: events, as many ends of branches, names and causes.
pub const MOST_BYTES: usize = MOST_EVENTS * (EVENT_BYTES + 5)
    + MOST_NAMED * MOST_NAME
    + MOST_CAUSES as usize * (3 + MOST_NAME)
    + 24;

/// Why bytes are not the journal of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the history is damaged, or of another card")]
pub struct HistoryError;

impl Journal {
    /// The journal as bytes. Key bytes are among them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024 + self.len() * EVENT_BYTES);
        out.extend((self.causes.len() as u16).to_le_bytes());
        for cause in self.causes.iter() {
            out.extend(match cause.by {
                By::Command(code) => [0, code],
                By::PowerOn => [1, 0],
                By::Edit => [2, 0],
                By::EditMore => [2, 1],
            });
            put_name(&mut out, cause.step.as_ref().map_or("", |step| &step.0));
        }
        out.extend((self.tips.len() as u32).to_le_bytes());
        for Branch { tip, name } in self.branches() {
            out.extend(tip.number().to_le_bytes());
            put_name(&mut out, &name);
        }
        for moment in [self.head, self.line_end()] {
            out.extend(number(moment).to_le_bytes());
        }
        out.extend(self.forgotten.to_le_bytes());
        out.extend((self.events.len() as u32).to_le_bytes());
        for event in self.events.iter() {
            out.extend(number(event.parent).to_le_bytes());
            out.extend(event.cause.to_le_bytes());
            out.extend(event.address.to_le_bytes());
            out.extend(event.time_ms.to_le_bytes());
            out.extend(event.before.0);
            out.extend(event.after.0);
        }
        out
    }

    /// The journal of a card whose memory is `blocks` now. What versions before forgot nothing says nothing of it.
    ///
    /// # Errors
    /// When the bytes are no journal, or not of this card.
    pub fn from_bytes(bytes: &[u8], form: Form, blocks: &[Block]) -> Result<Journal, HistoryError> {
        let mut reader = Reader(bytes);
        let causes = Some(reader.u16()?).filter(|count| *count <= MOST_CAUSES);
        let causes = (0..causes.ok_or(HistoryError)?)
            .map(|_| reader.cause())
            .collect::<Result<SharedLog<Cause>, _>>()?;
        let mut tips = BTreeMap::new();
        for _ in 0..reader.u32()? {
            let tip = EventId::new(reader.u32()?).ok_or(HistoryError)?;
            tips.insert(tip, reader.name()?);
        }
        let (head, end) = (EventId::new(reader.u32()?), EventId::new(reader.u32()?));
        let forgotten = match form {
            Form::Whole => 0,
            Form::Forgetting => reader.u32()?,
        };
        let count = reader.u32()? as usize;
        let fits = count <= MOST_EVENTS && forgotten.checked_add(count as u32).is_some();
        if !fits || reader.0.len() != count * EVENT_BYTES {
            return Err(HistoryError);
        }
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            let event = reader.event()?;
            let known = usize::from(event.cause) < causes.len() || event.cause == GONE;
            let fits = known && (event.address as usize) < blocks.len();
            events.push(Some(event).filter(|_| fits).ok_or(HistoryError)?);
        }
        let memory = beginning(&events, forgotten, head, blocks)?;
        replay(&mut events, forgotten, blocks.len(), Some(memory)).map_err(|_| HistoryError)?;
        let mut journal = Journal {
            events: events.into_iter().collect(),
            forgotten,
            causes,
            tips,
            ..Journal::default()
        };
        let is_there = |id: EventId| journal.event(id).is_some();
        let known = journal.tips.keys().all(|tip| is_there(*tip))
            && end.is_none_or(|end| is_there(end) && journal.tips.contains_key(&end))
            && journal.common(head, end) == head;
        if !known {
            return Err(HistoryError);
        }
        journal.stand(head, end);
        Ok(journal)
    }
}

/// How a history is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Before events were forgotten: all are there.
    Whole,
    /// With how many were forgotten. It is the one that is written.
    Forgetting,
}

/// The memory of the beginning: that of now with everything on the way to it taken back.
fn beginning(
    events: &[Event],
    forgotten: u32,
    head: Moment,
    blocks: &[Block],
) -> Result<Vec<Block>, HistoryError> {
    let mut memory = blocks.to_vec();
    let mut at = head;
    let mut last = u32::MAX;
    while let Some(id) = at {
        let event = id.index(forgotten).and_then(|index| events.get(index));
        // An event comes after its parent, so this ends.
        let event = event.filter(|event| event.cause != GONE && id.number() < last);
        let event = event.ok_or(HistoryError)?;
        let place = memory.get_mut(event.address as usize);
        let place = place.filter(|place| **place == event.after);
        *place.ok_or(HistoryError)? = event.before;
        (last, at) = (id.number(), event.parent);
    }
    Ok(memory)
}

fn number(moment: Moment) -> u32 {
    moment.map_or(0, EventId::number)
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    // At most 255: the journal keeps no longer ones.
    out.push(name.len() as u8);
    out.extend(name.as_bytes());
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], HistoryError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(HistoryError)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16, HistoryError> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, HistoryError> {
        self.take().map(u32::from_le_bytes)
    }

    fn name(&mut self) -> Result<String, HistoryError> {
        let [length] = self.take()?;
        let (name, rest) = self.0.split_at_checked(length.into()).ok_or(HistoryError)?;
        self.0 = rest;
        Ok(std::str::from_utf8(name)
            .map_err(|_| HistoryError)?
            .to_owned())
    }

    fn cause(&mut self) -> Result<Cause, HistoryError> {
        let by = match self.take()? {
            [0, code] => By::Command(code),
            [1, 0] => By::PowerOn,
            [2, 0] => By::Edit,
            [2, 1] => By::EditMore,
            _ => return Err(HistoryError),
        };
        let step = self.name()?;
        let step = (!step.is_empty()).then_some(StepId(step));
        Ok(Cause { step, by })
    }

    fn event(&mut self) -> Result<Event, HistoryError> {
        Ok(Event {
            parent: EventId::new(self.u32()?),
            cause: self.u16()?,
            address: self.u32()?,
            time_ms: u64::from_le_bytes(self.take()?),
            before: Block(self.take()?),
            after: Block(self.take()?),
            previous: None,
            depth: 0,
            nth: 0,
        })
    }
}
