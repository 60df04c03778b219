//! What a page looks like.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{Page, text};
use crate::deadline::soon;

impl Page {
    /// What it looks like, written to `tests/out/NAME.png` for people.
    ///
    /// # Panics
    /// If it can't be written.
    pub async fn screenshot(&self, name: &str) {
        let picture = self.picture("png").await;
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("out");
        std::fs::create_dir_all(&folder).expect("tests/out can be made");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("tests/out can be written");
    }

    /// What it looks like, as `png` or `jpeg`.
    ///
    /// # Panics
    /// If it can't be had.
    pub async fn picture(&self, format: &str) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", json!({"format": format})).await;
        BASE64.decode(text(&shot["data"]).as_bytes()).expect("DevTools sends Base64")
    }

    /// The next `count` pictures that the browser puts on its screen: when, in milliseconds of the Unix epoch, and what, as JPEG.
    ///
    /// # Panics
    /// If they don't come.
    pub async fn painted(&self, count: usize) -> Vec<(f64, Vec<u8>)> {
        let mut painted = Vec::new();
        self.paints(|at_ms, picture| {
            painted.push((at_ms, picture));
            painted.len() == count
        })
        .await;
        painted
    }

    /// Tells each picture that the browser puts on its screen, as [`Page::painted`], until `seen` has seen enough.
    ///
    /// # Panics
    /// If they don't come.
    pub async fn paints(&self, mut seen: impl FnMut(f64, Vec<u8>) -> bool) {
        let is_frame = |event: &Value| event["method"] == "Page.screencastFrame";
        let mut told = self.events(is_frame).len();
        self.call("Page.startScreencast", json!({"format": "jpeg", "quality": 70})).await;
        let mut enough = false;
        while !enough {
            soon("a painted frame", self.wire.happened()).await;
            let frames = self.events(is_frame);
            for frame in frames.iter().skip(told).map(|frame| &frame["params"]) {
                self.call("Page.screencastFrameAck", json!({"sessionId": frame["sessionId"]})).await;
                let picture = BASE64.decode(text(&frame["data"]).as_bytes()).expect("DevTools sends Base64");
                enough = enough || seen(frame["metadata"]["timestamp"].as_f64().unwrap_or_default() * 1000.0, picture);
            }
            told = frames.len();
        }
        self.call("Page.stopScreencast", json!({})).await;
    }
}
