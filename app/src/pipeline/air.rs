//! Whether a pipeline's frames are published: the one place that Go live, Pause and Stop change.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cometcam_server::broadcast::Refused;
use cometcam_server::wire::FrameMessage;

use crate::frame::EncodedFrame;
use crate::publish::Embedded;
use crate::save::Save;

/// Nothing is on air at first. Each call takes one lock for a moment, so [`Air::stop`] waits for no camera, disk or viewer.
#[derive(Default)]
pub struct Air {
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    on_air: Option<OnAir>,
    stops: u64,
}

struct OnAir {
    publisher: Embedded,
    /// What was captured before is not published: nobody is seen before they went live. `None` while paused.
    since: Option<Instant>,
}

/// To go live: from the moment in which somebody asked to, until the next [`Air::stop`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    stops: u64,
}

/// Somebody stopped the broadcast before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broadcast was stopped before it began")]
pub struct Stopped;

impl Air {
    /// To be asked for when somebody wants to go live, however long that takes then.
    pub fn permit(&self) -> Permit {
        Permit { stops: self.slot().stops }
    }

    /// Publishes what is captured from now on.
    ///
    /// # Errors
    /// [`Stopped`] if there was a stop since the permit; the broadcast ends at once.
    pub fn go_live(&self, publisher: Embedded, permit: Permit) -> Result<(), Stopped> {
        let mut slot = self.slot();
        if slot.stops != permit.stops {
            return Err(Stopped);
        }
        slot.on_air = Some(OnAir { publisher, since: Some(Instant::now()) });
        Ok(())
    }

    /// Ends the broadcast: when this returns, nothing more is published, and no picture of it can be had any more.
    pub fn stop(&self) {
        let mut slot = self.slot();
        slot.stops += 1;
        // Dropped under the lock, so that no frame comes between.
        slot.on_air = None;
    }

    /// Whether there is a broadcast, paused or not.
    pub fn is_on(&self) -> bool {
        self.slot().on_air.is_some()
    }

    /// Whether somebody else ended the broadcast; nothing is on air any more then.
    pub(super) fn notice_over(&self) -> bool {
        self.slot().on_air.take_if(|on_air| on_air.publisher.is_over()).is_some()
    }

    /// From now on a picture each `interval`, and these of them to disk.
    pub(super) fn set(&self, interval: Duration, save: Save) {
        if let Some(on_air) = &mut self.slot().on_air {
            on_air.publisher.set(interval, save);
        }
    }

    /// Publishes nothing until [`Air::resume`], and tells viewers so.
    pub(super) fn pause(&self) {
        if let Some(on_air) = &mut self.slot().on_air {
            on_air.since = None;
            on_air.publisher.paused();
        }
    }

    /// Publishes what is captured from now on.
    pub(super) fn resume(&self) {
        if let Some(on_air) = &mut self.slot().on_air {
            on_air.since.get_or_insert_with(Instant::now);
        }
    }

    /// Tells viewers why no pictures come; while paused they know why.
    pub(super) fn stalled(&self, reason: &str) {
        if let Some(on_air) = self.slot().on_air.as_mut().filter(|on_air| on_air.since.is_some()) {
            on_air.publisher.stalled(reason);
        }
    }

    /// Whether a frame that was captured then is published.
    pub(super) fn wants(&self, captured: Instant) -> bool {
        self.slot().on_air.as_ref().is_some_and(|on_air| on_air.wants(captured))
    }

    /// Publishes a frame; `None` if it is not wanted: between the capture and this a broadcast may have ended, and another begun.
    ///
    /// # Errors
    /// [`Refused`] if the broadcast was ended elsewhere; nothing is on air any more.
    pub(super) fn publish(&self, frame: &EncodedFrame) -> Option<Result<FrameMessage, Refused>> {
        let mut slot = self.slot();
        let on_air = slot.on_air.as_mut().filter(|on_air| on_air.wants(frame.times.captured))?;
        let published = on_air.publisher.publish(frame);
        if published.is_err() {
            slot.on_air = None;
        }
        Some(published)
    }

    /// From when on what is captured is published.
    #[cfg(test)]
    pub(super) fn since(&self) -> Option<Instant> {
        self.slot().on_air.as_ref()?.since
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnAir {
    fn wants(&self, captured: Instant) -> bool {
        self.since.is_some_and(|since| captured >= since)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use cometcam_server::broadcast::Broadcasts;
    use cometcam_server::config::ChannelRule;
    use cometcam_server::frames::{FrameStore, Keep, StoreLimits};
    use cometcam_server::relay::Hub;
    use cometcam_server::wire::ChannelState;

    use super::*;
    use crate::frame::{Size, StageTimes};

    const INTERVAL: Duration = Duration::from_millis(67);

    /// A server's broadcasts, and what ends with them.
    fn broadcasts() -> (Arc<Broadcasts>, tempfile::TempDir) {
        let data = tempfile::tempdir().unwrap();
        let store = FrameStore::open(data.path(), StoreLimits::default()).unwrap();
        (Arc::new(Broadcasts::new(Arc::new(Hub::new(10, |_| ChannelRule::default().settings(), 0)), store)), data)
    }

    fn publisher(broadcasts: &Arc<Broadcasts>) -> Embedded {
        Embedded::new(broadcasts.begin("front", Keep::No).unwrap(), INTERVAL, Save::Off)
    }

    #[test]
    fn a_pause_is_not_overwritten_by_a_stall() {
        let (broadcasts, _data) = broadcasts();
        let air = Air::default();
        air.go_live(publisher(&broadcasts), air.permit()).unwrap();
        air.pause();
        air.stalled("the camera was unplugged");
        assert_eq!(broadcasts.on_air("front").unwrap().state, ChannelState::Paused);
        air.resume();
        air.stalled("the camera was unplugged");
        assert_eq!(broadcasts.on_air("front").unwrap().state, ChannelState::Stalled);
    }

    #[test]
    fn a_stop_holds_for_whoever_asked_to_go_live_before() {
        let (broadcasts, _data) = broadcasts();
        let air = Air::default();
        let permit = air.permit();
        air.stop();
        assert_eq!(air.go_live(publisher(&broadcasts), permit), Err(Stopped));
        assert!(!air.is_on());
        assert_eq!(broadcasts.on_air("front").unwrap().state, ChannelState::Ended);
        air.go_live(publisher(&broadcasts), air.permit()).unwrap();
        assert!(air.is_on());
    }

    /// As of a picture that was taken then.
    fn frame(captured: Instant) -> EncodedFrame {
        let times = StageTimes::new(captured, captured);
        EncodedFrame { jpeg: Bytes::from_static(b"picture"), size: Size::new(16, 16), number: 0, times }
    }

    /// Whether a picture of that time is published, of which there is one word before encoding and one after it.
    fn is_published(air: &Air, captured: Instant) -> bool {
        let (wanted, published) = (air.wants(captured), air.publish(&frame(captured)));
        assert_eq!(wanted, published.is_some());
        published.is_some_and(|published| published.is_ok())
    }

    /// The last moment before what is done next.
    fn just_before() -> Instant {
        Instant::now().checked_sub(Duration::from_nanos(1)).unwrap()
    }

    #[test]
    fn nothing_of_before_go_live_is_published_and_all_from_then_on_is() {
        let (broadcasts, _data) = broadcasts();
        let air = Air::default();
        let before = just_before();
        assert!(!is_published(&air, before), "nobody is live");
        air.go_live(publisher(&broadcasts), air.permit()).unwrap();
        let since = air.since().unwrap();
        assert!(!is_published(&air, before));
        assert!(!is_published(&air, since.checked_sub(Duration::from_nanos(1)).unwrap()));
        assert!(is_published(&air, since));
        assert!(is_published(&air, Instant::now()));
    }

    #[test]
    fn while_paused_nothing_is_published_and_after_it_only_what_is_newer() {
        let (broadcasts, _data) = broadcasts();
        let air = Air::default();
        let before = just_before();
        air.go_live(publisher(&broadcasts), air.permit()).unwrap();
        let live = Instant::now();
        air.pause();
        let paused = Instant::now();
        for captured in [before, live, paused] {
            assert!(!is_published(&air, captured));
        }
        let last = just_before();
        air.resume();
        for captured in [before, live, paused, last] {
            assert!(!is_published(&air, captured));
        }
        assert!(is_published(&air, Instant::now()));
        let since = air.since();
        air.resume();
        assert_eq!(air.since(), since, "it was not paused");
    }

    #[test]
    fn after_a_stop_no_older_picture_comes_to_another_broadcast() {
        let (broadcasts, _data) = broadcasts();
        let air = Air::default();
        let before = just_before();
        air.go_live(publisher(&broadcasts), air.permit()).unwrap();
        let live = Instant::now();
        assert!(is_published(&air, live));
        air.stop();
        let stopped = Instant::now();
        for captured in [before, live, stopped] {
            assert!(!is_published(&air, captured));
        }
        let last = just_before();
        air.go_live(Embedded::new(broadcasts.begin("yard", Keep::No).unwrap(), INTERVAL, Save::Off), air.permit()).unwrap();
        for captured in [before, live, stopped, last] {
            assert!(!is_published(&air, captured));
        }
        assert_eq!(broadcasts.on_air("yard").unwrap().newest, None);
        assert!(is_published(&air, Instant::now()));
    }

    #[test]
    fn a_picture_that_was_live_is_not_published_once_another_broadcast_has_begun_meanwhile() {
        let (broadcasts, _data) = broadcasts();
        let air = Air::default();
        air.go_live(publisher(&broadcasts), air.permit()).unwrap();
        let captured = Instant::now();
        assert!(air.wants(captured), "so it is being encoded");
        air.pause();
        air.resume();
        assert!(air.publish(&frame(captured)).is_none());
    }
}
