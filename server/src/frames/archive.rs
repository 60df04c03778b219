//! The saved pictures on disk, and their bounds.
//!
//! A file is written in `tmp` and moved to its place, so that it is whole or absent whenever the program ends.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::folder::{FolderName, NAME_FILE};
use super::id::FrameId;
use super::keeping;
use super::leaving::{Leaving, left_over, remove, set_aside};
use super::picture::PictureType;
use super::tree::{Tree, entries, name_of, picture_of, picture_path, subfolders};
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
    /// Clears away what a crash left: half-written files, and pictures of broadcasts that were not to be kept. What is not ours
    /// stays, for a person may have named any folder. What can't be removed doesn't hinder a start.
    pub(super) fn clean(data: &Path) -> io::Result<()> {
        for folder in ["tmp", Tree::Live.folder(), Tree::Kept.folder()] {
            private_folder(&data.join(folder))?;
        }
        let parts = entries(&data.join("tmp")).into_iter().filter(|path| is_part(path));
        let removed = parts.map(|part| remove(&part));
        let channels = subfolders(&data.join(Tree::Live.folder()));
        // Found there, and removed, by the archive's thread.
        let to_go = channels.iter().filter(|channel| !keeping::is_begun(channel));
        let set_aside = to_go.map(|channel| set_aside(data, &name_of(channel)).map(drop));
        for error in removed.chain(set_aside).filter_map(Result::err) {
            tracing::warn!("what an earlier run left in {} can't be removed: {error}", data.display());
        }
        Ok(())
    }

    /// Finds all kept pictures, until `hurry` is set. Files that are no picture of ours are left alone.
    pub(super) fn scan(data: &Path, limits: ArchiveLimits, hurry: &AtomicBool) -> Self {
        for channel in subfolders(&data.join(Tree::Live.folder())).iter().filter(|channel| keeping::is_begun(channel)) {
            if let Err(error) = keeping::keep(data, &name_of(channel)) {
                tracing::warn!("what an earlier run began to keep in {} can't be kept yet: {error}", channel.display());
            }
        }
        let mut archive = Self {
            data: data.to_owned(),
            limits,
            files: BTreeMap::new(),
            stuck: BTreeMap::new(),
            leaving: left_over(data),
            bytes: 0,
            trouble: None,
            undiscarded: BTreeMap::new(),
        };
        for channel in subfolders(&data.join(Tree::Kept.folder())) {
            let folder: Arc<str> = name_of(&channel).into();
            for day in subfolders(&channel) {
                if hurry.load(Ordering::Relaxed) {
                    return archive;
                }
                for hour in subfolders(&day) {
                    for file in entries(&hour) {
                        archive.note_file(&folder, (&name_of(&day), &name_of(&hour)), &file);
                    }
                }
            }
        }
        archive
    }

    fn note_file(&mut self, folder: &Arc<str>, (day, hour): (&str, &str), file: &Path) {
        if let (Some((id, kind)), Ok(meta)) = (picture_of(day, hour, file), file.metadata()) {
            self.bytes += meta.len();
            self.files.insert((id, folder.clone(), Tree::Kept), Entry { kind, bytes: meta.len() });
        }
    }

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

    /// Puts all pictures of a channel's broadcast that was not to be kept aside, to be removed by and by.
    pub(super) fn discard_live(&mut self, folder: &str) {
        match self.put_aside(folder) {
            Ok(()) => drop(self.undiscarded.remove(folder)),
            Err(error) => drop(self.undiscarded.insert(folder.to_owned(), error)),
        }
    }

    fn put_aside(&mut self, folder: &str) -> io::Result<()> {
        let goes = |(_, of, tree): &Key| *tree == Tree::Live && **of == *folder;
        let gone = self.files.extract_if(.., |key, _| goes(key)).chain(self.stuck.extract_if(.., |key, _| goes(key)));
        let bytes: u64 = gone.map(|(_, entry)| entry.bytes).sum();
        // What could not be set aside is not counted on, or it would never be counted off.
        let mut leaving = set_aside(&self.data, folder).inspect_err(|_| self.bytes -= bytes)?;
        match leaving.first_mut() {
            Some(first) => first.bytes = bytes,
            None => self.bytes -= bytes,
        }
        self.leaving.append(&mut leaving);
        Ok(())
    }

    /// Keeps all pictures of a channel's broadcast that has ended.
    ///
    /// # Errors
    /// Those of the file system; what was not moved is removed at the next start.
    pub(super) fn keep_ended(&mut self, folder: &str) -> io::Result<()> {
        keeping::keep(&self.data, folder)?;
        let is_it = |(_, of, tree): &Key| *tree == Tree::Live && **of == *folder;
        let kept: Vec<_> = self.files.extract_if(.., |key, _| is_it(key)).collect();
        self.files.extend(kept.into_iter().map(|((id, of, _), entry)| ((id, of, Tree::Kept), entry)));
        Ok(())
    }

    /// Whether there is something to be removed when nothing else is to be done.
    pub(super) fn has_leaving(&self) -> bool {
        !self.leaving.is_empty()
    }

    /// Removes some of that; false if there is nothing.
    pub(super) fn remove_some(&mut self) -> bool {
        let Some(leaving) = self.leaving.last_mut() else { return false };
        if leaving.remove_some(&mut self.trouble) {
            self.bytes -= leaving.bytes;
            self.leaving.pop();
        }
        true
    }

    /// Tries again to remove what could not be removed, unless there is enough to be removed as it is.
    pub(super) fn retry(&mut self) {
        if self.has_leaving() {
            return;
        }
        self.trouble = None;
        self.files.append(&mut self.stuck);
        self.leaving = left_over(&self.data);
        let folders: Vec<_> = self.undiscarded.keys().cloned().collect();
        for folder in folders {
            // Among those of a broadcast that goes on it must wait for the end of that.
            if !self.files.keys().any(|(_, of, tree)| *tree == Tree::Live && **of == *folder) {
                self.discard_live(&folder);
            }
        }
    }

    /// What hinders a removal.
    pub(super) fn removed(&self) -> Result<(), &io::Error> {
        self.trouble.as_ref().or_else(|| self.undiscarded.values().next()).map_or(Ok(()), Err)
    }
}

fn is_part(file: &Path) -> bool {
    let id = file.file_stem().and_then(|stem| stem.to_str()?.parse::<FrameId>().ok());
    id.is_some() && file.extension().is_some_and(|ending| ending == "part")
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
