//! What becomes of a broadcast's pictures on disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::Keep;
use super::picture::Interval;
use super::tree::Tree;
use crate::lock;

/// What becomes of one broadcast's pictures on disk, and how many there are. All that is still to be written of it has a share.
#[derive(Debug)]
pub struct Saving {
    keep: Mutex<Keep>,
    interval: Arc<Interval>,
    saved: AtomicU64,
    unsaved: AtomicU64,
}

impl Saving {
    pub(super) fn new(keep: Keep, interval: Arc<Interval>) -> Self {
        Self { keep: Mutex::new(keep), interval, saved: AtomicU64::new(0), unsaved: AtomicU64::new(0) }
    }

    pub(super) fn interval(&self) -> &Arc<Interval> {
        &self.interval
    }

    pub(super) fn keep(&self) -> Keep {
        *lock(&self.keep)
    }

    /// Somebody has said after the end whether it is kept.
    pub(super) fn decide(&self, keep: Keep) {
        *lock(&self.keep) = keep;
    }

    /// Where a picture goes that is written now. `None` if it would be removed at once; what waits for a decision does not.
    pub(super) fn tree(&self) -> Option<Tree> {
        match self.keep() {
            Keep::Yes => Some(Tree::Kept),
            Keep::Undecided => Some(Tree::Live),
            Keep::No => (!self.interval.is_over()).then_some(Tree::Live),
        }
    }

    pub(super) fn note<E>(&self, written: &Result<(), E>) {
        let count = if written.is_ok() { &self.saved } else { &self.unsaved };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Its pictures that were written to disk up to now; some may still wait for that after its end.
    #[must_use]
    pub fn saved(&self) -> u64 {
        self.saved.load(Ordering::Relaxed)
    }

    /// Its pictures that were to be written and were not.
    #[must_use]
    pub fn unsaved(&self) -> u64 {
        self.unsaved.load(Ordering::Relaxed)
    }
}
