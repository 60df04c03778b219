//! What the camera sees in the pictures: a boat on a lake, drawn in `assets/pictures/lake.svg`.

use std::path::Path;

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::server::folder;
use image::RgbImage;
use tempfile::TempDir;

/// The boat comes from the right and leaves to the left in so many pictures.
/// No part of a minute, so that those of the last minute differ.
const PICTURES: i32 = 52;

/// A folder called `Lake`, in another one, with the pictures of a camera.
pub(crate) async fn camera(browser: &Browser) -> TempDir {
    let parent = folder();
    let lake = parent.path().join("Lake");
    std::fs::create_dir(&lake).expect("a folder can be made");
    let page = browser.page(Screen::Of { width: 1280, height: 720, scale: 1, mobile: false }).await;
    let drawing = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/pictures/lake.svg");
    page.open(&format!("file://{}", drawing.canonicalize().expect("the drawing is there").display())).await;
    for number in 0..PICTURES {
        let (x, y) = (1400 - number * 1520 / PICTURES, 476 + (number % 9 - 4).abs());
        let (waves, turn) = (number % 15 * 4, f64::from(number % 18 - 9).abs() / 3.0 - 1.5);
        let draw = format!(
            "document.querySelector('#boat').setAttribute('transform', 'translate({x} {y}) rotate({turn})'),
             document.querySelector('#waves').setAttribute('transform', 'translate({waves} 0)'), 0"
        );
        let _drawn = page.value(&draw).await;
        let picture = page.picture("jpeg").await;
        std::fs::write(lake.join(format!("{number:04}.jpg")), picture).expect("a picture can be written");
    }
    browser.close(page).await;
    parent
}

/// Whether the boat is to be seen, whole, in the middle half of a picture.
pub(crate) fn has_boat(picture: &RgbImage) -> bool {
    let is_hull = |pixel: &image::Rgb<u8>| {
        let [red, green, blue] = pixel.0.map(i32::from);
        (140..190).contains(&red) && green < 90 && blue < 80 && red > green + 70
    };
    // Nothing else is so wide in this red; what is live is brighter.
    let widest =
        picture.rows().map(|row| row.enumerate().filter(|(_, pixel)| is_hull(pixel)).map(|(x, _)| x as u32).collect::<Vec<_>>());
    let widest = widest.max_by_key(Vec::len).unwrap_or_default();
    let (from, to) = (picture.width() / 4, picture.width() * 3 / 4);
    widest.len() as u32 * 14 > picture.width() && widest.iter().all(|x| (from..to).contains(x))
}
