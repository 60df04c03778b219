//! The server: on which folder, and for whom.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use cometcam_server::server::{DEFAULT_BIND, Options};

use super::Studio;
use crate::address::{self, Adapters};
use crate::journal;
use crate::settings::Settings;
use crate::state::{Address, Audience, Event};
use crate::studio::around::Front;
use crate::studio::dark::Watch;
use crate::studio::error::StudioError;
use crate::studio::faults::About;
use crate::studio::served::{self, Served};

/// Whether both lead to one folder.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path| fs::canonicalize(path).ok();
    one == other || real(one).is_some_and(|one| real(other) == Some(one))
}

impl Studio {
    /// Opens the server, unless it is open, and listens, unless it does.
    pub(in crate::studio) fn serve(&mut self) -> Result<(), StudioError> {
        match &mut self.served {
            Some(served) => served.ensure_listening(&self.runtime, self.choices.audience)?,
            None => {
                let (options, bind) = self.options(self.choices.data.clone())?;
                let listener = served::listen(bind, self.choices.audience)?;
                let served = self.served.insert(Served::open(&self.runtime, options, self.controls.clone(), bind)?);
                served.server.set_window(Arc::new(Front(self.outbox.clone())));
                self.begin_with_server();
                // Only now: nobody gets in before what they need is asked for.
                self.served.as_mut().map_or(Ok(()), |served| served.accept(&self.runtime, listener))?;
            }
        }
        self.port = self.served.as_ref().and_then(Served::address).map(|address| address.port());
        self.faults.clear(About::Server);
        self.tell_addresses();
        Ok(())
    }

    /// How a server is to be opened on this folder, and where it is to listen.
    fn options(&mut self, data: PathBuf) -> Result<(Options, SocketAddr), StudioError> {
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
        Ok((Options { data: Some(data), ..self.arguments.server_options(&mut settings) }, bind))
    }

    /// A new server knows nothing of what was chosen yet.
    fn begin_with_server(&mut self) {
        self.heed_limits();
        self.heed_guards();
        self.watch = Watch::new(Instant::now());
        journal::keep_in(&self.choices.data);
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
        if self.served.is_some() && is_same(&data, &self.choices.data) {
            return self.serve();
        }
        // With the former one still at work: if this one can't be used, nothing has changed.
        let (options, bind) = self.options(data.clone())?;
        let next = Served::open(&self.runtime, options, self.controls.clone(), bind)?;
        next.server.set_window(Arc::new(Front(self.outbox.clone())));
        // Nobody has answered what becomes of what was saved in the folder that is left.
        self.close_receipt();
        if let Some(former) = self.served.replace(next) {
            former.stop(&self.runtime);
        }
        (self.choices.data, self.lasting.data) = (data.clone(), data);
        self.begin_with_server();
        self.serve()
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

#[cfg(test)]
mod tests {
    use super::super::fixture::studio;
    use super::*;
    use crate::save::Save;
    use crate::state::Command;

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
