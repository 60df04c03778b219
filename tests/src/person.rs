//! Somebody who sits at the window: works it with a mouse, by what it says.

use std::path::Path;
use std::process::Command;

use crate::bus::Bus;
use crate::desktop::{Desktop, Window};
use crate::reader::Reader;
use crate::server::Server;

/// A person, the program and its window. Drop ends the program.
#[derive(Debug)]
pub struct Person<'a> {
    /// What the person reads.
    pub reader: Reader,
    /// The window.
    pub window: Window<'a>,
    /// The program.
    pub server: Server,
}

impl<'a> Person<'a> {
    /// Opens the window of `command`, which shows the test pattern. Its data and settings are in `data`; the settings are these, as YAML.
    ///
    /// # Panics
    /// If it doesn't open.
    pub async fn opens(desktop: &'a Desktop, bus: &Bus, mut command: Command, (data, settings): (&Path, &str)) -> Self {
        let folder = data.join("config-home/cometcam");
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join("cometcam.yaml"), settings));
        written.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let reader = Reader::start(desktop, bus).await;
        desktop.shown_here(bus.used_by(&mut command));
        let server = Server::run(command, data, &["--source", "test-pattern", "--size", "640x480"]).await;
        Self { reader, window: desktop.window("Cometcam").await, server }
    }

    /// Clicks what is called this, or begins like this, once it is there.
    pub async fn clicks(&self, beginning: &str) {
        self.reader.click(&self.window, beginning).await;
    }

    /// Presses Go live, until it is.
    pub async fn goes_live(&self) {
        self.clicks("Go live").await;
        self.reader.hears("LIVE ").await;
    }

    /// Presses Stop, and puts the receipt away.
    pub async fn stops(&self) {
        self.clicks("Stop").await;
        self.reader.hears("NOT LIVE").await;
        self.clicks("Done").await;
    }
}
