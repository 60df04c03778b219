//! The handle by which others steer a pipeline, and its threads know what to do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::air::Air;
use super::knobs::KnobOrder;
use super::{Counters, Report, Task};
use crate::frame::Frame;
use crate::latest::Latest;
use crate::retouch::Retouch;
use crate::save::Save;
use crate::source::{KnobSettings, Opener, SourceError};

/// The handle for those who steer the pipeline from elsewhere.
pub struct Shared {
    pub(super) control: Mutex<Control>,
    pub(super) changed: Condvar,
    /// Between capture and encode.
    pub(super) frames: Latest<Frame>,
    /// For the window, live or not.
    pub(super) preview: Arc<Latest<Frame>>,
    pub(super) air: Arc<Air>,
    pub(super) newest: Mutex<Option<Frame>>,
    /// What is done to each picture from now on; `None`: nothing.
    pub(super) retouch: Mutex<Option<Arc<Retouch>>>,
    pub(super) knobs: Mutex<KnobOrder>,
    pub(super) counters: Counters,
    /// Whether the last picture could be encoded, as far as was told.
    pub(super) works: AtomicBool,
    pub(super) open: Opener,
    pub(super) report: Box<dyn Fn(Report) + Send + Sync>,
}

#[derive(Debug)]
pub(super) struct Control {
    pub(super) task: Task,
    /// Grows with each change, so that capturing begins anew.
    pub(super) round: u64,
    pub(super) paused: bool,
    /// Since when it is to end.
    pub(super) ended: Option<Instant>,
    /// What was told last: a fault that lasts is told once.
    pub(super) fault: Option<SourceError>,
}

impl Shared {
    pub(super) fn new(task: Task, preview: Arc<Latest<Frame>>, open: Opener, report: Box<dyn Fn(Report) + Send + Sync>) -> Self {
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

    pub(super) fn knobs(&self) -> MutexGuard<'_, KnobOrder> {
        self.knobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
