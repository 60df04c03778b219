//! Chromium, driven through its DevTools protocol: <https://chromedevtools.github.io/devtools-protocol/>.

mod devtools;
mod hands;
mod plain;
mod sight;
mod traffic;

use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;

use self::devtools::DevTools;
use crate::deadline::PATIENCE;
use crate::program::{Output, Program};

/// One browser at a time: two would share two cores with the servers under test, and all deadlines with each other.
static ONE: Semaphore = Semaphore::const_new(1);

/// What Debian, Google and Ubuntu call it.
const NAMES: [&str; 3] = ["chromium", "google-chrome", "chromium-browser"];

const OPTIONS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox", // it would not start as root, as CI does
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--hide-scrollbars",
    "--mute-audio",
    "--remote-debugging-port=0",
];

/// A running Chromium with an empty profile. Drop ends it.
#[derive(Debug)]
pub struct Browser {
    wire: Arc<DevTools>,
    reader: JoinHandle<()>,
    _program: Program,
    _profile: TempDir,
    _turn: SemaphorePermit<'static>,
}

/// A tab.
#[derive(Debug)]
pub struct Page {
    wire: Arc<DevTools>,
    session: String,
    target: String,
}

/// How large a page is, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 1280x800 with a mouse.
    Desktop,
    /// 390x844, three pixels to each, with touch.
    Phone,
    /// 320x568 with touch: the narrowest that people still have.
    Narrow,
    /// Any other.
    Of {
        /// In the page's own pixels.
        width: u32,
        /// In the page's own pixels.
        height: u32,
        /// Of the screen's pixels, how many to each of the page's, along a side.
        scale: u32,
        /// With touch, as phones have it.
        mobile: bool,
    },
}

impl Browser {
    /// Starts one, once no other test has one.
    ///
    /// # Panics
    /// If there is none on this machine.
    pub async fn launch() -> Self {
        Self::launch_with(None).await
    }

    /// Starts one that calls itself so in all that it asks (the header `User-Agent`), as another browser on another device would.
    ///
    /// # Panics
    /// If there is none on this machine.
    pub async fn launch_as(name: &str) -> Self {
        Self::launch_with(Some(format!("--user-agent={name}"))).await
    }

    async fn launch_with(option: Option<String>) -> Self {
        let turn = ONE.acquire().await.expect("the semaphore is never closed");
        let profile = crate::server::folder();
        let mut command = Command::new(installed());
        command.args(OPTIONS).args(option).arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let program = Program::start(command);
        let prefix = "DevTools listening on ";
        let line = program.line(Output::Stderr, "Chromium's DevTools address", |line| line.starts_with(prefix)).await;
        let (wire, reader) = DevTools::connect(&line[prefix.len()..]).await;
        Self { wire, reader, _program: program, _profile: profile, _turn: turn }
    }

    /// A new tab, in front of the others, with nothing in it.
    pub async fn page(&self, screen: Screen) -> Page {
        self.target(screen, json!({"url": "about:blank"})).await
    }

    async fn target(&self, screen: Screen, how: Value) -> Page {
        let created = self.wire.call(None, "Target.createTarget", how).await;
        let target = text(&created["targetId"]);
        let attached = self.wire.call(None, "Target.attachToTarget", json!({"targetId": target, "flatten": true})).await;
        let page = Page { wire: Arc::clone(&self.wire), session: text(&attached["sessionId"]), target };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        page.screen(screen).await;
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Page {
    /// Makes it so large from now on.
    pub async fn screen(&self, screen: Screen) {
        let (width, height, scale, mobile) = match screen {
            Screen::Desktop => (1280, 800, 1, false),
            Screen::Phone => (390, 844, 3, true),
            Screen::Narrow => (320, 568, 2, true),
            Screen::Of { width, height, scale, mobile } => (width, height, scale, mobile),
        };
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile});
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
        self.call("Emulation.setTouchEmulationEnabled", json!({"enabled": mobile})).await;
    }

    /// Asks for `dark` or `light`, as the system's setting would.
    pub async fn colour_scheme(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Opens an address and waits until the page is loaded.
    ///
    /// # Panics
    /// If it can't be reached.
    pub async fn open(&self, url: &str) {
        let opened = self.call("Page.navigate", json!({"url": url})).await;
        assert!(opened["errorText"].is_null(), "{url}: {}", opened["errorText"]);
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'").await;
    }

    /// What a JavaScript expression comes to; a promise is awaited.
    ///
    /// # Panics
    /// If it throws.
    pub async fn value(&self, expression: &str) -> Value {
        self.try_value(expression).await.unwrap_or_else(|fault| panic!("{expression}: {fault}"))
    }

    /// Waits until an expression is true in the page, whatever the page is in the meantime.
    ///
    /// # Panics
    /// If it never is; with the text that the page shows.
    pub async fn wait_for(&self, expression: &str) {
        // The page looks again at each turn of its own timer; the promise comes back when it sees it.
        let promise = format!(
            "new Promise(seen => {{ const look = () => {{ if ({expression}) seen(true); else setTimeout(look, 20); }}; look(); }})"
        );
        let holds = async {
            // A navigation breaks the promise, and the next page is asked.
            while self.try_value(&promise).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(PATIENCE, holds).await.is_err() {
            let shown = self.try_value("document.body.innerText").await;
            panic!("the page never came to this: {expression}\nIt shows: {shown:?}\nIts errors: {:#?}", self.errors());
        }
    }

    /// Brings the tab to the front; the one that was there becomes hidden.
    pub async fn show(&self) {
        self.wire.call(None, "Target.activateTarget", json!({"targetId": self.target})).await;
    }

    /// A click, as a person's, in the middle of the first element that the selector finds.
    ///
    /// # Panics
    /// If there is none.
    pub async fn click(&self, selector: &str) {
        let at = self.middle(selector).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    async fn middle(&self, selector: &str) -> Value {
        let middle = format!(
            "(() => {{ const box = document.querySelector({}).getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            Value::from(selector)
        );
        self.value(&middle).await
    }

    /// A touch, as a person's, in the middle of the first element that the selector finds.
    ///
    /// # Panics
    /// If there is none.
    pub async fn tap(&self, selector: &str) {
        let at = self.middle(selector).await;
        let points = json!([{"x": at[0], "y": at[1]}]);
        self.call("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": points})).await;
        self.call("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []})).await;
    }

    /// A key, pressed and let go: a letter, or one by its name.
    pub async fn press(&self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Escape" => 27,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            letter => letter.to_ascii_uppercase().bytes().next().map_or(0, i64::from),
        };
        let text = if key.len() == 1 { key } else { "" };
        for (kind, text) in [("keyDown", text), ("keyUp", "")] {
            let event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text});
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Lets no request through from now on whose address fits one of these patterns, as in `*/client/*`.
    pub async fn block(&self, patterns: &[&str]) {
        self.call("Network.setBlockedURLs", json!({"urls": patterns})).await;
    }

    /// Bytes in use by scripts, and how many nodes there are, after everything that nobody needs was thrown away.
    ///
    /// # Panics
    /// If DevTools doesn't say so.
    pub async fn memory(&self) -> (f64, u64) {
        self.call("HeapProfiler.collectGarbage", json!({})).await;
        let heap = self.call("Runtime.getHeapUsage", json!({})).await;
        let counters = self.call("Memory.getDOMCounters", json!({})).await;
        (heap["usedSize"].as_f64().expect("bytes"), counters["nodes"].as_u64().expect("a number"))
    }

    fn events(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.wire.events(&self.session, wanted)
    }

    async fn try_value(&self, expression: &str) -> Result<Value, String> {
        let arguments = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let answer = self.wire.try_call(Some(&self.session), "Runtime.evaluate", arguments).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(thrown.to_string()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    async fn try_call(&self, method: &str, arguments: Value) -> Result<Value, String> {
        self.wire.try_call(Some(&self.session), method, arguments).await
    }

    async fn call(&self, method: &str, arguments: Value) -> Value {
        self.wire.call(Some(&self.session), method, arguments).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn installed() -> &'static str {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &&&str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    NAMES.iter().find(there).expect("no Chromium here: `make test` installs it")
}
