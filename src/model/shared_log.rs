//! A list that only grows, whose copies share what is written.
//!
//! Events and exchanges are recorded on the worker's thread and looked at on the window's. A copy for looking at
//! costs some hundred pointers for a hundred thousand members, and adding to the original afterwards copies at most
//! one chunk.

use std::sync::Arc;

/// Members of a chunk.
const CHUNK: usize = 512;

/// A growing list.
#[derive(Clone, Debug)]
pub struct SharedLog<T> {
    full: Vec<Arc<Vec<T>>>,
    tail: Arc<Vec<T>>,
}

impl<T> Default for SharedLog<T> {
    fn default() -> SharedLog<T> {
        SharedLog {
            full: Vec::new(),
            tail: Arc::default(),
        }
    }
}

impl<T: Clone> SharedLog<T> {
    /// How many members there are.
    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.tail.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member at that place, from 0.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.full
            .get(at / CHUNK)
            .unwrap_or(&self.tail)
            .get(at.checked_sub(at / CHUNK * CHUNK)?)
            .filter(|_| at < self.len())
    }

    /// Adds a member at the end.
    pub fn push(&mut self, member: T) {
        let tail = Arc::make_mut(&mut self.tail);
        tail.push(member);
        if tail.len() == CHUNK {
            self.full.push(std::mem::take(&mut self.tail));
        }
    }

    /// Leaves the first `len` members.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        let full = len / CHUNK;
        if full < self.full.len() {
            self.tail = Arc::clone(&self.full[full]);
            self.full.truncate(full);
        }
        Arc::make_mut(&mut self.tail).truncate(len % CHUNK);
    }

    /// The last member.
    pub fn last(&self) -> Option<&T> {
        self.len().checked_sub(1).and_then(|at| self.get(at))
    }

    /// Every member, from the first on.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.full
            .iter()
            .chain([&self.tail])
            .flat_map(|chunk| chunk.iter())
    }

    /// Whether both are the same list, which copies are until one of them grows. `false` may also be said of lists
    /// that only hold the same.
    pub fn is_copy_of(&self, other: &SharedLog<T>) -> bool {
        self.full.len() == other.full.len() && Arc::ptr_eq(&self.tail, &other.tail)
    }
}

impl<T: Clone> FromIterator<T> for SharedLog<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> SharedLog<T> {
        let mut log = SharedLog::default();
        members.into_iter().for_each(|member| log.push(member));
        log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list_whatever_its_length() {
        for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7] {
            let log: SharedLog<usize> = (0..len).collect();
            assert_eq!(log.len(), len);
            assert!(log.iter().copied().eq(0..len));
            assert!((0..len).all(|at| log.get(at) == Some(&at)));
            assert_eq!(log.get(len), None);
            assert_eq!(log.last().copied(), len.checked_sub(1));
            for keep in [0, 1, CHUNK, len / 2, len] {
                let mut short = log.clone();
                short.truncate(keep);
                assert!(
                    short.iter().copied().eq(0..len.min(keep)),
                    "{len} to {keep}"
                );
            }
        }
    }

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut log: SharedLog<usize> = (0..CHUNK + 3).collect();
        let copy = log.clone();
        assert!(log.is_copy_of(&copy));
        log.truncate(CHUNK / 2);
        (0..5).for_each(|_| log.push(0));
        assert!(!log.is_copy_of(&copy));
        assert!(copy.iter().copied().eq(0..CHUNK + 3));
    }
}
