//! The table of all that can be asked, and the way of a request through it: name, address, method, key, origin, size, handler.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use warp::filters::BoxedFilter;
use warp::{Filter, Rejection, Reply};

use super::body::{Allowance, Body};
use super::reply::{self, Refusal, Response};
use super::request::{self, Peer, Request};
use super::{State, api, guard, live, longpoll, pages, pictures, publisher};
use crate::config::ChannelRule;
use crate::now_ms;
use crate::units::{ByteSize, Period};

type Answer = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

/// What a handler is given: the server, the request, and the segments that the path's pattern leaves open, not yet decoded.
pub(super) struct Call {
    pub state: Arc<State>,
    pub request: Request,
    pub open: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
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
enum Takes {
    Nothing,
    Message,
    Picture,
}

struct Route {
    method: &'static str,
    /// Segments in capitals are open: `CH` names a channel, `CHS` several, `CH.EXT` one with an ending, `FILE` a file.
    path: &'static str,
    who: Who,
    takes: Takes,
    handler: fn(Call) -> Answer,
}

macro_rules! route {
    ($method:literal $path:literal, $who:ident, $takes:ident, $handler:path) => {
        Route { method: $method, path: $path, who: Who::$who, takes: Takes::$takes, handler: |call| Box::pin($handler(call)) }
    };
}

/// HEAD is answered wherever GET is.
const ROUTES: &[Route] = &[
    route!("GET" "/", Viewer, Nothing, pages::home),
    route!("GET" "/watch/CH", Viewer, Nothing, pages::watch),
    route!("GET" "/kiosk/CHS", Viewer, Nothing, pages::kiosk),
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
    route!("GET" "/api/now", Viewer, Nothing, api::now),
    route!("GET" "/api/channels", Viewer, Nothing, api::channels),
    route!("POST" "/api/cameras/CH/pause", Operator, Nothing, api::pause),
    route!("POST" "/api/cameras/CH/resume", Operator, Nothing, api::resume),
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
                answer(state.clone(), request)
            })
    };
    match &state.site {
        None => ours.boxed(),
        Some(site) => ours.or(warp::fs::dir(site.clone()).map(of_site)).unify().boxed(),
    }
}

fn of_site(file: warp::fs::File) -> Response {
    let mut response = file.into_response();
    share(&mut response, None);
    response
}

/// Rejects only what the operator's site may have.
async fn answer(state: Arc<State>, request: Request) -> Result<Response, Rejection> {
    let method = request.method.clone();
    let may_be_site = state.site.is_some() && matches!(method, Method::GET | Method::HEAD);
    let subscriber = request.path.starts_with("/sub/");
    let outcome = dispatch(state, request).await;
    if may_be_site && matches!(&outcome, Err(Refused { refusal: Refusal::NotFound, .. })) {
        return Err(warp::reject::not_found());
    }
    let mut response = outcome.unwrap_or_else(|refused| refuse(refused, &method));
    if subscriber {
        reply::set(&mut response, "cometcam-now-ms", &now_ms().to_string());
        reply::set(&mut response, "cometcam-version", crate::VERSION);
        reply::set(&mut response, "cache-control", "no-store");
    }
    Ok(response)
}

struct Refused {
    refusal: Refusal,
    /// The request's, if it was not read.
    body: Option<Body>,
    readers: Readers,
}

/// Which pages may read an answer.
#[derive(Default)]
struct Readers {
    /// The asking page's origin, if the channel's configuration lets it.
    origin: Option<HeaderValue>,
    /// Whether another page may get another answer.
    varies: bool,
}

async fn dispatch(state: Arc<State>, request: Request) -> Result<Response, Refused> {
    match admit(&state, &request).await {
        Err(refusal) => Err(Refused { refusal, body: Some(request.body), readers: Readers::default() }),
        Ok(Admitted { task: Task::Preflight, readers, .. }) => Ok(preflight(&readers)),
        Ok(Admitted { task: Task::Handle(handler), open, readers }) => match handler(Call { state, request, open }).await {
            Ok(mut response) => {
                share(&mut response, Some(&readers));
                Ok(response)
            }
            Err(refusal) => Err(Refused { refusal, body: None, readers }),
        },
    }
}

enum Task {
    Handle(fn(Call) -> Answer),
    Preflight,
}

/// A request that may be answered.
struct Admitted {
    task: Task,
    open: Vec<String>,
    readers: Readers,
}

async fn admit(state: &State, request: &Request) -> Result<Admitted, Refusal> {
    let here: Vec<_> = ROUTES.iter().filter_map(|route| Some((route, open_segments(route.path, &request.path)?))).collect();
    if !here.first().is_some_and(|(route, _)| route.who == Who::AnyHost) {
        guard::check_host(state, request)?;
    }
    let Some((_, open)) = here.first() else { return Err(Refusal::NotFound) };
    let open = open.clone();
    let rules: Vec<ChannelRule> = channels_of(here[0].0.path, open.first())?.iter().map(|name| state.rules.of(name)).collect();
    let foreign = rules.is_empty() && guard::is_foreign(request, None)
        || rules.iter().any(|rule| guard::is_foreign(request, rule.cross_origin.as_deref()));
    let origin = request.headers.get(header::ORIGIN).filter(|_| !foreign && !rules.is_empty()).cloned();
    let readers = Readers { origin, varies: rules.iter().any(|rule| rule.cross_origin.is_some()) };
    if request.method == Method::OPTIONS && readers.origin.is_some() {
        return Ok(Admitted { task: Task::Preflight, open, readers });
    }
    let method = if request.is_head() { "GET" } else { request.method.as_str() };
    let Some((route, _)) = here.iter().find(|(route, _)| route.method == method) else {
        return Err(Refusal::Method(allowed(here.iter().map(|(route, _)| route.method))));
    };
    if foreign && method != "GET" {
        return Err(Refusal::ForeignOrigin);
    }
    match route.who {
        Who::AnyHost | Who::Viewer => {}
        Who::Publisher => {
            let key = rules.first().and_then(|rule| rule.publish_key.as_deref());
            guard::check_publisher(state, request, key).await?;
        }
        Who::Operator => guard::check_operator(state, request).await?,
    }
    request.body.check(allowance(state, route.takes))?;
    Ok(Admitted { task: Task::Handle(route.handler), open, readers })
}

/// The channels that the first open segment names.
fn channels_of(pattern: &str, segment: Option<&String>) -> Result<Vec<String>, Refusal> {
    let kind = pattern.split('/').find(|part| is_open(part));
    match (kind, segment) {
        (Some("CH"), Some(segment)) => Ok(vec![request::channel(segment)?]),
        (Some("CH.EXT"), Some(segment)) => Ok(vec![request::channel(segment.rsplit_once('.').map_or("", |(name, _)| name))?]),
        (Some("CHS"), Some(segment)) => request::channels(segment),
        _ => Ok(Vec::new()),
    }
}

fn is_open(part: &str) -> bool {
    part.starts_with(|letter: char| letter.is_ascii_uppercase())
}

/// What the pattern leaves open of the path, undecoded; `None` if they don't match. Raw slashes alone separate segments.
fn open_segments(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut open = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(open),
            (Some(part), Some(segment)) if is_open(part) && !segment.is_empty() => open.push(segment.to_owned()),
            (Some(part), Some(segment)) if part == segment && !is_open(part) => {}
            _ => return None,
        }
    }
}

fn allowed(methods: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    methods.flat_map(|method| if method == "GET" { vec!["GET", "HEAD"] } else { vec![method] }).collect()
}

fn allowance(state: &State, takes: Takes) -> Allowance {
    let Period(stall) = state.limits.stall;
    let ByteSize(size) = match takes {
        // Some clients send a body with everything; a small one does no harm.
        Takes::Nothing => ByteSize(4096),
        Takes::Message => state.limits.message,
        Takes::Picture => state.limits.picture,
    };
    Allowance { size, stall: Duration::from_millis(stall) }
}

impl Call {
    /// Reads the body of a message.
    pub(super) async fn message(&mut self) -> Result<bytes::Bytes, Refusal> {
        self.request.body.read(allowance(&self.state, Takes::Message), &self.state.bodies).await
    }

    /// Reads the body of a picture.
    pub(super) async fn picture(&mut self) -> Result<bytes::Bytes, Refusal> {
        self.request.body.read(allowance(&self.state, Takes::Picture), &self.state.bodies).await
    }

    /// The channel that the first open segment names.
    pub(super) fn channel(&self) -> Result<String, Refusal> {
        request::channel(self.open.first().map_or("", String::as_str))
    }
}

fn preflight(readers: &Readers) -> Response {
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    share(&mut response, Some(readers));
    reply::set(&mut response, "access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE");
    reply::set(
        &mut response,
        "access-control-allow-headers",
        "If-Modified-Since, If-None-Match, Last-Event-ID, Etag, Range, Authorization, Content-Type, X-CPS-Publish-Key, Cometcam-Capture-Age-Ms",
    );
    reply::set(&mut response, "access-control-max-age", "600");
    response
}

/// Says which pages may read an answer: those of an allowed origin, or our own alone.
fn share(response: &mut Response, readers: Option<&Readers>) {
    let origin = readers.and_then(|readers| readers.origin.as_ref());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = if origin.is_some() { "cross-origin" } else { "same-origin" };
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static(policy));
    if readers.is_some_and(|readers| readers.varies) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    let exposed = "Last-Modified, Etag, Location, Content-Location, X-Timestamp, Cometcam-Channel, Cometcam-Missed, \
                   Cometcam-Now-Ms, Cometcam-Version";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
}

fn refuse(Refused { refusal, body, readers }: Refused, method: &Method) -> Response {
    let (mut response, text) = refusal.into_parts();
    share(&mut response, Some(&readers));
    let unread = body.filter(|body| !body.is_empty());
    let (mut head, _) = response.into_parts();
    let mut answer = match unread {
        _ if *method == Method::HEAD => {
            head.headers.insert(header::CONTENT_LENGTH, text.len().into());
            Response::default()
        }
        Some(body) => warp::reply::stream(body.answer_then_drain(text)).into_response(),
        None => http::Response::new(text).into_response(),
    };
    *answer.status_mut() = head.status;
    answer.headers_mut().extend(head.headers);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_open_at_its_capitals_and_raw_slashes_separate() {
        assert_eq!(open_segments("/sub/CHS", "/sub/a%2Fb,c"), Some(vec!["a%2Fb,c".to_owned()]));
        assert_eq!(open_segments("/frames/CH/FILE", "/frames/a/b.jpg"), Some(vec!["a".to_owned(), "b.jpg".to_owned()]));
        assert_eq!(open_segments("/", "/"), Some(vec![]));
        for (pattern, path) in
            [("/sub/CHS", "/sub/"), ("/sub/CHS", "/sub"), ("/sub/CHS", "/sub/a/b"), ("/sub/CHS", "//sub/a"), ("/", "")]
        {
            assert_eq!(open_segments(pattern, path), None, "{pattern} {path}");
        }
    }

    #[test]
    fn every_route_that_changes_something_wants_a_key() {
        for route in ROUTES.iter().filter(|route| route.method != "GET") {
            assert!(matches!(route.who, Who::Publisher | Who::Operator), "{} {}", route.method, route.path);
        }
        for route in ROUTES.iter().filter(|route| route.path.starts_with("/pub/")) {
            assert!(route.who == Who::Publisher, "{} {}", route.method, route.path);
        }
    }
}
