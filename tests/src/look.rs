//! What the window looks like: where things are in it at its first size, and what can be read off it.

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use image::{Rgb, RgbImage, imageops};

/// The big button in the lower right corner of the window.
pub const BUTTON: (i32, i32) = (-168, -43);
/// Places on it that no letter covers.
const ON_BUTTON: [(u32, u32); 4] = [(830, 660), (830, 695), (1080, 660), (1080, 695)];
/// The dot in the bar above, before the word that tells the state.
const DOT: (u32, u32) = (127, 26);
/// Left, top, width and height of the picture in the window.
const PREVIEW: (u32, u32, u32, u32) = (16, 131, 752, 423);

fn colour(screen: &RgbImage, (x, y): (u32, u32)) -> [i32; 3] {
    screen.get_pixel(x, y).0.map(i32::from)
}

/// Whether all of these places are red, as nothing is but what is live; bright, or behind a question.
fn is_red(screen: &RgbImage, places: &[(u32, u32)]) -> bool {
    places.iter().map(|place| colour(screen, *place)).all(|[red, green, blue]| red > green + 40 && red > blue + 40)
}

/// Whether the window invites to go live, in full light or behind a question.
#[must_use]
pub fn is_ready(screen: &RgbImage) -> bool {
    let is_blue = |[red, _, blue]: [i32; 3]| blue > red + 30;
    ON_BUTTON.iter().all(|place| is_blue(colour(screen, *place))) && !is_red(screen, &[DOT])
}

/// Whether the window says that it is live, and offers to stop.
#[must_use]
pub fn is_live(screen: &RgbImage) -> bool {
    is_red(screen, &ON_BUTTON) && is_red(screen, &[DOT])
}

/// Whether something lies over the window, so that it is darker than it was.
#[must_use]
pub fn is_behind_a_question(screen: &RgbImage, before: &RgbImage) -> bool {
    let light = |screen, place| colour(screen, place).iter().sum::<i32>();
    ON_BUTTON.iter().chain([&DOT]).all(|place| light(screen, *place) * 10 < light(before, *place) * 8)
}

/// The picture that the window shows.
#[must_use]
pub fn preview(screen: &RgbImage) -> RgbImage {
    let (left, top, width, height) = PREVIEW;
    imageops::crop_imm(screen, left, top, width, height).to_image()
}

/// The number in the picture that the window shows. What the window writes over its blocks makes them darker, but not black.
#[must_use]
pub fn number_shown(screen: &RgbImage) -> Option<u32> {
    let mut preview = preview(screen);
    for Rgb(pixel) in preview.pixels_mut() {
        *pixel = if pixel.iter().any(|light| *light > 50) { [255; 3] } else { [0; 3] };
    }
    read_number(&preview, Size::new(preview.width(), preview.height()))
}

/// What the QR code on a screen says.
#[must_use]
pub fn code_on(screen: &RgbImage) -> Option<String> {
    let grey = imageops::grayscale(screen);
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        grey.get_pixel(u32::try_from(x).unwrap_or_default(), u32::try_from(y).unwrap_or_default()).0[0]
    });
    prepared.detect_grids().iter().find_map(|grid| Some(grid.decode().ok()?.1))
}
