//! Keeping a broadcast after its end: its files move from one tree to the other, some at a time between other work.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::NAME_FILE;
use super::id::FrameId;
use super::leaving::{remove, tidy};
use super::tree::Tree;
use crate::files::private_folder;

/// Stands in a channel's folder as long as its pictures are being moved, so that a start after a kill goes on with it. It tells the
/// number of the last picture that is to be kept: what has a higher one is of a broadcast that began meanwhile.
const MARK: &str = "being-kept";

/// What is still to be moved of a channel.
#[derive(Debug)]
pub(super) struct Keeping {
    pub folder: Arc<str>,
    /// The number of the last picture that is to be kept.
    pub last: u64,
    /// Those that were not yet tried, the next one last.
    pub untried: Vec<FrameId>,
    /// Those that could not be moved.
    pub stuck: Vec<FrameId>,
    pub trouble: Option<io::Error>,
}

impl Keeping {
    pub(super) fn new(folder: &str, last: u64, mut pictures: Vec<FrameId>) -> Self {
        pictures.sort_unstable_by(|one, other| other.cmp(one));
        Self { folder: folder.into(), last, untried: pictures, stuck: Vec::new(), trouble: None }
    }

    /// Whether there is something to be done.
    pub(super) fn is_open(&self) -> bool {
        !self.untried.is_empty() || (self.stuck.is_empty() && self.trouble.is_none())
    }

    /// All that could not be moved is to be tried again.
    pub(super) fn retry(&mut self) {
        self.untried.append(&mut self.stuck);
        self.trouble = None;
    }

    /// All is moved: what was there for the move's sake goes, and the channel's name where its folder does not tell it.
    pub(super) fn finish(&self, data: &Path) -> io::Result<()> {
        let [from, to] = [Tree::Live, Tree::Kept].map(|tree| data.join(tree.folder()).join(&*self.folder));
        let [name, kept_name] = [&from, &to].map(|folder| folder.join(NAME_FILE));
        if name.exists() && to.exists() && !kept_name.exists() {
            fs::copy(&name, kept_name)?;
        }
        remove(&from.join(MARK))?;
        tidy(&from);
        Ok(())
    }
}

/// Where the mark of a channel is.
pub(super) fn mark(data: &Path, folder: &str) -> PathBuf {
    data.join(Tree::Live.folder()).join(folder).join(MARK)
}

/// The last picture that is to be kept of those in this folder of a channel, as an earlier run had begun to do.
pub(super) fn begun(channel: &Path) -> Option<u64> {
    // One of an earlier version tells no number: all that lay there was to be kept.
    fs::read_to_string(channel.join(MARK)).ok().map(|last| last.trim().parse().unwrap_or(u64::MAX))
}

/// What was to be kept is not to be any more.
pub(super) fn give_up(channel: &Path) -> io::Result<()> {
    remove(&channel.join(MARK))
}

/// Moves a picture. First all of it is on disk: a power cut must not leave a kept file without content.
pub(super) fn move_lasting(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_data()?;
    if let Some(folder) = to.parent() {
        private_folder(folder)?;
    }
    fs::rename(from, to)
}
