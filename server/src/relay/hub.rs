//! Names to channels.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Millis;
use super::channel::{Channel, Settings};

/// All channels of a server. Bounded: idle ones are forgotten, and there are never more than its capacity.
pub struct Hub {
    channels: Mutex<HashMap<Arc<str>, Arc<Channel>>>,
    capacity: usize,
    settings: Box<dyn Fn(&str) -> Settings + Send + Sync>,
    clock: Arc<Clock>,
}

/// There are as many channels as there may be, and none of them is idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are {0} channels already, as many as this server is set to hold; delete one, or wait until one is idle")]
pub struct HubFull(pub usize);

impl Hub {
    /// How long a channel without messages and subscribers is remembered, in milliseconds.
    pub const PATIENCE: Millis = 60_000;

    /// A hub for at most `capacity` channels; `settings` tells what is configured for a name.
    pub fn new(capacity: usize, settings: impl Fn(&str) -> Settings + Send + Sync + 'static) -> Self {
        Self { channels: Mutex::default(), capacity, settings: Box::new(settings), clock: Arc::default() }
    }

    /// The channel of this name, if it is known.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<Channel>> {
        self.lock().get(name).cloned()
    }

    /// The channel of this name, made if it is not known.
    ///
    /// # Errors
    /// [`HubFull`] if there is no place for one more.
    pub fn channel(&self, name: &str, now: Millis) -> Result<Arc<Channel>, HubFull> {
        let mut channels = self.lock();
        if let Some(channel) = channels.get(name) {
            return Ok(channel.clone());
        }
        if channels.len() >= self.capacity {
            forget_idle(&mut channels, now, 0);
        }
        if channels.len() >= self.capacity {
            return Err(HubFull(self.capacity));
        }
        let name: Arc<str> = name.into();
        let channel = Arc::new(Channel::new(name.clone(), (self.settings)(&name), self.clock.clone(), now));
        channels.insert(name, channel.clone());
        Ok(channel)
    }

    /// Ends the channel for all who wait on it; false if it was not known.
    pub fn delete(&self, name: &str) -> bool {
        let removed = self.lock().remove(name);
        if let Some(channel) = &removed {
            channel.delete();
        }
        removed.is_some()
    }

    /// Drops messages that are too old, and channels that nobody uses. To be called about once a second.
    pub fn sweep(&self, now: Millis) {
        let mut channels = self.lock();
        for channel in channels.values() {
            channel.enforce_age(now);
        }
        forget_idle(&mut channels, now, Self::PATIENCE);
    }

    /// How many channels are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether no channel is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Channel>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A channel that somebody has in hand (a subscriber about to wait, say) is not idle: handles are given out only under the lock that
/// the caller holds.
fn forget_idle(channels: &mut HashMap<Arc<str>, Arc<Channel>>, now: Millis, patience: Millis) {
    channels.retain(|_, channel| Arc::strong_count(channel) > 1 || !channel.is_idle(now, patience));
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("channels", &self.len()).field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// One order and one time, never going back, for the messages of all channels: a subscriber of several is given them as they were
/// published, and one second and a tag for each channel tell all it has seen.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Stamp>);

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Stamp {
    pub second: u64,
    pub order: u64,
}

impl Clock {
    pub(super) fn stamp(&self, now: Millis) -> Stamp {
        let mut stamp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stamp.second = stamp.second.max(now / 1000);
        stamp.order += 1;
        *stamp
    }

    /// Makes all later stamps lie behind this second.
    pub(super) fn pass(&self, second: u64) {
        let mut stamp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stamp.second = stamp.second.max(second + 1);
    }
}
