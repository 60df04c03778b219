//! Displays: pages that hang on a wall and signed in by name. Each is known by that name, with its last sign of life, and can be told
//! what to do; what it is to show stands until something else is said, over restarts of both. A name is one browser's as long as
//! that uses it.

mod entry;
mod hold;
mod kept;
mod orders;
mod sign;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;

use crate::lock;
use crate::relay::Millis;
use entry::Entry;
pub(super) use entry::{Present, Trust};
pub(super) use hold::Caller;
use hold::Taken;
use kept::File;
pub use orders::DisplayOrder;
pub(super) use sign::{Sign, is_name};

/// Displays that are known; for one more, one is forgotten that was there for a short time only and is dark.
const MOST: usize = 200;

/// A display that signed in, in this run or an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Display {
    /// As it calls itself.
    pub name: String,
    /// Where it came from last.
    pub address: Option<IpAddr>,
    /// What it showed last.
    pub channels: Vec<String>,
    /// What it is told to show; `None` leaves it to the display.
    pub shows: Option<Vec<String>>,
    /// Its last sign of life, in milliseconds of the Unix epoch.
    pub last_ms: Millis,
    /// Whether it has given none for too long.
    pub dark: bool,
    /// Of its page; `None` before it says so in this run.
    pub version: Option<String>,
    /// Of its page, in seconds, at its last request in this run.
    pub uptime_s: Option<u64>,
    /// Whether its screen is kept awake, as it last said in this run.
    pub wake: Option<Wake>,
    /// Its program and device in words.
    pub device: String,
}

/// What keeps a display's screen awake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wake {
    /// Its page does.
    Held,
    /// Its page could, and does not now.
    Released,
    /// Its page can't: the system's own settings must.
    Unavailable,
}

/// No display of this name is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no display of this name has signed in")]
pub struct NoDisplay;

/// All displays of a server.
#[derive(Debug, Clone)]
pub struct Displays(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    known: Mutex<Known>,
    file: File,
}

#[derive(Debug, Default)]
struct Known {
    by_name: HashMap<Arc<str>, Entry>,
    visits: u64,
    /// Whether something changed that is to be remembered.
    changed: bool,
}

impl Displays {
    /// Those that the data folder remembers.
    #[must_use]
    pub fn open(data: &Path) -> Self {
        let file = File::new(data);
        let mut known = Known::default();
        for kept in file.read().into_iter().take(MOST) {
            known.insert(kept.name.as_str().into(), Entry::remembered(kept));
        }
        Self(Arc::new(Shared { known: Mutex::new(known), file }))
    }

    /// All of them, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Display> {
        let known = lock(&self.0.known);
        let mut all: Vec<_> = known.by_name.iter().map(|(name, entry)| entry.display(name)).collect();
        drop(known);
        all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Tells a display what to do. What it is to show is on disk when this returns, which waits for it.
    ///
    /// # Errors
    /// [`NoDisplay`].
    pub fn order(&self, name: &str, order: DisplayOrder) -> Result<(), NoDisplay> {
        let is_kept = matches!(order, DisplayOrder::Show(_));
        let mut known = lock(&self.0.known);
        let entry = known.by_name.get_mut(name).ok_or(NoDisplay)?;
        let is_first = !std::mem::replace(&mut entry.is_ordered, true);
        entry.orders.give(order);
        // Also a poll that is not held yet, but about to be, is called.
        entry.called.notify_waiters();
        known.changed |= is_kept || is_first;
        drop(known);
        if is_kept {
            self.save();
        }
        Ok(())
    }

    /// Forgets a display, until it signs in again; false if it is not known. Waits for the disk.
    pub fn forget(&self, name: &str) -> bool {
        let mut known = lock(&self.0.known);
        let was_known = known.by_name.remove(name).is_some();
        known.changed |= was_known;
        drop(known);
        self.save();
        was_known
    }

    /// Writes down what changed. Waits for the disk.
    fn save(&self) {
        let is_written = self.0.file.write(|| {
            let mut known = lock(&self.0.known);
            if !std::mem::take(&mut known.changed) {
                return None;
            }
            Some(known.by_name.iter().map(|(name, entry)| entry.kept(name)).collect())
        });
        if !is_written {
            lock(&self.0.known).changed = true;
        }
    }

    /// Writes down the last signs of life at the end of this run. Waits for the disk.
    pub fn remember(&self) {
        let mut known = lock(&self.0.known);
        known.changed |= known.by_name.values().any(|entry| entry.last.is_some());
        drop(known);
        self.save();
    }

    /// Writes down what changes, for as long as it is polled; once a second at most, whatever displays do.
    pub async fn keep(&self) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            second.tick().await;
            if lock(&self.0.known).changed {
                let displays = self.clone();
                // A panic there was logged.
                drop(tokio::task::spawn_blocking(move || displays.save()).await);
            }
        }
    }

    /// Notes which are dark by now. To be called about once a second.
    pub fn sweep(&self) {
        let mut known = lock(&self.0.known);
        let mut changed = false;
        for entry in known.by_name.values_mut() {
            let is_dark = entry.is_dark();
            changed |= is_dark != std::mem::replace(&mut entry.is_dark, is_dark);
        }
        known.changed |= changed;
    }

    /// A request of a display that shows these channels; `None` if another one uses its name, or there is no place for one more.
    pub(super) fn sign_in(&self, sign: &Sign, caller: &Caller, channels: &[String]) -> Option<Present> {
        let mut known = lock(&self.0.known);
        if !known.by_name.contains_key(&*sign.name) {
            known.make_room()?;
            known.insert(sign.name.clone(), Entry::new());
        }
        let next = known.visits + 1;
        let entry = known.by_name.get_mut(&*sign.name)?;
        let taken = entry.take(caller).ok()?;
        if taken == Taken::Anew {
            entry.number = next;
        }
        let changed = entry.sign_in(sign, caller, channels) | (taken == Taken::Anew);
        let (number, called) = (entry.number, entry.called.clone());
        known.visits = next;
        known.changed |= changed;
        drop(known);
        Some(Present { displays: self.clone(), name: sign.name.clone(), number, called })
    }
}

impl Known {
    fn insert(&mut self, name: Arc<str>, entry: Entry) {
        self.visits += 1;
        self.by_name.insert(name, Entry { number: self.visits, ..entry });
    }

    /// Forgets one that makes room, if there is no place: that which was there for the shortest time, so that names which somebody
    /// makes up push out one another. `None` if there is no such one.
    fn make_room(&mut self) -> Option<()> {
        if self.by_name.len() < MOST {
            return Some(());
        }
        let may_go = self.by_name.iter().filter_map(|(name, entry)| Some(((entry.may_go()?, entry.last_ms), name)));
        let name = may_go.min_by_key(|(lived, _)| *lived).map(|(_, name)| name.clone())?;
        self.by_name.remove(&name);
        Some(())
    }
}

#[cfg(test)]
mod tests;
