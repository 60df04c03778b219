//! The pages in a real browser: the pictures change, the truth is said in words, and nothing goes outside the server.

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use serde_json::{Value, json};

/// What the largest picture on the page shows, as a number; undefined while there is none.
const SHOWN: &str = r"(() => {
    const drawn = picture => picture.naturalWidth ?? picture.width;
    const seen = picture => picture.getClientRects().length && getComputedStyle(picture).visibility === 'visible';
    const [largest] = [...document.querySelectorAll('img, canvas')].filter(picture => drawn(picture) > 100 && seen(picture))
        .sort((a, b) => b.clientWidth * b.clientHeight - a.clientWidth * a.clientHeight);
    if (!largest) return undefined;
    const canvas = new OffscreenCanvas(64, 48), context = canvas.getContext('2d');
    context.drawImage(largest, 0, 0, 64, 48);
    return context.getImageData(0, 0, 64, 48).data.reduce((sum, value) => (sum * 31 + value) % 4294967291, 7);
})()";

pub(crate) async fn picture_changes(page: &Page, times: usize) {
    for _ in 0..times {
        page.wait_for(&format!("{SHOWN} !== undefined")).await;
        let shown = page.value(SHOWN).await;
        page.wait_for(&format!("![undefined, {shown}].includes({SHOWN})")).await;
    }
}

/// Waits until the page says this word, in whatever case.
async fn says(page: &Page, word: &str) {
    page.wait_for(&format!("/{word}/i.test(document.body.innerText)")).await;
}

/// Waits until the page's pill says that the channel is live.
async fn says_live(page: &Page) {
    page.wait_for("document.querySelector('.pill')?.dataset.state === 'LIVE'").await;
}

fn assert_clean(page: &Page, server: &Server) {
    assert!(page.errors().is_empty(), "{:#?}", page.errors());
    assert_eq!(page.requests_outside(&server.url("/")), Vec::<String>::new());
}

/// For a page that asks for a picture that is not there, and is told so: one that it was asking for at the moment when the
/// broadcast ended, or the last one of a broadcast that has none yet.
fn assert_clean_but_for_a_picture(page: &Page, server: &Server) {
    let is_picture = |error: &Value| {
        let entry = &error["params"]["entry"];
        let url = entry["url"].as_str().unwrap_or_default();
        let told = entry["text"].as_str().unwrap_or_default();
        (url.contains("/frames/") && told.contains("status of 410")) || (url.contains("/live/") && told.contains("status of 404"))
    };
    let (pictures, errors): (Vec<_>, Vec<_>) = page.errors().into_iter().partition(is_picture);
    assert!(pictures.len() <= 1 && errors.is_empty(), "{pictures:#?} {errors:#?}");
    assert_eq!(page.requests_outside(&server.url("/")), Vec::<String>::new());
}

#[tokio::test]
async fn every_page_shows_pictures_that_change_at_every_size_without_an_error_or_a_request_outside() {
    let server = Server::headless(&["--size", "640x480"]).await;
    let browser = Browser::launch().await;
    for screen in [Screen::Desktop, Screen::Phone] {
        for path in ["/watch/front", "/", "/kiosk/front"] {
            let page = browser.page(screen).await;
            page.open(&server.url(path)).await;
            picture_changes(&page, 3).await;
            page.screenshot(&format!("{screen:?}{}", path.replace('/', "-")).to_lowercase()).await;
            let overflow = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
            assert!(overflow.as_i64().unwrap() <= 0, "{path} scrolls sideways by {overflow} on {screen:?}");
            assert_clean(&page, &server);
        }
    }
}

#[tokio::test]
async fn the_list_shows_a_small_live_picture_of_each_channel() {
    let server = Server::alone(&[]).await;
    for channel in ["front", "yard"] {
        let _saved =
            server.upload(&format!("{channel}?publish"), "image/jpeg", jpeg::jpeg(320, 240, [200, 99, 9])).await.expect(201);
    }
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/")).await;
    says(&page, "front").await;
    says(&page, "yard").await;
    page.wait_for("[...document.images].filter(image => image.naturalWidth === 320).length === 2").await;
    assert_clean(&page, &server);
}

#[tokio::test]
async fn the_smallest_page_of_the_readme_shows_the_channel_as_it_stands_there() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, rest) = readme.split_once("```html\n").expect("README.md has a page");
    let (html, _) = rest.split_once("```").unwrap();
    assert!(html.lines().count() <= 20, "it is the smallest page:\n{html}");
    let site = folder();
    std::fs::write(site.path().join("index.html"), html).unwrap();
    let server = Server::headless(&["--site", &site.path().display().to_string()]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/")).await;
    picture_changes(&page, 3).await;
    assert_clean(&page, &server);
}

#[tokio::test]
async fn a_page_goes_on_by_itself_when_its_server_comes_back() {
    let data = folder();
    let options = ["--headless", "--source", "test-pattern", "--fps", "10"];
    let server = Server::start("cometcam", data.path(), &options).await;
    let browser = Browser::launch().await;
    let pages = [browser.page(Screen::Phone).await, browser.page(Screen::Phone).await];
    for (page, path) in pages.iter().zip(["/watch/front", "/kiosk/front"]) {
        page.open(&server.url(path)).await;
        page.show().await;
        picture_changes(page, 1).await;
        assert!(page.value("performance.timeOrigin").await.is_number());
    }
    let bind = server.address.to_string();
    assert!(server.stop().await.success());
    for page in &pages {
        page.show().await;
        says(page, "no connection|unreachable|ended").await;
    }
    let again = Server::start("cometcam", data.path(), &[&options[..], &["--bind", &bind]].concat()).await;
    for page in &pages {
        page.show().await;
        picture_changes(page, 3).await;
        assert_clean_but_for_a_picture(page, &again);
    }
}

#[tokio::test]
async fn a_pause_is_said_on_the_page_and_its_end_too() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/watch/front")).await;
    picture_changes(&page, 1).await;
    says_live(&page).await;
    let operator = server.operator_key();
    let control = |what: &str| server.call(Method::POST, &format!("/api/cameras/front/{what}")).key(&operator).send();
    assert!(control("pause").await.status.is_success());
    says(&page, "paused").await;
    assert!(control("resume").await.status.is_success());
    page.wait_for("!/paused/i.test(document.body.innerText)").await;
    picture_changes(&page, 2).await;
    assert_clean(&page, &server);
}

#[tokio::test]
async fn after_the_end_the_page_says_so_and_shows_no_picture() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    // A picture that comes before the page asks may be old enough to be a stall.
    server.held("front", 1).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::jpeg(320, 240, [200, 99, 9])).await.expect(201).json();
    page.wait_for(&format!("{SHOWN} !== undefined")).await;
    let before = page.value(SHOWN).await;
    let ended = json!({"type": "status", "state": "ended", "at_ms": 1});
    let _told = server.publisher(Method::POST, "front").body("application/json", ended.to_string()).send().await;
    says(&page, "ended|over").await;
    page.wait_for(&format!("{SHOWN} !== {before}")).await;
    let _gone = server.get(frame["url"].as_str().unwrap()).await.expect(410);
    page.screenshot("phone-ended").await;
    assert_clean(&page, &server);
}

#[tokio::test]
async fn a_silent_camera_is_said_with_its_reason() {
    let data = folder();
    let server = Server::start("cometcam", data.path(), &["--headless", "--source", "camera:No such camera"]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    says(&page, "not connected").await;
    page.screenshot("phone-stalled").await;
    assert_clean_but_for_a_picture(&page, &server);
}

#[tokio::test]
async fn a_hidden_page_stops_asking_and_goes_on_when_seen() {
    let server = Server::alone(&[]).await;
    let _saved = server.upload("front?publish", "image/jpeg", jpeg::jpeg(320, 240, [200, 99, 9])).await.expect(201);
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/watch/front")).await;
    server.held("front", 1).await;
    let other = browser.page(Screen::Desktop).await;
    other.show().await;
    page.wait_for("document.hidden").await;
    server.held("front", 0).await;
    page.show().await;
    server.held("front", 1).await;
    assert_clean(&page, &server);
}

#[tokio::test]
async fn one_page_of_many_channels_holds_one_poll() {
    let server = Server::alone(&[]).await;
    let channels = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for channel in channels {
        let _saved =
            server.upload(&format!("{channel}?publish"), "image/jpeg", jpeg::jpeg(320, 240, [200, 99, 9])).await.expect(201);
    }
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/")).await;
    for channel in channels {
        server.held(channel, 1).await;
    }
    page.wait_for("[...document.images].filter(image => image.naturalWidth === 320).length === 8").await;
    let polls: Vec<String> = page.requests().into_iter().filter(|url| url.contains("/sub/")).collect();
    assert!(!polls.is_empty());
    for poll in polls {
        let (_, named) = poll.split_once("/sub/").unwrap();
        let mut named: Vec<&str> = named.split('?').next().unwrap().split(',').collect();
        named.sort_unstable();
        assert_eq!(named, channels, "{poll}");
    }
    assert_clean(&page, &server);
}
