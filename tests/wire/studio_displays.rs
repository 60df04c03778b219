//! The displays in the window: one on a wall signs in, and does what is pressed there.

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::desktop::{Desktop, Window};
use cometcam_tests::server::{Server, folder};
use image::RgbImage;

use crate::pages::picture_changes;
use crate::studio_audience::{go_live, settings};

/// A place in the bar above that nothing covers, and one beside every dialog.
const BESIDE: (u32, u32) = (900, 20);

/// Whether the window is dimmed, as behind a dialog.
pub(crate) fn is_dimmed(screen: &RgbImage) -> bool {
    screen.get_pixel(BESIDE.0, BESIDE.1).0[2] < 24
}

/// Opens what the menu has at this place, counted from 1, by keyboard.
async fn open(desktop: &Desktop, window: &Window<'_>, name: &str, place: usize) {
    window.keys(&["Tab", "Return"]).await;
    window.keys(&vec!["Tab"; place]).await;
    window.keys(&["Return"]).await;
    desktop.shows(name, is_dimmed).await;
}

#[tokio::test]
async fn a_display_identifies_itself_loads_anew_and_shows_another_channel_when_it_is_told_so_at_the_window() {
    let (desktop, data) = (Desktop::start().await, folder());
    settings(data.path(), "viewing: { sound: false, notification: false }");
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    go_live(&desktop, &window).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/kiosk/front?display=Lobby")).await;
    picture_changes(&page, 2).await;

    // Pause, save, picture, folder, saving, viewers, guests, displays.
    open(&desktop, &window, "studio-displays", 8).await;
    // “Close” has the focus; before it are copy, open, forget, show, reload and identify.
    window.keys(&["shift+Tab"; 6]).await;
    window.keys(&["Return"]).await;
    page.wait_for("!document.querySelector('#identify').hidden && /Lobby/.test(document.body.innerText)").await;
    desktop.screenshot("studio-displays").await;

    let loaded = page.value("performance.timeOrigin").await;
    window.keys(&["Tab", "Return"]).await;
    page.wait_for(&format!("performance.timeOrigin !== {loaded}")).await;
    picture_changes(&page, 2).await;

    // Show…, and past “Forget” to the field.
    window.keys(&["Tab", "Return", "Tab", "Tab", "ctrl+a"]).await;
    window.keys(&["h", "a", "l", "l"]).await;
    desktop.screenshot("studio-displays-show").await;
    window.keys(&["Return"]).await;
    page.wait_for("location.pathname === '/kiosk/hall' && location.search === '?display=Lobby'").await;
    assert!(page.errors().is_empty(), "{:#?}", page.errors());
}
