//! The computer stays awake while live, a sleep is survived, and the desktop may start it.

use std::path::Path;
use std::process::Command;

use cometcam_tests::bus::Bus;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::{Output, built};
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use serde_json::json;

use crate::window::{is_live, is_ready};

const ASKED: [&str; 2] = ["screen saver: inhibit Cometcam", "login: inhibit idle:sleep block Cometcam"];
const RELEASED: [&str; 2] = ["screen saver: release 7", "login: release"];

/// The program without a window, live, on a bus.
async fn live(bus: &Bus, data: &Path) -> Server {
    let mut command = built("cometcam");
    bus.used_by(&mut command);
    let options: Vec<_> = "--headless --source test-pattern --size 320x240 --fps 10 --log debug".split(' ').collect();
    Server::run(command, data, &options).await
}

#[tokio::test]
async fn the_computer_is_kept_awake_while_live_and_not_while_paused_or_afterwards() {
    let (bus, data) = (Bus::start().await, folder());
    let system = bus.stand_ins().await;
    let server = live(&bus, data.path()).await;
    system.were_asked(&ASKED).await;
    server.program.line(Output::Stderr, "that it stays awake", |line| line.contains("stays awake while live")).await;
    let control = |what: &str| server.call(Method::POST, &format!("/api/cameras/front/{what}")).key(&server.operator_key());
    let _paused = control("pause").send().await.expect(204);
    system.were_asked(&RELEASED).await;
    let _on = control("resume").send().await.expect(204);
    system.were_asked(&ASKED).await;
    let _ended = server.publisher(Method::DELETE, "front").send().await.expect(200);
    system.were_asked(&RELEASED).await;
    assert!(server.stop().await.success());
    assert_eq!(system.heard().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_keeps_the_computer_awake_goes_with_the_program_however_it_ends() {
    let (bus, data) = (Bus::start().await, folder());
    let system = bus.stand_ins().await;
    let server = live(&bus, data.path()).await;
    system.were_asked(&ASKED).await;
    server.kill().await;
    system.were_asked(&["login: release"]).await;
}

#[tokio::test]
async fn that_nobody_keeps_the_computer_awake_is_told() {
    let (bus, data) = (Bus::start().await, folder());
    let server = live(&bus, data.path()).await;
    server.program.line(Output::Stderr, "that it may sleep", |line| line.contains("nothing here keeps the computer awake")).await;
    let _live = Subscriber::new(&server, "front?first=newest").of_type("frame").await;
}

#[tokio::test]
async fn pictures_go_on_after_the_computer_has_slept() {
    let (bus, data) = (Bus::start().await, folder());
    let system = bus.stand_ins().await;
    let server = live(&bus, data.path()).await;
    let mut viewer = Subscriber::new(&server, "front?latest");
    let before = viewer.of_type("frame").await;
    server.program.line(Output::Stderr, "that it would hear of it", |line| line.contains("tells when it sleeps")).await;
    system.sleep_and_wake().await;
    server.program.line(Output::Stderr, "that it slept", |line| line.contains("has slept")).await;
    let after = viewer.of_type("frame").await;
    assert!(after["seq"].as_u64() > before["seq"].as_u64(), "{before} {after}");
}

pub(super) fn settings(data: &Path, window: &str) {
    let folder = data.join("config-home/cometcam");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("cometcam.yaml"), format!("window: {window}\n")).unwrap();
    let entry = data.join("config-home/autostart");
    std::fs::create_dir_all(&entry).unwrap();
    std::fs::write(entry.join("cometcam.desktop"), "[Desktop Entry]\nType=Application\nName=Cometcam\nExec=cometcam\n").unwrap();
}

fn window(desktop: &Desktop, bus: &Bus) -> Command {
    let mut command = built("cometcam");
    desktop.shown_here(&mut command);
    bus.used_by(&mut command);
    command
}

#[tokio::test]
async fn a_window_that_the_desktop_starts_goes_live_and_says_so_and_one_started_by_hand_does_not() {
    let (desktop, bus, data) = (Desktop::start().await, Bus::start().await, folder());
    let system = bus.stand_ins().await;
    settings(data.path(), "{ audience: this-computer, at_login: live }");
    let pattern = ["--source", "test-pattern"];
    let by_hand = Server::run(window(&desktop, &bus), data.path(), &pattern).await;
    desktop.shows("login-by-hand", is_ready).await;
    assert_eq!(by_hand.get("/api/channels").await.expect(200).json()["channels"], json!([]));
    assert!(by_hand.stop().await.success());
    assert_eq!(system.heard().await, Vec::<String>::new(), "nothing is asked for while nothing is live");

    let at_login = Server::run(window(&desktop, &bus), data.path(), &[&pattern[..], &["--at-login"]].concat()).await;
    let said = system.were_asked(&["notification Some(2): Cometcam: You are live: Everyone at this computer"]).await;
    assert!(said[0].contains("press Stop"), "{said:?}");
    system.were_asked(&ASKED[..1]).await;
    let _live = Subscriber::new(&at_login, "front?first=newest").of_type("frame").await;
    desktop.shows("login-live", is_live).await;
    assert!(at_login.stop().await.success());
}

#[tokio::test]
async fn a_window_does_not_go_live_at_login_before_anybody_said_who_can_watch() {
    let (desktop, bus, data) = (Desktop::start().await, Bus::start().await, folder());
    settings(data.path(), "{ at_login: live }");
    let server = Server::run(window(&desktop, &bus), data.path(), &["--source", "test-pattern", "--at-login"]).await;
    server.program.line(Output::Stderr, "why it isn't live", |line| line.contains("who can watch was never chosen")).await;
    desktop.shows("login-unanswered", is_ready).await;
    assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], json!([]));
}
