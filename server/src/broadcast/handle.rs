//! The handle of a publisher in this process.

use std::sync::Arc;

use super::station::{Air, By, Station};
use super::{Broadcasts, NewPicture, Publish, Refused};
use crate::frames::Saving;
use crate::wire::{ChannelState, FrameMessage};

/// A publisher in this process: the right to publish pictures on a channel. Drop ends the broadcast.
#[derive(Debug)]
pub struct Broadcast {
    pub(super) broadcasts: Arc<Broadcasts>,
    pub(super) station: Arc<Station>,
    pub(super) round: u64,
    pub(super) saving: Arc<Saving>,
}

impl Broadcast {
    /// Publishes the next picture: stores it, then sends the message that names it. Never blocks.
    ///
    /// # Errors
    /// [`Refused::Over`] after the end.
    pub fn publish(&self, picture: NewPicture) -> Result<FrameMessage, Refused> {
        let put = self.while_on(|air| self.broadcasts.put(&self.station, air, picture, Publish::Yes));
        let (message, evicted) = put.ok_or(Refused::Over)??;
        self.broadcasts.forget(&evicted);
        Ok(message)
    }

    /// Tells viewers that pictures are held back or don't come, and why, in words for them. The next picture ends that state.
    pub fn status(&self, state: ChannelState, reason: &str) {
        if state != ChannelState::Ended {
            self.while_on(|air| self.broadcasts.change_state(&self.station, air, state, reason));
        }
    }

    /// Ends the broadcast: when this returns, no byte of its pictures is given out any more, unless they are kept.
    pub fn end(&self) {
        self.while_on(|air| self.broadcasts.end(&self.station, air));
    }

    /// Whether it has ended, by this handle or by somebody who deleted the channel.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.is_on(&self.station.lock())
    }

    /// How many of its pictures were saved, and were not: to be kept beyond the end, for what waits for the disk then is still saved
    /// if it is to be kept or may be.
    #[must_use]
    pub fn saving(&self) -> &Arc<Saving> {
        &self.saving
    }

    fn is_on(&self, air: &Air) -> bool {
        air.round == self.round && air.by == By::Handle
    }

    /// Does something while this broadcast goes on.
    fn while_on<T>(&self, act: impl FnOnce(&mut Air) -> T) -> Option<T> {
        let mut air = self.station.lock();
        self.is_on(&air).then(|| self.broadcasts.act(&mut air, act))
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Mutex;
    use std::task::{Context, Wake};
    use std::time::Instant;

    use super::super::testing::{broadcasts, picture};
    use super::*;
    use crate::frames::{FrameId, Keep, StoreLimits};
    use crate::relay::{Maker, Mode, Start, Subscriber};
    use crate::{lock, now_ms};

    /// Looks for the newest picture at the moment when it is woken.
    struct Looks {
        broadcasts: Arc<Broadcasts>,
        seen: Mutex<Option<FrameId>>,
    }

    impl Wake for Looks {
        fn wake(self: Arc<Self>) {
            *lock(&self.seen) = self.broadcasts.store().newest("front").map(|picture| picture.id);
        }
    }

    #[test]
    fn who_is_woken_by_a_message_finds_its_picture_as_the_newest() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let front = broadcasts.begin("front", Keep::No).unwrap();
        let channel = broadcasts.hub().channel("front", Maker::Subscriber, now_ms()).unwrap();
        let mut subscriber = Subscriber::poll(vec![(channel, Start::Next)], Mode::Latest, now_ms());
        let looks = Arc::new(Looks { broadcasts, seen: Mutex::default() });
        let mut next = pin!(subscriber.next());
        assert!(next.as_mut().poll(&mut Context::from_waker(&looks.clone().into())).is_pending());
        let frame = front.publish(picture(Instant::now(), None)).unwrap();
        assert_eq!(lock(&looks.seen).map(|id| id.seq), Some(frame.seq));
    }
}
