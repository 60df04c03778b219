//! Numbers that are never given twice, also after a crash.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::files::private_folder;
use crate::lock;

/// Where a channel's numbering stands. The file holds a bound that no number given out has reached, written ahead of the numbers;
/// after a crash numbering goes on from there, after an orderly end without a gap.
#[derive(Debug)]
pub(super) struct Sequence {
    // Not an open file: there may be as many channels as there may be open files.
    path: PathBuf,
    bounds: Mutex<Bounds>,
    /// Held while the file is written, so that bounds get there in their order.
    pub(super) writing: Mutex<()>,
}

#[derive(Debug)]
struct Bounds {
    /// What the file is to hold.
    wanted: u64,
    /// What it surely holds at least.
    written: u64,
}

/// How far ahead the bound is written: a disk that takes nothing for hours costs no live picture its number.
pub(super) const AHEAD: u64 = if cfg!(test) { 1_000 } else { 1_000_000 };

impl Sequence {
    /// Opens the file, and tells the next number.
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
        let bounds = Mutex::new(Bounds { wanted: next, written: next });
        Ok((Self { path: path.to_owned(), bounds, writing: Mutex::default() }, next))
    }

    /// The next number of a channel whose numbering is not open; `None` if it has none.
    pub(super) async fn peek(path: &Path) -> Option<u64> {
        tokio::fs::read_to_string(path).await.ok()?.trim().parse().ok()
    }

    /// Whether this number may be given: only below what is known to be in the file, and to stay there.
    pub(super) fn covers(&self, number: u64) -> bool {
        let bounds = lock(&self.bounds);
        number < bounds.written.min(bounds.wanted)
    }

    /// Wants a bound far ahead of `next`, if the one that is wanted comes near.
    pub(super) fn reach(&self, next: u64) {
        let mut bounds = lock(&self.bounds);
        if bounds.wanted < next + AHEAD / 2 {
            bounds.wanted = next + AHEAD;
        }
    }

    /// Wants the bound to be `next` itself: no more numbers are given until it is reached for again.
    pub(super) fn release(&self, next: u64) {
        lock(&self.bounds).wanted = next;
    }

    /// Writes the bound that is wanted.
    pub(super) fn settle(&self) -> io::Result<()> {
        let _in_turn = lock(&self.writing);
        let wanted = {
            let mut bounds = lock(&self.bounds);
            if bounds.written == bounds.wanted {
                return Ok(());
            }
            // From here on the file may hold the one or the other.
            bounds.written = bounds.written.min(bounds.wanted);
            bounds.wanted
        };
        self.write(wanted)?;
        lock(&self.bounds).written = wanted;
        Ok(())
    }

    /// In place and always of one length, so that it needs no free space and is never seen half.
    fn write(&self, bound: u64) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?;
        file.write_all(format!("{bound:020}\n").as_bytes())?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(path: &Path) -> u64 {
        Sequence::open(path).unwrap().1
    }

    #[test]
    fn numbering_goes_on_from_the_bound_and_after_a_release_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sequence/front");
        let (sequence, first) = Sequence::open(&path).unwrap();
        assert_eq!(first, 1);
        sequence.reach(first);
        sequence.settle().unwrap();
        assert_eq!(next(&path), 1 + AHEAD);
        sequence.release(7);
        sequence.settle().unwrap();
        assert_eq!(next(&path), 7);
    }

    #[test]
    fn only_numbers_below_what_is_written_and_stays_so_are_given() {
        let folder = tempfile::tempdir().unwrap();
        let (sequence, first) = Sequence::open(&folder.path().join("front")).unwrap();
        sequence.reach(first);
        assert!(!sequence.covers(first), "it is wanted and not yet written");
        sequence.settle().unwrap();
        assert!(sequence.covers(AHEAD) && !sequence.covers(AHEAD + 1));
        sequence.release(5);
        assert!(sequence.covers(4) && !sequence.covers(5), "it may be written at any moment");
        sequence.reach(5);
        assert!(sequence.covers(5), "it was not written meanwhile");
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("front");
        fs::write(&path, "1e3").unwrap();
        assert!(Sequence::open(&path).unwrap_err().to_string().contains("front holds no number"));
    }
}
