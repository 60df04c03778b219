//! What is remembered: the configuration file, read at the start and written whole by the window.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use cometcam_server::config::{self, Config, ConfigError};
use cometcam_server::files::write_whole_private;
use cometcam_server::now_ms;
use cometcam_server::units::Period;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use crate::channel;
use crate::frame::Size;
use crate::source::{CameraBackend, SourceSpec};
use crate::state::{Audience, Choices, Save};

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WindowSettings {
    /// Who can watch; absent until it was asked.
    pub audience: Option<Audience>,
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

/// Why the choices were not written down.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// The file's content can't be known, and so can't be kept.
    #[error(transparent)]
    Unreadable(#[from] ConfigError),
    /// It can't be known, and the file can't be moved.
    #[error(transparent)]
    Damaged(Damage),
    /// It can't be written.
    #[error(transparent)]
    Io(#[from] io::Error),
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

/// What a file says, all of it; nothing if there is none. One that is damaged is put aside.
fn read_all(file: &Path) -> Result<(Map<String, Value>, Option<Damage>), RememberError> {
    match config::read(file) {
        Ok(all) => Ok((all, None)),
        Err(ConfigError::Unreadable { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => Ok((Map::new(), None)),
        Err(error @ ConfigError::Unreadable { .. }) => Err(error.into()),
        Err(error @ ConfigError::Malformed { .. }) => match put_aside(file, error) {
            damage @ Damage::PutAside { .. } => Ok((Map::new(), Some(damage))),
            damage @ Damage::InPlace { .. } => Err(RememberError::Damaged(damage)),
        },
    }
}

/// Where the window remembers its settings.
#[must_use]
pub fn remembered_file() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "cometcam").map(|folders| folders.config_dir().join("cometcam.yaml"))
}

/// Writes the choices into the file, whole or not at all; what others wrote there stays, and what of it can't be read is put aside.
/// `every` is the time between pictures where that, and not the rate, was chosen.
///
/// # Errors
/// [`RememberError`]; the file is as it was.
pub fn remember(file: &Path, choices: &Choices, every: Option<Duration>) -> Result<Option<Damage>, RememberError> {
    let (mut all, damage) = read_all(file)?;
    let mut camera = json!({
        "channel": choices.channel,
        "source": choices.source,
        "size": choices.size,
        "fps": choices.fps,
        "save": choices.save.to_string(),
        "keep": choices.keep,
    });
    // Fields of the first camera that the window doesn't edit stay as they are.
    let mut cameras = match all.remove("cameras") {
        Some(Value::Array(cameras)) => cameras,
        _ => Vec::new(),
    };
    if let (Some(Value::Object(before)), Value::Object(now)) = (cameras.first(), &mut camera) {
        for (name, value) in before {
            now.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    match every {
        Some(every) => camera["every"] = json!(format!("{}ms", every.as_millis())),
        None => drop(camera.as_object_mut().and_then(|camera| camera.remove("every"))),
    }
    cameras.splice(0..cameras.len().min(1), [camera]);
    all.insert("cameras".into(), Value::Array(cameras));
    all.insert("data".into(), json!(choices.data));
    all.insert("window".into(), json!(WindowSettings { audience: choices.audience }));
    let text = serde_saphyr::to_string(&all).map_err(io::Error::other)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    write_whole_private(file, text.as_bytes())?;
    Ok(damage)
}

/// Not a way to save.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no way to save: write every, off, or a time such as 1s or 10s")]
pub struct SaveError(String);

impl FromStr for Save {
    type Err = SaveError;

    fn from_str(text: &str) -> Result<Self, SaveError> {
        match text {
            "every" => Ok(Self::Every),
            "off" => Ok(Self::Off),
            _ => match text.parse() {
                Ok(Period(millis @ 1..)) => Ok(Self::EachMillis(millis)),
                _ => Err(SaveError(text.to_owned())),
            },
        }
    }
}

impl std::fmt::Display for Save {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Every => f.write_str("every"),
            Self::Off => f.write_str("off"),
            Self::EachMillis(millis) if millis % 1000 == 0 => write!(f, "{}s", millis / 1000),
            Self::EachMillis(millis) => write!(f, "{millis}ms"),
        }
    }
}

impl<'de> Deserialize<'de> for Save {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Choices {
        Choices {
            source: SourceSpec::Camera("Logitech: “C920”".into()),
            size: Size::new(640, 480),
            fps: 5,
            channel: "team/yard".into(),
            audience: Some(Audience::ThisNetwork),
            data: "/srv/cometcam".into(),
            save: Save::EachMillis(10_000),
            keep: true,
        }
    }

    #[test]
    fn what_is_remembered_is_read_again_and_the_rest_of_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/cometcam.yaml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "hosts: [cam.example.org]\ncameras:\n- channel: front\n  camera_backend: nokhwa\n- channel: second\n")
            .unwrap();
        remember(&file, &choices(), Some(Duration::from_secs(10))).unwrap();
        let settings = Settings::read(Some(&file)).unwrap();
        let camera = &settings.cameras[0];
        assert_eq!((camera.channel.as_str(), &camera.source, camera.fps), ("team/yard", &choices().source, 5));
        assert_eq!((camera.save, camera.keep, camera.camera_backend), (Save::EachMillis(10_000), true, CameraBackend::Nokhwa));
        assert_eq!(camera.interval(), Duration::from_secs(10));
        assert_eq!(settings.cameras[1].channel, "second");
        remember(&file, &choices(), None).unwrap();
        assert_eq!(Settings::read(Some(&file)).unwrap().cameras[0].interval(), Duration::from_millis(200));
        assert_eq!(settings.window.audience, Some(Audience::ThisNetwork));
        assert_eq!((settings.server.hosts.len(), settings.server.data), (1, Some("/srv/cometcam".into())));
    }

    #[test]
    fn a_file_that_was_damaged_meanwhile_is_put_aside_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cometcam.yaml");
        assert!(remember(&file, &choices(), None).unwrap().is_none(), "none is no damage");
        let damaged = "channels: { team: { publish_key: secret }\ncameras: [{ chan";
        fs::write(&file, damaged).unwrap();
        let told = remember(&file, &choices(), None).unwrap();
        let Some(Damage::PutAside { aside, .. }) = told else { panic!("{told:?}") };
        assert_eq!(fs::read_to_string(aside).unwrap(), damaged);
        assert_eq!(Settings::read(Some(&file)).unwrap().cameras[0].channel, "team/yard");
    }

    #[test]
    fn a_file_that_can_not_be_read_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cometcam.yaml");
        let latin1 = b"site: /srv/\xe4";
        fs::write(&file, latin1).unwrap();
        assert!(matches!(remember(&file, &choices(), None), Err(RememberError::Unreadable(_))));
        assert_eq!(fs::read(&file).unwrap(), latin1);
    }

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

    #[test]
    fn ways_to_save_are_read_as_written() {
        for save in [Save::Every, Save::Off, Save::EachMillis(1000), Save::EachMillis(1500)] {
            assert_eq!(save.to_string().parse(), Ok(save));
        }
        for wrong in ["", "0s", "1", "always", "-1s"] {
            assert!(wrong.parse::<Save>().is_err(), "{wrong}");
        }
    }
}
