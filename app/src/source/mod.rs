//! Where pictures come from. One small interface for all of them; the pipeline knows no other.

pub mod camera;
pub mod images;
mod jpeg;
mod knobs;
mod pace;
pub mod test_pattern;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::frame::{Frame, PixelFormat, Size};

pub use self::knobs::{Knob, KnobError, KnobKind, KnobSettings, KnobValues};

/// A running source of frames. It is opened, used and dropped on one thread; Drop releases the device.
pub trait Source {
    /// What it delivers, as agreed with the device.
    fn mode(&self) -> &Mode;

    /// The newest frame that was not yet given; `None` if none came within `patience`.
    ///
    /// # Errors
    /// After any of them the source is to be dropped and opened anew.
    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, SourceError>;

    /// What can be set of the device itself, as it is now; nothing of most sources.
    fn knobs(&mut self) -> Vec<Knob> {
        Vec::new()
    }

    /// Sets one of [`Source::knobs`], to a value that it can have. It is in effect with one of the next pictures.
    ///
    /// # Errors
    /// The system's.
    fn turn(&mut self, _knob: &str, _value: i64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What opens a source: [`open`], or what a test has in its place.
pub type Opener = Arc<dyn Fn(&SourceSpec, &Wanted, Duration) -> Result<Box<dyn Source>, SourceError> + Send + Sync>;

/// Opens a source, on the thread that is to use it. One that has no rhythm of its own gives a picture each `interval`.
///
/// # Errors
/// Any [`SourceError`]: the caller may try again later.
pub fn open(spec: &SourceSpec, wanted: &Wanted, interval: Duration) -> Result<Box<dyn Source>, SourceError> {
    Ok(match spec {
        SourceSpec::TestPattern => Box::new(test_pattern::TestPattern::open(wanted)),
        SourceSpec::Images(folder) => Box::new(images::Images::open(folder, interval)?),
        SourceSpec::FirstCamera => camera::open(None, wanted)?,
        SourceSpec::Camera(which) => camera::open(Some(which), wanted)?,
    })
}

/// What an open source delivers.
#[derive(Debug, Clone, PartialEq)]
pub struct Mode {
    /// The source's name for people, e.g. `Logitech C920`.
    pub name: String,
    /// What finds this very source again, whatever its number and path are by then: to be opened after it was unplugged.
    pub spec: SourceSpec,
    /// Of each picture.
    pub size: Size,
    /// Pictures a second that the device promises.
    pub fps: f32,
    /// Of each picture.
    pub format: PixelFormat,
}

/// What is asked of a source; it comes as near as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The size to come nearest to.
    pub size: Size,
    /// Pictures a second, at most.
    pub fps: u32,
    /// How to reach a camera.
    pub backend: CameraBackend,
}

/// The program's way to a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum CameraBackend {
    /// Video4Linux directly: the default on Linux.
    #[cfg(target_os = "linux")]
    #[default]
    V4l2,
    /// The nokhwa crate: everywhere, and the only one on macOS and Windows.
    #[cfg_attr(not(target_os = "linux"), default)]
    Nokhwa,
}

/// Which source, as a person or the command line names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SourceSpec {
    /// The first camera of the list: `camera`.
    #[default]
    FirstCamera,
    /// A camera by name, number in the list (from 1), device path, or identity: `camera:WHICH`.
    Camera(String),
    /// Moving, with a clock and the frame's number in it: `test-pattern`.
    TestPattern,
    /// The pictures of a folder in the order of their names, again and again: `images:FOLDER`.
    Images(PathBuf),
}

/// A source that can't be meant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” is no source: write camera, camera:WHICH, test-pattern or images:FOLDER")]
pub struct SpecError(String);

impl SourceSpec {
    /// Whether pictures are taken, and not made or read: then no two are the same.
    #[must_use]
    pub fn is_camera(&self) -> bool {
        matches!(self, Self::FirstCamera | Self::Camera(_))
    }
}

impl FromStr for SourceSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text.split_once(':') {
            None if text == "camera" => Ok(Self::FirstCamera),
            None if text == "test-pattern" => Ok(Self::TestPattern),
            Some(("camera", which)) if !which.is_empty() => Ok(Self::Camera(which.to_owned())),
            Some(("images", folder)) if !folder.is_empty() => Ok(Self::Images(folder.into())),
            _ => Err(SpecError(text.to_owned())),
        }
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstCamera => f.write_str("camera"),
            Self::Camera(which) => write!(f, "camera:{which}"),
            Self::TestPattern => f.write_str("test-pattern"),
            Self::Images(folder) => write!(f, "images:{}", folder.display()),
        }
    }
}

impl TryFrom<String> for SourceSpec {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

impl From<SourceSpec> for String {
    fn from(spec: SourceSpec) -> Self {
        spec.to_string()
    }
}

/// Why there are no pictures: what happened and what to do, in one or two short sentences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No camera at all.
    #[error("No camera was found. Plug one in, and it will appear here.")]
    NoCamera,
    /// None of this name, number or path.
    #[error("The camera “{0}” is not there. Plug it in, or choose another one.")]
    NotThere(String),
    /// Some other program has it; `by` is its name where the system tells.
    #[error("The camera “{name}” is in use by another program{}. Close it there, and it will appear here.",
            .by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default())]
    Busy {
        /// The camera's name.
        name: String,
        /// The other program's name, where the system tells.
        by: Option<String>,
    },
    /// The system doesn't let this user have it.
    #[error("This user may not use the camera “{name}”. {cure}")]
    Denied {
        /// The camera's name.
        name: String,
        /// What to do on this system.
        cure: String,
    },
    /// It was there and is gone.
    #[error("The camera “{0}” was unplugged. Plug it in again, and the picture goes on by itself.")]
    Unplugged(String),
    /// It is open and nothing comes, or the same bytes over and over.
    #[error("No picture comes from “{0}”. It may be covered by its privacy switch, or in use elsewhere.")]
    Stalled(String),
    /// It offers nothing that this program reads.
    #[error(
        "The camera “{name}” offers no format that Cometcam reads ({offers}). Many laptops since 2022 have a camera that works \
             only through libcamera; a USB camera works."
    )]
    NoFormat {
        /// The camera's name.
        name: String,
        /// What it does offer.
        offers: String,
    },
    /// Anything else that the device or the system reports.
    #[error("The camera “{name}” failed: {cause}. It is being opened again.")]
    Failed {
        /// The camera's name.
        name: String,
        /// In the system's words.
        cause: String,
    },
    /// The folder of pictures can't be read or has none.
    #[error("The folder “{folder}” {cause}. Choose a folder with JPEG or PNG pictures.")]
    Images {
        /// As given.
        folder: String,
        /// What is wrong with it, as the end of a sentence.
        cause: String,
    },
}

impl SourceError {
    /// The same in words for those who watch, and can't do anything about it.
    #[must_use]
    pub fn for_viewers(&self) -> &'static str {
        match self {
            Self::NoCamera | Self::NotThere(_) => "the camera is not connected",
            Self::Unplugged(_) => "the camera was unplugged",
            Self::Busy { .. } => "the camera is in use by another program",
            Self::Denied { .. } => "the camera may not be used",
            Self::Stalled(_) => "the camera sends no picture",
            Self::NoFormat { .. } | Self::Failed { .. } => "the camera does not work",
            Self::Images { .. } => "there are no pictures to show",
        }
    }
}
