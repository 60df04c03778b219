//! Uploads: what is taken as a picture, what is told about it, and what is refused before it is read.

use cometcam_tests::clock::now_ms;
use cometcam_tests::jpeg::{self, WEBP};
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::raw::Raw;
use cometcam_tests::server::{Server, folder};
use futures_util::{StreamExt, stream};
use hyper::Method;
use serde_json::{Value, json};

const RED: [u8; 3] = [200, 30, 30];

/// Saves and publishes a picture, and gives the frame message.
async fn broadcast(server: &Server, picture: &[u8]) -> Value {
    server.upload("front?publish", "image/jpeg", picture.to_vec()).await.expect(201).json()
}

fn url(frame: &Value) -> &str {
    frame["url"].as_str().unwrap()
}

#[tokio::test]
async fn a_saved_picture_is_201_at_its_location_and_not_published() {
    let server = Server::alone(&[]).await;
    let picture = jpeg::jpeg(64, 48, RED);
    let saved = server.upload("front", "image/jpeg", picture.clone()).await.expect(201);
    let frame = saved.json();
    assert_eq!(saved.header("Location"), frame["url"].as_str());
    assert_eq!(server.get(url(&frame)).await.expect(200).body, picture);
    let _not_published = server.get("/sub/front?poll").await.expect(304);
}

#[tokio::test]
async fn a_frame_message_tells_all_about_its_picture() {
    let server = Server::alone(&[]).await;
    let picture = jpeg::jpeg(64, 48, RED);
    let before = now_ms();
    let frame = broadcast(&server, &picture).await;
    assert_eq!((&frame["type"], &frame["content_type"]), (&json!("frame"), &json!("image/jpeg")));
    assert_eq!((&frame["width"], &frame["height"], &frame["bytes"]), (&json!(64), &json!(48), &json!(picture.len())));
    let captured = frame["captured_at_ms"].as_u64().unwrap();
    assert!((before..=now_ms()).contains(&captured), "{captured}");
    assert!(url(&frame).starts_with(&format!("/frames/front/{captured}-")) && url(&frame).ends_with(".jpg"), "{}", url(&frame));
    let published = Subscriber::new(&server, "front?latest").next().await;
    assert_eq!((published.header("Content-Type"), published.json()), (Some("application/json"), frame));
}

#[tokio::test]
async fn png_and_webp_are_pictures_too() {
    let server = Server::alone(&[]).await;
    for (content_type, picture, ending) in [("image/png", jpeg::png(64, 48, RED), ".png"), ("image/webp", WEBP.to_vec(), ".webp")]
    {
        let frame = server.upload("front", content_type, picture.clone()).await.expect(201).json();
        assert!(url(&frame).ends_with(ending), "{frame}");
        let got = server.get(url(&frame)).await.expect(200);
        assert_eq!((got.header("Content-Type"), got.body.as_ref()), (Some(content_type), picture.as_slice()));
    }
}

#[tokio::test]
async fn the_capture_age_sets_the_time_of_capture_back() {
    let server = Server::alone(&[]).await;
    let call = server.call(Method::POST, "/frames/front").key(&server.publish_key()).header("Cometcam-Capture-Age-Ms", "60000");
    let frame = call.body("image/jpeg", jpeg::jpeg(64, 48, RED)).send().await.expect(201).json();
    let age = now_ms() - frame["captured_at_ms"].as_u64().unwrap();
    assert!((60_000..90_000).contains(&age), "{age}");
}

#[tokio::test]
async fn what_is_no_picture_is_415_with_a_sentence() {
    let server = Server::alone(&[]).await;
    let page = b"<html><script>alert(1)</script></html>".to_vec();
    for (content_type, body) in [
        ("image/jpeg", page),
        ("image/jpeg", jpeg::jpeg(64, 48, RED)[..4].to_vec()),
        ("image/jpeg", Vec::new()),
        ("text/plain", b"hello".to_vec()),
    ] {
        let refused = server.upload("front", content_type, body).await.expect(415);
        assert!(refused.text().contains("JPEG"), "{}", refused.text());
    }
}

#[tokio::test]
async fn a_picture_that_was_cut_off_is_415_and_told_so() {
    let server = Server::alone(&[]).await;
    for (content_type, picture) in
        [("image/jpeg", jpeg::jpeg(64, 48, RED)), ("image/png", jpeg::png(64, 48, RED)), ("image/webp", WEBP.to_vec())]
    {
        for missing in [1, 2, 7] {
            let cut_off = picture[..picture.len() - missing].to_vec();
            let refused = server.upload("front?publish", content_type, cut_off).await.expect(415);
            assert!(refused.text().contains("cut off"), "{content_type} without {missing} bytes: {}", refused.text());
        }
    }
    let _nothing_published = server.get("/sub/front?poll").await.expect(304);
}

#[tokio::test]
async fn a_picture_that_claims_a_monstrous_size_is_refused_unread() {
    let server = Server::alone(&[]).await;
    let mut bomb = jpeg::png(8, 8, RED);
    // Width and height in the header of a PNG.
    bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let refused = server.upload("front", "image/png", bomb).await.expect(415);
    assert!(refused.text().contains("65536x65536"), "{}", refused.text());
}

#[tokio::test]
async fn a_number_is_used_once_even_over_restarts() {
    let data = folder();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let server = Server::start("cometcam-server", data.path(), &[]).await;
        for _ in 0..3 {
            numbers.push(broadcast(&server, &jpeg::jpeg(64, 48, RED)).await["seq"].as_u64().unwrap());
        }
        server.kill().await;
    }
    assert!(numbers.is_sorted_by(|earlier, later| earlier < later), "{numbers:?}");
}

#[tokio::test]
async fn the_key_and_the_length_are_checked_before_the_body_is_read() {
    let server = Server::alone(&[]).await;
    let key = server.publish_key();
    let attempt = |path: &str, key: &str, length: u64| {
        let (address, path, key) = (server.address, path.to_owned(), key.to_owned());
        async move {
            let mut connection = Raw::connect(address).await;
            let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{key}\r\n");
            connection.send(head).await;
            connection.head().await.lines().next().unwrap_or_default().to_owned()
        }
    };
    let authorised = format!("Authorization: Bearer {key}\r\n");
    for (path, limit) in [("/frames/front", 20_000_000), ("/pub/front", 1_000_000)] {
        assert!(attempt(path, "", limit * 9).await.contains(" 401 "), "{path}");
        assert!(attempt(path, "Authorization: Bearer wrong\r\n", limit * 9).await.contains(" 403 "), "{path}");
        assert!(attempt(path, &authorised, limit + 1).await.contains(" 413 "), "{path}");
    }
}

#[tokio::test]
async fn a_body_of_no_declared_length_is_cut_at_the_limit() {
    let server = Server::configured("limits: { picture: 1 MB }", &[]).await;
    let key = server.publish_key();
    for path in ["/pub/front", "/frames/front"] {
        let mut connection = Raw::connect(server.address).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        connection.send(head).await;
        let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
        for _ in 0..17 {
            connection.send(&chunk).await;
        }
        assert!(connection.head().await.starts_with("HTTP/1.1 413 "), "{path}");
    }
}

#[tokio::test]
async fn first_pictures_of_many_channels_at_once_can_all_be_fetched() {
    const CHANNELS: usize = 400;
    const AT_ONCE: usize = 16;
    let server = Server::alone(&[]).await;
    let picture = jpeg::jpeg(64, 48, RED);
    let fetched = stream::iter(0..CHANNELS).map(async |number| {
        let frame = server.upload(&format!("channel-{number}"), "image/jpeg", picture.clone()).await.expect(201).json();
        assert_eq!(server.get(url(&frame)).await.expect(200).body, picture, "{frame}");
    });
    assert_eq!(fetched.buffer_unordered(AT_ONCE).count().await, CHANNELS);
}
