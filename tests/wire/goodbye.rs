//! Pages that go: a phone that is locked, a tab that is closed, one that goes from page to page. And the only place on a channel,
//! which goes to another viewer and is taken back.

use std::time::{Duration, Instant};

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::deadline::soon;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::Value;

/// Whoever says nothing stays in the list for ten seconds; whoever says goodbye for two.
const SOONER: Duration = Duration::from_secs(8);

async fn upload(server: &Server, channel: &str) {
    let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
    let _saved = server.upload(&format!("{channel}?publish"), "image/jpeg", picture).await.expect(201);
}

async fn viewers(server: &Server) -> Vec<Value> {
    let list = server.call(Method::GET, "/api/viewers").key(&server.operator_key()).send().await.expect(200).json();
    list["viewers"].as_array().unwrap().clone()
}

/// Waits until nobody is in the list, and says how long that took.
async fn nobody(server: &Server) -> Duration {
    let begun = Instant::now();
    soon("an empty list of viewers", async {
        while !viewers(server).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    begun.elapsed()
}

async fn shows_a_picture(page: &Page) {
    page.wait_for("[...document.images].some(img => img.naturalWidth === 320)").await;
}

#[tokio::test]
async fn who_goes_is_out_of_the_list_soon_unless_they_ask_again() {
    let server = Server::alone(&[]).await;
    let _there = server.get("/sub/a?poll&viewer=one").await.expect(304);
    let _goes = server.get("/sub/a?viewer=one&leave=2").await.expect(204);
    let there = viewers(&server).await;
    assert_eq!(there.len(), 1);
    let _again = server.get("/sub/a?poll&viewer=one").await.expect(304);
    assert_eq!(viewers(&server).await[0]["since_ms"], there[0]["since_ms"], "it was never away");
    let _goes = server.get("/sub/a?viewer=one&leave=2").await.expect(204);
    let took = nobody(&server).await;
    assert!(took < SOONER, "{took:?}");
}

#[tokio::test]
async fn a_phone_that_shows_something_else_leaves_the_list_at_once_and_comes_back_into_it() {
    let server = Server::alone(&[]).await;
    upload(&server, "front").await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    shows_a_picture(&page).await;
    server.held("front", 1).await;
    let other = browser.page(Screen::Phone).await;
    other.show().await;
    page.wait_for("document.hidden").await;
    let took = nobody(&server).await;
    assert!(took < SOONER, "{took:?}");
    page.show().await;
    server.held("front", 1).await;
    browser.close(page).await;
    let took = nobody(&server).await;
    assert!(took < SOONER, "{took:?}");
}

#[tokio::test]
async fn a_page_that_goes_takes_no_other_page_of_its_browser_out_of_the_list_nor_the_one_that_comes_in_its_place() {
    let server = Server::alone(&[]).await;
    upload(&server, "front").await;
    upload(&server, "yard").await;
    let browser = Browser::launch().await;
    let [stays, goes] = [browser.window(Screen::Desktop).await, browser.window(Screen::Desktop).await];
    for page in [&stays, &goes] {
        page.open(&server.url("/watch/front")).await;
        shows_a_picture(page).await;
    }
    server.held("front", 1).await;
    let before = viewers(&server).await;
    assert_eq!(before.len(), 1);
    goes.open(&server.url("/watch/yard")).await;
    shows_a_picture(&goes).await;
    server.held("yard", 1).await;
    browser.close(goes).await;
    // It is out of the channel that nobody looks at any more, and the viewer stays who it was.
    soon("the viewer of one channel", async {
        loop {
            let now = viewers(&server).await;
            assert_eq!((now.len(), &now[0]["since_ms"]), (1, &before[0]["since_ms"]));
            if now[0]["channels"] == before[0]["channels"] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_card_and_a_display_that_lost_the_only_place_take_it_back_with_a_button() {
    let server = Server::configured(r#"channels: { "front": { concurrency: last } }"#, &[]).await;
    upload(&server, "front").await;
    upload(&server, "yard").await;
    let browser = Browser::launch().await;
    for (path, place, name) in [("/", ".card", "card"), ("/kiosk/front,yard", ".stage", "kiosk")] {
        let page = browser.page(Screen::Phone).await;
        page.open(&server.url(path)).await;
        page.wait_for("[...document.images].filter(img => img.naturalWidth === 320).length === 2").await;
        server.held("front", 1).await;
        let other = tokio::spawn(Subscriber::new(&server, "front?first=newest").request().wait());
        let button = format!("[...document.querySelectorAll('{place} .again')].find(button => button.offsetHeight > 0)");
        page.wait_for(&format!("{button}?.innerText === 'Watch here'")).await;
        assert_eq!(page.value(&format!("{button}.ariaLabel")).await, "Watch here: front");
        page.screenshot(&format!("phone-displaced-{name}")).await;
        let fits = format!(
            "(at => at.height >= 44 && at.width >= 44 && at.left >= 0 && at.right <= innerWidth)({button}.getBoundingClientRect())"
        );
        assert_eq!(page.value(&fits).await, true);
        page.click(&format!("{place}:first-child .again")).await;
        page.wait_for(&format!("!{button}")).await;
        other.abort();
        browser.close(page).await;
        server.held("front", 0).await;
    }
}
