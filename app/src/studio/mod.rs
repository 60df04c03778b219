//! Does what the window asks for: owns the server, the pipeline and what is remembered.
//!
//! It has one thread, which waits for no camera, disk or viewer, so that Stop is carried out at once. What takes time (the system's
//! dialogs, looking for cameras, writing a picture) is a job of its runtime.

mod jobs;
mod meter;
mod served;
mod work;

use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use cometcam_server::now_ms;
use cometcam_server::server::default_data;

use crate::cli::BroadcastArguments;
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::Outbox;
use crate::settings::{CameraSettings, Settings};
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
    pub commands: SyncSender<Command>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Commands that wait at most.
    const LINE: usize = 32;

    /// Starts it with what is remembered and what the command line says; what happens goes to `outbox`.
    ///
    /// # Errors
    /// One sentence with the cure.
    pub fn start(arguments: &BroadcastArguments, outbox: Arc<Outbox>) -> Result<Self, Box<dyn Error>> {
        let mut settings = Settings::read_or_put_aside(arguments.config.as_deref())?;
        let camera = arguments.cameras(&mut settings).swap_remove(0);
        let choices = choices(arguments, &settings, &camera)?;
        if let Some(damage) = settings.damage.take() {
            outbox.send(Event::Fault(Some(fault(damage))));
        }
        let preview = Arc::<Latest<Frame>>::default();
        let (commands, wanted) = sync_channel(Self::LINE);
        let studio =
            Studio::new(arguments.clone(), settings, &camera, choices.clone(), preview.clone(), outbox, commands.clone())?;
        let thread = thread::Builder::new().name("studio".into()).spawn(move || studio.work(&wanted))?;
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

fn choices(arguments: &BroadcastArguments, settings: &Settings, camera: &CameraSettings) -> Result<Choices, Box<dyn Error>> {
    // Who names an address of the network has answered who can watch.
    let told = arguments.bind(settings).filter(|address| !address.ip().is_loopback()).map(|_| Audience::ThisNetwork);
    let data = arguments.data.clone().or_else(|| settings.server.data.clone()).or_else(default_data);
    Ok(Choices {
        source: camera.source.clone(),
        size: camera.size,
        fps: camera.fps,
        channel: camera.channel.clone(),
        audience: settings.window.audience.or(told),
        data: data.ok_or("there is no home folder to save pictures in; name a folder with --data")?,
        save: camera.save,
        keep: camera.keep,
    })
}

fn fault(sentence: impl Into<String>) -> Fault {
    Fault { sentence: sentence.into(), at_ms: now_ms() }
}
