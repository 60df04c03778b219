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

/// Viewers that are told apart, those of each channel counted; those beyond are served and not counted.
const MOST: usize = 100_000;

/// All viewers of a server. Bounded, and each forgotten after the gap.
#[derive(Debug, Clone, Default)]
pub struct Viewers {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    by_channel: HashMap<Arc<str>, HashMap<u64, Presence>>,
    /// Of all channels together.
    count: usize,
}

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
        let seen = self.lock();
        let viewers = seen.by_channel.get(channel);
        viewers.map_or(0, |viewers| viewers.values().filter(|presence| presence.is_there()).count())
    }

    /// Notes a viewer of these channels.
    pub(super) fn watch(&self, request: &Request, channels: impl IntoIterator<Item = Arc<str>>) -> Watching {
        self.note(key(request), channels)
    }

    fn note(&self, key: u64, channels: impl IntoIterator<Item = Arc<str>>) -> Watching {
        let mut seen = self.lock();
        let channels = channels.into_iter().filter(|channel| seen.enter(channel, key)).collect();
        drop(seen);
        Watching { viewers: self.clone(), channels, key }
    }

    /// Forgets those who are gone. To be called about once a second.
    pub fn sweep(&self) {
        let mut seen = self.lock();
        seen.by_channel.retain(|_, viewers| {
            viewers.retain(|_, presence| presence.is_there());
            !viewers.is_empty()
        });
        seen.count = seen.by_channel.values().map(HashMap::len).sum();
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// False if there is no place for one more.
    fn enter(&mut self, channel: &Arc<str>, key: u64) -> bool {
        if let Some(presence) = self.by_channel.get_mut(channel).and_then(|viewers| viewers.get_mut(&key)) {
            presence.held += 1;
            return true;
        }
        if self.count >= MOST {
            return false;
        }
        self.count += 1;
        self.by_channel.entry(channel.clone()).or_default().insert(key, Presence { held: 1, last: Instant::now() });
        true
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
            if let Some(presence) = seen.by_channel.get_mut(channel).and_then(|viewers| viewers.get_mut(&self.key)) {
                presence.held -= 1;
                presence.last = Instant::now();
            }
        }
    }
}

/// A program and its device in words.
pub(super) fn device(agent: Option<&[u8]>) -> String {
    agent.map(|agent| String::from_utf8_lossy(&agent[..agent.len().min(48)]).into_owned()).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_counts_once_on_each_channel_and_all_together_are_bounded() {
        let viewers = Viewers::default();
        let channels: Vec<Arc<str>> = (0..64).map(|name| name.to_string().into()).collect();
        let all: Vec<_> = (0..2000).map(|key| viewers.note(key, channels.clone())).collect();
        let again = viewers.note(0, channels.clone());
        let counted: usize = channels.iter().map(|channel| viewers.count(channel)).sum();
        assert_eq!((viewers.count("0"), counted), (1563, MOST));
        drop((all, again));
        viewers.sweep();
        assert_eq!(viewers.count("0"), 1563, "for a while after they went");
    }
}
