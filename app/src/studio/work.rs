//! The studio's thread: takes commands one by one and carries them out.

mod live;
mod serve;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use cometcam_server::cli;
use cometcam_server::http::Hold;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::error::StudioError;
use super::fault;
use super::jobs::{self, Choice};
use super::meter::Meter;
use super::served::Served;
use crate::channel;
use crate::cli::BroadcastArguments;
use crate::commands::{Commands, Order};
use crate::control::Controls;
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::Outbox;
use crate::pipeline::{Permit, Pipeline, Report, Task};
use crate::settings::{self, CameraSettings, Settings};
use crate::source::{CameraBackend, Opener};
use crate::state::{Address, Audience, Choices, Command, Event};

pub(super) struct Studio {
    // In the order in which they are dropped: first nothing is published, then the camera is released, then the server stops.
    controls: Arc<Controls>,
    pipeline: Pipeline,
    served: Option<Served>,
    choices: Choices,
    remembered: Choices,
    /// What the person answered, now or in an earlier run; the command line may say otherwise for this one.
    answered: Option<Audience>,
    /// Of one picture to the next, where the file says so; wins over the choice of a rate until that is changed.
    every: Option<Duration>,
    backend: CameraBackend,
    arguments: BroadcastArguments,
    settings_file: Option<PathBuf>,
    live_since: Option<u64>,
    /// What of this thread's own stands in the window as a fault.
    failed: Option<Failed>,
    /// What was seen when a picture was to be saved, until it is.
    held: Option<Frame>,
    /// The addresses that the window was told last, and when they were looked up.
    addresses: (Vec<Address>, Instant),
    meter: Meter,
    outbox: Arc<Outbox>,
    pub(super) commands: Commands,
    jobs: JoinSet<()>,
    runtime: Runtime,
}

/// How long a told failure is true.
#[derive(PartialEq, Eq)]
enum Failed {
    /// Until the next command.
    Refused,
    /// Until the server listens as it should.
    Broken,
}

/// How often numbers are told while live, and while not.
const WHILE_LIVE: Duration = Duration::from_millis(500);
const OTHERWISE: Duration = Duration::from_secs(2);
/// How often the addresses are looked up while live: a network may be joined or left meanwhile.
const ADDRESSES: Duration = Duration::from_secs(3);
/// Commands that wait at most.
const LINE: usize = 32;

impl Studio {
    pub(super) fn new(
        arguments: BroadcastArguments,
        settings: Settings,
        camera: &CameraSettings,
        choices: Choices,
        pipeline: Pipeline,
        outbox: Arc<Outbox>,
    ) -> Result<(Self, Receiver<Order>), StudioError> {
        let every = camera.every.map(|_| camera.interval());
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (commands, orders) = Commands::line(pipeline.shared().air().clone(), LINE);
        let studio = Self {
            controls: Arc::default(),
            pipeline,
            served: None,
            remembered: choices.clone(),
            every,
            answered: settings.window.audience,
            choices,
            backend: camera.camera_backend,
            arguments,
            settings_file: settings.file,
            live_since: None,
            failed: None,
            held: None,
            addresses: (Vec::new(), Instant::now()),
            meter: Meter::new(),
            outbox,
            commands,
            jobs: JoinSet::new(),
            runtime,
        };
        Ok((studio, orders))
    }

    /// Until Quit.
    pub(super) fn work(mut self, orders: &Receiver<Order>) {
        self.find_cameras();
        self.end_when_asked();
        let served = self.serve();
        self.tell_failure(served);
        loop {
            let period = if self.live_since.is_some() { WHILE_LIVE } else { OTHERWISE };
            let order = orders.recv_timeout(period);
            self.notice_end();
            match order {
                Ok(Order { command: Command::Quit, .. }) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Order { command, permit }) => self.carry_out(command, permit),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.tell_numbers();
            if self.live_since.is_some() && self.addresses.1.elapsed() >= ADDRESSES {
                self.tell_addresses();
            }
            while self.jobs.try_join_next().is_some() {}
        }
        self.pipeline.shared().air().stop();
        self.notice_end();
        if let Some(served) = self.served.take() {
            served.stop(&self.runtime);
        }
        // A dialog that is open, or a camera that doesn't answer, holds nothing up.
        self.runtime.shutdown_background();
    }

    fn carry_out(&mut self, command: Command, permit: Permit) {
        if self.failed == Some(Failed::Refused) {
            self.recovered();
        }
        let done = match command {
            Command::GoLive => self.go_live(permit),
            // Done when it was sent, and noticed.
            Command::Stop => Ok(()),
            Command::Pause => self.hold(Hold::Pause),
            Command::Resume => self.hold(Hold::Resume),
            Command::SetAudience(audience) => self.set_audience(audience),
            Command::SetData(data) => self.set_data(data),
            Command::FindCameras => {
                self.find_cameras();
                self.pipeline.shared().retry();
                Ok(())
            }
            Command::HoldPicture => {
                self.held = self.pipeline.shared().newest();
                Ok(())
            }
            Command::SavePicture(file) => {
                let frame = self.held.take().or_else(|| self.pipeline.shared().newest());
                let outbox = self.outbox.clone();
                self.job(move || jobs::save_picture(frame.as_ref(), &file, &outbox));
                Ok(())
            }
            Command::PickData => self.pick(Choice::Data),
            Command::PickImages => self.pick(Choice::Images),
            Command::PickPicture => self.pick(Choice::Picture),
            choice => self.set(choice),
        };
        self.tell_failure(done);
        self.remember();
    }

    fn tell_failure(&mut self, done: Result<(), StudioError>) {
        if let Err(error) = done {
            self.failed = Some(if error.is_refusal() { Failed::Refused } else { Failed::Broken });
            self.outbox.send(Event::Fault(Some(fault(error.sentence()))));
        }
    }

    /// What failed before is done now.
    fn recovered(&mut self) {
        if self.failed.take().is_some() {
            self.outbox.send(Event::Fault(None));
        }
    }

    /// A choice that needs nothing but to be heeded from now on.
    fn set(&mut self, choice: Command) -> Result<(), StudioError> {
        let opens_anew = matches!(choice, Command::SetSource(_) | Command::SetSize(_) | Command::SetFps(_));
        match choice {
            Command::SetSource(source) => self.choices.source = source,
            Command::SetSize(size) => self.choices.size = size,
            Command::SetFps(fps) => {
                self.choices.fps = fps.clamp(1, 120);
                self.every = None;
            }
            Command::SetSave(save) => self.choices.save = save,
            Command::SetKeep(_) if self.live_since.is_some() => {
                return Err(StudioError::WhileLive("Whether pictures are kept"));
            }
            Command::SetKeep(keep) => self.choices.keep = keep,
            Command::SetChannel(_) if self.live_since.is_some() => {
                return Err(StudioError::WhileLive("The channel"));
            }
            Command::SetChannel(channel) => self.choices.channel = channel::name(&channel)?,
            other => tracing::warn!("{other:?} is no choice"),
        }
        // Told before the source can be: what is told of a source is about the chosen one.
        self.remember();
        if opens_anew {
            self.meter.restart();
        }
        self.pipeline.shared().set(self.task(), self.choices.save);
        Ok(())
    }

    /// Tells and writes down the choices, if they changed.
    fn remember(&mut self) {
        if self.remembered == self.choices {
            return;
        }
        self.remembered = self.choices.clone();
        self.outbox.send(Event::Choices(self.choices.clone()));
        let Some(file) = &self.settings_file else { return };
        let lasting = Choices { audience: self.answered, ..self.choices.clone() };
        let wrong = match settings::remember(file, &lasting, self.every) {
            Ok(damage) => damage.map(|damage| damage.to_string()),
            Err(error) => Some(format!("What you chose can't be remembered in {}: {error}.", file.display())),
        };
        if let Some(wrong) = wrong {
            self.outbox.send(Event::Fault(Some(fault(wrong))));
        }
    }

    fn find_cameras(&mut self) {
        let (backend, outbox) = (self.backend, self.outbox.clone());
        self.job(move || jobs::find_cameras(backend, &outbox));
    }

    /// The system and other programs end the window in order, and without a question.
    fn end_when_asked(&mut self) {
        let entered = self.runtime.enter();
        let asked = cli::asked_to_stop();
        drop(entered);
        let (commands, outbox) = (self.commands.clone(), self.outbox.clone());
        match asked {
            Ok(asked) => self.spawn(async move {
                asked.await;
                outbox.send(Event::Closing);
                // A full line is drained soon; the window's end brings a Quit of its own.
                drop(commands.try_send(Command::Quit));
            }),
            Err(error) => tracing::warn!("a request to end can't be heard: {error}"),
        }
    }

    fn job(&mut self, work: impl FnOnce() + Send + 'static) {
        self.jobs.spawn_blocking_on(work, self.runtime.handle());
    }

    fn pick(&mut self, choice: Choice) -> Result<(), StudioError> {
        let picked = jobs::pick(choice, self.choices.data.clone(), self.commands.clone(), self.outbox.clone());
        self.spawn(picked);
        Ok(())
    }

    fn spawn(&mut self, job: impl Future<Output = ()> + Send + 'static) {
        self.jobs.spawn_on(job, self.runtime.handle());
    }

    fn task(&self) -> Task {
        task(&self.choices, self.every, self.backend)
    }

    fn tell_numbers(&mut self) {
        let on_air = self.live_since.map(|_| self.choices.channel.as_str());
        let numbers = self.meter.read(&self.pipeline, self.served.as_ref(), on_air);
        if numbers != self.meter.told {
            self.meter.told = numbers;
            self.outbox.send(Event::Numbers(numbers));
        }
    }
}

/// Starts to capture what is chosen; what happens goes to `outbox`.
pub(super) fn pipeline(
    open: Opener,
    choices: &Choices,
    camera: &CameraSettings,
    preview: Arc<Latest<Frame>>,
    outbox: Arc<Outbox>,
) -> std::io::Result<Pipeline> {
    let every = camera.every.map(|_| camera.interval());
    Pipeline::start(task(choices, every, camera.camera_backend), preview, open, reporter(outbox))
}

fn task(choices: &Choices, every: Option<Duration>, backend: CameraBackend) -> Task {
    let interval = every.unwrap_or_else(|| Duration::from_secs(1) / choices.fps.max(1));
    Task::new(choices.source.clone(), choices.size, interval, backend)
}

/// Passes on what the pipeline tells; called on its threads.
fn reporter(outbox: Arc<Outbox>) -> impl Fn(Report) + Send + Sync {
    move |report| match report {
        Report::Open(mode) => outbox.send(Event::SourceOpen(mode)),
        Report::Fault(error) => outbox.send(Event::SourceFault(fault(error.to_string()))),
        // That it is over is noticed.
        Report::Over => outbox
            .send(Event::Fault(Some(fault("Somebody with the publish key deleted the channel, and the broadcast with it.")))),
    }
}
