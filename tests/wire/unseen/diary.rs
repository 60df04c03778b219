//! What the broadcaster did, and what therefore was to be seen.

use std::collections::HashMap;

use cometcam::state::{Command, OnAir, Save};
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::random::Random;

use super::studio::{FPS, Studio};
use super::visitor::{CHANNELS, Sight, now_ms};

/// Clocks are read in whole milliseconds, at both ends of what is compared.
const ROUNDING_MS: u64 = 2;

/// How far a busy machine may pull two readings of one frame's time apart.
const BUSY_MS: u64 = 100;

/// A broadcast as the broadcaster knows it; all times in milliseconds of the Unix epoch.
#[derive(Debug)]
pub(super) struct Broadcast {
    pub(super) channel: &'static str,
    keep: bool,
    /// Before Go live was asked for.
    from: u64,
    /// After Stop was done.
    to: Option<u64>,
    /// From the moment a pause was answered to the one the end of it was asked for.
    pauses: Vec<(u64, Option<u64>)>,
}

impl Broadcast {
    /// Whether what was captured then was to be seen.
    fn shows(&self, captured: u64) -> bool {
        let paused =
            |(from, to): &(u64, Option<u64>)| captured > from + ROUNDING_MS && to.is_none_or(|to| captured + ROUNDING_MS < to);
        captured + ROUNDING_MS >= self.from
            && self.to.is_none_or(|to| captured <= to + ROUNDING_MS)
            && !self.pauses.iter().any(paused)
    }

    fn is_over_for(&self, asked: u64) -> bool {
        self.to.is_some_and(|to| asked > to)
    }
}

/// What the broadcaster did.
#[derive(Default)]
pub(super) struct Diary {
    pub(super) broadcasts: Vec<Broadcast>,
    /// How long each Stop took, in milliseconds.
    stops: Vec<u64>,
    channel: usize,
    keep: bool,
}

impl Diary {
    pub(super) fn live(&mut self) -> Option<&mut Broadcast> {
        self.broadcasts.last_mut().filter(|broadcast| broadcast.to.is_none())
    }

    async fn go_live(&mut self, studio: &Studio) {
        let channel = CHANNELS[self.channel];
        self.broadcasts.push(Broadcast { channel, keep: self.keep, from: now_ms(), to: None, pauses: Vec::new() });
        studio.command(Command::GoLive);
        studio.on_air("Go live", |on_air| matches!(on_air, OnAir::Live { .. })).await;
    }

    pub(super) async fn stop(&mut self, studio: &Studio) {
        if self.live().is_none() {
            return;
        }
        let asked = now_ms();
        studio.command(Command::Stop);
        studio.on_air("Stop", |on_air| on_air == OnAir::NotLive).await;
        let done = now_ms();
        self.stops.push(done - asked);
        if let Some(broadcast) = self.live() {
            broadcast.to = Some(done);
        }
    }

    async fn pause_or_resume(&mut self, studio: &Studio) {
        let Some(broadcast) = self.live() else { return };
        match broadcast.pauses.last_mut().filter(|(_, to)| to.is_none()) {
            Some((_, to)) => {
                *to = Some(now_ms());
                studio.hold(broadcast.channel, "resume").await;
            }
            None => {
                studio.hold(broadcast.channel, "pause").await;
                broadcast.pauses.push((now_ms(), None));
            }
        }
    }

    /// Until so many more pictures were published.
    async fn go_on_for_a_while(&mut self, studio: &Studio, pictures: usize) {
        let Some(broadcast) = self.live().filter(|one| one.pauses.last().is_none_or(|(_, to)| to.is_some())) else { return };
        let mut subscriber = Subscriber::to(studio.address, &format!("{}?latest", broadcast.channel));
        for _ in 0..pictures {
            let _frame = subscriber.of_type("frame").await;
        }
    }

    /// One thing at random.
    pub(super) async fn act(&mut self, studio: &Studio, random: &mut Random) {
        if self.live().is_some() {
            match random.below(8) {
                0 => self.stop(studio).await,
                1 | 2 => self.pause_or_resume(studio).await,
                _ => self.go_on_for_a_while(studio, 1 + random.below(5)).await,
            }
            return;
        }
        match random.below(4) {
            0 => {
                self.channel = random.below(CHANNELS.len());
                studio.command(Command::SetChannel(CHANNELS[self.channel].to_owned()));
            }
            1 => {
                self.keep = random.one_in(3);
                studio.command(Command::SetKeep(self.keep));
                studio.command(Command::SetSave(*random.one_of(&[Save::Every, Save::Off, Save::EachMillis(100)])));
            }
            _ => self.go_live(studio).await,
        }
    }

    /// Checks one sight against what was to be seen; `frames` is what the source gave.
    pub(super) fn judge(&self, sight: &Sight, frames: &HashMap<u32, Vec<u64>>) -> Result<(), &'static str> {
        let shown = |captured: u64| self.broadcasts.iter().filter(move |one| one.channel == sight.channel && one.shows(captured));
        let may_be_seen =
            |captured: u64| shown(captured).any(|broadcast| !broadcast.is_over_for(sight.asked) || broadcast.keep && sight.by_id);
        match sight.captured {
            Some(captured) if shown(captured).next().is_none() => Err("was captured while nobody was live"),
            Some(captured) if !may_be_seen(captured) => Err("was seen after its Stop"),
            Some(captured) => match sight.number {
                Some(number) if !is_of_its_time(number, captured, frames) => Err("is not the picture of its time"),
                _ => Ok(()),
            },
            None => match sight.number {
                None => {
                    let live = |one: &Broadcast| {
                        one.channel == sight.channel && one.from <= sight.answered && !one.is_over_for(sight.asked)
                    };
                    if self.broadcasts.iter().any(live) { Ok(()) } else { Err("is told of while nobody is live") }
                }
                Some(number) => {
                    let times = times_of(number, frames);
                    let about = |time: u64| [time - BUSY_MS, time, time + BUSY_MS].into_iter().any(may_be_seen);
                    if times.is_empty() || times.into_iter().any(about) {
                        Ok(())
                    } else {
                        Err("was not to be seen then, by its number")
                    }
                }
            },
        }
    }

    /// Whether a picture may still be had by its address after the last Stop.
    pub(super) fn is_kept(&self, channel: &str, captured: u64) -> bool {
        self.broadcasts.iter().any(|one| one.keep && one.channel == channel && one.shows(captured))
    }

    /// Checks that enough happened to have proved something.
    pub(super) fn assert_worth_it(&self, sights: &[Sight]) {
        assert!(self.broadcasts.len() >= 5, "{} broadcasts", self.broadcasts.len());
        assert!(self.broadcasts.iter().any(|one| !one.pauses.is_empty()) && self.broadcasts.iter().any(|one| one.keep));
        let numbered = sights.iter().filter(|sight| sight.number.is_some()).count();
        assert!(numbered >= 200, "{numbered} pictures with their number");
        for route in ["/sub/", "/frames/", ".jpg", ".mjpg", "/api/channels"] {
            let count = sights.iter().filter(|sight| sight.how.contains(route)).count();
            assert!(count >= 10, "{route} gave a picture {count} times");
        }
        let mut stops = self.stops.clone();
        stops.sort_unstable();
        // One of them may have met a busy machine.
        assert!(stops[stops.len() / 2] <= 100, "Stop took so many milliseconds: {stops:?}");
    }
}

/// When pictures with this number were taken, by the frames noted around them: numbers tick with the clock from each opening of the
/// source. Not every frame was noted, the window being slower than the source; but some of each second were.
fn times_of(number: u32, frames: &HashMap<u32, Vec<u64>>) -> Vec<u64> {
    let tick = |number: u32| i64::from(number) * 1000 / i64::from(FPS);
    let near = frames.iter().filter(|(other, _)| other.abs_diff(number) <= FPS);
    near.flat_map(|(other, times)| times.iter().map(|time| time.saturating_add_signed(tick(number) - tick(*other)))).collect()
}

/// Whether a picture with this number can be of that time.
fn is_of_its_time(number: u32, captured: u64, frames: &HashMap<u32, Vec<u64>>) -> bool {
    let times = times_of(number, frames);
    times.is_empty() || times.iter().any(|time| time.abs_diff(captured) <= BUSY_MS)
}
