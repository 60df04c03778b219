//! On Windows: the person's own list of what starts at login, in the registry.

use std::io;
use std::path::Path;

use super::OPTION;

/// Of Windows; a longer command is not run.
const LONGEST: usize = 260;

/// The command. A path has no quotation marks here; the one of the configuration has a letter before its end.
fn command(program: &Path, config: Option<&Path>) -> io::Result<String> {
    let config = config.map_or_else(String::new, |config| format!(" --config \"{}\"", config.display()));
    let command = format!("\"{}\" {OPTION}{config}", program.display());
    if command.encode_utf16().count() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidFilename, "the paths of the program and its settings are too long"));
    }
    Ok(command)
}

/// Whether a value of what the person switched off in the Task Manager, or in Settings, says so.
fn is_switched_off(value: &[u8]) -> bool {
    value.first().is_some_and(|first| first % 2 == 1)
}

#[cfg(windows)]
mod registry {
    use std::io;
    use std::path::Path;

    use windows_registry::{CURRENT_USER, Result};

    /// For people, and so that errors name the place.
    pub(in crate::login) const PLACE: &str = r"the registry, Software\Microsoft\Windows\CurrentVersion\Run";
    const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    const SWITCHES: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
    const NAME: &str = "Cometcam";
    /// `HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)`.
    const NOT_FOUND: u32 = 0x8007_0002;

    /// Enters the program; that it was switched off elsewhere is over.
    pub(in crate::login) fn enter(program: &Path, config: Option<&Path>) -> io::Result<()> {
        let command = super::command(program, config)?;
        CURRENT_USER.create(RUN)?.set_string(NAME, command)?;
        remove_from(SWITCHES)
    }

    /// Takes it out.
    pub(in crate::login) fn remove() -> io::Result<()> {
        remove_from(RUN)
    }

    /// Whether it is entered, and not switched off.
    pub(in crate::login) fn is_on() -> bool {
        let entered = CURRENT_USER.open(RUN).and_then(|key| key.get_string(NAME)).is_ok();
        let switch = CURRENT_USER.open(SWITCHES).and_then(|key| key.get_value(NAME));
        entered && !switch.is_ok_and(|value| super::is_switched_off(&value))
    }

    fn remove_from(list: &str) -> io::Result<()> {
        let remove = || -> Result<()> { CURRENT_USER.options().write().open(list)?.remove_value(NAME) };
        match remove() {
            Err(error) if error.code().0 as u32 != NOT_FOUND => Err(error.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(windows)]
pub(super) use registry::{PLACE, enter, is_on, remove};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_the_program_and_one_that_windows_would_not_run_is_refused() {
        let program = Path::new(r"C:\Program Files\Cometcam\cometcam.exe");
        let config = Path::new(r"D:\my cam.yaml");
        let expected = r#""C:\Program Files\Cometcam\cometcam.exe" --at-login --config "D:\my cam.yaml""#;
        assert_eq!(command(program, Some(config)).unwrap(), expected);
        assert!(command(Path::new(&"x".repeat(LONGEST)), None).unwrap_err().to_string().contains("too long"));
    }

    #[test]
    fn what_was_switched_off_elsewhere_is_off() {
        let value = |first: u8| [first, 0, 0, 0, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x01];
        assert!(is_switched_off(&value(3)) && is_switched_off(&value(7)));
        assert!(!is_switched_off(&value(2)) && !is_switched_off(&value(6)) && !is_switched_off(&[]));
    }
}
