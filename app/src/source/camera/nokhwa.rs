//! Cameras through the `nokhwa` crate: the way on macOS and Windows, and a second one on Linux.
//!
//! It waits for a picture without a limit, so it gets a thread of its own, which is interrupted when the source is dropped.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use nokhwa::utils::{ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution};
use nokhwa::{Camera, NokhwaError};

use super::choose::{Choice, choose};
#[cfg(target_os = "linux")]
use super::v4l2::Board;
use super::{Backend, CameraMode, Found, Target, before_first, began, contained, discard, failed};
use crate::frame::{Frame, PixelFormat, Size, StageTimes};
use crate::latest::{Latest, Taken};
#[cfg(target_os = "linux")]
use crate::source::Knob;
use crate::source::{Mode, Source, SourceError, Wanted, jpeg};

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
    let (mut camera, format) = match contained(&target.name, || open(target, wanted)) {
        Ok(open) => open,
        Err(error) => return tell(opened, Err(error)),
    };
    let choice = choice_of(format);
    let mode =
        Mode { name: target.name.clone(), spec: target.spec.clone(), size: choice.size, fps: choice.fps, format: choice.format };
    tell(opened, Ok(mode));
    *shared.waits() = true;
    let (mut number, mut last) = (0, before_first(Instant::now(), choice.fps));
    while !shared.stop.load(Ordering::Relaxed) {
        match contained(&target.name, || picture(&mut camera, choice, target)) {
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

const FORMATS: [FrameFormat; 5] =
    [FrameFormat::MJPEG, FrameFormat::YUYV, FrameFormat::NV12, FrameFormat::RAWRGB, FrameFormat::RAWBGR];

/// The one order that works: open in any mode, ask what there is, choose, set it while stopped, start.
fn open(target: &Target, wanted: &Wanted) -> Result<(Camera, CameraFormat), SourceError> {
    let fault = |error| fault(&error, target);
    let index = target.device.trim_start_matches("/dev/video");
    let index = index.parse().map_or_else(|_| CameraIndex::String(target.device.clone()), CameraIndex::Index);
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    let mut camera = Camera::with_backend(index, any, ApiBackend::Auto).map_err(fault)?;
    let mut modes = modes(&camera.compatible_camera_formats().map_err(fault)?);
    let format = loop {
        let choice = choose(&modes, wanted)
            .ok_or_else(|| SourceError::NoFormat { name: target.name.clone(), offers: "none that it keeps to".to_owned() })?;
        match set(&mut camera, choice) {
            Ok(format) => break format,
            // The crate misreads some intervals, 2/25 s as 25 a second, and what it can't read back it refuses.
            Err(error) => tracing::debug!("{}: {choice:?} is refused: {error}", target.name),
        }
        leave_out(&mut modes, choice);
    };
    camera.open_stream().map_err(fault)?;
    Ok((camera, format))
}

/// Agrees on the mode while the camera is stopped.
fn set(camera: &mut Camera, choice: Choice) -> Result<CameraFormat, NokhwaError> {
    let exact = RequestedFormatType::Exact(camera_format(choice));
    camera.set_camera_requset(RequestedFormat::with_formats(exact, &FORMATS))?;
    camera.refresh_camera_format()
}

fn leave_out(modes: &mut Vec<CameraMode>, choice: Choice) {
    for mode in modes.iter_mut().filter(|mode| mode.format == choice.format && mode.size == choice.size) {
        mode.rates.retain(|rate| *rate != choice.fps);
    }
    modes.retain(|mode| !mode.rates.is_empty());
}

/// The next picture, as soon as there is one; `None` if it is not whole.
fn picture(camera: &mut Camera, choice: Choice, target: &Target) -> Result<Option<(Bytes, Size)>, SourceError> {
    let buffer = camera.frame_raw().map_err(|error| fault(&error, target))?;
    // The buffer is longer than the picture, and the rest of it is what is left of older ones.
    Ok(match choice.format.bytes_of(choice.size) {
        None => jpeg::picture(&buffer),
        Some(len) => buffer.get(..len).map(|picture| (Bytes::copy_from_slice(picture), choice.size)),
    })
}

fn modes(formats: &[CameraFormat]) -> Vec<CameraMode> {
    let mut modes: Vec<CameraMode> = Vec::new();
    for choice in formats.iter().filter(|format| FORMATS.contains(&format.format())).map(|format| choice_of(*format)) {
        // Beyond that it is an interval that the crate misread: 1001/30000 s as 30,000 a second.
        if !(1.0..=240.0).contains(&choice.fps) {
            continue;
        }
        match modes.iter_mut().find(|mode| mode.format == choice.format && mode.size == choice.size) {
            Some(mode) => mode.rates.push(choice.fps),
            None => modes.push(CameraMode { format: choice.format, size: choice.size, rates: vec![choice.fps] }),
        }
    }
    modes
}

fn choice_of(format: CameraFormat) -> Choice {
    let pixels = match format.format() {
        FrameFormat::YUYV => PixelFormat::Yuyv,
        FrameFormat::NV12 => PixelFormat::Nv12,
        FrameFormat::RAWRGB => PixelFormat::Rgb,
        FrameFormat::RAWBGR => PixelFormat::Bgr,
        _ => PixelFormat::Jpeg,
    };
    Choice { format: pixels, size: Size::new(format.width(), format.height()), fps: format.frame_rate() as f32 }
}

fn camera_format(choice: Choice) -> CameraFormat {
    let format = match choice.format {
        PixelFormat::Jpeg => FrameFormat::MJPEG,
        PixelFormat::Yuyv => FrameFormat::YUYV,
        PixelFormat::Nv12 => FrameFormat::NV12,
        PixelFormat::Rgb => FrameFormat::RAWRGB,
        PixelFormat::Bgr => FrameFormat::RAWBGR,
    };
    CameraFormat::new(Resolution::new(choice.size.width, choice.size.height), format, choice.fps as u32)
}

#[cfg(target_os = "linux")]
fn fault(error: &NokhwaError, target: &Target) -> SourceError {
    let words = error.to_string();
    super::nodes::fault(os_code(&words), &words, &target.name, &target.device)
}

/// The crate turns the system's error into words, which end with its number.
#[cfg(target_os = "linux")]
fn os_code(words: &str) -> Option<i32> {
    words.split_once("(os error ")?.1.split_once(')')?.0.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn fault(error: &NokhwaError, target: &Target) -> SourceError {
    let words = error.to_string();
    let denied = ["denied", "authoriz", "permission"].iter().any(|word| words.to_lowercase().contains(word));
    if !denied {
        return failed(&target.name, &words);
    }
    let cure = if cfg!(target_os = "macos") {
        "Allow it in System Settings, Privacy & Security, Camera, and start Cometcam again."
    } else {
        "Allow desktop apps to use the camera in Settings, Privacy & security, Camera."
    };
    SourceError::Denied { name: target.name.clone(), cure: cure.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_s_error_is_read_out_of_the_words() {
        let target = Target { name: "Webcam".to_owned(), device: "/dev/video99".to_owned(), spec: "camera".parse().unwrap() };
        let error = NokhwaError::ReadFrameError("No such device (os error 19)".to_owned());
        assert_eq!(fault(&error, &target), SourceError::Unplugged("Webcam".to_owned()));
        assert_eq!(os_code("Rejected"), None);
    }

    #[test]
    fn misread_rates_are_left_out() {
        let format = |fps| CameraFormat::new(Resolution::new(640, 480), FrameFormat::MJPEG, fps);
        let modes = modes(&[format(30), format(30_000), format(15)]);
        assert_eq!(modes, [CameraMode { format: PixelFormat::Jpeg, size: Size::new(640, 480), rates: vec![30.0, 15.0] }]);
    }

    #[test]
    fn each_format_goes_there_and_back() {
        for format in FORMATS.map(|format| CameraFormat::new(Resolution::new(640, 480), format, 30)) {
            assert_eq!(camera_format(choice_of(format)), format);
        }
    }
}
