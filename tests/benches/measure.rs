//! What the documents say of speed and cost, measured on this machine. Not a test: it prints a table and judges nothing.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::desktop::Desktop;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::{Server, folder};
use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

/// How long each cost is measured.
const PERIOD: Duration = Duration::from_secs(20);
/// Pictures looked at for the way from capture to the screen.
const PAINTED: usize = 300;
/// Clock ticks a second in /proc, the same on every Linux that Cometcam runs on.
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() {
    println!("| what | measured |\n|---|---|");
    start_to_first_picture().await;
    start_to_first_painted().await;
    for fps in ["15", "30"] {
        capture_to_painted(fps).await;
    }
    let pictures = recording();
    let source = format!("images:{}", pictures.path().display());
    for fps in ["15", "30"] {
        let server = Server::headless(&["--source", &source, "--size", "1280x720", "--fps", fps]).await;
        let viewer = watch(&server);
        let cost = cost(server.program.pid()).await;
        viewer.abort();
        row(&format!("live from recorded MJPEG, 1280x720, {fps} a second, one viewer"), &cost);
    }
    let server = Server::headless(&["--source", &source, "--size", "1280x720", "--fps", "15", "--save", "off"]).await;
    row("live from recorded MJPEG, nobody watching, nothing saved", &cost(server.program.pid()).await);
    drop(server);
    let server = Server::alone(&[]).await;
    row("cometcam-server, idle", &cost(server.program.pid()).await);
    drop(server);
    window().await;
}

fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

/// From the start of the program to the first whole picture in a viewer's hands.
async fn start_to_first_picture() {
    let mut taken = Vec::new();
    for _ in 0..9 {
        let begun = Instant::now();
        let server = Server::headless(&["--size", "1280x720", "--fps", "30"]).await;
        let frame = Subscriber::new(&server, "front").of_type("frame").await;
        let picture = server.get(frame["url"].as_str().unwrap_or_default()).await.expect(200);
        taken.push(begun.elapsed().as_secs_f64() * 1000.0);
        let _pixels = jpeg::whole(&picture.body);
    }
    row("start of cometcam --headless to the first picture in a viewer's hands", &percentiles(taken));
}

/// From the start of the program to its first picture on the screen of a browser that opens the page as soon as there is one.
async fn start_to_first_painted() {
    let browser = Browser::launch().await;
    let mut taken = Vec::new();
    for _ in 0..9 {
        let page = browser.page(Screen::Desktop).await;
        let begun = Instant::now();
        let server = Server::headless(&["--size", "1280x720", "--fps", "30"]).await;
        page.open(&server.url("/kiosk/front")).await;
        page.wait_for("[...document.images].some(image => image.naturalWidth === 1280)").await;
        taken.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    row("start of cometcam --headless to its first picture on Chromium's screen", &percentiles(taken));
}

/// What the window costs while it shows 15 pictures a second, drawn without a graphics processor.
async fn window() {
    let (desktop, data) = (Desktop::start().await, folder());
    let server = Server::window(&desktop, data.path()).await;
    let _shown = desktop.window("Cometcam").await;
    row("the window, not live, 15 a second drawn in software", &cost(server.program.pid()).await);
}

/// From the capture of a test pattern to its number on Chromium's screen, by the time that the browser gives its own frames.
async fn capture_to_painted(fps: &str) {
    let server = Server::headless(&["--size", "1280x720", "--fps", fps]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/kiosk/front")).await;
    page.wait_for("[...document.images].some(image => image.naturalWidth === 1280)").await;
    let (captured, painted) = tokio::join!(captures(&server), painted(&page));
    let delays = painted.iter().filter_map(|(number, painted)| Some(painted - captured.get(number)?));
    row(&format!("capture to painted in Chromium, 1280x720, {fps} a second"), &percentiles(delays.collect()));
}

/// When each picture was taken, by its number, for about as many as [`painted`] looks at.
async fn captures(server: &Server) -> HashMap<u32, f64> {
    let mut subscriber = Subscriber::new(server, "front?latest");
    let mut pictures = Vec::new();
    while pictures.len() < PAINTED {
        let frame = subscriber.of_type("frame").await;
        let picture = server.get(frame["url"].as_str().unwrap_or_default()).await;
        pictures.push((frame["captured_at_ms"].as_f64().unwrap_or_default(), picture.body));
    }
    // Decoded when all is over: it would take the time of what is measured.
    let numbered = pictures.iter().filter_map(|(at_ms, picture)| Some((number(picture, None)?, *at_ms)));
    numbered.collect()
}

/// When each number was first on the screen.
async fn painted(page: &Page) -> HashMap<u32, f64> {
    // 1280x720 in the middle of a screen of 1280x800.
    let shown = Some((40, 720));
    let mut first = HashMap::new();
    for (at_ms, screen) in page.painted(PAINTED).await {
        if let Some(number) = number(&screen, shown) {
            first.entry(number).or_insert(at_ms);
        }
    }
    first
}

/// The number in a picture, or in those of its rows (first and count) that show the pattern.
fn number(jpeg: &[u8], rows: Option<(u32, u32)>) -> Option<u32> {
    let picture = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).ok()?.into_rgb8();
    let (top, height) = rows.unwrap_or((0, picture.height()));
    let pattern = image::imageops::crop_imm(&picture, 0, top, picture.width(), height).to_image();
    read_number(&pattern, Size::new(pattern.width(), pattern.height()))
}

/// A folder of pictures as a camera's own MJPEG has them: about 80 KB each, all different.
fn recording() -> TempDir {
    let folder = folder();
    for index in 0..60 {
        let pixel = |x: u32, y: u32| {
            let noise = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503) + index * 977);
            let [red, green, ..] = (noise ^ noise >> 15).to_le_bytes();
            Rgb([(x / 8 + index) as u8 ^ red >> 5, (y / 4) as u8 ^ green >> 5, (x / 16 + y / 16) as u8])
        };
        let path = folder.path().join(format!("{index:04}.jpg"));
        RgbImage::from_fn(1280, 720, pixel).save(path).expect("a picture can be written");
    }
    folder
}

/// A viewer that fetches each newest picture.
fn watch(server: &Server) -> tokio::task::JoinHandle<()> {
    let address = server.address;
    let mut subscriber = Subscriber::new(server, "front?latest");
    tokio::spawn(async move {
        loop {
            let frame = subscriber.of_type("frame").await;
            let path = frame["url"].as_str().unwrap_or_default();
            let _picture = cometcam_tests::http::Call::new(address, hyper::Method::GET, path).send().await;
        }
    })
}

/// What a process takes over [`PERIOD`].
async fn cost(pid: u32) -> String {
    let before = Usage::of(pid);
    tokio::time::sleep(PERIOD).await;
    let after = Usage::of(pid);
    let seconds = PERIOD.as_secs_f64();
    let cpu = (after.ticks - before.ticks) / TICKS / seconds * 100.0;
    let wakes = (after.switches - before.switches) / seconds;
    format!("{cpu:.1} % of a core, {:.0} MB, {wakes:.0} wake-ups a second", after.resident_kb / 1000.0)
}

#[derive(Debug)]
struct Usage {
    ticks: f64,
    switches: f64,
    resident_kb: f64,
}

impl Usage {
    fn of(pid: u32) -> Self {
        let process = Path::new("/proc").join(pid.to_string());
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        let stat = read(&process.join("stat"));
        // The name before them is in parentheses and may hold anything.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = [11, 12].iter().filter_map(|&field| fields.get(field)?.parse::<f64>().ok()).sum();
        let tasks = std::fs::read_dir(process.join("task")).into_iter().flatten().flatten();
        let switches = tasks.map(|task| field(&read(&task.path().join("status")), "voluntary_ctxt_switches:")).sum();
        Self { ticks, switches, resident_kb: field(&read(&process.join("status")), "VmRSS:") }
    }
}

/// The number behind a name in a file of /proc.
fn field(file: &str, name: &str) -> f64 {
    let line = file.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// The middle of some milliseconds, and what all but one in a hundred stay below; of few the slowest.
fn percentiles(mut millis: Vec<f64>) -> String {
    if millis.is_empty() {
        return "nothing was measured".to_owned();
    }
    millis.sort_by(f64::total_cmp);
    let at = |part: f64| millis[((millis.len() - 1) as f64 * part).round() as usize];
    let slow = if millis.len() < 100 { "slowest" } else { "p99" };
    format!("p50 {:.0} ms, {slow} {:.0} ms ({} samples)", at(0.5), at(0.99), millis.len())
}
