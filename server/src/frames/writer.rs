//! The thread that writes pictures to disk. A disk that is slow or full costs saved pictures, counted, and never a live one.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::archive::{Archive, ArchiveLimits, Tree};
use super::folder::FolderName;
use super::picture::Picture;
use super::sequence::Sequence;
use crate::{lock, now_ms};

/// A picture on its way to disk.
#[derive(Debug)]
pub(super) struct Unwritten {
    pub name: Arc<FolderName>,
    pub tree: Tree,
    pub picture: Picture,
}

/// What must be done, and is never dropped; at most one of each kind waits for a channel.
#[derive(Debug)]
pub(super) enum Chore {
    /// Write how far numbers may be given out.
    Settle(Arc<Sequence>),
    /// Remove a broadcast that was not to be kept.
    Discard(Arc<FolderName>),
}

impl Chore {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Settle(sequence), Self::Settle(same)) => Arc::ptr_eq(sequence, same),
            (Self::Discard(name), Self::Discard(same)) => name == same,
            _ => false,
        }
    }
}

/// Since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Pictures written to disk.
    pub saved: u64,
    /// Pictures that were to be written and were not.
    pub unsaved: u64,
    /// What the disk does not do now.
    pub disk_fault: Option<String>,
}

/// What is done on disk; each has its own fault, which ends when the same succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    Number,
    Remove,
    Write,
    /// All of it: the thread itself.
    Work,
}

#[derive(Debug, Default)]
struct Queue {
    unwritten: VecDeque<Unwritten>,
    /// Of these.
    bytes: usize,
    chores: VecDeque<Chore>,
    /// Until when what waits is still done, once the store is closed.
    closed: Option<Instant>,
    /// The thread has ended.
    ended: bool,
    /// Something is on air. Nobody needs to be told of what can't be saved when nothing is.
    live: bool,
    saved: u64,
    unsaved: u64,
    faults: BTreeMap<Task, String>,
    /// When a picture last found no place in the queue.
    overloaded: Option<Instant>,
}

/// What the threads of the store have in common.
#[derive(Debug, Default)]
struct Desk {
    queue: Mutex<Queue>,
    filled: Condvar,
    emptied: Condvar,
    /// Long work is to be left to the next start.
    hurry: AtomicBool,
}

/// Owns the thread. Whoever has it closes it.
#[derive(Debug)]
pub(super) struct Writer {
    desk: Arc<Desk>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Told by the thread's end, however it comes.
struct Ending {
    desk: Arc<Desk>,
    /// The data folder stays locked as long as somebody writes there.
    lock: Option<Arc<File>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.lock = None;
        let mut queue = lock(&self.desk.queue);
        queue.ended = true;
        if thread::panicking() {
            queue.faults.insert(Task::Work, "Nothing is saved any more: saving has failed. Start the program anew.".into());
        }
        self.desk.emptied.notify_all();
    }
}

impl Writer {
    /// Bytes of pictures that wait at most: about a minute of a camera, so that the look through a large archive at the start costs
    /// none.
    const QUEUE: usize = 32 << 20;
    /// For so long it is told that the disk was too slow for a picture.
    const OVERLOAD: Duration = Duration::from_secs(10);

    pub(super) fn start(data: &Path, limits: ArchiveLimits, lock: Arc<File>) -> io::Result<Self> {
        let desk = Arc::<Desk>::default();
        let (data, ending) = (data.to_owned(), Ending { desk: desk.clone(), lock: Some(lock) });
        let thread = thread::Builder::new().name("archive".into()).spawn(move || {
            let desk = &ending.desk;
            let mut archive = Archive::scan(&data, limits, &desk.hurry);
            let mut expired = Instant::now();
            while let Some(work) = desk.wait(archive.has_leaving(), expired) {
                if matches!(work, Work::Expire) {
                    expired = Instant::now();
                }
                desk.carry_out(&mut archive, work);
            }
        })?;
        Ok(Self { desk, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a picture; if too many wait already, it is not saved, and that is counted.
    pub(super) fn save(&self, unwritten: Unwritten) {
        let mut queue = lock(&self.desk.queue);
        let size = unwritten.picture.bytes.len();
        if queue.ended || (queue.bytes + size > Self::QUEUE && !queue.unwritten.is_empty()) {
            queue.unsaved += 1;
            queue.overloaded = Some(Instant::now());
        } else {
            queue.bytes += size;
            queue.unwritten.push_back(unwritten);
            self.desk.filled.notify_one();
        }
    }

    pub(super) fn chore(&self, chore: Chore) {
        let mut queue = lock(&self.desk.queue);
        if !queue.chores.iter().any(|waiting| waiting.is_same(&chore)) {
            queue.chores.push_back(chore);
            self.desk.filled.notify_one();
        }
    }

    /// Says whether anything is on air.
    pub(super) fn set_live(&self, live: bool) {
        let mut queue = lock(&self.desk.queue);
        queue.live = live;
        if !live {
            queue.faults.remove(&Task::Write);
            queue.overloaded = None;
        }
    }

    pub(super) fn stats(&self) -> StoreStats {
        let queue = lock(&self.desk.queue);
        let overload = queue.overloaded.filter(|at| at.elapsed() < Self::OVERLOAD);
        let overload = overload.map(|_| "The disk is too slow for all pictures; some are not saved.".to_owned());
        let disk_fault = queue.faults.last_key_value().map(|(_, fault)| fault.clone()).or(overload);
        StoreStats { saved: queue.saved, unsaved: queue.unsaved, disk_fault }
    }

    /// Has what waits done, until the deadline; what is left then is not written, or removed at the next start. A thread that hangs
    /// in the system is left behind, and with it the lock of the folder.
    pub(super) fn close(&self, deadline: Instant) {
        self.desk.hurry.store(true, Ordering::Relaxed);
        let mut queue = lock(&self.desk.queue);
        let deadline = queue.closed.map_or(deadline, |earlier| earlier.min(deadline));
        queue.closed = Some(deadline);
        self.desk.filled.notify_one();
        // It is asked for the last time at the deadline, so it may be done a moment later.
        let patience = deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(100);
        let running = |queue: &mut Queue| !queue.ended;
        let (queue, _) = self.desk.emptied.wait_timeout_while(queue, patience, running).unwrap_or_else(PoisonError::into_inner);
        let ended = queue.ended;
        drop(queue);
        let Some(thread) = lock(&self.thread).take() else { return };
        if !ended {
            tracing::warn!("the disk does not answer; what was still to be saved is left");
        } else if thread.join().is_err() {
            tracing::error!("the archive's thread had panicked");
        }
    }
}

enum Work {
    Save(Unwritten),
    Chore(Chore),
    /// Remove some of what is to go.
    Remove,
    /// Time to look for what is too old.
    Expire,
}

impl Desk {
    const EXPIRE: Duration = Duration::from_secs(60);

    /// What is to be done next; `leaving` says whether there is something to be removed.
    fn wait(&self, leaving: bool, expired: Instant) -> Option<Work> {
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
                return Some(Work::Save(unwritten));
            }
            if leaving {
                return Some(Work::Remove);
            }
            if queue.closed.is_some() {
                return None;
            }
            (queue, _) = self.filled.wait_timeout(queue, due).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn carry_out(&self, archive: &mut Archive, work: Work) {
        match work {
            Work::Expire => {
                archive.retry();
                archive.expire(now_ms());
                self.note_removed(archive);
            }
            Work::Remove => {
                archive.remove_some();
                self.note_removed(archive);
            }
            Work::Chore(Chore::Settle(sequence)) => {
                self.note(Task::Number, sequence.settle(), "The numbering of pictures can't be written to disk");
            }
            Work::Chore(Chore::Discard(name)) => {
                if let Err(error) = archive.discard_live(&name.folder) {
                    self.note(Task::Remove, Err(error), NOT_REMOVED);
                }
            }
            Work::Save(Unwritten { name, tree, picture }) => {
                if tree == Tree::Live && picture.interval.as_ref().is_none_or(|interval| interval.is_over()) {
                    return;
                }
                let saved = archive.save(tree, &name, picture.id, picture.kind, &picture.bytes, now_ms());
                let mut queue = lock(&self.queue);
                *(if saved.is_ok() { &mut queue.saved } else { &mut queue.unsaved }) += 1;
                drop(queue);
                self.note(Task::Write, saved, "Pictures are live but can't be saved");
            }
        }
    }

    /// Notes what hindered removals, once all that can go is gone.
    fn note_removed(&self, archive: &mut Archive) {
        if !archive.has_leaving() {
            self.note(Task::Remove, archive.removed(), NOT_REMOVED);
        }
    }

    fn note(&self, task: Task, result: io::Result<()>, what: &str) {
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

const NOT_REMOVED: &str = "Pictures that are over can't be removed from disk";

#[cfg(test)]
mod tests;
