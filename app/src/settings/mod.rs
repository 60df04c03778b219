//! What is remembered: the configuration file, read at the start and written whole by the window.

mod as_written;
mod remember;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cometcam_server::config::{self, Config, ConfigError};
use cometcam_server::now_ms;
use cometcam_server::units::Period;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use self::as_written::as_written;
pub use self::remember::{RememberError, remember, remember_at_login};

use crate::channel;
use crate::frame::Size;
use crate::login::AtLogin;
use crate::retouch::Retouch;
use crate::save::Save;
use crate::source::{CameraBackend, KnobSettings, SourceSpec};
use crate::state::{Audience, Guards, Viewing};

/// A camera of the configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CameraSettings {
    /// The channel's name.
    #[serde(deserialize_with = "channel_name")]
    pub channel: String,
    /// Where pictures come from.
    pub source: SourceSpec,
    /// Asked of the source.
    pub size: Size,
    /// Pictures a second, at most.
    #[serde(deserialize_with = "rate")]
    pub fps: u32,
    /// Of one picture to the next, at least; wins over `fps`.
    pub every: Option<Period>,
    /// Which pictures go to disk.
    pub save: Save,
    /// Whether what was saved stays after the broadcast.
    pub keep: bool,
    /// How to reach the camera.
    pub camera_backend: CameraBackend,
    /// What is done to each picture.
    pub picture: Retouch,
    /// What is set of the camera itself.
    pub controls: KnobSettings,
}

fn channel_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    channel::name(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn rate<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        fps @ 1..=120 => Ok(fps),
        fps => Err(D::Error::custom(format!("{fps} is no rate: write 1 to 120 pictures a second, or every: 10s"))),
    }
}

impl Default for CameraSettings {
    fn default() -> Self {
        Self {
            channel: "front".into(),
            source: SourceSpec::default(),
            size: Size::new(1280, 720),
            fps: 15,
            every: None,
            save: Save::EachMillis(1000),
            keep: false,
            camera_backend: CameraBackend::default(),
            picture: Retouch::default(),
            controls: KnobSettings::default(),
        }
    }
}

impl CameraSettings {
    /// Of one picture to the next, at least.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.every.map_or_else(|| Duration::from_secs(1) / self.fps.max(1), |every| Duration::from_millis(every.0.max(1)))
    }
}

/// What the window remembers beside the camera.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WindowSettings {
    /// Who can watch; absent until it was asked.
    pub audience: Option<Audience>,
    /// What is chosen of viewers; what they must have is of the first camera's channel.
    pub viewing: Viewing,
    /// What viewers of other channels must have.
    pub guards: Guards,
    /// What happens at login.
    pub at_login: AtLogin,
}

/// The parts of the configuration file that are the desktop program's own; the server reads the rest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AppConfig {
    cameras: Vec<CameraSettings>,
    window: WindowSettings,
}

/// A configuration file, read.
#[derive(Debug, Default)]
pub struct Settings {
    /// Where the window writes it; `None` where the system has no place.
    pub file: Option<PathBuf>,
    /// The server's part.
    pub server: Config,
    /// None or several.
    pub cameras: Vec<CameraSettings>,
    /// The window's part.
    pub window: WindowSettings,
    /// What went wrong with a remembered file.
    pub damage: Option<Damage>,
}

/// A remembered file that can't be read. It is never written over.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It lies beside, and a new one takes its place.
    #[error("The settings were damaged ({error}). They were put aside as {}.", aside.display())]
    PutAside {
        /// What is wrong with it.
        error: ConfigError,
        /// Where it is now.
        aside: PathBuf,
    },
    /// It is where it was.
    #[error("The settings are damaged ({error}) and can't be put aside: {cause}.")]
    InPlace {
        /// What is wrong with it.
        error: ConfigError,
        /// The system's reason.
        cause: io::Error,
    },
}

impl Settings {
    /// Reads the file that was named, which must be there and well, or the one that is remembered, if there is one.
    ///
    /// # Errors
    /// [`ConfigError`], with the line.
    pub fn read(named: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match named {
            Some(named) => named.to_owned(),
            None => match remembered_file().filter(|file| file.exists()) {
                Some(file) => file,
                None => return Ok(Self { file: remembered_file(), ..Self::default() }),
            },
        };
        let server: Config = config::read(&file)?;
        let AppConfig { cameras, window } = config::read(&file)?;
        Ok(Self { file: Some(file), server, cameras, window, damage: None })
    }

    /// As [`Settings::read`], but a damaged remembered file is put aside and told in [`Settings::damage`], not lost and no reason not
    /// to start.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that was named.
    pub fn read_or_put_aside(named: Option<&Path>) -> Result<Self, ConfigError> {
        let (error, file) = match (Self::read(named), remembered_file()) {
            (Err(error), Some(file)) if named.is_none() => (error, file),
            (result, _) => return result,
        };
        let damage = put_aside(&file, error);
        Ok(Self { file: Some(file), damage: Some(damage), ..Self::default() })
    }
}

fn put_aside(file: &Path, error: ConfigError) -> Damage {
    let aside = file.with_extension(format!("damaged-{}.yaml", now_ms()));
    match fs::rename(file, &aside) {
        Ok(()) => Damage::PutAside { error, aside },
        Err(cause) => Damage::InPlace { error, cause },
    }
}

/// Where the window remembers its settings.
#[must_use]
pub fn remembered_file() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "cometcam").map(|folders| folders.config_dir().join("cometcam.yaml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_line_refuses_is_refused_in_the_file_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cometcam.yaml");
        let long = format!("channel: {}", "x".repeat(513));
        for (wrong, word) in [
            ("channel: ''", "needs a name"),
            (&*long, "too long"),
            ("channel: \"a\\tb\"", "can’t be typed"),
            ("fps: 0", "1 to 120"),
            ("fps: 121", "1 to 120"),
            ("picture: { rotate: 45 }", "0, 90, 180 or 270"),
            ("picture: { flip: true }", "flip"),
            ("controls: { brightness: bright }", "whole number"),
        ] {
            fs::write(&file, format!("cameras:\n  - source: camera\n    {wrong}\n")).unwrap();
            let error = Settings::read(Some(&file)).unwrap_err().to_string();
            assert!(error.contains("line 3") && error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_damaged_camera_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cometcam.yaml");
        fs::write(&file, "cameras:\n  - channel: front\n    size: huge\n").unwrap();
        let error = Settings::read(Some(&file)).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("huge"), "{error}");
    }
}
