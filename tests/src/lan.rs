//! A network of its own: a bridge on which this machine and its devices are, each device in a network namespace. Needs root.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::{io, panic, thread};

use tokio::sync::oneshot;

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

    /// Runs `task` on this device, in a thread of its own: the sockets that it opens are the device's.
    ///
    /// # Panics
    /// If `task` does, or the device can't be entered.
    pub async fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.namespace)).expect("the device is there");
        let (ended, end) = oneshot::channel();
        // Dropped with this call, so that the thread ends, too.
        let (_here, gone) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            enter(&namespace).expect("a thread can be on another device");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be had");
            runtime.block_on(async {
                tokio::select! {
                    outcome = task => drop(ended.send(outcome)),
                    _ = gone => {}
                }
            });
        });
        match end.await {
            Ok(outcome) => outcome,
            Err(_) => panic::resume_unwind(thread.join().expect_err("it ends without an outcome only by a panic")),
        }
    }

    /// Lets no more than that go out of its adapter, as `tc` writes it: `8mbit`. What is too much waits for a second.
    pub fn shape(&self, rate: &str) {
        let shaper = ["qdisc", "add", "dev", "wlan0", "root", "tbf", "rate", rate, "burst", "16kb", "latency", "1s"];
        run("tc", &[&["-n", &self.namespace], &shaper[..]].concat());
    }

    /// How many bytes it has sent.
    ///
    /// # Panics
    /// If the system doesn't tell.
    #[must_use]
    pub fn sent(&self) -> u64 {
        let received_here = format!("/sys/class/net/{}/statistics/rx_bytes", self.cable);
        let count = fs::read_to_string(received_here).expect("an adapter counts its bytes");
        count.trim().parse().expect("a count is a number")
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

/// Lets this thread, and those that it starts, be in another network namespace.
#[allow(unsafe_code, reason = "the standard library has no such call")]
fn enter(namespace: &File) -> io::Result<()> {
    // SAFETY: the call takes two numbers, of which the first is that of a file that is open.
    match unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn ip(arguments: &[&str]) {
    run("ip", arguments);
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect("this test needs iproute2");
    let said = String::from_utf8_lossy(&output.stderr);
    // A panic while another one goes on would hide it.
    if !output.status.success() && !thread::panicking() {
        panic!("{program} {arguments:?} (this test needs root): {said}");
    }
}
