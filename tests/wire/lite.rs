//! The pages for very old browsers: without scripts, in NetSurf, and with scripts that ask in plain text.

use std::process::Command;

use cometcam_tests::browser::{Browser, Screen};
use cometcam_tests::desktop::Desktop;
use cometcam_tests::jpeg;
use cometcam_tests::program::Program;
use cometcam_tests::server::{Server, folder};
use cometcam_tests::tap::Tap;
use hyper::Method;
use serde_json::json;

use crate::pages::picture_changes;

async fn end(server: &Server) {
    let ended = json!({"type": "status", "state": "ended", "at_ms": 1}).to_string();
    let _told = server.publisher(Method::POST, "front").body("application/json", ended).send().await;
}

#[tokio::test]
async fn the_whole_page_is_of_html_4_and_less_than_ten_kilobytes() {
    let server = Server::headless(&[]).await;
    let page = server.get("/lite/front").await.expect(200);
    assert!(page.text().starts_with("<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\""), "{}", page.text());
    let mut size = page.body.len();
    for part in ["/client/lite.css", "/client/lite.js"] {
        assert!(page.text().contains(part), "{}", page.text());
        size += server.get(part).await.expect(200).body.len();
    }
    assert!(size < 10_000, "{size} bytes");
    assert!(page.header("cache-control").unwrap().contains("no-store"));
}

#[tokio::test]
async fn what_a_script_asks_for_is_six_lines_of_text() {
    let server = Server::alone(&[]).await;
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let nothing = lines(server.get("/lite/front/now").await.expect(200).text());
    assert_eq!((nothing.len(), nothing[0].as_str(), nothing[5].as_str()), (6, "NOT LIVE", ""));
    let frame = server.upload("front?publish", "image/jpeg", jpeg::jpeg(64, 48, [200, 99, 9])).await.expect(201).json();
    let seen = lines(server.get("/lite/front/now").await.expect(200).text());
    assert_eq!(seen[5], frame["url"].as_str().unwrap());
    assert_eq!(seen[3], frame["captured_at_ms"].to_string());
    assert!(seen[2].parse::<u64>().unwrap() < 30_000, "{seen:?}");
    let stalled = json!({"type": "status", "state": "paused", "reason": "back\nat <5>", "at_ms": 1}).to_string();
    let _told = server.publisher(Method::POST, "front").body("application/json", stalled).send().await;
    let paused = lines(server.get("/lite/front/now").await.expect(200).text());
    assert_eq!((paused.len(), paused[0].as_str()), (6, "PAUSED"));
    assert_eq!(paused[1], "The camera is paused. Back at <5>. It goes on by itself.");
    let page = server.get("/lite/front").await.expect(200).text();
    assert!(page.contains("&lt;5&gt;") && !page.contains("<5>"), "{page}");
}

#[tokio::test]
async fn of_an_ended_broadcast_no_picture_is_named() {
    let server = Server::alone(&[]).await;
    let _saved = server.upload("front?publish", "image/jpeg", jpeg::jpeg(64, 48, [200, 99, 9])).await.expect(201);
    assert!(server.get("/lite/front").await.expect(200).text().contains("<img"));
    end(&server).await;
    let page = server.get("/lite/front").await.expect(200).text();
    assert!(!page.contains("<img") && page.contains("ENDED"), "{page}");
    assert_eq!(server.get("/lite/front/now").await.expect(200).text().lines().nth(5), Some(""));
}

#[tokio::test]
async fn the_list_names_listed_channels_as_text() {
    let server = Server::configured("channels: { secret: { unlisted: true } }", &[]).await;
    for channel in ["a%3Cb%3E%22", "secret"] {
        let picture = jpeg::jpeg(64, 48, [200, 99, 9]);
        let _saved = server.upload(&format!("{channel}?publish"), "image/jpeg", picture).await.expect(201);
    }
    let list = server.get("/lite").await.expect(200).text();
    assert!(list.contains("href=\"/lite/a%3Cb%3E%22\">a&lt;b&gt;&quot;</a>"), "{list}");
    assert!(!list.contains("secret"), "{list}");
    let page = server.get("/lite/a%3Cb%3E%22").await.expect(200).text();
    assert!(page.contains("<title>a&lt;b&gt;&quot; - Cometcam</title>") && !page.contains("<b>"), "{page}");
}

#[tokio::test]
async fn a_channel_with_a_password_shows_nothing_without_it() {
    let server = Server::configured("channels: { front: { watch_password: apples and pears } }", &[]).await;
    let _saved = server.upload("front?publish", "image/jpeg", jpeg::jpeg(64, 48, [200, 99, 9])).await.expect(201);
    for path in ["/lite/front", "/lite/front/now", "/lite"] {
        let refused = server.get(path).await.expect(401);
        assert!(!refused.text().contains("/frames/"), "{path}: {}", refused.text());
    }
}

#[tokio::test]
async fn a_browser_without_scripts_shows_pictures_that_change_until_the_broadcast_is_over() {
    let server = Server::headless(&["--size", "640x480"]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.without_scripts().await;
    page.visit(&server.url("/lite/front")).await;
    page.requested("/frames/front/", 3).await;
    page.gets("#picture").await;
    page.screenshot("lite-without-scripts").await;
    let _over = server.publisher(Method::DELETE, "front").send().await.expect(200);
    page.lacks("#picture").await;
    assert_eq!(page.errors().len(), 0, "{:#?}", page.errors());
}

#[tokio::test]
async fn without_scripts_the_other_pages_lead_to_the_simple_ones() {
    let server = Server::alone(&[]).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Desktop).await;
    page.without_scripts().await;
    for path in ["/", "/watch/front", "/kiosk/front"] {
        page.visit(&server.url(path)).await;
        assert!(page.has("a[href='/lite']").await, "{path}");
    }
}

#[tokio::test]
async fn with_scripts_the_page_stays_and_says_how_the_picture_is() {
    let data = folder();
    let options = ["--headless", "--source", "test-pattern", "--fps", "10", "--size", "640x480"];
    let server = Server::start("cometcam", data.path(), &options).await;
    let browser = Browser::launch().await;
    let page = browser.page(Screen::Phone).await;
    page.open(&server.url("/lite/front")).await;
    let origin = page.value("performance.timeOrigin").await;
    picture_changes(&page, 3).await;
    page.wait_for("document.getElementById('state').innerText === 'LIVE'").await;
    page.wait_for("/^[0-9.]+ s$/.test(document.getElementById('age').innerText)").await;
    assert_eq!(page.value("document.documentElement.scrollWidth <= innerWidth").await, true);
    page.screenshot("lite-phone").await;
    let bind = server.address.to_string();
    assert!(server.stop().await.success());
    page.wait_for("document.getElementById('state').innerText === 'UNREACHABLE'").await;
    let again = Server::start("cometcam", data.path(), &[&options[..], &["--bind", &bind]].concat()).await;
    picture_changes(&page, 2).await;
    let _over = again.publisher(Method::DELETE, "front").send().await.expect(200);
    page.wait_for("document.images.length === 0 && /^(ENDED|NOT LIVE)$/.test(document.getElementById('state').innerText)").await;
    assert_eq!(page.value("performance.timeOrigin").await, origin, "it was never loaded again");
    assert_eq!(page.requests_outside(&again.url("/")), Vec::<String>::new());
}

#[tokio::test]
async fn netsurf_shows_pictures_that_change() {
    let server = Server::headless(&["--size", "640x480"]).await;
    let tap = Tap::to(server.address).await;
    let (desktop, home) = (Desktop::start().await, folder());
    let mut command = Command::new("netsurf-gtk");
    command.args(["--window_width=800", "--window_height=600", &format!("http://{}/lite/front", tap.address)]);
    desktop.shown_here(&mut command).env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path());
    let _netsurf = Program::start(command);
    let pictures = |asked: &[String]| asked.iter().filter(|path| path.starts_with("/frames/front/")).count();
    tap.asked("three pictures for NetSurf", |asked| pictures(asked) >= 3).await;
    // The test pattern is bars, of which one is as yellow as nothing else that a desktop shows.
    let yellow = |at: &image::Rgb<u8>| at.0[0] > 150 && at.0[1] > 150 && at.0[2] < 60;
    desktop.shows("lite-netsurf", |screen| screen.pixels().filter(|at| yellow(at)).count() > 5000).await;
}
