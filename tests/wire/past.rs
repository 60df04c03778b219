//! The last minute on the page of a channel: dragged through, never taken for live, and gone with its broadcast.

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::{Value, json};

const IS_LIVE: &str = "document.querySelector('.pill')?.dataset.state === 'LIVE'";
const IS_PAST: &str = "document.querySelector('#past').innerText.includes('NOT LIVE') && /, \\d+ seconds? ago$/.test(document.querySelector('#minute').getAttribute('aria-valuetext'))";
const SHOWN: &str = "document.querySelector('img').src";

/// When the picture of this address was taken.
fn taken(url: &str) -> Option<u64> {
    url.split_once("/frames/front/")?.1.split('-').next()?.parse().ok()
}

/// The times of capture of the pictures that a page asked for, in this order.
fn asked(page: &Page) -> Vec<u64> {
    page.requests().iter().filter_map(|url| taken(url)).collect()
}

/// Waits until the channel has so many messages.
async fn messages(server: &Server, count: u64) {
    while server.channel("front").await["messages"].as_u64().unwrap() < count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_finger_drags_through_the_last_minute_and_one_touch_goes_back_to_live() {
    let server = Server::headless(&[]).await;
    messages(&server, 30).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    page.wait_for(IS_LIVE).await;
    let first = asked(&page)[0];
    let (x, y, width, height) = page.place("#minute").await;
    let line = y + height / 2.0;
    page.fingers(&[((x + width - 12.0, line), (x + 12.0, line))]).await;
    page.wait_for(IS_PAST).await;
    // What was taken before the page came is learned from the server, in steps of a second.
    while asked(&page).into_iter().min().unwrap() + 1000 > first {
        tokio::task::yield_now().await;
    }
    // The live one of that moment may still be on its way.
    let is_past = |url: &str| taken(url).is_some_and(|taken| taken < first);
    let under_way = page.traffic().iter().filter(|(_, url)| is_past(url)).fold((0, 0), |(now, most): (i32, i32), (begins, _)| {
        let now = now + if *begins { 1 } else { -1 };
        (now, most.max(now))
    });
    assert_eq!(under_way.1, 1, "pictures of the past at once");
    page.screenshot("phone-past").await;
    page.wait_for(IS_PAST).await;
    let (shown, fetched) = (page.value(SHOWN).await, asked(&page).len());
    let published = server.channel("front").await["messages"].as_u64().unwrap();
    messages(&server, published + 20).await;
    assert_eq!((page.value(SHOWN).await, asked(&page).len()), (shown, fetched), "new pictures disturb nobody");
    let _saved = page.value("HTMLAnchorElement.prototype.click = function () { window.saved = this.download; }").await;
    page.tap("#save").await;
    let saved = page.value("window.saved").await;
    assert!(saved.as_str().unwrap().starts_with("front-1") && saved.as_str().unwrap().ends_with(".jpg"), "{saved}");
    page.tap("#live").await;
    page.wait_for(IS_LIVE).await;
    page.wait_for("document.querySelector('#past').hidden").await;
    assert!(page.errors().is_empty(), "{:#?}", page.errors());
}

#[tokio::test]
async fn the_last_minute_is_gone_through_with_keys() {
    let server = Server::headless(&[]).await;
    messages(&server, 40).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    page.wait_for(IS_LIVE).await;
    let _focused = page.value("document.querySelector('#minute').focus()").await;
    page.press("Home").await;
    page.wait_for(IS_PAST).await;
    page.press("End").await;
    page.wait_for(IS_LIVE).await;
    let _focused = page.value("document.querySelector('#screen').focus()").await;
    for key in ["ArrowLeft", "ArrowLeft", "ArrowLeft"] {
        page.press(key).await;
    }
    page.wait_for(IS_PAST).await;
    let at = "Number(document.querySelector('#minute').value)";
    page.wait_for(&format!("{at} < -2")).await;
    page.press("l").await;
    page.wait_for(IS_LIVE).await;
    page.press("?").await;
    page.wait_for("!document.querySelector('#keys').hidden && document.activeElement.id === 'keys-close'").await;
    page.press("Escape").await;
    page.wait_for("document.querySelector('#keys').hidden && document.activeElement.id === 'screen'").await;
    page.press("ArrowLeft").await;
    page.press("ArrowLeft").await;
    page.wait_for(IS_PAST).await;
    page.press("Escape").await;
    page.wait_for(IS_LIVE).await;
}

#[tokio::test]
async fn with_its_broadcast_the_past_is_gone_too() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    server.held("front", 1).await;
    for red in [0, 90, 180] {
        let before = page.value(&format!("{SHOWN} ?? ''")).await;
        let _saved = server.upload("front?publish", "image/jpeg", jpeg::jpeg(320, 240, [red, 99, 9])).await.expect(201);
        page.wait_for(&format!("{SHOWN} !== {before} && document.querySelector('img').naturalWidth === 320")).await;
    }
    let _focused = page.value("document.querySelector('#screen').focus()").await;
    page.press(",").await;
    page.wait_for("!document.querySelector('#past').hidden").await;
    let ended = json!({"type": "status", "state": "ended", "at_ms": 1});
    let _told = server.publisher(Method::POST, "front").body("application/json", ended.to_string()).send().await;
    page.wait_for("document.querySelector('.pill').dataset.state === 'ENDED'").await;
    page.wait_for(
        "document.querySelector('#past').hidden && getComputedStyle(document.querySelector('#timeline')).visibility === 'hidden'",
    )
    .await;
    assert_eq!(page.value("document.querySelector('img').getAttribute('src')").await, Value::Null);
    let fetched = asked(&page).len();
    for key in [",", ",", "ArrowLeft"] {
        page.press(key).await;
    }
    // Whoever looked into the past when it ended sees the next broadcast live.
    let _saved = server.upload("front?publish", "image/jpeg", jpeg::jpeg(320, 240, [7, 99, 9])).await.expect(201);
    page.wait_for("document.querySelector('img').naturalWidth === 320").await;
    assert_eq!(asked(&page).len(), fetched + 1, "nothing of what is over was asked for");
}

#[tokio::test]
async fn memory_stays_flat_while_somebody_drags_to_and_fro() {
    let server = Server::headless(&["--size", "160x120", "--save", "off"]).await;
    messages(&server, 30).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    page.wait_for(IS_LIVE).await;
    let drag = |times: u32| {
        format!(
            "(async () => {{ const slider = document.querySelector('#minute'), img = document.querySelector('img');
            for (let n = 0; n < {times}; n += 1) {{
              const shown = img.src;
              slider.value = String(-1 - (n % 2) * 1.5);
              slider.dispatchEvent(new Event('input'));
              for (let waited = 0; img.src === shown && waited < 20; waited += 1) await new Promise(go => setTimeout(go, 10));
            }} return true; }})()"
        )
    };
    let _warm = page.value(&drag(30)).await;
    let (bytes_before, nodes_before) = page.memory().await;
    let _dragged = page.value(&drag(200)).await;
    let (bytes, nodes) = page.memory().await;
    assert!(asked(&page).len() > 100, "{} pictures were looked at", asked(&page).len());
    assert!(nodes <= nodes_before + 20, "{nodes_before} nodes grew to {nodes}");
    assert!(bytes < bytes_before + 300_000.0, "{bytes_before} bytes grew to {bytes}");
}
