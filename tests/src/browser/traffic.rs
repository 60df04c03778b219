//! What went over the network for a page, and what went wrong.

use std::collections::HashMap;

use serde_json::Value;

use super::{Page, text};
use crate::deadline::soon;

impl Page {
    /// The errors that the page wrote to its console or threw, and those that the browser logged for it; not the failures to
    /// reach a server, which are a viewer's daily bread: see [`Page::unreached`].
    #[must_use]
    pub fn errors(&self) -> Vec<Value> {
        self.events(|event| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] == "error" || event["params"]["type"] == "warning",
            Some("Log.entryAdded") => {
                let entry = &event["params"]["entry"];
                entry["level"] == "error" && !(entry["source"] == "network" && text(&entry["text"]).contains("net::ERR_"))
            }
            _ => false,
        })
    }

    /// The requests in the order in which they went out, `true` and the address, and ended, `false` and the address.
    #[must_use]
    pub fn traffic(&self) -> Vec<(bool, String)> {
        let mut addresses = HashMap::new();
        let mut traffic = Vec::new();
        for event in self.events(|event| event["params"]["requestId"].is_string()) {
            let id = text(&event["params"]["requestId"]);
            let at = event["params"]["timestamp"].as_f64().unwrap_or_default();
            match event["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    let url = text(&event["params"]["request"]["url"]);
                    traffic.push((at, true, url.clone()));
                    addresses.insert(id, url);
                }
                Some("Network.loadingFinished" | "Network.loadingFailed") => {
                    traffic.extend(addresses.remove(&id).map(|url| (at, false, url)));
                }
                _ => {}
            }
        }
        // The events themselves come from two processes, in whatever order.
        traffic.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        traffic.into_iter().map(|(_, begins, url)| (begins, url)).collect()
    }

    /// The requests that no server answered.
    #[must_use]
    pub fn unreached(&self) -> Vec<Value> {
        self.events(|event| event["method"] == "Network.loadingFailed")
    }

    /// The address of each request that the page made.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        let sent = self.events(|event| event["method"] == "Network.requestWillBeSent");
        sent.iter().map(|event| text(&event["params"]["request"]["url"])).collect()
    }

    /// Waits until the page has made so many requests for different addresses that have this in them.
    ///
    /// # Panics
    /// If it never does.
    pub async fn requested(&self, what: &str, count: usize) {
        let made = async {
            loop {
                let wanted: std::collections::HashSet<_> = self.requests().into_iter().filter(|url| url.contains(what)).collect();
                if wanted.len() >= count {
                    return;
                }
                self.wire.happened().await;
            }
        };
        soon(&format!("{count} requests for {what}"), made).await;
    }

    /// The requests that went elsewhere than to addresses that begin with `origin`, or to the page's own memory.
    #[must_use]
    pub fn requests_outside(&self, origin: &str) -> Vec<String> {
        let inside = |url: &String| [origin, "data:", "blob:", "about:"].iter().any(|prefix| url.starts_with(prefix));
        self.requests().into_iter().filter(|url| !inside(url)).collect()
    }
}
