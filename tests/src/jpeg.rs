//! Pictures: whether one is whole, how large it is, what it shows; and some to upload.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// The smallest WebP there is: one pixel, lossless.
pub const WEBP: &[u8] = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";

/// Decodes a JPEG, having checked that it begins with SOI, ends with the EOI that closes its scan, and has nothing behind it.
///
/// # Panics
/// If it is cut off, has something behind its end, or is no JPEG.
#[must_use]
#[track_caller]
pub fn whole(bytes: &[u8]) -> RgbImage {
    assert!(bytes.starts_with(&[0xFF, 0xD8]), "a JPEG begins with SOI: {:02x?}", &bytes[..bytes.len().min(8)]);
    assert_eq!(end(bytes), Some(bytes.len()), "a whole JPEG ends with its EOI");
    let decoded = image::load_from_memory_with_format(bytes, ImageFormat::Jpeg);
    decoded.unwrap_or_else(|error| panic!("a JPEG that can't be decoded: {error}")).into_rgb8()
}

/// Where the EOI of a JPEG ends: segments are stepped over by their length up to SOS, so that a thumbnail's markers don't count.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1).filter(|_| bytes[at] == 0xFF)?;
        let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
        at += 2 + length;
        if marker == 0xDA {
            break;
        }
    }
    let scan = bytes.get(at..)?;
    let eoi = scan.windows(2).position(|pair| pair == [0xFF, 0xD9])?;
    Some(at + eoi + 2)
}

/// A JPEG of one colour.
///
/// # Panics
/// Never for a size that JPEG has.
#[must_use]
pub fn jpeg(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    plain(width, height, colour, ImageFormat::Jpeg)
}

/// A JPEG of so many bytes, as large as no socket's buffers are: its scan goes on with nothing in it.
#[must_use]
pub fn big(bytes: usize) -> Vec<u8> {
    let mut picture = jpeg(64, 48, [200, 30, 30]);
    let end = picture.split_off(picture.len() - 2);
    picture.resize(bytes - end.len(), 0);
    picture.extend(end);
    picture
}

/// A PNG of one colour.
///
/// # Panics
/// Never for a size that PNG has.
#[must_use]
pub fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    plain(width, height, colour, ImageFormat::Png)
}

fn plain(width: u32, height: u32, colour: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let picture = DynamicImage::from(RgbImage::from_pixel(width, height, Rgb(colour)));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a plain picture can be encoded");
    bytes.into_inner()
}
