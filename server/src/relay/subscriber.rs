//! A cursor into one or several channels.

mod pick;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard};
use std::task::Poll;

use tokio::sync::futures::Notified;

use super::Millis;
use super::buffer::{Cursor, Missed, Start};
use super::channel::{Channel, Claim, State, Stay};
use super::message::{Message, MessageId};
use pick::{Picked, Wanted, pick};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A channel was deleted.
    Deleted,
    /// Another subscriber has the only place.
    Conflict,
    /// Another subscriber took the only place on this channel from this one.
    Displaced(Arc<str>),
}

/// See the module. Dropping it is leaving.
#[derive(Debug)]
pub struct Subscriber {
    channels: Vec<Arc<Channel>>,
    places: Vec<Place>,
    /// Locks are taken in the order of the channels' addresses, so that two subscribers can't wait for each other.
    lock_order: Vec<usize>,
    /// Which channel gave the last message.
    last: Option<usize>,
    mode: Mode,
    stay: Stay,
}

/// The subscriber's place in one channel.
#[derive(Debug)]
struct Place {
    cursor: Cursor,
    seen: MessageId,
    ticket: u64,
    /// The round in which it was counted as waiting.
    waiting: Option<u64>,
}

impl Place {
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
            let mut place = Place { cursor, seen, ticket: channel.ticket(), waiting: None };
            if stay == Stay::Stream {
                // One that may not stay is told so when it asks for a message.
                let claim = place.wait(&mut state, stay);
                drop(state);
                if claim == Claim::Replaced {
                    channel.wake();
                }
            }
            place
        };
        let places = starts.iter().map(begin).collect();
        let channels: Vec<_> = starts.into_iter().map(|(channel, _)| channel).collect();
        let mut lock_order: Vec<_> = (0..channels.len()).collect();
        lock_order.sort_by_key(|&index| Arc::as_ptr(&channels[index]));
        Self { channels, places, lock_order, last: None, mode, stay }
    }

    /// The turn of a subscriber that comes again: which of its channels gave the last message.
    #[must_use]
    pub fn after_channel(mut self, last: Option<usize>) -> Self {
        self.last = last;
        self
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
        let picked = pick(&self.places, &states, (self.mode, self.last), Wanted::Any);
        drop(states);
        Ok(picked.map(|picked| self.deliver(picked)))
    }

    /// Whether there is a message to be given now.
    ///
    /// # Errors
    /// [`Ended`] if a channel was deleted.
    pub fn is_ready(&self) -> Result<bool, Ended> {
        let states = lock_all(&self.channels, &self.lock_order);
        if states.iter().any(|state| state.deleted) {
            return Err(Ended::Deleted);
        }
        Ok(pick(&self.places, &states, (self.mode, self.last), Wanted::Any).is_some())
    }

    /// The next message, waiting for it as long as it takes. Cancelling it loses nothing.
    ///
    /// # Errors
    /// [`Ended`] if a channel was deleted, or if it lets only one subscriber wait and that is another one.
    pub async fn next(&mut self) -> Result<Delivery, Ended> {
        let picked = self.wait(Wanted::Any).await?;
        Ok(self.deliver(picked))
    }

    /// Like [`next`](Self::next), but passes over a message that is of this kind, as long as it is there to be given. In the mode
    /// [`Latest`](Mode::Latest) it hides what lies before it, too.
    ///
    /// # Errors
    /// As those of `next`.
    pub async fn next_but(&mut self, kind: &'static str) -> Result<Delivery, Ended> {
        let picked = self.wait(Wanted::AnyBut(kind)).await?;
        Ok(self.deliver(picked))
    }

    /// Resolves once there is a message to be given, and does not take it.
    ///
    /// # Errors
    /// As those of `next`.
    pub async fn ready(&mut self) -> Result<(), Ended> {
        self.wait(Wanted::Any).await.map(drop)
    }

    async fn wait(&mut self, wanted: Wanted) -> Result<Picked, Ended> {
        loop {
            // Registered for the next change before the buffer is read, or a message could fall between.
            let mut changes: Vec<_> = self.channels.iter().map(|channel| Box::pin(channel.changed())).collect();
            for change in &mut changes {
                change.as_mut().enable();
            }
            match look(&self.channels, &self.lock_order, &mut self.places, (self.mode, self.last), wanted, self.stay)? {
                Some(picked) => return Ok(picked),
                None => any(&mut changes).await,
            }
        }
    }

    fn deliver(&mut self, Picked { channel, position, message }: Picked) -> Delivery {
        let place = &mut self.places[channel];
        let missed = place.cursor.missed_before(position);
        place.cursor = Cursor { next: position + 1, exact: true };
        place.seen = message.id;
        self.last = Some(channel);
        Delivery { channel, message, missed, seen: self.seen() }
    }

    /// For each channel the id of the newest message that was seen, or one before its first.
    #[must_use]
    pub fn seen(&self) -> Vec<MessageId> {
        self.places.iter().map(|place| place.seen).collect()
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        for (channel, place) in self.channels.iter().zip(&self.places) {
            if let Some(round) = place.waiting {
                channel.lock().leave(self.stay, round, place.ticket);
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

/// What there is now; if nothing, the subscriber counts as waiting from here on.
fn look(
    channels: &[Arc<Channel>],
    lock_order: &[usize],
    places: &mut [Place],
    turn: (Mode, Option<usize>),
    wanted: Wanted,
    stay: Stay,
) -> Result<Option<Picked>, Ended> {
    let mut states = lock_all(channels, lock_order);
    if states.iter().any(|state| state.deleted) {
        return Err(Ended::Deleted);
    }
    let picked = pick(places, &states, turn, wanted);
    if picked.is_some() {
        return Ok(picked);
    }
    let mut replaced = Vec::new();
    for (index, (place, state)) in places.iter_mut().zip(&mut states).enumerate() {
        match place.waiting {
            Some(_) if !state.holds(place.ticket) => return Err(Ended::Displaced(channels[index].name().clone())),
            Some(round) => place.waiting = Some(state.enter_again(stay, round)),
            None => match place.wait(state, stay) {
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

#[cfg(test)]
mod tests;
