//! Plays a sound through a program of the system, so that this one needs none of the system's libraries for it.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use super::chime;
use crate::child::Children;

/// Programs that play a file, the likeliest first, with what stands before the file's name.
#[cfg(target_os = "macos")]
const PLAYERS: &[(&str, &[&str])] = &[("afplay", &[])];
#[cfg(windows)]
const PLAYERS: &[(&str, &[&str])] =
    &[("powershell", &["-NoProfile", "-Command", "(New-Object Media.SoundPlayer $args[0]).PlaySync()"])];
#[cfg(not(any(target_os = "macos", windows)))]
const PLAYERS: &[(&str, &[&str])] = &[("pw-play", &[]), ("paplay", &[]), ("aplay", &["-q"])];

/// Plays the chime, one at a time.
#[derive(Default)]
pub(super) struct Sound {
    players: Children,
    /// The chime, once it was wanted.
    file: Mutex<Option<NamedTempFile>>,
}

/// Drop ends the player that may be playing.
#[derive(Default)]
pub(super) struct Sounds(Arc<Sound>);

impl Sounds {
    /// For a job.
    pub(super) fn get(&self) -> Arc<Sound> {
        self.0.clone()
    }
}

impl Drop for Sounds {
    fn drop(&mut self) {
        self.0.players.end();
        // The job may live on for a moment.
        drop(self.0.slot().take());
    }
}

impl Sound {
    /// Plays the chime; blocks until it has sounded.
    ///
    /// # Errors
    /// If no player does.
    pub(super) fn play(&self) -> io::Result<()> {
        let file = self.file()?;
        let mut played = Err(io::ErrorKind::NotFound.into());
        for (player, options) in PLAYERS {
            let arguments: Vec<_> = options.iter().map(OsStr::new).chain([file.as_os_str()]).collect();
            played = self.players.run(player, &arguments);
            match &played {
                Ok(()) => break,
                // It sounds already, or this is the end.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Ok(()),
                Err(_) => {}
            }
        }
        played
    }

    fn slot(&self) -> MutexGuard<'_, Option<NamedTempFile>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self) -> io::Result<PathBuf> {
        let mut slot = self.slot();
        let file = match &mut *slot {
            Some(file) => file,
            none => {
                let mut file = tempfile::Builder::new().prefix("cometcam-").suffix(".wav").tempfile()?;
                file.write_all(&chime::wav())?;
                none.insert(file)
            }
        };
        Ok(file.path().to_owned())
    }
}
