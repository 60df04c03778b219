//! The log's files, of bounded size: the newest, and those before it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// One file's size, and how many there are beside it: 5 MB in all.
const FILE_BYTES: u64 = 1_000_000;
const OLDER: usize = 4;
/// The newest file. The older ones have a number behind the name, from 1 on.
pub(super) const FILE: &str = "cometcam.log";

/// The newest file and those before it.
pub(super) struct Files {
    folder: PathBuf,
    file: File,
    bytes: u64,
}

impl Files {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(folder.join(FILE))?;
        let bytes = file.metadata()?.len();
        Ok(Self { folder: folder.to_owned(), file, bytes })
    }

    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        let bytes = line.len() as u64;
        if self.bytes > 0 && self.bytes + bytes > FILE_BYTES {
            self.turn_over()?;
        }
        self.file.write_all(line.as_bytes())?;
        self.bytes += bytes;
        Ok(())
    }

    /// Each file becomes the next older one, and the oldest goes.
    fn turn_over(&mut self) -> io::Result<()> {
        let older = |number: usize| self.folder.join(format!("{FILE}.{number}"));
        for number in (1..OLDER).rev() {
            match fs::rename(older(number), older(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(self.folder.join(FILE), older(1))?;
        *self = Self::open(&self.folder)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<(String, u64)> {
        let one = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())
        };
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(one).collect();
        files.sort();
        files
    }

    #[test]
    fn the_files_are_bounded_and_the_newest_lines_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Files::open(folder.path()).unwrap();
        let line = |number: u32| format!("{number:06} {}", "x".repeat(1_493));
        for number in 0..8_000 {
            log.write(&line(number)).unwrap();
            if number == 4_000 {
                // As by another start.
                log = Files::open(folder.path()).unwrap();
            }
        }
        let files = files(folder.path());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["cometcam.log", "cometcam.log.1", "cometcam.log.2", "cometcam.log.3", "cometcam.log.4"]);
        let bytes: u64 = files.iter().map(|(_, bytes)| bytes).sum();
        assert!((4_000_000..=5_000_000).contains(&bytes), "{files:?}");
        let newest = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(newest.ends_with(&(line(7_999) + "\n")));
    }
}
