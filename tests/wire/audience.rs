//! Who watches: the list of viewers, and how many there may be.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cometcam::address::adapters;
use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::deadline::soon;
use cometcam_tests::http::Call;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::mjpg::Parts;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::{Value, json};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

/// An address of this machine that is not loopback. Who comes from it to a loopback address is another device to the server.
pub(crate) fn elsewhere() -> IpAddr {
    let mut addresses = adapters().unwrap().all.into_iter().map(|adapter| adapter.ip);
    addresses
        .find(|ip| ip.is_ipv4() && !ip.is_loopback())
        .expect("this test needs a network adapter that has an IPv4 address, if only one of a bridge or a dummy")
}

pub(crate) fn operator(server: &Server, method: Method, path: &str) -> Call {
    server.call(method, path).key(&server.operator_key())
}

pub(crate) async fn audience(server: &Server) -> Value {
    operator(server, Method::GET, "/api/viewers").send().await.expect(200).json()
}

pub(crate) async fn viewers(server: &Server) -> Vec<Value> {
    audience(server).await["viewers"].as_array().unwrap().clone()
}

/// What the only viewer's entry says.
pub(crate) async fn only(server: &Server) -> Value {
    let viewers = viewers(server).await;
    assert_eq!(viewers.len(), 1, "{viewers:?}");
    viewers[0].clone()
}

pub(crate) async fn close(server: &Server, viewer: &Value) {
    let id = viewer["id"].as_str().unwrap();
    let _closed = operator(server, Method::DELETE, &format!("/api/viewers/{id}")).send().await.expect(204);
}

#[tokio::test]
async fn a_viewer_that_polls_is_one_entry_that_never_flickers() {
    let server = Server::headless(&[]).await;
    let mut page = Subscriber::new(&server, "front?latest&viewer=one").header("User-Agent", IPHONE);
    let _live = page.of_type("frame").await;
    let first = only(&server).await;
    assert_eq!(first["device"], "Safari on iPhone");
    assert_eq!((&first["address"], &first["channels"]), (&json!("127.0.0.1"), &json!(["front"])));
    assert_eq!(first["display"], Value::Null);
    assert_eq!(first["id"].as_str().unwrap().len(), 16);
    for _ in 0..30 {
        let (now, ()) = tokio::join!(only(&server), async { drop(page.next().await) });
        assert_eq!((&now["id"], &now["since_ms"]), (&first["id"], &first["since_ms"]));
        let between = only(&server).await;
        assert_eq!(between["id"], first["id"]);
    }
}

#[tokio::test]
async fn one_entry_a_viewer_over_all_its_channels_and_two_pages_behind_one_address_are_two() {
    let server = Server::alone(&[]).await;
    let poll = |channels: &str, viewer: &str| server.call(Method::GET, &format!("/sub/{channels}?poll{viewer}")).send();
    for (channels, viewer) in [("a,b", "&viewer=one"), ("c", "&viewer=one"), ("a", "&viewer=two"), ("a", "")] {
        let _nothing = poll(channels, viewer).await.expect(304);
    }
    let viewers = viewers(&server).await;
    let channels: Vec<_> = viewers.iter().map(|viewer| &viewer["channels"]).collect();
    assert_eq!(channels, [&json!(["a", "b", "c"]), &json!(["a"]), &json!(["a"])], "those first that came first");
    assert_eq!(viewers[2]["device"], "an unknown program");
}

#[tokio::test]
async fn who_says_goodbye_is_gone_from_the_list_at_once() {
    let server = Server::alone(&[]).await;
    let held = tokio::spawn(server.call(Method::GET, "/sub/a?viewer=one").wait());
    server.held("a", 1).await;
    let _stays = server.get("/sub/a?poll&viewer=two").await.expect(304);
    assert_eq!(viewers(&server).await.len(), 2);
    let _gone = server.get("/sub/a?viewer=one&leave").await.expect(204);
    let stays = only(&server).await;
    let _published = server.publish("a", "news").await.expect(201);
    assert_eq!(held.await.unwrap().text(), "news", "what it still held is answered as ever");
    assert_eq!(only(&server).await["id"], stays["id"], "and doesn't bring it back");
    let _back = server.get("/sub/a?viewer=one&poll").await.expect(200);
    assert_eq!(viewers(&server).await.len(), 2);
}

#[tokio::test]
async fn how_fresh_its_picture_is_comes_from_the_page_or_from_what_it_was_given() {
    let server = Server::headless(&[]).await;
    let mut plain = Subscriber::new(&server, "front?latest");
    let mut given = Value::Null;
    for _ in 0..3 {
        given = plain.of_type("frame").await["captured_at_ms"].clone();
    }
    assert_eq!(only(&server).await["painted_ms"], given);

    let mut stream = Parts::of(server.call(Method::GET, "/live/front.mjpg?viewer=stream").open().await);
    let mut part = stream.next().await.unwrap().captured_at;
    for _ in 0..3 {
        let next = stream.next().await.unwrap().captured_at;
        // The next part has come, so that the one before was written.
        assert!(viewers(&server).await[1]["painted_ms"].as_u64() >= Some(part));
        part = next;
    }

    for (says, counts) in [("1000", Some(1000)), ("soon", Some(1000)), ("99999999999999999", None)] {
        let _any = server.get(&format!("/sub/front?latest&viewer=page&painted={says}")).await.expect(200);
        let told = viewers(&server).await[2]["painted_ms"].as_u64().unwrap();
        match counts {
            Some(counts) => assert_eq!(told, counts, "{says}"),
            None => assert!(told <= audience_now(&server).await, "nobody sees what is still to come"),
        }
    }
}

async fn audience_now(server: &Server) -> u64 {
    audience(server).await["now_ms"].as_u64().unwrap()
}

#[tokio::test]
async fn who_takes_single_pictures_watches_too() {
    let server = Server::headless(&[]).await;
    let _live = Subscriber::new(&server, "front?latest&viewer=page").of_type("frame").await;
    let picture = server.call(Method::GET, "/live/front.jpg").header("User-Agent", "HomeAssistant/2025.6.1 aiohttp/3.12");
    let picture = picture.send().await.expect(200);
    let taken: f64 = picture.header("X-Timestamp").unwrap().parse().unwrap();
    let viewer = &viewers(&server).await[1];
    assert_eq!((&viewer["device"], &viewer["channels"]), (&json!("Home Assistant"), &json!(["front"])));
    assert_eq!(viewer["painted_ms"].as_f64().unwrap() / 1000.0, taken);
}

#[tokio::test]
async fn what_a_viewer_calls_itself_stays_text() {
    let server = Server::alone(&[]).await;
    let long = "x".repeat(4000);
    for agent in ["<img src=x onerror=alert(1)>", &long] {
        let poll = server.call(Method::GET, "/sub/a?poll").header("User-Agent", agent);
        let _nothing = poll.send().await.expect(304);
    }
    let answer = operator(&server, Method::GET, "/api/viewers").send().await.expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
    let listed = answer.json();
    assert_eq!(listed["viewers"][0]["device"], "<img src=x onerror=alert(1)>");
    assert!(listed["viewers"][1]["device"].as_str().unwrap().len() < 60);
}

#[tokio::test]
async fn one_more_viewer_than_may_is_told_to_come_again_and_those_who_are_there_stay() {
    let server = Server::configured("limits: { viewers: 2 }", &[]).await;
    let poll = |viewer: &str| server.call(Method::GET, &format!("/sub/a?poll&viewer={viewer}")).send();
    let (_one, _two) = (poll("one").await.expect(304), poll("two").await.expect(304));
    let full = poll("three").await.expect(503);
    assert!(full.text().contains("as many") && full.header("Retry-After").is_some(), "{:?}", full.headers);
    let _stays = poll("one").await.expect(304);
    let _another_channel = server.get("/sub/b?poll&viewer=two").await.expect(304);
    let _left = server.get("/sub/a?leave&viewer=one").await.expect(204);
    let (_there, _full) = (poll("three").await.expect(304), poll("one").await.expect(503));
}

#[tokio::test]
async fn that_another_device_has_reached_the_server_is_known_only_once_it_has() {
    let server = Server::alone(&[]).await;
    let _here = server.get("/").await.expect(200);
    assert_eq!(audience(&server).await["elsewhere_ms"], Value::Null);
    let from_elsewhere = server.call(Method::GET, "/nothing").from(elsewhere());
    let _reached = from_elsewhere.send().await.expect(404);
    let told = audience(&server).await;
    assert!(told["elsewhere_ms"].as_u64() > Some(1_700_000_000_000) && told["elsewhere_ms"].as_u64() <= told["now_ms"].as_u64());
}

#[tokio::test]
async fn a_page_in_a_browser_is_one_viewer_however_many_pictures_it_takes() {
    let server = Server::headless(&["--size", "160x120"]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    let first = soon("the page in the list", async {
        loop {
            if let [only] = &viewers(&server).await[..] {
                return only.clone();
            }
        }
    })
    .await;
    assert_eq!((&first["device"], &first["channels"]), (&json!("Chrome on Linux"), &json!(["front"])));
    let mut painted = BTreeSet::new();
    soon("ten pictures that it has painted", async {
        while painted.len() < 10 {
            let now = only(&server).await;
            assert_eq!(now["id"], first["id"]);
            painted.extend(now["painted_ms"].as_u64());
        }
    })
    .await;
}
