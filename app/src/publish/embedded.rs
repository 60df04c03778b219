//! Publishing to the server in this process.

use std::time::{Duration, Instant};

use cometcam_server::broadcast::{Broadcast, NewPicture, Refused, Save as ToDisk};
use cometcam_server::frames::{PictureType, Probe};
use cometcam_server::now_ms;
use cometcam_server::wire::{ChannelState, FrameMessage};

use crate::frame::EncodedFrame;
use crate::state::Save;

/// A broadcast on the server in this process. Drop ends it.
pub struct Embedded {
    broadcast: Broadcast,
    /// Of one picture to the next.
    interval: Duration,
    save: Save,
    saved: Option<Instant>,
}

impl Embedded {
    /// Publishes to a broadcast that has begun, a picture each `interval`.
    #[must_use]
    pub fn new(broadcast: Broadcast, interval: Duration, save: Save) -> Self {
        Self { broadcast, interval, save, saved: None }
    }

    /// From now on a picture each `interval`, and these of them to disk.
    pub fn set(&mut self, interval: Duration, save: Save) {
        self.interval = interval;
        self.save = save;
    }

    /// Stores and publishes a frame. Never waits for the disk or for a viewer.
    ///
    /// # Errors
    /// [`Refused`] if the broadcast was ended elsewhere.
    pub fn publish(&mut self, frame: &EncodedFrame) -> Result<FrameMessage, Refused> {
        let age = u64::try_from(frame.times.captured.elapsed().as_millis()).unwrap_or(u64::MAX);
        let picture = NewPicture {
            bytes: frame.jpeg.clone(),
            probe: Probe { kind: PictureType::Jpeg, width: frame.size.width, height: frame.size.height },
            captured_at: now_ms().saturating_sub(age),
            interval: Some(u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX)),
            save: self.save_if_due(frame.times.captured),
        };
        self.broadcast.publish(picture)
    }

    /// Tells viewers why no pictures come.
    pub fn stalled(&self, reason: &str) {
        self.broadcast.status(ChannelState::Stalled, reason);
    }

    /// Tells viewers that pictures are held back.
    pub fn paused(&self) {
        self.broadcast.status(ChannelState::Paused, "");
    }

    fn save_if_due(&mut self, captured: Instant) -> ToDisk {
        let due = match self.save {
            Save::Every => true,
            Save::Off => false,
            // A picture that comes a little early is in time, or one in two would be missed.
            Save::EachMillis(each) => {
                self.saved.is_none_or(|last| captured + self.interval / 2 >= last + Duration::from_millis(each))
            }
        };
        if due {
            self.saved = Some(captured);
        }
        if due { ToDisk::ToDisk } else { ToDisk::No }
    }
}
