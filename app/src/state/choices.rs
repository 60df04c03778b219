//! What the person chose.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::frame::Size;
use crate::retouch::Retouch;
use crate::save::Save;
use crate::source::{KnobSettings, SourceSpec};
use crate::state::{Guard, Guarded, Guards, Viewing, ViewingChange};

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
    /// What is chosen of viewers; what they must have is of this channel.
    pub viewing: Viewing,
    /// What viewers of other channels must have.
    pub guards: Guards,
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

    /// Whether this can be left for another channel: what guards it is to be remembered.
    #[must_use]
    pub fn can_go_to(&self, channel: &str) -> bool {
        // What is remembered of that one leaves its place.
        let has_room = self.guards.has_room_for(&self.channel) || self.guards.get(channel).is_some();
        channel == self.channel || self.viewing.guard == Guard::Anyone || has_room
    }

    /// Goes to another channel. What guarded that one when it was left holds there again; where nothing is remembered, what guards
    /// this one does there, too.
    pub fn go_to(&mut self, channel: &str) {
        if channel == self.channel {
            return;
        }
        self.guards.set(&self.channel, Guarded::of(&self.viewing));
        if let Some(guarded) = self.guards.take(channel) {
            self.viewing.guard(guarded);
        }
        channel.clone_into(&mut self.channel);
    }

    /// Takes over what is chosen of viewers while the window is on this channel, which may be another one than the remembered one.
    pub fn change_viewing(&mut self, channel: &str, change: ViewingChange) {
        if channel == self.channel || !matches!(change, ViewingChange::Guard(_) | ViewingChange::Password(_)) {
            return self.viewing.change(change);
        }
        let mut viewing = self.viewing.clone();
        if let Some(guarded) = self.guards.take(channel) {
            viewing.guard(guarded);
        }
        viewing.change(change);
        self.guards.set(channel, Guarded::of(&viewing));
    }
}
