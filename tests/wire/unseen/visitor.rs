//! Somebody who asks for whatever there is, and notes what was given.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::http::{Answer, Call};
use cometcam_tests::jpeg;
use cometcam_tests::random::Random;
use hyper::Method;
use serde_json::Value;

pub(super) const CHANNELS: [&str; 2] = ["front", "yard"];

/// A picture, or the sign of one, as it was given out.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    pub(super) channel: &'static str,
    /// When it was captured, as far as the answer tells; in milliseconds of the Unix epoch.
    pub(super) captured: Option<u64>,
    /// What stands in it, if it came whole.
    pub(super) number: Option<u32>,
    /// Just before the request.
    pub(super) asked: u64,
    /// When all of the answer was there.
    pub(super) answered: u64,
    /// Whether it was asked for by its own address.
    pub(super) by_id: bool,
    /// The request.
    pub(super) how: String,
}

/// Asks one server; clones share what they know of its pictures.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) address: SocketAddr,
    /// Addresses of pictures that were named at any time.
    known: Arc<Mutex<Vec<String>>>,
}

/// All ways to ask for messages that don't hold.
const POLLS: [&str; 11] = [
    "poll",
    "poll&first=oldest",
    "poll&first=newest",
    "poll&first=1",
    "poll&first=5",
    "poll&first=-1",
    "poll&first=-3",
    "poll&latest",
    "poll&latest&last_event_id=1:0",
    "poll&last_event_id=1:0",
    "poll&first=newest&latest",
];
const HOLDS: [&str; 3] = ["timeout=1", "latest&timeout=1", "first=newest&timeout=1"];

pub(super) fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl Visitor {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, known: Arc::default() }
    }

    /// Goes on with what it knows at another server.
    pub(super) fn at(&self, address: SocketAddr) -> Self {
        Self { address, known: Arc::clone(&self.known) }
    }

    /// So many requests, one after the other.
    pub(super) async fn visit(self, mut random: Random, requests: usize) -> Vec<Sight> {
        let mut sights = Vec::new();
        for _ in 0..requests {
            let channel = *random.one_of(&CHANNELS);
            let seen = match random.below(8) {
                0 | 1 => self.messages(&mut random).await,
                2 | 3 => self.known_picture(&mut random).await.into_iter().collect(),
                4 => self.unknown_picture(&mut random).await.into_iter().collect(),
                5 => self.newest(channel, &mut random).await.into_iter().collect(),
                6 => self.list(&mut random).await,
                _ => self.stream(channel, 1 + random.below(3)).await,
            };
            sights.extend(seen);
        }
        sights
    }

    /// All pictures that were ever named and are given out still, but those that are `kept`.
    pub(super) async fn left(&self, kept: impl Fn(&str, u64) -> bool) -> Vec<String> {
        let known = self.known().clone();
        let mut left = Vec::new();
        for url in known {
            let (channel, captured) = named(&url);
            let answer = self.get(&url).await.expect("an answer");
            if answer.status != 410 && !kept(channel, captured) {
                left.push(format!("{url}: {}", answer.status));
            }
        }
        left
    }

    async fn messages(&self, random: &mut Random) -> Vec<Sight> {
        let names = random.one_of(&["front", "yard", "front,yard"]);
        // Few are held, for a hold lasts.
        let query = if random.one_in(30) { random.one_of(&HOLDS) } else { random.one_of(&POLLS) };
        let asked = now_ms();
        let Some(answer) = self.get(&format!("/sub/{names}?{query}")).await.filter(|answer| answer.status != 304) else {
            return Vec::new();
        };
        let answer = answer.expect(200);
        self.follow(&answer.json(), asked, &answer.asked, random).await
    }

    async fn list(&self, random: &mut Random) -> Vec<Sight> {
        let asked = now_ms();
        let Some(answer) = self.get("/api/channels").await else { return Vec::new() };
        let mut sights = Vec::new();
        for channel in answer.json()["channels"].as_array().unwrap() {
            sights.extend(self.follow(&channel["frame"], asked, &answer.asked, random).await);
        }
        sights
    }

    /// What a message names, and the picture behind it.
    async fn follow(&self, message: &Value, asked: u64, how: &str, random: &mut Random) -> Vec<Sight> {
        let Some(url) = message["url"].as_str() else { return Vec::new() };
        let (channel, captured) = named(url);
        assert_eq!(message["captured_at_ms"], captured, "{message}");
        if !self.known().iter().any(|known| known == url) {
            self.known().push(url.to_owned());
        }
        let message = Sight {
            channel,
            captured: Some(captured),
            number: None,
            asked,
            answered: now_ms(),
            by_id: false,
            how: how.to_owned(),
        };
        [message].into_iter().chain(self.picture(url, random).await).collect()
    }

    async fn known_picture(&self, random: &mut Random) -> Option<Sight> {
        let url = {
            let known = self.known();
            if known.is_empty() {
                return None;
            }
            // Half of them of the last ones: just live, or just over.
            let recent = known.len().saturating_sub(10);
            let at = if random.one_in(2) { recent + random.below(known.len() - recent) } else { random.below(known.len()) };
            known[at].clone()
        };
        self.picture(&url, random).await
    }

    /// Pictures that nobody named: the neighbours of a known one.
    async fn unknown_picture(&self, random: &mut Random) -> Option<Sight> {
        let url = self.known().last()?.clone();
        let (channel, captured) = named(&url);
        let number: u64 = url.rsplit_once('-')?.1.trim_end_matches(".jpg").parse().ok()?;
        let guesses = [
            format!("/frames/{channel}/{captured}-{:06}.jpg", number + 1),
            format!("/frames/{channel}/{}-{:06}.jpg", captured + 16, number + 1),
            format!("/frames/{channel}/{captured}-{number:06}.png"),
            format!("/frames/{channel}/{captured}-{number:06}"),
            url.replace("/frames/front/", "/frames/yard/"),
        ];
        let guess = random.one_of(&guesses).clone();
        self.picture(&guess, random).await
    }

    /// A picture by its address, whole or in part or only asked about.
    async fn picture(&self, url: &str, random: &mut Random) -> Option<Sight> {
        let call = |method: Method| Call::new(self.address, method, url);
        let asked = now_ms();
        let call = match random.below(8) {
            0 => call(Method::HEAD),
            1 => call(Method::GET).header("Range", "bytes=0-99"),
            2 => call(Method::GET).header("Range", "bytes=-50"),
            3 => call(Method::GET).header("If-None-Match", "*"),
            _ => call(Method::GET),
        };
        let answer = self.ask(call).await.filter(given)?;
        let (channel, captured) = named(url);
        Some(Sight { captured: Some(captured), ..sight(channel, asked, true, &answer) })
    }

    async fn newest(&self, channel: &'static str, random: &mut Random) -> Option<Sight> {
        let method = if random.one_in(4) { Method::HEAD } else { Method::GET };
        let asked = now_ms();
        let answer = self.ask(Call::new(self.address, method, &format!("/live/{channel}.jpg"))).await.filter(given)?;
        Some(sight(channel, asked, false, &answer))
    }

    /// Pictures of an endless stream: as many as `most`, or until its end.
    pub(super) async fn stream(&self, channel: &'static str, most: usize) -> Vec<Sight> {
        /// Who wants but a few doesn't wait for a paused camera.
        const SILENCE: Duration = Duration::from_millis(200);
        let how = format!("/live/{channel}.mjpg");
        let asked = now_ms();
        let Ok(mut opened) = Call::new(self.address, Method::GET, &how).try_open().await else { return Vec::new() };
        let (mut sights, mut received) = (Vec::new(), Vec::new());
        if opened.status != 200 {
            assert!([404, 410].contains(&opened.status.as_u16()), "{how} gave {}", opened.status);
            return sights;
        }
        while sights.len() < most {
            let piece = if most == usize::MAX {
                opened.piece().await
            } else {
                tokio::time::timeout(SILENCE, opened.piece()).await.unwrap_or_default()
            };
            let Some(piece) = piece else { break };
            received.extend_from_slice(&piece);
            while let Some((captured, picture)) = part(&mut received) {
                let number = number(&picture);
                sights.push(Sight {
                    channel,
                    captured: Some(captured),
                    number,
                    asked,
                    answered: now_ms(),
                    by_id: false,
                    how: how.clone(),
                });
            }
        }
        sights
    }

    async fn get(&self, path: &str) -> Option<Answer> {
        self.ask(Call::new(self.address, Method::GET, path)).await
    }

    /// What comes back, if it comes to its end: a picture breaks off where its broadcast ends, and any answer where the server does.
    async fn ask(&self, call: Call) -> Option<Answer> {
        let answer = call.try_send().await.ok()?;
        assert!([200, 206, 304, 404, 410].contains(&answer.status.as_u16()), "{} gave {}", answer.asked, answer.status);
        Some(answer)
    }

    fn known(&self) -> MutexGuard<'_, Vec<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn given(answer: &Answer) -> bool {
    [200, 206, 304].contains(&answer.status.as_u16())
}

fn sight(channel: &'static str, asked: u64, by_id: bool, answer: &Answer) -> Sight {
    let whole = answer.status == 200 && !answer.body.is_empty();
    let number = if whole { number(&answer.body) } else { None };
    Sight { channel, captured: None, number, asked, answered: now_ms(), by_id, how: answer.asked.clone() }
}

/// What stands in a whole picture of the test pattern.
fn number(picture: &[u8]) -> Option<u32> {
    let pixels = jpeg::whole(picture);
    let number = read_number(&pixels, Size::new(pixels.width(), pixels.height()));
    assert!(number.is_some(), "the test pattern has its number in it");
    number
}

/// Channel and time of capture, out of `/frames/CHANNEL/TIME-NUMBER.jpg`.
fn named(url: &str) -> (&'static str, u64) {
    let mut segments = url.trim_start_matches("/frames/").split('/');
    let channel = segments.next().and_then(|name| CHANNELS.into_iter().find(|channel| *channel == name));
    let captured = segments.next().and_then(|file| file.split('-').next()?.parse().ok());
    channel.zip(captured).unwrap_or_else(|| panic!("{url} is the address of a picture"))
}

/// Takes the next whole part out of what a stream has given: when it was captured, and the picture.
fn part(received: &mut Vec<u8>) -> Option<(u64, Vec<u8>)> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {head}"));
    let length: usize = field("Content-Length: ").parse().unwrap();
    let captured = field("X-Timestamp: ").replace('.', "").parse().unwrap();
    if received.len() < end + length {
        return None;
    }
    let picture = received[end..end + length].to_vec();
    received.drain(..end + length);
    Some((captured, picture))
}
