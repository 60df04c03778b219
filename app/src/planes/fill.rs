//! Into planes, from every format.

use super::{FillError, Planes, Sampling, bound};
use crate::frame::{Frame, PixelFormat};

impl Planes {
    /// Takes in the picture of `frame`, as its source gave it.
    ///
    /// # Errors
    /// [`FillError`] if it is damaged, or of another size than the frame says; whatever the bytes are, there is no panic.
    pub(crate) fn fill(&mut self, frame: &Frame) -> Result<(), FillError> {
        let Frame { bytes, format, size, .. } = frame;
        if *format == PixelFormat::Jpeg {
            return self.fill_from_jpeg(bytes);
        }
        bound(*size)?;
        frame.check_length()?;
        let sampling = if *format == PixelFormat::Yuyv { Sampling::Wide } else { Sampling::Quarter };
        self.reshape(*size, sampling);
        match format {
            PixelFormat::Yuyv => self.fill_from_yuyv(bytes),
            PixelFormat::Nv12 => self.fill_from_nv12(bytes),
            PixelFormat::Bgr => self.fill_from_packed(bytes, [2, 1, 0]),
            PixelFormat::Rgb | PixelFormat::Jpeg => self.fill_from_packed(bytes, [0, 1, 2]),
        }
        Ok(())
    }

    fn fill_from_yuyv(&mut self, bytes: &[u8]) {
        let pairs = self.u.width;
        let planes = self.y.rows_mut().zip(self.u.rows_mut()).zip(self.v.rows_mut());
        for (((y, u), v), row) in planes.zip(bytes.chunks_exact(pairs * 4)) {
            for (((y, u), v), pair) in y.chunks_exact_mut(2).zip(u.iter_mut()).zip(v.iter_mut()).zip(row.chunks_exact(4)) {
                y[0] = FULL_LUMA[usize::from(pair[0])];
                *u = FULL_CHROMA[usize::from(pair[1])];
                y[1] = FULL_LUMA[usize::from(pair[2])];
                *v = FULL_CHROMA[usize::from(pair[3])];
            }
        }
    }

    fn fill_from_nv12(&mut self, bytes: &[u8]) {
        let (luma_bytes, chroma_bytes) = bytes.split_at(self.y.width * self.y.height);
        let width = self.y.width;
        for (y, row) in self.y.rows_mut().zip(luma_bytes.chunks_exact(width)) {
            for (y, sample) in y.iter_mut().zip(row) {
                *y = FULL_LUMA[usize::from(*sample)];
            }
        }
        let pairs = self.u.width;
        let planes = self.u.rows_mut().zip(self.v.rows_mut());
        for ((u, v), row) in planes.zip(chroma_bytes.chunks_exact(pairs * 2)) {
            for ((u, v), pair) in u.iter_mut().zip(v.iter_mut()).zip(row.chunks_exact(2)) {
                *u = FULL_CHROMA[usize::from(pair[0])];
                *v = FULL_CHROMA[usize::from(pair[1])];
            }
        }
    }

    /// `order` is where red, green and blue are in a pixel of three bytes.
    pub(super) fn fill_from_packed(&mut self, bytes: &[u8], [red, green, blue]: [usize; 3]) {
        let width = self.y.width;
        for (y, row) in self.y.rows_mut().zip(bytes.chunks_exact(width * 3)) {
            for (y, pixel) in y.iter_mut().zip(row.as_chunks::<3>().0) {
                let [r, g, b] = [pixel[red], pixel[green], pixel[blue]].map(i32::from);
                *y = ((19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16) as u8;
            }
        }
        let last = width - 1;
        let planes = self.u.rows_mut().zip(self.v.rows_mut());
        for ((u, v), rows) in planes.zip(bytes.chunks(width * 3 * 2)) {
            let (upper, lower) = rows.split_at(width * 3);
            // The last row or column of an odd number stands for the one that is missing.
            let lower = if lower.is_empty() { upper } else { lower };
            let (upper, lower) = (upper.as_chunks::<3>().0, lower.as_chunks::<3>().0);
            for (pair, (u, v)) in u.iter_mut().zip(v).take(width.div_ceil(2)).enumerate() {
                let (left, right) = (pair * 2, (pair * 2 + 1).min(last));
                let (a, b, c, d) = (upper[left], upper[right], lower[left], lower[right]);
                let sum = |part: usize| i32::from(a[part]) + i32::from(b[part]) + i32::from(c[part]) + i32::from(d[part]);
                let (r, g, b) = (sum(red), sum(green), sum(blue));
                *u = ((-11_059 * r - 21_709 * g + 32_768 * b + MIDDLE) >> 18).clamp(0, 255) as u8;
                *v = ((32_768 * r - 27_439 * g - 5_329 * b + MIDDLE) >> 18).clamp(0, 255) as u8;
            }
        }
    }
}

/// No colour, and half of one for rounding, of four pixels.
const MIDDLE: i32 = (128 << 18) + (1 << 17);

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
