//! Pictures: taken in from publishers, given out by id.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, StatusCode, header};
use warp::Reply;

use super::reply::{self, Refusal, Response};
use super::request;
use super::routes::Call;
use crate::broadcast::{NewPicture, Publish, Save};
use crate::frames::{Found, FrameId, Interval, Picture, PictureType, Probe};
use crate::now_ms;
use crate::wire::WireMessage;

/// Saves the body; with `?publish` its frame message goes out as well.
pub(super) async fn upload(mut call: Call) -> Result<Response, Refusal> {
    let arrived = now_ms();
    let age: u64 = match call.request.headers.get("cometcam-capture-age-ms") {
        Some(age) => age.to_str().ok().and_then(|age| age.trim().parse().ok()).ok_or(Refusal::CaptureAge)?,
        None => 0,
    };
    let bytes = call.picture().await?;
    let probe = Probe::read(&bytes)?;
    let publish = if call.request.field("publish").is_some() { Publish::Yes } else { Publish::No };
    let picture = NewPicture { bytes, probe, captured_at: arrived.saturating_sub(age), interval: None, save: Save::ToDisk };
    let message = call.state.broadcasts.upload(&call.channel()?, picture, publish)?;
    let mut response = reply::json(StatusCode::CREATED, &WireMessage::Frame(message.clone()));
    reply::set(&mut response, "location", &message.url);
    reply::set(&mut response, "cache-control", "no-store");
    Ok(response)
}

/// A picture by its id.
pub(super) async fn get(call: Call) -> Result<Response, Refusal> {
    let channel = call.channel()?;
    let file = request::decode(call.open.get(1).map_or("", String::as_str))?;
    let (id, kind) = parse_file(&file).ok_or(Refusal::UnknownPicture)?;
    let picture = match call.state.broadcasts.store().find(&channel, id, kind) {
        Found::InMemory(picture) => picture,
        Found::Unknown => return Err(Refusal::UnknownPicture),
        Found::OnDisk(path, interval) => match tokio::fs::read(&path).await {
            Ok(bytes) => Picture { id, kind, bytes: bytes.into(), interval },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Refusal::Gone),
            Err(error) => {
                tracing::warn!("{}: {error}", path.display());
                return Err(Refusal::Disk);
            }
        },
    };
    let etag = format!("\"{id}\"");
    let head = &call.request.headers;
    let mut response = if names_etag(head, &etag) {
        reply::empty(StatusCode::NOT_MODIFIED)
    } else {
        part(&picture, wanted_range(head, &etag, picture.bytes.len())?, call.request.is_head())?
    };
    reply::set(&mut response, "etag", &etag);
    // Under this name it never changes; but a browser need not keep for long what is shown for a moment.
    reply::set(&mut response, "cache-control", "private, max-age=60, immutable");
    reply::set(&mut response, "accept-ranges", "bytes");
    Ok(response)
}

fn parse_file(file: &str) -> Option<(FrameId, PictureType)> {
    let (id, ending) = file.rsplit_once('.')?;
    Some((id.parse().ok()?, PictureType::from_extension(ending)?))
}

/// Whether `If-None-Match` names this tag.
fn names_etag(head: &HeaderMap, etag: &str) -> bool {
    let tags = head.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}

/// The one range that is asked for; `None` for all of it. Several ranges, and ranges of another version, are answered with all.
fn wanted_range(head: &HeaderMap, etag: &str, size: usize) -> Result<Option<Range<usize>>, Refusal> {
    let text = |name| head.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let Some(range) = text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")) else { return Ok(None) };
    if text(header::IF_RANGE).is_some_and(|tag| tag != etag) || range.contains(',') {
        return Ok(None);
    }
    let Some((from, to)) = range.split_once('-') else { return Ok(None) };
    let parsed = match (from.trim().parse::<usize>(), to.trim().parse::<usize>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(size),
        (Ok(from), Err(_)) if to.trim().is_empty() => from..size,
        (Err(_), Ok(last)) if from.trim().is_empty() => size.saturating_sub(last)..size,
        _ => return Ok(None),
    };
    if parsed.is_empty() { Err(Refusal::Range(size)) } else { Ok(Some(parsed)) }
}

fn part(picture: &Picture, range: Option<Range<usize>>, head_only: bool) -> Result<Response, Refusal> {
    let size = picture.bytes.len();
    let bytes = picture.bytes.slice(range.clone().unwrap_or(0..size));
    let length = bytes.len();
    let mut response = if head_only { Response::default() } else { watched(bytes, picture.interval.clone())? };
    reply::set(&mut response, "content-length", &length.to_string());
    reply::set(&mut response, "content-type", picture.kind.content_type());
    if let Some(range) = range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        reply::set(&mut response, "content-range", &format!("bytes {}-{}/{size}", range.start, range.end - 1));
    }
    Ok(response)
}

/// A body that breaks off when its broadcast ends: after Stop no byte of a picture is given out.
pub(super) fn watched(bytes: Bytes, interval: Option<Arc<Interval>>) -> Result<Response, Refusal> {
    const PIECE: usize = 64 << 10;
    if interval.as_ref().is_some_and(|interval| interval.is_over()) {
        return Err(Refusal::Gone);
    }
    let pieces = stream::unfold((bytes, interval), |(mut rest, interval)| async move {
        if rest.is_empty() {
            return None;
        }
        if interval.as_ref().is_some_and(|interval| interval.is_over()) {
            return Some((Err(io::Error::other("the broadcast is over")), (Bytes::new(), None)));
        }
        let piece = rest.split_to(rest.len().min(PIECE));
        Some((Ok(piece), (rest, interval)))
    });
    Ok(warp::reply::stream(pieces).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_what_is_outside_is_refused() {
        let wanted = |range: &str| {
            let mut head = HeaderMap::new();
            head.insert(header::RANGE, range.parse().unwrap());
            wanted_range(&head, "\"x\"", 100).map_err(|refusal| refusal.status())
        };
        assert_eq!(wanted("bytes=0-9"), Ok(Some(0..10)));
        assert_eq!(wanted("bytes=90-"), Ok(Some(90..100)));
        assert_eq!(wanted("bytes=-10"), Ok(Some(90..100)));
        assert_eq!(wanted("bytes=50-999"), Ok(Some(50..100)));
        assert_eq!(wanted("bytes=-999"), Ok(Some(0..100)));
        for outside in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(wanted(outside), Err(StatusCode::RANGE_NOT_SATISFIABLE), "{outside}");
        }
        for whole in ["bytes=9-1", "bytes=0-1,5-6", "lines=1-2", "bytes=x", "bytes=-", "bytes=18446744073709551615-x"] {
            assert_eq!(wanted(whole), Ok(None), "{whole}");
        }
    }

    #[test]
    fn only_the_names_of_pictures_are_names() {
        assert!(parse_file("1795340834123-000042.jpg").is_some());
        for other in ["", ".jpg", "1795340834123-000042", "1795340834123-000042.gif", "../1795340834123-000042.jpg", "x.jpg"] {
            assert!(parse_file(other).is_none(), "{other}");
        }
    }
}
