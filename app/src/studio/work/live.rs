//! Going live, pausing, and noticing the end.

use cometcam_server::http::{CameraControl, Hold};
use cometcam_server::now_ms;

use super::Studio;
use crate::pipeline::Permit;
use crate::publish::Embedded;
use crate::state::{Event, OnAir};
use crate::studio::error::StudioError;
use crate::studio::faults::About;

impl Studio {
    pub(super) fn go_live(&mut self, permit: Permit) -> Result<(), StudioError> {
        if self.live_since.is_some() {
            return Ok(());
        }
        if self.choices.audience.is_none() {
            return Err(StudioError::NoAudience);
        }
        if self.choices.viewing.lacks_password() {
            return Err(StudioError::NoPassword);
        }
        self.close_receipt();
        self.faults.clear(About::Past);
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
        // Told before the camera can be held back: that is to be told after it.
        self.outbox.send(Event::OnAir(OnAir::Live { since_ms }));
        self.controls.add(&self.choices.channel, self.pipeline.shared().clone(), Box::new(told));
        self.tell_addresses();
        Ok(())
    }

    /// Puts the pictures on air; `None` if somebody pressed Stop meanwhile.
    fn begin(&mut self, permit: Permit) -> Result<Option<()>, StudioError> {
        self.serve()?;
        let Some(served) = &self.served else { return Ok(None) };
        let broadcast = served.server.broadcasts().begin(&self.choices.channel, self.keep())?;
        self.begin_receipt();
        self.begin_pairing();
        self.meter.begin(&self.pipeline, self.served.as_ref());
        let publisher = Embedded::new(broadcast, self.choices.interval(), self.choices.save);
        Ok(self.pipeline.shared().air().go_live(publisher, permit).ok())
    }

    /// The broadcast may have ended without this thread: by a Stop, or by somebody who deleted the channel.
    pub(super) fn notice_end(&mut self) {
        let shared = self.pipeline.shared();
        shared.notice_over();
        if self.live_since.is_none() || shared.air().is_on() {
            return;
        }
        let Some(since_ms) = self.live_since.take() else { return };
        self.controls.remove(&self.choices.channel);
        shared.resume();
        self.outbox.send(Event::OnAir(OnAir::NotLive));
        self.end_receipt(since_ms);
        self.end_pairing();
        self.forget_encoding();
    }

    /// What was told of pictures that can't be encoded is of another broadcast, or of another source.
    pub(super) fn forget_encoding(&self) {
        self.pipeline.shared().forget_encoding();
        self.faults.clear(About::Encoding);
    }

    pub(super) fn hold(&mut self, hold: Hold) -> Result<(), StudioError> {
        self.controls.hold(&self.choices.channel, hold).map_err(|_| StudioError::NotLive)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    use super::super::fixture::{studio, wait_until};
    use super::*;
    use crate::outbox::Events;
    use crate::retouch::{Retouch, Turn};
    use crate::save::Save;
    use crate::settings::Settings;
    use crate::source::SourceSpec;
    use crate::state::{Command, Fault};

    fn on_air(events: &Events) -> Option<OnAir> {
        let on_air = |event| if let Event::OnAir(on_air) = event { Some(on_air) } else { None };
        events.try_iter().filter_map(on_air).last()
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
    fn a_channel_that_somebody_deletes_is_no_longer_live() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        studio.carry_out(Command::GoLive, studio.pipeline.shared().air().permit());
        let shared = studio.pipeline.shared().clone();
        wait_until("no picture was published", || shared.counters().published.load(Ordering::Relaxed) > 0);
        assert!(studio.served.as_ref().unwrap().server.broadcasts().delete("front"));
        wait_until("the next picture finds no channel", || !shared.air().is_on());
        studio.notice_end();
        let told = until_told(&events);
        assert!(told.contains(&Event::OnAir(OnAir::NotLive)), "{told:?}");
    }

    #[test]
    fn a_paused_channel_that_somebody_deletes_is_no_longer_live() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::GoLive, permit);
        studio.carry_out(Command::Pause, permit);
        studio.notice_end();
        assert!(matches!(on_air(&events), Some(OnAir::Paused { .. })));
        assert!(studio.served.as_ref().unwrap().server.broadcasts().delete("front"));
        studio.notice_end();
        until_told(&events);
    }

    /// Until it is told why the broadcast is over, which whoever notices it first does.
    fn until_told(events: &Events) -> Vec<Event> {
        let said = |event: &Event| matches!(event, Event::Fault(Some(Fault { sentence })) if sentence.contains("from elsewhere"));
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut told: Vec<Event> = Vec::new();
        while !told.iter().any(said) {
            assert!(Instant::now() < deadline, "{told:?}");
            told.extend(events.try_iter());
            std::thread::yield_now();
        }
        told
    }

    #[test]
    fn what_ended_the_broadcast_stands_until_it_is_read_or_the_next_go_live() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        let fault = |event| if let Event::Fault(fault) = event { Some(fault) } else { None };
        let told = || events.try_iter().filter_map(fault).last();
        for read in [true, false] {
            studio.carry_out(Command::GoLive, permit);
            assert!(studio.served.as_ref().unwrap().server.broadcasts().delete("front"));
            studio.notice_end();
            let fault = until_told(&events).into_iter().filter_map(fault).next_back().flatten().unwrap();
            studio.faults.tell(About::Disk, "The disk is full.".to_owned());
            studio.faults.clear(About::Disk);
            assert_eq!(told(), Some(Some(fault.clone())), "it comes to the fore again");
            let over = if read { Command::DismissFault(fault.sentence) } else { Command::GoLive };
            studio.carry_out(over, permit);
            studio.faults.tell(About::Disk, "The disk is full.".to_owned());
            studio.faults.clear(About::Disk);
            assert_eq!(told(), Some(None));
        }
    }

    #[test]
    fn that_pictures_can_not_be_sent_is_not_told_of_another_broadcast_or_source() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::GoLive, permit);
        studio.faults.tell(About::Encoding, "A picture can't be sent.".to_owned());
        studio.carry_out(Command::SetFps(30), permit);
        assert!(studio.faults.stands(About::Encoding));
        studio.carry_out(Command::SetSource(SourceSpec::Images("/nowhere".into())), permit);
        assert!(!studio.faults.stands(About::Encoding));
        studio.faults.tell(About::Encoding, "A picture can't be sent.".to_owned());
        drop(studio.commands.try_send(Command::Stop));
        studio.notice_end();
        assert!(!studio.faults.stands(About::Encoding));
    }

    #[test]
    fn a_picture_that_could_not_be_saved_is_held_until_it_is() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        let shared = studio.pipeline.shared().clone();
        wait_until("there is no picture", || shared.newest().is_some());
        studio.carry_out(Command::HoldPicture, permit);
        let held = studio.held.as_ref().unwrap().number;
        let (folder, file) = (data.path().join("no folder/picture.jpg"), data.path().join("picture.jpg"));
        for (asked, is_held) in [(folder, true), (file, false)] {
            studio.carry_out(Command::SavePicture(asked), permit);
            let deadline = Instant::now() + Duration::from_secs(30);
            while !studio.saves.is_empty() {
                assert!(Instant::now() < deadline, "it takes too long to be saved");
                studio.notice_saved();
            }
            assert_eq!(studio.held.as_ref().map(|held| held.number), is_held.then_some(held));
        }
    }

    #[test]
    fn the_disk_s_failure_is_told_while_it_lasts() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.serve().unwrap();
        let live = data.path().join("live");
        std::fs::remove_dir(&live).unwrap();
        std::fs::write(&live, "in the way").unwrap();
        studio.carry_out(Command::SetSave(Save::Every), permit);
        studio.carry_out(Command::GoLive, permit);
        let fails = |studio: &Studio| {
            let store = studio.served.as_ref().unwrap().server.broadcasts().store().stats();
            store.disk_fault.is_some()
        };
        let fault = |event| if let Event::Fault(fault) = event { Some(fault) } else { None };
        wait_until("the disk does not fail", || fails(&studio));
        studio.tell_numbers();
        let told = events.try_iter().filter_map(fault).last().flatten().unwrap();
        assert!(told.sentence.contains("can't be saved"), "{told:?}");
        studio.tell_numbers();
        assert_eq!(events.try_iter().find_map(fault), None, "it was told");
        std::fs::remove_file(&live).unwrap();
        std::fs::create_dir(&live).unwrap();
        wait_until("the disk is not well again", || !fails(&studio));
        studio.tell_numbers();
        assert_eq!(events.try_iter().find_map(fault), Some(None));
    }

    #[test]
    fn what_is_done_to_the_picture_is_changed_while_live_and_written_down_when_it_is_over() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let file = data.path().join("config.yaml");
        studio.settings_file = Some(file.clone());
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::GoLive, permit);
        let size = |studio: &Studio| {
            let picture = studio.served.as_ref()?.server.broadcasts().store().newest("front")?;
            image::load_from_memory(&picture.bytes).ok().map(|picture| (picture.width(), picture.height()))
        };
        wait_until("no picture comes", || size(&studio) == Some((64, 48)));
        for rotate in [Turn::Quarter, Turn::Half, Turn::ThreeQuarters] {
            studio.carry_out(Command::SetPicture(Retouch { rotate, ..Retouch::default() }), permit);
        }
        wait_until("no picture is turned", || size(&studio) == Some((48, 64)));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "", "a slider that is dragged does not keep the disk busy");
        studio.write_adjusted();
        let written = |file: &std::path::Path| Settings::read(Some(file)).unwrap().cameras[0].picture.rotate;
        assert_eq!(written(&file), Turn::ThreeQuarters);
        studio.carry_out(Command::SetPicture(Retouch { rotate: Turn::Quarter, ..Retouch::default() }), permit);
        studio.carry_out(Command::SetSave(Save::Every), permit);
        assert_eq!(written(&file), Turn::Quarter, "anything else is written down at once, and this with it");
        studio.carry_out(Command::ResetPicture(SourceSpec::TestPattern), permit);
        wait_until("it is not upright again", || size(&studio) == Some((64, 48)));
        assert_eq!(written(&file), Turn::None);
    }

    #[test]
    fn cameras_are_looked_for_again_when_the_source_fails() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(Command::SetSource(SourceSpec::Images("/nowhere".into())), permit);
        let shared = studio.pipeline.shared().clone();
        wait_until("the source does not fail", || shared.is_failing());
        studio.notice_cameras();
        wait_until("nobody looks for cameras", || events.try_iter().any(|event| matches!(event, Event::Cameras(_))));
        studio.notice_cameras();
        assert!(studio.jobs.len() == 1, "once");
    }

    #[test]
    fn the_name_in_the_network_is_offered_behind_the_number_and_answered_to() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        studio.serve().unwrap();
        studio.around.know_as("ada-2.local");
        studio.tell_addresses();
        let addresses = |event| if let Event::Addresses(addresses) = event { Some(addresses) } else { None };
        let told = events.try_iter().filter_map(addresses).last().unwrap();
        let port = studio.served.as_ref().unwrap().address().unwrap().port();
        let urls: Vec<_> = told.into_iter().map(|address| address.url).collect();
        assert_eq!(urls, [format!("http://localhost:{port}/"), format!("http://ada-2.local:{port}/")]);
        studio.tell_addresses();
        assert_eq!(events.try_iter().find_map(addresses), None, "it was told");
    }

    #[test]
    fn another_folder_leaves_the_port_as_it_is() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.serve().unwrap();
        let before = studio.served.as_ref().unwrap().address();
        studio.carry_out(Command::SetData(data.path().join("other")), permit);
        assert_eq!(studio.served.as_ref().unwrap().address(), before);
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
