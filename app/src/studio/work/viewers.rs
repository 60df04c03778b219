//! Those who watch: told, counted, announced, closed and let in.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cometcam_server::http::ViewerId;

use super::Studio;
use crate::notify::{Shown, Weight, notify};
use crate::state::{Entry, Event, Sharing, Viewers, ViewersCommand, ViewingChange};
use crate::studio::crowd::Came;
use crate::studio::error::StudioError;

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
            ViewersCommand::NewCode => self.crowd.code = Some(served.server.access().pair()),
            ViewersCommand::Revoke(id) => drop(served.server.access().revoke(id)),
        }
        Ok(())
    }

    fn choose_viewing(&mut self, change: &ViewingChange) -> Result<(), StudioError> {
        if self.live_since.is_some() && matches!(change, ViewingChange::Guard(_) | ViewingChange::Password(_)) {
            return Err(StudioError::WhileLive("What viewers need"));
        }
        let channel = self.choices.channel.clone();
        self.choose(|choices| choices.change_viewing(&channel, change.clone()));
        match change {
            ViewingChange::Guard(_) | ViewingChange::Password(_) => self.heed_guards(),
            ViewingChange::AtMost(_) | ViewingChange::Bandwidth(_) => self.heed_limits(),
            ViewingChange::Sound(_) | ViewingChange::Notification(_) => {}
        }
        Ok(())
    }

    /// Has the server heed how many may watch, and how much of the network that may take.
    pub(super) fn heed_limits(&self) {
        let Some(served) = &self.served else { return };
        let viewing = &self.choices.viewing;
        served.server.limit_viewers(viewing.at_most.or(served.at_most));
        served.server.limit_bandwidth(viewing.bandwidth.or(served.bandwidth));
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
        let is_shared = self.live_since.is_some() && served.server.shared_bandwidth().is_some();
        let sharing = Sharing { in_force: Some(served.server.bandwidth()), is_shared };
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
        if sharing != self.crowd.sharing {
            self.crowd.sharing = sharing;
            self.outbox.send(Event::Sharing(sharing));
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
        let (is_told, sound) = (self.crowd.is_unannounced.clone(), self.sounds.get());
        self.spawn(async move {
            let shown = async {
                let told = notify(Weight::Passing, "Somebody is watching", &who);
                !how.notification || tokio::time::timeout(PATIENCE, told).await == Ok(Shown::Yes)
            };
            let played = async { !how.sound || matches!(tokio::task::spawn_blocking(move || sound.play()).await, Ok(Ok(()))) };
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
}

#[cfg(test)]
mod tests {
    use super::super::fixture::studio;
    use super::*;
    use crate::state::Command;

    fn choose(change: ViewingChange) -> Command {
        Command::Viewers(ViewersCommand::Choose(change))
    }

    #[test]
    fn what_viewers_may_take_of_the_network_holds_at_once_and_over_another_folder() {
        use cometcam_server::units::Bandwidth;
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(data.path()).unwrap();
        let (mut studio, events) = studio(&data);
        std::fs::write(data.path().join("config.yaml"), "limits: { bandwidth: 7 Mbit/s }\n").unwrap();
        let permit = studio.pipeline.shared().air().permit();
        let in_force = |studio: &mut Studio| {
            studio.tell_viewers();
            let told = events.try_iter().filter_map(|event| if let Event::Sharing(told) = event { told.in_force } else { None });
            (studio.served.as_ref().unwrap().server.bandwidth(), told.last())
        };
        studio.serve().unwrap();
        let of_file = Bandwidth::AtMost(7_000_000);
        assert_eq!(in_force(&mut studio), (of_file, Some(of_file)));
        let five = Bandwidth::AtMost(5_000_000);
        studio.carry_out(choose(ViewingChange::Bandwidth(Some(five))), permit);
        assert_eq!(in_force(&mut studio), (five, Some(five)));
        studio.carry_out(Command::SetData(data.path().join("other")), permit);
        assert_eq!(in_force(&mut studio), (five, None));
        studio.carry_out(choose(ViewingChange::Bandwidth(None)), permit);
        assert_eq!(in_force(&mut studio), (of_file, Some(of_file)));
    }
}
