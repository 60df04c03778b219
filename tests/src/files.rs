//! What is on the disk.

use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::net::unix::pipe::Receiver;

use crate::deadline::soon;

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

/// Waits until it is so of what is below `folder`: looks each time when something there has changed.
///
/// # Panics
/// If it never is; `what` is named. If the system can't tell of changes.
pub async fn until(folder: &Path, what: &str, is_so: impl Fn() -> bool) {
    let changes = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).expect("the system tells of changes");
    // It is read as a pipe is.
    let changes = Receiver::from_owned_fd_unchecked(changes).expect("a descriptor that can be waited for");
    let so = async {
        loop {
            // Before it is looked: whatever changes from here on is told.
            watch(&changes, folder);
            if is_so() {
                return;
            }
            changes.readable().await.expect("a change is told");
            // What changed doesn't matter, and what is left is told again at once.
            let _read = changes.try_read(&mut [0; 4096]);
        }
    };
    soon(what, so).await;
}

/// Has the system tell of changes in a folder and in all below it. One that goes away meanwhile is told by the one above it.
fn watch(changes: &Receiver, folder: &Path) {
    let flags = WatchFlags::CREATE | WatchFlags::MOVE | WatchFlags::DELETE | WatchFlags::CLOSE_WRITE | WatchFlags::ONLYDIR;
    if inotify::add_watch(changes, folder, flags).is_err() {
        return;
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).for_each(|path| watch(changes, &path));
}
