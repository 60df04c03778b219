//! What is on the disk.

use std::path::{Path, PathBuf};

/// Every file below `folder`; none if there is no such folder.
///
/// # Panics
/// If the folder can't be read to its end.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(|entry| below(entry.expect("an entry of a folder").path())).collect()
}
