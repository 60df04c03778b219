//! What a server keeps of a channel, for whom and for how long: over a deletion, beside a camera that is live, after an end.

use cometcam_tests::jpeg;
use cometcam_tests::longpoll::Subscriber;
use cometcam_tests::program::Output;
use cometcam_tests::server::Server;
use hyper::Method;

/// A picture that differs from those of other numbers.
fn picture(number: u8) -> Vec<u8> {
    jpeg::jpeg(64, 48, [number, 30, 30])
}

#[tokio::test]
async fn a_channel_that_is_deleted_while_live_stays_unknown_and_its_camera_is_released() {
    let server = Server::headless(&[]).await;
    let _live = Subscriber::new(&server, "front").of_type("frame").await;
    let _deleted = server.publisher(Method::DELETE, "front").send().await.expect(200);
    let over = |line: &str| line.contains("front") && line.contains("ended from elsewhere");
    let _told = server.program.line(Output::Stderr, "a line that tells of the end", over).await;
    let operator = server.operator_key();
    for what in ["pause", "resume"] {
        let call = server.call(Method::POST, &format!("/api/cameras/front/{what}"));
        let _no_camera = call.key(&operator).send().await.expect(404);
        let _unknown = server.publisher(Method::GET, "front").send().await.expect(404);
        assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], serde_json::json!([]));
    }
}

#[tokio::test]
async fn no_picture_of_before_a_deletion_is_taken_after_it() {
    let server = Server::alone(&[]).await;
    let _published = server.upload("front?publish", "image/jpeg", picture(1)).await.expect(201);
    let _deleted = server.publisher(Method::DELETE, "front").send().await.expect(200);
    let old = |channel: &str| {
        let call = server.call(Method::POST, &format!("/frames/{channel}")).key(&server.publish_key());
        call.header("Cometcam-Capture-Age-Ms", "3600000").body("image/jpeg", picture(1)).send()
    };
    let refused = old("front").await.expect(409);
    assert!(refused.text().contains("before the last broadcast"), "{}", refused.text());
    assert_eq!(server.get("/api/channels").await.expect(200).json()["channels"], serde_json::json!([]));
    let _published = server.upload("front?publish", "image/jpeg", picture(2)).await.expect(201);
    let _of_a_channel_that_never_ended = old("other").await.expect(201);
}

#[tokio::test]
async fn a_picture_that_is_only_saved_is_not_the_newest_of_its_channel() {
    let server = Server::alone(&[]).await;
    let _published = server.upload("front?publish", "image/jpeg", picture(1)).await.expect(201);
    let saved = server.upload("front", "image/jpeg", picture(2)).await.expect(201);
    assert_eq!(server.get("/live/front.jpg").await.expect(200).body, picture(1));
    // Its uploader publishes it.
    let published = server.publisher(Method::POST, "front").body("application/json", saved.body.clone()).send().await;
    assert!(published.status.is_success(), "{}", published.text());
    assert_eq!(server.get("/live/front.jpg").await.expect(200).body, picture(2));
}

#[tokio::test]
async fn where_nothing_is_stored_who_waits_is_given_each_message_all_the_same() {
    let server = Server::configured("channels: { \"**\": { buffer: { messages: 0 } } }", &[]).await;
    let _created = server.publisher(Method::PUT, "front").send().await.expect(200);
    let mut subscriber = Subscriber::new(&server, "front");
    for message in ["one", "two", "three", "four", "five"] {
        let (got, ()) = tokio::join!(subscriber.text(), async {
            server.held("front", 1).await;
            let _received = server.publish("front", message).await.expect(201);
            let _for_nobody = server.publish("front", "not for those who waited for the other").await.expect(202);
        });
        assert_eq!(got, message);
        subscriber = Subscriber::new(&server, "front?first=newest");
    }
}
