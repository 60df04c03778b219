//! Where pictures are: those of the last minute in memory, some of them on disk, and none after their broadcast unless kept.

mod ended;
mod live;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Keep;
use super::archive::{Archive, ArchiveLimits};
use super::data_folder::{self, OpenError};
use super::folder::FolderName;
use super::id::FrameId;
use super::memory::{ChannelFrames, LiveInterval, Memory};
use super::picture::{Interval, Picture, PictureType};
use super::saving::Saving;
use super::sequence::Sequence;
use super::tree::{Tree, picture_path};
use super::writer::{Chore, StoreStats, Writer};
use crate::relay::Millis;
use crate::{lock, now_ms};

pub use live::Live;

/// Bounds of a [`FrameStore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// How long a picture stays in memory, in milliseconds since it was put there. The newest that a live channel published stays
    /// longer.
    pub memory_age: Millis,
    /// Bytes of all pictures in memory.
    pub memory_bytes: usize,
    /// Of the disk.
    pub archive: ArchiveLimits,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { memory_age: 60_000, memory_bytes: 256 << 20, archive: ArchiveLimits::default() }
    }
}

/// What is known of a picture.
#[derive(Debug)]
pub enum Found {
    /// It is in memory.
    InMemory(Picture),
    /// It may be in this file; if that is not there, it is gone. Without an interval it is kept.
    OnDisk(PathBuf, Option<Arc<Interval>>),
    /// There never was such a picture.
    Unknown,
}

/// Why a picture is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPut {
    /// The broadcast has ended.
    #[error("the broadcast is over")]
    Over,
    /// The disk has not taken down for hours how far numbers may be given, and none is given twice.
    #[error("the numbering of pictures can't be written to disk")]
    NoNumber,
}

/// All pictures of a server. Drop ends all broadcasts, writes what waits and frees the folder.
#[derive(Debug)]
pub struct FrameStore {
    opened: Arc<Opened>,
}

#[derive(Debug)]
struct Opened {
    data: PathBuf,
    limits: StoreLimits,
    memory: Mutex<Memory>,
    /// Held while a numbering is read and reached for, so that nobody begins with an old one.
    opening: Mutex<()>,
    writer: Writer,
    started: Millis,
    /// Held as long as the store is open.
    _lock: Arc<File>,
}

impl FrameStore {
    /// Opens a data folder, making it if it is not there, and clears away what a crash left.
    ///
    /// # Errors
    /// [`OpenError`] if another program has it or it can't be written.
    pub fn open(data: &Path, limits: StoreLimits) -> Result<Self, OpenError> {
        let unusable = |cause| OpenError::Unusable { folder: data.display().to_string(), cause };
        let lock = Arc::new(data_folder::claim(data)?);
        Archive::clean(data).map_err(unusable)?;
        let started = data_folder::start(data, now_ms());
        let writer = Writer::start(data, limits.archive, lock.clone()).map_err(unusable)?;
        let (memory, opening) = (Mutex::default(), Mutex::default());
        Ok(Self { opened: Arc::new(Opened { data: data.to_owned(), limits, memory, opening, writer, started, _lock: lock }) })
    }

    /// When it was opened: in a later second than ever before, so that is about now.
    #[must_use]
    pub fn started(&self) -> Millis {
        self.opened.started
    }

    /// Whether a broadcast can begin on a channel without waiting for the disk; if so, it can for another minute.
    #[must_use]
    pub fn is_prepared(&self, channel: &str) -> bool {
        lock(&self.opened.memory).by_name.get_mut(channel).is_some_and(ChannelFrames::stay)
    }

    /// Reads a channel's numbering, so that a broadcast can begin there without waiting for the disk. This waits for it.
    ///
    /// # Errors
    /// Those of the file system, if the numbering can't be read and written.
    pub fn prepare(&self, channel: &Arc<str>) -> io::Result<()> {
        if self.is_prepared(channel) {
            return Ok(());
        }
        let _one_by_one = lock(&self.opened.opening);
        if self.is_prepared(channel) {
            return Ok(());
        }
        // Not under the memory's lock: a slow disk must not hold up the end of another broadcast.
        let known = lock(&self.opened.memory).by_name.get(channel).map(|frames| (frames.sequence.clone(), frames.next));
        if let Some((sequence, next)) = known {
            sequence.reach(next);
            sequence.settle()?;
            if let Some(frames) = lock(&self.opened.memory).by_name.get_mut(channel) {
                frames.resume();
                return Ok(());
            }
        }
        let frames = ChannelFrames::open(&self.opened.data, channel)?;
        frames.sequence.reach(frames.next);
        frames.sequence.settle()?;
        lock(&self.opened.memory).by_name.insert(channel.clone(), frames);
        Ok(())
    }

    /// Begins a broadcast on a channel, in place of one that may go on there.
    ///
    /// # Errors
    /// As [`FrameStore::prepare`].
    pub fn begin(&self, channel: &Arc<str>, keep: Keep) -> io::Result<Live> {
        self.prepare(channel)?;
        let mut memory = lock(&self.opened.memory);
        self.opened.end(&mut memory, channel);
        if let Some(undecided) = memory.undecided.remove(channel) {
            self.opened.discard(undecided);
        }
        let saving = Arc::new(Saving::new(keep, Arc::default()));
        if let Some(frames) = memory.by_name.get_mut(channel) {
            let (interval, saving) = (saving.interval().clone(), saving.clone());
            frames.live = Some(LiveInterval { interval, first: frames.next, keep, saving });
        }
        self.opened.writer.on_air();
        Ok(Live { opened: self.opened.clone(), channel: channel.clone(), saving })
    }

    /// Looks for a picture by its name.
    pub async fn find(&self, channel: &str, id: FrameId, kind: PictureType) -> Found {
        if let Some(found) = self.opened.find(channel, id, kind) {
            return found;
        }
        let folder = FolderName::of(channel).folder;
        match Sequence::peek(&data_folder::sequence(&self.opened.data, &folder)).await {
            Some(next) if id.seq < next => Found::OnDisk(picture_path(&self.opened.data, Tree::Kept, &folder, id, kind), None),
            _ => Found::Unknown,
        }
    }

    /// Whether a number was given to a picture of a broadcast that has ended, as far as memory tells.
    #[must_use]
    pub fn is_over(&self, channel: &str, id: FrameId) -> bool {
        let memory = lock(&self.opened.memory);
        memory.by_name.get(channel).is_some_and(|frames| {
            let first = frames.live.as_ref().map_or(frames.next, |live| live.first);
            id.seq < first
        })
    }

    /// The newest picture that was published on a channel, while it is live.
    #[must_use]
    pub fn newest(&self, channel: &str) -> Option<Picture> {
        lock(&self.opened.memory).by_name.get(channel)?.newest().cloned()
    }

    /// Frees the memory of pictures that are too old, and forgets channels that are not live. To be called about once a second.
    pub fn sweep(&self, now: Millis) {
        let released = lock(&self.opened.memory).sweep(now, self.opened.limits.memory_age);
        for sequence in released {
            self.opened.writer.chore(Chore::Settle(sequence));
        }
    }

    /// What was and was not saved.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        self.opened.writer.stats()
    }

    /// Ends all broadcasts and writes what waits, until the deadline. This waits for the disk.
    pub fn close(&self, deadline: Instant) {
        self.opened.close(deadline);
    }
}

impl Opened {
    /// What memory knows of a picture; `None` of a channel that was not live for a while.
    fn find(&self, channel: &str, id: FrameId, kind: PictureType) -> Option<Found> {
        let memory = lock(&self.memory);
        let Some(frames) = memory.by_name.get(channel) else {
            return self.writer.kept(&FolderName::of(channel), id, kind).map(Found::InMemory);
        };
        if id.seq >= frames.next {
            return Some(Found::Unknown);
        }
        if let Some(picture) = frames.get(id.seq) {
            let is_it = picture.id == id && picture.kind == kind;
            return Some(if is_it { Found::InMemory(picture.clone()) } else { Found::Unknown });
        }
        if let Some(picture) = self.writer.kept(&frames.name, id, kind) {
            return Some(Found::InMemory(picture));
        }
        let path = |tree| picture_path(&self.data, tree, &frames.name.folder, id, kind);
        Some(match &frames.live {
            Some(live) if id.seq >= live.first && live.keep != Keep::Yes => {
                Found::OnDisk(path(Tree::Live), Some(live.interval.clone()))
            }
            _ => Found::OnDisk(path(Tree::Kept), None),
        })
    }

    fn close(&self, deadline: Instant) {
        let mut memory = lock(&self.memory);
        let channels: Vec<_> = memory.by_name.keys().cloned().collect();
        for channel in channels {
            self.end(&mut memory, &channel);
            if let Some(frames) = memory.by_name.get(&channel) {
                // An orderly end: numbering goes on without a gap.
                frames.sequence.release(frames.next);
                self.writer.chore(Chore::Settle(frames.sequence.clone()));
            }
        }
        for (_, undecided) in memory.undecided.drain() {
            self.discard(undecided);
        }
        drop(memory);
        self.writer.close(deadline);
    }
}

/// How long the end may take if nothing else is said.
const FAREWELL: Duration = Duration::from_millis(500);

impl Drop for Opened {
    fn drop(&mut self) {
        self.close(Instant::now() + FAREWELL);
    }
}

#[cfg(test)]
mod tests;
