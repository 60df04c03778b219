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

/// Viewers of one channel that are told apart, at most; those beyond are served and not counted.
const MOST: usize = 20_000;
/// Channels with viewers, at most.
const MOST_CHANNELS: usize = 10_000;

/// All viewers of a server. Bounded, and each forgotten after the gap.
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
        let mut seen = self.lock();
        let mut counted = Vec::new();
        for channel in channels {
            if !seen.contains_key(&channel) && seen.len() >= MOST_CHANNELS {
                continue;
            }
            let viewers = seen.entry(channel.clone()).or_default();
            if !viewers.contains_key(&key) && viewers.len() >= MOST {
                continue;
            }
            let presence = viewers.entry(key).or_insert_with(|| Presence { held: 0, last: Instant::now() });
            presence.held += 1;
            counted.push(channel);
        }
        drop(seen);
        Watching { viewers: self.clone(), channels: counted, key }
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
