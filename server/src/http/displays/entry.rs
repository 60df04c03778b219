//! What is known of one display, and its requests that are held.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::hold::{Caller, Free, Hold, InUse, Near, Taken};
use super::kept::Kept;
use super::orders::{Orders, Shows};
use super::{Display, Displays, Sign, Wake};
use crate::relay::Millis;
use crate::{lock, now_ms};

/// A display without a request for so long is dark.
pub(super) const DARK: Duration = Duration::from_secs(15);

/// What was there for so long, all in all, is no name that somebody made up: a day.
const SETTLED: Millis = 24 * 3600 * 1000;

#[derive(Debug)]
pub(super) struct Entry {
    /// Tells its requests whether it is still the same.
    pub number: u64,
    pub address: Option<IpAddr>,
    pub device: String,
    pub channels: Vec<String>,
    pub orders: Orders,
    /// Whether it ever was told to do something: the operator knows it.
    pub is_ordered: bool,
    /// Whose its name is.
    pub hold: Hold,
    /// When it signed in first.
    pub since_ms: Millis,
    /// Requests of it that are being held.
    pub held: usize,
    /// Its last request in this run.
    pub last: Option<Instant>,
    pub last_ms: Millis,
    pub is_dark: bool,
    pub version: Option<String>,
    pub uptime_s: Option<u64>,
    pub wake: Option<Wake>,
    /// Told when there is something to do.
    pub called: Arc<Notify>,
}

/// As long as it lives a request of the display is held.
#[derive(Debug)]
pub(in crate::http) struct Present {
    pub(super) displays: Displays,
    pub(super) name: Arc<str>,
    pub(super) number: u64,
    pub(super) called: Arc<Notify>,
}

/// Whether it is the display that had the name first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Trust {
    /// By its browser's cookie, or where it is.
    Known,
    /// Another one has taken the name since.
    Newcomer,
}

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            number: 0,
            address: None,
            device: String::new(),
            channels: Vec::new(),
            orders: Orders::default(),
            is_ordered: false,
            hold: Hold::default(),
            since_ms: now_ms(),
            held: 0,
            last: None,
            last_ms: 0,
            is_dark: true,
            version: None,
            uptime_s: None,
            wake: None,
            called: Arc::default(),
        }
    }

    pub(super) fn remembered(kept: Kept) -> Self {
        let hold = Hold::remembered(kept.owner(), kept.away_since_ms);
        let Kept { address, channels, shows, last_ms, device, since_ms, ordered, .. } = kept;
        let is_ordered = ordered || shows.is_some();
        Self { address, device, channels, is_ordered, hold, since_ms, last_ms, orders: Orders::standing(shows), ..Self::new() }
    }

    pub(super) fn kept(&self, name: &str) -> Kept {
        let Display { name, address, channels, shows, last_ms, device, .. } = self.display(name);
        let Self { since_ms, is_ordered: ordered, hold: Hold { owner, away_since: away_since_ms, .. }, .. } = *self;
        Kept { name, address, channels, shows, last_ms, device, since_ms, ordered, owner: Kept::written(owner), away_since_ms }
    }

    /// Gives the name to who asks, unless another one uses it.
    pub(super) fn take(&mut self, caller: &Caller) -> Result<Taken, InUse> {
        let is_free = if self.is_dark() { Free::Yes } else { Free::No };
        let is_near = if self.address == Some(caller.address) { Near::Yes } else { Near::No };
        let taken = self.hold.take(caller, (is_free, is_near), now_ms())?;
        if taken == Taken::Anew {
            // What the one before may still hold is nothing of this one's.
            self.held = 0;
        }
        Ok(taken)
    }

    /// Whether something changed that is to be remembered.
    pub(super) fn sign_in(&mut self, sign: &Sign, caller: &Caller, channels: &[String]) -> bool {
        let Caller { address, device, .. } = caller;
        let changed = self.is_dark || self.address != Some(*address) || self.device != *device || self.channels != channels;
        if changed {
            self.address = Some(*address);
            device.clone_into(&mut self.device);
            channels.clone_into(&mut self.channels);
        }
        self.version.clone_from(&sign.version);
        self.uptime_s = sign.uptime.map(|uptime| uptime.as_secs());
        self.wake = sign.wake;
        self.is_dark = false;
        self.held += 1;
        self.orders.answered(sign.done, sign.uptime, channels, Instant::now());
        self.seen();
        changed
    }

    pub(super) fn seen(&mut self) {
        self.last = Some(Instant::now());
        self.last_ms = now_ms();
    }

    pub(super) fn is_dark(&self) -> bool {
        self.held == 0 && self.last.is_none_or(|last| last.elapsed() > DARK)
    }

    /// For how long it was there; `None` if it must not make room for another one: it is there now, or the operator may miss it.
    pub(super) fn may_go(&self) -> Option<Millis> {
        let lived = self.last_ms.saturating_sub(self.since_ms);
        (self.is_dark() && !self.is_ordered && lived < SETTLED).then_some(lived)
    }

    #[cfg(test)]
    pub(super) fn live_for(&mut self, time: Duration) {
        self.since_ms = self.last_ms - u64::try_from(time.as_millis()).unwrap_or(0);
    }

    /// Whether it may be told what to show: `may_name` lets these channels be named to who has the name now.
    fn shows(&self, may_name: impl Fn(&[String], Trust) -> bool) -> Shows {
        let trust = if self.hold.is_trusted() { Trust::Known } else { Trust::Newcomer };
        let is_told = self.orders.shows().is_none_or(|channels| may_name(channels, trust));
        if is_told { Shows::Told } else { Shows::Withheld }
    }

    pub(super) fn display(&self, name: &str) -> Display {
        Display {
            name: name.to_owned(),
            address: self.address,
            channels: self.channels.clone(),
            shows: self.orders.shows().map(<[String]>::to_vec),
            last_ms: if self.held > 0 { now_ms() } else { self.last_ms },
            dark: self.is_dark(),
            version: self.version.clone(),
            uptime_s: self.uptime_s,
            wake: self.wake,
            device: self.device.clone(),
        }
    }
}

impl Present {
    /// Its name.
    pub(in crate::http) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What the display is to do, as a header's value; said again and again until it is done. What it is to show is said only if
    /// `may_name` lets those channels be named to it.
    pub(in crate::http) fn order(&self, may_name: impl Fn(&[String], Trust) -> bool) -> Option<String> {
        self.with(|entry| {
            let shows = entry.shows(may_name);
            entry.orders.say(Instant::now(), shows)
        })
        .flatten()
    }

    /// Resolves when there is something to do that it has not just been told.
    pub(in crate::http) async fn called(&self, may_name: impl Fn(&[String], Trust) -> bool) {
        loop {
            let mut call = std::pin::pin!(self.called.notified());
            call.as_mut().enable();
            let is_urgent = self.with(|entry| {
                let shows = entry.shows(&may_name);
                entry.orders.is_urgent(Instant::now(), shows)
            });
            if is_urgent == Some(true) {
                return;
            }
            call.await;
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let mut known = lock(&self.displays.0.known);
        known.by_name.get_mut(&self.name).filter(|entry| entry.number == self.number).map(act)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.with(|entry| {
            entry.held -= 1;
            entry.seen();
        });
    }
}
