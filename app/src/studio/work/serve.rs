//! The server: on which folder, and for whom.

use std::path::PathBuf;
use std::sync::Arc;

use cometcam_server::server::{DEFAULT_BIND, Options};

use super::Studio;
use crate::address::{self, Adapters};
use crate::journal;
use crate::settings::Settings;
use crate::state::{Address, Audience, Event};
use crate::studio::around::Front;
use crate::studio::error::StudioError;
use crate::studio::faults::About;
use crate::studio::served::Served;

impl Studio {
    /// Opens the server, unless it is open, and listens, unless it does.
    pub(in crate::studio) fn serve(&mut self) -> Result<(), StudioError> {
        match &mut self.served {
            Some(served) => served.ensure_listening(&self.runtime, self.choices.audience)?,
            None => {
                self.served = Some(self.open()?);
                self.heed_viewing();
            }
        }
        self.port = self.served.as_ref().and_then(Served::address).map(|address| address.port());
        self.faults.clear(About::Server);
        self.tell_addresses();
        Ok(())
    }

    fn open(&mut self) -> Result<Served, StudioError> {
        let _entered = self.runtime.enter();
        // Read anew: what the file says of channels and limits holds for the next server.
        let mut settings = Settings::read_or_put_aside(self.arguments.server.config.as_deref())?;
        if let Some(damage) = settings.damage.take() {
            self.faults.clear(About::Server);
            self.faults.tell(About::Past, damage.to_string());
        }
        let mut bind = self.arguments.bind(&settings).unwrap_or(DEFAULT_BIND);
        if let Some(port) = self.port.filter(|_| bind.port() == 0) {
            bind.set_port(port);
        }
        let options = Options { data: Some(self.choices.data.clone()), ..self.arguments.server_options(&mut settings) };
        let served = Served::open(options, self.controls.clone(), bind, self.choices.audience)?;
        served.server.set_window(Arc::new(Front(self.outbox.clone())));
        journal::keep_in(&self.choices.data);
        Ok(served)
    }

    pub(super) fn set_audience(&mut self, audience: Audience) -> Result<(), StudioError> {
        if self.choices.audience == Some(audience) {
            return Ok(());
        }
        if let Some(served) = &mut self.served {
            served.listen_for(&self.runtime, Some(audience))?;
        }
        self.choose(|choices| choices.audience = Some(audience));
        self.faults.clear(About::Server);
        self.tell_addresses();
        Ok(())
    }

    pub(super) fn set_data(&mut self, data: PathBuf) -> Result<(), StudioError> {
        if self.live_since.is_some() {
            return Err(StudioError::WhileLive("The folder"));
        }
        // Of the folder that is left.
        self.close_receipt();
        if let Some(served) = self.served.take() {
            served.stop(&self.runtime);
        }
        let before = std::mem::replace(&mut self.choices.data, data.clone());
        self.serve().or_else(|error| {
            // It goes on with the folder that worked.
            self.choices.data = before;
            self.serve().and(Err(error))
        })?;
        self.lasting.data = data;
        Ok(())
    }

    /// Tells where the server listens, if that is news.
    pub(super) fn tell_addresses(&mut self) {
        let Some(served) = &self.served else { return };
        let adapters = address::adapters().inspect_err(|error| tracing::warn!("the network adapters can't be listed: {error}"));
        let audience = self.choices.audience.unwrap_or(Audience::ThisComputer);
        let adapters = adapters.unwrap_or_default();
        let addresses = served.address().map(|address| address::rank(&adapters, address, audience));
        let mut addresses = addresses.unwrap_or_default();
        let name = self.around.name();
        // A number works on every phone, so it is first and in the code; a name lasts where numbers change.
        if let (Some(name), Some(address), false) = (&name, served.address(), addresses.is_empty()) {
            addresses.insert(1, Address { url: format!("http://{name}:{}/", address.port()) });
        }
        served.server.announced_as(name.as_deref());
        let path = served.path(&self.choices.channel);
        addresses.iter_mut().for_each(|address| address.url.push_str(&path));
        self.notice_gone(&adapters);
        if addresses != self.addresses {
            self.outbox.send(Event::Addresses(addresses.clone()));
            self.addresses = addresses;
        }
        self.announce();
    }

    /// A listener outlives its address, but nobody reaches it meanwhile.
    fn notice_gone(&self, adapters: &Adapters) {
        let listening = self.served.as_ref().and_then(Served::address).map(|address| address.ip());
        match listening.filter(|ip| address::is_gone(adapters, *ip)) {
            Some(ip) => self.faults.tell(
                About::Network,
                format!(
                    "This computer no longer has the address {ip}, so nobody reaches it there. Join that network again, or start \
                     Cometcam with another address."
                ),
            ),
            None => self.faults.clear(About::Network),
        }
    }
}
