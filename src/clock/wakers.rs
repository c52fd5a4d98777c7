//! The wakers of the sleepers, by deadline.

use std::{collections::BTreeMap, task::Waker, time::Instant};

/// The number distinguishes sleepers with the same deadline.
pub(super) type Key = (Instant, u64);

#[derive(Default)]
pub(super) struct Wakers(BTreeMap<Key, Waker>);

impl Wakers {
    /// Returns the waker that it replaces, and whether `key` is now the first.
    pub(super) fn insert(&mut self, key: Key, waker: Waker) -> (Option<Waker>, bool) {
        let first = self.0.first_key_value().map(|(&key, _)| key);
        let is_first = first.is_none_or(|first| key < first);
        (self.0.insert(key, waker), is_first)
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Waker> {
        self.0.remove(&key)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Moves the wakers whose deadline has passed to `due`, earliest first; returns the next deadline.
    pub(super) fn take_due(&mut self, now: Instant, due: &mut Vec<Waker>) -> Option<Instant> {
        while let Some(first) = self.0.first_entry() {
            let deadline = first.key().0;
            if deadline > now {
                return Some(deadline);
            }
            due.push(first.remove());
        }
        None
    }
}
