//! Cameras through the `nokhwa` crate: the way on macOS and Windows, and a second one on Linux.
//!
//! It waits for a picture without a limit, so it gets a thread of its own, which is interrupted when the source is dropped.

mod device;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

#[cfg(not(target_os = "linux"))]
use nokhwa::utils::ApiBackend;

#[cfg(target_os = "linux")]
use super::v4l2::Board;
use super::{Backend, Found, Target, before_first, began, contained, discard, failed};
use crate::frame::{Frame, PixelFormat, StageTimes};
use crate::latest::{Latest, Taken};
#[cfg(target_os = "linux")]
use crate::source::Knob;
use crate::source::{Mode, Source, SourceError, Wanted};

/// How long a camera may take to open, and its thread to end.
const OPENING: Duration = Duration::from_secs(10);
const ENDING: Duration = Duration::from_secs(3);

pub(super) struct Nokhwa;

impl Backend for Nokhwa {
    /// On Linux the crate's own list panics on nodes of other names, and asking a camera through it changes the camera's mode.
    #[cfg(target_os = "linux")]
    fn find(&self, which: Option<&str>) -> Vec<Found> {
        super::v4l2::V4l2.find(which)
    }

    #[cfg(not(target_os = "linux"))]
    fn find(&self, _which: Option<&str>) -> Vec<Found> {
        let cameras = contained("", || nokhwa::query(ApiBackend::Auto).map_err(|error| failed("", &error)));
        let mut cameras = cameras.unwrap_or_else(|error| {
            tracing::warn!("{error}");
            Vec::new()
        });
        cameras.sort_by_key(|camera| camera.index().clone());
        let found = |camera: nokhwa::utils::CameraInfo| Found {
            name: camera.human_name(),
            device: camera.index().as_string(),
            place: camera.misc(),
            // To ask for them is to open the camera, and its light would go on.
            modes: Ok(Vec::new()),
        };
        cameras.into_iter().map(found).collect()
    }

    fn open(&self, target: &Target, wanted: &Wanted) -> Result<Box<dyn Source>, SourceError> {
        if left().contains_key(&target.device) {
            return Err(failed(&target.name, &"it has hung in the system since it was closed; plug it out and in again"));
        }
        #[cfg(target_os = "linux")]
        super::v4l2::settle(target)?;
        #[cfg(target_os = "macos")]
        device::ask(target)?;
        Ok(Box::new(Capture::open(target, *wanted)?))
    }
}

/// Threads that hang in the system with a camera, by its device: one for each at most.
static LEFT: Mutex<BTreeMap<String, JoinHandle<()>>> = Mutex::new(BTreeMap::new());

/// Those that have not ended since.
fn left() -> MutexGuard<'static, BTreeMap<String, JoinHandle<()>>> {
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    left.retain(|_, thread| !thread.is_finished());
    left
}

/// The thread that has the camera, and what it gives.
struct Capture {
    mode: Mode,
    device: String,
    shared: Arc<Shared>,
    /// `None` only while it is dropped.
    thread: Option<JoinHandle<()>>,
    /// Its driver's controls, reached beside the crate, whose thread waits for pictures. `None` if they can't be.
    #[cfg(target_os = "linux")]
    board: Option<Board>,
}

#[derive(Default)]
struct Shared {
    frames: Latest<Result<Frame, SourceError>>,
    stop: AtomicBool,
    /// Whether the thread may be waiting for a picture. It is interrupted only under this lock and only then: interrupted while
    /// it closes the camera, it would leave it open.
    waits: Mutex<bool>,
}

impl Shared {
    fn waits(&self) -> MutexGuard<'_, bool> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Capture {
    fn open(target: &Target, wanted: Wanted) -> Result<Self, SourceError> {
        let shared = Arc::new(Shared::default());
        let (opened, opening) = mpsc::sync_channel(1);
        let run = {
            let (target, shared) = (target.clone(), shared.clone());
            move || run(&target, &wanted, &shared, &opened)
        };
        let thread = thread::Builder::new().name("nokhwa".to_owned()).spawn(run).map_err(|error| failed(&target.name, &error))?;
        let blank =
            Mode { name: target.name.clone(), spec: target.spec.clone(), size: wanted.size, fps: 0.0, format: PixelFormat::Jpeg };
        // From here on Drop ends the thread, whatever comes.
        let mut capture = Self {
            mode: blank,
            device: target.device.clone(),
            shared,
            thread: Some(thread),
            #[cfg(target_os = "linux")]
            board: None,
        };
        capture.mode = opening.recv_timeout(OPENING).unwrap_or(Err(SourceError::Stalled(target.name.clone())))?;
        #[cfg(target_os = "linux")]
        {
            let board = Board::open(&target.device);
            let board = board.inspect_err(|error| tracing::warn!("the controls of “{}” can't be reached: {error}", target.name));
            capture.board = board.ok();
        }
        Ok(capture)
    }
}

impl Source for Capture {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, SourceError> {
        match self.shared.frames.take(patience) {
            Taken::Value(result) => result.map(Some),
            Taken::Nothing if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) => Ok(None),
            Taken::Nothing | Taken::Closed => Err(failed(&self.mode.name, &"it has ended")),
        }
    }

    #[cfg(target_os = "linux")]
    fn knobs(&mut self) -> Vec<Knob> {
        self.board.as_mut().map(Board::read).unwrap_or_default()
    }

    #[cfg(target_os = "linux")]
    fn turn(&mut self, knob: &str, value: i64) -> std::io::Result<()> {
        self.board.as_ref().ok_or(std::io::ErrorKind::Unsupported)?.set(knob, value)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return };
        let deadline = Instant::now() + ENDING;
        while !thread.is_finished() && Instant::now() < deadline {
            #[cfg(unix)]
            if *self.shared.waits() {
                super::system::interrupt(&thread);
            }
            thread::sleep(Duration::from_millis(2));
        }
        if !thread.is_finished() {
            // It hangs in the system; to wait for it would make the whole program hang.
            tracing::error!("the camera “{}” can't be stopped: it stays open until it gives one more picture", self.mode.name);
            left().insert(self.device.clone(), thread);
        } else if thread.join().is_err() {
            tracing::error!("the camera “{}” ended in disorder", self.mode.name);
        }
    }
}

/// The thread's work: opens the camera, tells its mode, and gives pictures until it is told to stop or the camera fails.
fn run(target: &Target, wanted: &Wanted, shared: &Shared, opened: &SyncSender<Result<Mode, SourceError>>) {
    let (mut camera, format) = match contained(&target.name, || device::open(target, wanted)) {
        Ok(open) => open,
        Err(error) => return tell(opened, Err(error)),
    };
    let choice = device::choice_of(format);
    let mode =
        Mode { name: target.name.clone(), spec: target.spec.clone(), size: choice.size, fps: choice.fps, format: choice.format };
    tell(opened, Ok(mode));
    *shared.waits() = true;
    let (mut number, mut last) = (0, before_first(Instant::now(), choice.fps));
    while !shared.stop.load(Ordering::Relaxed) {
        match contained(&target.name, || device::picture(&mut camera, choice, target)) {
            Ok(Some((bytes, size))) => {
                let dequeued = Instant::now();
                let times = StageTimes::new(began(dequeued, last, choice.fps), dequeued);
                last = dequeued;
                shared.frames.put(Ok(Frame { bytes, format: choice.format, size, number, times, retouch: None }));
                number += 1;
            }
            Ok(None) => number += 1,
            Err(_) if shared.stop.load(Ordering::Relaxed) => {}
            Err(error) => {
                shared.frames.put(Err(error));
                break;
            }
        }
    }
    *shared.waits() = false;
    // An interruption that is still on its way arrives at the next system call: at this one.
    thread::yield_now();
    // Its Drop panics if the camera does not stop.
    discard(&target.name, camera);
}

/// The receiver may have lost patience; then there is nobody to tell.
fn tell(opened: &SyncSender<Result<Mode, SourceError>>, result: Result<Mode, SourceError>) {
    drop(opened.send(result));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Size;

    #[test]
    fn a_camera_that_hangs_is_not_opened_once_more() {
        let (let_go, hangs) = mpsc::channel::<()>();
        let target = Target { name: "Webcam".to_owned(), device: "/dev/video98".to_owned(), spec: "camera".parse().unwrap() };
        let wanted = Wanted { size: Size::new(640, 480), fps: 15, backend: crate::source::CameraBackend::Nokhwa };
        // Ends when its line is let go, which is an error.
        let hang = move || hangs.recv().unwrap_or_default();
        left().insert(target.device.clone(), thread::spawn(hang));
        let told = || Nokhwa.open(&target, &wanted).err().unwrap().to_string();
        assert!(told().contains("has hung"));
        drop(let_go);
        while !left().is_empty() {
            thread::yield_now();
        }
        assert!(!told().contains("has hung"));
    }
}
