//! `make run` where things are missing: the scripts behind it, with stand-ins for what they ask.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output as Ended};

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::http::Call;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::server::folder;
use hyper::Method;
use rustix::process::Signal;
use tempfile::TempDir;

const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools");

fn script(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn without_a_display_and_a_camera_the_test_pattern_is_on_air_and_both_are_said() {
    let own = folder();
    let real = built("cometcam").get_program().to_string_lossy().into_owned();
    let stand_in = format!("[ \"$1\" != cameras ] || {{ echo '[]'; exit; }}\nexec '{real}' \"$@\"");
    script(&own.path().join("target/debug/cometcam"), &stand_in);
    std::fs::create_dir(own.path().join("tools")).unwrap();
    std::fs::copy(Path::new(TOOLS).join("run.sh"), own.path().join("tools/run.sh")).unwrap();
    let mut command = Command::new("sh");
    command.arg(own.path().join("tools/run.sh")).args(["--bind", "127.0.0.1:0", "--size", "320x240", "--data"]);
    command.arg(own.path().join("data")).env("XDG_CONFIG_HOME", own.path().join("config"));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let program = Program::start(command);
    let line = program.line(Output::Stdout, "an address", |line| line.starts_with("listening on http://")).await;
    let said = program.printed(Output::Stderr);
    for words in ["There is no display here", "headless", "NO CAMERA", "viewers see the test pattern"] {
        assert!(said.contains(words), "“{words}” in: {said}");
    }
    let address = line.trim_start_matches("listening on http://").parse().unwrap();
    let frame = Subscriber::to(address, "front").of_type("frame").await;
    let picture = Call::new(address, Method::GET, frame["url"].as_str().unwrap()).send().await.expect(200).body;
    assert!(read_number(&jpeg::whole(&picture), Size::new(320, 240)).is_some(), "it is the test pattern");
    program.signal(Signal::TERM);
    assert!(program.end().await.success());
}

/// A system of which install.sh sees no more than this: a few commands, `dpkg-query` that ends so, and who runs it.
struct System(TempDir);

impl System {
    fn new(dpkg_query: &str, user: u32) -> Self {
        let system = Self(folder());
        let path = std::env::var_os("PATH").unwrap();
        for command in ["sed", "sort", "uniq", "grep", "tr", "env", "cat"] {
            let found = std::env::split_paths(&path).map(|folder| folder.join(command)).find(|path| path.exists());
            std::fs::create_dir_all(system.path("bin")).unwrap();
            symlink(found.unwrap(), system.path("bin").join(command)).unwrap();
        }
        let log = system.path("log");
        system.has("dpkg-query", dpkg_query);
        system.has("id", &format!("echo {user}"));
        system.has("apt-get", &format!("echo \"apt-get $*\" >> '{}'", log.display()));
        system
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn has(&self, command: &str, text: &str) {
        script(&self.path("bin").join(command), text);
    }

    fn install(&self) -> Ended {
        let mut command = Command::new("/bin/sh");
        command.arg(Path::new(TOOLS).join("install.sh")).args(["window", "network"]).env("PATH", self.path("bin"));
        command.stdin(std::process::Stdio::null()).output().unwrap()
    }

    /// What apt-get was asked for.
    fn asked(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const ALL_THERE: &str = "echo installed";
const NOTHING_THERE: &str = "exit 1";

#[test]
fn where_nothing_is_missing_nothing_is_said_or_installed() {
    let system = System::new(ALL_THERE, 1000);
    let ended = system.install();
    assert!(ended.status.success() && ended.stdout.is_empty() && ended.stderr.is_empty(), "{ended:?}");
    assert_eq!(system.asked(), "");
}

#[test]
fn who_may_not_install_is_told_what_is_missing_and_what_to_do_in_a_sentence() {
    for sudo in [None, Some("exit 1")] {
        let system = System::new(NOTHING_THERE, 1000);
        if let Some(sudo) = sudo {
            system.has("sudo", sudo);
        }
        let ended = system.install();
        let (missing, said) = (text(&ended.stdout), text(&ended.stderr));
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(missing.contains("to open the window: libx11-6") && missing.contains("iproute2"), "{missing}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let why = if sudo.is_some() { "sudo asks for a password" } else { "there is no sudo" };
        assert!(said.starts_with("Only root can install packages") && said.contains(why), "{said}");
        assert!(said.contains("tools/install.sh window network"), "{said}");
        assert_eq!(system.asked(), "");
    }
}

#[test]
fn what_is_missing_is_installed_by_root_or_through_sudo() {
    for user in [0, 1000] {
        let system = System::new(NOTHING_THERE, user);
        system.has("sudo", "[ \"$1\" = -n ] || exec \"$@\"");
        let ended = system.install();
        assert!(ended.status.success(), "{}", text(&ended.stderr));
        let asked = system.asked();
        let [update, install] = asked.lines().collect::<Vec<_>>()[..] else { panic!("apt-get twice: {asked}") };
        assert!(update.ends_with(" update"), "{update}");
        assert!(
            install.contains(" install --yes ") && [" libx11-6 ", " iproute2 "].iter().all(|package| install.contains(package)),
            "{install}"
        );
    }
}
