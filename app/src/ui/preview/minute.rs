//! Small pictures of the last minute of the broadcast.

use std::time::{Duration, Instant};

use eframe::egui::{self, ColorImage, TextureOptions};

use super::super::pixels::shrunk;
use super::{Order, Picture, Shared, wall_clock_ms};

/// Pictures in the strip: with [`STRIP_INTERVAL`], one minute.
pub(in crate::ui) const STRIP: usize = 10;
const STRIP_INTERVAL: Duration = Duration::from_secs(6);
/// The oldest picture in the strip.
pub(super) const STRIP_AGE: Duration = Duration::from_secs(60);
/// Largest width of a picture in the strip, in pixels.
const STRIP_WIDTH: usize = 240;

impl Shared {
    /// Keeps one each few seconds while there is a broadcast.
    pub(super) fn keep_in_strip(&self, ctx: &egui::Context, order: Order, image: &ColorImage, captured: Instant) {
        let newest = self.lock_shown().strip.last().map(|newest| newest.captured);
        if !order.on_air {
            self.lock_shown().strip.clear();
        } else if newest.is_none_or(|newest| captured >= newest + STRIP_INTERVAL) {
            let small = shrunk(image, image.size[0].div_ceil(STRIP_WIDTH));
            let texture = ctx.load_texture("strip", small, TextureOptions::LINEAR);
            let strip = &mut self.lock_shown().strip;
            strip.push(Picture { texture, captured_ms: wall_clock_ms(captured), captured });
            let over = strip.len().saturating_sub(STRIP);
            strip.drain(..over);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use eframe::egui::Color32;

    use super::*;
    use crate::latest::Latest;

    #[test]
    fn the_last_minute_is_kept_while_there_is_a_broadcast() {
        let shared = Shared { frames: Arc::default(), orders: Latest::default(), shown: Mutex::default() };
        let start = Instant::now();
        let keep = |on_air, captured_ms| {
            let image = ColorImage::filled([1280, 720], Color32::RED);
            let captured = start + Duration::from_millis(captured_ms);
            shared.keep_in_strip(&egui::Context::default(), Order { stage: [640, 360], on_air }, &image, captured);
            let strip = shared.lock_shown().strip.clone();
            strip.iter().map(|picture| (picture.captured - start).as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(keep(true, 100_000), [100]);
        assert_eq!(keep(true, 105_999), [100]);
        assert_eq!(keep(true, 106_000), [100, 106]);
        assert_eq!((0..20).map(|count| keep(true, 112_000 + count * 6_000).len()).max(), Some(STRIP));
        assert_eq!(shared.lock_shown().strip[0].texture.size(), [213, 120]);
        assert!(keep(false, 900_000).is_empty());
    }
}
