//! What is told to whoever helps, and what is not.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cometcam::cli::BroadcastArguments;
use cometcam::outbox::Outbox;
use cometcam::source::SourceSpec;
use cometcam::state::{Command, Event};
use cometcam::studio::Running;
use cometcam_server::arguments::ServerArguments;
use cometcam_tests::deadline::PATIENCE;
use cometcam_tests::server::folder;

/// One is a part of another, and the last one is the name of a channel that nobody lists, and the end of what was cut in two.
const SECRETS: [&str; 8] =
    ["of-the-option", "of-the-channel", "0081234", "hunter2hunter2", "of-the", "open sesame", "night-watch", "-channel"];

/// Of a window on a port of the system's choice, with a test pattern.
pub(crate) fn arguments(data: &Path, config: Option<&Path>) -> BroadcastArguments {
    let server = ServerArguments {
        bind: Some(([127, 0, 0, 1], 0).into()),
        data: Some(data.to_owned()),
        config: config.map(Path::to_owned),
        ..ServerArguments::default()
    };
    BroadcastArguments { source: Some(SourceSpec::TestPattern), server, ..BroadcastArguments::default() }
}

#[test]
fn diagnostics_tell_what_is_set_up_and_no_key_or_password() {
    let folder = folder();
    let (config, data) = (folder.path().join("cometcam.yaml"), folder.path().join("data"));
    let written = "hosts: [cam.example.org]\nchannels:\n  \"team/**\": { publish_key: of-the-channel, unlisted: true }\n  \
                   yard: { publish_key: 0081234, watch_password: of-the }\n\
                   window: { viewing: { guard: password, password: open sesame } }\n";
    std::fs::write(&config, written).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("operator-key"), "hunter2hunter2\n").unwrap();
    let base = arguments(&data, Some(&config));
    let arguments = BroadcastArguments {
        channel: Some("team/night-watch".to_owned()),
        // Which is told, and happens to be called like keys.
        source: Some(SourceSpec::Images(folder.path().join(SECRETS[3]).join(SECRETS[1]))),
        server: ServerArguments { publish_key: Some(SECRETS[0].to_owned()), ..base.server.clone() },
        ..base
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
        "channel …",
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
