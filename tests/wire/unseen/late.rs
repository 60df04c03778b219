//! A camera that is late and never forgets. A picture comes out of it when it is up to 300 ms old, and those that nobody took while
//! it was closed are the first to come when it is opened again: at each Go live, and at the end of each pause, there are pictures
//! from before. It takes one picture after the other as long as it exists, so each number stands for one moment.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cometcam::frame::{Frame, Size};
use cometcam::source::test_pattern::TestPattern;
use cometcam::source::{CameraBackend, Mode, Opener, Source, SourceError, Wanted};
use cometcam_tests::clock::now_ms;
use cometcam_tests::random::Random;

/// Pictures a second.
pub(super) const FPS: u32 = 60;
pub(super) const SIZE: Size = Size { width: 160, height: 120 };

/// How old a picture is when it comes, each time the camera is opened one of these.
const LATE: [Duration; 3] = [Duration::ZERO, Duration::from_millis(40), Duration::from_millis(300)];

/// The camera. Drop ends it.
pub(super) struct LateCamera {
    film: Arc<Film>,
    thread: Option<JoinHandle<()>>,
}

/// What a camera took.
#[derive(Clone, Default)]
pub(super) struct Taken {
    /// When each picture was captured, by its number; in milliseconds of the Unix epoch.
    pub(super) truth: HashMap<u32, u64>,
    /// When each of them that came out was captured, and when it came.
    pub(super) given: Vec<(u64, u64)>,
}

#[derive(Default)]
struct Film {
    reel: Mutex<Reel>,
    changed: Condvar,
}

#[derive(Default)]
struct Reel {
    /// Nobody took them yet; the oldest is the first.
    waiting: VecDeque<Frame>,
    taken: Taken,
    ended: bool,
}

impl Film {
    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.reel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LateCamera {
    /// `told` hears of each picture, by number and time, before anybody can have it.
    pub(super) fn start(told: impl Fn(u32, u64) + Send + 'static) -> Self {
        let film = Arc::<Film>::default();
        let its = Arc::clone(&film);
        let thread = thread::spawn(move || {
            let (begun, begun_nanos) = both_clocks();
            let mut pattern = TestPattern::open(&Wanted { size: SIZE, fps: FPS, backend: CameraBackend::default() });
            while !its.reel().ended {
                let Ok(Some(frame)) = pattern.next(Duration::from_secs(1)) else { continue };
                let captured = (begun_nanos + frame.times.captured.duration_since(begun).as_nanos()) / 1_000_000;
                let (number, captured) = (u32::try_from(frame.number).unwrap(), u64::try_from(captured).unwrap());
                told(number, captured);
                let mut reel = its.reel();
                reel.taken.truth.insert(number, captured);
                reel.waiting.push_back(frame);
                drop(reel);
                its.changed.notify_all();
            }
        });
        Self { film, thread: Some(thread) }
    }

    /// Opens it as often as it is asked to.
    pub(super) fn opener(&self, random: Random) -> Opener {
        let (film, random) = (Arc::clone(&self.film), Mutex::new(random));
        Arc::new(move |spec, wanted, _| {
            let late = *random.lock().unwrap_or_else(PoisonError::into_inner).one_of(&LATE);
            let format = cometcam::frame::PixelFormat::Nv12;
            let mode = Mode { name: "Late".to_owned(), spec: spec.clone(), size: SIZE, fps: wanted.fps as f32, format };
            Ok(Box::new(Opened { film: Arc::clone(&film), mode, late }))
        })
    }

    /// What it took until now.
    pub(super) fn taken(&self) -> Taken {
        self.film.reel().taken.clone()
    }
}

impl Drop for LateCamera {
    fn drop(&mut self) {
        self.film.reel().ended = true;
        // It had panicked and said so, or it ends.
        let _told = self.thread.take().map(JoinHandle::join);
    }
}

/// One opening of the camera.
struct Opened {
    film: Arc<Film>,
    mode: Mode,
    late: Duration,
}

impl Source for Opened {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, SourceError> {
        let deadline = Instant::now() + patience;
        let mut reel = self.film.reel();
        loop {
            let age = reel.waiting.front().map(|frame| frame.times.captured.elapsed());
            if age.is_some_and(|age| age >= self.late)
                && let Some(frame) = reel.waiting.pop_front()
            {
                let captured = reel.taken.truth[&u32::try_from(frame.number).unwrap()];
                reel.taken.given.push((captured, now_ms()));
                return Ok(Some(frame));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let until_ripe = age.map_or(left, |age| self.late.saturating_sub(age));
            reel = self.film.changed.wait_timeout(reel, left.min(until_ripe)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// One moment by both clocks, the second one in nanoseconds of the Unix epoch: read anew as long as something comes between.
fn both_clocks() -> (Instant, u128) {
    loop {
        let before = Instant::now();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        if before.elapsed() < Duration::from_micros(100) {
            return (before, wall);
        }
    }
}
