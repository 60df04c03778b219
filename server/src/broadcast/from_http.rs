//! Publishers that come over HTTP: they need not say when they begin, and may fall silent without a word.

use std::sync::Arc;

use bytes::Bytes;

use super::station::By;
use super::{Broadcasts, NewPicture, Publish, Refused};
use crate::frames::Keep;
use crate::now_ms;
use crate::relay::{Draft, Maker, Message, Reception};
use crate::wire::{self, ChannelState, FrameMessage, StatusMessage, WireMessage};

impl Broadcasts {
    /// Gets a channel ready for an upload, so that it need not wait for the disk.
    ///
    /// # Errors
    /// [`Refused`] if there is no place for it, or the disk fails.
    pub async fn prepare(self: &Arc<Self>, channel: &str) -> Result<(), Refused> {
        if self.store.is_prepared(channel) {
            return Ok(());
        }
        let (this, channel) = (self.clone(), Arc::<str>::from(channel));
        let prepare = move || {
            this.hub.channel(&channel, Maker::Publisher, now_ms())?;
            Ok(this.store.prepare(&channel)?)
        };
        tokio::task::spawn_blocking(prepare).await.map_err(|died| Refused::Disk(died.into()))?
    }

    /// Takes a picture that came over HTTP; with `publish` its message too goes out. Waits for the disk if the channel is not
    /// [prepared](Self::prepare).
    ///
    /// # Errors
    /// [`Refused`].
    pub fn upload(&self, channel: &str, picture: NewPicture, publish: Publish) -> Result<FrameMessage, Refused> {
        self.hub.channel(channel, Maker::Publisher, now_ms())?;
        self.store.prepare(&channel.into())?;
        let (message, evicted) = self.on_station(channel, |station, air| {
            if air.by == By::Handle {
                return Err(Refused::Taken);
            }
            if air.ended_at.is_some_and(|end| picture.captured < end) {
                return Err(Refused::Stale);
            }
            if air.live.is_none() {
                air.live = Some(self.store.begin(&station.name, Keep::No)?);
            }
            if air.by == By::Nobody {
                air.begin(By::Http);
            }
            self.put(station, air, picture, publish)
        })?;
        self.forget(&evicted);
        Ok(message)
    }

    /// Publishes a message that came over HTTP. Frame and status messages are understood and change what is known of the channel.
    ///
    /// # Errors
    /// [`Refused`] if there is no place for another channel, a camera of this process is live there, or it names a picture of a
    /// broadcast of this channel that is over.
    pub fn publish(&self, channel: &str, content_type: &str, body: Bytes) -> Result<(Arc<Message>, Reception), Refused> {
        let json = content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wire::CONTENT_TYPE));
        let known = if json { serde_json::from_slice::<WireMessage>(&body).ok() } else { None };
        let draft = Draft { content_type: content_type.into(), body, kind: None };
        let Some(message) = known else {
            return self.send(channel, &draft);
        };
        self.hub.channel(channel, Maker::Publisher, now_ms())?;
        self.on_station(channel, |_, air| {
            if air.by == By::Handle {
                return Err(Refused::Taken);
            }
            match &message {
                WireMessage::Frame(frame) => {
                    let here = match frame.picture_here(channel) {
                        Some((id, kind)) if air.live.as_ref().is_some_and(|live| live.has(id, kind)) => Some(id.seq),
                        Some((id, _)) if self.store.is_over(channel, id) => return Err(Refused::Stale),
                        // What never was here is the publisher's word.
                        _ => None,
                    };
                    if air.by == By::Nobody {
                        air.begin(By::Http);
                    }
                    air.heard(frame.clone(), here);
                }
                WireMessage::Status(StatusMessage { state: ChannelState::Ended, .. }) => air.end(&self.hub, channel),
                // Without a broadcast it is a message like any other.
                WireMessage::Status(_) if air.by == By::Nobody => {}
                WireMessage::Status(StatusMessage { state, reason, .. }) => air.told(*state, reason),
            }
            self.send(channel, &Draft { kind: air.pinned(&message), ..draft })
        })
    }

    /// Deletes a channel: ends its broadcast, whoever's it is, and all waits on it. False if it was not known.
    pub fn delete(&self, channel: &str) -> bool {
        // The relay may have forgotten it while its broadcast goes on: one that uploads and publishes nothing.
        if self.on_air(channel).is_none() && self.hub.find(channel).is_none() {
            return false;
        }
        self.on_station(channel, |_, air| {
            // That it ended, and when, must still be known: no picture of before may come now.
            air.end(&self.hub, channel);
            let was_listed = std::mem::take(&mut air.listed);
            self.hub.delete(channel) || was_listed
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::testing::{broadcasts, elsewhere, picture};
    use super::*;
    use crate::frames::StoreLimits;

    fn upload(broadcasts: &Broadcasts, captured: Instant, publish: Publish) -> Result<FrameMessage, Refused> {
        broadcasts.upload("front", picture(captured, None), publish)
    }

    #[test]
    fn no_picture_of_before_the_end_or_a_deletion_is_taken() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let live = Instant::now();
        upload(&broadcasts, live, Publish::Yes).unwrap();
        assert!(broadcasts.delete("front"));
        assert!(broadcasts.list().is_empty() && broadcasts.on_air("front").is_none());
        assert!(matches!(upload(&broadcasts, live, Publish::Yes), Err(Refused::Stale)));
        upload(&broadcasts, Instant::now(), Publish::Yes).unwrap();
        assert_eq!(broadcasts.list().len(), 1);
        let ended = br#"{"type":"status","state":"ended","at_ms":1}"#;
        broadcasts.publish("front", wire::CONTENT_TYPE, Bytes::from_static(ended)).unwrap();
        assert!(matches!(upload(&broadcasts, live, Publish::Yes), Err(Refused::Stale)));
    }

    #[test]
    fn a_deletion_ends_the_broadcast_of_a_camera_of_this_process_too() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let front = broadcasts.begin("front", Keep::No).unwrap();
        front.publish(picture(Instant::now(), None)).unwrap();
        assert!(broadcasts.delete("front"));
        assert!(matches!(front.publish(picture(Instant::now(), None)), Err(Refused::Over)));
        assert!(!broadcasts.delete("front"));
    }

    #[test]
    fn a_broadcast_that_only_uploads_is_deleted_though_the_relay_forgot_its_channel() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        upload(&broadcasts, Instant::now(), Publish::No).unwrap();
        broadcasts.hub().sweep(now_ms() + 600_000);
        assert!(broadcasts.hub().is_empty());
        let before = Instant::now();
        assert!(broadcasts.delete("front"));
        assert!(broadcasts.list().is_empty());
        assert!(matches!(upload(&broadcasts, before, Publish::No), Err(Refused::Stale)));
        assert!(!broadcasts.delete("other"));
    }

    #[test]
    fn a_message_that_comes_late_does_not_revive_a_broadcast() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let say = |message: &WireMessage| {
            broadcasts.publish("front", wire::CONTENT_TYPE, serde_json::to_vec(message).unwrap().into()).map(drop)
        };
        let frame = upload(&broadcasts, Instant::now(), Publish::No).unwrap();
        let late = WireMessage::Frame(frame.clone());
        say(&late).unwrap();
        say(&WireMessage::Status(StatusMessage { state: ChannelState::Ended, reason: String::new(), at_ms: 1 })).unwrap();
        let spelled_otherwise = FrameMessage { url: frame.url.replace("front", "fr%6Fnt"), ..frame.clone() };
        for late in [late.clone(), WireMessage::Frame(spelled_otherwise)] {
            assert!(matches!(say(&late), Err(Refused::Stale)), "{late:?}");
        }
        assert_eq!(broadcasts.on_air("front").unwrap().state, ChannelState::Ended);
        upload(&broadcasts, Instant::now(), Publish::Yes).unwrap();
        assert!(matches!(say(&late), Err(Refused::Stale)), "it is of the broadcast before");
    }

    #[test]
    fn a_message_of_a_picture_elsewhere_makes_none_here_the_newest() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let unpublished = upload(&broadcasts, Instant::now(), Publish::No).unwrap();
        for url in ["https://example.org/1.jpg", "/site/1.jpg", "/frames/other/1-000001.jpg", "/frames/front/1-000042.jpg"] {
            let message = WireMessage::Frame(FrameMessage { seq: unpublished.seq, ..elsewhere(url) });
            broadcasts.publish("front", wire::CONTENT_TYPE, serde_json::to_vec(&message).unwrap().into()).unwrap();
        }
        assert!(broadcasts.store().newest("front").is_none());
        assert_eq!(broadcasts.on_air("front").unwrap().state, ChannelState::Live);
    }

    #[test]
    fn a_picture_is_the_newest_once_its_message_is_published_by_whomever() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let newest = || broadcasts.store().newest("front").map(|picture| picture.id.seq);
        let frame = upload(&broadcasts, Instant::now(), Publish::No).unwrap();
        assert_eq!(newest(), None);
        let message = serde_json::to_vec(&WireMessage::Frame(frame.clone())).unwrap();
        broadcasts.publish("front", wire::CONTENT_TYPE, message.into()).unwrap();
        assert_eq!(newest(), Some(frame.seq));
    }

    #[test]
    fn who_only_uploads_is_not_silent() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        upload(&broadcasts, Instant::now(), Publish::No).unwrap();
        let station = broadcasts.stations().get("front");
        station.lock().last -= Duration::from_secs(5);
        upload(&broadcasts, Instant::now(), Publish::No).unwrap();
        assert!(station.lock().last.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_status_where_nothing_is_live_ages_like_any_message() {
        let (broadcasts, _data) = broadcasts(StoreLimits::default());
        let stalled = br#"{"type":"status","state":"stalled","at_ms":1}"#;
        broadcasts.publish("front", wire::CONTENT_TYPE, Bytes::from_static(stalled)).unwrap();
        broadcasts.hub().sweep(now_ms() + 600_000);
        assert!(broadcasts.hub().is_empty() && broadcasts.list().is_empty());
    }
}
