//! The window's studio, without the window: what Go live, Stop and the others do is done by the real thing, in this process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use cometcam::cli::BroadcastArguments;
use cometcam::outbox::{Events, Outbox};
use cometcam::save::Save;
use cometcam::source::{Opener, SourceSpec};
use cometcam::state::{Command, Event, OnAir};
use cometcam::studio::Running;
use cometcam_server::arguments::ServerArguments;
use cometcam_tests::deadline::soon;
use cometcam_tests::http::Call;
use hyper::Method;
use tokio::sync::Notify;

use super::late::{FPS, SIZE};
use super::visitor::CHANNELS;

/// The window's studio, without the window.
pub(super) struct Studio {
    running: Running,
    events: Events,
    happened: Arc<Notify>,
    pub(super) address: SocketAddr,
    operator_key: String,
}

impl Studio {
    /// Keeps its data and its settings in `folder`.
    pub(super) async fn open(folder: &Path, source: Opener) -> Self {
        let (config, data) = (folder.join("config.yaml"), folder.join("data"));
        if !config.exists() {
            std::fs::write(&config, "window: { audience: this-computer }\n").unwrap();
        }
        let arguments = BroadcastArguments {
            source: Some(SourceSpec::TestPattern),
            channel: Some(CHANNELS[0].to_owned()),
            fps: Some(FPS),
            size: Some(SIZE),
            save: Some(Save::Every),
            server: ServerArguments {
                bind: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
                data: Some(data.clone()),
                config: Some(config),
                ..ServerArguments::default()
            },
            ..BroadcastArguments::default()
        };
        let happened = Arc::<Notify>::default();
        let wake = Arc::clone(&happened);
        let (outbox, events) = Outbox::new(move || wake.notify_one());
        let running = Running::start_with(source, &arguments, Arc::new(outbox)).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut studio = Self { running, events, happened, address, operator_key: String::new() };
        let addresses = studio.event("the server's address", |event| match event {
            Event::Addresses(addresses) => Some(addresses),
            _ => None,
        });
        let url = addresses.await.swap_remove(0).url;
        let (_, port) = url.trim_end_matches('/').rsplit_once(':').unwrap();
        studio.address.set_port(port.parse().unwrap());
        // What a developer has set holds in this process too.
        let key = std::env::var("COMETCAM_OPERATOR_KEY");
        let key = key.unwrap_or_else(|_| std::fs::read_to_string(data.join("operator-key")).unwrap());
        key.trim().clone_into(&mut studio.operator_key);
        studio
    }

    pub(super) fn command(&self, command: Command) {
        self.running.commands.send(command).unwrap();
    }

    /// Whether it began with what is saved being kept, as it was remembered.
    pub(super) fn keeps(&self) -> bool {
        self.running.choices.keep
    }

    /// Waits for an event that `wanted` picks; those before it are passed over.
    async fn event<T>(&self, what: &str, wanted: impl Fn(Event) -> Option<T>) -> T {
        let event = async {
            loop {
                while let Ok(event) = self.events.try_recv() {
                    // A busy disk costs saved pictures, and nothing else.
                    let is_wrong = matches!(&event, Event::Fault(Some(fault)) if !fault.sentence.contains("disk is too slow"));
                    assert!(!is_wrong, "{what}: {event:?}");
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
        let call = Call::new(self.address, Method::POST, &format!("/api/cameras/{channel}/{what}")).key(&self.operator_key);
        // That it is live is told a moment before it can be held back.
        let done = async { while call.clone().send().await.status != 204 {} };
        soon(&format!("{what} of the camera"), done).await;
    }
}
