//! One channel's place on the air.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::OnAir;
use crate::frames::Live;
use crate::lock;
use crate::relay::{Hub, Kind, Millis, Publisher};
use crate::wire::{self, ChannelState, FrameMessage, WireMessage};

/// Of a publisher over HTTP that has sent but one picture.
const UNKNOWN_INTERVAL: Millis = 1000;
/// The longest interval that is believed, and measured: a day.
const LONGEST_INTERVAL: Millis = 24 * 3_600_000;
/// How long an ended channel is listed.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// The place of a publisher over HTTP that was silent for so long, and for three intervals, is free for who wants it.
const LEFT: Duration = Duration::from_secs(5);
/// A publisher over HTTP that was silent for so long, and for several intervals, will not come back: its broadcast is over.
const GIVEN_UP: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(super) struct Station {
    pub name: Arc<str>,
    air: Mutex<Air>,
}

#[derive(Debug)]
pub(super) struct Air {
    /// `None` where only messages are published, and after the end.
    pub live: Option<Live>,
    /// Tells a [`Broadcast`](super::Broadcast) whether it is still the one.
    pub round: u64,
    pub by: By,
    pub state: ChannelState,
    pub reason: String,
    pub newest: Option<FrameMessage>,
    /// When something last came, or it ended.
    pub last: Instant,
    pub interval: Millis,
    /// What was captured before is of an earlier broadcast; `None` if this run of the server knows of no end.
    pub ended_at: Option<Instant>,
    /// It has or had a broadcast, and was not deleted since.
    pub listed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Nobody,
    Handle,
    Http,
}

/// What is to be done where nothing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Stall,
    GiveUp,
    Forget,
}

/// All stations of a server.
#[derive(Debug)]
pub(super) struct Stations {
    pub by_name: HashMap<Arc<str>, Arc<Station>>,
    /// When the last broadcast ended of those that are forgotten.
    ended_at: Option<Instant>,
    /// How many there may be that are not on air, at most.
    capacity: usize,
}

impl Stations {
    pub(super) fn new(capacity: usize) -> Self {
        Self { by_name: HashMap::new(), ended_at: None, capacity }
    }

    /// The station of a channel, made if it is not known.
    pub(super) fn get(&mut self, channel: &str) -> Arc<Station> {
        if let Some(station) = self.by_name.get(channel) {
            return station.clone();
        }
        if self.by_name.len() >= 2 * self.capacity {
            self.forget(|air| air.by == By::Nobody);
        }
        let station = Arc::new(Station { name: channel.into(), air: Mutex::new(Air::new(self.ended_at)) });
        self.by_name.insert(station.name.clone(), station.clone());
        station
    }

    /// Forgets what is over for long.
    pub(super) fn forget_old(&mut self) {
        self.forget(|air| matches!(air.due(), Some((at, Due::Forget)) if at <= Instant::now()));
    }

    fn forget(&mut self, goes: impl Fn(&Air) -> bool) {
        self.by_name.retain(|_, station| {
            // One that somebody has in hand is about to be used, and only one that nobody has can be asked without waiting.
            if Arc::strong_count(station) > 1 {
                return true;
            }
            let air = station.lock();
            let goes = goes(&air);
            if goes {
                self.ended_at = self.ended_at.max(air.ended_at);
            }
            !goes
        });
    }
}

impl Station {
    pub(super) fn lock(&self) -> MutexGuard<'_, Air> {
        lock(&self.air)
    }

    pub(super) fn on_air(&self) -> Option<OnAir> {
        let air = self.lock();
        let Air { state, reason, newest, .. } = &*air;
        let on_air = || OnAir { name: self.name.clone(), state: *state, reason: reason.clone(), newest: newest.clone() };
        air.listed.then(on_air)
    }
}

impl Air {
    fn new(ended_at: Option<Instant>) -> Self {
        Self {
            live: None,
            round: 0,
            by: By::Nobody,
            state: ChannelState::Ended,
            reason: String::new(),
            newest: None,
            last: Instant::now(),
            interval: UNKNOWN_INTERVAL,
            ended_at,
            listed: false,
        }
    }

    pub(super) fn begin(&mut self, by: By) {
        self.round += 1;
        self.by = by;
        self.listed = true;
        // Live only with the first picture; until then nothing is said to those who wait.
        self.told(ChannelState::Stalled, "no picture has come yet");
        self.interval = UNKNOWN_INTERVAL;
    }

    /// Takes the publisher's word for what the pictures do.
    pub(super) fn told(&mut self, state: ChannelState, reason: &str) {
        self.state = state;
        reason.clone_into(&mut self.reason);
        self.last = Instant::now();
    }

    /// Takes the publisher's word for the time between pictures, or measures it, smoothed.
    pub(super) fn measure(&mut self, interval: Option<Millis>) {
        let elapsed = u64::try_from(self.last.elapsed().as_millis()).unwrap_or(u64::MAX).clamp(10, LONGEST_INTERVAL);
        self.interval = match interval {
            Some(interval) => interval.clamp(1, LONGEST_INTERVAL),
            None if self.newest.is_none() => UNKNOWN_INTERVAL,
            None => (3 * self.interval + elapsed) / 4,
        };
        self.last = Instant::now();
    }

    /// The message of a picture goes out; `here` is the picture's number, if it is one of this broadcast on this server.
    pub(super) fn heard(&mut self, frame: FrameMessage, here: Option<u64>) {
        match frame.interval_ms {
            // Not said, and measured when the picture came.
            0 if here.is_some() => {}
            0 => self.measure(None),
            said => self.measure(Some(said)),
        }
        if let Some((live, seq)) = self.live.as_ref().zip(here) {
            live.published(seq);
        }
        self.newest = Some(frame);
        self.told(ChannelState::Live, "");
    }

    /// What is to be done when, if nothing comes until then.
    pub(super) fn due(&self) -> Option<(Instant, Due)> {
        let silent = |intervals| Duration::from_millis(intervals * self.interval);
        let (after, due) = match (self.by, self.state) {
            (By::Nobody, _) => (REMEMBERED, Due::Forget),
            (_, ChannelState::Live) => (silent(3), Due::Stall),
            (By::Http, _) => (GIVEN_UP.max(silent(6)), Due::GiveUp),
            // A camera of this process tells what it does.
            (By::Handle, _) => return None,
        };
        Some((self.last + after, due))
    }

    /// Whether its publisher over HTTP fell silent for so long that another one may take its place. One that paused did not.
    pub(super) fn is_left(&self) -> bool {
        let silent = LEFT.max(Duration::from_millis(3 * self.interval));
        self.by == By::Http && self.state == ChannelState::Stalled && self.last.elapsed() >= silent
    }

    /// What keeps a message for those who come late: of a channel that is live, the newest of its kind.
    pub(super) fn pinned(&self, message: &WireMessage) -> Option<Kind> {
        (self.by != By::Nobody).then(|| message.kind())
    }

    pub(super) fn end(&mut self, hub: &Hub, channel: &str) {
        // First of all, and at once: no byte any more.
        self.live = None;
        if let Some(publisher) = hub.find(channel).map(Publisher::of) {
            publisher.retire(wire::FRAME);
            publisher.retire(wire::STATUS);
        }
        self.by = By::Nobody;
        self.newest = None;
        self.told(ChannelState::Ended, "");
        self.ended_at = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(by: By, state: ChannelState, interval: Millis) -> Option<(Duration, Due)> {
        let mut air = Air { by, state, ..Air::new(None) };
        air.measure(Some(interval));
        air.due().map(|(at, due)| (at.duration_since(air.last), due))
    }

    #[test]
    fn silence_is_a_stall_after_three_intervals_however_short_and_the_end_after_long() {
        for interval in [1, 66, 10_000, LONGEST_INTERVAL] {
            let stall = Some((Duration::from_millis(3 * interval), Due::Stall));
            assert_eq!(silent(By::Handle, ChannelState::Live, interval), stall);
            assert_eq!(silent(By::Http, ChannelState::Live, interval), stall);
            let (end, due) = silent(By::Http, ChannelState::Stalled, interval).unwrap();
            assert!(due == Due::GiveUp && end >= GIVEN_UP && end > Duration::from_millis(3 * interval), "{interval}");
            assert_eq!(silent(By::Handle, ChannelState::Stalled, interval), None);
        }
    }

    #[test]
    fn an_interval_that_is_not_said_is_measured() {
        let frame = |interval_ms| FrameMessage { interval_ms, ..super::super::testing::elsewhere("https://example.org/1.jpg") };
        let mut air = Air::new(None);
        air.begin(By::Http);
        air.heard(frame(0), None);
        assert_eq!(air.interval, UNKNOWN_INTERVAL);
        air.heard(frame(66), None);
        assert_eq!(air.interval, 66);
        air.last -= Duration::from_secs(1);
        air.heard(frame(0), None);
        assert!((66 * 3 + 1000) / 4 <= air.interval, "{}", air.interval);
    }

    #[test]
    fn only_who_was_silent_for_long_and_did_not_pause_has_left_its_place() {
        let is_left = |by, state, silent| {
            let last = Instant::now() - Duration::from_millis(silent);
            Air { by, state, interval: 66, last, ..Air::new(None) }.is_left()
        };
        assert!(is_left(By::Http, ChannelState::Stalled, 6_000));
        assert!(!is_left(By::Http, ChannelState::Stalled, 1_000), "a hiccup");
        assert!(!is_left(By::Http, ChannelState::Paused, 6_000));
        assert!(!is_left(By::Http, ChannelState::Live, 6_000));
        assert!(!is_left(By::Handle, ChannelState::Stalled, 6_000));
        let rare = Air { by: By::Http, state: ChannelState::Stalled, interval: 10_000, ..Air::new(None) };
        assert!(!Air { last: Instant::now() - Duration::from_secs(29), ..rare }.is_left(), "its next one is due");
    }

    #[test]
    fn what_ended_long_ago_is_forgotten_but_not_when_it_ended() {
        let mut stations = Stations::new(10);
        let (ended, recent) = (stations.get("ended"), stations.get("recent"));
        let end = Some(Instant::now());
        ended.lock().ended_at = end;
        ended.lock().last -= REMEMBERED;
        stations.forget_old();
        assert_eq!(stations.by_name.len(), 2, "somebody has it in hand");
        drop((ended, recent));
        stations.forget_old();
        assert_eq!(stations.by_name.keys().map(|name| &**name).collect::<Vec<_>>(), ["recent"]);
        assert!(stations.get("ended").lock().ended_at >= end);
    }

    #[test]
    fn there_are_never_many_more_than_there_may_be_channels() {
        let mut stations = Stations::new(10);
        stations.get("live").lock().by = By::Http;
        for name in 0..100 {
            stations.get(&name.to_string());
        }
        assert!(stations.by_name.len() <= 20 && stations.by_name.contains_key("live"));
    }
}
