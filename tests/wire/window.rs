//! The window as a person meets it: the real program on a display of its own, clicked and typed at, and looked at; and what others
//! see meanwhile.

use std::net::SocketAddr;

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::deadline::soon;
use cometcam_tests::desktop::{Desktop, Window};
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use image::{Rgb, RgbImage, imageops};
use serde_json::Value;

/// The big button in the lower right corner of the window, and a place on it that no letter covers.
const BUTTON: (i32, i32) = (-168, -43);
const ON_BUTTON: (u32, u32) = (1120 - 290, 720 - 43);

fn button(screen: &RgbImage) -> Rgb<u8> {
    *screen.get_pixel(ON_BUTTON.0, ON_BUTTON.1)
}

/// Whether the button invites to go live, in full light or behind a question.
fn is_ready(screen: &RgbImage) -> bool {
    let Rgb([red, _, blue]) = button(screen);
    blue > red && blue - red > 30
}

/// Whether the button offers to stop.
fn is_live(screen: &RgbImage) -> bool {
    let Rgb([red, _, blue]) = button(screen);
    red > blue && red - blue > 30
}

/// Whether something lies over the window, so that the button is darker than it was.
fn is_behind_a_question(screen: &RgbImage, before: &RgbImage) -> bool {
    let light = |screen| button(screen).0.iter().copied().map(u32::from).sum::<u32>();
    light(screen) * 10 < light(before) * 8
}

/// Presses Go live for the first time, and lets everyone in this network watch.
async fn go_live(desktop: &Desktop, window: &Window<'_>) -> RgbImage {
    let ready = desktop.shows("window-ready", is_ready).await;
    window.click(BUTTON.0, BUTTON.1).await;
    desktop.shows("window-question", |screen| is_ready(screen) && is_behind_a_question(screen, &ready)).await;
    // From “Not now”, which has the focus, one back.
    window.keys(&["shift+Tab", "Return"]).await;
    desktop.shows("window-live", is_live).await
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
    assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], serde_json::json!([]));

    let shown = go_live(&desktop, &window).await;
    let colours: std::collections::HashSet<_> = shown.pixels().collect();
    assert!(colours.len() > 100, "the window shows a picture, not {} colours", colours.len());
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
    assert_eq!(subscriber.of_type("status").await["state"], "ended");
    let _gone = server.get(first["url"].as_str().unwrap()).await.expect(410);
    let _gone = server.get("/live/front.jpg").await.expect(410);
    desktop.shows("window-stopped", is_ready).await;
}

/// What the QR code on a screen says.
fn code_on(screen: &RgbImage) -> Option<String> {
    let grey = imageops::grayscale(screen);
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        grey.get_pixel(u32::try_from(x).unwrap_or_default(), u32::try_from(y).unwrap_or_default()).0[0]
    });
    prepared.detect_grids().iter().find_map(|grid| Some(grid.decode().ok()?.1))
}

#[tokio::test]
async fn a_phone_opens_what_the_code_on_the_screen_says_and_sees_the_pictures() {
    let (desktop, data) = (Desktop::start().await, folder());
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    let shown = go_live(&desktop, &window).await;
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
}

#[tokio::test]
async fn closing_while_live_asks_once_and_who_can_watch_is_not_asked_again() {
    let (desktop, data) = (Desktop::start().await, folder());
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    let live = go_live(&desktop, &window).await;
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
