//! Numbers that are never given twice, also after a crash.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::files::private_folder;

/// Where a channel's numbering stands. The file holds a bound that no number given out has reached, written ahead of the numbers;
/// after a crash numbering goes on from there, after an orderly end without a gap.
#[derive(Debug)]
pub(super) struct Sequence {
    // Not an open file: there may be as many channels as there may be open files.
    path: PathBuf,
}

/// How far ahead the bound is written.
pub(super) const AHEAD: u64 = 1000;

impl Sequence {
    /// Opens the file, making it if it is not there, and tells the next number.
    pub(super) fn open(path: &Path) -> io::Result<(Self, u64)> {
        if let Some(folder) = path.parent() {
            private_folder(folder)?;
        }
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let next = match text.trim() {
            "" => 1,
            digits => digits.parse().map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{} holds no number; remove it to count from 1 again", path.display()),
                )
            })?,
        };
        Ok((Self { path: path.to_owned() }, next))
    }

    /// The next number of a channel whose file is not opened for writing; `None` if it has none.
    pub(super) fn peek(path: &Path) -> Option<u64> {
        fs::read_to_string(path).ok()?.trim().parse().ok()
    }

    /// Writes the bound. In place and always of one length, so that it needs no free space and is never seen half.
    pub(super) fn write(&mut self, bound: u64) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?;
        file.write_all(format!("{bound:020}\n").as_bytes())?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbering_goes_on_from_the_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sequence/front");
        assert_eq!(Sequence::peek(&path), None);
        let (mut sequence, next) = Sequence::open(&path).unwrap();
        assert_eq!(next, 1);
        sequence.write(1001).unwrap();
        drop(sequence);
        assert_eq!(Sequence::open(&path).unwrap().1, 1001);
        assert_eq!(Sequence::peek(&path), Some(1001));
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("front");
        fs::write(&path, "1e3").unwrap();
        assert!(Sequence::open(&path).unwrap_err().to_string().contains("front holds no number"));
    }
}
