//! A program of the system that does something for this one, and is not waited for without end.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// One that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Runs a program to its end, and for a bounded time.
///
/// # Errors
/// If it isn't there, fails or hangs.
pub(crate) fn run(program: &str, arguments: &[&OsStr]) -> io::Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let ended = wait(&mut child);
    if ended.is_err() {
        // It hangs, or nothing is known of it.
        drop(child.kill().and_then(|()| child.wait()));
    }
    ended
}

fn wait(child: &mut Child) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(io::Error::other(status.to_string())),
            None if Instant::now() >= deadline => return Err(io::ErrorKind::TimedOut.into()),
            None => std::thread::sleep(LOOK_AGAIN),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_hangs_or_fails_or_is_not_there_is_an_error_in_bounded_time() {
        let begun = Instant::now();
        assert!(run("true", &[]).is_ok());
        assert!(run("false", &[]).is_err());
        assert_eq!(run("/no/such/player", &[]).unwrap_err().kind(), io::ErrorKind::NotFound);
        let hangs = run("sleep", &[OsStr::new("600")]);
        assert_eq!(hangs.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}
