//! Plays a sound through a program of the system, so that this one needs none of the system's libraries for it.

use std::ffi::OsStr;
use std::io::{self, Write as _};

use super::chime;
use crate::child;

/// Programs that play a file, the likeliest first, with what stands before the file's name.
#[cfg(target_os = "macos")]
const PLAYERS: &[(&str, &[&str])] = &[("afplay", &[])];
#[cfg(windows)]
const PLAYERS: &[(&str, &[&str])] =
    &[("powershell", &["-NoProfile", "-Command", "(New-Object Media.SoundPlayer $args[0]).PlaySync()"])];
#[cfg(not(any(target_os = "macos", windows)))]
const PLAYERS: &[(&str, &[&str])] = &[("pw-play", &[]), ("paplay", &[]), ("aplay", &["-q"])];

/// Plays the chime; blocks until it has sounded.
///
/// # Errors
/// If no player does.
pub(super) fn play() -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix("cometcam-").suffix(".wav").tempfile()?;
    file.write_all(&chime::wav())?;
    let mut played = Err(io::ErrorKind::NotFound.into());
    for (player, options) in PLAYERS {
        let arguments: Vec<_> = options.iter().map(OsStr::new).chain([file.path().as_os_str()]).collect();
        played = child::run(player, &arguments);
        if played.is_ok() {
            break;
        }
    }
    played
}
