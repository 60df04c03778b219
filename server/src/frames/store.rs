//! Where pictures are: those of the last minute in memory, some of them on disk, and none after their broadcast unless kept.

use std::collections::{HashMap, VecDeque};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::archive::{Archive, ArchiveLimits, Tree, picture_path};
use super::folder::FolderName;
use super::id::FrameId;
use super::picture::{Interval, Picture, PictureType};
use super::sequence::{AHEAD, Sequence};
use super::writer::{Chore, Save, StoreStats, Writer};
use crate::files::private_folder;
use crate::relay::Millis;

/// Bounds of a [`FrameStore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// How long a picture stays in memory, in milliseconds since it was put there. The newest of a live channel stays longer.
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

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another program has it.
    #[error("the data folder {folder} is in use by another Cometcam{owner}; end that one, or choose another folder with --data")]
    Locked {
        /// The folder.
        folder: String,
        /// Its process, as the end of a clause; empty if unknown.
        owner: String,
    },
    /// The system doesn't let us.
    #[error("the data folder {folder} can't be used: {cause}; choose a folder that you may write to with --data")]
    Unusable {
        /// The folder.
        folder: String,
        /// The system's reason.
        cause: io::Error,
    },
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

/// All pictures of a server. Drop ends all broadcasts, writes what waits and frees the folder.
#[derive(Debug)]
pub struct FrameStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    data: PathBuf,
    limits: StoreLimits,
    channels: Mutex<Channels>,
    writer: Writer,
    /// Held as long as the store is open.
    _lock: File,
}

#[derive(Debug, Default)]
struct Channels {
    by_name: HashMap<Arc<str>, ChannelFrames>,
    /// Of all pictures in memory.
    bytes: usize,
}

#[derive(Debug)]
struct ChannelFrames {
    name: Arc<FolderName>,
    sequence: Arc<Mutex<Sequence>>,
    next: u64,
    /// The numbers below are written down as given out, or are about to be; after a crash numbering goes on from what is written.
    bound: u64,
    /// Oldest first, with the time of their arrival.
    memory: VecDeque<(Millis, Picture)>,
    live: Option<LiveInterval>,
}

/// Channels whose numbering is known, at most.
const MOST_CHANNELS: usize = 100_000;

#[derive(Debug)]
struct LiveInterval {
    interval: Arc<Interval>,
    first: u64,
    keep: bool,
}

/// A broadcast's right to put pictures. Drop ends it.
#[derive(Debug)]
pub struct Live {
    shared: Arc<Shared>,
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
        private_folder(data).map_err(unusable)?;
        let lock = lock(data)?;
        Archive::clean(data).map_err(unusable)?;
        let writer = Writer::start(data, limits.archive).map_err(unusable)?;
        let shared = Shared { data: data.to_owned(), limits, channels: Mutex::default(), writer, _lock: lock };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Reads a channel's numbering, so that a broadcast can begin there without waiting for the disk.
    ///
    /// # Errors
    /// Those of the file system, if the numbering can't be read and written.
    pub fn prepare(&self, channel: &Arc<str>) -> io::Result<()> {
        if self.shared.lock().by_name.contains_key(channel) {
            return Ok(());
        }
        // Not under the lock: a slow disk must not hold up the end of another broadcast.
        let opened = ChannelFrames::open(&self.shared.data, channel)?;
        let mut channels = self.shared.lock();
        if channels.by_name.len() >= MOST_CHANNELS {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "there are too many channels with pictures"));
        }
        channels.by_name.entry(channel.clone()).or_insert(opened);
        Ok(())
    }

    /// Begins a broadcast on a channel, in place of one that may go on there.
    ///
    /// # Errors
    /// As [`FrameStore::prepare`].
    pub fn begin(&self, channel: &Arc<str>, keep: bool) -> io::Result<Live> {
        self.prepare(channel)?;
        let mut channels = self.shared.lock();
        let Channels { by_name, bytes } = &mut *channels;
        let interval = Arc::<Interval>::default();
        if let Some(frames) = by_name.get_mut(channel) {
            frames.end(bytes, &self.shared.writer);
            frames.live = Some(LiveInterval { interval: interval.clone(), first: frames.next, keep });
        }
        Ok(Live { shared: self.shared.clone(), channel: channel.clone(), interval })
    }

    /// Looks for a picture by its name.
    #[must_use]
    pub fn find(&self, channel: &str, id: FrameId, kind: PictureType) -> Found {
        let channels = self.shared.lock();
        let folder = FolderName::of(channel).folder;
        let path = |tree| picture_path(&self.shared.data, tree, &folder, id, kind);
        let Some(frames) = channels.by_name.get(channel) else {
            drop(channels);
            return match Sequence::peek(&sequence_path(&self.shared.data, &folder)) {
                Some(next) if id.seq < next => Found::OnDisk(path(Tree::Kept), None),
                _ => Found::Unknown,
            };
        };
        if id.seq >= frames.next {
            return Found::Unknown;
        }
        if let Ok(index) = frames.memory.binary_search_by_key(&id.seq, |(_, picture)| picture.id.seq) {
            let picture = &frames.memory[index].1;
            return if picture.id == id && picture.kind == kind { Found::InMemory(picture.clone()) } else { Found::Unknown };
        }
        match &frames.live {
            Some(live) if id.seq >= live.first => {
                let tree = if live.keep { Tree::Kept } else { Tree::Live };
                Found::OnDisk(path(tree), Some(live.interval.clone()))
            }
            _ => Found::OnDisk(path(Tree::Kept), None),
        }
    }

    /// The newest picture of a channel that is live.
    #[must_use]
    pub fn newest(&self, channel: &str) -> Option<Picture> {
        let channels = self.shared.lock();
        channels.by_name.get(channel)?.memory.back().map(|(_, picture)| picture.clone())
    }

    /// Frees the memory of pictures that are too old. To be called about once a second.
    pub fn sweep(&self, now: Millis) {
        let mut channels = self.shared.lock();
        let Channels { by_name, bytes } = &mut *channels;
        for frames in by_name.values_mut() {
            while frames.memory.len() > 1 && now.saturating_sub(frames.memory[0].0) > self.shared.limits.memory_age {
                frames.forget_oldest(bytes);
            }
        }
    }

    /// What was and was not saved.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        self.shared.writer.stats()
    }
}

impl Live {
    /// Takes in the next picture and names it; `save` sends it to the disk as well. Never waits for the disk.
    ///
    /// `None` after the broadcast's end. The second part are the pictures that had to leave memory before their time, for want of it.
    pub fn put(
        &self,
        captured_at: Millis,
        kind: PictureType,
        bytes: Bytes,
        save: bool,
        now: Millis,
    ) -> Option<(FrameId, Vec<Evicted>)> {
        let mut channels = self.shared.lock();
        let Channels { by_name, bytes: total } = &mut *channels;
        let frames = by_name.get_mut(&self.channel)?;
        let live = frames.live.as_ref().filter(|live| Arc::ptr_eq(&live.interval, &self.interval))?;
        let tree = if live.keep { Tree::Kept } else { Tree::Live };
        let id = FrameId { captured_at, seq: frames.next };
        let picture = Picture { id, kind, bytes, interval: Some(self.interval.clone()) };
        frames.next += 1;
        if frames.next + AHEAD / 2 > frames.bound {
            frames.bound = frames.next + AHEAD;
            self.shared.writer.chore(Chore::Reserve(frames.sequence.clone(), frames.bound));
        }
        *total += picture.bytes.len();
        if save {
            self.shared.writer.save(Save { name: frames.name.clone(), tree, picture: picture.clone() });
        }
        frames.memory.push_back((now, picture));
        let evicted = channels.evict(self.shared.limits.memory_bytes, &self.channel);
        Some((id, evicted))
    }

    /// Ends the broadcast: from here on no byte of its pictures is given out, except of those kept. Never waits for the disk.
    pub fn end(&self) {
        let mut channels = self.shared.lock();
        let Channels { by_name, bytes } = &mut *channels;
        if let Some(frames) = by_name.get_mut(&self.channel)
            && frames.live.as_ref().is_some_and(|live| Arc::ptr_eq(&live.interval, &self.interval))
        {
            frames.end(bytes, &self.shared.writer);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end();
    }
}

/// A picture that had to leave memory before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evicted {
    /// Its channel.
    pub channel: Arc<str>,
    /// Its number.
    pub seq: u64,
}

impl Channels {
    /// Lets the oldest pictures go, whosever they are, until the rest fits; the one that came last, on `newest`, stays.
    fn evict(&mut self, limit: usize, newest: &str) -> Vec<Evicted> {
        let mut evicted = Vec::new();
        while self.bytes > limit {
            let oldest = |frames: &ChannelFrames| frames.memory.front().map(|(arrived, _)| *arrived);
            let candidates = self.by_name.iter_mut().filter(|(name, frames)| frames.memory.len() > 1 || ***name != *newest);
            let Some((_, name, frames)) = candidates
                .filter_map(|(name, frames)| Some((oldest(frames)?, name, frames)))
                .min_by_key(|(arrived, ..)| *arrived)
            else {
                break;
            };
            evicted.extend(frames.memory.front().map(|(_, picture)| Evicted { channel: name.clone(), seq: picture.id.seq }));
            frames.forget_oldest(&mut self.bytes);
        }
        evicted
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Channels> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let Channels { by_name, bytes } = &mut *self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        for frames in by_name.values_mut() {
            frames.end(bytes, &self.writer);
            // An orderly end: numbering goes on without a gap.
            self.writer.chore(Chore::Reserve(frames.sequence.clone(), frames.next));
        }
    }
}

impl ChannelFrames {
    fn open(data: &Path, channel: &str) -> io::Result<Self> {
        let name = Arc::new(FolderName::of(channel));
        let (mut sequence, next) = Sequence::open(&sequence_path(data, &name.folder))?;
        let bound = next + AHEAD;
        sequence.write(bound)?;
        Ok(Self { name, sequence: Arc::new(Mutex::new(sequence)), next, bound, memory: VecDeque::new(), live: None })
    }

    fn end(&mut self, total: &mut usize, writer: &Writer) {
        let Some(live) = self.live.take() else { return };
        live.interval.end();
        while !self.memory.is_empty() {
            self.forget_oldest(total);
        }
        if !live.keep {
            writer.chore(Chore::Discard(self.name.clone()));
        }
    }

    fn forget_oldest(&mut self, total: &mut usize) {
        if let Some((_, picture)) = self.memory.pop_front() {
            *total -= picture.bytes.len();
        }
    }
}

fn sequence_path(data: &Path, folder: &str) -> PathBuf {
    data.join("sequence").join(folder)
}

/// Locks the folder for this process; the lock goes with the process, however it ends.
fn lock(data: &Path) -> Result<File, OpenError> {
    let folder = data.display().to_string();
    let unusable = |cause| OpenError::Unusable { folder: folder.clone(), cause };
    let path = data.join("lock");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // Only to name the owner; not knowing it is no error.
            let owner = match file.read_to_string(&mut process) {
                Ok(_) if !process.trim().is_empty() => format!(" (process {})", process.trim()),
                _ => String::new(),
            };
            return Err(OpenError::Locked { folder, owner });
        }
        Err(TryLockError::Error(cause)) => return Err(unusable(cause)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unusable)?;
    Ok(file)
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

    fn put(live: &Live, bytes: &'static [u8], save: bool) -> FrameId {
        live.put(1_795_340_834_123, PictureType::Jpeg, Bytes::from_static(bytes), save, 1000).unwrap().0
    }

    fn bytes(store: &FrameStore, id: FrameId) -> Option<Bytes> {
        match store.find("front", id, PictureType::Jpeg) {
            Found::InMemory(picture) => Some(picture.bytes),
            Found::OnDisk(path, _) => fs::read(path).ok().map(Bytes::from),
            Found::Unknown => None,
        }
    }

    #[test]
    fn a_picture_is_there_from_its_put_to_the_end_of_its_broadcast() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let live = store.begin(&"front".into(), false).unwrap();
        let id = put(&live, b"picture", false);
        assert_eq!(bytes(&store, id).as_deref(), Some(&b"picture"[..]));
        assert_eq!(store.newest("front").unwrap().id, id);
        assert!(matches!(store.find("front", id, PictureType::Png), Found::Unknown));
        assert!(matches!(store.find("front", FrameId { seq: id.seq + 1, ..id }, PictureType::Jpeg), Found::Unknown));
        let Found::InMemory(picture) = store.find("front", id, PictureType::Jpeg) else { panic!("not in memory") };
        live.end();
        assert!(picture.interval.unwrap().is_over());
        assert_eq!(bytes(&store, id), None);
        assert!(store.newest("front").is_none());
        assert!(live.put(1, PictureType::Jpeg, Bytes::new(), false, 1).is_none());
    }

    #[test]
    fn what_is_kept_outlives_its_broadcast_and_the_program_and_nothing_else_does() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let kept = store.begin(&"front".into(), true).unwrap();
        let (saved, unsaved) = (put(&kept, b"saved", true), put(&kept, b"unsaved", false));
        drop(kept);
        let passing = store.begin(&"front".into(), false).unwrap();
        let gone = put(&passing, b"gone", true);
        drop(passing);
        drop(store);
        let store = open(data.path());
        assert_eq!(bytes(&store, saved).as_deref(), Some(&b"saved"[..]));
        assert_eq!((bytes(&store, unsaved), bytes(&store, gone)), (None, None));
        assert!(matches!(store.find("never", saved, PictureType::Jpeg), Found::Unknown));
    }

    #[test]
    fn numbers_go_on_after_an_orderly_end_and_skip_ahead_after_a_crash() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let first = put(&store.begin(&"front".into(), false).unwrap(), b"a", false);
        drop(store);
        let store = open(data.path());
        let second = put(&store.begin(&"front".into(), false).unwrap(), b"b", false);
        assert_eq!((first.seq, second.seq), (1, 2));
        assert!(Sequence::peek(&sequence_path(data.path(), "front")).unwrap() > second.seq);
    }

    #[test]
    fn memory_is_bounded_and_what_left_it_early_is_told() {
        let data = tempfile::tempdir().unwrap();
        let store = open(data.path());
        let live = store.begin(&"front".into(), false).unwrap();
        let put = |size: usize, now| live.put(5, PictureType::Jpeg, Bytes::from(vec![0; size]), false, now).unwrap();
        let (first, none) = put(60, 1000);
        let (second, early) = put(60, 1001);
        assert_eq!((none, early), (vec![], vec![Evicted { channel: "front".into(), seq: first.seq }]));
        let other = store.begin(&"other".into(), false).unwrap();
        let (_, early) = other.put(5, PictureType::Jpeg, Bytes::from(vec![0; 30]), false, 1002).unwrap();
        assert_eq!(early, vec![]);
        let (_, early) = other.put(5, PictureType::Jpeg, Bytes::from(vec![0; 90]), false, 1003).unwrap();
        assert_eq!(early.len(), 2, "the oldest go, also those of another channel: {early:?}");
        assert!(bytes(&store, second).is_none());
        drop(other);
        let (third, _) = put(10, 2000);
        let (fourth, _) = put(10, 3000);
        store.sweep(62_500);
        assert!(bytes(&store, third).is_none() && bytes(&store, fourth).is_some());
        store.sweep(900_000);
        assert!(bytes(&store, fourth).is_some(), "the newest stays while live");
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
