//! On Linux: the entry that a desktop starts at login, after the Desktop Entry and Autostart specifications of freedesktop.org.

use std::path::{Path, PathBuf};

use super::OPTION;

/// Where desktops look for it.
pub(super) fn file(folders: &directories::BaseDirs) -> PathBuf {
    folders.config_dir().join("autostart/cometcam.desktop")
}

/// Whether the entry is in force: the person may have switched it off in the desktop's own settings.
pub(super) fn is_on(entry: &str) -> bool {
    let says = |key: &str, value: &str| {
        entry
            .lines()
            .filter_map(|line| line.split_once('='))
            .any(|(k, v)| k.trim() == key && v.trim().eq_ignore_ascii_case(value))
    };
    !says("Hidden", "true") && !says("X-GNOME-Autostart-enabled", "false")
}

/// The entry.
pub(super) fn entry(program: &Path, config: Option<&Path>) -> String {
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
