//! From a frame of any format to pixels for the screen.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};

use crate::frame::{Frame, LengthError, PixelFormat, Size};
use crate::planes::FillError;
use crate::retouch::Retoucher;

/// Pixels in rows from the top, 4 bytes each: red, green, blue, and 255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rgba {
    /// Of the picture.
    pub size: Size,
    /// `width × height × 4` bytes.
    pub pixels: Vec<u8>,
}

/// Why a frame can't be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Its bytes are of another size.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// Larger than [`MAX_AREA`], or with a side beyond [`Size::MAX_SIDE`].
    #[error("a picture of {0} is too large to be shown: choose a smaller size")]
    TooLarge(Size),
    /// The bytes are no JPEG, or a damaged one.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
}

/// The most pixels a picture may have: a header of a few bytes must not make the program ask for gigabytes.
pub const MAX_AREA: u64 = 64 * 1024 * 1024;

impl From<FillError> for DecodeError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Length(error) => Self::Length(error),
            FillError::Size(size) => Self::TooLarge(size),
            FillError::Damaged(cause) => Self::Damaged(cause),
        }
    }
}

/// Decodes frames, one after the other, as viewers see them: what is to be done to them is done by the same code.
#[derive(Debug, Default)]
pub struct Decoder {
    retoucher: Retoucher,
}

impl Decoder {
    /// The pixels of `frame`, after what is to be done to it.
    ///
    /// # Errors
    /// [`DecodeError`] if it is damaged or too large; whatever the bytes are, there is no panic.
    pub fn to_rgba(&mut self, frame: &Frame) -> Result<Rgba, DecodeError> {
        match &frame.retouch {
            Some(retouch) => Ok(self.retoucher.apply(frame, retouch)?.to_rgba()),
            None => to_rgba(frame),
        }
    }
}

/// Decodes `frame` as its source gave it. The size is the picture's own, which in a JPEG can be another one than the frame says.
///
/// # Errors
/// [`DecodeError`] if it is damaged or too large; whatever the bytes are, there is no panic.
pub(crate) fn to_rgba(frame: &Frame) -> Result<Rgba, DecodeError> {
    let Frame { bytes, format, size, .. } = frame;
    if *format == PixelFormat::Jpeg {
        return catch_unwind(AssertUnwindSafe(|| decode_jpeg(bytes)))
            .unwrap_or_else(|_| Err(DecodeError::Damaged("the decoder gave up".to_owned())));
    }
    bound(*size)?;
    frame.check_length()?;
    let width = size.width as usize;
    let mut pixels = vec![255; width * size.height as usize * 4];
    if !pixels.is_empty() {
        match format {
            PixelFormat::Yuyv => from_yuyv(bytes, width, &mut pixels),
            PixelFormat::Nv12 => from_nv12(bytes, width, &mut pixels),
            PixelFormat::Bgr => from_packed(bytes, |[b, g, r]| [r, g, b], &mut pixels),
            PixelFormat::Rgb | PixelFormat::Jpeg => from_packed(bytes, |rgb| rgb, &mut pixels),
        }
    }
    Ok(Rgba { size: *size, pixels })
}

fn bound(size: Size) -> Result<(), DecodeError> {
    let fits = size.width <= Size::MAX_SIDE && size.height <= Size::MAX_SIDE && size.area() <= MAX_AREA;
    if fits { Ok(()) } else { Err(DecodeError::TooLarge(size)) }
}

fn decode_jpeg(bytes: &[u8]) -> Result<Rgba, DecodeError> {
    let damaged = |error: image::ImageError| DecodeError::Damaged(error.to_string());
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    bound(size)?;
    let pixels = DynamicImage::from_decoder(decoder).map_err(damaged)?.into_rgba8().into_raw();
    Ok(Rgba { size, pixels })
}

fn from_yuyv(bytes: &[u8], width: usize, pixels: &mut [u8]) {
    for (row, out) in bytes.chunks_exact(width.div_ceil(2) * 4).zip(pixels.chunks_exact_mut(width * 4)) {
        for ([y0, u, y1, v], out) in row.as_chunks().0.iter().zip(out.as_chunks_mut().0.chunks_mut(2)) {
            let chroma = Chroma::new(*u, *v);
            for (luma, out) in [*y0, *y1].into_iter().zip(out) {
                *out = chroma.with(luma);
            }
        }
    }
}

fn from_nv12(bytes: &[u8], width: usize, pixels: &mut [u8]) {
    let (luma, chroma) = bytes.split_at(pixels.len() / 4);
    let chroma_stride = width.div_ceil(2) * 2;
    for (number, (row, out)) in luma.chunks_exact(width).zip(pixels.chunks_exact_mut(width * 4)).enumerate() {
        let chroma = &chroma[number / 2 * chroma_stride..][..chroma_stride];
        for ((pair, [u, v]), out) in row.chunks(2).zip(chroma.as_chunks().0).zip(out.as_chunks_mut().0.chunks_mut(2)) {
            let chroma = Chroma::new(*u, *v);
            for (luma, out) in pair.iter().zip(out) {
                *out = chroma.with(*luma);
            }
        }
    }
}

fn from_packed(bytes: &[u8], order: impl Fn([u8; 3]) -> [u8; 3], pixels: &mut [u8]) {
    for (pixel, out) in bytes.as_chunks().0.iter().zip(pixels.as_chunks_mut().0) {
        let [r, g, b] = order(*pixel);
        *out = [r, g, b, 255];
    }
}

/// What U and V add to red, green and blue, in 256ths: BT.601, limited range.
struct Chroma {
    red: i32,
    green: i32,
    blue: i32,
}

impl Chroma {
    fn new(u: u8, v: u8) -> Self {
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        Self { red: 409 * v + 128, green: -100 * u - 208 * v + 128, blue: 516 * u + 128 }
    }

    /// The pixel of this chroma and of `luma`.
    fn with(&self, luma: u8) -> [u8; 4] {
        let luma = 298 * (i32::from(luma) - 16);
        let color = |chroma: i32| ((luma + chroma) >> 8).clamp(0, 255) as u8;
        [color(self.red), color(self.green), color(self.blue), 255]
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::encode::Encoder;
    use crate::frame::StageTimes;

    fn frame(format: PixelFormat, size: Size, bytes: impl Into<Bytes>) -> Frame {
        Frame { bytes: bytes.into(), format, size, number: 0, times: StageTimes::captured_now(), retouch: None }
    }

    #[test]
    fn every_format_gives_the_same_colours() {
        let size = Size::new(3, 3);
        let rgb = [100, 150, 200];
        let (y, u, v) = (137, 157, 102);
        let yuyv = [y, u, y, v].repeat(2 * 3);
        let nv12 = [[y].repeat(9), [u, v].repeat(4)].concat();
        let packed = frame(PixelFormat::Rgb, size, rgb.repeat(9));
        let jpeg = Encoder::new(95).encode(&packed).unwrap().jpeg;
        for frame in [
            frame(PixelFormat::Yuyv, size, yuyv),
            frame(PixelFormat::Nv12, size, nv12),
            frame(PixelFormat::Bgr, size, [200, 150, 100].repeat(9)),
            frame(PixelFormat::Jpeg, size, jpeg),
            packed,
        ] {
            let picture = to_rgba(&frame).unwrap();
            assert_eq!((picture.size, picture.pixels.len()), (size, 36));
            for pixel in picture.pixels.chunks_exact(4) {
                assert!(pixel.iter().zip([100, 150, 200, 255]).all(|(a, b)| a.abs_diff(b) <= 4), "{} {pixel:?}", frame.format);
            }
        }
    }

    #[test]
    fn whatever_the_bytes_are_there_is_no_panic() {
        let whole = Encoder::new(80).encode(&frame(PixelFormat::Rgb, Size::new(40, 30), vec![90; 3600])).unwrap().jpeg;
        let mut random = 1_u32;
        for cut in 0..whole.len() {
            let mut bytes = whole.to_vec();
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bytes[cut] = (random >> 24) as u8;
            if random & 1 == 0 {
                bytes.truncate(cut);
            }
            // Damaged pictures may or may not decode; only the panic is wrong.
            drop(to_rgba(&frame(PixelFormat::Jpeg, Size::new(40, 30), bytes)));
        }
        for format in [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Rgb, PixelFormat::Bgr] {
            assert!(to_rgba(&frame(format, Size::new(4, 4), vec![0; 7])).is_err());
            assert!(to_rgba(&frame(format, Size::new(0, 0), vec![])).is_ok());
        }
    }

    #[test]
    fn a_header_alone_takes_no_memory() {
        // A whole JPEG whose header is changed to say 65,535 in height.
        let jpeg = Encoder::new(80).encode(&frame(PixelFormat::Rgb, Size::new(40, 30), vec![90; 3600])).unwrap().jpeg;
        let mut bytes = jpeg.to_vec();
        let sof = bytes.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
        bytes[sof + 5..sof + 7].copy_from_slice(&[0xff, 0xff]);
        let error = to_rgba(&frame(PixelFormat::Jpeg, Size::new(40, 30), bytes)).unwrap_err();
        assert_eq!(error, DecodeError::TooLarge(Size::new(40, 65_535)));
    }
}
