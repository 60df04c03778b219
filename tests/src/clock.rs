//! The time of day, as messages tell it.

use std::time::{SystemTime, UNIX_EPOCH};

/// In milliseconds of the Unix epoch.
///
/// # Panics
/// On a machine whose clock is set to before it.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(since.as_millis()).expect("it is before the year 500,000,000")
}
