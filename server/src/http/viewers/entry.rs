//! A viewer in the list.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::closed::Mark;
use super::device::Device;
use super::{Machine, Viewer, ViewerId};
use crate::relay::Millis;

#[derive(Debug)]
pub(super) struct Entry {
    pub visit: u64,
    pub came: Arc<Came>,
    pub painted_ms: Option<Millis>,
    /// Whether it says itself what it has painted.
    pub says_painted: bool,
    pub display: Option<Arc<str>>,
    /// When it is looked after next, if it is waited for.
    pub due: Option<Instant>,
    /// Empty once it has left.
    pub channels: Vec<Presence>,
}

/// How a visit began.
#[derive(Debug)]
pub(super) struct Came {
    pub address: IpAddr,
    /// Its address, or its network.
    pub place: IpAddr,
    pub machine: Machine,
    /// Of its token.
    pub token: Option<Mark>,
    pub device: Device,
    pub since_ms: Millis,
}

/// A viewer as copied out of the list, which is not to be held for longer: the words are put together afterwards.
#[derive(Debug)]
pub(super) struct Copied {
    pub visit: u64,
    key: u64,
    pub came: Arc<Came>,
    pub channels: Vec<Arc<str>>,
    painted_ms: Option<Millis>,
    display: Option<Arc<str>>,
}

#[derive(Debug)]
pub(super) struct Presence {
    pub channel: Arc<str>,
    /// Requests of this viewer that are being held.
    pub held: usize,
    pub last: Instant,
    /// How long it stays without a request.
    pub gap: Duration,
}

impl Entry {
    /// Its presence on a channel, which is mostly at the same place as in the request before.
    pub(super) fn on(&mut self, hint: usize, channel: &Arc<str>) -> Option<&mut Presence> {
        let is_it = |presence: &Presence| Arc::ptr_eq(&presence.channel, channel) || presence.channel == *channel;
        let at = match self.channels.get(hint) {
            Some(presence) if is_it(presence) => Some(hint),
            _ => self.channels.iter().position(is_it),
        };
        at.and_then(|at| self.channels.get_mut(at))
    }

    pub(super) fn copy(&self, key: u64) -> Copied {
        Copied {
            visit: self.visit,
            key,
            came: self.came.clone(),
            channels: self.channels.iter().map(|presence| presence.channel.clone()).collect(),
            painted_ms: self.painted_ms,
            display: self.display.clone(),
        }
    }
}

impl From<Copied> for Viewer {
    fn from(Copied { key, came, channels, painted_ms, display, .. }: Copied) -> Self {
        Self {
            id: ViewerId(key),
            address: came.address,
            device: came.device.to_string(),
            channels,
            since_ms: came.since_ms,
            painted_ms,
            display: display.as_deref().map(str::to_owned),
        }
    }
}
