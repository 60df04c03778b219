//! What viewers need of channels beside the window's: there may be kept pictures of those that it left.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Guard, Viewing, WatchPassword};

/// What viewers of one channel need.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guarded {
    /// What they must have.
    pub guard: Guard,
    /// For [`Guard::Password`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<WatchPassword>,
}

/// The guards of channels, by name; remembered from one start to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Guards(BTreeMap<String, Guarded>);

impl Guarded {
    /// Of the window's channel.
    #[must_use]
    pub fn of(viewing: &Viewing) -> Self {
        Self { guard: viewing.guard, password: viewing.password.clone() }
    }

    /// Whether a password is to be asked for, and there is none yet.
    #[must_use]
    pub fn lacks_password(&self) -> bool {
        self.guard == Guard::Password && self.password.is_none()
    }
}

impl Guards {
    /// Channels that are remembered beside the window's.
    pub const MOST: usize = 100;

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Guarded)> {
        self.0.iter().map(|(channel, guarded)| (channel.as_str(), guarded))
    }

    /// What is remembered of a channel.
    #[must_use]
    pub fn get(&self, channel: &str) -> Option<&Guarded> {
        self.0.get(channel)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one more channel can be remembered, or this one is. Without room nothing is forgotten instead: what that guarded would
    /// be open.
    #[must_use]
    pub fn has_room_for(&self, channel: &str) -> bool {
        self.0.len() < Self::MOST || self.0.contains_key(channel)
    }

    /// Remembers what viewers of a channel need; of one that needs nothing, nothing.
    pub fn set(&mut self, channel: &str, guarded: Guarded) {
        if guarded.guard == Guard::Anyone {
            self.0.remove(channel);
        } else {
            self.0.insert(channel.to_owned(), guarded);
        }
    }

    /// Takes out what is remembered of a channel.
    pub fn take(&mut self, channel: &str) -> Option<Guarded> {
        self.0.remove(channel)
    }
}
