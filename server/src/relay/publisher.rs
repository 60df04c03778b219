//! The write side of a channel.

use std::sync::Arc;

use super::Millis;
use super::channel::{Channel, Reception};
use super::message::{Draft, Message};

/// The right to publish on a channel. All of it is synchronous and never blocks: a camera must not wait for a viewer.
#[derive(Debug, Clone)]
pub struct Publisher {
    channel: Arc<Channel>,
}

impl Publisher {
    /// A publisher of this channel, beside those that it has.
    #[must_use]
    pub const fn of(channel: Arc<Channel>) -> Self {
        Self { channel }
    }

    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    /// Appends a message and wakes those who wait. `None` if the channel was deleted in the meantime.
    pub fn publish(&self, draft: Draft, now: Millis) -> Option<(Arc<Message>, Reception)> {
        self.channel.publish(draft, now)
    }

    /// Drops all messages of a kind, its newest too.
    pub fn retire(&self, kind: &'static str) {
        self.channel.lock().buffer.retire(kind);
    }

    /// Drops the messages of a kind that have this number.
    pub fn discard(&self, kind: &'static str, number: u64) {
        self.channel.lock().buffer.discard(kind, number);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, assert_waits, frame, hub, publish};
    use super::super::{Concurrency, Maker, Mode, Start, Subscriber};
    use super::*;

    #[test]
    fn a_publisher_learns_whether_somebody_waits_and_an_answered_poll_counts_no_more() {
        let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
        assert_eq!(publish(&channel, "1"), Reception::Queued);
        let mut poll = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
        assert_waits(&mut poll);
        assert_eq!(channel.info(NOW).subscribers, 1);
        assert_eq!(publish(&channel, "2"), Reception::Received);
        assert_eq!(publish(&channel, "3"), Reception::Queued);
        drop(poll);
        let stream = Subscriber::stream(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
        assert_eq!(channel.info(NOW).subscribers, 1, "a stream counts from its making");
        assert_eq!(publish(&channel, "4"), Reception::Received);
        assert_eq!(publish(&channel, "5"), Reception::Received);
        drop(stream);
        assert_eq!(channel.info(NOW).subscribers, 0);
    }

    #[test]
    fn a_poll_whose_message_left_before_it_looked_is_counted_again() {
        let publisher = hub(Concurrency::Broadcast).publisher("a", NOW).unwrap();
        let channel = publisher.channel();
        let mut poll = Subscriber::poll(vec![(channel.clone(), Start::Next)], Mode::Every, NOW);
        assert_waits(&mut poll);
        publisher.publish(frame("1", 1), NOW).unwrap();
        publisher.discard("frame", 1);
        assert_waits(&mut poll);
        assert_eq!(channel.info(NOW).subscribers, 1);
        assert_eq!(publish(channel, "2"), Reception::Received);
        drop(poll);
        assert_eq!(channel.info(NOW).subscribers, 0);
    }

    #[test]
    fn a_deleted_channel_takes_nothing() {
        let hub = hub(Concurrency::Broadcast);
        let publisher = hub.publisher("a", NOW).unwrap();
        hub.delete("a");
        assert!(publisher.publish(frame("1", 1), NOW).is_none());
    }
}
