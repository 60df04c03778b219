//! The server of the studio, and where it listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use cometcam_server::cli;
use cometcam_server::config::ChannelRules;
use cometcam_server::server::{self, Listening, Options, Server, StartError};
use cometcam_server::units::Bandwidth;
use cometcam_server::wire::encode_segment;
use tokio::runtime::Runtime;

use crate::control::Controls;
use crate::second_start;
use crate::state::Audience;

/// An open server that listens. Drop ends both.
pub(super) struct Served {
    pub server: Server,
    /// `None` before it listens, and after a failed attempt to.
    listening: Option<Listening>,
    /// As asked for at first; its port stays once the system has chosen one.
    bind: SocketAddr,
    rules: ChannelRules,
    has_site: bool,
    /// How many viewers the configuration allows, and what they may take of the network.
    pub at_most: Option<usize>,
    pub bandwidth: Option<Bandwidth>,
}

impl Served {
    /// Opens the data folder. It listens with [`Served::accept`], or [`Served::ensure_listening`] at `bind`.
    pub(super) fn open(
        runtime: &Runtime,
        options: Options,
        controls: Arc<Controls>,
        bind: SocketAddr,
    ) -> Result<Self, StartError> {
        let _entered = runtime.enter();
        let rules = ChannelRules::new(options.config.channels.clone());
        let has_site = options.site.is_some() || options.config.site.is_some();
        let (at_most, bandwidth) = (options.config.limits.viewers, options.config.limits.bandwidth);
        let server = Server::open(options, Some(controls))?;
        Ok(Self { server, listening: None, bind, rules, has_site, at_most, bandwidth })
    }

    /// Listens for another audience on the same port. If that can't be, it goes on as before.
    pub(super) fn listen_for(&mut self, runtime: &Runtime, audience: Option<Audience>) -> Result<(), StartError> {
        let before = self.listening.take();
        let old = before.as_ref().map(Listening::address);
        if let Some(before) = before {
            // One port can't be listened on twice.
            runtime.block_on(before.stop());
        }
        match (listen(self.bind, audience), old) {
            (Ok(listener), _) => self.accept(runtime, listener),
            (Err(error), Some(old)) => server::bind(old).and_then(|listener| self.accept(runtime, listener)).and(Err(error)),
            (Err(error), None) => Err(error),
        }
    }

    /// Listens, if the last attempt to do so failed.
    pub(super) fn ensure_listening(&mut self, runtime: &Runtime, audience: Option<Audience>) -> Result<(), StartError> {
        if self.listening.is_some() { Ok(()) } else { self.accept(runtime, listen(self.bind, audience)?) }
    }

    /// The shortest path that leads to the channel's page, after the slash: `/` is the only listed channel's, unless a site has it.
    pub(super) fn path(&self, channel: &str) -> String {
        let is_first = !self.has_site && self.is_listed(channel);
        if is_first { String::new() } else { format!("watch/{}", encode_segment(channel)) }
    }

    /// Whether the channel may be named to those who don't know it.
    pub(super) fn is_listed(&self, channel: &str) -> bool {
        self.rules.of(channel).unlisted != Some(true)
    }

    /// Where it listens now.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listening.as_ref().map(Listening::address)
    }

    /// Answers those who come to `listener`.
    pub(super) fn accept(&mut self, runtime: &Runtime, listener: TcpListener) -> Result<(), StartError> {
        let _entered = runtime.enter();
        let listening = self.server.serve(listener).map_err(StartError::Io)?;
        self.bind.set_port(listening.address().port());
        tell(&listening);
        if let Err(error) = second_start::tell(self.server.data(), listening.address()) {
            tracing::warn!("a second start won't find this window: {error}");
        }
        self.listening = Some(listening);
        Ok(())
    }

    /// Ends in order.
    pub(super) fn stop(mut self, runtime: &Runtime) {
        if let Some(listening) = self.listening.take() {
            runtime.block_on(listening.stop());
        }
        runtime.block_on(self.server.close());
    }
}

/// For programs that started this one. That nobody reads it is no reason to stop.
fn tell(listening: &Listening) {
    if let Err(error) = cli::tell_address(listening.address()) {
        tracing::warn!("the address can't be told on stdout: {error}");
    }
}

/// Everyone in the network reaches all addresses of this machine, unless one was named; this computer only its own.
pub(super) fn listen(bind: SocketAddr, audience: Option<Audience>) -> Result<TcpListener, StartError> {
    let port = bind.port();
    match audience {
        Some(Audience::ThisNetwork) if bind.ip().is_loopback() => {
            let any = |ip| server::bind(SocketAddr::new(ip, port));
            match any(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) {
                // No IPv6 on this machine.
                Err(StartError::Bind { .. }) => any(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                bound => bound,
            }
        }
        Some(Audience::ThisNetwork) => server::bind(bind),
        _ if bind.ip().is_loopback() => server::bind(bind),
        _ => server::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_leads_to_the_channel() {
        let (data, site) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let runtime = Runtime::new().unwrap();
        let shared = |config: &str, site: Option<&tempfile::TempDir>, channel: &str| {
            let file = data.path().join("config.yaml");
            std::fs::write(&file, config).unwrap();
            let config = cometcam_server::config::read(&file).unwrap();
            let site = site.map(|site| site.path().to_owned());
            let options = Options { data: Some(data.path().to_owned()), site, config, ..Options::default() };
            let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let served = Served::open(&runtime, options, Arc::default(), bind).unwrap();
            let path = served.path(channel);
            served.stop(&runtime);
            path
        };
        assert_eq!(shared("", None, "front"), "");
        assert_eq!(shared("", Some(&site), "team/ä"), "watch/team%2F%C3%A4");
        let unlisted = "channels: { 'team/**': { unlisted: true } }";
        assert_eq!(shared(unlisted, None, "team/yard"), "watch/team%2Fyard");
        assert_eq!(shared(unlisted, None, "front"), "");
    }

    #[test]
    fn another_audience_keeps_the_port_and_a_taken_one_leaves_all_as_it_was() {
        let data = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let options = Options { data: Some(data.path().to_owned()), ..Options::default() };
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut served = Served::open(&runtime, options, Arc::default(), bind).unwrap();
        served.ensure_listening(&runtime, None).unwrap();
        let first = served.address().unwrap();
        assert!(first.ip().is_loopback());
        let port = first.port();
        served.listen_for(&runtime, Some(Audience::ThisNetwork)).unwrap();
        let address = served.address().unwrap();
        assert_eq!((address.ip().is_unspecified(), address.port()), (true, port));
        served.listen_for(&runtime, Some(Audience::ThisComputer)).unwrap();
        // Somebody else takes the port on another address of this machine.
        let other = std::net::TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), port)).unwrap();
        assert!(matches!(served.listen_for(&runtime, Some(Audience::ThisNetwork)), Err(StartError::PortTaken { .. })));
        assert!(served.address().unwrap().ip().is_loopback());
        // If it has to give up its address altogether, it takes it back later.
        drop(other);
        runtime.block_on(served.listening.take().unwrap().stop());
        assert_eq!(served.address(), None);
        served.ensure_listening(&runtime, Some(Audience::ThisComputer)).unwrap();
        assert_eq!(served.address(), Some(first));
        served.stop(&runtime);
    }
}
