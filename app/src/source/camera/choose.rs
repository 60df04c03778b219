//! Which of a camera's modes comes nearest to what is wanted.

use super::CameraMode;
use crate::frame::{PixelFormat, Size};
use crate::source::Wanted;

/// A mode and one of its rates; 0 if it tells none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) format: PixelFormat,
    pub(super) size: Size,
    pub(super) fps: f32,
}

/// The nearest size first; of its modes those that reach the wanted rate; of these the format that costs least; of its rates
/// the lowest that is enough, else the highest. `None` if there are no modes.
pub(super) fn choose(modes: &[CameraMode], wanted: &Wanted) -> Option<Choice> {
    let fps = wanted.fps as f32;
    modes.iter().map(|mode| Choice { format: mode.format, size: mode.size, fps: rate(&mode.rates, fps) }).min_by_key(|choice| {
        // Rounded, since 29.97 is meant as 30.
        let short = if choice.fps == 0.0 { 0 } else { (fps - choice.fps.round()).max(0.0) as u32 };
        (distance(choice.size, wanted.size), short, cost(choice.format))
    })
}

fn rate(rates: &[f32], wanted: f32) -> f32 {
    let enough = rates.iter().copied().filter(|rate| rate.round() >= wanted).min_by(f32::total_cmp);
    enough.or(rates.iter().copied().max_by(f32::total_cmp)).unwrap_or(0.0)
}

/// In pixels of width and height; of two as near, the larger one.
fn distance(size: Size, wanted: Size) -> (u32, bool) {
    let off = size.width.abs_diff(wanted.width) + size.height.abs_diff(wanted.height);
    (off, size.area() < wanted.area())
}

/// A JPEG passes through; the others are to be compressed, and RGB comes last since its colours must be converted first.
fn cost(format: PixelFormat) -> u32 {
    match format {
        PixelFormat::Jpeg => 0,
        PixelFormat::Yuyv => 1,
        PixelFormat::Nv12 => 2,
        PixelFormat::Rgb => 3,
        PixelFormat::Bgr => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::CameraBackend;

    fn mode(format: PixelFormat, size: &str, rates: &[f32]) -> CameraMode {
        CameraMode { format, size: size.parse().unwrap(), rates: rates.to_vec() }
    }

    #[test]
    fn the_nearest_is_chosen() {
        use PixelFormat::{Bgr, Jpeg, Nv12, Rgb, Yuyv};
        let webcam = [
            mode(Yuyv, "640x480", &[30.0, 15.0]),
            mode(Yuyv, "1280x720", &[10.0, 5.0]),
            mode(Jpeg, "640x480", &[30.0, 15.0]),
            mode(Jpeg, "1280x720", &[30.0, 15.0]),
            mode(Jpeg, "1920x1080", &[30.0]),
        ];
        let raw = [Bgr, Rgb, Nv12, Yuyv].map(|format| mode(format, "640x480", &[30.0]));
        let packed = [mode(Bgr, "640x480", &[30.0]), mode(Rgb, "640x480", &[30.0])];
        let quick_raw = [mode(Jpeg, "640x480", &[15.0]), mode(Yuyv, "640x480", &[30.0])];
        let ntsc = [mode(Jpeg, "640x480", &[59.94, 29.97, 14.985])];
        let silent = [mode(Nv12, "640x480", &[]), mode(Yuyv, "640x480", &[5.0])];
        let around = [mode(Yuyv, "600x400", &[30.0]), mode(Yuyv, "680x440", &[30.0])];
        let check = |modes: &[CameraMode], size: &str, fps, format, chosen: &str, rate| {
            let wanted = Wanted { size: size.parse().unwrap(), fps, backend: CameraBackend::default() };
            let expected = Choice { format, size: chosen.parse().unwrap(), fps: rate };
            assert_eq!(choose(modes, &wanted), Some(expected), "{size} at {fps}");
        };
        check(&webcam, "1280x720", 15, Jpeg, "1280x720", 15.0);
        check(&webcam, "1280x720", 16, Jpeg, "1280x720", 30.0);
        check(&webcam, "1280x720", 60, Jpeg, "1280x720", 30.0);
        check(&webcam, "1280x720", 1, Jpeg, "1280x720", 15.0);
        check(&webcam, "1300x700", 15, Jpeg, "1280x720", 15.0);
        check(&webcam, "3840x2160", 15, Jpeg, "1920x1080", 30.0);
        check(&webcam, "1x1", 30, Jpeg, "640x480", 30.0);
        check(&raw, "640x480", 15, Yuyv, "640x480", 30.0);
        check(&packed, "640x480", 15, Rgb, "640x480", 30.0);
        check(&quick_raw, "640x480", 30, Yuyv, "640x480", 30.0);
        check(&ntsc, "640x480", 30, Jpeg, "640x480", 29.97);
        check(&silent, "640x480", 30, Nv12, "640x480", 0.0);
        check(&around, "640x420", 30, Yuyv, "680x440", 30.0);
    }

    #[test]
    fn of_no_modes_none_is_chosen() {
        assert_eq!(choose(&[], &Wanted { size: Size::new(1, 1), fps: 1, backend: CameraBackend::default() }), None);
    }
}
