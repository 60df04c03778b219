//! What lasts as long as a request may be answered, and ends with it.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{pending, select_all};

use crate::frames::Interval;

/// Leave to be answered: until one of these is over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pass(Vec<Arc<Interval>>);

impl Pass {
    pub(super) fn new(until: impl IntoIterator<Item = Arc<Interval>>) -> Self {
        Self(until.into_iter().collect())
    }

    /// And until this is over, too.
    pub(crate) fn and(mut self, until: Option<Arc<Interval>>) -> Self {
        self.0.extend(until);
        self
    }

    /// Whether nothing may be answered any more.
    pub(crate) fn is_over(&self) -> bool {
        self.0.iter().any(|interval| interval.is_over())
    }

    /// Resolves when it is over.
    pub(crate) async fn over(&self) {
        match &self.0[..] {
            [] => pending().await,
            [only] => only.ended().await,
            all => drop(select_all(all.iter().map(|interval| Box::pin(interval.ended()))).await),
        }
    }
}

/// What is asked of viewers, as long as it stays so: for each channel one of a few, since anybody can name channels.
#[derive(Debug, Default)]
pub(super) struct Times([Mutex<Arc<Interval>>; 32]);

impl Times {
    fn of(&self, channel: &str) -> &Mutex<Arc<Interval>> {
        // FNV: no more is wanted than that few channels share one.
        let hash = channel.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        &self.0[(hash >> 7) as usize % self.0.len()]
    }

    /// What is asked now; to be taken before it is looked what that is.
    pub(super) fn now(&self, channel: &str) -> Arc<Interval> {
        self.of(channel).lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on something else is asked.
    pub(super) fn change(&self, channel: &str) {
        let before = std::mem::take(&mut *self.of(channel).lock().unwrap_or_else(PoisonError::into_inner));
        before.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pass_is_over_as_soon_as_any_of_its_ends_has_come() {
        let times = Times::default();
        let pass = Pass::new(["front", "yard"].map(|channel| times.now(channel))).and(Some(Arc::default()));
        assert!(!pass.is_over() && !Pass::default().is_over());
        times.change("yard");
        pass.over().await;
        assert!(pass.is_over());
        assert!(!Pass::new([times.now("yard")]).is_over(), "who comes now is asked anew");
    }
}
