//! A page whose server is gone without a word: what it says and shows meanwhile, and that it goes on with the next one.

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::server::{Server, folder};
use serde_json::Value;

/// Whether the picture is shown darker than it is, in whatever way.
const DIMMED: &str =
    "(look => look.filter !== 'none' || Number(look.opacity) < 1)(getComputedStyle(document.querySelector('.stage img')))";

#[tokio::test]
async fn a_page_whose_server_was_killed_says_so_and_goes_on_with_the_next_one_without_loading_anew() {
    let data = folder();
    let options = ["--headless", "--source", "test-pattern", "--fps", "10", "--size", "320x240"];
    let server = Server::start("cometcam", data.path(), &options).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/watch/front")).await;
    crate::pages::picture_changes(&page, 1).await;
    assert_eq!(page.value(DIMMED).await, false, "a live picture is not dimmed");
    let loaded = page.value("performance.timeOrigin").await;
    assert!(loaded.is_number(), "{loaded}");

    server.kill().await;
    page.wait_for("document.querySelector('.pill').innerText.startsWith('UNREACHABLE')").await;
    page.wait_for(DIMMED).await;
    let shown = page.value("document.querySelector('.stage img').getClientRects().length").await;
    assert_eq!(shown, 1, "the last picture stays");
    page.screenshot("gone").await;

    let bind = server.address.to_string();
    let again = Server::start("cometcam", data.path(), &[&options[..], &["--bind", &bind]].concat()).await;
    crate::pages::picture_changes(&page, 3).await;
    page.wait_for("document.querySelector('.pill').innerText.startsWith('LIVE')").await;
    page.wait_for(&format!("!{DIMMED}")).await;
    assert_eq!(page.value("performance.timeOrigin").await, loaded, "the page was not loaded anew");
    // The picture that it was asking for at the end is gone with its broadcast.
    let is_last = |error: &Value| error.to_string().contains("status of 410") && error.to_string().contains("/frames/");
    let (last, errors): (Vec<_>, Vec<_>) = page.errors().into_iter().partition(is_last);
    assert!(last.len() <= 1 && errors.is_empty(), "{last:#?} {errors:#?}");
    assert_eq!(page.requests_outside(&again.url("/")), Vec::<String>::new());
}
