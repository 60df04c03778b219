//! What is being removed from disk, bit by bit between other work: a broadcast may have left a hundred thousand files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::folder::NAME_FILE;
use super::keeping::give_up;
use super::tree::{Tree, entries, name_of, picture_of, subfolders};

/// A folder of an hour, in `tmp`, named as in `2026-11-22~14~0`; or some files of a channel's folder.
#[derive(Debug)]
pub(super) struct Leaving {
    folder: PathBuf,
    /// The pictures in it that were not yet tried; unknown at first.
    files: Option<Vec<PathBuf>>,
    /// Bytes that are counted until they are gone.
    pub bytes: u64,
}

/// Moves the pictures of a channel that are not to be kept to `tmp`: at once, however many they are. What is not ours stays, but for
/// what lies right among the pictures.
pub(super) fn set_aside(data: &Path, folder: &str) -> io::Result<Vec<Leaving>> {
    let channel = data.join(Tree::Live.folder()).join(folder);
    let mut leaving = Vec::new();
    for day in subfolders(&channel) {
        for from in subfolders(&day) {
            let (day, hour) = (name_of(&day), name_of(&from));
            if is_numeric(&day) && is_numeric(&hour) {
                let mut free = (0..).map(|number| data.join("tmp").join(format!("{day}~{hour}~{number}")));
                let to = free.find(|to| !to.exists()).ok_or(io::ErrorKind::AlreadyExists)?;
                fs::rename(&from, &to)?;
                leaving.push(Leaving::new(to));
            }
        }
        remove_if_empty(&day);
    }
    remove(&channel.join(NAME_FILE))?;
    give_up(&channel)?;
    remove_if_empty(&channel);
    Ok(leaving)
}

/// What is in `tmp` of such folders, from an earlier run or because something in them could not be removed.
pub(super) fn left_over(data: &Path) -> Vec<Leaving> {
    subfolders(&data.join("tmp")).into_iter().filter(|folder| is_hour(folder)).map(Leaving::new).collect()
}

/// Whether this is such a folder, by its name.
fn is_hour(folder: &Path) -> bool {
    name_of(folder).split('~').filter(|part| is_numeric(part)).count() == 3
}

impl Leaving {
    const fn new(folder: PathBuf) -> Self {
        Self { folder, files: None, bytes: 0 }
    }

    /// Of a channel whose folder has other files that stay.
    pub(super) fn of(channel: PathBuf, files: Vec<PathBuf>, bytes: u64) -> Self {
        Self { folder: channel, files: Some(files), bytes }
    }

    pub(super) fn is_of(&self, channel: &Path) -> bool {
        self.folder == channel
    }

    /// Removes some files; true when all are gone that can be removed.
    pub(super) fn remove_some(&mut self, trouble: &mut Option<io::Error>) -> bool {
        /// So that a picture that is to be saved meanwhile waits for moments.
        const SOME: usize = 64;
        let folder = &self.folder;
        let files = self.files.get_or_insert_with(|| pictures_in(folder));
        for file in files.drain(files.len().saturating_sub(SOME)..) {
            *trouble = remove(&file).err().or(trouble.take());
        }
        let done = files.is_empty();
        if done && is_hour(folder) {
            remove_if_empty(folder);
        } else if done {
            tidy(folder);
        }
        done
    }
}

fn pictures_in(folder: &Path) -> Vec<PathBuf> {
    let name = name_of(folder);
    let mut parts = name.split('~');
    let (Some(day), Some(hour)) = (parts.next(), parts.next()) else { return Vec::new() };
    entries(folder).into_iter().filter(|file| picture_of(day, hour, file).is_some()).collect()
}

/// Whether this can be the name of a folder of a day or an hour, as in 2026-11-22 and 14.
fn is_numeric(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A folder that is not empty holds what is not ours, and stays.
fn remove_if_empty(folder: &Path) {
    drop(fs::remove_dir(folder));
}

/// Removes a channel's folder and those of its days and hours, as far as nothing is in them.
pub(super) fn tidy(folder: &Path) {
    let ours = |folder: &PathBuf| is_numeric(&name_of(folder));
    for day in subfolders(folder).into_iter().filter(ours) {
        for hour in subfolders(&day).into_iter().filter(ours) {
            remove_if_empty(&hour);
        }
        remove_if_empty(&day);
    }
    remove_if_empty(folder);
}
