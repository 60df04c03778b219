//! The subscriber location, by long-poll and interval-poll. The other transports share its query and its place on the wire.

use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, header};
use tokio::time;

use super::State;
use super::pacing;
use super::place::Place;
use super::reply::{self, Refusal, Response};
use super::request::Request;
use super::routes::Call;
use super::visit::Visit;
use crate::now_ms;
use crate::relay::{Channel, Delivery, Ended, Maker, MessageId, Missed, Mode, Start, Subscriber};
use crate::wire::{self, encode_segment};

/// What a subscriber asks for.
#[derive(Debug)]
struct Asked {
    starts: Vec<Start>,
    /// Which of several channels gave the last message.
    last: Option<usize>,
    mode: Mode,
    hold: Hold,
}

/// How long a subscriber that finds nothing waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Never,
    AtMost(Duration),
    Always,
}

pub(super) async fn get(call: &mut Call) -> Result<Response, Refusal> {
    if let Some(within) = call.request.field("leave") {
        call.state.viewers.leave(&call.request, &within);
        return Ok(reply::empty(StatusCode::NO_CONTENT));
    }
    let names = &call.named.channels;
    let asked = Asked::read(&call.state, &call.request, names.len())?;
    let channels = channels(&call.state, names)?;
    let starts = channels.iter().cloned().zip(asked.starts).collect();
    let mut subscriber = Subscriber::poll(starts, asked.mode, now_ms()).after_channel(asked.last);
    // Also one that does not hold watches, and a while longer.
    let visit = if call.request.is_head() { None } else { Some(Visit::begin(call, &channels)?) };
    let delivery = match (&visit, asked.hold) {
        (Some(visit), hold) => wait(call, &mut subscriber, visit, (asked.mode, hold)).await?,
        (None, _) => subscriber.try_next()?,
    };
    let mut response = match &delivery {
        Some(delivery) => message(names, delivery),
        None if call.request.is_head() => reply::empty(StatusCode::OK),
        None => not_modified(call, subscriber.seen()),
    };
    if let Some(visit) = visit {
        visit.answered(call, delivery.as_ref().map(|delivery| &*delivery.message), &mut response);
    }
    reply::set(&mut response, "x-accel-buffering", "no");
    Ok(response)
}

/// The next message; `None` if the hold ended without one.
async fn wait(
    call: &Call,
    subscriber: &mut Subscriber,
    visit: &Visit,
    (mode, hold): (Mode, Hold),
) -> Result<Option<Delivery>, Refusal> {
    let Call { state, request, .. } = call;
    // Who must be told of each picture anyway is not told of it later.
    let takes_turns = mode == Mode::Latest && state.pacing.concerns(&request.peer);
    if hold == Hold::Never && !(takes_turns && subscriber.is_ready()?) {
        return Ok(subscriber.try_next()?);
    }
    let limit = async {
        match hold {
            Hold::AtMost(limit) => time::sleep(limit).await,
            Hold::Never => time::sleep(pacing::PATIENCE / 2).await,
            Hold::Always => std::future::pending().await,
        }
    };
    let news = async { if takes_turns { in_turn(call, subscriber).await } else { subscriber.next().await } };
    tokio::select! {
        biased;
        delivery = news => Ok(Some(delivery?)),
        () = visit.called(call) => Ok(None),
        () = limit => {
            let delivery = subscriber.try_next()?;
            if let Some(delivery) = &delivery {
                state.pacing.out_of_turn(&request.peer).tell(call, delivery);
            }
            Ok(delivery)
        }
        () = request.peer.left() => Ok(None),
    }
}

/// The next message. One of a picture waits for its turn, and is the newest then; any other one comes at once.
async fn in_turn(call: &Call, subscriber: &mut Subscriber) -> Result<Delivery, Ended> {
    loop {
        subscriber.ready().await?;
        let turn = tokio::select! {
            biased;
            turn = call.state.pacing.turn(&call.request.peer) => turn,
            delivery = subscriber.next_but(wire::FRAME) => return delivery,
        };
        // What it waited for may be gone meanwhile.
        if let Some(delivery) = subscriber.try_next()? {
            turn.tell(call, &delivery);
            return Ok(delivery);
        }
    }
}

impl From<Ended> for Refusal {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Deleted => Self::Deleted,
            Ended::Conflict => Self::Conflict,
            Ended::Displaced(channel) => Self::Displaced(channel),
        }
    }
}

fn channels(state: &State, names: &[String]) -> Result<Vec<Arc<Channel>>, Refusal> {
    let now = now_ms();
    let hub = state.broadcasts.hub();
    Ok(names.iter().map(|name| hub.channel(name, Maker::Subscriber, now)).collect::<Result<_, _>>()?)
}

impl Asked {
    fn read(state: &State, request: &Request, count: usize) -> Result<Self, Refusal> {
        let latest = request.field("latest").is_some();
        let first = request.field("first").map(|first| parse_first(&first)).transpose()?;
        let place = Place::of(request)?;
        let last = place.as_ref().and_then(|place| place.last_of(count));
        let starts = match place {
            Some(place) => place.starts(count),
            None => vec![first.unwrap_or(if latest { Start::Last } else { Start::Oldest }); count],
        };
        let asked = request.field("timeout").map(|seconds| parse_timeout(&seconds)).transpose()?;
        let limit = asked.into_iter().chain(state.limits.hold.map(|hold| Duration::from_millis(hold.0))).min();
        let hold = match limit {
            _ if request.is_head() || request.field("poll").is_some() => Hold::Never,
            Some(limit) => Hold::AtMost(limit),
            None => Hold::Always,
        };
        Ok(Self { starts, last, mode: if latest { Mode::Latest } else { Mode::Every }, hold })
    }
}

fn parse_first(first: &str) -> Result<Start, Refusal> {
    const CURE: Refusal =
        Refusal::Query("first is oldest, newest, or a number that is not 0: from 1 the oldest, from -1 the newest");
    match first {
        "oldest" => return Ok(Start::Oldest),
        "newest" => return Ok(Start::Next),
        _ => {}
    }
    match first.parse::<i64>() {
        Ok(0) | Err(_) => Err(CURE),
        Ok(nth) if nth > 0 => Ok(Start::Nth(nth.unsigned_abs())),
        Ok(nth) => Ok(Start::NthFromNewest(nth.unsigned_abs())),
    }
}

fn parse_timeout(seconds: &str) -> Result<Duration, Refusal> {
    /// A day: longer ones are no limit that anybody means.
    const MOST: f64 = 86_400.0;
    let parsed = seconds.parse::<f64>().ok().filter(|seconds| (0.0..=MOST).contains(seconds));
    parsed.map(Duration::from_secs_f64).ok_or(Refusal::Query("timeout is a number of seconds, at most 86400"))
}

fn message(names: &[String], Delivery { channel, message, missed, seen }: &Delivery) -> Response {
    let mut response = reply::with(StatusCode::OK, &message.content_type, message.body.clone());
    let place = Place { second: message.id.second, seen: seen.clone(), last: Some(*channel) };
    reply::set(&mut response, "last-modified", &place.last_modified());
    reply::set(&mut response, "etag", &place.etag());
    reply::set(&mut response, "vary", "If-None-Match, If-Modified-Since");
    // Whatever its publisher calls it, opened as a page it runs no scripts in our origin.
    reply::set(&mut response, "content-security-policy", "sandbox; frame-ancestors 'self'");
    if names.len() > 1 {
        reply::set(&mut response, "cometcam-channel", &encode_segment(&names[*channel]));
    }
    match missed {
        Missed::Exactly(0) => {}
        Missed::Exactly(count) => reply::set(&mut response, "cometcam-missed", &count.to_string()),
        Missed::AtLeast(count) => reply::set(&mut response, "cometcam-missed", &format!("{count}+")),
    }
    response
}

/// Nothing new: the request's own conditions, or if it had none the place it has now, so that nothing is passed over from there.
fn not_modified(call: &Call, seen: Vec<MessageId>) -> Response {
    let mut response = reply::empty(StatusCode::NOT_MODIFIED);
    let conditions = [("last-modified", header::IF_MODIFIED_SINCE), ("etag", header::IF_NONE_MATCH)];
    let mut sent = false;
    for (name, condition) in conditions {
        if let Some(value) = call.request.header(condition) {
            reply::set(&mut response, name, value);
            sent = true;
        }
    }
    if let (false, Some(second)) = (sent, seen.iter().map(|id| id.second).max()) {
        let place = Place { second, seen, last: None };
        reply::set(&mut response, "last-modified", &place.last_modified());
        reply::set(&mut response, "etag", &place.etag());
    }
    reply::set(&mut response, "vary", "If-None-Match, If-Modified-Since");
    if *call.request.peer.stop.borrow() {
        reply::set(&mut response, "connection", "close");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_counted_from_either_end_and_zero_is_none() {
        assert_eq!(parse_first("oldest").unwrap(), Start::Oldest);
        assert_eq!(parse_first("newest").unwrap(), Start::Next);
        assert_eq!(parse_first("3").unwrap(), Start::Nth(3));
        assert_eq!(parse_first("-3").unwrap(), Start::NthFromNewest(3));
        for wrong in ["0", "", "x", "1.5", "-0"] {
            assert!(parse_first(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hold_is_limited_by_a_sensible_number_of_seconds() {
        assert_eq!(parse_timeout("0.5").unwrap(), Duration::from_millis(500));
        for wrong in ["", "-1", "NaN", "inf", "1e99", "soon"] {
            assert!(parse_timeout(wrong).is_err(), "{wrong}");
        }
    }
}
