//! A journal as bytes, for card files: `docs/memory-format.md` draws them.
//!
//! Everything that can be worked out is, and checked against what is there: the blocks before and after each event must
//! fit each other and the memory that the card has now.

use super::{Branch, By, Cause, Event, EventId, Journal, Moment};
use crate::model::card::{BLOCK_BYTES, Block};
use crate::model::flow::table::StepId;
use crate::model::shared_log::SharedLog;
use std::collections::BTreeMap;
use thiserror::Error;

/// Bytes of one event.
const EVENT_BYTES: usize = 4 + 2 + 4 + 8 + 2 * BLOCK_BYTES;
/// Events that are passed when going between branches while reading, for all branches together: a history that needs
/// more was not made by a card.
const MOST_STEPS: u64 = 50_000_000;
/// Different causes that are read: steps times commands are far fewer, and what a card does later needs room for its own.
const MOST_CAUSES: u16 = 4096;
/// Longest step and branch name in bytes.
const MOST_NAME: usize = 255;

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
        out.extend((self.len() as u32).to_le_bytes());
        for (_, event) in self.events() {
            out.extend(number(event.parent).to_le_bytes());
            out.extend(event.cause.to_le_bytes());
            out.extend(event.address.to_le_bytes());
            out.extend(event.time_ms.to_le_bytes());
            out.extend(event.before.0);
            out.extend(event.after.0);
        }
        out
    }

    /// The journal of a card whose memory is `blocks` now.
    ///
    /// # Errors
    /// When the bytes are no journal, or not of this card.
    pub fn from_bytes(bytes: &[u8], blocks: &[Block]) -> Result<Journal, HistoryError> {
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
        let count = reader.u32()? as usize;
        if reader.0.len() != count.checked_mul(EVENT_BYTES).ok_or(HistoryError)? {
            return Err(HistoryError);
        }
        let mut raw = Vec::with_capacity(count);
        for index in 0..count {
            let event = reader.event()?;
            let fits = number(event.parent) as usize <= index
                && usize::from(event.cause) < causes.len()
                && (event.address as usize) < blocks.len();
            raw.push(Some(event).filter(|_| fits).ok_or(HistoryError)?);
        }
        let mut replay = Replay::new(&raw, head, blocks)?;
        for event in raw {
            replay.add(event)?;
        }
        replay.journal.causes = causes;
        replay.finish(head, end, tips)
    }
}

/// Replays a journal from the beginning.
struct Replay {
    journal: Journal,
    memory: Vec<Block>,
    /// Where `memory` stands.
    at: Moment,
    steps: u64,
}

impl Replay {
    /// At the beginning: the memory of now with everything on the way to it taken back.
    fn new(raw: &[Event], head: Moment, blocks: &[Block]) -> Result<Replay, HistoryError> {
        let mut memory = blocks.to_vec();
        let mut at = head;
        while let Some(id) = at {
            let event = raw.get(id.index()).ok_or(HistoryError)?;
            // Its address was checked, and its parent comes before it.
            let place = memory.get_mut(event.address as usize).ok_or(HistoryError)?;
            if *place != event.after {
                return Err(HistoryError);
            }
            *place = event.before;
            at = event.parent;
        }
        let written_by = vec![None; blocks.len()];
        Ok(Replay {
            journal: Journal {
                written_by,
                ..Journal::default()
            },
            memory,
            at: None,
            steps: 0,
        })
    }

    fn add(&mut self, mut event: Event) -> Result<(), HistoryError> {
        self.go_to(event.parent)?;
        let place = event.address as usize;
        if self.memory.get(place) != Some(&event.before) {
            return Err(HistoryError);
        }
        event.depth = self.journal.way_to(event.parent);
        event.previous = self.journal.last_writer(event.address);
        let previous = event.previous.and_then(|id| self.journal.event(id));
        event.nth = previous.map_or(0, |event| event.nth) + 1;
        self.memory[place] = event.after;
        self.journal.events.push(event);
        self.at = EventId::new(self.journal.len() as u32);
        self.journal.written_by[place] = self.at;
        Ok(())
    }

    fn go_to(&mut self, to: Moment) -> Result<(), HistoryError> {
        if self.at == to {
            return Ok(());
        }
        let way = |moment| u64::from(self.journal.way_to(moment));
        self.steps += way(self.at) + way(to);
        if self.steps > MOST_STEPS {
            return Err(HistoryError);
        }
        let mut written_by = std::mem::take(&mut self.journal.written_by);
        let memory = &mut self.memory;
        self.journal.travel(self.at, to, |address, block, writer| {
            // Every event's address was checked.
            memory[address as usize] = *block;
            written_by[address as usize] = writer;
        });
        self.journal.written_by = written_by;
        self.at = to;
        Ok(())
    }

    fn finish(
        mut self,
        head: Moment,
        end: Moment,
        tips: BTreeMap<EventId, String>,
    ) -> Result<Journal, HistoryError> {
        let is_there = |id: EventId| self.journal.event(id).is_some();
        let known = tips.keys().all(|tip| is_there(*tip))
            && end.is_none_or(|end| is_there(end) && tips.contains_key(&end))
            && self.journal.common(head, end) == head;
        if !known {
            return Err(HistoryError);
        }
        self.go_to(head)?;
        let mut journal = self.journal;
        let mut line: Vec<EventId> = journal.path(end).map(|(id, _)| id).collect();
        line.reverse();
        journal.line = line.into_iter().collect();
        journal.head = head;
        journal.tips = tips;
        Ok(journal)
    }
}

fn number(moment: Moment) -> u32 {
    moment.map_or(0, EventId::number)
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    let mut length = name.len().min(MOST_NAME);
    while !name.is_char_boundary(length) {
        length -= 1;
    }
    // At most 255.
    out.push(length as u8);
    out.extend(&name.as_bytes()[..length]);
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
