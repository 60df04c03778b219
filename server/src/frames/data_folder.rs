//! The folder in which all is kept: one program has it at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files::private_folder;
use crate::relay::Millis;

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another program has it.
    #[error("the data folder {folder} is in use by another Cometcam{owner}; end that one, or choose another folder with --data")]
    Locked {
        /// The folder.
        folder: String,
        /// Its process, as the end of a clause; empty if unknown.
        owner: String,
    },
    /// The system doesn't let us.
    #[error("the data folder {folder} can't be used: {cause}; choose a folder that you may write to with --data")]
    Unusable {
        /// The folder.
        folder: String,
        /// The system's reason.
        cause: io::Error,
    },
}

/// Makes the folder, if it is not there, and locks it for this process. The lock goes with the file, or with the process, however it
/// ends.
pub(super) fn claim(data: &Path) -> Result<File, OpenError> {
    let folder = data.display().to_string();
    let unusable = |cause| OpenError::Unusable { folder: folder.clone(), cause };
    private_folder(data).map_err(unusable)?;
    let path = data.join("lock");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(unusable)?;
    match lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // Only to name the owner; not knowing it is no error.
            let owner = match file.read_to_string(&mut process) {
                Ok(_) if !process.trim().is_empty() => format!(" (process {})", process.trim()),
                _ => String::new(),
            };
            return Err(OpenError::Locked { folder, owner });
        }
        Err(TryLockError::Error(cause)) => return Err(unusable(cause)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unusable)?;
    match fs::remove_file(window_file(data)) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(unusable(cause)),
        _ => Ok(file),
    }
}

/// Locks it, also if somebody is just looking whether it is.
fn lock(file: &File) -> Result<(), TryLockError> {
    const LOOKS: u32 = 5;
    for _ in 0..LOOKS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            other => return other,
        }
    }
    file.try_lock()
}

/// Whether a program has the folder now.
#[must_use]
pub fn is_claimed(data: &Path) -> bool {
    let file = File::open(data.join("lock"));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Where a program with a window that has the folder says at which address it can be asked for it. What is there is of the program
/// that has the folder now: whoever claims it removes what another one left.
#[must_use]
pub fn window_file(data: &Path) -> PathBuf {
    data.join("window")
}

/// When this run starts, as told to those who must not take it for the last one: in a later second than that, which may have ended in
/// this very one. The folder must be claimed.
pub(super) fn start(data: &Path, now: Millis) -> Millis {
    /// More than quick restarts run ahead. What lies further ahead was told by a clock that was wrong, and is forgotten.
    const AHEAD: Millis = 60_000;
    let path = data.join("started");
    let last = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
    let after = last.filter(|last| *last < now.saturating_add(AHEAD)).map_or(0, |last: Millis| last + 1000);
    let started = now.max(after);
    if let Err(error) = fs::write(&path, format!("{started}\n")) {
        // A full disk, say. It is missed only by a start within a second.
        tracing::warn!("{} can't be written: {error}", path.display());
    }
    started
}

/// Where a channel's numbering is.
pub(super) fn sequence(data: &Path, folder: &str) -> PathBuf {
    data.join("sequence").join(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_claims_the_folder_takes_away_what_another_window_said() {
        let data = tempfile::tempdir().unwrap();
        fs::write(window_file(data.path()), "127.0.0.1:8060").unwrap();
        assert!(!is_claimed(data.path()));
        let claimed = claim(data.path()).unwrap();
        assert!(is_claimed(data.path()) && !window_file(data.path()).exists());
        drop(claimed);
        assert!(!is_claimed(data.path()));
    }

    #[test]
    fn each_start_is_in_a_later_second_than_the_last_one_unless_the_clock_was_wrong() {
        let data = tempfile::tempdir().unwrap();
        let start = |now| start(data.path(), now) / 1000;
        assert_eq!([start(100_100), start(100_700), start(100_900), start(200_000)], [100, 101, 102, 200]);
        assert_eq!(start(199_000), 201, "the clock was set back a little");
        assert_eq!(start(100_000), 100, "the clock was wrong");
        fs::write(data.path().join("started"), "damaged").unwrap();
        assert_eq!(start(100_000), 100);
    }
}
