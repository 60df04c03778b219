//! One channel's place on the air.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::OnAir;
use crate::frames::Live;
use crate::now_ms;
use crate::relay::{Hub, Millis, Publisher};
use crate::wire::{self, ChannelState, FrameMessage};

/// Of a publisher over HTTP that has sent but one picture.
const UNKNOWN_INTERVAL: Millis = 1000;
/// How long an ended channel is listed.
const REMEMBERED: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(super) struct Station {
    pub name: Arc<str>,
    air: Mutex<Air>,
}

#[derive(Debug)]
pub(super) struct Air {
    /// `None` where only messages are published, and after the end.
    pub live: Option<Live>,
    /// Tells a [`Broadcast`] whether it is still the one.
    pub round: u64,
    pub by: By,
    pub state: ChannelState,
    pub reason: String,
    pub newest: Option<FrameMessage>,
    pub last: Instant,
    pub interval: Millis,
    pub ended_at: Millis,
    /// The station is no longer in the list; whoever comes takes the one that is.
    pub removed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Nobody,
    Handle,
    Http,
}

impl Station {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self { name, air: Mutex::new(Air::new()) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Air> {
        self.air.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn on_air(&self) -> Option<OnAir> {
        let air = self.lock();
        if air.round == 0 {
            return None;
        }
        let newest = air.newest.clone();
        Some(OnAir { name: self.name.clone(), state: air.state, reason: air.reason.clone(), newest })
    }

    pub(super) fn is_forgettable(&self) -> bool {
        let air = self.lock();
        air.by == By::Nobody && (air.round == 0 || air.last.elapsed() > REMEMBERED)
    }
}

impl Air {
    fn new() -> Self {
        Self {
            live: None,
            round: 0,
            by: By::Nobody,
            state: ChannelState::Ended,
            reason: String::new(),
            newest: None,
            last: Instant::now(),
            interval: UNKNOWN_INTERVAL,
            ended_at: 0,
            removed: false,
        }
    }

    pub(super) fn begin(&mut self, by: By) {
        self.round += 1;
        self.by = by;
        // Live only with the first picture; until then nothing is said to those who wait.
        self.state = ChannelState::Stalled;
        "no picture has come yet".clone_into(&mut self.reason);
        self.last = Instant::now();
        self.interval = UNKNOWN_INTERVAL;
    }

    /// Takes the publisher's word for the time between pictures, or measures it, smoothed.
    pub(super) fn measure(&mut self, interval: Option<Millis>) {
        let elapsed = u64::try_from(self.last.elapsed().as_millis()).unwrap_or(u64::MAX).clamp(10, 3_600_000);
        self.interval = match interval {
            Some(interval) => interval.max(1),
            None if self.newest.is_none() => UNKNOWN_INTERVAL,
            None => (3 * self.interval + elapsed) / 4,
        };
    }

    pub(super) fn end(&mut self, hub: &Hub, channel: &str) {
        // First of all, and at once: no byte any more.
        self.live = None;
        if let Some(channel) = hub.find(channel) {
            Publisher::of(channel).retire(wire::FRAME);
        }
        self.by = By::Nobody;
        self.state = ChannelState::Ended;
        self.reason.clear();
        self.newest = None;
        self.last = Instant::now();
        self.ended_at = now_ms();
    }
}
