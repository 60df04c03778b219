//! What is chosen of viewers: what they must have, how many there may be, and how the first one is announced.

use std::fmt;

use cometcam_server::units::Bandwidth;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Guarded;

/// What a viewer must have, beside the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Nothing.
    #[default]
    Anyone,
    /// The password.
    Password,
    /// A code that the window shows, typed once on each device.
    Code,
}

/// What viewers are asked for. It stands in no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WatchPassword(String);

impl WatchPassword {
    /// What a person typed, without the white space around it; `None` if nothing is left.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        (!typed.is_empty()).then(|| Self(typed.to_owned()))
    }

    /// As it is typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WatchPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatchPassword(…)")
    }
}

/// All that is chosen of viewers; remembered from one start to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Viewing {
    /// What they must have.
    pub guard: Guard,
    /// For [`Guard::Password`]; stays when another guard is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<WatchPassword>,
    /// How many there may be at a time; `None` for as many as the configuration says.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "at_least_one")]
    pub at_most: Option<usize>,
    /// What pictures may take of the network, for all on other devices together; `None` for what the configuration says, or else the
    /// default.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub bandwidth: Option<Bandwidth>,
    /// Whether a sound announces the first one.
    pub sound: bool,
    /// Whether a notification does.
    pub notification: bool,
}

fn as_text<S: Serializer>(bandwidth: &Option<Bandwidth>, to: S) -> Result<S::Ok, S::Error> {
    match bandwidth {
        Some(bandwidth) => to.collect_str(bandwidth),
        None => to.serialize_none(),
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    match Option::deserialize(from)? {
        Some(0) => Err(D::Error::custom("0 lets nobody in: write how many viewers there may be, or leave it out")),
        at_most => Ok(at_most),
    }
}

impl Default for Viewing {
    fn default() -> Self {
        Self { guard: Guard::Anyone, password: None, at_most: None, bandwidth: None, sound: true, notification: true }
    }
}

/// One thing of [`Viewing`] that is to be another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewingChange {
    /// What viewers must have.
    Guard(Guard),
    /// The password.
    Password(WatchPassword),
    /// How many there may be.
    AtMost(Option<usize>),
    /// What they may take of the network together.
    Bandwidth(Option<Bandwidth>),
    /// Whether a sound announces the first one.
    Sound(bool),
    /// Whether a notification does.
    Notification(bool),
}

impl Viewing {
    /// Takes the change over.
    pub fn change(&mut self, change: ViewingChange) {
        match change {
            ViewingChange::Guard(guard) => self.guard = guard,
            ViewingChange::Password(password) => self.password = Some(password),
            ViewingChange::AtMost(at_most) => self.at_most = at_most,
            ViewingChange::Bandwidth(bandwidth) => self.bandwidth = bandwidth,
            ViewingChange::Sound(sound) => self.sound = sound,
            ViewingChange::Notification(notification) => self.notification = notification,
        }
    }

    /// Whether a password is to be asked for, and there is none yet.
    #[must_use]
    pub fn lacks_password(&self) -> bool {
        Guarded::of(self).lacks_password()
    }

    /// Takes over what is remembered of another channel.
    pub(super) fn guard(&mut self, Guarded { guard, password }: Guarded) {
        self.guard = guard;
        self.password = password.or(self.password.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_in_no_log() {
        let viewing = Viewing { password: WatchPassword::new(" hunter2 "), ..Viewing::default() };
        assert!(!format!("{viewing:?}").contains("hunter2"));
        assert_eq!(viewing.password.unwrap().text(), "hunter2");
        assert_eq!(WatchPassword::new("  "), None);
    }
}
