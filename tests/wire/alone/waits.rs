//! At login the network often comes later than the program.

use std::path::Path;
use std::process::Command;

use cometcam_tests::bus::Bus;
use cometcam_tests::deadline::soon;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::http::Call;
use cometcam_tests::lan::{Device, Lan};
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::server::folder;
use hyper::Method;

use super::awake::settings;
use crate::window::{is_live, is_ready};

/// A window that the desktop starts at login, and that is to go live at an address of the device.
fn at_login(desktop: &Desktop, bus: &Bus, laptop: &Device, data: &Path) -> Program {
    settings(data, "{ audience: this-network, at_login: live }");
    let mut command: Command = built("cometcam");
    desktop.shown_here(&mut command);
    bus.used_by(&mut command);
    command.args(["--at-login", "--source", "test-pattern", "--bind", &format!("{}:8060", laptop.address(0))]);
    command.arg("--data").arg(data).env("XDG_CONFIG_HOME", data.join("config-home"));
    Program::start(laptop.on(&command))
}

#[tokio::test]
async fn a_window_that_is_to_go_live_at_login_waits_for_its_address_and_says_so() {
    let (lan, desktop, bus, data) = (Lan::new(), Desktop::start().await, Bus::start().await, folder());
    let system = bus.stand_ins().await;
    let laptop = lan.device(20);
    laptop.leave(0);
    let program = at_login(&desktop, &bus, &laptop, data.path());
    let waits = format!("doesn't have the address {} yet", laptop.address(0));
    program.line(Output::Stderr, "that it waits", |line| line.contains(&waits)).await;
    desktop.shows("login-waits", is_ready).await;
    assert_eq!(program.printed(Output::Stdout), "", "nobody is seen anywhere else meanwhile");
    assert_eq!(system.heard().await, Vec::<String>::new());

    laptop.join(0);
    program.line(Output::Stdout, "the address", |line| line.contains(&laptop.address(0).to_string())).await;
    system.were_asked(&["notification Some(2): Cometcam: You are live: Everyone in this network"]).await;
    desktop.shows("login-came", is_live).await;
    let address = (laptop.address(0), 8060).into();
    soon("a picture", async { while Call::new(address, Method::GET, "/live/front.jpg").send().await.status != 200 {} }).await;
}
