//! What lasts as long as a request may be answered, and ends with it.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::{pending, select_all};

use crate::changes::Unchanged;
use crate::frames::Interval;

/// Leave to be answered: as long as what was asked is as it was, and who asks may stay.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pass {
    unchanged: Vec<Unchanged>,
    stay: Option<Arc<Interval>>,
}

impl Pass {
    /// As long as this does not change, too.
    pub(crate) fn and_while(mut self, unchanged: Unchanged) -> Self {
        self.unchanged.push(unchanged);
        self
    }

    /// Until this is over.
    pub(crate) fn until(mut self, stay: Arc<Interval>) -> Self {
        self.stay = Some(stay);
        self
    }

    /// Whether nothing may be answered any more.
    pub(crate) fn is_over(&self) -> bool {
        self.stay.as_ref().is_some_and(|stay| stay.is_over()) || self.unchanged.iter().any(Unchanged::is_over)
    }

    /// Resolves when it is over.
    pub(crate) async fn over(&self) {
        let changes =
            self.unchanged.iter().map(|unchanged| Box::pin(unchanged.over()) as Pin<Box<dyn Future<Output = ()> + Send>>);
        let stay = self.stay.iter().map(|stay| Box::pin(stay.ended()) as Pin<Box<dyn Future<Output = ()> + Send>>);
        let ends: Vec<_> = changes.chain(stay).collect();
        if ends.is_empty() {
            return pending().await;
        }
        select_all(ends).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::Changes;

    #[tokio::test]
    async fn a_pass_is_over_as_soon_as_any_of_its_ends_has_come() {
        let changes = Arc::<Changes>::default();
        let stay = Arc::<Interval>::default();
        let pass = Pass::default().and_while(changes.unchanged([1])).and_while(changes.unchanged([2])).until(stay.clone());
        let other = pass.clone();
        assert!(!pass.is_over() && !Pass::default().is_over());
        changes.change(2);
        pass.over().await;
        assert!(pass.is_over());
        let pass = Pass { unchanged: Vec::new(), ..other };
        assert!(!pass.is_over());
        stay.end();
        pass.over().await;
        assert!(pass.is_over());
    }
}
