//! Which pages may read an answer, and what an answer may do in a browser.

use http::{HeaderValue, StatusCode, header};

use super::guard;
use super::reply::{self, Response};
use super::request::Request;
use crate::config::ChannelRule;

/// Pages of other origins that may read an answer.
#[derive(Default)]
pub(super) struct Readers {
    /// The asking page's origin, if the channels' configuration lets it.
    origin: Option<HeaderValue>,
    /// Whether another page may get another answer.
    varies: bool,
}

impl Readers {
    /// Of what is told of channels with these rules; all of them must allow it.
    pub(super) fn of(request: &Request, rules: &[ChannelRule]) -> Self {
        let allow = |origin: &&HeaderValue| {
            let allows = |rule: &ChannelRule| origin.to_str().is_ok_and(|origin| guard::allows(rule, origin));
            !rules.is_empty() && rules.iter().all(allows)
        };
        let origin = request.headers.get(header::ORIGIN).filter(allow).cloned();
        Self { origin, varies: rules.iter().any(|rule| rule.cross_origin.is_some()) }
    }

    /// Whether there are any.
    pub(super) fn some(&self) -> bool {
        self.origin.is_some()
    }

    /// The answer to a page that asks whether it may ask.
    pub(super) fn preflight() -> Response {
        let mut response = reply::empty(StatusCode::NO_CONTENT);
        reply::set(&mut response, "access-control-allow-methods", "GET, HEAD, PUT, POST, DELETE");
        reply::set(
            &mut response,
            "access-control-allow-headers",
            "If-Modified-Since, If-None-Match, Last-Event-ID, Etag, Range, Authorization, Content-Type, X-CPS-Publish-Key, Cometcam-Capture-Age-Ms",
        );
        reply::set(&mut response, "access-control-max-age", "600");
        response
    }

    /// Says so in an answer of the server's own; it is stored nowhere, unless it says otherwise.
    pub(super) fn share(&self, response: &mut Response) {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if self.varies {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = &self.origin {
            let exposed = "Last-Modified, Etag, Location, Content-Location, X-Timestamp, Cometcam-Channel, Cometcam-Missed, \
                           Cometcam-Now-Ms, Cometcam-Version";
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
            headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        }
        protect(response);
    }
}

const RESOURCE_POLICY: &str = "cross-origin-resource-policy";

/// Whatever an answer doesn't say itself: it is what its type says, for pages of this origin alone, and framed by them alone.
pub(super) fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("frame-ancestors 'self'"));
}
