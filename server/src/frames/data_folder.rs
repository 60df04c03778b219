//! The folder in which all is kept: one program has it at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::files::private_folder;

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
    match file.try_lock() {
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
    Ok(file)
}

/// Where a channel's numbering is.
pub(super) fn sequence(data: &Path, folder: &str) -> PathBuf {
    data.join("sequence").join(folder)
}
