//! The window with a studio that only pretends: to look at it.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cometcam::frame::{Frame, PixelFormat, Size, StageTimes};
use cometcam::latest::Latest;
use cometcam::source::{Mode, SourceSpec};
use cometcam::state::*;
use cometcam::ui::{Lines, Opening};
use eframe::egui::{Color32, ColorImage};

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn main() {
    let fps: u64 = std::env::args().nth(1).map_or(15, |fps| fps.parse().unwrap());
    let opening = Opening::new();
    let wake = opening.wake_up();
    let (events_in, events) = sync_channel(64);
    let (commands, commands_out) = sync_channel(8);
    let frames = Arc::new(Latest::default());
    let mut choices = Choices {
        source: SourceSpec::FirstCamera,
        size: Size::new(1280, 720),
        fps: 15,
        channel: "front".to_owned(),
        audience: None,
        data: "/tmp/data".into(),
        save: Save::EachMillis(1_000),
        keep: false,
    };
    let state = State::new(choices.clone());
    let to_frames = Arc::clone(&frames);
    let studio = std::thread::spawn(move || {
        let send = |event| {
            let sent = events_in.send(event);
            wake();
            sent.is_ok()
        };
        let mode = Mode { name: "Test pattern".to_owned(), size: Size::new(1280, 720), fps: 15.0, format: PixelFormat::Rgb };
        send(Event::SourceOpen(mode));
        send(Event::Addresses(vec![Address { url: "http://192.168.1.20:8060/".to_owned(), adapter: "wlan0".to_owned() }]));
        let mut numbers = Numbers::default();
        let mut on_air = OnAir::NotLive;
        let mut last = Instant::now();
        for number in 0u64.. {
            while let Ok(command) = commands_out.try_recv() {
                eprintln!("{command:?}");
                match command {
                    Command::GoLive => on_air = OnAir::Live { since_ms: now_ms() },
                    Command::Stop => on_air = OnAir::NotLive,
                    Command::SetAudience(audience) => choices.audience = Some(audience),
                    Command::SetChannel(channel) => choices.channel = channel,
                    Command::Quit => return,
                    _ => {}
                }
                send(Event::Choices(choices.clone()));
                send(Event::OnAir(on_air));
            }
            if fps > 0 {
                let pixels: Vec<u8> = (0..1280 * 720u64)
                    .flat_map(|i| [(i % 1280 / 5 + number) as u8, (i / 1280 / 3) as u8, number as u8])
                    .collect();
                to_frames.put(Frame {
                    bytes: pixels.into(),
                    format: PixelFormat::Rgb,
                    size: Size::new(1280, 720),
                    number,
                    times: StageTimes::captured_now(),
                });
                numbers.published += 1;
                numbers.newest_ms = Some(now_ms());
            }
            if on_air.is_on() && last.elapsed() > Duration::from_millis(300) {
                last = Instant::now();
                numbers.watching = (number / 50) as usize % 4;
                if !send(Event::Numbers(numbers)) {
                    return;
                }
            }
            std::thread::sleep(Duration::from_millis(1_000 / fps.max(5)));
        }
    });
    let decode = Box::new(|frame: &Frame| {
        let pixels = frame.bytes.chunks_exact(3).map(|p| Color32::from_rgb(p[0], p[1], p[2])).collect();
        Some(ColorImage::new([1280, 720], pixels))
    });
    if let Err(error) = opening.run(Lines { state, events, commands, frames, decode }) {
        eprintln!("{error}");
        std::process::exit(1);
    }
    studio.join().unwrap();
}
