//! What the server owes to those who read pictures and to those who only hold a connection.

use cometcam_tests::jpeg;
use cometcam_tests::server::Server;
use hyper::Method;

const RED: [u8; 3] = [200, 30, 30];

#[tokio::test]
async fn the_live_picture_says_when_it_was_taken_and_where_it_stays() {
    let server = Server::configured("channels: { front: { cross_origin: [\"http://elsewhere.example\"] } }", &[]).await;
    let frame = server.upload("front?publish", "image/jpeg", jpeg::jpeg(64, 48, RED)).await.expect(201).json();
    let at = frame["captured_at_ms"].as_u64().unwrap();
    for method in [Method::GET, Method::HEAD] {
        let live = server.call(method.clone(), "/live/front.jpg").header("Origin", "http://elsewhere.example").send().await;
        let live = live.expect(200);
        assert_eq!(live.header("Content-Location"), frame["url"].as_str(), "{method}");
        assert_eq!(live.header("X-Timestamp"), Some(format!("{}.{:03}", at / 1000, at % 1000).as_str()), "{method}");
        let exposed = live.header("Access-Control-Expose-Headers").unwrap();
        assert!(exposed.contains("X-Timestamp") && exposed.contains("Content-Location"), "{method}: {exposed}");
    }
}
