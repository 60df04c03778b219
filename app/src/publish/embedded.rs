//! Publishing to the server in this process.

use std::time::{Duration, Instant};

use cometcam_server::broadcast::{Broadcast, NewPicture, Refused};
use cometcam_server::frames::{PictureType, Probe, ToDisk};
use cometcam_server::wire::{ChannelState, FrameMessage};

use crate::frame::EncodedFrame;
use crate::save::Save;

/// A broadcast on the server in this process. Drop ends it.
pub struct Embedded {
    broadcast: Broadcast,
    rhythm: Rhythm,
    save: Save,
    saved: Option<Instant>,
}

impl Embedded {
    /// Publishes to a broadcast that has begun, a picture each `interval`.
    #[must_use]
    pub fn new(broadcast: Broadcast, interval: Duration, save: Save) -> Self {
        Self { broadcast, rhythm: Rhythm::new(interval), save, saved: None }
    }

    /// From now on a picture each `interval`, and these of them to disk.
    pub fn set(&mut self, interval: Duration, save: Save) {
        if interval != self.rhythm.asked {
            self.rhythm = Rhythm::new(interval);
        }
        self.save = save;
    }

    /// Stores and publishes a frame. Never waits for the disk or for a viewer.
    ///
    /// # Errors
    /// [`Refused`] if the broadcast was ended elsewhere.
    pub fn publish(&mut self, frame: &EncodedFrame) -> Result<FrameMessage, Refused> {
        let interval = self.rhythm.beat(frame.times.captured);
        let picture = NewPicture {
            bytes: frame.jpeg.clone(),
            probe: Probe { kind: PictureType::Jpeg, width: frame.size.width, height: frame.size.height },
            captured: frame.times.captured,
            interval: Some(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX)),
            to_disk: self.save_if_due(frame.times.captured),
        };
        self.broadcast.publish(picture)
    }

    /// Whether somebody else ended the broadcast.
    pub fn is_over(&self) -> bool {
        self.broadcast.is_over()
    }

    /// Tells viewers why no pictures come.
    pub fn stalled(&mut self, reason: &str) {
        self.rhythm.rest();
        self.broadcast.status(ChannelState::Stalled, reason);
    }

    /// Tells viewers that pictures are held back.
    pub fn paused(&mut self) {
        self.rhythm.rest();
        self.broadcast.status(ChannelState::Paused, "");
    }

    fn save_if_due(&mut self, captured: Instant) -> ToDisk {
        let due = match self.save {
            Save::Every => true,
            Save::Off => false,
            // A picture that comes a little early is in time, or one in two would be missed.
            Save::EachMillis(each) => {
                self.saved.is_none_or(|last| captured + self.rhythm.asked / 2 >= last + Duration::from_millis(each))
            }
        };
        if due {
            self.saved = Some(captured);
        }
        if due { ToDisk::Yes } else { ToDisk::No }
    }
}

/// How long it is from one picture to the next: at least what was asked, and what is measured where a camera is slower.
struct Rhythm {
    asked: Duration,
    measured: Duration,
    last: Option<Instant>,
}

impl Rhythm {
    fn new(asked: Duration) -> Self {
        Self { asked, measured: asked, last: None }
    }

    /// Takes note of a picture; when the next one is to be expected after it.
    fn beat(&mut self, captured: Instant) -> Duration {
        if let Some(last) = self.last.replace(captured) {
            // Quick to follow: viewers wait three intervals before they call a camera stalled.
            self.measured = (self.measured + captured.saturating_duration_since(last)) / 2;
        }
        self.measured.max(self.asked)
    }

    /// What comes now is no interval.
    fn rest(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Duration = Duration::from_millis(67);

    #[test]
    fn the_interval_is_the_cameras_own_where_that_is_longer() {
        let mut rhythm = Rhythm::new(ASKED);
        let start = Instant::now();
        let slow = Duration::from_secs(2);
        assert_eq!(rhythm.beat(start), ASKED);
        assert!(rhythm.beat(start + slow) * 3 > slow, "the third picture is not late");
        let steady = (2..20).map(|n| rhythm.beat(start + slow * n)).last().unwrap();
        assert!(steady.abs_diff(slow) < Duration::from_millis(1), "{steady:?}");
        let quick = (1..20).map(|n| rhythm.beat(start + slow * 19 + ASKED / 2 * n)).last();
        assert_eq!(quick, Some(ASKED), "never shorter than what was asked");
    }

    #[test]
    fn a_camera_that_slows_down_in_the_dark_is_not_called_stalled_for_it() {
        let mut rhythm = Rhythm::new(ASKED);
        let mut now = Instant::now();
        let bright = std::iter::repeat_n(ASKED, 20);
        // Half as many, and now and then a third.
        let dark = (1..60).map(|n| ASKED * if n % 7 == 0 { 3 } else { 2 });
        let mut patience = rhythm.beat(now) * 3;
        for gap in bright.chain(dark) {
            assert!(gap <= patience, "a gap of {gap:?} is a stall after {patience:?}");
            now += gap;
            patience = rhythm.beat(now) * 3;
        }
        assert!(patience < ASKED * 9, "a real stall is told soon: after {patience:?}");
    }

    #[test]
    fn an_interruption_is_no_interval() {
        let mut rhythm = Rhythm::new(ASKED);
        let start = Instant::now();
        rhythm.beat(start);
        rhythm.rest();
        assert_eq!(rhythm.beat(start + Duration::from_secs(60)), ASKED);
    }
}
