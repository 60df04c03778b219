//! What the broadcaster did, and what therefore was to be seen.

use std::time::{Duration, Instant};

use cometcam::save::Save;
use cometcam::state::{Command, OnAir};
use cometcam_tests::clock::now_ms;
use cometcam_tests::random::Random;

use super::late::FPS;
use super::studio::Studio;
use super::visitor::{CHANNELS, Sight, Visitor};

/// Clocks are read in whole milliseconds, at both ends of what is compared.
pub(super) const ROUNDING_MS: u64 = 2;

/// A broadcast as the broadcaster knows it; all times in milliseconds of the Unix epoch.
#[derive(Debug, Clone)]
pub(super) struct Broadcast {
    pub(super) channel: &'static str,
    pub(super) keep: bool,
    /// Before Go live was asked for.
    pub(super) from: u64,
    /// When the Stop was sent, which then was done.
    pub(super) to: Option<u64>,
    /// From the moment a pause was answered to the one the end of it was asked for.
    pub(super) pauses: Vec<(u64, Option<u64>)>,
}

impl Broadcast {
    /// Whether what was captured then was to be seen.
    pub(super) fn shows(&self, captured: u64) -> bool {
        let paused =
            |(from, to): &(u64, Option<u64>)| captured > from + ROUNDING_MS && to.is_none_or(|to| captured + ROUNDING_MS < to);
        captured + ROUNDING_MS >= self.from
            && self.to.is_none_or(|to| captured <= to + ROUNDING_MS)
            && !self.pauses.iter().any(paused)
    }

    /// Whether a picture that came out of the camera at `given` came too late, though it was live: it was captured before.
    pub(super) fn refuses_late(&self, captured: u64, given: u64) -> bool {
        let begun = self.pauses.iter().filter_map(|(_, to)| *to).filter(|to| *to <= given).max().unwrap_or(self.from);
        let paused = self.pauses.iter().any(|(from, to)| *from <= given && to.is_none_or(|to| given < to));
        begun <= given && self.to.is_none_or(|to| given <= to) && !paused && captured + ROUNDING_MS < begun
    }

    pub(super) fn is_over_for(&self, asked: u64) -> bool {
        self.to.is_some_and(|to| asked > to)
    }
}

/// Something that the broadcaster did, as a line for whoever reads along.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Entry {
    Live { channel: &'static str, keep: bool, at: u64 },
    Stopped(u64),
    Paused(u64),
    Resumed(u64),
}

impl Entry {
    fn line(self) -> String {
        match self {
            Self::Live { channel, keep, at } => format!("live {channel} {keep} {at}"),
            Self::Stopped(at) => format!("stopped {at}"),
            Self::Paused(at) => format!("paused {at}"),
            Self::Resumed(at) => format!("resumed {at}"),
        }
    }

    fn read(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split(' ').collect();
        let at = words.last()?.parse().ok()?;
        match words[..] {
            ["live", channel, keep, _] => {
                let channel = CHANNELS.into_iter().find(|known| *known == channel)?;
                Some(Self::Live { channel, keep: keep.parse().ok()?, at })
            }
            ["stopped", _] => Some(Self::Stopped(at)),
            ["paused", _] => Some(Self::Paused(at)),
            ["resumed", _] => Some(Self::Resumed(at)),
            _ => None,
        }
    }
}

/// What the broadcaster did.
pub(super) struct Diary {
    pub(super) broadcasts: Vec<Broadcast>,
    /// How long each Stop took.
    pub(super) stops: Vec<Duration>,
    /// When the last one was sent and done.
    pub(super) stopped: Instant,
    pub(super) steps: usize,
    channel: usize,
    keep: bool,
    /// Whether each entry is printed.
    aloud: bool,
    /// What could be had right behind a Stop.
    pub(super) sights: Vec<Sight>,
    /// When the broadcaster was killed, if they were.
    pub(super) killed: u64,
}

impl Diary {
    /// In which nothing was done yet.
    fn new(keep: bool, aloud: bool) -> Self {
        Self {
            broadcasts: Vec::new(),
            stops: Vec::new(),
            stopped: Instant::now(),
            steps: 0,
            channel: 0,
            keep,
            aloud,
            killed: 0,
            sights: Vec::new(),
        }
    }

    /// Of a studio in which nothing was done yet.
    pub(super) fn of(studio: &Studio) -> Self {
        Self::new(studio.keeps(), false)
    }

    /// With each entry on stdout.
    pub(super) fn aloud(self) -> Self {
        Self { aloud: true, ..self }
    }

    /// What was printed by a broadcaster who was killed then.
    pub(super) fn read(printed: &str, killed: u64) -> Self {
        let mut diary = Self { killed, ..Self::new(false, false) };
        for entry in printed.lines().filter_map(Entry::read) {
            diary.write(entry);
        }
        if diary.live().is_some() {
            diary.write(Entry::Stopped(killed));
        }
        diary
    }

    pub(super) fn live(&mut self) -> Option<&mut Broadcast> {
        self.broadcasts.last_mut().filter(|broadcast| broadcast.to.is_none())
    }

    fn write(&mut self, entry: Entry) {
        if self.aloud {
            println!("{}", entry.line());
        }
        match (entry, self.live()) {
            (Entry::Live { channel, keep, at }, _) => {
                self.broadcasts.push(Broadcast { channel, keep, from: at, to: None, pauses: Vec::new() });
            }
            (Entry::Stopped(at), Some(live)) => live.to = Some(at),
            (Entry::Paused(at), Some(live)) => live.pauses.push((at, None)),
            (Entry::Resumed(at), Some(live)) => {
                if let Some((_, to)) = live.pauses.last_mut() {
                    *to = Some(at);
                }
            }
            (_, None) => panic!("{entry:?} while nobody is live"),
        }
    }

    async fn go_live(&mut self, studio: &Studio) {
        self.write(Entry::Live { channel: CHANNELS[self.channel], keep: self.keep, at: now_ms() });
        studio.command(Command::GoLive);
        studio.on_air("Go live", |on_air| matches!(on_air, OnAir::Live { .. })).await;
    }

    pub(super) async fn stop(&mut self, studio: &Studio, visitor: &Visitor) {
        if self.live().is_none() {
            return;
        }
        let asked = Instant::now();
        studio.command(Command::Stop);
        self.stopped = Instant::now();
        self.stops.push(self.stopped.duration_since(asked));
        self.write(Entry::Stopped(now_ms()));
        // Before the disk can have followed.
        self.sights.extend(visitor.last_pictures().await);
        studio.on_air("Stop", |on_air| on_air == OnAir::NotLive).await;
    }

    async fn pause_or_resume(&mut self, studio: &Studio) {
        let Some(broadcast) = self.live() else { return };
        let channel = broadcast.channel;
        if broadcast.pauses.last().is_some_and(|(_, to)| to.is_none()) {
            self.write(Entry::Resumed(now_ms()));
            studio.hold(channel, "resume").await;
        } else {
            studio.hold(channel, "pause").await;
            self.write(Entry::Paused(now_ms()));
        }
    }

    /// One thing at random.
    pub(super) async fn act(&mut self, studio: &Studio, visitor: &Visitor, random: &mut Random) {
        self.steps += 1;
        match (self.live().is_some(), random.below(24)) {
            (true, 0 | 1) => self.stop(studio, visitor).await,
            (true, 2..=5) => self.pause_or_resume(studio).await,
            // The camera is opened anew.
            (_, 6) => studio.command(Command::SetFps(FPS - u32::try_from(random.below(2)).unwrap())),
            (_, 7) => studio.command(Command::SetSave(*random.one_of(&[Save::Every, Save::Off, Save::EachMillis(100)]))),
            (false, 8 | 9) => {
                self.channel = random.below(CHANNELS.len());
                studio.command(Command::SetChannel(CHANNELS[self.channel].to_owned()));
            }
            (false, 10 | 11) => {
                self.keep = random.one_in(3);
                studio.command(Command::SetKeep(self.keep));
            }
            (false, 12..) => self.go_live(studio).await,
            _ => visitor.wait(CHANNELS[self.channel]).await,
        }
    }

    /// Whether a picture may still be had by its address after the last Stop.
    pub(super) fn is_kept(&self, channel: &str, captured: u64) -> bool {
        self.broadcasts.iter().any(|one| one.keep && one.channel == channel && one.shows(captured))
    }
}
