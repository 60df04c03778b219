//! A place for one value between two threads: the newest wins, and what it replaces is counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Holds at most one value. The writer never waits; a reader that is too slow misses values, and each miss is counted.
#[derive(Debug)]
pub struct Latest<T> {
    slot: Mutex<Slot<T>>,
    filled: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    closed: bool,
}

/// What [`Latest::take`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// The newest value.
    Value(T),
    /// None came in the given time.
    Nothing,
    /// None will ever come.
    Closed,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self { slot: Mutex::new(Slot { value: None, closed: false }), filled: Condvar::new(), dropped: AtomicU64::new(0) }
    }
}

impl<T> Latest<T> {
    /// Puts `value` in the place of what may be there. After [`Latest::close`] it is thrown away.
    pub fn put(&self, value: T) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.closed {
            return;
        }
        if slot.value.replace(value).is_some() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        drop(slot);
        self.filled.notify_one();
    }

    /// Takes the value, waiting for one at most as long as `patience`. For one reader at a time.
    pub fn take(&self, patience: Duration) -> Taken<T> {
        let deadline = Instant::now() + patience;
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(value) = slot.value.take() {
                return Taken::Value(value);
            }
            if slot.closed {
                return Taken::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Nothing;
            }
            slot = self.filled.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes the value as soon as there is one; `None` once none will ever come. For one reader at a time.
    pub fn wait(&self) -> Option<T> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |slot: &mut Slot<T>| slot.value.is_none() && !slot.closed;
        self.filled.wait_while(slot, nothing).unwrap_or_else(PoisonError::into_inner).value.take()
    }

    /// Wakes the reader and lets it see the end; a value that waits is thrown away.
    pub fn close(&self) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.closed = true;
        slot.value = None;
        drop(slot);
        self.filled.notify_all();
    }

    /// Whether the reader has taken what there was.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).value.is_none()
    }

    /// How many values were replaced before a reader came for them.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_wins_and_the_loss_is_counted() {
        let latest = Latest::default();
        latest.put(1);
        latest.put(2);
        latest.put(3);
        assert_eq!(latest.take(Duration::ZERO), Taken::Value(3));
        assert_eq!(latest.take(Duration::ZERO), Taken::Nothing);
        assert_eq!(latest.dropped(), 2);
    }

    #[test]
    fn a_reader_is_woken_by_a_value_and_by_the_end() {
        let latest = Latest::default();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| (latest.wait(), latest.wait()));
            latest.put("picture");
            while !latest.is_empty() {
                std::thread::yield_now();
            }
            latest.close();
            assert_eq!(reader.join().unwrap(), (Some("picture"), None));
        });
    }

    #[test]
    fn nothing_stays_behind_a_closed_door() {
        let latest = Latest::default();
        latest.put(1);
        latest.close();
        latest.put(2);
        assert_eq!(latest.take(Duration::ZERO), Taken::Closed);
    }
}
