//! Who watches: a viewer stays in the list through the gap between two polls, and leaves it soon after the last one.

mod closed;
mod device;
mod entry;
mod seen;

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::{HeaderValue, header};
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::watch;

use super::reply::Refusal;
use super::request::{Machine, Peer, Request};
use crate::broadcast::Broadcasts;
use crate::relay::{Message, Millis};
use crate::{lock, now_ms, wire};
use closed::Closed;
pub(super) use device::Device;
use seen::{Full, Guest, Seat, Seen, Source};

/// Somebody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Viewer {
    /// The same for as long as it is in the list.
    pub id: ViewerId,
    /// Where it comes from, an IPv4 address as such.
    pub address: IpAddr,
    /// Its program and device in words, as it says: nothing may be decided by it.
    pub device: String,
    /// What it watches.
    #[serde(serialize_with = "names")]
    pub channels: Vec<Arc<str>>,
    /// When it came, in milliseconds of the Unix epoch.
    pub since_ms: Millis,
    /// When the newest picture was taken that it has, in milliseconds of the Unix epoch.
    pub painted_ms: Option<Millis>,
    /// The display that it is signed in as.
    pub display: Option<String>,
}

/// Names a viewer; written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ViewerId(u64);

/// No viewer's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a viewer's id has 16 hexadecimal digits")]
pub struct NoViewerId;

impl fmt::Display for ViewerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for ViewerId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

fn names<S: Serializer>(channels: &[Arc<str>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(channels.iter().map(|channel| &**channel))
}

impl FromStr for ViewerId {
    type Err = NoViewerId;

    fn from_str(text: &str) -> Result<Self, NoViewerId> {
        let is_id = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        u64::from_str_radix(text, 16).ok().filter(|_| is_id).map(Self).ok_or(NoViewerId)
    }
}

/// All viewers of a server, and who may be none. Bounded, and each forgotten after the gap.
#[derive(Debug, Clone, Default)]
pub struct Viewers(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    closed: Mutex<Closed>,
    /// Told when somebody was closed: whoever holds a request asks then whether it still may.
    closings: watch::Sender<()>,
    /// Keys that are not to be guessed, nor two made alike.
    keys: RandomState,
    /// When another device asked last; 0 if none ever did.
    elsewhere: AtomicU64,
}

/// As long as it lives the viewer watches; afterwards for a gap's length.
#[derive(Debug)]
pub(super) struct Watching {
    viewers: Viewers,
    seat: Option<Seat>,
    key: u64,
    address: IpAddr,
    closings: watch::Receiver<()>,
}

impl Viewers {
    /// Of which `most` may be there at a time.
    #[must_use]
    pub fn new(most: Option<usize>) -> Self {
        let viewers = Self::default();
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
        let address = viewer.came.address;
        let rounds = viewer.channels.iter().filter_map(|channel| Some((channel.clone(), broadcasts.round(channel)?))).collect();
        match viewer.came.machine {
            Machine::Other => {
                lock(&self.0.closed).device(address, rounds);
                lock(&self.0.seen).leave_all(address, now);
            }
            Machine::This => {
                lock(&self.0.closed).viewer(address, id.0, rounds);
                lock(&self.0.seen).leave(id.0, now);
            }
        }
        self.0.closings.send_replace(());
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

    /// Whether the one who asks is not closed.
    pub(super) fn check(&self, request: &Request) -> Result<(), Refusal> {
        let is_closed = lock(&self.0.closed).has(request.address(), || self.key(request));
        if is_closed { Err(Refusal::Closed) } else { Ok(()) }
    }

    /// Resolves when a device is closed, all of it, from now on.
    pub(super) async fn shut_out(&self, address: IpAddr) {
        let mut closings = self.0.closings.subscribe();
        loop {
            // The sender is here, so that only news can end it.
            drop(closings.changed().await);
            if lock(&self.0.closed).has_device(address) {
                return;
            }
        }
    }

    /// Takes a viewer of these channels into the list, or finds it there.
    pub(super) fn watch(&self, request: &Request, channels: impl IntoIterator<Item = Arc<str>>) -> Result<Watching, Refusal> {
        // Before the look at who is closed: whoever is closed after it is told.
        let closings = self.0.closings.subscribe();
        self.check(request)?;
        let key = self.key(request);
        let guest = Guest { key, address: request.address(), machine: request.peer.machine(), now_ms: now_ms() };
        let device = || Device::of(request.headers.get(header::USER_AGENT).map(HeaderValue::as_bytes));
        let seat = lock(&self.0.seen).enter(&guest, device, channels, Instant::now());
        let seat = seat.map_err(|Full| Refusal::TooManyViewers)?;
        let watching = Watching { viewers: self.clone(), seat, key, address: request.address(), closings };
        // What is still to come is no picture that anybody has seen.
        if let Some(painted) = request.field("painted").and_then(|painted| painted.parse::<Millis>().ok()) {
            watching.note(painted.min(now_ms()), Source::Said);
        }
        Ok(watching)
    }

    /// Who sent this request says goodbye.
    pub(super) fn leave(&self, request: &Request) {
        lock(&self.0.seen).leave(self.key(request), Instant::now());
    }

    /// Our pages send a token, so that each is one viewer; of others all with one address and one program are taken for one.
    pub(super) fn key(&self, request: &Request) -> u64 {
        let mut hasher = self.0.keys.build_hasher();
        request.address().hash(&mut hasher);
        match request.field("viewer") {
            Some(token) => token.hash(&mut hasher),
            None => request.headers.get(header::USER_AGENT).hash(&mut hasher),
        }
        hasher.finish()
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

    /// Resolves once the viewer is closed.
    pub(super) async fn closed(&mut self) {
        loop {
            // The sender is here, so that only news can end it.
            drop(self.closings.changed().await);
            if lock(&self.viewers.0.closed).has(self.address, || self.key) {
                // It may have come into the list in the very moment in which it was closed.
                lock(&self.viewers.0.seen).leave(self.key, Instant::now());
                return;
            }
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
