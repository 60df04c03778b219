//! The thread that writes pictures to disk. A disk that is slow or full costs saved pictures, counted, and never a live one.

mod desk;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::archive::{Archive, ArchiveLimits};
use super::folder::FolderName;
use super::id::FrameId;
use super::picture::{Picture, PictureType};
use super::saving::Saving;
use super::sequence::Sequence;
use super::tree::Tree;
use crate::lock;
use desk::{Desk, Queue, Task, Work};

/// A picture on its way to disk.
#[derive(Debug, Clone)]
pub(super) struct Unwritten {
    pub name: Arc<FolderName>,
    pub saving: Arc<Saving>,
    pub picture: Picture,
}

/// What must be done, and is never dropped. Of those for a channel no two that follow one another are the same.
#[derive(Debug)]
pub(super) enum Chore {
    /// Write how far numbers may be given out.
    Settle(Arc<Sequence>),
    /// Remove a broadcast that was not to be kept.
    Discard(Arc<FolderName>),
    /// Move a broadcast that ended to where it stays.
    Keep(Arc<FolderName>),
}

impl Chore {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Settle(sequence), Self::Settle(same)) => Arc::ptr_eq(sequence, same),
            (Self::Discard(name), Self::Discard(same)) | (Self::Keep(name), Self::Keep(same)) => name == same,
            _ => false,
        }
    }

    /// Whether both move or remove the saved pictures of one channel: their order counts.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Discard(name) | Self::Keep(name), Self::Discard(same) | Self::Keep(same)) => name == same,
            _ => self.is_same(other),
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
        // What nobody will write is not kept.
        queue.writing = None;
        queue.unwritten.clear();
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
            while let Some(work) = desk.wait(Desk::leisure(&archive), expired) {
                if matches!(work, Work::Expire) {
                    expired = Instant::now();
                }
                desk.carry_out(&mut archive, work);
            }
        })?;
        Ok(Self { desk, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a picture; if too many wait already, it is not saved, and that is counted. Returns whether it can be expected on disk.
    pub(super) fn save(&self, unwritten: Unwritten) -> bool {
        let mut queue = lock(&self.desk.queue);
        let size = unwritten.picture.bytes.len();
        if queue.ended || (queue.bytes + size > Self::QUEUE && !queue.unwritten.is_empty()) {
            queue.unsaved += 1;
            unwritten.saving.note(&Err(()));
            queue.overloaded = Some(Instant::now());
            return false;
        }
        queue.bytes += size;
        queue.unwritten.push_back(unwritten);
        self.desk.filled.notify_one();
        !queue.faults.contains_key(&Task::Write)
    }

    /// A picture that is to be kept, from when it is queued until it is on disk.
    pub(super) fn kept(&self, name: &FolderName, id: FrameId, kind: PictureType) -> Option<Picture> {
        let queue = lock(&self.desk.queue);
        let is_it = |Unwritten { name: of, saving, picture }: &&Unwritten| {
            **of == *name && picture.id == id && picture.kind == kind && saving.tree() == Some(Tree::Kept)
        };
        let found = queue.writing.iter().chain(&queue.unwritten).find(is_it)?;
        Some(Picture { interval: None, ..found.picture.clone() })
    }

    pub(super) fn chore(&self, chore: Chore) {
        let mut queue = lock(&self.desk.queue);
        // What waits behind another one is not the same as what waits before it.
        if !queue.chores.iter().rev().find(|waiting| waiting.meets(&chore)).is_some_and(|last| last.is_same(&chore)) {
            queue.chores.push_back(chore);
            self.desk.filled.notify_one();
        }
    }

    /// Something is on air from now on.
    pub(super) fn on_air(&self) {
        lock(&self.desk.queue).live = true;
    }

    /// Nothing is on air any more.
    pub(super) fn off_air(&self) {
        let mut queue = lock(&self.desk.queue);
        queue.live = false;
        queue.faults.remove(&Task::Write);
        queue.overloaded = None;
    }

    pub(super) fn stats(&self) -> StoreStats {
        let queue = lock(&self.desk.queue);
        let overload = queue.overloaded.filter(|at| at.elapsed() < Self::OVERLOAD);
        let overload = overload.map(|_| "The disk is too slow for all pictures; some are not saved.".to_owned());
        let disk_fault = queue.faults.last_key_value().map(|(_, fault)| fault.clone()).or(overload);
        StoreStats { saved: queue.saved, unsaved: queue.unsaved, disk_fault }
    }

    /// Has what waits done, until the deadline; what is left then is not written, or removed at the next start. A thread that hangs
    /// in the system is left behind, and with it the lock of the folder; it is not waited for again.
    pub(super) fn close(&self, deadline: Instant) {
        let Some(thread) = lock(&self.thread).take() else { return };
        self.desk.hurry.store(true, Ordering::Relaxed);
        let mut queue = lock(&self.desk.queue);
        queue.closed = Some(deadline);
        self.desk.filled.notify_one();
        // It is asked for the last time at the deadline, so it may be done a moment later.
        let patience = deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(100);
        let running = |queue: &mut Queue| !queue.ended;
        let (queue, _) = self.desk.emptied.wait_timeout_while(queue, patience, running).unwrap_or_else(PoisonError::into_inner);
        let ended = queue.ended;
        drop(queue);
        if !ended {
            tracing::warn!("the disk does not answer; what was still to be saved is left");
        } else if thread.join().is_err() {
            tracing::error!("the archive's thread had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
