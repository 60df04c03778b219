//! What is on air: joins the pictures of a channel with the messages that name them, and ends both together.

mod handle;
mod station;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::frames::{Evicted, FrameStore, Probe};
use crate::now_ms;
use crate::relay::{Draft, Hub, HubFull, Maker, Message, Millis, Publisher, Reception};
use station::{Air, By, Station};

pub use handle::Broadcast;

use crate::wire::{self, ChannelState, FrameMessage, StatusMessage, WireMessage};

/// A picture that is to be published.
#[derive(Debug, Clone)]
pub struct NewPicture {
    /// The whole file.
    pub bytes: Bytes,
    /// What its header tells.
    pub probe: Probe,
    /// When it was taken, in milliseconds of the Unix epoch.
    pub captured_at: Millis,
    /// Until the next one is to be expected, in milliseconds; `None` to have it measured.
    pub interval: Option<Millis>,
    /// Whether it goes to disk as well.
    pub save: Save,
}

/// Whether a picture goes to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Save {
    /// To memory and to disk.
    ToDisk,
    /// To memory alone.
    No,
}

/// Why a picture is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The broadcast is over.
    #[error("the broadcast is over")]
    Over,
    /// It was taken before the channel's last broadcast ended, so it belongs to that one.
    #[error("this picture was taken before the last broadcast on this channel ended; send newer ones")]
    Stale,
    /// Another publisher broadcasts there.
    #[error("another camera is live on this channel; stop it first, or publish to a channel of another name")]
    Taken,
    /// No place for another channel.
    #[error(transparent)]
    HubFull(#[from] HubFull),
    /// The channel's numbering can't be read or written.
    #[error("the data folder can't be used: {0}")]
    Disk(#[from] io::Error),
}

/// A channel that has or had a broadcast.
#[derive(Debug, Clone)]
pub struct OnAir {
    /// The channel.
    pub name: Arc<str>,
    /// What its pictures are doing.
    pub state: ChannelState,
    /// Why, for people; empty if there is nothing to say.
    pub reason: String,
    /// The newest picture, while live.
    pub newest: Option<FrameMessage>,
}

/// All broadcasts of a server.
#[derive(Debug)]
pub struct Broadcasts {
    hub: Arc<Hub>,
    store: FrameStore,
    stations: Mutex<HashMap<Arc<str>, Arc<Station>>>,
    /// Told when pictures begin to come on a channel, so that their end is noticed.
    livened: Notify,
}

/// The shortest silence that is told as a stall: a camera of 30 a second may hold its breath for three pictures.
const SHORTEST_STALL: Millis = 1000;
/// A publisher over HTTP that was silent for so long will not come back: its broadcast is over.
const GIVEN_UP: Duration = Duration::from_secs(3600);

impl Broadcasts {
    /// Joins a relay and a store.
    #[must_use]
    pub fn new(hub: Arc<Hub>, store: FrameStore) -> Self {
        Self { hub, store, stations: Mutex::default(), livened: Notify::new() }
    }

    /// The relay.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The pictures.
    #[must_use]
    pub fn store(&self) -> &FrameStore {
        &self.store
    }

    /// Begins a broadcast from this process; `keep` says whether what is saved of it stays afterwards.
    ///
    /// # Errors
    /// [`Refused`] if another one goes on there, or there is no place for it.
    pub fn begin(self: &Arc<Self>, channel: &str, keep: bool) -> Result<Broadcast, Refused> {
        self.hub.channel(channel, Maker::Publisher, now_ms())?;
        self.store.prepare(&channel.into())?;
        self.on_station(channel, |station, air| {
            if air.by == By::Http && air.state != ChannelState::Live {
                // Its publisher fell silent: the place is free.
                self.end(station, air);
            }
            if air.by != By::Nobody {
                return Err(Refused::Taken);
            }
            air.live = Some(self.store.begin(&station.name, keep)?);
            air.begin(By::Handle);
            Ok(Broadcast { broadcasts: self.clone(), station: station.clone(), round: air.round })
        })
    }

    /// Takes a picture that came over HTTP; with `publish` its message too goes out.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn upload(&self, channel: &str, picture: &NewPicture, publish: Publish) -> Result<FrameMessage, Refused> {
        self.hub.channel(channel, Maker::Publisher, now_ms())?;
        self.store.prepare(&channel.into())?;
        self.on_station(channel, |station, air| {
            if air.by == By::Handle {
                return Err(Refused::Taken);
            }
            if picture.captured_at < air.ended_at {
                return Err(Refused::Stale);
            }
            if air.live.is_none() {
                air.live = Some(self.store.begin(&station.name, false)?);
            }
            if air.by == By::Nobody {
                air.begin(By::Http);
            }
            self.put(station, air, picture.clone(), publish)
        })
    }

    /// Publishes a message that came over HTTP. Frame and status messages are understood and change what is known of the channel.
    ///
    /// # Errors
    /// [`Refused`] if there is no place for another channel.
    pub fn publish(&self, channel: &str, content_type: &str, body: Bytes) -> Result<(Arc<Message>, Reception), Refused> {
        let json = content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wire::CONTENT_TYPE));
        let known = if json { serde_json::from_slice::<WireMessage>(&body).ok() } else { None };
        let Some(message) = known else {
            return self.send(channel, &Draft { content_type: content_type.into(), body, kind: None });
        };
        let draft = Draft { content_type: content_type.into(), body, kind: Some(message.kind()) };
        self.hub.channel(channel, Maker::Publisher, now_ms())?;
        self.on_station(channel, |_, air| {
            if air.by == By::Handle {
                return Err(Refused::Taken);
            }
            match &message {
                WireMessage::Frame(frame) => {
                    if air.by == By::Nobody {
                        air.begin(By::Http);
                    }
                    self.heard(air, frame.clone());
                }
                WireMessage::Status(StatusMessage { state: ChannelState::Ended, .. }) => air.end(&self.hub, channel),
                // Without a broadcast it is a message like any other.
                WireMessage::Status(_) if air.by == By::Nobody => {}
                WireMessage::Status(StatusMessage { state, reason, .. }) => {
                    air.state = *state;
                    reason.clone_into(&mut air.reason);
                    air.last = Instant::now();
                    self.livened.notify_waiters();
                }
            }
            self.send(channel, &draft)
        })
    }

    /// Deletes a channel: ends its broadcast and all waits on it. False if it was not known.
    ///
    /// # Errors
    /// [`Refused::Taken`] while a publisher in this process broadcasts there: that ends by its own [`Broadcast`] alone.
    pub fn delete(&self, channel: &str) -> Result<bool, Refused> {
        let station = self.lock().get(channel).cloned();
        if let Some(station) = station {
            let mut air = station.lock();
            if air.by == By::Handle {
                return Err(Refused::Taken);
            }
            air.end(&self.hub, channel);
            air.removed = true;
            drop(air);
            self.lock().retain(|_, other| !Arc::ptr_eq(other, &station));
        }
        Ok(self.hub.delete(channel))
    }

    /// The channels that have or had a broadcast, by name.
    #[must_use]
    pub fn list(&self) -> Vec<OnAir> {
        let stations: Vec<_> = self.lock().values().cloned().collect();
        let mut list: Vec<_> = stations.iter().filter_map(|station| station.on_air()).collect();
        list.sort_by(|a, b| a.name.cmp(&b.name));
        list
    }

    /// What is on air on a channel; `None` if it never had a broadcast.
    #[must_use]
    pub fn on_air(&self, channel: &str) -> Option<OnAir> {
        let station = self.lock().get(channel).cloned()?;
        station.on_air()
    }

    /// Tells subscribers when a publisher falls silent. Runs as long as it is polled, and sleeps while nothing is on air.
    pub async fn watch_silence(&self) {
        loop {
            let livened = self.livened.notified();
            let deadline = self.stall_the_silent();
            match deadline {
                Some(deadline) => {
                    // What begins meanwhile falls silent no earlier than the shortest stall, so it is seen in time.
                    let latest = Instant::now() + Duration::from_millis(SHORTEST_STALL);
                    tokio::time::sleep_until(deadline.min(latest).into()).await;
                }
                // Nothing is live: only those who were given up are looked for, now and then.
                None => drop(tokio::time::timeout(GIVEN_UP / 10, livened).await),
            }
        }
    }

    /// Returns when the next publisher would be silent too long.
    fn stall_the_silent(&self) -> Option<Instant> {
        let stations: Vec<_> = self.lock().values().cloned().collect();
        stations.iter().filter_map(|station| self.stall_if_silent(station)).min()
    }

    fn stall_if_silent(&self, station: &Station) -> Option<Instant> {
        let mut air = station.lock();
        if air.by == By::Http && air.last.elapsed() > GIVEN_UP {
            self.end(station, &mut air);
        }
        if air.by == By::Nobody || air.state != ChannelState::Live {
            return None;
        }
        let patience = Duration::from_millis((3 * air.interval).max(SHORTEST_STALL));
        let deadline = air.last + patience;
        if Instant::now() < deadline {
            return Some(deadline);
        }
        self.change_state(station, &mut air, ChannelState::Stalled, "no new picture has come");
        None
    }

    /// Ends a broadcast, and tells so.
    fn end(&self, station: &Station, air: &mut Air) {
        air.end(&self.hub, &station.name);
        let status = StatusMessage { state: ChannelState::Ended, reason: String::new(), at_ms: now_ms() };
        self.send_wire(&station.name, &WireMessage::Status(status));
    }

    fn change_state(&self, station: &Station, air: &mut Air, state: ChannelState, reason: &str) {
        if air.state == state && air.reason == reason {
            return;
        }
        air.state = state;
        reason.clone_into(&mut air.reason);
        let status = StatusMessage { state, reason: reason.to_owned(), at_ms: now_ms() };
        self.send_wire(&station.name, &WireMessage::Status(status));
    }

    fn put(&self, station: &Station, air: &mut Air, picture: NewPicture, publish: Publish) -> Result<FrameMessage, Refused> {
        let NewPicture { bytes, probe, captured_at, interval, save } = picture;
        let size = bytes.len();
        let live = air.live.as_ref().ok_or(Refused::Over)?;
        let (id, evicted) = live.put(captured_at, probe.kind, bytes, save == Save::ToDisk, now_ms()).ok_or(Refused::Over)?;
        air.measure(interval);
        let message = FrameMessage::new(&station.name, id, probe, size, air.interval);
        if publish == Publish::Yes {
            self.send_wire(&station.name, &WireMessage::Frame(message.clone()));
            self.heard(air, message.clone());
        }
        self.forget(&evicted);
        Ok(message)
    }

    fn heard(&self, air: &mut Air, frame: FrameMessage) {
        air.interval = frame.interval_ms.clamp(1, 3_600_000);
        air.last = Instant::now();
        air.newest = Some(frame);
        if air.state != ChannelState::Live {
            air.state = ChannelState::Live;
            air.reason.clear();
            self.livened.notify_waiters();
        }
    }

    /// A message must not name a picture that had to leave memory.
    fn forget(&self, evicted: &[Evicted]) {
        for Evicted { channel, seq } in evicted {
            if let Some(channel) = self.hub.find(channel) {
                Publisher::of(channel).discard(wire::FRAME, *seq);
            }
        }
    }

    fn send_wire(&self, channel: &str, message: &WireMessage) {
        let body = match serde_json::to_vec(message) {
            Ok(body) => body.into(),
            Err(error) => return tracing::error!("a message can't be written: {error}"),
        };
        let draft = Draft { content_type: wire::CONTENT_TYPE.into(), body, kind: Some(message.kind()) };
        if let Err(refused) = self.send(channel, &draft) {
            tracing::warn!("{channel}: {refused}");
        }
    }

    fn send(&self, channel: &str, draft: &Draft) -> Result<(Arc<Message>, Reception), Refused> {
        let now = now_ms();
        loop {
            // Deleted between the two calls, it is made anew.
            if let Some(published) = self.hub.publisher(channel, now)?.publish(draft.clone(), now) {
                return Ok(published);
            }
        }
    }

    /// Does something with a channel's station under its lock, which is taken before all others but the list's, and never with that.
    fn on_station<T>(&self, channel: &str, act: impl Fn(&Arc<Station>, &mut Air) -> T) -> T {
        loop {
            let station = self.station(channel);
            let mut air = station.lock();
            if !air.removed {
                return act(&station, &mut air);
            }
        }
    }

    fn station(&self, channel: &str) -> Arc<Station> {
        let mut stations = self.lock();
        if let Some(station) = stations.get(channel) {
            return station.clone();
        }
        // One that somebody has in hand is about to be used, and only one that nobody has can be asked without waiting.
        stations.retain(|_, station| Arc::strong_count(station) > 1 || !station.is_forgettable());
        let station = Arc::new(Station::new(channel.into()));
        stations.insert(station.name.clone(), station.clone());
        station
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Station>>> {
        self.stations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an uploaded picture is published at once, or its uploader does that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publish {
    /// At once.
    Yes,
    /// Its uploader does.
    No,
}
