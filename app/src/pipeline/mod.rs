//! One camera's way to its channel: a thread that captures, and one that encodes and publishes. The newest frame wins at each step.

mod air;
mod capture;
mod encode;
mod knobs;
#[cfg(test)]
mod model;
mod pace;
mod shared;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use self::air::{Air, Permit, Stopped};
pub use self::shared::Shared;
use crate::encode::EncodeError;
use crate::frame::{Frame, Size};
use crate::latest::Latest;
use crate::source::{CameraBackend, Knob, KnobError, Mode, Opener, SourceError, SourceSpec, Wanted};

/// What a pipeline is to capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// From where.
    pub source: SourceSpec,
    /// How.
    pub wanted: Wanted,
    /// Of one picture to the next, at least.
    pub interval: Duration,
}

impl Task {
    /// A picture each `interval` from a source, of a size that comes nearest to `size`.
    #[must_use]
    pub fn new(source: SourceSpec, size: Size, interval: Duration, backend: CameraBackend) -> Self {
        let fps = Duration::from_secs(1).as_nanos() / interval.as_nanos().max(1);
        let fps = u32::try_from(fps.clamp(1, 120)).unwrap_or(120);
        Self { source, wanted: Wanted { size, fps, backend }, interval }
    }
}

/// What a pipeline tells of its source.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// It is open and gives pictures.
    Open(Mode),
    /// It gives none; it is tried again until told otherwise.
    Fault(SourceError),
    /// Its pictures can't be made into JPEGs, or can be again.
    Encoding(Result<(), EncodeError>),
    /// What can be set of this camera, as it is now: when it opens, and after each change. Nothing is told of one without any.
    Knobs(SourceSpec, Vec<Knob>),
    /// Something of it was to be set, and is not.
    Knob(KnobError),
    /// Its channel was ended by somebody else.
    Over,
}

/// Since the pipeline's start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Frames that the source gave.
    pub captured: AtomicU64,
    /// Frames that were published.
    pub published: AtomicU64,
    /// Frames that the source lost, that waited too long, or that could not be encoded.
    pub dropped: AtomicU64,
    /// When the newest published frame was captured, in milliseconds of the Unix epoch.
    pub newest_ms: AtomicU64,
    /// From one published frame to the next, as the newest one says.
    pub interval_ms: AtomicU64,
}

/// A running pipeline. Drop ends the broadcast, releases the camera and joins the threads.
pub struct Pipeline {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Each thread has an end of this line, and lets go of it when it ends.
    running: mpsc::Receiver<()>,
}

/// How long a camera may take to let go at the end: the program is to be gone within a second.
const FAREWELL: Duration = Duration::from_millis(800);

impl Pipeline {
    /// Starts capturing. `open` and `report` are called on the capture thread.
    ///
    /// # Errors
    /// Those of the system, if it has no thread to give.
    pub fn start(
        task: Task,
        preview: Arc<Latest<Frame>>,
        open: Opener,
        report: impl Fn(Report) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(task, preview, open, Box::new(report)));
        let (runs, running) = mpsc::channel();
        let mut pipeline = Self { shared, threads: Vec::new(), running };
        pipeline.spawn("capture", Shared::capture, runs.clone())?;
        pipeline.spawn("encode", Shared::encode, runs)?;
        Ok(pipeline)
    }

    fn spawn(&mut self, name: &str, run: fn(&Shared), runs: mpsc::Sender<()>) -> std::io::Result<()> {
        let shared = self.shared.clone();
        let run = move || {
            run(&shared);
            drop(runs);
        };
        self.threads.push(thread::Builder::new().name(name.to_owned()).spawn(run)?);
        Ok(())
    }

    /// The handle.
    #[must_use]
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        let patience = (self.shared.end() + FAREWELL).saturating_duration_since(Instant::now());
        if self.running.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // To wait for it would make the whole program hang.
            tracing::error!("a camera does not let go; it stays open until the program is gone");
            return;
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the pipeline had panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::capture::NOTICE;
    use super::*;
    use crate::latest::Taken;
    use crate::source;

    /// A pipeline that has been paused since it gave its first picture, and what it reports from then on.
    pub(super) fn held() -> (Pipeline, mpsc::Receiver<Report>) {
        let (told, reports) = mpsc::channel();
        let preview = Arc::<Latest<Frame>>::default();
        let task = Task::new(SourceSpec::TestPattern, Size::new(64, 48), Duration::from_millis(10), CameraBackend::default());
        let report = move |report| drop(told.send(report));
        let pipeline = Pipeline::start(task, preview.clone(), Arc::new(source::open), report).unwrap();
        let patience = Duration::from_secs(30);
        assert!(matches!(preview.take(patience), Taken::Value(_)));
        assert!(matches!(reports.recv_timeout(patience), Ok(Report::Open(_))));
        pipeline.shared().pause();
        (pipeline, reports)
    }

    #[test]
    fn a_source_that_is_well_is_not_opened_anew() {
        let (pipeline, _reports) = held();
        let (shared, round) = (pipeline.shared(), pipeline.shared().control().round);
        shared.retry();
        assert!(shared.is_current(round));
        shared.fault(SourceError::NoCamera, round);
        shared.retry();
        assert!(!shared.is_current(round));
    }

    #[test]
    fn a_pause_makes_nothing_of_a_fault_of_before() {
        let (pipeline, _reports) = held();
        let (shared, round) = (pipeline.shared(), pipeline.shared().control().round);
        shared.fault(SourceError::NoCamera, round);
        assert!(shared.is_failing());
        shared.pause();
        assert!(!shared.is_failing());
    }

    #[test]
    fn slow_sources_end_together() {
        let slow = Task::new(SourceSpec::TestPattern, Size::new(64, 48), Duration::from_secs(10), CameraBackend::default());
        let previews: Vec<_> = (0..20).map(|_| Arc::<Latest<Frame>>::default()).collect();
        let start = |preview: &Arc<_>| Pipeline::start(slow.clone(), Arc::clone(preview), Arc::new(source::open), drop).unwrap();
        let pipelines: Vec<_> = previews.iter().map(start).collect();
        for preview in previews {
            assert!(matches!(preview.take(Duration::from_secs(30)), Taken::Value(_)));
        }
        let begin = Instant::now();
        for pipeline in &pipelines {
            pipeline.shared().end();
        }
        drop(pipelines);
        assert!(begin.elapsed() < NOTICE * 10, "one after the other they take {:?}", NOTICE * 20);
    }
}
