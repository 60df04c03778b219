//! The newest picture under one name, and an endless multipart stream for VLC, OpenCV and the like.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use warp::Reply;

use super::State;
use super::pacing;
use super::pictures::{Pieces, shown};
use super::reply::{self, Refusal, Response};
use super::request::Peer;
use super::routes::Call;
use super::viewers::Watching;
use crate::broadcast::OnAir;
use crate::frames::{FrameId, Picture};
use crate::now_ms;
use crate::relay::{Maker, Mode, Start, Subscriber};
use crate::wire::{ChannelState, FrameMessage};

/// `/live/CH.jpg` and `/live/CH.mjpg`.
pub(super) async fn get(call: &mut Call) -> Result<Response, Refusal> {
    match call.named.file.as_str() {
        "jpg" => newest(call).await,
        "mjpg" => endless(call).await,
        _ => Err(Refusal::NotFound),
    }
}

fn newest_of(state: &State, channel: &str) -> Result<Picture, Refusal> {
    state.broadcasts.store().newest(channel).ok_or_else(|| match state.broadcasts.on_air(channel) {
        Some(OnAir { state: ChannelState::Ended, .. }) => Refusal::Gone,
        Some(_) => Refusal::NoPictureYet,
        None => Refusal::UnknownChannel,
    })
}

/// The one that is the newest when the turn has come of who asks.
async fn newest_in_turn(call: &Call) -> Result<Picture, Refusal> {
    let before = newest_of(&call.state, call.channel())?;
    let turn = pacing::turn(call, before.interval.as_deref()).await?;
    let picture = newest_of(&call.state, call.channel())?;
    turn.take(picture.bytes.len());
    Ok(picture)
}

async fn newest(call: &Call) -> Result<Response, Refusal> {
    let (picture, mut response);
    if call.request.is_head() {
        (picture, response) = (newest_of(&call.state, call.channel())?, Response::default());
    } else {
        // Where there is nothing to be seen nobody watches.
        newest_of(&call.state, call.channel())?;
        let watching = call.state.viewers.watch(&call.request, [call.channel().into()])?;
        picture = newest_in_turn(call).await?;
        watching.given(picture.id.captured_at);
        response = shown(&call.request.peer, Pieces::Memory(picture.bytes.clone()), picture.interval.clone())?;
    }
    let length = picture.bytes.len();
    reply::set(&mut response, "content-length", &length.to_string());
    reply::set(&mut response, "content-type", picture.kind.content_type());
    reply::set(&mut response, "x-timestamp", &timestamp(picture.id));
    let location = FrameMessage::url(call.channel(), picture.id, picture.kind);
    reply::set(&mut response, "content-location", &location);
    Ok(response)
}

/// The time of capture in seconds, as mjpg streams write it.
fn timestamp(id: FrameId) -> String {
    format!("{}.{:03}", id.captured_at / 1000, id.captured_at % 1000)
}

/// Between the pictures; sent right behind each, since browsers show a picture only when they see it.
const BOUNDARY: &str = "\r\n--cometcam\r\n";

async fn endless(call: &Call) -> Result<Response, Refusal> {
    let channel = call.channel();
    // Where there is nothing to be seen no channel is made.
    newest_of(&call.state, channel)?;
    let mut response = if call.request.is_head() {
        reply::empty(StatusCode::OK)
    } else {
        let hub = call.state.broadcasts.hub();
        let relay = hub.channel(channel, Maker::Subscriber, now_ms())?;
        let watching = call.state.viewers.watch(&call.request, [relay.name().clone()])?;
        let subscriber = Subscriber::stream(vec![(relay, Start::Next)], Mode::Latest, now_ms());
        // Asked only now that no message can come unseen behind it.
        let first = newest_in_turn(call).await?;
        let feed = Feed {
            state: call.state.clone(),
            channel: channel.to_owned(),
            watching,
            subscriber,
            peer: call.request.peer.clone(),
            given: None,
            part: Part::of(&first, BOUNDARY.trim_start()),
        };
        call.request.peer.line.show(first.interval);
        let pieces =
            stream::try_unfold(
                feed,
                |mut feed| async move { Ok::<_, io::Error>(feed.piece().await?.map(|piece| (piece, feed))) },
            );
        warp::reply::stream(pieces).into_response()
    };
    reply::set(&mut response, "content-type", "multipart/x-mixed-replace; boundary=cometcam");
    reply::set(&mut response, "x-accel-buffering", "no");
    Ok(response)
}

struct Feed {
    state: Arc<State>,
    channel: String,
    subscriber: Subscriber,
    peer: Peer,
    given: Option<FrameId>,
    part: Part,
    /// As long as the stream is open, somebody watches.
    watching: Watching,
}

/// One picture of the stream on its way: its head, its bytes and the boundary behind it.
struct Part {
    id: FrameId,
    head: Bytes,
    bytes: Pieces,
    boundary: Bytes,
}

impl Part {
    fn of(picture: &Picture, before: &str) -> Self {
        let head = format!(
            "{before}Content-Type: {}\r\nContent-Length: {}\r\nX-Timestamp: {}\r\n\r\n",
            picture.kind.content_type(),
            picture.bytes.len(),
            timestamp(picture.id),
        );
        Self {
            id: picture.id,
            head: head.into(),
            bytes: Pieces::Memory(picture.bytes.clone()),
            boundary: Bytes::from_static(BOUNDARY.as_bytes()),
        }
    }

    /// The next piece; empty at the end.
    async fn next(&mut self) -> io::Result<Bytes> {
        if !self.head.is_empty() {
            return Ok(std::mem::take(&mut self.head));
        }
        let piece = self.bytes.next().await?;
        Ok(if piece.is_empty() { std::mem::take(&mut self.boundary) } else { piece })
    }
}

impl Feed {
    /// The next piece of the stream; `None` at the end of the broadcast, or of the server.
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let piece = self.part.next().await?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
            self.given = Some(self.part.id);
            self.watching.given(self.part.id.captured_at);
            let Some(picture) = self.next().await else { return Ok(None) };
            self.part = Part::of(&picture, "");
            self.peer.line.show(picture.interval);
        }
    }

    fn newest(&self) -> Option<Picture> {
        self.state.broadcasts.store().newest(&self.channel)
    }

    /// The newest picture that was not yet given; `None` at the end of the broadcast, or of the server.
    async fn next(&mut self) -> Option<Picture> {
        loop {
            tokio::select! {
                biased;
                () = self.peer.left() => return None,
                message = self.subscriber.next() => message.ok()?,
            };
            if self.given == Some(self.newest()?.id) {
                continue;
            }
            let turn = tokio::select! {
                biased;
                () = self.peer.left() => return None,
                turn = self.state.pacing.turn(&self.peer) => turn,
            };
            let newest = self.newest()?;
            turn.take(newest.bytes.len());
            return Some(newest);
        }
    }
}
