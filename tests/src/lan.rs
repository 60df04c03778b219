//! A network of its own: a bridge on which this machine and its devices are, each device in a network namespace. Needs root.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};

/// Networks of this run; each has numbers of its own.
static COUNT: AtomicU8 = AtomicU8::new(0);

/// The bridge. Drop removes it; its devices must be gone by then.
#[derive(Debug)]
pub struct Lan {
    bridge: String,
    /// The first three numbers of its addresses, and of others that a device may move to.
    networks: [[u8; 3]; 2],
}

/// A network namespace on the bridge, with an adapter `wlan0`. Drop removes it, and by that the adapter.
#[derive(Debug)]
pub struct Device {
    namespace: String,
    /// The end of its cable that is here.
    cable: String,
    networks: [[u8; 3]; 2],
    host: u8,
}

impl Lan {
    /// With this machine as its first host, in both of its networks.
    ///
    /// # Panics
    /// If the system lets nobody make one.
    #[must_use]
    pub fn new() -> Self {
        let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed) % 100);
        // Other runs may go on beside this one.
        let of_process = 100 + u8::try_from(process % 100).unwrap_or_default();
        let networks = [[10, of_process, number], [10, of_process, 100 + number]];
        let lan = Self { bridge: format!("br-cc{process}-{number}"), networks };
        ip(&["link", "add", &lan.bridge, "type", "bridge"]);
        for network in [0, 1] {
            ip(&["addr", "add", &format!("{}/24", lan.here(network)), "dev", &lan.bridge]);
        }
        ip(&["link", "set", &lan.bridge, "up"]);
        lan
    }

    /// This machine's address in the first or the second network.
    #[must_use]
    pub fn here(&self, network: usize) -> IpAddr {
        address(self.networks[network], 1)
    }

    /// A device with this last number of its address, in the first network; 2 to 254.
    #[must_use]
    pub fn device(&self, host: u8) -> Device {
        let cable = format!("{}v{host}", self.bridge.trim_start_matches("br-"));
        let device = Device { namespace: format!("{}-{host}", self.bridge), cable, networks: self.networks, host };
        ip(&["netns", "add", &device.namespace]);
        ip(&["link", "add", &device.cable, "type", "veth", "peer", "name", "wlan0", "netns", &device.namespace]);
        ip(&["link", "set", &device.cable, "master", &self.bridge, "up"]);
        device.ip(&["link", "set", "lo", "up"]);
        device.ip(&["link", "set", "wlan0", "up"]);
        device.join(0);
        device
    }
}

impl Default for Lan {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        ip(&["link", "del", &self.bridge]);
    }
}

impl Device {
    /// Its address in the first or the second network.
    #[must_use]
    pub fn address(&self, network: usize) -> IpAddr {
        address(self.networks[network], self.host)
    }

    /// Gives it its address in that network.
    pub fn join(&self, network: usize) {
        self.ip(&["addr", "add", &format!("{}/24", self.address(network)), "dev", "wlan0"]);
    }

    /// Takes its address in that network away.
    pub fn leave(&self, network: usize) {
        self.ip(&["addr", "del", &format!("{}/24", self.address(network)), "dev", "wlan0"]);
    }

    /// Switches its adapter `up` or `down`.
    pub fn switch(&self, state: &str) {
        self.ip(&["link", "set", "wlan0", state]);
    }

    /// What runs `command` on this device.
    #[must_use]
    pub fn on(&self, command: &Command) -> Command {
        let mut through = Command::new("ip");
        through.args(["netns", "exec", &self.namespace]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => through.env(name, value),
                None => through.env_remove(name),
            };
        }
        through
    }

    fn ip(&self, arguments: &[&str]) {
        ip(&[&["-n", &self.namespace], arguments].concat());
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // The namespace itself goes with the last program in it.
        ip(&["link", "del", &self.cable]);
        ip(&["netns", "del", &self.namespace]);
    }
}

fn address([a, b, c]: [u8; 3], d: u8) -> IpAddr {
    Ipv4Addr::new(a, b, c, d).into()
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("this test needs iproute2");
    let said = String::from_utf8_lossy(&output.stderr);
    // A panic while another one goes on would hide it.
    if !output.status.success() && !std::thread::panicking() {
        panic!("ip {arguments:?} (this test needs root): {said}");
    }
}
