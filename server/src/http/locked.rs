//! How somebody is told that a channel is not for everybody: a page with a form, a word to a script, a challenge to a program.

use http::{StatusCode, header};

use super::State;
use super::enter::{self, Wrong};
use super::reply::{self, HTML, Refusal, Response, TEXT};
use super::request::Request;
use crate::access::Lock;

/// How somebody is told that a channel is not for everybody.
#[derive(Debug)]
pub(super) enum Locked {
    /// A page on which to enter, with a status.
    Page(StatusCode, String),
    /// To a script of a page. A browser that is challenged would ask by itself, in a window of its own.
    Script,
    /// To another program.
    Program,
    /// To a program that was revoked.
    Revoked,
    /// To who guessed too often: for so many seconds, and on this page, if it is one.
    Wait(u64, Option<String>),
}

impl std::fmt::Display for Locked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Page(..) | Self::Script => "this channel wants a password or a code: enter it at /enter",
            Self::Program => {
                "this channel wants a password: send it by Basic authentication, as in http://any:PASSWORD@HOST/, or enter it at /enter"
            }
            Self::Revoked => "this program was sent away by the broadcaster; a new password lets it in again",
            Self::Wait(..) => "too many wrong passwords from this address; try again in a while",
        })
    }
}

impl Locked {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Page(status, _) => *status,
            Self::Script | Self::Program => StatusCode::UNAUTHORIZED,
            Self::Revoked => StatusCode::FORBIDDEN,
            Self::Wait(..) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// Headers that the status prescribes.
    pub(super) fn header(&self) -> Option<(http::HeaderName, http::HeaderValue)> {
        match self {
            Self::Program => Some((header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Basic realm=\"Cometcam\""))),
            Self::Wait(seconds, _) => Some((header::RETRY_AFTER, (*seconds).into())),
            _ => None,
        }
    }

    pub(super) fn told(self) -> (&'static str, String) {
        let words = format!("{self}\n");
        match self {
            Self::Page(_, page) | Self::Wait(_, Some(page)) => (HTML, page),
            _ => (TEXT, words),
        }
    }
}

/// The refusal that suits who asks.
pub(super) fn locked(state: &State, request: &Request, names: &[String], locks: &[Lock]) -> Refusal {
    Refusal::Locked(match Shape::of(request) {
        Shape::Page => {
            let next =
                if request.query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) };
            Locked::Page(page_status(request), enter::page(state, &next, names, locks, Wrong::Nothing))
        }
        Shape::Script => Locked::Script,
        Shape::Program => Locked::Program,
    })
}

/// The page on which to enter, for who sees nothing of what is there.
pub(super) fn locked_list(state: &State, request: &Request) -> Refusal {
    let page = enter::page(state, "/", &[], &[state.access.every_lock()], Wrong::Nothing);
    Refusal::Locked(Locked::Page(page_status(request), page))
}

/// NetSurf shows no page that comes with 401, but a question of its own for a name and a password.
fn page_status(request: &Request) -> StatusCode {
    let agent = request.header(header::USER_AGENT).unwrap_or_default();
    if agent.contains("NetSurf/") { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED }
}

/// What is to be made of an answer.
enum Shape {
    /// A person looks at it.
    Page,
    /// A page's script or picture.
    Script,
    /// Another program.
    Program,
}

impl Shape {
    fn of(request: &Request) -> Self {
        let accepts_pages = request.header(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        // Old browsers don't say that they want a page.
        let is_content = ["/sub/", "/frames/", "/live/", "/channel/"].iter().any(|of| request.path.starts_with(of));
        let agent = request.header(header::USER_AGENT).unwrap_or_default();
        let is_browser = request.field("viewer").is_some() || agent.starts_with("Mozilla/") || agent.starts_with("Opera/");
        match (is_content, is_browser) {
            (false, _) => Self::Page,
            (true, true) if accepts_pages && request.field("viewer").is_none() => Self::Page,
            (true, true) => Self::Script,
            (true, false) => Self::Program,
        }
    }
}

/// What an answer that is the page needs beside it: its form leads to this server, which is told by the browser where it came from.
pub(super) fn dress(response: &mut Response) {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
                          frame-ancestors 'self'";
    reply::set(response, "content-security-policy", POLICY);
    reply::set(response, "referrer-policy", "same-origin");
}
