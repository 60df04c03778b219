//! A studio in the tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;

use super::{Chosen, Studio};
use crate::cli::Arguments;
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::{Events, Outbox};
use crate::retouch::Retouch;
use crate::save::Save;
use crate::settings::Settings;
use crate::source::{self, CameraBackend, KnobSettings, SourceSpec};
use crate::state::{Audience, Choices, Guards, Viewing};

/// A studio that is ready to go live, on nobody's thread.
pub(super) fn studio(data: &tempfile::TempDir) -> (Studio, Events) {
    let folder = data.path().to_str().unwrap();
    let config = data.path().join("config.yaml");
    std::fs::write(&config, "").unwrap();
    let line = ["cometcam", "--bind", "127.0.0.1:0", "--data", folder, "--config", config.to_str().unwrap()];
    let arguments = Arguments::try_parse_from(line).unwrap().broadcast;
    let choices = Choices {
        source: SourceSpec::TestPattern,
        size: crate::frame::Size::new(64, 48),
        fps: 60,
        every: None,
        channel: "front".into(),
        audience: Some(Audience::ThisComputer),
        data: data.path().to_owned(),
        save: Save::Off,
        keep: false,
        viewing: Viewing::default(),
        guards: Guards::default(),
        picture: Retouch::default(),
        controls: KnobSettings::default(),
    };
    let (outbox, events) = Outbox::new(|| ());
    let (outbox, open) = (Arc::new(outbox), Arc::new(source::open));
    let (preview, backend) = (Arc::<Latest<Frame>>::default(), CameraBackend::default());
    let chosen = Chosen { in_force: choices.clone(), lasting: choices };
    let (studio, _orders) = Studio::new(arguments, Settings::default(), backend, chosen, preview, outbox, open).unwrap();
    (studio, events)
}

/// Until it is so, for as long as a busy machine may take.
pub(super) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}
