//! When a picture was taken, by what its driver says of it.

use std::mem;
use std::time::{Duration, Instant};

use v4l::buffer::{Flags, Metadata};

use super::super::{before_first, began, system};

/// Tells when a picture was taken by when the one before it was.
pub(super) struct Clock {
    started: Instant,
    fps: f32,
    /// When the exposure of the last one ended, by the driver's time.
    stamped: Instant,
    /// When the last one came that was given on.
    pub(super) given: Instant,
}

impl Clock {
    pub(super) fn new(started: Instant, fps: f32) -> Self {
        let first = before_first(started, fps);
        Self { started, fps, stamped: first, given: first }
    }

    /// When the exposure of a picture began, at the latest.
    ///
    /// Of a time that is said to be that of the exposure's beginning no more is believed: the driver of most webcams says so of the
    /// time at which a picture's first bytes arrive, when its exposure has ended.
    pub(super) fn captured(&mut self, meta: &Metadata, dequeued: Instant) -> Instant {
        match stamped(meta, dequeued, self.started) {
            Some(stamped) => began(stamped, mem::replace(&mut self.stamped, stamped), self.fps),
            None => began(dequeued, self.given, self.fps),
        }
    }
}

/// The driver's time of a picture; `None` if that can't be its time.
///
/// Not every driver tells it by the clock that [`Instant`] has, and of those that say so some leave it out or take another clock. No
/// picture can have been taken before the camera was started, or later than now: such a time says nothing, and the picture is taken
/// as one without a time, so that these cameras work too. Any other time is believed, however long ago it is: of a picture that lay
/// with the driver while this program was held up, it must not be thought that it was taken now.
fn stamped(meta: &Metadata, dequeued: Instant, started: Instant) -> Option<Instant> {
    if meta.flags & Flags::TIMESTAMP_MASK != Flags::TIMESTAMP_MONOTONIC {
        return None;
    }
    let age = system::monotonic_now().checked_sub(Duration::from(meta.timestamp))?;
    dequeued.checked_sub(age).filter(|stamped| *stamped >= started)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDED: Flags = Flags::TIMESTAMP_MONOTONIC;

    fn meta(timestamp: Duration, flags: Flags) -> Metadata {
        Metadata { timestamp: timestamp.into(), flags, ..Metadata::default() }
    }

    #[test]
    fn a_driver_s_time_is_believed_however_old_and_never_one_that_can_not_be() {
        let (dequeued, now) = (Instant::now(), system::monotonic_now());
        let started = dequeued.checked_sub(Duration::from_secs(60)).unwrap();
        let age = |timestamp, flags| {
            stamped(&meta(timestamp, flags), dequeued, started).map(|stamped| (dequeued - stamped).as_millis())
        };
        for old in [40, 30_000] {
            let told = age(now - Duration::from_millis(u64::try_from(old).unwrap()), ENDED).unwrap();
            assert!((old..old + 500).contains(&told), "{told}");
        }
        for (impossible, why) in [
            (now + Duration::from_secs(1), "it is still to come"),
            (now.saturating_sub(Duration::from_secs(61)), "the camera was not running"),
            (Duration::ZERO, "it was left out"),
        ] {
            assert_eq!(age(impossible, ENDED), None, "{why}");
        }
        for other in [Flags::TIMESTAMP_COPY, Flags::TIMESTAMP_UNKNOWN] {
            assert_eq!(age(now, other), None, "it is of another clock");
        }
    }

    /// How long ago each of these pictures was taken, whose times are so long ago.
    fn ages(stamped_ago: &[u64], flags: Flags, fps: f32) -> Vec<u64> {
        let (dequeued, now) = (Instant::now(), system::monotonic_now());
        let mut clock = Clock::new(dequeued.checked_sub(Duration::from_secs(60)).unwrap(), fps);
        let mut age = |ago: &u64| {
            let captured = clock.captured(&meta(now - Duration::from_millis(*ago), flags), dequeued);
            u64::try_from((dequeued - captured).as_millis()).unwrap()
        };
        stamped_ago.iter().map(&mut age).collect()
    }

    #[test]
    fn a_picture_is_as_old_as_its_exposure_can_be_whatever_the_driver_calls_its_time() {
        for flags in [ENDED, ENDED | Flags::TSTAMP_SRC_SOE] {
            for (fps, bright) in [(10.0, 101), (0.0, 50)] {
                let ages = ages(&[900, 800, 50, 1], flags, fps);
                assert!(ages[2] >= 800, "it was dark: {ages:?}");
                assert!((bright..bright + 500).contains(&ages[3]), "{ages:?}");
            }
        }
    }
}
