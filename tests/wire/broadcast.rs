//! The whole way without a window: a source, pictures, their messages, the disk, and the end of it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cometcam::frame::Size;
use cometcam::source::test_pattern::read_number;
use cometcam_tests::deadline::soon;
use cometcam_tests::files::files;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::{Server, folder};
use hyper::Method;

/// Every file below `folder` that is named as a picture.
fn pictures_in(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "jpg")).collect()
}

#[tokio::test]
async fn a_test_pattern_reaches_a_subscriber_as_whole_different_pictures_ten_a_second_and_the_disk() {
    const PICTURES: usize = 50;
    let data = folder();
    let options = "--headless --source test-pattern --channel front --fps 10 --size 640x480 --save every --bind 127.0.0.1:0";
    let server = Server::start("cometcam", data.path(), &options.split(' ').collect::<Vec<_>>()).await;
    let mut subscriber = Subscriber::new(&server, "front");
    let (mut taken, mut numbers, mut pictures) = (Vec::new(), Vec::new(), HashSet::new());
    while taken.len() < PICTURES {
        let frame = subscriber.of_type("frame").await;
        let picture = server.get(frame["url"].as_str().unwrap()).await.expect(200);
        assert_eq!(picture.header("Content-Type"), Some("image/jpeg"));
        let pixels = jpeg::whole(&picture.body);
        assert_eq!(pixels.dimensions(), (640, 480));
        numbers.push(read_number(&pixels, Size::new(640, 480)).expect("the picture tells its number"));
        assert!(pictures.insert(picture.body.to_vec()), "a picture came twice: {frame}");
        taken.push(frame["captured_at_ms"].as_u64().unwrap());
    }
    assert!(numbers.is_sorted_by(|earlier, later| earlier < later), "{numbers:?}");
    let mut intervals: Vec<u64> = taken.windows(2).map(|pair| pair[1] - pair[0]).collect();
    intervals.sort_unstable();
    assert!(intervals[intervals.len() / 2] <= 125, "most come ten a second: {intervals:?}");
    // The source's own count goes on whether or not each of its pictures came through on a busy machine.
    let (first, last) = (0, PICTURES - 1);
    let rate = f64::from(numbers[last] - numbers[first]) * 1000.0 / (taken[last] - taken[first]) as f64;
    assert!((rate - 10.0).abs() <= 0.2, "{rate} a second");
    let on_disk = || pictures_in(data.path()).iter().map(|path| std::fs::read(path).unwrap()).collect::<HashSet<_>>();
    // Disk comes behind memory; the pictures that follow are the clock.
    let saved = async {
        while !pictures.is_subset(&on_disk()) {
            let _next = subscriber.of_type("frame").await;
            let health = server.get("/healthz").await;
            if health.status != 200 {
                let told = health.expect(503).text();
                assert!(told.contains("slow"), "{told}");
                return;
            }
        }
    };
    soon("all pictures on disk, or a word why not", saved).await;
}

#[tokio::test]
async fn what_was_saved_goes_with_the_broadcast() {
    let data = folder();
    let options = ["--headless", "--source", "test-pattern", "--save", "every"];
    let server = Server::start("cometcam", data.path(), &options).await;
    let mut subscriber = Subscriber::new(&server, "front");
    while pictures_in(data.path()).is_empty() {
        let _frame = subscriber.of_type("frame").await;
    }
    assert!(server.stop().await.success());
    assert_eq!(pictures_in(data.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn what_was_saved_stays_if_it_is_to_be_kept() {
    let data = folder();
    let options = ["--headless", "--source", "test-pattern", "--save", "every", "--keep"];
    let server = Server::start("cometcam", data.path(), &options).await;
    let mut subscriber = Subscriber::new(&server, "front");
    while pictures_in(data.path()).is_empty() {
        let _frame = subscriber.of_type("frame").await;
    }
    assert!(server.stop().await.success());
    let kept = pictures_in(data.path());
    assert!(!kept.is_empty());
    for path in kept {
        let _pixels = jpeg::whole(&std::fs::read(path).unwrap());
    }
}

#[tokio::test]
async fn with_saving_off_nothing_is_on_disk_and_pictures_are_served() {
    let data = folder();
    let server = Server::start("cometcam", data.path(), &["--headless", "--source", "test-pattern", "--save", "off"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    for _ in 0..5 {
        let frame = subscriber.of_type("frame").await;
        let _pixels = jpeg::whole(&server.get(frame["url"].as_str().unwrap()).await.expect(200).body);
    }
    assert_eq!(pictures_in(data.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_pause_is_told_holds_the_pictures_back_and_ends() {
    let server = Server::headless(&[]).await;
    let operator = server.operator_key();
    let mut subscriber = Subscriber::new(&server, "front?latest");
    let _live = subscriber.of_type("frame").await;
    let control = |what: &str| server.call(Method::POST, &format!("/api/cameras/front/{what}")).key(&operator).send();
    assert!(control("pause").await.status.is_success());
    let _told = subscriber.status("state", "paused").await;
    let nothing = server.call(Method::GET, "/sub/front?latest&timeout=1");
    let (time, tag) = subscriber.at.clone().unwrap();
    let nothing = nothing.header("If-Modified-Since", &time).header("If-None-Match", &tag).send().await;
    assert_eq!(nothing.status, 304, "nothing is published while paused: {}", nothing.text());
    assert!(control("resume").await.status.is_success());
    let _live_again = subscriber.of_type("frame").await;
}

#[tokio::test]
async fn pictures_of_a_folder_are_broadcast_in_the_order_of_their_names() {
    let (data, folder) = (folder(), folder());
    for (name, width) in [("1.jpg", 16), ("2.jpg", 32), ("3.jpg", 48)] {
        std::fs::write(folder.path().join(name), jpeg::jpeg(width, 16, [99, 99, 99])).unwrap();
    }
    let source = format!("images:{}", folder.path().display());
    let server = Server::start("cometcam", data.path(), &["--headless", "--source", &source, "--fps", "5"]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    let mut widths = Vec::new();
    while widths.len() < 6 {
        widths.push(subscriber.of_type("frame").await["width"].as_u64().unwrap());
    }
    for pair in widths.windows(2) {
        let next = if pair[0] == 48 { 16 } else { pair[0] + 16 };
        assert_eq!(pair[1], next, "{widths:?}");
    }
}
