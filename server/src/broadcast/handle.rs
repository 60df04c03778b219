//! The handle of a publisher in this process.

use std::sync::Arc;

use super::station::{Air, By, Station};
use super::{Broadcasts, NewPicture, Publish, Refused};
use crate::wire::{ChannelState, FrameMessage};

/// A publisher in this process: the right to publish pictures on a channel. Drop ends the broadcast.
#[derive(Debug)]
pub struct Broadcast {
    pub(super) broadcasts: Arc<Broadcasts>,
    pub(super) station: Arc<Station>,
    pub(super) round: u64,
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
