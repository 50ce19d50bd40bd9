//! Working out what follows from where events stand in their tree, and forgetting the oldest.

use super::{Event, EventId, GONE, Journal, MOST_EVENTS, Moment};
use crate::model::card::Block;

/// So many are forgotten at once, for what it costs to move the rest.
const FORGOTTEN_AT_ONCE: usize = MOST_EVENTS / 4;

/// Events that do not fit each other.
#[derive(Debug)]
pub(super) struct Unfit;

/// Works out what each event follows: depth, the writer before it, and the how manyth write it is. They begin after
/// `forgotten` others; `memory` is that of the beginning, to which the blocks before each must fit, if they are to be
/// held against one.
///
/// The tree is walked once: an event's write is made on the way there and taken back on the way home, so it takes two
/// steps an event however its branches lie.
pub(super) fn replay(
    events: &mut [Event],
    forgotten: u32,
    addresses: usize,
    mut memory: Option<Vec<Block>>,
) -> Result<(), Unfit> {
    let mut next = Children::of(events, forgotten)?;
    let mut written_by: Vec<Moment> = vec![None; addresses];
    let mut at: Option<usize> = None;
    loop {
        if let Some(child) = next.take_first(at) {
            let address = events[child].address as usize;
            let previous = *written_by.get(address).ok_or(Unfit)?;
            let before = previous.and_then(|id| events.get(id.index(forgotten)?));
            let nth = before.map_or(0, |event| event.nth) + 1;
            let depth = at.map_or(0, |parent| events[parent].depth + 1);
            let event = &mut events[child];
            (event.previous, event.nth, event.depth) = (previous, nth, depth);
            if let Some(memory) = &mut memory {
                let place = memory.get_mut(address);
                let place = place.filter(|place| **place == event.before);
                *place.ok_or(Unfit)? = event.after;
            }
            written_by[address] = EventId::at(child, forgotten);
            at = Some(child);
        } else if let Some(index) = at {
            let event = &events[index];
            if let Some(memory) = &mut memory {
                memory[event.address as usize] = event.before;
            }
            written_by[event.address as usize] = event.previous;
            at = event.parent.and_then(|id| id.index(forgotten));
        } else {
            return Ok(());
        }
    }
}

/// Which events follow each.
struct Children {
    /// The first that follows the beginning, and each event; those that were walked are taken out.
    first: Vec<Option<u32>>,
    /// The next that follows the same.
    next: Vec<Option<u32>>,
}

impl Children {
    fn of(events: &[Event], forgotten: u32) -> Result<Children, Unfit> {
        let mut children = Children {
            first: vec![None; events.len() + 1],
            next: vec![None; events.len()],
        };
        // Backwards, so that the first is the oldest.
        for (index, event) in events.iter().enumerate().rev() {
            if event.cause == GONE {
                continue;
            }
            let parent = match event.parent {
                None => 0,
                Some(id) => {
                    // What comes before it was written before it, and is there.
                    let parent = id.index(forgotten).filter(|parent| *parent < index);
                    let parent = parent.filter(|parent| events[*parent].cause != GONE);
                    parent.ok_or(Unfit)? + 1
                }
            };
            children.next[index] = children.first[parent].replace(index as u32);
        }
        Ok(children)
    }

    /// Takes the first that follows that event, or the beginning.
    fn take_first(&mut self, of: Option<usize>) -> Option<usize> {
        let first = &mut self.first[of.map_or(0, |index| index + 1)];
        let child = (*first)? as usize;
        *first = self.next[child];
        Some(child)
    }
}

impl Journal {
    /// How many of the oldest events are forgotten. The beginning is then the state after the last of them that is on
    /// the way to the head.
    pub fn forgotten(&self) -> u32 {
        self.forgotten
    }

    /// Forgets the oldest where there would be more than are kept.
    pub(super) fn keep_to_most(&mut self) {
        if self.events.len() > MOST_EVENTS {
            self.forget(FORGOTTEN_AT_ONCE);
        }
    }

    /// Forgets the oldest events, that many at most, and never the one at which the card stands. Branches that part
    /// from what is left of the way to the head stay; those that part from an earlier event go with it.
    pub fn forget(&mut self, count: usize) {
        let head_at = self.head.and_then(|id| id.index(self.forgotten));
        let count = count.min(self.events.len()).min(head_at.unwrap_or(0));
        let forgotten = self.forgotten + count as u32;
        let is_left = |id: EventId| id.number() > forgotten;
        let on_the_way = self.path(self.head).map(|(id, _)| id);
        let beginning = on_the_way.into_iter().find(|id| !is_left(*id));
        let mut events: Vec<Event> = self.events.iter().skip(count).cloned().collect();
        for index in 0..events.len() {
            let parent = events[index].parent;
            let stays = events[index].cause != GONE
                && match parent.filter(|parent| is_left(*parent)) {
                    None => parent == beginning,
                    Some(id) => id
                        .index(forgotten)
                        .is_some_and(|at| events[at].cause != GONE),
                };
            match stays {
                true => events[index].parent = parent.filter(|parent| is_left(*parent)),
                false => events[index] = Event::gone(),
            }
        }
        let (head, end) = (self.head, self.line_end());
        // They fitted before, and what is left of a tree below one event is a tree.
        if replay(&mut events, forgotten, self.written_by.len(), None).is_err() {
            return;
        }
        self.events = events.into_iter().collect();
        self.forgotten = forgotten;
        let mut tips = std::mem::take(&mut self.tips);
        tips.retain(|tip, _| self.event(*tip).is_some());
        self.tips = tips;
        self.stand(head, end);
    }

    /// Stands at a moment on the way to the end of the branch that is followed.
    pub(super) fn stand(&mut self, head: Moment, end: Moment) {
        let mut line: Vec<EventId> = self.path(end).map(|(id, _)| id).collect();
        line.reverse();
        self.line = line.into_iter().collect();
        self.head = head;
        let mut writers = Vec::new();
        for (id, event) in self.path(head) {
            let at = event.address as usize;
            if at >= writers.len() {
                writers.resize(at + 1, None);
            }
            writers[at].get_or_insert(id);
        }
        self.written_by = writers;
    }
}
