//! Publishers that fall silent: after three intervals that is told, and after long it is the end.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Broadcasts;
use super::station::{Due, Station};
use crate::lock;
use crate::wire::ChannelState;

/// When publishers are looked at next.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// `None` while nothing is expected.
    next: Mutex<Option<Instant>>,
    /// Told when it is to be sooner.
    sooner: Notify,
}

impl Silence {
    /// Sees to it that publishers are looked at then. A picture only moves its own deadline back, so it wakes nobody.
    pub(super) fn expect(&self, at: Instant) {
        let mut next = lock(&self.next);
        if next.is_none_or(|next| at < next) {
            *next = Some(at);
            self.sooner.notify_one();
        }
    }
}

impl Broadcasts {
    /// Tells subscribers when a publisher falls silent. Runs as long as it is polled, and sleeps while nothing is on air.
    pub async fn watch_silence(&self) {
        loop {
            let sooner = self.silence.sooner.notified();
            match self.look() {
                Some(at) => drop(tokio::time::timeout_at(at.into(), sooner).await),
                None => sooner.await,
            }
        }
    }

    /// Does what is due, and returns when to look again.
    fn look(&self) -> Option<Instant> {
        // What is expected while we look is not forgotten.
        *lock(&self.silence.next) = None;
        let stations: Vec<_> = self.stations().by_name.values().cloned().collect();
        let first = stations.iter().filter_map(|station| self.do_what_is_due(station)).min();
        drop(stations);
        self.stations().forget_old();
        let mut next = lock(&self.silence.next);
        *next = [*next, first].into_iter().flatten().min();
        *next
    }

    fn do_what_is_due(&self, station: &Arc<Station>) -> Option<Instant> {
        let mut air = station.lock();
        match air.due()? {
            (at, _) if Instant::now() < at => return Some(at),
            (_, Due::Stall) => self.change_state(station, &mut air, ChannelState::Stalled, "the camera sends nothing"),
            (_, Due::GiveUp) => self.end(station, &mut air),
            // It is forgotten below, unless somebody has it in hand.
            (_, Due::Forget) => return Some(Instant::now() + Duration::from_secs(1)),
        }
        air.due().map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::super::testing::{broadcasts, picture};
    use super::*;
    use crate::frames::{Keep, StoreLimits};
    use crate::now_ms;
    use crate::relay::{Maker, Mode, Start, Subscriber};

    #[tokio::test]
    async fn who_comes_later_and_falls_silent_earlier_is_told_in_time() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let watched = broadcasts.clone();
        let watch = tokio::spawn(async move { watched.watch_silence().await });
        let rare = broadcasts.begin("rare", Keep::No).unwrap();
        rare.publish(picture(Instant::now(), Some(3_600_000))).unwrap();
        // Those that can run do, and come to wait.
        tokio::task::yield_now().await;
        let busy = broadcasts.begin("busy", Keep::No).unwrap();
        busy.publish(picture(Instant::now(), Some(10))).unwrap();
        let published = Instant::now();
        let channel = broadcasts.hub().channel("busy", Maker::Subscriber, now_ms()).unwrap();
        let mut subscriber = Subscriber::poll(vec![(channel, Start::Next)], Mode::Every, now_ms());
        let status = tokio::time::timeout(Duration::from_secs(60), subscriber.next()).await.expect("it is told").unwrap();
        assert!(String::from_utf8_lossy(&status.message.body).contains("\"stalled\""));
        assert!(published.elapsed() >= Duration::from_millis(29));
        assert_eq!(broadcasts.on_air("rare").unwrap().state, ChannelState::Live);
        watch.abort();
    }

    #[test]
    fn only_an_earlier_deadline_wakes_the_watcher() {
        let (silence, now) = (Silence::default(), Instant::now());
        let is_woken = || pin!(silence.sooner.notified()).poll(&mut Context::from_waker(Waker::noop())).is_ready();
        silence.expect(now + Duration::from_secs(2));
        assert!(is_woken());
        silence.expect(now + Duration::from_secs(3));
        assert!(!is_woken());
        silence.expect(now + Duration::from_secs(1));
        assert!(is_woken());
    }
}
