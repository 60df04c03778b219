//! The push server: takes messages and pictures from publishers and gives them to subscribers and viewers.
//!
//! What this crate must not know: cameras, pixels (of a picture it reads no more than type and size in the header) and windows.

pub mod access;
pub mod arguments;
pub mod broadcast;
mod changes;
pub mod channel;
pub mod cli;
pub mod config;
pub mod files;
pub mod frames;
pub mod http;
pub mod keys;
pub mod relay;
pub mod rules;
pub mod server;
pub mod system;
pub mod units;
pub mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The system's clock, in milliseconds of the Unix epoch.
#[must_use]
pub fn now_ms() -> relay::Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A moment of a while ago, in milliseconds of the Unix epoch.
#[must_use]
pub fn unix_ms(moment: Instant) -> relay::Millis {
    let both = || {
        let (here, there) = (Instant::now(), now_ms());
        (here.elapsed(), here, there)
    };
    // A busy machine may come between the two clocks, and the picture would be told as younger than it is; hardly three times.
    let (_, here, there) = [both(), both(), both()].into_iter().min().unwrap_or_else(both);
    there.saturating_sub(u64::try_from(here.saturating_duration_since(moment).as_millis()).unwrap_or(u64::MAX))
}

/// Locks, also after a panic elsewhere: what is behind our locks is whole after each statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
