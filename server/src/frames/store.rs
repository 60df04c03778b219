//! Where pictures are: those of the last minute in memory, some of them on disk, and none after their broadcast unless kept.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::archive::{Archive, ArchiveLimits, Tree, picture_path};
use super::data_folder::{self, OpenError};
use super::folder::FolderName;
use super::id::FrameId;
use super::memory::{ChannelFrames, Evicted, LiveInterval, Memory};
use super::picture::{Interval, Picture, PictureType};
use super::sequence::{AHEAD, Sequence};
use super::writer::{Chore, StoreStats, Unwritten, Writer};
use super::{Keep, ToDisk};
use crate::lock;
use crate::relay::Millis;

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
    /// It may be in this file; if that is not there, it is gone.
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
    /// Held as long as the store is open.
    _lock: Arc<File>,
}

/// A broadcast's right to put pictures. Drop ends it.
#[derive(Debug)]
pub struct Live {
    opened: Arc<Opened>,
    channel: Arc<str>,
    interval: Arc<Interval>,
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
        let writer = Writer::start(data, limits.archive, lock.clone()).map_err(unusable)?;
        let (memory, opening) = (Mutex::default(), Mutex::default());
        Ok(Self { opened: Arc::new(Opened { data: data.to_owned(), limits, memory, opening, writer, _lock: lock }) })
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
        if !self.is_prepared(channel) {
            self.prepare(channel)?;
        }
        let mut memory = lock(&self.opened.memory);
        self.opened.end(&mut memory, channel);
        let interval = Arc::<Interval>::default();
        if let Some(frames) = memory.by_name.get_mut(channel) {
            frames.live = Some(LiveInterval { interval: interval.clone(), first: frames.next, keep });
        }
        self.opened.writer.set_live(memory.is_live());
        Ok(Live { opened: self.opened.clone(), channel: channel.clone(), interval })
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

impl Live {
    /// Takes in the next picture and names it. Never waits for the disk. The second part are the pictures that had to leave memory
    /// before their time, for want of it.
    ///
    /// # Errors
    /// [`NotPut`].
    pub fn put(
        &self,
        captured_at: Millis,
        kind: PictureType,
        bytes: Bytes,
        to_disk: ToDisk,
        now: Millis,
    ) -> Result<(FrameId, Vec<Evicted>), NotPut> {
        let mut memory = lock(&self.opened.memory);
        let (frames, keep) = self.frames(&mut memory).ok_or(NotPut::Over)?;
        let id = FrameId { captured_at, seq: frames.next };
        if !frames.sequence.covers(id.seq + AHEAD / 2) {
            frames.sequence.reach(id.seq);
            self.opened.writer.chore(Chore::Settle(frames.sequence.clone()));
        }
        if !frames.sequence.covers(id.seq) {
            return Err(NotPut::NoNumber);
        }
        frames.next += 1;
        let picture = Picture { id, kind, bytes, interval: Some(self.interval.clone()) };
        if to_disk == ToDisk::Yes {
            let (name, tree) = (frames.name.clone(), Tree::of(keep));
            self.opened.writer.save(Unwritten { name, tree, picture: picture.clone() });
        }
        Ok((id, memory.put(&self.channel, picture, now, self.opened.limits.memory_bytes)))
    }

    /// The message of a picture was published: of those it is the newest, and stays in memory until the next one.
    pub fn published(&self, seq: u64) {
        if let Some((frames, _)) = self.frames(&mut lock(&self.opened.memory)) {
            frames.published(seq);
        }
    }

    /// Ends the broadcast: from here on no byte of its pictures is given out, except of those kept. Never waits for the disk.
    pub fn end(&self) {
        let mut memory = lock(&self.opened.memory);
        if self.frames(&mut memory).is_some() {
            self.opened.end(&mut memory, &self.channel);
            self.opened.writer.set_live(memory.is_live());
        }
    }

    /// The channel's pictures, while this broadcast goes on.
    fn frames<'a>(&self, memory: &'a mut Memory) -> Option<(&'a mut ChannelFrames, Keep)> {
        let frames = memory.by_name.get_mut(&self.channel)?;
        let keep = frames.live.as_ref().filter(|live| Arc::ptr_eq(&live.interval, &self.interval))?.keep;
        Some((frames, keep))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end();
    }
}

impl Opened {
    /// What memory knows of a picture; `None` of a channel that was not live for a while.
    fn find(&self, channel: &str, id: FrameId, kind: PictureType) -> Option<Found> {
        let memory = lock(&self.memory);
        let frames = memory.by_name.get(channel)?;
        if id.seq >= frames.next {
            return Some(Found::Unknown);
        }
        if let Some(picture) = frames.get(id.seq) {
            let is_it = picture.id == id && picture.kind == kind;
            return Some(if is_it { Found::InMemory(picture.clone()) } else { Found::Unknown });
        }
        let path = |tree| picture_path(&self.data, tree, &frames.name.folder, id, kind);
        Some(match &frames.live {
            Some(live) if id.seq >= live.first => Found::OnDisk(path(Tree::of(live.keep)), Some(live.interval.clone())),
            _ => Found::OnDisk(path(Tree::Kept), None),
        })
    }

    fn end(&self, memory: &mut Memory, channel: &str) {
        if memory.end(channel) == Some(Keep::No)
            && let Some(frames) = memory.by_name.get(channel)
        {
            self.writer.chore(Chore::Discard(frames.name.clone()));
        }
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
mod tests {
    use std::fs;

    use super::*;

    const LIMITS: StoreLimits = StoreLimits {
        memory_age: 60_000,
        memory_bytes: 100,
        archive: ArchiveLimits { keep: u64::MAX, at_most: 1_000_000, leave_free: 0 },
    };

    fn open(data: &Path) -> FrameStore {
        FrameStore::open(data, LIMITS).unwrap()
    }

    fn put(live: &Live, bytes: &'static [u8], to_disk: ToDisk) -> FrameId {
        live.put(1_795_340_834_123, PictureType::Jpeg, Bytes::from_static(bytes), to_disk, 1000).unwrap().0
    }

    fn find(store: &FrameStore, channel: &str, id: FrameId, kind: PictureType) -> Found {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(store.find(channel, id, kind))
    }

    fn bytes(store: &FrameStore, id: FrameId) -> Option<Bytes> {
        match find(store, "front", id, PictureType::Jpeg) {
            Found::InMemory(picture) => Some(picture.bytes),
            Found::OnDisk(path, _) => fs::read(path).ok().map(Bytes::from),
            Found::Unknown => None,
        }
    }

    #[test]
    fn a_picture_is_there_from_its_put_to_the_end_of_its_broadcast() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let live = store.begin(&"front".into(), Keep::No).unwrap();
        let id = put(&live, b"picture", ToDisk::No);
        assert_eq!(bytes(&store, id).as_deref(), Some(&b"picture"[..]));
        assert!(store.newest("front").is_none(), "it is not published yet");
        live.published(id.seq);
        assert_eq!(store.newest("front").unwrap().id, id);
        assert!(matches!(find(&store, "front", id, PictureType::Png), Found::Unknown));
        assert!(matches!(find(&store, "front", FrameId { seq: id.seq + 1, ..id }, PictureType::Jpeg), Found::Unknown));
        let Found::InMemory(picture) = find(&store, "front", id, PictureType::Jpeg) else { panic!("not in memory") };
        live.end();
        assert!(picture.interval.unwrap().is_over());
        assert_eq!(bytes(&store, id), None);
        assert!(store.newest("front").is_none());
        assert!(live.put(1, PictureType::Jpeg, Bytes::new(), ToDisk::No, 1) == Err(NotPut::Over));
    }

    #[test]
    fn what_is_kept_outlives_its_broadcast_and_the_program_and_nothing_else_does() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let kept = store.begin(&"front".into(), Keep::Yes).unwrap();
        let (saved, unsaved) = (put(&kept, b"saved", ToDisk::Yes), put(&kept, b"unsaved", ToDisk::No));
        drop(kept);
        let passing = store.begin(&"front".into(), Keep::No).unwrap();
        let gone = put(&passing, b"gone", ToDisk::Yes);
        drop(passing);
        drop(store);
        let store = open(data.path());
        assert_eq!(bytes(&store, saved).as_deref(), Some(&b"saved"[..]));
        assert_eq!((bytes(&store, unsaved), bytes(&store, gone)), (None, None));
        assert!(matches!(find(&store, "never", saved, PictureType::Jpeg), Found::Unknown));
    }

    #[test]
    fn numbers_go_on_after_an_orderly_end() {
        let data = tempfile::tempdir().unwrap();
        let numbers = (0..2).map(|_| {
            let store = open(data.path());
            put(&store.begin(&"front".into(), Keep::No).unwrap(), b"a", ToDisk::No).seq
        });
        assert_eq!(numbers.collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn no_number_is_given_that_a_crash_would_give_again() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let live = store.begin(&"front".into(), Keep::No).unwrap();
        let sequence = lock(&store.opened.memory).by_name["front"].sequence.clone();
        // A disk that hangs.
        let hanging = lock(&sequence.writing);
        let put = || live.put(1, PictureType::Jpeg, Bytes::new(), ToDisk::No, 1000).map(|(id, _)| id.seq);
        let given: Vec<_> = std::iter::from_fn(|| put().ok()).collect();
        assert_eq!(put(), Err(NotPut::NoNumber));
        // What the next start would find after a kill.
        let (_, next) = Sequence::open(&data_folder::sequence(data.path(), "front")).unwrap();
        assert!(given.len() as u64 == AHEAD && given.iter().all(|number| *number < next), "{next} {given:?}");
        drop(hanging);
        while put().is_err() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_stop_and_a_go_live_at_once_lose_nothing_that_is_to_be_saved() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let first = store.begin(&"front".into(), Keep::No).unwrap();
        for _ in 0..200 {
            put(&first, b"first", ToDisk::Yes);
        }
        while store.stats().saved < 200 {
            std::thread::yield_now();
        }
        drop(first);
        let second = store.begin(&"front".into(), Keep::No).unwrap();
        for _ in 0..100 {
            put(&second, b"second", ToDisk::Yes);
        }
        while store.stats().saved + store.stats().unsaved < 300 {
            std::thread::yield_now();
        }
        assert_eq!(store.stats(), StoreStats { saved: 300, unsaved: 0, disk_fault: None });
        store.close(Instant::now() + Duration::from_secs(60));
        assert_eq!(fs::read_dir(data.path().join("live")).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_is_used_by_one_program_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let error = FrameStore::open(data.path(), LIMITS).unwrap_err().to_string();
        assert!(error.contains("in use") && error.contains(&std::process::id().to_string()), "{error}");
        drop(store);
        open(data.path());
    }
}
