//! What the documents say, held against the programs: options, versions, and the examples of JSON.

use std::collections::BTreeSet;

use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::{Output, Program, built};
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::Value;

/// Runs a program to its end, which is to be a good one, and gives what it printed.
async fn printed(name: &str, options: &[&str]) -> String {
    let mut command = built(name);
    command.args(options);
    let program = Program::start(command);
    let status = program.end().await;
    assert!(status.success() && program.printed(Output::Stderr).is_empty(), "{name} {options:?}: {status}");
    program.printed(Output::Stdout)
}

#[tokio::test]
async fn help_names_every_option_and_the_version_is_the_one_that_is_told_to_viewers() {
    let of_server = ["--bind", "--data", "--site", "--config", "--publish-key", "--log"];
    let of_app = ["--headless", "--source", "--camera-backend", "--channel", "--fps", "--size", "--save", "--keep", "cameras"];
    let version = Server::alone(&[]).await.get("/api/now").await.expect(200).json()["version"].as_str().unwrap().to_owned();
    for (name, options) in [("cometcam-server", of_server.to_vec()), ("cometcam", [&of_server[..], &of_app].concat())] {
        let help = printed(name, &["--help"]).await;
        for option in options {
            assert!(help.contains(option), "{name} --help should name {option}: {help}");
        }
        assert_eq!(printed(name, &["--version"]).await, format!("{name} {version}\n"));
    }
    let help = printed("cometcam", &["cameras", "--help"]).await;
    assert!(help.contains("--json") && help.contains("--camera-backend"), "{help}");
}

/// The examples of JSON in ARCHITECTURE.md.
pub(crate) fn examples() -> Vec<Value> {
    let text = include_str!("../../ARCHITECTURE.md");
    let blocks = text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"))).collect()
}

/// The names of all fields, with the way to each; what is in an array is one as the other.
pub(crate) fn fields(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(fields_of) => fields_of
            .iter()
            .flat_map(|(name, value)| {
                [name.clone()].into_iter().chain(fields(value).into_iter().map(move |below| format!("{name}.{below}")))
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(fields).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test]
async fn the_examples_of_json_have_the_fields_of_the_real_answers() {
    let server = Server::headless(&[]).await;
    let mut subscriber = Subscriber::new(&server, "front?latest");
    let frame = subscriber.of_type("frame").await;
    let _yard_too = server.upload("yard?publish", "image/jpeg", jpeg::jpeg(64, 48, [0; 3])).await.expect(201);
    let stalled = serde_json::json!({"type": "status", "state": "stalled", "reason": "the camera is not connected", "at_ms": 1});
    let call = server.publisher(Method::POST, "yard").body("application/json", stalled.to_string());
    let _published = call.send().await.expect(202);
    let channels = server.get("/api/channels").await.expect(200).json();
    let information = server.channel("front").await;
    let pause = server.call(Method::POST, "/api/cameras/front/pause").key(&server.operator_key());
    let _paused = pause.send().await.expect(204);
    let status = subscriber.of_type("status").await;
    let (now, health) = (server.get("/api/now").await.expect(200).json(), server.get("/healthz").await.expect(200).json());

    let examples = examples();
    let real = [&frame, &status, &status, &now, &channels, &health, &health, &information];
    assert_eq!(examples.len(), real.len() + 1, "the last one is the list of cameras, which is looked at where there is one");
    for (example, real) in examples.iter().zip(real) {
        assert_eq!(fields(example), fields(real), "{example}\n{real}");
    }
}
