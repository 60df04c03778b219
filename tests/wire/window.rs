//! The window as a person meets it: the real program on a display of its own, clicked and typed at, and looked at; and what others
//! see meanwhile.

use std::collections::HashSet;
use std::net::SocketAddr;

use cometcam::address::adapters;
use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::clock::now_ms;
use cometcam_tests::deadline::soon;
use cometcam_tests::desktop::{Desktop, Window};
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
pub(crate) use cometcam_tests::look::{BUTTON, code_on, is_live, is_ready};
use cometcam_tests::look::{is_behind_a_question, number_shown};
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use image::RgbImage;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// Presses Go live for the first time, and answers who can watch with these keys. Also gives the moment before the last of them.
pub(crate) async fn go_live(desktop: &Desktop, window: &Window<'_>, answer: &[&str]) -> (RgbImage, u64) {
    let ready = desktop.shows("window-ready", is_ready).await;
    window.click(BUTTON.0, BUTTON.1).await;
    desktop.shows("window-question", |screen| is_ready(screen) && is_behind_a_question(screen, &ready)).await;
    window.keys(answer).await;
    let pressed = now_ms();
    window.keys(&["Return"]).await;
    (desktop.shows("window-live", is_live).await, pressed)
}

/// From “Not now”, which has the focus, back to the one, or to the other.
pub(crate) const EVERYONE: [&str; 1] = ["shift+Tab"];
const THIS_COMPUTER: [&str; 2] = ["shift+Tab", "shift+Tab"];

/// Whether somebody else in the network could reach the server: on any adapter, whether it leads out or not.
async fn is_open_to_the_network(server: &Server) -> bool {
    let addresses = adapters().unwrap().all.into_iter().map(|adapter| adapter.ip);
    let outward: Vec<_> = addresses.filter(|ip| ip.is_ipv4() && !ip.is_loopback()).collect();
    assert!(
        !outward.is_empty(),
        "this test needs a network adapter that has an IPv4 address, if only one of a bridge or a dummy"
    );
    for ip in outward {
        if soon("a connection, or none", TcpStream::connect((ip, server.address.port()))).await.is_ok() {
            return true;
        }
    }
    false
}

/// All messages that are stored, from the oldest to the newest.
async fn stored(server: &Server) -> Vec<Value> {
    let (mut subscriber, mut messages) = (Subscriber::new(server, "front?first=oldest&poll"), Vec::new());
    loop {
        let answer = subscriber.ask().await;
        if answer.status == 304 {
            return messages;
        }
        messages.push(answer.expect(200).json());
    }
}

/// A frame that is on air now, whatever becomes of a listener in between.
async fn frame_on_air(server: &Server) -> Value {
    let frame = async {
        loop {
            let answer = server.call(Method::GET, "/sub/front?latest&timeout=1").try_send().await;
            if let Some(message) = answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.json())
                && message["type"] == "frame"
            {
                return message;
            }
        }
    };
    soon("a frame on air", frame).await
}

#[tokio::test]
async fn a_press_on_go_live_lets_others_see_the_pictures_and_none_before_and_none_after_stop() {
    let (desktop, data) = (Desktop::start().await, folder());
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    desktop.shows("window-ready", is_ready).await;
    for path in ["/sub/front?timeout=1", "/sub/front?latest&timeout=1", "/sub/front?poll"] {
        let _nothing = server.get(path).await.expect(304);
    }
    for path in ["/live/front.jpg", "/live/front.mjpg"] {
        let _nothing = server.get(path).await.expect(404);
    }
    assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], json!([]));
    assert!(!is_open_to_the_network(&server).await, "nobody was let in yet");

    let (live, pressed) = go_live(&desktop, &window, &EVERYONE).await;
    let number = number_shown(&live);
    assert!(number.is_some(), "the window shows the picture, whole: see tests/out/window-live.png");
    desktop.shows("window-live-on", |screen| is_live(screen) && number_shown(screen) > number).await;
    assert!(is_open_to_the_network(&server).await, "everyone in this network was let in");
    let captured: Vec<_> = stored(&server).await.iter().filter_map(|message| message["captured_at_ms"].as_u64()).collect();
    assert!(!captured.is_empty() && captured.iter().all(|at| *at >= pressed), "pressed at {pressed}: {captured:?}");
    let first = frame_on_air(&server).await;
    let mut subscriber = Subscriber::new(&server, "front?latest");
    let mut numbers = Vec::new();
    while numbers.len() < 5 {
        let frame = subscriber.of_type("frame").await;
        let pixels = jpeg::whole(&server.get(frame["url"].as_str().unwrap()).await.expect(200).body);
        numbers.push(read_number(&pixels, Size::new(pixels.width(), pixels.height())).unwrap());
    }
    assert!(numbers.is_sorted_by(|earlier, later| earlier < later), "{numbers:?}");

    window.click(BUTTON.0, BUTTON.1).await;
    let _told = subscriber.status("state", "ended").await;
    let _gone = server.get(first["url"].as_str().unwrap()).await.expect(410);
    let _gone = server.get("/live/front.jpg").await.expect(410);
    desktop.shows("window-stopped", is_ready).await;
}

#[tokio::test]
async fn a_phone_opens_what_the_code_on_the_screen_says_and_sees_the_pictures_until_stop() {
    let (desktop, data) = (Desktop::start().await, folder());
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    let (shown, _) = go_live(&desktop, &window, &EVERYONE).await;
    let code = code_on(&shown).expect("a QR code that can be read off the screen: this test needs a network adapter");
    let address: SocketAddr = code.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    assert_eq!(address.port(), server.address.port());
    assert!(!address.ip().is_loopback() && !address.ip().is_unspecified(), "{code} leads a phone here");
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&code).await;
    crate::pages::picture_changes(&page, 3).await;
    page.screenshot("phone-by-code").await;
    assert!(page.errors().is_empty(), "{:#?}", page.errors());
    assert_eq!(page.requests_outside(&code), Vec::<String>::new());

    window.click(BUTTON.0, BUTTON.1).await;
    page.wait_for("document.querySelector('.pill').innerText.startsWith('ENDED')").await;
    page.wait_for("![...document.images].some(image => image.naturalWidth > 100 && image.getClientRects().length)").await;
    page.screenshot("phone-after-stop").await;
    let seen: HashSet<String> = page.requests().iter().filter_map(|url| Some(url.split_once("/frames/")?.1.to_owned())).collect();
    assert!(seen.len() >= 3, "{seen:?}");
    for path in
        seen.iter().map(|picture| format!("/frames/{picture}")).chain(["/live/front.jpg", "/live/front.mjpg"].map(str::to_owned))
    {
        let _gone = server.get(&path).await.expect(410);
    }
    let told: Vec<_> = stored(&server).await.iter().map(|message| message["type"].clone()).collect();
    assert_eq!(told, ["status"]);
    assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], json!([{"name": "front", "state": "ended"}]));
}

#[tokio::test]
async fn closing_while_live_asks_once_and_who_can_watch_is_not_asked_again() {
    let (desktop, data) = (Desktop::start().await, folder());
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    let (live, _) = go_live(&desktop, &window, &THIS_COMPUTER).await;
    let _on_air = frame_on_air(&server).await;
    assert!(!is_open_to_the_network(&server).await, "nobody else was let in");
    window.ask_to_close();
    let asked = |screen: &RgbImage| is_live(screen) && is_behind_a_question(screen, &live);
    desktop.shows("window-closing", asked).await;
    let _still_live = frame_on_air(&server).await;
    // “Stay live” has the focus.
    window.keys(&["Return"]).await;
    desktop.shows("window-stays", |screen| is_live(screen) && !is_behind_a_question(screen, &live)).await;
    let frame = frame_on_air(&server).await;
    window.ask_to_close();
    desktop.shows("window-closing", asked).await;
    window.keys(&["shift+Tab", "Return"]).await;
    assert!(server.program.end().await.success());

    let again = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    let _gone = again.get(frame["url"].as_str().unwrap()).await.expect(410);
    desktop.shows("window-again", is_ready).await;
    window.click(BUTTON.0, BUTTON.1).await;
    let _live_without_a_question = frame_on_air(&again).await;
    assert!(!is_open_to_the_network(&again).await, "it is remembered who can watch");
}

#[tokio::test]
async fn a_window_that_is_not_live_closes_without_a_question() {
    let (desktop, data) = (Desktop::start().await, folder());
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    desktop.shows("window-ready", is_ready).await;
    window.ask_to_close();
    assert!(server.program.end().await.success());
}
