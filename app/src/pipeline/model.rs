//! Unseen unless live, as a model of the pipeline: frames from either side of what was done last with the broadcast, which goes on
//! while they are given and encoded. What is published is compared with what the promise says, frame by frame.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cometcam_server::broadcast::Broadcasts;
use cometcam_server::config::ChannelRule;
use cometcam_server::frames::{FrameStore, Keep, StoreLimits};
use cometcam_server::relay::Hub;

use super::pace::Backoff;
use super::{Shared, Task};
use crate::frame::{Frame, PixelFormat, Size, StageTimes};
use crate::publish::Embedded;
use crate::save::Save;
use crate::source::{CameraBackend, Mode, Source, SourceError, SourceSpec};

const STEPS: u64 = 4_000;
const CHANNELS: [&str; 2] = ["front", "yard"];
/// How far from what was done last a frame is captured.
const DISTANCES: [Duration; 5] = [
    Duration::from_nanos(1),
    Duration::from_millis(1),
    Duration::from_millis(50),
    Duration::from_millis(300),
    Duration::from_millis(2000),
];

/// What is on air, as the promise knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct OnAir {
    channel: &'static str,
    /// Tells one broadcast from the next on the same channel.
    broadcast: u64,
    /// `None` while paused.
    since: Option<Instant>,
}

/// The broadcaster, and what is to be published of what they do.
struct Model<'a> {
    shared: &'a Shared,
    broadcasts: Arc<Broadcasts>,
    random: u64,
    on_air: Option<OnAir>,
    /// When something was done last.
    boundary: Instant,
    begun: u64,
    /// The newest picture of this broadcast.
    newest: Option<u64>,
    published: u64,
}

impl Model<'_> {
    /// Below `bound`: the same ones each time (a linear congruential generator, with Knuth's constants).
    fn random(&mut self, bound: usize) -> usize {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % bound
    }

    fn act(&mut self) {
        let (before, air) = (Instant::now(), self.shared.air().clone());
        match (self.random(4), self.on_air) {
            (0, None) => return,
            (_, None) => self.go_live(),
            (0, Some(_)) => self.stop(),
            (1, Some(_)) => {
                self.stop();
                self.go_live();
            }
            (2, Some(on_air)) => {
                self.shared.pause();
                self.on_air = Some(OnAir { since: None, ..on_air });
            }
            (_, Some(on_air)) => {
                self.shared.resume();
                assert!(on_air.since.is_none() || air.since() == on_air.since, "it was not paused");
                self.on_air = Some(OnAir { since: air.since(), ..on_air });
                if on_air.since.is_some() {
                    return;
                }
            }
        }
        let since = self.on_air.and_then(|on_air| on_air.since);
        assert_eq!(air.since(), since);
        assert!(
            since.is_none_or(|since| (before..=Instant::now()).contains(&since)),
            "it is from the moment in which it was done"
        );
        self.boundary = since.unwrap_or_else(Instant::now);
    }

    fn go_live(&mut self) {
        let (channel, air) = (CHANNELS[self.random(2)], self.shared.air());
        let broadcast = self.broadcasts.begin(channel, Keep::No).unwrap();
        air.go_live(Embedded::new(broadcast, Duration::from_millis(16), Save::Off), air.permit()).unwrap();
        self.begun += 1;
        self.newest = None;
        self.on_air = Some(OnAir { channel, broadcast: self.begun, since: air.since() });
    }

    fn stop(&mut self) {
        self.shared.air().stop();
        self.on_air = None;
        self.newest = None;
    }

    /// Compares what came of a frame with what was to come; `before` is what was on air when it was given, before something else was
    /// done, perhaps.
    fn check(&mut self, number: u64, captured: Instant, before: Option<OnAir>) {
        let wanted = |on_air: Option<OnAir>| on_air.and_then(|on_air| on_air.since).is_some_and(|since| captured >= since);
        let published = self.shared.counters().published.load(Ordering::Relaxed);
        let (was, is) = (wanted(before), wanted(self.on_air));
        let about = format!("{number} of {captured:?}, at first with {before:?} and then with {:?}", self.on_air);
        let same = before.map(|on_air| on_air.broadcast) == self.on_air.map(|on_air| on_air.broadcast);
        assert!(published == self.published || was || is, "published: {about}");
        assert!(published == self.published + 1 || !was || !is || !same, "not published: {about}");
        for channel in CHANNELS {
            let newest = self.broadcasts.store().newest(channel);
            let newest = newest.map(|picture| std::str::from_utf8(&picture.bytes).unwrap().parse().unwrap());
            if self.on_air.is_none_or(|on_air| on_air.channel != channel) {
                assert_eq!(newest, None, "{channel}: {about}");
            } else if newest != self.newest {
                assert!(newest == Some(number) && (is || same) && published > self.published, "{newest:?}: {about}");
                self.newest = newest;
            } else {
                assert!(published == self.published || !same, "{newest:?}: {about}");
            }
        }
        self.published = published;
    }
}

/// A source that gives one frame, and does something with the broadcast meanwhile.
struct Scripted<'a, 'b> {
    model: &'a mut Model<'b>,
    mode: Mode,
    number: u64,
    /// When the frame was captured, once it is given.
    captured: Option<Instant>,
}

impl Source for Scripted<'_, '_> {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, _patience: Duration) -> Result<Option<Frame>, SourceError> {
        if self.captured.is_some() {
            return Err(SourceError::NoCamera);
        }
        self.model.act();
        let distance = DISTANCES[self.model.random(DISTANCES.len())];
        let early = self.model.boundary.checked_sub(distance).unwrap();
        let captured = if self.model.random(2) == 0 { early } else { self.model.boundary + distance };
        self.captured = Some(captured);
        Ok(Some(frame(self.number, captured)))
    }
}

const SIZE: Size = Size::new(16, 16);

/// One whose picture is its number.
fn frame(number: u64, captured: Instant) -> Frame {
    let times = StageTimes::new(captured, Instant::now());
    Frame { bytes: number.to_string().into(), format: PixelFormat::Jpeg, size: SIZE, number, times, retouch: None }
}

/// Lets the encoding end, also when an assertion fails.
struct Encoding<'a>(&'a Shared);

impl Encoding<'_> {
    /// Until nothing waits to be encoded.
    fn taken(&self) {
        while !self.0.frames.is_empty() {
            thread::yield_now();
        }
    }
}

impl Drop for Encoding<'_> {
    fn drop(&mut self) {
        self.0.frames.close();
    }
}

#[test]
fn what_is_published_is_what_was_captured_while_live_and_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let store = FrameStore::open(data.path(), StoreLimits::default()).unwrap();
    let broadcasts = Arc::new(Broadcasts::new(Arc::new(Hub::new(10, |_| ChannelRule::default().settings(), 0)), store));
    let task = Task::new(SourceSpec::TestPattern, SIZE, Duration::from_millis(16), CameraBackend::default());
    let shared = Shared::new(task.clone(), Arc::default(), Arc::new(|_, _, _| Err(SourceError::NoCamera)), Box::new(|_| ()));
    let mode = Mode { name: "Script".to_owned(), spec: task.source.clone(), size: SIZE, fps: 60.0, format: PixelFormat::Jpeg };
    let old = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
    let mut model = Model {
        shared: &shared,
        broadcasts,
        random: 1,
        on_air: None,
        boundary: Instant::now(),
        begun: 0,
        newest: None,
        published: 0,
    };
    thread::scope(|scope| {
        let encoding = Encoding(&shared);
        scope.spawn(|| shared.encode());
        for number in 1..=STEPS {
            let mut source = Scripted { model: &mut model, mode: mode.clone(), number, captured: None };
            let round = shared.control().round;
            let drained = shared.drain(&mut source, &task, round, &mut Bytes::new(), &mut Backoff::default());
            assert!(matches!(drained, Ok(()) | Err(SourceError::NoCamera)), "{drained:?}");
            let captured = source.captured.unwrap();
            let before = model.on_air;
            if model.random(2) == 0 {
                // While it is encoded.
                model.act();
            }
            encoding.taken();
            // Once the next one is taken, this one is through.
            shared.frames.put(frame(0, old));
            encoding.taken();
            model.check(number, captured, before);
        }
    });
    let (begun, published) = (model.begun, model.published);
    assert!(begun > STEPS / 20 && (STEPS / 5..STEPS * 4 / 5).contains(&published), "{begun} broadcasts, {published} pictures");
}
