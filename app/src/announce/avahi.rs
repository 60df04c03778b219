//! Through Avahi, which has this computer's name in the network and follows its addresses.
//!
//! After its D-Bus interface, `/usr/share/dbus-1/interfaces/org.freedesktop.Avahi.*.xml`.

use futures_util::StreamExt as _;
use tokio::sync::watch;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, Proxy};

use super::{Ended, KIND, Site, Told};

const NAME: &str = "org.freedesktop.Avahi";
/// On all adapters, by IPv4 and IPv6, as Avahi is set up.
const ANYWHERE: i32 = -1;
/// States of a group of entries.
const ESTABLISHED: i32 = 2;
const COLLISION: i32 = 3;
const FAILURE: i32 = 4;
/// So many others may have the same title.
const TITLES: u32 = 20;

pub(super) struct Avahi {
    line: Connection,
    server: Proxy<'static>,
}

impl Avahi {
    /// `None` where it doesn't run. It is not started: whoever switched it off meant that.
    pub(super) async fn find() -> Option<Self> {
        let find = async {
            let line = Connection::system().await?;
            let bus = zbus::fdo::DBusProxy::new(&line).await?;
            let server = Proxy::new(&line, NAME, "/", "org.freedesktop.Avahi.Server").await?;
            let name = zbus::names::BusName::try_from(NAME)?;
            let is_there = bus.name_has_owner(name).await?;
            Ok::<_, zbus::Error>(is_there.then_some(Self { line, server }))
        };
        find.await.inspect_err(|error| tracing::debug!("there is no Avahi: {error}")).ok().flatten()
    }

    /// Announces the site until something else is wanted, or Avahi is gone.
    pub(super) async fn announce(
        self,
        site: &Site,
        sites: &mut watch::Receiver<Option<Site>>,
        told: &Told,
    ) -> zbus::Result<Ended> {
        let mut owners = self.server.receive_owner_changed().await?;
        let path: OwnedObjectPath = self.server.call("EntryGroupNew", &()).await?;
        let group = Proxy::new(&self.line, NAME, path, "org.freedesktop.Avahi.EntryGroup").await?;
        let mut states = group.receive_signal("StateChanged").await?;
        let mut tried = 1;
        self.add(&group, site, tried).await?;
        loop {
            tokio::select! {
                _ = sites.changed() => {
                    group.call::<_, _, ()>("Free", &()).await?;
                    self.line.close().await?;
                    return Ok(Ended::Changed);
                }
                _ = owners.next() => return Ok(Ended::Lost),
                state = states.next() => {
                    let Some(state) = state else { return Ok(Ended::Lost) };
                    let (state, error): (i32, String) = state.body().deserialize()?;
                    match state {
                        ESTABLISHED => {
                            let name: String = self.server.call("GetHostNameFqdn", &()).await?;
                            told(Some(name));
                        }
                        COLLISION if tried < TITLES => {
                            tried += 1;
                            group.call::<_, _, ()>("Reset", &()).await?;
                            self.add(&group, site, tried).await?;
                        }
                        COLLISION | FAILURE => return Err(zbus::Error::Failure(format!("Avahi refuses: {error}"))),
                        _ => {}
                    }
                }
            }
        }
    }

    async fn add(&self, group: &Proxy<'_>, site: &Site, tried: u32) -> zbus::Result<()> {
        let title = if tried == 1 { site.title.clone() } else { format!("{} ({tried})", site.title) };
        let facts = vec![format!("path={}", site.path).into_bytes()];
        let no_flags = 0_u32;
        // Avahi's own domain, and this computer.
        let (domain, host) = ("", "");
        let service = (ANYWHERE, ANYWHERE, no_flags, title, KIND, domain, host, site.port, facts);
        group.call::<_, _, ()>("AddService", &service).await?;
        group.call("Commit", &()).await
    }
}
