//! The handle of a publisher in this process.

use std::sync::Arc;

use super::station::{By, Station};
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
        let mut air = self.station.lock();
        if air.round != self.round || air.by != By::Handle {
            return Err(Refused::Over);
        }
        self.broadcasts.put(&self.station, &mut air, picture, Publish::Yes)
    }

    /// Tells viewers that pictures are held back or don't come, and why, in words for them. The next picture ends that state.
    pub fn status(&self, state: ChannelState, reason: &str) {
        let mut air = self.station.lock();
        if air.round == self.round && air.by == By::Handle && state != ChannelState::Ended {
            self.broadcasts.change_state(&self.station, &mut air, state, reason);
        }
    }

    /// Ends the broadcast: when this returns, no byte of its pictures is given out any more, unless they are kept.
    pub fn end(&self) {
        let mut air = self.station.lock();
        if air.round == self.round && air.by == By::Handle {
            self.broadcasts.end(&self.station, &mut air);
        }
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.end();
    }
}
