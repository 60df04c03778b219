//! The computer of a display as `/kiosk/setup` sets it up, with a real Chromium on a screen of its own: whatever loses power or its
//! address, it ends in a picture by itself.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::program::Program;
use cometcam_tests::server::{Server, folder};
use image::{RgbImage, imageops};
use rustix::process::{Pid, Signal, kill_process};

/// What the first user of a machine without a graphics processor needs, beside what the script says.
const CHROMIUM: &str = "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking \
                        --disable-component-update --disable-sync --window-size=1280,800 --window-position=0,0";

/// The number in the picture on the screen: 16 to 9, as wide as the screen, in its middle.
fn number_on(screen: &RgbImage) -> Option<u32> {
    let (width, height) = (screen.width(), screen.width() * 9 / 16);
    let picture = imageops::crop_imm(screen, 0, (screen.height() - height) / 2, width, height).to_image();
    read_number(&picture, Size::new(width, height))
}

/// Waits until the picture on the screen moves.
async fn moves(desktop: &Desktop, name: &str) {
    let (number, _) = desktop.shown(name, number_on).await;
    desktop.shows(name, |screen| number_on(screen).is_some_and(|now| now != number)).await;
}

/// Waits until no picture is on the screen that could be taken for a live one.
async fn shows_none(desktop: &Desktop, name: &str) {
    desktop.shows(name, |screen| number_on(screen).is_none()).await;
}

fn executable(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Starts the script as its unit does after the computer was switched on.
fn switch_on(home: &Path, desktop: &Desktop, script: &str) -> Program {
    let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .flat_map(|folder| ["chromium", "google-chrome", "chromium-browser"].map(|name| folder.join(name)))
        .find(|path| path.is_file())
        .expect("no Chromium here: `make test` installs it");
    executable(&home.join("chromium"), &format!("#!/bin/sh\nexec {} {CHROMIUM} \"$@\"\n", real.display()));
    // Its time goes fast.
    executable(&home.join("sleep"), "#!/bin/sh\nexec /bin/sleep 0.05\n");
    executable(&home.join("cometcam-display"), script);
    let mut command = Command::new(home.join("cometcam-display"));
    let programs = std::env::join_paths([home, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    desktop.shown_here(command.env("PATH", programs).env("HOME", home).env_remove("XDG_DATA_HOME"));
    Program::start(command)
}

/// The script as this server gives it out, going by these servers.
async fn script(server: &Server, servers: &str) -> String {
    let script = server.get("/kiosk/setup/cometcam-display?display=Hall&channel=front").await.expect(200).text();
    let line = script.lines().find(|line| line.starts_with("servers=")).unwrap().to_owned();
    script.replace(&line, &format!("servers='{servers}'"))
}

/// A camera's computer at this address.
async fn camera(data: &Path, address: &str) -> Server {
    let options = ["--headless", "--source", "test-pattern", "--size", "1280x720", "--fps", "5", "--bind", address];
    Server::start("cometcam", data, &options).await
}

/// The script's child that is Chromium's first process.
fn browser_of(display: &Program) -> Pid {
    let children = format!("/proc/{0}/task/{0}/children", display.pid());
    let children = std::fs::read_to_string(children).unwrap();
    let is_browser = |pid: &&str| {
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains("--kiosk"))
    };
    let pid = children.split_whitespace().find(is_browser).expect("the script has started a browser");
    Pid::from_raw(pid.parse().unwrap()).unwrap()
}

#[tokio::test]
async fn a_display_ends_in_a_picture_by_itself_after_each_power_cut_a_late_server_and_a_new_address() {
    let (desktop, data, home) = (Desktop::start().await, folder(), folder());
    let mut addresses = Vec::new();
    let mut lines = String::new();
    for _ in 0..2 {
        let server = camera(data.path(), "127.0.0.1:0").await;
        addresses.push(server.address.to_string());
        lines = script(&server, &format!("http://{}", addresses.join(" http://"))).await;
        assert!(server.stop().await.success());
    }

    // The display is switched on before its server.
    let display = switch_on(home.path(), &desktop, &lines);
    let server = camera(data.path(), &addresses[0]).await;
    moves(&desktop, "display-first").await;

    // The browser dies, and the script begins again.
    kill_process(browser_of(&display), Signal::KILL).unwrap();
    shows_none(&desktop, "display-killed").await;
    moves(&desktop, "display-again").await;

    // The display's power is cut: nothing of it ends in order.
    drop(display);
    shows_none(&desktop, "display-off").await;
    let display = switch_on(home.path(), &desktop, &lines);
    moves(&desktop, "display-on").await;

    // The server's power is cut. What stands on the screen is its last picture, which another one takes the place of.
    server.kill().await;
    let server = camera(data.path(), &addresses[0]).await;
    moves(&desktop, "display-late-server").await;
    assert!(server.stop().await.success());

    // The server comes back under another address.
    let _server = camera(data.path(), &addresses[1]).await;
    moves(&desktop, "display-new-address").await;
    display.signal(Signal::TERM);
    assert!(display.end().await.success());
}
