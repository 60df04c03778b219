//! What programs ask: the time, the channels, the server's health; and what operators command.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;

use super::gate;
use super::reply::{self, Refusal, Response};
use super::routes::Call;
use super::{Hold, NoCamera};
use crate::broadcast::OnAir;
use crate::now_ms;
use crate::relay::Millis;
use crate::wire::{ChannelState, WireMessage};

#[derive(Serialize)]
struct Now {
    now_ms: Millis,
    version: &'static str,
}

pub(super) async fn now(_call: &mut Call) -> Result<Response, Refusal> {
    Ok(reply::json(StatusCode::OK, &Now { now_ms: now_ms(), version: crate::VERSION }))
}

#[derive(Serialize)]
struct Channels {
    now_ms: Millis,
    channels: Vec<Listed>,
    /// Whether there are more, for who enters a password or a code.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    locked: bool,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    state: ChannelState,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<WireMessage>,
}

/// The listed channels that have or had a broadcast and may be watched by who asks, by name.
pub(super) async fn channels(call: &mut Call) -> Result<Response, Refusal> {
    let listed = |OnAir { name, state, reason, newest }: OnAir| Listed {
        name: name.as_ref().to_owned(),
        state,
        reason,
        frame: newest.map(WireMessage::Frame),
    };
    let seen = gate::listed(&call.state, &call.request).await?;
    let channels = seen.channels.into_iter().map(listed).collect();
    Ok(reply::json(StatusCode::OK, &Channels { now_ms: now_ms(), channels, locked: seen.hidden }))
}

pub(super) async fn pause(call: &mut Call) -> Result<Response, Refusal> {
    hold(call, Hold::Pause)
}

pub(super) async fn resume(call: &mut Call) -> Result<Response, Refusal> {
    hold(call, Hold::Resume)
}

fn hold(call: &Call, hold: Hold) -> Result<Response, Refusal> {
    let cameras = call.state.cameras.as_ref().ok_or(Refusal::NoCamera)?;
    cameras.hold(call.channel(), hold).map_err(|NoCamera| Refusal::NoCamera)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Brings the window to the front: for a second start of the same program.
pub(super) async fn raise(call: &mut Call) -> Result<Response, Refusal> {
    call.state.window.get().ok_or(Refusal::NoWindow)?.raise();
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// 503 with the reason while pictures can't be saved; they are live all the same.
pub(super) async fn health(call: &mut Call) -> Result<Response, Refusal> {
    let fault = call.state.broadcasts.store().stats().disk_fault;
    let (status, sentence) = match fault {
        None => (StatusCode::OK, "ok".to_owned()),
        Some(fault) => (StatusCode::SERVICE_UNAVAILABLE, fault),
    };
    let word = if status == StatusCode::OK { "ok" } else { "fault" };
    let body = BTreeMap::from([("reason", sentence.as_str()), ("status", word)]);
    Ok(reply::json(status, &body))
}
