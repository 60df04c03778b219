//! Pictures as JPEG has them inside: luma and chroma apart, in full range.

use mozjpeg::ColorSpace;

use super::compressor;
use crate::frame::Size;

/// How many of the rows of a picture have chroma of their own.
#[derive(Debug, Clone, Copy)]
pub(super) enum ChromaRows {
    All,
    Half,
}

/// Y, U and V apart and in full range, as JPEG has them, padded to whole blocks by repeating the last column and row.
#[derive(Debug, Default)]
pub(super) struct Planes {
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Planes {
    /// Strides in samples: of luma, of each chroma.
    fn strides(size: Size) -> (usize, usize) {
        let width = size.width as usize;
        (width.next_multiple_of(8), width.div_ceil(2).next_multiple_of(8))
    }

    fn resize(&mut self, size: Size, luma_rows: usize, chroma_rows: usize) {
        let (luma, chroma) = Self::strides(size);
        self.y.resize(luma * luma_rows, 0);
        self.u.resize(chroma * chroma_rows, 0);
        self.v.resize(chroma * chroma_rows, 0);
    }

    pub(super) fn fill_from_yuyv(&mut self, bytes: &[u8], size: Size) {
        let (width, height) = (size.width as usize, size.height as usize);
        let (luma, chroma) = Self::strides(size);
        let rows = height.next_multiple_of(8);
        self.resize(size, rows, rows);
        let pairs = width.div_ceil(2);
        let planes = self.y.chunks_exact_mut(luma).zip(self.u.chunks_exact_mut(chroma)).zip(self.v.chunks_exact_mut(chroma));
        for (((y, u), v), row) in planes.zip(bytes.chunks_exact(pairs * 4)) {
            for (((y, u), v), pair) in y.chunks_exact_mut(2).zip(u.iter_mut()).zip(v.iter_mut()).zip(row.chunks_exact(4)) {
                y[0] = FULL_LUMA[usize::from(pair[0])];
                *u = FULL_CHROMA[usize::from(pair[1])];
                y[1] = FULL_LUMA[usize::from(pair[2])];
                *v = FULL_CHROMA[usize::from(pair[3])];
            }
            repeat_last(y, width);
            repeat_last(u, pairs);
            repeat_last(v, pairs);
        }
        repeat_last_row(&mut self.y, luma, height);
        repeat_last_row(&mut self.u, chroma, height);
        repeat_last_row(&mut self.v, chroma, height);
    }

    pub(super) fn fill_from_nv12(&mut self, bytes: &[u8], size: Size) {
        let (width, height) = (size.width as usize, size.height as usize);
        let (luma, chroma) = Self::strides(size);
        let rows = height.next_multiple_of(16);
        self.resize(size, rows, rows / 2);
        let (luma_bytes, chroma_bytes) = bytes.split_at(width * height);
        for (y, row) in self.y.chunks_exact_mut(luma).zip(luma_bytes.chunks_exact(width)) {
            for (y, sample) in y.iter_mut().zip(row) {
                *y = FULL_LUMA[usize::from(*sample)];
            }
            repeat_last(y, width);
        }
        let pairs = width.div_ceil(2);
        let planes = self.u.chunks_exact_mut(chroma).zip(self.v.chunks_exact_mut(chroma));
        for ((u, v), row) in planes.zip(chroma_bytes.chunks_exact(pairs * 2)) {
            for ((u, v), pair) in u.iter_mut().zip(v.iter_mut()).zip(row.chunks_exact(2)) {
                *u = FULL_CHROMA[usize::from(pair[0])];
                *v = FULL_CHROMA[usize::from(pair[1])];
            }
            repeat_last(u, pairs);
            repeat_last(v, pairs);
        }
        repeat_last_row(&mut self.y, luma, height);
        repeat_last_row(&mut self.u, chroma, height.div_ceil(2));
        repeat_last_row(&mut self.v, chroma, height.div_ceil(2));
    }

    pub(super) fn compress(&self, size: Size, chroma_rows: ChromaRows, quality: u8) -> std::io::Result<Vec<u8>> {
        let mut compressor = compressor(size, ColorSpace::JCS_YCbCr, quality);
        let pixel = match chroma_rows {
            ChromaRows::All => (2, 1),
            ChromaRows::Half => (2, 2),
        };
        compressor.set_chroma_sampling_pixel_sizes(pixel, pixel);
        compressor.set_raw_data_in(true);
        let mut started = compressor.start_compress(Vec::new())?;
        if !started.write_raw_data(&[&self.y, &self.u, &self.v]) {
            return Err(std::io::Error::other("the JPEG library took no more rows"));
        }
        started.finish()
    }
}

/// Pads `row` after its first `used` samples.
fn repeat_last(row: &mut [u8], used: usize) {
    let last = row[used - 1];
    row[used..].fill(last);
}

/// Pads `plane` below its first `used` rows.
fn repeat_last_row(plane: &mut [u8], stride: usize, used: usize) {
    for end in (used * stride..plane.len()).step_by(stride) {
        plane.copy_within(end - stride..end, end);
    }
}

/// Cameras give luma from 16 to 235 and chroma from 16 to 240 (BT.601), JPEG wants 0 to 255 for both (JFIF).
const FULL_LUMA: [u8; 256] = full_range(16, 16, 219);
const FULL_CHROMA: [u8; 256] = full_range(128, 16, 224);

/// The table that stretches the `span` values from `lowest` on to 255, leaving `zero` where JPEG has its zero.
const fn full_range(zero: i32, lowest: i32, span: i32) -> [u8; 256] {
    let full_zero = if zero == lowest { 0 } else { zero };
    let mut table = [0; 256];
    let mut value = 0;
    while value < 256 {
        let distance = (value - zero) * 255;
        let half = if distance < 0 { -span / 2 } else { span / 2 };
        let full = full_zero + (distance + half) / span;
        let full = if full < 0 { 0 } else { full };
        table[value as usize] = if full > 255 { 255 } else { full as u8 };
        value += 1;
    }
    table
}
