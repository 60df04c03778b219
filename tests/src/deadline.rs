//! No wait without an end.

use std::future::Future;
use std::time::Duration;

/// Longer than anything takes on a busy machine; only a failing test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What `future` gives, within [`PATIENCE`].
///
/// # Panics
/// If it takes longer; `what` is named.
pub async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    within(PATIENCE, what, future).await
}

/// What `future` gives, within `limit`.
///
/// # Panics
/// If it takes longer; `what` is named.
pub async fn within<F: Future>(limit: Duration, what: &str, future: F) -> F::Output {
    match tokio::time::timeout(limit, future).await {
        Ok(output) => output,
        Err(_) => panic!("not within {limit:?}: {what}"),
    }
}
