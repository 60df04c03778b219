//! What operators ask about those who watch: viewers and displays, and what they do about them.

use std::net::IpAddr;

use http::StatusCode;
use serde::Serialize;

use super::displays::{Display, DisplayOrder, NoDisplay};
use super::reply::{self, Refusal, Response};
use super::request;
use super::routes::Call;
use super::viewers::{Viewer, ViewerId};
use crate::now_ms;
use crate::relay::Millis;

#[derive(Serialize)]
struct Audience {
    now_ms: Millis,
    viewers: Vec<Viewer>,
    closed: Vec<IpAddr>,
    /// When a device other than this computer asked last for anything.
    elsewhere_ms: Option<Millis>,
}

pub(super) async fn viewers(call: &mut Call) -> Result<Response, Refusal> {
    let all = &call.state.viewers;
    let (viewers, closed, elsewhere_ms) = (all.list(), all.closed(), all.reached_from_elsewhere());
    Ok(reply::json(StatusCode::OK, &Audience { now_ms: now_ms(), viewers, closed, elsewhere_ms }))
}

pub(super) async fn close_viewer(call: &mut Call) -> Result<Response, Refusal> {
    let id = call.named.file.parse::<ViewerId>().map_err(|_| Refusal::NoViewer)?;
    done(call.state.viewers.close(id, &call.state.broadcasts), Refusal::NoViewer)
}

pub(super) async fn admit_again(call: &mut Call) -> Result<Response, Refusal> {
    let address = call.named.file.parse::<IpAddr>().map_err(|_| Refusal::NotClosed)?;
    done(call.state.viewers.admit_again(address), Refusal::NotClosed)
}

fn done(is_done: bool, otherwise: Refusal) -> Result<Response, Refusal> {
    if is_done { Ok(reply::empty(StatusCode::NO_CONTENT)) } else { Err(otherwise) }
}

#[derive(Serialize)]
struct Known {
    now_ms: Millis,
    displays: Vec<Display>,
}

pub(super) async fn displays(call: &mut Call) -> Result<Response, Refusal> {
    Ok(reply::json(StatusCode::OK, &Known { now_ms: now_ms(), displays: call.state.displays.list() }))
}

pub(super) async fn identify(call: &mut Call) -> Result<Response, Refusal> {
    order(call, DisplayOrder::Identify).await
}

pub(super) async fn reload(call: &mut Call) -> Result<Response, Refusal> {
    order(call, DisplayOrder::Reload).await
}

/// Without channels the display shows again what its address says.
pub(super) async fn show(call: &mut Call) -> Result<Response, Refusal> {
    let channels = match call.request.raw_field("channels") {
        None => {
            return Err(Refusal::Query(
                "channels names what is to be shown, as in ?channels=front,yard; none of them leaves it to the display",
            ));
        }
        Some("") => Vec::new(),
        Some(channels) => request::channels(channels)?,
    };
    order(call, DisplayOrder::Show(channels)).await
}

async fn order(call: &Call, order: DisplayOrder) -> Result<Response, Refusal> {
    let (displays, name) = (call.state.displays.clone(), call.named.file.clone());
    // It may wait for the disk.
    let ordered = tokio::task::spawn_blocking(move || displays.order(&name, order)).await;
    ordered.map_err(|_| Refusal::Busy)?.map_err(|NoDisplay| Refusal::NoDisplay)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn forget_display(call: &mut Call) -> Result<Response, Refusal> {
    let (displays, name) = (call.state.displays.clone(), call.named.file.clone());
    let forgotten = tokio::task::spawn_blocking(move || displays.forget(&name)).await;
    done(forgotten.map_err(|_| Refusal::Busy)?, Refusal::NoDisplay)
}
