//! On macOS and Windows. There it can be a matter of the thread that asks, so that has a thread of its own.

use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

/// What keeps the computer awake. Drop lets it sleep again.
pub(super) struct Hold {
    /// Dropped, it ends the thread.
    until: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Hold {
    /// `None` if the system doesn't agree.
    pub(super) async fn ask() -> Option<Self> {
        let ((until, over), (told, agreed)) = (channel::<()>(), oneshot::channel());
        let hold = move || {
            let asked = keepawake::Builder::default()
                .display(false)
                .idle(true)
                .sleep(false)
                .reason("A camera is live")
                .app_name("Cometcam")
                .app_reverse_domain("cometcam")
                .create();
            let held = asked.inspect_err(|error| tracing::debug!("the system doesn't keep itself awake: {error}")).ok();
            // Whoever asked may be gone by now; then the other end is, too, and the wait is over.
            let _gone = told.send(held.is_some());
            let _over = over.recv();
            drop(held);
        };
        let thread = thread::Builder::new().name("awake".into()).spawn(hold).ok()?;
        let hold = Self { until: Some(until), thread: Some(thread) };
        agreed.await.is_ok_and(|agreed| agreed).then_some(hold)
    }

    pub(super) async fn release(self) {
        drop(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.until.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that keeps the computer awake had panicked");
        }
    }
}
