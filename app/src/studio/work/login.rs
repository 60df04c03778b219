//! What happens when the desktop has started the program at login, and that it happens.

use std::net::IpAddr;
use std::time::Duration;

use super::Studio;
use crate::address;
use crate::login::{self, AtLogin};
use crate::notify::{self, Shown, Weight};
use crate::pipeline::Permit;
use crate::settings;
use crate::state::{Audience, Command, Event};
use crate::studio::error::StudioError;
use crate::studio::faults::About;

/// How often, and after which time each, a notification is tried.
const NOTIFICATIONS: u32 = 24;
const NOTIFY_AGAIN: Duration = Duration::from_secs(5);

/// It goes live as soon as this computer has an address: at login the network often comes later than the program.
#[derive(Debug, Clone, Copy)]
pub(in crate::studio) struct Waiting {
    address: IpAddr,
    /// A Stop calls it off.
    permit: Permit,
}

impl Studio {
    /// The desktop has started the program at login: it goes live, if the person wanted that, and says so wherever it can be seen.
    pub(super) fn go_live_at_login(&mut self, permit: Permit) {
        if !self.arguments.at_login || self.around.at_login != AtLogin::Live {
            return;
        }
        let Some(audience) = self.choices.audience else {
            let said = "Cometcam was to go live when you logged in, but who can watch was never chosen. Press Go live to choose.";
            return self.faults.tell(About::Past, said.to_owned());
        };
        let has_waited = self.around.waiting.take().is_some();
        let done = self.go_live(permit);
        if let Some(address) = done.as_ref().err().and_then(StudioError::missing_address) {
            self.around.waiting = Some(Waiting { address, permit });
            let said = format!(
                "This computer doesn't have the address {address} yet. Cometcam goes live as soon as it does, as you chose for each \
                 login. In the menu, “When you log in” calls that off."
            );
            return self.faults.tell(About::Server, said);
        }
        self.tell_failure(done);
        if self.live_since.is_some() {
            let since = if has_waited { "You are live now." } else { "You are live since you logged in." };
            self.tell_that_live(audience, since);
        }
    }

    fn tell_that_live(&mut self, audience: Audience, since: &str) {
        let who = match audience {
            Audience::ThisNetwork => "Everyone in this network who has the address",
            Audience::ThisComputer => "Everyone at this computer",
        };
        let said = format!("{who} can see your camera. You chose that for each login; press Stop in Cometcam to end it.");
        self.outbox.send(Event::Notice(format!("{since} {said}")));
        let air = self.pipeline.shared().air().clone();
        self.spawn(async move {
            // What shows notifications may itself be starting.
            for _ in 0..NOTIFICATIONS {
                if !air.is_on() || notify::notify(Weight::Lasting, "You are live", &said).await == Shown::Yes {
                    break;
                }
                tokio::time::sleep(NOTIFY_AGAIN).await;
            }
        });
    }

    /// At each turn of the thread.
    pub(super) fn look_for_address(&mut self) {
        let Some(Waiting { address, permit }) = self.around.waiting else { return };
        if permit != self.pipeline.shared().air().permit() {
            self.stop_waiting();
        } else if address::adapters().is_ok_and(|adapters| !address::is_gone(&adapters, address)) {
            self.go_live_at_login(permit);
        }
    }

    /// Somebody is at the window who wants something that has to do with it: what comes of that is theirs to see, and nothing happens
    /// later by itself.
    pub(super) fn stop_waiting_for(&mut self, command: &Command) {
        let settled = matches!(
            command,
            Command::GoLive | Command::Stop | Command::SetAudience(_) | Command::SetData(_) | Command::SetAtLogin(_)
        );
        if settled {
            self.stop_waiting();
        }
    }

    fn stop_waiting(&mut self) {
        if self.around.waiting.take().is_some() {
            self.faults.clear(About::Server);
        }
    }

    pub(super) fn set_at_login(&mut self, at_login: AtLogin) -> Result<(), StudioError> {
        if at_login == AtLogin::Live && self.choices.audience.is_none() {
            return Err(StudioError::NoAudience);
        }
        login::set(at_login, self.arguments.server.config.as_deref())?;
        self.around.at_login = at_login;
        self.outbox.send(Event::AtLogin(at_login));
        if let Some(file) = &self.settings_file {
            let wrong = match settings::remember_at_login(file, at_login) {
                Ok(damage) => damage.map(|damage| damage.to_string()),
                Err(error) => Some(format!("What you chose can't be remembered in {}: {error}.", file.display())),
            };
            wrong.into_iter().for_each(|wrong| self.faults.tell(About::Past, wrong));
        }
        Ok(())
    }
}
