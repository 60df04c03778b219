//! The narrowest screens that people still have, and names that are too long for them.

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::server::Server;

const LONG: &str = "garage-with-a-very-long-name-that-does-not-fit-anywhere-at-all";

#[tokio::test]
async fn a_long_name_pushes_nothing_off_the_page() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    for channel in [LONG, "yard"] {
        let picture = jpeg::jpeg(320, 240, [200, 99, 9]);
        let _saved = server.upload(&format!("{channel}?publish"), "image/jpeg", picture).await.expect(201);
    }
    for path in ["/", &format!("/watch/{LONG}"), &format!("/kiosk/{LONG},yard"), "/kiosk/setup"] {
        let page = browser.page(Screen::Narrow).await;
        page.open(&server.url(path)).await;
        page.wait_for(&format!("document.body.innerText.includes('{LONG}')")).await;
        // A phone widens the page itself to what is in it.
        page.wait_for("innerWidth === 320 && document.documentElement.scrollWidth === 320").await;
        browser.close(page).await;
    }
}
