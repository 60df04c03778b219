//! The table of all that can be asked, and how its answers go out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use warp::filters::BoxedFilter;
use warp::{Filter, Rejection};

use super::admission::{Admitted, Named, Task, admit};
use super::body::{Allowance, Body};
use super::reply::{self, Refusal, Response};
use super::request::{Peer, Request};
use super::sharing::Readers;
use super::{State, api, audience, enter, guests, lite, live, longpoll, pages, pictures, publisher, setup, site};
use crate::now_ms;
use crate::units::{ByteSize, Period};

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send + 'a>>;

pub(super) type Handler = for<'a> fn(&'a mut Call) -> Answer<'a>;

/// What a handler is given: the server, the request, and what its path names.
pub(super) struct Call {
    pub state: Arc<State>,
    pub request: Request,
    pub named: Named,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Anyone, by whatever name the server is called.
    AnyHost,
    /// Whoever may watch.
    Viewer,
    /// Who has the publish key.
    Publisher,
    /// Who has the operator key.
    Operator,
}

#[derive(Clone, Copy)]
pub(super) enum Takes {
    Nothing,
    Form,
    Message,
    Picture,
}

pub(super) struct Route {
    pub method: &'static str,
    /// Segments in capitals are open: `CH` names a channel, `CHS` several, `CH.EXT` one with an ending, others something else: a
    /// file, say.
    pub path: &'static str,
    pub who: Who,
    pub takes: Takes,
    pub handler: Handler,
}

macro_rules! route {
    ($method:literal $path:literal, $who:ident, $takes:ident, $handler:path) => {
        Route { method: $method, path: $path, who: Who::$who, takes: Takes::$takes, handler: |call| Box::pin($handler(call)) }
    };
}

/// HEAD is answered wherever GET is.
pub(super) const ROUTES: &[Route] = &[
    route!("GET" "/", Viewer, Nothing, pages::home),
    route!("GET" "/watch/CH", Viewer, Nothing, pages::watch),
    // Before the open path: a channel of this name is shown at /kiosk/%73etup.
    route!("GET" "/kiosk/setup", Viewer, Nothing, setup::page),
    route!("GET" "/kiosk/setup/FILE", Viewer, Nothing, setup::file),
    route!("GET" "/kiosk/CHS", Viewer, Nothing, pages::kiosk),
    route!("GET" "/lite", Viewer, Nothing, lite::list),
    route!("GET" "/lite/CH", Viewer, Nothing, lite::page),
    route!("GET" "/lite/CH/now", Viewer, Nothing, lite::now),
    route!("GET" "/client/FILE", Viewer, Nothing, pages::file),
    route!("GET" "/favicon.ico", Viewer, Nothing, pages::favicon),
    route!("POST" "/frames/CH", Publisher, Picture, pictures::upload),
    route!("GET" "/frames/CH/FILE", Viewer, Nothing, pictures::get),
    route!("GET" "/live/CH.EXT", Viewer, Nothing, live::get),
    route!("GET" "/pub/CH", Publisher, Nothing, publisher::info),
    route!("PUT" "/pub/CH", Publisher, Message, publisher::create),
    route!("POST" "/pub/CH", Publisher, Message, publisher::publish),
    route!("DELETE" "/pub/CH", Publisher, Nothing, publisher::delete),
    route!("GET" "/sub/CHS", Viewer, Nothing, longpoll::get),
    route!("GET" "/enter", Viewer, Nothing, enter::form),
    route!("POST" "/enter", Viewer, Form, enter::enter),
    route!("GET" "/api/now", Viewer, Nothing, api::now),
    route!("GET" "/api/channels", Viewer, Nothing, api::channels),
    route!("POST" "/api/cameras/CH/pause", Operator, Nothing, api::pause),
    route!("POST" "/api/cameras/CH/resume", Operator, Nothing, api::resume),
    route!("GET" "/api/guests", Operator, Nothing, guests::list),
    route!("DELETE" "/api/guests/ID", Operator, Nothing, guests::revoke),
    route!("POST" "/api/pairing", Operator, Nothing, guests::pair),
    route!("DELETE" "/api/pairing", Operator, Nothing, guests::stop_pairing),
    route!("GET" "/api/viewers", Operator, Nothing, audience::viewers),
    route!("DELETE" "/api/viewers/ID", Operator, Nothing, audience::close_viewer),
    route!("DELETE" "/api/viewers/closed/ADDRESS", Operator, Nothing, audience::admit_again),
    route!("GET" "/api/displays", Operator, Nothing, audience::displays),
    route!("DELETE" "/api/displays/NAME", Operator, Nothing, audience::forget_display),
    route!("POST" "/api/displays/NAME/identify", Operator, Nothing, audience::identify),
    route!("POST" "/api/displays/NAME/reload", Operator, Nothing, audience::reload),
    route!("POST" "/api/displays/NAME/show", Operator, Nothing, audience::show),
    route!("POST" "/api/window/raise", Operator, Nothing, api::raise),
    route!("GET" "/healthz", AnyHost, Nothing, api::health),
];

/// All of it as one warp filter.
pub(super) fn filter(state: &Arc<State>) -> BoxedFilter<(Response,)> {
    let ours = {
        let state = state.clone();
        warp::any()
            .and(warp::method())
            .and(warp::path::full())
            .and(warp::query::raw().or(warp::any().map(String::new)).unify())
            .and(warp::header::headers_cloned())
            .and(warp::ext::get::<Peer>())
            .and(warp::body::stream())
            .and_then(move |method, path: warp::path::FullPath, query, headers: HeaderMap, peer, body| {
                let body = Body::new(&headers, body);
                let request = Request { method, path: path.as_str().to_owned(), query, headers, peer, body };
                answer(Call { state: state.clone(), request, named: Named::default() })
            })
    };
    match &state.site {
        None => ours.boxed(),
        Some(site) => ours.or(site::files(site)).unify().boxed(),
    }
}

/// Rejects only what the operator's site may have.
async fn answer(mut call: Call) -> Result<Response, Rejection> {
    call.state.viewers.asked_by(&call.request.peer);
    let may_be_site = call.state.site.is_some() && matches!(call.request.method, Method::GET | Method::HEAD);
    let subscriber = call.request.path.starts_with("/sub/");
    let mut readers = Readers::default();
    let mut cookie = None;
    let outcome = loop {
        let Admitted { task, named, readers: of_channels, entry } = match admit(&call.state, &call.request).await {
            Err(refusal) => break Err(refusal),
            Ok(admitted) => admitted,
        };
        (readers, call.named, cookie) = (of_channels, named, entry.cookie);
        let Task::Handle(handler) = task else { break Ok(Readers::preflight()) };
        tokio::select! {
            biased;
            // Then it is looked once more at who asks.
            () = entry.pass.over() => {}
            outcome = handler(&mut call) => {
                // A refusal may be of that very end, and tells nothing.
                if outcome.is_ok() {
                    call.request.peer.line.allow(entry.pass);
                }
                break outcome;
            }
        }
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(Refusal::NotFound) if may_be_site => return Err(warp::reject::not_found()),
        Err(refusal) => {
            if matches!(refusal, Refusal::Closed) {
                cookie = call.state.viewers.closed_cookie(&call.request);
            }
            refusal.answer((!call.request.is_head()).then_some(call.request.body))
        }
    };
    if subscriber {
        reply::set(&mut response, "cometcam-now-ms", &now_ms().to_string());
        reply::set(&mut response, "cometcam-version", crate::VERSION);
    }
    if let Some(cookie) = cookie {
        reply::set_cookie(&mut response, &cookie);
    }
    readers.share(&mut response);
    Ok(response)
}

pub(super) fn allowance(state: &State, takes: Takes) -> Allowance {
    let Period(stall) = state.limits.stall;
    let ByteSize(size) = match takes {
        // Some clients send a body with everything; a small one does no harm.
        Takes::Nothing => ByteSize(4096),
        Takes::Form => ByteSize(16_384),
        Takes::Message => state.limits.message,
        Takes::Picture => state.limits.picture,
    };
    Allowance { size, stall: Duration::from_millis(stall) }
}

impl Call {
    /// Reads the body of a message.
    pub(super) async fn message(&mut self) -> Result<bytes::Bytes, Refusal> {
        self.body(Takes::Message).await
    }

    /// Reads the body that a form makes.
    pub(super) async fn form(&mut self) -> Result<bytes::Bytes, Refusal> {
        self.body(Takes::Form).await
    }

    /// Reads the body of a picture.
    pub(super) async fn picture(&mut self) -> Result<bytes::Bytes, Refusal> {
        self.body(Takes::Picture).await
    }

    async fn body(&mut self, takes: Takes) -> Result<bytes::Bytes, Refusal> {
        let Request { body, peer, .. } = &mut self.request;
        tokio::select! {
            biased;
            read = body.read(allowance(&self.state, takes), &self.state.bodies) => read,
            () = peer.stopped() => Err(Refusal::Busy),
        }
    }

    /// The channel that the path names; of several the first.
    pub(super) fn channel(&self) -> &str {
        self.named.channels.first().map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_that_changes_something_wants_a_key() {
        // But for the one by which viewers come.
        for route in ROUTES.iter().filter(|route| route.method != "GET" && route.path != "/enter") {
            assert!(matches!(route.who, Who::Publisher | Who::Operator), "{} {}", route.method, route.path);
        }
        for route in ROUTES.iter().filter(|route| route.path.starts_with("/pub/")) {
            assert!(route.who == Who::Publisher, "{} {}", route.method, route.path);
        }
    }
}
