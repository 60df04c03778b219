//! Devices that may not watch for now.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Devices that are closed at a time; for one more the one that was closed first is admitted again.
const MOST: usize = 1000;
/// Viewers of this computer that are closed at a time.
const MOST_OWN: usize = 64;

/// A broadcast: its channel, and which of that channel's it is.
pub(super) type Round = (Arc<str>, u64);

#[derive(Debug, Default)]
pub(super) struct Closed {
    devices: HashMap<IpAddr, Device>,
    count: u64,
}

#[derive(Debug)]
struct Device {
    /// Grows with each that is closed.
    number: u64,
    who: Who,
}

#[derive(Debug)]
enum Who {
    /// All of the device.
    All(Rounds),
    /// Of this computer these alone, by their keys: it is the broadcaster's own.
    Some(Vec<(u64, Rounds)>),
}

/// The broadcasts of which one must go on for somebody to stay closed; with none of them that takes a word of the operator's.
#[derive(Debug)]
struct Rounds(Vec<Round>);

impl Rounds {
    fn go_on(&self, is_on: &impl Fn(&str, u64) -> bool) -> bool {
        self.0.is_empty() || self.0.iter().any(|(channel, round)| is_on(channel, *round))
    }
}

impl Closed {
    /// Closes a whole device, as long as one of the broadcasts goes on.
    pub(super) fn device(&mut self, address: IpAddr, rounds: Vec<Round>) {
        self.insert(address, Who::All(Rounds(rounds)));
    }

    /// Closes one viewer of this computer, as long as one of the broadcasts goes on.
    pub(super) fn viewer(&mut self, address: IpAddr, key: u64, rounds: Vec<Round>) {
        let before = self.devices.remove(&address).map(|device| device.who);
        let mut keys = if let Some(Who::Some(keys)) = before { keys } else { Vec::new() };
        if keys.len() >= MOST_OWN {
            keys.remove(0);
        }
        keys.push((key, Rounds(rounds)));
        self.insert(address, Who::Some(keys));
    }

    fn insert(&mut self, address: IpAddr, who: Who) {
        self.count += 1;
        self.devices.insert(address, Device { number: self.count, who });
        if self.devices.len() > MOST
            && let Some(first) = self.devices.iter().min_by_key(|(_, device)| device.number).map(|(address, _)| *address)
        {
            self.devices.remove(&first);
        }
    }

    /// Whether a viewer is closed; its key is asked for where that makes a difference.
    pub(super) fn has(&self, address: IpAddr, key: impl FnOnce() -> u64) -> bool {
        match self.devices.get(&address).map(|device| &device.who) {
            None => false,
            Some(Who::All(_)) => true,
            Some(Who::Some(keys)) => {
                let key = key();
                keys.iter().any(|(closed, _)| *closed == key)
            }
        }
    }

    /// Whether all of a device is closed.
    pub(super) fn has_device(&self, address: IpAddr) -> bool {
        matches!(self.devices.get(&address), Some(Device { who: Who::All(_), .. }))
    }

    /// False if it was not closed.
    pub(super) fn admit(&mut self, address: IpAddr) -> bool {
        self.devices.remove(&address).is_some()
    }

    /// Those first that were closed first.
    pub(super) fn addresses(&self) -> Vec<IpAddr> {
        let mut all: Vec<_> = self.devices.iter().map(|(address, device)| (device.number, *address)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, address)| address).collect()
    }

    /// Admits those again none of whose broadcasts goes on.
    pub(super) fn lift(&mut self, is_on: impl Fn(&str, u64) -> bool) {
        self.devices.retain(|_, device| match &mut device.who {
            Who::All(rounds) => rounds.go_on(&is_on),
            Who::Some(keys) => {
                keys.retain(|(_, rounds)| rounds.go_on(&is_on));
                !keys.is_empty()
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u16) -> IpAddr {
        let [high, low] = number.to_be_bytes();
        [10, 0, high, low].into()
    }

    #[test]
    fn who_is_closed_stays_so_until_none_of_its_broadcasts_goes_on() {
        let mut closed = Closed::default();
        closed.device(address(1), vec![("front".into(), 3), ("yard".into(), 1)]);
        closed.device(address(2), Vec::new());
        closed.lift(|channel, round| channel == "front" && round == 3);
        assert_eq!(closed.addresses(), [address(1), address(2)]);
        closed.lift(|channel, round| channel == "front" && round == 4);
        assert_eq!(closed.addresses(), [address(2)], "another broadcast of the same channel");
        assert!(closed.admit(address(2)) && !closed.admit(address(2)));
    }

    #[test]
    fn of_this_computer_only_the_viewer_itself_is_closed() {
        let mut closed = Closed::default();
        for key in 0..100 {
            closed.viewer(address(1), key, Vec::new());
        }
        assert!(closed.has(address(1), || 99) && !closed.has(address(1), || 100));
        assert!(!closed.has(address(1), || 35), "they are bounded");
        assert!(!closed.has_device(address(1)));
    }

    #[test]
    fn closed_devices_are_bounded() {
        let mut closed = Closed::default();
        for number in 0..1500 {
            closed.device(address(number), Vec::new());
        }
        assert_eq!(closed.addresses().len(), MOST);
        assert!(!closed.has(address(499), || 0) && closed.has(address(500), || 0));
    }
}
