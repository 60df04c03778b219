//! Who watches: a viewer stays in the list through the gap between two polls.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::header;

use super::request::Request;

/// How long a viewer without a request is still one.
const GAP: Duration = Duration::from_secs(10);

/// All viewers of a server. Bounded by the connections there may be, and the gap.
#[derive(Debug, Clone, Default)]
pub struct Viewers {
    seen: Arc<Mutex<ByChannel>>,
}

type ByChannel = HashMap<Arc<str>, HashMap<u64, Presence>>;

#[derive(Debug)]
struct Presence {
    /// Requests of this viewer that are being held.
    held: usize,
    last: Instant,
}

/// As long as it lives the viewer watches; afterwards for a gap's length.
#[derive(Debug)]
pub(super) struct Watching {
    viewers: Viewers,
    channels: Vec<Arc<str>>,
    key: u64,
}

impl Viewers {
    /// How many watch a channel.
    #[must_use]
    pub fn count(&self, channel: &str) -> usize {
        let mut seen = self.lock();
        let Some(viewers) = seen.get_mut(channel) else { return 0 };
        viewers.retain(|_, presence| presence.is_there());
        viewers.len()
    }

    /// Notes a viewer of these channels.
    pub(super) fn watch(&self, request: &Request, channels: impl IntoIterator<Item = Arc<str>>) -> Watching {
        let key = key(request);
        let channels: Vec<_> = channels.into_iter().collect();
        let mut seen = self.lock();
        for channel in &channels {
            let viewers = seen.entry(channel.clone()).or_default();
            let presence = viewers.entry(key).or_insert_with(|| Presence { held: 0, last: Instant::now() });
            presence.held += 1;
        }
        Watching { viewers: self.clone(), channels, key }
    }

    /// Forgets those who are gone. To be called about once a second.
    pub fn sweep(&self) {
        self.lock().retain(|_, viewers| {
            viewers.retain(|_, presence| presence.is_there());
            !viewers.is_empty()
        });
    }

    fn lock(&self) -> MutexGuard<'_, ByChannel> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Presence {
    fn is_there(&self) -> bool {
        self.held > 0 || self.last.elapsed() < GAP
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut seen = self.viewers.lock();
        for channel in &self.channels {
            if let Some(presence) = seen.get_mut(channel).and_then(|viewers| viewers.get_mut(&self.key)) {
                presence.held -= 1;
                presence.last = Instant::now();
            }
        }
    }
}

/// Our pages send a token, so that each is one viewer; of others all with one address and one program are taken for one.
fn key(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.address().hash(&mut hasher);
    match request.field("viewer") {
        Some(token) => token.hash(&mut hasher),
        None => request.headers.get(header::USER_AGENT).hash(&mut hasher),
    }
    hasher.finish()
}
