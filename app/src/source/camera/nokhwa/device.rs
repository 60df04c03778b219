//! What is asked of the crate `nokhwa`, on the thread that has the camera.

use bytes::Bytes;
use nokhwa::utils::{ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution};
use nokhwa::{Camera, NokhwaError};

use super::super::choose::{Choice, choose};
#[cfg(not(target_os = "linux"))]
use super::super::failed;
use super::super::{CameraMode, Target};
use crate::frame::{PixelFormat, Size};
use crate::source::{SourceError, Wanted, jpeg};

const FORMATS: [FrameFormat; 5] =
    [FrameFormat::MJPEG, FrameFormat::YUYV, FrameFormat::NV12, FrameFormat::RAWRGB, FrameFormat::RAWBGR];

/// The one order that works: open in any mode, ask what there is, choose, set it while stopped, start.
pub(super) fn open(target: &Target, wanted: &Wanted) -> Result<(Camera, CameraFormat), SourceError> {
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
pub(super) fn picture(camera: &mut Camera, choice: Choice, target: &Target) -> Result<Option<(Bytes, Size)>, SourceError> {
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

pub(super) fn choice_of(format: CameraFormat) -> Choice {
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
    super::super::nodes::fault(os_code(&words), &words, &target.name, &target.device)
}

/// The crate turns the system's error into words, which end with its number.
#[cfg(target_os = "linux")]
fn os_code(words: &str) -> Option<i32> {
    words.split_once("(os error ")?.1.split_once(')')?.0.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn fault(error: &NokhwaError, target: &Target) -> SourceError {
    let words = error.to_string();
    let is_denied = ["denied", "authoriz", "permission"].iter().any(|word| words.to_lowercase().contains(word));
    if is_denied { denied(target) } else { failed(&target.name, &words) }
}

#[cfg(not(target_os = "linux"))]
fn denied(target: &Target) -> SourceError {
    let cure = if cfg!(target_os = "macos") {
        "Allow it in System Settings, Privacy & Security, Camera, and start Cometcam again."
    } else {
        "Allow desktop apps to use the camera in Settings, Privacy & security, Camera."
    };
    SourceError::Denied { name: target.name.clone(), cure: cure.to_owned() }
}

/// macOS asks the person once, and gives no camera before the answer. Who takes longer is asked again when it is tried again.
#[cfg(target_os = "macos")]
pub(super) fn ask(target: &Target) -> Result<(), SourceError> {
    if nokhwa::nokhwa_check() {
        return Ok(());
    }
    let (told, answer) = std::sync::mpsc::sync_channel(1);
    nokhwa::nokhwa_initialize(move |granted| {
        let _nobody_waits_any_more = told.try_send(granted);
    });
    match answer.recv_timeout(super::OPENING) {
        Ok(true) => Ok(()),
        Ok(false) => Err(denied(target)),
        Err(_) => Err(failed(&target.name, &"macOS asks whether Cometcam may use it; allow it there")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
