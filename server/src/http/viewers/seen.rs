//! The list itself: bounded, and never looked through for one viewer's sake.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Machine;
use super::closed::Mark;
use super::device::Device;
use super::entry::{Came, Copied, Entry, Presence};
use crate::relay::Millis;

/// How long a viewer without a request is still one.
const GAP: Duration = Duration::from_secs(10);

/// Viewers that are told apart, those of each channel counted; those beyond are served and not counted.
const MOST: usize = 100_000;

/// Channels that a viewer is counted on at a time: as many as one request may name.
const CHANNELS: usize = 64;

/// Somebody that comes.
#[derive(Debug)]
pub(super) struct Guest {
    pub key: u64,
    pub address: IpAddr,
    /// Its address, or its network.
    pub place: IpAddr,
    pub machine: Machine,
    /// Of its token.
    pub token: Option<Mark>,
    pub now_ms: Millis,
}

/// There are as many viewers as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// A viewer's place in the list, as long as one of its requests is held.
#[derive(Debug)]
pub(super) struct Seat {
    pub key: u64,
    /// Of the visit: who left and comes back has another.
    visit: u64,
    channels: Vec<Arc<str>>,
}

/// All who are there.
#[derive(Debug, Default)]
pub(super) struct Seen {
    entries: HashMap<u64, Entry>,
    /// How many watch each channel.
    watched: HashMap<Arc<str>, usize>,
    /// Of all channels together.
    pairs: usize,
    /// Entries that have not left.
    there: usize,
    /// When whose gap may be over: each entry is in it once, however often it asks, and once more for each second in which it said
    /// that it goes.
    due: BinaryHeap<Reverse<(Instant, u64)>>,
    visits: u64,
    /// How many there may be; `None` for any number.
    pub most: Option<usize>,
}

impl Seen {
    /// Somebody begins a request; `None` if there is no place to count it. `device` is asked about newcomers.
    pub(super) fn enter(
        &mut self,
        guest: &Guest,
        device: impl FnOnce() -> Device,
        channels: impl IntoIterator<Item = Arc<str>>,
        now: Instant,
    ) -> Result<Option<Seat>, Full> {
        let key = guest.key;
        let is_there = self.entries.get(&key).is_some_and(|entry| !entry.channels.is_empty());
        if !is_there && !self.begin(guest, device, now)? {
            return Ok(None);
        }
        let Some(entry) = self.entries.get_mut(&key) else { return Ok(None) };
        let mut seat = Seat { key, visit: entry.visit, channels: Vec::new() };
        for (hint, channel) in channels.into_iter().enumerate() {
            if let Some(presence) = entry.on(hint, &channel) {
                presence.held += 1;
                presence.gap = GAP;
            } else if self.pairs < MOST && entry.channels.len() < CHANNELS {
                entry.channels.push(Presence { channel: channel.clone(), held: 1, last: now, gap: GAP });
                *self.watched.entry(channel.clone()).or_default() += 1;
                self.pairs += 1;
            } else {
                continue;
            }
            seat.channels.push(channel);
        }
        if seat.channels.is_empty() && entry.channels.is_empty() {
            self.expect(key, now);
            return Ok(None);
        }
        self.there += usize::from(!is_there);
        Ok(Some(seat))
    }

    /// A visit begins; false if there is no place to count it.
    fn begin(&mut self, guest: &Guest, device: impl FnOnce() -> Device, now: Instant) -> Result<bool, Full> {
        self.forget(now);
        if self.most.is_some_and(|most| self.there >= most) {
            return Err(Full);
        }
        let left = self.entries.get(&guest.key);
        if left.is_none() && self.entries.len() >= MOST {
            return Ok(false);
        }
        self.visits += 1;
        let Guest { address, place, machine, token, now_ms: since_ms, .. } = *guest;
        let came = Came { address, place, machine, token, device: device(), since_ms };
        let entry = Entry {
            visit: self.visits,
            came: Arc::new(came),
            painted_ms: None,
            says_painted: false,
            display: None,
            due: left.and_then(|entry| entry.due),
            channels: Vec::new(),
        };
        self.entries.insert(guest.key, entry);
        Ok(true)
    }

    /// A request ends.
    pub(super) fn rise(&mut self, seat: &Seat, now: Instant) {
        let Some(entry) = self.entries.get_mut(&seat.key).filter(|entry| entry.visit == seat.visit) else { return };
        let mut gap = GAP;
        for (hint, channel) in seat.channels.iter().enumerate() {
            if let Some(presence) = entry.on(hint, channel) {
                presence.held -= 1;
                presence.last = now;
                gap = gap.min(presence.gap);
            }
        }
        self.expect(seat.key, now + gap);
    }

    /// A viewer goes, unless it asks again within `grace`; what it asks for stays as long as anybody else's.
    pub(super) fn leave_soon(&mut self, key: u64, grace: Duration, now: Instant) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        for presence in &mut entry.channels {
            presence.last = now;
            presence.gap = grace.min(GAP);
        }
        self.expect(key, now + grace.min(GAP));
    }

    /// A viewer is out of the list at once, whatever it still holds.
    pub(super) fn leave(&mut self, key: u64, now: Instant) {
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| !entry.channels.is_empty()) else { return };
        let left = std::mem::take(&mut entry.channels);
        self.there -= 1;
        self.uncount(left.iter());
        self.expect(key, now + GAP);
    }

    /// What a viewer has: the capture time of a picture.
    pub(super) fn painted(&mut self, seat: &Seat, captured_ms: Millis, source: Source) {
        let Some(entry) = self.entries.get_mut(&seat.key).filter(|entry| entry.visit == seat.visit) else { return };
        match source {
            Source::Said => {
                entry.says_painted = true;
                entry.painted_ms = Some(captured_ms);
            }
            Source::Given if !entry.says_painted => entry.painted_ms = entry.painted_ms.max(Some(captured_ms)),
            Source::Given => {}
        }
    }

    /// A viewer is signed in as this display.
    pub(super) fn is_display(&mut self, seat: &Seat, name: &Arc<str>) {
        if let Some(entry) = self.entries.get_mut(&seat.key).filter(|entry| entry.display.as_ref() != Some(name)) {
            entry.display = Some(name.clone());
        }
    }

    /// Whether a viewer says itself what it has painted.
    pub(super) fn says_painted(&self, seat: &Seat) -> bool {
        self.entries.get(&seat.key).is_some_and(|entry| entry.says_painted)
    }

    /// Who is to be looked after at that time, unless it is sooner anyway.
    fn expect(&mut self, key: u64, at: Instant) {
        if let Some(entry) = self.entries.get_mut(&key)
            && entry.due.is_none_or(|due| at < due)
        {
            entry.due = Some(at);
            self.due.push(Reverse((at, key)));
        }
    }

    /// Forgets those whose gap is over.
    pub(super) fn forget(&mut self, now: Instant) {
        while let Some(Reverse((at, key))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            // That of an entry which was looked after sooner says nothing any more.
            let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.due == Some(at)) else { continue };
            entry.due = None;
            let was_there = !entry.channels.is_empty();
            let gone = entry.channels.extract_if(.., |presence| presence.held == 0 && presence.last + presence.gap <= now);
            let gone: Vec<_> = gone.collect();
            let idle = entry.channels.iter().filter(|presence| presence.held == 0);
            let next = idle.map(|presence| presence.last + presence.gap).min();
            if entry.channels.is_empty() {
                self.entries.remove(&key);
                self.there -= usize::from(was_there);
            }
            self.uncount(gone.iter());
            if let Some(next) = next {
                self.expect(key, next);
            }
        }
    }

    fn uncount<'a>(&mut self, gone: impl Iterator<Item = &'a Presence>) {
        for Presence { channel, .. } in gone {
            self.pairs -= 1;
            if let Some(count) = self.watched.get_mut(channel) {
                *count -= 1;
                if *count == 0 {
                    self.watched.remove(channel);
                }
            }
        }
    }

    /// How many watch a channel.
    pub(super) fn count(&mut self, channel: &str, now: Instant) -> usize {
        self.forget(now);
        self.watched.get(channel).copied().unwrap_or_default()
    }

    /// All who are there, in no order.
    pub(super) fn list(&mut self, now: Instant) -> Vec<Copied> {
        self.forget(now);
        let there = self.entries.iter().filter(|(_, entry)| !entry.channels.is_empty());
        there.map(|(key, entry)| entry.copy(*key)).collect()
    }

    /// The viewer of that key, if it is there.
    pub(super) fn find(&mut self, key: u64, now: Instant) -> Option<Copied> {
        self.forget(now);
        self.entries.get(&key).filter(|entry| !entry.channels.is_empty()).map(|entry| entry.copy(key))
    }

    /// The tokens of those in that place.
    pub(super) fn tokens(&self, place: IpAddr) -> impl Iterator<Item = Mark> {
        self.entries.values().filter(move |entry| entry.came.place == place).filter_map(|entry| entry.came.token)
    }

    /// All in that place leave.
    pub(super) fn leave_all(&mut self, place: IpAddr, now: Instant) {
        let theirs: Vec<_> = self.entries.iter().filter(|(_, entry)| entry.came.place == place).map(|(key, _)| *key).collect();
        for key in theirs {
            self.leave(key, now);
        }
    }
}

/// How it is known what a viewer has painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It said so.
    Said,
    /// It was given it.
    Given,
}

#[cfg(test)]
mod tests;
