//! What the desktop is told to start at login, and that it starts it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use cometcam::login::AtLogin;
use cometcam::outbox::Outbox;
use cometcam::state::{Audience, Command as Wanted, Event};
use cometcam::studio::Running;
use cometcam_tests::deadline::PATIENCE;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::built;
use cometcam_tests::server::{Server, folder};

use super::said::arguments;

/// Set where the test runs itself again, in an environment in which the desktop's and the program's settings are its own.
const AGAIN: &str = "TEST_OF_LOGIN";

/// Chooses what happens at login, as at the window.
fn choose(data: &Path, at_login: AtLogin) {
    let (outbox, events) = Outbox::new(|| ());
    let running = Running::start(&arguments(data, None), Arc::new(outbox)).unwrap();
    running.commands.send(Wanted::SetAudience(Audience::ThisComputer)).unwrap();
    running.commands.send(Wanted::SetAtLogin(at_login)).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !events.try_iter().any(|event| event == Event::AtLogin(at_login)) {
        assert!(Instant::now() < deadline, "it is not done");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn what_is_chosen_for_the_login_is_what_the_desktop_starts() {
    if let Some(data) = std::env::var_os(AGAIN) {
        let (data, entry) = (Path::new(&data), cometcam::login::entry_file().unwrap());
        choose(data, AtLogin::Open);
        assert!(entry.exists());
        choose(data, AtLogin::Off);
        assert!(!entry.exists());
        choose(data, AtLogin::Live);
        return;
    }
    let data = folder();
    let home = data.path().join("config-home");
    let itself = std::env::current_exe().unwrap();
    let mut again = Command::new(&itself);
    again.args(["--exact", "alone::login::what_is_chosen_for_the_login_is_what_the_desktop_starts", "--nocapture"]);
    let output = again.env("XDG_CONFIG_HOME", &home).env(AGAIN, data.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let entry = std::fs::read_to_string(home.join("autostart/cometcam.desktop")).unwrap();
    let command = entry.lines().find_map(|line| line.strip_prefix("Exec=")).unwrap();
    let program = built("cometcam").get_program().display().to_string();
    let command = command.replace(&itself.display().to_string(), &program);
    let desktop = Desktop::start().await;
    let mut shell = Command::new("sh");
    desktop.shown_here(&mut shell).args(["-c", &format!("exec {command} \"$@\""), "sh"]);
    let server = Server::run(shell, data.path(), &["--source", "test-pattern"]).await;
    let _live = Subscriber::new(&server, "front?first=newest").of_type("frame").await;
    assert!(server.stop().await.success());
}
