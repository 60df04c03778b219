//! Programs of the system that show something of this one: a folder in the program for files. Some of them stay, some go away at once;
//! the person closes them, so they are neither waited for nor ended.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What shows a folder.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(windows) {
    "explorer"
} else {
    "xdg-open"
};

/// One that is still there after this time shows what it was to show.
const SOON: Duration = Duration::from_secs(5);
/// So many are kept an eye on.
const MOST: usize = 8;

/// Those that were started, until they go away.
#[derive(Default)]
pub(super) struct Opened(Vec<Shows>);

struct Shows {
    what: String,
    child: Child,
    since: Instant,
}

impl Opened {
    /// Has the system show a folder.
    ///
    /// # Errors
    /// If there is no program for that.
    pub(super) fn show(&mut self, folder: &OsStr) -> io::Result<()> {
        self.start(OPENER, folder)
    }

    fn start(&mut self, opener: &str, folder: &OsStr) -> io::Result<()> {
        let mut command = Command::new(opener);
        command.arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(Shows { what: folder.display().to_string(), child, since: Instant::now() });
        Ok(())
    }

    /// Whether one was started just now, of which it is not clear yet whether it does what it is to.
    pub(super) fn is_fresh(&self) -> bool {
        self.0.iter().any(|shows| shows.since.elapsed() < SOON)
    }

    /// Those that failed since this was asked last, each with what it was to show.
    pub(super) fn failed(&mut self) -> Vec<String> {
        let mut failed = Vec::new();
        self.0.retain_mut(|Shows { what, child, since }| {
            let ended = match child.try_wait() {
                Ok(None) => return true,
                Ok(Some(status)) => Ok(status),
                Err(error) => Err(error),
            };
            // That of Windows ends with 1 when all is well.
            let is_well = cfg!(windows) || ended.as_ref().is_ok_and(std::process::ExitStatus::success);
            if !is_well && since.elapsed() < SOON {
                tracing::info!("{what} can't be shown: {ended:?}");
                failed.push(std::mem::take(what));
            }
            false
        });
        failed
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn failed(opener: &str) -> Vec<String> {
        let mut opened = Opened::default();
        opened.start(opener, OsStr::new("600")).expect("it is there");
        let deadline = Instant::now() + Duration::from_secs(30);
        while opened.0.first().is_some_and(|shows| shows.since.elapsed() < Duration::from_millis(200)) {
            let failed = opened.failed();
            if !failed.is_empty() {
                return failed;
            }
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        }
        // One that stays is the test's to end.
        for mut shows in opened.0 {
            shows.child.kill().and_then(|()| shows.child.wait()).expect("it is the test's");
        }
        Vec::new()
    }

    #[test]
    fn one_that_stays_or_goes_away_content_shows_it_and_one_that_fails_does_not() {
        assert_eq!(failed("sleep"), Vec::<String>::new());
        assert_eq!(failed("true"), Vec::<String>::new());
        assert_eq!(failed("false"), ["600"]);
        assert_eq!(Opened::default().start("/no/such/program", OsStr::new("/")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
