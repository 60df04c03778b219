//! A named line of messages: one buffer, any number of publishers and subscribers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::Millis;
use super::buffer::{Buffer, Limits};
use super::hub::Clock;
use super::message::{Draft, Message, MessageId};

/// How many subscribers may wait at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Concurrency {
    /// Any number.
    #[default]
    Broadcast,
    /// The one that came last; all others end with a conflict.
    Last,
    /// The one that came first; all others end with a conflict.
    First,
}

/// What is configured of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bounds of what is stored.
    pub limits: Limits,
    /// How many subscribers may wait.
    pub concurrency: Concurrency,
}

/// What a publisher may ask of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelInfo {
    /// Messages stored.
    pub messages: usize,
    /// Milliseconds since a subscriber last asked; `None` if none ever did.
    pub requested: Option<Millis>,
    /// Subscribers that wait.
    pub subscribers: usize,
    /// The newest message's id; `None` if there never was one.
    pub last_message_id: Option<MessageId>,
}

/// Whether somebody was waiting for a message when it was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// At least one subscriber is sent it.
    Received,
    /// It is stored for those who come.
    Queued,
}

/// See the module.
#[derive(Debug)]
pub struct Channel {
    name: Arc<str>,
    /// A std mutex: it is held for a few list operations and never across an await.
    state: Mutex<State>,
    /// Told after each change that can end a wait.
    changed: Notify,
    clock: Arc<Clock>,
    tickets: AtomicU64,
}

/// A channel's state, for those who hold its lock.
#[derive(Debug)]
pub(super) struct State {
    pub buffer: Buffer,
    pub concurrency: Concurrency,
    pub deleted: bool,
    requested: Option<Millis>,
    created: Millis,
    /// Long-polls that wait and that no message has answered yet.
    polls: usize,
    /// Grows with each message; a poll of an earlier round was answered and is no longer counted.
    round: u64,
    /// Polls that were answered and did not leave yet: what they were sent must still be there for them.
    answered: usize,
    /// Streams that are open.
    streams: usize,
    /// Who may wait where only one may.
    holder: Option<u64>,
}

impl Channel {
    pub(super) fn new(name: Arc<str>, settings: Settings, clock: Arc<Clock>, now: Millis) -> Self {
        let (second, after) = clock.begin(now);
        Self {
            name,
            state: Mutex::new(State {
                buffer: Buffer::new(settings.limits, second, after),
                concurrency: settings.concurrency,
                deleted: false,
                requested: None,
                created: now,
                polls: 0,
                round: 0,
                answered: 0,
                streams: 0,
                holder: None,
            }),
            changed: Notify::new(),
            clock,
            tickets: AtomicU64::new(0),
        }
    }

    /// The channel's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// See [`Publisher::publish`](super::Publisher::publish).
    pub(super) fn publish(&self, draft: Draft, now: Millis) -> Option<(Arc<Message>, Reception)> {
        let mut state = self.lock();
        if state.deleted {
            return None;
        }
        // Stamped under the channel's lock: whoever holds the locks of several channels sees their messages in one order.
        let stamp = self.clock.stamp(now);
        let reception = if state.polls + state.streams > 0 { Reception::Received } else { Reception::Queued };
        state.answered += std::mem::take(&mut state.polls);
        state.round += 1;
        let at_least = state.owed().max(state.streams.min(1));
        let message = state.buffer.append(draft, stamp.second, stamp.order, now, at_least);
        drop(state);
        self.changed.notify_waiters();
        Some((message, reception))
    }

    /// What there is to know about the channel.
    #[must_use]
    pub fn info(&self, now: Millis) -> ChannelInfo {
        let state = self.lock();
        ChannelInfo {
            messages: state.buffer.len(),
            requested: state.requested.map(|at| now.saturating_sub(at)),
            subscribers: state.polls + state.streams,
            last_message_id: state.buffer.newest_id(),
        }
    }

    /// Drops messages that are too old.
    pub(super) fn enforce_age(&self, now: Millis) {
        let mut state = self.lock();
        let at_least = state.owed();
        state.buffer.enforce(now, at_least);
    }

    /// Whether nothing would be lost if the channel were forgotten.
    pub(super) fn is_idle(&self, now: Millis, patience: Millis) -> bool {
        let state = self.lock();
        state.polls + state.streams == 0
            && state.buffer.len() == 0
            && now.saturating_sub(state.requested.unwrap_or(state.created)) > patience
            && state.buffer.newest_id().is_none_or(|id| now.saturating_sub(id.second * 1000) > patience)
    }

    /// Ends all waits; whoever still has the channel learns that it is gone.
    pub(super) fn delete(&self) {
        let mut state = self.lock();
        state.deleted = true;
        // No id of this channel may be given again to one that takes its name.
        if let Some(newest) = state.buffer.newest_id() {
            self.clock.deleted(newest);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Resolves when a publication or a deletion happens after this call's first poll.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(super) fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        crate::lock(&self.state)
    }

    /// Wakes all who wait, so that they see who may.
    pub(super) fn wake(&self) {
        self.changed.notify_waiters();
    }
}

/// The answer to a subscriber that wants to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It may.
    Granted,
    /// It may, and another one, which is to be woken, may no longer.
    Replaced,
    /// Another one has the only place.
    Refused,
}

/// How long a subscriber stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// Until the next message.
    Poll,
    /// Until it goes.
    Stream,
}

impl State {
    pub(super) fn asked(&mut self, now: Millis) {
        self.requested = Some(now);
    }

    /// Counts a subscriber that begins to wait; returns its round, for [`State::leave`].
    pub(super) fn enter(&mut self, stay: Stay) -> u64 {
        match stay {
            Stay::Poll => self.polls += 1,
            Stay::Stream => self.streams += 1,
        }
        self.round
    }

    /// Counts a poll again that was answered and found nothing, for the message had to leave before it looked; returns its round.
    pub(super) fn enter_again(&mut self, stay: Stay, round: u64) -> u64 {
        if stay == Stay::Poll && round != self.round {
            self.answered -= 1;
            self.polls += 1;
        }
        self.round
    }

    /// How many messages stay for those who were answered, whatever the bound.
    fn owed(&self) -> usize {
        /// Polls look within moments; one that doesn't must not fill the buffer.
        const MOST: usize = 64;
        if self.answered > 0 { MOST } else { 0 }
    }

    pub(super) fn leave(&mut self, stay: Stay, round: u64, ticket: u64) {
        match stay {
            Stay::Poll if round == self.round => self.polls -= 1,
            Stay::Poll => self.answered -= 1,
            Stay::Stream => self.streams -= 1,
        }
        if self.holder == Some(ticket) {
            self.holder = None;
        }
    }

    /// Asks for a place to wait.
    pub(super) fn claim(&mut self, ticket: u64) -> Claim {
        match (self.concurrency, self.holder) {
            (Concurrency::Broadcast, _) => return Claim::Granted,
            (Concurrency::First, Some(_)) => return Claim::Refused,
            _ => {}
        }
        if self.holder.replace(ticket).is_some() { Claim::Replaced } else { Claim::Granted }
    }

    /// Whether the subscriber with this ticket may go on waiting.
    pub(super) fn holds(&self, ticket: u64) -> bool {
        self.concurrency == Concurrency::Broadcast || self.holder == Some(ticket)
    }
}

#[cfg(test)]
mod tests;
