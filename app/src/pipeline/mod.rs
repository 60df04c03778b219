//! One camera's way to its channel: a thread that captures, and one that encodes and publishes. The newest frame wins at each step.

mod air;
#[cfg(test)]
mod model;
mod pace;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use self::air::{Air, Permit, Stopped};
use self::pace::{Backoff, Pace};
use crate::encode::Encoder;
use crate::frame::{EncodedFrame, Frame, Size};
use crate::latest::{Latest, Taken};
use crate::source::{CameraBackend, Mode, Opener, Source, SourceError, SourceSpec, Wanted};
use crate::state::Save;

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
        let mut fps = 1;
        while fps < 120 && interval * (fps + 1) <= Duration::from_secs(1) {
            fps += 1;
        }
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
    counters: Counters,
    open: Opener,
    report: Box<dyn Fn(Report) + Send + Sync>,
}

#[derive(Debug)]
struct Control {
    task: Task,
    /// Grows with each change, so that capturing begins anew.
    round: u64,
    paused: bool,
    ended: bool,
    /// What was told last: a fault that lasts is told once.
    fault: Option<SourceError>,
}

/// Of the JPEGs that are made here.
const QUALITY: u8 = 80;
/// A source that gives nothing for so long is told as stalled.
const STALL: Duration = Duration::from_secs(3);
/// A source that gives nothing for so long is opened anew.
const REOPEN: Duration = Duration::from_secs(10);
/// How long a thread may take to notice that it is to end.
const NOTICE: Duration = Duration::from_millis(200);

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
        let mut pipeline = Self { shared, threads: Vec::new() };
        pipeline.spawn("capture", Shared::capture)?;
        pipeline.spawn("encode", Shared::encode)?;
        Ok(pipeline)
    }

    fn spawn(&mut self, name: &str, run: fn(&Shared)) -> std::io::Result<()> {
        let shared = self.shared.clone();
        self.threads.push(thread::Builder::new().name(name.to_owned()).spawn(move || run(&shared))?);
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
        self.shared.air.stop();
        self.shared.control().ended = true;
        self.shared.changed.notify_all();
        self.shared.frames.close();
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
            control: Mutex::new(Control { task, round: 0, paused: false, ended: false, fault: None }),
            changed: Condvar::new(),
            frames: Latest::default(),
            preview,
            air: Arc::default(),
            newest: Mutex::default(),
            counters: Counters::default(),
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

    /// Tries the source again at once.
    pub fn retry(&self) {
        let mut control = self.control();
        control.round += 1;
        control.fault = None;
        drop(control);
        self.changed.notify_all();
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
    }

    /// Opens the source again.
    pub fn resume(&self) {
        self.air.resume();
        self.control().paused = false;
        self.changed.notify_all();
    }

    /// Whether the source is neither held back nor known to fail.
    pub fn is_flowing(&self) -> bool {
        let control = self.control();
        !control.paused && control.fault.is_none()
    }

    /// The newest frame that the source gave.
    pub fn newest(&self) -> Option<Frame> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What went through so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn capture(&self) {
        let mut backoff = Backoff::default();
        let mut opened: Option<(Task, SourceSpec)> = None;
        while let Some((task, round)) = self.next_task() {
            // A camera that was pulled out is waited for: “the first camera” must not become another one while live.
            let same = opened.as_ref().filter(|(of, _)| *of == task).map_or(&task.source, |(_, same)| same);
            match (self.open)(same, &task.wanted, task.interval) {
                Ok(mut source) => {
                    opened = Some((task.clone(), source.mode().spec.clone()));
                    if let Err(error) = self.drain(source.as_mut(), &task, round, &mut backoff) {
                        self.fault(error, round);
                    }
                }
                Err(error) => self.fault(error, round),
            }
            self.pause_until_changed(round, backoff.next());
        }
    }

    /// Waits as long as the source is to be released; `None` at the end.
    fn next_task(&self) -> Option<(Task, u64)> {
        let control = self.control();
        let held = |control: &mut Control| control.paused && !control.ended;
        let control = self.changed.wait_while(control, held).unwrap_or_else(PoisonError::into_inner);
        (!control.ended).then(|| (control.task.clone(), control.round))
    }

    fn pause_until_changed(&self, round: u64, patience: Duration) {
        let unchanged = |control: &mut Control| control.round == round && !control.ended;
        drop(self.changed.wait_timeout_while(self.control(), patience, unchanged).unwrap_or_else(PoisonError::into_inner));
    }

    fn is_current(&self, round: u64) -> bool {
        let control = self.control();
        control.round == round && !control.ended
    }

    /// Passes frames on until the task changes or the source fails.
    fn drain(&self, source: &mut dyn Source, task: &Task, round: u64, backoff: &mut Backoff) -> Result<(), SourceError> {
        let mut pace = Pace::new(task.interval);
        let (mut last, mut expected, mut told) = (Instant::now(), None, Told::Nothing);
        while self.is_current(round) {
            let frame = match source.next(NOTICE) {
                Ok(frame) => frame,
                Err(SourceError::Stalled { name, .. }) => {
                    let silence = last.elapsed();
                    let stalled = SourceError::Stalled { name, seconds: silence.as_secs() };
                    if silence > REOPEN.max(3 * task.interval) {
                        return Err(stalled);
                    }
                    if silence > STALL.max(2 * task.interval) && told != Told::Stalled {
                        self.fault(stalled, round);
                        told = Told::Stalled;
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            if !self.is_current(round) {
                // Captured while a pause or another task began.
                break;
            }
            last = Instant::now();
            if told != Told::Open {
                self.control().fault = None;
                (self.report)(Report::Open(source.mode().clone()));
                told = Told::Open;
                *backoff = Backoff::default();
            }
            self.counters.captured.fetch_add(1, Ordering::Relaxed);
            let lost = expected.map_or(0, |expected| frame.number.saturating_sub(expected));
            self.counters.dropped.fetch_add(lost, Ordering::Relaxed);
            expected = Some(frame.number + 1);
            if pace.is_due(frame.times.captured) {
                self.newest.lock().unwrap_or_else(PoisonError::into_inner).replace(frame.clone());
                self.preview.put(frame.clone());
                self.frames.put(frame);
            }
        }
        Ok(())
    }

    /// Tells a fault, unless a pause or another task has begun meanwhile.
    fn fault(&self, error: SourceError, round: u64) {
        if !self.is_current(round) {
            return;
        }
        self.air.stalled(error.for_viewers());
        if self.control().fault.replace(error.clone()) != Some(error.clone()) {
            (self.report)(Report::Fault(error));
        }
    }

    fn encode(&self) {
        let mut encoder = Encoder::new(QUALITY);
        let mut dropped = 0;
        loop {
            let frame = match self.frames.take(Duration::from_secs(3600)) {
                Taken::Value(frame) => frame,
                Taken::Nothing => continue,
                Taken::Closed => return,
            };
            let waited = self.frames.dropped();
            self.counters.dropped.fetch_add(waited - dropped, Ordering::Relaxed);
            dropped = waited;
            // Nothing is encoded that is not published.
            if !self.air.wants(frame.times.captured) {
                continue;
            }
            match encoder.encode(&frame) {
                Ok(encoded) => self.publish(&encoded),
                Err(error) => {
                    self.counters.dropped.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("a picture can't be encoded: {error}");
                }
            }
        }
    }

    fn publish(&self, frame: &EncodedFrame) {
        match self.air.publish(frame) {
            Some(Ok(message)) => {
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

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was told last of an open source.
#[derive(PartialEq, Eq)]
enum Told {
    Nothing,
    Open,
    Stalled,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source;

    #[test]
    fn while_paused_no_fault_is_told_and_no_picture_shown() {
        let (told, reports) = std::sync::mpsc::channel();
        let preview = Arc::<Latest<Frame>>::default();
        let task = Task::new(SourceSpec::TestPattern, Size::new(64, 48), Duration::from_millis(10), CameraBackend::default());
        let report = move |report| drop(told.send(report));
        let pipeline = Pipeline::start(task, preview.clone(), Arc::new(source::open), report).unwrap();
        let (shared, patience) = (pipeline.shared(), Duration::from_secs(30));
        assert!(matches!(preview.take(patience), Taken::Value(_)));
        assert!(matches!(reports.recv_timeout(patience), Ok(Report::Open(_))));
        let before = shared.control().round;
        shared.pause();
        // As from a source that was being opened meanwhile.
        shared.fault(SourceError::NoCamera, before);
        drop(preview.take(Duration::ZERO));
        let mut late = source::open(&SourceSpec::TestPattern, &shared.control().task.wanted, Duration::from_millis(10)).unwrap();
        let task = shared.control().task.clone();
        shared.drain(late.as_mut(), &task, before, &mut Backoff::default()).unwrap();
        assert!(reports.try_recv().is_err());
        assert_eq!(shared.control().fault, None);
    }
}
