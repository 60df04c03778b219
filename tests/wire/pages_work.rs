//! How the pages work, in a real browser: what they ask for and when, what they keep, and that hands and keys reach them.

use std::collections::BTreeSet;

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::server::Server;

use crate::pages::picture_changes;

/// Enough to see a leak of a few hundred bytes in each picture, and soon over.
const PICTURES: u64 = 2000;

/// Counts the pictures from now on, in `window.count`.
async fn count_pictures(page: &Page) {
    let count = "window.count = 0; new MutationObserver(() => { window.count += 1; })
        .observe(document.querySelector('img'), { attributes: true, attributeFilter: ['src'] })";
    let _counted = page.value(count).await;
}

#[tokio::test]
async fn two_thousand_pictures_leave_nothing_behind() {
    let server = Server::headless(&["--size", "160x120", "--fps", "60", "--save", "off"]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    page.wait_for("document.images.length > 0").await;
    count_pictures(&page).await;
    page.wait_for("window.count >= 200").await;
    let (bytes_before, nodes_before) = page.memory().await;
    for hundred in 3..=PICTURES / 100 {
        page.wait_for(&format!("window.count >= {hundred}00")).await;
    }
    let (bytes, nodes) = page.memory().await;
    assert!(nodes <= nodes_before + 20, "{nodes_before} nodes grew to {nodes}");
    assert!(bytes < bytes_before + 400_000.0, "{bytes_before} bytes grew to {bytes}");
}

#[tokio::test]
async fn the_next_poll_is_out_before_the_picture_is_fetched_and_one_picture_is_on_its_way_at_a_time() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    // What the browser's pages ask together is not seen in one of them.
    page.prepare("delete window.SharedWorker").await;
    page.open(&server.url("/watch/front")).await;
    picture_changes(&page, 10).await;
    let (mut polls, mut fetched, mut under_way) = (0, 0, 0);
    for (begins, url) in page.traffic() {
        if url.contains("/sub/") {
            polls += i32::from(begins);
        } else if url.contains("/frames/") {
            fetched += i32::from(begins);
            under_way += if begins { 1 } else { -1 };
            assert!(polls > fetched, "{fetched} pictures were fetched after {polls} polls");
            assert!(under_way <= 1, "{under_way} pictures at once");
        }
    }
    assert!(fetched >= 10, "{fetched}");
}

#[tokio::test]
async fn of_seventy_channels_those_on_the_screen_are_shown_and_the_others_when_scrolled_to() {
    let server = Server::alone(&[]).await;
    for channel in 10..80 {
        let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
        let _saved = server.upload(&format!("c{channel}?publish"), "image/jpeg", picture).await.expect(201);
    }
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/")).await;
    let is_shown = |name: &str| {
        format!(
            "[...document.querySelectorAll('.card')].find(card => card.innerText.includes('{name}'))?.querySelector('img').naturalWidth === 320"
        )
    };
    page.wait_for(&is_shown("c10")).await;
    assert_eq!(page.value(&is_shown("c79")).await, false);
    let _scrolled = page.value("scrollTo(0, document.body.scrollHeight)").await;
    page.wait_for(&is_shown("c79")).await;
    let polls = page.requests().into_iter().filter(|url| url.contains("/sub/"));
    let named = |poll: &str| poll.split_once("/sub/").unwrap().1.split('?').next().unwrap().split(',').count();
    let counts: BTreeSet<usize> = polls.map(|poll| named(&poll)).collect();
    assert!(counts.iter().all(|&count| count < 20), "{counts:?}");
    assert_eq!(page.errors().len(), 0, "{:#?}", page.errors());
}

#[tokio::test]
async fn a_fast_camera_is_live_on_the_list_as_well() {
    let server = Server::headless(&["--fps", "15"]).await;
    let also = server.upload("yard?publish", "image/jpeg", jpeg::jpeg(320, 240, [200, 99, 9])).await;
    let _two_are_a_list = also.expect(201);
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/")).await;
    page.wait_for("document.querySelector('.pill[data-state=LIVE]') !== null").await;
    // The states that the page draws, for as long as twenty of its rounds take.
    let states = "new Promise(done => { const seen = []; const look = setInterval(() => {
        seen.push([...document.querySelectorAll('.card')].find(card => card.innerText.includes('front')).querySelector('.pill').dataset.state);
        if (seen.length === 40) { clearInterval(look); done(seen); } }, 250); })";
    let states = page.value(states).await;
    let live = states.as_array().unwrap().iter().filter(|state| *state == "LIVE").count();
    assert!(live >= 30, "{states}");
}

#[tokio::test]
async fn full_screen_is_entered_and_left_with_keys_and_a_first_touch_only_wakes_its_button() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    picture_changes(&page, 1).await;
    let is_filling = "document.querySelector('#screen').classList.contains('filling')";
    page.press("f").await;
    let _focused = page.value("document.querySelector('#save').focus()").await;
    page.press("f").await;
    assert_eq!(page.value(is_filling).await, false, "a letter is a command only at the picture");
    let _focused = page.value("document.querySelector('#fill').focus()").await;
    page.press("f").await;
    page.wait_for(is_filling).await;
    assert_eq!(page.value("document.activeElement.id").await, "leave");
    page.press("Tab").await;
    page.press("Tab").await;
    assert_eq!(
        page.value("document.activeElement.closest('#bar, #panel')").await,
        serde_json::Value::Null,
        "what is behind can't be reached"
    );
    let _unfocused = page.value("document.activeElement.blur()").await;
    page.wait_for("document.documentElement.classList.contains('idle')").await;
    page.tap("#leave").await;
    page.wait_for("!document.documentElement.classList.contains('idle')").await;
    assert_eq!(page.value(is_filling).await, true, "the first touch only wakes");
    page.tap("#leave").await;
    page.wait_for(&format!("!{is_filling}")).await;
    assert_eq!(page.value("document.activeElement.id").await, "fill");
}
