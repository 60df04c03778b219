//! Into planes, from a JPEG: as they are in it, where their sampling is one of ours.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::{ColorSpace, Decompress};

use super::{FillError, Planes, Sampling, bound};
use crate::frame::Size;

impl Planes {
    /// # Errors
    /// [`FillError`] if it is no JPEG, a damaged one, or too large.
    pub(super) fn fill_from_jpeg(&mut self, bytes: &[u8]) -> Result<(), FillError> {
        // The library reports every error by a panic, through its C code.
        catch_unwind(AssertUnwindSafe(|| self.decode(bytes)))
            .unwrap_or_else(|_| Err(FillError::Damaged("it can't be decoded".to_owned())))
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<(), FillError> {
        let damaged = |error: std::io::Error| FillError::Damaged(error.to_string());
        let jpeg = Decompress::new_mem(bytes).map_err(damaged)?;
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        let size = Size::new(side(jpeg.width()), side(jpeg.height()));
        bound(size)?;
        let Some(sampling) = sampling(&jpeg) else {
            // Grey, or any other way that few cameras have: the library knows them all.
            let mut started = jpeg.rgb().map_err(damaged)?;
            let pixels: Vec<u8> = started.read_scanlines().map_err(damaged)?;
            self.reshape(size, Sampling::Quarter);
            self.fill_from_packed(&pixels, [0, 1, 2]);
            return Ok(());
        };
        let mut started = jpeg.raw().map_err(damaged)?;
        // Emptied, for what is read is put behind what is there.
        self.reshape(size, sampling);
        let planes = [&mut self.y, &mut self.u, &mut self.v];
        let lengths = planes.map(|plane| {
            let length = plane.samples.len();
            plane.samples.clear();
            length
        });
        started.read_raw_data(&mut [&mut self.y.samples, &mut self.u.samples, &mut self.v.samples]);
        let read = [&self.y, &self.u, &self.v].map(|plane| plane.samples.len());
        if read == lengths { Ok(()) } else { Err(FillError::Damaged("it has another form than it says".to_owned())) }
    }
}

/// Of a JPEG in luma and chroma; `None` if it is any other one.
fn sampling(jpeg: &Decompress<&[u8]>) -> Option<Sampling> {
    let factors: Vec<(i32, i32)> = jpeg.components().iter().map(|part| (part.h_samp_factor, part.v_samp_factor)).collect();
    match (jpeg.color_space(), &factors[..]) {
        (ColorSpace::JCS_YCbCr, [(1, 1), (1, 1), (1, 1)]) => Some(Sampling::Full),
        (ColorSpace::JCS_YCbCr, [(2, 1), (1, 1), (1, 1)]) => Some(Sampling::Wide),
        (ColorSpace::JCS_YCbCr, [(2, 2), (1, 1), (1, 1)]) => Some(Sampling::Quarter),
        _ => None,
    }
}
