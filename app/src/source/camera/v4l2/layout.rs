//! From a driver's buffer to a picture, and from its numbers to ours.

use bytes::Bytes;
use v4l::format::Format;

use super::offers::pixel_format;
use crate::frame::{PixelFormat, Size};
use crate::source::jpeg;

/// How a picture lies in the driver's buffer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layout {
    pub(super) format: PixelFormat,
    pub(super) size: Size,
    /// Bytes from one row to the next, without padding and as the driver has it.
    row: usize,
    stride: usize,
    rows: usize,
}

impl Layout {
    pub(super) fn new(format: &Format) -> Option<Self> {
        let pixels = pixel_format(format.fourcc)?;
        let size = Size::new(format.width, format.height);
        let (width, height) = (size.width as usize, size.height as usize);
        let (row, rows) = match pixels {
            PixelFormat::Jpeg => (0, 0),
            PixelFormat::Yuyv => (width.div_ceil(2) * 4, height),
            // The rows of chroma lie below those of luma, at the same distance.
            PixelFormat::Nv12 => (width, height + height.div_ceil(2)),
            PixelFormat::Rgb | PixelFormat::Bgr => (width * 3, height),
        };
        let fits = (1..=Size::MAX_SIDE).contains(&size.width) && (1..=Size::MAX_SIDE).contains(&size.height);
        // An odd NV12 row is shorter than its chroma's: no driver makes it.
        let even = pixels != PixelFormat::Nv12 || width.is_multiple_of(2);
        (fits && even).then_some(Self { format: pixels, size, row, stride: (format.stride as usize).max(row), rows })
    }

    /// The picture alone, in one copy out of the driver's memory; `None` if it is not whole.
    pub(super) fn picture(&self, bytes: &[u8]) -> Option<(Bytes, Size)> {
        if self.format == PixelFormat::Jpeg {
            return jpeg::picture(bytes);
        }
        let used = self.stride * (self.rows - 1) + self.row;
        let bytes = bytes.get(..used)?;
        let picture = if self.stride == self.row {
            Bytes::copy_from_slice(bytes)
        } else {
            bytes.chunks(self.stride).flat_map(|row| &row[..self.row]).copied().collect()
        };
        Some((picture, self.size))
    }
}

/// From the driver's sequence numbers to ours, which begin with 0 and never go back.
#[derive(Debug, Default)]
pub(super) struct Count {
    last: Option<(u32, u64)>,
}

impl Count {
    pub(super) fn of(&mut self, sequence: u32) -> u64 {
        let number = self.last.map_or(0, |(last, number)| {
            let step = sequence.wrapping_sub(last);
            // Some drivers don't count, and some begin anew.
            number + u64::from(if step == 0 || step > u32::MAX / 2 { 1 } else { step })
        });
        self.last = Some((sequence, number));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v4l::format::FourCC;

    #[test]
    fn numbers_go_on_and_keep_their_gaps() {
        let mut count = Count::default();
        let numbers: Vec<_> = [5, 6, 9, 9, 10, 3, u32::MAX, 0, 2].map(|sequence| count.of(sequence)).to_vec();
        assert_eq!(numbers, [0, 1, 4, 5, 6, 7, 8, 9, 11]);
    }

    #[test]
    fn rows_lose_their_padding() {
        let mut format = Format::new(2, 3, FourCC::new(b"RGB3"));
        format.stride = 8;
        let layout = Layout::new(&format).unwrap();
        let padded: Vec<u8> = [[1, 1, 1, 2, 2, 2, 0, 0], [3, 3, 3, 4, 4, 4, 0, 0], [5, 5, 5, 6, 6, 6, 0, 0]].concat();
        let (picture, size) = layout.picture(&padded).unwrap();
        assert_eq!(picture[..], [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6]);
        assert_eq!(Some(picture.len()), PixelFormat::Rgb.bytes_of(size));
        assert!(layout.picture(&padded[..22]).is_some(), "the last row needs no padding");
        assert!(layout.picture(&padded[..21]).is_none());
    }

    #[test]
    fn layouts_agree_with_the_lengths_of_frames() {
        for fourcc in [b"YUYV", b"NV12", b"RGB3", b"BGR3"] {
            let layout = Layout::new(&Format::new(6, 5, FourCC::new(fourcc))).unwrap();
            let (picture, size) = layout.picture(&[0; 200]).unwrap();
            assert_eq!(Some(picture.len()), layout.format.bytes_of(size));
        }
        assert_eq!(Layout::new(&Format::new(6, 5, FourCC::new(b"GREY"))), None);
        assert_eq!(Layout::new(&Format::new(0, 5, FourCC::new(b"MJPG"))), None);
    }
}
