//! What is found and cleared away at a start.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Archive, ArchiveLimits, Entry};
use crate::files::private_folder;
use crate::frames::id::FrameId;
use crate::frames::keeping::{self, Keeping};
use crate::frames::leaving::{Leaving, left_over, remove, set_aside};
use crate::frames::tree::{Tree, entries, name_of, picture_of, subfolders};

impl Archive {
    /// Clears away what a crash left: half-written files, and pictures of broadcasts that were not to be kept. What is not ours
    /// stays, for a person may have named any folder. What can't be removed doesn't hinder a start.
    pub(in crate::frames) fn clean(data: &Path) -> io::Result<()> {
        for folder in ["tmp", Tree::Live.folder(), Tree::Kept.folder()] {
            private_folder(&data.join(folder))?;
        }
        let parts = entries(&data.join("tmp")).into_iter().filter(|path| is_part(path));
        let removed = parts.map(|part| remove(&part));
        let channels = subfolders(&data.join(Tree::Live.folder()));
        // Found there, and removed, by the archive's thread.
        let to_go = channels.iter().filter(|channel| keeping::begun(channel).is_none());
        let set_aside = to_go.map(|channel| set_aside(data, &name_of(channel)).map(drop));
        for error in removed.chain(set_aside).filter_map(Result::err) {
            tracing::warn!("what an earlier run left in {} can't be removed: {error}", data.display());
        }
        Ok(())
    }

    /// Finds all kept pictures, until `hurry` is set, and what an earlier run began to keep. Files that are no picture of ours are
    /// left alone.
    pub(in crate::frames) fn scan(data: &Path, limits: ArchiveLimits, hurry: &AtomicBool) -> Self {
        let mut archive = Self {
            data: data.to_owned(),
            limits,
            files: BTreeMap::new(),
            stuck: BTreeMap::new(),
            leaving: left_over(data),
            keeping: Vec::new(),
            bytes: 0,
            trouble: None,
            undiscarded: BTreeMap::new(),
        };
        for channel in subfolders(&data.join(Tree::Live.folder())) {
            if let Some(last) = keeping::begun(&channel) {
                archive.go_on_keeping(&channel, last);
            }
        }
        for channel in subfolders(&data.join(Tree::Kept.folder())) {
            if hurry.load(Ordering::Relaxed) {
                break;
            }
            let folder: Arc<str> = name_of(&channel).into();
            for (id, entry, _) in pictures_in(&channel, hurry) {
                archive.bytes += entry.bytes;
                archive.files.insert((id, folder.clone(), Tree::Kept), entry);
            }
        }
        archive
    }

    /// What is there with a higher number than `last` is of a broadcast that was not to be kept.
    fn go_on_keeping(&mut self, channel: &Path, last: u64) {
        let folder: Arc<str> = name_of(channel).into();
        let (mut kept, mut gone, mut gone_bytes) = (Vec::new(), Vec::new(), 0);
        for (id, entry, file) in pictures_in(channel, &AtomicBool::new(false)) {
            self.bytes += entry.bytes;
            if id.seq <= last {
                kept.push(id);
                self.files.insert((id, folder.clone(), Tree::Live), entry);
            } else {
                gone.push(file);
                gone_bytes += entry.bytes;
            }
        }
        self.leaving.push(Leaving::of(channel.to_owned(), gone, gone_bytes));
        self.keeping.push(Keeping::new(&folder, last, kept));
    }
}

/// The pictures in a folder of a channel, as far as they were found when `hurry` is set.
fn pictures_in<'a>(channel: &Path, hurry: &'a AtomicBool) -> impl Iterator<Item = (FrameId, Entry, PathBuf)> + use<'a> {
    let days = subfolders(channel).into_iter().take_while(|_| !hurry.load(Ordering::Relaxed));
    days.flat_map(|day| subfolders(&day)).flat_map(|hour| entries(&hour)).filter_map(|file| {
        let hour = file.parent()?;
        let (id, kind) = picture_of(&name_of(hour.parent()?), &name_of(hour), &file)?;
        let bytes = file.metadata().ok()?.len();
        Some((id, Entry { kind, bytes }, file))
    })
}

fn is_part(file: &Path) -> bool {
    let id = file.file_stem().and_then(|stem| stem.to_str()?.parse::<FrameId>().ok());
    id.is_some() && file.extension().is_some_and(|ending| ending == "part")
}
