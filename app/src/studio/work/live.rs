//! Going live, pausing, and noticing the end.

use cometcam_server::http::{CameraControl, Hold};
use cometcam_server::now_ms;

use super::Studio;
use crate::pipeline::Permit;
use crate::publish::Embedded;
use crate::state::{Event, Guard, Guarded, OnAir};
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
        // The command line's, perhaps.
        let channel = self.choices.channel.clone();
        let is_other = channel != self.lasting.channel;
        if is_other && self.choices.viewing.guard != Guard::Anyone && !self.lasting.guards.has_room_for(&channel) {
            return Err(StudioError::TooManyGuards);
        }
        self.faults.clear(About::Past);
        self.outbox.send(Event::OnAir(OnAir::Starting));
        let begun = self.begin(permit);
        if !matches!(begun, Ok(Some(()))) {
            self.outbox.send(Event::OnAir(OnAir::NotLive));
            // The window has taken it for that of another broadcast.
            self.tell_receipt_again();
            return begun.map(drop);
        }
        if is_other {
            // Pictures of it may be kept, so what guards it is to hold at the next start, too.
            self.lasting.guards.set(&channel, Guarded::of(&self.choices.viewing));
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
        // Nobody has answered: what was saved of the broadcast before goes now that there is another one.
        self.close_receipt();
        self.crowd.begin(Some(broadcast.saving().clone()));
        self.begin_pairing();
        self.meter.begin(&self.pipeline);
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
}
