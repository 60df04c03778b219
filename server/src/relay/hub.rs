//! Names to channels.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Millis;
use super::channel::{Channel, Settings};
use super::message::MessageId;
use super::publisher::Publisher;

/// All channels of a server. Bounded: idle ones are forgotten, and there are never more than its capacity.
pub struct Hub {
    channels: Mutex<HashMap<Arc<str>, Arc<Channel>>>,
    capacity: usize,
    settings: Box<dyn Fn(&str) -> Settings + Send + Sync>,
    clock: Arc<Clock>,
}

/// There are as many channels as there may be, and none of them is idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubFull(pub usize);

impl fmt::Display for HubFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there are {} channels already, as many as there may be; delete one, or wait until one is idle", self.0)
    }
}

impl std::error::Error for HubFull {}

/// Who wants a channel to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// May fill the hub.
    Publisher,
    /// May fill half of it, so that those who only ask leave room for those who have something to say.
    Subscriber,
}

impl Hub {
    /// How long a channel without messages and subscribers is remembered, in milliseconds.
    pub const PATIENCE: Millis = 60_000;

    /// A hub for at most `capacity` channels, from now on; `settings` tells what is configured for a name.
    pub fn new(capacity: usize, settings: impl Fn(&str) -> Settings + Send + Sync + 'static, now: Millis) -> Self {
        Self { channels: Mutex::default(), capacity, settings: Box::new(settings), clock: Arc::new(Clock::new(now)) }
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
    pub fn channel(&self, name: &str, maker: Maker, now: Millis) -> Result<Arc<Channel>, HubFull> {
        let mut channels = self.lock();
        if let Some(channel) = channels.get(name) {
            return Ok(channel.clone());
        }
        let room = match maker {
            Maker::Publisher => self.capacity,
            Maker::Subscriber => self.capacity / 2,
        };
        if channels.len() >= room {
            forget_idle(&mut channels, now, 0);
        }
        if channels.len() >= room {
            return Err(HubFull(room));
        }
        let name: Arc<str> = name.into();
        let channel = Arc::new(Channel::new(name.clone(), (self.settings)(&name), self.clock.clone(), now));
        channels.insert(name, channel.clone());
        Ok(channel)
    }

    /// The write side of a channel, which is made if it is not known.
    ///
    /// # Errors
    /// [`HubFull`] if there is no place for one more.
    pub fn publisher(&self, name: &str, now: Millis) -> Result<Publisher, HubFull> {
        Ok(Publisher::of(self.channel(name, Maker::Publisher, now)?))
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

    /// How many channels there may be.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
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
        crate::lock(&self.channels)
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
/// published.
#[derive(Debug)]
pub(super) struct Clock(Mutex<Time>);

#[derive(Debug)]
struct Time {
    stamp: Stamp,
    /// The newest id of a deleted channel: one that takes its name goes on from there.
    deleted: Option<MessageId>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub second: u64,
    pub order: u64,
}

impl Clock {
    /// Begins with the next second: in the present one a program that ended just now may have given ids.
    fn new(now: Millis) -> Self {
        Self(Mutex::new(Time { stamp: Stamp { second: now / 1000 + 1, order: 0 }, deleted: None }))
    }

    pub(super) fn stamp(&self, now: Millis) -> Stamp {
        let mut time = self.lock();
        time.stamp.second = time.stamp.second.max(now / 1000);
        time.stamp.order += 1;
        time.stamp
    }

    /// The second of a channel that begins now, and the id after which its own begin.
    pub(super) fn begin(&self, now: Millis) -> (u64, Option<MessageId>) {
        let time = self.lock();
        (time.stamp.second.max(now / 1000), time.deleted)
    }

    pub(super) fn deleted(&self, id: MessageId) {
        let mut time = self.lock();
        time.deleted = time.deleted.max(Some(id));
    }

    fn lock(&self) -> MutexGuard<'_, Time> {
        crate::lock(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, assert_waits, frame, hub, now_or_never, publish};
    use super::super::{Concurrency, Ended, Mode, Start, Subscriber};
    use super::*;

    #[test]
    fn the_hub_is_bounded_and_forgets_what_nobody_uses() {
        let hub = hub(Concurrency::Broadcast);
        let kept = hub.channel("kept", Maker::Publisher, NOW).unwrap();
        publish(&kept, "1");
        for name in 0..19 {
            hub.channel(&name.to_string(), Maker::Publisher, NOW).unwrap();
        }
        hub.sweep(NOW + 30_000);
        assert_eq!(hub.len(), 20, "a channel is remembered for a while, also one that nobody used yet");
        assert!(hub.channel("idle ones make place", Maker::Publisher, NOW + 1).is_ok());
        let held: Vec<_> = (20..29).map(|name| hub.channel(&name.to_string(), Maker::Subscriber, NOW + 2).unwrap()).collect();
        assert!(hub.channel("subscribers leave half of the places", Maker::Subscriber, NOW + 3).is_err());
        assert!(hub.channel("to publishers", Maker::Publisher, NOW + 3).is_ok());
        drop(held);
        drop(kept);
        hub.sweep(NOW + 600_000);
        assert!(hub.is_empty());
    }

    #[test]
    fn deletion_ends_all_waits_and_ids_are_not_given_again() {
        let hub = hub(Concurrency::Broadcast);
        let channel = hub.channel("a", Maker::Publisher, NOW).unwrap();
        publish(&channel, "1");
        let mut subscriber = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
        assert_waits(&mut subscriber);
        assert!(hub.delete("a"));
        assert!(!hub.delete("a"));
        assert_eq!(now_or_never(subscriber.next()).unwrap().unwrap_err(), Ended::Deleted);
        let again = hub.channel("a", Maker::Publisher, NOW).unwrap();
        publish(&again, "2");
        assert!(again.info(NOW).last_message_id > channel.info(NOW).last_message_id);
    }

    #[test]
    fn a_channel_whose_newest_message_stays_is_not_idle_until_that_is_retired() {
        let hub = hub(Concurrency::Broadcast);
        hub.publisher("a", NOW).unwrap().publish(frame("1", 1), NOW).unwrap();
        hub.sweep(NOW + 600_000);
        assert_eq!(hub.len(), 1);
        hub.publisher("a", NOW).unwrap().retire("frame");
        hub.sweep(NOW + 600_000);
        assert!(hub.is_empty());
    }
}
