//! Notices that the computer has slept: told by the system where it tells, and by its clocks everywhere.

use std::time::{Duration, Instant, SystemTime};

/// Both clocks at a time. While the computer sleeps only one of them goes on, but for Windows.
#[derive(Debug)]
pub struct Clocks {
    running: Instant,
    wall: SystemTime,
}

/// A wall clock that is set right makes smaller jumps.
const JUMP: Duration = Duration::from_secs(10);
/// Who asks does so every few seconds. Where both clocks go on in the sleep, nobody having asked for so long tells of it; to take a
/// hang for a sleep does no harm.
const UNASKED: Duration = Duration::from_secs(30);

impl Clocks {
    /// As they are now.
    #[must_use]
    pub fn now() -> Self {
        Self { running: Instant::now(), wall: SystemTime::now() }
    }

    /// Whether the computer has slept since this was asked last. It may be said, too, of a wall clock that was set.
    pub fn have_slept(&mut self) -> bool {
        let before = std::mem::replace(self, Self::now());
        self.jumped_since(&before)
    }

    fn jumped_since(&self, before: &Self) -> bool {
        let running = self.running.duration_since(before.running);
        let by_wall = self.wall.duration_since(before.wall).unwrap_or_default();
        by_wall > running + JUMP || cfg!(windows) && running > UNASKED
    }
}

/// Calls `woke` each time the computer has slept, as systemd's login service tells it; ends where there is none.
#[cfg(target_os = "linux")]
pub async fn follow(woke: impl Fn() + Send + Sync) {
    if let Err(error) = listen(woke).await {
        tracing::debug!("it is not told when the computer sleeps: {error}");
    }
}

/// The clocks tell it.
#[cfg(not(target_os = "linux"))]
pub async fn follow(_woke: impl Fn() + Send + Sync) {}

#[cfg(target_os = "linux")]
async fn listen(woke: impl Fn() + Send + Sync) -> zbus::Result<()> {
    use futures_util::StreamExt as _;
    let line = zbus::Connection::system().await?;
    let manager =
        zbus::Proxy::new(&line, "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager").await?;
    let mut signals = manager.receive_signal("PrepareForSleep").await?;
    tracing::debug!("the system tells when it sleeps");
    while let Some(signal) = signals.next().await {
        let goes_to_sleep: bool = signal.body().deserialize()?;
        if !goes_to_sleep {
            woke();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_told_from_a_wait() {
        let before = Clocks::now();
        let after = |running: u64, wall: u64| {
            let later =
                Clocks { running: before.running + Duration::from_secs(running), wall: before.wall + Duration::from_secs(wall) };
            later.jumped_since(&before)
        };
        assert!(after(2, 3_600), "it slept for an hour");
        assert_eq!(after(3_600, 3_600), cfg!(windows), "it was busy for an hour");
        assert!(!after(2, 4), "the clock was set right");
        let set_back = Clocks { running: before.running, wall: before.wall - Duration::from_secs(3_600) };
        assert!(!set_back.jumped_since(&before));
    }
}
