//! A camera for machines without one: moving, with a clock and the frame's number in it, for people and for programs.

mod canvas;
mod number;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::pace::Pace;
use super::{Mode, Source, SourceError, SourceSpec, Wanted};
use crate::frame::{Frame, PixelFormat, Size, StageTimes};
use canvas::{Canvas, Color};

pub use number::read_number;

/// Draws a frame for each tick of its clock.
#[derive(Debug)]
pub struct TestPattern {
    mode: Mode,
    pace: Pace,
    background: Canvas,
}

impl TestPattern {
    /// Of exactly the wanted size and rate.
    #[must_use]
    pub fn open(wanted: &Wanted) -> Self {
        let Wanted { size, fps, .. } = *wanted;
        let mode = Mode {
            name: "Test pattern".to_owned(),
            spec: SourceSpec::TestPattern,
            size,
            fps: fps.max(1) as f32,
            format: PixelFormat::Nv12,
        };
        Self { mode, pace: Pace::new(Duration::from_secs(1) / fps.max(1)), background: background(size) }
    }
}

impl Source for TestPattern {
    fn mode(&self) -> &Mode {
        &self.mode
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, SourceError> {
        let Some(number) = self.pace.wait(patience) else { return Ok(None) };
        let times = StageTimes::captured_now();
        let bytes = draw(self.background.clone(), number, SystemTime::now()).into_bytes();
        Ok(Some(Frame { bytes: bytes.into(), format: PixelFormat::Nv12, size: self.mode.size, number, times, retouch: None }))
    }
}

const BARS: [Color; 8] = [
    Color::rgb(191, 191, 191),
    Color::rgb(191, 191, 0),
    Color::rgb(0, 191, 191),
    Color::rgb(0, 191, 0),
    Color::rgb(191, 0, 191),
    Color::rgb(191, 0, 0),
    Color::rgb(0, 0, 191),
    Color::rgb(20, 24, 32),
];
const PANEL: Color = Color::rgb(20, 24, 32);
const TEXT: Color = Color::rgb(240, 244, 250);

/// What is the same in all frames: bars above, the panel of the clock below.
fn background(size: Size) -> Canvas {
    let mut canvas = Canvas::new(size, PANEL);
    let (width, sky) = (size.width, size.height / 2);
    for (bar, color) in (0..).zip(BARS) {
        let left = width * bar / 8;
        canvas.fill(left, 0, width * (bar + 1) / 8 - left, sky, color);
    }
    canvas
}

fn draw(mut canvas: Canvas, number: u64, now: SystemTime) -> Canvas {
    let Size { width, height } = canvas.size();
    draw_comet(&mut canvas, number);
    let clock = clock_text(now);
    let panel = height * 3 / 8;
    // As wide as the clock allows, and low enough for two lines.
    let scale = (width * 9 / 10 / canvas::text_width(&clock)).min(panel * 2 / 5 / canvas::TEXT_HEIGHT);
    let line = panel / 2;
    for (row, text) in (0..).zip([clock, format!("#{number}")]) {
        let left = width.saturating_sub(canvas::text_width(&text) * scale) / 2;
        let top = height / 2 + line * row + line.saturating_sub(canvas::TEXT_HEIGHT * scale) / 2;
        canvas.text(left, top, scale, &text, TEXT);
    }
    number::draw(&mut canvas, number as u32);
    canvas
}

/// A bright disc with a tail that swings through the bars, once in 90 frames.
fn draw_comet(canvas: &mut Canvas, number: u64) {
    let Size { width, height } = canvas.size();
    let sky = f64::from(height / 2);
    for tail in (0..10).rev() {
        let phase = (number as f64 - f64::from(tail) * 0.6) / 90.0 * std::f64::consts::TAU;
        let x = f64::from(width) * (0.5 + 0.44 * phase.sin());
        let y = sky * (0.5 + 0.34 * (phase * 2.0).cos());
        let light = 255 - 18 * tail as u8;
        canvas.disc(x, y, sky / 9.0 * (1.0 - f64::from(tail) * 0.07), Color::rgb(light, light, light));
    }
}

/// UTC, to the millisecond.
fn clock_text(now: SystemTime) -> String {
    let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() % 86_400_000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use image::imageops::{self, FilterType};

    use super::*;
    use crate::decode::to_rgba;
    use crate::encode::Encoder;
    use crate::source::CameraBackend;

    fn wanted(size: Size, fps: u32) -> Wanted {
        Wanted { size, fps, backend: CameraBackend::default() }
    }

    fn frame(size: Size, number: u64) -> Frame {
        let bytes = draw(background(size), number, SystemTime::now()).into_bytes();
        Frame { bytes: bytes.into(), format: PixelFormat::Nv12, size, number, times: StageTimes::captured_now(), retouch: None }
    }

    #[test]
    fn the_number_survives_jpeg_and_a_quarter_of_the_size() {
        let mut encoder = Encoder::new(60);
        for size in [Size::new(1280, 720), Size::new(640, 480), Size::new(320, 240), Size::new(1366, 769)] {
            for number in [0, 1, 42, 0x5555_5555, 0xaaaa_aaaa, 0xdead_beef, u64::from(u32::MAX)] {
                let jpeg = encoder.encode(&frame(size, number)).unwrap().jpeg;
                let picture = image::load_from_memory(&jpeg).unwrap().into_rgb8();
                assert_eq!(read_number(&picture, size), Some(number as u32), "{size}");
                let quarter = Size::new(size.width / 4, size.height / 4);
                for filter in [FilterType::Triangle, FilterType::Nearest, FilterType::Lanczos3] {
                    let small = imageops::resize(&picture, quarter.width, quarter.height, filter);
                    assert_eq!(read_number(&small, quarter), Some(number as u32), "{size} as {quarter} by {filter:?}");
                }
            }
        }
    }

    #[test]
    fn other_pictures_have_no_number() {
        let size = Size::new(64, 64);
        let noise: Vec<u8> = (0..64_u32 * 64 * 3).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for picture in [vec![0; 64 * 64 * 3], vec![255; 64 * 64 * 3], noise, vec![]] {
            assert_eq!(read_number(&picture, size), None);
        }
    }

    #[test]
    fn any_size_is_drawn() {
        let sides = [1, 2, 15, 16, 17, 31, 97, 640];
        for (width, height) in sides.into_iter().flat_map(|width| sides.map(|height| (width, height))) {
            let frame = frame(Size::new(width, height), u64::MAX);
            assert_eq!(Some(frame.bytes.len()), PixelFormat::Nv12.bytes_of(frame.size));
            to_rgba(&frame).unwrap();
        }
    }

    #[test]
    fn frames_differ_and_are_numbered() {
        let mut pattern = TestPattern::open(&wanted(Size::new(160, 120), 100));
        let first = pattern.next(Duration::from_secs(1)).unwrap().unwrap();
        let second = pattern.next(Duration::from_secs(1)).unwrap().unwrap();
        assert!(second.number > first.number);
        assert_ne!(first.bytes, second.bytes);
        assert!(pattern.next(Duration::ZERO).unwrap().is_none(), "the next one is not due yet");
    }

    #[test]
    fn the_clock_reads_as_a_clock() {
        let at = UNIX_EPOCH + Duration::from_millis(20 * 86_400_000 + 45_296_078);
        assert_eq!(clock_text(at), "12:34:56.078 UTC");
    }
}
