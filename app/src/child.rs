//! Programs of the system that do something for this one: they are not waited for without end, and end with it.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// One program at a time that runs for this one.
#[derive(Default)]
pub(crate) struct Children(Mutex<State>);

#[derive(Default)]
struct State {
    running: Option<Child>,
    is_over: bool,
}

impl Children {
    /// Runs a program to its end, and for a bounded time.
    ///
    /// # Errors
    /// If it isn't there, fails or hangs, if another one runs, or none may run any more.
    pub(crate) fn run(&self, program: &str, arguments: &[&OsStr]) -> io::Result<()> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        {
            let mut state = self.state();
            if state.is_over || state.running.is_some() {
                return Err(io::ErrorKind::ResourceBusy.into());
            }
            state.running = Some(command.spawn()?);
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(ended) = self.look(deadline) {
                return ended;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of the one that runs; `None` while it does.
    fn look(&self, deadline: Instant) -> Option<io::Result<()>> {
        let mut state = self.state();
        let Some(child) = &mut state.running else { return Some(Err(io::ErrorKind::Interrupted.into())) };
        let ended = match child.try_wait() {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(io::Error::other(status.to_string())),
            Ok(None) if Instant::now() < deadline => return None,
            Ok(None) => {
                end(child);
                Err(io::ErrorKind::TimedOut.into())
            }
            Err(error) => {
                end(child);
                Err(error)
            }
        };
        state.running = None;
        Some(ended)
    }

    /// Ends what runs; nothing runs from now on.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.is_over = true;
        if let Some(mut child) = state.running.take() {
            end(&mut child);
        }
    }
}

/// An error means that it has ended already.
fn end(child: &mut Child) {
    drop(child.kill().and_then(|()| child.wait()));
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_program_that_hangs_or_fails_or_is_not_there_is_an_error_in_bounded_time() {
        let (begun, children) = (Instant::now(), Children::default());
        assert!(children.run("true", &[]).is_ok());
        assert!(children.run("false", &[]).is_err());
        assert_eq!(children.run("/no/such/player", &[]).unwrap_err().kind(), io::ErrorKind::NotFound);
        let hangs = children.run("sleep", &[OsStr::new("600")]);
        assert_eq!(hangs.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_program_that_runs_at_the_end_is_ended_and_no_other_one_begins() {
        let children = Arc::<Children>::default();
        let of_thread = children.clone();
        let thread = std::thread::spawn(move || of_thread.run("sleep", &[OsStr::new("600")]));
        let id = loop {
            if let Some(child) = &children.state().running {
                break child.id();
            }
            std::thread::yield_now();
        };
        children.end();
        #[cfg(target_os = "linux")]
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists(), "it is gone when the end returns");
        assert_eq!(thread.join().unwrap().unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert!(children.run("true", &[]).is_err());
    }
}
