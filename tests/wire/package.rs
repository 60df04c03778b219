//! The Debian package, as an administrator meets it: installed on a bare system, run, and removed.

use std::path::{Path, PathBuf};
use std::process::Command;

use cometcam_tests::bare::BareSystem;
use cometcam_tests::deadline::soon;
use cometcam_tests::desktop::Desktop;
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::server::{Server, folder};

#[tokio::test]
async fn the_package_is_installed_run_and_removed_on_a_bare_system_and_the_tarball_has_the_same_programs() {
    let (made, system) = (folder(), BareSystem::make().await);
    package(made.path()).await;
    is_as_its_checksums_say(made.path()).await;
    let deb = only(made.path(), "deb");
    std::fs::copy(&deb, system.root().join("tmp/cometcam.deb")).unwrap();
    system.run("apt-get", &["update", "-qq"]).await;
    system.run("apt-get", &["install", "-qq", "--yes", "-o", "APT::Sandbox::User=root", "/tmp/cometcam.deb"]).await;

    assert!(system.run("cometcam", &["--version"]).await.starts_with("cometcam "));
    let enabled = files(system.root()).into_iter().filter(|file| file.contains(".wants/cometcam")).collect::<Vec<_>>();
    assert_eq!(enabled, Vec::<String>::new(), "nothing of it starts by itself");
    for unit in ["cometcam-server", "cometcam-headless"] {
        let file = format!("usr/lib/systemd/system/{unit}.service");
        assert!(system.root().join(&file).is_file(), "{file}");
    }
    shows_a_picture(&system).await;
    serves(&system).await;
    opens_its_window(&system).await;

    system.run("apt-get", &["purge", "-qq", "--yes", "cometcam"]).await;
    let left = files(system.root()).into_iter().filter(|file| file.contains("cometcam") && !file.contains("/tmp/"));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new(), "nothing of it is left");
}

#[tokio::test]
async fn systemd_takes_the_units_as_they_are() {
    let tree = folder();
    for unit in ["cometcam-server", "cometcam-headless"] {
        let text = std::fs::read_to_string(assets().join(format!("{unit}.service"))).unwrap();
        // The programs as built here stand in for the installed ones; the manual is not installed.
        let (program, _) = text.split_once("ExecStart=/usr/bin/").unwrap().1.split_once(' ').unwrap();
        let here = built(program).get_program().to_string_lossy().into_owned();
        let text = text.replace(&format!("/usr/bin/{program}"), &here);
        let text: String =
            text.lines().filter(|line| !line.starts_with("Documentation=")).map(|line| format!("{line}\n")).collect();
        let file = tree.path().join(format!("{unit}.service"));
        std::fs::write(&file, text).unwrap();
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no", "--recursive-errors=no"]).arg(&file);
        let program = Program::start(verify);
        let status = program.end().await;
        let told = program.printed(Output::Stderr);
        assert!(status.success() && told.trim().is_empty(), "{unit}: {told}");
        let mut security = Command::new("systemd-analyze");
        security.args(["security", "--offline=true", "--no-pager", "--threshold=20"]).arg(&file);
        output(security).await;
    }
}

async fn is_as_its_checksums_say(made: &Path) {
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(made);
    let printed = output(check).await;
    assert_eq!(printed.lines().filter(|line| line.ends_with(": OK")).count(), 2, "{printed}");
    let mut unpack = Command::new("tar");
    unpack.args(["--extract", "--strip-components=1", "--file"]).arg(only(made, "gz")).current_dir(made);
    output(unpack).await;
    for program in ["cometcam", "cometcam-server"] {
        let mut version = Command::new(made.join(program));
        version.arg("--version");
        assert!(output(version).await.starts_with(program));
        assert!(made.join(format!("man/{program}.1")).is_file());
    }
}

/// Packs the programs as they were built for the tests.
async fn package(folder: &Path) {
    let program = PathBuf::from(built("cometcam").get_program());
    let mut package = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/package.sh"));
    package.arg(program.parent().unwrap()).arg(folder);
    let program = Program::start(package);
    // The tool that packs may have to be built first.
    let status = program.end_within(std::time::Duration::from_secs(600)).await;
    assert!(status.success(), "{}", program.printed(Output::Stderr));
}

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/package")
}

fn only(folder: &Path, ending: &str) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files = files.filter(|file| file.extension().is_some_and(|of_file| of_file == ending));
    let file = files.next().unwrap();
    assert!(files.next().is_none(), "there is one .{ending}");
    file
}

/// All of a system's files, by their paths in it.
fn files(root: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            all.push(format!("/{}", entry.path().strip_prefix(root).unwrap().display()));
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    all
}

async fn output(command: Command) -> String {
    let what = format!("{command:?}");
    let program = Program::start(command);
    let status = program.end().await;
    assert!(status.success(), "{what}: {}", program.printed(Output::Stderr));
    program.printed(Output::Stdout)
}

async fn shows_a_picture(system: &BareSystem) {
    let options = ["--headless", "--source", "test-pattern"];
    let server = Server::run(system.command("cometcam"), Path::new("/tmp/headless"), &options).await;
    soon("a picture", async { while server.get("/live/front.jpg").await.status != 200 {} }).await;
    assert!(server.stop().await.success());
}

async fn serves(system: &BareSystem) {
    let options = ["--config", "/etc/cometcam/server.yaml"];
    let server = Server::run(system.command("cometcam-server"), Path::new("/tmp/server"), &options).await;
    assert_eq!(server.get("/healthz").await.status, 200);
    assert!(server.stop().await.success());
}

async fn opens_its_window(system: &BareSystem) {
    let desktop = Desktop::start().await;
    let mut command = system.command("cometcam");
    desktop.shown_here(&mut command);
    let server = Server::run(command, Path::new("/tmp/window"), &["--source", "test-pattern"]).await;
    let window = desktop.window("Cometcam").await;
    desktop.screenshot("window-of-the-package").await;
    window.ask_to_close();
    assert!(server.program.end().await.success(), "{}", server.program.printed(Output::Stderr));
}
