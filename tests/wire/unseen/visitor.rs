//! Somebody who asks for whatever there is, and notes what was given.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::clock::now_ms;
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
    /// Just before the request; of a part of a stream, as long before it came as it can have been on its way.
    pub(super) asked: u64,
    /// When all of it was there.
    pub(super) answered: u64,
    /// Whether it was asked for by its own address.
    pub(super) by_id: bool,
    /// The request.
    pub(super) how: String,
}

impl Sight {
    /// The answer to a request, of which nothing more is known.
    pub(super) fn of(how: &str, asked: u64) -> Self {
        Self { channel: CHANNELS[0], captured: None, number: None, asked, answered: asked, by_id: false, how: how.to_owned() }
    }

    /// What was asked for.
    pub(super) fn path(&self) -> &str {
        self.how.rsplit(' ').next().unwrap_or_default()
    }

    /// The route by which it came.
    pub(super) fn route(&self) -> &'static str {
        let path = self.path();
        let live = path.starts_with("/live/");
        match path {
            _ if live && path.ends_with(".jpg") => "/live/*.jpg",
            _ if live && path.ends_with(".mjpg") => "/live/*.mjpg",
            _ => ["/sub/", "/frames/", "/api/channels"].into_iter().find(|route| path.starts_with(route)).unwrap_or("another"),
        }
    }
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
const HOLDS: [&str; 3] = ["timeout=0.2", "latest&timeout=0.2", "first=newest&timeout=0.2"];

impl Visitor {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, known: Arc::default() }
    }

    /// Goes on with what it knows at another server.
    pub(super) fn at(&self, address: SocketAddr) -> Self {
        Self { address, known: Arc::clone(&self.known) }
    }

    /// One request after the other, until it is over; `told` hears of what was seen.
    pub(super) async fn visit(self, mut random: Random, over: Arc<AtomicBool>, told: Sender<Sight>) {
        while !over.load(Ordering::Relaxed) {
            let channel = *random.one_of(&CHANNELS);
            let seen = match random.below(8) {
                0 | 1 => self.messages(&mut random).await,
                2 | 3 => self.known_picture(&mut random).await.into_iter().collect(),
                4 => self.unknown_picture(&mut random).await.into_iter().collect(),
                5 => self.newest(channel, &mut random).await.into_iter().collect(),
                6 => self.list(&mut random).await,
                _ => self.stream(channel, 1 + random.below(3)).await.sights(),
            };
            for sight in seen {
                // Nobody listens to the visitors of a test that has failed.
                let _failed = told.send(sight);
            }
        }
    }

    /// Until something is published on the channel, or for a moment.
    pub(super) async fn wait(&self, channel: &str) {
        let _whatever_came = self.get(&format!("/sub/{channel}?first=newest&timeout=0.03")).await;
    }

    /// What is answered for each picture that was ever named.
    pub(super) async fn all_known(&self) -> Vec<(String, u16)> {
        let known = self.known().clone();
        let mut answers = Vec::new();
        for url in known {
            let answer = self.get(&url).await.expect("an answer");
            answers.push((url, answer.status.as_u16()));
        }
        answers
    }

    async fn messages(&self, random: &mut Random) -> Vec<Sight> {
        let names = random.one_of(&["front", "yard", "front,yard"]);
        let query = if random.one_in(4) { random.one_of(&HOLDS) } else { random.one_of(&POLLS) };
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
        self.note(url);
        let message = Sight { channel, captured: Some(captured), answered: now_ms(), ..Sight::of(how, asked) };
        [message].into_iter().chain(self.picture(url, random).await).collect()
    }

    /// Those that were named last, whole.
    pub(super) async fn last_pictures(&self) -> Vec<Sight> {
        let last: Vec<_> = self.known().iter().rev().take(3).cloned().collect();
        let mut sights = Vec::new();
        for url in last {
            sights.extend(self.picture_by(Method::GET, None, &url).await);
        }
        sights
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
        let (method, header) = match random.below(8) {
            0 => (Method::HEAD, None),
            1 => (Method::GET, Some(("Range", "bytes=0-99"))),
            2 => (Method::GET, Some(("Range", "bytes=-50"))),
            3 => (Method::GET, Some(("If-None-Match", "*"))),
            _ => (Method::GET, None),
        };
        self.picture_by(method, header, url).await
    }

    async fn picture_by(&self, method: Method, header: Option<(&str, &str)>, url: &str) -> Option<Sight> {
        let call = Call::new(self.address, method, url);
        let call = header.into_iter().fold(call, |call, (name, value)| call.header(name, value));
        let asked = now_ms();
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

    async fn get(&self, path: &str) -> Option<Answer> {
        self.ask(Call::new(self.address, Method::GET, path)).await
    }

    /// What comes back, if it comes to its end: a picture breaks off where its broadcast ends, and any answer where the server does.
    async fn ask(&self, call: Call) -> Option<Answer> {
        let answer = call.try_send().await.ok()?;
        assert!([200, 206, 304, 404, 410].contains(&answer.status.as_u16()), "{} gave {}", answer.asked, answer.status);
        Some(answer)
    }

    fn note(&self, url: &str) {
        let mut known = self.known();
        if !known.iter().any(|known| known == url) {
            known.push(url.to_owned());
        }
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Vec<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn given(answer: &Answer) -> bool {
    [200, 206, 304].contains(&answer.status.as_u16())
}

fn sight(channel: &'static str, asked: u64, by_id: bool, answer: &Answer) -> Sight {
    let whole = answer.status == 200 && !answer.body.is_empty();
    let number = if whole { number(&answer.body) } else { None };
    Sight { channel, captured: told(answer), number, answered: now_ms(), by_id, ..Sight::of(&answer.asked, asked) }
}

/// When a picture was captured, if its own head tells.
fn told(answer: &Answer) -> Option<u64> {
    answer.header("X-Timestamp")?.replace('.', "").parse().ok()
}

/// What stands in a whole picture of the test pattern.
pub(super) fn number(picture: &[u8]) -> Option<u32> {
    let pixels = jpeg::whole(picture);
    let number = read_number(&pixels, Size::new(pixels.width(), pixels.height()));
    assert!(number.is_some(), "the test pattern has its number in it");
    number
}

/// Channel and time of capture, out of `/frames/CHANNEL/TIME-NUMBER.jpg`.
pub(super) fn named(url: &str) -> (&'static str, u64) {
    let mut segments = url.trim_start_matches("/frames/").split('/');
    let channel = segments.next().and_then(|name| CHANNELS.into_iter().find(|channel| *channel == name));
    let captured = segments.next().and_then(|file| file.split('-').next()?.parse().ok());
    channel.zip(captured).unwrap_or_else(|| panic!("{url} is the address of a picture"))
}
