//! Starting the programs, and not starting them: options, configuration, ports and folders, each refusal with its cure.

use std::net::TcpListener;
use std::process::{Command, ExitStatus};

use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::Output;
use cometcam_tests::server::{Server, folder, refusal, refusal_through};

const BOTH: [&str; 2] = ["cometcam-server", "cometcam"];

/// Checks that a start ended with status 1 and one sentence, without the words of a crash, that names each of `names`.
#[track_caller]
fn assert_refused((status, said): &(ExitStatus, String), names: &[&str], what: &str) {
    assert_eq!(status.code(), Some(1), "{what}: {said}");
    for name in names {
        assert!(said.contains(name), "{what} should name {name}: {said}");
    }
    for crash in ["panicked", "RUST_BACKTRACE", "Err(", "Os {"] {
        assert!(!said.contains(crash), "{what}: {said}");
    }
    assert_eq!(said.trim_end().lines().count(), 1, "{what} should be one sentence: {said}");
}

/// The options that make each program start headless, beside those under test.
fn headless(name: &str) -> &'static [&'static str] {
    if name == "cometcam" { &["--headless", "--source", "test-pattern"] } else { &[] }
}

#[tokio::test]
async fn an_option_that_cannot_be_meant_is_one_sentence_and_status_1() {
    let impossible: &[(&[&str], &str)] = &[
        (&["--fps", "0"], "--fps"),
        (&["--fps", "many"], "--fps"),
        (&["--size", "0x0"], "1280x720"),
        (&["--size", "big"], "1280x720"),
        (&["--size", "99999x1"], "16384"),
        (&["--source", "television"], "test-pattern"),
        (&["--source", "images:"], "images:FOLDER"),
        (&["--camera-backend", "magic"], "v4l2"),
        (&["--save", "sometimes"], "every"),
        (&["--save", "0s"], "every"),
        (&["--channel", ""], "--channel"),
        (&["--bind", "nowhere"], "--bind"),
        (&["--bind", "127.0.0.1:99999"], "--bind"),
        (&["--log", "loud"], "--log"),
        (&["--flys"], "--flys"),
        (&["fly"], "fly"),
        (&["--config", "/nowhere/at/all.yaml"], "/nowhere/at/all.yaml"),
    ];
    for (options, names) in impossible {
        let data = folder();
        let data = data.path().display().to_string();
        let all = [&["--headless", "--data", &data], *options].concat();
        assert_refused(&refusal("cometcam", &all).await, &[names], &format!("cometcam {options:?}"));
    }
    for (options, names) in
        [(["--bind", "nowhere"], "--bind"), (["--log", "loud"], "--log"), (["--source", "camera"], "--source")]
    {
        assert_refused(&refusal("cometcam-server", &options).await, &[names], &format!("cometcam-server {options:?}"));
    }
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_owner() {
    for name in BOTH {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let folder = folder();
        let data = folder.path().display().to_string();
        let options = [headless(name), &["--bind", &address, "--data", &data]].concat();
        let refused = refusal(name, &options).await;
        let port = taken.local_addr().unwrap().port().to_string();
        let own_id = std::process::id().to_string();
        assert_refused(&refused, &[&port, &own_id, "--bind"], name);
    }
}

#[tokio::test]
async fn a_data_folder_in_use_is_refused_by_the_second_program() {
    let first = Server::alone(&[]).await;
    let data = first.data().display().to_string();
    for name in BOTH {
        let options = [headless(name), &["--bind", "127.0.0.1:0", "--data", &data]].concat();
        assert_refused(&refusal(name, &options).await, &[&data, "--data"], name);
    }
    let _first_goes_on = first.get("/api/now").await.expect(200);
}

#[tokio::test]
async fn a_data_folder_is_free_again_after_a_kill() {
    let data = folder();
    let first = Server::start("cometcam-server", data.path(), &[]).await;
    first.kill().await;
    let second = Server::start("cometcam-server", data.path(), &[]).await;
    let _goes_on = second.get("/api/now").await.expect(200);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_named() {
    let folder = folder();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("data").display().to_string();
    for name in BOTH {
        for data in [below.as_str(), "/proc/cometcam"] {
            let options = [headless(name), &["--bind", "127.0.0.1:0", "--data", data]].concat();
            assert_refused(&refusal(name, &options).await, &[data, "--data"], name);
        }
    }
}

/// As root, but without root's right to do what the modes of files forbid.
fn bound_by_modes() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--inh-caps=-all", "--bounding-set=-all", "--securebits=+noroot", "--"]);
    command
}

#[tokio::test]
async fn a_data_folder_of_another_user_or_one_to_be_read_only_is_named() {
    use std::os::unix::fs::{PermissionsExt, chown};
    const NOBODY: u32 = 65534;
    for name in BOTH {
        let folder = folder();
        for (data, owner, mode) in [("of-another-user", NOBODY, 0o700), ("read-only", 0, 0o555)] {
            let data = folder.path().join(data);
            std::fs::create_dir(&data).unwrap();
            chown(&data, Some(owner), None).expect("this test needs root");
            std::fs::set_permissions(&data, PermissionsExt::from_mode(mode)).unwrap();
            let data = data.display().to_string();
            let options = [headless(name), &["--bind", "127.0.0.1:0", "--data", &data]].concat();
            assert_refused(&refusal_through(bound_by_modes(), name, &options).await, &[&data, "--data", "denied"], name);
        }
    }
}

#[tokio::test]
async fn a_wrong_line_of_the_configuration_is_named_by_its_number() {
    let wrong = [
        ("bind: 127.0.0.1:0\nbinde: 1\n", "line 2", "binde"),
        ("# one\n# two\nbind: [\n", "line 3", "config.yaml"),
        ("hosts: [a]\nchannels:\n  \"**\": { buffer: { messages: many } }\n", "line 3", "config.yaml"),
        ("archive: { keep: yesterday }\n", "line 1", "yesterday"),
    ];
    for name in BOTH {
        for (yaml, line, word) in wrong {
            let folder = folder();
            let file = folder.path().join("config.yaml");
            std::fs::write(&file, yaml).unwrap();
            let (file, data) = (file.display().to_string(), folder.path().join("data").display().to_string());
            let options = [headless(name), &["--bind", "127.0.0.1:0", "--data", &data, "--config", &file]].concat();
            assert_refused(&refusal(name, &options).await, &[&file, line, word], &format!("{name} with {yaml:?}"));
        }
    }
}

#[tokio::test]
async fn the_command_line_wins_over_the_configuration() {
    let server = Server::configured("bind: 127.0.0.1:1\n", &["--bind", "127.0.0.1:0"]).await;
    assert_ne!(server.address.port(), 1);
}

#[tokio::test]
async fn stdout_has_the_addresses_and_nothing_else() {
    for server in [Server::alone(&["--log", "debug"]).await, Server::headless(&["--log", "debug"]).await] {
        let _answered = server.get("/api/now").await.expect(200);
        assert!(server.stop().await.success());
        assert_eq!(server.program.printed(Output::Stdout), format!("listening on http://{}\n", server.address));
    }
}

#[tokio::test]
async fn a_camera_that_is_not_there_is_told_to_viewers_and_the_program_serves() {
    let data = folder();
    let options = ["--headless", "--source", "camera:No such camera"];
    let server = Server::start("cometcam", data.path(), &options).await;
    let status = Subscriber::new(&server, "front").of_type("status").await;
    assert_eq!(status["state"], "stalled");
    assert!(status["reason"].as_str().unwrap().contains("not connected"), "{status}");
    // Its name is for the broadcaster alone: names of devices tell much about a home.
    assert!(!status["reason"].as_str().unwrap().contains("No such camera"), "{status}");
    let named = |line: &str| line.contains("No such camera");
    let _told = server.program.line(Output::Stderr, "a line that names the camera", named).await;
    let listed = server.get("/api/channels").await.expect(200).json();
    assert_eq!(listed["channels"][0]["state"], "stalled");
    assert_eq!(listed["channels"][0]["reason"], status["reason"]);
}

#[tokio::test]
async fn a_folder_without_pictures_is_told_to_viewers_and_the_program_serves() {
    let (data, pictures) = (folder(), folder());
    let source = format!("images:{}", pictures.path().display());
    let server = Server::start("cometcam", data.path(), &["--headless", "--source", &source]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    assert_eq!(subscriber.of_type("status").await["state"], "stalled");
    std::fs::write(pictures.path().join("one.jpg"), cometcam_tests::jpeg::jpeg(64, 48, [9, 9, 9])).unwrap();
    assert_eq!(subscriber.of_type("frame").await["width"], 64, "it keeps trying");
}

#[tokio::test]
async fn files_of_others_in_the_data_folder_survive_a_start() {
    let data = folder();
    let foreign = [
        "live/mine/thesis.txt",
        "live/notes.txt",
        "live/mine/2026-11-22/holiday.jpg",
        "tmp/precious.part",
        "tmp/mine/thesis.txt",
    ];
    for path in foreign.map(|path| data.path().join(path)) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "not ours").unwrap();
    }
    for name in BOTH {
        let server = Server::start(name, data.path(), headless(name)).await;
        assert!(server.stop().await.success());
        for path in foreign {
            let read = std::fs::read_to_string(data.path().join(path));
            assert_eq!(read.ok().as_deref(), Some("not ours"), "{path} after {name}");
        }
    }
}
