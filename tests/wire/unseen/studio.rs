//! The window's studio, without the window: what Go live, Stop and the others do is done by the real thing, in this process.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cometcam::cli::BroadcastArguments;
use cometcam::frame::Size;
use cometcam::latest::Taken;
use cometcam::outbox::{Events, Outbox};
use cometcam::source::SourceSpec;
use cometcam::state::{Command, Event, OnAir, Save};
use cometcam::studio::Running;
use cometcam_tests::deadline::soon;
use cometcam_tests::http::Call;
use cometcam_tests::server::folder;
use hyper::Method;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::visitor::{CHANNELS, now_ms};

/// Pictures a second.
pub(super) const FPS: u32 = 60;

const SIZE: Size = Size { width: 160, height: 120 };

/// The window's studio, without the window.
pub(super) struct Studio {
    running: Option<Running>,
    events: Events,
    happened: Arc<Notify>,
    pub(super) address: SocketAddr,
    operator_key: String,
    /// Number and time of each frame that the source gave, live or not; ends with the studio.
    frames: Option<JoinHandle<HashMap<u32, Vec<u64>>>>,
    pub(super) data: TempDir,
}

impl Studio {
    pub(super) async fn open() -> Self {
        let data = folder();
        let config = data.path().join("config.yaml");
        std::fs::write(&config, "window: { audience: this-computer }\n").unwrap();
        let arguments = BroadcastArguments {
            headless: false,
            source: Some(SourceSpec::TestPattern),
            camera_backend: None,
            channel: Some(CHANNELS[0].to_owned()),
            fps: Some(FPS),
            size: Some(SIZE),
            save: Some(Save::Every),
            keep: false,
            bind: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            data: Some(data.path().join("data")),
            site: None,
            config: Some(config),
            publish_key: None,
        };
        let happened = Arc::<Notify>::default();
        let wake = Arc::clone(&happened);
        let (outbox, events) = Outbox::new(move || wake.notify_one());
        let running = Running::start(&arguments, Arc::new(outbox)).unwrap();
        let preview = Arc::clone(&running.preview);
        // Read once, so that no pause between two readings of the clocks counts.
        let (begun, begun_ms) = (Instant::now(), now_ms());
        let frames = std::thread::spawn(move || {
            let mut frames = HashMap::<u32, Vec<u64>>::new();
            loop {
                match preview.take(Duration::from_secs(1)) {
                    Taken::Value(frame) => {
                        let since = frame.times.captured.saturating_duration_since(begun);
                        let captured = begun_ms + u64::try_from(since.as_millis()).unwrap();
                        frames.entry(u32::try_from(frame.number).unwrap()).or_default().push(captured);
                    }
                    Taken::Nothing => {}
                    Taken::Closed => return frames,
                }
            }
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut studio =
            Self { running: Some(running), events, happened, address, operator_key: String::new(), frames: Some(frames), data };
        let addresses = studio.event("the server's address", |event| match event {
            Event::Addresses(addresses) => Some(addresses),
            _ => None,
        });
        let url = addresses.await.swap_remove(0).url;
        let (_, port) = url.trim_end_matches('/').rsplit_once(':').unwrap();
        studio.address.set_port(port.parse().unwrap());
        let key = std::fs::read_to_string(studio.data.path().join("data/operator-key")).unwrap();
        key.trim_end().clone_into(&mut studio.operator_key);
        studio
    }

    pub(super) fn command(&self, command: Command) {
        self.running.as_ref().unwrap().commands.send(command).unwrap();
    }

    /// Waits for an event that `wanted` picks; those before it are passed over.
    async fn event<T>(&self, what: &str, wanted: impl Fn(Event) -> Option<T>) -> T {
        let event = async {
            loop {
                while let Ok(event) = self.events.try_recv() {
                    assert!(!matches!(event, Event::Fault(Some(_))), "{what}: {event:?}");
                    if let Some(wanted) = wanted(event) {
                        return wanted;
                    }
                }
                self.happened.notified().await;
            }
        };
        soon(what, event).await
    }

    pub(super) async fn on_air(&self, what: &str, wanted: impl Fn(OnAir) -> bool) {
        self.event(what, |event| matches!(event, Event::OnAir(on_air) if wanted(on_air)).then_some(())).await;
    }

    pub(super) async fn hold(&self, channel: &str, what: &str) {
        let call = Call::new(self.address, Method::POST, &format!("/api/cameras/{channel}/{what}"));
        let _done = call.key(&self.operator_key).send().await.expect(204);
    }

    /// Ends it, and tells what the source gave.
    pub(super) fn close(&mut self) -> HashMap<u32, Vec<u64>> {
        if let Some(running) = self.running.take() {
            running.preview.close();
        }
        self.frames.take().unwrap().join().unwrap()
    }
}
