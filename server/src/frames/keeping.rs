//! Keeping a broadcast after its end: its files move from one tree to the other.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::folder::NAME_FILE;
use super::leaving::{remove, remove_if_empty};
use super::tree::{Tree, entries, name_of, picture_of, subfolders};
use crate::files::private_folder;

/// Stands in a channel's folder as long as its pictures are being moved, so that a start after a kill goes on with it.
const MARK: &str = "being-kept";

/// Moves the pictures of a channel to those that are kept, among which there may be others of the same hour. What is not ours stays.
pub(super) fn keep(data: &Path, folder: &str) -> io::Result<()> {
    let [from, to] = [Tree::Live, Tree::Kept].map(|tree| data.join(tree.folder()).join(folder));
    if !from.is_dir() {
        return Ok(());
    }
    let mark = from.join(MARK);
    File::create(&mark)?.sync_all()?;
    for day in subfolders(&from) {
        for hour in subfolders(&day) {
            let (day, hour_name) = (name_of(&day), name_of(&hour));
            let target = to.join(&day).join(&hour_name);
            for file in entries(&hour).iter().filter(|file| picture_of(&day, &hour_name, file).is_some()) {
                private_folder(&target)?;
                move_lasting(file, &target.join(name_of(file)))?;
            }
            remove_if_empty(&hour);
        }
        remove_if_empty(&day);
    }
    let name = from.join(NAME_FILE);
    if name.exists() && to.exists() {
        move_lasting(&name, &to.join(NAME_FILE))?;
    }
    remove(&mark)?;
    remove_if_empty(&from);
    Ok(())
}

/// Whether the pictures in this folder of a channel are to be kept, as an earlier run had begun to do.
pub(super) fn is_begun(channel: &Path) -> bool {
    channel.join(MARK).exists()
}

/// What was to be kept is not to be any more.
pub(super) fn give_up(channel: &Path) -> io::Result<()> {
    remove(&channel.join(MARK))
}

/// First all of it is on disk: a power cut must not leave a kept file without content.
fn move_lasting(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_data()?;
    fs::rename(from, to)
}
