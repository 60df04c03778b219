//! On Linux: the desktop's screen saver or its portal, and systemd's login service, each of which can put the computer to sleep.
//!
//! After the idle inhibition specification of freedesktop.org, `org.freedesktop.portal.Inhibit`, and systemd's inhibitor locks.

use std::collections::HashMap;
use std::time::Duration;

use zbus::Connection;
use zbus::zvariant::{OwnedFd, OwnedObjectPath, Value};

const NAME: &str = "Cometcam";
const WHY: &str = "A camera is live";
/// A desktop that is starting may take its time.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Of `org.freedesktop.portal.Inhibit`: suspend, and idle.
const SUSPEND_AND_IDLE: u32 = 4 | 8;

/// What keeps the computer awake. Whoever answered is enough.
pub(super) struct Hold {
    session: Option<Session>,
    login: Option<Login>,
}

/// Of the person's desktop.
struct Session {
    line: Connection,
    asked: Asked,
}

enum Asked {
    ScreenSaver { cookie: u32 },
    Portal { request: OwnedObjectPath },
}

/// Of the system: closing the file gives the lock back.
struct Login {
    line: Connection,
    lock: OwnedFd,
}

impl Hold {
    /// `None` if nobody can be asked, or agrees.
    pub(super) async fn ask() -> Option<Self> {
        let (session, login) = tokio::join!(Session::ask(), Login::ask());
        let session = session.inspect_err(|error| tracing::debug!("the desktop doesn't keep the computer awake: {error}")).ok();
        let login = login.inspect_err(|error| tracing::debug!("the system doesn't keep itself awake: {error}")).ok();
        (session.is_some() || login.is_some()).then_some(Self { session, login })
    }

    pub(super) async fn release(self) {
        if let Some(Login { line, lock }) = self.login {
            drop(lock);
            closed(line.close().await);
        }
        if let Some(session) = self.session {
            closed(session.release().await);
        }
    }
}

/// Whoever is gone holds nothing any more.
fn closed(result: zbus::Result<()>) {
    if let Err(error) = result {
        tracing::debug!("letting the computer sleep again: {error}");
    }
}

impl Session {
    async fn ask() -> zbus::Result<Self> {
        let line = zbus::connection::Builder::session()?.method_timeout(TIMEOUT).build().await?;
        let saver = "org.freedesktop.ScreenSaver";
        let asked = line.call_method(Some(saver), "/org/freedesktop/ScreenSaver", Some(saver), "Inhibit", &(NAME, WHY)).await;
        let asked = match asked {
            Ok(answer) => Asked::ScreenSaver { cookie: answer.body().deserialize()? },
            Err(_) => {
                let options = HashMap::from([("reason", Value::from(WHY))]);
                let (portal, path) = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop");
                let asked = ("", SUSPEND_AND_IDLE, options);
                let answer =
                    line.call_method(Some(portal), path, Some("org.freedesktop.portal.Inhibit"), "Inhibit", &asked).await?;
                Asked::Portal { request: answer.body().deserialize()? }
            }
        };
        Ok(Self { line, asked })
    }

    async fn release(self) -> zbus::Result<()> {
        match self.asked {
            Asked::ScreenSaver { cookie } => {
                let saver = "org.freedesktop.ScreenSaver";
                let asked = self.line.call_method(Some(saver), "/org/freedesktop/ScreenSaver", Some(saver), "UnInhibit", &cookie);
                asked.await?;
            }
            Asked::Portal { request } => {
                let portal = Some("org.freedesktop.portal.Desktop");
                self.line.call_method(portal, request, Some("org.freedesktop.portal.Request"), "Close", &()).await?;
            }
        }
        self.line.close().await
    }
}

impl Login {
    async fn ask() -> zbus::Result<Self> {
        let line = zbus::connection::Builder::system()?.method_timeout(TIMEOUT).build().await?;
        // Who sits at another computer may only ask for the second.
        let both = Self::inhibit(&line, "idle:sleep").await;
        let lock = match both {
            Ok(lock) => lock,
            Err(_) => Self::inhibit(&line, "idle").await?,
        };
        Ok(Self { line, lock })
    }

    async fn inhibit(line: &Connection, what: &str) -> zbus::Result<OwnedFd> {
        let (login, path) = ("org.freedesktop.login1", "/org/freedesktop/login1");
        let asked = (what, NAME, WHY, "block");
        let answer = line.call_method(Some(login), path, Some("org.freedesktop.login1.Manager"), "Inhibit", &asked).await?;
        answer.body().deserialize()
    }
}
