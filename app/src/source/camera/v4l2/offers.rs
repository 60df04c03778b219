//! What a device offers of what Cometcam reads.

use v4l::device::Device;
use v4l::format::FourCC;
use v4l::fraction::Fraction;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::{FrameSizeEnum, Stepwise};
use v4l::video::Capture as _;

use crate::frame::{PixelFormat, Size};
use crate::source::SourceError;
use crate::source::camera::{CameraMode, failed};

/// A mode, and the driver's code of its format.
pub(super) struct Offer {
    pub(super) fourcc: FourCC,
    pub(super) mode: CameraMode,
}

/// How Cometcam reads a format of the driver, if it does.
pub(super) fn pixel_format(fourcc: FourCC) -> Option<PixelFormat> {
    match &fourcc.repr {
        b"MJPG" | b"JPEG" => Some(PixelFormat::Jpeg),
        b"YUYV" => Some(PixelFormat::Yuyv),
        b"NV12" => Some(PixelFormat::Nv12),
        b"RGB3" => Some(PixelFormat::Rgb),
        b"BGR3" => Some(PixelFormat::Bgr),
        _ => None,
    }
}

/// All that Cometcam reads of what the device has; an error if that is nothing.
pub(super) fn offers(device: &Device, name: &str) -> Result<Vec<Offer>, SourceError> {
    let formats = device.enum_formats().map_err(|error| failed(name, &error))?;
    let mut offers = Vec::new();
    for fourcc in formats.iter().map(|format| format.fourcc) {
        let Some(format) = pixel_format(fourcc) else { continue };
        for size in sizes(device, fourcc) {
            let rates = rates(device, fourcc, size);
            offers.push(Offer { fourcc, mode: CameraMode { format, size, rates } });
        }
    }
    if offers.is_empty() {
        let has: Vec<_> = formats.iter().map(|format| format.fourcc.to_string()).collect();
        let offers = if has.is_empty() { "it offers none".to_owned() } else { has.join(", ") };
        return Err(SourceError::NoFormat { name: name.to_owned(), offers });
    }
    Ok(offers)
}

fn sizes(device: &Device, fourcc: FourCC) -> Vec<Size> {
    let Ok(sizes) = device.enum_framesizes(fourcc) else {
        // A device of one size may leave it at that.
        let present = device.format().ok().filter(|format| format.fourcc == fourcc);
        return present.map(|format| Size::new(format.width, format.height)).into_iter().collect();
    };
    let mut sizes: Vec<_> = sizes
        .into_iter()
        .flat_map(|size| match size.size {
            FrameSizeEnum::Discrete(size) => vec![Size::new(size.width, size.height)],
            FrameSizeEnum::Stepwise(range) => usual_sizes(&range),
        })
        .filter(|size| (1..=Size::MAX_SIDE).contains(&size.width) && (1..=Size::MAX_SIDE).contains(&size.height))
        .collect();
    sizes.sort_unstable_by_key(|size| std::cmp::Reverse((size.area(), size.width)));
    sizes.dedup();
    sizes
}

/// Sizes that people ask for, of a device that makes any in a range; the largest if it makes none of them.
fn usual_sizes(range: &Stepwise) -> Vec<Size> {
    let usual = [(320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160)];
    let on_step =
        |side: u32, min: u32, max: u32, step: u32| (min..=max).contains(&side) && (side - min).is_multiple_of(step.max(1));
    let made = usual.into_iter().filter(|(width, height)| {
        on_step(*width, range.min_width, range.max_width, range.step_width)
            && on_step(*height, range.min_height, range.max_height, range.step_height)
    });
    let made: Vec<_> = made.map(|(width, height)| Size::new(width, height)).collect();
    if made.is_empty() { vec![Size::new(range.max_width, range.max_height)] } else { made }
}

fn rates(device: &Device, fourcc: FourCC, size: Size) -> Vec<f32> {
    let intervals = device.enum_frameintervals(fourcc, size.width, size.height).unwrap_or_default();
    let mut rates: Vec<_> = intervals
        .into_iter()
        .flat_map(|interval| match interval.interval {
            FrameIntervalEnum::Discrete(interval) => vec![rate(interval)],
            FrameIntervalEnum::Stepwise(range) => {
                let (slowest, fastest) = (rate(range.max), rate(range.min));
                let between = [60.0, 50.0, 30.0, 25.0, 20.0, 15.0, 10.0, 5.0].into_iter();
                between.filter(|rate| (slowest..fastest).contains(rate)).chain([fastest]).collect()
            }
        })
        .filter(|rate| *rate > 0.0)
        .collect();
    rates.sort_unstable_by(|a, b| b.total_cmp(a));
    rates.dedup();
    rates
}

/// Of an interval in seconds; 0 if it makes no sense.
pub(super) fn rate(interval: Fraction) -> f32 {
    if interval.numerator == 0 { 0.0 } else { interval.denominator as f32 / interval.numerator as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_sizes_that_people_ask_for() {
        let range = Stepwise { min_width: 2, max_width: 1280, step_width: 2, min_height: 1, max_height: 800, step_height: 1 };
        assert_eq!(usual_sizes(&range).last(), Some(&Size::new(1280, 720)));
        let odd = Stepwise { min_width: 100, max_width: 110, step_width: 1, min_height: 1, max_height: 99, step_height: 1 };
        assert_eq!(usual_sizes(&odd), [Size::new(110, 99)]);
    }
}
