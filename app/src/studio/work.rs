//! The studio's thread: takes commands one by one and carries them out.

mod around;
mod aside;
mod choices;
mod displays;
#[cfg(test)]
mod fixture;
mod guards;
mod live;
mod login;
mod numbers;
mod receipt;
mod serve;
mod viewers;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use cometcam_server::http::{Display, Hold};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::around::Around;
use super::crowd::Crowd;
use super::dark::Watch;
use super::error::StudioError;
use super::fault;
use super::faults::{About, Faults};
use super::jobs::{Choice, Existing, Search};
use super::meter::Meter;
use super::opened::Opened;
use super::served::Served;
use super::sound::Sounds;
use crate::cli::BroadcastArguments;
use crate::commands::{Commands, Order};
use crate::control::Controls;
use crate::frame::Frame;
use crate::latest::Latest;
use crate::outbox::Outbox;
use crate::pipeline::{Permit, Pipeline, Report, Task};
use crate::settings::Settings;
use crate::source::{CameraBackend, Opener};
use crate::state::{Address, Choices, Command, Event};

pub(super) use self::login::Waiting;

pub(super) struct Studio {
    // In the order in which they are dropped: first nothing is published, then the camera is released, then the server stops.
    controls: Arc<Controls>,
    pipeline: Pipeline,
    served: Option<Served>,
    /// The one that the system chose, where it was to: it stays in this run.
    port: Option<u16>,
    /// In force in this run.
    choices: Choices,
    /// What the person chose, now or in an earlier run; the command line may say otherwise for this one.
    lasting: Choices,
    /// As the window was told, and as they were written down, last.
    told: Choices,
    written: Choices,
    /// Whether something is being adjusted, and is written down only when that is over.
    adjusting: bool,
    backend: CameraBackend,
    arguments: BroadcastArguments,
    settings_file: Option<PathBuf>,
    live_since: Option<u64>,
    pub(super) faults: Arc<Faults>,
    search: Arc<Search>,
    /// Whether the source failed when the cameras were looked for last.
    fails: bool,
    /// What was seen when a picture was to be saved, until it is or another one is to be.
    held: Option<Frame>,
    /// The addresses that the window was told last.
    addresses: Vec<Address>,
    around: Around,
    meter: Meter,
    crowd: Crowd,
    watch: Watch,
    /// As told last.
    displays: Vec<Display>,
    opened: Opened,
    sounds: Sounds,
    outbox: Arc<Outbox>,
    pub(super) commands: Commands,
    jobs: JoinSet<()>,
    /// Those that are worth waiting for at the end.
    saves: JoinSet<Saved>,
    runtime: Runtime,
}

/// With what a studio begins.
pub(super) struct Chosen {
    /// In this run, the command line having its word.
    pub in_force: Choices,
    /// As remembered.
    pub lasting: Choices,
}

/// When the picture was taken that a job has saved, if it has.
type Saved = Option<Instant>;

/// How often numbers are told while live, and while not.
const WHILE_LIVE: Duration = Duration::from_millis(500);
const OTHERWISE: Duration = Duration::from_secs(2);
/// How long the network may take to hear that the name is gone, beside what else ends.
const FAREWELL: Duration = Duration::from_millis(200);
/// How long after the end of the broadcast pictures that are being saved are waited for.
const SAVING: Duration = Duration::from_millis(800);
/// Commands that wait at most.
const LINE: usize = 32;

impl Studio {
    pub(super) fn new(
        arguments: BroadcastArguments,
        settings: Settings,
        backend: CameraBackend,
        chosen: Chosen,
        preview: Arc<Latest<Frame>>,
        outbox: Arc<Outbox>,
        open: Opener,
    ) -> Result<(Self, Receiver<Order>), StudioError> {
        let Chosen { in_force: choices, lasting } = chosen;
        let faults = Arc::new(Faults::new(outbox.clone()));
        let report = reporter(outbox.clone(), faults.clone());
        let pipeline = Pipeline::start(task(&choices, backend), preview, open, report)?;
        pipeline.shared().set_retouch(&choices.picture);
        pipeline.shared().set_knobs(choices.controls.clone());
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (commands, orders) = Commands::line(pipeline.shared().air().clone(), LINE);
        let studio = Self {
            controls: Arc::default(),
            pipeline,
            served: None,
            port: None,
            told: choices.clone(),
            written: lasting.clone(),
            choices,
            lasting,
            adjusting: false,
            backend,
            arguments,
            settings_file: settings.file,
            live_since: None,
            faults,
            search: Arc::default(),
            fails: false,
            held: None,
            addresses: Vec::new(),
            around: Around::start(runtime.handle(), &outbox, crate::login::in_force(settings.window.at_login)),
            meter: Meter::new(),
            crowd: Crowd::default(),
            watch: Watch::new(Instant::now()),
            displays: Vec::new(),
            opened: Opened::default(),
            sounds: Sounds::default(),
            outbox,
            commands,
            jobs: JoinSet::new(),
            saves: JoinSet::new(),
            runtime,
        };
        Ok((studio, orders))
    }

    /// Until Quit.
    pub(super) fn work(mut self, orders: &Receiver<Order>) {
        self.find_cameras();
        self.end_when_asked();
        self.outbox.send(Event::AtLogin(self.around.at_login));
        self.go_live_at_login(self.pipeline.shared().air().permit());
        loop {
            let is_quick = self.live_since.is_some() || self.adjusting || self.opened.is_fresh();
            let period = if is_quick { WHILE_LIVE } else { OTHERWISE };
            let order = orders.recv_timeout(period);
            self.notice_end();
            match order {
                Ok(Order { command: Command::Quit, .. }) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Order { command, permit }) => self.carry_out(command, permit),
                Err(RecvTimeoutError::Timeout) => self.write_adjusted(),
            }
            self.tell_numbers();
            self.tell_viewers();
            self.tell_displays();
            self.follow_receipt();
            self.notice_opened();
            self.notice_cameras();
            self.look_around();
            self.notice_saved();
            while self.jobs.try_join_next().is_some() {}
        }
        let deadline = self.pipeline.shared().end() + SAVING;
        self.notice_end();
        self.write_adjusted();
        self.around.announce(None);
        if let Some(served) = self.served.take() {
            served.stop(&self.runtime);
        }
        self.runtime.block_on(self.around.take_back(FAREWELL));
        // They went on meanwhile, as does the camera, which lets go.
        let saved = async { while self.saves.join_next().await.is_some() {} };
        let saved = async { tokio::time::timeout_at(deadline.into(), saved).await };
        if self.runtime.block_on(saved).is_err() {
            tracing::error!("a picture takes too long to be saved, and may be lost");
        }
        // A dialog that is open, or a camera that doesn't answer, holds nothing up.
        self.runtime.shutdown_background();
    }

    fn carry_out(&mut self, command: Command, permit: Permit) {
        if let Command::DismissFault(sentence) = &command {
            return self.faults.dismiss(sentence);
        }
        self.faults.clear(About::Refusal);
        self.stop_waiting_for(&command);
        self.adjusting = matches!(command, Command::SetPicture(_) | Command::SetKnob { .. });
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
                self.save_picture(file, Existing::Kept);
                Ok(())
            }
            Command::ReplacePicture(file) => {
                self.save_picture(file, Existing::Replaced);
                Ok(())
            }
            Command::SetAtLogin(at_login) => self.set_at_login(at_login),
            Command::CopyDiagnostics => {
                self.copy_diagnostics();
                Ok(())
            }
            Command::PickData => self.pick(Choice::Data),
            Command::PickImages => self.pick(Choice::Images),
            Command::PickPicture => self.pick(Choice::Picture),
            Command::Viewers(command) => self.do_with_viewers(command),
            Command::Receipt(command) => {
                self.do_with_receipt(command);
                Ok(())
            }
            Command::Displays(command) => {
                self.do_with_displays(command);
                Ok(())
            }
            choice => self.set(choice),
        };
        self.tell_failure(done);
        self.remember();
    }

    pub(super) fn tell_failure(&mut self, done: Result<(), StudioError>) {
        if let Err(error) = done {
            self.faults.tell(if error.is_refusal() { About::Refusal } else { About::Server }, error.sentence());
        }
    }

    fn task(&self) -> Task {
        task(&self.choices, self.backend)
    }
}

fn task(choices: &Choices, backend: CameraBackend) -> Task {
    Task::new(choices.source.clone(), choices.size, choices.interval(), backend)
}

/// Passes on what the pipeline tells; called on its threads.
fn reporter(outbox: Arc<Outbox>, faults: Arc<Faults>) -> impl Fn(Report) + Send + Sync {
    move |report| match report {
        Report::Open(mode) => outbox.send(Event::SourceOpen(mode)),
        Report::Fault(error) => {
            faults.remember(&error.to_string());
            outbox.send(Event::SourceFault(fault(error.to_string())));
        }
        // That it is over is noticed.
        Report::Knobs(camera, knobs) => outbox.send(Event::Knobs(camera, knobs)),
        Report::Knob(error) => faults.tell(About::Refusal, error.to_string()),
        Report::Encoding(Ok(())) => faults.clear(About::Encoding),
        Report::Encoding(Err(error)) => faults.tell(About::Encoding, format!("A picture can't be sent: {error}.")),
        Report::Over => {
            faults.tell(About::Past, "The broadcast was ended from elsewhere. Go live again, if you will.".to_owned());
        }
    }
}
