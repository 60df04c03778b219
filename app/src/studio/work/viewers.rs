//! Those who watch: told, counted, announced, closed and let in.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cometcam_server::access::{Access, Paired, Pairing};
use cometcam_server::http::{Display, ViewerId};

use super::Studio;
use crate::notify::{Shown, Weight, notify};
use crate::state::{DisplaysCommand, Entry, Event, Guard, Viewers, ViewersCommand, Viewing, ViewingChange};
use crate::studio::crowd::Came;
use crate::studio::error::StudioError;
use crate::studio::sound;

/// Has the server ask viewers of a channel for what was chosen. Where that can't be asked for, nobody new is let in.
pub(crate) fn protect(access: &Access, channel: &str, viewing: &Viewing) {
    let password = viewing.password.as_ref().filter(|_| viewing.guard == Guard::Password);
    let pairs = viewing.guard == Guard::Code || viewing.lacks_password();
    // In an order in which it is never open in between.
    if pairs {
        access.require_pairing(channel, Paired::Needed);
    }
    access.set_password(channel, password.map(|password| password.text().to_owned()));
    if !pairs {
        access.require_pairing(channel, Paired::NotNeeded);
        access.stop_pairing();
    }
}

/// A desktop that takes longer for a notification does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

impl Studio {
    pub(super) fn do_with_viewers(&mut self, command: ViewersCommand) -> Result<(), StudioError> {
        if let ViewersCommand::Choose(change) = command {
            return self.choose_viewing(&change);
        }
        let Some(served) = &self.served else { return Ok(()) };
        match command {
            ViewersCommand::Choose(_) => {}
            ViewersCommand::Close(id) => self.close_viewer(id),
            ViewersCommand::AdmitAgain(address) => served.server.admit_again(address),
            ViewersCommand::NewCode => drop(served.server.access().pair()),
            ViewersCommand::Revoke(id) => drop(served.server.access().revoke(id)),
        }
        Ok(())
    }

    fn choose_viewing(&mut self, change: &ViewingChange) -> Result<(), StudioError> {
        if self.live_since.is_some() && matches!(change, ViewingChange::Guard(_) | ViewingChange::Password(_)) {
            return Err(StudioError::WhileLive("What viewers need"));
        }
        self.choose(|choices| choices.viewing.change(change.clone()));
        self.heed_viewing();
        Ok(())
    }

    /// Has the server heed what is chosen of viewers.
    pub(super) fn heed_viewing(&self) {
        let Some(served) = &self.served else { return };
        let viewing = &self.choices.viewing;
        served.server.limit_viewers(viewing.at_most.or(served.at_most));
        protect(served.server.access(), &self.choices.channel, viewing);
    }

    fn close_viewer(&self, id: ViewerId) {
        let Some(served) = &self.served else { return };
        let who = self.crowd.viewers.list.iter().find(|viewer| viewer.id == id).map(|viewer| viewer.device.clone());
        if served.server.close_viewer(id) {
            let who = who.unwrap_or_else(|| "The viewer".to_owned());
            self.outbox
                .send(Event::Notice(format!("{who} is closed until you let it in again, or stop. See the end of the list.")));
        }
    }

    /// Tells who watches and who was let in, if that is news, and counts and announces them.
    pub(super) fn tell_viewers(&mut self) {
        let Some(served) = &self.served else { return };
        let access = served.server.access();
        let entry = Entry { guests: access.guests(), pairing: access.pairing() };
        let displays = served.server.displays();
        if let Some(viewers) = self.live_since.is_some().then(|| self.viewers()).flatten() {
            if self.crowd.count(&viewers.list) == Came::First {
                let first = viewers.list.first().map(|viewer| format!("{}, {}", viewer.device, viewer.address));
                self.announce_viewer(first.unwrap_or_default());
            }
            if viewers != self.crowd.viewers {
                self.crowd.viewers = viewers.clone();
                self.outbox.send(Event::Viewers(viewers));
            }
        }
        if entry != self.crowd.entry {
            self.crowd.entry = entry.clone();
            self.outbox.send(Event::Entry(entry));
        }
        if displays != self.crowd.displays {
            self.tell_dark(&displays);
            self.crowd.displays.clone_from(&displays);
            self.outbox.send(Event::Displays(displays));
        }
    }

    /// Who watches the channel.
    pub(super) fn viewers(&self) -> Option<Viewers> {
        let server = &self.served.as_ref()?.server;
        let mut list = server.audience();
        list.retain(|viewer| viewer.channels.iter().any(|channel| **channel == *self.choices.channel));
        Some(Viewers { list, closed: server.closed() })
    }

    /// By sound and notification, as chosen. That it can't be done is told once.
    fn announce_viewer(&mut self, who: String) {
        let (outbox, how) = (self.outbox.clone(), self.choices.viewing.clone());
        let is_told = self.crowd.is_unannounced.clone();
        self.spawn(async move {
            let shown = async {
                let told = notify(Weight::Passing, "Somebody is watching", &who);
                !how.notification || tokio::time::timeout(PATIENCE, told).await == Ok(Shown::Yes)
            };
            let played = async { !how.sound || matches!(tokio::task::spawn_blocking(sound::play).await, Ok(Ok(()))) };
            let sentence = match tokio::join!(shown, played) {
                (true, true) => return,
                (false, true) => "The first viewer came: no notification can be shown on this computer.",
                (true, false) => "The first viewer came: no sound can be played on this computer.",
                (false, false) => "The first viewer came: neither a notification nor a sound is possible on this computer.",
            };
            if !is_told.swap(true, Ordering::Relaxed) {
                outbox.send(Event::Unannounced(sentence.to_owned()));
            }
        });
    }

    /// Tells that displays went dark that were not.
    fn tell_dark(&mut self, displays: &[Display]) {
        let was_light = |name: &str| self.crowd.displays.iter().any(|before| before.name == name && !before.dark);
        let dark: Vec<_> = displays.iter().filter(|now| now.dark && was_light(&now.name)).map(|now| now.name.clone()).collect();
        for name in dark {
            let sentence = format!("The display “{name}” went dark: it has not asked for a picture any more.");
            self.outbox.send(Event::Notice(sentence.clone()));
            if self.choices.viewing.notification {
                self.spawn(async move {
                    notify(Weight::Passing, "A display went dark", &sentence).await;
                });
            }
        }
    }

    pub(super) fn do_with_displays(&self, command: DisplaysCommand) {
        let Some(server) = self.served.as_ref().map(|served| &served.server) else { return };
        let (name, known) = match command {
            DisplaysCommand::Order(name, order) => {
                let told = server.order_display(&name, order);
                (name, told.is_ok())
            }
            DisplaysCommand::Forget(name) => {
                let forgotten = server.forget_display(&name);
                (name, forgotten)
            }
        };
        if !known {
            self.outbox.send(Event::Notice(format!("The display “{name}” is not known any more.")));
        }
    }

    /// A code is there from the beginning, if one is needed.
    pub(super) fn begin_pairing(&self) {
        let Some(served) = self.served.as_ref().filter(|_| self.choices.viewing.guard == Guard::Code) else { return };
        if !matches!(served.server.access().pairing(), Pairing::Open(_)) {
            drop(served.server.access().pair());
        }
    }

    pub(super) fn end_pairing(&self) {
        if let Some(served) = &self.served {
            served.server.access().stop_pairing();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::studio;
    use super::*;
    use crate::state::{Command, Fault, WatchPassword};

    fn choose(change: ViewingChange) -> Command {
        Command::Viewers(ViewersCommand::Choose(change))
    }

    fn is_protected(studio: &Studio, channel: &str) -> bool {
        studio.served.as_ref().unwrap().server.access().is_protected(channel)
    }

    #[test]
    fn a_guard_holds_for_the_window_s_channel_from_its_choice_on_over_another_channel_and_folder() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.serve().unwrap();
        assert!(!is_protected(&studio, "front"));
        for guard in [Guard::Password, Guard::Code] {
            studio.carry_out(choose(ViewingChange::Guard(guard)), permit);
            assert!(is_protected(&studio, "front"), "{guard:?}, even before there is a password");
        }
        studio.carry_out(Command::SetChannel("yard".to_owned()), permit);
        assert!(is_protected(&studio, "yard") && is_protected(&studio, "front"), "there may be kept pictures of both");
        studio.carry_out(Command::SetData(data.path().join("other")), permit);
        assert!(is_protected(&studio, "yard"));
        studio.carry_out(choose(ViewingChange::Guard(Guard::Anyone)), permit);
        assert!(!is_protected(&studio, "yard"));
    }

    #[test]
    fn nobody_goes_live_without_the_password_that_was_asked_for() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        studio.carry_out(choose(ViewingChange::Guard(Guard::Password)), permit);
        studio.carry_out(Command::GoLive, permit);
        assert!(!studio.pipeline.shared().air().is_on());
        let fault = |event| if let Event::Fault(Some(Fault { sentence })) = event { Some(sentence) } else { None };
        assert!(events.try_iter().filter_map(fault).any(|sentence| sentence.contains("Type one")));
        studio.carry_out(choose(ViewingChange::Password(WatchPassword::new("hunter2").unwrap())), permit);
        studio.carry_out(Command::GoLive, permit);
        assert!(studio.pipeline.shared().air().is_on());
        studio.carry_out(choose(ViewingChange::Guard(Guard::Anyone)), permit);
        assert!(is_protected(&studio, "front"), "not while live");
    }

    #[test]
    fn a_display_that_goes_dark_is_told_once() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, events) = studio(&data);
        studio.choices.viewing.notification = false;
        let display = |dark| Display {
            name: "Lobby".to_owned(),
            address: None,
            channels: Vec::new(),
            shows: None,
            last_ms: 0,
            dark,
            version: None,
            uptime_s: None,
            wake: None,
            device: String::new(),
        };
        let mut told = |dark| {
            studio.tell_dark(&[display(dark)]);
            studio.crowd.displays = vec![display(dark)];
            events.try_iter().filter(|event| matches!(event, Event::Notice(notice) if notice.contains("Lobby"))).count()
        };
        assert_eq!([told(true), told(false), told(true), told(true)], [0, 0, 1, 0], "not one that was dark at the start");
    }

    #[test]
    fn a_code_is_there_while_live_and_another_one_at_a_press() {
        let data = tempfile::tempdir().unwrap();
        let (mut studio, _events) = studio(&data);
        let permit = studio.pipeline.shared().air().permit();
        let pairing = |studio: &Studio| studio.served.as_ref().unwrap().server.access().pairing();
        studio.carry_out(choose(ViewingChange::Guard(Guard::Code)), permit);
        studio.carry_out(Command::GoLive, permit);
        let first = pairing(&studio);
        assert!(matches!(first, Pairing::Open(_)), "{first:?}");
        studio.carry_out(Command::Viewers(ViewersCommand::NewCode), permit);
        assert_ne!(pairing(&studio), first);
        drop(studio.commands.try_send(Command::Stop));
        studio.notice_end();
        assert_eq!(pairing(&studio), Pairing::Off);
    }
}
