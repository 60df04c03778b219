//! The numbers of the moment, read from pipeline and server.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::served::Served;
use crate::pipeline::Pipeline;
use crate::state::Numbers;

/// What was told of the numbers, to tell only news.
pub(super) struct Meter {
    pub told: Numbers,
    captured: (Instant, u64),
    /// At the beginning of the broadcast.
    published: u64,
    dropped: u64,
    unsaved: u64,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self { told: Numbers::default(), captured: (Instant::now(), 0), published: 0, dropped: 0, unsaved: 0 }
    }

    pub(super) fn begin(&mut self, pipeline: &Pipeline, served: Option<&Served>) {
        let counters = pipeline.shared().counters();
        self.published = counters.published.load(Ordering::Relaxed);
        self.dropped = counters.dropped.load(Ordering::Relaxed);
        self.unsaved = served.map_or(0, |served| served.server.broadcasts().store().stats().unsaved);
        counters.newest_ms.store(0, Ordering::Relaxed);
        counters.interval_ms.store(0, Ordering::Relaxed);
    }

    /// `on_air` is the channel, while live.
    #[expect(clippy::cast_precision_loss, reason = "pictures in a second are few")]
    pub(super) fn read(&mut self, pipeline: &Pipeline, served: Option<&Served>, on_air: Option<&str>) -> Numbers {
        let counters = pipeline.shared().counters();
        let captured = counters.captured.load(Ordering::Relaxed);
        let (since, before) = self.captured;
        let elapsed = since.elapsed();
        let mut fps = self.told.fps;
        if elapsed >= Duration::from_secs(2) {
            fps = ((captured - before) as f32 / elapsed.as_secs_f32()).round();
            self.captured = (Instant::now(), captured);
        }
        let Some(channel) = on_air else { return Numbers { fps, ..Numbers::default() } };
        let newest_ms = counters.newest_ms.load(Ordering::Relaxed);
        let unsaved = served.map_or(0, |served| served.server.broadcasts().store().stats().unsaved);
        Numbers {
            watching: served.map_or(0, |served| served.server.viewers(channel)),
            published: counters.published.load(Ordering::Relaxed) - self.published,
            dropped: counters.dropped.load(Ordering::Relaxed) - self.dropped,
            unsaved: unsaved - self.unsaved,
            fps,
            newest_ms: (newest_ms > 0).then_some(newest_ms),
            interval_ms: counters.interval_ms.load(Ordering::Relaxed),
        }
    }
}
