//! The record of every block that was written: by which command, at which step, and what stood there before.
//!
//! Events form a tree: each follows the one at which the card stood when it was written, so going back and doing
//! something else makes a branch. The *head* is where the card's memory stands. The *line* is the way from the
//! beginning through the head to the end of the branch that was followed last: what a time line shows. Ends of other
//! branches are kept, with names, until they are discarded. A copy of a journal shares its events, so that it can be
//! looked at while the card goes on. At most [`MOST_EVENTS`] are kept: then the oldest are forgotten, and the history
//! begins later.

mod forks;
mod replay;
mod stored;

pub use forks::{Fork, Start};
pub use stored::{Form, HistoryError, MOST_BYTES};

use super::block::Block;
use crate::model::flow::table::StepId;
use crate::model::shared_log::SharedLog;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

/// Most events that are kept.
pub const MOST_EVENTS: usize = 1_000_000;
/// Most different causes. Those of steps leave room for those of none, of which there are fewer than [`STEPLESS`].
const MOST_CAUSES: u16 = 4096;
const STEPLESS: u16 = 512;
/// In place of an event's cause: it is no longer part of the history, because its branch parts from what is forgotten.
/// The others keep their numbers.
const GONE: u16 = u16::MAX;
/// Longest name of a step or branch, in bytes of UTF-8; of a longer one the beginning is kept.
pub const MOST_NAME: usize = 255;
/// Most branches that have names.
pub const MOST_NAMED: usize = 8192;

/// Names an event: its number, from 1, in order of writing, over all branches. `#182`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(NonZeroU32);

impl EventId {
    /// The event of that number; there is none of number 0.
    pub fn new(number: u32) -> Option<EventId> {
        NonZeroU32::new(number).map(EventId)
    }

    /// Its number.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// Its place among those that are kept, when so many were forgotten.
    fn index(self, forgotten: u32) -> Option<usize> {
        Some((self.number() - 1).checked_sub(forgotten)? as usize)
    }

    /// The event at that place.
    fn at(index: usize, forgotten: u32) -> Moment {
        EventId::new(
            u32::try_from(index)
                .ok()?
                .checked_add(forgotten)?
                .checked_add(1)?,
        )
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A moment of a card: after this event, or before all (`None`).
pub type Moment = Option<EventId>;

/// What wrote a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// The card, carrying out the command of that code.
    Command(u8),
    /// The card, when it got power: its redo log.
    PowerOn,
    /// A person, by hand.
    Edit,
    /// A person, by hand: one more block of the edit that the event before is of.
    EditMore,
}

impl By {
    /// Whether a person wrote by hand.
    pub fn is_edit(self) -> bool {
        matches!(self, By::Edit | By::EditMore)
    }
}

/// Why a block was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Step of the running flow, if one caused it.
    pub step: Option<StepId>,
    pub by: By,
}

/// One block write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event after which the card stood before; `None` for the first and for branches from the start.
    pub parent: Moment,
    /// The last event before this, on the way to it, that wrote the same block.
    pub previous: Moment,
    /// How many events come before it on the way to it.
    pub depth: u32,
    /// How many events on the way to it wrote the same block, itself included.
    pub nth: u32,
    /// Physical address.
    pub address: u32,
    cause: u16,
    pub before: Block,
    pub after: Block,
    /// UTC, milliseconds since 1970-01-01.
    pub time_ms: u64,
}

impl Event {
    /// A number that events of one cause share, within a journal.
    pub fn cause_number(&self) -> u16 {
        self.cause
    }

    /// What stands in an event's place that is no longer there.
    fn gone() -> Event {
        Event {
            parent: None,
            previous: None,
            depth: 0,
            nth: 0,
            address: 0,
            cause: GONE,
            before: Block::ZERO,
            after: Block::ZERO,
            time_ms: 0,
        }
    }
}

/// A branch: the way to an event that nothing follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its last event.
    pub tip: EventId,
    /// What it is called; empty while nobody has named it.
    pub name: String,
}

/// All events of one card.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    events: SharedLog<Event>,
    /// How many came before them.
    forgotten: u32,
    causes: SharedLog<Cause>,
    head: Moment,
    /// Event of each depth on the way to the end of the branch that is followed.
    line: SharedLog<EventId>,
    /// Ends of branches, with their names.
    tips: BTreeMap<EventId, String>,
    /// The event on the way to the head that last wrote each address.
    written_by: Vec<Moment>,
}

impl Journal {
    /// How many events are kept, of all branches.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The number of the newest event: how many there were, forgotten ones among them.
    pub fn newest(&self) -> usize {
        self.forgotten as usize + self.events.len()
    }

    /// The event of that name.
    pub fn event(&self, id: EventId) -> Option<&Event> {
        let event = self.events.get(id.index(self.forgotten)?)?;
        (event.cause != GONE).then_some(event)
    }

    /// Every event with its name, in order of writing, of all branches.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = (EventId, &Event)> {
        (0..self.events.len()).filter_map(|index| {
            let id = EventId::at(index, self.forgotten)?;
            Some((id, self.event(id)?))
        })
    }

    /// Why an event was written.
    pub fn cause(&self, event: &Event) -> Option<&Cause> {
        self.causes.get(event.cause.into())
    }

    /// Where the card's memory stands.
    pub fn head(&self) -> Moment {
        self.head
    }

    /// How many events the line has.
    pub fn line_len(&self) -> usize {
        self.line.len()
    }

    /// The event of that depth on the line, from 0.
    pub fn on_line(&self, depth: usize) -> Option<EventId> {
        self.line.get(depth).copied()
    }

    /// The last event of the line.
    pub fn line_end(&self) -> Moment {
        self.line.last().copied()
    }

    /// How many events of the line come before and at a moment; `None` for a moment that is not on it.
    pub fn place_on_line(&self, moment: Moment) -> Option<usize> {
        let Some(id) = moment else { return Some(0) };
        let depth = self.event(id)?.depth as usize;
        (self.on_line(depth) == Some(id)).then_some(depth + 1)
    }

    /// Branches that are kept, in order of their last events; the one that is followed is among them.
    pub fn branches(&self) -> impl Iterator<Item = Branch> {
        let branch = |(tip, name): (&EventId, &String)| Branch {
            tip: *tip,
            name: name.clone(),
        };
        self.tips.iter().map(branch)
    }

    /// The events on the way from the beginning to a moment, newest first.
    pub fn path(&self, moment: Moment) -> impl Iterator<Item = (EventId, &Event)> {
        let named = |id: EventId| Some((id, self.event(id)?));
        std::iter::successors(moment.and_then(named), move |(_, event)| {
            event.parent.and_then(named)
        })
    }

    /// The events on the way to this one that wrote the same block, it first, newest first.
    pub fn writes_before(&self, id: EventId) -> impl Iterator<Item = (EventId, &Event)> {
        let named = |id: EventId| Some((id, self.event(id)?));
        std::iter::successors(named(id), move |(_, event)| event.previous.and_then(named))
    }

    /// The event that last wrote an address, on the way to the head.
    pub fn last_writer(&self, address: u32) -> Moment {
        self.written_by.get(address as usize).copied().flatten()
    }

    /// How many events are on the way to a moment.
    fn way_to(&self, moment: Moment) -> u32 {
        let event = moment.and_then(|id| self.event(id));
        event.map_or(0, |event| event.depth + 1)
    }

    /// Where two ways part: the last event that is on both.
    pub fn common(&self, a: Moment, b: Moment) -> Moment {
        if let (Some(before_a), Some(before_b)) = (self.place_on_line(a), self.place_on_line(b)) {
            return if before_a <= before_b { a } else { b };
        }
        let parent = |moment: Moment| self.event(moment?)?.parent;
        let (mut a, mut b) = (a, b);
        while a != b {
            match self.way_to(a).cmp(&self.way_to(b)) {
                std::cmp::Ordering::Less => b = parent(b),
                std::cmp::Ordering::Greater => a = parent(a),
                std::cmp::Ordering::Equal => (a, b) = (parent(a), parent(b)),
            }
        }
        a
    }

    /// Goes from one moment to another, event by event: `set` is given each address, the block that stands there
    /// afterwards, and the event that then wrote it last.
    pub fn travel(&self, from: Moment, to: Moment, mut set: impl FnMut(u32, &Block, Moment)) {
        let common = self.common(from, to);
        for (_, event) in self.path(from).take_while(|(id, _)| Some(*id) != common) {
            set(event.address, &event.before, event.previous);
        }
        for id in self.ahead(common, to) {
            if let Some(event) = self.event(id) {
                set(event.address, &event.after, Some(id));
            }
        }
    }

    /// The events after a moment on the way to a later one, in order.
    fn ahead(&self, from: Moment, to: Moment) -> Vec<EventId> {
        if let (Some(from), Some(to)) = (self.place_on_line(from), self.place_on_line(to)) {
            return (from..to).filter_map(|at| self.on_line(at)).collect();
        }
        let back = self.path(to).map(|(id, _)| id);
        let mut ahead: Vec<EventId> = back.take_while(|id| Some(*id) != from).collect();
        ahead.reverse();
        ahead
    }

    /// Records a write that has been made. Nothing is recorded after 4,294,967,295 events. Of the oldest a part is
    /// forgotten when there are more than [`MOST_EVENTS`]; the step is left out after more different causes than flows
    /// have.
    pub fn record(
        &mut self,
        cause: Cause,
        address: u32,
        before: Block,
        after: Block,
        time_ms: u64,
    ) {
        let Some(id) = EventId::at(self.events.len(), self.forgotten) else {
            return;
        };
        let cause = self.cause_of(cause);
        let parent = self.head;
        let depth = self.place_on_line(parent).unwrap_or(0);
        let previous = self.last_writer(address);
        let nth = previous
            .and_then(|id| self.event(id))
            .map_or(0, |event| event.nth);
        self.events.push(Event {
            parent,
            previous,
            depth: depth as u32,
            nth: nth + 1,
            address,
            cause,
            before,
            after,
            time_ms,
        });
        // A branch that goes on keeps its name; one that begins here has none yet.
        let name = parent.and_then(|parent| self.tips.remove(&parent));
        self.tips.insert(id, name.unwrap_or_default());
        self.line.truncate(depth);
        self.line.push(id);
        self.head = Some(id);
        self.set_writer(address, Some(id));
        self.keep_to_most();
    }

    /// Moves the head to any moment. `set` is given the blocks to put, in order, so that memory is as it was then.
    /// `false` when there is no such event.
    pub fn go_to(&mut self, to: Moment, mut set: impl FnMut(u32, &Block)) -> bool {
        if to.is_some_and(|id| self.event(id).is_none()) {
            return false;
        }
        let mut written_by = std::mem::take(&mut self.written_by);
        self.travel(self.head, to, |address, block, writer| {
            set(address, block);
            put_writer(&mut written_by, address, writer);
        });
        self.written_by = written_by;
        self.head = to;
        if self.place_on_line(to).is_none() {
            self.follow(to);
        }
        true
    }

    /// Where undoing leads: before the edit by hand that the card stands after or within, all its blocks. `None` when
    /// it does not.
    pub fn undo_to(&self) -> Option<Moment> {
        let edits = self.path(self.head).map_while(|(_, event)| {
            let by = self.cause(event)?.by;
            by.is_edit().then_some((by, event.parent))
        });
        let mut to = None;
        for (by, parent) in edits {
            to = Some(parent);
            if by == By::Edit {
                break;
            }
        }
        to
    }

    /// Where doing again leads: after the edit by hand that comes next on the line, all its blocks. `None` when there
    /// is none.
    pub fn redo_to(&self) -> Option<Moment> {
        let place = self.place_on_line(self.head)?;
        let by = |at| {
            let event = self.event(self.on_line(at)?)?;
            Some(self.cause(event)?.by)
        };
        by(place).filter(|by| by.is_edit())?;
        let more = (place + 1..).take_while(|at| by(*at) == Some(By::EditMore));
        self.on_line(place + more.count()).map(Some)
    }

    /// Names a branch. `false` when no branch ends there, and when [`MOST_NAMED`] others have names.
    pub fn name_branch(&mut self, tip: EventId, name: &str) -> bool {
        let others = self.tips.iter().filter(|(other, _)| **other != tip);
        let is_full = others.filter(|(_, name)| !name.is_empty()).count() >= MOST_NAMED;
        match self.tips.get_mut(&tip) {
            Some(named) if name.is_empty() || !is_full => {
                shortened(name).clone_into(named);
                true
            }
            _ => false,
        }
    }

    /// Gives a branch up. `false` for the one that is followed, and where no branch ends.
    pub fn discard_branch(&mut self, tip: EventId) -> bool {
        self.line_end() != Some(tip) && self.tips.remove(&tip).is_some()
    }

    /// Lets the line go through a moment to the newest branch that is kept beyond it, or end there.
    fn follow(&mut self, through: Moment) {
        let beyond = self
            .tips
            .keys()
            .rev()
            .find(|tip| self.common(Some(**tip), through) == through)
            .copied();
        let end = beyond.or(through);
        let mut line: Vec<EventId> = self.path(end).map(|(id, _)| id).collect();
        line.reverse();
        self.line = line.into_iter().collect();
        if let Some(end) = end {
            self.tips.entry(end).or_default();
        }
    }

    /// The number of a cause, which most often is the newest one's.
    fn cause_of(&mut self, mut cause: Cause) -> u16 {
        if let Some(StepId(step)) = &mut cause.step {
            step.truncate(shortened(step).len());
        }
        cause.step = cause.step.filter(|step| !step.0.is_empty());
        let known = |causes: &SharedLog<Cause>, cause: &Cause| {
            (0..causes.len())
                .rev()
                .find(|at| causes.get(*at) == Some(cause))
        };
        let is_full = self.causes.len() >= usize::from(MOST_CAUSES - STEPLESS);
        let mut at = known(&self.causes, &cause);
        if at.is_none() && is_full && cause.step.take().is_some() {
            at = known(&self.causes, &cause);
        }
        if at.is_none() {
            self.causes.push(cause);
        }
        // There are no more than MOST_CAUSES.
        at.unwrap_or(self.causes.len() - 1) as u16
    }

    fn set_writer(&mut self, address: u32, writer: Moment) {
        put_writer(&mut self.written_by, address, writer);
    }

    /// The event that last wrote each address on the way to the head, by address; shorter than the card where
    /// nothing was written beyond.
    pub fn written_by(&self) -> &[Moment] {
        &self.written_by
    }
}

/// As much of a name as is kept.
fn shortened(name: &str) -> &str {
    let mut length = name.len().min(MOST_NAME);
    while !name.is_char_boundary(length) {
        length -= 1;
    }
    &name[..length]
}

/// Notes which event last wrote an address; the list is as long as the addresses that were written.
fn put_writer(written_by: &mut Vec<Moment>, address: u32, writer: Moment) {
    let at = address as usize;
    if at >= written_by.len() {
        written_by.resize(at + 1, None);
    }
    written_by[at] = writer;
}
