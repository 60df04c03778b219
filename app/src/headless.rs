//! The same job without a window, live from the start.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cometcam_server::broadcast::Refused;
use cometcam_server::cli;
use cometcam_server::config::ConfigError;
use cometcam_server::http::Hold;
use cometcam_server::server::{self, DEFAULT_BIND, Server, StartError};
use cometcam_server::system;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::announce::{self, Announcer, Site};
use crate::asleep::{self, Clocks};
use crate::awake::{Keeper, Wanted};
use crate::cli::BroadcastArguments;
use crate::control::Controls;
use crate::journal;
use crate::pipeline::{Pipeline, Report, Stopped, Task};
use crate::publish::Embedded;
use crate::settings::{CameraSettings, Settings};
use crate::source;
use crate::state::Awake;
use crate::studio::protect_all;

/// Why there is no broadcast.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A camera's channel.
    #[error("{channel}: {refused}")]
    Channel {
        /// Its name.
        channel: String,
        /// Why it can't be broadcast to.
        refused: Refused,
    },
    /// It was to end before it began.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The system has no thread or socket to give.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Broadcasts until the system or a person asks the program to end.
///
/// # Errors
/// One sentence with the cure.
pub fn run(arguments: &BroadcastArguments) -> Result<(), RunError> {
    let mut settings = Settings::read(arguments.server.config.as_deref())?;
    let remembered = settings.cameras.first().cloned().unwrap_or_default().channel;
    let cameras = arguments.cameras(&mut settings);
    let address = arguments.bind(&settings).unwrap_or(DEFAULT_BIND);
    let runtime = Runtime::new()?;
    let _entered = runtime.enter();
    let listener = server::bind(address)?;
    let told = listener.local_addr()?;
    let controls = Arc::<Controls>::default();
    let server = Server::open(arguments.server_options(&mut settings), Some(controls.clone()))?;
    // Whoever runs it for months looks there. Not before the folder is its own: another program may be writing there.
    journal::keep_in(server.data());
    // Also those that are not broadcast to now: there may be kept pictures of them.
    let channels = cameras.iter().map(|camera| &*camera.channel).chain([&*remembered]);
    protect_all(server.access(), &settings.window, channels);
    let pipelines = cameras.iter().map(|camera| broadcast(&server, &controls, camera)).collect::<Result<Vec<_>, _>>()?;
    let shutdown = cli::asked_to_stop()?;
    let listening = server.serve(listener)?;
    cli::tell_address(told)?;
    let around = Around::start(&runtime, told);
    runtime.block_on(async {
        tokio::select! {
            () = shutdown => {}
            () = around.watch(&pipelines, &server) => {}
        }
    });
    around.announcer.set(None);
    for camera in &cameras {
        controls.remove(&camera.channel);
    }
    // First nothing is published and viewers are told; then the server stops, while the cameras let go.
    for pipeline in &pipelines {
        pipeline.shared().end();
    }
    runtime.block_on(listening.stop());
    runtime.block_on(around.announcer.stop(FAREWELL));
    drop(pipelines);
    runtime.block_on(server.close());
    Ok(())
}

/// What is around the broadcasts: whether the computer stays awake or has slept, and its name in the network.
struct Around {
    keeper: Keeper,
    announcer: Announcer,
    /// The name under which the network knows this computer.
    names: watch::Receiver<Option<String>>,
}

/// How long the network may take to hear that the name is gone.
const FAREWELL: Duration = Duration::from_millis(200);
/// How often it is looked whether anything is live.
const LOOK: Duration = Duration::from_secs(1);

impl Around {
    fn start(runtime: &Runtime, listening: SocketAddr) -> Self {
        let keeper = Keeper::start(runtime.handle(), |awake| match awake {
            Awake::Kept => tracing::info!("the computer stays awake while live"),
            Awake::NotKept => tracing::info!("nothing here keeps the computer awake; if it may fall asleep, switch that off"),
            Awake::NotAsked => {}
        });
        let (name, names) = watch::channel(None);
        let announcer = Announcer::start(runtime.handle(), Arc::new(move |known| drop(name.send_replace(known))));
        if !listening.ip().is_loopback() {
            let host = announce::host_word(&system::machine_name());
            let title = format!("Cometcam on {host}");
            announcer.set(Some(Site { title, host, port: listening.port(), path: "/".to_owned() }));
        }
        Self { keeper, announcer, names }
    }

    /// For ever.
    async fn watch(&self, pipelines: &[Pipeline], server: &Server) {
        let slept = AtomicBool::new(false);
        let look = async {
            let (mut clocks, mut names) = (Clocks::now(), self.names.clone());
            loop {
                let live = |pipeline: &Pipeline| pipeline.shared().air().is_on() && !pipeline.shared().is_paused();
                self.keeper.want(if pipelines.iter().any(live) { Wanted::Awake } else { Wanted::AsUsual });
                if clocks.have_slept() | slept.swap(false, Ordering::Relaxed) {
                    tracing::info!("the computer has slept");
                    pipelines.iter().for_each(|pipeline| pipeline.shared().retry());
                }
                if let Ok(Ok(())) = tokio::time::timeout(LOOK, names.changed()).await {
                    let name = names.borrow_and_update().clone();
                    if let Some(name) = &name {
                        tracing::info!("the network knows this computer as {name}");
                    }
                    server.announced_as(name.as_deref());
                }
            }
        };
        tokio::join!(look, asleep::follow(|| slept.store(true, Ordering::Relaxed)));
    }
}

fn broadcast(server: &Server, controls: &Arc<Controls>, camera: &CameraSettings) -> Result<Pipeline, RunError> {
    let interval = camera.interval();
    let (channel, its_controls) = (camera.channel.clone(), controls.clone());
    let report = move |report| {
        if report == Report::Over {
            // Nobody will see its pictures any more, so its light goes out. Only then it is told: who reads it may rely on it.
            its_controls.end(&channel);
        }
        tell(&channel, &report);
    };
    let task = Task::new(camera.source.clone(), camera.size, interval, camera.camera_backend);
    let refused = |refused| RunError::Channel { channel: camera.channel.clone(), refused };
    let begun = server.broadcasts().begin(&camera.channel, camera.keep.into()).map_err(refused)?;
    let pipeline = Pipeline::start(task, Arc::default(), Arc::new(source::open), report)?;
    pipeline.shared().set_retouch(&camera.picture);
    pipeline.shared().set_knobs(camera.controls.clone());
    let air = pipeline.shared().air();
    air.go_live(Embedded::new(begun, interval, camera.save), air.permit())?;
    let channel = camera.channel.clone();
    let told = move |hold| match hold {
        Hold::Pause => tracing::info!("{channel}: paused"),
        Hold::Resume => tracing::info!("{channel}: goes on"),
    };
    controls.add(&camera.channel, pipeline.shared().clone(), Box::new(told));
    Ok(pipeline)
}

fn tell(channel: &str, report: &Report) {
    match report {
        Report::Open(mode) => {
            let (name, format, size, fps) = (&mode.name, mode.format, mode.size, mode.fps);
            tracing::info!("{channel}: {name} gives {format} pictures of {size} at {fps} a second");
        }
        Report::Fault(fault) => tracing::warn!("{channel}: {fault}"),
        Report::Knobs(_, knobs) => {
            let knobs: Vec<String> = knobs.iter().map(|knob| format!("{} {}", knob.name, knob.value)).collect();
            tracing::debug!("{channel}: the camera’s controls are {}", knobs.join(", "));
        }
        Report::Knob(error) => tracing::warn!("{channel}: {error}"),
        Report::Encoding(Ok(())) => tracing::info!("{channel}: pictures can be encoded again"),
        Report::Encoding(Err(error)) => tracing::warn!("{channel}: a picture can't be encoded: {error}"),
        Report::Over => {
            tracing::warn!("{channel}: the broadcast was ended from elsewhere; start Cometcam anew to go on");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use cometcam_server::http::CameraControl as _;
    use cometcam_server::server::Options;
    use cometcam_server::units::Period;

    use super::*;
    use crate::source::SourceSpec;

    #[test]
    fn a_camera_is_released_when_its_channel_is_deleted_also_if_no_picture_of_it_is_due() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let seldom = Some(Period(3_600_000));
        for (every, paused) in [(None, true), (seldom, true), (seldom, false)] {
            let data = tempfile::tempdir().unwrap();
            let controls = Arc::<Controls>::default();
            let options = Options { data: Some(data.path().to_owned()), ..Options::default() };
            let server = Server::open(options, Some(controls.clone())).unwrap();
            let camera = CameraSettings { source: SourceSpec::TestPattern, every, ..CameraSettings::default() };
            let pipeline = broadcast(&server, &controls, &camera).unwrap();
            if paused {
                controls.hold(&camera.channel, Hold::Pause).unwrap();
            }
            assert!(server.broadcasts().delete(&camera.channel));
            let deadline = Instant::now() + Duration::from_secs(30);
            while !pipeline.shared().has_ended() {
                assert!(Instant::now() < deadline, "{every:?}, paused: {paused}");
                std::thread::yield_now();
            }
            assert!(controls.hold(&camera.channel, Hold::Resume).is_err());
        }
    }
}
