//! The messages of one channel that are still to be had, bounded by count, bytes and age.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Millis;
use super::message::{Draft, Kind, Message, MessageId};

/// Bounds of a [`Buffer`]. A message leaves as soon as one of them is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many messages; 0 stores nothing, and only those who are waiting receive a message.
    pub messages: usize,
    /// Bytes of all bodies together. The newest message is kept even if it alone is larger.
    pub bytes: usize,
    /// Milliseconds since publication.
    pub age: Millis,
}

/// How many messages between the one asked for and the one given a subscriber will never see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// Just so many.
    Exactly(u64),
    /// So many are known of; from before that nothing is known, as after a restart.
    AtLeast(u64),
}

/// Where a subscriber begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest stored message.
    Oldest,
    /// With the newest stored message, or the next one if none is stored.
    Last,
    /// With the next message to be published.
    Next,
    /// With the Nth stored message, counted from 1; past the end with the next one to be published.
    Nth(u64),
    /// With the Nth stored message from the newest, counted from 1; past the start with the oldest.
    NthFromNewest(u64),
    /// With what follows this id.
    After(MessageId),
}

/// The place of a subscriber: positions count all messages that a channel ever had, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The first position that was not given yet.
    pub next: u64,
    /// Whether `next` follows directly on what the subscriber has seen.
    pub exact: bool,
}

impl Cursor {
    /// What is lost for a subscriber here who is given the message at `position`.
    pub(super) fn missed_before(self, position: u64) -> Missed {
        let count = position.saturating_sub(self.next);
        if self.exact { Missed::Exactly(count) } else { Missed::AtLeast(count) }
    }
}

#[derive(Debug)]
pub(super) struct Stored {
    pub position: u64,
    /// Order of publication over all channels of the hub.
    pub order: u64,
    pub message: Arc<Message>,
    pub kind: Option<Kind>,
    at: Millis,
}

/// The stored messages, oldest first, and what is needed to count those that are gone.
#[derive(Debug)]
pub(super) struct Buffer {
    limits: Limits,
    stored: VecDeque<Stored>,
    bytes: usize,
    /// Position of the next message.
    next: u64,
    newest: Option<MessageId>,
    /// All ids are greater.
    after: Option<MessageId>,
    /// The position of the newest message of each kind.
    kinds: Vec<(&'static str, u64)>,
    /// The first position of each second that had a message, oldest first: tells how many messages follow an id that is gone.
    ledger: VecDeque<(u64, u64)>,
    /// What comes in this second and later is all in the ledger.
    known_since: u64,
}

impl Buffer {
    /// Seconds with messages that the ledger remembers: ten minutes of a camera.
    const LEDGER: usize = 600;

    /// An empty buffer of a channel that begins in this second, with ids after `after`; of ids before that nothing is known.
    pub(super) fn new(limits: Limits, second: u64, after: Option<MessageId>) -> Self {
        Self {
            limits,
            stored: VecDeque::new(),
            bytes: 0,
            next: 0,
            newest: None,
            after,
            kinds: Vec::new(),
            ledger: VecDeque::new(),
            known_since: second,
        }
    }

    /// Stores a message under the next id of `second` (which must not be before that of the newest one) and drops what passes a
    /// bound; of their number `at_least` so many stay, for those who wait for them.
    pub(super) fn append(&mut self, draft: Draft, second: u64, order: u64, now: Millis, at_least: usize) -> Arc<Message> {
        let id = match self.newest.max(self.after) {
            Some(newest) if newest.second >= second => MessageId::new(newest.second, newest.tag + 1),
            _ => MessageId::new(second, 0),
        };
        if self.newest.is_none_or(|newest| newest.second < id.second) {
            self.ledger.push_back((id.second, self.next));
            if self.ledger.len() > Self::LEDGER {
                self.ledger.pop_front();
                self.known_since = self.ledger.front().map_or(id.second, |&(second, _)| second);
            }
        }
        if let Some(Kind { name, .. }) = draft.kind {
            match self.kinds.iter_mut().find(|(known, _)| *known == name) {
                Some((_, position)) => *position = self.next,
                None => self.kinds.push((name, self.next)),
            }
        }
        let message = Arc::new(Message { id, content_type: draft.content_type, body: draft.body });
        self.bytes += message.body.len();
        self.stored.push_back(Stored { position: self.next, order, message: message.clone(), kind: draft.kind, at: now });
        self.newest = Some(id);
        self.next += 1;
        self.enforce(now, at_least);
        message
    }

    /// Drops what passes a bound; the newest message of each kind is exempt, and of their number `at_least` so many stay.
    pub(super) fn enforce(&mut self, now: Millis, at_least: usize) {
        let messages = self.limits.messages.max(at_least);
        let mut at = 0;
        while at < self.stored.len() {
            // The newest of a kind don't count, or they would leave no place for others.
            let over = self.stored.len() - self.kinds.len() > messages
                || (self.bytes > self.limits.bytes && at + 1 < self.stored.len())
                || now.saturating_sub(self.stored[at].at) > self.limits.age;
            if !over {
                return;
            }
            if self.is_newest_of_its_kind(&self.stored[at]) {
                at += 1;
            } else if let Some(gone) = self.stored.remove(at) {
                self.bytes -= gone.message.body.len();
            }
        }
    }

    fn is_newest_of_its_kind(&self, stored: &Stored) -> bool {
        stored.kind.is_some_and(|kind| self.kinds.contains(&(kind.name, stored.position)))
    }

    /// Drops all messages of a kind, its newest too.
    pub(super) fn retire(&mut self, name: &'static str) {
        self.drop_all(|kind| kind.name == name);
    }

    /// Drops the messages of a kind that have this number.
    pub(super) fn discard(&mut self, name: &'static str, number: u64) {
        self.drop_all(|kind| kind == Kind { name, number });
    }

    fn drop_all(&mut self, of: impl Fn(Kind) -> bool) {
        let Self { stored, kinds, bytes, .. } = self;
        stored.retain(|stored| {
            let goes = stored.kind.is_some_and(&of);
            if goes {
                *bytes -= stored.message.body.len();
                kinds.retain(|(_, position)| *position != stored.position);
            }
            !goes
        });
    }

    /// The place of a subscriber that begins at `start`.
    pub(super) fn cursor(&self, start: Start) -> Cursor {
        let nth = |index: usize| self.stored.get(index).map_or(self.next, |stored| stored.position);
        let from_newest = |n: u64| self.stored.len().saturating_sub(usize::try_from(n).unwrap_or(usize::MAX));
        let next = match start {
            Start::Oldest => nth(0),
            Start::Next => self.next,
            Start::Last => nth(from_newest(1)),
            Start::Nth(n) => nth(usize::try_from(n).unwrap_or(usize::MAX).saturating_sub(1)),
            Start::NthFromNewest(n) => nth(from_newest(n)),
            Start::After(id) => return self.cursor_after(id),
        };
        Cursor { next, exact: true }
    }

    fn cursor_after(&self, id: MessageId) -> Cursor {
        let exact = id >= last_before(self.known_since);
        let Some(newest) = self.newest else { return Cursor { next: self.next, exact } };
        if id >= newest {
            return Cursor { next: self.next, exact: true };
        }
        let later = self.ledger.partition_point(|&(second, _)| second <= id.second);
        let end = self.ledger.get(later).map_or(self.next, |&(_, position)| position);
        let next = match later.checked_sub(1).map(|index| self.ledger[index]) {
            Some((second, first)) if second == id.second => (first + self.tags_before(second, id.tag)).min(end),
            _ => end,
        };
        Cursor { next, exact }
    }

    /// How many messages of this second have a tag up to this one: tags begin at 0, but where a deleted channel's had to be passed.
    fn tags_before(&self, second: u64, tag: u32) -> u64 {
        let first = self.after.filter(|after| after.second == second).map_or(0, |after| after.tag + 1);
        (u64::from(tag) + 1).saturating_sub(u64::from(first))
    }

    /// The newest id that a subscriber at this place has seen, so that it can go on from there; where there never was a message, one
    /// before all that will come.
    pub(super) fn seen_at(&self, cursor: Cursor) -> MessageId {
        match self.first_from(cursor) {
            None => self.newest.unwrap_or_else(|| last_before(self.known_since)),
            Some(Stored { message, .. }) => match message.id {
                MessageId { second, tag: 0 } => last_before(second),
                MessageId { second, tag } => MessageId::new(second, tag - 1),
            },
        }
    }

    /// The oldest message at or after the cursor.
    pub(super) fn first_from(&self, cursor: Cursor) -> Option<&Stored> {
        self.stored.get(self.stored.partition_point(|stored| stored.position < cursor.next))
    }

    /// The newest message, if it is at or after the cursor.
    pub(super) fn last_from(&self, cursor: Cursor) -> Option<&Stored> {
        self.stored.back().filter(|stored| stored.position >= cursor.next)
    }

    /// The id of the newest message that ever was in this channel, stored or not.
    pub(super) fn newest_id(&self) -> Option<MessageId> {
        self.newest
    }

    /// How many messages are stored.
    pub(super) fn len(&self) -> usize {
        self.stored.len()
    }
}

/// The last id that there can be before a second.
fn last_before(second: u64) -> MessageId {
    MessageId::new(second.saturating_sub(1), u32::MAX)
}

#[cfg(test)]
mod tests;
