//! What is told to whoever helps, and what is not.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cometcam::cli::BroadcastArguments;
use cometcam::outbox::Outbox;
use cometcam::source::SourceSpec;
use cometcam::state::{Command, Event};
use cometcam::studio::Running;
use cometcam_tests::deadline::PATIENCE;
use cometcam_tests::server::folder;

const SECRETS: [&str; 4] = ["of-the-option", "of-the-channel", "0081234", "hunter2hunter2"];

/// Of a window on a port of the system's choice, with a test pattern.
pub(super) fn arguments(data: &Path, config: Option<&Path>) -> BroadcastArguments {
    BroadcastArguments {
        headless: false,
        source: Some(SourceSpec::TestPattern),
        camera_backend: None,
        channel: None,
        fps: None,
        size: None,
        save: None,
        keep: false,
        bind: Some(([127, 0, 0, 1], 0).into()),
        data: Some(data.to_owned()),
        site: None,
        config: config.map(Path::to_owned),
        at_login: false,
        publish_key: None,
    }
}

#[test]
fn diagnostics_tell_what_is_set_up_and_no_key_or_password() {
    let folder = folder();
    let (config, data) = (folder.path().join("cometcam.yaml"), folder.path().join("data"));
    let written = "hosts: [cam.example.org]\nchannels:\n  \"team/**\": { publish_key: of-the-channel, unlisted: true }\n  \
                   yard: { publish_key: 0081234 }\n";
    std::fs::write(&config, written).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("operator-key"), "hunter2hunter2\n").unwrap();
    let arguments = BroadcastArguments {
        channel: Some("front-door".to_owned()),
        // Which is told, and happens to be called like a key.
        source: Some(SourceSpec::Images(folder.path().join(SECRETS[3]))),
        publish_key: Some(SECRETS[0].to_owned()),
        ..arguments(&data, Some(&config))
    };
    let (outbox, events) = Outbox::new(|| ());
    let running = Running::start(&arguments, Arc::new(outbox)).unwrap();
    // As somebody types it who means something else; what went wrong is told.
    running.commands.send(Command::SetChannel(String::new())).unwrap();
    running.commands.send(Command::CopyDiagnostics).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let text = loop {
        let told = |event| if let Event::Diagnostics(text) = event { Some(text) } else { None };
        if let Some(text) = events.try_iter().find_map(told) {
            break text;
        }
        assert!(Instant::now() < deadline, "nothing is copied");
        std::thread::yield_now();
    };
    for told in [
        "Cometcam ",
        "front-door",
        "http://localhost:",
        "Cameras",
        "team/**",
        "a key of its own",
        "needs a name",
        "Images(",
        "Log",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
