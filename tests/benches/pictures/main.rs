//! The pictures of the documents, `assets/pictures`: the real window and the real pages in each of their states, with a laptop,
//! phones and displays in a network of their own. Needs root, for the network. `make pictures`.

mod lake;
mod shelf;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::bus::Bus;
use cometcam_tests::deadline::soon;
use cometcam_tests::desktop::{Desktop, Window};
use cometcam_tests::http::Call;
use cometcam_tests::lan::{Device, Lan};
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::look::{code_on, is_live, preview};
use cometcam_tests::program::built;
use cometcam_tests::reader::Reader;
use cometcam_tests::server::{Server, folder};
use hyper::Method;

use self::shelf::Shelf;

const PHONE: Screen = Screen::Of { width: 390, height: 600, scale: 2, mobile: true };
const WALL: Screen = Screen::Of { width: 960, height: 540, scale: 1, mobile: false };
const DESK: Screen = Screen::Of { width: 960, height: 860, scale: 1, mobile: false };

const PORT: u16 = 8060;
/// Until the last minute is in the window.
const MINUTE: Duration = Duration::from_secs(61);

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0";
const OLD_TABLET: &str = "Mozilla/5.0 (iPad; CPU OS 9_3_5 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Version/9.0 Mobile/13G36 Safari/601.1";
const RASPBERRY: &str = "Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36";
/// How a display signs in that has been up for three days.
const WORKSHOP: &str = "/sub/front?latest&poll&viewer=workshop&display=Workshop&uptime=259200&wake=held&version=0.1.0";

/// What is needed to see the window and to work it.
struct Seen<'a> {
    desktop: &'a Desktop,
    reader: &'a Reader,
    window: Window<'a>,
    shelf: Shelf,
}

impl Seen<'_> {
    /// A picture of the window, with the pointer elsewhere.
    async fn picture(&self, name: &str) {
        self.rests().await;
        self.shelf.put_window(name, &self.desktop.pixels());
    }

    /// Like [`Seen::picture`], with the boat in the middle of the picture that it shows.
    async fn picture_with_boat(&self, name: &str) {
        self.rests().await;
        let screen = self.desktop.shows("pictures-boat", |screen| lake::has_boat(&preview(screen))).await;
        self.shelf.put_window(name, &screen);
    }

    async fn rests(&self) {
        self.window.point_away().await;
        // What was under the pointer fades, and nobody tells when it has.
        tokio::time::sleep(Duration::from_millis(400)).await;
    }

    /// A picture of a page, with the boat in the middle of the picture that it shows.
    async fn page_with_boat(&self, name: &str, page: &Page) {
        let shown = async {
            loop {
                let png = page.picture("png").await;
                let picture = image::load_from_memory(&png).expect("Chromium gives a PNG").into_rgb8();
                if lake::has_boat(&picture) {
                    return png;
                }
            }
        };
        self.shelf.put(name, &soon("the boat on the page", shown).await);
    }

    /// Takes away what lies over the picture.
    async fn put_notices_away(&self) {
        while let Some(notice) = self.reader.says().await.into_iter().find(|said| said.name.starts_with("Take th")) {
            self.click(&notice.name).await;
            self.reader.hears_no_more(&notice.name).await;
        }
    }

    async fn click(&self, beginning: &str) {
        self.reader.click(&self.window, beginning).await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let lan = Lan::new();
    let (laptop, iphone, office, tablet) = (lan.device(20), lan.device(31), lan.device(32), lan.device(33));
    let (desktop, bus, home) = (Desktop::start().await, Bus::start().await, folder());
    let reader = Reader::start(&desktop, &bus).await;
    let browser = Browser::launch_as(RASPBERRY).await;
    let pictures = lake::camera(&browser).await;
    let _desktops = bus.stand_ins().await;
    let command = called_laptop(&desktop, &bus, home.path());
    let source = format!("images:{}", pictures.path().join("Lake").display());
    let bind = format!("127.0.0.1:{PORT}");
    let _server = Server::at_home(laptop.on(&command), home.path(), &["--source", &source, "--bind", &bind]).await;
    let window = desktop.window("Cometcam").await;
    let seen = Seen { desktop: &desktop, reader: &reader, window, shelf: Shelf::new() };
    let address = SocketAddr::new(laptop.address(0), PORT);

    goes_live(&seen).await;
    let live = Instant::now();
    let display = async move { Call::new(address, Method::GET, WORKSHOP).header("User-Agent", RASPBERRY).send().await.status };
    let _signed_in = tablet.run(display).await;
    let watching = async {
        let each =
            [(&iphone, IPHONE), (&office, WINDOWS), (&tablet, OLD_TABLET)].map(|(device, name)| watch(device, address, name));
        futures_util::future::join_all(each).await
    };
    let kiosk = tokio::select! {
        _ = watching => unreachable!("they watch for ever"),
        kiosk = while_live(&seen, &browser, address, live) => kiosk,
    };
    loses(&seen, &laptop, &kiosk).await;
    browser.close(kiosk).await;
    ends_and_asks_for_a_code(&seen, &browser, address).await;
}

/// The program on a computer that is called `laptop`, where a sound can be played.
fn called_laptop(desktop: &Desktop, bus: &Bus, home: &Path) -> Command {
    let player = home.join("pw-play");
    std::fs::write(&player, "#!/bin/sh\n").expect("a file can be written");
    std::fs::set_permissions(&player, std::fs::Permissions::from_mode(0o755)).expect("it may be run");
    let mut command = Command::new("unshare");
    command.args(["--uts", "sh", "-c", "hostname laptop && exec \"$0\" \"$@\""]).arg(built("cometcam").get_program());
    let path = std::env::var("PATH").unwrap_or_default();
    desktop.shown_here(bus.used_by(&mut command)).env("PATH", format!("{}:{path}", home.display()));
    command
}

/// Watches from a device, for ever.
async fn watch(device: &Device, address: SocketAddr, name: &'static str) {
    let mut subscriber = Subscriber::to(address, "front?latest&viewer=one").header("User-Agent", name);
    let polls = async move {
        loop {
            let _frame = subscriber.next().await;
        }
    };
    device.run(polls).await;
}

async fn goes_live(seen: &Seen<'_>) {
    seen.reader.hears("NOT LIVE").await;
    seen.picture_with_boat("window-ready").await;
    seen.click("Go live").await;
    seen.reader.hears("Everyone in this network").await;
    seen.picture("window-who").await;
    seen.click("Everyone in this network").await;
    seen.desktop.shows("pictures-live", |screen| is_live(screen) && code_on(screen).is_some()).await;
}

/// The pages, and the window when a minute is over. The page of the display stays open.
async fn while_live(seen: &Seen<'_>, browser: &Browser, address: SocketAddr, live: Instant) -> Page {
    let url = |path: &str| format!("http://{address}{path}");
    let is_live = "document.querySelector('.pill')?.dataset.state === 'LIVE'";
    let kiosk = browser.window(WALL).await;
    kiosk.open(&url("/kiosk/front?display=Lobby")).await;
    let phone = browser.window(PHONE).await;
    phone.open(&url("/")).await;
    phone.wait_for(is_live).await;
    let shelve = async |page: &Page, name: &str| seen.shelf.put(name, &page.picture("png").await);
    seen.page_with_boat("viewer-phone", &phone).await;
    seen.page_with_boat("kiosk", &kiosk).await;
    let setup = browser.window(DESK).await;
    setup.open(&url("/kiosk/setup?display=Lobby&channel=front")).await;
    shelve(&setup, "setup").await;
    let lite = browser.window(PHONE).await;
    lite.open(&url("/lite/front")).await;
    seen.page_with_boat("lite-phone", &lite).await;
    for page in [setup, lite] {
        browser.close(page).await;
    }

    tokio::time::sleep_until((live + MINUTE / 2).into()).await;
    let (left, top, width, height) = phone.place("#minute").await;
    let line = top + height / 2.0;
    phone.fingers(&[((left + width - 12.0, line), (left + width * 0.62, line))]).await;
    phone.wait_for("!document.querySelector('#past').hidden && document.querySelector('img').complete").await;
    shelve(&phone, "viewer-phone-past").await;
    phone.tap("#live").await;

    seen.click("Menu").await;
    seen.click("Displays").await;
    seen.reader.hears_such("a display that is dark", |name| name.to_lowercase().contains("dark")).await;
    seen.picture("window-displays").await;
    seen.click("Close").await;
    seen.reader.hears_no_more("Identify").await;
    seen.put_notices_away().await;
    tokio::time::sleep_until((live + MINUTE).into()).await;
    seen.picture_with_boat("window").await;
    browser.close(phone).await;
    kiosk
}

/// The display when the laptop is out of the network, until it is back.
async fn loses(seen: &Seen<'_>, laptop: &Device, kiosk: &Page) {
    laptop.switch("down");
    kiosk.wait_for("/No connection/.test(document.body.innerText)").await;
    seen.shelf.put("kiosk-lost", &kiosk.picture("png").await);
    laptop.switch("up");
    kiosk.wait_for("!/No connection/.test(document.body.innerText)").await;
}

async fn ends_and_asks_for_a_code(seen: &Seen<'_>, browser: &Browser, address: SocketAddr) {
    seen.click("Stop").await;
    seen.reader.hears("THE BROADCAST IS OVER").await;
    seen.picture_with_boat("window-receipt").await;
    seen.click("Remove").await;
    seen.reader.hears_no_more("THE BROADCAST IS OVER").await;
    seen.click("What viewers need").await;
    seen.click("With a code").await;
    seen.click("Go live").await;
    seen.reader.hears("Code ").await;
    seen.desktop.shows("pictures-code", |screen| is_live(screen) && code_on(screen).is_some()).await;
    seen.picture_with_boat("window-code").await;
    let phone = browser.window(PHONE).await;
    phone.open(&format!("http://{address}/watch/front")).await;
    phone.wait_for("document.querySelector('#word') !== null").await;
    seen.shelf.put("enter-phone", &phone.picture("png").await);
}
