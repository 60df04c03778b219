//! Bounds: of what is in memory, on disk and on its way in; and that what is promised holds at each of them.

use std::collections::HashMap;
use std::path::Path;

use cometcam_tests::deadline::soon;
use cometcam_tests::files::files;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::{Server, folder};
use hyper::Method;
use tempfile::TempDir;

/// `cometcam --headless` with a test pattern, this configuration and these options, separated by blanks.
async fn broadcast(yaml: &str, options: &str) -> (Server, TempDir) {
    let own = folder();
    let config = own.path().join("config.yaml");
    std::fs::write(&config, yaml).unwrap();
    let config = config.display().to_string();
    let all = ["--headless", "--source", "test-pattern", "--config", &config].into_iter().chain(options.split(' '));
    let all: Vec<&str> = all.collect();
    (Server::start("cometcam", &own.path().join("data"), &all).await, own)
}

#[tokio::test]
async fn whatever_a_message_names_can_be_had_also_when_memory_is_short() {
    const MEMORY: u64 = 500_000;
    let (server, _own) = broadcast("limits: { memory: 500 kB }", "--fps 30 --size 640x480 --save off").await;
    let (mut subscriber, mut published) = (Subscriber::new(&server, "front"), 0);
    soon("more pictures than memory has room for", async {
        while published < 3 * MEMORY {
            published += subscriber.of_type("frame").await["bytes"].as_u64().unwrap();
        }
    })
    .await;
    // From here on nothing leaves because of what comes.
    let mut subscriber = Subscriber::new(&server, "front?latest");
    let pause = server.call(Method::POST, "/api/cameras/front/pause").key(&server.operator_key());
    let _paused = pause.send().await.expect(204);
    let _told = subscriber.status("state", "paused").await;

    let (mut subscriber, mut bytes, mut count) = (Subscriber::new(&server, "front?first=oldest&poll"), 0, 0);
    loop {
        let answer = subscriber.ask().await;
        if answer.status == 304 {
            break;
        }
        let message = answer.expect(200).json();
        if message["type"] == "frame" {
            let picture = server.get(message["url"].as_str().unwrap()).await.expect(200).body;
            assert_eq!(Some(picture.len() as u64), message["bytes"].as_u64(), "{message}");
            bytes += picture.len() as u64;
            count += 1;
        }
    }
    assert!(count > 3 && bytes <= MEMORY, "{count} pictures of {bytes} bytes in a memory of {MEMORY}");
}

fn bytes_in(folder: &Path) -> u64 {
    // One that was removed since takes no place.
    files(folder).iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum()
}

#[tokio::test]
async fn the_archive_never_takes_more_than_it_may() {
    const AT_MOST: u64 = 500_000;
    let yaml = "archive: { at_most: 500 kB, leave_free: 0 B }";
    let (server, _own) = broadcast(yaml, "--fps 60 --size 640x480 --save every --keep").await;
    let (mut subscriber, mut published, mut largest) = (Subscriber::new(&server, "front"), 0, 0);
    soon("an archive that is full, and many pictures more", async {
        while published < 4 * AT_MOST || largest < AT_MOST * 3 / 4 {
            published += subscriber.of_type("frame").await["bytes"].as_u64().unwrap();
            let taken = bytes_in(&server.data().join("frames"));
            assert!(taken <= AT_MOST, "{taken} bytes, and {AT_MOST} are allowed");
            largest = largest.max(taken);
        }
    })
    .await;
}

/// The time of day in the name of a saved picture, in milliseconds, its number, and the hour of its folder.
fn told_by(path: &Path) -> Option<(u64, u64, u64)> {
    let (time, number) = path.file_stem()?.to_str()?.rsplit_once('-')?;
    let mut fields = time.split(['-', '.']).map(|field| field.parse::<u64>().ok());
    let [hour, minute, second, milli] = [fields.next()??, fields.next()??, fields.next()??, fields.next()??];
    let folder = path.parent()?.file_name()?.to_str()?.parse().ok()?;
    Some((((hour * 60 + minute) * 60 + second) * 1000 + milli, number.parse().ok()?, folder))
}

#[tokio::test]
async fn one_picture_a_second_is_saved_where_a_person_finds_it() {
    const DAY: u64 = 86_400_000;
    let (server, _own) = broadcast("", "--fps 20 --size 320x240 --save 1s --keep").await;
    let kept = server.data().join("frames/front");
    let (mut subscriber, mut captured) = (Subscriber::new(&server, "front"), HashMap::new());
    while files(&kept).len() < 4 {
        let frame = subscriber.of_type("frame").await;
        captured.insert(frame["seq"].as_u64().unwrap(), frame["captured_at_ms"].as_u64().unwrap());
    }
    let mut times: Vec<u64> = Vec::new();
    for path in files(&kept) {
        let below = path.strip_prefix(&kept).unwrap().to_str().unwrap().to_owned();
        let (time, number, folder) = told_by(&path).unwrap_or_else(|| panic!("{below} tells time and number"));
        let day = below.split('/').next().unwrap();
        let digits = day.split('-').map(|field| (field.len(), field.parse::<u32>().is_ok()));
        assert_eq!(digits.collect::<Vec<_>>(), [(4, true), (2, true), (2, true)], "{below}");
        assert_eq!(below.split('/').count(), 3, "{below}");
        assert_eq!(folder, time / 3_600_000, "{below}");
        if let Some(at) = captured.get(&number) {
            assert_eq!(time, at % DAY, "{below}");
            times.push(*at);
        }
    }
    times.sort_unstable();
    assert!(times.len() >= 3, "{times:?}");
    let between: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // With 20 a second the nearest one is at most 50 ms early; on a busy machine some come late, but not all of them.
    assert!(between.iter().all(|time| *time >= 900) && between.iter().any(|time| *time <= 1500), "{between:?}");
}

#[tokio::test]
async fn sizes_are_bounded_as_configured() {
    let server = Server::configured("limits: { picture: 2 kB, message: 10 B }", &[]).await;
    let _fits = server.publish("front", "0123456789").await.expect(202);
    let _too_large = server.publish("front", "0123456789a").await.expect(413);
    let _fits = server.upload("front", "image/jpeg", jpeg::big(2000)).await.expect(201);
    let _too_large = server.upload("front", "image/jpeg", jpeg::big(2001)).await.expect(413);
}

#[tokio::test]
async fn who_finds_no_place_for_a_body_is_told_to_come_again() {
    let server = Server::configured("limits: { bodies: 100 kB, picture: 90 kB }", &[]).await;
    let picture = jpeg::big(80_000);
    let mut slow = Raw::connect(server.address).await;
    let head = format!(
        "POST /frames/front HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: 80000\r\n\r\n",
        server.publish_key()
    );
    slow.send(head).await;
    slow.send(&picture[..70_000]).await;
    let busy = soon("a server that has no place", async {
        loop {
            // As long as the first one has not begun, this one finds a place.
            let answer = server.upload("front", "image/jpeg", picture.clone()).await;
            if answer.status != 201 {
                return answer.expect(503);
            }
        }
    })
    .await;
    assert!(busy.text().contains("again") && busy.header("Retry-After").is_some(), "{:?}", busy.headers);
    let _small_ones_fit = server.upload("front", "image/jpeg", jpeg::big(8_000)).await.expect(201);
    slow.send(&picture[70_000..]).await;
    assert!(slow.head().await.starts_with("HTTP/1.1 201 "));
    let _place_again = server.upload("front", "image/jpeg", picture).await.expect(201);
}
