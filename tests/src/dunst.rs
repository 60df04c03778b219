//! A notification daemon as people have it: dunst, which tells what it has shown.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use zbus::Connection;
use zbus::zvariant::{OwnedValue, Value};

use crate::bus::Bus;
use crate::deadline::soon;
use crate::desktop::Desktop;
use crate::program::Program;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// Dunst's own interface.
const DUNST: &str = "org.dunstproject.cmd0";
/// How often it is asked: it tells nobody what it shows.
const ASK_AGAIN: Duration = Duration::from_millis(25);

/// A running dunst. Drop ends it.
#[derive(Debug)]
pub struct Dunst {
    line: Connection,
    _program: Program,
    _home: TempDir,
}

/// A notification, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The program that sent it.
    pub by: String,
    /// Its title.
    pub title: String,
    /// Its text, as it is read.
    pub text: String,
}

impl Dunst {
    /// Starts one for the programs that use this bus, as the distribution has set it up.
    ///
    /// # Panics
    /// If it is missing or doesn't come to the bus.
    pub async fn start(desktop: &Desktop, bus: &Bus) -> Self {
        let home = crate::server::folder();
        let mut command = Command::new("dunst");
        command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path());
        desktop.shown_here(bus.used_by(&mut command));
        let program = Program::start(command);
        let connection = zbus::connection::Builder::address(bus.address()).expect("an address").build().await;
        let line = connection.unwrap_or_else(|error| panic!("the bus can't be reached: {error}"));
        let dunst = Self { line, _program: program, _home: home };
        soon("dunst on the bus", async {
            while dunst.count("displayedLength").await.is_err() {
                tokio::time::sleep(ASK_AGAIN).await;
            }
        })
        .await;
        dunst
    }

    /// Waits until it has shown so many notifications, or more, and takes them from the screen. All that it has shown, the first one first.
    ///
    /// # Panics
    /// If it never has.
    pub async fn has_shown(&self, count: usize) -> Vec<Shown> {
        let shown = async {
            loop {
                // What is still on the screen is no history yet.
                let _closed = self.call("NotificationCloseAll").await.expect("dunst obeys");
                let shown = self.history().await.expect("dunst tells its history");
                if shown.len() >= count {
                    return shown;
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
        };
        soon(&format!("{count} notifications"), shown).await
    }

    /// Waits until one is on the screen.
    ///
    /// # Panics
    /// If none comes.
    pub async fn shows_one(&self) {
        soon("a notification on the screen", async {
            while self.count("displayedLength").await.expect("dunst tells what it shows") == 0 {
                tokio::time::sleep(ASK_AGAIN).await;
            }
        })
        .await;
    }

    async fn count(&self, of: &str) -> zbus::Result<u32> {
        let properties = "org.freedesktop.DBus.Properties";
        let asked = self.line.call_method(Some(NAME), PATH, Some(properties), "Get", &(DUNST, of)).await?;
        let value: OwnedValue = asked.body().deserialize()?;
        Ok(u32::try_from(value)?)
    }

    async fn call(&self, what: &str) -> zbus::Result<zbus::Message> {
        self.line.call_method(Some(NAME), PATH, Some(DUNST), what, &()).await
    }

    async fn history(&self) -> zbus::Result<Vec<Shown>> {
        let told = self.call("NotificationListHistory").await?;
        let mut list: Vec<HashMap<String, OwnedValue>> = told.body().deserialize()?;
        // The last one is told first.
        list.reverse();
        let text = |one: &HashMap<String, OwnedValue>, name: &str| match one.get(name).map(|value| &**value) {
            Some(Value::Str(text)) => text.to_string(),
            _ => String::new(),
        };
        let shown = |one: &HashMap<String, OwnedValue>| Shown {
            by: text(one, "appname"),
            title: text(one, "summary"),
            text: text(one, "body"),
        };
        Ok(list.iter().map(shown).collect())
    }
}
