//! One camera's way to its channel: a thread that captures, and one that encodes and publishes. The newest frame wins at each step.

mod air;
mod capture;
mod knobs;
#[cfg(test)]
mod model;
mod pace;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use self::air::{Air, Permit, Stopped};
use crate::encode::{EncodeError, Encoder};
use crate::frame::{EncodedFrame, Frame, Size, StageTimes};
use crate::latest::Latest;
use crate::retouch::Retouch;
use crate::save::Save;
use crate::source::{CameraBackend, Knob, KnobError, KnobSettings, Mode, Opener, SourceError, SourceSpec, Wanted};
use knobs::KnobOrder;

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

/// The handle for those who steer the pipeline from elsewhere.
pub struct Shared {
    control: Mutex<Control>,
    changed: Condvar,
    /// Between capture and encode.
    frames: Latest<Frame>,
    /// For the window, live or not.
    preview: Arc<Latest<Frame>>,
    air: Arc<Air>,
    newest: Mutex<Option<Frame>>,
    /// What is done to each picture from now on; `None`: nothing.
    retouch: Mutex<Option<Arc<Retouch>>>,
    knobs: Mutex<KnobOrder>,
    counters: Counters,
    /// Whether the last picture could be encoded, as far as was told.
    works: AtomicBool,
    open: Opener,
    report: Box<dyn Fn(Report) + Send + Sync>,
}

#[derive(Debug)]
struct Control {
    task: Task,
    /// Grows with each change, so that capturing begins anew.
    round: u64,
    paused: bool,
    /// Since when it is to end.
    ended: Option<Instant>,
    /// What was told last: a fault that lasts is told once.
    fault: Option<SourceError>,
}

/// Of the JPEGs that are made here.
const QUALITY: u8 = 80;
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

impl Shared {
    fn new(task: Task, preview: Arc<Latest<Frame>>, open: Opener, report: Box<dyn Fn(Report) + Send + Sync>) -> Self {
        Self {
            control: Mutex::new(Control { task, round: 0, paused: false, ended: None, fault: None }),
            changed: Condvar::new(),
            frames: Latest::default(),
            preview,
            air: Arc::default(),
            newest: Mutex::default(),
            retouch: Mutex::default(),
            knobs: Mutex::default(),
            counters: Counters::default(),
            works: AtomicBool::new(true),
            open,
            report,
        }
    }

    /// Captures something else from now on, and saves these pictures of it.
    pub fn set(&self, task: Task, save: Save) {
        self.air.set(task.interval, save);
        let mut control = self.control();
        if control.task != task {
            control.task = task;
            control.round += 1;
            control.fault = None;
            self.changed.notify_all();
        }
    }

    /// From now on this is done to each picture that is captured.
    pub fn set_retouch(&self, retouch: &Retouch) {
        let retouch = (!retouch.is_none()).then(|| Arc::new(retouch.clone()));
        *self.retouch.lock().unwrap_or_else(PoisonError::into_inner) = retouch;
    }

    /// What can be set of cameras is set to this, at once and each time when one is opened.
    pub fn set_knobs(&self, settings: KnobSettings) {
        let mut order = self.knobs();
        order.settings = settings;
        order.round += 1;
    }

    /// As [`Shared::set_knobs`], and what is not in the settings is now as the camera was made.
    pub fn reset_knobs(&self, settings: KnobSettings) {
        let mut order = self.knobs();
        order.settings = settings;
        order.round += 1;
        order.reset = Some(order.round);
    }

    /// From now on another picture that can't be encoded is told as the first one.
    pub fn forget_encoding(&self) {
        self.works.store(true, Ordering::Relaxed);
    }

    /// Tries the source again at once, if it fails.
    pub fn retry(&self) {
        let mut control = self.control();
        if control.fault.take().is_some() {
            control.round += 1;
            self.changed.notify_all();
        }
    }

    /// Ends the broadcast, and lets the threads end, without waiting for them. Since when they are to.
    pub fn end(&self) -> Instant {
        self.air.stop();
        let ended = *self.control().ended.get_or_insert_with(Instant::now);
        self.changed.notify_all();
        self.frames.close();
        ended
    }

    /// Tells whether somebody else ended the broadcast. The next picture would notice, but it may not come for long.
    pub fn notice_over(&self) {
        if self.air.notice_over() {
            (self.report)(Report::Over);
        }
    }

    /// Whether it was told to end.
    #[cfg(test)]
    pub(crate) fn has_ended(&self) -> bool {
        self.control().ended.is_some()
    }

    /// Where it is decided what is published.
    pub fn air(&self) -> &Arc<Air> {
        &self.air
    }

    /// Releases the source until [`Shared::resume`], and tells viewers so.
    pub fn pause(&self) {
        self.air.pause();
        let mut control = self.control();
        control.paused = true;
        control.round += 1;
        control.fault = None;
    }

    /// Opens the source again.
    pub fn resume(&self) {
        self.air.resume();
        self.control().paused = false;
        self.changed.notify_all();
    }

    /// Whether the source is held back.
    pub fn is_paused(&self) -> bool {
        self.control().paused
    }

    /// Whether the source is neither held back nor known to fail.
    pub fn is_flowing(&self) -> bool {
        let control = self.control();
        !control.paused && control.fault.is_none()
    }

    /// Whether the source is known to fail.
    pub fn is_failing(&self) -> bool {
        self.control().fault.is_some()
    }

    /// The newest frame that the source gave.
    pub fn newest(&self) -> Option<Frame> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What went through so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn encode(&self) {
        let mut encoder = Encoder::new(QUALITY);
        let mut dropped = 0;
        while let Some(frame) = self.frames.wait() {
            let waited = self.frames.dropped();
            self.counters.dropped.fetch_add(waited - dropped, Ordering::Relaxed);
            dropped = waited;
            // Nothing is encoded that is not published.
            if !self.air.wants(frame.times.captured) {
                continue;
            }
            if let Some(encoded) = self.well_encoded(encoder.encode(&frame)) {
                self.publish(&encoded);
            }
        }
    }

    /// Of pictures that can't be encoded the first is told, and the first one after them.
    fn well_encoded(&self, encoded: Result<EncodedFrame, EncodeError>) -> Option<EncodedFrame> {
        if encoded.is_err() {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if self.works.swap(encoded.is_ok(), Ordering::Relaxed) != encoded.is_ok() {
            (self.report)(Report::Encoding(encoded.as_ref().map(drop).map_err(Clone::clone)));
        }
        encoded.ok()
    }

    fn publish(&self, frame: &EncodedFrame) {
        match self.air.publish(frame) {
            Some(Ok(message)) => {
                let times = StageTimes { published: Some(Instant::now()), ..frame.times };
                tracing::debug!("{}, the source's picture {}: {times}", message.url, frame.number);
                self.counters.published.fetch_add(1, Ordering::Relaxed);
                self.counters.newest_ms.store(message.captured_at_ms, Ordering::Relaxed);
                self.counters.interval_ms.store(message.interval_ms, Ordering::Relaxed);
            }
            Some(Err(refused)) => {
                tracing::warn!("a picture was not published: {refused}");
                (self.report)(Report::Over);
            }
            None => {}
        }
    }

    fn knobs(&self) -> MutexGuard<'_, KnobOrder> {
        self.knobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::capture::NOTICE;
    use super::*;
    use crate::frame::{LengthError, PixelFormat};
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

    #[test]
    fn of_pictures_that_can_not_be_encoded_the_first_is_told_and_the_first_that_can_be_again() {
        let (pipeline, reports) = held();
        let mut encoder = Encoder::new(QUALITY);
        let times = StageTimes::captured_now();
        let mut encode = |len| {
            let (format, size, bytes) = (PixelFormat::Rgb, Size::new(2, 2), Bytes::from(vec![0; len]));
            let encoded = encoder.encode(&Frame { bytes, format, size, number: 0, times, retouch: None });
            assert_eq!(pipeline.shared().well_encoded(encoded).is_some(), len == 12);
        };
        let fault = |len| {
            let report = reports.try_recv();
            assert!(
                matches!(report, Ok(Report::Encoding(Err(EncodeError::Length(LengthError { got, .. })))) if got == len),
                "{report:?}"
            );
        };
        [12, 11, 10, 12, 12].into_iter().for_each(&mut encode);
        fault(11);
        assert_eq!(reports.try_recv(), Ok(Report::Encoding(Ok(()))));
        assert!(reports.try_recv().is_err());
        encode(9);
        fault(9);
        // The broadcast ended, or another source was chosen.
        pipeline.shared().forget_encoding();
        encode(8);
        fault(8);
    }
}
