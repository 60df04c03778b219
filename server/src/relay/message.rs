//! What is published, and its name.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// The name of a message within its channel: the second of its publication and a tag that counts within that second.
///
/// Ids of a channel grow strictly, also when the clock steps back. Written `T:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// Seconds since the Unix epoch.
    pub second: u64,
    /// 0 for the first message of its second.
    pub tag: u32,
}

impl MessageId {
    /// An id from its parts.
    #[must_use]
    pub const fn new(second: u64, tag: u32) -> Self {
        Self { second, tag }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.second, self.tag)
    }
}

/// A message as its publisher hands it over; the channel gives it an id.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The publisher's `Content-Type`, forwarded as it is.
    pub content_type: Arc<str>,
    /// Any bytes, also none.
    pub body: Bytes,
    /// The newest message of each kind stays whatever its age: a viewer who comes late must learn the present picture and state.
    /// `None` is a message that ages like any other.
    pub kind: Option<Kind>,
}

/// What a message is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The same for all of them.
    pub name: &'static str,
    /// What the publisher knows this one by.
    pub number: u64,
}

/// A published message.
#[derive(Debug)]
pub struct Message {
    /// Its name within the channel.
    pub id: MessageId,
    /// As published.
    pub content_type: Arc<str>,
    /// As published.
    pub body: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_second_and_tag_and_ids_sort_by_both() {
        let (earlier, later) = (MessageId::new(1_795_355_511, 9), MessageId::new(1_795_355_511, 10));
        assert_eq!(later.to_string(), "1795355511:10");
        assert!(earlier < later && later < MessageId::new(1_795_355_512, 0));
    }
}
