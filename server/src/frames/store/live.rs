//! A broadcast's side of the store.

use std::sync::Arc;

use bytes::Bytes;

use super::{NotPut, Opened};
use crate::frames::id::FrameId;
use crate::frames::memory::{ChannelFrames, Evicted, Memory};
use crate::frames::picture::{Picture, PictureType};
use crate::frames::saving::Saving;
use crate::frames::sequence::AHEAD;
use crate::frames::writer::{Chore, Unwritten};
use crate::frames::{Keep, ToDisk};
use crate::lock;
use crate::relay::Millis;

/// A broadcast's right to put pictures. Drop ends it.
#[derive(Debug)]
pub struct Live {
    pub(super) opened: Arc<Opened>,
    pub(super) channel: Arc<str>,
    pub(super) saving: Arc<Saving>,
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
        let mut picture = Picture { id, kind, bytes, interval: Some(self.saving.interval().clone()) };
        if to_disk == ToDisk::Yes {
            let (name, saving) = (frames.name.clone(), self.saving.clone());
            let queued = self.opened.writer.save(Unwritten { name, saving, picture: picture.clone() });
            if queued && keep == Keep::Yes {
                // It stays, so nothing is broken off at the end.
                picture.interval = None;
            }
        }
        Ok((id, memory.put(&self.channel, picture, now, self.opened.limits.memory_bytes)))
    }

    /// Whether this is or was the name of a picture of this broadcast, as far as memory tells.
    #[must_use]
    pub fn has(&self, id: FrameId, kind: PictureType) -> bool {
        let mut memory = lock(&self.opened.memory);
        self.frames(&mut memory).is_some_and(|(frames, _)| {
            let first = frames.live.as_ref().map_or(frames.next, |live| live.first);
            let is_it = |picture: &Picture| picture.id == id && picture.kind == kind;
            (first..frames.next).contains(&id.seq) && frames.get(id.seq).is_none_or(is_it)
        })
    }

    /// The message of a picture was published: of those it is the newest, and stays in memory until the next one.
    pub fn published(&self, seq: u64) {
        if let Some((frames, _)) = self.frames(&mut lock(&self.opened.memory)) {
            frames.published(seq);
        }
    }

    /// What becomes of its pictures on disk.
    #[must_use]
    pub fn saving(&self) -> &Arc<Saving> {
        &self.saving
    }

    /// Ends the broadcast: from here on no byte of its pictures is given out, except of those kept. Never waits for the disk.
    pub fn end(&self) {
        let mut memory = lock(&self.opened.memory);
        if self.frames(&mut memory).is_some() {
            self.opened.end(&mut memory, &self.channel);
            if !memory.is_live() {
                self.opened.writer.off_air();
            }
        }
    }

    /// The channel's pictures, while this broadcast goes on.
    fn frames<'a>(&self, memory: &'a mut Memory) -> Option<(&'a mut ChannelFrames, Keep)> {
        let frames = memory.by_name.get_mut(&self.channel)?;
        let keep = frames.live.as_ref().filter(|live| Arc::ptr_eq(&live.saving, &self.saving))?.keep;
        Some((frames, keep))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end();
    }
}
