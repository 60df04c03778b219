//! Does what the window asks for: owns the server, the pipeline and what is remembered.
//!
//! It has one thread, which waits for no camera, disk or viewer, so that Stop is carried out at once. What takes time (the system's
//! dialogs, looking for cameras, writing a picture) is a job of its runtime.

mod error;
mod jobs;
mod meter;
mod served;
mod work;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use cometcam_server::frames::clear_parts;
use cometcam_server::now_ms;
use cometcam_server::server::{StartError, default_data};

pub use self::error::StudioError;

use crate::cli::BroadcastArguments;
use crate::commands::Commands;
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::Outbox;
use crate::settings::{CameraSettings, Settings};
use crate::source::{self, Opener};
use crate::state::{Audience, Choices, Command, Event, Fault, State};
use crate::ui::{Lines, Opening};
use work::Studio;

/// Opens the window, and stays until it is closed.
///
/// # Errors
/// One sentence with the cure.
pub fn run(arguments: &BroadcastArguments) -> Result<(), Box<dyn Error>> {
    let opening = Opening::new();
    let wake = opening.wake_up();
    let (outbox, events) = Outbox::new(move || wake());
    let studio = Running::start(arguments, Arc::new(outbox))?;
    let lines = Lines {
        state: State::new(studio.choices.clone()),
        events,
        commands: studio.commands.clone(),
        frames: studio.preview.clone(),
    };
    Ok(opening.run(lines)?)
}

/// A studio at work. Drop ends the broadcast, releases the camera, stops the server and joins the thread.
pub struct Running {
    /// What it starts with.
    pub choices: Choices,
    /// The camera's pictures, live or not; for one reader.
    pub preview: Arc<Latest<Frame>>,
    /// What is wanted of it.
    pub commands: Commands,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts it with what is remembered and what the command line says; what happens goes to `outbox`.
    ///
    /// # Errors
    /// One sentence with the cure.
    pub fn start(arguments: &BroadcastArguments, outbox: Arc<Outbox>) -> Result<Self, StudioError> {
        Self::start_with(Arc::new(source::open), arguments, outbox)
    }

    /// As [`Running::start`], with sources that `open` opens, whatever is chosen.
    ///
    /// # Errors
    /// One sentence with the cure.
    pub fn start_with(open: Opener, arguments: &BroadcastArguments, outbox: Arc<Outbox>) -> Result<Self, StudioError> {
        let mut settings = Settings::read_or_put_aside(arguments.config.as_deref())?;
        if let Some(file) = &settings.file {
            clear_parts(file);
        }
        let camera = arguments.cameras(&mut settings).swap_remove(0);
        let choices = choices(arguments, &settings, &camera)?;
        if let Some(damage) = settings.damage.take() {
            outbox.send(Event::Fault(Some(fault(damage.to_string()))));
        }
        let preview = Arc::<Latest<Frame>>::default();
        let pipeline = work::pipeline(open, &choices, &camera, preview.clone(), outbox.clone())?;
        let (studio, orders) = Studio::new(arguments.clone(), settings, &camera, choices.clone(), pipeline, outbox)?;
        let commands = studio.commands.clone();
        let thread = thread::Builder::new().name("studio".into()).spawn(move || studio.work(&orders))?;
        Ok(Self { choices, preview, commands, thread: Some(thread) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        drop(self.commands.send(Command::Quit));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the studio had panicked");
        }
    }
}

fn choices(arguments: &BroadcastArguments, settings: &Settings, camera: &CameraSettings) -> Result<Choices, StartError> {
    let data = arguments.data.clone().or_else(|| settings.server.data.clone()).or_else(default_data);
    Ok(Choices {
        source: camera.source.clone(),
        size: camera.size,
        fps: camera.fps,
        channel: camera.channel.clone(),
        audience: audience(arguments.bind, settings),
        data: data.ok_or(StartError::NoData)?,
        save: camera.save,
        keep: camera.keep,
    })
}

/// Who can watch in this run, until the person chooses: who names an address has answered that. Before anybody was asked, an address
/// of this computer alone is no answer but the way it begins.
fn audience(bind: Option<SocketAddr>, settings: &Settings) -> Option<Audience> {
    let network = |bind: Option<SocketAddr>| bind.is_some_and(|address| !address.ip().is_loopback());
    match settings.window.audience {
        _ if network(bind) => Some(Audience::ThisNetwork),
        None if bind.is_none() && network(settings.server.bind) => Some(Audience::ThisNetwork),
        None => None,
        Some(_) if bind.is_some() => Some(Audience::ThisComputer),
        remembered => remembered,
    }
}

fn fault(sentence: impl Into<String>) -> Fault {
    Fault { sentence: sentence.into(), at_ms: now_ms() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_on_the_command_line_says_who_can_watch() {
        let chosen = |bind: Option<&str>, file: Option<&str>, remembered| {
            let mut settings = Settings::default();
            settings.server.bind = file.map(|address| address.parse().unwrap());
            settings.window.audience = remembered;
            audience(bind.map(|address| address.parse().unwrap()), &settings)
        };
        let (local, open, one) = (Some("127.0.0.1:8060"), Some("0.0.0.0:8060"), Some("192.168.1.20:8060"));
        let (computer, network) = (Some(Audience::ThisComputer), Some(Audience::ThisNetwork));
        assert_eq!(chosen(local, None, network), computer);
        assert_eq!(chosen(open, None, computer), network);
        assert_eq!(chosen(one, local, computer), network);
        assert_eq!(chosen(local, open, None), None, "it is asked at the first Go live, and is local until then");
        assert_eq!(chosen(None, open, None), network);
        assert_eq!(chosen(None, open, computer), computer);
        assert_eq!(chosen(None, local, network), network);
        assert_eq!(chosen(None, None, None), None);
    }
}
