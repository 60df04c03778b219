//! Unseen unless live for those who publish over HTTP: what an end does to what comes after it, and that nobody comes between a
//! camera of the app and its viewers.

use cometcam_tests::clock::now_ms;
use cometcam_tests::http::{Answer, Call};
use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::server::Server;
use hyper::Method;
use serde_json::json;

fn upload(server: &Server, target: &str, age_ms: u64) -> Call {
    let call = server.call(Method::POST, &format!("/frames/{target}")).key(&server.publish_key());
    call.header("Cometcam-Capture-Age-Ms", &age_ms.to_string()).body("image/jpeg", jpeg::jpeg(64, 48, [200, 30, 30]))
}

async fn publish(server: &Server, message: serde_json::Value) -> Answer {
    server.publisher(Method::POST, "front").body("application/json", message.to_string()).send().await
}

#[tokio::test]
async fn a_picture_from_before_the_end_is_refused_after_it_and_can_not_be_had() {
    let server = Server::alone(&[]).await;
    let first = upload(&server, "front?publish", 0).send().await.expect(201).json();
    let _seen = server.get(first["url"].as_str().unwrap()).await.expect(200);
    let _told = publish(&server, json!({"type": "status", "state": "ended", "reason": "", "at_ms": now_ms()})).await;
    let ended = now_ms();
    for target in ["front", "front?publish"] {
        // More than all of this took; to the beginning of time.
        for age_ms in [60_000, now_ms()] {
            let refused = upload(&server, target, age_ms).send().await.expect(409);
            assert!(refused.text().contains("before the last broadcast"), "{}", refused.text());
        }
    }
    let (number, captured) = (first["seq"].as_u64().unwrap(), first["captured_at_ms"].as_u64().unwrap());
    for guess in [captured, ended] {
        let answer = server.get(&format!("/frames/front/{guess}-{:06}.jpg", number + 1)).await;
        assert!([404, 410].contains(&answer.status.as_u16()), "{}", answer.status);
    }
    let _over = server.get(first["url"].as_str().unwrap()).await.expect(410);
    let _over = server.get("/live/front.jpg").await.expect(410);
    assert_eq!(Subscriber::new(&server, "front?first=oldest").next().await.json()["state"], "ended");
    let again = upload(&server, "front?publish", 0).send().await.expect(201).json();
    assert!(again["captured_at_ms"].as_u64().unwrap() >= ended, "{again}");
    let _seen = server.get(again["url"].as_str().unwrap()).await.expect(200);
}

#[tokio::test]
async fn nobody_publishes_between_the_pictures_of_a_camera_that_is_live() {
    let server = Server::headless(&[]).await;
    let mut subscriber = Subscriber::new(&server, "front");
    let mine = subscriber.of_type("frame").await;
    for target in ["front", "front?publish"] {
        for age_ms in [0, 60_000] {
            let refused = upload(&server, target, age_ms).send().await.expect(409);
            assert!(refused.text().contains("another camera is live"), "{}", refused.text());
        }
    }
    let foreign = "/frames/front/1-000001.jpg";
    let frame = json!({"type": "frame", "url": foreign, "seq": 1, "captured_at_ms": 1, "interval_ms": 66, "width": 64,
        "height": 48, "bytes": 100, "content_type": "image/jpeg"});
    let _refused = publish(&server, frame).await.expect(409);
    for state in ["ended", "paused", "stalled", "live"] {
        let status = json!({"type": "status", "state": state, "reason": "because I say so", "at_ms": now_ms()});
        let _refused = publish(&server, status).await.expect(409);
    }
    // And the broadcast goes on, with its own pictures one after the other.
    let number = mine["seq"].as_u64().unwrap();
    for next in number + 1..=number + 10 {
        let message = subscriber.next().await.json();
        assert_eq!((&message["type"], message["seq"].as_u64()), (&json!("frame"), Some(next)), "{message}");
    }
    let _seen = server.get("/live/front.jpg").await.expect(200);
    let listed = server.get("/api/channels").await.expect(200).json();
    assert_eq!(
        (&listed["channels"][0]["state"], listed["channels"].as_array().map(Vec::len)),
        (&json!("live"), Some(1)),
        "{listed}"
    );
}
