//! What is on air: joins the pictures of a channel with the messages that name them, and ends both together.

mod from_http;
mod handle;
mod silence;
mod station;
#[cfg(test)]
mod testing;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use bytes::Bytes;

use crate::frames::{Evicted, FrameStore, Keep, NotPut, Probe, ToDisk};
use crate::relay::{Draft, Hub, HubFull, Maker, Message, Millis, Publisher, Reception};
use crate::wire::{self, ChannelState, FrameMessage, StatusMessage, WireMessage};
use crate::{lock, now_ms, unix_ms};
use silence::Silence;
use station::{Air, By, Station, Stations};

pub use handle::Broadcast;

/// A picture that is to be published.
#[derive(Debug, Clone)]
pub struct NewPicture {
    /// The whole file.
    pub bytes: Bytes,
    /// What its header tells.
    pub probe: Probe,
    /// When it was taken.
    pub captured: Instant,
    /// Until the next one is to be expected, in milliseconds; `None` to have it measured.
    pub interval: Option<Millis>,
    /// Whether it goes to disk as well.
    pub to_disk: ToDisk,
}

/// Why a picture is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The broadcast is over.
    #[error("the broadcast is over")]
    Over,
    /// It is from before the channel's last broadcast ended, or the channel was deleted, as far as this run of the server knows.
    #[error("this picture is from before the last broadcast on this channel ended, or the channel was deleted; send newer ones")]
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
    stations: Mutex<Stations>,
    silence: Silence,
}

impl Broadcasts {
    /// Joins a relay and a store.
    #[must_use]
    pub fn new(hub: Arc<Hub>, store: FrameStore) -> Self {
        let stations = Mutex::new(Stations::new(hub.capacity()));
        Self { hub, store, stations, silence: Silence::default() }
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

    /// Begins a broadcast from this process; `keep` says whether what is saved of it stays afterwards. Waits for the disk if
    /// the channel has had no broadcast for a while.
    ///
    /// # Errors
    /// [`Refused`] if another one goes on there, or there is no place for it.
    pub fn begin(self: &Arc<Self>, channel: &str, keep: Keep) -> Result<Broadcast, Refused> {
        self.hub.channel(channel, Maker::Publisher, now_ms())?;
        self.store.prepare(&channel.into())?;
        self.on_station(channel, |station, air| {
            if air.is_left() {
                self.end(station, air);
            }
            if air.by != By::Nobody {
                return Err(Refused::Taken);
            }
            let live = self.store.begin(&station.name, keep)?;
            let saving = live.saving().clone();
            air.live = Some(live);
            air.begin(By::Handle);
            Ok(Broadcast { broadcasts: self.clone(), station: station.clone(), round: air.round, saving })
        })
    }

    /// The channels that have or had a broadcast, by name.
    #[must_use]
    pub fn list(&self) -> Vec<OnAir> {
        let stations: Vec<_> = self.stations().by_name.values().cloned().collect();
        let mut list: Vec<_> = stations.iter().filter_map(|station| station.on_air()).collect();
        list.sort_by(|a, b| a.name.cmp(&b.name));
        list
    }

    /// What is on air on a channel; `None` if it never had a broadcast.
    #[must_use]
    pub fn on_air(&self, channel: &str) -> Option<OnAir> {
        let station = self.stations().by_name.get(channel).cloned()?;
        station.on_air()
    }

    /// Which of its broadcasts is on air on a channel; `None` if none is.
    #[must_use]
    pub fn round(&self, channel: &str) -> Option<u64> {
        let station = self.stations().by_name.get(channel).cloned()?;
        let air = station.lock();
        (air.by != By::Nobody).then_some(air.round)
    }

    /// Ends a broadcast, and tells so.
    fn end(&self, station: &Station, air: &mut Air) {
        air.end(&self.hub, &station.name);
        let status = StatusMessage { state: ChannelState::Ended, reason: String::new(), at_ms: now_ms() };
        self.send_wire(station, air, &WireMessage::Status(status));
    }

    fn change_state(&self, station: &Station, air: &mut Air, state: ChannelState, reason: &str) {
        if air.state == state && air.reason == reason {
            return;
        }
        air.state = state;
        reason.clone_into(&mut air.reason);
        let status = StatusMessage { state, reason: reason.to_owned(), at_ms: now_ms() };
        self.send_wire(station, air, &WireMessage::Status(status));
    }

    /// Stores a picture, and with `publish` sends its message. The second part is to be forgotten once the station is let go.
    fn put(&self, station: &Station, air: &mut Air, picture: NewPicture, publish: Publish) -> Result<Put, Refused> {
        let NewPicture { bytes, probe, captured, interval, to_disk } = picture;
        let size = bytes.len();
        let live = air.live.as_ref().ok_or(Refused::Over)?;
        let (id, evicted) = live.put(unix_ms(captured), probe.kind, bytes, to_disk, now_ms())?;
        air.measure(interval);
        let message = FrameMessage::new(&station.name, id, probe, size, air.interval);
        if publish == Publish::Yes {
            // Whoever is woken by the message finds the picture as the newest.
            air.heard(message.clone(), Some(id.seq));
            self.send_wire(station, air, &WireMessage::Frame(message.clone()));
        }
        Ok((message, evicted))
    }

    /// A message must not name a picture that had to leave memory.
    fn forget(&self, evicted: &[Evicted]) {
        for Evicted { channel, seq } in evicted {
            let station = self.stations().by_name.get(channel).cloned();
            if let Some(station) = station {
                station.lock().newest.take_if(|newest| newest.seq == *seq);
            }
            if let Some(channel) = self.hub.find(channel) {
                Publisher::of(channel).discard(wire::FRAME, *seq);
            }
        }
    }

    fn send_wire(&self, station: &Station, air: &Air, message: &WireMessage) {
        let body = match serde_json::to_vec(message) {
            Ok(body) => body.into(),
            Err(error) => return tracing::error!("a message can't be written: {error}"),
        };
        let draft = Draft { content_type: wire::CONTENT_TYPE.into(), body, kind: air.pinned(message) };
        if let Err(refused) = self.send(&station.name, &draft) {
            tracing::warn!("{}: {refused}", station.name);
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
    fn on_station<T>(&self, channel: &str, act: impl FnOnce(&Arc<Station>, &mut Air) -> T) -> T {
        let station = self.stations().get(channel);
        let mut air = station.lock();
        self.act(&mut air, |air| act(&station, air))
    }

    /// Does something that may change what is due.
    fn act<T>(&self, air: &mut Air, act: impl FnOnce(&mut Air) -> T) -> T {
        let done = act(air);
        if let Some((at, _)) = air.due() {
            self.silence.expect(at);
        }
        done
    }

    fn stations(&self) -> MutexGuard<'_, Stations> {
        lock(&self.stations)
    }
}

/// The message of a picture that was stored, and what had to leave memory for it.
type Put = (FrameMessage, Vec<Evicted>);

impl From<NotPut> for Refused {
    fn from(not_put: NotPut) -> Self {
        match not_put {
            NotPut::Over => Self::Over,
            NotPut::NoNumber => Self::Disk(io::Error::other(not_put)),
        }
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

#[cfg(test)]
mod tests {
    use super::testing::{broadcasts, picture};
    use super::*;
    use crate::frames::StoreLimits;

    #[test]
    fn an_ended_channel_is_forgotten_once_its_end_was_told() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let front = broadcasts.begin("front", Keep::No).unwrap();
        front.publish(picture(Instant::now(), None)).unwrap();
        front.status(ChannelState::Paused, "");
        broadcasts.hub().sweep(now_ms() + 600_000);
        assert_eq!(broadcasts.hub().find("front").unwrap().info(0).messages, 2, "the newest of each stay while live");
        front.end();
        assert_eq!(broadcasts.hub().find("front").unwrap().info(0).messages, 1, "that it ended");
        broadcasts.hub().sweep(now_ms() + 600_000);
        assert!(broadcasts.hub().is_empty());
        assert_eq!(broadcasts.on_air("front").unwrap().state, ChannelState::Ended);
    }

    #[test]
    fn a_picture_that_had_to_leave_memory_is_named_nowhere() {
        let limits = StoreLimits { memory_bytes: 25, ..StoreLimits::default() };
        let (broadcasts, _data) = broadcasts(limits);
        let [rare, busy] = ["rare", "busy"].map(|channel| broadcasts.begin(channel, Keep::No).unwrap());
        let put = |broadcast: &Broadcast| broadcast.publish(picture(Instant::now(), None)).unwrap();
        let messages = |channel: &str| broadcasts.hub().find(channel).unwrap().info(0).messages;
        put(&rare);
        for _ in 0..5 {
            put(&busy);
        }
        assert!(broadcasts.on_air("rare").unwrap().newest.is_some(), "it is the newest there");
        assert_eq!((messages("rare"), messages("busy")), (1, 1));
        busy.publish(NewPicture { bytes: vec![0; 25].into(), ..picture(Instant::now(), None) }).unwrap();
        assert!(broadcasts.on_air("rare").unwrap().newest.is_none());
        assert_eq!((messages("rare"), messages("busy")), (0, 1));
        assert!(broadcasts.on_air("busy").unwrap().newest.is_some());
    }
}
