//! What the pages say, in a real browser, of everything that can happen to a broadcast; each state is also a picture for
//! people, in `tests/out`.

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::Value;

/// Waits until a state stands on the page: in the pill, or as a display has none, in its title.
async fn says(page: &Page, words: &str) {
    page.wait_for(&format!(
        "`${{document.body.innerText}} ${{document.title}}`.toLowerCase().includes('{}')",
        words.to_lowercase()
    ))
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
            let overflow = page.value("document.documentElement.scrollWidth - innerWidth").await;
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
        page.open(&server.url(path)).await;
        says(&page, "LIVE").await;
        look(&page, &format!("{name}-live")).await;
        assert!(control("pause").await.status.is_success());
        says(&page, "The camera is paused").await;
        look(&page, &format!("{name}-paused")).await;
        assert!(control("resume").await.status.is_success());
        says(&page, "LIVE").await;
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
