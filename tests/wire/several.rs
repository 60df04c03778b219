//! Several cameras in one program, each on its channel, and the pages that show them together.

use std::collections::HashSet;

use cometcam_tests::browser::{Browser, Page, Screen};
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::{Server, folder};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Two cameras, told apart by the width of their pictures.
const CAMERAS: &str = "cameras:
  - { channel: front, source: test-pattern, size: 320x240, fps: 10 }
  - { channel: yard, source: test-pattern, size: 640x480, fps: 5 }
";

/// What the pictures to be seen show, from the page's begin to its end: the width of each, and a number.
const SHOWN: &str = "[...document.images].filter(image => image.naturalWidth && image.getClientRects().length).map(image => {
    const context = new OffscreenCanvas(64, 48).getContext('2d');
    context.drawImage(image, 0, 0, 64, 48);
    const { data } = context.getImageData(0, 0, 64, 48);
    return [image.naturalWidth, data.reduce((sum, value) => (sum * 31 + value) % 4294967291, 7)];
})";

async fn two_cameras() -> (Server, TempDir) {
    let own = folder();
    let config = own.path().join("config.yaml");
    std::fs::write(&config, CAMERAS).unwrap();
    let options = ["--headless", "--config", &config.display().to_string()];
    (Server::start("cometcam", &own.path().join("data"), &options).await, own)
}

/// Both pictures of the page, once they are there, and then twice once both are others than before.
async fn both_change(page: &Page) {
    page.wait_for(&format!("{SHOWN}.length === 2")).await;
    for _ in 0..3 {
        let before = page.value(SHOWN).await;
        assert_eq!([&before[0][0], &before[1][0]], [320, 640], "each in its place: {before}");
        let others = format!("{SHOWN}.every(([, now], place) => now !== {before}[place][1])");
        page.wait_for(&others).await;
    }
}

#[tokio::test]
async fn every_camera_of_the_configuration_is_on_air_on_its_channel() {
    let (server, _own) = two_cameras().await;
    for (channel, size) in [("front", (320, 240)), ("yard", (640, 480))] {
        let (mut subscriber, mut seen) = (Subscriber::new(&server, &format!("{channel}?latest")), HashSet::new());
        for _ in 0..3 {
            let frame = subscriber.of_type("frame").await;
            let url = frame["url"].as_str().unwrap();
            assert!(url.starts_with(&format!("/frames/{channel}/")), "{url}");
            let picture = server.get(url).await.expect(200).body;
            assert_eq!(jpeg::whole(&picture).dimensions(), size, "{channel}");
            assert!(seen.insert(picture), "{channel} moves");
        }
    }
    let listed = server.get("/api/channels").await.expect(200).json();
    let told: Vec<&Value> = listed["channels"].as_array().unwrap().iter().flat_map(|one| [&one["name"], &one["state"]]).collect();
    assert_eq!(told, [&json!("front"), &json!("live"), &json!("yard"), &json!("live")]);
}

#[tokio::test]
async fn the_list_and_a_display_show_both_cameras_and_both_change() {
    let (server, _own) = two_cameras().await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    for (path, named) in [("/", ".card .name"), ("/kiosk/front,yard", ".stage")] {
        page.open(&server.url(path)).await;
        both_change(&page).await;
        page.screenshot(&format!("several{}", path.replace(['/', ','], "-"))).await;
        let names = page.value(&format!("[...document.querySelectorAll('{named}')].map(one => one.textContent)")).await;
        let named = |place: usize, name: &str| names[place].as_str().is_some_and(|text| text.contains(name));
        assert!(named(0, "front") && named(1, "yard"), "{path}: {names}");
        assert!(page.errors().is_empty(), "{path}: {:#?}", page.errors());
        assert_eq!(page.requests_outside(&server.url("/")), Vec::<String>::new());
    }
}
