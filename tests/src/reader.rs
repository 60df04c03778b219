//! The window as a screen reader has it, through the desktop's own accessibility bus (AT-SPI): what is said in it, and where.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::Mutex;
use zbus::Connection;
use zbus::zvariant::OwnedObjectPath;

use crate::bus::Bus;
use crate::deadline::soon;
use crate::desktop::{Desktop, Window};
use crate::program::Program;

const LAUNCHER: &str = "/usr/libexec/at-spi-bus-launcher";
/// How often a window is read again: it would tell of each change, and of all others.
const READ_AGAIN: Duration = Duration::from_millis(25);
/// Counted from the corner of the window.
const IN_WINDOW: u32 = 1;

/// Who and where an object is on the bus.
type Object = (String, OwnedObjectPath);
/// As AT-SPI's cache lists it: itself, program, parent, place, children, interfaces, name, role, description, states.
type Item = (Object, Object, Object, i32, i32, Vec<String>, String, u32, String, Vec<u32>);

/// A running accessibility bus, with a reader on it. Drop ends it.
#[derive(Debug)]
pub struct Reader {
    line: Connection,
    /// The window's program, once it was found.
    program: Mutex<Option<String>>,
    _launcher: Program,
    _folder: TempDir,
}

/// Something that the window says, and where it is.
#[derive(Debug, Clone)]
pub struct Said {
    /// The words.
    pub name: String,
    object: Object,
}

impl Reader {
    /// Starts one for the programs on this desktop that use this bus.
    ///
    /// # Panics
    /// If the accessibility bus is missing or doesn't start.
    pub async fn start(desktop: &Desktop, bus: &Bus) -> Self {
        let folder = crate::server::folder();
        let mut command = Command::new(LAUNCHER);
        command.args(["--launch-immediately", "--a11y=1"]).env("GSETTINGS_BACKEND", "memory");
        command.env("XDG_RUNTIME_DIR", folder.path()).env("XDG_CACHE_HOME", folder.path());
        desktop.shown_here(bus.used_by(&mut command));
        let launcher = Program::start(command);
        let line = soon("the accessibility bus", async {
            loop {
                if let Ok(line) = connect(bus).await {
                    return line;
                }
                tokio::time::sleep(READ_AGAIN).await;
            }
        });
        Self { line: line.await, program: Mutex::default(), _launcher: launcher, _folder: folder }
    }

    /// All that the window says now; nothing while there is none.
    pub async fn says(&self) -> Vec<Said> {
        let mut program = self.program.lock().await;
        if program.is_none() {
            *program = self.find_program().await.ok().flatten();
        }
        let Some(name) = program.as_ref() else { return Vec::new() };
        let (path, interface) = ("/org/a11y/atspi/cache", "org.a11y.atspi.Cache");
        let Ok(answer) = self.line.call_method(Some(name.as_str()), path, Some(interface), "GetItems", &()).await else {
            // It has ended, and another one may come.
            *program = None;
            return Vec::new();
        };
        let items: Vec<Item> = answer.body().deserialize().unwrap_or_default();
        items.into_iter().map(|item| Said { name: item.6, object: item.0 }).collect()
    }

    /// Waits until the window says this, or something that begins like this.
    ///
    /// # Panics
    /// If it never does; with what it says.
    pub async fn hears(&self, beginning: &str) -> Said {
        self.hears_first(beginning, &[&|name| name == beginning, &|name| name.starts_with(beginning)]).await
    }

    /// Waits until the window says something that `wanted` picks.
    ///
    /// # Panics
    /// If it never does; with what it says.
    pub async fn hears_such(&self, what: &str, wanted: impl Fn(&str) -> bool) -> Said {
        self.hears_first(what, &[&wanted]).await
    }

    /// Of several that are said, what an earlier one picks is taken.
    async fn hears_first(&self, what: &str, wanted: &[&dyn Fn(&str) -> bool]) -> Said {
        let heard = async {
            loop {
                let says = self.says().await;
                if let Some(said) = wanted.iter().find_map(|wanted| says.iter().find(|said| wanted(&said.name))) {
                    return said.clone();
                }
                tokio::time::sleep(READ_AGAIN).await;
            }
        };
        match tokio::time::timeout(crate::deadline::PATIENCE, heard).await {
            Ok(said) => said,
            Err(_) => panic!("the window doesn't say “{what}” but {:#?}", self.words().await),
        }
    }

    /// Waits until the window says nothing more that begins like this.
    ///
    /// # Panics
    /// If it goes on saying it.
    pub async fn hears_no_more(&self, beginning: &str) {
        let gone = async {
            while self.says().await.iter().any(|said| said.name.starts_with(beginning)) {
                tokio::time::sleep(READ_AGAIN).await;
            }
        };
        soon(&format!("the window says no more “{beginning}”"), gone).await;
    }

    /// The words alone.
    pub async fn words(&self) -> Vec<String> {
        self.says().await.into_iter().map(|said| said.name).filter(|name| !name.is_empty()).collect()
    }

    /// Waits for something that is called this, or begins like this, and clicks it.
    ///
    /// # Panics
    /// If it isn't there.
    pub async fn click(&self, window: &Window<'_>, beginning: &str) {
        self.point(window, beginning).await;
        window.press().await;
    }

    /// Waits for it as [`Reader::click`] does, and puts the pointer on its middle.
    ///
    /// # Panics
    /// If it isn't there.
    pub async fn point(&self, window: &Window<'_>, beginning: &str) {
        let placed = async {
            loop {
                let said = self.hears(beginning).await;
                // It may have gone since, and where something is that has just come is told a moment later.
                if let Ok(place) = self.place(&said).await {
                    return place;
                }
                tokio::time::sleep(READ_AGAIN).await;
            }
        };
        let (left, top, width, height) = soon(&format!("the place of “{beginning}”"), placed).await;
        window.point(left + width / 2, top + height / 2).await;
    }

    /// Left, top, width and height of something in the window.
    async fn place(&self, said: &Said) -> zbus::Result<(i32, i32, i32, i32)> {
        let ((name, path), interface) = (&said.object, "org.a11y.atspi.Component");
        let told = self.line.call_method(Some(name.as_str()), path, Some(interface), "GetExtents", &IN_WINDOW).await?;
        told.body().deserialize()
    }

    /// The first program that lets itself be read.
    async fn find_program(&self) -> zbus::Result<Option<String>> {
        let (registry, root) = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root");
        let asked = self.line.call_method(Some(registry), root, Some("org.a11y.atspi.Accessible"), "GetChildren", &()).await?;
        let programs: Vec<Object> = asked.body().deserialize()?;
        Ok(programs.into_iter().next().map(|(name, _)| name))
    }
}

async fn connect(bus: &Bus) -> zbus::Result<Connection> {
    let session = zbus::connection::Builder::address(bus.address())?.build().await?;
    let asked = session.call_method(Some("org.a11y.Bus"), "/org/a11y/bus", Some("org.a11y.Bus"), "GetAddress", &()).await?;
    let address: String = asked.body().deserialize()?;
    zbus::connection::Builder::address(address.as_str())?.build().await
}
