//! The numbers of the moment, read from pipeline and server.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::served::Served;
use crate::pipeline::Pipeline;
use crate::state::Numbers;

/// What was told of the numbers, to tell only news.
pub(super) struct Meter {
    pub told: Numbers,
    rate: Rate,
    /// At the beginning of the broadcast.
    published: u64,
    dropped: u64,
    /// What the disk was last said not to do.
    disk_fault: Option<String>,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self { told: Numbers::default(), rate: Rate::default(), published: 0, dropped: 0, disk_fault: None }
    }

    pub(super) fn begin(&mut self, pipeline: &Pipeline) {
        let counters = pipeline.shared().counters();
        self.published = counters.published.load(Ordering::Relaxed);
        self.dropped = counters.dropped.load(Ordering::Relaxed);
        counters.newest_ms.store(0, Ordering::Relaxed);
        counters.interval_ms.store(0, Ordering::Relaxed);
    }

    /// What the disk doesn't do now, in a sentence, if that is another thing than before.
    pub(super) fn disk_fault(&mut self, served: Option<&Served>) -> Option<Option<String>> {
        let fault = served.and_then(|served| served.server.broadcasts().store().stats().disk_fault);
        let news = self.disk_fault != fault;
        self.disk_fault.clone_from(&fault);
        news.then_some(fault)
    }

    /// The rate is that of another source from now on.
    pub(super) fn restart(&mut self) {
        self.rate = Rate::default();
    }

    /// `on_air` is the channel, while live, and what of the broadcast could not be saved.
    pub(super) fn read(&mut self, pipeline: &Pipeline, served: Option<&Served>, on_air: Option<(&str, u64)>) -> Numbers {
        let counters = pipeline.shared().counters();
        let captured = counters.captured.load(Ordering::Relaxed);
        if !pipeline.shared().is_flowing() {
            self.restart();
        }
        let fps = self.rate.read(Instant::now(), captured);
        let Some((channel, unsaved)) = on_air else { return Numbers { fps, ..Numbers::default() } };
        let newest_ms = counters.newest_ms.load(Ordering::Relaxed);
        Numbers {
            watching: served.map_or(0, |served| served.server.viewers(channel)),
            published: counters.published.load(Ordering::Relaxed) - self.published,
            dropped: counters.dropped.load(Ordering::Relaxed) - self.dropped,
            unsaved,
            fps,
            newest_ms: (newest_ms > 0).then_some(newest_ms),
            interval_ms: counters.interval_ms.load(Ordering::Relaxed),
            reached_ms: served.and_then(|served| served.server.reached_from_elsewhere()),
        }
    }
}

/// Pictures a second, measured from one picture to another.
#[derive(Default)]
struct Rate {
    /// What was captured at the last reading.
    last: Option<u64>,
    /// The reading with the first picture of the measurement.
    first: Option<(Instant, u64)>,
    /// As measured last; 0 before.
    fps: f32,
}

/// Of a measurement, at least.
const MEASURED: Duration = Duration::from_secs(2);

impl Rate {
    #[expect(clippy::cast_precision_loss, reason = "pictures in a second are few")]
    fn read(&mut self, now: Instant, captured: u64) -> f32 {
        let is_new = self.last.replace(captured).is_some_and(|last| last != captured);
        match self.first {
            None if is_new => self.first = Some((now, captured)),
            Some((since, before)) if is_new && now >= since + MEASURED => {
                let fps = (captured - before) as f32 / (now - since).as_secs_f32();
                // Steady, but a slow source has a rate, too.
                self.fps = if fps < 2.0 { (fps * 10.0).round() / 10.0 } else { fps.round() };
                self.first = Some((now, captured));
            }
            _ => {}
        }
        self.fps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads twice a second what a source has captured by then; what is said at the end.
    fn read(rate: &mut Rate, start: Instant, seconds: u64, captured: impl Fn(f64) -> u64) -> f32 {
        let readings = (0..=2 * seconds).map(|half| (Duration::from_millis(500 * half), half as f64 / 2.0));
        readings.map(|(since, seconds)| rate.read(start + since, captured(seconds))).last().unwrap()
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few pictures")]
    fn the_rate_is_measured_from_picture_to_picture() {
        let start = Instant::now();
        assert_eq!(read(&mut Rate::default(), start, 10, |seconds| (seconds * 15.0) as u64), 15.0);
        assert_eq!(read(&mut Rate::default(), start, 30, |seconds| (seconds / 5.0) as u64), 0.2);
        assert_eq!(read(&mut Rate::default(), start, 10, |_| 7), 0.0, "nothing is known");
        let opening = |seconds: f64| ((seconds - 3.0).max(0.0) * 30.0) as u64;
        assert_eq!(read(&mut Rate::default(), start, 6, opening), 30.0, "the time before the first picture doesn't count");
    }
}
