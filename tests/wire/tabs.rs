//! Several pages in one browser, which opens six connections to a server and no more: they share one poll, and what one does
//! is not felt in the others.

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::json;

const IS_LIVE: &str = "document.querySelector('.pill')?.dataset.state === 'LIVE'";

/// Is this page asked for nothing by itself any more?
async fn polls_of(page: &Page) -> usize {
    page.requests().iter().filter(|url| url.contains("/sub/")).count()
}

async fn upload(server: &Server, channel: &str) {
    let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
    let _saved = server.upload(&format!("{channel}?publish"), "image/jpeg", picture).await.expect(201);
}

#[tokio::test]
async fn ten_windows_of_one_browser_all_show_fresh_pictures_over_one_poll() {
    let server = Server::headless(&["--save", "off"]).await;
    let browser = Browser::launch().await;
    let mut pages = Vec::new();
    for _ in 0..10 {
        let page = browser.window(Screen::Desktop).await;
        page.open(&server.url("/watch/front")).await;
        pages.push(page);
    }
    let count = "window.count = 0; new MutationObserver(() => { window.count += 1; })
        .observe(document.querySelector('img'), { attributes: true, attributeFilter: ['src'] })";
    for page in &pages {
        page.wait_for(IS_LIVE).await;
        let _counted = page.value(count).await;
    }
    let mut before = Vec::new();
    for page in &pages {
        page.wait_for("window.count >= 10").await;
        before.push(polls_of(page).await);
    }
    for (page, before) in pages.iter().zip(before) {
        page.wait_for(&format!("window.count >= 20 && {IS_LIVE}")).await;
        assert_eq!(polls_of(page).await, before, "a page that shares asks for nothing by itself");
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
        let frame = "document.querySelector('img').src";
        let before = page.value(frame).await;
        upload(&server, channel).await;
        page.wait_for(&format!("{frame} !== {before}")).await;
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
        let before = polls_of(page).await;
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
