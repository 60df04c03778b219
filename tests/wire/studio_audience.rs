//! What the window tells of those who watch, and after the end of what there was: with a real phone, a desktop that shows
//! notifications, a player of sounds, and files on a disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::bus::Bus;
use cometcam_tests::desktop::{Desktop, Window};
use cometcam_tests::files::{files, until};
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::built;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use image::RgbImage;
use serde_json::{Value, json};

/// The big button in the lower right corner of the window.
const BUTTON: (i32, i32) = (-168, -43);
/// A place on it that no letter covers.
const ON_BUTTON: (u32, u32) = (830, 660);
/// The cross at the end of the first viewer's row, in a window that is live to this computer.
const FIRST_CROSS: (i32, i32) = (-32, 233);

/// Settings of a person who was asked who can watch, and a little more, as YAML.
pub(crate) fn settings(data: &Path, window: &str) {
    let folder = data.join("config-home/cometcam");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("cometcam.yaml"),
        format!("window: {{ audience: this-computer, {window} }}\ncameras: [{{ save: every }}]\n"),
    )
    .unwrap();
}

fn is_live(screen: &RgbImage) -> bool {
    let [red, green, blue] = screen.get_pixel(ON_BUTTON.0, ON_BUTTON.1).0.map(i32::from);
    red > green + 40 && red > blue + 40
}

/// Whether a notice lies over the coloured bars of the test pattern.
fn is_told(screen: &RgbImage) -> bool {
    let is_grey = |x| {
        let [red, green, blue] = screen.get_pixel(x, 188).0;
        red.abs_diff(green) < 25 && green.abs_diff(blue) < 25
    };
    [460, 560].into_iter().all(is_grey)
}

/// Whether there is the button that lets the one closed viewer in again.
fn offers_to_let_in(screen: &RgbImage) -> bool {
    // A little lighter than what is around it.
    screen.get_pixel(1004, 289).0[2] > 37
}

pub(crate) async fn go_live(desktop: &Desktop, window: &Window<'_>) {
    desktop.shows("audience-ready", |screen| !is_live(screen) && screen.get_pixel(ON_BUTTON.0, ON_BUTTON.1).0[2] > 100).await;
    window.click(BUTTON.0, BUTTON.1).await;
    desktop.shows("audience-live", is_live).await;
}

/// Those who watch, and those who may not.
async fn audience(server: &Server) -> Value {
    server.call(Method::GET, "/api/viewers").key(&server.operator_key()).send().await.expect(200).json()
}

#[tokio::test]
async fn a_phone_that_watches_is_announced_and_listed_and_closed_and_let_in_again() {
    let (desktop, data, bus) = (Desktop::start().await, folder(), Bus::start().await);
    let stand_ins = bus.stand_ins().await;
    settings(data.path(), "viewing: { at_most: 5 }");
    // The first player that is tried.
    let (players, played) = (folder(), data.path().join("played.wav"));
    let player = players.path().join("pw-play");
    std::fs::write(&player, format!("#!/bin/sh\nexec cp \"$1\" \"{}\"\n", played.display())).unwrap();
    std::fs::set_permissions(&player, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", players.path().display(), std::env::var("PATH").unwrap());
    let mut command = built("cometcam");
    desktop.shown_here(bus.used_by(&mut command)).env("PATH", path);
    let server = Server::run(command, data.path(), &["--source", "test-pattern"]).await;
    let window = desktop.window("Cometcam").await;
    go_live(&desktop, &window).await;

    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/")).await;
    crate::pages::picture_changes(&page, 2).await;
    let told = stand_ins.were_asked(&["notification Some(1): Cometcam: Somebody is watching: "]).await;
    assert!(told[0].contains("Chrome") && told[0].contains("127.0.0.1"), "{told:?}");
    until(data.path(), "a sound", || std::fs::read(&played).is_ok_and(|wav| wav.starts_with(b"RIFF") && wav.len() > 10_000))
        .await;

    let one = audience(&server).await;
    assert_eq!((one["viewers"].as_array().map(Vec::len), &one["closed"]), (Some(1), &json!([])));
    desktop.shows("audience-one", |screen| !is_told(screen)).await;
    window.click(FIRST_CROSS.0, FIRST_CROSS.1).await;
    page.wait_for("document.querySelector('.pill').dataset.state === 'CLOSED'").await;
    let closed = audience(&server).await;
    assert_eq!((&closed["viewers"], &closed["closed"]), (&json!([]), &json!(["127.0.0.1"])));
    desktop.shows("audience-closed", |screen| is_told(screen) && offers_to_let_in(screen)).await;
    // Menu, copy the address, the viewers' button, let in again.
    window.keys(&["Tab", "Tab", "Tab", "Tab", "Return"]).await;
    desktop.shows("audience-let-in", |screen| !is_told(screen) && !offers_to_let_in(screen)).await;
    page.click("#again").await;
    crate::pages::picture_changes(&page, 2).await;
    assert_eq!(audience(&server).await["closed"], json!([]));
}

/// Broadcasts until a picture is saved, and presses Stop. The newest picture's address.
async fn broadcast(desktop: &Desktop, window: &Window<'_>, server: &Server) -> String {
    go_live(desktop, window).await;
    let mut subscriber = Subscriber::new(server, "front?latest");
    let first = subscriber.of_type("frame").await;
    let mut frame = first.clone();
    // A second click that comes at once would be that of a double click, and is not heeded.
    let taken = |frame: &Value| frame["captured_at_ms"].as_u64().unwrap();
    while taken(&frame) < taken(&first) + 1_000 {
        frame = subscriber.of_type("frame").await;
    }
    let live = server.data().join("live");
    until(server.data(), "a saved picture", || files(&live).len() > 1).await;
    window.click(BUTTON.0, BUTTON.1).await;
    desktop.shows("audience-receipt", |screen| !is_live(screen)).await;
    let url = frame["url"].as_str().unwrap().to_owned();
    let _gone = server.get(&url).await.expect(410);
    let _gone = server.get("/live/front.jpg").await.expect(410);
    assert!(!files(&live).is_empty(), "it waits for the answer, and nobody sees it");
    url
}

#[tokio::test]
async fn what_was_saved_is_kept_or_removed_as_is_said_after_stop_and_is_gone_after_a_kill() {
    let (desktop, data) = (Desktop::start().await, folder());
    settings(data.path(), "viewing: { sound: false, notification: false }");
    let [live, kept] = ["live", "frames"].map(|tree| data.path().join(tree));
    let server = Server::window(&desktop, data.path()).await;
    let window = desktop.window("Cometcam").await;
    broadcast(&desktop, &window, &server).await;
    // Menu, Keep, Remove.
    window.keys(&["Tab", "Tab", "Tab", "Return"]).await;
    until(data.path(), "nothing that waits", || files(&live).is_empty()).await;
    assert!(files(&kept).is_empty(), "it is removed");

    broadcast(&desktop, &window, &server).await;
    window.keys(&["Tab", "Tab", "Return"]).await;
    until(data.path(), "nothing that waits", || files(&live).is_empty()).await;
    let stays = files(&kept);
    assert!(!stays.is_empty(), "it is kept");
    desktop.screenshot("audience-kept").await;

    broadcast(&desktop, &window, &server).await;
    server.kill().await;
    assert!(!files(&live).is_empty());
    let again = Server::start("cometcam-server", data.path(), &[]).await;
    until(data.path(), "nothing that waits", || files(&live).is_empty()).await;
    assert_eq!(files(&kept), stays, "and nothing else");
    drop(again);
}

#[tokio::test]
async fn a_password_that_was_chosen_at_the_window_holds_without_one_too() {
    let data = folder();
    settings(data.path(), "viewing: { guard: password, password: four words are good }");
    let server = Server::start("cometcam", data.path(), &["--headless", "--source", "test-pattern"]).await;
    let poll = "/sub/front?latest&timeout=5";
    let _refused = server.get(poll).await.expect(401);
    let enter = |word: &str| format!("Basic {}", data_encoding::BASE64.encode(format!("any:{word}").as_bytes()));
    let _right = server.call(Method::GET, poll).header("Authorization", &enter("four words are good")).send().await.expect(200);
    let _wrong = server.call(Method::GET, poll).header("Authorization", &enter("five")).send().await.expect(401);
}

#[tokio::test]
async fn kept_pictures_of_a_channel_that_the_window_left_need_its_password_at_the_next_start() {
    let (desktop, data) = (Desktop::start().await, folder());
    let keep = ["--headless", "--source", "test-pattern", "--channel", "yard", "--save", "every", "--keep"];
    let before = Server::start("cometcam", data.path(), &keep).await;
    let frame = Subscriber::new(&before, "yard?latest").of_type("frame").await;
    let (url, number) = (frame["url"].as_str().unwrap(), frame["seq"].as_u64().unwrap());
    // They are written in their order.
    until(data.path(), "the picture on disk", || files(&data.path().join("frames")).len() as u64 > number).await;
    assert!(before.stop().await.success());

    settings(data.path(), "guards: { yard: { guard: password, password: four words are good } }");
    let server = Server::window(&desktop, data.path()).await;
    let _refused = server.get(url).await.expect(401);
    let enter = format!("Basic {}", data_encoding::BASE64.encode(b"any:four words are good"));
    let _picture = server.call(Method::GET, url).header("Authorization", &enter).send().await.expect(200);
    assert_eq!(server.get("/sub/front?poll").await.status, 304, "the window's own channel asks for nothing");
}
