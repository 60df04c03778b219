//! Keeping a broadcast after its end: its files move from one tree to the other.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::folder::NAME_FILE;
use super::leaving::remove_if_empty;
use super::tree::{Tree, entries, name_of, picture_of, subfolders};
use crate::files::private_folder;

/// Moves the pictures of a channel to those that are kept, among which there may be others of the same hour. What is not ours stays.
pub(super) fn keep(data: &Path, folder: &str) -> io::Result<()> {
    let [from, to] = [Tree::Live, Tree::Kept].map(|tree| data.join(tree.folder()).join(folder));
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
    remove_if_empty(&from);
    Ok(())
}

/// First all of it is on disk: a power cut must not leave a kept file without content.
fn move_lasting(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_data()?;
    fs::rename(from, to)
}
