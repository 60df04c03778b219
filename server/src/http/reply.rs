//! Answers. [`Refusal`] is the one table of what is refused, with which status and in which words.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use warp::Reply;
pub(super) use warp::reply::Response;

use super::body::Body;
use super::locked::{self, Locked};
use crate::broadcast::Refused;
use crate::frames::PictureError;
use crate::relay::HubFull;
use crate::wire::encode_segment;

/// Why a request is not answered as its sender hoped.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("there is nothing at this address")]
    NotFound,
    #[error("this channel is not known")]
    UnknownChannel,
    #[error("there never was such a picture on this channel")]
    UnknownPicture,
    #[error("there is no camera for this channel on this server")]
    NoCamera,
    #[error("this viewer is not there any more")]
    NoViewer,
    #[error("this device is not closed")]
    NotClosed,
    #[error("no display of this name has signed in")]
    NoDisplay,
    #[error("the broadcaster has closed this device; it can watch again when the broadcaster lets it, or after the broadcast")]
    Closed,
    #[error("as many are watching as may; try again when somebody has left")]
    TooManyViewers,
    #[error("this server has no window")]
    NoWindow,
    #[error("this address takes {} only", .0.join(", "))]
    Method(Vec<&'static str>),
    #[error("a channel's name has 1 to 512 bytes of UTF-8 and no control characters")]
    ChannelName,
    #[error("one channel is to be named here; write a comma within a name as %2C")]
    OneChannel,
    #[error("no picture has come yet")]
    NoPictureYet,
    #[error("at most {0} channels can be read at a time")]
    TooManyChannels(usize),
    #[error("this address is not percent-encoded UTF-8")]
    NotUtf8,
    #[error("{0}")]
    Query(&'static str),
    #[error("a message id has at most {0} bytes")]
    IdTooLong(usize),
    #[error("HTTP/1.1 wants a Host header")]
    NoHost,
    #[error("a key is needed: send it as Authorization: Bearer KEY")]
    NoKey,
    #[error("this is not the right key")]
    WrongKey,
    #[error("{0}")]
    Locked(Locked),
    #[error("nobody of that id was let in")]
    UnknownGuest,
    #[error("pages of other sites may not do this")]
    ForeignOrigin,
    #[error("this server is not known by that name")]
    Misdirected(String),
    #[error("at most {0} bytes are taken")]
    TooLarge(u64),
    #[error("{0}; send a JPEG, PNG or WebP file as the body")]
    Picture(#[from] PictureError),
    #[error("the body did not come in time")]
    BodyTimeout,
    #[error("the body was cut off")]
    BodyCutOff,
    #[error("Cometcam-Capture-Age-Ms is a number of milliseconds")]
    CaptureAge,
    #[error("{0}")]
    Publish(Refused),
    #[error("this picture's broadcast is over")]
    Gone,
    #[error("this channel was deleted")]
    Deleted,
    #[error("only one subscriber may wait on this channel, and that is another one")]
    Conflict,
    #[error("only one subscriber may wait on this channel, and another one came")]
    Displaced(Arc<str>),
    #[error("this range is outside of the picture")]
    Range(usize),
    #[error("the server is busy; try again in a moment")]
    Busy,
    #[error("the picture can't be read from disk")]
    Disk,
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound
            | Self::UnknownChannel
            | Self::UnknownPicture
            | Self::NoPictureYet
            | Self::NoCamera
            | Self::UnknownGuest
            | Self::NoViewer
            | Self::NotClosed
            | Self::NoDisplay
            | Self::NoWindow => StatusCode::NOT_FOUND,
            Self::Locked(locked) => locked.status(),
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::ChannelName
            | Self::OneChannel
            | Self::TooManyChannels(_)
            | Self::NotUtf8
            | Self::Query(_)
            | Self::IdTooLong(_)
            | Self::NoHost
            | Self::BodyCutOff
            | Self::CaptureAge => StatusCode::BAD_REQUEST,
            Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::WrongKey | Self::ForeignOrigin | Self::Closed => StatusCode::FORBIDDEN,
            Self::Misdirected(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Picture(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Gone | Self::Deleted => StatusCode::GONE,
            Self::Publish(Refused::Over | Refused::Stale | Refused::Taken) | Self::Conflict | Self::Displaced(_) => {
                StatusCode::CONFLICT
            }
            Self::Publish(Refused::HubFull(_)) | Self::Busy | Self::TooManyViewers => StatusCode::SERVICE_UNAVAILABLE,
            Self::Publish(Refused::Disk(_)) | Self::Disk => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Range(_) => StatusCode::RANGE_NOT_SATISFIABLE,
        }
    }

    /// Headers that the status prescribes.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Method(methods) => Some((header::ALLOW, HeaderValue::from_str(&methods.join(", ")).ok()?)),
            Self::Locked(locked) => locked.header(),
            Self::NoKey => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"Cometcam\""))),
            Self::Range(size) => Some((header::CONTENT_RANGE, HeaderValue::from_str(&format!("bytes */{size}")).ok()?)),
            // Who was displaced must not try again by itself: the two would never stop.
            // Of several channels it is only one from which it must stay away.
            Self::Displaced(channel) => {
                Some((HeaderName::from_static("cometcam-channel"), HeaderValue::from_str(&encode_segment(channel)).ok()?))
            }
            Self::Busy | Self::Conflict => Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
            Self::TooManyViewers => Some((header::RETRY_AFTER, HeaderValue::from_static("10"))),
            _ => None,
        }
    }

    /// Says so. What of the request's body was not read is read and thrown away behind the answer.
    pub(super) fn answer(self, body: Option<Body>) -> Response {
        let (status, header) = (self.status(), self.header());
        let is_form = matches!(self, Self::Locked(Locked::Page(..) | Locked::Wait(_, Some(_))));
        let (kind, text) = match self {
            Self::Misdirected(page) => (HTML, page),
            Self::Locked(locked) => locked.told(),
            other => (TEXT, format!("{other}\n")),
        };
        let mut response = match body.filter(|body| !body.is_read()) {
            Some(body) => warp::reply::stream(body.answer_then_drain(text.into())).into_response(),
            None => http::Response::new(text).into_response(),
        };
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response.headers_mut().extend(header);
        if is_form {
            locked::dress(&mut response);
        }
        response
    }
}

impl From<HubFull> for Refusal {
    fn from(full: HubFull) -> Self {
        Self::Publish(full.into())
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self::Publish(refused)
    }
}

pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const JSON: &str = "application/json";

/// An answer with a body.
pub(super) fn with(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut response = http::Response::new(body.into()).into_response();
    *response.status_mut() = status;
    if let Ok(kind) = HeaderValue::from_str(content_type)
        && !kind.is_empty()
    {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// An answer in JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => with(status, JSON, body),
        Err(error) => {
            tracing::error!("an answer can't be written as JSON: {error}");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// Sets a cookie, beside one that may be there.
pub(super) fn set_cookie(response: &mut Response, cookie: &str) {
    match HeaderValue::from_str(cookie) {
        Ok(cookie) => drop(response.headers_mut().append(header::SET_COOKIE, cookie)),
        Err(_) => tracing::error!("a cookie can't be set"),
    }
}

/// Sets a header; a value that can't be one is left out and logged.
pub(super) fn set(response: &mut Response, name: &'static str, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => drop(response.headers_mut().insert(HeaderName::from_static(name), value)),
        Err(_) => tracing::error!("the header {name} can't be {value:?}"),
    }
}
