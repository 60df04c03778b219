//! Does to a picture what is to be done.

use std::time::{Instant, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::caption::{Caption, Line};
use super::{Brightness, Retouch, Turn};
use crate::frame::Frame;
use crate::planes::{FillError, Mirror, Planes};

/// Retouches pictures, one after the other; keeps its working memory between them.
#[derive(Debug, Default)]
pub(crate) struct Retoucher {
    taken: Planes,
    turned: Planes,
    caption: Caption,
    curve: Option<(Brightness, [u8; 256])>,
}

impl Retoucher {
    /// The picture of `frame`, as viewers are to see it.
    ///
    /// # Errors
    /// [`FillError`] if its bytes are no picture.
    pub(crate) fn apply(&mut self, frame: &Frame, retouch: &Retouch) -> Result<&mut Planes, FillError> {
        self.taken.fill(frame)?;
        let mirror = if retouch.mirror { Mirror::Yes } else { Mirror::No };
        let planes = if (retouch.rotate, mirror) == (Turn::None, Mirror::No) {
            &mut self.taken
        } else {
            self.turned.turn(&mut self.taken, retouch.rotate, mirror);
            &mut self.turned
        };
        if retouch.brightness != Brightness::default() {
            if self.curve.is_none_or(|(of, _)| of != retouch.brightness) {
                self.curve = Some((retouch.brightness, curve(retouch.brightness)));
            }
            if let Some((_, curve)) = &self.curve {
                planes.map_luma(curve);
            }
        }
        let time = retouch.time.then(|| time(frame.times.captured));
        self.caption.stamp(planes, &Line { text: retouch.text.as_str().trim(), time: time.as_deref().unwrap_or_default() });
        Ok(planes)
    }
}

/// Lifts or lowers what is between black and white, which stay as they are: nothing of the picture is cut off.
fn curve(Brightness(brightness): Brightness) -> [u8; 256] {
    let exponent = (f32::from(brightness) / -50.0).exp2();
    std::array::from_fn(|luma| ((luma as f32 / 255.0).powf(exponent) * 255.0).round() as u8)
}

/// When the picture was taken, by the clock on the person's wall.
fn time(captured: Instant) -> String {
    let at = SystemTime::now() - captured.elapsed();
    written(Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH), zone())
}

/// The one that the system is set to, which may change while the program runs. Where it tells none, the time is that of UTC, and
/// says so.
fn zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

pub(super) fn written(at: Timestamp, zone: TimeZone) -> String {
    Zoned::new(at, zone).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}
