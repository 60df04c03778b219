//! Pictures as JPEG has them inside: luma and chroma apart, in full range (JFIF). Here they are turned and compressed without a
//! detour by way of red, green and blue.

mod fill;
mod jpeg;
mod rgba;
mod turn;

use mozjpeg::{ColorSpace, Compress};

use crate::decode::MAX_AREA;
use crate::frame::{LengthError, Size};

pub use self::turn::{Turn, TurnError};

pub(crate) use self::turn::Mirror;

/// How many pixels share a sample of chroma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sampling {
    /// None: 4:4:4.
    #[default]
    Full,
    /// Two beside each other: 4:2:2.
    Wide,
    /// Two by two: 4:2:0.
    Quarter,
}

impl Sampling {
    /// Those in a row and in a column that share one.
    pub(crate) fn pixels(self) -> (usize, usize) {
        match self {
            Self::Full => (1, 1),
            Self::Wide => (2, 1),
            Self::Quarter => (2, 2),
        }
    }
}

/// One of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// From one row to the next: the width in whole blocks of 8.
    stride: usize,
    /// So many whole rows that a JPEG can be made of them; what is beyond width and height means nothing.
    samples: Vec<u8>,
}

impl Plane {
    /// Makes it so large, in `rows` rows; what is in it then means nothing.
    fn reshape(&mut self, width: usize, height: usize, rows: usize) {
        (self.width, self.height, self.stride) = (width, height, width.next_multiple_of(8));
        self.samples.resize(self.stride * rows, 0);
    }

    /// The samples of a row.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride..][..self.width]
    }

    /// The samples of a row.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.samples[y * self.stride..][..self.width]
    }

    /// The rows from the top, each in whole blocks.
    fn rows_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.samples.chunks_exact_mut(self.stride.max(1)).take(self.height)
    }

    /// Fills up whole blocks by repeating the last column and row: anything else would shine through into the picture.
    fn pad(&mut self) {
        let (width, stride, used) = (self.width, self.stride, self.height * self.stride);
        for row in self.samples[..used].chunks_exact_mut(stride) {
            let last = row[width - 1];
            row[width..].fill(last);
        }
        for end in (used..self.samples.len()).step_by(stride) {
            self.samples.copy_within(end - stride..end, end);
        }
    }
}

/// A picture. Keeps its memory from one to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) y: Plane,
    pub(crate) u: Plane,
    pub(crate) v: Plane,
    pub(crate) sampling: Sampling,
}

/// Why a frame has no planes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// Its bytes are of another size.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// It is empty or too large.
    #[error("a picture of {0} can't be changed: choose a smaller size")]
    Size(Size),
    /// It is no JPEG, or a damaged one.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
}

/// Whether it can be handled: a header of a few bytes must not make the program ask for gigabytes.
fn bound(size: Size) -> Result<(), FillError> {
    if size.is_possible() && size.area() <= MAX_AREA { Ok(()) } else { Err(FillError::Size(size)) }
}

impl Planes {
    /// Of the picture.
    pub(crate) fn size(&self) -> Size {
        // Made from a size.
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(Size::MAX_SIDE);
        Size::new(side(self.y.width), side(self.y.height))
    }

    fn reshape(&mut self, size: Size, sampling: Sampling) {
        let (width, height) = (size.width as usize, size.height as usize);
        let (across, down) = sampling.pixels();
        let rows = height.next_multiple_of(8 * down);
        self.sampling = sampling;
        self.y.reshape(width, height, rows);
        for chroma in [&mut self.u, &mut self.v] {
            chroma.reshape(width.div_ceil(across), height.div_ceil(down), rows / down);
        }
    }

    /// As a JPEG of this quality, 1 to 100. The library reports every error by a panic, through its C code.
    ///
    /// # Errors
    /// If it takes no more.
    pub(crate) fn compress(&mut self, quality: u8) -> std::io::Result<Vec<u8>> {
        for plane in [&mut self.y, &mut self.u, &mut self.v] {
            plane.pad();
        }
        let mut compressor = compressor(self.size(), ColorSpace::JCS_YCbCr, quality);
        let pixels = match self.sampling {
            Sampling::Full => (1, 1),
            Sampling::Wide => (2, 1),
            Sampling::Quarter => (2, 2),
        };
        compressor.set_chroma_sampling_pixel_sizes(pixels, pixels);
        compressor.set_raw_data_in(true);
        let mut started = compressor.start_compress(Vec::new())?;
        if !started.write_raw_data(&[&self.y.samples, &self.u.samples, &self.v.samples]) {
            return Err(std::io::Error::other("the JPEG library took no more rows"));
        }
        started.finish()
    }

    /// Replaces each sample of luma by what the table has for it.
    pub(crate) fn map_luma(&mut self, table: &[u8; 256]) {
        for row in self.y.rows_mut() {
            for sample in row {
                *sample = table[usize::from(*sample)];
            }
        }
    }
}

/// What makes a JPEG of such a picture.
pub(crate) fn compressor(size: Size, colors: ColorSpace, quality: u8) -> Compress {
    let mut compressor = Compress::new(colors);
    compressor.set_size(size.width as usize, size.height as usize);
    // The library's own default spends 30 times as long for a tenth of the bytes.
    compressor.set_fastest_defaults();
    compressor.set_quality(f32::from(quality));
    compressor
}
