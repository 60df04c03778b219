//! A network that is too small for all who watch: everyone gets an equal share of the pictures, and nobody an old one.

mod plain;
mod real;
mod watcher;

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use cometcam_tests::clock::now_ms;
use cometcam_tests::deadline::{soon, within};
use cometcam_tests::http::Call;
use cometcam_tests::jpeg;
use cometcam_tests::lan::{Device, Lan};
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::built;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use real::RealPage;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use watcher::{Painted, Reader, Watcher};

/// The camera's pictures.
const INTERVAL: Duration = Duration::from_millis(100);

/// `cometcam-server` on the device, with these limits.
async fn serve(laptop: &Device, limits: &str) -> (Server, TempDir) {
    let own = folder();
    let config = own.path().join("config.yaml");
    std::fs::write(&config, format!("limits: {{ {limits} }}\n")).unwrap();
    let bind = SocketAddr::new(laptop.address(0), 0).to_string();
    let options = ["--config", &config.display().to_string(), "--bind", &bind];
    (Server::run(laptop.on(&built("cometcam-server")), &own.path().join("data"), &options).await, own)
}

/// Publishes pictures of so many bytes until it is dropped.
async fn publish(server: &Server, bytes: usize) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let _taken = server.upload("front?publish", "image/jpeg", jpeg::big(bytes)).await.expect(201);
    }
}

/// How long is measured: two minutes are worth it now and then.
fn measured() -> Duration {
    let seconds = std::env::var("COMETCAM_PACING_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(8))
}

/// What each saw from the moment in which all had a picture, and the milliseconds that were measured.
async fn watched(watchers: &[Watcher], measured: Duration) -> (Vec<Vec<Painted>>, Range<u64>) {
    let all_have_one = async {
        for watcher in watchers {
            watcher.has(1).await;
        }
    };
    within(Duration::from_secs(30), "a picture for every viewer", all_have_one).await;
    let begun = now_ms();
    // What is measured is what happens meanwhile.
    sleep(measured).await;
    let meanwhile = begun..now_ms();
    (watchers.iter().map(|watcher| during(&watcher.painted(), &meanwhile)).collect(), meanwhile)
}

fn during(painted: &[Painted], meanwhile: &Range<u64>) -> Vec<Painted> {
    painted.iter().filter(|painted| meanwhile.contains(&painted.at_ms)).copied().collect()
}

/// 1 if all have the same, 1 of their number if one has all: R. Jain's index.
fn fairness(watched: &[Vec<Painted>]) -> f64 {
    let counts = || watched.iter().map(|painted| painted.len() as f64);
    counts().sum::<f64>().powi(2) / (watched.len() as f64 * counts().map(|count| count * count).sum::<f64>())
}

/// The middle of the ages in the first and in the last third of the time, in milliseconds.
fn ages(watched: &[Vec<Painted>]) -> [u64; 2] {
    let mut all: Vec<_> = watched.concat();
    all.sort_by_key(|painted| painted.at_ms);
    let third = all.len() / 3;
    [&all[..third], &all[all.len() - third..]].map(|some| {
        let mut ages: Vec<_> = some.iter().map(|painted| painted.age_ms).collect();
        ages.sort_unstable();
        ages.get(ages.len() / 2).copied().unwrap_or_default()
    })
}

fn tell(what: &str, watched: &[Vec<Painted>], bits: u64, measured: Duration) {
    let counts: Vec<_> = watched.iter().map(Vec::len).collect();
    let [first, last] = ages(watched);
    println!(
        "{what}: {} pictures, {} to {} each, Jain's index {:.3}; age at first {first} ms, at last {last} ms; {} kbit/s",
        counts.iter().sum::<usize>(),
        counts.iter().min().unwrap(),
        counts.iter().max().unwrap(),
        fairness(watched),
        bits / measured.as_millis().max(1) as u64,
    );
}

#[tokio::test]
async fn a_hundred_viewers_have_equal_shares_of_a_link_and_no_picture_gets_older_where_a_plain_stream_drifts() {
    // One more is a real one.
    const PAGES: usize = 79;
    const STREAMS: usize = 20;
    const BYTES: usize = 5000;
    const LIMIT: u64 = 6_000_000;
    let lan = Lan::new();
    let (laptop, phones) = (lan.device(20), lan.device(30));
    let (server, _own) = serve(&laptop, "bandwidth: 6 Mbit/s").await;
    laptop.shape("8mbit");
    let address = server.address;
    let _first = server.upload("front?publish", "image/jpeg", jpeg::big(BYTES)).await.expect(201);
    let real = RealPage::open(&server.url("/watch/front")).await;
    let measuring = async {
        let before = laptop.sent();
        let watched = phones.run(async move {
            let watchers: Vec<_> = (0..PAGES + STREAMS).map(|_| Watcher::default()).collect();
            let mut all = JoinSet::new();
            for (token, watcher) in watchers.iter().cloned().enumerate() {
                if token < PAGES {
                    all.spawn(watcher.page(address, token, Reader::Quick));
                } else {
                    all.spawn(watcher.stream(address));
                }
            }
            let begun = Instant::now();
            let watched = watched(&watchers, measured()).await;
            (watched, begun.elapsed())
        });
        let ((mut watched, meanwhile), took) = watched.await;
        let bits = (laptop.sent() - before) * 8;
        watched.push(during(&real.painted().await, &meanwhile));
        (watched, bits, took)
    };
    let (watched, bits, took) = tokio::select! {
        () = publish(&server, BYTES) => unreachable!("it goes on"),
        measured = measuring => measured,
    };
    tell("in turns", &watched, bits, took);
    let of_real = &watched[PAGES + STREAMS..];
    tell("of them a page in Chromium", of_real, 0, took);
    let [first, last] = ages(of_real);
    assert!(of_real[0].len() >= 4, "{} pictures", of_real[0].len());
    // A picture takes a browser longer, and this machine is busy with all of them.
    assert!(last <= first + first / 2 + 300 && last < 1500, "{first} ms old at first, {last} ms at last, in Chromium");
    assert!(fairness(&watched) >= 0.95, "{}", fairness(&watched));
    let [first, last] = ages(&watched);
    assert!(last <= first + first / 2 + 100 && last < 1000, "{first} ms old at first, {last} ms at last");
    let most = LIMIT as f64 * took.as_secs_f64() * 1.05 + 1_000_000.0;
    assert!(bits as f64 <= most, "{bits} bits in {took:?}");
    // Nor is the bandwidth left unused by much.
    assert!(bits as f64 >= most / 3.0, "{bits} bits in {took:?}");
    drop(server);

    let plain = drifting(&laptop, &phones, PAGES + STREAMS, BYTES).await;
    let [first, last] = ages(&plain);
    assert!(last >= first + 1000, "{first} ms old at first, {last} ms at last");
}

/// As many readers of a stream that leaves out nothing, on the same link.
async fn drifting(laptop: &Device, phones: &Device, count: usize, bytes: usize) -> Vec<Vec<Painted>> {
    let (told, port) = oneshot::channel();
    let streamer = laptop.run(plain::serve(SocketAddr::new(laptop.address(0), 0), bytes, INTERVAL, told));
    let measuring = async {
        let address = port.await.unwrap();
        let before = laptop.sent();
        let watched = phones.run(async move {
            let watchers: Vec<_> = (0..count).map(|_| Watcher::default()).collect();
            let mut all = JoinSet::new();
            for watcher in watchers.iter().cloned() {
                all.spawn(watcher.stream(address));
            }
            watched(&watchers, measured() / 2).await.0
        });
        (watched.await, (laptop.sent() - before) * 8)
    };
    tokio::select! {
        () = streamer => unreachable!("it goes on"),
        (watched, bits) = measuring => {
            tell("a plain stream", &watched, bits, measured() / 2);
            watched
        }
    }
}

#[tokio::test]
async fn a_slow_viewer_gets_fewer_pictures_and_each_is_the_newest_when_it_asks_for_it_while_others_have_theirs() {
    const BYTES: usize = 40_000;
    let lan = Lan::new();
    let laptop = lan.device(20);
    let (server, _own) = serve(&laptop, "bandwidth: 100 Mbit/s").await;
    let (slow, quick) = (Watcher::default(), Watcher::default());
    // Five to seven tenths of a second a picture.
    let watching = async {
        tokio::join!(
            slow.clone().page(server.address, 1, Reader::Slow(8000)),
            quick.clone().page(server.address, 2, Reader::Quick)
        )
    };
    let _first = server.upload("front?publish", "image/jpeg", jpeg::big(BYTES)).await.expect(201);
    tokio::select! {
        () = publish(&server, BYTES) => unreachable!("it goes on"),
        _ = watching => unreachable!("they go on"),
        () = soon("eight pictures of a slow viewer", slow.has(8)) => {}
    }
    let (slow, quick) = (slow.painted(), quick.painted());
    let mut when_asked: Vec<_> = slow.iter().map(|painted| painted.age_ms.saturating_sub(painted.took_ms)).collect();
    when_asked.sort_unstable();
    println!("slow: {slow:?}\nquick: {} pictures", quick.len());
    let middle = when_asked[when_asked.len() / 2];
    let interval = u64::try_from(INTERVAL.as_millis()).unwrap();
    assert!(middle <= 2 * interval, "{middle} ms old when asked for: {when_asked:?}");
    assert!(quick.len() > 2 * slow.len(), "{} and {}", quick.len(), slow.len());
}

/// A server whose line does not move: the first picture took the turns of the next minute.
async fn stuck(laptop: &Device) -> (Server, TempDir) {
    let (server, own) = serve(laptop, "bandwidth: 8 kbit/s").await;
    let _taken = server.upload("front?publish", "image/jpeg", jpeg::big(60_000)).await.expect(201);
    let frame = Subscriber::new(&server, "front?latest").of_type("frame").await;
    let told = Call::new(server.address, Method::GET, frame["url"].as_str().unwrap()).send().await.expect(200);
    assert_eq!(told.body.len(), 60_000, "who was told of it in turn doesn't wait for it");
    let _taken = server.upload("front?publish", "image/jpeg", jpeg::big(60_000)).await.expect(201);
    (server, own)
}

/// What `ask` says once it is in the line, as far as that can be known: it was not answered at once.
async fn in_line(mut ask: JoinSet<u16>, then: impl Future<Output = ()>) -> Vec<u16> {
    let held = tokio::time::timeout(Duration::from_millis(700), ask.join_next()).await;
    assert!(held.is_err(), "whoever is in the line waits: {held:?}");
    then.await;
    let limit = Duration::from_secs(5);
    let mut said = within(limit, "the end of all waits", ask.join_all()).await;
    said.sort_unstable();
    said
}

fn waiting(server: &Server) -> JoinSet<u16> {
    let mut all = JoinSet::new();
    for path in ["/sub/front?latest&viewer=1", "/sub/front?latest&viewer=2", "/sub/front,yard?latest", "/live/front.jpg"] {
        let call = Call::new(server.address, Method::GET, path);
        all.spawn(async { call.wait().await.status.as_u16() });
    }
    all
}

#[tokio::test]
async fn the_end_of_a_broadcast_and_of_the_server_reach_everyone_in_line_at_once() {
    let lan = Lan::new();
    let laptop = lan.device(20);
    let (server, _own) = stuck(&laptop).await;
    let ended = async {
        let end = r#"{"type":"status","state":"ended","at_ms":1}"#;
        let published = server.publisher(Method::POST, "front").body("application/json", end).send().await;
        assert!(published.status.is_success(), "{}", published.text());
    };
    assert_eq!(in_line(waiting(&server), ended).await, [200, 200, 200, 410]);
    drop(server);
    let (server, _own) = stuck(&laptop).await;
    let stopped = async { assert!(server.stop().await.success()) };
    assert_eq!(in_line(waiting(&server), stopped).await, [304, 304, 304, 503]);
}

#[tokio::test]
async fn what_is_no_picture_and_what_asks_for_every_message_never_wait_and_a_hold_ends_in_time() {
    let lan = Lan::new();
    let laptop = lan.device(20);
    let (server, _own) = stuck(&laptop).await;
    let begun = Instant::now();
    let mut every = Subscriber::new(&server, "front");
    let [first, second] = [every.of_type("frame").await, every.of_type("frame").await];
    assert!(first["seq"].as_u64() < second["seq"].as_u64());
    let _page = server.get("/watch/front").await.expect(200);
    let _text = server.publish("yard", "a word").await;
    assert_eq!(server.get("/sub/front,yard?latest&first=oldest").await.expect(200).text(), "a word");
    // As without a line: what there is at the end of a hold is told.
    let told = server.get("/sub/front?latest&timeout=1&viewer=3").await.expect(200).json();
    assert_eq!(told["seq"], second["seq"]);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}
