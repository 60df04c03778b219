//! Who watches: a viewer stays in the list through the gap between two polls, and leaves it soon after the last one.

mod closed;
mod device;
mod entry;
mod seen;
mod viewer;

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::{HeaderValue, header};
use serde::Deserialize;

use super::cookie;
use super::reply::Refusal;
use super::request::{Machine, Peer, Request};
use crate::access::Token;
use crate::broadcast::Broadcasts;
use crate::changes::{Changes, Unchanged};
use crate::relay::{Message, Millis};
use crate::{lock, now_ms, wire};
use closed::{Closed, Mark};
pub(super) use device::Device;
use entry::Came;
use seen::{Full, Guest, Seat, Seen, Source};
pub use viewer::{NoViewerId, Viewer, ViewerId};

/// Tokens of a device by which it is known once it is closed.
const MOST_TOKENS: usize = 16;

/// All viewers of a server, and who may be none. Bounded, and each forgotten after the gap.
#[derive(Debug, Clone, Default)]
pub struct Viewers(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    closed: Mutex<Closed>,
    /// Who was closed, by its marks: whoever is being answered asks then whether it still may.
    closings: Arc<Changes>,
    /// What the cookie of those who are closed is called.
    cookie: String,
    /// When another device asked last; 0 if none ever did.
    elsewhere: AtomicU64,
}

/// As long as it lives the viewer watches; afterwards for a gap's length.
#[derive(Debug)]
pub(super) struct Watching {
    viewers: Viewers,
    seat: Option<Seat>,
}

impl Viewers {
    /// Of which `most` may be there at a time; those who are closed are given a cookie of this name.
    #[must_use]
    pub fn new(most: Option<usize>, cookie: String) -> Self {
        let viewers = Self(Arc::new(Shared { cookie, ..Shared::default() }));
        viewers.limit(most);
        viewers
    }

    /// How many there may be from now on; those who are there stay.
    pub fn limit(&self, most: Option<usize>) {
        lock(&self.0.seen).most = most;
    }

    /// How many watch a channel.
    #[must_use]
    pub fn count(&self, channel: &str) -> usize {
        lock(&self.0.seen).count(channel, Instant::now())
    }

    /// All who watch, those first that came first.
    #[must_use]
    pub fn list(&self) -> Vec<Viewer> {
        let mut copied = lock(&self.0.seen).list(Instant::now());
        copied.sort_unstable_by_key(|viewer| viewer.visit);
        copied.into_iter().map(Viewer::from).collect()
    }

    /// Ends a viewer's requests, and closes its device until the broadcast ends that it watches, or until it is admitted again. On
    /// this computer the viewer alone is closed. False if it is not there.
    pub fn close(&self, id: ViewerId, broadcasts: &Broadcasts) -> bool {
        let now = Instant::now();
        let Some(viewer) = lock(&self.0.seen).find(id.0, now) else { return false };
        let Came { address, place, machine, .. } = *viewer.came;
        let rounds = viewer.channels.iter().filter_map(|channel| Some((channel.clone(), broadcasts.round(channel)?))).collect();
        let (marks, cookie) = match machine {
            Machine::Other => {
                // Without randomness there is no cookie.
                let cookie = Token::random().ok().map(|token| token.expose());
                let of_cookie = cookie.as_ref().map(|cookie| self.mark("cookie", cookie));
                let tokens: Vec<_> = lock(&self.0.seen).tokens(place).take(MOST_TOKENS).collect();
                (tokens.into_iter().chain(of_cookie).chain([self.mark("place", place)]).collect(), cookie)
            }
            Machine::This => (vec![id.0], None),
        };
        lock(&self.0.closed).close(address, &marks, rounds, cookie);
        match machine {
            Machine::Other => lock(&self.0.seen).leave_all(place, now),
            Machine::This => lock(&self.0.seen).leave(id.0, now),
        }
        marks.into_iter().for_each(|mark| self.0.closings.change(mark));
        true
    }

    /// Lets a closed device in again; false if it was not closed.
    pub fn admit_again(&self, address: IpAddr) -> bool {
        lock(&self.0.closed).admit(address.to_canonical())
    }

    /// The devices that are closed, those first that were closed first.
    #[must_use]
    pub fn closed(&self) -> Vec<IpAddr> {
        lock(&self.0.closed).addresses()
    }

    /// Forgets those who are gone, and admits those again whose broadcast is over. To be called about once a second.
    pub fn sweep(&self, broadcasts: &Broadcasts) {
        lock(&self.0.seen).forget(Instant::now());
        lock(&self.0.closed).lift(|channel, round| broadcasts.round(channel) == Some(round));
    }

    /// When a device other than this computer asked last for anything, in milliseconds of the Unix epoch.
    #[must_use]
    pub fn reached_from_elsewhere(&self) -> Option<Millis> {
        Some(self.0.elsewhere.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// Notes where a request comes from.
    pub(super) fn asked_by(&self, peer: &Peer) {
        if peer.machine() == Machine::Other {
            self.0.elsewhere.fetch_max(now_ms(), Ordering::Relaxed);
        }
    }

    /// Whether the one who asks is not closed, and may be answered as long as it is not.
    pub(super) fn check(&self, request: &Request) -> Result<Unchanged, Refusal> {
        let marks = self.marks(request);
        // Before the look at who is closed: whoever is closed after it is told.
        let open = self.0.closings.unchanged(marks.iter().copied());
        let met = lock(&self.0.closed).meets(&marks);
        let Some(news) = met else { return Ok(open) };
        if !news.is_empty() {
            lock(&self.0.seen).leave_all(request.peer.place(), Instant::now());
            news.into_iter().for_each(|mark| self.0.closings.change(mark));
        }
        Err(Refusal::Closed)
    }

    /// By which who asks is known if it is closed. On this computer that is the viewer alone.
    fn marks(&self, request: &Request) -> Vec<Mark> {
        if request.peer.machine() == Machine::This {
            return vec![self.key(request)];
        }
        let cookie = self.shown_cookie(request).map(|cookie| self.mark("cookie", cookie));
        [self.token(request), cookie].into_iter().flatten().chain([self.mark("place", request.peer.place())]).collect()
    }

    fn mark(&self, kind: &str, value: impl Hash) -> Mark {
        self.0.closings.key((kind, value))
    }

    fn token(&self, request: &Request) -> Option<Mark> {
        request.field("viewer").map(|token| self.mark("token", token))
    }

    fn shown_cookie(&self, request: &Request) -> Option<String> {
        cookie::shown(request, self.0.cookie.clone()).next().map(|token| token.expose())
    }

    /// The cookie that who is closed is to have, so that it is known by another address of its own, too.
    pub(super) fn closed_cookie(&self, request: &Request) -> Option<String> {
        let closed = lock(&self.0.closed);
        let token = closed.cookie(&self.marks(request))?;
        Some(cookie::lasting(&self.0.cookie, token, "/"))
    }

    /// Takes a viewer of these channels into the list, or finds it there.
    pub(super) fn watch(&self, request: &Request, channels: impl IntoIterator<Item = Arc<str>>) -> Result<Watching, Refusal> {
        let key = self.key(request);
        let (address, place, machine) = (request.address(), request.peer.place(), request.peer.machine());
        let guest = Guest { key, address, place, machine, token: self.token(request), now_ms: now_ms() };
        let device = || Device::of(request.headers.get(header::USER_AGENT).map(HeaderValue::as_bytes));
        let seat = lock(&self.0.seen).enter(&guest, device, channels, Instant::now());
        let seat = seat.map_err(|Full| Refusal::TooManyViewers)?;
        let watching = Watching { viewers: self.clone(), seat };
        // It may have come into the list in the very moment in which it was closed.
        if let Err(closed) = self.check(request) {
            lock(&self.0.seen).leave(key, Instant::now());
            return Err(closed);
        }
        // What is still to come is no picture that anybody has seen.
        if let Some(painted) = request.field("painted").and_then(|painted| painted.parse::<Millis>().ok()) {
            watching.note(painted.min(now_ms()), Source::Said);
        }
        Ok(watching)
    }

    /// Who sent this request says goodbye: for good, or unless they ask again within so many whole seconds. A browser with several
    /// pages, or one that goes from page to page, says the latter.
    pub(super) fn leave(&self, request: &Request, within: &str) {
        let (key, now) = (self.key(request), Instant::now());
        match within.parse() {
            Ok(seconds @ 1..) => lock(&self.0.seen).leave_soon(key, Duration::from_secs(seconds), now),
            _ => lock(&self.0.seen).leave(key, now),
        }
    }

    /// Our pages send a token, so that each is one viewer; of others all with one address and one program are taken for one.
    pub(super) fn key(&self, request: &Request) -> u64 {
        let address = request.address();
        match request.field("viewer") {
            Some(token) => self.0.closings.key((address, token)),
            None => self.0.closings.key((address, request.headers.get(header::USER_AGENT))),
        }
    }
}

impl Watching {
    /// The viewer was given a picture, taken at that time.
    pub(super) fn given(&self, captured_ms: Millis) {
        self.note(captured_ms, Source::Given);
    }

    /// The viewer was given a message, which may be of a picture.
    pub(super) fn told(&self, message: &Message) {
        #[derive(Deserialize)]
        struct Frame<'a> {
            #[serde(rename = "type")]
            kind: &'a str,
            captured_at_ms: Millis,
        }
        /// A frame message is shorter than that.
        const LONGEST: usize = 4096;
        let says = self.seat.as_ref().is_none_or(|seat| lock(&self.viewers.0.seen).says_painted(seat));
        if says || &*message.content_type != wire::CONTENT_TYPE || message.body.len() > LONGEST {
            return;
        }
        if let Ok(Frame { kind: wire::FRAME, captured_at_ms }) = serde_json::from_slice(&message.body) {
            self.given(captured_at_ms);
        }
    }

    /// The viewer is this display.
    pub(super) fn is_display(&mut self, name: &Arc<str>) {
        if let Some(seat) = &self.seat {
            lock(&self.viewers.0.seen).is_display(seat, name);
        }
    }

    fn note(&self, captured_ms: Millis, source: Source) {
        if let Some(seat) = &self.seat {
            lock(&self.viewers.0.seen).painted(seat, captured_ms, source);
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(seat) = &self.seat {
            lock(&self.viewers.0.seen).rise(seat, Instant::now());
        }
    }
}
