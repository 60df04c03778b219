//! What is looked at again when it has changed, by those whom it concerns.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::lock;

/// Changes that are told apart; beyond them all is taken to have changed once.
const MOST: usize = 10_000;

/// Changes of many things, each of which is told by a key.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    last: Mutex<Last>,
    /// How many there were. Sent under the lock, and never read across taking it.
    count: watch::Sender<u64>,
    /// Keys that nobody can make two of alike.
    keys: RandomState,
}

#[derive(Debug, Default)]
struct Last {
    /// The number of each one's last change.
    by_key: HashMap<u64, u64>,
    /// All are taken to have changed then.
    of_all: u64,
}

/// As long as nothing changes of some things.
#[derive(Debug, Clone)]
pub(crate) struct Unchanged {
    changes: Arc<Changes>,
    keys: Vec<u64>,
    since: u64,
}

impl Changes {
    pub(crate) fn key(&self, thing: impl Hash) -> u64 {
        self.keys.hash_one(thing)
    }

    /// Something is another thing now.
    pub(crate) fn change(&self, key: u64) {
        let mut last = lock(&self.last);
        let number = *self.count.borrow() + 1;
        if last.by_key.len() >= MOST && !last.by_key.contains_key(&key) {
            last.by_key.clear();
            last.of_all = number;
        }
        last.by_key.insert(key, number);
        self.count.send_replace(number);
    }

    /// From now on; to be asked for before these are looked at.
    pub(crate) fn unchanged(self: &Arc<Self>, keys: impl IntoIterator<Item = u64>) -> Unchanged {
        let since = *self.count.borrow();
        Unchanged { changes: self.clone(), keys: keys.into_iter().collect(), since }
    }
}

impl Unchanged {
    pub(crate) fn is_over(&self) -> bool {
        let count = *self.changes.count.borrow();
        if count == self.since {
            return false;
        }
        let last = lock(&self.changes.last);
        last.of_all > self.since || self.keys.iter().any(|key| last.by_key.get(key).is_some_and(|at| *at > self.since))
    }

    /// Resolves when it is over.
    pub(crate) async fn over(&self) {
        let mut count = self.changes.count.subscribe();
        while !self.is_over() {
            // The sender is here, so that only news can end it.
            drop(count.changed().await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_changed_is_over_and_who_looks_afterwards_begins_anew() {
        let changes = Arc::<Changes>::default();
        let of = |names: &[&str]| changes.unchanged(names.iter().map(|name| changes.key(name)).collect::<Vec<_>>());
        let (front, both) = (of(&["front"]), of(&["front", "yard"]));
        // Far more than any table of fixed size would tell apart.
        for other in 0..1000 {
            changes.change(changes.key(other));
        }
        assert!(!front.is_over() && !both.is_over());
        changes.change(changes.key("yard"));
        both.over().await;
        assert!(!front.is_over() && !of(&["yard"]).is_over());
    }

    #[test]
    fn they_are_bounded_and_none_is_missed_for_that() {
        let changes = Arc::<Changes>::default();
        changes.change(1);
        let first = changes.unchanged([1]);
        for key in 0..MOST as u64 + 10 {
            changes.change(key + 10);
        }
        assert!(lock(&changes.last).by_key.len() <= MOST && first.is_over());
        assert!(!changes.unchanged([1]).is_over());
    }
}
