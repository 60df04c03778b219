//! The pictures in memory, of all channels that are live or were just now.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use super::folder::FolderName;
use super::id::FrameId;
use super::picture::{Interval, Picture};
use super::saving::Saving;
use super::sequence::Sequence;
use super::{Keep, data_folder};
use crate::relay::Millis;

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub by_name: HashMap<Arc<str>, ChannelFrames>,
    /// Channels whose last broadcast is over, and of which nobody has said whether it is kept.
    pub undecided: HashMap<Arc<str>, Ended>,
    /// Of all pictures.
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct ChannelFrames {
    pub name: Arc<FolderName>,
    pub sequence: Arc<Sequence>,
    /// The number of the next picture.
    pub next: u64,
    pub live: Option<LiveInterval>,
    /// Oldest first, with the time of their arrival.
    pictures: VecDeque<(Millis, Picture)>,
    /// The number of the newest picture that was published.
    newest: Option<u64>,
    /// Sweeps since it was last live.
    idle: u32,
}

#[derive(Debug)]
pub(super) struct LiveInterval {
    pub interval: Arc<Interval>,
    /// The number of its first picture.
    pub first: u64,
    pub keep: Keep,
    pub saving: Arc<Saving>,
}

/// A broadcast that is over.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub name: Arc<FolderName>,
    pub saving: Arc<Saving>,
}

/// A picture that had to leave memory before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evicted {
    /// Its channel.
    pub channel: Arc<str>,
    /// Its number.
    pub seq: u64,
}

/// After so many sweeps the numbering of a channel that is not live is released, and the channel forgotten: a minute.
pub(super) const IDLE: u32 = 60;

impl Memory {
    /// Takes in a picture, and lets others go until the bound is kept: the oldest first, whosever they are, of those that the
    /// channels can spare; then of those that have a successor; then of all.
    pub(super) fn put(&mut self, channel: &str, picture: Picture, now: Millis, bound: usize) -> Vec<Evicted> {
        let this = (channel, picture.id);
        self.bytes += picture.bytes.len();
        if let Some(frames) = self.by_name.get_mut(channel) {
            frames.pictures.push_back((now, picture));
        }
        let mut evicted = Vec::new();
        while self.bytes > bound {
            let oldest_of = |more_than| move |frames: &ChannelFrames| (frames.pictures.len() > more_than).then_some(0);
            let goes = self.oldest(this, ChannelFrames::spare);
            let goes = goes.or_else(|| self.oldest(this, oldest_of(1))).or_else(|| self.oldest(this, oldest_of(0)));
            let Some((channel, index)) = goes else { break };
            if let Some(frames) = self.by_name.get_mut(&channel) {
                evicted.extend(frames.remove(index, &mut self.bytes).map(|id| Evicted { channel, seq: id.seq }));
            }
        }
        evicted
    }

    /// Of those that the channels would give up, the one that came first; not `this`.
    fn oldest(&self, this: (&str, FrameId), choose: impl Fn(&ChannelFrames) -> Option<usize>) -> Option<(Arc<str>, usize)> {
        let chosen = self.by_name.iter().filter_map(|(name, frames)| {
            let index = choose(frames)?;
            let (arrived, picture) = frames.pictures.get(index)?;
            ((&**name, picture.id) != this).then_some((*arrived, name, index))
        });
        chosen.min_by_key(|(arrived, ..)| *arrived).map(|(_, name, index)| (name.clone(), index))
    }

    /// Lets go what is too old. Returns the numberings that are released, and forgets channels whose release is written.
    pub(super) fn sweep(&mut self, now: Millis, age: Millis) -> Vec<Arc<Sequence>> {
        let mut released = Vec::new();
        for frames in self.by_name.values_mut() {
            while let Some(index) = frames.spare()
                && now.saturating_sub(frames.pictures[index].0) > age
            {
                frames.remove(index, &mut self.bytes);
            }
            frames.idle = if frames.live.is_some() { 0 } else { frames.idle.saturating_add(1) };
            if frames.idle == IDLE {
                frames.sequence.release(frames.next);
                released.push(frames.sequence.clone());
            }
        }
        self.by_name.retain(|_, frames| frames.idle <= IDLE || Arc::strong_count(&frames.sequence) > 1);
        released
    }

    /// Ends a channel's broadcast: all its pictures leave.
    pub(super) fn end(&mut self, channel: &str) -> Option<Ended> {
        let frames = self.by_name.get_mut(channel)?;
        let live = frames.live.take()?;
        live.interval.end();
        self.bytes -= frames.pictures.drain(..).map(|(_, picture)| picture.bytes.len()).sum::<usize>();
        frames.newest = None;
        Some(Ended { name: frames.name.clone(), saving: live.saving })
    }

    /// Whether any channel is live.
    pub(super) fn is_live(&self) -> bool {
        self.by_name.values().any(|frames| frames.live.is_some())
    }
}

impl ChannelFrames {
    /// Reads a channel's numbering and reaches for numbers; they may be given once that is settled.
    pub(super) fn open(data: &Path, channel: &str) -> std::io::Result<Self> {
        let name = Arc::new(FolderName::of(channel));
        let (sequence, next) = Sequence::open(&data_folder::sequence(data, &name.folder))?;
        let sequence = Arc::new(sequence);
        Ok(Self { name, sequence, next, live: None, pictures: VecDeque::new(), newest: None, idle: 0 })
    }

    /// Whether numbers may be given; if so, they may for another minute.
    pub(super) fn stay(&mut self) -> bool {
        let stays = self.idle < IDLE;
        if stays {
            self.idle = 0;
        }
        stays
    }

    /// Gives numbers again, after a release that was reached for and settled.
    pub(super) fn resume(&mut self) {
        self.idle = 0;
    }

    /// A picture by its number.
    pub(super) fn get(&self, seq: u64) -> Option<&Picture> {
        let index = self.pictures.binary_search_by_key(&seq, |(_, picture)| picture.id.seq).ok()?;
        Some(&self.pictures[index].1)
    }

    /// The newest picture that was published.
    pub(super) fn newest(&self) -> Option<&Picture> {
        self.get(self.newest?)
    }

    /// The message of a picture was published.
    pub(super) fn published(&mut self, seq: u64) {
        if self.get(seq).is_some() {
            self.newest = self.newest.max(Some(seq));
        }
    }

    /// The oldest picture that may leave: the newest one that was published stays for those who come late.
    fn spare(&self) -> Option<usize> {
        (0..self.pictures.len().min(2)).find(|&index| Some(self.pictures[index].1.id.seq) != self.newest)
    }

    fn remove(&mut self, index: usize, total: &mut usize) -> Option<FrameId> {
        let (_, picture) = self.pictures.remove(index)?;
        *total -= picture.bytes.len();
        Some(picture.id)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::picture::PictureType;
    use super::*;

    /// A memory of these channels, and the folder of their numberings.
    fn memory(channels: &[&str]) -> (Memory, tempfile::TempDir) {
        let data = tempfile::tempdir().unwrap();
        let mut memory = Memory::default();
        for channel in channels {
            let mut frames = ChannelFrames::open(data.path(), channel).unwrap();
            let saving = Arc::new(Saving::new(Keep::No, Arc::default()));
            frames.live = Some(LiveInterval { interval: saving.interval().clone(), first: 1, keep: Keep::No, saving });
            memory.by_name.insert((*channel).into(), frames);
        }
        (memory, data)
    }

    /// Puts a picture of so many bytes where 100 have a place; tells what had to leave.
    fn put(memory: &mut Memory, channel: &str, size: usize, now: Millis) -> Vec<(String, u64)> {
        let frames = memory.by_name.get_mut(channel).unwrap();
        let id = FrameId { captured_at: now, seq: frames.next };
        frames.next += 1;
        let picture = Picture { id, kind: PictureType::Jpeg, bytes: Bytes::from(vec![0; size]), interval: None };
        let evicted = memory.put(channel, picture, now, 100);
        evicted.into_iter().map(|Evicted { channel, seq }| (channel.to_string(), seq)).collect()
    }

    fn publish(memory: &mut Memory, channel: &str, size: usize, now: Millis) -> Vec<(String, u64)> {
        let evicted = put(memory, channel, size, now);
        let frames = memory.by_name.get_mut(channel).unwrap();
        frames.published(frames.next - 1);
        evicted
    }

    fn held(memory: &Memory, channel: &str) -> Vec<u64> {
        memory.by_name[channel].pictures.iter().map(|(_, picture)| picture.id.seq).collect()
    }

    #[test]
    fn the_newest_picture_of_a_channel_outlives_older_ones_of_others() {
        let (mut memory, _data) = memory(&["rare", "busy"]);
        assert_eq!(publish(&mut memory, "rare", 30, 1000), []);
        assert_eq!(publish(&mut memory, "busy", 30, 1001), []);
        assert_eq!(publish(&mut memory, "busy", 30, 1002), []);
        assert_eq!(publish(&mut memory, "busy", 30, 1003), [("busy".into(), 1)]);
        assert_eq!((held(&memory, "rare"), held(&memory, "busy")), (vec![1], vec![2, 3]));
        let evicted = publish(&mut memory, "busy", 90, 1004);
        assert_eq!(evicted, [("busy".into(), 2), ("busy".into(), 3), ("rare".into(), 1)], "one alone takes all there is");
        assert_eq!(held(&memory, "busy"), [4]);
        assert_eq!(memory.bytes, 90);
    }

    #[test]
    fn a_picture_that_was_not_published_ages_and_is_never_the_newest() {
        let (mut memory, _data) = memory(&["front"]);
        publish(&mut memory, "front", 10, 1000);
        put(&mut memory, "front", 10, 2000);
        assert_eq!(memory.by_name["front"].newest().map(|picture| picture.id.seq), Some(1));
        memory.sweep(1_000_000, 60_000);
        assert_eq!(held(&memory, "front"), [1]);
        memory.by_name.get_mut("front").unwrap().published(2);
        assert_eq!(memory.by_name["front"].newest().map(|picture| picture.id.seq), Some(1), "it is gone");
    }

    #[test]
    fn a_channel_that_is_not_live_is_forgotten_once_its_numbering_is_released() {
        let (mut memory, data) = memory(&["front"]);
        publish(&mut memory, "front", 10, 1000);
        memory.end("front");
        let released: Vec<_> = (0..2 * IDLE).flat_map(|_| memory.sweep(1000, 60_000)).collect();
        assert_eq!((released.len(), memory.by_name.len()), (1, 1), "its release is not written yet");
        released[0].settle().unwrap();
        drop(released);
        memory.sweep(1000, 60_000);
        assert!(memory.by_name.is_empty());
        assert_eq!(ChannelFrames::open(data.path(), "front").unwrap().next, 2, "without a gap");
    }
}
