//! What is being removed from disk, bit by bit between other work: a broadcast may have left a hundred thousand files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{Tree, entries, name_of, picture_of, subfolders};
use super::folder::NAME_FILE;

/// A folder of a day, in `tmp`.
#[derive(Debug)]
pub(super) struct Leaving {
    folder: PathBuf,
    /// Those still to be looked into.
    hours: Vec<PathBuf>,
    /// The one that is being emptied, and what is in it.
    hour: Option<PathBuf>,
    files: Vec<PathBuf>,
    /// Bytes that are counted for its files until they are gone.
    pub bytes: u64,
}

/// Moves the pictures of a channel that are not to be kept to `tmp`, at once however many they are. What is not ours stays, but
/// for what lies among the pictures of a day.
pub(super) fn set_aside(data: &Path, folder: &str) -> io::Result<Vec<Leaving>> {
    let channel = data.join(Tree::Live.folder()).join(folder);
    let mut leaving = Vec::new();
    for from in subfolders(&channel) {
        let day = name_of(&from);
        if !is_day(&day) {
            continue;
        }
        let mut number = 0;
        let to = loop {
            let to = data.join("tmp").join(format!("{day}~{number}"));
            if !to.exists() {
                break to;
            }
            number += 1;
        };
        fs::rename(&from, &to)?;
        leaving.push(Leaving::new(to));
    }
    remove(&channel.join(NAME_FILE))?;
    remove_if_empty(&channel);
    Ok(leaving)
}

/// What is in `tmp` of such folders, from an earlier run or because something in them could not be removed.
pub(super) fn left_over(data: &Path) -> Vec<Leaving> {
    let ours = |folder: &PathBuf| name_of(folder).split_once('~').is_some_and(|(day, _)| is_day(day));
    subfolders(&data.join("tmp")).into_iter().filter(ours).map(Leaving::new).collect()
}

impl Leaving {
    fn new(folder: PathBuf) -> Self {
        Self { hours: subfolders(&folder), folder, hour: None, files: Vec::new(), bytes: 0 }
    }

    /// Removes some files; true when all are gone that can be removed.
    pub(super) fn remove_some(&mut self, trouble: &mut Option<io::Error>) -> bool {
        /// So that a picture that waits meanwhile waits for moments.
        const SOME: usize = 64;
        for _ in 0..SOME {
            if let Some(file) = self.files.pop() {
                *trouble = remove(&file).err().or(trouble.take());
                continue;
            }
            if let Some(empty) = self.hour.take() {
                remove_if_empty(&empty);
            }
            let Some(hour) = self.hours.pop() else {
                remove_if_empty(&self.folder);
                return true;
            };
            let day = name_of(&self.folder).split_once('~').map_or_else(String::new, |(day, _)| day.to_owned());
            self.files = entries(&hour).into_iter().filter(|file| picture_of(&day, file).is_some()).collect();
            self.hour = Some(hour);
        }
        false
    }
}

/// Whether this is the name of a folder of a day, as in 2026-11-22.
fn is_day(name: &str) -> bool {
    name.len() >= 10 && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A folder that is not empty holds what is not ours, and stays.
pub(super) fn remove_if_empty(folder: &Path) {
    drop(fs::remove_dir(folder));
}
