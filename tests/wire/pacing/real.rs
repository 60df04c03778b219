//! One of those who watch is a page in Chromium, and says itself when it has painted what.

use cometcam_tests::browser::{Browser, Page, Screen};
use serde_json::Value;

use super::watcher::Painted;

/// A picture's address begins with the moment of its capture; the page fetches one at a time. What it then shows is painted with
/// the next frame of the screen. The server's clock is this machine's.
const NOTE: &str = "
    window.painted = [];
    let fetched = [];
    const real = window.fetch;
    window.fetch = (...how) => {
        const captured = /frames[/]front[/]([0-9]+)-/.exec(String(how[0]));
        if (captured) fetched = [Number(captured[1]), Date.now()];
        return real(...how);
    };
    new MutationObserver((changes) => {
        if (!changes.some(({ target, attributeName }) => target.tagName === 'IMG' && attributeName === 'src')) return;
        const [captured, asked] = fetched;
        // The last picture of who comes while none come has another address.
        if (captured === undefined) return;
        requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push([Date.now(), captured, asked])));
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['src'] });
";

pub(super) struct RealPage {
    page: Page,
    _browser: Browser,
}

impl RealPage {
    /// Opens the page of a channel, and waits for its first picture. It is on the same link as the others: what the server sends to
    /// this machine goes through its adapter as well.
    pub(super) async fn open(url: &str) -> Self {
        let browser = Browser::launch().await;
        let page = browser.page(Screen::Phone).await;
        page.prepare(NOTE).await;
        page.open(url).await;
        page.wait_for("[...document.images].some(img => img.naturalWidth > 0)").await;
        Self { page, _browser: browser }
    }

    pub(super) async fn painted(&self) -> Vec<Painted> {
        let painted = self.page.value("window.painted").await;
        let told = |value: &Value| value.as_u64().unwrap();
        let read = |each: &Value| {
            let [at_ms, captured_ms, asked_ms] = [0, 1, 2].map(|place| told(&each[place]));
            Painted { at_ms, age_ms: at_ms.saturating_sub(captured_ms), took_ms: at_ms.saturating_sub(asked_ms) }
        };
        painted.as_array().unwrap().iter().map(read).collect()
    }
}
