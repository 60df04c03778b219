//! The thread that writes pictures to disk. A disk that is slow or full costs saved pictures, counted, and never a live one.

use std::collections::{BTreeMap, VecDeque};
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
use crate::now_ms;

/// A picture on its way to disk.
#[derive(Debug)]
pub(super) struct Save {
    pub name: Arc<FolderName>,
    pub tree: Tree,
    pub picture: Picture,
}

/// What must be done, and is never dropped; at most one of each kind waits for a channel.
#[derive(Debug)]
pub(super) enum Chore {
    /// Write how far numbers may be given out.
    Reserve(Arc<Mutex<Sequence>>, u64),
    /// Remove a broadcast that was not to be kept.
    Discard(Arc<FolderName>),
}

impl Chore {
    fn is_replaced_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Reserve(sequence, _), Self::Reserve(same, _)) => Arc::ptr_eq(sequence, same),
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
}

#[derive(Debug, Default)]
struct Queue {
    saves: VecDeque<Save>,
    chores: VecDeque<Chore>,
    /// Until when what waits is still done, once the store is closed.
    closed: Option<Instant>,
    saved: u64,
    unsaved: u64,
    faults: BTreeMap<Task, String>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    /// Long work is to be left to the next start.
    hurry: AtomicBool,
}

/// Owns the thread; Drop writes what waits, and joins it.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// How long the end may take; what is left then is not written, or removed at the next start. With what the connections take
    /// before, it fits into a second.
    const FAREWELL: Duration = Duration::from_millis(300);
    /// Pictures that wait at most; with them waits their memory.
    const QUEUE: usize = 32;

    pub(super) fn start(data: &Path, limits: ArchiveLimits) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let (data, theirs) = (data.to_owned(), shared.clone());
        let thread = thread::Builder::new().name("archive".into()).spawn(move || {
            let mut archive = Archive::scan(&data, limits, &theirs.hurry);
            while let Some(work) = theirs.wait() {
                theirs.carry_out(&mut archive, work);
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Queues a picture; if too many wait already, it is not saved, and that is counted.
    pub(super) fn save(&self, save: Save) {
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.saves.len() >= Self::QUEUE {
            queue.unsaved += 1;
            queue.faults.insert(Task::Write, "The disk is too slow for all pictures; some are not saved.".into());
        } else {
            queue.saves.push_back(save);
            drop(queue);
            self.shared.filled.notify_one();
        }
    }

    pub(super) fn chore(&self, chore: Chore) {
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.chores.retain(|waiting| !waiting.is_replaced_by(&chore));
        queue.chores.push_back(chore);
        drop(queue);
        self.shared.filled.notify_one();
    }

    pub(super) fn stats(&self) -> StoreStats {
        let queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let disk_fault = queue.faults.last_key_value().map(|(_, fault)| fault.clone());
        StoreStats { saved: queue.saved, unsaved: queue.unsaved, disk_fault }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = Some(Instant::now() + Self::FAREWELL);
        self.shared.hurry.store(true, Ordering::Relaxed);
        self.shared.filled.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the archive's thread had panicked");
        }
    }
}

enum Work {
    Save(Save),
    Chore(Chore),
    /// Nothing came for a while: time to look for what is too old.
    Expire,
}

impl Shared {
    const EXPIRE: Duration = Duration::from_secs(60);

    fn wait(&self) -> Option<Work> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if queue.closed.is_some_and(|deadline| Instant::now() > deadline) {
                return None;
            }
            if let Some(chore) = queue.chores.pop_front() {
                return Some(Work::Chore(chore));
            }
            if let Some(save) = queue.saves.pop_front() {
                return Some(Work::Save(save));
            }
            if queue.closed.is_some() {
                return None;
            }
            let (reopened, timeout) = self.filled.wait_timeout(queue, Self::EXPIRE).unwrap_or_else(PoisonError::into_inner);
            queue = reopened;
            if timeout.timed_out() {
                return Some(Work::Expire);
            }
        }
    }

    fn carry_out(&self, archive: &mut Archive, work: Work) {
        match work {
            Work::Expire => archive.expire(now_ms()),
            Work::Chore(Chore::Reserve(sequence, bound)) => {
                let written = sequence.lock().unwrap_or_else(PoisonError::into_inner).write(bound);
                self.note(Task::Number, written, "The numbering of pictures can't be written to disk");
            }
            Work::Chore(Chore::Discard(name)) => {
                let removed = archive.discard_live(&name.folder, &self.hurry);
                self.note(Task::Remove, removed, "The pictures of an ended broadcast can't be removed from disk");
            }
            Work::Save(Save { name, tree, picture }) => {
                if tree == Tree::Live && picture.interval.as_ref().is_none_or(|interval| interval.is_over()) {
                    return;
                }
                let saved = archive.save(tree, &name, picture.id, picture.kind, &picture.bytes, now_ms());
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                *(if saved.is_ok() { &mut queue.saved } else { &mut queue.unsaved }) += 1;
                drop(queue);
                self.note(Task::Write, saved, "Pictures are live but can't be saved");
            }
        }
    }

    fn note(&self, task: Task, result: io::Result<()>, what: &str) {
        let fault = result.err().map(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!("{what}: the disk is full. Make some space, or choose another data folder.")
            }
            _ => format!("{what}: {error}. Choose another data folder, or mend this one."),
        });
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        match fault {
            None => drop(queue.faults.remove(&task)),
            Some(fault) => {
                if queue.faults.get(&task) != Some(&fault) {
                    tracing::warn!("{fault}");
                }
                queue.faults.insert(task, fault);
            }
        }
    }
}
