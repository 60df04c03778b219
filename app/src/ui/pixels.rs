//! A frame as pixels for the screen, no more of them than it shows.

use eframe::egui::{Color32, ColorImage};

use crate::decode::{DecodeError, Decoder, Rgba};
use crate::frame::Frame;

/// The pixels of `frame`, as viewers see it.
///
/// # Errors
/// If it is damaged or too large.
pub(super) fn pixels(decoder: &mut Decoder, frame: &Frame) -> Result<ColorImage, DecodeError> {
    let Rgba { size, pixels } = decoder.to_rgba(frame)?;
    Ok(ColorImage::from_rgba_premultiplied([size.width as usize, size.height as usize], &pixels))
}

/// `image`, made smaller by a whole factor if it is more than twice as large as the stage: the graphics card does the rest
/// without a flicker, and less has to be carried there.
pub(super) fn fitted(image: ColorImage, stage: [usize; 2]) -> ColorImage {
    let [width, height] = image.size;
    let factor = (width / stage[0].max(1)).max(height / stage[1].max(1)).clamp(1, 16);
    if factor == 1 { image } else { shrunk(&image, factor) }
}

/// Each pixel is the mean of `factor` by `factor` ones; a rest at the edges is cut off.
pub(super) fn shrunk(image: &ColorImage, factor: usize) -> ColorImage {
    let size = [(image.size[0] / factor).max(1), (image.size[1] / factor).max(1)];
    let square = u32::try_from(factor * factor).unwrap_or(u32::MAX);
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let mut sum = [square / 2; 3];
            for row in image.pixels.chunks_exact(image.size[0]).skip(y * factor).take(factor) {
                for pixel in row.iter().skip(x * factor).take(factor) {
                    for (sum, part) in sum.iter_mut().zip(pixel.to_array()) {
                        *sum += u32::from(part);
                    }
                }
            }
            let [r, g, b] = sum.map(|sum| u8::try_from(sum / square).unwrap_or(u8::MAX));
            pixels.push(Color32::from_rgb(r, g, b));
        }
    }
    ColorImage::new(size, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_is_made_smaller_by_a_whole_factor() {
        let size = |width, height| fitted(ColorImage::filled([width, height], Color32::WHITE), [640, 360]).size;
        assert_eq!(size(640, 360), [640, 360]);
        assert_eq!(size(1279, 719), [1279, 719]);
        assert_eq!(size(1280, 720), [640, 360]);
        assert_eq!(size(3840, 2160), [640, 360]);
        assert_eq!(size(1, 16_384), [1, 1_024]);
    }

    #[test]
    fn a_smaller_picture_has_the_mean_colour() {
        let image = ColorImage::new([2, 2], vec![Color32::BLACK, Color32::WHITE, Color32::WHITE, Color32::BLACK]);
        assert_eq!(shrunk(&image, 2).pixels, [Color32::from_rgb(128, 128, 128)]);
    }
}
