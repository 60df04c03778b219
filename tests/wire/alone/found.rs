//! Found by name in the network, as other computers there see it: through Avahi on one of them.

use std::net::SocketAddr;
use std::process::Command;

use cometcam_tests::bus::Bus;
use cometcam_tests::deadline::soon;
use cometcam_tests::http::Call;
use cometcam_tests::lan::{Device, Lan};
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use tempfile::TempDir;

/// A device that runs Avahi and is called `name`.
struct Avahi<'a> {
    device: &'a Device,
    bus: Bus,
    _daemon: Program,
    _folder: TempDir,
}

impl<'a> Avahi<'a> {
    async fn start(device: &'a Device, name: &str) -> Self {
        let (bus, folder) = (Bus::start().await, folder());
        let config = folder.path().join("avahi.conf");
        // Each adapter is looked at as it is, and nothing else of this machine is told.
        let text = format!("[server]\nhost-name={name}\nuse-ipv6=no\n[publish]\npublish-hinfo=no\npublish-workstation=no\n");
        std::fs::write(&config, text).unwrap();
        // Its number is in a file of the whole machine, so each has a folder of its own; a device sees its own mounts.
        let start = "mount -t tmpfs none /run && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits --file \"$0\"";
        let mut command = Command::new("sh");
        bus.used_by(command.args(["-c", start]).arg(&config));
        let daemon = Program::start(device.on(&command));
        daemon.line(Output::Stderr, "Avahi's start", |line| line.contains("Server startup complete")).await;
        Self { device, bus, _daemon: daemon, _folder: folder }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Program {
        let mut command = Command::new(program);
        self.bus.used_by(command.args(arguments));
        Program::start(self.device.on(&command))
    }

    /// What `name` leads to, once it is `wanted`.
    async fn resolves(&self, name: &str, wanted: &str) {
        soon(&format!("{name} leads to {wanted}"), async {
            loop {
                let asked = self.run("avahi-resolve", &["-4", "--name", name]);
                asked.end().await;
                if asked.printed(Output::Stdout).contains(&format!("{name}\t{wanted}\n")) {
                    return;
                }
            }
        })
        .await;
    }

    /// What is seen of web sites, as it comes and goes.
    fn browse(&self) -> Program {
        self.run("avahi-browse", &["--resolve", "--parsable", "--no-db-lookup", "_http._tcp"])
    }
}

/// What a device runs that has no message bus.
fn without_bus(device: &Device) -> Command {
    let mut command = built("cometcam");
    command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    device.on(&command)
}

const OPTIONS: [&str; 7] = ["--headless", "--source", "test-pattern", "--size", "320x240", "--bind", "0.0.0.0:0"];

/// The name under which the program says that the network knows it.
async fn name_of(server: &Server) -> String {
    let said = "the network knows this computer as ";
    let line = server.program.line(Output::Stderr, "its name in the network", |line| line.contains(said)).await;
    line.split(said).nth(1).unwrap_or_default().to_owned()
}

async fn asked_by(name: &str, address: SocketAddr) -> u16 {
    let call = Call::new(address, Method::GET, "/api/now").header("Host", &format!("{name}:{}", address.port()));
    call.send().await.status.as_u16()
}

#[tokio::test]
async fn its_name_is_seen_in_the_network_follows_its_address_and_goes_with_it() {
    let (lan, data) = (Lan::new(), folder());
    let (laptop, other) = (lan.device(20), lan.device(30));
    other.join(1);
    let avahi = Avahi::start(&other, "other").await;
    let browsing = avahi.browse();
    let server = Server::run(without_bus(&laptop), data.path(), &OPTIONS).await;
    let name = name_of(&server).await;
    let port = server.address.port().to_string();
    let title = format!("Cometcam\\032on\\032{}", name.trim_end_matches(".local"));
    let is_it = |line: &str| line.starts_with('=') && line.contains(&title) && line.contains(&port) && line.contains("path=/");
    browsing.line(Output::Stdout, "the site in the list", is_it).await;
    avahi.resolves(&name, &laptop.address(0).to_string()).await;
    assert_eq!(asked_by(&name, SocketAddr::new(laptop.address(0), server.address.port())).await, 200);
    laptop.join(1);
    laptop.leave(0);
    avahi.resolves(&name, &laptop.address(1).to_string()).await;
    assert!(server.stop().await.success());
    browsing.line(Output::Stdout, "that it is gone", |line| line.starts_with('-') && line.contains(&title)).await;
}

#[tokio::test]
async fn where_another_computer_has_the_name_it_takes_another_one_and_answers_to_that() {
    let (lan, data) = (Lan::new(), folder());
    let (laptop, other) = (lan.device(20), lan.device(30));
    let own = cometcam::announce::host_word(&machine());
    let avahi = Avahi::start(&other, &own).await;
    let server = Server::run(without_bus(&laptop), data.path(), &OPTIONS).await;
    let name = name_of(&server).await;
    assert_eq!(name, format!("{own}-2.local"));
    avahi.resolves(&name, &laptop.address(0).to_string()).await;
    avahi.resolves(&format!("{own}.local"), &other.address(0).to_string()).await;
    assert_eq!(asked_by(&name, SocketAddr::new(laptop.address(0), server.address.port())).await, 200);
}

fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

#[tokio::test]
async fn where_avahi_has_the_computers_name_it_announces_the_site_and_takes_it_back() {
    let (lan, data) = (Lan::new(), folder());
    let (laptop, other) = (lan.device(20), lan.device(30));
    let (own, avahi) = (Avahi::start(&laptop, "ada").await, Avahi::start(&other, "other").await);
    let browsing = avahi.browse();
    let mut command = built("cometcam");
    own.bus.used_by(&mut command);
    let server = Server::run(laptop.on(&command), data.path(), &OPTIONS).await;
    assert_eq!(name_of(&server).await, "ada.local");
    let port = server.address.port().to_string();
    let line = |begin: char| move |line: &str| line.starts_with(begin) && line.contains("Cometcam");
    let seen = browsing.line(Output::Stdout, "the site in the list", line('=')).await;
    assert!(seen.contains(";ada.local;") && seen.contains(&port), "{seen}");
    assert_eq!(asked_by("ada.local", SocketAddr::new(laptop.address(0), server.address.port())).await, 200);
    assert!(server.stop().await.success());
    browsing.line(Output::Stdout, "that it is gone", line('-')).await;
}

#[tokio::test]
async fn nothing_is_announced_of_a_program_that_only_this_computer_reaches() {
    let (lan, data) = (Lan::new(), folder());
    let (laptop, other) = (lan.device(20), lan.device(30));
    let avahi = Avahi::start(&other, "other").await;
    let local: Vec<&str> = OPTIONS.iter().map(|option| if option.starts_with("0.") { "127.0.0.1:0" } else { option }).collect();
    let quiet = Server::run(without_bus(&laptop), data.path(), &local).await;
    let (open_data, browsing) = (folder(), avahi.browse());
    let open = Server::run(without_bus(&laptop), open_data.path(), &OPTIONS).await;
    let port = |server: &Server| format!(";{};", server.address.port());
    browsing.line(Output::Stdout, "the open one in the list", |line| line.contains(&port(&open))).await;
    assert!(!browsing.printed(Output::Stdout).contains(&port(&quiet)));
}
