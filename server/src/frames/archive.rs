//! The saved pictures on disk, and their bounds.
//!
//! ```text
//! DATA/live/CHANNEL/2026-11-22/14/14-03-22.123-000042.jpg      of a broadcast that goes on and is not to be kept
//! DATA/frames/CHANNEL/2026-11-22/14/14-03-22.123-000042.jpg    kept
//! DATA/tmp/                                                    being written; emptied at each start
//! ```
//! A file is written in `tmp` and moved to its place, so that it is whole or absent whenever the program ends.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::folder::{FolderName, NAME_FILE};
use super::id::FrameId;
use super::picture::PictureType;
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

/// Which of the two trees a picture is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tree {
    Live,
    Kept,
}

impl Tree {
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Kept => "frames",
        }
    }
}

/// Where a picture's file is, or would be.
pub(super) fn picture_path(data: &Path, tree: Tree, folder: &str, id: FrameId, kind: PictureType) -> PathBuf {
    data.join(tree.folder()).join(folder).join(format!("{}.{}", id.path(), kind.extension()))
}

/// Used by the writer's thread alone.
#[derive(Debug)]
pub(super) struct Archive {
    data: PathBuf,
    limits: ArchiveLimits,
    /// All files, oldest first.
    files: BTreeMap<Key, Entry>,
    bytes: u64,
}

type Key = (FrameId, Arc<str>, Tree);

#[derive(Debug)]
struct Entry {
    kind: PictureType,
    bytes: u64,
}

impl Archive {
    /// Removes what a crash left: half-written files, and pictures of broadcasts that were not to be kept. What is not ours stays,
    /// for a person may have named any folder.
    pub(super) fn clean(data: &Path) -> io::Result<()> {
        for folder in ["tmp", Tree::Live.folder(), Tree::Kept.folder()] {
            private_folder(&data.join(folder))?;
        }
        for part in entries(&data.join("tmp")).iter().filter(|path| is_part(path)) {
            remove(part)?;
        }
        let never = AtomicBool::new(false);
        subfolders(&data.join(Tree::Live.folder())).iter().try_for_each(|channel| remove_pictures(channel, &never))
    }

    /// Finds all kept pictures, until `hurry` is set. Files that are no picture of ours are left alone.
    pub(super) fn scan(data: &Path, limits: ArchiveLimits, hurry: &AtomicBool) -> Self {
        let mut archive = Self { data: data.to_owned(), limits, files: BTreeMap::new(), bytes: 0 };
        for channel in subfolders(&data.join(Tree::Kept.folder())) {
            let folder: Arc<str> = name_of(&channel).into();
            for day in subfolders(&channel) {
                if hurry.load(Ordering::Relaxed) {
                    return archive;
                }
                for file in subfolders(&day).iter().flat_map(|hour| entries(hour)) {
                    archive.note_file(&folder, &name_of(&day), &file);
                }
            }
        }
        archive
    }

    fn note_file(&mut self, folder: &Arc<str>, day: &str, file: &Path) {
        if let (Some((id, kind)), Ok(meta)) = (picture_of(day, file), file.metadata()) {
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
            if !self.remove_oldest() {
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
            // It takes its space all the same, so it is counted on.
            Err(error) => tracing::warn!("{} can't be removed: {error}", path.display()),
        }
        // Folders of an hour and of a day go with their last picture; others are not empty, and stay.
        for folder in path.ancestors().skip(1).take(2) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        true
    }

    /// Removes all pictures of a channel's broadcast that was not to be kept. What is left when `hurry` is set goes at the next start.
    pub(super) fn discard_live(&mut self, folder: &str, hurry: &AtomicBool) -> io::Result<()> {
        let bytes = &mut self.bytes;
        self.files.retain(|(_, of, tree), entry| {
            let goes = *tree == Tree::Live && **of == *folder;
            *bytes -= if goes { entry.bytes } else { 0 };
            !goes
        });
        remove_pictures(&self.data.join(Tree::Live.folder()).join(folder), hurry)
    }
}

/// Removes the pictures of a channel's folder and what is then empty; nothing that is not ours.
fn remove_pictures(channel: &Path, hurry: &AtomicBool) -> io::Result<()> {
    for day in subfolders(channel) {
        for hour in subfolders(&day) {
            for file in entries(&hour).iter().filter(|file| picture_of(&name_of(&day), file).is_some()) {
                if hurry.load(Ordering::Relaxed) {
                    return Ok(());
                }
                remove(file)?;
            }
            remove_if_empty(&hour);
        }
        remove_if_empty(&day);
    }
    remove(&channel.join(NAME_FILE))?;
    remove_if_empty(channel);
    Ok(())
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A folder that is not empty holds what is not ours, and stays.
fn remove_if_empty(folder: &Path) {
    drop(fs::remove_dir(folder));
}

/// The picture that a file in the folder of a day is, by its name.
fn picture_of(day: &str, file: &Path) -> Option<(FrameId, PictureType)> {
    let kind = PictureType::from_extension(file.extension()?.to_str()?)?;
    Some((FrameId::from_path(day, file.file_stem()?.to_str()?)?, kind))
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

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|found| found.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_dir()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ArchiveLimits = ArchiveLimits { keep: 60_000, at_most: 100, leave_free: 0 };

    fn id(captured_at: Millis, seq: u64) -> FrameId {
        FrameId { captured_at, seq }
    }

    fn patient() -> AtomicBool {
        AtomicBool::new(false)
    }

    fn opened(limits: ArchiveLimits) -> (tempfile::TempDir, Archive) {
        let data = tempfile::tempdir().unwrap();
        Archive::clean(data.path()).unwrap();
        let archive = Archive::scan(data.path(), limits, &patient());
        (data, archive)
    }

    fn save(archive: &mut Archive, tree: Tree, id: FrameId, bytes: &[u8]) -> io::Result<()> {
        archive.save(tree, &FolderName::of("front"), id, PictureType::Jpeg, bytes, id.captured_at)
    }

    fn on_disk(archive: &Archive, tree: Tree, id: FrameId) -> bool {
        picture_path(&archive.data, tree, "front", id, PictureType::Jpeg).exists()
    }

    #[test]
    fn the_oldest_make_place_by_bytes_and_by_age_and_empty_folders_go() {
        let (_data, mut archive) = opened(LIMITS);
        let (first, second, third) = (id(1_000, 1), id(2_000, 2), id(3_000, 3));
        save(&mut archive, Tree::Kept, first, &[1; 50]).unwrap();
        save(&mut archive, Tree::Live, second, &[2; 50]).unwrap();
        save(&mut archive, Tree::Kept, third, &[3; 40]).unwrap();
        assert_eq!(
            [on_disk(&archive, Tree::Kept, first), on_disk(&archive, Tree::Live, second), on_disk(&archive, Tree::Kept, third)],
            [false, true, true]
        );
        archive.expire(3_000 + 60_001);
        assert_eq!((archive.bytes, archive.files.len()), (0, 0));
        assert!(subfolders(&archive.data.join("frames/front")).is_empty());
    }

    #[test]
    fn what_no_bound_leaves_place_for_is_refused() {
        let (_data, mut archive) = opened(LIMITS);
        assert_eq!(save(&mut archive, Tree::Kept, id(1, 1), &[1; 101]).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_start_finds_what_was_kept_and_clears_what_was_not() {
        let (data, mut archive) = opened(LIMITS);
        save(&mut archive, Tree::Kept, id(1_000, 1), &[1; 30]).unwrap();
        save(&mut archive, Tree::Live, id(1_000, 2), &[1; 30]).unwrap();
        fs::write(data.path().join("tmp/1000-000003.part"), b"half").unwrap();
        fs::create_dir_all(data.path().join("live/mine")).unwrap();
        fs::write(data.path().join("live/mine/thesis.txt"), b"not ours").unwrap();
        fs::write(data.path().join("tmp/precious.part"), b"not ours").unwrap();
        fs::write(data.path().join("frames/front/my notes.txt"), b"not ours").unwrap();
        Archive::clean(data.path()).unwrap();
        let archive = Archive::scan(data.path(), LIMITS, &patient());
        assert_eq!((archive.bytes, archive.files.len()), (30, 1));
        assert_eq!(entries(&data.path().join("tmp")), [data.path().join("tmp/precious.part")]);
        assert_eq!(entries(&data.path().join("live")), [data.path().join("live/mine")]);
        assert!(data.path().join("live/mine/thesis.txt").exists());
        assert!(data.path().join("frames/front/my notes.txt").exists());
    }

    #[test]
    fn a_discarded_broadcast_leaves_nothing() {
        let (data, mut archive) = opened(LIMITS);
        save(&mut archive, Tree::Live, id(1_000, 1), &[1; 30]).unwrap();
        archive.discard_live("front", &patient()).unwrap();
        archive.discard_live("front", &patient()).unwrap();
        assert_eq!((archive.bytes, archive.files.len()), (0, 0));
        assert!(entries(&data.path().join("live")).is_empty());
    }

    #[test]
    fn a_folder_deleted_underneath_is_made_again() {
        let (data, mut archive) = opened(LIMITS);
        save(&mut archive, Tree::Kept, id(1_000, 1), &[1; 30]).unwrap();
        fs::remove_dir_all(data.path().join("frames")).unwrap();
        fs::remove_dir_all(data.path().join("tmp")).unwrap();
        save(&mut archive, Tree::Kept, id(1_001, 2), &[1; 30]).unwrap();
        assert!(on_disk(&archive, Tree::Kept, id(1_001, 2)));
    }
}
