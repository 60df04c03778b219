//! The server as a whole: opened on a data folder, it serves any number of listeners, one after the other or at once.

mod audience;
mod listening;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::access::Access;
use crate::broadcast::{Broadcasts, OnAir};
use crate::config::{ChannelRules, Config};
use crate::files::overlap;
use crate::frames::{FrameStore, OpenError};
use crate::http::{self, Budget, CameraControl, Hosts, WindowControl};
use crate::keys::Keys;
use crate::relay::Hub;
use crate::{now_ms, system};

pub use listening::{Listening, bind};

/// What a server is opened with, from file and command line.
#[derive(Debug, Default)]
pub struct Options {
    /// The configuration file's content.
    pub config: Config,
    /// Wins over the configuration.
    pub data: Option<PathBuf>,
    /// Wins over the configuration.
    pub site: Option<PathBuf>,
    /// `None` for the one in the data folder; `none` opens publishing.
    pub publish_key: Option<String>,
    /// `None` for the one in the data folder.
    pub operator_key: Option<String>,
}

/// Why a server can't start: one sentence with the cure.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] OpenError),
    /// The keys in it.
    #[error("the keys can't be read or made: {0}")]
    Keys(io::Error),
    /// The operator's site.
    #[error("the site {0} is no folder; name one with --site")]
    Site(String),
    /// It would serve keys and pictures, or hold them.
    #[error("the site {site} and the data folder {data} lie in one another; choose another folder with --site or --data")]
    SiteOfData {
        /// As asked for.
        site: String,
        /// As asked for.
        data: String,
    },
    /// No data folder was named, and the system has no place for one.
    #[error("there is no home folder to save pictures in; name a folder with --data")]
    NoData,
    /// Something else has the port.
    #[error("port {port} is taken{owner}; end that program, or choose another port with --bind ADDR:PORT")]
    PortTaken {
        /// The port.
        port: u16,
        /// ` by NAME (process N)` where the system tells.
        owner: String,
    },
    /// The address can't be listened on.
    #[error("{address} can't be listened on: {cause}; choose another address with --bind ADDR:PORT")]
    Bind {
        /// As asked for.
        address: SocketAddr,
        /// The system's reason.
        cause: io::Error,
    },
    /// The listener or stdout failed.
    #[error("the server can't start: {0}")]
    Io(io::Error),
}

/// Where to listen if nothing else is said.
pub const DEFAULT_BIND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8060);

/// What waits for the disk at the end has this time: with that of answers ([`Listening::stop`]) less than a second.
const DISK_FAREWELL: Duration = Duration::from_millis(350);

/// A server; it lives as long as somebody has it, and its broadcasts with it.
#[derive(Debug)]
pub struct Server {
    state: Arc<http::State>,
    data: PathBuf,
    housekeeping: Option<JoinHandle<()>>,
}

impl Server {
    /// Opens the data folder and gets ready to serve. To be called in a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(options: Options, cameras: Option<Arc<dyn CameraControl>>) -> Result<Self, StartError> {
        let Options { mut config, data, site, publish_key, operator_key } = options;
        let data = data.or(config.data.take()).or_else(default_data).ok_or(StartError::NoData)?;
        let site = site.or(config.site.take());
        if let Some(site) = site.as_ref().filter(|site| !site.is_dir()) {
            return Err(StartError::Site(site.display().to_string()));
        }
        let rules = ChannelRules::new(std::mem::take(&mut config.channels));
        let store = FrameStore::open(&data, config.store_limits(&rules))?;
        if let Some(site) = site.as_ref().filter(|site| overlap(site, &data)) {
            return Err(StartError::SiteOfData { site: site.display().to_string(), data: data.display().to_string() });
        }
        let keys = Keys::load(&data, publish_key.as_deref(), operator_key.as_deref()).map_err(StartError::Keys)?;
        let of_channel = rules.clone();
        let hub = Hub::new(config.limits.channels, move |name| of_channel.of(name).settings(), store.started());
        let mut limits = config.limits;
        limits.connections = limits.connections.min(system::connections_possible());
        let access = Arc::new(Access::open(&data, rules.clone()).map_err(StartError::Keys)?);
        let closed_cookie = format!("{}-closed", access.cookie_name());
        let state = Arc::new(http::State {
            access,
            broadcasts: Arc::new(Broadcasts::new(Arc::new(hub), store)),
            rules,
            limits,
            keys,
            hosts: Hosts::new(&system::machine_name(), system::search_domains, config.hosts.iter().map(AsRef::as_ref)),
            viewers: http::Viewers::new(limits.viewers, closed_cookie),
            pacing: http::Pacing::new(limits.bandwidth),
            displays: http::Displays::open(&data),
            cameras,
            window: OnceLock::new(),
            site,
            bodies: Budget::new(limits.bodies.0),
            guesses: Semaphore::new(http::GUESSES),
        });
        let housekeeping = Some(tokio::spawn(keep_house(state.clone())));
        Ok(Self { state, data, housekeeping })
    }

    /// Serves a listener in the background.
    ///
    /// # Errors
    /// Those of the system.
    pub fn serve(&self, listener: StdListener) -> io::Result<Listening> {
        Listening::serve(listener, self.state.clone())
    }

    /// Ends all broadcasts and closes the server; once all its listeners have ended too, the data folder is free. A disk that takes
    /// longer than a moment is not waited for.
    pub async fn close(mut self) {
        let deadline = Instant::now() + DISK_FAREWELL;
        if let Some(housekeeping) = self.housekeeping.take() {
            housekeeping.abort();
            // Cancelled is what it was meant to be; it had the last share of the state beside this one.
            drop(housekeeping.await);
        }
        let (broadcasts, access, displays) =
            (self.state.broadcasts.clone(), self.state.access.clone(), self.state.displays.clone());
        // Cancelled or panicked, there is nothing left to be done; nor if it fails, which was logged.
        let remember = tokio::task::spawn_blocking(move || {
            displays.remember();
            access.save()
        });
        drop(tokio::task::spawn_blocking(move || broadcasts.store().close(deadline)).await);
        drop(tokio::time::timeout_at(deadline.into(), remember).await);
    }

    /// What is on air, for publishers in this process.
    #[must_use]
    pub fn broadcasts(&self) -> &Arc<Broadcasts> {
        &self.state.broadcasts
    }

    /// Who may watch.
    #[must_use]
    pub fn access(&self) -> &Arc<Access> {
        &self.state.access
    }

    /// From now on this is the window of the process, which a second start brings to the front. The first one stays.
    pub fn set_window(&self, window: Arc<dyn WindowControl>) {
        // A process has one window.
        drop(self.state.window.set(window));
    }

    /// The name by which the server is announced in the network, `None` for none: it is asked by it, too.
    pub fn announced_as(&self, name: Option<&str>) {
        self.state.hosts.announce(name);
    }

    /// The folder in use.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The channels that have or had a broadcast.
    #[must_use]
    pub fn channels(&self) -> Vec<OnAir> {
        self.state.broadcasts.list()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(housekeeping) = self.housekeeping.take() {
            housekeeping.abort();
        }
    }
}

/// Serves a listener until `shutdown` resolves, then ends in order. `ready` is called as soon as connections are accepted.
///
/// # Errors
/// [`StartError`].
pub async fn run(
    listener: StdListener,
    options: Options,
    ready: impl FnOnce() -> io::Result<()>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let server = Server::open(options, None)?;
    let listening = server.serve(listener).map_err(StartError::Io)?;
    ready().map_err(StartError::Io)?;
    shutdown.await;
    listening.stop().await;
    server.close().await;
    Ok(())
}

/// Where pictures and keys are if nothing else is said.
#[must_use]
pub fn default_data() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "cometcam").map(|folders| folders.data_dir().to_owned())
}

async fn keep_house(state: Arc<http::State>) {
    let sweep = async {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            second.tick().await;
            let now = now_ms();
            state.broadcasts.hub().sweep(now);
            state.broadcasts.store().sweep(now);
            state.viewers.sweep(&state.broadcasts);
            state.displays.sweep();
        }
    };
    tokio::join!(sweep, state.broadcasts.watch_silence(), state.access.keep(), state.displays.keep());
}
