//! The live picture: decoded beside the window's thread, and only as fast as the window paints it.

mod minute;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use eframe::egui::{self, ColorImage, TextureHandle, TextureOptions};

pub(super) use self::minute::STRIP;

use self::minute::STRIP_AGE;
use super::clock::unix_ms;
use super::pixels::{fitted, pixels};
use crate::decode::{DecodeError, Decoder};
use crate::frame::Frame;
use crate::latest::Latest;

/// Makes pixels of a frame, or says why it can't. Called on the preview's own thread.
type Decode = Box<dyn FnMut(&Frame) -> Result<ColorImage, DecodeError> + Send>;

/// A picture that is ready to be painted.
#[derive(Clone)]
pub(super) struct Picture {
    /// Its pixels, at most twice as large as the stage either way.
    pub texture: TextureHandle,
    /// When it was taken, in milliseconds of the Unix epoch.
    pub captured_ms: u64,
    /// The same on the clock that nobody sets.
    pub captured: Instant,
}

/// Owns the thread that decodes. It has one picture in flight: it decodes the next one when the last one was painted, so
/// nothing is decoded while the window is hidden, and a slow screen never lags behind.
pub(super) struct Preview {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    frames: Arc<Latest<Frame>>,
    /// The window's order for one more picture.
    orders: Latest<Order>,
    shown: Mutex<Shown>,
}

/// What the window has to show.
#[derive(Clone, Default)]
pub(super) struct Shown {
    /// The newest picture, if there is one.
    pub picture: Option<Picture>,
    /// Why what comes can't be shown, in words.
    pub problem: Option<String>,
    /// Small pictures of the last minute of the broadcast, the newest last.
    pub strip: Vec<Picture>,
}

/// What the window wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    /// The stage's size in pixels.
    pub stage: [usize; 2],
    /// Whether there is a broadcast, whose last minute is kept.
    pub on_air: bool,
}

/// For so long the last picture stands while what comes can't be shown: one damaged picture among good ones is not worth a word.
const BORNE: Duration = Duration::from_secs(2);

impl Preview {
    /// Starts to show `frames`, whose only reader it is.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(ctx: egui::Context, frames: Arc<Latest<Frame>>) -> std::io::Result<Self> {
        let mut decoder = Decoder::default();
        Self::start_with(ctx, frames, Box::new(move |frame| pixels(&mut decoder, frame)))
    }

    fn start_with(ctx: egui::Context, frames: Arc<Latest<Frame>>, mut decode: Decode) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { frames, orders: Latest::default(), shown: Mutex::default() });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("preview".to_owned()).spawn(move || of_thread.work(&ctx, &mut decode))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// What there is to show.
    pub(super) fn shown(&self) -> Shown {
        let mut shown = self.shared.lock_shown();
        shown.strip.retain(|picture| picture.captured.elapsed() <= STRIP_AGE);
        shown.clone()
    }

    /// Asks for the next picture: what there was to show was painted.
    pub(super) fn order(&self, order: Order) {
        self.shared.orders.put(order);
    }

    /// Takes the picture away: it is of another source.
    pub(super) fn forget(&self) {
        let mut shown = self.shared.lock_shown();
        (shown.picture, shown.problem) = (None, None);
    }

    /// Empties the strip: a broadcast began or ended.
    pub(super) fn clear_strip(&self) {
        self.shared.lock_shown().strip.clear();
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.shared.orders.close();
        self.shared.frames.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the preview's thread had panicked");
        }
    }
}

impl Shared {
    fn lock_shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, ctx: &egui::Context, decode: &mut Decode) {
        let mut texture: Option<TextureHandle> = None;
        while let Some(order) = self.orders.wait() {
            let Some((frame, image)) = self.next(ctx, decode) else { return };
            let captured = frame.times.captured;
            let captured_ms = wall_clock_ms(captured);
            self.keep_in_strip(ctx, order, &image, captured);
            let image = fitted(image, order.stage);
            let texture = match &mut texture {
                Some(texture) => {
                    texture.set(image, TextureOptions::LINEAR);
                    texture
                }
                none => none.insert(ctx.load_texture("preview", image, TextureOptions::LINEAR)),
            };
            let picture = Picture { texture: texture.clone(), captured_ms, captured };
            let mut shown = self.lock_shown();
            (shown.picture, shown.problem) = (Some(picture), None);
            drop(shown);
            // Not request_repaint, which paints twice.
            ctx.request_repaint_after(Duration::from_millis(1));
        }
    }

    /// The next frame that can be shown, with its pixels. One that can't be doesn't use up the window's order.
    fn next(&self, ctx: &egui::Context, decode: &mut Decode) -> Option<(Frame, ColorImage)> {
        loop {
            let frame = self.frames.wait()?;
            match decode(&frame) {
                Ok(image) => return Some((frame, image)),
                Err(error) => self.tell(ctx, frame.times.captured, &error),
            }
        }
    }

    /// Says why a frame can't be shown, once.
    fn tell(&self, ctx: &egui::Context, captured: Instant, error: &DecodeError) {
        tracing::debug!("the preview passes over a frame: {error}");
        let mut shown = self.lock_shown();
        let is_borne = shown.picture.as_ref().is_some_and(|picture| captured < picture.captured + BORNE);
        if !is_borne && shown.problem.is_none() {
            shown.problem = Some(sentence(&error.to_string()));
            drop(shown);
            ctx.request_repaint_after(Duration::from_millis(1));
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn wall_clock_ms(at: Instant) -> u64 {
    unix_ms(SystemTime::now() - at.elapsed())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use eframe::egui::Color32;

    use super::*;
    use crate::frame::{PixelFormat, Size, StageTimes};

    const STAGE: [usize; 2] = [640, 360];
    const ORDER: Order = Order { stage: STAGE, on_air: false };

    fn frame(number: u64) -> Frame {
        let times = StageTimes::captured_now();
        Frame { bytes: bytes::Bytes::new(), format: PixelFormat::Rgb, size: Size::new(2, 2), number, times, retouch: None }
    }

    /// A preview whose decoder tells the numbers of the frames it was given; it can't read frame 13.
    fn preview() -> (Preview, Arc<Latest<Frame>>, mpsc::Receiver<u64>) {
        let (decoded, numbers) = mpsc::channel();
        let frames = Arc::new(Latest::default());
        let decode: Decode = Box::new(move |frame| {
            decoded.send(frame.number).unwrap();
            match frame.number {
                13 => Err(DecodeError::Damaged("it ends too early".to_owned())),
                _ => Ok(ColorImage::filled([2, 2], Color32::RED)),
            }
        });
        (Preview::start_with(egui::Context::default(), Arc::clone(&frames), decode).unwrap(), frames, numbers)
    }

    #[test]
    fn nothing_is_decoded_before_the_window_asks() {
        let (preview, frames, numbers) = preview();
        frames.put(frame(1));
        frames.put(frame(2));
        preview.order(ORDER);
        assert_eq!(numbers.recv().unwrap(), 2, "and then only the newest");
        frames.put(frame(3));
        frames.put(frame(4));
        preview.order(ORDER);
        drop(preview);
        assert!(numbers.try_iter().all(|number| number == 4));
    }

    #[test]
    fn a_frame_that_cannot_be_read_is_passed_over() {
        let (preview, frames, numbers) = preview();
        preview.order(ORDER);
        frames.put(frame(13));
        assert_eq!(numbers.recv().unwrap(), 13);
        frames.put(frame(14));
        assert_eq!(numbers.recv().unwrap(), 14);
        drop(preview);
    }

    #[test]
    fn why_nothing_can_be_shown_is_told_until_something_can() {
        let shared = Shared { frames: Arc::default(), orders: Latest::default(), shown: Mutex::default() };
        let ctx = egui::Context::default();
        let start = Instant::now();
        let told = |after_ms, cause: &str| {
            shared.tell(&ctx, start + Duration::from_millis(after_ms), &DecodeError::Damaged(cause.to_owned()));
            shared.lock_shown().problem.clone()
        };
        assert_eq!(told(0, "it ends too early").as_deref(), Some("The picture is damaged: it ends too early."));
        assert_eq!(told(1, "no header").as_deref(), Some("The picture is damaged: it ends too early."), "words don't flicker");
        let texture = ctx.load_texture("", ColorImage::filled([2, 2], Color32::RED), TextureOptions::LINEAR);
        let picture = Picture { texture, captured_ms: 0, captured: start };
        *shared.lock_shown() = Shown { picture: Some(picture), ..Shown::default() };
        assert_eq!(told(1_999, "no header"), None, "one among good ones is passed over");
        assert_eq!(told(2_000, "no header").as_deref(), Some("The picture is damaged: no header."));
    }

    #[test]
    fn a_picture_that_can_be_shown_takes_the_words_away() {
        let (preview, frames, numbers) = preview();
        let is_soon = |what: &str, is_so: &dyn Fn(&Shown) -> bool| {
            let deadline = Instant::now() + Duration::from_secs(20);
            while !is_so(&preview.shown()) {
                assert!(Instant::now() < deadline, "{what}");
                std::thread::yield_now();
            }
        };
        preview.order(ORDER);
        frames.put(frame(13));
        assert_eq!(numbers.recv().unwrap(), 13);
        is_soon("the damaged one is told", &|shown| shown.problem.is_some());
        frames.put(frame(14));
        is_soon("the good one is shown", &|shown| shown.picture.is_some() && shown.problem.is_none());
    }

    #[test]
    fn what_is_older_than_a_minute_is_dropped_and_a_broadcast_begins_with_nothing() {
        let (preview, _frames, _numbers) = preview();
        let texture = egui::Context::default().load_texture("", ColorImage::filled([2, 2], Color32::RED), TextureOptions::LINEAR);
        let now = Instant::now();
        let Some(before) = now.checked_sub(Duration::from_secs(61)) else { return };
        let strip = [before, now].map(|captured| Picture { texture: texture.clone(), captured_ms: 0, captured });
        preview.shared.lock_shown().strip.extend(strip);
        assert_eq!(preview.shown().strip.iter().map(|picture| picture.captured).collect::<Vec<_>>(), [now]);
        preview.clear_strip();
        assert!(preview.shown().strip.is_empty());
    }

    #[test]
    fn it_ends_while_it_waits_for_a_frame() {
        let (preview, _frames, _numbers) = preview();
        preview.order(ORDER);
        drop(preview);
    }
}
