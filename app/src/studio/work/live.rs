//! Going live, pausing, and noticing the end.

use cometcam_server::http::{CameraControl, Hold};
use cometcam_server::now_ms;

use super::Studio;
use crate::pipeline::Permit;
use crate::publish::Embedded;
use crate::state::{Event, OnAir};
use crate::studio::error::StudioError;

impl Studio {
    pub(super) fn go_live(&mut self, permit: Permit) -> Result<(), StudioError> {
        if self.live_since.is_some() {
            return Ok(());
        }
        if self.choices.audience.is_none() {
            return Err(StudioError::NoAudience);
        }
        self.outbox.send(Event::OnAir(OnAir::Starting));
        let begun = self.begin(permit);
        if !matches!(begun, Ok(Some(()))) {
            self.outbox.send(Event::OnAir(OnAir::NotLive));
            return begun.map(drop);
        }
        let since_ms = now_ms();
        self.live_since = Some(since_ms);
        let outbox = self.outbox.clone();
        let told = move |hold| {
            outbox.send(Event::OnAir(match hold {
                Hold::Pause => OnAir::Paused { since_ms },
                Hold::Resume => OnAir::Live { since_ms },
            }));
        };
        self.controls.add(&self.choices.channel, self.pipeline.shared().clone(), Box::new(told));
        self.outbox.send(Event::OnAir(OnAir::Live { since_ms }));
        self.tell_addresses();
        Ok(())
    }

    /// Puts the pictures on air; `None` if somebody pressed Stop meanwhile.
    fn begin(&mut self, permit: Permit) -> Result<Option<()>, StudioError> {
        self.serve()?;
        let Some(served) = &self.served else { return Ok(None) };
        let broadcast = served.server.broadcasts().begin(&self.choices.channel, self.choices.keep.into())?;
        self.meter.begin(&self.pipeline, self.served.as_ref());
        let publisher = Embedded::new(broadcast, self.task().interval, self.choices.save);
        Ok(self.pipeline.shared().air().go_live(publisher, permit).ok())
    }

    /// The broadcast may have ended without this thread: by a Stop, or by somebody who deleted the channel.
    pub(super) fn notice_end(&mut self) {
        let shared = self.pipeline.shared();
        if self.live_since.is_none() || shared.air().is_on() {
            return;
        }
        self.live_since = None;
        self.controls.remove(&self.choices.channel);
        shared.resume();
        self.outbox.send(Event::OnAir(OnAir::NotLive));
    }

    pub(super) fn hold(&mut self, hold: Hold) -> Result<(), StudioError> {
        self.controls.hold(&self.choices.channel, hold).map_err(|_| StudioError::NotLive)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    use clap::Parser;

    use super::*;
    use crate::cli::Arguments;
    use crate::frame::Frame;
    use crate::latest::Latest;
    use crate::outbox::{Events, Outbox};
    use crate::settings::{CameraSettings, Settings};
    use crate::source::SourceSpec;
    use crate::state::{Audience, Choices, Command, Save};

    /// A studio that is ready to go live, on nobody's thread.
    fn studio(data: &tempfile::TempDir) -> (Studio, Events) {
        let folder = data.path().to_str().unwrap();
        let config = data.path().join("config.yaml");
        std::fs::write(&config, "").unwrap();
        let line = ["cometcam", "--bind", "127.0.0.1:0", "--data", folder, "--config", config.to_str().unwrap()];
        let arguments = Arguments::try_parse_from(line).unwrap().broadcast;
        let camera = CameraSettings { source: SourceSpec::TestPattern, ..CameraSettings::default() };
        let choices = Choices {
            source: camera.source.clone(),
            size: crate::frame::Size::new(64, 48),
            fps: 60,
            channel: "front".into(),
            audience: Some(Audience::ThisComputer),
            data: data.path().to_owned(),
            save: Save::Off,
            keep: false,
        };
        let (outbox, events) = Outbox::new(|| ());
        let preview = Arc::<Latest<Frame>>::default();
        let (studio, _orders) = Studio::new(arguments, Settings::default(), &camera, choices, preview, Arc::new(outbox)).unwrap();
        (studio, events)
    }

    fn on_air(events: &Events) -> Option<OnAir> {
        let on_air = |event| if let Event::OnAir(on_air) = event { Some(on_air) } else { None };
        events.try_iter().filter_map(on_air).last()
    }

    fn wait_until(what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_stop_ends_the_broadcast_whatever_the_studio_is_doing() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let commands = studio.commands.clone();
        let (air, permit) = (studio.pipeline.shared().air().clone(), studio.pipeline.shared().air().permit());
        studio.carry_out(Command::GoLive, permit);
        assert!(matches!(on_air(&events), Some(OnAir::Live { .. })) && air.is_on());
        // Nobody takes commands now.
        drop(commands.try_send(Command::Stop));
        assert!(!air.is_on());
        studio.notice_end();
        assert_eq!(on_air(&events), Some(OnAir::NotLive));
        studio.carry_out(Command::GoLive, permit);
        assert_eq!(on_air(&events), Some(OnAir::NotLive), "it was asked for before the stop");
        assert!(!air.is_on());
    }

    #[test]
    fn a_channel_is_not_deleted_by_somebody_else_while_its_camera_is_live() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        studio.carry_out(Command::GoLive, studio.pipeline.shared().air().permit());
        let shared = studio.pipeline.shared().clone();
        let published = || shared.counters().published.load(Ordering::Relaxed);
        wait_until("no picture was published", || published() > 0);
        assert!(studio.served.as_ref().unwrap().server.broadcasts().delete("front").is_err());
        let before = published();
        wait_until("no picture was published afterwards", || published() > before);
        assert!(shared.air().is_on());
    }

    #[test]
    fn a_fault_goes_away_when_its_cause_does_and_a_refusal_with_the_next_command() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        let faults = || -> Vec<bool> {
            let fault = |event| if let Event::Fault(fault) = event { Some(fault.is_some()) } else { None };
            events.try_iter().filter_map(fault).collect()
        };
        studio.carry_out(Command::Pause, permit);
        assert_eq!(faults(), [true], "only a live camera can be paused");
        studio.carry_out(Command::SetSave(Save::Every), permit);
        assert_eq!(faults(), [false]);
        let (file, folder) = (data.path().join("config.yaml"), data.path().join("other"));
        studio.carry_out(Command::SetData(file), permit);
        assert_eq!(faults(), [true]);
        studio.carry_out(Command::SetSave(Save::Off), permit);
        assert!(faults().is_empty(), "it was not put right");
        studio.carry_out(Command::SetData(folder), permit);
        assert_eq!(faults(), [false]);
    }
}
