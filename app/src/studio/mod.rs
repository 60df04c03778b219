//! Does what the window asks for: owns the server, the pipeline and what is remembered.
//!
//! It has one thread. What may take long (the system's dialogs, looking for cameras, writing a picture) is a job of its runtime.
//! A Stop doesn't wait for the thread: it ends the broadcast where it is sent, and the thread notices.

mod around;
mod chime;
mod crowd;
mod dark;
mod error;
mod faults;
mod guard;
mod jobs;
mod meter;
mod opened;
mod served;
mod sound;
mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use cometcam_server::files::clear_parts;
use cometcam_server::server::{StartError, default_data};

pub use self::error::StudioError;

use crate::cli::BroadcastArguments;
use crate::commands::Commands;
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::Outbox;
use crate::settings::{CameraSettings, Settings, WindowSettings};
use crate::source::{self, Opener};
use crate::state::{Audience, Choices, Command, Fault};
use faults::About;
use work::{Chosen, Studio};

pub(crate) use guard::protect_all;

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
        let mut settings = Settings::read_or_put_aside(arguments.server.config.as_deref())?;
        if let Some(file) = &settings.file {
            clear_parts(file);
        }
        let remembered = settings.cameras.first().cloned().unwrap_or_default();
        let camera = arguments.cameras(&mut settings).swap_remove(0);
        let data = settings.server.data.clone().or_else(default_data);
        let in_force = arguments.server.data.clone().or_else(|| data.clone()).ok_or(StartError::NoData)?;
        // The command line is in force in this run, and is not remembered.
        let lasting = choices(&remembered, &settings.window, data.unwrap_or_else(|| in_force.clone()));
        let choices = in_force_choices(camera.clone(), &remembered.channel, arguments.server.bind, &settings, in_force);
        let damage = settings.damage.take();
        let preview = Arc::<Latest<Frame>>::default();
        let chosen = Chosen { in_force: choices.clone(), lasting };
        let backend = camera.camera_backend;
        let (mut studio, orders) = Studio::new(arguments.clone(), settings, backend, chosen, preview.clone(), outbox, open)?;
        if let Some(damage) = damage {
            studio.faults.tell(About::Past, damage.to_string());
        }
        match studio.serve() {
            // Of the command line alone: what is remembered can be put right in the window. At login nobody looks at a terminal.
            Err(StudioError::Start(error)) if !arguments.at_login && is_of_command_line(&error, arguments) => {
                return Err(error.into());
            }
            served => studio.tell_failure(served),
        }
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

/// Whether the server can't start because of an option.
fn is_of_command_line(error: &StartError, arguments: &BroadcastArguments) -> bool {
    match error {
        StartError::Bind { .. } | StartError::PortTaken { .. } => arguments.server.bind.is_some(),
        StartError::Data(_) => arguments.server.data.is_some(),
        StartError::Keys(_) => arguments.server.data.is_some() || arguments.server.publish_key.is_some(),
        StartError::Site(_) => arguments.server.site.is_some(),
        StartError::SiteOfData { .. } => arguments.server.site.is_some() || arguments.server.data.is_some(),
        StartError::NoData | StartError::Io(_) => false,
    }
}

/// What is in force in this run. What is remembered of viewers is of the remembered channel.
fn in_force_choices(
    mut camera: CameraSettings,
    remembered: &str,
    bind: Option<SocketAddr>,
    settings: &Settings,
    data: PathBuf,
) -> Choices {
    let channel = std::mem::replace(&mut camera.channel, remembered.to_owned());
    let mut choices = Choices { audience: audience(bind, settings), ..choices(&camera, &settings.window, data) };
    choices.go_to(&channel);
    choices
}

fn choices(camera: &CameraSettings, window: &WindowSettings, data: PathBuf) -> Choices {
    Choices {
        source: camera.source.clone(),
        size: camera.size,
        fps: camera.fps,
        every: camera.every.map(|_| camera.interval()),
        channel: camera.channel.clone(),
        audience: window.audience,
        data,
        save: camera.save,
        keep: camera.keep,
        viewing: window.viewing.clone(),
        guards: window.guards.clone(),
        picture: camera.picture.clone(),
        controls: camera.controls.clone(),
    }
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
    Fault { sentence: sentence.into() }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Arguments;
    use crate::source::SourceSpec;
    use crate::state::Event;

    #[test]
    fn the_command_line_holds_for_one_run_and_what_the_person_chooses_lasts() {
        let folder = tempfile::tempdir().unwrap();
        let (file, data) = (folder.path().join("cometcam.yaml"), folder.path().join("data"));
        std::fs::write(&file, "data: /srv/pictures\ncameras: [{ every: 10s }]\n").unwrap();
        let [config, other] = [&file, &data].map(|path| path.to_str().unwrap());
        let line = "cometcam --source test-pattern --size 64x48 --fps 7 --channel yard --save off --keep --bind 127.0.0.1:0";
        let line = line.split(' ').chain(["--data", other, "--config", config]);
        let arguments = Arguments::try_parse_from(line).unwrap().broadcast;
        let running = Running::start(&arguments, Arc::new(Outbox::new(|| ()).0)).unwrap();
        assert_eq!((&running.choices.source, running.choices.every), (&SourceSpec::TestPattern, None));
        running.commands.send(Command::SetSave(crate::save::Save::Every)).unwrap();
        drop(running);
        let after = Settings::read(Some(&file)).unwrap();
        let expected = CameraSettings { save: crate::save::Save::Every, ..CameraSettings::default() };
        let camera = CameraSettings { every: after.cameras[0].every, ..expected };
        let expected = choices(&camera, &WindowSettings::default(), "/srv/pictures".into());
        assert_eq!(choices(&after.cameras[0], &after.window, after.server.data.unwrap()), expected);
        assert_eq!(expected.every, Some(std::time::Duration::from_secs(10)));
    }

    #[test]
    fn an_option_that_can_not_be_served_ends_the_start_and_a_remembered_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (file, data) = (folder.path().join("cometcam.yaml"), folder.path().join("data"));
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let start = |written: &str, options: &[&str]| {
            std::fs::write(&file, format!("data: {}\n{written}\n", data.display())).unwrap();
            let line = ["cometcam", "--source", "test-pattern", "--config", file.to_str().unwrap()];
            let arguments = Arguments::try_parse_from(line.iter().chain(options)).unwrap().broadcast;
            let (outbox, events) = Outbox::new(|| ());
            Running::start(&arguments, Arc::new(outbox)).map(|_| events).map_err(|error| error.to_string())
        };
        let address = taken.local_addr().unwrap().to_string();
        let free = "bind: 127.0.0.1:0";
        let told = |option: &[&str]| start(free, option).map(drop).unwrap_err();
        assert!(told(&["--bind", &address]).contains("is taken"));
        assert!(told(&["--site", "/nowhere"]).contains("--site"));
        assert!(told(&["--data", file.to_str().unwrap()]).contains("--data"));
        let (site, within) = (folder.path().to_str().unwrap(), data.to_str().unwrap());
        assert!(told(&["--site", site, "--data", within]).contains("in one another"));
        for remembered in [format!("bind: {address}"), format!("{free}\nsite: /nowhere")] {
            let events = start(&remembered, &[]).unwrap();
            assert!(events.try_iter().any(|event| matches!(event, Event::Fault(Some(_)))), "{remembered}");
        }
    }

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
