//! What the studio sees to by itself, with nobody at the window.

use std::time::Duration;

use cometcam_server::system;

use super::Studio;
use crate::announce::{self, Site};
use crate::awake::Wanted;
use crate::diagnostics::{self, Known, Secrets};
use crate::journal::{self, Journal};
use crate::login::{self, AtLogin};
use crate::notify::{self, Shown, Weight};
use crate::pipeline::Permit;
use crate::settings::{self, Settings};
use crate::source::camera;
use crate::state::{Audience, Event};
use crate::studio::error::StudioError;
use crate::studio::faults::About;
use crate::studio::served::Served;

/// How often, and after which time each, a notification is tried.
const NOTIFICATIONS: u32 = 24;
const NOTIFY_AGAIN: Duration = Duration::from_secs(5);

impl Studio {
    /// At each turn of the thread.
    pub(super) fn look_around(&mut self) {
        if self.around.has_slept() {
            tracing::info!("the computer has slept");
            // A camera that was lost is tried at once; one that is frozen is noticed as ever.
            self.pipeline.shared().retry();
        }
        self.tell_addresses();
        let live = self.live_since.is_some() && !self.pipeline.shared().is_paused();
        self.around.keeper.want(if live { Wanted::Awake } else { Wanted::AsUsual });
    }

    /// Lets the network know the name, while everyone in it may come.
    pub(super) fn announce(&self) {
        let address = self.served.as_ref().and_then(Served::address);
        let open = address.filter(|address| self.choices.audience == Some(Audience::ThisNetwork) && !address.ip().is_loopback());
        let site = open.zip(self.served.as_ref()).map(|(address, served)| {
            let machine = system::machine_name();
            let host = announce::host_word(&machine);
            let title = format!("Cometcam on {}", machine.split('.').next().unwrap_or(&host));
            let channel = &self.choices.channel;
            let path = if served.is_listed(channel) { served.path(channel) } else { String::new() };
            Site { title, host, port: address.port(), path: format!("/{path}") }
        });
        self.around.announce(site);
    }

    /// The desktop has started the program at login: it goes live, if the person wanted that, and says so wherever it can be seen.
    pub(super) fn go_live_at_login(&mut self, permit: Permit) {
        if !self.arguments.at_login || self.around.at_login != AtLogin::Live {
            return;
        }
        let Some(audience) = self.choices.audience else {
            let said = "Cometcam was to go live when you logged in, but who can watch was never chosen. Press Go live to choose.";
            return self.faults.tell(About::Past, said.to_owned());
        };
        let done = self.go_live(permit);
        self.tell_failure(done);
        if self.live_since.is_none() {
            return;
        }
        let who = match audience {
            Audience::ThisNetwork => "Everyone in this network who has the address",
            Audience::ThisComputer => "Everyone at this computer",
        };
        let said = format!("{who} can see your camera. You chose that for each login; press Stop in Cometcam to end it.");
        self.outbox.send(Event::Notice(format!("You are live since you logged in. {said}")));
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

    /// Puts the text together beside the thread: cameras may take seconds to answer.
    pub(super) fn copy_diagnostics(&mut self) {
        let (choices, addresses, backend) = (self.choices.clone(), self.addresses.clone(), self.backend);
        let (arguments, faults, outbox) = (self.arguments.clone(), self.faults.recent(), self.outbox.clone());
        let state = vec![
            ("Live since", format!("{:?}", self.live_since)),
            ("Numbers", format!("{:?}", self.meter.told)),
            ("Source fails", self.pipeline.shared().is_failing().to_string()),
            ("Listens at", format!("{:?}", self.served.as_ref().and_then(Served::address))),
            ("Known as", format!("{:?}", self.around.name())),
            ("At login", format!("{:?}", self.around.at_login)),
        ];
        let config = arguments.server.config.clone().or_else(settings::remembered_file);
        self.job(move || {
            let server = Settings::read(arguments.server.config.as_deref()).unwrap_or_default().server;
            let secrets = Secrets::of(config.as_deref(), &choices.data, arguments.server.publish_key);
            let (cameras, log) = (camera::cameras(backend), journal::of_program().map(Journal::recent).unwrap_or_default());
            let known = Known {
                choices: &choices,
                server: &server,
                addresses: &addresses,
                cameras: &cameras,
                state: &state,
                faults: &faults,
                log: &log,
            };
            outbox.send(Event::Diagnostics(diagnostics::text(&known, &secrets)));
        });
    }
}
