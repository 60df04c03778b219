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
    kind: Option<Kind>,
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
    /// Ids of this second and later have all their successors in the ledger.
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
        let Some(newest) = self.newest else { return Cursor { next: self.next, exact: id.second >= self.known_since } };
        if id >= newest {
            return Cursor { next: self.next, exact: true };
        }
        let later = self.ledger.partition_point(|&(second, _)| second <= id.second);
        let end = self.ledger.get(later).map_or(self.next, |&(_, position)| position);
        let next = match later.checked_sub(1).map(|index| self.ledger[index]) {
            Some((second, first)) if second == id.second => (first + self.tags_before(second, id.tag)).min(end),
            _ => end,
        };
        Cursor { next, exact: id.second >= self.known_since }
    }

    /// How many messages of this second have a tag up to this one: tags begin at 0, but where a deleted channel's had to be passed.
    fn tags_before(&self, second: u64, tag: u32) -> u64 {
        let first = self.after.filter(|after| after.second == second).map_or(0, |after| after.tag + 1);
        (u64::from(tag) + 1).saturating_sub(u64::from(first))
    }

    /// The newest id that a subscriber at this place has seen, so that it can go on from there; `None` if there is none.
    pub(super) fn seen_at(&self, cursor: Cursor) -> Option<MessageId> {
        match self.first_from(cursor) {
            None => self.newest,
            Some(Stored { message, .. }) => Some(match message.id {
                MessageId { second, tag: 0 } => MessageId::new(second.saturating_sub(1), u32::MAX),
                MessageId { second, tag } => MessageId::new(second, tag - 1),
            }),
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const SECOND: Millis = 1_000_000;
    const FRAME: Kind = Kind { name: "frame", number: 7 };
    const LIMITS: Limits = Limits { messages: 3, bytes: 100, age: 10_000 };

    fn draft(body: &'static str, kind: Option<Kind>) -> Draft {
        Draft { content_type: "text/plain".into(), body: Bytes::from_static(body.as_bytes()), kind }
    }

    fn append(buffer: &mut Buffer, body: &'static str, now: Millis) -> MessageId {
        buffer.append(draft(body, None), now / 1000, 0, now, 0).id
    }

    fn bodies(buffer: &Buffer) -> Vec<&[u8]> {
        buffer.stored.iter().map(|stored| stored.message.body.as_ref()).collect()
    }

    fn given(buffer: &Buffer, start: Start) -> Option<(&[u8], Missed)> {
        let cursor = buffer.cursor(start);
        buffer.first_from(cursor).map(|stored| (stored.message.body.as_ref(), cursor.missed_before(stored.position)))
    }

    #[test]
    fn tags_count_within_a_second_and_ids_never_go_back() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        assert_eq!(append(&mut buffer, "a", SECOND), MessageId::new(1000, 0));
        assert_eq!(append(&mut buffer, "b", SECOND + 999), MessageId::new(1000, 1));
        assert_eq!(append(&mut buffer, "c", SECOND + 1000), MessageId::new(1001, 0));
        assert_eq!(append(&mut buffer, "the clock stepped back", SECOND - 5000), MessageId::new(1001, 1));
    }

    #[test]
    fn each_bound_drops_the_oldest() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        for body in ["a", "b", "c", "d"] {
            append(&mut buffer, body, SECOND);
        }
        assert_eq!(bodies(&buffer), [b"b", b"c", b"d"]);
        append(
            &mut buffer,
            "a body of so many bytes that it drives out all but itself, because it is larger than the whole bound of bytes",
            SECOND,
        );
        assert_eq!(buffer.len(), 1);
        append(&mut buffer, "e", SECOND + 20_000);
        assert_eq!(bodies(&buffer), [b"e"]);
        buffer.enforce(SECOND + 40_000, 0);
        assert_eq!(buffer.len(), 0);
        assert_eq!(buffer.bytes, 0);
    }

    #[test]
    fn the_newest_of_a_kind_outlives_every_bound_and_goes_when_retired() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        buffer.append(draft("old frame", Some(FRAME)), 1000, 0, SECOND, 0);
        buffer.append(draft("frame", Some(FRAME)), 1000, 0, SECOND, 0);
        for body in ["a", "b", "c"] {
            append(&mut buffer, body, SECOND + 20_000);
        }
        buffer.enforce(SECOND + 60_000, 0);
        assert_eq!(bodies(&buffer), [b"frame"]);
        buffer.retire("frame");
        assert_eq!((buffer.len(), buffer.bytes), (0, 0));
    }

    #[test]
    fn a_discarded_message_goes_alone_and_leaves_the_newest_of_its_kind_to_the_next() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        buffer.append(draft("frame 6", Some(Kind { number: 6, ..FRAME })), 1000, 0, SECOND, 0);
        buffer.append(draft("frame 7", Some(FRAME)), 1000, 0, SECOND, 0);
        buffer.discard("frame", 7);
        assert_eq!(bodies(&buffer), [b"frame 6"]);
        assert_eq!(buffer.kinds, []);
        buffer.enforce(SECOND + 20_000, 0);
        assert_eq!((buffer.len(), buffer.bytes), (0, 0));
    }

    #[test]
    fn nothing_is_stored_where_storing_is_off() {
        let mut buffer = Buffer::new(Limits { messages: 0, ..LIMITS }, SECOND / 1000, None);
        append(&mut buffer, "a", SECOND);
        assert_eq!(buffer.len(), 0);
        buffer.append(draft("for one who waits", None), 1000, 0, SECOND, 1);
        assert_eq!(buffer.len(), 1);
        append(&mut buffer, "b", SECOND);
        assert_eq!(buffer.len(), 0);
    }

    #[test]
    fn ids_go_on_after_those_of_a_deleted_channel() {
        let mut buffer = Buffer::new(LIMITS, 1000, Some(MessageId::new(1000, 6)));
        let first = append(&mut buffer, "a", SECOND);
        assert_eq!(first, MessageId::new(1000, 7));
        append(&mut buffer, "b", SECOND);
        assert_eq!(given(&buffer, Start::After(first)), Some((&b"b"[..], Missed::Exactly(0))));
        assert_eq!(given(&buffer, Start::After(MessageId::new(1000, 6))), Some((&b"a"[..], Missed::Exactly(0))));
    }

    #[test]
    fn a_start_is_counted_from_either_end() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        for body in ["a", "b", "c"] {
            append(&mut buffer, body, SECOND);
        }
        let body = |start| given(&buffer, start).map(|(body, _)| body);
        assert_eq!(body(Start::Oldest), Some(&b"a"[..]));
        assert_eq!(body(Start::Nth(2)), Some(&b"b"[..]));
        assert_eq!(body(Start::Nth(4)), None);
        assert_eq!(body(Start::Nth(u64::MAX)), None);
        assert_eq!(body(Start::NthFromNewest(1)), Some(&b"c"[..]));
        assert_eq!(body(Start::NthFromNewest(9)), Some(&b"a"[..]));
        assert_eq!(body(Start::Last), Some(&b"c"[..]));
        assert_eq!(body(Start::Next), None);
    }

    #[test]
    fn what_follows_an_id_is_found_and_the_loss_is_exact_while_it_is_known() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        let ids: Vec<_> =
            ["a", "b", "c", "d", "e", "f"].iter().zip(0..).map(|(body, n)| append(&mut buffer, body, SECOND + n * 700)).collect();
        assert_eq!(bodies(&buffer), [b"d", b"e", b"f"]);
        assert_eq!(given(&buffer, Start::After(ids[3])), Some((&b"e"[..], Missed::Exactly(0))));
        assert_eq!(given(&buffer, Start::After(ids[0])), Some((&b"d"[..], Missed::Exactly(2))));
        assert_eq!(given(&buffer, Start::After(MessageId::new(1002, 77))), Some((&b"f"[..], Missed::Exactly(0))));
        assert_eq!(given(&buffer, Start::After(ids[5])), None);
        assert_eq!(given(&buffer, Start::After(MessageId::new(9_999_999, 0))), None);
        assert_eq!(given(&buffer, Start::After(MessageId::new(5, 0))), Some((&b"d"[..], Missed::AtLeast(3))));
    }

    #[test]
    fn a_gap_left_by_retired_messages_is_counted() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        let first = append(&mut buffer, "a", SECOND);
        buffer.append(draft("frame", Some(FRAME)), 1000, 0, SECOND, 0);
        append(&mut buffer, "b", SECOND);
        buffer.retire("frame");
        assert_eq!(given(&buffer, Start::After(first)), Some((&b"b"[..], Missed::Exactly(1))));
    }

    #[test]
    fn the_ledger_is_bounded_and_what_it_forgot_is_no_longer_exact() {
        let mut buffer = Buffer::new(LIMITS, SECOND / 1000, None);
        for n in 0..2000 {
            append(&mut buffer, "x", SECOND + n * 1000);
        }
        assert_eq!(buffer.ledger.len(), Buffer::LEDGER);
        let oldest = buffer.ledger[0].0;
        assert!(matches!(given(&buffer, Start::After(MessageId::new(oldest, 0))), Some((_, Missed::Exactly(596)))));
        assert!(matches!(given(&buffer, Start::After(MessageId::new(oldest - 1, 0))), Some((_, Missed::AtLeast(597)))));
    }
}
