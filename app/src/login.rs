//! Starting with the person's desktop session.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

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

/// The option that says that nobody has started the program by hand. Private: the entry below is its only user.
pub const OPTION: &str = "--at-login";

/// Where the desktop looks for what it starts at login; `None` where no such place is known.
#[must_use]
pub fn entry_file() -> Option<PathBuf> {
    let folders = cfg!(target_os = "linux").then(directories::BaseDirs::new).flatten()?;
    Some(folders.config_dir().join("autostart/cometcam.desktop"))
}

/// Why the desktop can't be told.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// On this system it is not known how.
    #[error("Cometcam can't enter itself here. Add it to the programs that start at login in the system's settings.")]
    Unknown,
    /// The entry can't be written or removed.
    #[error("What starts at login can't be changed in {}: {cause}.", file.display())]
    Io {
        /// The entry.
        file: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
}

/// Tells the desktop to start this program at login, with the settings of `config` if they are not the remembered ones, or no
/// more to.
///
/// # Errors
/// [`LoginError`].
pub fn set(at_login: AtLogin, config: Option<&Path>) -> Result<(), LoginError> {
    let file = entry_file().ok_or(LoginError::Unknown)?;
    let write = || {
        let program = std::env::current_exe()?;
        let config = config.map(fs::canonicalize).transpose()?;
        write(&file, &entry(&program, config.as_deref()))
    };
    let done = match at_login {
        AtLogin::Off => match fs::remove_file(&file) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        },
        AtLogin::Open | AtLogin::Live => write(),
    };
    done.map_err(|cause| LoginError::Io { file, cause })
}

/// What holds at the next login: the person may have taken the entry away, or switched it off, in the desktop's own settings.
#[must_use]
pub fn in_force(remembered: AtLogin) -> AtLogin {
    let text = entry_file().and_then(|file| fs::read_to_string(file).ok());
    if text.is_some_and(|text| is_on(&text)) { remembered } else { AtLogin::Off }
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    cometcam_server::files::write_whole(file, text.as_bytes())
}

fn is_on(entry: &str) -> bool {
    let says = |key: &str, value: &str| {
        entry
            .lines()
            .filter_map(|line| line.split_once('='))
            .any(|(k, v)| k.trim() == key && v.trim().eq_ignore_ascii_case(value))
    };
    !says("Hidden", "true") && !says("X-GNOME-Autostart-enabled", "false")
}

/// After the Desktop Entry and Autostart specifications of freedesktop.org.
fn entry(program: &Path, config: Option<&Path>) -> String {
    let config = config.map_or_else(String::new, |config| format!(" --config {}", quoted(config)));
    let command = format!("{} {OPTION}{config}", quoted(program));
    format!(
        "[Desktop Entry]\nType=Application\nName=Cometcam\nComment=Shows a camera to browsers in the same network\n\
         Exec={command}\nIcon=cometcam\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    )
}

/// A word of a command, as `Exec` wants it: quoted, and then escaped as any text of the file.
fn quoted(path: &Path) -> String {
    let mut word = String::from("\"");
    for letter in path.display().to_string().chars() {
        match letter {
            '"' | '`' | '$' | '\\' => word.extend(['\\', '\\', letter]),
            '%' => word.push_str("%%"),
            '\n' => word.push_str("\\n"),
            letter => word.push(letter),
        }
        // The escaping backslash of a backslash is itself escaped.
        if letter == '\\' {
            word.push('\\');
        }
    }
    word.push('"');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_names_the_program_whatever_its_folder_is_called() {
        let text = entry(Path::new("/opt/my \"$5\" 100% cam/cometcam"), Some(Path::new("/etc/cam.yaml")));
        let exec = text.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
        let expected = r#""/opt/my \\"\\$5\\" 100%% cam/cometcam" --at-login --config "/etc/cam.yaml""#;
        assert_eq!(exec, expected);
        assert_eq!(quoted(Path::new(r"a\b")), r#""a\\\\b""#);
        assert!(is_on(&text));
    }

    #[test]
    fn what_the_desktop_switched_off_is_off() {
        let text = entry(Path::new("/usr/bin/cometcam"), None);
        assert!(!is_on(&text.replace("enabled=true", "enabled=false")));
        assert!(!is_on(&(text + "Hidden=true\n")));
    }
}
