//! Makes the server known by name in its network (multicast DNS), so that `http://NAME.local:PORT/` leads to it and a search for web
//! sites finds it. Where Avahi has the computer's name already, it is asked to announce: two who answer for one name, each with
//! what it knows of the addresses, would take each other for a stranger.

#[cfg(target_os = "linux")]
mod avahi;
mod own;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What is announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// For people, in lists of what there is.
    pub title: String,
    /// The name of this computer, as one word of a domain name.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// Of its page, from the slash on.
    pub path: String,
}

/// Told of the name under which the site is known now, such as `ada.local`; `None` if under none.
pub type Told = Arc<dyn Fn(Option<String>) + Send + Sync>;

/// Announces one site at a time. [`Announcer::stop`] takes it back in order; Drop does it at once, and the network notices later.
#[derive(Debug)]
pub struct Announcer {
    site: watch::Sender<Option<Site>>,
    task: JoinHandle<()>,
}

/// The kind of service that a web site is.
const KIND: &str = "_http._tcp";
/// Before it is tried again after a failure.
const TRY_AGAIN: Duration = Duration::from_secs(10);

impl Announcer {
    /// Begins with nothing to announce.
    pub fn start(runtime: &Handle, told: Told) -> Self {
        let (site, sites) = watch::channel(None);
        Self { site, task: runtime.spawn(announce(sites, told)) }
    }

    /// From now on this is announced, or nothing. Never waits.
    pub fn set(&self, site: Option<Site>) {
        self.site.send_if_modified(|before| {
            let is_news = *before != site;
            if is_news {
                *before = site;
            }
            is_news
        });
    }

    /// Takes back what is announced, and waits for that so long at most.
    pub async fn stop(self, patience: Duration) {
        let Self { site, mut task } = self;
        // Without it the task ends.
        drop(site);
        if tokio::time::timeout(patience, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// How an announcement ended.
enum Ended {
    /// Something else is wanted.
    Changed,
    /// Whoever announced it is gone.
    Lost,
}

async fn announce(mut sites: watch::Receiver<Option<Site>>, told: Told) {
    loop {
        let site = sites.borrow_and_update().clone();
        let ended = match &site {
            None => {
                if sites.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Some(site) => once(site, &mut sites, &told).await,
        };
        told(None);
        match ended {
            // Also where nobody wants anything any more: then there is nothing to wait for.
            Ok(Ended::Changed) => {
                if sites.has_changed().is_err() {
                    return;
                }
            }
            Ok(Ended::Lost) => pause(&mut sites, Duration::from_secs(1)).await,
            Err(error) => {
                tracing::debug!("the name can't be announced: {error}");
                pause(&mut sites, TRY_AGAIN).await;
            }
        }
        if sites.has_changed().is_err() {
            return;
        }
    }
}

/// Until something else is wanted, for so long at most.
async fn pause(sites: &mut watch::Receiver<Option<Site>>, time: Duration) {
    // Whether in time or not, and if there is nobody any more, the caller looks.
    drop(tokio::time::timeout(time, sites.changed()).await);
}

async fn once(site: &Site, sites: &mut watch::Receiver<Option<Site>>, told: &Told) -> Result<Ended, AnnounceError> {
    #[cfg(target_os = "linux")]
    if let Some(avahi) = avahi::Avahi::find().await {
        return Ok(avahi.announce(site, sites, told).await?);
    }
    own::announce(site, sites, told).await
}

/// Why nothing is announced.
#[derive(Debug, thiserror::Error)]
enum AnnounceError {
    #[error(transparent)]
    Own(#[from] mdns_sd::Error),
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Avahi(#[from] zbus::Error),
}

/// A computer's name as one word of a domain name; one that says nothing becomes the program's.
#[must_use]
pub fn host_word(machine: &str) -> String {
    const LONGEST: usize = 63;
    let first = machine.split('.').next().unwrap_or_default().to_lowercase();
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let word: String = first.chars().map(letter).take(LONGEST).collect();
    match word.trim_matches('-') {
        "" | "localhost" => "cometcam".to_owned(),
        word => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computers_name_becomes_one_word_of_a_domain_name() {
        assert_eq!(host_word("Ada.example.net"), "ada");
        assert_eq!(host_word("DESKTOP-1A2B"), "desktop-1a2b");
        assert_eq!(host_word("Adas MacBook"), "adas-macbook");
        assert_eq!(host_word("_ada_"), "ada");
        for nothing in ["", "localhost", "localhost.localdomain", "ö", ".."] {
            assert_eq!(host_word(nothing), "cometcam", "{nothing}");
        }
        assert_eq!(host_word(&"x".repeat(80)).len(), 63);
    }
}
