//! The server's face: what is asked over HTTP, answered from relay and pictures.
//!
//! `routes` is the table of all that can be asked, `admission` a request's way there, `reply` the table of all refusals, `guard`
//! says who may, `sharing` who may read, `pacing` when, and `line` has the last word on each byte. A file each for the publisher
//! location, each transport of the subscriber location, pictures, live pictures, pages, pages for very old browsers, the setup of
//! displays and the API.

mod admission;
mod api;
mod audience;
mod body;
mod connection;
mod cookie;
mod displays;
mod enter;
mod gate;
mod guard;
mod guests;
mod line;
mod lite;
mod live;
mod locked;
mod longpoll;
mod pacing;
mod pages;
mod pictures;
mod place;
mod publisher;
mod reply;
mod request;
mod routes;
mod setup;
mod sharing;
mod site;
mod template;
mod viewers;
mod visit;

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::access::Access;
use crate::broadcast::Broadcasts;
use crate::config::{ChannelRules, LimitsConfig};
use crate::keys::Keys;

pub use connection::accept;
pub use displays::{Display, DisplayOrder, Displays, NoDisplay, Wake};
pub use guard::Hosts;
pub use pacing::Pacing;
pub use viewers::{NoViewerId, Viewer, ViewerId, Viewers};

/// Who steers the cameras whose pictures are published from this process.
pub trait CameraControl: Send + Sync {
    /// Holds the camera of a channel back, or lets it go on.
    ///
    /// # Errors
    /// [`NoCamera`] if the channel has no camera here.
    fn hold(&self, channel: &str, hold: Hold) -> Result<(), NoCamera>;
}

/// Who has the window of this process.
pub trait WindowControl: Send + Sync {
    /// Brings it to the front.
    fn raise(&self);
}

/// What is wanted of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// No pictures until told otherwise.
    Pause,
    /// Pictures again.
    Resume,
}

/// The channel has no camera in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCamera;

/// All that answering needs.
pub struct State {
    /// Relay and pictures.
    pub broadcasts: Arc<Broadcasts>,
    /// What is configured of channels.
    pub rules: ChannelRules,
    /// Bounds.
    pub limits: LimitsConfig,
    /// Who may publish and steer.
    pub keys: Keys,
    /// By which names the server is reached.
    pub hosts: Hosts,
    /// Who may watch.
    pub access: Arc<Access>,
    /// Who watches.
    pub viewers: Viewers,
    /// When whose picture goes out.
    pub pacing: Pacing,
    /// What hangs on walls.
    pub displays: Displays,
    /// Who steers the cameras; `None` where there are none.
    pub cameras: Option<Arc<dyn CameraControl>>,
    /// Who has the window; unset where there is none.
    pub window: OnceLock<Arc<dyn WindowControl>>,
    /// A web site of the operator's own.
    pub site: Option<std::path::PathBuf>,
    /// Bodies that are being received.
    pub bodies: body::Budget,
    /// Slows down those who guess keys.
    pub guesses: tokio::sync::Semaphore,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("limits", &self.limits).finish_non_exhaustive()
    }
}

pub(crate) use body::Budget;
pub(crate) use guard::GUESSES;
