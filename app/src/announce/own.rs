//! By ourselves, where nobody else answers for this computer's name.

use std::time::Duration;

use mdns_sd::{DaemonEvent, IfKind, IfPredicate, RRType, ServiceDaemon, ServiceInfo};
use tokio::sync::watch;

use super::{AnnounceError, Ended, KIND, Site, Told};
use crate::address;

/// How often it looks whether there are other addresses, in seconds.
const LOOK: u32 = 1;
/// A farewell takes so long at most.
const FAREWELL: Duration = Duration::from_millis(300);

/// Announces the site until something else is wanted.
pub(super) async fn announce(
    site: &Site,
    sites: &mut watch::Receiver<Option<Site>>,
    told: &Told,
) -> Result<Ended, AnnounceError> {
    let daemon = ServiceDaemon::new()?;
    let announced = announce_by(&daemon, site, sites, told).await;
    // It tells the network first what it takes back.
    if let Ok(ended) = daemon.shutdown() {
        drop(tokio::time::timeout(FAREWELL, ended.recv_async()).await);
    }
    announced
}

async fn announce_by(
    daemon: &ServiceDaemon,
    site: &Site,
    sites: &mut watch::Receiver<Option<Site>>,
    told: &Told,
) -> Result<Ended, AnnounceError> {
    let useless = IfPredicate::new(|adapter| adapter.is_loopback() || address::is_virtual(&adapter.name));
    daemon.disable_interface(IfKind::Predicate(useless))?;
    daemon.set_ip_check_interval(LOOK)?;
    let events = daemon.monitor()?;
    let mut host = format!("{}.local", site.host);
    let (kind, facts) = (format!("{KIND}.local."), [("path", site.path.as_str())]);
    let service = ServiceInfo::new(&kind, &site.title, &format!("{host}."), "", site.port, &facts[..])?.enable_addr_auto();
    daemon.register(service)?;
    let mut is_known = false;
    loop {
        let event = tokio::select! {
            _ = sites.changed() => return Ok(Ended::Changed),
            event = events.recv_async() => event,
        };
        match event {
            Ok(DaemonEvent::Announce(..)) => is_known = true,
            // Another computer has the name.
            Ok(DaemonEvent::NameChange(change)) if matches!(change.rr_type, RRType::A | RRType::AAAA) => {
                change.new_name.trim_end_matches('.').clone_into(&mut host);
            }
            Ok(DaemonEvent::Error(error)) => {
                tracing::debug!("announcing the name: {error}");
                continue;
            }
            Ok(_) => continue,
            Err(_) => return Ok(Ended::Lost),
        }
        if is_known {
            told(Some(host.clone()));
        }
    }
}
