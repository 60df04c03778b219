//! What waits for the disk, and how it is done.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Chore, Unwritten};
use crate::frames::archive::Archive;
use crate::{lock, now_ms};

/// What is done on disk; each has its own fault, which ends when the same succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    Number,
    Remove,
    Keep,
    Write,
    /// All of it: the thread itself.
    Work,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub unwritten: VecDeque<Unwritten>,
    /// Of these.
    pub bytes: usize,
    /// The one that is being written.
    pub writing: Option<Unwritten>,
    pub chores: VecDeque<Chore>,
    /// Until when what waits is still done, once the store is closed.
    pub closed: Option<Instant>,
    /// The thread has ended.
    pub ended: bool,
    /// Something is on air. Nobody needs to be told of what can't be saved when nothing is.
    pub live: bool,
    pub saved: u64,
    pub unsaved: u64,
    pub faults: BTreeMap<Task, String>,
    /// When a picture last found no place in the queue.
    pub overloaded: Option<Instant>,
}

/// What the threads of the store have in common.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub queue: Mutex<Queue>,
    pub filled: Condvar,
    pub emptied: Condvar,
    /// Long work is to be left to the next start.
    pub hurry: AtomicBool,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Work {
    Save(Unwritten),
    Chore(Chore),
    /// Move some of what is to be kept.
    Keep,
    /// Remove some of what is to go.
    Remove,
    /// Time to look for what is too old.
    Expire,
}

impl Desk {
    pub(super) const EXPIRE: Duration = Duration::from_secs(60);

    /// What is done when nothing waits.
    pub(super) fn leisure(archive: &Archive) -> Option<Work> {
        if archive.has_keeping() { Some(Work::Keep) } else { archive.has_leaving().then_some(Work::Remove) }
    }

    /// What is to be done next; `otherwise` what is done when nothing waits.
    pub(super) fn wait(&self, otherwise: Option<Work>, expired: Instant) -> Option<Work> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.closed.is_some_and(|deadline| Instant::now() > deadline) {
                return None;
            }
            if let Some(chore) = queue.chores.pop_front() {
                return Some(Work::Chore(chore));
            }
            let due = Self::EXPIRE.saturating_sub(expired.elapsed());
            if due.is_zero() && queue.closed.is_none() {
                return Some(Work::Expire);
            }
            if let Some(unwritten) = queue.unwritten.pop_front() {
                queue.bytes -= unwritten.picture.bytes.len();
                queue.writing = Some(unwritten.clone());
                return Some(Work::Save(unwritten));
            }
            if otherwise.is_some() {
                return otherwise;
            }
            if queue.closed.is_some() {
                return None;
            }
            (queue, _) = self.filled.wait_timeout(queue, due).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn carry_out(&self, archive: &mut Archive, work: Work) {
        match work {
            Work::Expire => {
                archive.retry();
                archive.expire(now_ms());
                self.note_removed(archive);
            }
            Work::Keep => {
                archive.keep_some();
                if !archive.has_keeping() {
                    self.note(Task::Keep, archive.kept(), NOT_KEPT);
                }
            }
            Work::Remove => {
                archive.remove_some();
                self.note_removed(archive);
            }
            Work::Chore(Chore::Settle(sequence)) => {
                let settled = sequence.settle();
                self.note(Task::Number, settled.as_ref().copied(), "The numbering of pictures can't be written to disk");
            }
            Work::Chore(Chore::Discard(name)) => {
                archive.discard_live(&name.folder);
                self.note_removed(archive);
            }
            Work::Chore(Chore::Keep(name)) => {
                let begun = archive.keep_ended(&name.folder);
                self.note(Task::Keep, begun.as_ref().copied(), NOT_KEPT);
            }
            Work::Save(unwritten) => {
                self.save(archive, &unwritten);
                lock(&self.queue).writing = None;
            }
        }
    }

    fn save(&self, archive: &mut Archive, Unwritten { name, saving, picture }: &Unwritten) {
        let Some(tree) = saving.tree() else { return };
        let saved = archive.save(tree, name, picture.id, picture.kind, &picture.bytes, now_ms());
        saving.note(&saved);
        let mut queue = lock(&self.queue);
        *(if saved.is_ok() { &mut queue.saved } else { &mut queue.unsaved }) += 1;
        drop(queue);
        self.note(Task::Write, saved.as_ref().copied(), "Pictures are live but can't be saved");
    }

    /// Notes what hinders removals, once all that can go is gone.
    fn note_removed(&self, archive: &Archive) {
        if !archive.has_leaving() {
            self.note(Task::Remove, archive.removed(), NOT_REMOVED);
        }
    }

    pub(super) fn note(&self, task: Task, result: Result<(), &io::Error>, what: &str) {
        let fault = result.err().map(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!("{what}: the disk is full. Make some space, or choose another data folder.")
            }
            _ => format!("{what}: {error}. Choose another data folder, or mend this one."),
        });
        let mut queue = lock(&self.queue);
        match fault {
            Some(fault) if task != Task::Write || queue.live => {
                if queue.faults.get(&task) != Some(&fault) {
                    tracing::warn!("{fault}");
                }
                queue.faults.insert(task, fault);
            }
            _ => drop(queue.faults.remove(&task)),
        }
    }
}

const NOT_KEPT: &str = "Pictures that are to be kept can't be moved to their place";
const NOT_REMOVED: &str = "Pictures that are over can't be removed from disk";
