//! Pictures: taken in from publishers, given out by id.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, StatusCode, header};
use tokio::sync::Semaphore;
use warp::Reply;

use super::pacing;
use super::reply::{self, Refusal, Response};
use super::request::Peer;
use super::routes::Call;
use crate::broadcast::{NewPicture, Publish, Refused};
use crate::frames::{Found, FrameId, Interval, Probe, ToDisk};
use crate::wire::WireMessage;

/// Saves the body; with `?publish` its frame message goes out as well.
pub(super) async fn upload(call: &mut Call) -> Result<Response, Refusal> {
    let arrived = Instant::now();
    let age = match call.request.headers.get("cometcam-capture-age-ms") {
        Some(age) => age.to_str().ok().and_then(|age| age.trim().parse().ok()).ok_or(Refusal::CaptureAge)?,
        None => 0,
    };
    // What was taken before there was a clock belongs to no broadcast of today.
    let captured = arrived.checked_sub(Duration::from_millis(age)).ok_or(Refused::Stale)?;
    let bytes = call.picture().await?;
    let probe = Probe::read(&bytes)?;
    let publish = if call.request.field("publish").is_some() { Publish::Yes } else { Publish::No };
    let picture = NewPicture { bytes, probe, captured, interval: None, to_disk: ToDisk::Yes };
    call.state.broadcasts.prepare(call.channel()).await?;
    let message = call.state.broadcasts.upload(call.channel(), picture, publish)?;
    let mut response = reply::json(StatusCode::CREATED, &WireMessage::Frame(message.clone()));
    reply::set(&mut response, "location", &message.url);
    Ok(response)
}

/// A picture by its id.
pub(super) async fn get(call: &mut Call) -> Result<Response, Refusal> {
    let (id, kind) = FrameId::of_file(&call.named.file).ok_or(Refusal::UnknownPicture)?;
    let etag = format!("\"{id}\"");
    let head = &call.request.headers;
    let (stored, interval) = match call.state.broadcasts.store().find(call.channel(), id, kind).await {
        Found::Unknown => return Err(Refusal::UnknownPicture),
        Found::InMemory(picture) => (Stored::Memory(picture.bytes), picture.interval),
        Found::OnDisk(path, interval) => (Stored::on_disk(path).await?, interval),
    };
    let size = stored.size();
    let mut response = if call.request.has(&etag) {
        reply::empty(StatusCode::NOT_MODIFIED)
    } else {
        let range = wanted_range(head, &etag, size)?;
        let part = range.clone().unwrap_or(0..size);
        let length = part.end - part.start;
        let mut response = if call.request.is_head() {
            Response::default()
        } else {
            pacing::fetched(call, id, interval.as_deref(), length).await?;
            shown(&call.request.peer, stored.pieces(part), interval)?
        };
        reply::set(&mut response, "content-length", &length.to_string());
        reply::set(&mut response, "content-type", kind.content_type());
        if let Some(range) = range {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            reply::set(&mut response, "content-range", &format!("bytes {}-{}/{size}", range.start, range.end - 1));
        }
        response
    };
    reply::set(&mut response, "etag", &etag);
    // Under this name it never changes; but a browser need not keep for long what is shown for a moment.
    reply::set(&mut response, "cache-control", "private, max-age=60, immutable");
    reply::set(&mut response, "accept-ranges", "bytes");
    Ok(response)
}

/// Where the bytes of a picture are. One on disk is never read as a whole, however many ask for it.
enum Stored {
    Memory(Bytes),
    Disk(PathBuf, usize),
}

impl Stored {
    async fn on_disk(path: PathBuf) -> Result<Self, Refusal> {
        match tokio::fs::metadata(&path).await {
            Ok(file) => Ok(Self::Disk(path, usize::try_from(file.len()).unwrap_or(usize::MAX))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::Gone),
            Err(error) => {
                tracing::warn!("{}: {error}", path.display());
                Err(Refusal::Disk)
            }
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::Disk(_, size) => *size,
        }
    }

    fn pieces(self, part: Range<usize>) -> Pieces {
        match self {
            Self::Memory(bytes) => Pieces::Memory(bytes.slice(part)),
            Self::Disk(path, _) => Pieces::Disk(path, part),
        }
    }
}

/// What is still to be sent of a picture.
pub(super) enum Pieces {
    Memory(Bytes),
    /// Opened anew for each piece: there may be more slow readers than open files.
    Disk(PathBuf, Range<usize>),
}

impl Pieces {
    /// Bytes that are given to a connection at a time.
    const SIZE: usize = 64 << 10;

    /// The next piece; empty at the end.
    pub(super) async fn next(&mut self) -> io::Result<Bytes> {
        match self {
            Self::Memory(rest) => Ok(rest.split_to(rest.len().min(Self::SIZE))),
            Self::Disk(path, rest) => {
                let piece = rest.start..rest.end.min(rest.start + Self::SIZE);
                rest.start = piece.end;
                if piece.is_empty() { Ok(Bytes::new()) } else { read_part(path.clone(), piece).await }
            }
        }
    }
}

async fn read_part(path: PathBuf, part: Range<usize>) -> io::Result<Bytes> {
    /// Fewer than the open files that are left beside connections.
    static OPEN: Semaphore = Semaphore::const_new(64);
    let _place = OPEN.acquire().await;
    let read = move || {
        let mut file = File::open(path)?;
        let mut bytes = vec![0; part.len()];
        file.seek(io::SeekFrom::Start(part.start as u64))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes.into())
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|panicked| Err(panicked.into()))
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

/// A body that breaks off when its broadcast ends: after Stop no byte of a picture is given out.
pub(super) fn shown(peer: &Peer, pieces: Pieces, interval: Option<Arc<Interval>>) -> Result<Response, Refusal> {
    if interval.as_ref().is_some_and(|interval| interval.is_over()) {
        return Err(Refusal::Gone);
    }
    peer.line.show(interval);
    let body = stream::try_unfold(pieces, |mut pieces| async move {
        let piece = pieces.next().await?;
        Ok::<_, io::Error>((!piece.is_empty()).then_some((piece, pieces)))
    });
    Ok(warp::reply::stream(body).into_response())
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
}
