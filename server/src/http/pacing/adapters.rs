//! Which of this machine's adapters are Wi-Fi. Linux alone tells it in a place where everybody may look.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::lock;

/// A laptop may be carried into another network; it is looked at again after this, and not on each request.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// The addresses of this machine that are those of Wi-Fi adapters, as of a moment ago.
#[derive(Debug)]
pub(super) struct Adapters {
    /// Where the system tells of its adapters, a folder each.
    system: PathBuf,
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug)]
struct Seen {
    at: Instant,
    wireless: Vec<IpAddr>,
}

impl Default for Adapters {
    fn default() -> Self {
        Self { system: "/sys/class/net".into(), seen: Mutex::default() }
    }
}

impl Adapters {
    /// Whether what comes to this address of this machine comes by Wi-Fi.
    pub(super) fn is_wireless(&self, local: IpAddr) -> bool {
        self.look(|wireless| wireless.contains(&local.to_canonical()))
    }

    /// Whether anything may come by Wi-Fi.
    pub(super) fn some_wireless(&self) -> bool {
        self.look(|wireless| !wireless.is_empty())
    }

    fn look<T>(&self, look: impl FnOnce(&[IpAddr]) -> T) -> T {
        let mut seen = lock(&self.seen);
        if seen.as_ref().is_none_or(|seen| seen.at.elapsed() > GOOD_FOR) {
            *seen = Some(Seen { at: Instant::now(), wireless: wireless(&self.system) });
        }
        look(seen.as_ref().map_or(&[], |seen| &seen.wireless))
    }
}

fn wireless(system: &Path) -> Vec<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!("the network adapters can't be listed, so none is taken for Wi-Fi: {error}");
        Vec::new()
    });
    all.into_iter().filter(|adapter| is_wifi(system, &adapter.name)).map(|adapter| adapter.ip()).collect()
}

fn is_wifi(system: &Path, adapter: &str) -> bool {
    // An alias, `wlan0:1`, is of the adapter before the colon.
    let folder = system.join(adapter.split(':').next().unwrap_or_default());
    ["wireless", "phy80211"].iter().any(|of_wifi| folder.join(of_wifi).exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_adapter_is_wifi_if_the_system_says_so() {
        let system = tempfile::tempdir().unwrap();
        for folder in ["wlan0/wireless", "wlp2s0/phy80211", "eth0/queues"] {
            fs::create_dir_all(system.path().join(folder)).unwrap();
        }
        let wifi = ["wlan0", "wlp2s0", "wlan0:1", "eth0", "tun0", ""].map(|name| is_wifi(system.path(), name));
        assert_eq!(wifi, [true, true, true, false, false, false]);
    }

    #[test]
    fn the_addresses_of_wifi_adapters_are_those_that_come_by_wifi() {
        let system = tempfile::tempdir().unwrap();
        let of_loopback = || {
            let adapters = Adapters { system: system.path().into(), ..Adapters::default() };
            adapters.is_wireless("::ffff:127.0.0.1".parse().unwrap()) && adapters.some_wireless()
        };
        assert!(!of_loopback());
        let is_loopback = |adapter: &if_addrs::Interface| adapter.is_loopback();
        let name = if_addrs::get_if_addrs().unwrap().into_iter().find(is_loopback).expect("each machine has it").name;
        fs::create_dir_all(system.path().join(name).join("wireless")).unwrap();
        assert!(of_loopback());
    }
}
