//! What the pages say, in a real browser, of everything that can happen to a broadcast; each state is also a picture for
//! people, in `tests/out`.

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// For a page whose own requests are cut: what the browser's pages ask together can't be cut for one of them.
const ALONE: &str = "delete window.SharedWorker";

/// Waits until a state stands on the page: in the pill, or as a display has none, in its title.
async fn says(page: &Page, words: &str) {
    page.wait_for(&format!(
        "`${{document.body.innerText}} ${{document.title}}`.toLowerCase().includes('{}')",
        words.to_lowercase()
    ))
    .await;
}

/// Waits until a channel on the page is live.
async fn says_live(page: &Page) {
    page.wait_for(
        "/(?<!not )live/i.test(`${[...document.querySelectorAll('.pill')].map(pill => pill.innerText)} ${document.title}`)",
    )
    .await;
}

async fn upload(server: &Server, channel: &str) -> Value {
    let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
    server.upload(&format!("{channel}?publish"), "image/jpeg", picture).await.expect(201).json()
}

/// The state of the page at each size and in both colours, for people; none of them scrolls sideways.
async fn look(page: &Page, name: &str) {
    for screen in [Screen::Desktop, Screen::Phone, Screen::Narrow] {
        page.screen(screen).await;
        for scheme in ["light", "dark"] {
            page.colour_scheme(scheme).await;
            page.screenshot(&format!("look-{name}-{screen:?}-{scheme}").to_lowercase()).await;
            let overflow = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
            assert!(overflow.as_i64().unwrap() <= 0, "{name} scrolls sideways by {overflow} on {screen:?}");
        }
    }
}

#[tokio::test]
async fn each_state_of_a_broadcast_is_said_at_every_size_and_in_both_colours() {
    let browser = Browser::launch().await;
    let server = Server::headless(&["--size", "1280x720"]).await;
    let pages = [("watch", "/watch/front"), ("kiosk", "/kiosk/front,front%20door"), ("list", "/")];
    let operator = server.operator_key();
    upload(&server, "a%20rather%20long%20name%20of%20a%20camera%20at%20the%20back%20door").await;
    let control = |what: &str| server.call(Method::POST, &format!("/api/cameras/front/{what}")).key(&operator).send();
    for (name, path) in pages {
        let page = browser.page(Screen::Desktop).await;
        page.prepare(ALONE).await;
        page.open(&server.url(path)).await;
        says_live(&page).await;
        look(&page, &format!("{name}-live")).await;
        assert!(control("pause").await.status.is_success());
        says(&page, "The camera is paused").await;
        look(&page, &format!("{name}-paused")).await;
        assert!(control("resume").await.status.is_success());
        says_live(&page).await;
        if name == "watch" {
            page.click("#pause").await;
            says(&page, "by you").await;
            look(&page, "watch-held").await;
            page.click("#pause").await;
            says_live(&page).await;
        }
        page.block(&["*/frames/*"]).await;
        says(&page, "LATE").await;
        look(&page, &format!("{name}-late")).await;
        says(&page, "Pictures do not arrive").await;
        look(&page, &format!("{name}-stalled")).await;
        page.block(&["*/sub/*", "*/api/*", "*/frames/*"]).await;
        let _asked_at_once = page.value("dispatchEvent(new Event('online'))").await;
        says(&page, "No connection").await;
        look(&page, &format!("{name}-unreachable")).await;
    }
}

#[tokio::test]
async fn the_end_is_said_at_every_size_and_a_long_reason_covers_nothing() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    for (name, path) in [("watch", "/watch/front"), ("kiosk", "/kiosk/front"), ("list", "/")] {
        let _picture = upload(&server, "front").await;
        let _two_are_a_list = upload(&server, "yard").await;
        let page = browser.page(Screen::Desktop).await;
        page.open(&server.url(path)).await;
        page.wait_for("document.querySelector('img')?.naturalWidth === 320").await;
        let reason = "This reason is as long as nobody should write one, but somebody will. ".repeat(9);
        let stalled = json!({"type": "status", "state": "stalled", "reason": reason, "at_ms": 1});
        let _told = server.publisher(Method::POST, "front").body("application/json", stalled.to_string()).send().await;
        says(&page, "This reason is as long").await;
        look(&page, &format!("{name}-reason")).await;
        let ended = json!({"type": "status", "state": "ended", "at_ms": 1_795_340_834_123_u64});
        let _told = server.publisher(Method::POST, "front").body("application/json", ended.to_string()).send().await;
        says(&page, "The broadcast is over").await;
        look(&page, &format!("{name}-ended")).await;
    }
}

#[tokio::test]
async fn a_pause_that_began_during_an_outage_is_told_with_the_last_picture() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.prepare(ALONE).await;
    page.open(&server.url("/watch/front")).await;
    says_live(&page).await;
    page.block(&["*/sub/*"]).await;
    let _asked_at_once = page.value("dispatchEvent(new Event('online'))").await;
    says(&page, "No connection").await;
    let operator = server.operator_key();
    let paused = server.call(Method::POST, "/api/cameras/front/pause").key(&operator).send().await;
    assert!(paused.status.is_success());
    page.block(&[]).await;
    says(&page, "The camera is paused").await;
    page.wait_for(IS_DIMMED).await;
    assert_eq!(page.errors().len(), 0, "{:#?}", page.errors());
}

/// There is a picture, and nobody takes it for live.
const IS_DIMMED: &str = "document.querySelector('.stage.dimmed img')?.naturalWidth > 100";

#[tokio::test]
async fn who_comes_during_a_pause_sees_the_last_picture_and_its_time() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    says_live(&page).await;
    let operator = server.operator_key();
    let paused = server.call(Method::POST, "/api/cameras/front/pause").key(&operator).send().await;
    assert!(paused.status.is_success());
    for path in ["/watch/front", "/kiosk/front", "/watch/front"] {
        page.open(&server.url(path)).await;
        says(&page, "The camera is paused").await;
        page.wait_for(IS_DIMMED).await;
        page.wait_for("/picture of \\d\\d:\\d\\d:\\d\\d$/.test(document.querySelector('img').alt)").await;
    }
}

#[tokio::test]
async fn a_page_of_which_a_script_did_not_come_says_so_and_loads_itself_again() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.block(&["*/client/picture.js"]).await;
    page.open(&server.url("/kiosk/front")).await;
    says(&page, "Starting").await;
    page.block(&["*/api/now"]).await;
    says(&page, "This page did not load completely").await;
    page.screenshot("phone-not-loaded").await;
    page.block(&[]).await;
    says_live(&page).await;
}

#[tokio::test]
async fn who_lost_the_only_place_to_another_viewer_takes_it_back_with_a_button() {
    let server = Server::configured(r#"channels: { "front": { concurrency: last } }"#, &[]).await;
    let _first = upload(&server, "front").await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    server.held("front", 1).await;
    let other = tokio::spawn(Subscriber::new(&server, "front?first=newest").request().wait());
    says(&page, "Somebody else is watching").await;
    page.screenshot("phone-displaced").await;
    page.click("#again").await;
    assert_eq!(other.await.unwrap().expect(409).header("retry-after"), None);
    let _next = upload(&server, "front").await;
    page.wait_for("document.querySelector('.pill').dataset.state !== 'IN USE'").await;
}

#[tokio::test]
async fn who_has_to_wait_for_the_only_place_is_told_to_try_again() {
    let server = Server::configured(r#"channels: { "front": { concurrency: first } }"#, &[]).await;
    let _held = tokio::spawn(Subscriber::new(&server, "front?first=newest").request().wait());
    server.held("front", 1).await;
    let refused = Subscriber::new(&server, "front?first=newest").ask().await.expect(409);
    assert_eq!(refused.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_picture_on_a_server_that_lets_no_page_read_it_is_shown() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", elsewhere.local_addr().unwrap());
    let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
    let serving = tokio::spawn(async move {
        loop {
            let (mut peer, _) = elsewhere.accept().await.unwrap();
            let mut request = [0; 4096];
            let _read = peer.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                picture.len()
            );
            let _sent = peer.write_all(&[head.as_bytes(), &picture].concat()).await;
        }
    });
    let server = Server::configured(&format!("channels: {{ front: {{ picture_origins: [\"{origin}\"] }} }}"), &[]).await;
    let frame = json!({"type": "frame", "url": format!("{origin}/1.jpg"), "captured_at_ms": 1});
    let _told = server.publisher(Method::POST, "front").body("application/json", frame.to_string()).send().await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.wait_for("document.querySelector('img')?.naturalWidth === 320").await;
    assert_eq!(page.value("document.querySelector('#save').disabled").await, true, "it can't be read, and so not saved");
    assert_eq!(page.errors().len(), 0, "{:#?}", page.errors());
    serving.abort();
}
