//! A subscriber's place on the wire: a second, and for each of its channels a tag.

use std::time::{Duration, UNIX_EPOCH};

use http::header;

use super::reply::Refusal;
use super::request::Request;
use crate::relay::{MessageId, Start};

/// Where a subscriber says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub second: u64,
    /// One for each channel: the tag of the newest message seen within the second, `None` if none was. One alone stands for a
    /// client that knows nothing of several channels.
    pub tags: Vec<Option<u32>>,
}

/// The longest id: a tag for each of the most channels.
const MAX_ID: usize = 1024;

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
            return Ok(Some(Self { second, tags: parse_tags(tags).unwrap_or_else(|| vec![Some(0)]) }));
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
            Some(Self { second: second.trim().parse().ok()?, tags: parse_tags(tags)? })
        };
        Ok(parse(text))
    }

    /// Where each of `count` channels begins.
    pub(super) fn starts(&self, count: usize) -> Vec<Start> {
        let nothing_yet = || match self.second.checked_sub(1) {
            Some(before) => Start::After(MessageId::new(before, u32::MAX)),
            None => Start::Oldest,
        };
        let start = |tag: Option<u32>| tag.map_or_else(nothing_yet, |tag| Start::After(MessageId::new(self.second, tag)));
        if self.tags.len() == count {
            return self.tags.iter().copied().map(start).collect();
        }
        // Tags of other channels tell nothing: rather a message twice than one lost.
        vec![start(None); count]
    }

    /// The value of `Etag`.
    pub(super) fn etag(&self) -> String {
        let tag = |tag: &Option<u32>| tag.map_or_else(|| "-".to_owned(), |tag| tag.to_string());
        self.tags.iter().map(tag).collect::<Vec<_>>().join(",")
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

/// Tags as we write them, and with the brackets around one of them that nchan writes.
fn parse_tags(text: &str) -> Option<Vec<Option<u32>>> {
    let tag = |part: &str| match part.trim().trim_start_matches('[').trim_end_matches(']') {
        "-" => Some(None),
        digits => digits.parse().ok().map(Some),
    };
    unquoted(text).split(',').map(tag).collect()
}

/// Entity tags are bare here; what others made quotes of is read all the same.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("W/").unwrap_or(text).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_all_their_forms() {
        let place = |second, tags: &[Option<u32>]| Some(Place { second, tags: tags.to_vec() });
        assert_eq!(Place::parse_id("5:3").unwrap(), place(5, &[Some(3)]));
        assert_eq!(Place::parse_id("\"5:3,-,[7]\"").unwrap(), place(5, &[Some(3), None, Some(7)]));
        for wrong in ["", "5", "x:1", "5:", "5:1,", "-5:1", "5:99999999999"] {
            assert_eq!(Place::parse_id(wrong).unwrap(), None, "{wrong}");
        }
        assert!(Place::parse_id(&"5:1,".repeat(400)).is_err());
    }

    #[test]
    fn a_place_is_written_as_a_date_and_bare_tags() {
        let place = Place { second: 1_795_340_834, tags: vec![Some(2), None] };
        assert_eq!((place.last_modified().as_str(), place.etag().as_str()), ("Sun, 22 Nov 2026 09:47:14 GMT", "2,-"));
        assert_eq!(parse_http_date(&place.last_modified()), Some(place.second));
        assert!(Place { second: u64::MAX, tags: vec![] }.last_modified().contains("9999"));
    }

    #[test]
    fn tags_of_another_number_of_channels_lose_nothing() {
        let place = Place { second: 9, tags: vec![Some(2)] };
        assert_eq!(place.starts(1), [Start::After(MessageId::new(9, 2))]);
        assert_eq!(place.starts(2), [Start::After(MessageId::new(8, u32::MAX)); 2]);
        assert_eq!(Place { second: 0, tags: vec![None] }.starts(1), [Start::Oldest]);
    }
}
