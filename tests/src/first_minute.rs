//! The ideal first minute: somebody starts Cometcam for the first time, goes live, and a guest sees it on a phone. Each step is
//! done as a person does it, by what the window shows and says, and each is timed.

use std::cell::Cell;
use std::time::{Duration, Instant};

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use hyper::{Method, StatusCode};
use image::{ImageFormat, imageops};

use crate::browser::{Browser, Page, Screen};
use crate::bus::Bus;
use crate::clock::now_ms;
use crate::deadline::soon;
use crate::desktop::{Desktop, Window};
use crate::files::files;
use crate::look::{code_on, is_live, is_ready, number_shown};
use crate::program::built;
use crate::reader::Reader;
use crate::server::{Server, folder};

/// A phone as most people have it.
const PHONE: &str =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36";
/// How often something is looked at that nobody tells of.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How long the steps took.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the start of the program to the window, painted.
    pub painted: Duration,
    /// From the start of the program to the first picture in it.
    pub preview: Duration,
    /// From the answer who can watch to the code on the window.
    pub code: Duration,
    /// From opening the address on the phone to the picture on its screen.
    pub on_phone: Duration,
    /// From the press on Stop to nothing being served any more.
    pub stopped: Duration,
}

/// Goes through it once, from an empty home to the receipt.
///
/// # Panics
/// If one of the steps doesn't happen.
pub async fn first_minute() -> Times {
    let (desktop, bus, home) = (Desktop::start().await, Bus::start().await, folder());
    let reader = Reader::start(&desktop, &bus).await;
    // The guest's phone is switched on already.
    let browser = Browser::launch_as(PHONE).await;
    let phone = browser.page(Screen::Phone).await;

    let mut command = built("cometcam");
    desktop.shown_here(bus.used_by(&mut command));
    let begun = Instant::now();
    let appears = async {
        let (_, painted) = desktop.shown("minute-window", |screen| is_ready(screen).then_some(())).await;
        let (number, preview) = desktop.shown("minute-preview", number_shown).await;
        desktop.shows("minute-moves", |screen| number_shown(screen).is_some_and(|now| now > number)).await;
        (painted, preview)
    };
    let (server, (painted, preview)) =
        tokio::join!(Server::at_home(command, home.path(), &["--source", "test-pattern"]), appears);
    let window = desktop.window("Cometcam").await;
    let (address, code) = go_live(&desktop, &reader, &window).await;
    let on_phone = opens(&phone, &address).await;
    watches(&phone, &reader).await;
    let stopped = stop(&desktop, &reader, &window, (&server, &phone)).await;
    sees_nothing(&phone).await;
    answers_the_receipt(&reader, &window, &server).await;
    Times { painted: painted - begun, preview: preview - begun, code, on_phone, stopped }
}

/// Presses Go live and answers that everyone in this network can watch; the address as a phone reads it off the screen.
async fn go_live(desktop: &Desktop, reader: &Reader, window: &Window<'_>) -> (String, Duration) {
    reader.hears("NOT LIVE only you see this").await;
    reader.click(window, "Go live").await;
    reader.point(window, "Everyone in this network").await;
    let answered = Instant::now();
    window.press().await;
    let (address, seen) = desktop.shown("minute-live", |screen| is_live(screen).then(|| code_on(screen)).flatten()).await;
    let written = address.trim_start_matches("http://").trim_end_matches('/');
    reader.hears_such(written, |name| name == written).await;
    (address, seen - answered)
}

/// Opens the address on the phone, until the picture is on its screen.
async fn opens(phone: &Page, address: &str) -> Duration {
    let (mut painted, place, opened_ms) = (Vec::new(), Cell::new(None), now_ms());
    let open = async {
        phone.open(address).await;
        phone.wait_for("document.querySelector('img')?.naturalWidth === 1280").await;
        let (left, top, width, height) = phone.place("img").await;
        place.set(Some([left, top, width, height]));
    };
    // Where the picture is is known when it is there, and by then it may have been painted.
    let paints = phone.paints(|at_ms, picture| {
        let is_there = place.get().is_some_and(|place| is_pattern(&picture, place));
        painted.push((at_ms, picture));
        is_there
    });
    let ((), ()) = tokio::join!(open, paints);
    let place = place.get().expect("it was set to get here");
    let first = painted.iter().find(|(_, picture)| is_pattern(picture, place));
    let painted_ms = first.map_or(f64::MAX, |(at_ms, _)| *at_ms);
    Duration::from_secs_f64((painted_ms - opened_ms as f64).max(0.0) / 1000.0)
}

/// Whether the test pattern, whole, is at this place of a screen that is 390 pixels wide to the page.
fn is_pattern(jpeg: &[u8], place: [f64; 4]) -> bool {
    let screen = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).expect("Chromium sends JPEG").into_rgb8();
    let scale = f64::from(screen.width()) / 390.0;
    let [left, top, width, height] = place.map(|pixels| (pixels * scale).round() as u32);
    let pattern = imageops::crop_imm(&screen, left, top, width, height).to_image();
    read_number(&pattern, Size::new(pattern.width(), pattern.height())).is_some()
}

/// The phone says how old the picture is, and the window who watches.
async fn watches(phone: &Page, reader: &Reader) {
    phone.wait_for("/LIVE\\s+\\d+\\.\\d s/.test(document.querySelector('.pill').innerText)").await;
    phone.screenshot("minute-phone").await;
    reader.hears_such("LIVE … 1 watching", |name| name.starts_with("LIVE ") && name.contains(" 1 watching ")).await;
    reader.hears("Chrome on Android phone").await;
    assert!(phone.errors().is_empty(), "{:#?}", phone.errors());
}

/// Presses Stop; how long after that the last byte of a picture was given out.
async fn stop(desktop: &Desktop, reader: &Reader, window: &Window<'_>, (server, phone): (&Server, &Page)) -> Duration {
    reader.point(window, "Stop").await;
    // What the phone has been given; a request for the newest one would be another viewer's.
    let pictures = phone.requests();
    let pictures: Vec<_> = pictures.iter().filter_map(|url| Some(&url[url.find("/frames/")?..])).collect();
    let newest = *pictures.last().expect("the phone has shown pictures");
    let pressed = Instant::now();
    let asks = soon("no picture is given out", async {
        loop {
            // One that is on its way at that moment is cut off.
            let answer = server.call(Method::GET, newest).try_send().await;
            if answer.is_ok_and(|answer| answer.status == StatusCode::GONE) {
                return Instant::now();
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    });
    let ((), gone) = tokio::join!(window.press(), asks);
    for path in pictures.into_iter().chain(["/live/front.jpg", "/live/front.mjpg"]) {
        let _gone = server.get(path).await.expect(410);
    }
    desktop.shows("minute-stopped", is_ready).await;
    gone - pressed
}

async fn sees_nothing(phone: &Page) {
    phone.wait_for("document.querySelector('.pill').innerText.startsWith('ENDED')").await;
    phone.wait_for("![...document.images].some(image => image.naturalWidth > 100 && image.getClientRects().length)").await;
    phone.screenshot("minute-phone-over").await;
}

/// Reads what the broadcast was, and removes what was saved of it.
async fn answers_the_receipt(reader: &Reader, window: &Window<'_>, server: &Server) {
    reader.hears("THE BROADCAST IS OVER").await;
    reader.hears("Watched in all: 1").await;
    reader.hears("At the same time, at most: 1").await;
    let live = server.data().join("live");
    assert!(!files(&live).is_empty(), "one picture a second is saved");
    reader.click(window, "Remove").await;
    reader.hears_no_more("Keep the saved picture").await;
    soon("nothing is left on the disk", async {
        while !files(&live).is_empty() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    })
    .await;
    assert!(files(&server.data().join("frames")).is_empty());
    reader.hears("NOT LIVE only you see this").await;
}
