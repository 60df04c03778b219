//! The picture enlarged, by fingers, wheel and keys, and filling the page where there is no full screen.

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::server::Server;

const IS_LIVE: &str = "document.querySelector('.pill')?.dataset.state === 'LIVE'";

/// How much the picture is enlarged, and how far it was moved.
async fn view(page: &Page) -> (f64, f64, f64) {
    let matrix = page
        .value("(() => { const view = new DOMMatrix(getComputedStyle(document.querySelector('img')).transform); return [view.a, view.e, view.f]; })()")
        .await;
    let part = |index: usize| matrix[index].as_f64().unwrap();
    (part(0), part(1), part(2))
}

#[tokio::test]
async fn two_fingers_enlarge_the_picture_and_not_the_page_and_one_moves_it_within_its_bounds() {
    let server = Server::headless(&["--size", "640x360"]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    page.wait_for(IS_LIVE).await;
    let (x, y, width, height) = page.place(".stage").await;
    let (middle, line) = (x + width / 2.0, y + height / 2.0);
    page.fingers(&[((middle - 30.0, line), (middle - 90.0, line)), ((middle + 30.0, line), (middle + 90.0, line))]).await;
    let (scale, across, down) = view(&page).await;
    assert!((2.5..3.5).contains(&scale) && across.abs() < 20.0 && down.abs() < 20.0, "{scale} {across} {down}");
    assert_eq!(page.value("visualViewport.scale").await, 1, "the page itself is as large as before");
    page.wait_for("document.querySelector('#whole').innerText.includes('Whole picture')").await;
    page.screenshot("phone-enlarged").await;
    for _ in 0..4 {
        page.fingers(&[((middle - 100.0, line - 60.0), (middle + 100.0, line + 60.0))]).await;
    }
    let (scale, across, down) = view(&page).await;
    let (most_across, most_down) = (width * (scale - 1.0) / 2.0, height * (scale - 1.0) / 2.0);
    assert!(
        (across - most_across).abs() < 2.0 && (down - most_down).abs() < 2.0,
        "{across} of {most_across}, {down} of {most_down}"
    );
    // Chromium takes no touch for a tap as long as it holds that the one before is still gliding.
    while page.value("document.querySelector('#whole').hidden").await == false {
        page.tap("#whole").await;
    }
    for enlarged in [true, false] {
        page.fingers(&[((middle + 50.0, line), (middle + 50.0, line))]).await;
        page.fingers(&[((middle + 50.0, line), (middle + 50.0, line))]).await;
        page.wait_for(&format!("document.querySelector('.stage').classList.contains('enlarged') === {enlarged}")).await;
    }
    assert!(page.errors().is_empty(), "{:#?}", page.errors());
}

#[tokio::test]
async fn the_wheel_enlarges_what_is_under_it_and_keys_do_so_too() {
    let server = Server::headless(&["--size", "640x360"]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    page.wait_for(IS_LIVE).await;
    let enlarged = "document.querySelector('.stage').classList.contains('enlarged')";
    page.wheel(".stage", -240).await;
    page.wait_for(enlarged).await;
    page.wheel(".stage", 2400).await;
    page.wait_for(&format!("!{enlarged}")).await;
    let _focused = page.value("document.querySelector('#screen').focus()").await;
    for key in ["+", "+", "+", "+"] {
        page.press(key).await;
    }
    let (scale, before, _) = view(&page).await;
    page.press("ArrowRight").await;
    let (_, after, _) = view(&page).await;
    assert!(scale > 2.0 && after < before, "{scale}: {before}, {after}");
    page.press("-").await;
    assert!(view(&page).await.0 < scale);
    page.press("0").await;
    assert!(!page.value(enlarged).await.as_bool().unwrap());
}

#[tokio::test]
async fn without_a_full_screen_the_picture_fills_the_page_and_the_way_out_stays_to_be_seen() {
    let server = Server::headless(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.prepare("Object.defineProperty(document, 'fullscreenEnabled', { value: false })").await;
    page.open(&server.url("/watch/front")).await;
    page.show().await;
    page.notch(47).await;
    page.wait_for(IS_LIVE).await;
    page.tap("#fill").await;
    page.wait_for("document.querySelector('#screen').classList.contains('filling')").await;
    assert_eq!(page.place("#screen").await, (0.0, 0.0, 390.0, 844.0));
    page.wait_for("document.documentElement.classList.contains('idle')").await;
    page.wait_for("getComputedStyle(document.querySelector('.pill')).opacity === '0'").await;
    assert_eq!(page.value("getComputedStyle(document.querySelector('#leave')).opacity").await, "1");
    let (_, top, _, _) = page.place("#leave").await;
    assert!(top >= 47.0, "it is under the notch: {top}");
    page.screenshot("phone-filled").await;
    page.tap("#leave").await;
    page.wait_for("!document.querySelector('#screen').classList.contains('filling')").await;
}
