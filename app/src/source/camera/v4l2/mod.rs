//! Cameras through Video4Linux, by the `v4l` crate.

mod clock;
mod ioctl;
mod knobs;
mod layout;
mod offers;

use std::io;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use v4l::buffer::{Flags, Type};
use v4l::capability::Flags as Capability;
use v4l::device::{Device, Handle};
use v4l::format::Format;
use v4l::fraction::Fraction;
use v4l::io::mmap::Stream;
use v4l::io::traits::{CaptureStream, Stream as _};
use v4l::video::Capture as _;
use v4l::video::capture::Parameters;

use super::choose::choose;
use super::nodes::{Node, fault, meant, nodes};
use super::{Backend, CameraMode, Found, Target, contained, discard};
use crate::frame::{Frame, StageTimes};
use crate::source::{Knob, Mode, Source, SourceError, Wanted};
use clock::Clock;
use layout::{Count, Layout};
use offers::{Offer, offers, rate};

pub(super) use knobs::Board;

/// Buffers shared with the driver, if it grants so many: one in our hands, the others being filled.
const BUFFERS: u32 = 4;

pub(super) struct V4l2;

impl Backend for V4l2 {
    fn find(&self, which: Option<&str>) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for node in which.map_or_else(nodes, |which| meant(which, nodes())) {
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
        let whole = |offer: &&Offer| offer.mode.rates.iter().copied().find(|rate| rate.fract() == 0.0);
        let Some(offer) = offers.iter().find(|offer| whole(offer).is_some()).or(offers.first()) else { return Ok(()) };
        let Offer { fourcc, mode } = offer;
        device.set_format(&Format::new(mode.size.width, mode.size.height, *fourcc)).map_err(fault)?;
        // A device that has no rates to set refuses this, and needs it not.
        drop(device.set_params(&Parameters::with_fps(whole(&offer).map_or(30, |rate| rate as u32))));
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

/// A streaming device.
struct Capture {
    mode: Mode,
    handle: Arc<Handle>,
    /// `None` only while it is dropped.
    stream: Option<Stream<'static>>,
    layout: Layout,
    count: Count,
    clock: Clock,
    board: Board,
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
        // A device that has no rates to set refuses this, and goes on at its own, which it may tell.
        let set = if choice.fps > 0.0 { device.set_params(&Parameters::new(interval)).ok() } else { None };
        let told = set.or_else(|| device.params().ok()).map(|told| rate(told.interval)).filter(|fps| *fps > 0.0);
        let fps = told.unwrap_or(choice.fps);

        let mode = Mode { name: name.clone(), spec: spec.clone(), size: layout.size, fps, format: layout.format };
        let mut stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS).map_err(fault)?;
        let clock = Clock::new(Instant::now(), fps);
        let streams = start(&mut stream).map_err(fault);
        let (handle, stream, count) = (device.handle(), Some(stream), Count::default());
        let board = Board::new(handle.clone());
        let capture = Self { mode, handle, stream, layout, count, clock, board, device: path.clone() };
        streams.map(|()| capture)
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
            let captured = self.clock.captured(meta, dequeued);
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
            let times = StageTimes::new(captured, dequeued);
            self.clock.given = dequeued;
            return Ok(Some(Frame { bytes, format: self.layout.format, size, number, times, retouch: None }));
        }
        Ok(None)
    }
}

impl Source for Capture {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, SourceError> {
        let name = self.mode.name.clone();
        let fault = |error: io::Error, device: &str| fault(error.raw_os_error(), &error, &name, device);
        contained(&name, || self.newest(patience).map_err(|error| fault(error, &self.device)))
    }

    fn knobs(&mut self) -> Vec<Knob> {
        self.board.read()
    }

    fn turn(&mut self, knob: &str, value: i64) -> io::Result<()> {
        self.board.set(knob, value)
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
        match CaptureStream::queue(stream, index) {
            // The driver granted fewer; one to be filled is enough.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && index > 1 => break,
            queued => queued?,
        }
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
