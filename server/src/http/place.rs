//! A subscriber's place on the wire: the id of the newest message that it has seen; of several channels one for each.

use std::time::{Duration, UNIX_EPOCH};

use http::header;

use super::reply::Refusal;
use super::request::Request;
use crate::relay::{MessageId, Start};

/// Where a subscriber says it is.
///
/// On the wire a second, and for each channel a tag: `N` within that second, `S.N` within the second S (ours, where nchan has no
/// word).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub second: u64,
    /// For each channel.
    pub seen: Vec<MessageId>,
    /// Which of several channels gave the last message.
    pub last: Option<usize>,
}

/// The longest id: a tag for each of the most channels.
const MAX_ID: usize = 2048;

impl Place {
    /// The place that a request names, in any of the ways there are; `None` if it names none.
    pub(super) fn of(request: &Request) -> Result<Option<Self>, Refusal> {
        if let Some(id) = request.field("last_event_id") {
            return Self::parse_id(&id)?.map(Some).ok_or(Refusal::Query("last_event_id is written T:N"));
        }
        if let Some(place) = request.header("last-event-id").map(Self::parse_id).transpose()?.flatten() {
            return Ok(Some(place));
        }
        let tags = request.header(header::IF_NONE_MATCH).unwrap_or_default();
        if let Some(place) = Self::parse_id(tags)? {
            return Ok(Some(place));
        }
        let second = request.header(header::IF_MODIFIED_SINCE).and_then(parse_http_date);
        if let Some(second) = second {
            let (seen, last) = parse_tags(tags, second).unwrap_or_else(|| (vec![MessageId::new(second, 0)], None));
            return Ok(Some(Self { second, seen, last }));
        }
        // The browser client of nchan goes on from the request header Etag, which its own server ignores.
        request.header(header::ETAG).map(Self::parse_id).transpose().map(Option::flatten)
    }

    /// `T:N`, or `T:N,N,…` for several channels.
    fn parse_id(text: &str) -> Result<Option<Self>, Refusal> {
        if text.len() > MAX_ID {
            return Err(Refusal::IdTooLong(MAX_ID));
        }
        let parse = |text: &str| {
            let (second, tags) = unquoted(text).split_once(':')?;
            let second = second.trim().parse().ok()?;
            let (seen, last) = parse_tags(tags, second)?;
            Some(Self { second, seen, last })
        };
        Ok(parse(text))
    }

    /// Where each of `count` channels begins.
    pub(super) fn starts(&self, count: usize) -> Vec<Start> {
        if self.seen.len() == count {
            return self.seen.iter().copied().map(Start::After).collect();
        }
        // Tags of other channels tell nothing: rather a message twice than one lost.
        let before = self.second.checked_sub(1).map(|before| MessageId::new(before, u32::MAX));
        vec![before.map_or(Start::Oldest, Start::After); count]
    }

    /// The channel that gave the last of `count` channels' messages.
    pub(super) fn last_of(&self, count: usize) -> Option<usize> {
        self.last.filter(|last| *last < count)
    }

    /// The value of `Etag`: bare, and of several channels with brackets around the tag of the one that gave the message, as nchan
    /// writes it.
    pub(super) fn etag(&self) -> String {
        let several = self.seen.len() > 1;
        let tag = |(index, id): (usize, &MessageId)| {
            let tag = if id.second == self.second { id.tag.to_string() } else { format!("{}.{}", id.second, id.tag) };
            if several && self.last == Some(index) { format!("[{tag}]") } else { tag }
        };
        self.seen.iter().enumerate().map(tag).collect::<Vec<_>>().join(",")
    }

    /// The value of `Last-Modified`.
    pub(super) fn last_modified(&self) -> String {
        /// The last second that an HTTP date can tell.
        const LAST: u64 = 253_402_300_799;
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.second.min(LAST)))
    }
}

fn parse_http_date(text: &str) -> Option<u64> {
    httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// What was seen of each channel, and which tag is in brackets.
fn parse_tags(text: &str, second: u64) -> Option<(Vec<MessageId>, Option<usize>)> {
    let parts: Vec<_> = unquoted(text).split(',').map(str::trim).collect();
    let seen = |part: &&str| {
        let tag = part.trim_start_matches('[').trim_end_matches(']');
        Some(match tag.split_once('.') {
            Some((second, tag)) => MessageId::new(second.parse().ok()?, tag.parse().ok()?),
            None => MessageId::new(second, tag.parse().ok()?),
        })
    };
    let all = parts.iter().map(seen).collect::<Option<_>>()?;
    Some((all, parts.iter().position(|part| part.starts_with('['))))
}

/// Entity tags are bare here; what others made quotes of is read all the same.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("W/").unwrap_or(text).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(second: u64, tag: u32) -> MessageId {
        MessageId::new(second, tag)
    }

    #[test]
    fn ids_are_read_in_all_their_forms() {
        let place = |second, seen: &[MessageId], last| Some(Place { second, seen: seen.to_vec(), last });
        assert_eq!(Place::parse_id("5:3").unwrap(), place(5, &[id(5, 3)], None));
        assert_eq!(Place::parse_id("\"5:3,[7],4.9\"").unwrap(), place(5, &[id(5, 3), id(5, 7), id(4, 9)], Some(1)));
        for wrong in ["", "5", "x:1", "5:", "5:1,", "-5:1", "5:99999999999", "5:1.x", "5:.1", "5:1,-"] {
            assert_eq!(Place::parse_id(wrong).unwrap(), None, "{wrong}");
        }
        assert!(Place::parse_id(&"5:1,".repeat(600)).is_err());
    }

    #[test]
    fn a_place_is_written_as_a_date_and_bare_tags() {
        let place = Place { second: 1_795_340_834, seen: vec![id(1_795_340_834, 2), id(1_795_340_830, 1)], last: Some(0) };
        assert_eq!(
            (place.last_modified().as_str(), place.etag().as_str()),
            ("Sun, 22 Nov 2026 09:47:14 GMT", "[2],1795340830.1")
        );
        assert_eq!(Place { second: 1, seen: vec![id(1, 7)], last: Some(0) }.etag(), "7");
        assert_eq!(parse_http_date(&place.last_modified()), Some(place.second));
        assert!(Place { second: u64::MAX, seen: vec![], last: None }.last_modified().contains("9999"));
    }

    #[test]
    fn tags_of_another_number_of_channels_lose_nothing() {
        let place = Place { second: 9, seen: vec![id(9, 2)], last: None };
        assert_eq!(place.starts(1), [Start::After(MessageId::new(9, 2))]);
        assert_eq!(place.starts(2), [Start::After(MessageId::new(8, u32::MAX)); 2]);
        assert_eq!(Place { second: 0, ..place }.starts(2), [Start::Oldest; 2]);
    }
}
