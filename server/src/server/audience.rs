//! Those who watch, for a program that has the server in its own process.

use std::net::IpAddr;

use super::Server;
use crate::http::{Display, DisplayOrder, NoDisplay, Viewer, ViewerId};
use crate::relay::Millis;
use crate::units::Bandwidth;

impl Server {
    /// How many watch a channel.
    #[must_use]
    pub fn viewers(&self, channel: &str) -> usize {
        self.state.viewers.count(channel)
    }

    /// All who watch, those first that came first.
    #[must_use]
    pub fn audience(&self) -> Vec<Viewer> {
        self.state.viewers.list()
    }

    /// Ends a viewer's requests. Its device is refused until the broadcast ends that it watches, or until [`Server::admit_again`];
    /// of viewers on this computer the one alone. False if it is not there any more.
    pub fn close_viewer(&self, id: ViewerId) -> bool {
        self.state.viewers.close(id, &self.state.broadcasts)
    }

    /// Lets the viewers of a device in again that were closed.
    pub fn admit_again(&self, address: IpAddr) {
        self.state.viewers.admit_again(address);
    }

    /// The devices with viewers that are closed, those first that were closed first.
    #[must_use]
    pub fn closed(&self) -> Vec<IpAddr> {
        self.state.viewers.closed()
    }

    /// How many may watch at a time from now on; `None` for any number. Those who are there stay.
    pub fn limit_viewers(&self, most: Option<usize>) {
        self.state.viewers.limit(most);
    }

    /// What pictures may take of the network from now on, for all viewers on other devices together; `None` for the default: 20
    /// Mbit/s for those that come in by Wi-Fi (which only Linux tells), any for others. Nobody loses a turn by it.
    pub fn limit_bandwidth(&self, most: Option<Bandwidth>) {
        self.state.pacing.limit(most);
    }

    /// What is in force: that which was set, or what the default comes to with the network adapters of now.
    #[must_use]
    pub fn bandwidth(&self) -> Bandwidth {
        self.state.pacing.in_force()
    }

    /// What viewers had to share in the last few seconds, since they wanted more; `None` if there was enough for all.
    #[must_use]
    pub fn shared_bandwidth(&self) -> Option<Bandwidth> {
        self.state.pacing.shared()
    }

    /// When a device other than this computer asked last for anything, in milliseconds of the Unix epoch.
    #[must_use]
    pub fn reached_from_elsewhere(&self) -> Option<Millis> {
        self.state.viewers.reached_from_elsewhere()
    }

    /// The displays that signed in, in this run or an earlier one, by name.
    #[must_use]
    pub fn displays(&self) -> Vec<Display> {
        self.state.displays.list()
    }

    /// Tells a display what to do. It is told at once, or as soon as it is there; what it is to show is on disk when this returns,
    /// which waits for it.
    ///
    /// # Errors
    /// [`NoDisplay`] if none of this name is known.
    pub fn order_display(&self, name: &str, order: DisplayOrder) -> Result<(), NoDisplay> {
        self.state.displays.order(name, order)
    }

    /// Forgets a display until it signs in again; false if none of this name is known. Waits for the disk.
    pub fn forget_display(&self, name: &str) -> bool {
        self.state.displays.forget(name)
    }
}
