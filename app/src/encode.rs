//! From a frame of any format to a JPEG. A frame that is one already, and to which nothing is to be done, passes through untouched.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use bytes::Bytes;
use mozjpeg::ColorSpace;

use crate::frame::{EncodedFrame, Frame, LengthError, PixelFormat, Size, StageTimes};
use crate::planes::{FillError, Planes, compressor};
use crate::retouch::{Retouch, Retoucher};

/// Compresses frames, one after the other; keeps its working memory between them.
#[derive(Debug)]
pub struct Encoder {
    quality: u8,
    planes: Planes,
    retoucher: Retoucher,
}

/// Why a frame could not be compressed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Its bytes are of another size.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// The size is zero or beyond [`Size::MAX_SIDE`].
    #[error("a picture of {0} can't be compressed: each side must be from 1 to 16384")]
    Size(Size),
    /// Something is to be done to it, and it can't be read.
    #[error(transparent)]
    Fill(FillError),
    /// The JPEG library gave up.
    #[error("the picture could not be compressed: {0}")]
    Library(String),
}

impl From<FillError> for EncodeError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Length(error) => Self::Length(error),
            error => Self::Fill(error),
        }
    }
}

impl Encoder {
    /// `quality` is the JPEG scale from 1 (small) to 100 (large); 80 looks good.
    #[must_use]
    pub fn new(quality: u8) -> Self {
        Self { quality: quality.clamp(1, 100), planes: Planes::default(), retoucher: Retoucher::default() }
    }

    /// Makes a JPEG of `frame`, after what is to be done to it; one that is a JPEG, and to which nothing is, is not copied. The size
    /// is that of the JPEG.
    ///
    /// # Errors
    /// [`EncodeError`] if the frame's bytes are not what its size and format say.
    pub fn encode(&mut self, frame: &Frame) -> Result<EncodedFrame, EncodeError> {
        let (jpeg, size) = match &frame.retouch {
            Some(retouch) => self.retouch(frame, retouch)?,
            None if frame.format == PixelFormat::Jpeg => (frame.bytes.clone(), frame.size),
            None => (self.compress(frame)?, frame.size),
        };
        let times = StageTimes { encoded: Some(Instant::now()), ..frame.times };
        Ok(EncodedFrame { jpeg, size, number: frame.number, times })
    }

    fn retouch(&mut self, frame: &Frame, retouch: &Retouch) -> Result<(Bytes, Size), EncodeError> {
        let planes = self.retoucher.apply(frame, retouch)?;
        let size = planes.size();
        Ok((contained(|| planes.compress(self.quality))?, size))
    }

    fn compress(&mut self, frame: &Frame) -> Result<Bytes, EncodeError> {
        let Frame { bytes, format, size, .. } = frame;
        if !size.is_possible() {
            return Err(EncodeError::Size(*size));
        }
        frame.check_length()?;
        match format {
            PixelFormat::Rgb => contained(|| compress_packed(bytes, *size, ColorSpace::JCS_EXT_RGB, self.quality)),
            PixelFormat::Bgr => contained(|| compress_packed(bytes, *size, ColorSpace::JCS_EXT_BGR, self.quality)),
            PixelFormat::Yuyv | PixelFormat::Nv12 | PixelFormat::Jpeg => {
                self.planes.fill(frame)?;
                contained(|| self.planes.compress(self.quality))
            }
        }
    }
}

/// The library reports every error by a panic, through its C code.
fn contained(compress: impl FnOnce() -> std::io::Result<Vec<u8>>) -> Result<Bytes, EncodeError> {
    match catch_unwind(AssertUnwindSafe(compress)) {
        Ok(Ok(jpeg)) => Ok(Bytes::from(jpeg.into_boxed_slice())),
        Ok(Err(error)) => Err(EncodeError::Library(error.to_string())),
        Err(_) => Err(EncodeError::Library("the JPEG library refused it".to_owned())),
    }
}

fn compress_packed(bytes: &[u8], size: Size, colors: ColorSpace, quality: u8) -> std::io::Result<Vec<u8>> {
    let mut started = compressor(size, colors, quality).start_compress(Vec::new())?;
    started.write_scanlines(bytes)?;
    started.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [PixelFormat; 4] = [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Rgb, PixelFormat::Bgr];
    /// A colour, and what BT.601 makes of it in limited range.
    const COLORS: [([u8; 3], [u8; 3]); 5] = [
        ([255, 255, 255], [235, 128, 128]),
        ([0, 0, 0], [16, 128, 128]),
        ([255, 0, 0], [81, 90, 240]),
        ([0, 0, 255], [41, 240, 110]),
        ([100, 150, 200], [137, 157, 102]),
    ];

    /// A picture of one colour, in any format.
    fn plain(format: PixelFormat, size: Size, [r, g, b]: [u8; 3], [y, u, v]: [u8; 3]) -> Frame {
        let len = format.bytes_of(size).unwrap();
        let bytes: Vec<u8> = match format {
            PixelFormat::Yuyv => [y, u, y, v].into_iter().cycle().take(len).collect(),
            PixelFormat::Nv12 => {
                let luma = size.area() as usize;
                std::iter::repeat_n(y, luma).chain([u, v].into_iter().cycle().take(len - luma)).collect()
            }
            PixelFormat::Rgb => [r, g, b].into_iter().cycle().take(len).collect(),
            PixelFormat::Bgr => [b, g, r].into_iter().cycle().take(len).collect(),
            PixelFormat::Jpeg => unreachable!(),
        };
        Frame { bytes: bytes.into(), format, size, number: 7, times: StageTimes::captured_now(), retouch: None }
    }

    fn decode(jpeg: &[u8]) -> image::RgbImage {
        image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).unwrap().into_rgb8()
    }

    #[test]
    fn colours_survive_in_every_format_and_size() {
        let mut encoder = Encoder::new(90);
        for format in FORMATS {
            for size in [Size::new(1, 1), Size::new(17, 33), Size::new(16, 16), Size::new(322, 24), Size::new(64, 49)] {
                for (rgb, yuv) in COLORS {
                    let encoded = encoder.encode(&plain(format, size, rgb, yuv)).unwrap();
                    let picture = decode(&encoded.jpeg);
                    assert_eq!(picture.dimensions(), (size.width, size.height));
                    for pixel in picture.pixels() {
                        let off = pixel.0.iter().zip(rgb).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                        assert!(off <= 6, "{format} {size}: {pixel:?} for {rgb:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn pixels_stay_where_they_are() {
        // Left half dark, lower half reddish, in a size that is no multiple of anything.
        let size = Size::new(42, 26);
        let mut bytes = Vec::new();
        for row in 0..size.height {
            for pair in 0..size.width / 2 {
                let luma = if pair < size.width / 4 { 40 } else { 200 };
                bytes.extend([luma, 128, luma, if row < 13 { 128 } else { 170 }]);
            }
        }
        let frame = Frame {
            bytes: bytes.into(),
            format: PixelFormat::Yuyv,
            size,
            number: 0,
            times: StageTimes::captured_now(),
            retouch: None,
        };
        let picture = decode(&Encoder::new(90).encode(&frame).unwrap().jpeg);
        let at = |x, y| picture.get_pixel(x, y).0.map(i32::from);
        assert!(at(38, 3)[1] - at(4, 3)[1] > 100, "dark left, bright right");
        assert!(at(38, 22)[0] - at(38, 22)[2] > 30, "red below");
        assert!((at(38, 3)[0] - at(38, 3)[2]).abs() < 12, "grey above");
    }

    #[test]
    fn a_jpeg_passes_through_without_a_copy() {
        let bytes = Bytes::from_static(b"\xff\xd8 whatever it is \xff\xd9");
        let times = StageTimes::captured_now();
        let frame =
            Frame { bytes: bytes.clone(), format: PixelFormat::Jpeg, size: Size::new(640, 480), number: 3, times, retouch: None };
        let encoded = Encoder::new(80).encode(&frame).unwrap();
        assert_eq!(encoded.jpeg.as_ptr(), bytes.as_ptr());
        assert_eq!((encoded.number, encoded.size), (3, frame.size));
        assert!(encoded.times.encoded.is_some());
    }

    #[test]
    fn wrong_lengths_and_sizes_are_errors() {
        let mut encoder = Encoder::new(80);
        for format in FORMATS {
            let good = plain(format, Size::new(20, 10), [0; 3], [16, 128, 128]);
            for len in [0, good.bytes.len() - 1] {
                let short = Frame { bytes: good.bytes.slice(..len), ..good.clone() };
                assert!(matches!(encoder.encode(&short), Err(EncodeError::Length(error)) if error.got == len));
            }
            for size in [Size::new(0, 10), Size::new(10, 0), Size::new(Size::MAX_SIDE + 1, 1)] {
                assert_eq!(encoder.encode(&Frame { size, ..good.clone() }).unwrap_err(), EncodeError::Size(size));
            }
            assert!(encoder.encode(&good).is_ok(), "an error leaves the encoder as good as new");
        }
    }
}
