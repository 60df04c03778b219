//! No wait without an end.

use std::future::Future;
use std::time::{Duration, Instant};

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

/// A test at random that goes on until enough has happened to have proved something, however slow the machine is.
#[derive(Debug)]
pub struct Enough {
    deadline: Instant,
}

impl Enough {
    /// Begins now, to be reached within `limit`: longer than a busy machine takes.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        Self { deadline: Instant::now() + limit }
    }

    /// Whether all these have happened: how often each did, and how often it is to.
    ///
    /// # Panics
    /// If that is not so at the deadline, with what is lacking.
    #[must_use]
    #[track_caller]
    pub fn is_reached(&self, counts: &[(&str, usize, usize)]) -> bool {
        let lacking: Vec<_> = counts.iter().filter(|(_, count, least)| count < least).collect();
        assert!(lacking.is_empty() || Instant::now() < self.deadline, "not enough in time (what, how often, of): {lacking:?}");
        lacking.is_empty()
    }
}
