//! Where branches part from each other.

use super::{EventId, Journal, Moment};

/// Where a branch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It parts from no older branch.
    Beginning,
    /// It parts from an older one after that moment.
    After(Moment),
}

/// How a branch stands to the others that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Its last event.
    pub tip: EventId,
    pub start: Start,
    /// Events that are on no other branch: what is lost when it is discarded.
    pub own: u32,
}

/// The events that come next after a moment, on branches that are kept.
#[derive(Clone, Copy, Default)]
struct Next {
    first: Moment,
    count: u32,
}

impl Journal {
    /// Where each branch that is kept begins, in the order of [`Journal::branches`]. Every event is looked at, so this
    /// is asked when branches come and go, not when one grows.
    pub fn forks(&self) -> Vec<Fork> {
        let next = self.next_events();
        let after = |moment: Moment| next.get(self.place(moment)).copied().unwrap_or_default();
        let fork = |tip: &EventId| {
            let path = || self.path(Some(*tip)).map(|(id, event)| (id, event.parent));
            let parts = path().find(|(id, parent)| after(*parent).first != Some(*id));
            let alone = path().take_while(|(_, parent)| after(*parent).count == 1);
            let all = self.way_to(Some(*tip));
            Fork {
                tip: *tip,
                start: parts.map_or(Start::Beginning, |(_, parent)| Start::After(parent)),
                // The event after which it parts from another is its own as well.
                own: (alone.count() as u32 + 1).min(all),
            }
        };
        self.tips.keys().map(fork).collect()
    }

    /// What comes next after each event, by its place; after the beginning at 0.
    fn next_events(&self) -> Vec<Next> {
        let mut next = vec![Next::default(); self.len() + 1];
        let mut seen = vec![false; self.len() + 1];
        for tip in self.tips.keys() {
            for (id, event) in self.path(Some(*tip)) {
                if std::mem::replace(&mut seen[self.place(Some(id))], true) {
                    break;
                }
                let next = &mut next[self.place(event.parent)];
                next.count += 1;
                next.first = Some(next.first.map_or(id, |first| first.min(id)));
            }
        }
        next
    }

    /// 0 for the beginning, else one more than the event's place; at most how many events there are.
    fn place(&self, moment: Moment) -> usize {
        let index = moment.and_then(|id| id.index(self.forgotten));
        index.map_or(0, |index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{By, Cause};
    use super::*;
    use crate::model::card::Block;

    fn write(journal: &mut Journal, times: usize) -> EventId {
        for _ in 0..times {
            let cause = Cause {
                step: None,
                by: By::Edit,
            };
            journal.record(cause, 0, Block::ERASED, Block([0; 16]), 0);
        }
        journal.head().expect("an event")
    }

    fn go(journal: &mut Journal, to: Moment) {
        assert!(journal.go_to(to, |_, _| ()));
    }

    #[test]
    fn a_branch_begins_where_it_parts_from_an_older_one() {
        let mut journal = Journal::default();
        assert!(journal.forks().is_empty());
        let third = write(&mut journal, 3);
        let first = EventId::new(1);
        let tenth = write(&mut journal, 7);
        go(&mut journal, Some(third));
        let other = write(&mut journal, 2);
        go(&mut journal, first);
        let early = write(&mut journal, 4);
        // The oldest goes on after the others were written.
        go(&mut journal, Some(tenth));
        let oldest = write(&mut journal, 1);
        let fork = |tip, start, own| Fork { tip, start, own };
        assert_eq!(
            journal.forks(),
            [
                fork(other, Start::After(Some(third)), 2),
                fork(early, Start::After(first), 4),
                fork(oldest, Start::Beginning, 8),
            ]
        );
        assert!(journal.discard_branch(other));
        let left: Vec<u32> = journal.forks().iter().map(|fork| fork.own).collect();
        assert_eq!(
            left,
            [4, 10],
            "what two shared is one's own when the other is gone"
        );
    }

    #[test]
    fn a_branch_from_the_beginning_is_one() {
        let mut journal = Journal::default();
        let first = write(&mut journal, 2);
        go(&mut journal, None);
        let second = write(&mut journal, 1);
        let starts: Vec<_> = journal
            .forks()
            .iter()
            .map(|f| (f.tip, f.start, f.own))
            .collect();
        assert_eq!(
            starts,
            [
                (first, Start::Beginning, 2),
                (second, Start::After(None), 1)
            ]
        );
    }
}
