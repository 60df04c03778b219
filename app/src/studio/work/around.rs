//! What the studio sees to by itself, with nobody at the window.

use cometcam_server::system;

use super::Studio;
use crate::announce::{self, Site};
use crate::awake::Wanted;
use crate::diagnostics::{self, Known, Secrets};
use crate::journal::{self, Journal};
use crate::settings::{self, Settings};
use crate::source::camera;
use crate::state::{Audience, Event};
use crate::studio::served::Served;

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
        self.look_for_address();
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
        // Who knows the name of a channel that nobody lists can watch it.
        let unlisted = self.served.as_ref().filter(|served| !served.is_listed(&choices.channel)).map(|_| choices.channel.clone());
        let password = choices.viewing.password.as_ref().map(|password| password.text().to_owned());
        let config = arguments.server.config.clone().or_else(settings::remembered_file);
        self.job(move || {
            let server = Settings::read(arguments.server.config.as_deref()).unwrap_or_default().server;
            let given = [arguments.server.publish_key, unlisted, password].into_iter().flatten();
            let secrets = Secrets::of(config.as_deref(), &choices.data, given);
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
