//! Cameras: which there are, how one is named, and how one is opened. The crates that reach them are named in `camera/v4l2` and
//! `camera/nokhwa` alone.

mod choose;
#[cfg(target_os = "linux")]
mod nodes;
mod nokhwa;
#[cfg(unix)]
mod system;
mod table;
#[cfg(target_os = "linux")]
mod v4l2;

use std::fmt::Display;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};

use super::{CameraBackend, Source, SourceError, SourceSpec, Wanted};
use crate::frame::{PixelFormat, Size};

pub use table::table;

/// A camera of the list that `cometcam cameras` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedCamera {
    /// Its place in the list, from 1.
    pub number: usize,
    /// For people; no two of a list are the same.
    pub name: String,
    /// The device path on Linux, elsewhere the system's own number or id.
    pub device: String,
    /// Its name as it tells it and the place where it is plugged in: stays the same over restarts, and when others come and go.
    pub identity: String,
    /// What it offers of what Cometcam reads.
    pub modes: Vec<CameraMode>,
    /// Why it can't be used.
    #[serde(serialize_with = "as_sentence")]
    pub problem: Option<SourceError>,
}

/// One format and size of a camera.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CameraMode {
    /// Of its pictures.
    pub format: PixelFormat,
    /// Of its pictures.
    pub size: Size,
    /// Pictures a second, the highest first; empty if it doesn't tell.
    pub rates: Vec<f32>,
}

fn as_sentence<S: Serializer>(problem: &Option<SourceError>, serializer: S) -> Result<S::Ok, S::Error> {
    problem.as_ref().map(ToString::to_string).serialize(serializer)
}

/// The cameras there are, in a stable order, those that can't be used included.
#[must_use]
pub fn cameras(backend: CameraBackend) -> Vec<ListedCamera> {
    listed(backend_of(backend).find(None))
}

/// Opens the camera named `which`, or the first that can be used.
pub(super) fn open(which: Option<&str>, wanted: &Wanted) -> Result<Box<dyn Source>, SourceError> {
    let backend = backend_of(wanted.backend);
    let cameras = listed(backend.find(which));
    let camera = match which {
        Some(which) => find(which, &cameras).ok_or_else(|| SourceError::NotThere(which.to_owned()))?,
        None => first(&cameras).ok_or(SourceError::NoCamera)?,
    };
    match &camera.problem {
        Some(problem) => Err(problem.clone()),
        None => backend
            .open(&Target { name: camera.name.clone(), device: camera.device.clone(), spec: camera.spec(&cameras) }, wanted),
    }
}

/// A way to cameras. Whatever panics inside the crate behind it stays inside.
trait Backend {
    /// The cameras there are; of those that `which` can't name as many as are found without opening them.
    fn find(&self, which: Option<&str>) -> Vec<Found>;
    fn open(&self, target: &Target, wanted: &Wanted) -> Result<Box<dyn Source>, SourceError>;
}

fn backend_of(backend: CameraBackend) -> &'static dyn Backend {
    match backend {
        #[cfg(target_os = "linux")]
        CameraBackend::V4l2 => &v4l2::V4l2,
        CameraBackend::Nokhwa => &nokhwa::Nokhwa,
    }
}

/// A camera as a backend found it.
struct Found {
    /// As the camera tells it.
    name: String,
    device: String,
    /// Where it is plugged in.
    place: String,
    modes: Result<Vec<CameraMode>, SourceError>,
}

/// What a backend is to open.
#[derive(Debug, Clone)]
struct Target {
    name: String,
    device: String,
    /// What finds it again.
    spec: SourceSpec,
}

fn listed(found: Vec<Found>) -> Vec<ListedCamera> {
    let mut listed: Vec<ListedCamera> = Vec::new();
    for (number, camera) in (1..).zip(found) {
        let (modes, problem) = match camera.modes {
            Ok(modes) => (modes, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        let identity = format!("{} @ {}", camera.name, camera.place);
        let mut name = camera.name.clone();
        let mut twin = 2;
        while listed.iter().any(|other| other.name == name) {
            name = format!("{} ({twin})", camera.name);
            twin += 1;
        }
        listed.push(ListedCamera { number, name, device: camera.device, identity, modes, problem });
    }
    listed
}

/// By printed name, number, device path (or a link to it), or identity.
fn find<'a>(which: &str, cameras: &'a [ListedCamera]) -> Option<&'a ListedCamera> {
    let by = |same: &dyn Fn(&ListedCamera) -> bool| cameras.iter().find(|camera| same(camera));
    let path = || fs::canonicalize(which).ok().and_then(|path| by(&|camera| path.as_os_str() == camera.device.as_str()));
    by(&|camera| camera.name == which)
        .or_else(|| by(&|camera| which.parse() == Ok(camera.number)))
        .or_else(|| by(&|camera| camera.device == which))
        .or_else(|| by(&|camera| camera.identity == which))
        .or_else(path)
}

fn first(cameras: &[ListedCamera]) -> Option<&ListedCamera> {
    cameras.iter().find(|camera| camera.problem.is_none()).or(cameras.first())
}

impl ListedCamera {
    /// What names this camera, and no other one, for as long as it is plugged in or away: its name, wherever it comes back, as
    /// long as it is the only one of that name; otherwise its identity, since its twin must not take its place.
    #[must_use]
    pub fn spec(&self, cameras: &[ListedCamera]) -> SourceSpec {
        let told = |camera: &ListedCamera| camera.identity.split(" @ ").next().map(str::to_owned);
        let twins = cameras.iter().filter(|camera| told(camera) == told(self)).count();
        SourceSpec::Camera(if twins == 1 { self.name.clone() } else { self.identity.clone() })
    }
}

/// When the exposure of a picture began, at the latest, that had ended at `end`: an interval before, and not after the end of the
/// one before it, for in the dark a camera takes longer than it says. `before` is that end, or [`before_first`]. A later time would
/// let a picture count as live whose light was gathered before Go live.
fn began(end: Instant, before: Instant, fps: f32) -> Instant {
    interval(fps).and_then(|interval| end.checked_sub(interval)).map_or(before, |began| began.min(before))
}

/// What stands for the picture before the first one: the camera's opening, and a second before it where its rate is not known.
fn before_first(opened: Instant, fps: f32) -> Instant {
    let unknown = interval(fps).is_none().then(|| opened.checked_sub(Duration::from_secs(1)));
    unknown.flatten().unwrap_or(opened)
}

/// From one picture to the next; `None` if it is not known.
fn interval(fps: f32) -> Option<Duration> {
    Duration::try_from_secs_f32(fps.recip()).ok().filter(|interval| !interval.is_zero())
}

/// Runs what may panic inside a foreign crate; a panic becomes a [`SourceError::Failed`].
fn contained<T>(name: &str, run: impl FnOnce() -> Result<T, SourceError>) -> Result<T, SourceError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let cause = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(failed(name, &cause.unwrap_or("its driver gave up")))
    })
}

/// Drops what may panic while it is dropped.
fn discard<T>(name: &str, value: T) {
    let dropped = contained(name, || {
        drop(value);
        Ok(())
    });
    if let Err(error) = dropped {
        tracing::error!("{error}");
    }
}

fn failed(name: &str, cause: &dyn Display) -> SourceError {
    SourceError::Failed { name: name.to_owned(), cause: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(name: &str, device: &str, place: &str) -> Found {
        let mode = CameraMode { format: PixelFormat::Jpeg, size: Size::new(640, 480), rates: vec![30.0] };
        Found { name: name.to_owned(), device: device.to_owned(), place: place.to_owned(), modes: Ok(vec![mode]) }
    }

    fn three() -> Vec<ListedCamera> {
        listed(vec![
            camera("Webcam", "/dev/video0", "usb1/1-1"),
            camera("Webcam", "/dev/video2", "usb1/1-2"),
            camera("2", "/dev/video4", "usb1/1-3"),
        ])
    }

    #[test]
    fn twins_have_names_of_their_own() {
        let names: Vec<_> = three().into_iter().map(|camera| camera.name).collect();
        assert_eq!(names, ["Webcam", "Webcam (2)", "2"]);
        let odd = listed(vec![camera("A", "0", ""), camera("A (2)", "1", ""), camera("A", "2", "")]);
        assert_eq!(odd[2].name, "A (3)");
    }

    #[test]
    fn a_camera_is_found_by_each_of_its_names() {
        let cameras = three();
        for (which, device) in [
            ("Webcam", "/dev/video0"),
            ("Webcam (2)", "/dev/video2"),
            ("1", "/dev/video0"),
            ("2", "/dev/video4"), // a name goes before a number
            ("3", "/dev/video4"),
            ("/dev/video2", "/dev/video2"),
            ("Webcam @ usb1/1-2", "/dev/video2"),
        ] {
            assert_eq!(find(which, &cameras).unwrap().device, device, "{which}");
        }
        for which in ["0", "4", "webcam 3", "/dev/video9", "Webcam @ usb1/1-9", "-1"] {
            assert_eq!(find(which, &cameras), None, "{which}");
        }
    }

    #[test]
    fn a_camera_is_found_again_and_never_its_twin_instead() {
        let cameras = three();
        let specs: Vec<_> = cameras.iter().map(|camera| camera.spec(&cameras).to_string()).collect();
        assert_eq!(specs, ["camera:Webcam @ usb1/1-1", "camera:Webcam @ usb1/1-2", "camera:2"]);
    }

    #[test]
    fn the_first_that_works_is_the_first_camera() {
        let broken = |device| Found { modes: Err(failed("IR", &"grey")), ..camera("IR", device, "") };
        let cameras = listed(vec![broken("0"), camera("Webcam", "1", "")]);
        assert_eq!(first(&cameras).unwrap().device, "1");
        assert_eq!(first(&cameras[..1]).unwrap().device, "0", "its problem is better told than “no camera”");
        assert_eq!(first(&[]), None);
    }

    #[test]
    fn a_picture_is_as_old_as_its_exposure_can_be() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(began(at(1000), at(990), 8.0), at(875), "they come in a bunch");
        assert_eq!(began(at(1000), at(700), 8.0), at(700), "it is dark");
        assert_eq!(began(at(5000), at(2900), 0.5), at(2900), "it is slow and punctual");
        assert_eq!(began(at(1500), at(1400), 0.0), at(1400), "its rate is not known: it is no older than its forerunner");
        assert_eq!(before_first(at(1500), 0.0), at(500), "nor is there one before it");
        assert_eq!(before_first(at(1500), 8.0), at(1500));
    }

    #[test]
    fn panics_are_errors() {
        let error = contained("Webcam", || -> Result<(), _> { panic!("Invalid colorspace") }).unwrap_err();
        assert_eq!(error, failed("Webcam", &"Invalid colorspace"));
    }
}
