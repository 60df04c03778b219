//! Pictures by URL: fetching them in every way HTTP has, the live ones, and none once their broadcast is over.

use cometcam_tests::clock::now_ms;
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::{Value, json};

const RED: [u8; 3] = [200, 30, 30];

/// Saves and publishes a picture, and gives the frame message.
async fn broadcast(server: &Server, picture: &[u8]) -> Value {
    server.upload("front?publish", "image/jpeg", picture.to_vec()).await.expect(201).json()
}

/// Ends the broadcast as its publisher does, or says another state.
async fn say(server: &Server, state: &str) {
    let status = json!({"type": "status", "state": state, "at_ms": now_ms()});
    let call = server.publisher(Method::POST, "front").body("application/json", status.to_string());
    assert!(call.send().await.status.is_success());
}

fn url(frame: &Value) -> &str {
    frame["url"].as_str().unwrap()
}

#[tokio::test]
async fn a_picture_never_changes_and_its_headers_say_so() {
    let server = Server::alone(&[]).await;
    let frame = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    let got = server.get(url(&frame)).await.expect(200);
    assert!(got.header("Cache-Control").unwrap_or_default().contains("immutable"), "{:?}", got.headers);
    assert_eq!(got.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(got.header("Cross-Origin-Resource-Policy"), Some("same-origin"));
    let etag = got.header("Etag").unwrap();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
}

#[tokio::test]
async fn a_picture_that_the_viewer_has_is_304() {
    let server = Server::alone(&[]).await;
    let frame = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    let etag = server.get(url(&frame)).await.expect(200).header("Etag").unwrap().to_owned();
    let ask = |condition: &str| server.call(Method::GET, url(&frame)).header("If-None-Match", condition).send();
    for has in [etag.clone(), format!("\"other\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let unchanged = ask(&has).await.expect(304);
        assert_eq!((unchanged.header("Etag"), unchanged.body.len()), (Some(etag.as_str()), 0), "If-None-Match: {has}");
    }
    let _other = ask("\"other\"").await.expect(200);
}

#[tokio::test]
async fn a_part_of_a_picture_is_206_and_no_part_is_416() {
    let server = Server::alone(&[]).await;
    let picture = jpeg::jpeg(64, 48, RED);
    let frame = broadcast(&server, &picture).await;
    let length = picture.len();
    let ask = |range: &str| server.call(Method::GET, url(&frame)).header("Range", range).send();
    for (range, from, to) in
        [("bytes=0-1", 0, 2), ("bytes=10-", 10, length), ("bytes=-5", length - 5, length), ("bytes=2-999999", 2, length)]
    {
        let part = ask(range).await.expect(206);
        assert_eq!(part.body, picture[from..to], "{range}");
        assert_eq!(part.header("Content-Range"), Some(format!("bytes {from}-{}/{length}", to - 1).as_str()));
    }
    let none = ask("bytes=999999-").await.expect(416);
    assert_eq!(none.header("Content-Range"), Some(format!("bytes */{length}").as_str()));
    for meaningless in ["bytes=5-2", "lines=1-2", "bytes=x"] {
        assert_eq!(ask(meaningless).await.expect(200).body, picture, "{meaningless}");
    }
}

#[tokio::test]
async fn head_of_a_picture_is_its_get_without_the_body() {
    let server = Server::alone(&[]).await;
    let picture = jpeg::jpeg(64, 48, RED);
    let frame = broadcast(&server, &picture).await;
    let got = server.get(url(&frame)).await.expect(200);
    let head = server.call(Method::HEAD, url(&frame)).send().await.expect(200);
    assert!(head.body.is_empty());
    for name in ["Content-Type", "Content-Length", "Etag", "Cache-Control"] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
}

#[tokio::test]
async fn a_picture_that_never_was_is_404() {
    let server = Server::alone(&[]).await;
    let frame = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    let real = url(&frame);
    let (other_type, other_channel) = (real.replace(".jpg", ".png"), real.replace("front", "back"));
    for path in [&other_type, &other_channel, "/frames/front/1-000001.jpg", "/frames/front/x.jpg", &real.replace(".jpg", "")] {
        let _missing = server.get(path).await.expect(404);
    }
}

#[tokio::test]
async fn the_live_picture_is_the_newest_and_never_stored() {
    let server = Server::alone(&[]).await;
    let _nothing_yet = server.get("/live/front.jpg").await.expect(404);
    for colour in [RED, [30, 200, 30]] {
        let picture = jpeg::jpeg(64, 48, colour);
        let _frame = broadcast(&server, &picture).await;
        let live = server.get("/live/front.jpg").await.expect(200);
        assert_eq!(live.body, picture);
        assert_eq!((live.header("Content-Type"), live.header("Cache-Control")), (Some("image/jpeg"), Some("no-store")));
    }
}

#[tokio::test]
async fn the_live_stream_gives_each_picture_whole_as_it_comes() {
    let server = Server::alone(&[]).await;
    let pictures = [jpeg::jpeg(64, 48, RED), jpeg::jpeg(96, 48, RED), jpeg::jpeg(32, 48, RED)];
    let _frame = broadcast(&server, &pictures[0]).await;
    let mut stream = server.call(Method::GET, "/live/front.mjpg").open().await;
    assert_eq!(stream.status, 200);
    let content_type = stream.headers["content-type"].to_str().unwrap().to_owned();
    let boundary = content_type.strip_prefix("multipart/x-mixed-replace; boundary=").unwrap().trim_matches('"').to_owned();
    let mut received = Vec::new();
    for (index, picture) in pictures.iter().enumerate() {
        if index > 0 {
            let _frame = broadcast(&server, picture).await;
        }
        while !received.windows(picture.len()).any(|window| window == picture) {
            received.extend_from_slice(&stream.piece().await.expect("the stream goes on"));
        }
    }
    let text = String::from_utf8_lossy(&received);
    assert!(text.matches(&format!("--{boundary}")).count() >= 3 && text.contains("Content-Length: "), "{boundary}");
}

#[tokio::test]
async fn after_the_end_no_route_gives_a_picture_of_the_broadcast() {
    let server = Server::alone(&[]).await;
    let frames = [broadcast(&server, &jpeg::jpeg(64, 48, RED)).await, broadcast(&server, &jpeg::jpeg(32, 48, RED)).await];
    let mut stream = server.call(Method::GET, "/live/front.mjpg").open().await;
    let _first = stream.piece().await;
    say(&server, "ended").await;
    for frame in &frames {
        let _gone = server.get(url(frame)).await.expect(410);
        let _gone = server.call(Method::HEAD, url(frame)).send().await.expect(410);
        let _gone = server.call(Method::GET, url(frame)).header("Range", "bytes=0-1").send().await.expect(410);
        let _gone = server.call(Method::GET, url(frame)).header("If-None-Match", "*").send().await.expect(410);
    }
    let _gone = server.get("/live/front.jpg").await.expect(410);
    while stream.piece().await.is_some() {}
    let status = Subscriber::new(&server, "front?latest").next().await.json();
    assert_eq!((&status["type"], &status["state"]), (&json!("status"), &json!("ended")));
}

#[tokio::test]
async fn nobody_who_comes_after_the_end_is_pointed_to_a_picture() {
    let server = Server::alone(&[]).await;
    let _frame = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    say(&server, "ended").await;
    let mut subscriber = Subscriber::new(&server, "front?poll");
    let mut kinds = Vec::new();
    loop {
        let answer = subscriber.ask().await;
        if answer.status == 304 {
            break;
        }
        kinds.push(answer.json()["type"].clone());
    }
    assert_eq!(kinds, [json!("status")]);
}

#[tokio::test]
async fn the_next_broadcast_gives_its_own_pictures_only() {
    let server = Server::alone(&[]).await;
    let before = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    say(&server, "ended").await;
    let picture = jpeg::jpeg(32, 48, RED);
    let after = broadcast(&server, &picture).await;
    assert_eq!(server.get(url(&after)).await.expect(200).body, picture);
    let _gone = server.get(url(&before)).await.expect(410);
}

#[tokio::test]
async fn a_publisher_that_falls_silent_is_told_of_as_stalled() {
    let server = Server::alone(&[]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    for _ in 0..3 {
        let _frame = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    }
    assert_eq!(subscriber.of_type("status").await["state"], "stalled");
    let _frame = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    let listed = server.get("/api/channels").await.expect(200).json();
    assert_eq!(listed["channels"][0]["state"], "live", "a frame after a status means live");
}

#[tokio::test]
async fn at_the_end_what_a_slow_reader_has_not_taken_breaks_off() {
    const BIG: usize = 12_000_000;
    const BUFFERED: usize = 8_000_000;
    let server = Server::alone(&[]).await;
    let frame = broadcast(&server, &jpeg::big(BIG)).await;
    let mut readers = Vec::new();
    for path in [url(&frame), "/live/front.jpg", "/live/front.mjpg"] {
        let mut reader = Raw::slow(server.address).await;
        reader.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert!(reader.head().await.starts_with("HTTP/1.1 200 "), "{path}");
        assert_eq!(reader.body(100_000).await.len(), 100_000, "{path}");
        readers.push((path, reader));
    }
    say(&server, "ended").await;
    for (path, mut reader) in readers {
        let rest = reader.rest().await.len();
        assert!(rest < BUFFERED, "{path}: {rest} of {BIG} bytes came after the end");
    }
}

#[tokio::test]
async fn a_word_that_it_is_live_makes_no_broadcast() {
    let server = Server::alone(&[]).await;
    let frame = broadcast(&server, &jpeg::jpeg(64, 48, RED)).await;
    say(&server, "ended").await;
    say(&server, "live").await;
    let listed = server.get("/api/channels").await.expect(200).json();
    assert!(listed["channels"].as_array().unwrap().iter().all(|channel| channel["state"] != "live"), "{listed}");
    let _gone = server.get(url(&frame)).await.expect(410);
}
