//! When: how soon a source is tried again, and which frames are in time.

use std::time::{Duration, Instant};

/// Until the source is tried again: soon at first, and then every few seconds, for ever.
#[derive(Default)]
pub(super) struct Backoff(u32);

impl Backoff {
    pub(super) fn next(&mut self) -> Duration {
        let patience = Duration::from_millis(250) * 2u32.pow(self.0);
        self.0 = (self.0 + 1).min(4);
        patience
    }
}

/// Lets at most so many frames through, evenly.
pub(super) struct Pace {
    interval: Duration,
    due: Option<Instant>,
}

impl Pace {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, due: None }
    }

    pub(super) fn is_due(&mut self, captured: Instant) -> bool {
        // Cameras are not punctual: a quarter of an interval too early is in time.
        let Some(due) = self.due.filter(|due| captured + self.interval / 4 < *due + self.interval) else {
            self.due = Some(captured + self.interval);
            return true;
        };
        if captured + self.interval / 4 < due {
            return false;
        }
        self.due = Some(due + self.interval);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn let_through(fps: u64, camera_interval_micros: &[u64]) -> usize {
        let mut pace = Pace::new(Duration::from_micros(1_000_000 / fps));
        let start = Instant::now();
        let mut at = 0;
        let due = |interval: &u64| {
            at += interval;
            pace.is_due(start + Duration::from_micros(at))
        };
        camera_interval_micros.iter().map(due).filter(|due| *due).count()
    }

    #[test]
    fn the_pace_is_kept_whatever_the_camera_does() {
        assert_eq!(let_through(15, &[33_333; 300]), 150);
        assert_eq!(let_through(30, &[33_333; 300]), 300);
        assert_eq!(let_through(10, &[33_333; 300]), 100);
        assert_eq!(let_through(30, &[66_666; 300]), 300, "a slow camera loses nothing");
        let unpunctual: Vec<_> = (0..300).map(|n| if n % 2 == 0 { 30_000 } else { 36_666 }).collect();
        assert_eq!(let_through(30, &unpunctual), 300);
    }

    #[test]
    fn a_source_is_tried_again_soon_and_then_every_four_seconds() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..6).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 4000]);
    }
}
