//! What becomes of a broadcast's pictures once it is over.

use std::path::PathBuf;

use super::{FrameStore, Opened};
use crate::frames::Keep;
use crate::frames::folder::FolderName;
use crate::frames::memory::{Ended, Memory};
use crate::frames::tree::Tree;
use crate::frames::writer::Chore;
use crate::lock;

impl FrameStore {
    /// Keeps what was saved of a channel's last broadcast, which ended [`Keep::Undecided`]; false if nothing waits to be decided.
    pub fn keep_ended(&self, channel: &str) -> bool {
        self.opened.decide(channel, Opened::keep)
    }

    /// Removes what was saved of such a broadcast; false if nothing waits to be decided.
    pub fn remove_ended(&self, channel: &str) -> bool {
        self.opened.decide(channel, Opened::discard)
    }

    /// Where the kept pictures of a channel are, or would be.
    #[must_use]
    pub fn kept_folder(&self, channel: &str) -> PathBuf {
        self.opened.data.join(Tree::Kept.folder()).join(FolderName::of(channel).folder)
    }
}

impl Opened {
    pub(super) fn end(&self, memory: &mut Memory, channel: &str) {
        let Some(ended) = memory.end(channel) else { return };
        match ended.saving.keep() {
            Keep::Yes => {}
            Keep::No => self.discard(ended),
            Keep::Undecided => drop(memory.undecided.insert(channel.into(), ended)),
        }
    }

    fn decide(&self, channel: &str, act: fn(&Self, Ended)) -> bool {
        let undecided = lock(&self.memory).undecided.remove(channel);
        undecided.map(|ended| act(self, ended)).is_some()
    }

    // What still waits for the disk goes where the word says, and what is there already follows.

    fn keep(&self, Ended { name, saving }: Ended) {
        saving.decide(Keep::Yes);
        self.writer.chore(Chore::Keep(name));
    }

    pub(super) fn discard(&self, Ended { name, saving }: Ended) {
        saving.decide(Keep::No);
        self.writer.chore(Chore::Discard(name));
    }
}
