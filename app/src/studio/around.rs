//! What is around the broadcast: whether the computer stays awake or has slept, its name in the network, what happens at login.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cometcam_server::http::WindowControl;
use tokio::runtime::Handle;

use crate::announce::{Announcer, Site};
use crate::asleep::{self, Clocks};
use crate::awake::Keeper;
use crate::login::AtLogin;
use crate::outbox::Outbox;
use crate::state::{Awake, Event};
use crate::studio::work::Waiting;

/// All of it. Drop lets go of what the system and the network were asked for.
pub(super) struct Around {
    pub keeper: Keeper,
    announcer: Option<Announcer>,
    /// The name under which the network knows this computer, as the announcer told it last.
    name: Arc<Mutex<Option<String>>>,
    woke: Arc<AtomicBool>,
    clocks: Clocks,
    /// As remembered.
    pub at_login: AtLogin,
    pub waiting: Option<Waiting>,
    follows_sleep: tokio::task::JoinHandle<()>,
}

impl Around {
    pub(super) fn start(runtime: &Handle, outbox: &Arc<Outbox>, at_login: AtLogin) -> Self {
        let told = outbox.clone();
        let keeper = Keeper::start(runtime, move |awake| {
            if awake == Awake::NotKept {
                tracing::warn!("nothing here keeps the computer awake while live");
            }
            told.send(Event::Awake(awake));
        });
        let name = Arc::<Mutex<Option<String>>>::default();
        let of_network = name.clone();
        let announcer = Announcer::start(
            runtime,
            Arc::new(move |name| {
                if let Some(name) = &name {
                    tracing::info!("the network knows this computer as {name}");
                }
                *of_network.lock().unwrap_or_else(PoisonError::into_inner) = name;
            }),
        );
        let woke = Arc::<AtomicBool>::default();
        let told = woke.clone();
        let follows_sleep = runtime.spawn(asleep::follow(move || told.store(true, Ordering::Relaxed)));
        Self { keeper, announcer: Some(announcer), name, woke, clocks: Clocks::now(), at_login, waiting: None, follows_sleep }
    }

    /// Whether the computer has slept since this was asked last.
    pub(super) fn has_slept(&mut self) -> bool {
        let by_clocks = self.clocks.have_slept();
        self.woke.swap(false, Ordering::Relaxed) || by_clocks
    }

    /// From now on this is announced in the network, or nothing.
    pub(super) fn announce(&self, site: Option<Site>) {
        if let Some(announcer) = &self.announcer {
            announcer.set(site);
        }
    }

    /// The name under which the network knows this computer.
    pub(super) fn name(&self) -> Option<String> {
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As if the network knew this computer so.
    #[cfg(test)]
    pub(super) fn know_as(&self, name: &str) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.to_owned());
    }

    /// Takes the name back, and waits for that so long at most.
    pub(super) async fn take_back(&mut self, patience: Duration) {
        if let Some(announcer) = self.announcer.take() {
            announcer.stop(patience).await;
        }
    }
}

impl Drop for Around {
    fn drop(&mut self) {
        self.follows_sleep.abort();
    }
}

/// Lets a second start bring the window to the front.
pub(super) struct Front(pub Arc<Outbox>);

impl WindowControl for Front {
    fn raise(&self) {
        self.0.send(Event::Raise);
    }
}
