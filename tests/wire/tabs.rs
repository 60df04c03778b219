//! Several pages in one browser, which opens six connections to a server and no more: they share one poll, and what one does
//! is not felt in the others.

use std::time::Duration;

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::deadline::within;
use cometcam_tests::jpeg;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::json;

const IS_LIVE: &str = "document.querySelector('.pill')?.dataset.state === 'LIVE'";

const SHOWN: &str = "document.querySelector('img').src";

/// How many polls a page sent by itself.
fn polls_of(page: &Page) -> usize {
    page.requests().iter().filter(|url| url.contains("/sub/")).count()
}

async fn upload(server: &Server, channel: &str) {
    let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
    let _saved = server.upload(&format!("{channel}?publish"), "image/jpeg", picture).await.expect(201);
}

#[tokio::test]
async fn ten_windows_of_one_browser_all_show_each_picture_at_once_over_one_poll() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    let mut pages = Vec::new();
    upload(&server, "front").await;
    for _ in 0..10 {
        let page = browser.window(Screen::Desktop).await;
        page.open(&server.url("/watch/front")).await;
        pages.push(page);
    }
    for page in &pages {
        page.wait_for("document.querySelector('img')?.naturalWidth === 320").await;
    }
    server.held("front", 1).await;
    let before: Vec<_> = pages.iter().map(polls_of).collect();
    for _ in 0..3 {
        let mut shown = Vec::new();
        for page in &pages {
            shown.push(page.value(SHOWN).await);
        }
        upload(&server, "front").await;
        let all_changed = async {
            for (page, shown) in pages.iter().zip(shown) {
                page.wait_for(&format!("{SHOWN} !== {shown}")).await;
            }
        };
        // Polls that take all connections are held for 25 seconds, and the pictures wait behind them.
        within(Duration::from_secs(10), "all ten show the picture", all_changed).await;
    }
    assert_eq!(pages.iter().map(polls_of).collect::<Vec<_>>(), before, "a page that shares asks for nothing by itself");
    server.held("front", 1).await;
    for page in &pages {
        assert!(page.errors().is_empty(), "{:#?}", page.errors());
    }
}

#[tokio::test]
async fn windows_of_different_channels_share_a_poll_and_a_closed_one_is_polled_for_no_more() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    let mut pages = Vec::new();
    for channel in ["front", "yard"] {
        upload(&server, channel).await;
        let page = browser.window(Screen::Desktop).await;
        page.open(&server.url(&format!("/watch/{channel}"))).await;
        page.wait_for("document.querySelector('img')?.naturalWidth === 320").await;
        server.held(channel, 1).await;
        pages.push(page);
    }
    for (channel, page) in ["front", "yard"].iter().zip(&pages) {
        let before = page.value(SHOWN).await;
        upload(&server, channel).await;
        page.wait_for(&format!("{SHOWN} !== {before}")).await;
    }
    browser.close(pages.remove(1)).await;
    server.held("yard", 0).await;
    server.held("front", 1).await;
}

#[tokio::test]
async fn where_pages_can_not_share_each_goes_on_by_itself() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let missing = browser.page(Screen::Phone).await;
    missing.prepare("delete window.SharedWorker").await;
    let broken = browser.window(Screen::Phone).await;
    broken.prepare("window.SharedWorker = class { constructor() { throw new Error('Not here.'); } }").await;
    let dead = browser.window(Screen::Phone).await;
    dead.prepare("window.SharedWorker = class { port = new MessageChannel().port1; }").await;
    for page in [&missing, &broken, &dead] {
        page.open(&server.url("/watch/front")).await;
        page.wait_for(IS_LIVE).await;
        let before = polls_of(page);
        page.wait_for(&format!(
            "performance.getEntriesByType('resource').filter(({{ name }}) => name.includes('/sub/')).length > {before}"
        ))
        .await;
        page.wait_for(IS_LIVE).await;
    }
}

#[tokio::test]
async fn a_hidden_page_tells_in_its_title_that_the_broadcast_ended_and_watches_nothing_meanwhile() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    server.held("front", 1).await;
    upload(&server, "front").await;
    page.wait_for("document.title.startsWith('● LIVE front')").await;
    page.wait_for("document.querySelector('#icon').href.endsWith('/client/icon-live.svg')").await;
    let other = browser.page(Screen::Desktop).await;
    other.show().await;
    page.wait_for("document.hidden").await;
    server.held("front", 0).await;
    let pictures = page.requests().iter().filter(|url| url.contains("/frames/")).count();
    let ended = json!({"type": "status", "state": "ended", "at_ms": 1});
    let _told = server.publisher(Method::POST, "front").body("application/json", ended.to_string()).send().await;
    // It looks every 15 seconds, and whenever the browser lets it go on.
    let _looks = page.value("document.dispatchEvent(new Event('resume'))").await;
    page.wait_for("document.hidden && document.title.startsWith('○ ENDED front')").await;
    page.wait_for("document.querySelector('#icon').href.endsWith('/client/icon-off.svg')").await;
    assert_eq!(page.value("document.querySelector('img').getAttribute('src')").await, serde_json::Value::Null);
    upload(&server, "front").await;
    let _looks = page.value("document.dispatchEvent(new Event('resume'))").await;
    page.wait_for("document.hidden && document.title.startsWith('● LIVE front')").await;
    assert_eq!(page.requests().iter().filter(|url| url.contains("/frames/")).count(), pictures, "no picture is fetched unseen");
    assert_eq!(server.channel("front").await["subscribers"], 0);
}
