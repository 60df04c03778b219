//! A cursor into one or several channels.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::Poll;

use tokio::sync::futures::Notified;

use super::Millis;
use super::buffer::{Cursor, Missed, Start, Stored};
use super::channel::{Channel, Claim, State, Stay};
use super::message::{Message, MessageId};

/// Which of the messages after the cursor a subscriber is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each, in the order of publication.
    Every,
    /// The newest of a channel, however many lie between: the right mode for pictures. Several channels with news take turns, so
    /// that none starves however slow the subscriber is.
    Latest,
}

/// A message on its way to a subscriber.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Index of the channel among the subscriber's.
    pub channel: usize,
    /// The message.
    pub message: Arc<Message>,
    /// What was lost or skipped just before it.
    pub missed: Missed,
    /// For each channel the id of the newest message that the subscriber has seen or passed over: the place to go on from.
    pub seen: Vec<MessageId>,
}

/// Why there will be no more messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A channel was deleted.
    Deleted,
    /// Another subscriber has the only place.
    Conflict,
    /// Another subscriber took the only place from this one.
    Displaced,
}

/// See the module. Dropping it is leaving.
#[derive(Debug)]
pub struct Subscriber {
    channels: Vec<Arc<Channel>>,
    feeds: Vec<Feed>,
    /// Locks are taken in the order of the channels' addresses, so that two subscribers can't wait for each other.
    lock_order: Vec<usize>,
    /// Which channel gave the last message.
    last: Option<usize>,
    mode: Mode,
    stay: Stay,
}

/// The subscriber's place in one channel.
#[derive(Debug)]
struct Feed {
    cursor: Cursor,
    seen: MessageId,
    ticket: u64,
    /// The round in which it was counted as waiting.
    waiting: Option<u64>,
}

impl Feed {
    /// Counts as waiting from here on, if it may.
    fn wait(&mut self, state: &mut State, stay: Stay) -> Claim {
        let claim = state.claim(self.ticket);
        if claim != Claim::Refused {
            self.waiting = Some(state.enter(stay));
        }
        claim
    }
}

impl Subscriber {
    /// A subscriber that takes one message and goes: as long as it waits it counts, until a message answers it.
    ///
    /// Each channel comes with its start; there must be at least one, and none twice.
    #[must_use]
    pub fn poll(channels: Vec<(Arc<Channel>, Start)>, mode: Mode, now: Millis) -> Self {
        Self::new(channels, mode, Stay::Poll, now)
    }

    /// A subscriber that stays: it counts until it is dropped.
    ///
    /// Each channel comes with its start; there must be at least one, and none twice.
    #[must_use]
    pub fn stream(channels: Vec<(Arc<Channel>, Start)>, mode: Mode, now: Millis) -> Self {
        Self::new(channels, mode, Stay::Stream, now)
    }

    fn new(starts: Vec<(Arc<Channel>, Start)>, mode: Mode, stay: Stay, now: Millis) -> Self {
        let begin = |(channel, start): &(Arc<Channel>, Start)| {
            let mut state = channel.lock();
            state.asked(now);
            let cursor = state.buffer.cursor(*start);
            let seen = if let Start::After(id) = start { *id } else { state.buffer.seen_at(cursor) };
            let mut feed = Feed { cursor, seen, ticket: channel.ticket(), waiting: None };
            if stay == Stay::Stream {
                // One that may not stay is told so when it asks for a message.
                let claim = feed.wait(&mut state, stay);
                drop(state);
                if claim == Claim::Replaced {
                    channel.wake();
                }
            }
            feed
        };
        let feeds = starts.iter().map(begin).collect();
        let channels: Vec<_> = starts.into_iter().map(|(channel, _)| channel).collect();
        let mut lock_order: Vec<_> = (0..channels.len()).collect();
        lock_order.sort_by_key(|&index| Arc::as_ptr(&channels[index]));
        Self { channels, feeds, lock_order, last: None, mode, stay }
    }

    /// The turn of a subscriber that comes again: which of its channels gave the last message.
    #[must_use]
    pub fn after_channel(mut self, last: Option<usize>) -> Self {
        self.last = last;
        self
    }

    /// The channels, in the order given.
    #[must_use]
    pub fn channels(&self) -> &[Arc<Channel>] {
        &self.channels
    }

    /// The next message, if it is there.
    ///
    /// # Errors
    /// [`Ended`] if a channel was deleted.
    pub fn try_next(&mut self) -> Result<Option<Delivery>, Ended> {
        let states = lock_all(&self.channels, &self.lock_order);
        if states.iter().any(|state| state.deleted) {
            return Err(Ended::Deleted);
        }
        let picked = pick(&self.feeds, &states, self.mode, self.last);
        drop(states);
        Ok(picked.map(|picked| self.deliver(picked)))
    }

    /// The next message, waiting for it as long as it takes. Cancelling it loses nothing.
    ///
    /// # Errors
    /// [`Ended`] if a channel was deleted, or if it lets only one subscriber wait and that is another one.
    pub async fn next(&mut self) -> Result<Delivery, Ended> {
        loop {
            // Registered for the next change before the buffer is read, or a message could fall between.
            let mut changes: Vec<_> = self.channels.iter().map(|channel| Box::pin(channel.changed())).collect();
            for change in &mut changes {
                change.as_mut().enable();
            }
            match look(&self.channels, &self.lock_order, &mut self.feeds, (self.mode, self.last), self.stay)? {
                Some(picked) => {
                    drop(changes);
                    return Ok(self.deliver(picked));
                }
                None => any(&mut changes).await,
            }
        }
    }

    fn deliver(&mut self, Picked { channel, position, message }: Picked) -> Delivery {
        let feed = &mut self.feeds[channel];
        let missed = feed.cursor.missed_before(position);
        feed.cursor = Cursor { next: position + 1, exact: true };
        feed.seen = message.id;
        self.last = Some(channel);
        Delivery { channel, message, missed, seen: self.seen() }
    }

    /// For each channel the id of the newest message that was seen, or one before its first.
    #[must_use]
    pub fn seen(&self) -> Vec<MessageId> {
        self.feeds.iter().map(|feed| feed.seen).collect()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        for (channel, feed) in self.channels.iter().zip(&self.feeds) {
            if let Some(round) = feed.waiting {
                channel.lock().leave(self.stay, round, feed.ticket);
            }
        }
    }
}

/// Resolves with the first of the changes.
async fn any(changes: &mut [Pin<Box<Notified<'_>>>]) {
    poll_fn(|context| {
        let ready = changes.iter_mut().any(|change| change.as_mut().poll(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// The message that comes next.
struct Picked {
    channel: usize,
    position: u64,
    message: Arc<Message>,
}

/// What there is now; if nothing, the subscriber counts as waiting from here on.
fn look(
    channels: &[Arc<Channel>],
    lock_order: &[usize],
    feeds: &mut [Feed],
    (mode, last): (Mode, Option<usize>),
    stay: Stay,
) -> Result<Option<Picked>, Ended> {
    let mut states = lock_all(channels, lock_order);
    if states.iter().any(|state| state.deleted) {
        return Err(Ended::Deleted);
    }
    let picked = pick(feeds, &states, mode, last);
    if picked.is_some() {
        return Ok(picked);
    }
    let mut replaced = Vec::new();
    for (index, (feed, state)) in feeds.iter_mut().zip(&mut states).enumerate() {
        match feed.waiting {
            Some(_) if !state.holds(feed.ticket) => return Err(Ended::Displaced),
            Some(round) => feed.waiting = Some(state.enter_again(stay, round)),
            None => match feed.wait(state, stay) {
                Claim::Refused => return Err(Ended::Conflict),
                Claim::Replaced => replaced.push(index),
                Claim::Granted => {}
            },
        }
    }
    drop(states);
    for index in replaced {
        channels[index].wake();
    }
    Ok(None)
}

fn lock_all<'a>(channels: &'a [Arc<Channel>], order: &[usize]) -> Vec<MutexGuard<'a, State>> {
    let mut states: Vec<_> = order.iter().map(|&index| (index, channels[index].lock())).collect();
    states.sort_unstable_by_key(|(index, _)| *index);
    states.into_iter().map(|(_, state)| state).collect()
}

fn pick(feeds: &[Feed], states: &[MutexGuard<'_, State>], mode: Mode, last: Option<usize>) -> Option<Picked> {
    let candidate = |channel: usize| {
        let stored = match mode {
            Mode::Every => states[channel].buffer.first_from(feeds[channel].cursor),
            Mode::Latest => states[channel].buffer.last_from(feeds[channel].cursor),
        };
        stored.map(|Stored { position, order, message, .. }| {
            (*order, Picked { channel, position: *position, message: message.clone() })
        })
    };
    let mut in_turn = (0..feeds.len()).map(|step| (step + last.map_or(0, |last| last + 1)) % feeds.len()).filter_map(candidate);
    let picked = match mode {
        Mode::Every => in_turn.min_by_key(|(order, _)| *order),
        Mode::Latest => in_turn.next(),
    };
    picked.map(|(_, picked)| picked)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, assert_next, assert_waits, hub, publish, publish_at};
    use super::super::{Concurrency, Maker};
    use super::*;

    #[test]
    fn a_subscriber_is_given_what_is_stored_and_then_what_comes() {
        let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
        publish(&channel, "1");
        let mut subscriber = Subscriber::stream(vec![(channel.clone(), Start::Oldest)], Mode::Every, NOW);
        assert_next(&mut subscriber, "1");
        assert_waits(&mut subscriber);
        publish(&channel, "2");
        publish(&channel, "3");
        assert_next(&mut subscriber, "2");
        assert_next(&mut subscriber, "3");
    }

    #[test]
    fn latest_skips_to_the_newest_and_tells_how_many() {
        let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
        let mut subscriber = Subscriber::stream(vec![(channel.clone(), Start::Oldest)], Mode::Latest, NOW);
        for body in ["1", "2", "3", "4", "5"] {
            publish(&channel, body);
        }
        let delivery = subscriber.try_next().unwrap().unwrap();
        assert_eq!((&delivery.message.body[..], delivery.missed), (&b"5"[..], Missed::Exactly(4)));
        assert!(subscriber.try_next().unwrap().is_none());
    }

    #[test]
    fn a_slow_subscriber_is_told_what_it_missed() {
        let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
        let mut subscriber = Subscriber::stream(vec![(channel.clone(), Start::Oldest)], Mode::Every, NOW);
        for body in ["1", "2", "3", "4", "5"] {
            publish(&channel, body);
        }
        let delivery = subscriber.try_next().unwrap().unwrap();
        assert_eq!((&delivery.message.body[..], delivery.missed), (&b"3"[..], Missed::Exactly(2)));
    }

    #[test]
    fn a_waiting_subscriber_gets_the_next_message_also_with_an_id_of_the_future() {
        let channel = hub(Concurrency::Broadcast).channel("a", Maker::Publisher, NOW).unwrap();
        publish(&channel, "1");
        let future = Start::After(MessageId::new(9_000_000, 0));
        let mut subscriber = Subscriber::poll(vec![(channel.clone(), future)], Mode::Every, NOW);
        assert_waits(&mut subscriber);
        publish(&channel, "2");
        assert_next(&mut subscriber, "2");
    }

    /// What a client does that comes again with the place it was told.
    fn poll_again(channels: &[Arc<Channel>], place: &mut (Vec<Start>, Option<usize>), mode: Mode) -> Option<String> {
        let starts = channels.iter().cloned().zip(place.0.iter().copied()).collect();
        let delivery = Subscriber::poll(starts, mode, NOW).after_channel(place.1).try_next().unwrap()?;
        *place = (delivery.seen.iter().copied().map(Start::After).collect(), Some(delivery.channel));
        Some(String::from_utf8_lossy(&delivery.message.body).into_owned())
    }

    #[test]
    fn several_channels_come_in_the_order_of_publication() {
        let hub = hub(Concurrency::Broadcast);
        let channels = ["a", "b", "empty"].map(|name| hub.channel(name, Maker::Publisher, NOW).unwrap());
        publish(&channels[1], "b0");
        publish(&channels[0], "a0");
        publish_at(&channels[1], "b1", NOW + 5000);
        let mut place = (vec![Start::Oldest; 3], None);
        let given: Vec<_> = (0..4).map(|_| poll_again(&channels, &mut place, Mode::Every)).collect();
        assert_eq!(given, [Some("b0".into()), Some("a0".into()), Some("b1".into()), None]);
    }

    #[test]
    fn of_several_channels_the_newest_of_each_is_given_also_when_it_is_old() {
        let hub = hub(Concurrency::Broadcast);
        let channels = ["fresh", "stalled"].map(|name| hub.channel(name, Maker::Publisher, NOW).unwrap());
        publish(&channels[1], "old");
        publish_at(&channels[0], "new", NOW + 9000);
        let mut place = (vec![Start::Last; 2], None);
        let given: Vec<_> = (0..3).map(|_| poll_again(&channels, &mut place, Mode::Latest)).collect();
        assert_eq!(given, [Some("new".into()), Some("old".into()), None]);
    }

    #[test]
    fn of_several_channels_a_fast_one_does_not_starve_a_slow_one() {
        let hub = hub(Concurrency::Broadcast);
        let (fast, slow) =
            (hub.channel("fast", Maker::Publisher, NOW).unwrap(), hub.channel("slow", Maker::Publisher, NOW).unwrap());
        let starts = vec![(fast.clone(), Start::Next), (slow.clone(), Start::Next)];
        let mut subscriber = Subscriber::stream(starts, Mode::Latest, NOW);
        publish(&fast, "fast 1");
        publish(&slow, "slow 1");
        assert_next(&mut subscriber, "fast 1");
        publish(&fast, "fast 2");
        assert_next(&mut subscriber, "slow 1");
        assert_next(&mut subscriber, "fast 2");
        assert_waits(&mut subscriber);
    }

    #[test]
    fn the_turn_goes_on_from_poll_to_poll() {
        let hub = hub(Concurrency::Broadcast);
        let channels = [hub.channel("a", Maker::Publisher, NOW).unwrap(), hub.channel("b", Maker::Publisher, NOW).unwrap()];
        let mut last = None;
        for turn in [0, 1, 0, 1] {
            publish(&channels[0], "always a moment before");
            publish(&channels[1], "always a moment after");
            let starts = channels.iter().map(|channel| (channel.clone(), Start::Last)).collect();
            let delivery = Subscriber::poll(starts, Mode::Latest, NOW).after_channel(last).try_next().unwrap().unwrap();
            assert_eq!(delivery.channel, turn);
            last = Some(delivery.channel);
        }
    }
}
