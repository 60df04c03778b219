//! A picture on its way from a source to the wire.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::retouch::Retouch;

/// Width and height in pixels; written `1280x720`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size {
    /// Pixels in a row, 1 to 16384.
    pub width: u32,
    /// Rows, 1 to 16384.
    pub height: u32,
}

impl Size {
    /// The longest side that anything here handles, in pixels.
    pub const MAX_SIDE: u32 = 16_384;

    /// A size without checks of its range; for sizes that come from code, not from people.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Whether each side is from 1 to [`Size::MAX_SIDE`].
    #[must_use]
    pub fn is_possible(self) -> bool {
        let sides = 1..=Self::MAX_SIDE;
        sides.contains(&self.width) && sides.contains(&self.height)
    }

    /// Pixels in the picture.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A size that can't be meant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” is no size: write WIDTHxHEIGHT in pixels, as in 1280x720, each side from 1 to 16384")]
pub struct SizeError(String);

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let side = |digits: &str| digits.trim().parse().ok();
        text.split_once(['x', 'X', '×'])
            .and_then(|(width, height)| Some(Self { width: side(width)?, height: side(height)? }))
            .filter(|size| size.is_possible())
            .ok_or_else(|| SizeError(text.to_owned()))
    }
}

impl TryFrom<String> for Size {
    type Error = SizeError;

    fn try_from(text: String) -> Result<Self, SizeError> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

/// How the bytes of a [`Frame`] are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelFormat {
    /// One whole JPEG file, from its SOI to its EOI marker and nothing behind it.
    Jpeg,
    /// Packed 4:2:2, two bytes a pixel: Y0 U Y1 V, in the limited range of BT.601 (16 to 235).
    Yuyv,
    /// Planar 4:2:0: a plane of Y, then one of interleaved U and V at half the size each way; limited range.
    Nv12,
    /// Packed 8 bits each of red, green, blue.
    Rgb,
    /// Packed 8 bits each of blue, green, red.
    Bgr,
}

impl PixelFormat {
    /// How many bytes a picture of this size has; `None` for [`PixelFormat::Jpeg`], which has as many as it has. Chroma of odd
    /// sizes is rounded up.
    #[must_use]
    pub fn bytes_of(self, size: Size) -> Option<usize> {
        let (width, height) = (size.width as usize, size.height as usize);
        match self {
            Self::Jpeg => None,
            Self::Yuyv => Some(width.div_ceil(2) * 4 * height),
            Self::Nv12 => Some(width * height + width.div_ceil(2) * 2 * height.div_ceil(2)),
            Self::Rgb | Self::Bgr => Some(width * height * 3),
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Yuyv => "YUYV",
            Self::Nv12 => "NV12",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
        })
    }
}

/// One picture as its source gave it. Rows are without padding. Cheap to clone: the bytes are shared.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The picture, and nothing else, in `format`.
    pub bytes: Bytes,
    /// How to read `bytes`.
    pub format: PixelFormat,
    /// Of the picture.
    pub size: Size,
    /// The source's own count, from 0 at its opening; a gap is a picture that the source lost.
    pub number: u64,
    /// When each stage was done with it.
    pub times: StageTimes,
    /// What is to be done to it before anybody sees it; `None`: nothing, and its bytes go out as they are.
    pub retouch: Option<Arc<Retouch>>,
}

/// The bytes are not a picture of the size that the frame says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {format} picture of {size} has {expected} bytes, but {got} came: choose another size or format of the camera")]
pub struct LengthError {
    /// Of the frame.
    pub format: PixelFormat,
    /// Of the frame.
    pub size: Size,
    /// What such a picture has.
    pub expected: usize,
    /// What the frame has.
    pub got: usize,
}

impl Frame {
    /// Checks that there are as many bytes as pixels need; of a JPEG nothing is known.
    ///
    /// # Errors
    /// [`LengthError`].
    pub fn check_length(&self) -> Result<(), LengthError> {
        let (format, size, got) = (self.format, self.size, self.bytes.len());
        match format.bytes_of(size) {
            Some(expected) if expected != got => Err(LengthError { format, size, expected, got }),
            _ => Ok(()),
        }
    }
}

/// A picture as it goes to viewers: always a JPEG.
#[derive(Debug, Clone)]
pub struct EncodedFrame {
    /// One whole JPEG file.
    pub jpeg: Bytes,
    /// Of the picture.
    pub size: Size,
    /// Of the [`Frame`] it came from.
    pub number: u64,
    /// When each stage was done with it.
    pub times: StageTimes,
}

/// The way of one picture in time: latency is data.
#[derive(Debug, Clone, Copy)]
pub struct StageTimes {
    /// When the picture was taken, as well as the source can tell.
    pub captured: Instant,
    /// When it was in this program's hands.
    pub dequeued: Instant,
    /// When it was a JPEG; `None` before.
    pub encoded: Option<Instant>,
    /// When it was stored and its message sent, which is one step; `None` before.
    pub published: Option<Instant>,
}

impl StageTimes {
    /// Of a picture that has just come into this program's hands.
    #[must_use]
    pub fn new(captured: Instant, dequeued: Instant) -> Self {
        Self { captured, dequeued, encoded: None, published: None }
    }

    /// For a source that knows no better than that the picture was taken now.
    #[must_use]
    pub fn captured_now() -> Self {
        let now = Instant::now();
        Self::new(now, now)
    }
}

/// How long after its capture each stage was done with it.
impl fmt::Display for StageTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = |done: Instant| done.saturating_duration_since(self.captured).as_millis();
        write!(f, "in hand after {} ms", after(self.dequeued))?;
        if let Some(encoded) = self.encoded {
            write!(f, ", a JPEG after {} ms", after(encoded))?;
        }
        if let Some(published) = self.published {
            write!(f, ", published after {} ms", after(published))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_stages_are_told_from_the_capture_on() {
        let captured = Instant::now();
        let at = |ms| captured + Duration::from_millis(ms);
        let times = StageTimes { encoded: Some(at(9)), ..StageTimes::new(captured, at(4)) };
        assert_eq!(times.to_string(), "in hand after 4 ms, a JPEG after 9 ms");
        let times = StageTimes { published: Some(at(10)), ..times };
        assert_eq!(times.to_string(), "in hand after 4 ms, a JPEG after 9 ms, published after 10 ms");
    }
}
