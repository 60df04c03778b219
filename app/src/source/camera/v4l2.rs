//! Cameras through Video4Linux, by the `v4l` crate.

use std::io;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use v4l::buffer::{Flags, Metadata, Type};
use v4l::capability::Flags as Capability;
use v4l::device::{Device, Handle};
use v4l::format::{Format, FourCC};
use v4l::fraction::Fraction;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::{FrameSizeEnum, Stepwise};
use v4l::io::mmap::Stream;
use v4l::io::traits::{CaptureStream, Stream as _};
use v4l::video::Capture as _;
use v4l::video::capture::Parameters;

use super::choose::choose;
use super::nodes::{Node, fault, nodes};
use super::{Backend, CameraMode, Found, Target, contained, discard, failed, system};
use crate::frame::{Frame, PixelFormat, Size, StageTimes};
use crate::source::{Mode, Source, SourceError, Wanted, jpeg};

/// Buffers shared with the driver: one in our hands, the others being filled.
const BUFFERS: u32 = 4;

pub(super) struct V4l2;

impl Backend for V4l2 {
    fn find(&self) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for node in nodes() {
            let modes = match contained(&node.name, || inspect(&node)) {
                Ok(None) => continue,
                Ok(Some(modes)) => Ok(modes),
                Err(problem) => Err(problem),
            };
            // A camera may have dozens of nodes that are of no use: one of them is enough to tell why.
            if modes.is_err() && (node.index > 0 || found.iter().any(|camera| camera.place == node.place)) {
                continue;
            }
            let Node { name, path, place, .. } = node;
            found.push(Found { name, device: path, place, modes });
        }
        found
    }

    fn open(&self, target: &Target, wanted: &Wanted) -> Result<Box<dyn Source>, SourceError> {
        contained(&target.name, || Ok(Box::new(Capture::open(target, wanted)?) as Box<dyn Source>))
    }
}

/// Leaves the device in a state that every program can open, whatever the last one left: some can't start from a rate such as
/// 12.5 or a format that they don't know.
pub(super) fn settle(target: &Target) -> Result<(), SourceError> {
    let fault = |error: io::Error| fault(error.raw_os_error(), &error, &target.name, &target.device);
    contained(&target.name, || {
        let device = Device::with_path(&target.device).map_err(fault)?;
        let offers = offers(&device, &target.name)?;
        let Some(Offer { fourcc, mode }) = offers.first() else { return Ok(()) };
        device.set_format(&Format::new(mode.size.width, mode.size.height, *fourcc)).map_err(fault)?;
        // A device that has no rates to set refuses this, and needs it not.
        drop(device.set_params(&Parameters::with_fps(mode.rates.first().map_or(30, |rate| rate.round() as u32))));
        Ok(())
    })
}

/// What the node offers; `None` if it is not one that gives pictures.
fn inspect(node: &Node) -> Result<Option<Vec<CameraMode>>, SourceError> {
    let fault = |error: io::Error| fault(error.raw_os_error(), &error, &node.name, &node.path);
    let device = Device::with_path(&node.path).map_err(fault)?;
    let capabilities = device.query_caps().map_err(fault)?.capabilities;
    if !capabilities.contains(Capability::VIDEO_CAPTURE | Capability::STREAMING) {
        return Ok(None);
    }
    Ok(Some(offers(&device, &node.name)?.into_iter().map(|offer| offer.mode).collect()))
}

/// A mode, and the driver's code of its format.
struct Offer {
    fourcc: FourCC,
    mode: CameraMode,
}

fn pixel_format(fourcc: FourCC) -> Option<PixelFormat> {
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
fn offers(device: &Device, name: &str) -> Result<Vec<Offer>, SourceError> {
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
fn rate(interval: Fraction) -> f32 {
    if interval.numerator == 0 { 0.0 } else { interval.denominator as f32 / interval.numerator as f32 }
}

/// A streaming device.
struct Capture {
    mode: Mode,
    handle: Arc<Handle>,
    /// `None` only while it is dropped.
    stream: Option<Stream<'static>>,
    layout: Layout,
    count: Count,
    /// The last picture, or the opening.
    last: Instant,
    device: String,
}

impl Capture {
    fn open(target: &Target, wanted: &Wanted) -> Result<Self, SourceError> {
        let Target { name, device: path, spec } = target;
        let fault = |error: io::Error| fault(error.raw_os_error(), &error, name, path);
        let device = Device::with_path(path).map_err(fault)?;
        let offers = offers(&device, name)?;
        let modes: Vec<_> = offers.iter().map(|offer| offer.mode.clone()).collect();
        let none = || SourceError::NoFormat { name: name.clone(), offers: "none".to_owned() };
        let choice = choose(&modes, wanted).ok_or_else(none)?;
        let of_choice = |offer: &&Offer| offer.mode.format == choice.format && offer.mode.size == choice.size;
        let fourcc = offers.iter().find(of_choice).ok_or_else(none)?.fourcc;

        let format = device.set_format(&Format::new(choice.size.width, choice.size.height, fourcc)).map_err(fault)?;
        let layout = Layout::new(&format)
            .ok_or_else(|| SourceError::NoFormat { name: name.clone(), offers: format.fourcc.to_string() })?;
        let interval = Fraction::new(1000, (choice.fps * 1000.0).round() as u32);
        // A device that has no rates to set refuses this, and goes on at its own.
        let agreed = if choice.fps > 0.0 { device.set_params(&Parameters::new(interval)).ok() } else { None };
        let fps = agreed.map_or(choice.fps, |agreed| rate(agreed.interval));

        let mode = Mode { name: name.clone(), spec: spec.clone(), size: layout.size, fps, format: layout.format };
        let mut stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS).map_err(fault)?;
        let started = start(&mut stream).map_err(fault);
        let (handle, last) = (device.handle(), Instant::now());
        let capture = Self { mode, handle, stream: Some(stream), layout, count: Count::default(), last, device: path.clone() };
        started.map(|()| capture)
    }

    /// The newest picture that the driver has, if there is one within `patience`.
    fn newest(&mut self, patience: Duration) -> io::Result<Option<Frame>> {
        let Some(stream) = self.stream.as_mut() else { return Ok(None) };
        let deadline = Instant::now() + patience;
        while wait(&self.handle, deadline)? {
            // This gives the buffer of the picture before back to the driver first, so it must not be tried in vain.
            let (bytes, meta) = CaptureStream::next(stream)?;
            let dequeued = Instant::now();
            let number = self.count.of(meta.sequence);
            if self.handle.poll(libc::POLLIN, 0)? > 0 {
                continue;
            }
            if meta.flags.contains(Flags::ERROR) {
                tracing::debug!("{}: picture {number} is damaged, says its driver", self.mode.name);
                continue;
            }
            let bytes = &bytes[..bytes.len().min(meta.bytesused as usize)];
            let Some((bytes, size)) = self.layout.picture(bytes) else {
                tracing::debug!("{}: picture {number} is cut off", self.mode.name);
                continue;
            };
            let times = StageTimes { captured: captured(meta, dequeued), dequeued, encoded: None };
            self.last = dequeued;
            return Ok(Some(Frame { bytes, format: self.layout.format, size, number, times }));
        }
        Ok(None)
    }
}

impl Source for Capture {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, patience: Duration) -> Result<Frame, SourceError> {
        let name = self.mode.name.clone();
        contained(&name, || match self.newest(patience) {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) => Err(SourceError::Stalled { name: name.clone(), seconds: self.last.elapsed().as_secs() }),
            Err(error) => Err(fault(error.raw_os_error(), &error, &name, &self.device)),
        })
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        let name = &self.mode.name;
        // The crate's own Drop panics if the driver refuses to stop, and once more if it refuses to free the buffers: the
        // second panic would end the program. A device that refuses both stays open until then.
        let stopped = loop {
            match stream.stop() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        match stopped {
            Err(error) if error.raw_os_error() != Some(libc::ENODEV) => {
                tracing::error!("the camera “{name}” can't be stopped: {error}");
                mem::forget(stream);
            }
            _ => discard(name, stream),
        }
    }
}

/// Begins to stream with every buffer but the first queued, since [`CaptureStream::next`] queues the one in our hands before it
/// waits: so the first picture needs no other handling than the later ones.
fn start(stream: &mut Stream<'static>) -> io::Result<()> {
    for index in 1..BUFFERS as usize {
        CaptureStream::queue(stream, index)?;
    }
    stream.start()
}

/// Whether there is a picture, or a failure to be learnt of, before `deadline`.
fn wait(handle: &Handle, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let millis = left.as_micros().div_ceil(1000);
        match handle.poll(libc::POLLIN, i32::try_from(millis).unwrap_or(i32::MAX)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Ok(result? > 0),
        }
    }
}

/// When the picture was taken: the driver's time if it is of the clock that [`Instant`] has, and makes sense.
fn captured(meta: &Metadata, dequeued: Instant) -> Instant {
    if meta.flags & Flags::TIMESTAMP_MASK != Flags::TIMESTAMP_MONOTONIC {
        return dequeued;
    }
    let age = system::monotonic_now().checked_sub(Duration::from(meta.timestamp));
    let age = age.filter(|age| *age < Duration::from_secs(10)).unwrap_or_default();
    dequeued.checked_sub(age).unwrap_or(dequeued)
}

/// From the driver's sequence numbers to ours, which begin with 0 and never go back.
#[derive(Debug, Default)]
struct Count {
    last: Option<(u32, u64)>,
}

impl Count {
    fn of(&mut self, sequence: u32) -> u64 {
        let number = self.last.map_or(0, |(last, number)| {
            let step = sequence.wrapping_sub(last);
            // Some drivers don't count, and some begin anew.
            number + u64::from(if step == 0 || step > u32::MAX / 2 { 1 } else { step })
        });
        self.last = Some((sequence, number));
        number
    }
}

/// How a picture lies in the driver's buffer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Layout {
    format: PixelFormat,
    size: Size,
    /// Bytes from one row to the next, without padding and as the driver has it.
    row: usize,
    stride: usize,
    rows: usize,
}

impl Layout {
    fn new(format: &Format) -> Option<Self> {
        let pixels = pixel_format(format.fourcc)?;
        let size = Size::new(format.width, format.height);
        let (width, height) = (size.width as usize, size.height as usize);
        let (row, rows) = match pixels {
            PixelFormat::Jpeg => (0, 0),
            PixelFormat::Yuyv => (width.div_ceil(2) * 4, height),
            // The rows of chroma lie below those of luma, at the same distance.
            PixelFormat::Nv12 => (width, height + height.div_ceil(2)),
            PixelFormat::Rgb | PixelFormat::Bgr => (width * 3, height),
        };
        let fits = (1..=Size::MAX_SIDE).contains(&size.width) && (1..=Size::MAX_SIDE).contains(&size.height);
        // An odd NV12 row is shorter than its chroma's: no driver makes it.
        let even = pixels != PixelFormat::Nv12 || width.is_multiple_of(2);
        (fits && even).then_some(Self { format: pixels, size, row, stride: (format.stride as usize).max(row), rows })
    }

    /// The picture alone, in one copy out of the driver's memory; `None` if it is not whole.
    fn picture(&self, bytes: &[u8]) -> Option<(Bytes, Size)> {
        if self.format == PixelFormat::Jpeg {
            let whole = jpeg::measure(bytes)?;
            return Some((Bytes::copy_from_slice(&bytes[..whole.len]), whole.size));
        }
        let used = self.stride * (self.rows - 1) + self.row;
        let bytes = bytes.get(..used)?;
        let picture = if self.stride == self.row {
            Bytes::copy_from_slice(bytes)
        } else {
            bytes.chunks(self.stride).flat_map(|row| &row[..self.row]).copied().collect()
        };
        Some((picture, self.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_and_keep_their_gaps() {
        let mut count = Count::default();
        let numbers: Vec<_> = [5, 6, 9, 9, 10, 3, u32::MAX, 0, 2].map(|sequence| count.of(sequence)).to_vec();
        assert_eq!(numbers, [0, 1, 4, 5, 6, 7, 8, 9, 11]);
    }

    #[test]
    fn rows_lose_their_padding() {
        let mut format = Format::new(2, 3, FourCC::new(b"RGB3"));
        format.stride = 8;
        let layout = Layout::new(&format).unwrap();
        let padded: Vec<u8> = [[1, 1, 1, 2, 2, 2, 0, 0], [3, 3, 3, 4, 4, 4, 0, 0], [5, 5, 5, 6, 6, 6, 0, 0]].concat();
        let (picture, size) = layout.picture(&padded).unwrap();
        assert_eq!(picture[..], [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6]);
        assert_eq!(Some(picture.len()), PixelFormat::Rgb.bytes_of(size));
        assert!(layout.picture(&padded[..22]).is_some(), "the last row needs no padding");
        assert!(layout.picture(&padded[..21]).is_none());
    }

    #[test]
    fn layouts_agree_with_the_lengths_of_frames() {
        for fourcc in [b"YUYV", b"NV12", b"RGB3", b"BGR3"] {
            let layout = Layout::new(&Format::new(6, 5, FourCC::new(fourcc))).unwrap();
            let (picture, size) = layout.picture(&[0; 200]).unwrap();
            assert_eq!(Some(picture.len()), layout.format.bytes_of(size));
        }
        assert_eq!(Layout::new(&Format::new(6, 5, FourCC::new(b"GREY"))), None);
        assert_eq!(Layout::new(&Format::new(0, 5, FourCC::new(b"MJPG"))), None);
    }

    #[test]
    fn ranges_become_sizes_that_people_ask_for() {
        let range = Stepwise { min_width: 2, max_width: 1280, step_width: 2, min_height: 1, max_height: 800, step_height: 1 };
        assert_eq!(usual_sizes(&range).last(), Some(&Size::new(1280, 720)));
        let odd = Stepwise { min_width: 100, max_width: 110, step_width: 1, min_height: 1, max_height: 99, step_height: 1 };
        assert_eq!(usual_sizes(&odd), [Size::new(110, 99)]);
    }

    #[test]
    fn a_driver_s_time_is_trusted_only_if_it_makes_sense() {
        let dequeued = Instant::now();
        let now = system::monotonic_now();
        let at = |timestamp: Duration, flags| {
            captured(&Metadata { timestamp: timestamp.into(), flags, ..Metadata::default() }, dequeued)
        };
        let age = dequeued - at(now - Duration::from_millis(40), Flags::TIMESTAMP_MONOTONIC);
        assert!((40..500).contains(&age.as_millis()), "{age:?}");
        assert_eq!(at(now + Duration::from_secs(1), Flags::TIMESTAMP_MONOTONIC), dequeued);
        assert_eq!(at(Duration::from_secs(0), Flags::TIMESTAMP_MONOTONIC), dequeued, "or a machine started 10 s ago");
        assert_eq!(at(now, Flags::TIMESTAMP_COPY), dequeued);
    }
}
