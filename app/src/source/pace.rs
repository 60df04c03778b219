//! A clock for sources that have none of their own.

use std::thread;
use std::time::{Duration, Instant};

/// Ticks at an interval, without drift: tick n is due n intervals after the first.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    interval: Duration,
    next: u64,
}

impl Pace {
    /// The first tick is due at once. An interval of nothing is taken as a nanosecond.
    pub(super) fn new(interval: Duration) -> Self {
        Self { start: Instant::now(), interval: interval.max(Duration::from_nanos(1)), next: 0 }
    }

    /// Waits at most `patience` for the next tick and says its number. Ticks that passed unattended are left out, so that a
    /// slow caller gets the newest one and no bunch of late ones.
    pub(super) fn wait(&mut self, patience: Duration) -> Option<u64> {
        let ahead = self.due(self.next).saturating_duration_since(Instant::now());
        thread::sleep(ahead.min(patience));
        if ahead > patience {
            return None;
        }
        let passed = self.start.elapsed().as_nanos() / self.interval.as_nanos();
        let tick = self.next.max(u64::try_from(passed).unwrap_or(u64::MAX));
        self.next = tick + 1;
        Some(tick)
    }

    fn due(&self, tick: u64) -> Instant {
        let ahead = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX).saturating_mul(tick);
        self.start + Duration::from_nanos(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_come_in_order_and_on_time() {
        let mut pace = Pace::new(Duration::from_millis(5));
        let ticks: Vec<_> = (0..20).filter_map(|_| pace.wait(Duration::from_secs(1))).collect();
        assert!(ticks.is_sorted() && ticks.len() == 20);
        assert!(pace.start.elapsed() >= Duration::from_millis(95), "19 intervals of 5 ms");
    }

    #[test]
    fn a_slow_caller_gets_the_newest_tick_alone() {
        let mut pace = Pace::new(Duration::from_millis(100));
        assert_eq!(pace.wait(Duration::ZERO), Some(0));
        pace.start = pace.start.checked_sub(Duration::from_millis(1050)).unwrap();
        assert_eq!(pace.wait(Duration::ZERO), Some(10));
        assert_eq!(pace.wait(Duration::ZERO), None, "the next one is due in 50 ms");
    }

    #[test]
    fn an_interval_may_be_longer_than_a_second() {
        let mut pace = Pace::new(Duration::from_secs(10));
        assert_eq!(pace.wait(Duration::ZERO), Some(0));
        pace.start = pace.start.checked_sub(Duration::from_millis(9_000)).unwrap();
        assert_eq!(pace.wait(Duration::ZERO), None);
        pace.start = pace.start.checked_sub(Duration::from_millis(1_000)).unwrap();
        assert_eq!(pace.wait(Duration::ZERO), Some(1));
    }
}
