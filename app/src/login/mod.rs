//! Starting with the person's desktop session.

#[cfg(any(test, target_os = "macos"))]
mod agent;
#[cfg(not(any(windows, target_os = "macos")))]
mod desktop;
#[cfg(any(test, windows))]
mod run_key;

use std::io;
use std::path::Path;
#[cfg(not(windows))]
use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};

#[cfg(target_os = "macos")]
use agent as system;
#[cfg(not(any(windows, target_os = "macos")))]
use desktop as system;

/// What happens when the person logs in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AtLogin {
    /// Nothing.
    #[default]
    Off,
    /// The window opens.
    Open,
    /// The window opens and goes live.
    Live,
}

/// The option that says that nobody has started the program by hand. Private: the entry that is made here is its only user.
pub const OPTION: &str = "--at-login";

/// Why the desktop can't be told.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There is no place for it.
    #[error("Cometcam can't enter itself here. Add it to the programs that start at login in the system's settings.")]
    Unknown,
    /// The entry can't be written or removed.
    #[error("What starts at login can't be changed in {place}: {cause}.")]
    Io {
        /// Of the entry.
        place: String,
        /// The system's reason.
        cause: io::Error,
    },
}

/// Where the system looks for what it starts at login; `None` where there is no home folder.
#[cfg(not(windows))]
#[must_use]
pub fn entry_file() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|folders| system::file(&folders))
}

/// Tells the system to start this program at login, with the settings of `config` if they are not the remembered ones, or no
/// more to.
///
/// # Errors
/// [`LoginError`].
#[cfg(not(windows))]
pub fn set(at_login: AtLogin, config: Option<&Path>) -> Result<(), LoginError> {
    let file = entry_file().ok_or(LoginError::Unknown)?;
    let write = || {
        let config = config.map(fs::canonicalize).transpose()?;
        write(&file, &system::entry(&std::env::current_exe()?, config.as_deref()))
    };
    let done = match at_login {
        AtLogin::Off => match fs::remove_file(&file) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        },
        AtLogin::Open | AtLogin::Live => write(),
    };
    done.map_err(|cause| LoginError::Io { place: file.display().to_string(), cause })
}

/// As on the other systems.
///
/// # Errors
/// [`LoginError`].
#[cfg(windows)]
pub fn set(at_login: AtLogin, config: Option<&Path>) -> Result<(), LoginError> {
    let enter = || {
        // Not canonical: such a path begins with letters that the list doesn't take.
        let config = config.map(std::path::absolute).transpose()?;
        run_key::enter(&std::env::current_exe()?, config.as_deref())
    };
    let done = match at_login {
        AtLogin::Off => run_key::remove(),
        AtLogin::Open | AtLogin::Live => enter(),
    };
    done.map_err(|cause| LoginError::Io { place: run_key::PLACE.to_owned(), cause })
}

/// What holds at the next login: the person may have taken the entry away, or switched it off, in the system's own settings.
#[must_use]
pub fn in_force(remembered: AtLogin) -> AtLogin {
    #[cfg(windows)]
    let is_on = run_key::is_on();
    #[cfg(not(windows))]
    let is_on = entry_file().and_then(|file| fs::read_to_string(file).ok()).is_some_and(|text| system::is_on(&text));
    if is_on { remembered } else { AtLogin::Off }
}

#[cfg(not(windows))]
fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    cometcam_server::files::write_whole(file, text.as_bytes())
}
