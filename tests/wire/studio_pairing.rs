//! Pairing at the window: its code is read off the screen, typed on a phone, and the phone is sent away again.

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::desktop::Desktop;
use cometcam_tests::server::{Server, folder};
use image::RgbImage;

use crate::access::code;
use crate::studio_audience::{go_live, settings};
use crate::studio_displays::is_dimmed;

/// Left, top, right and bottom of the code in a window that is live to this computer.
const CODE: [u32; 4] = [796, 196, 976, 246];

/// A letter as it stands on the screen: which of its pixels are light, row by row, and how many there are in one.
type Letter = (usize, Vec<bool>);

/// What stands in the place of the code, letter by letter.
fn letters(screen: &RgbImage) -> Vec<Letter> {
    let [left, top, right, bottom] = CODE;
    let is_light = |x, y| screen.get_pixel(x, y).0[1] > 120;
    let has_light = |x: u32| (top..bottom).any(|y| is_light(x, y));
    let columns: Vec<u32> = (left..right).collect();
    let runs = columns.chunk_by(|one, other| has_light(*one) == has_light(*other)).filter(|run| has_light(run[0]));
    let letter = |run: &[u32]| {
        let rows = (top..bottom).flat_map(|y| run.iter().map(move |x| (*x, y)));
        (run.len(), rows.map(|(x, y)| is_light(x, y)).collect())
    };
    runs.map(letter).collect()
}

/// How little two letters are alike.
fn difference((width, one): &Letter, (other_width, other): &Letter) -> usize {
    // One may stand a fraction of a pixel beside the other.
    let wide = (*width).max(*other_width);
    let padded = |width: usize, pixels: &[bool]| -> Vec<bool> {
        pixels.chunks(width).flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(false, wide - width))).collect()
    };
    let (one, other) = (padded(*width, one), padded(*other_width, other));
    one.iter().zip(&other).filter(|(one, other)| one != other).count()
}

/// Reads the code, as soon as another one stands there than `before`. Each code has six digits.
async fn shown(desktop: &Desktop, before: &[Letter]) -> Vec<Letter> {
    let is_other = |screen: &RgbImage| {
        let now = letters(screen);
        now.len() == 6 && now != before
    };
    letters(&desktop.shows("studio-code", is_other).await)
}

#[tokio::test]
async fn a_phone_types_the_code_of_the_window_and_sees_the_picture_until_it_is_revoked_there() {
    let (desktop, data) = (Desktop::start().await, folder());
    settings(data.path(), "viewing: { guard: code, sound: false, notification: false }");
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    go_live(&desktop, &window).await;
    let own = shown(&desktop, &[]).await;

    // What digits look like is learnt from codes that the server tells.
    let (mut known, mut now) = (Vec::<(char, Letter)>::new(), own);
    while ('0'..='9').any(|digit| known.iter().all(|(known, _)| *known != digit)) {
        let digits = code(&server).await;
        now = shown(&desktop, &now).await;
        known.extend(digits.chars().zip(now.iter().cloned()));
    }
    // Menu, copy, who was let in, new code.
    window.keys(&["Tab", "Tab", "Tab", "Tab", "Return"]).await;
    let made = shown(&desktop, &now).await;
    let read = |letter: &Letter| known.iter().min_by_key(|(_, known)| difference(known, letter)).unwrap().0;
    let made: String = made.iter().map(read).collect();

    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/watch/front")).await;
    page.wait_for("document.activeElement.name === 'word'").await;
    for digit in made.chars() {
        page.press(&digit.to_string()).await;
    }
    page.tap(".go").await;
    let shows = "[...document.images].some(image => image.naturalWidth > 100 && image.getClientRects().length)";
    page.wait_for(&format!("location.pathname === '/watch/front' && {shows}")).await;
    page.screenshot("phone-paired").await;

    // Back to “Who was let in”; there “Close” has the focus, and “Revoke” is before it.
    window.keys(&["shift+Tab", "Return"]).await;
    desktop.shows("studio-guests", is_dimmed).await;
    window.keys(&["shift+Tab", "Return"]).await;
    page.wait_for(&format!("!{shows}")).await;
    page.open(&server.url("/watch/front")).await;
    page.wait_for("document.activeElement.name === 'word'").await;
    desktop.screenshot("studio-revoked").await;
}
