//! What a program that runs for months without a window leaves to be read: its log.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::server::{Server, folder};

const PATTERN: [&str; 5] = ["--headless", "--source", "test-pattern", "--size", "320x240"];

fn log(data: &Path, name: &str) -> String {
    fs::read_to_string(data.join("log").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn a_headless_program_logs_to_files_that_turn_over_whatever_stderr_is_told() {
    let data = folder();
    let place = data.path().join("log");
    fs::create_dir(&place).unwrap();
    // As months leave it.
    let before = format!("{}\n", "x".repeat(99)).repeat(9_999);
    fs::write(place.join("cometcam.log"), &before).unwrap();
    fs::write(place.join("cometcam.log.4"), "the oldest\n").unwrap();
    let server = Server::start("cometcam", data.path(), &[&PATTERN[..], &["--log", "error"]].concat()).await;
    let _picture = Subscriber::new(&server, "front?latest").of_type("frame").await;
    let key = server.operator_key();
    let pause = |what: &str| server.call(hyper::Method::POST, &format!("/api/cameras/front/{what}")).key(&key).send();
    let _paused = pause("pause").await.expect(204);
    let _on = pause("resume").await.expect(204);
    let stderr = server.program.printed(Output::Stderr);
    assert!(!stderr.contains("front: paused"), "{stderr}");
    assert!(server.stop().await.success());

    let (newest, older) = (log(data.path(), "cometcam.log"), log(data.path(), "cometcam.log.1"));
    let whole = older.clone() + &newest;
    for said in ["gives RGB pictures of 320x240", "front: paused", "front: goes on"] {
        assert!(whole.contains(said), "{said}: {newest}");
    }
    assert!(older.starts_with(&before) && newest.len() < 100_000, "it turned over");
    assert_eq!(log(data.path(), "cometcam.log.4"), "the oldest\n", "there was room for one more");
    let mode = fs::metadata(place.join("cometcam.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "viewers' addresses are nobody else's business");
}

#[tokio::test]
async fn why_a_headless_program_ended_is_in_its_log_too() {
    let (data, config) = (folder(), folder());
    let config = config.path().join("cometcam.yaml");
    let twice = "cameras:\n- { channel: front, source: test-pattern }\n- { channel: front, source: test-pattern }\n";
    fs::write(&config, twice).unwrap();
    let mut command = built("cometcam");
    command.args(["--headless", "--bind", "127.0.0.1:0", "--config"]).arg(&config).arg("--data").arg(data.path());
    let program = Program::start(command);
    assert!(!program.end().await.success());
    let stderr = program.printed(Output::Stderr);
    let why = stderr.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or_else(|| panic!("{stderr}"));
    let log = log(data.path(), "cometcam.log");
    assert!(log.lines().any(|line| line.ends_with(&format!(" ERROR {why}"))), "{why}: {log}");
}

#[tokio::test]
async fn a_program_that_finds_the_data_folder_taken_writes_nothing_into_the_log_of_the_one_that_has_it() {
    let first = Server::headless(&[]).await;
    let mut command = built("cometcam");
    command.args(PATTERN).args(["--bind", "127.0.0.1:0", "--data"]).arg(first.data());
    let second = Program::start(command);
    assert!(!second.end().await.success());
    let why = second.printed(Output::Stderr);
    assert!(why.contains("error: "), "{why}");
    let log = log(first.data(), "cometcam.log");
    assert!(!log.contains("ERROR"), "{log}");
    // It is the program's own, as the keys are.
    let _none = first.get("/log/cometcam.log").await.expect(404);
}
