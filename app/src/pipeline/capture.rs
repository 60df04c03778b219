//! Captures: opens the source, passes its pictures on, and opens it again after a failure.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::knobs::{self, Turned, with_defaults};
use super::pace::{Backoff, Pace};
use super::shared::Control;
use super::{Report, Shared, Task};
use crate::frame::Frame;
use crate::source::{Source, SourceError, SourceSpec};

/// A source that gives nothing for so long is told as stalled.
const STALL: Duration = Duration::from_secs(3);
/// A source that gives nothing for so long is opened anew.
const REOPEN: Duration = Duration::from_secs(10);
/// How often it is looked, while no picture is taken, whether somebody ended the broadcast.
const HELD: Duration = Duration::from_secs(1);
/// How long a thread may take to notice that it is to end.
pub(super) const NOTICE: Duration = Duration::from_millis(200);

impl Shared {
    pub(super) fn capture(&self) {
        let mut backoff = Backoff::default();
        let mut opened: Option<(Task, SourceSpec)> = None;
        // Kept while a camera is opened anew: one that is frozen is so afterwards, too.
        let mut shown = Bytes::new();
        while let Some((task, round)) = self.next_task() {
            // A camera that was pulled out is waited for: “the first camera” must not become another one while live.
            let is_same = |of: &Task| of.source == task.source && of.wanted.backend == task.wanted.backend;
            let same = opened.as_ref().filter(|(of, _)| is_same(of)).map_or(&task.source, |(_, same)| same);
            match (self.open)(same, &task.wanted, task.interval) {
                Ok(mut source) => {
                    opened = Some((task.clone(), source.mode().spec.clone()));
                    if let Err(error) = self.drain(source.as_mut(), &task, round, &mut shown, &mut backoff) {
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
        let held = |control: &mut Control| control.paused && control.ended.is_none();
        loop {
            drop(self.changed.wait_timeout_while(self.control(), HELD, held).unwrap_or_else(PoisonError::into_inner));
            // No camera is switched on for a broadcast that is over.
            self.notice_over();
            let control = self.control();
            if control.ended.is_some() {
                return None;
            }
            if !control.paused {
                return Some((control.task.clone(), control.round));
            }
        }
    }

    fn pause_until_changed(&self, round: u64, patience: Duration) {
        let unchanged = |control: &mut Control| control.round == round && control.ended.is_none();
        drop(self.changed.wait_timeout_while(self.control(), patience, unchanged).unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn is_current(&self, round: u64) -> bool {
        let control = self.control();
        control.round == round && control.ended.is_none()
    }

    /// Passes frames on until the task changes or the source fails. `shown` is what was passed on last.
    pub(super) fn drain(
        &self,
        source: &mut dyn Source,
        task: &Task,
        round: u64,
        shown: &mut Bytes,
        backoff: &mut Backoff,
    ) -> Result<(), SourceError> {
        let mut pace = Pace::new(task.interval);
        // A camera has a rhythm of its own, however seldom a picture of it is wanted.
        let rhythm = if task.source.is_camera() { Duration::ZERO } else { task.interval };
        let (mut last, mut expected, mut flows) = (Instant::now(), None, false);
        let mut turned = None;
        while self.is_current(round) {
            self.turn_knobs(source, &mut turned, round);
            let frame = source.next(NOTICE)?;
            self.notice_over();
            if let Some(frame) = &frame {
                let lost = expected.map_or(0, |expected| frame.number.saturating_sub(expected));
                self.counters.dropped.fetch_add(lost, Ordering::Relaxed);
                expected = Some(frame.number + 1);
            }
            let Some(frame) = frame.filter(|frame| !task.source.is_camera() || frame.bytes != *shown) else {
                let silence = last.elapsed();
                if silence > STALL.max(2 * rhythm) {
                    self.fault(SourceError::Stalled(source.mode().name.clone()), round);
                    flows = false;
                }
                if silence > REOPEN.max(3 * rhythm) {
                    return Ok(());
                }
                continue;
            };
            if !self.is_current(round) {
                // Captured while a pause or another task began.
                break;
            }
            last = Instant::now();
            shown.clone_from(&frame.bytes);
            if !flows {
                self.control().fault = None;
                (self.report)(Report::Open(source.mode().clone()));
                flows = true;
                *backoff = Backoff::default();
            }
            self.counters.captured.fetch_add(1, Ordering::Relaxed);
            if pace.is_due(frame.times.captured) {
                let retouch = self.retouch.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let frame = Frame { retouch, ..frame };
                self.newest.lock().unwrap_or_else(PoisonError::into_inner).replace(frame.clone());
                self.preview.put(frame.clone());
                self.frames.put(frame);
            }
        }
        Ok(())
    }

    /// Sets what can be set of the camera, if that was not done for the newest order. `turned` is the round of the last one.
    fn turn_knobs(&self, source: &mut dyn Source, turned: &mut Option<u64>, round: u64) {
        let order = self.knobs();
        if *turned == Some(order.round) {
            return;
        }
        let spec = source.mode().spec.clone();
        // A camera that is opened is as it was left, by whomever.
        let reset = order.reset.filter(|reset| turned.is_some_and(|turned| turned < *reset));
        let mut wanted = order.settings.of(&spec);
        *turned = Some(order.round);
        drop(order);
        if reset.is_some() {
            wanted = with_defaults(&source.knobs(), wanted);
        }
        let Turned { knobs, refused } = knobs::turn(source, &wanted);
        if !self.is_current(round) {
            return;
        }
        if !knobs.is_empty() {
            (self.report)(Report::Knobs(spec, knobs));
        }
        for refused in refused {
            (self.report)(Report::Knob(refused));
        }
    }

    /// Tells a fault, unless a pause or another task has begun meanwhile.
    pub(super) fn fault(&self, error: SourceError, round: u64) {
        if !self.is_current(round) {
            return;
        }
        self.air.stalled(error.for_viewers());
        if self.control().fault.replace(error.clone()) != Some(error.clone()) {
            (self.report)(Report::Fault(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;

    use super::super::Pipeline;
    use super::super::tests::held;
    use super::*;
    use crate::frame::{PixelFormat, Size, StageTimes};
    use crate::save::Save;
    use crate::source::{self, CameraBackend, Mode, Wanted};

    #[test]
    fn while_paused_no_fault_is_told_and_no_picture_shown() {
        let (pipeline, reports) = held();
        let (shared, before) = (pipeline.shared(), pipeline.shared().control().round - 1);
        // As from a source that was being opened meanwhile.
        shared.fault(SourceError::NoCamera, before);
        let mut late = source::open(&SourceSpec::TestPattern, &shared.control().task.wanted, Duration::from_millis(10)).unwrap();
        let task = shared.control().task.clone();
        shared.drain(late.as_mut(), &task, before, &mut Bytes::new(), &mut Backoff::default()).unwrap();
        assert!(reports.try_recv().is_err());
        assert_eq!(shared.control().fault, None);
    }

    /// A camera that gives these pictures, and then is unplugged.
    struct Camera {
        mode: Mode,
        pictures: Vec<&'static [u8]>,
        given: usize,
    }

    impl Camera {
        fn new(pictures: Vec<&'static [u8]>) -> Self {
            let (name, spec, format) = ("Webcam".to_owned(), SourceSpec::FirstCamera, PixelFormat::Jpeg);
            Self { mode: Mode { name, spec, size: Size::new(64, 48), fps: 100.0, format }, pictures, given: 0 }
        }
    }

    impl Source for Camera {
        fn mode(&self) -> &Mode {
            &self.mode
        }

        fn next(&mut self, _patience: Duration) -> Result<Option<Frame>, SourceError> {
            // One that is asked again and again would keep a processor busy.
            thread::park_timeout(Duration::from_millis(5));
            let unplugged = || SourceError::Unplugged(self.mode.name.clone());
            let bytes = Bytes::from_static(self.pictures.get(self.given).ok_or_else(unplugged)?);
            self.given += 1;
            let (Mode { format, size, .. }, number) = (&self.mode, self.given as u64);
            Ok(Some(Frame { bytes, format: *format, size: *size, number, times: StageTimes::captured_now(), retouch: None }))
        }
    }

    fn of_a_camera(interval: Duration) -> Task {
        Task::new(SourceSpec::FirstCamera, Size::new(64, 48), interval, CameraBackend::default())
    }

    #[test]
    fn the_same_bytes_again_are_no_new_picture_also_after_the_camera_was_opened_anew() {
        let (pipeline, reports) = held();
        let (shared, mut shown, mut backoff) = (pipeline.shared(), Bytes::new(), Backoff::default());
        let round = shared.control().round;
        let task = of_a_camera(Duration::from_millis(5));
        let mut drain = |pictures| shared.drain(&mut Camera::new(pictures), &task, round, &mut shown, &mut backoff);
        let captured = || shared.counters().captured.load(Ordering::Relaxed);
        let before = captured();
        drop(drain(vec![b"one", b"one", b"one"]));
        assert_eq!(captured() - before, 1);
        assert!(matches!(reports.try_recv(), Ok(Report::Open(_))));
        drop(drain(vec![b"one", b"one"]));
        assert_eq!(captured() - before, 1);
        assert!(reports.try_recv().is_err(), "it is frozen still");
        drop(drain(vec![b"one", b"two", b"one"]));
        assert_eq!(captured() - before, 3);
    }

    #[test]
    fn a_frozen_camera_is_told_as_stalled_once_also_if_a_picture_of_it_is_seldom_wanted() {
        let (pipeline, reports) = held();
        let shared = pipeline.shared().clone();
        let round = shared.control().round;
        let frozen = thread::spawn(move || {
            let mut camera = Camera::new(vec![b"one"; 1_000_000]);
            let seldom = of_a_camera(Duration::from_secs(3600));
            shared.drain(&mut camera, &seldom, round, &mut Bytes::new(), &mut Backoff::default())
        });
        let report = || reports.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(matches!(report(), Report::Open(_)));
        assert_eq!(report(), Report::Fault(SourceError::Stalled("Webcam".to_owned())));
        pipeline.shared().fault(SourceError::Stalled("Webcam".to_owned()), round);
        pipeline.shared().end();
        frozen.join().unwrap().unwrap();
        assert!(reports.try_recv().is_err());
    }

    #[test]
    fn any_camera_stays_the_one_that_it_became_when_another_size_is_asked_of_it() {
        let (told, opened) = mpsc::channel();
        let open = move |spec: &SourceSpec, wanted: &Wanted, _interval| {
            told.send((spec.clone(), wanted.size)).unwrap();
            let mut camera = Camera::new(vec![b"one"; 1_000_000]);
            camera.mode.spec = SourceSpec::Camera("Webcam".to_owned());
            Ok(Box::new(camera) as Box<dyn Source>)
        };
        let (any, size, interval) = (SourceSpec::FirstCamera, Size::new(32, 24), Duration::from_millis(5));
        let pipeline = Pipeline::start(of_a_camera(interval), Arc::default(), Arc::new(open), drop).unwrap();
        let next = || opened.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(next(), (any.clone(), Size::new(64, 48)));
        pipeline.shared().set(Task::new(any, size, interval, CameraBackend::default()), Save::Off);
        assert_eq!(next(), (SourceSpec::Camera("Webcam".to_owned()), size));
    }
}
