//! The web client, embedded in the program.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Display;
use std::hash::{Hash, Hasher};

use http::StatusCode;

use super::gate;
use super::locked;
use super::reply::{self, HTML, Refusal, Response};
use super::routes::Call;

/// A file of the web client.
struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! files {
    ($($kind:literal: [$($path:literal,)+],)+) => {
        &[$($(File {
            name: file_name($path),
            content_type: $kind,
            bytes: include_bytes!(concat!("../../../", $path)),
        },)+)+]
    };
}

const fn file_name(path: &'static str) -> &'static str {
    let mut slash = path.len();
    while slash > 0 && path.as_bytes()[slash - 1] != b'/' {
        slash -= 1;
    }
    path.split_at(slash).1
}

/// Under `/client/`.
const FILES: &[File] = files! {
    "text/html; charset=utf-8": [
        "web-client/enter.html",
        "web-client/index.html",
        "web-client/kiosk.html",
        "web-client/watch.html",
    ],
    "text/css; charset=utf-8": [
        "web-client/enter.css",
        "web-client/index.css",
        "web-client/kiosk.css",
        "web-client/lite.css",
        "web-client/look.css",
        "web-client/setup.css",
        "web-client/watch.css",
    ],
    "text/javascript; charset=utf-8": [
        "web-client/address.js",
        "web-client/again.js",
        "web-client/announcer.js",
        "web-client/backoff.js",
        "web-client/boot.js",
        "web-client/channel.js",
        "web-client/channels.js",
        "web-client/clock.js",
        "web-client/display.js",
        "web-client/dom.js",
        "web-client/entry.js",
        "web-client/exchange.js",
        "web-client/freshness.js",
        "web-client/fullscreen.js",
        "web-client/gestures.js",
        "web-client/grid.js",
        "web-client/idle.js",
        "web-client/index.js",
        "web-client/keys.js",
        "web-client/kiosk.js",
        "web-client/later.js",
        "web-client/learning.js",
        "web-client/lite.js",
        "web-client/lookout.js",
        "web-client/message.js",
        "web-client/minute.js",
        "web-client/past.js",
        "web-client/picture.js",
        "web-client/pill.js",
        "web-client/poll.js",
        "web-client/polls.js",
        "web-client/renewal.js",
        "web-client/rounds.js",
        "web-client/setup.js",
        "web-client/shared.js",
        "web-client/sharing.js",
        "web-client/sign.js",
        "web-client/slots.js",
        "web-client/stage.js",
        "web-client/states.js",
        "web-client/token.js",
        "web-client/viewer.js",
        "web-client/wake.js",
        "web-client/watch.js",
        "web-client/words.js",
        "web-client/zoom.js",
    ],
    "image/svg+xml": [
        "assets/icon.svg",
        "assets/icon-late.svg",
        "assets/icon-live.svg",
        "assets/icon-off.svg",
    ],
    "image/png": [
        "assets/icon-32.png",
    ],
};

/// What a page may do: load from this server, and nothing else.
const POLICY: &str =
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'self'";

/// All channels; the page of the one channel, if there is one; the operator's site, if one is set.
pub(super) async fn home(call: &mut Call) -> Result<Response, Refusal> {
    if call.state.site.is_some() {
        return Err(Refusal::NotFound);
    }
    let listed = gate::listed(&call.state, &call.request).await?;
    match &listed.channels[..] {
        [] if listed.hidden => Err(locked::locked_list(&call.state, &call.request)),
        [only] => page(call, "watch.html", call.state.rules.of(&only.name).picture_origins.iter().flatten()),
        // Also of channels that come while the page is open.
        _ => page(call, "index.html", call.state.rules.picture_origins()),
    }
}

pub(super) async fn watch(call: &mut Call) -> Result<Response, Refusal> {
    named_page(call, "watch.html")
}

pub(super) async fn kiosk(call: &mut Call) -> Result<Response, Refusal> {
    named_page(call, "kiosk.html")
}

pub(super) async fn file(call: &mut Call) -> Result<Response, Refusal> {
    let name = &call.named.file;
    // Pages have addresses of their own, and with them a policy.
    if FILES.iter().any(|file| file.name == *name && file.content_type == HTML) {
        return Err(Refusal::NotFound);
    }
    embedded(call, name)
}

pub(super) async fn favicon(call: &mut Call) -> Result<Response, Refusal> {
    embedded(call, "icon-32.png")
}

/// A page for the channels that the path names.
fn named_page(call: &Call, name: &str) -> Result<Response, Refusal> {
    let rules: Vec<_> = call.named.channels.iter().map(|channel| call.state.rules.of(channel)).collect();
    page(call, name, rules.iter().flat_map(|rule| rule.picture_origins.iter().flatten()))
}

/// A page whose pictures may also come from `elsewhere`.
fn page(call: &Call, name: &str, elsewhere: impl Iterator<Item = impl Display>) -> Result<Response, Refusal> {
    let mut response = embedded(call, name)?;
    limit(&mut response, elsewhere, Forms::None);
    Ok(response)
}

/// Where the forms of a page may lead.
#[derive(Clone, Copy)]
pub(super) enum Forms {
    /// It has none.
    None,
    /// To this server.
    Own,
}

/// A page that was made for one request.
pub(super) fn made(html: String, elsewhere: impl Iterator<Item = impl Display>, forms: Forms) -> Response {
    let mut response = reply::with(StatusCode::OK, HTML, html);
    reply::set(&mut response, "cometcam-version", crate::VERSION);
    limit(&mut response, elsewhere, forms);
    response
}

/// Tells the browser what the page may do.
fn limit(response: &mut Response, elsewhere: impl Iterator<Item = impl Display>, forms: Forms) {
    let elsewhere: String = elsewhere.map(|origin| format!(" {origin}")).collect();
    let forms = match forms {
        Forms::None => "'none'",
        Forms::Own => "'self'",
    };
    let policy = format!("{POLICY}; form-action {forms}; img-src 'self' blob:{elsewhere}; connect-src 'self'{elsewhere}");
    reply::set(response, "content-security-policy", &policy);
    reply::set(response, "referrer-policy", "no-referrer");
}

fn embedded(call: &Call, name: &str) -> Result<Response, Refusal> {
    let file = FILES.iter().find(|file| file.name == name).ok_or(Refusal::NotFound)?;
    let mut hasher = DefaultHasher::new();
    file.bytes.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let mut response = if call.request.has(&etag) {
        reply::empty(StatusCode::NOT_MODIFIED)
    } else {
        reply::with(StatusCode::OK, file.content_type, file.bytes)
    };
    reply::set(&mut response, "etag", &etag);
    reply::set(&mut response, "cache-control", "no-cache");
    if file.content_type == HTML {
        reply::set(&mut response, "cometcam-version", crate::VERSION);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_of_the_client_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../web-client");
        let on_disk: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| [".html", ".css", ".js"].iter().any(|ending| name.ends_with(ending)) && name != "eslint.config.js")
            .collect();
        let embedded: BTreeSet<_> =
            FILES.iter().filter(|file| !file.content_type.starts_with("image/")).map(|file| file.name.to_owned()).collect();
        assert_eq!(embedded, on_disk);
    }
}
