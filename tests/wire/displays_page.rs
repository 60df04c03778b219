//! The page of a display in a real browser: it signs in, does what it is told, and stays as small as it was.

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::Value;

use crate::pages::picture_changes;

/// Enough to see a leak of a few hundred bytes in each picture. `make soak-display` asks for 100,000.
const PICTURES: u64 = 1000;
/// Until everything that is made once is there.
const WARM: u64 = 200;

async fn told(server: &Server, what: &str) {
    let _told = server.call(Method::POST, &format!("/api/displays/{what}")).key(&server.operator_key()).send().await.expect(204);
}

/// The display of this name, as the operator sees it.
async fn display(server: &Server, name: &str) -> Value {
    let list = server.call(Method::GET, "/api/displays").key(&server.operator_key()).send().await.expect(200).json();
    list["displays"].as_array().unwrap().iter().find(|display| display["name"] == name).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_display_signs_in_and_identifies_itself_loads_anew_and_shows_other_channels_when_told() {
    let server = Server::headless(&["--size", "640x480"]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.open(&server.url("/kiosk/front?display=Hall%20left")).await;
    picture_changes(&page, 3).await;
    let seen = display(&server, "Hall left").await;
    assert_eq!((&seen["dark"], &seen["channels"][0], &seen["wake"]), (&false.into(), &"front".into(), &"held".into()), "{seen}");
    assert_eq!(seen["version"], server.get("/api/now").await.expect(200).json()["version"]);
    assert!(seen["uptime_s"].is_u64(), "{seen}");

    told(&server, "Hall%20left/identify").await;
    page.wait_for("!document.querySelector('#identify').hidden && /Hall left/.test(document.body.innerText)").await;
    page.screenshot("desktop-identify").await;
    let fits =
        "(sign => sign.scrollWidth <= innerWidth && sign.scrollHeight <= innerHeight)(document.querySelector('#identify'))";
    assert_eq!(page.value(fits).await, true);

    let loaded = page.value("performance.timeOrigin").await;
    told(&server, "Hall%20left/reload").await;
    page.wait_for(&format!("performance.timeOrigin !== {loaded}")).await;
    picture_changes(&page, 2).await;
    let loaded = page.value("performance.timeOrigin").await;
    picture_changes(&page, 5).await;
    assert_eq!(page.value("performance.timeOrigin").await, loaded, "it obeys once");

    told(&server, "Hall%20left/show?channels=setup").await;
    page.wait_for("location.pathname === '/kiosk/%73etup' && location.search === '?display=Hall%20left'").await;
    told(&server, "Hall%20left/show?channels=front,setup").await;
    page.wait_for("location.pathname === '/kiosk/front,setup'").await;
    picture_changes(&page, 2).await;
    assert_eq!(page.errors().len(), 0, "{:#?}", page.errors());
    assert_eq!(page.requests_outside(&server.url("/")), Vec::<String>::new());
}

#[tokio::test]
async fn furniture_moves_a_little_and_the_cursor_hides() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    for (screen, name) in [(Screen::Desktop, "desktop"), (Screen::Phone, "phone")] {
        let page = browser.page(screen).await;
        // The page's minute is over at once.
        page.at_each_start("const real = setInterval; setInterval = (run, ms) => real(run, ms === 60000 ? 20 : ms)").await;
        page.open(&server.url("/kiosk/front")).await;
        page.wait_for("document.querySelector('.say strong')?.innerText !== ''").await;
        let place = "(({ x, y }) => `${x} ${y}`)(document.querySelector('.say strong').getBoundingClientRect())";
        let before = page.value(place).await;
        page.wait_for(&format!("{place} !== {before}")).await;
        let moved =
            "['--move-x', '--move-y'].map(axis => Math.abs(parseInt(document.documentElement.style.getPropertyValue(axis))))
            .every(px => px <= Math.min(24, Math.ceil(Math.min(innerWidth, innerHeight) * 0.015)))";
        assert_eq!(page.value(moved).await, true);
        page.wait_for("getComputedStyle(document.body).cursor === 'none'").await;
        page.screenshot(&format!("{name}-kiosk-waiting")).await;
    }
}

/// Publishes tiny pictures as fast as the server takes them, or 1000 a second, until it is dropped.
fn feed(server: &Server) -> tokio::task::JoinHandle<()> {
    let (address, key) = (server.address, server.publish_key());
    let pictures: Vec<_> = (0..10).map(|n| jpeg::jpeg(16, 16, [n * 25, 99, 9])).collect();
    tokio::spawn(async move {
        let mut connection = Raw::connect(address).await;
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(1));
        for picture in pictures.iter().cycle() {
            pace.tick().await;
            let head = format!(
                "POST /frames/front?publish HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
                 Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
                picture.len()
            );
            connection.send([head.as_bytes(), picture].concat()).await;
            let head = connection.head().await;
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
            let _message = connection.body(length).await;
        }
    })
}

/// Waits until so many pictures were on the screen.
async fn painted(page: &Page, count: u64) {
    let seen = page.value("window.count").await.as_u64().unwrap();
    for next in (seen + 100..count).step_by(100).chain([count]) {
        page.wait_for(&format!("window.count >= {next}")).await;
    }
}

/// Counts the pictures that scripts keep in the browser's memory, which is not theirs, in `window.alive`.
const COUNT_URLS: &str = "window.alive = 0;
    for (const [name, by] of [['createObjectURL', 1], ['revokeObjectURL', -1]]) {
        const real = URL[name];
        URL[name] = (given) => { window.alive += by; return real.call(URL, given); };
    }";

#[tokio::test]
async fn a_display_is_as_small_after_many_pictures_as_before() {
    let pictures = std::env::var("COMETCAM_PICTURES").ok().and_then(|count| count.parse().ok()).unwrap_or(PICTURES);
    // Of a million pictures a disk has enough to do.
    let server = Server::configured("archive: { at_most: 2 MB, leave_free: 0 B }", &[]).await;
    let feeding = feed(&server);
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.at_each_start(COUNT_URLS).await;
    page.open(&server.url("/kiosk/front?display=Hall")).await;
    page.wait_for("document.images.length > 0").await;
    // What was requested would be kept for the test itself.
    page.forget_requests().await;
    let count = "window.count = 0; new MutationObserver(() => { window.count += 1; })
        .observe(document.querySelector('img'), { attributes: true, attributeFilter: ['src'] })";
    let _counted = page.value(count).await;
    let began = std::time::Instant::now();
    let mut sizes = Vec::new();
    for tenth in 0..=10 {
        let count = WARM + (pictures - WARM) * tenth / 10;
        painted(&page, count).await;
        let (bytes, nodes) = page.memory().await;
        let rate = count as f64 / began.elapsed().as_secs_f64();
        println!("{count} pictures, {rate:.0} a second: heap of {:.0} kB, {nodes} nodes", bytes / 1000.0);
        sizes.push((bytes, nodes));
    }
    let ((bytes_before, nodes_before), (bytes_half, _), (bytes, nodes)) = (sizes[0], sizes[5], sizes[10]);
    assert!(nodes <= nodes_before + 20, "{nodes_before} nodes grew to {nodes}");
    // At first the browser makes faster code of what is called often.
    assert!(bytes < bytes_before + 400_000.0, "{bytes_before} bytes grew to {bytes}");
    assert!(bytes < bytes_half + 150_000.0, "{bytes_half} bytes grew to {bytes} in the second half");
    let alive = page.value("window.alive").await;
    assert!((1..=2).contains(&alive.as_u64().unwrap()), "{alive} pictures are kept in memory");
    feeding.abort();
}
