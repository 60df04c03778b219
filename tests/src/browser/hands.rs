//! Fingers and windows: what a person does with a page beyond a click.

use serde_json::{Value, json};

use super::{Browser, Page, Screen};

/// Steps of a movement; each is seen by the page.
const STEPS: i32 = 8;

/// A place on a page, in its pixels.
type Point = (f64, f64);

impl Browser {
    /// A new window with one tab, seen beside the others.
    pub async fn window(&self, screen: Screen) -> Page {
        self.target(screen, json!({"url": "about:blank", "newWindow": true})).await
    }

    /// Closes a tab.
    pub async fn close(&self, page: Page) {
        self.wire.call(None, "Target.closeTarget", json!({"targetId": page.target})).await;
    }
}

impl Page {
    /// Does this in each page from now on, before its own scripts.
    pub async fn prepare(&self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// The place of the page that the screen covers at its edges, as the notch of a phone does: so many pixels at the top.
    pub async fn notch(&self, top: u32) {
        self.call("Emulation.setSafeAreaInsetsOverride", json!({"insets": {"top": top, "topMax": top}})).await;
    }

    /// Where an element is: left, top, width and height.
    ///
    /// # Panics
    /// If there is none.
    pub async fn place(&self, selector: &str) -> (f64, f64, f64, f64) {
        let selector = Value::from(selector);
        let place = format!(
            "(() => {{ const box = document.querySelector({selector}).getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; }})()"
        );
        let place = self.value(&place).await;
        let side = |index: usize| place[index].as_f64().expect("a number");
        (side(0), side(1), side(2), side(3))
    }

    /// Fingers that are set down, moved and lifted, each from one place to another.
    pub async fn fingers(&self, ways: &[(Point, Point)]) {
        self.fingers_down(ways).await;
        self.touch("touchEnd", json!([])).await;
    }

    /// Like [`Page::fingers`], and they stay where they are.
    pub async fn fingers_down(&self, ways: &[(Point, Point)]) {
        for step in 0..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let at = |((from_x, from_y), (to_x, to_y)): &(Point, Point)| json!({"x": from_x + (to_x - from_x) * share, "y": from_y + (to_y - from_y) * share});
            let points: Vec<Value> = ways.iter().map(at).collect();
            self.touch(if step == 0 { "touchStart" } else { "touchMove" }, json!(points)).await;
        }
    }

    async fn touch(&self, kind: &str, points: Value) {
        self.call("Input.dispatchTouchEvent", json!({"type": kind, "touchPoints": points})).await;
    }

    /// The wheel, turned over an element by so many pixels: away from the person if negative.
    ///
    /// # Panics
    /// If there is no such element.
    pub async fn wheel(&self, selector: &str, pixels: i32) {
        let at = self.middle(selector).await;
        let event = json!({"type": "mouseWheel", "x": at[0], "y": at[1], "deltaX": 0, "deltaY": pixels});
        self.call("Input.dispatchMouseEvent", event).await;
    }
}
