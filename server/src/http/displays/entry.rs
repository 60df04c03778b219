//! What is known of one display, and its requests that are held.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::kept::Kept;
use super::orders::Orders;
use super::{Display, Displays, Sign, Wake};
use crate::relay::Millis;
use crate::{lock, now_ms};

/// A display without a request for so long is dark.
pub(super) const DARK: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Entry {
    /// Tells its requests whether it is still the same.
    pub number: u64,
    pub address: Option<IpAddr>,
    pub device: String,
    pub channels: Vec<String>,
    pub orders: Orders,
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

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            number: 0,
            address: None,
            device: String::new(),
            channels: Vec::new(),
            orders: Orders::default(),
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

    pub(super) fn remembered(Kept { address, channels, shows, last_ms, device, .. }: Kept) -> Self {
        Self { address, device, channels, orders: Orders::standing(shows), last_ms, ..Self::new() }
    }

    /// Whether something changed that is to be remembered.
    pub(super) fn sign_in(&mut self, sign: &Sign, address: IpAddr, device: &str, channels: &[String]) -> bool {
        let changed = self.is_dark || self.address != Some(address) || self.device != device || self.channels != channels;
        if changed {
            self.address = Some(address);
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

    /// What the display is to do, as a header's value; said again and again until it is done.
    pub(in crate::http) fn order(&self) -> Option<String> {
        self.with(|entry| entry.orders.say(Instant::now())).flatten()
    }

    /// Resolves when there is something to do that it has not just been told.
    pub(in crate::http) async fn called(&self) {
        loop {
            let mut call = std::pin::pin!(self.called.notified());
            call.as_mut().enable();
            if self.with(|entry| entry.orders.is_urgent(Instant::now())) == Some(true) {
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
