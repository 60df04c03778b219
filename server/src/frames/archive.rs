//! The saved pictures on disk, and their bounds.
//!
//! A file is written in `tmp` and moved to its place, so that it is whole or absent whenever the program ends.

mod over;
mod start;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::{FolderName, NAME_FILE};
use super::id::FrameId;
use super::keeping::Keeping;
use super::leaving::{Leaving, remove};
use super::picture::PictureType;
use super::tree::{Tree, picture_path};
use crate::files::private_folder;
use crate::relay::Millis;

/// Bounds of what is on disk; the oldest pictures make place for new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Milliseconds since capture.
    pub keep: Millis,
    /// Bytes of all files together.
    pub at_most: u64,
    /// Bytes that stay free on the disk. Of a small disk a tenth at most.
    pub leave_free: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { keep: 30 * 24 * 3_600_000, at_most: 10_000_000_000, leave_free: 2_000_000_000 }
    }
}

/// Used by the writer's thread alone.
#[derive(Debug)]
pub(super) struct Archive {
    data: PathBuf,
    limits: ArchiveLimits,
    /// All files, oldest first.
    files: BTreeMap<Key, Entry>,
    /// Those that could not be removed; they are tried again now and then.
    stuck: BTreeMap<Key, Entry>,
    /// What is being removed.
    leaving: Vec<Leaving>,
    /// What is being moved to where it stays. Until it is there it is counted where it was.
    keeping: Vec<Keeping>,
    /// Of all of these.
    bytes: u64,
    /// What hindered a removal since all were tried last.
    trouble: Option<io::Error>,
    /// Channels whose pictures that are over could not be put aside, and why.
    undiscarded: BTreeMap<String, io::Error>,
}

type Key = (FrameId, Arc<str>, Tree);

#[derive(Debug)]
struct Entry {
    kind: PictureType,
    bytes: u64,
}

impl Archive {
    /// Writes a picture, after making place for it.
    ///
    /// # Errors
    /// Those of the file system; `StorageFull` also if the bounds leave no place for it.
    pub(super) fn save(
        &mut self,
        tree: Tree,
        name: &FolderName,
        id: FrameId,
        kind: PictureType,
        bytes: &[u8],
        now: Millis,
    ) -> io::Result<()> {
        self.make_room(bytes.len() as u64, now)?;
        let path = picture_path(&self.data, tree, &name.folder, id, kind);
        let part = self.data.join("tmp").join(format!("{id}.part"));
        let written = write_and_move(&part, &path, bytes, tree).or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            // The first picture of an hour, or somebody removed the folder.
            self.make_folders(tree, name, &path, &part)?;
            write_and_move(&part, &path, bytes, tree)
        });
        if written.is_err() {
            // What is left of a failed attempt is of no use; the first error is the one to report.
            drop(fs::remove_file(&part));
        }
        written?;
        self.bytes += bytes.len() as u64;
        self.files.insert((id, name.folder.as_str().into(), tree), Entry { kind, bytes: bytes.len() as u64 });
        Ok(())
    }

    fn make_folders(&self, tree: Tree, name: &FolderName, path: &Path, part: &Path) -> io::Result<()> {
        private_folder(&self.data.join("tmp"))?;
        if let Some(hour) = path.parent() {
            private_folder(hour)?;
        }
        if let Some(whole) = &name.whole {
            write_and_move(part, &self.data.join(tree.folder()).join(&name.folder).join(NAME_FILE), whole.as_bytes(), tree)?;
        }
        Ok(())
    }

    fn make_room(&mut self, bytes: u64, now: Millis) -> io::Result<()> {
        self.expire(now);
        while self.bytes + bytes > self.limits.at_most || !self.leaves_free(bytes)? {
            // First what goes anyway.
            if !self.remove_some() && !self.remove_oldest() {
                return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is full"));
            }
        }
        Ok(())
    }

    fn leaves_free(&self, bytes: u64) -> io::Result<bool> {
        let leave = self.limits.leave_free.min(fs4::total_space(&self.data)? / 10);
        Ok(fs4::available_space(&self.data)? >= leave + bytes)
    }

    /// Removes what is too old.
    pub(super) fn expire(&mut self, now: Millis) {
        while let Some(((id, ..), _)) = self.files.first_key_value()
            && now.saturating_sub(id.captured_at) > self.limits.keep
        {
            self.remove_oldest();
        }
    }

    fn remove_oldest(&mut self) -> bool {
        let Some(((id, folder, tree), entry)) = self.files.pop_first() else { return false };
        let path = picture_path(&self.data, tree, &folder, id, entry.kind);
        match remove(&path) {
            Ok(()) => self.bytes -= entry.bytes,
            Err(error) => {
                self.trouble = Some(error);
                // It takes its space all the same, so it is counted on.
                self.stuck.insert((id, folder, tree), entry);
                return true;
            }
        }
        // Folders of an hour and of a day go with their last picture; others are not empty, and stay.
        for folder in path.ancestors().skip(1).take(2) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        true
    }
}

fn write_and_move(part: &Path, path: &Path, bytes: &[u8], tree: Tree) -> io::Result<()> {
    let mut file = File::create(part)?;
    file.write_all(bytes)?;
    if tree == Tree::Kept {
        // Before it gets its name, or a power cut could leave a named file without content.
        file.sync_data()?;
    }
    drop(file);
    fs::rename(part, path)
}

#[cfg(test)]
mod tests;
