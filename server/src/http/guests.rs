//! What operators see and do about who may watch.

use std::net::IpAddr;

use http::StatusCode;
use serde::Serialize;

use super::reply::{self, Refusal, Response};
use super::routes::Call;
use crate::access::{Code, Guest, How};
use crate::now_ms;
use crate::relay::Millis;

#[derive(Serialize)]
struct Guests {
    now_ms: Millis,
    guests: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    device: String,
    address: IpAddr,
    since_ms: Millis,
    last_ms: Millis,
    how: How,
}

/// Those who were let in.
pub(super) async fn list(call: &mut Call) -> Result<Response, Refusal> {
    let listed = |Guest { id, device, address, since_ms, last_ms, how }| Listed {
        id: id.to_string(),
        device,
        address,
        since_ms,
        last_ms,
        how,
    };
    let guests = call.state.access.guests().into_iter().map(listed).collect();
    Ok(reply::json(StatusCode::OK, &Guests { now_ms: now_ms(), guests }))
}

/// Lets one in no more.
pub(super) async fn revoke(call: &mut Call) -> Result<Response, Refusal> {
    let id = call.named.file.parse().map_err(|_| Refusal::UnknownGuest)?;
    if call.state.access.revoke(id) { Ok(reply::empty(StatusCode::NO_CONTENT)) } else { Err(Refusal::UnknownGuest) }
}

#[derive(Serialize)]
struct Paired {
    digits: String,
    until_ms: Millis,
}

/// A new code.
pub(super) async fn pair(call: &mut Call) -> Result<Response, Refusal> {
    let Code { digits, until_ms } = call.state.access.pair();
    Ok(reply::json(StatusCode::CREATED, &Paired { digits, until_ms }))
}

/// No code any more.
pub(super) async fn stop_pairing(call: &mut Call) -> Result<Response, Refusal> {
    call.state.access.stop_pairing();
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
