//! What the person chose.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::frame::Size;
use crate::retouch::Retouch;
use crate::save::Save;
use crate::source::{KnobSettings, SourceSpec};
use crate::state::Viewing;

/// Who can watch; the server listens accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Browsers on this machine.
    ThisComputer,
    /// Everyone in this network who has the address.
    ThisNetwork,
}

/// Everything the person chose; remembered from one start to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// Where pictures come from.
    pub source: SourceSpec,
    /// The size asked of the source.
    pub size: Size,
    /// Pictures a second, at most.
    pub fps: u32,
    /// From one picture to the next, where that was chosen and not a rate; wins over `fps`.
    pub every: Option<Duration>,
    /// The channel's name.
    pub channel: String,
    /// `None` until it was asked at the first Go live.
    pub audience: Option<Audience>,
    /// Where pictures are saved.
    pub data: PathBuf,
    /// Which of them.
    pub save: Save,
    /// Whether what was saved stays after the broadcast.
    pub keep: bool,
    /// What is chosen of viewers.
    pub viewing: Viewing,
    /// What is done to each picture.
    pub picture: Retouch,
    /// What is set of cameras themselves.
    pub controls: KnobSettings,
}

impl Choices {
    /// From one picture to the next, at least.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.every.unwrap_or_else(|| Duration::from_secs(1) / self.fps.max(1))
    }
}
