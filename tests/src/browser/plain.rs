//! Pages as they are with scripts switched off, or changed before they run.

use serde_json::json;

use super::Page;
use crate::deadline::soon;

impl Page {
    /// Runs no scripts from now on, as a browser in which they are switched off.
    pub async fn without_scripts(&self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// Whether there is such an element, also where no scripts run.
    pub async fn has(&self, selector: &str) -> bool {
        let document = self.call("DOM.getDocument", json!({"depth": 0})).await;
        let query = json!({"nodeId": document["root"]["nodeId"], "selector": selector});
        // While the next page comes there is no node with that number.
        self.try_call("DOM.querySelector", query).await.is_ok_and(|found| found["nodeId"] != 0)
    }

    /// Opens an address where no scripts run, and waits until its first element is there.
    ///
    /// # Panics
    /// If it can't be reached.
    pub async fn visit(&self, url: &str) {
        let opened = self.call("Page.navigate", json!({"url": url})).await;
        assert!(opened["errorText"].is_null(), "{url}: {}", opened["errorText"]);
        self.when(&format!("{url} is loaded"), async || self.has("body > *").await).await;
    }

    /// Runs this before the scripts of each page that is opened from now on.
    pub async fn at_each_start(&self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Tells no more of the page's requests from now on, for one that makes very many.
    pub async fn forget_requests(&self) {
        self.call("Network.disable", json!({})).await;
    }

    /// Waits until there is no such element, also where no scripts run.
    ///
    /// # Panics
    /// If there always is one.
    pub async fn lacks(&self, selector: &str) {
        self.when(&format!("{selector} is gone"), async || self.has("body > *").await && !self.has(selector).await).await;
    }

    /// Waits until there is such an element, also where no scripts run and the page comes again and again.
    ///
    /// # Panics
    /// If there never is one.
    pub async fn gets(&self, selector: &str) {
        self.when(&format!("{selector} is there"), async || self.has(selector).await).await;
    }

    async fn when(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let holds = async {
            while !is_so().await {
                tokio::task::yield_now().await;
            }
        };
        soon(what, holds).await;
    }
}
