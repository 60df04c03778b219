//! The harness itself, where a fault in it would let other tests pass that should fail.

use std::time::Duration;

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::deadline::Enough;
use cometcam_tests::jpeg;

#[test]
fn a_jpeg_with_something_behind_its_end_is_not_whole() {
    let mut picture = jpeg::jpeg(16, 8, [200, 30, 30]);
    assert_eq!(jpeg::whole(&picture).dimensions(), (16, 8));
    picture.extend_from_slice(&[0xFF, 0xD9]);
    assert!(std::panic::catch_unwind(|| jpeg::whole(&picture)).is_err());
}

#[test]
fn a_jpeg_that_is_cut_off_is_not_whole() {
    let picture = jpeg::jpeg(64, 64, [200, 30, 30]);
    assert!(std::panic::catch_unwind(|| jpeg::whole(&picture[..picture.len() - 2])).is_err());
}

#[test]
fn what_happens_too_seldom_is_waited_for_until_the_deadline_and_then_told() {
    let in_time = Enough::within(Duration::from_secs(600));
    assert!(in_time.is_reached(&[("kills", 2, 2)]) && !in_time.is_reached(&[("kills", 2, 2), ("pictures", 1, 2)]));
    let too_late = Enough::within(Duration::ZERO);
    assert!(too_late.is_reached(&[("kills", 2, 2)]));
    assert!(std::panic::catch_unwind(|| too_late.is_reached(&[("pictures", 1, 2)])).is_err());
}

#[tokio::test]
async fn a_page_that_throws_or_reaches_outside_is_seen() {
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(
        "data:text/html,<body>Hello<script>console.error('one');fetch('http://127.0.0.1:1/').catch(() => 0);throw 'two'</script>",
    )
    .await;
    page.wait_for("document.body.innerText === 'Hello'").await;
    assert_eq!(page.value("[innerWidth, devicePixelRatio]").await, serde_json::json!([980, 3]));
    assert_eq!(page.errors().len(), 2, "{:#?}", page.errors());
    assert_eq!(page.requests_outside("http://127.0.0.1:2/"), ["http://127.0.0.1:1/"]);
    page.screenshot("harness").await;
}
