//! From planes to pixels for the screen.

use super::Planes;
use crate::decode::Rgba;

impl Planes {
    /// The pixels.
    pub(crate) fn to_rgba(&self) -> Rgba {
        let size = self.size();
        let (across, down) = self.sampling.pixels();
        let mut pixels = vec![255; self.y.width * self.y.height * 4];
        for (y, out) in pixels.chunks_exact_mut((self.y.width * 4).max(1)).enumerate() {
            let (luma, out) = (self.y.row(y), out.as_chunks_mut::<4>().0);
            let chroma = self.u.row(y / down).iter().zip(self.v.row(y / down));
            for ((luma, out), (u, v)) in luma.chunks(across).zip(out.chunks_mut(across)).zip(chroma) {
                let (u, v) = (i32::from(*u) - 128, i32::from(*v) - 128);
                let red = (91_881 * v + 32_768) >> 16;
                let green = (-22_554 * u - 46_802 * v + 32_768) >> 16;
                let blue = (116_130 * u + 32_768) >> 16;
                for (luma, out) in luma.iter().zip(out) {
                    let luma = i32::from(*luma);
                    let part = |add: i32| (luma + add).clamp(0, 255) as u8;
                    *out = [part(red), part(green), part(blue), 255];
                }
            }
        }
        Rgba { size, pixels }
    }
}
